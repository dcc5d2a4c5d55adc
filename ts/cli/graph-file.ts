// A graph from a file of any format, for the verbs that work on one.
import type { Graph, GraphFormat, ReadGraphOptions } from '../rooms/graph/graph.js';
import { graphFormatOf } from '../rooms/graph/read.js';
import { type CommonOptions, explain } from './engine.js';
import { nameOf, opened } from './files.js';
import { CliError, interrupt, type Progress } from './terminal.js';

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

/** Options that say how the file is read. */
export interface GraphFileOptions extends CommonOptions {
  directed?: boolean;
  undirected?: boolean;
  format?: keyof typeof formats;
  ignoreWeights?: boolean;
  header?: boolean;
  separator?: string;
  fromColumn?: string;
  toColumn?: string;
  weightColumn?: string;
}

/** Formats that count nodes from 1; a graph counts from 0. */
const fromOne: readonly GraphFormat[] = ['metis', 'matrixMarket'];

/** A graph, and what its file calls the nodes. */
export interface GraphFile {
  graph: Graph;
  format: GraphFormat;
  /** The number of the file's first node, where nodes have numbers. */
  first: number;
  labelOf(node: number): number | string;
  /** The node that an option names; an error with the option's name when there is none. */
  nodeOf(option: string, text: string): number;
  find(text: string): number | undefined;
}

export async function readGraph(
  verb: string,
  Graph_: typeof Graph,
  file: string,
  options: GraphFileOptions,
  progress: Progress,
): Promise<GraphFile> {
  const { graph, format } = await read();
  const first = fromOne.includes(format) ? 1 : 0;
  return {
    graph,
    format,
    first,
    labelOf,
    find,
    nodeOf(option, text) {
      const node = find(text);
      if (node !== undefined) return node;
      throw new CliError(`--${option} ${text}: there is no such node in ${nameOf(file)}`);
    },
  };

  async function read() {
    try {
      const { head, bytes } = await opened(file, progress);
      const asked = options.format && formats[options.format];
      const byEnding = /\.(graph|metis)$/i.test(file.replace(/\.gz$/i, '')) ? 'metis' : undefined;
      const format = asked ?? byEnding ?? graphFormatOf(verb, head);
      const how = { ...optionsFor(file, options, format), format, signal: interrupt.signal };
      return { graph: await Graph_.readAsync(bytes, how), format };
    } catch (error) {
      // What has to be said by an option is not a fault of the file.
      const { code } = error as { code?: string };
      throw code === 'OPTION' ? explain(error, {}) : explain(error, {}, file);
    }
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
}

/** The options that such a file takes; the others are refused where they were given. */
function optionsFor(
  file: string,
  options: GraphFileOptions,
  format: GraphFormat,
): ReadGraphOptions {
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
