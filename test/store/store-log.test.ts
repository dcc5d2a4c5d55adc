// Files that are written at their end, in Node: in memory, and in folders with lock files.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryStore, type Store, type StoreLog } from 'sublinear/store';
import { fileStore } from 'sublinear/store/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pattern, read } from '../support/store.js';
import { logPromises } from '../support/store-log.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sublinear-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (store: Store, key: string): Promise<StoreLog> =>
  (store.openLog as NonNullable<Store['openLog']>)(key);

const adapters: Record<string, () => Store> = {
  memory: () => memoryStore(),
  files: () => fileStore(join(folder, 'made/when/needed')),
};
for (const [name, make] of Object.entries(adapters)) {
  describe(name, () => {
    for (const [promise, run] of Object.entries(logPromises)) test(promise, () => run(make()));
  });
}

test('a memory store counts what is appended', async () => {
  const store = memoryStore({ maxBytes: 100 });
  const log = await open(store, 'a');
  await log.replace(pattern(60, 1));
  await log.append(pattern(30, 2));
  await expect(log.append(pattern(11, 3))).rejects.toMatchObject({ code: 'QUOTA' });
  expect(log.size).toBe(90);
  await log.append(pattern(10, 3));
  await store.delete('a');
  await store.put('b', pattern(100, 1));
});

describe('lock files', () => {
  const lock = () => join(folder, 'a.lock');
  const dead = () => spawnSync(process.execPath, ['-e', '']).pid;
  const held = (text: string) => writeFile(lock(), text);

  test('there is one while the log is open, which says who has it', async () => {
    const log = await open(fileStore(folder), 'a');
    const { pid, host } = JSON.parse(await readFile(lock(), 'utf8'));
    expect([pid, host]).toEqual([process.pid, hostname()]);
    await expect(open(fileStore(folder), 'a')).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringMatching(`process ${process.pid} on ${hostname()}.*delete .*a\\.lock`),
    });
    await log.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('one of a process that has ended is taken over', async () => {
    await held(JSON.stringify({ pid: dead(), host: hostname() }));
    const log = await open(fileStore(folder), 'a');
    expect(JSON.parse(await readFile(lock(), 'utf8')).pid).toBe(process.pid);
    await log.close();
    // The number of this process, which began at another time.
    if (process.platform === 'linux') {
      await held(JSON.stringify({ pid: process.pid, host: hostname(), began: 'another boot/1' }));
      await (await open(fileStore(folder), 'a')).close();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test('one that may be alive is not: of another machine, of a living process, of nobody', async () => {
    const texts = [
      JSON.stringify({ pid: dead(), host: `not-${hostname()}` }),
      JSON.stringify({ pid: process.ppid, host: hostname() }),
      '',
      'what is this',
      '{"pid":"1"}',
    ];
    for (const text of texts) {
      await held(text);
      await expect(open(fileStore(folder), 'a')).rejects.toMatchObject({ code: 'BUSY' });
      expect(await readFile(lock(), 'utf8')).toBe(text);
    }
    await rm(lock());
    // Somebody who ended while taking one over.
    await held(JSON.stringify({ pid: dead(), host: hostname() }));
    await writeFile(`${lock()}.take`, '');
    await expect(open(fileStore(folder), 'a')).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringMatching(/delete .*a\.lock\.take/),
    });
  });

  test('of many that find a dead one, one gets it', async () => {
    await held(JSON.stringify({ pid: dead(), host: hostname() }));
    const store = fileStore(folder);
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => open(store, 'a')));
    const logs = all.filter((each) => each.status === 'fulfilled');
    expect(logs).toHaveLength(1);
    for (const each of all)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'BUSY' });
    await logs[0]?.value.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('another process is refused, and gets it when the first one is killed', async () => {
    const script = fileURLToPath(new URL('../support/log-writer.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, folder, 'a']);
    const said = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk) => resolve(String(chunk)));
      child.stderr.once('data', (chunk) => reject(new Error(String(chunk))));
    });
    expect(said).toBe('open\n');
    await expect(open(fileStore(folder), 'a')).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining(`process ${child.pid}`),
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
    const store = fileStore(folder);
    const log = await open(store, 'a');
    expect((await read(store, 'a'))?.length).toBe(log.size);
    await log.close();
  });
});

// A real limit of the operating system: no file of this process may be larger.
test('a file that may not grow says QUOTA, and goes on at the same place', () => {
  const script = fileURLToPath(new URL('../support/log-writer.mjs', import.meta.url));
  const command = `ulimit -f 2048; exec "${process.execPath}" "${script}" "${folder}" limit`;
  const run = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toBe('QUOTA; size 1000; then 1500; whole: true\n');
});
