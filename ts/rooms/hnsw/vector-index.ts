// What Flat and Hnsw have in common: searching and saving, over what they hold.

import { version } from '../../generated/bundles.js';
import type { Filter as RawFilter } from '../../generated/raw/vector.js';
import { make } from '../../runtime/brand.js';
import type { Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { type FilterObject, rawFilter } from './filter.js';
import { assertRoom, type ResultAddresses, resultArrays, resultOf } from './results.js';
import { shareIndex } from './shared-index.js';
import type { SharedIndex } from './shared-types.js';
import { type RawIndex, StoredVectors } from './stored-vectors.js';
import type {
  BatchResult,
  SearchBatchOptions,
  SearchOptions,
  SearchResult,
  VectorArray,
} from './types.js';

/** Results that a search makes room for without a look at how many vectors there are. */
const CAREFUL = 1000;
/** Results that a search within a radius has room for at first. */
const RADIUS_ROOM = 1024;
/** Bytes of a file that are copied at once. */
const PIECE = 1 << 20;

/** An index of vectors: what {@link Flat} and {@link Hnsw} can do. Its examples use Flat; Hnsw works in the same way. */
export abstract class VectorIndex<R extends RawIndex> extends StoredVectors<R> {
  /**
   * The nearest neighbours of one vector.
   *
   * @throws RangeError `SHAPE` (also of `into`), `NOT_FINITE`, `RANGE` for the query as for a vector, `ARGUMENT` for `k` or
   *   `ef` below 1
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 2 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [0, 0, 3, 4, 6, 8] });
   * const { ids, distances } = index.search([0, 0], { k: 2 });
   * console.log([...ids], [...distances]); // [ 1, 2 ] [ 0, 5 ]
   * console.log([...index.search([0, 0], { radius: 6 }).ids]); // [ 1, 2 ]
   * const into = { ids: new Uint32Array(2), distances: new Float32Array(2) };
   * console.log([...index.search([6, 8], { k: 2, into }).ids], [...into.ids]); // [ 3, 2 ] [ 3, 2 ]
   * console.log([...index.search([0, 0], { k: 2, diversity: 0.8 }).ids]); // [ 1, 3 ]
   * ```
   */
  search(query: VectorArray, options?: SearchOptions): SearchResult {
    const operation = this.named('search');
    this.use(operation);
    const keys = ['k', 'ef', 'filter', 'radius', 'diversity', 'candidates', 'into'] as const;
    const given = check.options(operation, options, keys);
    if (given.into !== undefined) assertRoom(operation, given.into, given.k);
    if (given.radius !== undefined || given.diversity !== undefined)
      return this.#searchFurther(operation, query, given);
    const { k = 10, ef = 64, filter, into } = given;
    const { runtime } = this;
    check.integer(operation, 'k', k);
    check.integer(operation, 'ef', ef);
    const source = this.elements(operation, 'query', query, 1);
    const raw = filter === undefined ? null : rawFilter(runtime, operation, filter);
    // A careless k must not take memory: there are no more results than vectors.
    const most = k <= CAREFUL ? k : Math.min(k, Math.max(1, this.size));
    // Each block is a call into the module: one holds the query and the results.
    return runtime.scratch(operation, (scratch) => {
      const [width, wide] = [source.length, source instanceof Uint8Array ? 1 : 4];
      const vector = scratch.bytes(8 * most + 4 + width * wide + 4) + 8 * most + 4;
      const ids = vector - 8 * most - 4;
      if (source instanceof Uint8Array) runtime.u8.set(source, vector);
      else runtime.f32.set(source, vector / 4);
      const at = [ids, ids + 4 * most, ids + 8 * most] as const;
      runtime.check(operation, this.run(vector, 1, most, ef, raw, at));
      const found = runtime.u32[at[2] / 4] as number;
      return resultOf(runtime, operation, at, found, into);
    });
  }

  // Within a radius, and among candidates those that differ from each other.
  #searchFurther(operation: string, query: VectorArray, given: SearchOptions): SearchResult {
    const { runtime } = this;
    const { ef = 64, filter, radius, diversity } = given;
    const everything = diversity === undefined && given.k === undefined;
    const k = everything ? 2 ** 32 - 1 : check.integer(operation, 'k', given.k ?? 10);
    check.integer(operation, 'ef', ef);
    if (radius !== undefined) check.number(operation, 'radius', radius);
    if (diversity !== undefined) check.number(operation, 'diversity', diversity);
    const candidates = diversity === undefined ? k : (given.candidates ?? 4 * k);
    check.integer(operation, 'candidates', candidates);
    const most = Math.min(Math.max(k, candidates), Math.max(1, this.size));
    const raw = filter === undefined ? null : rawFilter(runtime, operation, filter);
    return runtime.scratch(operation, (scratch) => {
      const vector = this.vectorsIn(scratch, operation, 'query', query, 1).address;
      const first = radius === undefined ? most : Math.min(most, RADIUS_ROOM);
      for (let room = first; ; room = Math.min(most, 4 * room)) {
        const ids = scratch.u32(2 * room + 1);
        const at = [ids, ids + 4 * room, ids + 8 * room] as const;
        const status =
          radius === undefined
            ? this.run(vector, 1, room, ef, raw, at)
            : this.runRadius(vector, radius, room, ef, raw, at);
        runtime.check(operation, status);
        const found = runtime.u32[at[2] / 4] as number;
        if (found === room && room < most) continue;
        const kept = Math.min(found, k);
        if (diversity !== undefined)
          runtime.check(
            operation,
            this.use(operation).diversify(at[0], at[1], found, kept, diversity),
          );
        return resultOf(runtime, operation, at, kept, given.into);
      }
    });
  }

  /**
   * The nearest neighbours of many vectors, which lie one after another in `queries`. Faster than one call each.
   *
   * @throws RangeError as {@link VectorIndex.search}; `position` is the query
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
   * const { ids, found, k } = index.searchBatch([1.1, 2.9], { k: 2 });
   * console.log([...ids], [...found], k); // [ 1, 2, 3, 2 ] [ 2, 2 ] 2
   * ```
   */
  searchBatch(queries: VectorArray, options?: SearchBatchOptions): BatchResult {
    const operation = this.named('searchBatch');
    this.use(operation);
    const keys = ['k', 'ef', 'filter', 'into'] as const;
    const { k = 10, ef = 64, filter, into } = check.options(operation, options, keys);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const vectors = this.vectorsIn(scratch, operation, 'queries', queries);
      const { count } = vectors;
      const at = this.#search(scratch, operation, vectors.address, count, k, ef, filter);
      const results = resultArrays(operation, into, count * k);
      const [ids, distances] = results.views;
      ids.set(runtime.u32.subarray(at[0] / 4, at[0] / 4 + count * k));
      distances.set(runtime.f32.subarray(at[1] / 4, at[1] / 4 + count * k));
      return { ...results.given, found: runtime.copyU32(at[2], count), k };
    });
  }

  /**
   * The index as bytes, to be kept anywhere and loaded by the static `load` of the same class. The format is described in
   * `docs/format.md`: versioned, checksummed, the same on every machine.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.add(1, [1]);
   * const bytes = index.save();
   * console.log(String.fromCharCode(...bytes.subarray(1, 4))); // slf
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = this.named('save');
    const size = this.use(operation).fileSize();
    const bytes = make(operation, size, () => new Uint8Array(size));
    let at = 0;
    for (const piece of this.saveInPieces()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /**
   * The same bytes piece by piece (up to 1 MB each), for files and streams that need not be in memory at once.
   *
   * @throws SublinearError `STATE` when the index is changed, or grows, between two pieces
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.add(1, [1]);
   * let bytes = 0;
   * for (const piece of index.saveInPieces()) bytes += piece.length;
   * console.log(bytes === index.save().length); // true
   * ```
   */
  *saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = this.named('saveInPieces');
    const { runtime } = this;
    for (let offset = 0; ; ) {
      const raw = this.use(operation);
      const piece = runtime.scratch(operation, (scratch) => {
        const buffer = scratch.bytes(PIECE);
        runtime.check(operation, raw.save(offset, buffer, PIECE, runtime.out));
        return runtime.u8.slice(buffer, buffer + runtime.outU32());
      });
      if (piece.length > 0) yield piece;
      offset += piece.length;
      if (piece.length < PIECE) return;
    }
  }

  /**
   * One copy of the index that all threads read, for the workers of a pool: pass what it gives to `Hnsw.openShared()` or
   * `Flat.openShared()` there.
   * Where threads share memory (Node; browsers when the page is cross-origin isolated) the copy stands in memory of its own,
   * frozen, and each reader adds two bytes a vector (of `Hnsw`); elsewhere it is the file, and each reader has a copy. This index stays as
   * it is, but for links to what none led to, as with `save()`: dispose it when only the shared one is wanted. O(size).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { createPool } from 'sublinear/worker';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
   *
   * await using pool = await createPool({ size: 2, modules: ['hnsw'] });
   * const replica = await pool.replicate(await index.share(), ({ hnsw }, shared) => hnsw.Hnsw.openShared(shared));
   * const found = await replica.map([[1.2], [2.9]], (index, query) => index.search(query, { k: 1 }));
   * console.log(found.map(({ ids }) => ids[0])); // [ 1, 3 ]
   * ```
   */
  async share(): Promise<SharedIndex> {
    const operation = this.named('share');
    const bytes = this.use(operation).bytes();
    const kind = this.kind === 'Flat' ? 'flat' : 'hnsw';
    return { kind, version, bytes, ...(await shareIndex(this.runtime, operation, this, kind)) };
  }

  /**
   * Refuses every change from now on, with `STATE`. There is no way back; `load(save())` is a copy that can be changed.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * console.log(index.add(1, [1]).freeze().frozen, index.size); // true 1
   * ```
   */
  freeze(): this {
    const operation = this.named('freeze');
    this.runtime.check(operation, this.use(operation).freeze());
    return this;
  }

  /** Whether every change is refused: after {@link VectorIndex.freeze}, and of what `openShared()` gives. */
  get frozen(): boolean {
    return this.use(this.named('frozen')).frozen();
  }

  /** @internal Searches; `at` are the addresses of ids, distances and counts. Returns the status. */
  protected abstract run(
    queries: number,
    count: number,
    k: number,
    ef: number,
    filter: RawFilter | null,
    at: ResultAddresses,
  ): number;

  /** @internal The same within a radius, for one query. */
  protected abstract runRadius(
    query: number,
    radius: number,
    most: number,
    ef: number,
    filter: RawFilter | null,
    at: ResultAddresses,
  ): number;

  #search(
    scratch: Scratch,
    operation: string,
    queries: number,
    count: number,
    k: number,
    ef: number,
    filter: FilterObject | undefined,
  ): ResultAddresses {
    const { runtime } = this;
    check.integer(operation, 'k', k);
    check.integer(operation, 'ef', ef);
    const raw = filter === undefined ? null : rawFilter(runtime, operation, filter);
    const rows = count * k;
    const ids = scratch.u32(2 * rows + count); // one block: for one query, blocks are what takes time here
    const at = [ids, ids + 4 * rows, ids + 8 * rows] as const;
    runtime.check(operation, this.run(queries, count, k, ef, raw, at));
    return at;
  }
}
