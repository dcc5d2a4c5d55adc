// What Flat and Hnsw have in common: adding, removing, searching, saving.

import type { Filter as RawFilter } from '../../generated/raw/vector.js';
import { asTyped, kindOf, make } from '../../runtime/brand.js';
import { type SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import { rawOf, WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import { type IndexArray, realArray, Scratch } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';

/**
 * What "near" means, and what a distance is:
 *
 * - `'cosine'` 1 - cos of the angle, 0 to 2. Vectors are stored with length 1; a zero vector is refused
 * - `'dot'` the negated inner product: the largest product comes first
 * - `'euclidean'` length of the difference
 * - `'manhattan'` sum of the absolute differences
 * - `'hamming'` number of differing bits; vectors are Uint8Array, eight bits a byte
 * - `'poincare'` hyperbolic distance in the Poincare ball; vectors have a length below 1
 */
export type Metric = 'cosine' | 'dot' | 'euclidean' | 'manhattan' | 'hamming' | 'poincare';

/** Values of sl_metric. */
export const metrics: Readonly<Record<Metric, number>> = {
  cosine: 0,
  dot: 1,
  euclidean: 2,
  manhattan: 3,
  hamming: 4,
  poincare: 5,
};
const metricNames = Object.keys(metrics) as Metric[];

/** One vector, or several one after another. Numbers are rounded to float32; `'hamming'` takes bytes. */
export type VectorArray = Float32Array | Float64Array | readonly number[] | Uint8Array;

/** What to do with an id that is in use: refuse it, or put the new vector in the place of the old one. */
export type Duplicates = 'error' | 'replace';

const duplicateCodes: Readonly<Record<Duplicates, number>> = { error: 0, replace: 1 };

export interface AddOptions {
  /** `'error'` by default. */
  duplicates?: Duplicates;
}

export interface AddBatchOptions extends AddOptions {
  /** One for each vector: whole numbers from 0 to 2^32 - 1. */
  ids: IndexArray;
  /** The vectors, one after another: `ids.length * dimension` numbers. */
  vectors: VectorArray;
}

/** How far a batch has come. */
export interface AddProgress {
  added: number;
  total: number;
}

/** What one search and many have in common. */
export interface NeighbourOptions {
  /** How many neighbours, at least 1. 10 by default. */
  k?: number;
  /** Candidates that an approximate search keeps, 64 by default, never less than `k`. An exact index ignores it. */
  ef?: number;
  /** Only these ids may be returned. */
  filter?: FilterObject;
}

export interface SearchOptions extends NeighbourOptions {
  /** Only vectors that are at most so far away; all of them when `k` is not given. */
  radius?: number;
  /**
   * 0 to 1: how much it counts that results differ from each other (maximal marginal relevance). 0 keeps the nearest, 1
   * looks only at how far apart they are. The first result is the nearest all the same.
   */
  diversity?: number;
  /** With `diversity`: the nearest among which results are chosen, 4 `k` by default. */
  candidates?: number;
  /**
   * Where to write instead of new arrays, each of at least `k` elements, which has to be given then. The result's arrays are
   * views of the part that was written.
   */
  into?: { ids: Uint32Array; distances: Float32Array };
}

export interface SearchBatchOptions extends NeighbourOptions {
  /** Where to write instead of new arrays, each of `count * k` elements. */
  into?: { ids: Uint32Array; distances: Float32Array };
}

/** Neighbours, nearest first (with `diversity` in the order in which they were chosen). Fewer than `k` when no more may be returned. */
export interface SearchResult {
  ids: Uint32Array;
  distances: Float32Array;
}

/**
 * Neighbours of several queries: those of query q begin at `q * k`, and there are `found[q]` of them. Behind them, up to
 * `k`, stand the id 4294967295 and the distance `Infinity`.
 */
export interface BatchResult extends SearchResult {
  found: Uint32Array;
  k: number;
}

export interface LoadOptions {
  /** Compare checksums, true by default. Without it damaged numbers may go unseen; it is safe all the same. */
  verify?: boolean;
}

/** The module of the bundle `vector`. */

/** What bindings register for both kinds of index. */
interface RawIndex extends RawObject {
  metric(): number;
  dimension(): number;
  add(ids: number, vectors: number, count: number, duplicates: number, added: number): number;
  remove(id: number): number;
  removeMany(ids: number, count: number, removed: number): number;
  shrink(): number;
  diversify(ids: number, distances: number, count: number, k: number, diversity: number): number;
  get(id: number, vector: number): number;
  has(id: number): boolean;
  size(): number;
  ids(ids: number): void;
  bytes(): number;
  fileSize(): number;
  save(offset: number, buffer: number, capacity: number, written: number): number;
}

/** Where a search writes its results. */
export type ResultAddresses = readonly [ids: number, distances: number, found: number];

/** The part of Filter that an index must know. */
export abstract class FilterObject extends WasmObject<RawFilter> {}

/** Vectors that go in at once while an asynchronous batch runs; the work of one is a few thousand operations. */
const CHUNK = 64;
/** Results that a search makes room for without a look at how many vectors there are. */
const CAREFUL = 1000;
/** Results that a search within a radius has room for at first. */
const RADIUS_ROOM = 1024;
/** Bytes of a file that are copied at once. */
const PIECE = 1 << 20;

/** An index of vectors: what {@link Flat} and {@link Hnsw} can do. Its examples use Flat; Hnsw works in the same way. */
export abstract class VectorIndex<R extends RawIndex> extends WasmObject<R> {
  #shape: { bits: boolean; dimension: number } | undefined;

  /** @internal */
  protected override facts() {
    return { size: this.size, dimension: this.dimension, metric: this.metric };
  }

  /** How distances are measured. */
  get metric(): Metric {
    return metricNames[this.use(this.named('metric')).metric()] as Metric;
  }

  /** Numbers in a vector; bits for `'hamming'`. */
  get dimension(): number {
    return this.use(this.named('dimension')).dimension();
  }

  /** Number of vectors. */
  get size(): number {
    return this.use(this.named('size')).size();
  }

  /** Bytes that this index holds, with the room it has for more. */
  get bytesUsed(): number {
    return this.use(this.named('bytesUsed')).bytes();
  }

  /** All ids, in no particular order. O(size). */
  get ids(): Uint32Array {
    const operation = this.named('ids');
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const count = raw.size();
      const address = scratch.u32(count);
      raw.ids(address);
      return runtime.copyU32(address, count);
    });
  }

  /**
   * True when the id is in the index. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
   * index.add(7, [1, 0]);
   * console.log(index.has(7), index.has(8)); // true false
   * ```
   */
  has(id: number): boolean {
    const operation = this.named('has');
    const raw = this.use(operation);
    return raw.has(check.integer(operation, 'id', id));
  }

  /**
   * Adds one vector.
   *
   * @throws RangeError `ARGUMENT` for an id in use, `SHAPE` for a vector of another dimension, `NOT_FINITE`, `RANGE` for a
   * number above 1e16 in magnitude, a zero vector under cosine, a point outside the ball under poincare
   * @throws SublinearError `MEMORY`; nothing is changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 2 });
   * index.add(1, [1, 1]).add(2, new Float32Array([5, 5]));
   * index.add(2, [2, 2], { duplicates: 'replace' });
   * console.log(index.size, index.get(2)); // 2 Float32Array(2) [ 2, 2 ]
   * ```
   */
  add(id: number, vector: VectorArray, options?: AddOptions): this {
    const operation = this.named('add');
    this.use(operation);
    check.integer(operation, 'id', id);
    const { duplicates = 'error' } = check.options(operation, options, ['duplicates']);
    this.#addSome(operation, 'vector', [id], vector, duplicates);
    return this;
  }

  /**
   * Adds many vectors. What comes before one that is refused is in the index for good: the error's message says how many.
   *
   * @throws RangeError and SublinearError as {@link VectorIndex.add}; `position` is the vector
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'dot', dimension: 2 });
   * index.addBatch({ ids: [7, 8], vectors: new Float32Array([1, 0, 0, 1]) });
   * console.log(index.size); // 2
   * ```
   */
  addBatch(options: AddBatchOptions): this {
    const operation = this.named('addBatch');
    this.use(operation);
    const {
      ids,
      vectors,
      duplicates = 'error',
    } = check.options(operation, options, ['ids', 'vectors', 'duplicates']);
    this.#addSome(operation, 'vectors', ids, vectors, duplicates);
    return this;
  }

  /**
   * Adds many vectors in slices of about 8 ms and lets other tasks run between them. An abort leaves what is in already.
   *
   * @throws as {@link VectorIndex.addBatch}, and rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * const ids = Uint32Array.from({ length: 500 }, (_, i) => i);
   * const vectors = Float32Array.from(ids, (i) => i / 10);
   * let seen = 0;
   * await index.addBatchAsync({ ids, vectors }, { onProgress: ({ added }) => void (seen = added) });
   * console.log(index.size, seen <= 500); // 500 true
   * ```
   */
  async addBatchAsync(
    options: AddBatchOptions,
    asynchronous: AsyncOptions<AddProgress> = {},
  ): Promise<void> {
    const operation = this.named('addBatchAsync');
    this.use(operation);
    const {
      ids,
      vectors,
      duplicates = 'error',
    } = check.options(operation, options, ['ids', 'vectors', 'duplicates']);
    check.options(operation, asynchronous, ['signal', 'onProgress']);
    const how = asyncOptions(operation, asynchronous);
    const { runtime } = this;
    const raw = this.use(operation);
    const code = check.choice(operation, 'duplicates', duplicates, duplicateCodes);
    const scratch = new Scratch(runtime, operation);
    try {
      const { address, length: total } = scratch.indices('ids', ids);
      const batch = this.vectorsIn(scratch, operation, 'vectors', vectors, total);
      let added = 0;
      const step = (work: number) => {
        const count = Math.min(total - added, Math.max(1, Math.round((work / 20_000) * CHUNK)));
        const from = [address + 4 * added, batch.address + batch.stride * added] as const;
        const status = raw.add(...from, count, code, runtime.out);
        this.addedOrThrow(operation, status, total, added);
        added += runtime.outU32();
        return added === total;
      };
      const progress = () => ({ added, total });
      if (total > 0) await runAsync({ runtime, operation, step, progress }, [this], how);
    } finally {
      scratch.release();
    }
  }

  /**
   * Removes a vector: it is not found any more, and its memory will be used again.
   *
   * @throws RangeError `INDEX` for an id that is not there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.add(1, [1]).add(2, [2]).remove(1);
   * console.log([...index.ids]); // [ 2 ]
   * ```
   */
  remove(id: number): this {
    const operation = this.named('remove');
    const raw = this.use(operation);
    check.integer(operation, 'id', id);
    this.runtime.check(operation, raw.remove(id));
    return this;
  }

  /**
   * Removes many vectors. Those that come before an id that is not there are gone for good: the error's message says how
   * many. O(ids), and an `Hnsw` does a bounded part of its repair; {@link Hnsw.removeManyAsync} does all of it, in slices.
   *
   * @throws RangeError `INDEX` for an id that is not there; `position` is its place
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] }).removeMany([1, 3]);
   * console.log([...index.ids]); // [ 2 ]
   * ```
   */
  removeMany(ids: IndexArray): this {
    const operation = this.named('removeMany');
    const raw = this.use(operation);
    const { runtime } = this;
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('ids', ids);
      const status = raw.removeMany(address, length, runtime.out);
      this.addedOrThrow(operation, status, length, 0, 'removed');
    });
    return this;
  }

  /**
   * Gives back all memory that the vectors do not need: after many removals, or when an index is complete. Ids and
   * distances stay; which of equally near vectors comes first may change. An `Hnsw` is optimised before. O(size).
   *
   * @throws SublinearError `MEMORY`; some room stays then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1, capacity: 1000 });
   * const before = index.add(1, [1]).bytesUsed;
   * console.log(index.shrink().bytesUsed < before); // true
   * ```
   */
  shrink(): this {
    const operation = this.named('shrink');
    this.runtime.check(operation, this.use(operation).shrink());
    return this;
  }

  /**
   * Gives an id that is there another vector.
   *
   * @throws RangeError `INDEX` for an id that is not there, and as {@link VectorIndex.add}: the old vector stays then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.add(1, [1]).update(1, [9]);
   * console.log(index.get(1)); // Float32Array(1) [ 9 ]
   * ```
   */
  update(id: number, vector: VectorArray): this {
    const operation = this.named('update');
    const raw = this.use(operation);
    if (!raw.has(check.integer(operation, 'id', id))) {
      const message = `"id" expected an id that is in the index, got ${id}`;
      throw new SublinearRangeError('INDEX', operation, message, { argument: 'id' });
    }
    this.#addSome(operation, 'vector', [id], vector, 'replace');
    return this;
  }

  /**
   * A copy of the stored vector; under cosine it has been scaled to length 1. An index of codes gives what it knows of it.
   *
   * @throws RangeError `INDEX` for an id that is not there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'cosine', dimension: 2 });
   * index.add(1, [0, 5]);
   * console.log(index.get(1)); // Float32Array(2) [ 0, 1 ]
   * ```
   */
  get(id: number): Float32Array | Uint8Array {
    const operation = this.named('get');
    const { runtime } = this;
    const raw = this.use(operation);
    const dimension = raw.dimension();
    check.integer(operation, 'id', id);
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(dimension * 4);
      runtime.check(operation, raw.get(id, address));
      return raw.metric() === metrics.hamming
        ? runtime.u8.slice(address, address + dimension / 8)
        : runtime.copyF32(address, dimension);
    });
  }

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
    const source = this.#elements(operation, 'query', query, 1);
    const raw =
      filter === undefined ? null : rawOf(runtime, operation, 'filter', filter, FilterObject);
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
    const raw =
      filter === undefined ? null : rawOf(runtime, operation, 'filter', filter, FilterObject);
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

  /** @internal The name of the class, for errors; a minifier may change the class's own. */
  protected abstract get kind(): string;

  /** @internal */
  protected named(method: string): string {
    return `${this.kind}.${method}`;
  }

  /** @internal Throws the error of an addition or removal, with how far it came; `before` were done by earlier calls. */
  protected addedOrThrow(
    operation: string,
    status: number,
    total: number,
    before = 0,
    done = 'added',
  ): void {
    if (status === 0) return;
    const { runtime } = this;
    const added = before + runtime.outU32();
    const error = runtime.failure(operation) as SublinearError & { position?: number };
    if (total > 1) {
      const from = error.position;
      const message =
        from === undefined
          ? error.message
          : error.message.replace(`position ${from}`, `position ${from + before}`);
      error.message = `${message}; ${added} of ${total} vectors were ${done}`;
      if (from !== undefined) error.position = from + before;
    }
    throw error;
  }

  #addSome(
    operation: string,
    argument: string,
    ids: IndexArray,
    vectors: VectorArray,
    duplicates: Duplicates,
  ): void {
    const { runtime } = this;
    const code = check.choice(operation, 'duplicates', duplicates, duplicateCodes);
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('ids', ids);
      const batch = this.vectorsIn(scratch, operation, argument, vectors, length);
      const status = this.use(operation).add(address, batch.address, length, code, runtime.out);
      this.addedOrThrow(operation, status, length);
    });
  }

  /** @internal Copies vectors in; `count` of them, or as many as there are. */
  protected vectorsIn(
    scratch: Scratch,
    operation: string,
    argument: string,
    value: VectorArray,
    count?: number,
  ): { address: number; count: number; stride: number } {
    const { runtime } = this;
    const source = this.#elements(operation, argument, value, count);
    const width = this.#width();
    const bits = this.#shape?.bits === true;
    const held = source.length / width;
    const stride = bits ? width : 4 * width;
    const address = scratch.bytes(held * stride);
    if (bits) runtime.u8.set(source as Uint8Array, address);
    else runtime.f32.set(source, address / 4);
    return { address, count: held, stride };
  }

  // Elements of a vector as users give it. Neither metric nor dimension ever changes: they are asked for once.
  #width(): number {
    this.#shape ??= this.#ask();
    return this.#shape.bits ? this.#shape.dimension / 8 : this.#shape.dimension;
  }

  // Not of the public getters: a subclass may say anything.
  #ask() {
    const raw = this.use(this.named('dimension'));
    return { bits: raw.metric() === metrics.hamming, dimension: raw.dimension() };
  }

  // Checks type and length of `count` vectors, or of as many as there are.
  #elements(
    operation: string,
    argument: string,
    value: VectorArray,
    count?: number,
  ): Uint8Array | Float32Array | Float64Array {
    const width = this.#width();
    const bits = this.#shape?.bits === true;
    if (!bits && kindOf(value) === 'Uint8Array')
      throw check.typeError(operation, argument, 'Float32Array, Float64Array or number[]', value);
    const source = bits
      ? asTyped(operation, argument, value, 'Uint8Array')
      : realArray(operation, argument, value);
    const held = count ?? Math.floor(source.length / width);
    if (source.length !== held * width) {
      const wanted = count === undefined ? (held + 1) * width : held * width;
      throw check.shapeError(operation, argument, wanted, source.length);
    }
    return source;
  }

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
    const raw =
      filter === undefined ? null : rawOf(runtime, operation, 'filter', filter, FilterObject);
    const rows = count * k;
    const ids = scratch.u32(2 * rows + count); // one block: for one query, blocks are what takes time here
    const at = [ids, ids + 4 * rows, ids + 8 * rows] as const;
    runtime.check(operation, this.run(queries, count, k, ef, raw, at));
    return at;
  }
}

type Into = { ids: Uint32Array; distances: Float32Array };

/** Arrays that the results of one search go into: views of what was given, with room for `length`. */
function viewsOf(operation: string, into: Into, length: number): [Uint32Array, Float32Array] {
  const ids = asTyped(operation, 'into.ids', into.ids, 'Uint32Array');
  const distances = asTyped(operation, 'into.distances', into.distances, 'Float32Array');
  for (const [name, view] of [
    ['into.ids', ids],
    ['into.distances', distances],
  ] as const)
    if (view.length < length) throw check.shapeError(operation, name, length, view.length);
  return [ids, distances];
}

/** Before a search, so that one with too little room does nothing. */
function assertRoom(operation: string, into: Into, k: number | undefined): void {
  if (typeof into !== 'object' || into === null)
    throw check.typeError(operation, 'into', '{ ids, distances }', into);
  if (k === undefined) throw check.typeError(operation, 'k', 'a number with "into"', k);
  viewsOf(operation, into, check.integer(operation, 'k', k));
}

function resultOf(
  runtime: Runtime,
  operation: string,
  [idsAt, distancesAt]: ResultAddresses,
  found: number,
  into: Into | undefined,
): SearchResult {
  if (into === undefined)
    return { ids: runtime.copyU32(idsAt, found), distances: runtime.copyF32(distancesAt, found) };
  const [ids, distances] = viewsOf(operation, into, found);
  ids.set(runtime.u32.subarray(idsAt / 4, idsAt / 4 + found));
  distances.set(runtime.f32.subarray(distancesAt / 4, distancesAt / 4 + found));
  return { ids: ids.subarray(0, found), distances: distances.subarray(0, found) };
}

function resultArrays(
  operation: string,
  into: { ids: Uint32Array; distances: Float32Array } | undefined,
  length: number,
): { given: SearchResult; views: [Uint32Array, Float32Array] } {
  const given = into ?? {
    ids: make(operation, 4 * length, () => new Uint32Array(length)),
    distances: make(operation, 4 * length, () => new Float32Array(length)),
  };
  const ids = asTyped(operation, 'into.ids', given.ids, 'Uint32Array');
  const distances = asTyped(operation, 'into.distances', given.distances, 'Float32Array');
  if (ids.length !== length) throw check.shapeError(operation, 'into.ids', length, ids.length);
  if (distances.length !== length)
    throw check.shapeError(operation, 'into.distances', length, distances.length);
  return { given: { ids: given.ids, distances: given.distances }, views: [ids, distances] };
}
