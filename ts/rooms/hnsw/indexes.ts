// The indexes: HNSW and exact (Flat).

import { hnswOptions } from '../../generated/fields.js';
import type {
  Filter as RawFilter,
  Flat as RawFlat,
  Hnsw as RawHnsw,
} from '../../generated/raw/vector.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError } from '../../runtime/errors.js';
import { giveOver } from '../../runtime/fields.js';
import {
  type AsyncBytesSource,
  type LoadAsyncOptions,
  type Loading,
  loadFile,
  loadFileAsync,
} from '../../runtime/file.js';
import { adopt } from '../../runtime/object.js';
import { wholeBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type IndexArray, Scratch } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { metrics } from './options.js';
import type { ResultAddresses } from './results.js';
import type { LoadOptions, Metric, VectorArray } from './types.js';
import { VectorIndex } from './vector-index.js';

/** What an index needs to know from the beginning. */
export interface FlatOptions {
  metric: Metric;
  /** Numbers in a vector, 1 to 65,536; for `'hamming'` bits, a multiple of 8. */
  dimension: number;
  /** Vectors to make room for at once; the index grows beyond it by itself. 0 by default. */
  capacity?: number;
  /** For `'poincare'`: the curvature of the space is `-curvature`. 1 by default. */
  curvature?: number;
}

/**
 * An exact index: every search compares the query with every vector. The truth that approximate indexes are measured
 * against, and the right choice up to some ten thousand vectors. Many queries at once read the vectors once for four.
 */
export class Flat extends VectorIndex<RawFlat> {
  /**
   * An empty index.
   *
   * @throws RangeError `OPTION` for an option out of its domain
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'manhattan', dimension: 2 });
   * index.add(7, [1, 2]);
   * console.log(index.search([0, 0], { k: 1 }).distances[0]); // 3
   * ```
   */
  static create(options: FlatOptions): Flat {
    const operation = 'Flat.create';
    const runtime = runtimeOf(this, operation);
    const keys = ['metric', 'dimension', 'capacity', 'curvature'] as const;
    const {
      metric,
      dimension,
      capacity = 0,
      curvature = 1,
    } = check.options(operation, options, keys);
    const raw = runtime.raw.Flat.create(
      check.choice(operation, 'metric', metric, metrics),
      check.integer(operation, 'dimension', dimension),
      check.number(operation, 'curvature', curvature),
      check.integer(operation, 'capacity', capacity),
    );
    return adopt(runtime, operation, Flat, raw);
  }

  /**
   * An index from the bytes that {@link VectorIndex.save} gave: it answers with the same bits. Untrusted bytes are safe.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED` or `CHECKSUM`; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'dot', dimension: 2 });
   * index.add(1, [3, 4]);
   * using again = Flat.load(index.save());
   * console.log(again.get(1)); // Float32Array(2) [ 3, 4 ]
   * ```
   */
  static load(bytes: Uint8Array | ArrayBuffer, options?: LoadOptions): Flat {
    const operation = 'Flat.load';
    const runtime = runtimeOf(this, operation);
    const file = wholeBytes(bytes, operation);
    if (verified(operation, options))
      return loadFile(runtime, operation, file, loadingFlat(runtime, operation));
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(file.length);
      runtime.u8.set(file, address);
      return adopt(runtime, operation, Flat, runtime.raw.Flat.load(address, file.length, false));
    });
  }

  /**
   * The same for bytes that are still coming: a stream (`response.body`, `blob.stream()`), an async iterable, or pieces cut
   * anywhere. They are checked while they come, and always: a damaged file fails at its first wrong section. Until the last
   * byte no more memory is taken than twice what has come; then the file and the index are there together for a moment.
   * Between pieces other tasks run.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED` or `CHECKSUM`; `MEMORY`
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for bytes; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 2 });
   * index.add(5, [3, 4]);
   * using again = await Flat.loadAsync(new Blob([index.save()]).stream());
   * console.log(again.search([0, 0], { k: 1 }).distances[0]); // 5
   * ```
   */
  static async loadAsync(bytes: AsyncBytesSource, options?: LoadAsyncOptions): Promise<Flat> {
    const operation = 'Flat.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['signal', 'onProgress']);
    return loadFileAsync(runtime, operation, bytes, loadingFlat(runtime, operation), given);
  }

  /** @internal */
  protected get kind(): string {
    return 'Flat';
  }

  /** @internal */
  protected run(
    queries: number,
    count: number,
    k: number,
    _ef: number,
    filter: RawFilter | null,
    [ids, distances, found]: ResultAddresses,
  ): number {
    const raw = this.use('Flat.search');
    return raw.search(queries, count, k, filter, ids, distances, found);
  }

  /** @internal */
  protected runRadius(
    query: number,
    radius: number,
    most: number,
    _ef: number,
    filter: RawFilter | null,
    [ids, distances, found]: ResultAddresses,
  ): number {
    const raw = this.use('Flat.search');
    return raw.searchRadius(query, radius, most, filter, ids, distances, found);
  }
}

/** What an HNSW index needs to know from the beginning. */
export interface HnswOptions extends FlatOptions {
  /** Links a vector on the upper levels, twice as many on the lowest: 2 to 128, 16 by default. More: better recall at high dimension, more memory. */
  m?: number;
  /** Candidates looked at for each insertion, `m` to 65,536, 200 by default. More: a better graph, slower to build. */
  efConstruction?: number;
  /** More vectors are refused; no limit by default. */
  maxElements?: number;
  /** Of the random levels; 42 by default. The same seed and calls give the same graph in every engine. */
  seed?: number;
  /**
   * What the graph is walked with. `'none'` (default): the vectors themselves. `'sketch'` keeps the vectors and a byte a number
   * beside them, which proves most candidates too far away without a look at the vector: the same answers to the bit as
   * `'none'`, faster where dimensions are many; not for manhattan and hamming (for poincare the sketch lies in the tangent space
   * of the origin, whose distances bound hyperbolic ones from below).
   *
   * The others hold less. For cosine, dot and euclidean, with a centre and a width for each dimension that are learned from the
   * vectors, so that an offset or a large dimension costs nothing:
   *
   * - `'int8'` a byte a number: less than half the memory and, ranked again, the recall of the vectors themselves
   * - `'float16'` two bytes a number: nearly the recall of the vectors, without ranking again
   * - `'rabitq'` a bit a dimension (RaBitQ, arXiv:2405.12497), for high dimensions and always with `rerank`
   * - `'binary'` the signs as they are, for cosine of vectors around zero: a coarse first pass
   *
   * {@link Hnsw.recallEstimate} says what they cost on your data.
   */
  codes?: Codes;
  /**
   * What the candidates of `'int8'`, `'rabitq'` and `'binary'` are ranked again with, `'float16'` by default: all of them that
   * the codes do not prove too far away, and more candidates than `ef`, up to four times as many, where the codes cannot tell
   * them apart. Beside `'int8'`, `'float16'` holds what the code has lost, and comes close to `'float32'`. `'none'` keeps nothing
   * but the codes. Beside `'float16'` codes only `'float32'` has an effect.
   */
  rerank?: Rerank;
}

/** See {@link Hnsw.recallEstimate}. */
export interface RecallEstimateOptions {
  /** How many neighbours, 10 by default. */
  k?: number;
  /** Candidates that a search keeps, 64 by default. */
  ef?: number;
  /** How many stored vectors are taken as queries, 100 by default, at most all. Not together with `queries`. */
  sample?: number;
  /** Queries of your own, one after another: better, where queries differ from the vectors. */
  queries?: VectorArray;
}

/** What {@link Hnsw.recallEstimate} found. */
export interface RecallEstimate {
  /** The share of the nearest that searches found; 1 where there was nothing to find. */
  recall: number;
  /** Standard error of the recall, from its spread over the queries. */
  standardError: number;
  /** Number of queries. */
  queries: number;
}

/** How far a repair has come. */
export interface RepairProgress {
  /** Places of vectors that are still to be looked at. */
  left: number;
  /** About how many there were. */
  places: number;
}

/** How far a removal has come. */
export interface RemoveProgress extends RepairProgress {
  removed: number;
  total: number;
}

/** What an index consists of; see {@link Hnsw.stats}. */
export interface HnswStats {
  /** Vectors. */
  size: number;
  /** Of them, those that equal another one: equal vectors are one node of the graph. */
  copies: number;
  /** Places of removed vectors that are not free yet. */
  removed: number;
  /** Free places. */
  free: number;
  /** Levels of the graph; 0 when it is empty. */
  levels: number;
  /** Nodes to which no links lead. `repair()`, `optimize()`, `save()` and loading link them. */
  unreachable: number;
  /** Repairs that ended since the index was made or loaded. */
  repairs: number;
}

/** Ids that {@link Hnsw.removeManyAsync} removes in a step; most of the time goes into the repair. */
const REMOVED_AT_ONCE = 256;

/** See {@link HnswOptions.codes}. */
export type Codes = 'none' | 'int8' | 'binary' | 'sketch' | 'float16' | 'rabitq';
/** See {@link HnswOptions.rerank}. */
export type Rerank = 'none' | 'float16' | 'float32';

/** Values of sl_codes and sl_exact. */
const codeNumbers: Readonly<Record<Codes, number>> = {
  none: 0,
  int8: 1,
  binary: 2,
  sketch: 3,
  float16: 4,
  rabitq: 5,
};
const rerankNumbers: Readonly<Record<Rerank, number>> = { none: 0, float16: 1, float32: 2 };

/**
 * An approximate index: a hierarchical navigable small world graph (Malkov and Yashunin, 2018). A search walks towards
 * the query through a graph of near neighbours and compares it with some thousand vectors, however many there are. `ef`
 * trades speed for recall. Vectors can be removed and replaced for ever: links are repaired and memory is used again.
 */
export class Hnsw extends VectorIndex<RawHnsw> {
  #writing = false;

  /** Removed vectors whose places are not free yet; see {@link Hnsw.repair}. */
  get removed(): number {
    return this.use('Hnsw.removed').dead();
  }

  /**
   * An empty index.
   *
   * @throws RangeError `OPTION` for an option out of its domain
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'cosine', dimension: 3, m: 16, efConstruction: 200 });
   * index.add(1, [1, 0, 0]);
   * index.add(2, [0, 1, 0]);
   * const { ids, distances } = index.search([1, 0.1, 0], { k: 1, ef: 50 });
   * console.log(ids[0], distances[0]!.toFixed(3)); // 1 0.005
   * ```
   */
  static create(options: HnswOptions): Hnsw {
    const operation = 'Hnsw.create';
    const runtime = runtimeOf(this, operation);
    const raw = runtime.raw.Hnsw.create(giveOptions(runtime, operation, options));
    return adopt(runtime, operation, Hnsw, raw);
  }

  /**
   * Bytes that an index of `count` vectors will hold, within a few per cent, before anything is built. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * const bytes = Hnsw.estimateBytes({ metric: 'cosine', dimension: 384 }, 1_000_000);
   * console.log(`${(bytes / 1e9).toFixed(1)} GB`); // 1.7 GB
   * ```
   */
  static estimateBytes(options: HnswOptions, count: number): number {
    const operation = 'Hnsw.estimateBytes';
    const runtime = runtimeOf(this, operation);
    check.integer(operation, 'count', count);
    const given = giveOptions(runtime, operation, options);
    runtime.check(operation, runtime.raw.estimateHnswBytes(given, count, runtime.out));
    return runtime.outU32(0) + runtime.outU32(1) * 2 ** 32;
  }

  /**
   * An index from the bytes that {@link VectorIndex.save} gave: it answers with the same bits and grows in the same way.
   * Untrusted bytes are safe, also with `verify: false`, which skips the checksums.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED` or `CHECKSUM`; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
   * index.add(5, [3, 4]);
   * using again = Hnsw.load(index.save());
   * console.log(again.search([0, 0], { k: 1 }).distances[0]); // 5
   * ```
   */
  static load(bytes: Uint8Array | ArrayBuffer, options?: LoadOptions): Hnsw {
    const operation = 'Hnsw.load';
    const runtime = runtimeOf(this, operation);
    const file = wholeBytes(bytes, operation);
    if (verified(operation, options))
      return loadFile(runtime, operation, file, loadingHnsw(runtime, operation));
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(file.length);
      runtime.u8.set(file, address);
      return adopt(runtime, operation, Hnsw, runtime.raw.Hnsw.load(address, file.length, false));
    });
  }

  /**
   * The same for bytes that are still coming: a stream (`response.body`, `blob.stream()`), an async iterable, or pieces cut
   * anywhere. They are checked while they come, and always: a damaged file fails at its first wrong section. Until the last
   * byte no more memory is taken than twice what has come; then parts of the file are given back as the index takes them over.
   * Between pieces other tasks run.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED` or `CHECKSUM`; `MEMORY`
   * @throws the `signal`'s reason within 50 ms of an abort, also while waiting for bytes; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
   * index.add(5, [3, 4]);
   * using again = await Hnsw.loadAsync(new Blob([index.save()]).stream());
   * console.log(again.search([0, 0], { k: 1 }).distances[0]); // 5
   * ```
   */
  static async loadAsync(bytes: AsyncBytesSource, options?: LoadAsyncOptions): Promise<Hnsw> {
    const operation = 'Hnsw.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['signal', 'onProgress']);
    return loadFileAsync(runtime, operation, bytes, loadingHnsw(runtime, operation), given);
  }

  /**
   * Makes room for `capacity` vectors at once, which saves the copying that growing costs. Growing counts as a change: a
   * {@link VectorIndex.saveInPieces} that has begun must begin again.
   *
   * @throws SublinearError `MEMORY`; the vectors and the room for them are as before then, memory taken so far may stay
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'cosine', dimension: 4 });
   * index.reserve(1000);
   * console.log(index.size); // 0
   * ```
   */
  reserve(capacity: number): this {
    const operation = 'Hnsw.reserve';
    const raw = this.use(operation);
    check.integer(operation, 'capacity', capacity);
    this.runtime.check(operation, raw.reserve(capacity));
    return this;
  }

  /**
   * Adds vectors that you write straight into the module's memory, so that there is no array of them on the way. `write` gets
   * a view of the place: vector i begins at element `i * stride`. Write into it at once and keep it not. Ids in use are
   * refused.
   *
   * @throws SublinearError and RangeError as {@link VectorIndex.addBatch}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
   * index.addInPlace({
   *   ids: [1, 2, 3],
   *   write: (rows, stride) => {
   *     for (let i = 0; i < 3; i++) (rows as Float32Array).set([i, i], i * stride);
   *   },
   * });
   * console.log([...index.search([2, 2], { k: 2 }).ids]); // [ 3, 2 ]
   * ```
   */
  addInPlace(options: {
    ids: IndexArray;
    /** Gets elements: Float32Array, or bytes for `'hamming'`. */
    write: (rows: Float32Array | Uint8Array, stride: number) => void;
  }): void {
    const operation = 'Hnsw.addInPlace';
    const { runtime } = this;
    const raw = this.use(operation);
    const { ids, write } = check.options(operation, options, ['ids', 'write']);
    if (typeof write !== 'function') throw check.typeError(operation, 'write', 'function', write);
    if (this.#writing) throw new SublinearError('STATE', operation, 'it is called by "write"');
    this.#writing = true;
    try {
      runtime.scratch(operation, (scratch) => {
        const { address, length } = scratch.indices('ids', ids);
        runtime.check(operation, raw.stage(length, runtime.out, runtime.out + 4));
        const [at, stride] = [runtime.outU32(0), runtime.outU32(1)];
        const bytes = length * stride;
        if (raw.metric() === metrics.hamming) write(runtime.u8.subarray(at, at + bytes), stride);
        else write(runtime.f32.subarray(at / 4, (at + bytes) / 4), stride / 4);
        // `write` is foreign code: it may have disposed this index.
        const status = this.use(operation).addStaged(address, length, runtime.out);
        this.addedOrThrow(operation, status, length);
      });
    } finally {
      this.#writing = false;
    }
  }

  /**
   * Repairs the links around removed vectors and frees their places, and links every vector to which none leads. Otherwise
   * this happens by itself, in small parts with each addition and removal: call it when there is time. O(size).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
   * index.remove(2);
   * index.repair();
   * console.log(index.size, index.removed); // 2 0
   * ```
   */
  repair(): this {
    const operation = 'Hnsw.repair';
    this.runtime.check(operation, this.use(operation).repair());
    return this;
  }

  /**
   * Repairs as {@link Hnsw.repair} does, in slices of about 8 ms, and lets other tasks run between them. After an abort the
   * index is as good as before, and the next repair goes on where this one was.
   *
   * @throws rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
   * index.remove(2);
   * await index.repairAsync({ onProgress: ({ left, places }) => console.log(`${left} of ${places}`) });
   * console.log(index.removed); // 0
   * ```
   */
  async repairAsync(asynchronous: AsyncOptions<RepairProgress> = {}): Promise<void> {
    const operation = 'Hnsw.repairAsync';
    const raw = this.use(operation);
    check.options(operation, asynchronous, ['signal', 'onProgress']);
    const how = asyncOptions(operation, asynchronous);
    const { runtime } = this;
    const repair = new Repairing(runtime, operation, raw, this.size + this.removed);
    const step = (work: number) => repair.step(work);
    const progress = () => repair.progress();
    await runAsync({ runtime, operation, step, progress }, [this], how);
  }

  /**
   * Removes many vectors and repairs the links around them, in slices of about 8 ms, and lets other tasks run between
   * them. The vectors are gone with the first slices; after an abort the rest of the repair is done by what follows.
   *
   * @throws RangeError `INDEX` for an id that is not there: those before it are gone for good
   * @throws rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
   * await index.removeManyAsync([1, 3]);
   * console.log(index.size, index.removed); // 1 0
   * ```
   */
  async removeManyAsync(
    ids: IndexArray,
    asynchronous: AsyncOptions<RemoveProgress> = {},
  ): Promise<void> {
    const operation = 'Hnsw.removeManyAsync';
    const raw = this.use(operation);
    check.options(operation, asynchronous, ['signal', 'onProgress']);
    const how = asyncOptions(operation, asynchronous);
    const { runtime } = this;
    const scratch = new Scratch(runtime, operation);
    try {
      const { address, length: total } = scratch.indices('ids', ids);
      let removed = 0;
      const repair = new Repairing(runtime, operation, raw, this.size + this.removed);
      const step = (work: number) => {
        if (removed < total) {
          const count = Math.min(total - removed, REMOVED_AT_ONCE);
          const status = raw.removeMany(address + 4 * removed, count, runtime.out);
          this.addedOrThrow(operation, status, total, removed, 'removed');
          removed += runtime.outU32();
          return false;
        }
        return repair.step(work);
      };
      const progress = () => ({ removed, total, ...repair.progress() });
      await runAsync({ runtime, operation, step, progress }, [this], how);
    } finally {
      scratch.release();
    }
  }

  /**
   * What the index consists of. O(size): it looks at all links.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [5, 5, 6] });
   * const { size, copies, unreachable } = index.stats();
   * console.log(size, copies, unreachable); // 3 1 0
   * ```
   */
  stats(): HnswStats {
    const operation = 'Hnsw.stats';
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.u32(7);
      runtime.check(operation, raw.stats(address));
      const [size, copies, removed, free, levels, unreachable, repairs] = runtime.copyU32(
        address,
        7,
      ) as unknown as [number, number, number, number, number, number, number];
      return { size, copies, removed, free, levels, unreachable, repairs };
    });
  }

  /**
   * Puts the vectors into the order in which searches walk, and leaves no gaps: searches become faster on large indexes,
   * and a saved file smaller. Call it when an index is complete. Ids stay. O(size).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [10, 20, 30], vectors: [1, 2, 3] });
   * console.log(index.optimize().search([2.1], { k: 1 }).ids[0]); // 20
   * ```
   */
  optimize(): this {
    const operation = 'Hnsw.optimize';
    this.runtime.check(operation, this.use(operation).optimize());
    return this;
  }

  /**
   * How much of the truth searches find: some queries are searched for and compared with all vectors, as well as the index
   * knows them. With `rerank: 'none'` it knows the codes only, and what they have lost is not seen here. O(size * queries).
   *
   * @throws RangeError as {@link VectorIndex.search}; and for `sample` together with `queries`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2, codes: 'int8' });
   * for (let i = 0; i < 500; i++) index.add(i, [47.37 + Math.sin(i) / 100, 8.54 + Math.cos(2 * i) / 100]);
   * const { recall, standardError } = index.recallEstimate({ k: 10, ef: 64 });
   * console.log(recall > 0.99, standardError < 0.01); // true true
   * ```
   */
  recallEstimate(options?: RecallEstimateOptions): RecallEstimate {
    const operation = 'Hnsw.recallEstimate';
    const raw = this.use(operation);
    const given = check.options(operation, options, ['k', 'ef', 'sample', 'queries']);
    const { k = 10, ef = 64, sample = 100, queries } = given;
    check.integer(operation, 'k', k);
    check.integer(operation, 'ef', ef);
    check.integer(operation, 'sample', sample);
    if (queries !== undefined && given.sample !== undefined)
      throw check.rangeError(operation, 'sample', 'nothing beside "queries"', sample);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const own =
        queries === undefined ? undefined : this.vectorsIn(scratch, operation, 'queries', queries);
      const count = own?.count ?? Math.min(sample, raw.size());
      const [hits, wanted] = [scratch.u32(count), scratch.u32(count)];
      runtime.check(operation, raw.recall(own?.address ?? 0, count, k, ef, hits, wanted));
      const [found, all] = [runtime.copyU32(hits, count), runtime.copyU32(wanted, count)];
      const shares = Array.from(found, (hit, i) => (all[i] === 0 ? 1 : hit / (all[i] as number)));
      const recall = count === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / count;
      const squares = shares.reduce((sum, share) => sum + (share - recall) ** 2, 0);
      const standardError = count < 2 ? 0 : Math.sqrt(squares / (count * (count - 1)));
      return { recall, standardError, queries: count };
    });
  }

  /** @internal */
  protected get kind(): string {
    return 'Hnsw';
  }

  /** @internal */
  protected run(
    queries: number,
    count: number,
    k: number,
    ef: number,
    filter: RawFilter | null,
    [ids, distances, found]: ResultAddresses,
  ): number {
    const raw = this.use('Hnsw.search');
    return raw.search(queries, count, k, ef, filter, ids, distances, found);
  }

  /** @internal */
  protected runRadius(
    query: number,
    radius: number,
    most: number,
    ef: number,
    filter: RawFilter | null,
    [ids, distances, found]: ResultAddresses,
  ): number {
    const raw = this.use('Hnsw.search');
    return raw.searchRadius(query, radius, most, ef, filter, ids, distances, found);
  }
}

// The options, checked, where C reads them: for the call that comes next.
function giveOptions(runtime: Runtime, operation: string, options: HnswOptions): number {
  const keys = [
    'metric',
    'dimension',
    'capacity',
    'curvature',
    'm',
    'efConstruction',
    'maxElements',
    'seed',
    'codes',
    'rerank',
  ] as const;
  const given = check.options(operation, options, keys);
  const metric = check.choice(operation, 'metric', given.metric, metrics);
  check.integer(operation, 'dimension', given.dimension);
  const codes = check.choice(operation, 'codes', given.codes ?? 'none', codeNumbers);
  const exact = check.choice(operation, 'rerank', given.rerank ?? 'float16', rerankNumbers);
  const { dimension, curvature, capacity, m, efConstruction, maxElements, seed } = given;
  if (curvature !== undefined) check.number(operation, 'curvature', curvature);
  const counts = { dimension, capacity, m, efConstruction, maxElements, seed };
  for (const [name, value] of Object.entries(counts))
    if (value !== undefined) check.integer(operation, name, value);
  const all = { metric, codes, exact, curvature, ...counts };
  return giveOver(runtime, hnswOptions, runtime.raw.hnswDefaults, all);
}

// About `work` of a repair; how many places are left to be looked at.
/** A repair under way, and how much of it is left. */
class Repairing {
  #left = 0;

  constructor(
    readonly runtime: Runtime,
    readonly operation: string,
    readonly raw: RawHnsw,
    private places: number,
  ) {}

  /** True when nothing is left. */
  step(work: number): boolean {
    const { runtime } = this;
    runtime.check(this.operation, this.raw.repairStep(work, runtime.out));
    this.#left = runtime.outU32();
    // Places are looked at twice where vectors have to be linked again.
    this.places = Math.max(this.places, this.#left);
    return this.#left === 0;
  }

  progress(): RepairProgress {
    return { left: this.#left, places: this.places };
  }
}

// How a file becomes an index: its pieces are given back one after another while the index takes them over.
function loadingFlat(runtime: Runtime, operation: string): Loading<RawFlat, Flat> {
  return {
    kind: 'FLAT',
    inPieces: true,
    build: (reader) => runtime.raw.Flat.read(reader),
    wrap: (raw) => adopt(runtime, operation, Flat, raw),
  };
}
function loadingHnsw(runtime: Runtime, operation: string): Loading<RawHnsw, Hnsw> {
  return {
    kind: 'HNSW',
    inPieces: true,
    build: (reader) => runtime.raw.Hnsw.read(reader),
    wrap: (raw) => adopt(runtime, operation, Hnsw, raw),
  };
}

// Whether the checksums of a file are to be compared.
function verified(operation: string, options: LoadOptions | undefined): boolean {
  const { verify = true } = check.options(operation, options, ['verify']);
  return check.boolean(operation, 'verify', verify);
}
