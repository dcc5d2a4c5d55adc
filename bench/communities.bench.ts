// Communities against graphology-communities-louvain: the same graph, the modularity of what each finds, computed by
// graphology-metrics.
//
//   npm run bench -- communities [--smoke] [--only TEXT]
import { createRequire } from 'node:module';
import { UndirectedGraph } from 'graphology';
import { getEngine } from 'sublinear';
import { hasData, readEdges } from './support/files.js';
import { type Edges, gridEdges } from './support/generators.js';
import { openBench } from './support/harness.js';

const require = createRequire(import.meta.url);
const louvainOf = require('graphology-communities-louvain');
const modularityOf = require('graphology-metrics/graph/modularity');

const bench = openBench('communities', 'Communities');
const { Graph, leiden, louvain, labelPropagation } = await (await getEngine()).use('communities');

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
  const ours = ({ labels }: { labels: Uint32Array }) => scored((node) => labels[node]!);
  let seed = 0;
  await bench.compare({
    id,
    title: `Communities, ${name}`,
    note: `${graph.nodeCount} nodes, ${graph.edgeCount} edges, no weights. Another seed in every run. The graphs are made before.`,
    accuracy: 'modularity',
    contestants: [
      {
        name: 'sublinear leiden',
        run: () => leiden(graph, { seed: seed++ }),
        accuracy: ours,
      },
      {
        name: 'sublinear louvain',
        run: () => louvain(graph, { seed: seed++ }),
        accuracy: ours,
      },
      {
        name: 'sublinear labelPropagation',
        run: () => labelPropagation(graph, { seed: seed++ }),
        accuracy: ours,
      },
      {
        name: 'graphology-communities-louvain',
        run: () => louvainOf(other, { getEdgeWeight: null }) as Record<string, number>,
        accuracy: (found) => scored((node) => found[node]!),
      },
    ],
  });
}
