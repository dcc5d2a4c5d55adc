// The engine in real module workers of Chromium: all of worker.test.ts, worker-faults.test.ts, shared.test.ts,
// build.test.ts and build-collection.test.ts, and the inline twin of the worker's program.
import { createWorkerEngine } from 'sublinear/worker';
import { afterEach, expect, test, vi } from 'vitest';
import './worker.test.js';
import './worker-faults.test.js';
import './shared.test.js';
import './build.test.js';
import './build-collection.test.js';

afterEach(() => vi.unstubAllGlobals());

test('starts from the inline twin where the file is not served', async () => {
  const addresses: string[] = [];
  const Original = Worker;
  vi.stubGlobal(
    'Worker',
    class extends Original {
      constructor(address: string | URL, options?: WorkerOptions) {
        addresses.push(String(address));
        super(addresses.length === 1 ? '/nothing/here.js' : address, options);
      }
    },
  );
  const engine = await createWorkerEngine({ modules: ['dense'] });
  expect(addresses.map((address) => address.startsWith('blob:'))).toEqual([false, true]);
  expect(await (await engine.dense.Vector.from([3, 4])).norm()).toBe(5);
  await engine.dispose();
});

test('says what to do where there are no workers', async () => {
  vi.stubGlobal('Worker', undefined);
  await expect(createWorkerEngine()).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(/createEngine\(\)/),
  });
});
