// Shortest paths against graphology-shortest-path and graphology-metrics: the same graph and lengths, the error of every
// answer against plain JavaScript.
//
//   npm run bench -- paths [--smoke] [--only TEXT]
import { createRequire } from 'node:module';
import { UndirectedGraph } from 'graphology';
import { getEngine } from 'sublinear';
import type { Graph } from 'sublinear/paths';
import { hasData, readEdges } from './support/files.js';
import { type Edges, gridEdges, random } from './support/generators.js';
import { openBench } from './support/harness.js';

const require = createRequire(import.meta.url);
const dijkstra = require('graphology-shortest-path/dijkstra');
const unweighted = require('graphology-shortest-path/unweighted');
const betweennessOf = require('graphology-metrics/centrality/betweenness');

const bench = openBench('paths', 'Shortest paths');
const paths = await (await getEngine()).use('paths');

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
  await routes(name, edges);
}
await middle();
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

function peer(edges: Edges, weights?: Float64Array): UndirectedGraph {
  const graph = new UndirectedGraph();
  for (let u = 0; u < edges.nodeCount; u++) graph.addNode(u);
  for (let e = 0; e < edges.from.length; e++)
    graph.mergeEdge(edges.from[e], edges.to[e], weights ? { weight: weights[e] } : {});
  return graph;
}

/** Distances by Bellman and Ford's rounds over the edges, with a queue: slow, simple, and none of the contestants. */
function plain({ nodeCount, from, to }: Edges, source: number, weights?: Float64Array) {
  const at: [number, number][][] = Array.from({ length: nodeCount }, () => []);
  for (let e = 0; e < from.length; e++) {
    at[from[e]!]!.push([to[e]!, weights?.[e] ?? 1]);
    at[to[e]!]!.push([from[e]!, weights?.[e] ?? 1]);
  }
  const distances = new Float64Array(nodeCount).fill(Infinity);
  distances[source] = 0;
  let level = new Set([source]);
  while (level.size > 0) {
    const next = new Set<number>();
    for (const u of level)
      for (const [v, length] of at[u]!) {
        if (distances[u]! + length >= distances[v]!) continue;
        distances[v] = distances[u]! + length;
        next.add(v);
      }
    level = next;
  }
  return distances;
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
  const other = peer(edges, weights);
  const expected = plain(edges, 0, weights);
  await bench.compare({
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
        accuracy: (found) =>
          worst(expected, (u) => (found[u] ? lengthOf(other, found[u]) : Infinity)),
      },
    ],
  });
}

async function steps(name: string, edges: Edges) {
  const id = `steps-${name}`;
  if (!bench.wants(id)) return;
  using graph = made(edges);
  const other = peer(edges);
  const expected = plain(edges, 0);
  await bench.compare({
    id,
    title: `Steps from one node, ${name}`,
    note: `${edges.nodeCount} nodes, ${edges.from.length} edges.`,
    accuracy: 'largest relative error of a level',
    contestants: [
      {
        name: 'sublinear breadthFirst',
        run: () => paths.breadthFirst(graph, { source: 0 }),
        accuracy: ({ levels }) =>
          worst(expected, (u) => (levels[u] === 0xffff_ffff ? Infinity : levels[u]!)),
      },
      {
        name: 'graphology-shortest-path singleSourceLength',
        run: () => unweighted.singleSourceLength(other, 0),
        accuracy: (found) => worst(expected, (u) => found[u] ?? Infinity),
      },
    ],
  });
}

async function routes(name: string, edges: Edges) {
  const id = `route-${name}`;
  if (!bench.wants(id)) return;
  const weights = lengthsOf(edges, 'whole');
  using graph = made(edges, weights);
  using prepared = made(edges, weights);
  paths.prepareRoutes(prepared);
  // A graph with hubs would be core for the most part: docs/paths.md.
  const hierarchy = name === 'astro-ph' ? undefined : paths.buildHierarchy(graph);
  const other = peer(edges, weights);
  const all = plain(edges, 0, weights);
  // The furthest node that there is a path to.
  const target = all.reduce((far, d, u) => (d < Infinity && d > all[far]! ? u : far), 0);
  const error = (length: number) => Math.abs(length - all[target]!) / all[target]!;
  await bench.compare({
    id,
    title: `One path to the furthest node, ${name}`,
    note: `${edges.nodeCount} nodes, ${edges.from.length} edges, whole lengths 1 to 1000 (seed 7). The 16 landmarks and the hierarchy are prepared before.`,
    accuracy: 'relative error of its length',
    contestants: [
      {
        name: 'sublinear shortestPath',
        run: () => paths.shortestPath(graph, { source: 0, target }),
        accuracy: ({ length }) => error(length),
      },
      {
        name: 'sublinear shortestPath after prepareRoutes',
        run: () => paths.shortestPath(prepared, { source: 0, target }),
        accuracy: ({ length }) => error(length),
      },
      ...(hierarchy
        ? [
            {
              name: 'sublinear ContractionHierarchy.route',
              run: () => hierarchy.route(0, target),
              accuracy: ({ length }: { length: number }) => error(length),
            },
          ]
        : []),
      {
        name: 'graphology-shortest-path bidirectional',
        run: () => dijkstra.bidirectional(other, 0, target, 'weight'),
        accuracy: (path) => error(lengthOf(other, path)),
      },
    ],
  });
  hierarchy?.dispose();
}

// Betweenness, exact and from samples, on a graph small enough for graphology.
async function middle() {
  const id = 'betweenness';
  if (!bench.wants(id)) return;
  const edges =
    hasData('as20graph.txt') && bench.size(true, false)
      ? readEdges('as20graph.txt')
      : gridEdges(20);
  using graph = made(edges);
  const other = peer(edges);
  const n = edges.nodeCount;
  // graphology's own: what differs is rounding, which the definition by all pairs would not show.
  const found = betweennessOf(other, { getEdgeWeight: null, normalized: true }) as Record<
    string,
    number
  >;
  const error = (scoreOf: (u: number) => number) =>
    Math.max(...Array.from({ length: n }, (_, u) => Math.abs(scoreOf(u) - found[u]!)));
  const share = n / (n - 2);
  await bench.compare({
    id,
    title: `Betweenness, ${n} nodes`,
    note: 'Exact, and from samples with epsilon 0.01 at confidence 0.9. The reference is graphology-metrics.',
    accuracy: 'largest difference of a normalised score',
    slices: 3,
    contestants: [
      {
        name: 'sublinear betweenness',
        run: () => paths.betweenness(graph),
        accuracy: ({ scores }) => error((u) => scores[u]!),
      },
      {
        name: 'sublinear betweennessSampled',
        run: () => paths.betweennessSampled(graph, { epsilon: 0.01, confidence: 0.9 }),
        accuracy: ({ scores }) => error((u) => scores[u]! * share),
        note: ({ halfWidth, samples }) => `half width ${halfWidth.toFixed(4)}, ${samples} samples`,
      },
      {
        name: 'graphology-metrics betweenness',
        run: () => betweennessOf(other, { getEdgeWeight: null, normalized: true }),
        accuracy: (scores) => error((u) => scores[u]),
      },
    ],
  });
}
