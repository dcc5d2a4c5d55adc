// Seeded data for the benches: the same seed gives the same matrix and the same graph on every machine.

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
 * An asymmetric matrix with `perRow` entries a row at random columns. Off-diagonals are uniform in [-1, 1); the diagonal
 * makes each row dominant with slack |a_ii| - sum |a_ij| = slack |a_ii|.
 */
export function rowDominant(n: number, perRow: number, slack: number, seed: number): Csr {
  const next = random(seed);
  const rowPointers = Uint32Array.from({ length: n + 1 }, (_, i) => i * perRow);
  const columns = new Uint32Array(n * perRow);
  const values = new Float64Array(n * perRow);
  const row = new Set<number>();
  for (let i = 0; i < n; i++) {
    row.clear();
    row.add(i);
    while (row.size < perRow) row.add(Math.floor(next() * n));
    const sorted = [...row].sort((x, y) => x - y);
    let sum = 0;
    let diagonal = 0;
    for (let j = 0; j < perRow; j++) {
      const k = i * perRow + j;
      columns[k] = sorted[j]!;
      if (sorted[j] === i) {
        diagonal = k;
        continue;
      }
      values[k] = 2 * next() - 1;
      sum += Math.abs(values[k]!);
    }
    values[diagonal] = sum / (1 - slack);
  }
  return { rows: n, rowPointers, columns, values };
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

/**
 * Recursive matrix graph, directed, 2^scale nodes: each edge falls into one of four quadrants again and again.
 * Chakrabarti, Zhan, Faloutsos 2004, doi:10.1137/1.9781611972740.43, with Graph500's probabilities 0.57, 0.19, 0.19, 0.05.
 * Repeated edges and loops are kept as they fall; a graph collapses the repeated ones.
 */
export function rmat(scale: number, edgeCount: number, seed: number): Edges {
  const next = random(seed);
  const from = new Uint32Array(edgeCount);
  const to = new Uint32Array(edgeCount);
  for (let k = 0; k < edgeCount; k++) {
    let u = 0;
    let v = 0;
    for (let bit = 0; bit < scale; bit++) {
      const p = next();
      u = 2 * u + Number(p >= 0.76);
      v = 2 * v + Number((p >= 0.57 && p < 0.76) || p >= 0.95);
    }
    from[k] = u;
    to[k] = v;
  }
  return { nodeCount: 2 ** scale, from, to, directed: true };
}

/** `count` different nodes. */
export function randomNodes(nodeCount: number, count: number, seed: number): number[] {
  const next = random(seed);
  const nodes = new Set<number>();
  while (nodes.size < Math.min(count, nodeCount)) nodes.add(Math.floor(next() * nodeCount));
  return [...nodes];
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
