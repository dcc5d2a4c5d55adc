// Communities against graphology-communities-louvain and igraph's Leiden, which is native (bench/peers/paths.cpp): the same
// graph, the mean modularity of what each finds with ten seeds, computed by graphology-metrics. Layouts against graphology-layout-forceatlas2: a number of steps, and how much shorter edges are than
// the distance of random nodes.
//
//   npm run bench -- communities [--smoke] [--only TEXT]
import { createRequire } from 'node:module';
import { UndirectedGraph } from 'graphology';
import { getEngine } from 'sublinear';
import { edgesFile, graphPeer, type NativeRun } from './peers/native.js';
import { hasData, readEdges } from './support/files.js';
import { type Edges, gridEdges, random } from './support/generators.js';
import { openBench } from './support/harness.js';

const require = createRequire(import.meta.url);
const louvainOf = require('graphology-communities-louvain');
const forceAtlas2 = require('graphology-layout-forceatlas2');
const modularityOf = require('graphology-metrics/graph/modularity');

const bench = openBench('communities', 'Communities');
const { Graph, layout, leiden, louvain, labelPropagation } = await (await getEngine()).use(
  'communities',
);

const { peer, missing } = graphPeer('paths', bench.smoke);

const data: { name: string; edges: Edges }[] = [
  { name: 'grid', edges: gridEdges(bench.size(500, 30)) },
];
for (const [name, file] of [
  ['as20', 'as20graph.txt'],
  ['wiki-Vote', 'wiki-Vote.txt'],
  ['astro-ph', 'astro-ph.graph'],
  ['delaunay', 'delaunay_n15.graph'],
] as const) {
  if (hasData(file) && bench.size(true, false)) data.push({ name, edges: readEdges(file) });
}

for (const { name, edges } of data) await communities(name, edges);
await layouts();
peer?.stop();
bench.close();

async function communities(name: string, edges: Edges) {
  const id = `communities-${name}`;
  if (!bench.wants(id)) return;
  const { nodeCount, from, to } = edges;
  using graph = Graph.fromEdges({ from, to, nodeCount, directed: false, parallel: 'once' });
  const other = new UndirectedGraph();
  for (let u = 0; u < nodeCount; u++) other.addNode(u);
  for (let e = 0; e < from.length; e++) other.mergeEdge(from[e], to[e]);
  const scored = (of: (node: number) => number) => {
    other.forEachNode((key: string) => {
      other.setNodeAttribute(key, 'community', of(Number(key)));
    });
    return modularityOf(other, { getEdgeWeight: null }) as number;
  };
  // Each edge once: igraph would count parallel ones.
  const ends = other.edges().map((edge) => other.extremities(edge).map(Number));
  await peer?.load(
    edgesFile(
      {
        nodeCount,
        from: Uint32Array.from(ends, ([u]) => u!),
        to: Uint32Array.from(ends, ([, v]) => v!),
      },
      new Float64Array(ends.length).fill(1),
    ),
  );
  let seed = 0;
  // One seed says little: on wiki-Vote they differ by 0.015, with every program.
  const seeds = bench.size(10, 2);
  const mean = (found: number[]) => found.reduce((sum, each) => sum + each, 0) / found.length;
  const ours = (find: (seed: number) => { labels: Uint32Array }) => () =>
    mean(
      Array.from({ length: seeds }, (_, i) => {
        const { labels } = find(i);
        return scored((node) => labels[node]!);
      }),
    );
  const found = await bench.compare({
    id,
    title: `Communities, ${name}`,
    note: `${graph.nodeCount} nodes, ${graph.edgeCount} edges, no weights. Another seed in every run. The graphs are made before.`,
    accuracy: `mean modularity with ${seeds} seeds`,
    contestants: [
      {
        name: 'sublinear leiden',
        run: () => leiden(graph, { seed: seed++ }),
        accuracy: ours((i) => leiden(graph, { seed: i })),
      },
      {
        name: 'sublinear louvain',
        run: () => louvain(graph, { seed: seed++ }),
        accuracy: ours((i) => louvain(graph, { seed: i })),
      },
      {
        name: 'sublinear labelPropagation',
        run: () => labelPropagation(graph, { seed: seed++ }),
        accuracy: ours((i) => labelPropagation(graph, { seed: i })),
      },
      {
        name: 'graphology-communities-louvain',
        run: () => louvainOf(other, { getEdgeWeight: null }) as Record<string, number>,
        accuracy: () =>
          mean(
            Array.from({ length: seeds }, () => {
              const labels = louvainOf(other, { getEdgeWeight: null }) as Record<string, number>;
              return scored((node) => labels[node]!);
            }),
          ),
      },
      {
        name: 'igraph, Leiden, two iterations',
        run: () => peer!.run('leiden', seed++),
        elapsed: ({ ms }: NativeRun) => ms,
        accuracy: async () => {
          const qualities: number[] = [];
          for (let i = 0; i < seeds; i++) {
            await peer!.run('leiden', i);
            const labels = await peer!.result();
            qualities.push(scored((node) => labels[node]!));
          }
          return mean(qualities);
        },
        ...(peer === undefined && { skip: missing }),
      },
    ],
  });
  const [leidens, , , louvains, rival] = found?.rows ?? [];
  if (!leidens || !louvains || rival?.accuracy === undefined) return;
  bench.claim({
    id: `leiden-quality-${name}`,
    text: `mean modularity of leiden less that of igraph's, ${name}`,
    value: leidens.accuracy! - rival.accuracy,
    limit: -0.002,
    relation: '>=',
  });
  bench.claim({
    id: `leiden-time-${name}`,
    text: `time of graphology's Louvain over that of leiden, ${name}`,
    value: louvains.ratio!,
    limit: 1,
    goal: 2,
    relation: '>=',
  });
}

/** 50,000 nodes in groups of 50, four edges a node within and one to anywhere. */
function grouped(nodeCount: number): Edges {
  const next = random(11);
  const [from, to]: [number[], number[]] = [[], []];
  for (let u = 0; u < nodeCount; u++)
    for (let i = 0; i < 5; i++) {
      const group = u - (u % 50);
      const v = i < 4 ? group + Math.floor(next() * 50) : Math.floor(next() * nodeCount);
      if (v === u || v >= nodeCount) continue;
      from.push(u);
      to.push(v);
    }
  return { nodeCount, directed: false, from: Uint32Array.from(from), to: Uint32Array.from(to) };
}

async function layouts() {
  const id = 'layout';
  if (!bench.wants(id)) return;
  const edges = grouped(bench.size(50_000, 500));
  const { nodeCount, from, to } = edges;
  const steps = bench.size(10, 2);
  using graph = Graph.fromEdges({ from, to, nodeCount, directed: false, parallel: 'once' });
  const next = random(3);
  const initial = Float32Array.from({ length: 2 * nodeCount }, () => 1000 * (next() - 0.5));
  const other = new UndirectedGraph();
  for (let u = 0; u < nodeCount; u++)
    other.addNode(u, { x: initial[2 * u], y: initial[2 * u + 1] });
  for (let e = 0; e < from.length; e++) other.mergeEdge(from[e], to[e]);
  // The mean length of edges within groups, over the mean distance of random nodes.
  const share = (x: (u: number) => number, y: (u: number) => number) => {
    const draw = random(5);
    let [within, all, count] = [0, 0, 0];
    for (let e = 0; e < from.length; e++) {
      const [u, v] = [from[e]!, to[e]!];
      if (Math.floor(u / 50) !== Math.floor(v / 50)) continue;
      within += Math.hypot(x(u) - x(v), y(u) - y(v));
      const [a, b] = [Math.floor(draw() * nodeCount), Math.floor(draw() * nodeCount)];
      all += Math.hypot(x(a) - x(b), y(a) - y(b));
      count++;
    }
    return within / count / (all / count);
  };
  const drawn = (count: number) => {
    using drawing = layout(graph, { initial });
    drawing.step(count);
    return drawing.positions();
  };
  const ours = (at: Float32Array) =>
    share(
      (u) => at[2 * u]!,
      (u) => at[2 * u + 1]!,
    );
  const settings = { barnesHutOptimize: true, barnesHutTheta: 1.2, gravity: 1, scalingRatio: 2 };
  await bench.compare({
    id,
    title: `ForceAtlas2, ${steps} steps`,
    note: `${nodeCount} nodes, ${graph.edgeCount} edges, theta 1.2, the same first positions. Making the layout is part of it on both sides.`,
    accuracy: 'length of edges within groups over the distance of random nodes (smaller: clearer)',
    slices: 5,
    contestants: [
      {
        name: 'sublinear layout',
        run: () => drawn(steps),
        accuracy: ours,
      },
      {
        name: 'sublinear layout, eight times as many steps',
        run: () => drawn(8 * steps),
        accuracy: ours,
      },
      {
        name: 'graphology-layout-forceatlas2',
        run: () =>
          forceAtlas2(other, { iterations: steps, settings, getEdgeWeight: null }) as Record<
            string,
            { x: number; y: number }
          >,
        accuracy: (at) =>
          share(
            (u) => at[u]!.x,
            (u) => at[u]!.y,
          ),
      },
    ],
  });
}
