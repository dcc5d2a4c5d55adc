// The graphs of the first tab: where they come from, what their nodes are called, and how one is found by its name.
import { type Remote, wrap } from 'comlink';
import { engine } from '../engine.js';
import type { Dictionary } from './dictionary.worker.js';

export type RemoteGraph = Awaited<ReturnType<typeof fromEdges>>;

export interface GraphData {
  graph: RemoteGraph;
  nodeCount: number;
  edgeCount: number;
  labels(nodes: ArrayLike<number>): Promise<string[]>;
  /** The nodes that a text names. */
  find(text: string): Promise<number[]>;
  suggest(start: string): Promise<string[]>;
  /** What is asked about first. */
  first: string;
  /** Places in the plane, x and y of node after node, and lines drawn below them. Without: a layout is computed. */
  map?: { places: Float64Array; lines: number[][] };
}

async function fromEdges(input: {
  from: Uint32Array;
  to: Uint32Array;
  weights?: Float64Array;
  directed: boolean;
  nodeCount: number;
}) {
  const { Graph } = await (await engine()).use('diffusion');
  return Graph.fromEdges(input);
}

let worker: Remote<Dictionary> | undefined;
function dictionary(): Remote<Dictionary> {
  worker ??= wrap<Dictionary>(
    new Worker(new URL('./dictionary.worker.js', import.meta.url), { type: 'module' }),
  );
  return worker;
}

const get = async (name: string) => {
  const response = await fetch(new URL(`data/${name}`, document.baseURI));
  if (!response.ok) throw new Error(`data/${name} could not be fetched: ${response.status}`);
  return response;
};

export async function wordNet(): Promise<GraphData> {
  // All three at once: the names, the edges, and the engine that takes them.
  const engineReady = engine().then((ready) => ready.use('diffusion'));
  const bytes = get('wordnet.edges').then((response) => response.arrayBuffer());
  const names = dictionary();
  const opened = names.open(document.baseURI);
  await engineReady;
  const edges = new Uint32Array(await bytes);
  await opened;
  const half = edges.length / 2;
  const from = edges.slice(0, half);
  const to = edges.slice(half);
  let last = 0;
  for (const node of edges) if (node > last) last = node;
  const graph = await fromEdges({ from, to, directed: false, nodeCount: last + 1 });
  return described(graph, {
    labels: (nodes) => names.labels(Array.from(nodes)),
    find: (text) => names.meanings(text),
    suggest: (start) => names.suggest(start),
    first: 'bank',
  });
}

interface Flights {
  airports: { code: string; name: string; city: string; state: string; x: number; y: number }[];
  from: number[];
  to: number[];
  counts: number[];
  lines: number[][];
}

export async function flights(): Promise<GraphData> {
  const { airports, from, to, counts, lines } = (await (
    await get('flights.json')
  ).json()) as Flights;
  const graph = await fromEdges({
    from: Uint32Array.from(from),
    to: Uint32Array.from(to),
    weights: Float64Array.from(counts),
    directed: true,
    nodeCount: airports.length,
  });
  const names = airports.map(({ code, city, state }) => `${code} · ${city}, ${state}`);
  const matching = (text: string) => {
    const wanted = text.trim().toLowerCase();
    const exact = airports.findIndex(({ code }) => code.toLowerCase() === wanted);
    if (exact >= 0) return [exact];
    return names.flatMap((name, i) => (name.toLowerCase().includes(wanted) ? [i] : []));
  };
  return described(graph, {
    labels: async (nodes) => Array.from(nodes, (node) => names[node]!),
    find: async (text) => matching(text).slice(0, 1),
    suggest: async (start) =>
      matching(start)
        .slice(0, 12)
        .map((node) => names[node]!.slice(0, 3)),
    first: 'SEA',
    map: { places: Float64Array.from(airports.flatMap(({ x, y }) => [x, y])), lines },
  });
}

/**
 * An edge list: a line for each edge, two numbers or names, and a weight if there is one; a comma or blanks between.
 * Numbers are read by the engine as they stand, names are numbered first.
 */
export async function fromFile(file: File, signal: AbortSignal): Promise<GraphData> {
  const { Graph } = await (await engine()).use('diffusion');
  const text = await file.text();
  const separator = text.includes(',') ? ',' : undefined;
  const first = text.split('\n', 50).find((line) => /^\s*[^#%\s]/.test(line)) ?? '';
  const isNumbered = first
    .trim()
    .split(separator ?? /\s+/)
    .every((part) => part.trim() !== '' && !Number.isNaN(Number(part)));
  if (!isNumbered) {
    const { labels, ...edges } = await dictionary().readNames(text);
    signal.throwIfAborted();
    const numbers = new Map(labels.map((label, node) => [label.toLowerCase(), node]));
    return described(await fromEdges({ ...edges, directed: false, nodeCount: labels.length }), {
      labels: async (nodes) => Array.from(nodes, (node) => labels[node]!),
      find: async (name) => [numbers.get(name.trim().toLowerCase())].flatMap((node) => node ?? []),
      suggest: async (start) => labels.filter((label) => label.startsWith(start)).slice(0, 12),
      first: labels[0]!,
    });
  }
  const graph = separator
    ? await Graph.fromCsvAsync(text, { directed: false, compactIds: true, signal })
    : await Graph.fromEdgeListAsync(text, { directed: false, compactIds: true, signal });
  const [label = 0] = await graph.labelsOf([0]);
  return described(graph, {
    labels: async (nodes) => (await graph.labelsOf(Uint32Array.from(nodes))).map(String),
    find: async (name) => [await graph.nodeOf(Number(name))].flatMap((node) => node ?? []),
    suggest: async () => [],
    first: String(label),
  });
}

async function described(
  graph: RemoteGraph,
  names: Omit<GraphData, 'graph' | 'nodeCount' | 'edgeCount'>,
): Promise<GraphData> {
  const [nodeCount, edgeCount] = await Promise.all([graph.nodeCount, graph.edgeCount]);
  return { graph, nodeCount, edgeCount, ...names };
}
