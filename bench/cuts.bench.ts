// Cuts against igraph and Boost, which are native: the same graph and weights, every answer against plain JavaScript.
//
//   npm run bench -- cuts [--smoke] [--only TEXT]
//
// The native peers are built from bench/peers/cuts.cpp where g++, libigraph-dev and libboost-graph-dev are there
// (`sh bench/peers/setup.sh` on Debian); their rows are skipped otherwise, and in a smoke run.
import { getEngine } from 'sublinear';
import type { Graph, WeightedEdges } from 'sublinear/cuts';
import { edgesFile, graphPeer, type NativeRun } from './peers/native.js';
import { hasData, readEdges } from './support/files.js';
import { type Edges, gridEdges, random } from './support/generators.js';
import { type Contestant, openBench } from './support/harness.js';

const bench = openBench('cuts', 'Cuts and structure of graphs');
const cuts = await (await getEngine()).use('cuts');

const { peer, missing } = graphPeer('cuts', bench.smoke);

interface Weighted extends Edges {
  weights: Float64Array;
}

/** Each pair once, without loops, weights 1 .. 1000. */
function weighted({ nodeCount, from, to }: Edges): Weighted {
  const seen = new Set<number>();
  const kept: [number, number][] = [];
  for (let e = 0; e < from.length; e++) {
    const [u, v] = [Math.min(from[e]!, to[e]!), Math.max(from[e]!, to[e]!)];
    if (u === v || seen.has(u * nodeCount + v)) continue;
    seen.add(u * nodeCount + v);
    kept.push([u, v]);
  }
  const next = random(7);
  return {
    nodeCount,
    from: Uint32Array.from(kept, ([u]) => u),
    to: Uint32Array.from(kept, ([, v]) => v),
    weights: Float64Array.from(kept, () => 1 + Math.floor(next() * 1000)),
    directed: false,
  };
}

const data: [string, Weighted][] = [['grid', weighted(gridEdges(bench.size(500, 20)))]];
for (const [name, file] of [
  ['astro-ph', 'astro-ph.graph'],
  ['delaunay', 'delaunay_n15.graph'],
  ['as20', 'as20graph.txt'],
] as const)
  if (hasData(file) && bench.size(true, false)) data.push([name, weighted(readEdges(file))]);

for (const [name, edges] of data) {
  using graph = cuts.Graph.fromEdges({ ...edges, directed: false });
  await peer?.load(edgesFile(edges, edges.weights));
  await all(name, edges, graph);
  await changing(name, edges, graph);
}
peer?.stop();
bench.close();

/** Every question on one graph. What a call gives is reduced to one number, which must be right. */
async function all(name: string, edges: Weighted, graph: Graph) {
  const { nodeCount: n } = edges;
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
  const ends = { source: 0, target: n - 1 };
  const across = (side: Uint32Array) => {
    const inside = new Set(side);
    return edges.weights.reduce(
      (total, weight, e) =>
        total + (inside.has(edges.from[e]!) === inside.has(edges.to[e]!) ? 0 : weight),
      0,
    );
  };
  // What leaves the source, less what comes back.
  const full = ({ from, to, weights }: WeightedEdges) =>
    weights.reduce((total, x, i) => total + (from[i] === 0 ? x : to[i] === 0 ? -x : 0), 0);

  await one('components', 'Connected components', () => cuts.connectedComponents(graph), {
    value: ({ count }) => count,
    wanted: () => n - kruskal(edges).count,
  });
  await one('blocks', 'Blocks and bridges', () => cuts.biconnectedComponents(graph), {
    value: ({ blocks }) => blocks.length,
  });
  await one('cores', 'Core numbers', () => cuts.coreNumbers(graph), {
    value: ({ cores }) => sum(cores),
    wanted: () => sum(peeled(edges)),
  });
  await one('triangles', 'Triangles', () => cuts.triangles(graph), {
    value: ({ counts }) => sum(counts),
    wanted: () => 3 * triangles(edges),
  });
  await one('spanning', 'Spanning forest of least weight', () => cuts.spanningForest(graph), {
    value: ({ total }) => total,
    wanted: () => kruskal(edges).total,
  });
  await one(
    'flow',
    'Maximum flow from the first node to the last',
    () => cuts.maxFlow(graph, ends),
    {
      value: ({ value }) => value,
      wanted: ({ side, flow }) => (across(side) === full(flow) ? across(side) : Number.NaN),
      rival: "Boost's Boykov-Kolmogorov",
    },
  );
  await one('minimum', 'Minimum cut of the whole graph', () => cuts.minimumCut(graph), {
    value: ({ value }) => value,
    wanted: ({ side }) => across(side),
    slices: 3,
    rival: 'igraph, Stoer-Wagner',
    // Stoer and Wagner's search takes minutes on larger ones.
    skip: n > 10_000 ? 'takes minutes' : undefined,
  });

  async function one<Result>(
    what: string,
    title: string,
    run: () => Result,
    {
      value,
      wanted,
      slices = 7,
      rival = 'igraph',
      skip,
    }: {
      value: (result: Result) => number;
      /** The right number, by other means; that of the peer when absent. */
      wanted?: (result: Result) => number;
      slices?: number;
      rival?: string;
      skip?: string | undefined;
    },
  ) {
    const id = `${what}-${name}`;
    if (!bench.wants(id)) return;
    const result = run();
    let right = wanted?.(result);
    if (right === undefined && peer) {
      await peer.run(what);
      right = (await peer.result())[0]!;
    }
    right ??= value(result);
    const error = (found: number) => Math.abs(found - right!);
    const reason = peer ? skip : missing;
    const native: Contestant<NativeRun> = {
      name: rival,
      run: () => peer!.run(what),
      elapsed: ({ ms }) => ms,
      accuracy: async () => error((await peer!.result())[0]!),
      ...(reason !== undefined && { skip: reason }),
    };
    await bench.compare({
      id,
      title: `${title}, ${name}`,
      note: `${n} nodes, ${edges.from.length} edges, weights 1 to 1000 (seed 7). The graphs are made before.`,
      accuracy: 'difference from plain JavaScript, or from the peer',
      slices,
      contestants: [
        {
          name: 'sublinear',
          run,
          accuracy: (found: Result) => error(value(found)),
        },
        native,
      ],
    });
  }
}

/** Edges go and others come, and then all of it is taken back, so that every run begins with the same graph. */
async function changing(name: string, { nodeCount: n, from, to, weights }: Weighted, graph: Graph) {
  const id = `changes-${name}`;
  if (!bench.wants(id)) return;
  const next = random(11);
  const pick = (size: number) => Math.floor(next() * size);
  const list: [number, number, number][] = [];
  const gone = new Set<number>();
  while (list.length < bench.size(5000, 20)) {
    const e = pick(from.length);
    const [u, v] = [pick(n), pick(n)];
    if (gone.has(e) || u === v) continue;
    gone.add(e);
    list.push([from[e]!, to[e]!, -weights[e]!], [u, v, 1 + pick(1000)]);
  }
  const all = [...list, ...list.map(([u, v, by]) => [u, v, -by] as const).reverse()];
  const changes = {
    from: Uint32Array.from(all, ([u]) => u),
    to: Uint32Array.from(all, ([, v]) => v),
    changes: Float64Array.from(all, ([, , by]) => by),
  };
  using kept = cuts.dynamicMinimumCut(graph);
  // What the question says of the graph after some of the changes.
  const wanted = new Map<number, number>();
  for (let i = 0; i < list.length; i += Math.ceil(list.length / 4)) {
    const weightOf = new Map<number, number>();
    const add = (u: number, v: number, by: number) => {
      const key = Math.min(u, v) * n + Math.max(u, v);
      weightOf.set(key, (weightOf.get(key) ?? 0) + by);
    };
    for (let e = 0; e < from.length; e++) add(from[e]!, to[e]!, weights[e]!);
    for (const [u, v, by] of list.slice(0, i + 1)) add(u, v, by);
    const left = [...weightOf].filter(([, weight]) => weight > 0);
    using then = cuts.Graph.fromEdges({
      from: left.map(([key]) => Math.floor(key / n)),
      to: left.map(([key]) => key % n),
      weights: left.map(([, weight]) => weight),
      nodeCount: n,
      directed: false,
    });
    wanted.set(i, cuts.minimumCut(then).value);
  }
  const first = cuts.minimumCut(graph).value;
  wanted.set(all.length - 1, first);
  await bench.compare({
    id,
    title: `The minimum cut after each of ${all.length} changes, ${name}`,
    note: `${n} nodes, ${from.length} edges, weights 1 to 1000 (seed 7). Random edges go, one by one, and random ones come (seed 11); then all is taken back. Recomputing is one minimumCut of the graph at the beginning, times the changes; building its graphs is not counted.`,
    accuracy: 'largest difference from the minimum cut of the changed graph, at five places',
    slices: 5,
    contestants: [
      {
        name: 'sublinear, kept',
        run: () => kept.apply(changes),
        accuracy: ({ values }) =>
          Math.max(...Array.from(wanted, ([i, value]) => Math.abs(values[i]! - value))),
      },
      {
        name: 'sublinear, recomputed',
        run: () => {
          const started = performance.now();
          const { value } = cuts.minimumCut(graph);
          return { value, ms: all.length * (performance.now() - started) };
        },
        elapsed: ({ ms }) => ms,
        accuracy: ({ value }) => Math.abs(value - first),
      },
    ],
  });
}

/** Edges by rising weight, each that joins two trees. */
function kruskal({ nodeCount, from, to, weights }: Weighted): { count: number; total: number } {
  const parent = Uint32Array.from({ length: nodeCount }, (_, u) => u);
  const root = (u: number) => {
    while (parent[u] !== u) u = parent[u] = parent[parent[u]!]!;
    return u;
  };
  const order = Uint32Array.from(from, (_, e) => e).sort((a, b) => weights[a]! - weights[b]!);
  let [count, total] = [0, 0];
  for (const e of order) {
    const [a, b] = [root(from[e]!), root(to[e]!)];
    if (a === b) continue;
    parent[a] = b;
    count++;
    total += weights[e]!;
  }
  return { count, total };
}

function neighbours({ nodeCount, from, to }: Edges): Set<number>[] {
  const sets = Array.from({ length: nodeCount }, () => new Set<number>());
  for (let e = 0; e < from.length; e++) {
    sets[from[e]!]!.add(to[e]!);
    sets[to[e]!]!.add(from[e]!);
  }
  return sets;
}

/** Core numbers by taking off everything of degree at most k, for k = 0, 1, ... */
function peeled(edges: Edges): Uint32Array {
  const sets = neighbours(edges);
  const cores = new Uint32Array(edges.nodeCount);
  let left = Array.from(cores.keys());
  for (let k = 0; left.length > 0; k++) {
    const gone = left.filter((u) => sets[u]!.size <= k);
    for (const u of gone) {
      cores[u] = k;
      for (const v of sets[u]!) {
        if (!sets[v]!.delete(u) || cores[v] !== 0 || sets[v]!.size !== k) continue;
        gone.push(v);
      }
      sets[u] = new Set();
    }
    const taken = new Set(gone);
    left = left.filter((u) => !taken.has(u));
  }
  return cores;
}

function triangles(edges: Edges): number {
  const sets = neighbours(edges);
  let count = 0;
  for (let e = 0; e < edges.from.length; e++) {
    const [a, b] = [sets[edges.from[e]!]!, sets[edges.to[e]!]!];
    const [small, large] = a.size < b.size ? [a, b] : [b, a];
    for (const w of small) count += large.has(w) ? 1 : 0;
  }
  return count / 3;
}
