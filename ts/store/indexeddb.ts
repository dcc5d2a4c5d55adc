// A store in the browser's database.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { SublinearError } from '../runtime/errors.js';
import { string } from '../runtime/validate.js';
import {
  ageOf,
  busy,
  changed,
  chunksOf,
  DAY,
  generation,
  guarded,
  holdLock,
  keyOf,
  nameOf,
  type Store,
  signalOf,
  sorted,
  streamOf,
  whileLocked,
} from './common.js';

export * from '../runtime/errors.js';
export type { AsyncBytesSource } from '../runtime/file.js';
export type { Store, StoreEntry, StoreFile, StoreLog, StorePutOptions } from './common.js';

interface Entry {
  /** Of the chunks that this entry is made of. */
  generation: string;
  chunks: number;
  size: number;
}

interface Schema extends DBSchema {
  /** By the key's name: what is there. Writing one is the moment at which a put happens. */
  entries: { key: string; value: Entry };
  /** By generation and place. */
  chunks: { key: [string, number]; value: Uint8Array<ArrayBuffer> };
}

const PIECE = 1 << 20;
/** Chunks that a file which is read in parts holds. */
const HELD = 4;

/**
 * A store in IndexedDB, in windows and workers. A file is a row of chunks under a name that no other put has; one transaction
 * makes the entry lead to them and removes those of before. A tab that is closed in the middle leaves chunks that nothing leads
 * to; they are removed the next time.
 *
 * @param name - of the database, `'sublinear'` by default
 * @throws SublinearError `QUOTA`, `STORE`, `LOAD_FAILED` where there is no IndexedDB
 *
 * @example
 * ```ts
 * import { indexedDBStore } from 'sublinear/store/indexeddb';
 *
 * if (globalThis.indexedDB) {
 *   const store = indexedDBStore('my-app');
 *   await store.put('greeting', new TextEncoder().encode('hello'));
 *   console.log(await new Response(await store.get('greeting')).text());
 * }
 * ```
 */
export function indexedDBStore(name = 'sublinear'): Store {
  string('indexedDBStore', 'name', name);
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  const open = (operation: string): Promise<IDBPDatabase<Schema>> => {
    if (globalThis.indexedDB === undefined) {
      const message =
        'there is no IndexedDB here; fileStore() of sublinear/store/node keeps files in Node';
      throw new SublinearError('LOAD_FAILED', operation, message);
    }
    const forget = () => {
      if (opened === mine) opened = undefined;
    };
    const mine: Promise<IDBPDatabase<Schema>> = opened ?? connect(operation, () => forget());
    opened = mine;
    mine.catch(forget);
    return mine;
  };
  const connect = (operation: string, forget: () => void): Promise<IDBPDatabase<Schema>> =>
    openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('entries');
        db.createObjectStore('chunks');
      },
      // The browser has closed it, or somebody deletes the database: the next call opens it anew.
      terminated: forget,
      blocking: (_, __, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
    }).then(async (db) => {
      if (
        !['entries', 'chunks'].every((each) => [...db.objectStoreNames].includes(each as never))
      ) {
        db.close();
        const message = `the database "${name}" belongs to something else: give indexedDBStore() another name`;
        throw new SublinearError('STORE', operation, message);
      }
      await removeAbandoned(db, name);
      return db;
    });

  /**
   * Runs one transaction. iOS closes the connections of a sleeping tab without an event: then no transaction can begin, and
   * it begins on a new connection.
   */
  const on = async <T>(
    operation: string,
    body: (db: IDBPDatabase<Schema>) => Promise<T>,
  ): Promise<T> => {
    for (let again = false; ; again = true) {
      const connection = open(operation);
      const db = await connection;
      try {
        return await body(db);
      } catch (error) {
        const { name } = error as { name?: string };
        // The second is said of a connection to a database process that has ended. What had begun may be done or not.
        const closed = name === 'InvalidStateError';
        if ((closed || name === 'UnknownError') && opened === connection) {
          opened = undefined;
          db.close();
        }
        if (!closed || again) throw error;
      }
    }
  };

  const store: Store = {
    async put(key, bytes, options) {
      const operation = 'Store.put';
      const signal = signalOf(operation, options);
      const run = async () => {
        const entryName = nameOf(operation, key);
        const mine = generation();
        await whileLocked(lockName(name, mine), async () => {
          let chunks = 0;
          let size = 0;
          try {
            for await (const piece of chunksOf(operation, bytes, PIECE, signal)) {
              const at = chunks++;
              await on(operation, (db) => db.put('chunks', piece, [mine, at]));
              size += piece.length;
            }
            signal?.throwIfAborted();
            await on(operation, async (db) => {
              const commit = db.transaction(['entries', 'chunks'], 'readwrite', {
                durability: 'strict',
              });
              const entries = commit.objectStore('entries');
              const before = await entries.get(entryName);
              await entries.put({ generation: mine, chunks, size }, entryName);
              if (before) await commit.objectStore('chunks').delete(chunksIn(before.generation));
              await commit.done;
            });
          } catch (error) {
            await on(operation, (db) => db.delete('chunks', chunksIn(mine))).catch(() => {});
            throw error;
          }
        });
      };
      return guarded(operation, run, undefined, signal);
    },

    get(key) {
      const operation = 'Store.get';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        const entry = await on(operation, (db) => db.get('entries', entryName));
        let at = 0;
        return (
          entry &&
          streamOf(() =>
            guarded(operation, async () => {
              if (at === entry.chunks) return undefined;
              const place: [string, number] = [entry.generation, at++];
              const piece = await on(operation, (db) => db.get('chunks', place));
              if (piece === undefined) throw changed(operation);
              return piece;
            }),
          )
        );
      });
    },

    delete(key) {
      const operation = 'Store.delete';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        return on(operation, async (db) => {
          const commit = db.transaction(['entries', 'chunks'], 'readwrite', {
            durability: 'strict',
          });
          const before = await commit.objectStore('entries').get(entryName);
          if (before) {
            await commit.objectStore('entries').delete(entryName);
            await commit.objectStore('chunks').delete(chunksIn(before.generation));
          }
          await commit.done;
          return before !== undefined;
        });
      });
    },

    list(prefix = '') {
      const operation = 'Store.list';
      return guarded(operation, async () => {
        const [names, entries] = await on(operation, (db) => {
          const read = db.transaction('entries');
          return Promise.all([read.store.getAllKeys(), read.store.getAll()]);
        });
        const all = names.map((each, i) => ({
          key: keyOf(each) as string,
          size: (entries[i] as Entry).size,
        }));
        return sorted(operation, prefix, all);
      });
    },

    clean: () => guarded('Store.clean', () => on('Store.clean', (db) => removeAbandoned(db, name))),

    openFile(key) {
      const operation = 'Store.openFile';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        const entry = await on(operation, (db) => db.get('entries', entryName));
        if (entry === undefined) return undefined;
        const { generation, chunks, size } = entry;
        const chunk = async (at: number) => {
          const piece = await on(operation, (db) => db.get('chunks', [generation, at]));
          if (piece === undefined) throw changed(operation);
          return piece;
        };
        // What was appended to has chunks of any size: they are looked at once.
        const even = chunks === Math.ceil(size / PIECE);
        const ends: number[] = [];
        for (let at = 0; at < chunks; at++)
          ends.push(
            even
              ? Math.min(size, (at + 1) * PIECE)
              : (ends[at - 1] ?? 0) + (await chunk(at)).length,
          );
        /** The last ones that were read: a chunk is more than most questions ask for. */
        const held = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
        const kept = (at: number) => {
          const found = held.get(at) ?? chunk(at);
          held.delete(at);
          held.set(at, found);
          found.catch(() => held.delete(at));
          for (const [oldest] of held) {
            if (held.size <= HELD) break;
            held.delete(oldest);
          }
          return found;
        };
        return {
          size,
          read: (offset, length) =>
            guarded(operation, async () => {
              const end = Math.min(size, offset + length);
              const bytes = new Uint8Array(Math.max(0, end - offset));
              for (let at = 0, from = 0; at < chunks && from < end; at++) {
                const to = ends[at] as number;
                if (to > offset) {
                  const skip = Math.max(0, offset - from);
                  const part = (await kept(at)).subarray(skip, end - from);
                  bytes.set(part, Math.max(0, from - offset));
                }
                from = to;
              }
              return bytes;
            }),
          close: async () => held.clear(),
        };
      });
    },

    openLog(key) {
      const operation = 'Store.openLog';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        const release = await holdLock(operation, lockName(name, `+${entryName}`));
        if (release === undefined)
          throw busy(operation, key, 'in this page, a worker or another tab');
        const read = () => on(operation, (db) => db.get('entries', entryName));
        let entry = await read().catch((error) => {
          release();
          throw error;
        });
        /** Writes a chunk behind those that are there; without one only waits until they are on the disk. */
        const write = (operation: string, chunk?: Uint8Array<ArrayBuffer>) =>
          guarded(operation, async () => {
            const before = entry;
            if (before === undefined) throw changed(operation);
            const after = chunk && {
              generation: before.generation,
              chunks: before.chunks + 1,
              size: before.size + chunk.length,
            };
            await on(operation, async (db) => {
              const commit = db.transaction(['entries', 'chunks'], 'readwrite', {
                durability: chunk ? 'relaxed' : 'strict',
              });
              const entries = commit.objectStore('entries');
              if ((await entries.get(entryName))?.generation !== before.generation)
                throw changed(operation);
              if (chunk) {
                const place: [string, number] = [before.generation, before.chunks];
                await commit.objectStore('chunks').put(chunk, place);
              }
              await entries.put(after ?? before, entryName);
              await commit.done;
            });
            if (after) entry = after;
          });
        return {
          get size() {
            return entry?.size ?? 0;
          },
          append: (bytes) => write('StoreLog.append', bytes),
          sync: () => write('StoreLog.sync'),
          async replace(bytes) {
            // Also after an error: it may be said of a connection that ended after the entry was there.
            try {
              await store.put(key, bytes);
            } finally {
              entry = await guarded('StoreLog.replace', read);
            }
          },
          close: async () => release(),
        };
      });
    },
  };
  return store;
}

function chunksIn(generation: string): IDBKeyRange {
  return IDBKeyRange.bound([generation, 0], [generation, Number.POSITIVE_INFINITY]);
}

const lockName = (database: string, generation: string) =>
  `sublinear-store/${database}/${generation}`;

/** Removes chunks that no entry leads to and no living put is writing; says how many. */
async function removeAbandoned(db: IDBPDatabase<Schema>, database: string): Promise<number> {
  // In this order: whoever wrote one of these chunks had his lock then, has it still, or has made his entry since.
  const found = await db.getAllKeys('chunks');
  const locks = await globalThis.navigator?.locks?.query();
  const alive = new Set(locks?.held?.map((lock) => lock.name));
  const change = db.transaction(['entries', 'chunks'], 'readwrite');
  const entries = await change.objectStore('entries').getAll();
  const used = new Set(entries.map((entry) => entry.generation));
  let removed = 0;
  for (const [each, at] of found) {
    if (used.has(each) || alive.has(lockName(database, each))) continue;
    if (locks === undefined && ageOf(each) < DAY) continue;
    await change.objectStore('chunks').delete([each, at]);
    removed++;
  }
  await change.done;
  return removed;
}
