// The approximate index.

import type { Filter as RawFilter, Hnsw as RawHnsw } from '../../generated/raw/vector.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import { wholeBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type IndexArray, Scratch } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { BuiltIndex } from './built-index.js';
import { giveOptions, metrics, verified } from './options.js';
import { Repairing } from './repair.js';
import type { ResultAddresses } from './results.js';
import { openPlace, readShared } from './shared-index.js';
import type { SharedIndex } from './shared-types.js';
import type {
  HnswOptions,
  HnswStats,
  LoadOptions,
  RemoveProgress,
  RepairProgress,
} from './types.js';

/** Ids that {@link Hnsw.removeManyAsync} removes in a step; most of the time goes into the repair. */
const REMOVED_AT_ONCE = 256;

/**
 * An approximate index: a hierarchical navigable small world graph (Malkov and Yashunin, 2018). A search walks towards
 * the query through a graph of near neighbours and compares it with some thousand vectors, however many there are. `ef`
 * trades speed for recall. Vectors can be removed and replaced for ever: links are repaired and memory is used again.
 */
export class Hnsw extends BuiltIndex {
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
   * The index that {@link VectorIndex.share} gave, in this thread or in another one, for questions: it answers with the same bits, and
   * every change of it throws `STATE`. `bytesUsed` is what this reader adds. What its thread had is used again after
   * `dispose()`; after a worker that was terminated it goes with the shared memory.
   *
   * @throws SublinearError `UNSUPPORTED` for what another version of the package shared; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
   * index.add(5, [3, 4]);
   * using reader = await Hnsw.openShared(await index.share());
   * console.log(reader.search([0, 0], { k: 1 }).distances[0], reader.frozen); // 5 true
   * ```
   */
  static async openShared(shared: SharedIndex): Promise<Hnsw> {
    const operation = 'Hnsw.openShared';
    const home = runtimeOf(this, operation);
    const given = readShared(operation, shared, 'hnsw');
    if ('file' in given) return home.bind(Hnsw).load(given.file).freeze();
    const { runtime, raw } = await openPlace(home, operation, given.place, 'hnsw');
    return adopt(runtime, operation, Hnsw, raw);
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

// How a file becomes an index: its pieces are given back one after another while the index takes them over.
function loadingHnsw(runtime: Runtime, operation: string): Loading<RawHnsw, Hnsw> {
  return {
    kind: 'HNSW',
    inPieces: true,
    build: (reader) => runtime.raw.Hnsw.read(reader),
    wrap: (raw) => adopt(runtime, operation, Hnsw, raw),
  };
}
