// sublinear classify friends.csv --labels known.csv
import { readNpyAsync } from '../npy.js';
import type { GnnRoom } from '../rooms/gnn/gnn.js';
import type { Graph } from '../rooms/graph/graph.js';
import { engineFor, explain } from './engine.js';
import { assertApart, nameOf, opened } from './files.js';
import { type GraphFile, type GraphFileOptions, readGraph } from './graph-file.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';
import { readLabels } from './vectors.js';

export interface ClassifyOptions extends GraphFileOptions {
  labels: string;
  features?: string;
  method?: 'spread' | 'smooth' | 'network';
  alpha?: number;
  steps?: number;
  l2?: number;
  seed?: number;
  correct?: boolean;
  rows?: boolean;
  unweighted?: boolean;
}

/** Which options a method takes, beside those of all. */
const taken = {
  spread: ['alpha', 'steps', 'correct'],
  smooth: ['alpha', 'steps', 'l2', 'correct'],
  network: ['l2', 'seed', 'correct'],
} as const;

interface Known {
  names: string[];
  nodes: Uint32Array;
  labels: Uint32Array;
}

/** A share of each class for each node. */
interface Scores {
  scores: Float32Array;
  about: [string, string][];
}

export async function classify(
  file: string,
  options: ClassifyOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const { features: featureFile } = options;
  const method = options.method ?? (featureFile === undefined ? 'spread' : 'smooth');
  for (const name of ['alpha', 'steps', 'l2', 'seed'] as const)
    if (options[name] !== undefined && !(taken[method] as readonly string[]).includes(name))
      throw new CliError(`--${name}: the method ${method} has none; leave it out`);
  if (method === 'spread' ? featureFile !== undefined : featureFile === undefined)
    throw new CliError(
      method === 'spread'
        ? '--features: spreading takes none; --method smooth or network does'
        : `--method ${method}: it needs --features`,
    );
  const inputs = [file, options.labels, ...(featureFile === undefined ? [] : [featureFile])];
  if (inputs.filter((name) => name === '-').length > 1)
    throw new CliError('only one of graph, labels and features can come from standard input');
  await assertApart(inputs, { '--save': options.save });
  const engine = await engineFor(['graph', 'gnn'], options);
  const how = options.directed ? options : { ...options, undirected: true };
  const input = await readGraph(engine.graph.Graph, file, how, progress);
  const known = knownOf(await readLabels(options.labels, progress), options.labels, input);
  const rows =
    featureFile === undefined
      ? undefined
      : await featuresOf(featureFile, input, !options.rows, progress);

  progress.start('classifying');
  const started = performance.now();
  const work = new Work(engine.gnn, input.graph, known, options);
  const first = await work.begin(method, rows).catch(explained);
  const last = options.correct ? await work.correct(first).catch(explained) : first;
  const ms = performance.now() - started;
  progress.stop();

  const classes = known.names.length;
  const answers = Array.from({ length: input.graph.nodeCount }, (_, node) => {
    const shares = last.scores.subarray(node * classes, (node + 1) * classes);
    let most = 0;
    for (let c = 1; c < classes; c++)
      if ((shares[c] as number) > (shares[most] as number)) most = c;
    return [input.labelOf(node), known.names[most] as string, shares[most] as number] as const;
  });
  print(
    {
      about: [
        ['graph', input.describe()],
        ['known', `${count(known.nodes.length)} nodes of ${count(classes)} classes`],
        ['method', `${method}${options.correct ? ', corrected' : ''}, ${duration(ms)}`],
        ...first.about,
      ],
      columns: ['node', 'class', 'score'],
      rows: answers.map(([node, name, score]) => [node, name, score]),
      json: () => ({
        ...input.facts(),
        method,
        corrected: Boolean(options.correct),
        ms,
        classes: known.names,
        nodes: answers.map(([node, name, score]) => ({ node, class: name, score })),
      }),
    },
    options,
  );
  process.exitCode = EXIT.done;

  function explained(error: unknown): never {
    throw explain(error, { graph: file, features: featureFile ?? '', labels: options.labels });
  }
}

class Work {
  readonly #room: GnnRoom;
  readonly #graph: Graph;
  readonly #known: Known;
  readonly #options: ClassifyOptions;

  constructor(room: GnnRoom, graph: Graph, known: Known, options: ClassifyOptions) {
    this.#room = room;
    this.#graph = graph;
    this.#known = known;
    this.#options = options;
  }

  get #common() {
    return { weighted: !this.#options.unweighted, signal: interrupt.signal };
  }

  async begin(method: keyof typeof taken, rows: Float32Array | undefined): Promise<Scores> {
    if (method === 'spread') return this.#spread();
    return method === 'smooth'
      ? this.#smooth(rows as Float32Array)
      : this.#network(rows as Float32Array);
  }

  async #spread(): Promise<Scores> {
    const { alpha, steps } = this.#options;
    const { scores, errorBound } = await this.#room.labelSpreadAsync(this.#graph, {
      ...this.#set,
      ...this.#common,
      ...(alpha !== undefined && { alpha }),
      ...(steps !== undefined && { steps }),
    });
    return { scores, about: [['error', `at most ${digits(errorBound)}`]] };
  }

  async #smooth(rows: Float32Array): Promise<Scores> {
    const { alpha, steps, l2 = 1e-4 } = this.#options;
    const { nodes, labels, names } = this.#known;
    const smoothed = await this.#room.smoothFeaturesAsync(this.#graph, rows, {
      ...this.#common,
      ...(alpha !== undefined && { alpha }),
      ...(steps !== undefined && { steps }),
    });
    const { features, columns } = smoothed;
    const samples = new Float32Array(nodes.length * columns);
    for (const [i, node] of nodes.entries())
      samples.set(features.subarray(node * columns, (node + 1) * columns), i * columns);
    const { signal } = interrupt;
    using model = await this.#room.LogisticRegression.fitAsync(samples, labels, {
      classes: names.length,
      l2,
      signal,
    });
    const scores = Float32Array.from(model.predict(features).probabilities);
    const { outcome, gradient, iterations } = model;
    const fit = `${outcome} after ${iterations} iterations, largest entry of the gradient ${digits(gradient)}`;
    return { scores, about: [['regression', fit]] };
  }

  async #network(rows: Float32Array): Promise<Scores> {
    const { l2, seed = 0 } = this.#options;
    const { nodes, labels, names } = this.#known;
    using network = await this.#room.GraphNetwork.trainAsync(this.#graph, rows, {
      training: { nodes, labels },
      classes: names.length,
      seed,
      ...this.#common,
      ...(l2 !== undefined && { l2 }),
    });
    const { outputs, columns } = await network.predictAsync(this.#graph, rows, this.#common);
    const { outcome, history } = network;
    const loss = history.at(-1)?.trainingLoss ?? Number.NaN;
    return {
      scores: softmax(outputs, columns),
      about: [['training', `${outcome} after ${history.length} epochs, loss ${digits(loss)}`]],
    };
  }

  /** The scores, corrected by their errors on known nodes. */
  async correct({ scores, about }: Scores): Promise<Scores> {
    const better = await this.#room.correctAndSmoothAsync(this.#graph, scores, {
      ...this.#set,
      ...this.#common,
    });
    return { scores: better.scores, about };
  }

  get #set() {
    const { nodes, labels, names } = this.#known;
    return { nodes, labels, classes: names.length };
  }
}

/** What the numbers of each row say as shares. */
function softmax(outputs: Float32Array, columns: number): Float32Array {
  const shares = Float32Array.from(outputs);
  for (let at = 0; at < shares.length; at += columns) {
    const row = shares.subarray(at, at + columns);
    const most = row.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += row[c] = Math.exp((row[c] as number) - most);
    for (let c = 0; c < columns; c++) row[c] = (row[c] as number) / sum;
  }
  return shares;
}

/** Lines of a node and its class, with a comma, a tab or blanks between them. */
function knownOf(lines: readonly string[], path: string, input: GraphFile): Known {
  const names = new Map<string, number>();
  const of = new Map<number, number>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const parts = /^\s*(.*?)\s*(?:[,\t]|\s)\s*([^,\t]*?)\s*$/.exec(line);
    const [, node = '', name = ''] = parts ?? [];
    if (node === '' || name === '')
      throw new CliError(`${nameOf(path)}:${i + 1}: expected a node and its class: Ada,red`);
    if (!names.has(name)) names.set(name, names.size);
    of.set(input.nodesOf('labels', [node])[0] as number, names.get(name) as number);
  }
  if (names.size < 2)
    throw new CliError(`${nameOf(path)}: ${names.size} classes, expected two or more`);
  return {
    names: [...names.keys()],
    nodes: Uint32Array.from(of.keys()),
    labels: Uint32Array.from(of.values()),
  };
}

/** A row for each node, by the number that the graph's file gives it; divided by its sum where that is wanted. */
async function featuresOf(
  path: string,
  input: GraphFile,
  raw: boolean,
  progress: Progress,
): Promise<Float32Array> {
  const { shape, data } = await readNpyAsync((await opened(path, progress)).bytes).catch(
    (error) => {
      throw explain(error, {}, path);
    },
  );
  const [rows = 0, columns = 1] = shape;
  if (shape.length !== 2)
    throw new CliError(`${nameOf(path)}: an array of ${shape.length} axes, expected a row a node`);
  const { nodeCount } = input.graph;
  const features = new Float32Array(nodeCount * columns);
  for (let node = 0; node < nodeCount; node++) {
    const row = Number(input.labelOf(node));
    if (!Number.isSafeInteger(row) || row < 0 || row >= rows)
      throw new CliError(
        `${nameOf(path)}: ${count(rows)} rows, which are found by the numbers of nodes, and there is a node ${input.labelOf(node)}`,
      );
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const value = Number(data[row * columns + c]);
      features[node * columns + c] = value;
      sum += Math.abs(value);
    }
    for (let c = 0; !raw && sum > 0 && c < columns; c++)
      features[node * columns + c] = (features[node * columns + c] as number) / sum;
  }
  return features;
}
