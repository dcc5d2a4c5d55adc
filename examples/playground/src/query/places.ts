// Where nodes are drawn: those that are related lie near each other.
import { UndirectedGraph } from 'graphology';
import forceAtlas2 from 'graphology-layout-forceatlas2';

interface Ends {
  from: number;
  to: number;
}

export function forceAtlas2Places(
  nodes: readonly { id: number }[],
  relationships: Iterable<Ends>,
  width: number,
  height: number,
  margin: number,
): Map<number, { x: number; y: number }> {
  const graph = new UndirectedGraph();
  for (const [i, { id }] of nodes.entries()) {
    const angle = (2 * Math.PI * i) / nodes.length;
    graph.addNode(id, { x: Math.cos(angle), y: Math.sin(angle) });
  }
  for (const { from, to } of relationships)
    if (from !== to && graph.hasNode(from) && graph.hasNode(to)) graph.mergeEdge(from, to);
  const settings = { ...forceAtlas2.inferSettings(graph), gravity: 0.5, strongGravityMode: false };
  const layout = forceAtlas2(graph, { iterations: 200, settings });
  const all = Object.values(layout);
  const scale = (key: 'x' | 'y', size: number) => {
    const values = all.map((place) => place[key]!);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return (value: number) =>
      most - least < 1e-9
        ? size / 2
        : margin + ((value - least) / (most - least)) * (size - 2 * margin);
  };
  const [across, down] = [scale('x', width), scale('y', height)];
  return new Map(
    Object.entries(layout).map(([id, { x, y }]) => [Number(id), { x: across(x!), y: down(y!) }]),
  );
}
