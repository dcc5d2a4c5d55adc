// Shortest paths against graphology-shortest-path, graphology-metrics, igraph and Boost: the same graph and lengths, the
// error of every answer against plain JavaScript.
//
//   npm run bench -- paths [--smoke] [--cpu] [--only TEXT]
//
// graphology needs ten seconds and more for some of these; it runs twice then. igraph and Boost are native, built from
// bench/peers/paths.cpp (`sh bench/peers/setup.sh` on Debian); their rows are skipped where they are missing.
import { createRequire } from 'node:module';
import { UndirectedGraph } from 'graphology';
import { getEngine } from 'sublinear';
import type { Graph } from 'sublinear/paths';
import { edgesFile, graphPeer, type NativeRun } from './peers/native.js';
import { hasData, readEdges } from './support/files.js';
import { type Edges, gridEdges, random } from './support/generators.js';
import { type ComparisonResult, type Contestant, openBench } from './support/harness.js';

const require = createRequire(import.meta.url);
const dijkstra = require('graphology-shortest-path/dijkstra');
const unweighted = require('graphology-shortest-path/unweighted');
const betweennessOf = require('graphology-metrics/centrality/betweenness');

const bench = openBench('paths', 'Shortest paths');
const paths = await (await getEngine()).use('paths');

const { peer, missing } = graphPeer('paths', bench.smoke);

interface Data {
  name: string;
  edges: Edges;
}

const data: Data[] = [{ name: 'grid', edges: gridEdges(bench.size(500, 30)) }];
for (const [name, file] of [
  ['astro-ph', 'astro-ph.graph'],
  ['delaunay', 'delaunay_n15.graph'],
] as const) {
  if (hasData(file) && bench.size(true, false)) data.push({ name, edges: readEdges(file) });
}

for (const { name, edges } of data) {
  await trees(name, edges, 'whole');
  await trees(name, edges, 'fractional');
  await steps(name, edges);
  await routes(name, edges, 'furthest');
  await routes(name, edges, 'random');
  await preparations(name, edges);
}
await middle('as20', 'as20graph.txt');
await middle('wiki-Vote', 'wiki-Vote.txt');
await sampled();
peer?.stop();
bench.close();

/** Lengths 1 .. 1000, whole or not. */
function lengthsOf(edges: Edges, kind: 'whole' | 'fractional'): Float64Array {
  const next = random(7);
  return Float64Array.from(edges.from, () => 1 + Math.floor(next() * 1000)).map((length) =>
    kind === 'whole' ? length : length + next(),
  );
}

function made(edges: Edges, weights?: Float64Array): Graph {
  const { from, to, nodeCount } = edges;
  return paths.Graph.fromEdges({
    from,
    to,
    nodeCount,
    directed: false,
    parallel: 'once',
    ...(weights && { weights }),
  });
}

function rival(edges: Edges, weights?: Float64Array): UndirectedGraph {
  const graph = new UndirectedGraph();
  for (let u = 0; u < edges.nodeCount; u++) graph.addNode(u);
  for (let e = 0; e < edges.from.length; e++)
    graph.mergeEdge(edges.from[e], edges.to[e], weights ? { weight: weights[e] } : {});
  return graph;
}

/** Distances by Dijkstra's algorithm with a binary heap of pairs: simple, and none of the contestants. */
function plain({ nodeCount, from, to }: Edges, source: number, weights?: Float64Array) {
  const at: [number, number][][] = Array.from({ length: nodeCount }, () => []);
  for (let e = 0; e < from.length; e++) {
    at[from[e]!]!.push([to[e]!, weights?.[e] ?? 1]);
    at[to[e]!]!.push([from[e]!, weights?.[e] ?? 1]);
  }
  const distances = new Float64Array(nodeCount).fill(Infinity);
  const heap: [number, number][] = [];
  const swap = (i: number, j: number) => {
    [heap[i], heap[j]] = [heap[j]!, heap[i]!];
  };
  function push(distance: number, node: number): void {
    distances[node] = distance;
    let i = heap.push([distance, node]) - 1;
    for (; i > 0 && heap[(i - 1) >> 1]![0] > distance; i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
  }
  function pop(): [number, number] {
    swap(0, heap.length - 1);
    const least = heap.pop()!;
    for (let i = 0; ; ) {
      let next = i;
      for (const child of [2 * i + 1, 2 * i + 2])
        if (child < heap.length && heap[child]![0] < heap[next]![0]) next = child;
      if (next === i) return least;
      swap(i, next);
      i = next;
    }
  }
  push(0, source);
  while (heap.length > 0) {
    const [distance, u] = pop();
    if (distance > distances[u]!) continue;
    for (const [v, length] of at[u]!)
      if (distance + length < distances[v]!) push(distance + length, v);
  }
  return distances;
}

/** A method of the native peer; `error` is that of its last result. */
function native(
  name: string,
  method: string,
  error: (found: Float64Array) => number,
): Contestant<NativeRun> {
  return {
    name,
    run: () => peer!.run(method),
    elapsed: ({ ms }) => ms,
    accuracy: async () => error(await peer!.result()),
    ...(peer === undefined && { skip: missing }),
  };
}

/** The mark for the ratio of a row to the first one. */
function ratio(
  result: ComparisonResult | undefined,
  name: string,
  limit: number,
  goal: number,
): void {
  const row = result?.rows.find((each) => each.name === name);
  if (result === undefined || row?.ratio === undefined || bench.smoke) return;
  bench.claim({
    id: result.id,
    text: `${result.title}: time of ${name} over ours`,
    value: row.ratio,
    limit,
    goal,
    relation: '>=',
  });
}

/** The largest relative error; Infinity against Infinity is none. */
function worst(expected: Float64Array, distanceOf: (node: number) => number): number {
  let most = 0;
  for (const [u, distance] of expected.entries()) {
    const found = distanceOf(u);
    if (found !== distance) most = Math.max(most, Math.abs(found - distance) / distance);
  }
  return most;
}

function stepsIn(levels: Uint32Array, node: number): number {
  return levels[node] === 0xffff_ffff ? Infinity : levels[node]!;
}

function lengthOf(graph: UndirectedGraph, path: string[]): number {
  let sum = 0;
  for (const [i, v] of path.entries())
    if (i > 0) sum += graph.getEdgeAttribute(graph.edge(path[i - 1], v), 'weight');
  return sum;
}

async function trees(name: string, edges: Edges, kind: 'whole' | 'fractional') {
  const id = `tree-${name}-${kind}`;
  if (!bench.wants(id)) return;
  const weights = lengthsOf(edges, kind);
  using graph = made(edges, weights);
  const other = rival(edges, weights);
  const expected = plain(edges, 0, weights);
  await peer?.load(edgesFile(edges, weights));
  const found = await bench.compare({
    id,
    title: `Distances from one node, ${name}, ${kind} lengths`,
    note: `${edges.nodeCount} nodes, ${edges.from.length} edges, lengths 1 to 1000 (seed 7). The graphs are made before. graphology gives every path as an array.`,
    accuracy: 'largest relative error of a distance',
    contestants: [
      {
        name: 'sublinear shortestPaths',
        run: () => paths.shortestPaths(graph, { source: 0 }),
        accuracy: ({ distances }) => worst(expected, (u) => distances[u]!),
      },
      {
        name: 'graphology-shortest-path singleSource',
        run: () => dijkstra.singleSource(other, 0, 'weight'),
        // Its paths on the grid have 10^8 nodes in all: some of them are added up.
        accuracy: (found) =>
          worst(expected, (u) =>
            u % 101 > 0 ? expected[u]! : found[u] ? lengthOf(other, found[u]) : Infinity,
          ),
        most: 2,
      },
      native('igraph', 'dijkstra', (all) => worst(expected, (u) => all[u]!)),
      native('Boost', 'boost', (all) => worst(expected, (u) => all[u]!)),
    ],
  });
  const [limit, goal] = kind === 'whole' ? [150, 400] : [45, 150];
  ratio(found, 'graphology-shortest-path singleSource', limit, goal);
  ratio(found, 'igraph', 3, 8);
  ratio(found, 'Boost', name === 'delaunay' ? 0.5 : 1, 1.5);
}

async function steps(name: string, edges: Edges) {
  const id = `steps-${name}`;
  if (!bench.wants(id)) return;
  using graph = made(edges);
  const other = rival(edges);
  const expected = plain(edges, 0);
  await peer?.load(edgesFile(edges, new Float64Array(edges.from.length).fill(1)));
  const found = await bench.compare({
    id,
    title: `Steps from one node, ${name}`,
    note: `${edges.nodeCount} nodes, ${edges.from.length} edges.`,
    accuracy: 'largest relative error of a level',
    contestants: [
      // What the peers give.
      {
        name: 'sublinear breadthFirst, levels alone',
        run: () => paths.breadthFirst(graph, { source: 0, predecessors: false }),
        accuracy: ({ levels }) => worst(expected, (u) => stepsIn(levels, u)),
      },
      {
        name: 'sublinear breadthFirst, with predecessors',
        run: () => paths.breadthFirst(graph, { source: 0 }),
        accuracy: ({ levels }) => worst(expected, (u) => stepsIn(levels, u)),
      },
      {
        name: 'graphology-shortest-path singleSourceLength',
        run: () => unweighted.singleSourceLength(other, 0),
        accuracy: (found) => worst(expected, (u) => found[u] ?? Infinity),
        most: 5,
      },
      native('igraph', 'steps', (all) => worst(expected, (u) => all[u]!)),
    ],
  });
  ratio(found, 'graphology-shortest-path singleSourceLength', 100, 200);
  ratio(found, 'igraph', 5, 12);
}

/** The furthest node that there is a path to. */
function furthest(distances: Float64Array): number {
  return distances.reduce((far, d, u) => (d < Infinity && d > distances[far]! ? u : far), 0);
}

/** One path: to the furthest node from node 0, or between other random nodes in every run. */
async function routes(name: string, edges: Edges, kind: 'furthest' | 'random') {
  const id = kind === 'furthest' ? `route-${name}` : `routes-${name}`;
  if (!bench.wants(id)) return;
  const weights = lengthsOf(edges, 'whole');
  using graph = made(edges, weights);
  using prepared = made(edges, weights);
  paths.prepareRoutes(prepared);
  // A graph with hubs would be core for the most part: docs/paths.md.
  const hierarchy = name === 'astro-ph' ? undefined : paths.buildHierarchy(graph);
  const other = rival(edges, weights);
  const next = random(5);
  const all = plain(edges, 0, weights);
  const within = Array.from(all.keys()).filter((u) => all[u]! < Infinity);
  const pick = () => within[Math.floor(next() * within.length)]!;
  // Each contestant runs through the same pairs; the length of a path is checked for the last of them.
  const count = kind === 'furthest' ? 1 : bench.size(24, 2);
  const pairs = Array.from({ length: count }, () => {
    const [source, target] = kind === 'furthest' ? [0, furthest(all)] : [pick(), pick()];
    return { source: source!, target: target!, length: plain(edges, source!, weights)[target!]! };
  });
  const inTurn = <T>(find: (source: number, target: number) => T) => {
    let at = 0;
    return {
      run: () => {
        const pair = pairs[at++ % count]!;
        return { found: find(pair.source, pair.target), pair };
      },
      error: (length: number, { pair }: { pair: { length: number } }) =>
        pair.length === 0 ? length : Math.abs(length - pair.length) / pair.length,
    };
  };
  const ours = (name: string, find: (source: number, target: number) => { length: number }) => {
    const { run, error } = inTurn(find);
    return {
      name,
      run,
      accuracy: (result: ReturnType<typeof run>) => error(result.found.length, result),
      ...(kind === 'random' && { calls: count }),
    };
  };
  const rivals = inTurn((source, target) =>
    dijkstra.bidirectional(other, source, target, 'weight'),
  );
  const found = await bench.compare({
    id,
    title: `${kind === 'furthest' ? 'One path to the furthest node' : 'One path between random nodes'}, ${name}`,
    note: `${edges.nodeCount} nodes, ${edges.from.length} edges, whole lengths 1 to 1000 (seed 7)${kind === 'random' ? `; the mean over ${count} pairs (seed 5)` : ''}. The 16 landmarks and the hierarchy are prepared before.`,
    accuracy: 'relative error of its length',
    contestants: [
      ours('sublinear shortestPath', (source, target) =>
        paths.shortestPath(graph, { source, target }),
      ),
      ours('sublinear shortestPath after prepareRoutes', (source, target) =>
        paths.shortestPath(prepared, { source, target }),
      ),
      ...(hierarchy
        ? [
            ours('sublinear ContractionHierarchy.route', (source, target) =>
              hierarchy.route(source, target),
            ),
          ]
        : []),
      {
        name: 'graphology-shortest-path bidirectional',
        run: rivals.run,
        accuracy: (result: ReturnType<typeof rivals.run>) =>
          rivals.error(lengthOf(other, result.found ?? []), result),
        most: 3,
        ...(kind === 'random' && { calls: bench.size(6, 1) }),
      },
    ],
  });
  hierarchy?.dispose();
  if (name !== 'grid' || found === undefined || bench.smoke) return;
  for (const [row, limit, goal] of [
    [found.rows[0]!, 12, 7],
    [found.rows[1]!, 2, 0.7],
  ] as const)
    bench.claim({
      id,
      text: `${found.title}: ${row.name}`,
      value: row.medianMs!,
      limit,
      goal,
      relation: '<=',
      unit: 'ms',
    });
}

/** What it takes until routes are fast. */
async function preparations(name: string, edges: Edges) {
  const id = `prepare-${name}`;
  if (!bench.wants(id)) return;
  const weights = lengthsOf(edges, 'whole');
  using graph = made(edges, weights);
  const all = plain(edges, 0, weights);
  const target = furthest(all);
  const error = (length: number) => Math.abs(length - all[target]!) / all[target]!;
  await bench.compare({
    id,
    title: `Preparing a graph for routes, ${name}`,
    note: `${edges.nodeCount} nodes, ${edges.from.length} edges, whole lengths 1 to 1000 (seed 7).`,
    accuracy: 'relative error of the length of a route afterwards',
    slices: 3,
    contestants: [
      {
        name: 'sublinear prepareRoutes, 16 landmarks',
        run: () => paths.prepareRoutes(graph),
        accuracy: () => error(paths.shortestPath(graph, { source: 0, target }).length),
      },
      {
        name: 'sublinear buildHierarchy',
        run: () => paths.buildHierarchy(graph),
        release: (made) => made.dispose(),
        accuracy: (made) => error(made.route(0, target).length),
        // A graph with hubs would be core for the most part: docs/paths.md.
        ...(name === 'astro-ph' && { skip: 'not for graphs with hubs' }),
      },
    ],
  });
}

/** Betweenness on graphs small enough for graphology. */
async function middle(name: string, file: string) {
  const id = `betweenness-${name}`;
  if (!bench.wants(id) || (bench.smoke && name !== 'as20')) return;
  if (!bench.smoke && !hasData(file)) return;
  const edges = bench.smoke ? gridEdges(20) : readEdges(file);
  using graph = made(edges);
  const other = rival(edges);
  await peer?.load(distinct(other));
  const n = edges.nodeCount;
  // graphology's own: what differs is rounding, which the definition by all pairs would not show.
  const reference = betweennessOf(other, { getEdgeWeight: null, normalized: true });
  const error = (scoreOf: (u: number) => number) =>
    Math.max(...Array.from({ length: n }, (_, u) => Math.abs(scoreOf(u) - reference[u]!)));
  const pairs = (n - 1) * (n - 2);
  const found = await bench.compare({
    id,
    title: `Betweenness, ${name}`,
    note: `${n} nodes, ${graph.edgeCount} edges, no weights. The reference is graphology-metrics.`,
    accuracy: 'largest difference of a normalised score',
    slices: 3,
    contestants: [
      {
        name: 'sublinear betweenness',
        run: () => paths.betweenness(graph),
        accuracy: ({ scores }) => error((u) => scores[u]!),
      },
      {
        name: 'graphology-metrics betweenness',
        run: () => betweennessOf(other, { getEdgeWeight: null, normalized: true }),
        accuracy: (scores) => error((u) => scores[u]),
        most: 2,
      },
      native('igraph', 'betweenness', (scores) => error((u) => (2 * scores[u]!) / pairs)),
    ],
  });
  ratio(
    found,
    'graphology-metrics betweenness',
    name === 'as20' ? 6 : 2.5,
    name === 'as20' ? 10 : 5,
  );
  ratio(found, 'igraph', 1.7, 3);
}

/** Each edge once, for peers that would count parallel ones. */
function distinct(graph: UndirectedGraph): string {
  const edges = graph.edges().map((edge) => graph.extremities(edge).map(Number));
  const nodeCount = graph.order;
  const from = Uint32Array.from(edges, ([u]) => u!);
  const to = Uint32Array.from(edges, ([, v]) => v!);
  return edgesFile({ nodeCount, from, to }, new Float64Array(edges.length).fill(1));
}

/** Betweenness from samples against all of it. */
async function sampled() {
  const id = 'betweenness-sampled';
  if (!bench.wants(id)) return;
  const whole = hasData('astro-ph.graph') && bench.size(true, false);
  const edges = whole ? readEdges('astro-ph.graph') : gridEdges(20);
  using graph = made(edges);
  const n = edges.nodeCount;
  const { scores: exact } = paths.betweenness(graph);
  const error = (scoreOf: (u: number) => number) =>
    exact.reduce((most, score, u) => Math.max(most, Math.abs(scoreOf(u) - score)), 0);
  const share = n / (n - 2);
  const found = await bench.compare({
    id,
    title: `Betweenness to 0.01, ${whole ? 'astro-ph' : 'grid'}`,
    note: `${n} nodes, ${graph.edgeCount} edges. From samples, with epsilon 0.01 at confidence 0.9. The reference is the exact method.`,
    accuracy: 'largest difference of a normalised score',
    slices: 5,
    contestants: [
      {
        name: 'sublinear betweennessSampled',
        run: () => paths.betweennessSampled(graph, { epsilon: 0.01, confidence: 0.9 }),
        accuracy: ({ scores }) => error((u) => scores[u]! * share),
        note: ({ halfWidth, samples }) => `half width ${halfWidth.toFixed(4)}, ${samples} samples`,
      },
      {
        name: 'sublinear betweenness',
        run: () => paths.betweenness(graph),
        accuracy: ({ scores }) => error((u) => scores[u]!),
        most: 2,
      },
    ],
  });
  ratio(found, 'sublinear betweenness', 20, 60);
}
