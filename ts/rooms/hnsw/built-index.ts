// An approximate index that several threads build.
import { runtimeOf } from '../../runtime/bind.js';
import { buildShared, joinBuild } from './build.js';
import { MeasuredIndex } from './measured-index.js';
import type { BuildBatch, BuildOptions, BuildPlace, SharedIndex } from './shared-types.js';
import type { HnswOptions } from './types.js';

/** The part of {@link Hnsw} that makes an index with the workers of a pool. */
export abstract class BuiltIndex extends MeasuredIndex {
  /**
   * Builds an index with all the workers of a pool and gives it as {@link VectorIndex.share} does, for `openShared()`. The same
   * vectors, options and seed give the same bits with any number of workers, and without a pool; other bits than
   * {@link VectorIndex.addBatch}, of the same quality. After an abort or an error nothing is left of it. Where threads share no
   * memory this thread builds, in slices of about 8 ms. More in `docs/workers.md`.
   *
   * @throws RangeError and SublinearError as {@link Hnsw.create} and {@link VectorIndex.addBatch}; an id that comes twice is
   *   `ARGUMENT`
   * @throws SublinearError `CRASHED` where a worker ends meanwhile; `MEMORY`; rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { createPool } from 'sublinear/worker';
   *
   * const { Hnsw } = await load();
   * const ids = Uint32Array.from({ length: 2000 }, (_, i) => i);
   * const vectors = Float32Array.from(ids, (i) => i / 10);
   * await using pool = await createPool({ size: 2, modules: ['hnsw'] });
   * const shared = await Hnsw.buildShared({ metric: 'euclidean', dimension: 1 }, { ids, vectors }, { pool });
   * using index = await Hnsw.openShared(shared);
   * console.log([...index.search([7.01], { k: 2 }).ids]); // [ 70, 71 ]
   * ```
   */
  static async buildShared(
    options: HnswOptions,
    batch: BuildBatch,
    build?: BuildOptions,
  ): Promise<SharedIndex> {
    const operation = 'Hnsw.buildShared';
    const home = runtimeOf(this, operation);
    return buildShared(home, operation, options, batch, build);
  }

  /**
   * What {@link Hnsw.buildShared} calls in each worker: works on a build until it has ended. Gives the number of units of work
   * that were done here. Any worker can take part whose engine has the module: `pool` need not be one of `createPool()`.
   *
   * @example
   * ```ts
   * import { type BuildPool, load } from 'sublinear/hnsw';
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * const { Hnsw } = await load();
   * await using worker = await createWorkerEngine({ modules: ['hnsw'] });
   * const pool: BuildPool = { size: 1, run: async (job) => job(worker) }; // job() calls joinBuild() there
   * const batch = { ids: [1, 2, 3], vectors: [1, 2, 3] };
   * using index = await Hnsw.openShared(await Hnsw.buildShared({ metric: 'dot', dimension: 1 }, batch, { pool }));
   * console.log(index.size); // 3
   * ```
   */
  static async joinBuild(place: BuildPlace): Promise<number> {
    const operation = 'Hnsw.joinBuild';
    return joinBuild(runtimeOf(this, operation), operation, place);
  }
}
