// Plain JavaScript over typed arrays: the peer that everybody can write in an afternoon, and the independent routines
// that every accuracy column is computed with. Nothing here calls the package.
import type { Csr } from './generators.js';

/** y = A x. */
export function multiply(a: Csr, x: Float64Array, y: Float64Array): void {
  const { rows, rowPointers, columns, values } = a;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = rowPointers[i]!, end = rowPointers[i + 1]!; k < end; k++)
      sum += values[k]! * x[columns[k]!]!;
    y[i] = sum;
  }
}

/** ||b - A x||_2 / ||b||_2, recomputed from nothing but the arrays. */
export function relativeResidual(a: Csr, x: ArrayLike<number>, b: Float64Array): number {
  const y = new Float64Array(a.rows);
  multiply(a, Float64Array.from(x), y);
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < a.rows; i++) {
    top += (b[i]! - y[i]!) ** 2;
    bottom += b[i]! ** 2;
  }
  return Math.sqrt(top / bottom);
}

/** Conjugate gradients with the diagonal as preconditioner, for symmetric positive definite systems. */
export function conjugateGradient(
  a: Csr,
  b: Float64Array,
  tolerance: number,
  maxIterations = 10000,
): Float64Array {
  const n = a.rows;
  const inverse = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let k = a.rowPointers[i]!; k < a.rowPointers[i + 1]!; k++)
      if (a.columns[k] === i) inverse[i] = 1 / a.values[k]!;
  }
  const x = new Float64Array(n);
  const r = Float64Array.from(b);
  const p = new Float64Array(n);
  const q = new Float64Array(n);
  let rho = 0;
  let limit = 0;
  for (let i = 0; i < n; i++) {
    p[i] = inverse[i]! * r[i]!;
    rho += r[i]! * p[i]!;
    limit += b[i]! * b[i]!;
  }
  limit *= tolerance * tolerance;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    multiply(a, p, q);
    let pq = 0;
    for (let i = 0; i < n; i++) pq += p[i]! * q[i]!;
    const alpha = rho / pq;
    let rr = 0;
    let next = 0;
    for (let i = 0; i < n; i++) {
      x[i] = x[i]! + alpha * p[i]!;
      const ri = r[i]! - alpha * q[i]!;
      r[i] = ri;
      rr += ri * ri;
      next += ri * ri * inverse[i]!;
    }
    if (rr <= limit) break;
    const beta = next / rho;
    rho = next;
    for (let i = 0; i < n; i++) p[i] = inverse[i]! * r[i]! + beta * p[i]!;
  }
  return x;
}

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

/** The incoming edges of a graph and the out-degrees: what a power iteration reads. */
export interface Incoming {
  nodeCount: number;
  pointers: Uint32Array;
  sources: Uint32Array;
  outDegree: Float64Array;
}

/** Turns outgoing edges (compressed rows) round. */
export function incoming(out: Csr): Incoming {
  const n = out.rows;
  const pointers = new Uint32Array(n + 1);
  const outDegree = new Float64Array(n);
  for (const v of out.columns) pointers[v + 1] = pointers[v + 1]! + 1;
  for (let v = 0; v < n; v++) pointers[v + 1] = pointers[v + 1]! + pointers[v]!;
  const sources = new Uint32Array(out.columns.length);
  const cursor = pointers.slice(0, n);
  for (let u = 0; u < n; u++) {
    outDegree[u] = out.rowPointers[u + 1]! - out.rowPointers[u]!;
    for (let k = out.rowPointers[u]!; k < out.rowPointers[u + 1]!; k++) {
      const v = out.columns[k]!;
      sources[cursor[v]!] = u;
      cursor[v] = cursor[v]! + 1;
    }
  }
  return { nodeCount: n, pointers, sources, outDegree };
}

/**
 * PageRank by power iteration from `teleport` (a distribution) until the L1 change proves an L1 error <= tolerance:
 * change * damping / (1 - damping). A node without outgoing edges sends its mass back to `teleport`.
 */
export function powerIteration(
  graph: Incoming,
  teleport: Float64Array,
  damping: number,
  tolerance: number,
  maxIterations = 10000,
): Float64Array {
  const { nodeCount: n, pointers, sources, outDegree } = graph;
  let x = Float64Array.from(teleport);
  let y = new Float64Array(n);
  const share = new Float64Array(n);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    let lost = 0;
    for (let u = 0; u < n; u++) {
      const degree = outDegree[u]!;
      if (degree === 0) lost += x[u]!;
      else share[u] = (damping * x[u]!) / degree;
    }
    const back = 1 - damping + damping * lost;
    let change = 0;
    for (let v = 0; v < n; v++) {
      let sum = back * teleport[v]!;
      for (let k = pointers[v]!, end = pointers[v + 1]!; k < end; k++) sum += share[sources[k]!]!;
      y[v] = sum;
      change += Math.abs(sum - x[v]!);
    }
    [x, y] = [y, x];
    if ((change * damping) / (1 - damping) <= tolerance) break;
  }
  return x;
}

/** The distribution that a personalised PageRank restarts from. */
export function oneNode(n: number, node: number): Float64Array {
  const teleport = new Float64Array(n);
  teleport[node] = 1;
  return teleport;
}

/** sum |x_i - y_i|. */
export function l1Distance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.abs(x[i]! - y[i]!);
  return sum;
}

/** max |x_i - y_i|. */
export function largestDifference(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]! - y[i]!));
  return largest;
}

/** The k nodes with the highest scores, best first, ties by the smaller node. */
export function topNodes(scores: ArrayLike<number>, k: number): number[] {
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
