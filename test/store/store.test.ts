// Stores in Node: in memory, and in folders whose writers are killed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'sublinear/graph';
import { memoryStore, type Store } from 'sublinear/store';
import { fileStore } from 'sublinear/store/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { Pace, pattern, promises, read } from '../support/store.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sublinear-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const adapters: Record<string, () => Store> = {
  memory: () => memoryStore(),
  files: () => fileStore(join(folder, 'made/when/needed')),
};
for (const [name, make] of Object.entries(adapters)) {
  describe(name, () => {
    for (const [promise, run] of Object.entries(promises)) test(promise, () => run(make()));
  });
}

test('a memory store keeps to its limit', async () => {
  const store = memoryStore({ maxBytes: 1000 });
  await store.put('a', pattern(600, 1));
  // As on a disk, old and new are there at the same time.
  await expect(store.put('a', pattern(500, 2))).rejects.toMatchObject({ code: 'QUOTA' });
  expect(await read(store, 'a')).toEqual(pattern(600, 1));
  await store.put('b', pattern(400, 3));
  expect(() => memoryStore({ maxBytes: -1 })).toThrow(/^"maxBytes"/);
});

describe('a store of files', () => {
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

  test('loses nothing in 100 of 100 kills during a save', { timeout: 400_000 }, async () => {
    const { Graph } = await load();
    const pace = new Pace(random(99));
    const until = performance.now() + 360_000;
    let unfinished = 0;
    let version = 1;
    // At least 100, and more until enough of them were where they can do harm and enough saves have succeeded.
    for (let kill = 0; kill < 100 || unfinished <= 20 || version <= 50; kill++) {
      const reached = `${kill} kills, ${unfinished} of them during a save, ${version - 1} saves`;
      expect(performance.now(), reached).toBeLessThan(until);
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

  // A real limit of the operating system: no file of this process may be larger.
  test('says QUOTA when a file may not grow, and keeps the old one', () => {
    const run = spawnSync(
      'sh',
      ['-c', `ulimit -f 2048; exec "${process.execPath}" "${script}" "${folder}" limit`],
      { encoding: 'utf8' },
    );
    expect(run.stderr).toBe('');
    expect(run.stdout).toBe('QUOTA; old file whole: true; left behind: 0\n');
  });

  test('removes what dead writers left, and nothing of living ones', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const left = (name: string, ago: number) =>
      writeFile(join(folder, name), 'half').then(() => {
        const when = new Date(Date.now() - ago);
        return utimes(join(folder, name), when, when);
      });
    await left(`a.${dead}.00ff.put`, 120_000);
    await left(`b.${dead}.00ff.put`, 1000);
    await left(`c.${process.pid}.00ff.put`, 120_000);
    await left('of somebody else', 120_000);
    const store = fileStore(folder);
    expect(await store.clean()).toBe(4);
    expect((await readdir(folder)).sort()).toEqual([
      `b.${dead}.00ff.put`,
      `c.${process.pid}.00ff.put`,
      'of somebody else',
    ]);
    expect(await store.list()).toEqual([]);
  });

  test('says what the file system says', async () => {
    await writeFile(join(folder, 'file'), '');
    const store = fileStore(join(folder, 'file'));
    const error = await store.put('a', pattern(1, 1)).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'STORE',
      operation: 'Store.put',
      cause: { code: 'EEXIST' },
    });
  });
});
