// Seeded data for the benches: the same seed gives the same matrix and the same graph on every machine.
import { adjacency, type Csr, type Edges, random } from '../../ts/benchmarks/workload.js';

export {
  adjacency,
  barabasiAlbert,
  type Csr,
  type Edges,
  gridLaplacian,
  random,
  randomVector,
  rowIndices,
} from '../../ts/benchmarks/workload.js';

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

/** A matrix whose entries come in any order, at most one at a place unless they are to be summed. */
class Entries {
  private readonly rows: Map<number, number>[];
  constructor(n: number) {
    this.rows = Array.from({ length: n }, () => new Map());
  }

  add(i: number, j: number, value: number) {
    const row = this.rows[i]!;
    row.set(j, (row.get(j) ?? 0) + value);
  }

  conductance(i: number, j: number, value: number) {
    this.add(i, i, value);
    this.add(j, j, value);
    this.add(i, j, -value);
    this.add(j, i, -value);
  }

  matrix(): Csr {
    const sorted = this.rows.map((row) => [...row].sort((x, y) => x[0] - y[0]));
    const rowPointers = new Uint32Array(sorted.length + 1);
    sorted.forEach((row, i) => {
      rowPointers[i + 1] = rowPointers[i]! + row.length;
    });
    return {
      rows: sorted.length,
      rowPointers,
      columns: Uint32Array.from(sorted.flatMap((row) => row.map(([column]) => column))),
      values: Float64Array.from(sorted.flatMap((row) => row.map(([, value]) => value))),
    };
  }
}

/**
 * Node equations of a made-up circuit of gates, in the sizes and shapes of add32 of the SuiteSparse collection: eight nodes
 * a gate that conduct among themselves and to one earlier gate, with conductances over six powers of ten; a third of the
 * nodes are controlled from one side only; one in sixteen has a wire of its own.
 */
export function circuit(n: number, seed: number): Csr {
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const entries = new Entries(n);
  for (let i = 0; i < n; i++) {
    entries.add(i, i, 1e-3);
    if (i === 0) continue;
    const gate = i - (i % 8);
    const to = i > gate ? gate + below(i - gate) : i - 1 - below(Math.min(i, 200));
    entries.conductance(i, to, 10 ** (6 * next() - 4));
    if (i % 3 === 0 && i > 8) entries.add(i, gate + below(i - gate + 1), 0.1 * next());
    if (i % 16 === 5) entries.conductance(i, i - 1 - below(Math.min(i, 500)), 1e-2);
  }
  return entries.matrix();
}

/** Convection and diffusion on a square grid, upwind and downwind not alike. */
export function convection(side: number): Csr {
  const n = side * side;
  const entries = new Entries(n);
  for (let i = 0; i < n; i++) {
    if (i >= side) entries.add(i, i - side, -1.2);
    if (i % side > 0) entries.add(i, i - 1, -1.4);
    entries.add(i, i, 4);
    if (i % side < side - 1) entries.add(i, i + 1, -0.6);
    if (i + side < n) entries.add(i, i + side, -0.8);
  }
  return entries.matrix();
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

/** A square grid of `side` x `side` nodes, each joined to its neighbours; the Laplacian is the five-point stencil. */
export function gridEdges(side: number): Edges {
  const count = 2 * side * (side - 1);
  const from = new Uint32Array(count);
  const to = new Uint32Array(count);
  let k = 0;
  for (let i = 0; i < side * side; i++) {
    for (const [j, exists] of [
      [i + 1, i % side < side - 1],
      [i + side, i < side * (side - 1)],
    ] as const) {
      if (!exists) continue;
      from[k] = i;
      to[k++] = j;
    }
  }
  return { nodeCount: side * side, from, to, directed: false };
}

/**
 * Two random cycles through all nodes: degree 4 (a few edges fall together), and an expander with high probability
 * (Friedman 2008, doi:10.1090/memo/0910, for unions of random permutations).
 */
export function randomRegular(n: number, seed: number): Edges {
  const next = random(seed);
  const from = new Uint32Array(2 * n);
  const to = new Uint32Array(2 * n);
  for (const cycle of [0, 1]) {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (let i = 0; i < n; i++) {
      from[cycle * n + i] = order[i]!;
      to[cycle * n + i] = order[(i + 1) % n]!;
    }
  }
  return { nodeCount: n, from, to, directed: false };
}

/**
 * Laplacian of an undirected graph plus `slack` times the degree and `shift` on the diagonal: each row is dominant with
 * a slack of `slack` times its degree, plus `shift`.
 */
export function slackLaplacian(edges: Edges, slack: number, shift = 0): Csr {
  const { rows, rowPointers: from, columns: neighbours } = adjacency(edges);
  const rowPointers = new Uint32Array(rows + 1);
  const columns = new Uint32Array(neighbours.length + rows);
  const values = new Float64Array(neighbours.length + rows).fill(-1);
  let k = 0;
  for (let i = 0; i < rows; i++) {
    const end = from[i + 1]!;
    const degree = end - from[i]!;
    let e = from[i]!;
    while (e < end && neighbours[e]! < i) columns[k++] = neighbours[e++]!;
    values[k] = degree * (1 + slack) + shift;
    columns[k++] = i;
    while (e < end) columns[k++] = neighbours[e++]!;
    rowPointers[i + 1] = k;
  }
  return { rows, rowPointers, columns, values };
}
