// Plain JavaScript over typed arrays: the peer that everybody can write in an afternoon, and the independent routines
// that every accuracy column is computed with. Nothing here calls the package.
import { type Csr, multiply } from '../../ts/benchmarks/workload.js';

export {
  conjugateGradient,
  incoming,
  l1Distance,
  oneNode,
  powerIteration,
  relativeResidual,
} from '../../ts/benchmarks/workload.js';

/** Gauss-Seidel sweeps until the residual is below tolerance * ||b||, for diagonally dominant systems. */
export function gaussSeidel(
  a: Csr,
  b: Float64Array,
  tolerance: number,
  maxSweeps = 10000,
): Float64Array {
  const { rows, rowPointers, columns, values } = a;
  const x = new Float64Array(rows);
  const y = new Float64Array(rows);
  let bb = 0;
  for (let i = 0; i < rows; i++) bb += b[i]! * b[i]!;
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    for (let i = 0; i < rows; i++) {
      let sum = b[i]!;
      let diagonal = 1;
      for (let k = rowPointers[i]!, end = rowPointers[i + 1]!; k < end; k++) {
        const j = columns[k]!;
        if (j === i) diagonal = values[k]!;
        else sum -= values[k]! * x[j]!;
      }
      x[i] = sum / diagonal;
    }
    multiply(a, x, y);
    let rr = 0;
    for (let i = 0; i < rows; i++) rr += (b[i]! - y[i]!) ** 2;
    if (rr <= tolerance * tolerance * bb) break;
  }
  return x;
}

/** The k nodes with the highest scores, best first, ties by the smaller node. */
function topNodes(scores: ArrayLike<number>, k: number): number[] {
  return Array.from({ length: scores.length }, (_, i) => i)
    .sort((i, j) => scores[j]! - scores[i]! || i - j)
    .slice(0, k);
}

/** Share of `found` that belongs into the true top k; nodes tied with the k-th count as right. */
export function precisionAt(
  found: ArrayLike<number>,
  scores: ArrayLike<number>,
  k: number,
): number {
  const last = topNodes(scores, k)[k - 1];
  const threshold = last === undefined ? 0 : scores[last]! * (1 - 1e-12);
  let right = 0;
  for (let i = 0; i < Math.min(k, found.length); i++) if (scores[found[i]!]! >= threshold) right++;
  return right / k;
}

/**
 * The k rows of `vectors` with the largest inner product with each query, best first, by looking at all of them: products and
 * sums in f64, of two that are equal the earlier row. With `every`, only rows 0, every, 2 every, ... are looked at. Where there are fewer
 * than k, the rest is 2^32 - 1.
 */
export function nearest(
  vectors: Float32Array,
  queries: Float32Array,
  { dimension, k, every = 1 }: { dimension: number; k: number; every?: number },
): Uint32Array {
  const count = vectors.length / dimension;
  const queryCount = queries.length / dimension;
  const wide = Float64Array.from(queries);
  const ids = new Uint32Array(queryCount * k).fill(0xffff_ffff);
  const best = new Float64Array(queryCount * k).fill(Number.NEGATIVE_INFINITY);
  const row = new Float64Array(dimension);
  for (let i = 0; i < count; i += every) {
    for (let j = 0; j < dimension; j++) row[j] = vectors[i * dimension + j]!;
    scan(row, i, { wide, ids, best, k });
  }
  return ids;
}

/** Puts one row where it belongs among the best of each query. */
function scan(
  row: Float64Array,
  id: number,
  { wide, ids, best, k }: { wide: Float64Array; ids: Uint32Array; best: Float64Array; k: number },
): void {
  const dimension = row.length;
  for (let q = 0, at = 0; at < best.length; q += dimension, at += k) {
    let [even, odd] = [0, 0];
    let j = 0;
    for (; j + 1 < dimension; j += 2) {
      even += row[j]! * wide[q + j]!;
      odd += row[j + 1]! * wide[q + j + 1]!;
    }
    if (j < dimension) even += row[j]! * wide[q + j]!;
    const value = even + odd;
    if (value <= best[at + k - 1]!) continue;
    let place = at + k - 1;
    for (; place > at && best[place - 1]! < value; place--) {
      best[place] = best[place - 1]!;
      ids[place] = ids[place - 1]!;
    }
    best[place] = value;
    ids[place] = id;
  }
}
