// The graphs of the first tab: where they come from, what their nodes are called, and how one is found by its name.
import { type Remote, wrap } from 'comlink';
import { engine } from '../engine.js';
import { fetched } from '../fetched.js';
import type { Dictionary } from './dictionary.worker.js';

export type RemoteGraph = Awaited<ReturnType<typeof fromEdges>>;

export interface GraphData {
  graph: RemoteGraph;
  nodeCount: number;
  edgeCount: number;
  /** Edges lead one way. */
  directed: boolean;
  labels(nodes: ArrayLike<number>): Promise<string[]>;
  /** The nodes that a text names. */
  find(text: string): Promise<number[]>;
  suggest(start: string): Promise<string[]>;
  dispose(): Promise<void>;
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
  return Graph.fromEdges({ ...input, parallel: 'once' });
}

let worker: Remote<Dictionary> | undefined;
function dictionary(): Remote<Dictionary> {
  worker ??= wrap<Dictionary>(
    new Worker(new URL('./dictionary.worker.js', import.meta.url), { type: 'module' }),
  );
  return worker;
}

export async function wordNet(): Promise<GraphData> {
  // All three at once: the names, the edges, and the engine that takes them.
  const engineReady = engine().then((ready) => ready.use('diffusion'));
  const bytes = fetched('wordnet.edges').then((response) => response.arrayBuffer());
  const names = dictionary();
  const opened = names.wordNet(document.baseURI);
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
    ...named(names, 'wordnet'),
    first: 'bank',
  });
}

const named = (names: Remote<Dictionary>, of: string) => ({
  labels: (nodes: ArrayLike<number>) => names.labels(of, Array.from(nodes)),
  find: (text: string) => names.find(of, text),
  suggest: (start: string) => names.suggest(of, start),
});

interface Flights {
  airports: { code: string; name: string; city: string; state: string; x: number; y: number }[];
  from: number[];
  to: number[];
  counts: number[];
  lines: number[][];
}

export async function flights(): Promise<GraphData> {
  const { airports, from, to, counts, lines } = (await (
    await fetched('flights.json')
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

let opened = 0;

/** An edge list (edge-list.ts), read and its names kept in the worker of names. */
export async function fromFile(
  file: File,
  oneWay: boolean,
  signal: AbortSignal,
): Promise<GraphData> {
  const of = `file ${++opened}`;
  const names = dictionary();
  try {
    const { first, directed, ...edges } = await names.open(of, file);
    signal.throwIfAborted();
    return await described(await fromEdges({ ...edges, directed: directed ?? oneWay }), {
      ...named(names, of),
      first,
      forget: () => names.forget(of),
    });
  } catch (error) {
    await names.forget(of);
    throw error;
  }
}

async function described(
  graph: RemoteGraph,
  names: Pick<GraphData, 'labels' | 'find' | 'suggest' | 'first' | 'map'> & {
    forget?: () => Promise<void>;
  },
): Promise<GraphData> {
  const [nodeCount, edgeCount, directed] = await Promise.all([
    graph.nodeCount,
    graph.edgeCount,
    graph.directed,
  ]);
  const { forget, ...rest } = names;
  const dispose = async () => {
    await Promise.all([graph.dispose(), forget?.()]);
  };
  return { graph, nodeCount, edgeCount, directed, ...rest, dispose };
}
