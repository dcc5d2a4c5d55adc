// The exact index.
import type { Filter as RawFilter, Flat as RawFlat } from '../../generated/raw/vector.js';
import { runtimeOf } from '../../runtime/bind.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import { wholeBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { codesOf, metrics, verified } from './options.js';
import type { ResultAddresses } from './results.js';
import { openPlace, readShared } from './shared-index.js';
import type { SharedIndex } from './shared-types.js';
import type { FlatOptions, LoadOptions } from './types.js';
import { VectorIndex } from './vector-index.js';

/**
 * An exact index: every search compares the query with every vector. The truth that approximate indexes are measured
 * against, and the right choice up to some ten thousand vectors. Many queries at once read the vectors once for four. With
 * `codes` it compares codes and looks at the vectors of the nearest only: less memory to read, the same answers.
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
    const keys = ['metric', 'dimension', 'capacity', 'curvature', 'codes', 'rerank'] as const;
    const given = check.options(operation, options, keys);
    const { metric, dimension, capacity = 0, curvature = 1 } = given;
    const { codes, exact } = codesOf(operation, given);
    const raw = runtime.raw.Flat.create(
      check.choice(operation, 'metric', metric, metrics),
      check.integer(operation, 'dimension', dimension),
      check.number(operation, 'curvature', curvature),
      check.integer(operation, 'capacity', capacity),
      codes,
      exact,
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

  /**
   * The index that {@link VectorIndex.share} gave, in this thread or in another one, for questions; as `Hnsw.openShared`.
   *
   * @throws SublinearError `UNSUPPORTED` for what another version of the package shared; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 2 });
   * index.add(5, [3, 4]);
   * using reader = await Flat.openShared(await index.share());
   * console.log(reader.search([0, 0], { k: 1 }).distances[0], reader.frozen); // 5 true
   * ```
   */
  static async openShared(shared: SharedIndex): Promise<Flat> {
    const operation = 'Flat.openShared';
    const home = runtimeOf(this, operation);
    const given = readShared(operation, shared, 'flat');
    if ('file' in given) return home.bind(Flat).load(given.file).freeze();
    const { runtime, raw } = await openPlace(home, operation, given.place, 'flat');
    return adopt(runtime, operation, Flat, raw);
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

// How a file becomes an index: its pieces are given back one after another while the index takes them over.
function loadingFlat(runtime: Runtime, operation: string): Loading<RawFlat, Flat> {
  return {
    kind: 'FLAT',
    inPieces: true,
    build: (reader) => runtime.raw.Flat.read(reader),
    wrap: (raw) => adopt(runtime, operation, Flat, raw),
  };
}
