// sublinear rank edges.txt [--source 42]
import type { PageRankMethod } from '../rooms/diffusion/diffusion.js';
import type { NodeLabel } from '../rooms/graph/graph.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, opened, writeFile } from './files.js';
import {
  CliError,
  count,
  digits,
  duration,
  EXIT,
  facts,
  interrupt,
  type Progress,
  say,
  table,
} from './terminal.js';

type EdgeFormat = 'snap' | 'csv' | 'metis';

export interface RankOptions extends CommonOptions {
  source?: NodeLabel[];
  top: number;
  directed?: boolean;
  undirected?: boolean;
  damping: number;
  tolerance: number;
  method: string;
  maxTime?: number;
  format?: EdgeFormat;
  save?: string;
  ignoreWeights?: boolean;
}

export async function rank(file: string, options: RankOptions, progress: Progress): Promise<void> {
  const format = options.format ?? formatOf(file);
  if (format === 'metis' && options.directed) {
    throw new CliError(`--directed: ${nameOf(file)} is a METIS graph, and those are undirected`);
  }
  if (format === 'metis' && options.save !== undefined) {
    throw new CliError(
      '--save: METIS counts nodes from 1 and a saved graph from 0; save an edge list',
    );
  }
  await assertApart([file], { '--save': options.save });
  const engine = await engineFor(['graph', 'diffusion'], options);
  const graph = await read();
  if (options.save !== undefined) await writeFile(options.save, graph.saveInPieces());
  const sources = options.source?.map(nodeOf);
  const k = Math.min(options.top, graph.nodeCount);

  progress.start('ranking');
  const started = performance.now();
  const settings = {
    damping: options.damping,
    tolerance: options.tolerance,
    method: options.method as PageRankMethod,
    topK: k,
    output: 'float64' as const,
    ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
    signal: interrupt.signal,
  };
  const { personalizedPageRankAsync, pageRankAsync } = engine.diffusion;
  const result = await (sources === undefined
    ? pageRankAsync(graph, settings)
    : personalizedPageRankAsync(graph, { ...settings, source: { nodes: sources } })
  ).catch((error) => {
    throw explain(error, { graph: file });
  });
  const ms = performance.now() - started;
  progress.stop();

  const ranking = Array.from(result.nodes, (node, i) => ({
    node: labelOf(node),
    score: result.scores[i] as number,
  }));
  say(options.json ? asJson() : asText());
  process.exitCode = result.outcome === 'converged' ? EXIT.done : EXIT.notConverged;

  async function read() {
    const { Graph } = engine.graph;
    const { saved, bytes: text } = await opened(file, progress);
    const { signal } = interrupt;
    const weights = options.ignoreWeights ? ('ignore' as const) : ('auto' as const);
    const list = { directed: options.undirected !== true, compactIds: true, weights, signal };
    try {
      if (saved) return await Graph.loadAsync(text, { signal });
      if (format === 'metis') return await Graph.fromMetisAsync(text, { signal });
      return await (format === 'csv'
        ? Graph.fromCsvAsync(text, list)
        : Graph.fromEdgeListAsync(text, list));
    } catch (error) {
      throw explain(error, {}, file);
    }
  }

  // Nodes are called what the file calls them; METIS counts from 1.
  function labelOf(node: number): number | string {
    if (format === 'metis') return node + 1;
    const label = graph.labelOf(node);
    return typeof label === 'bigint' ? String(label) : label;
  }

  function nodeOf(label: NodeLabel): number {
    const node = format === 'metis' ? graph.nodeOf(Number(label) - 1) : graph.nodeOf(label);
    if (node !== undefined) return node;
    throw new CliError(`--source ${label}: there is no such node in ${nameOf(file)}`);
  }

  function asJson(): string {
    const { nodes, scores, ...rest } = result;
    return JSON.stringify({
      graph: nameOf(file),
      nodes: graph.nodeCount,
      edges: graph.edgeCount,
      directed: graph.directed,
      weighted: graph.weighted,
      source:
        options.source?.map((label) => (typeof label === 'bigint' ? String(label) : label)) ?? null,
      damping: options.damping,
      tolerance: options.tolerance,
      ...rest,
      ms,
      ranking,
    });
  }

  function asText(): string {
    const kind = `${graph.directed ? 'directed' : 'undirected'}${graph.weighted ? ', weighted' : ''}`;
    const { touchedNodes } = result.work;
    const share = digits((100 * touchedNodes) / graph.nodeCount);
    const about = facts([
      [
        'graph',
        `${nameOf(file)}: ${count(graph.nodeCount)} nodes, ${count(graph.edgeCount)} edges, ${kind}`,
      ],
      [
        'question',
        sources === undefined
          ? 'PageRank of the whole graph'
          : `nearness to node ${options.source?.join(', ')}`,
      ],
      ['outcome', `${result.outcome}, ${result.method}, ${duration(ms)}`],
      ['work', `${count(touchedNodes)} nodes touched (${share} %)`],
      [
        'error',
        `all scores of the graph together are off by at most ${digits(result.errorBound)} (proved)`,
      ],
      ['places', `the first ${result.provedPlaces} of ${k} are proved to hold the right node`],
    ]);
    const rows = ranking.map(({ node, score }, i) => [i + 1, node, score.toFixed(9)]);
    return `${about}\n\n${table(['place', 'node', 'score'], rows)}`;
  }
}

/** The format that the ending of a file name promises. */
function formatOf(file: string): EdgeFormat {
  if (/\.csv$/i.test(file)) return 'csv';
  return /\.(graph|metis)$/i.test(file) ? 'metis' : 'snap';
}
