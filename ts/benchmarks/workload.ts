// Seeded data and plain JavaScript over typed arrays: what benchmark cases and bench/ compare the package with, and the
// independent routines that accuracy is computed with. Nothing here calls the package.

/** A sparse matrix as compressed sparse rows, columns ascending in each row. */
export interface Csr {
  rows: number;
  rowPointers: Uint32Array;
  columns: Uint32Array;
  values: Float64Array;
}

/** Edges of a graph. Undirected: each edge once. */
export interface Edges {
  nodeCount: number;
  from: Uint32Array;
  to: Uint32Array;
  directed: boolean;
}

/** Uniform numbers in [0, 1): xoshiro128** (Blackman, Vigna 2021, doi:10.1145/3460772), seeded by splitmix32. */
export function random(seed: number): () => number {
  let z = seed | 0;
  const split = () => {
    z = (z + 0x9e3779b9) | 0;
    let t = z ^ (z >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) | 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let d = split();
  return () => {
    const m = Math.imul(b, 5);
    const result = Math.imul((m << 7) | (m >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return (result >>> 0) / 4294967296;
  };
}

/** A right-hand side with entries in [-1, 1). */
export function randomVector(n: number, seed: number): Float64Array {
  const next = random(seed);
  return Float64Array.from({ length: n }, () => 2 * next() - 1);
}

/** Edges of a square grid of about `size` nodes, numbered row by row, with whole weights 1 to 1000. */
export function gridEdges(size: number): {
  side: number;
  from: number[];
  to: number[];
  weights: number[];
} {
  const side = Math.max(2, Math.round(Math.sqrt(size)));
  const [from, to, weights]: [number[], number[], number[]] = [[], [], []];
  for (let at = 0; at < side * side; at++) {
    for (const next of [at % side === side - 1 ? -1 : at + 1, at + side]) {
      if (next < 0 || next >= side * side) continue;
      from.push(at);
      to.push(next);
      weights.push(1 + ((at * 7919 + next * 104729) % 1000));
    }
  }
  return { side, from, to, weights };
}

/** Laplacian of a grid of width x height cells (five-point stencil, free boundary) plus `shift` on the diagonal. */
export function gridLaplacian(width: number, height: number, shift: number): Csr {
  const rows = width * height;
  const rowPointers = new Uint32Array(rows + 1);
  const columns = new Uint32Array(5 * rows);
  const values = new Float64Array(5 * rows);
  let k = 0;
  for (let i = 0; i < rows; i++) {
    const x = i % width;
    const up = i >= width;
    const left = x > 0;
    const right = x < width - 1;
    const down = i < rows - width;
    const put = (column: number, value: number) => {
      columns[k] = column;
      values[k++] = value;
    };
    if (up) put(i - width, -1);
    if (left) put(i - 1, -1);
    put(i, Number(up) + Number(left) + Number(right) + Number(down) + shift);
    if (right) put(i + 1, -1);
    if (down) put(i + width, -1);
    rowPointers[i + 1] = k;
  }
  return { rows, rowPointers, columns: columns.slice(0, k), values: values.slice(0, k) };
}

/**
 * Preferential attachment: each new node is joined to `m` different older ones, chosen with probability proportional to
 * their degree. Barabasi, Albert 1999, doi:10.1126/science.286.5439.509; starts from a star of m + 1 nodes.
 */
export function barabasiAlbert(n: number, m: number, seed: number): Edges {
  const next = random(seed);
  const count = m + (n - m - 1) * m;
  const from = new Uint32Array(count);
  const to = new Uint32Array(count);
  const ends = new Uint32Array(2 * count); // every end of every edge: a uniform pick is a pick by degree
  let k = 0;
  const join = (u: number, v: number) => {
    from[k] = u;
    to[k] = v;
    ends[2 * k] = u;
    ends[2 * k + 1] = v;
    k++;
  };
  for (let v = 1; v <= m; v++) join(0, v);
  const chosen = new Set<number>();
  for (let u = m + 1; u < n; u++) {
    chosen.clear();
    while (chosen.size < m) chosen.add(ends[Math.floor(next() * 2 * k)]!);
    for (const v of chosen) join(u, v);
  }
  return { nodeCount: n, from, to, directed: false };
}

/** Row index of every entry: compressed rows as coordinates. */
export function rowIndices(matrix: Csr): Uint32Array {
  const rows = new Uint32Array(matrix.columns.length);
  for (let i = 0; i < matrix.rows; i++)
    rows.fill(i, matrix.rowPointers[i]!, matrix.rowPointers[i + 1]!);
  return rows;
}

/** Outgoing edges as compressed rows; an undirected edge stands in both rows; repeated edges collapse. Values are 1. */
export function adjacency(edges: Edges): Csr {
  const { nodeCount, from, to, directed } = edges;
  const keys = new Float64Array(from.length * (directed ? 1 : 2));
  let k = 0;
  for (let e = 0; e < from.length; e++) {
    keys[k++] = from[e]! * nodeCount + to[e]!;
    if (!directed) keys[k++] = to[e]! * nodeCount + from[e]!;
  }
  keys.sort();
  const rowPointers = new Uint32Array(nodeCount + 1);
  const columns = new Uint32Array(k);
  let count = 0;
  for (let i = 0; i < k; i++) {
    if (i > 0 && keys[i] === keys[i - 1]) continue;
    const u = Math.floor(keys[i]! / nodeCount);
    columns[count++] = keys[i]! - u * nodeCount;
    rowPointers[u + 1] = count;
  }
  for (let u = 0; u < nodeCount; u++)
    if (rowPointers[u + 1] === 0) rowPointers[u + 1] = rowPointers[u]!;
  return {
    rows: nodeCount,
    rowPointers,
    columns: columns.slice(0, count),
    values: new Float64Array(count).fill(1),
  };
}

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

/** 12,345 */
export function counted(value: number): string {
  return value.toLocaleString('en-US');
}
