// Graphs as the verbs read them: formats, columns, and nodes by what the file calls them.
import type { Graph, GraphFormat, ReadGraphOptions } from '../rooms/graph/graph.js';
import { graphFormatOf } from '../rooms/graph/read.js';
import { type CommonOptions, explain } from './engine.js';
import { assertApart, nameOf, opened, writeFile } from './files.js';
import { formats } from './options.js';
import { CliError, count, interrupt, type Progress } from './terminal.js';

/** Options of every verb that reads a graph. */
export interface GraphFileOptions extends CommonOptions {
  directed?: boolean;
  undirected?: boolean;
  inputFormat?: keyof typeof formats;
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

/** A graph that was read, and how its nodes are called. */
export class GraphFile {
  /** What is added to a node's number where it has no name. */
  readonly #first: number;

  constructor(
    readonly file: string,
    readonly graph: Graph,
    format: GraphFormat,
  ) {
    this.#first = fromOne.includes(format) ? 1 : 0;
  }

  get countsFromOne(): boolean {
    return this.#first === 1;
  }

  /** Nodes are called what the file calls them. */
  labelOf(node: number): number | string {
    const label = this.graph.labelOf(node);
    if (typeof label === 'number') return label + this.#first;
    return typeof label === 'bigint' ? String(label) : label;
  }

  /** Nodes of an option, which may be given several times and may list several, with commas between them. */
  nodesOf(option: string, texts: readonly string[]): number[] {
    return texts.flatMap((text) => {
      // A name may have a comma in it.
      const whole = this.#find(text);
      if (whole !== undefined) return [whole];
      return text.split(',').map((part) => {
        const node = this.#find(part.trim());
        if (node !== undefined) return node;
        throw new CliError(
          `--${option} ${part.trim()}: there is no such node in ${nameOf(this.file)}`,
        );
      });
    });
  }

  /** For the first line of a summary. */
  describe(): string {
    const { nodeCount, edgeCount, directed, weighted } = this.graph;
    const kind = `${directed ? 'directed' : 'undirected'}${weighted ? ', weighted' : ''}`;
    return `${nameOf(this.file)}: ${count(nodeCount)} nodes, ${count(edgeCount)} edges, ${kind}`;
  }

  /** For the JSON result. */
  facts() {
    const { nodeCount, edgeCount, directed, weighted } = this.graph;
    return { graph: nameOf(this.file), nodes: nodeCount, edges: edgeCount, directed, weighted };
  }

  #find(text: string): number | undefined {
    const first = this.#first;
    const number = /^\d+$/.test(text) ? Number(text) : undefined;
    const named = first === 0 ? this.graph.nodeOf(text) : undefined;
    if (named !== undefined || number === undefined || !Number.isSafeInteger(number)) return named;
    return this.graph.nodeOf(number - first);
  }
}

/** Reads a graph, and saves it where `--save` says. */
export async function readGraph(
  Graph: {
    readAsync(source: AsyncIterable<Uint8Array>, options: ReadGraphOptions): Promise<Graph>;
  },
  file: string,
  options: GraphFileOptions,
  progress: Progress,
): Promise<GraphFile> {
  await assertApart([file], { '--save': options.save });
  const { graph, format } = await read();
  if (options.save !== undefined) {
    if (fromOne.includes(format))
      throw new CliError(
        `--save: ${format === 'metis' ? 'METIS' : 'Matrix Market'} counts nodes from 1 and a saved graph from 0; save an edge list`,
      );
    await writeFile(options.save, graph.saveInPieces());
  }
  return new GraphFile(file, graph, format);

  async function read() {
    try {
      const { head, bytes } = await opened(file, progress);
      const asked = options.inputFormat && formats[options.inputFormat];
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
      throw refuse(
        'separator',
        'read as lines of words; --input-format csv reads separated values',
      );
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
}
