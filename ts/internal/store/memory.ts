// A store in the memory of this program.
import { SublinearError } from '../errors.js';
import { options as checkOptions, integer } from '../validate.js';
import { chunksOf, guarded, keyOf, nameOf, type Store, sorted, streamOf } from './common.js';

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
  const used = () => [...files.values()].reduce((sum, { size }) => sum + size, 0);
  return {
    put: (key, bytes, { signal } = {}) =>
      guarded(
        'Store.put',
        async () => {
          const name = nameOf('Store.put', key);
          const pieces: Uint8Array<ArrayBuffer>[] = [];
          let size = 0;
          for await (const piece of chunksOf('Store.put', bytes, PIECE, signal)) {
            size += piece.length;
            // As on a disk, the old file is there until the new one is whole.
            if (used() + size > maxBytes) {
              const message = `the store is full (maxBytes: ${maxBytes}); what was stored before is still there`;
              throw new SublinearError('QUOTA', 'Store.put', message);
            }
            pieces.push(piece);
          }
          files.set(name, { pieces, size });
        },
        undefined,
        signal,
      ),
    async get(key) {
      const file = files.get(nameOf('Store.get', key));
      let at = 0;
      return file && streamOf(async () => file.pieces[at++]?.slice());
    },
    delete: async (key) => files.delete(nameOf('Store.delete', key)),
    async list(prefix = '') {
      const entries = [...files].map(([name, { size }]) => ({ key: keyOf(name) as string, size }));
      return sorted('Store.list', prefix, entries);
    },
    clean: async () => 0,
  };
}
