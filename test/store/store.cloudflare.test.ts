// Stores in Cloudflare's KV and R2, in the real workerd with the simulators of its vendor.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningWorker, startWorker } from '../matrix/support/workerd.js';
import { promises } from '../support/store.js';

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({
    entry: fileURLToPath(new URL('../support/store-workerd.ts', import.meta.url)),
    kv: ['NAMES'],
    r2: ['BUCKET'],
  });
});
afterAll(() => worker?.stop());

const ask = async (path: string) => (await worker.fetch(path)).text();

describe.each(['kv', 'r2'])('%s', (kind) => {
  test.each(Object.keys(promises).map((name, i) => [name, i] as const))('%s', async (_, i) => {
    expect(await ask(`/${kind}/${i}`)).toBe('ok');
  });
  test('stores what is larger than one value may be', async () => {
    expect(await ask(`/${kind}/large`)).toBe('ok');
  });
  test('keeps a graph', async () => {
    expect(await ask(`/${kind}/graph`)).toBe('ok');
  });
});

test('files in R2 are searched by ranges', async () => {
  expect(await ask('/r2/remote')).toBe('ok');
});
