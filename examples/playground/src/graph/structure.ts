// What the colours of the picture say: who belongs together, who lies between others, the way to a node, and what would have
// to fail for there to be none. Asked of the whole graph; the picture shows a part of it.
import { engine } from '../engine.js';
import { small, whole } from '../ui.js';
import type { GraphData } from './data.js';

export const views = {
  score: 'score',
  communities: 'community',
  betweenness: 'betweenness',
  path: 'shortest path to',
  cut: 'bottleneck to',
};
export type View = keyof typeof views;

export interface Structure {
  /** In words, names included. */
  text: string;
  /** Of each of the nodes that were given: a group to colour it by (the largest is 0), or a share between 0 and 1. */
  groups?: Map<number, number>;
  shares?: Map<number, number>;
  /** Nodes that have to be in the picture, and the edges between nodes that stand out. */
  nodes: number[];
  edges: [number, number][];
  /** The call, for who wants to repeat it. */
  code: string;
}

const none = { nodes: [], edges: [] };

// What was asked of a graph is kept with it.
const communities = new WeakMap<GraphData, Promise<{ labels: Uint32Array; text: string }>>();
const between = new WeakMap<GraphData, Promise<{ scores: Float64Array; text: string }>>();

async function findCommunities(data: GraphData) {
  const { leidenAsync } = await (await engine()).use('communities');
  const { labels, count, quality } = await leidenAsync(data.graph);
  return { labels, text: `${whole(count)} communities, modularity ${quality.toFixed(3)}.` };
}

async function findBetween(data: GraphData) {
  const { betweennessSampledAsync } = await (await engine()).use('paths');
  const found = await betweennessSampledAsync(data.graph, { weighted: false });
  const { scores, halfWidth, confidence, samples } = found;
  let most = 0;
  for (const [node, score] of scores.entries()) if (score > scores[most]!) most = node;
  const [name] = await data.labels([most]);
  return {
    scores,
    text: `Most paths lead through ${name}: ${small(100 * scores[most]!)} % of all. With probability ${confidence} no share is off by more than ${small(100 * halfWidth)} %; ${whole(samples)} paths were drawn.`,
  };
}

/** Remembers what `find` gives, but no failure. */
function once<Result>(
  kept: WeakMap<GraphData, Promise<Result>>,
  data: GraphData,
  find: () => Promise<Result>,
) {
  let found = kept.get(data);
  if (!found) {
    found = find();
    found.catch(() => kept.delete(data));
    kept.set(data, found);
  }
  return found;
}

export async function structureOf(
  view: View,
  data: GraphData,
  shown: Uint32Array,
  source: number,
  target: number | undefined,
  signal: AbortSignal,
): Promise<Structure | undefined> {
  if (view === 'score') return undefined;
  if (view === 'communities') {
    const { labels, text } = await once(communities, data, () => findCommunities(data));
    return {
      ...none,
      text,
      groups: new Map(Array.from(shown, (node) => [node, labels[node]!])),
      code: `const { leiden } = await load(); // sublinear/communities
const { labels, count, quality } = leiden(graph);`,
    };
  }
  if (view === 'betweenness') {
    const { scores, text } = await once(between, data, () => findBetween(data));
    const largest = Math.max(...Array.from(shown, (node) => scores[node]!), 1e-300);
    return {
      ...none,
      text,
      shares: new Map(Array.from(shown, (node) => [node, Math.sqrt(scores[node]! / largest)])),
      code: `const { betweennessSampled } = await load(); // sublinear/paths
const { scores, halfWidth, confidence } = betweennessSampled(graph, { weighted: false });`,
    };
  }
  if (target === undefined || target === source)
    return { ...none, text: 'Say which node to go to.', code: '' };
  return view === 'path'
    ? path(data, source, target, signal)
    : cut(data, shown, source, target, signal);
}

async function path(
  data: GraphData,
  source: number,
  target: number,
  signal: AbortSignal,
): Promise<Structure> {
  const { shortestPathAsync } = await (await engine()).use('paths');
  const { length, nodes } = await shortestPathAsync(data.graph, {
    source,
    target,
    weighted: false,
    signal,
  });
  const list = Array.from(nodes);
  const names = await data.labels(list);
  return {
    text:
      list.length > 0
        ? `${whole(length)} steps: ${names.map((name) => name.split(' · ')[0]).join(' → ')}.`
        : 'There is no path.',
    shares: new Map(list.map((node) => [node, 1])),
    nodes: list,
    edges: list.slice(1).map((node, i) => [list[i]!, node]),
    code: `const { shortestPath } = await load(); // sublinear/paths
const { length, nodes } = shortestPath(graph, { source: ${source}, target: ${target}, weighted: false });`,
  };
}

const NAMED = 6;

async function cut(
  data: GraphData,
  shown: Uint32Array,
  source: number,
  target: number,
  signal: AbortSignal,
): Promise<Structure> {
  const { maxFlowAsync } = await (await engine()).use('cuts');
  const found = await maxFlowAsync(data.graph, { source, target, signal });
  const side = new Set(found.side);
  const edges = Array.from(found.cut.from, (from, i): [number, number] => [from, found.cut.to[i]!]);
  const named = edges.slice(0, NAMED);
  const names = await data.labels(named.flat());
  const pairs = named.map(
    (_, i) => `${names[2 * i]!.split(' · ')[0]}–${names[2 * i + 1]!.split(' · ')[0]}`,
  );
  const rest = edges.length > NAMED ? ` and ${whole(edges.length - NAMED)} more` : '';
  return {
    text:
      edges.length > 0
        ? `Without ${whole(edges.length)} ${edges.length === 1 ? 'edge' : 'edges'} of weight ${small(found.value)} there is no way: ${pairs.join(', ')}${rest}. On the near side: ${whole(side.size)} ${side.size === 1 ? 'node' : 'nodes'}.`
        : 'There is no path.',
    groups: new Map(
      [...shown, target, ...named.flat()].map((node) => [node, side.has(node) ? 0 : 1]),
    ),
    nodes: [target, ...named.flat()],
    edges,
    code: `const { maxFlow } = await load(); // sublinear/cuts
const { value, side, cut } = maxFlow(graph, { source: ${source}, target: ${target} });`,
  };
}
