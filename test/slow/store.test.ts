// A store of files whose writer is killed, again and again.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'sublinear/graph';
import { fileStore } from 'sublinear/store/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { Pace } from '../support/store.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sublinear-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const script = fileURLToPath(new URL('../support/store-writer.mjs', import.meta.url));

/** Runs the writer until it is killed after `ms` from its first save on, and says which version it had finished. */
const writeUntilKilled = (ms: number, from: number) =>
  new Promise<number>((resolve, reject) => {
    let finished = from - 1;
    let said = '';
    const child = spawn(process.execPath, [script, folder, String(from)]);
    child.stdout.on('data', (chunk) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), ms);
      said += chunk;
      for (const line of said.split('\n').slice(0, -1))
        if (line.startsWith('saved ')) finished = Number(line.slice(6));
    });
    child.stderr.on('data', (chunk) => reject(new Error(String(chunk))));
    child.on('close', (_, signal) =>
      signal === 'SIGKILL' ? resolve(finished) : reject(new Error('it ended by itself')),
    );
  });

test('loses nothing in 100 of 100 kills during a save', { timeout: 900_000 }, async () => {
  const { Graph } = await load();
  const pace = new Pace(random(99));
  let unfinished = 0;
  let version = 1;
  // At least 100, and more until enough of them were where they can do harm and enough saves have succeeded.
  for (let kill = 0; kill < 100 || unfinished <= 20 || version <= 50; kill++) {
    const reached = `${kill} kills, ${unfinished} of them during a save, ${version - 1} saves`;
    expect(kill, reached).toBeLessThan(2000);
    const finished = await writeUntilKilled(pace.next(), version);
    unfinished += (await readdir(folder)).filter((name) => name.endsWith('.put')).length;
    const store = fileStore(folder, { staleAfterMs: 0 });
    const stream = await store.get('snapshot');
    let found = 0;
    if (stream !== undefined) {
      using graph = await Graph.loadAsync(stream);
      const weights = graph.adjacency();
      const values = new Set(weights.toCsr().values);
      weights.dispose();
      expect([graph.nodeCount, values.size]).toEqual([50_000, 1]);
      [found = 0] = values as Set<number>;
    }
    // What was reported as saved is there, or the save that was under way.
    expect(found - finished === 0 || found - finished === 1).toBe(true);
    await store.clean();
    expect((await readdir(folder)).filter((name) => name.endsWith('.put'))).toEqual([]);
    pace.learn(found + 1 - version);
    version = found + 1;
  }
});
