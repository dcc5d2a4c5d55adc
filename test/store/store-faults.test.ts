// What can go wrong under a store: services that fail in the middle, places that take less than they are given, names that
// a system keeps for itself, streams that nobody reads. The places are made up here; the real ones are in the other tests.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import {
  type KVBinding,
  kvStore,
  memoryStore,
  opfsStore,
  type R2Binding,
  r2Store,
} from 'sublinear/store';
import { fileStore } from 'sublinear/store/node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pattern, read } from '../support/store.js';

/** What an object is that says it is a URL. */
const foreignURL = runInNewContext("({ get [Symbol.toStringTag]() { return 'URL'; } })") as object;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sublinear-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllGlobals());

test('a memory store keeps to its limit when several puts are under way', async () => {
  const store = memoryStore({ maxBytes: 1000 });
  const puts = ['a', 'b'].map((key) => store.put(key, pattern(600, 1)));
  const codes = await Promise.all(
    puts.map((put) =>
      put.then(
        () => 'put',
        ({ code }) => code,
      ),
    ),
  );
  expect(codes.sort()).toEqual(['QUOTA', 'put']);
  // What was refused, replaced or deleted takes no room.
  const [{ key = '' } = {}] = await store.list();
  await store.put(key, pattern(400, 2));
  await store.put('c', pattern(600, 3));
  expect(await store.delete('c')).toBe(true);
  await store.put('d', pattern(600, 4));
  await expect(store.put('e', pattern(1, 5))).rejects.toMatchObject({ code: 'QUOTA' });
});

describe('a store of files', () => {
  test('gives no file a name that Windows keeps for a device', async () => {
    const store = fileStore(folder);
    const keys = ['con', 'nul', 'com1', 'lpt9', 'console'];
    for (const [i, key] of keys.entries()) await store.put(key, pattern(3, i));
    const names = await readdir(folder);
    expect(names.filter((name) => /^(con|prn|aux|nul|com\d|lpt\d)$/.test(name))).toEqual([]);
    expect((await store.list()).map(({ key }) => key)).toEqual([...keys].sort());
    for (const [i, key] of keys.entries()) expect(await read(store, key)).toEqual(pattern(3, i));
  });

  test('takes a folder as a path or as a file: URL, and nothing else', async () => {
    const stores = [
      fileStore(folder),
      fileStore(pathToFileURL(folder)),
      fileStore(pathToFileURL(folder).href),
      // Of another realm.
      fileStore(Object.assign(Object.create(foreignURL), { href: pathToFileURL(folder).href })),
    ];
    for (const [i, store] of stores.entries()) await store.put(`${i}`, pattern(3, i));
    expect((await readdir(folder)).sort()).toEqual(['0', '1', '2', '3']);
    const { signal } = new AbortController();
    for (const [wrong, code] of [
      [new URL('https://example.org/store'), 'RANGE'],
      ['file://elsewhere/store', 'RANGE'],
      ['https://example.org/store', 'RANGE'],
      ['s3://bucket/store', 'RANGE'],
      [7, 'TYPE'],
      [signal, 'TYPE'],
      [undefined, 'TYPE'],
    ] as const) {
      let found: unknown;
      try {
        fileStore(wrong as string);
      } catch (error) {
        found = (error as { code?: string }).code;
      }
      expect([String(wrong), found]).toEqual([String(wrong), code]);
    }
  });

  test.skipIf(process.platform === 'win32')(
    'does not wait for a pipe that lies in its folder',
    async () => {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      const store = fileStore(folder);
      await store.put('file', pattern(3, 1));
      // It would wait for a writer for ever.
      expect(await store.get('pipe')).toBeUndefined();
      expect((await store.list()).map(({ key }) => key)).toEqual(['file']);
      await store.put('pipe', pattern(3, 2));
      expect(await read(store, 'pipe')).toEqual(pattern(3, 2));
    },
  );

  test('takes pieces from whatever can be iterated, and tells what that throws', async () => {
    const store = fileStore(folder);
    // Promises that are none of this realm's, and an iterator without return().
    // biome-ignore lint/suspicious/noThenProperty: that is what they are
    const thenable = <T>(value: T) => ({ then: (resolve: (value: T) => void) => resolve(value) });
    let left = 3;
    const odd = {
      [Symbol.asyncIterator]: () => ({
        next: () => thenable(left-- > 0 ? { value: pattern(2, 1) } : { done: true }),
      }),
    };
    await store.put('odd', odd as never);
    expect((await read(store, 'odd'))?.length).toBe(6);
    const broken = {
      [Symbol.asyncIterator]: () => ({
        next() {
          throw new Error('of the source');
        },
        return: () => undefined,
      }),
    };
    await expect(store.put('odd', broken as never)).rejects.toThrow(/^of the source$/);
    expect((await read(store, 'odd'))?.length).toBe(6);
  });

  test('closes the files of streams that nobody has read', () => {
    const script = `
      import { readdirSync } from 'node:fs';
      import { fileStore } from 'sublinear/store/node';
      const store = fileStore(${JSON.stringify(folder)});
      await store.put('a', new Uint8Array(10));
      let warnings = 0;
      process.on('warning', () => warnings++);
      for (let i = 0; i < 20; i++) if (!(await store.get('a'))) throw new Error('gone');
      for (let i = 0; i < 5; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      console.log(warnings);`;
    const flags = ['--expose-gc', '--input-type=module', '-e', script];
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    expect(execFileSync(process.execPath, flags, { cwd, encoding: 'utf8', stdio: 'pipe' })).toBe(
      '0\n',
    );
  });
});

describe('KV', () => {
  /** A namespace in memory; what `fails` says so about fails, after it has been done. */
  function namespace(fails: (method: string, key: string) => boolean) {
    const values = new Map<string, { value: string | Uint8Array; metadata: unknown }>();
    const done = (method: string, key: string) => {
      if (fails(method, key)) throw new Error('the line broke');
    };
    const binding: KVBinding = {
      async get(key) {
        const bytes = values.get(key)?.value as Uint8Array<ArrayBuffer> | undefined;
        return bytes?.slice().buffer ?? null;
      },
      async getWithMetadata(key) {
        const found = values.get(key);
        return { value: (found?.value as string) ?? null, metadata: found?.metadata };
      },
      async put(key, value, options) {
        const kept = typeof value === 'string' ? value : new Uint8Array(value).slice();
        values.set(key, { value: kept, metadata: options?.metadata });
        done('put', key);
      },
      async delete(key) {
        done('delete', key);
        values.delete(key);
      },
      async list({ prefix }) {
        const names = [...values.keys()].filter((name) => name.startsWith(prefix)).sort();
        const keys = names.map((name) => ({ name, metadata: values.get(name)?.metadata }));
        return { keys, list_complete: true };
      },
    };
    return { binding, values };
  }

  test('an entry that may have been written keeps what it leads to', async () => {
    let broken = false;
    const { binding, values } = namespace(
      (method, key) => broken && method === 'put' && /\/e\//.test(key),
    );
    // Another place: it sees the old entry for a while.
    const stale = { ...binding };
    const store = kvStore(stale);
    await store.put('a', pattern(100, 1));
    const old = await binding.getWithMetadata('sublinear/e/a', 'text');
    stale.getWithMetadata = async () => old;
    broken = true;
    await expect(store.put('a', pattern(200, 2))).rejects.toMatchObject({ code: 'STORE' });
    // The new file or the old one, whole.
    expect(await read(kvStore(binding), 'a')).toEqual(pattern(200, 2));
    expect(values.size).toBe(3);
  });

  test('a put whose tidying fails has stored the file', async () => {
    let broken = false;
    const { binding } = namespace((method) => broken && method === 'delete');
    const store = kvStore(binding);
    for (const seed of [1, 2, 3]) {
      broken = seed === 3;
      await store.put('a', pattern(100, seed));
    }
    expect(await read(store, 'a')).toEqual(pattern(100, 3));
  });
});

describe('R2', () => {
  const bucket = (part: () => Promise<never>) => {
    const puts: string[] = [];
    let aborted = false;
    const binding: R2Binding = {
      get: async () => null,
      head: async () => null,
      put: async (key) => puts.push(key),
      delete: async () => {},
      list: async () => ({ objects: [], truncated: false }),
      createMultipartUpload: async () => ({
        uploadPart: part,
        complete: async () => {},
        abort: async () => {
          aborted = true;
        },
      }),
    };
    return { binding, puts, aborted: () => aborted };
  };

  test('tells the source when an upload fails', async () => {
    const { binding, aborted } = bucket(async () => {
      throw new Error('the line broke');
    });
    let left = false;
    async function* much() {
      try {
        for (let i = 0; i < 30; i++) yield new Uint8Array(1 << 20);
      } finally {
        left = true;
      }
    }
    const put = r2Store(binding).put('a', much());
    await expect(put).rejects.toMatchObject({ code: 'STORE' });
    await null;
    expect([left, aborted()]).toEqual([true, true]);
  });

  test('puts nothing after an abort', async () => {
    const { binding, puts } = bucket(async () => Promise.reject(new Error('no parts')));
    const controller = new AbortController();
    async function* last() {
      yield new Uint8Array(10);
      controller.abort();
    }
    const put = r2Store(binding).put('a', last(), { signal: controller.signal });
    expect(await put.catch((reason) => reason)).toBe(controller.signal.reason);
    expect(puts).toEqual([]);
  });
});

test('a private file system that takes less than it is given gets the rest as well', async () => {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const handle = (name: string) => ({
    kind: 'file',
    // As in Safari before 26.
    createSyncAccessHandle: async () => ({
      write(bytes: Uint8Array, { at }: { at: number }) {
        const took = bytes.subarray(0, 70_000);
        const before = files.get(name) ?? new Uint8Array();
        const now = new Uint8Array(Math.max(before.length, at + took.length));
        now.set(before);
        now.set(took, at);
        files.set(name, now);
        return took.length;
      },
      flush() {},
      close() {},
    }),
    async move(to: string) {
      files.set(to, files.get(name)!);
      files.delete(name);
    },
    getFile: async () => new Blob([files.get(name)!]),
  });
  const directory = {
    async getFileHandle(name: string, options?: { create?: boolean }) {
      if (!options?.create && !files.has(name)) throw new DOMException('', 'NotFoundError');
      return handle(name);
    },
    async removeEntry(name: string) {
      if (!files.delete(name)) throw new DOMException('', 'NotFoundError');
    },
    async *entries() {
      for (const name of files.keys()) yield [name, handle(name)];
    },
  };
  const storage = { getDirectory: async () => ({ getDirectoryHandle: async () => directory }) };
  vi.stubGlobal('navigator', { storage });
  const store = opfsStore();
  await store.put('a', pattern(300_000, 1));
  expect(await read(store, 'a')).toEqual(pattern(300_000, 1));
});
