// sublinear rank edges.txt [--source 42]
import type { PageRankMethod } from '../rooms/diffusion/diffusion.js';
import type { GraphFormat, ReadGraphOptions } from '../rooms/graph/graph.js';
import { graphFormatOf } from '../rooms/graph/read.js';
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

/** Formats by their names on the command line. */
export const formats = {
  snap: 'edgeList',
  csv: 'csv',
  metis: 'metis',
  'matrix-market': 'matrixMarket',
  json: 'json',
  graphml: 'graphml',
  gexf: 'gexf',
  pajek: 'pajek',
} as const satisfies Record<string, GraphFormat>;

export interface RankOptions extends CommonOptions {
  source?: string;
  top: number;
  directed?: boolean;
  undirected?: boolean;
  damping: number;
  tolerance: number;
  method: string;
  maxTime?: number;
  format?: keyof typeof formats;
  save?: string;
  ignoreWeights?: boolean;
  header?: boolean;
  separator?: string;
  fromColumn?: string;
  toColumn?: string;
  weightColumn?: string;
}

/** Formats that count nodes from 1; a graph counts from 0. */
const fromOne: readonly GraphFormat[] = ['metis', 'matrixMarket'];

export async function rank(file: string, options: RankOptions, progress: Progress): Promise<void> {
  await assertApart([file], { '--save': options.save });
  const engine = await engineFor(['graph', 'diffusion'], options);
  const { graph, format } = await read();
  const first = fromOne.includes(format) ? 1 : 0;
  if (first === 1 && options.save !== undefined) {
    throw new CliError(
      `--save: ${format === 'metis' ? 'METIS' : 'Matrix Market'} counts nodes from 1 and a saved graph from 0; save an edge list`,
    );
  }
  if (options.save !== undefined) await writeFile(options.save, graph.saveInPieces());
  const sources = options.source === undefined ? undefined : sourcesOf(options.source);
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
    try {
      const { head, bytes } = await opened(file, progress);
      const asked = options.format && formats[options.format];
      const byEnding = /\.(graph|metis)$/i.test(file.replace(/\.gz$/i, '')) ? 'metis' : undefined;
      const format = asked ?? byEnding ?? graphFormatOf('rank', head);
      const how = { ...optionsFor(format), format, signal: interrupt.signal };
      return { graph: await Graph.readAsync(bytes, how), format };
    } catch (error) {
      // What has to be said by an option is not a fault of the file.
      const { code } = error as { code?: string };
      throw code === 'OPTION' ? explain(error, {}) : explain(error, {}, file);
    }
  }

  /** The options that such a file takes; the others are refused where they were given. */
  function optionsFor(format: GraphFormat): ReadGraphOptions {
    const refuse = (option: string, why: string) =>
      new CliError(`--${option}: ${nameOf(file)} is ${why}`);
    if (format === 'metis' && options.directed)
      throw refuse('directed', 'a METIS graph, and those are undirected');
    const columns = ['header', 'separator', 'fromColumn', 'toColumn', 'weightColumn'] as const;
    const lines = format === 'edgeList' || format === 'csv';
    const misplaced = columns.find((name) => options[name] !== undefined && !lines);
    if (misplaced !== undefined)
      throw refuse(
        misplaced.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
        `no table: it is read as ${format}`,
      );
    if (options.separator !== undefined && format !== 'csv')
      throw refuse('separator', 'read as lines of words; --format csv reads separated values');
    const way = options.directed ? true : options.undirected ? false : undefined;
    const directed =
      way === undefined || format === 'metis' || format === 'saved' ? {} : { directed: way };
    if (lines) {
      const column = (name: 'fromColumn' | 'toColumn' | 'weightColumn') => {
        const text = options[name];
        return text !== undefined && { [name]: /^\d+$/.test(text) ? Number(text) : text };
      };
      return {
        ...directed,
        compactIds: true,
        weights: options.ignoreWeights ? 'ignore' : 'auto',
        ...(options.header !== undefined && { header: options.header }),
        ...(options.separator !== undefined && {
          separator: options.separator === '\\t' ? '\t' : options.separator,
        }),
        ...column('fromColumn'),
        ...column('toColumn'),
        ...column('weightColumn'),
      };
    }
    const described = ['json', 'graphml', 'gexf', 'pajek'].includes(format);
    if (options.ignoreWeights && !described)
      throw refuse('ignore-weights', `read as ${format}, whose weights are part of it`);
    return { ...directed, ...(options.ignoreWeights && { weight: null }) };
  }

  // Nodes are called what the file calls them.
  function labelOf(node: number): number | string {
    const label = graph.labelOf(node);
    if (typeof label === 'number') return label + first;
    return typeof label === 'bigint' ? String(label) : label;
  }

  function find(text: string): number | undefined {
    const number = /^\d+$/.test(text) ? Number(text) : undefined;
    const named = first === 0 ? graph.nodeOf(text) : undefined;
    if (named !== undefined || number === undefined || !Number.isSafeInteger(number)) return named;
    return graph.nodeOf(number - first);
  }

  // A name may have a comma in it.
  function sourcesOf(text: string): number[] {
    const whole = find(text);
    if (whole !== undefined) return [whole];
    return text.split(',').map((part) => {
      const node = find(part.trim());
      if (node !== undefined) return node;
      throw new CliError(`--source ${part.trim()}: there is no such node in ${nameOf(file)}`);
    });
  }

  function asJson(): string {
    const { nodes, scores, ...rest } = result;
    return JSON.stringify({
      graph: nameOf(file),
      nodes: graph.nodeCount,
      edges: graph.edgeCount,
      directed: graph.directed,
      weighted: graph.weighted,
      source: sources?.map(labelOf) ?? null,
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
          : `nearness to node ${sources.map(labelOf).join(', ')}`,
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
