// Full-text search: an index of documents, filters, and lists of results as one.
import { type FusedHit, type FuseOptions, fuse, type RankedList } from '../../runtime/fuse.js';
import type { Runtime } from '../../runtime/runtime.js';
import { TextFilter } from './text-filter.js';
import { TextHead } from './text-head.js';
import { TextIndex } from './text-index.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { FusedHit, FuseOptions, RankedList } from '../../runtime/fuse.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export { SearchableTexts } from './searchable-texts.js';
export { StoredTexts } from './stored-texts.js';
export { TextFilter } from './text-filter.js';
export { TextIndex } from './text-index.js';
export type * from './types.js';

/** What `engine.use('text')` and `load()` give. */
export interface TextRoom {
  readonly TextFilter: typeof TextFilter;
  readonly TextIndex: typeof TextIndex;
  /** @internal */
  readonly TextHead: typeof TextHead;

  /**
   * Several lists of results as one, for searches by words and by meaning together: each document's parts say which list
   * brought it how far. Ids must be the same in all lists.
   *
   * G. Cormack, C. Clarke, S. Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
   * SIGIR 2009, doi:10.1145/1571941.1572114.
   *
   * @throws TypeError for what is no list of results; RangeError for an option out of its domain
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { fuse } = await load();
   * const words = [{ id: 'a', score: 9 }, { id: 'b', score: 4 }];
   * const meaning = [{ key: 'b', distance: 0.1 }, { key: 'c', distance: 0.3 }];
   * const [best] = fuse([words, meaning], { k: 3 });
   * console.log(best?.id, best?.parts.map(({ list, rank }) => [list, rank])); // b [ [ 0, 1 ], [ 1, 0 ] ]
   * ```
   */
  fuse(lists: readonly RankedList[], options?: FuseOptions): FusedHit[];
}

/** @internal */
export function createRoom(runtime: Runtime): TextRoom {
  return {
    TextFilter: runtime.bind(TextFilter),
    TextIndex: runtime.bind(TextIndex),
    TextHead: runtime.bind(TextHead),
    fuse,
  };
}
