// What is said of an approximate index by searching it.
import type { Hnsw as RawHnsw } from '../../generated/raw/vector.js';
import * as check from '../../runtime/validate.js';
import { recallOf, tuneEf, tuneFeatures } from './tuning.js';
import type {
  RecallEstimate,
  RecallEstimateOptions,
  TunedEf,
  TuneFeatures,
  TuneOptions,
} from './types.js';
import { VectorIndex } from './vector-index.js';

/** The part of {@link Hnsw} that measures what its searches find. */
export abstract class MeasuredIndex extends VectorIndex<RawHnsw> {
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
      return recallOf(runtime.copyU32(hits, count), runtime.copyU32(wanted, count));
    });
  }

  /**
   * The smallest `ef` with which searches find the share `recall` of the nearest: the estimate of
   * {@link Hnsw.recallEstimate} less 1.645 of its standard errors reaches it. Of values from `k` to 2,048, or of those
   * that a chooser knows. A few estimates, O(size * queries) each.
   *
   * @throws RangeError `RANGE` for `recall` outside 0..1, and as {@link Hnsw.recallEstimate}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
   * for (let i = 0; i < 2000; i++) index.add(i, [Math.sin(i), Math.cos(2 * i)]);
   * const { ef, reached } = index.tune({ recall: 0.95, k: 10 });
   * console.log(ef <= 32, reached); // true true
   * ```
   */
  tune(options?: TuneOptions): TunedEf {
    const operation = 'Hnsw.tune';
    this.use(operation);
    return tuneEf(operation, this, options, (asked) => this.recallEstimate(asked));
  }

  /**
   * What {@link Hnsw.tune} hands a chooser: size, dimension, intrinsic dimension of the data, and what is asked for.
   * 50 searches.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Hnsw } = await load();
   * using index = Hnsw.create({ metric: 'euclidean', dimension: 3 });
   * for (let i = 0; i < 3000; i++) index.add(i, [i / 3000, i / 1500, 0]);
   * const { intrinsicDimension } = index.tuneFeatures({ k: 10, recall: 0.95 });
   * console.log(Math.round(intrinsicDimension)); // 1
   * ```
   */
  tuneFeatures(asked: { k: number; recall: number }): TuneFeatures {
    const operation = 'Hnsw.tuneFeatures';
    this.use(operation);
    return tuneFeatures(operation, this, asked);
  }
}
