// Plain JavaScript over typed arrays: the peer that everybody can write in an afternoon, and the independent routines
// that every accuracy column is computed with. Nothing here calls the package.
import { type Csr, multiply } from '../../ts/cli/workload.js';

export {
  conjugateGradient,
  incoming,
  l1Distance,
  oneNode,
  powerIteration,
  relativeResidual,
} from '../../ts/cli/workload.js';

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
