// Logs of collections: 100,000 that are damaged, and writers that are killed.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileStore } from 'sublinear/store/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { opening, recorded, type Schema } from '../support/collection-log.js';
import { random } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { mutate } from '../support/mutate.js';
import { Pace } from '../support/store.js';

const held = inRoom('hnsw', { memory: 64 << 20 });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sublinear-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('each of 100,000 damaged logs is an error or has the state after some record', async () => {
  const next = random(1);
  const seen = new Map<string, number>();
  for (const schema of ['vectors', 'texts', 'bits', 'codes'] as Schema[]) {
    const { files, states } = await recorded(held.room, schema, 6, next);
    for (let i = 0; i < 25_000; i++) {
      const found = await opening(held.room, mutate(files, next), states, next() < 0.3);
      const what = typeof found === 'string' ? found : 'opened';
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
  }
  expect(seen.get('opened')).toBeGreaterThan(10_000);
  for (const code of ['CHECKSUM', 'FORMAT', 'TRUNCATED'])
    expect(seen.get(code)).toBeGreaterThan(1000);
});

/** Adds items until it is killed after `ms`, and says how many there were and how many were flushed. */
function addUntilKilled(ms: number): Promise<{ opened: number; flushed: number }> {
  const script = fileURLToPath(new URL('../support/log-writer.mjs', import.meta.url));
  return new Promise((resolve, reject) => {
    let said = '';
    const child = spawn(process.execPath, [script, folder, 'items']);
    child.stdout.on('data', (chunk) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), ms);
      said += chunk;
    });
    child.stderr.on('data', (chunk) => reject(new Error(String(chunk))));
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error('it ended by itself'));
      const numbers = (word: string) =>
        [...said.matchAll(new RegExp(`${word} (\\d+)\\n`, 'g'))].map(([, n]) => Number(n));
      const opened = numbers('open')[0] ?? 0;
      resolve({ opened, flushed: (numbers('flushed').at(-1) ?? opened - 1) + 1 });
    });
  });
}

test('nothing that was flushed is lost in 60 kills', async () => {
  const pace = new Pace(random(5));
  let [before, dropped, generations] = [0, 0, 0];
  for (let kill = 0; kill < 60; kill++) {
    const { opened, flushed } = await addUntilKilled(pace.next());
    expect(opened).toBe(before);
    const store = fileStore(folder, { staleAfterMs: 0 });
    const log = await held.room.CollectionLog.open(store, 'items', {
      compactRatio: Number.POSITIVE_INFINITY,
    });
    const { collection } = log;
    expect(collection.size).toBeGreaterThanOrEqual(flushed);
    expect(collection.keys).toEqual(Array.from({ length: collection.size }, (_, i) => i));
    for (let i = 0; i < flushed; i++) expect(collection.get(i)?.metadata).toEqual({ i });
    [before, dropped] = [collection.size, dropped + Math.min(1, log.opened.droppedBytes)];
    generations = log.generation;
    pace.learn((flushed - opened) / 50);
    await log.close();
    expect((await readdir(folder)).length).toBeLessThanOrEqual(3);
  }
  expect(before).toBeGreaterThan(500);
  expect(generations).toBeGreaterThan(5);
});
