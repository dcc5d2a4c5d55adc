// A store in the memory of this program.
import { SublinearError } from '../runtime/errors.js';
import { options as checkOptions, integer } from '../runtime/validate.js';
import {
  busy,
  changed,
  chunksOf,
  guarded,
  keyOf,
  nameOf,
  type Store,
  signalOf,
  sorted,
  streamOf,
} from './common.js';

export interface MemoryStoreOptions {
  /** Bytes that all files together may take; above it `put` is refused with `QUOTA`. No limit by default. */
  maxBytes?: number;
}

const PIECE = 1 << 20;

/**
 * A store that forgets everything with the program: for tests, and as a cache with a limit. Its files are held in memory.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/graph';
 * import { memoryStore } from 'sublinear/store';
 *
 * const { Graph } = await load();
 * const store = memoryStore({ maxBytes: 1e6 });
 * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2] });
 * await store.put('friends', graph.saveInPieces());
 * console.log(await store.list()); // [ { key: 'friends', size: 240 } ]
 * using again = await Graph.loadAsync((await store.get('friends'))!);
 * console.log(again.edgeCount); // 2
 * ```
 */
export function memoryStore(options?: MemoryStoreOptions): Store {
  const { maxBytes = Number.MAX_SAFE_INTEGER } = checkOptions('memoryStore', options, ['maxBytes']);
  integer('memoryStore', 'maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER);
  const files = new Map<string, { pieces: Uint8Array<ArrayBuffer>[]; size: number }>();
  /** Of files that are whole and of those that are on their way. */
  let used = 0;
  /** Names of logs that are open. */
  const open = new Set<string>();
  const full = (operation: string) => {
    const message = `the store is full (maxBytes: ${maxBytes}); what was stored before is still there`;
    return new SublinearError('QUOTA', operation, message);
  };
  const store: Store = {
    async put(key, bytes, options) {
      const operation = 'Store.put';
      const signal = signalOf(operation, options);
      const run = async () => {
        const name = nameOf(operation, key);
        const pieces: Uint8Array<ArrayBuffer>[] = [];
        let size = 0;
        try {
          for await (const piece of chunksOf(operation, bytes, PIECE, signal)) {
            // As on a disk, the old file is there until the new one is whole.
            if (used + piece.length > maxBytes) throw full(operation);
            size += piece.length;
            used += piece.length;
            pieces.push(piece);
          }
        } catch (error) {
          used -= size;
          throw error;
        }
        used -= files.get(name)?.size ?? 0;
        files.set(name, { pieces, size });
      };
      return guarded(operation, run, undefined, signal);
    },
    async get(key) {
      const file = files.get(nameOf('Store.get', key));
      let at = 0;
      return file && streamOf(async () => file.pieces[at++]?.slice());
    },
    async delete(key) {
      const name = nameOf('Store.delete', key);
      used -= files.get(name)?.size ?? 0;
      return files.delete(name);
    },
    async list(prefix = '') {
      const entries = [...files].map(([name, { size }]) => ({ key: keyOf(name) as string, size }));
      return sorted('Store.list', prefix, entries);
    },
    clean: async () => 0,
    async openLog(key) {
      const name = nameOf('Store.openLog', key);
      if (open.has(name)) throw busy('Store.openLog', key, 'in this program');
      open.add(name);
      return {
        get size() {
          return files.get(name)?.size ?? 0;
        },
        async append(bytes) {
          const operation = 'StoreLog.append';
          const file = files.get(name);
          if (file === undefined) throw changed(operation);
          if (used + bytes.length > maxBytes) throw full(operation);
          file.pieces.push(bytes.slice());
          file.size += bytes.length;
          used += bytes.length;
        },
        sync: async () => {},
        replace: (bytes) => store.put(key, bytes),
        close: async () => void open.delete(name),
      };
    },
  };
  return store;
}
