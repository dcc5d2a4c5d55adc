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
    async openFile(key) {
      const file = files.get(nameOf('Store.openFile', key));
      if (file === undefined) return undefined;
      // As a file that is read while it grows: up to where it was.
      const { pieces, size } = { pieces: file.pieces.slice(), size: file.size };
      return {
        size,
        read: async (offset, length) => partOf(pieces, offset, length),
        close: async () => {},
      };
    },
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

/** Some bytes of a file that is in pieces; fewer where it ends. */
function partOf(
  pieces: readonly Uint8Array<ArrayBuffer>[],
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(Math.max(0, offset - at), Math.max(0, offset + length - at));
    if (part.length > 0) parts.push(part);
    at += piece.length;
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
