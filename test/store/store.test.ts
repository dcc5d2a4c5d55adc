// Stores in Node: in memory, and in folders.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryStore, type Store } from 'sublinear/store';
import { fileStore } from 'sublinear/store/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pattern, promises, read } from '../support/store.js';

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
