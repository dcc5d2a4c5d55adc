// Stores in Cloudflare's KV and R2, through the bindings of a Worker.
import { typeError } from '../runtime/validate.js';
import {
  ageOf,
  changed,
  chunksOf,
  DAY,
  generation,
  guarded,
  keyOf,
  nameOf,
  type Store,
  type StoreEntry,
  signalOf,
  sorted,
  streamOf,
} from './common.js';

/** What is used of a KV namespace; Cloudflare's `KVNamespace` is one. */
export interface KVBinding {
  get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null>;
  getWithMetadata(key: string, type: 'text'): Promise<{ value: string | null; metadata: unknown }>;
  put(
    key: string,
    value: string | ArrayBuffer | Uint8Array<ArrayBuffer>,
    options?: { metadata?: unknown },
  ): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    keys: { name: string; metadata?: unknown }[];
    list_complete: boolean;
    cursor?: string;
  }>;
}

/** What is used of an R2 bucket; Cloudflare's `R2Bucket` is one. */
export interface R2Binding {
  get(
    key: string,
    options?: { range?: { offset: number; length: number }; onlyIf?: { etagMatches: string } },
  ): Promise<{ body?: ReadableStream } | null>;
  head(key: string): Promise<{ size: number; etag: string } | null>;
  put(key: string, value: Uint8Array<ArrayBuffer>): Promise<unknown>;
  delete(key: string): Promise<void>;
  list(options: {
    prefix: string;
    cursor?: string;
  }): Promise<{ objects: { key: string; size: number }[]; truncated: boolean; cursor?: string }>;
  createMultipartUpload(key: string): Promise<{
    uploadPart(
      number: number,
      value: Uint8Array<ArrayBuffer>,
    ): Promise<{ partNumber: number; etag: string }>;
    complete(parts: { partNumber: number; etag: string }[]): Promise<unknown>;
    abort(): Promise<void>;
  }>;
}

/** A value of KV may have 25 MiB. */
const KV_CHUNK = 20 << 20;
/** Parts of an upload have at least 5 MiB and, but for the last, one size. */
const R2_PART = 8 << 20;

/** The chunks that one put wrote. */
interface Chunks {
  generation: string;
  chunks: number;
}
interface KVEntry extends Chunks {
  size: number;
  /** Those of the put before: other places may see the old entry for a minute. */
  before?: Chunks;
}

/**
 * A store in a KV namespace. A file is a row of values below 25 MiB and an entry, written last, that leads to them. KV shows a
 * change elsewhere after up to a minute: until then the old file is read there, which is why it stays until the next `put`.
 * Two puts of one key at the same time: the last entry wins. What a put that was cut off has left goes with `clean()` a day later.
 *
 * @param namespace - the binding, `env.NAME`
 * @param prefix - of all names in the namespace, `'sublinear/'` by default
 * @throws SublinearError `STORE`, `CHANGED`
 *
 * @example
 * ```ts
 * import { type KVBinding, kvStore } from 'sublinear/store';
 *
 * export default {
 *   async fetch(request: Request, env: { GRAPHS: KVBinding }): Promise<Response> {
 *     const store = kvStore(env.GRAPHS);
 *     if (request.method === 'PUT') await store.put('graph', request.body!);
 *     return new Response((await store.get('graph')) ?? null);
 *   },
 * };
 * ```
 */
export function kvStore(namespace: KVBinding, prefix = 'sublinear/'): Store {
  if (typeof namespace?.getWithMetadata !== 'function')
    throw typeError('kvStore', 'namespace', 'a KV namespace (env.NAME)', namespace);
  const entryAt = (name: string) => `${prefix}e/${name}`;
  const chunkAt = (each: string, i: number) => `${prefix}c/${each}/${i}`;
  const read = async (name: string): Promise<KVEntry | undefined> => {
    const { value } = await namespace.getWithMetadata(entryAt(name), 'text');
    return value === null ? undefined : (JSON.parse(value) as KVEntry);
  };
  const remove = async (gone: Chunks | undefined) => {
    for (let i = 0; i < (gone?.chunks ?? 0); i++)
      await namespace.delete(chunkAt((gone as Chunks).generation, i));
  };
  const all = async (part: string) => {
    const keys: { name: string; metadata?: unknown }[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await namespace.list({ prefix: prefix + part, ...(cursor && { cursor }) });
      keys.push(...page.keys);
      if (page.list_complete) return keys;
      cursor = page.cursor as string;
    }
  };

  return {
    async put(key, bytes, options) {
      const operation = 'Store.put';
      const signal = signalOf(operation, options);
      const run = async () => {
        const name = nameOf(operation, key);
        const mine: KVEntry = { generation: generation(), chunks: 0, size: 0 };
        let old: KVEntry | undefined;
        try {
          for await (const piece of chunksOf(operation, bytes, KV_CHUNK, signal)) {
            await namespace.put(chunkAt(mine.generation, mine.chunks++), piece);
            mine.size += piece.length;
          }
          signal?.throwIfAborted();
          old = await read(name);
          signal?.throwIfAborted();
        } catch (error) {
          await remove(mine).catch(() => {});
          throw error;
        }
        if (old) mine.before = { generation: old.generation, chunks: old.chunks };
        // When this fails the entry may have been written all the same, and reading it here may give the old one for a
        // minute: what it leads to stays until clean() knows.
        await namespace.put(entryAt(name), JSON.stringify(mine), { metadata: { size: mine.size } });
        // The file is there; what cannot be removed now goes with clean().
        await remove(old?.before).catch(() => {});
      };
      return guarded(operation, run, undefined, signal);
    },

    get(key) {
      const operation = 'Store.get';
      return guarded(operation, async () => {
        const entry = await read(nameOf(operation, key));
        let at = 0;
        return (
          entry &&
          streamOf(() =>
            guarded(operation, async () => {
              if (at === entry.chunks) return undefined;
              const chunk = await namespace.get(chunkAt(entry.generation, at++), 'arrayBuffer');
              if (chunk === null) throw changed(operation);
              return new Uint8Array(chunk);
            }),
          )
        );
      });
    },

    delete(key) {
      const operation = 'Store.delete';
      return guarded(operation, async () => {
        const name = nameOf(operation, key);
        const old = await read(name);
        if (old === undefined) return false;
        await namespace.delete(entryAt(name));
        await remove(old);
        await remove(old.before);
        return true;
      });
    },

    list(wanted = '') {
      const operation = 'Store.list';
      return guarded(operation, async () => {
        const start = entryAt('').length;
        const entries = (await all('e/')).flatMap(({ name, metadata }): StoreEntry[] => {
          const key = keyOf(name.slice(start));
          return key === undefined ? [] : [{ key, size: (metadata as { size: number }).size }];
        });
        return sorted(operation, wanted, entries);
      });
    },

    clean: () =>
      guarded('Store.clean', async () => {
        const found = (await all('c/')).map(({ name }) => name);
        const used = new Set<string>();
        for (const { name } of await all('e/')) {
          const entry = await read(name.slice(entryAt('').length));
          for (const each of [entry, entry?.before]) if (each) used.add(each.generation);
        }
        let removed = 0;
        for (const name of found) {
          const each = name.slice(`${prefix}c/`.length).split('/')[0] as string;
          if (used.has(each) || !(ageOf(each) > DAY)) continue;
          await namespace.delete(name);
          removed++;
        }
        return removed;
      }),
  };
}

/**
 * A store in an R2 bucket: one object for each key. R2 puts an object in place at once; a large one is uploaded in parts that
 * become an object when the last is there. Uploads that were cut off are removed by R2 after a week.
 *
 * @param bucket - the binding, `env.NAME`
 * @param prefix - of all names in the bucket, `'sublinear/'` by default
 * @throws SublinearError `STORE`
 *
 * @example
 * ```ts
 * import { type R2Binding, r2Store } from 'sublinear/store';
 *
 * export default {
 *   async fetch(request: Request, env: { GRAPHS: R2Binding }): Promise<Response> {
 *     const store = r2Store(env.GRAPHS);
 *     if (request.method === 'PUT') await store.put('graph', request.body!);
 *     return new Response((await store.get('graph')) ?? null);
 *   },
 * };
 * ```
 */
export function r2Store(bucket: R2Binding, prefix = 'sublinear/'): Store {
  if (typeof bucket?.createMultipartUpload !== 'function')
    throw typeError('r2Store', 'bucket', 'an R2 bucket (env.NAME)', bucket);
  const at = (operation: string, key: unknown) => prefix + nameOf(operation, key);
  return {
    async put(key, bytes, options) {
      const operation = 'Store.put';
      const signal = signalOf(operation, options);
      const run = async () => {
        const name = at(operation, key);
        const pieces = chunksOf(operation, bytes, R2_PART, signal);
        try {
          const { value: first, done } = await pieces.next();
          if (done || first.length < R2_PART) {
            signal?.throwIfAborted();
            await bucket.put(name, first ?? new Uint8Array());
            return;
          }
          const upload = await bucket.createMultipartUpload(name);
          try {
            const parts = [await upload.uploadPart(1, first)];
            for await (const piece of pieces)
              parts.push(await upload.uploadPart(parts.length + 1, piece));
            signal?.throwIfAborted();
            await upload.complete(parts);
          } catch (error) {
            await upload.abort().catch(() => {});
            throw error;
          }
        } finally {
          // The source is told when nobody asks for the rest of it.
          await pieces.return();
        }
      };
      return guarded(operation, run, undefined, signal);
    },

    get(key) {
      const operation = 'Store.get';
      return guarded(operation, async () => {
        const found = await bucket.get(at(operation, key));
        return (found?.body ?? undefined) as ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
      });
    },

    delete(key) {
      const operation = 'Store.delete';
      return guarded(operation, async () => {
        const name = at(operation, key);
        if ((await bucket.head(name)) === null) return false;
        await bucket.delete(name);
        return true;
      });
    },

    list(wanted = '') {
      const operation = 'Store.list';
      return guarded(operation, async () => {
        const entries: StoreEntry[] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await bucket.list({ prefix, ...(cursor && { cursor }) });
          for (const { key: name, size } of page.objects) {
            const key = keyOf(name.slice(prefix.length));
            if (key !== undefined) entries.push({ key, size });
          }
          if (!page.truncated) return sorted(operation, wanted, entries);
          cursor = page.cursor as string;
        }
      });
    },

    clean: async () => 0,

    openFile(key) {
      const operation = 'Store.openFile';
      return guarded(operation, async () => {
        const name = at(operation, key);
        const found = await bucket.head(name);
        if (found === null) return undefined;
        const { size, etag } = found;
        return {
          size,
          read: (offset, length) =>
            guarded(operation, async () => {
              const most = Math.min(length, size - offset);
              if (!(most > 0)) return new Uint8Array(0);
              const range = { offset, length: most };
              const part = await bucket.get(name, { range, onlyIf: { etagMatches: etag } });
              if (!part?.body) throw changed(operation);
              return new Uint8Array(await new Response(part.body).arrayBuffer());
            }),
          close: async () => {},
        };
      });
    },
  };
}
