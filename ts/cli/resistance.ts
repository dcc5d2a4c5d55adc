// sublinear resistance edges.txt --source 1 --target 7,9
import { engineFor, explain } from './engine.js';
import { type GraphFileOptions, readGraph } from './graph-file.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

export interface ResistanceOptions extends GraphFileOptions {
  source?: string[];
  target?: string[];
  tolerance?: number;
  epsilon?: number;
  confidence?: number;
  seed?: number;
  maxTime?: number;
}

type Row = readonly [from: number | string, to: number | string, resistance: number, bound: number];

export async function resistance(
  file: string,
  options: ResistanceOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const { source, target } = options;
  if ((source === undefined) !== (target === undefined))
    throw new CliError('--source and --target go together; without both, all edges are computed');
  const pairwise = source !== undefined;
  for (const name of ['epsilon', 'confidence', 'seed'] as const)
    if (pairwise && options[name] !== undefined)
      throw new CliError(`--${name}: only for all edges, without --source and --target`);
  if (!pairwise && options.tolerance !== undefined)
    throw new CliError('--tolerance: only for pairs, with --source and --target');
  const engine = await engineFor(['graph', 'resistance'], options);
  const input = await readGraph(
    engine.graph.Graph,
    file,
    { ...options, undirected: true },
    progress,
  );
  const { graph } = input;
  const started = performance.now();
  const limit = options.maxTime !== undefined ? 1000 * options.maxTime : undefined;
  const { rows, outcome, about, json } = await (pairwise ? pairs() : edges()).catch((error) => {
    throw explain(error, { graph: file });
  });
  const ms = performance.now() - started;
  progress.stop();
  print(
    {
      about: [
        ['graph', input.describe()],
        ['question', pairwise ? `${count(rows.length)} pairs of nodes` : 'all edges'],
        ['outcome', `${outcome}, ${duration(ms)}`],
        ...about,
      ],
      columns: ['from', 'to', 'resistance', 'errorBound'],
      rows,
      table: rows.map(([from, to, value, bound]) => [from, to, digits(value), digits(bound)]),
      json: () => ({
        ...input.facts(),
        outcome,
        ...json,
        ms,
        resistances: rows.map(([from, to, value, errorBound]) => ({
          from,
          to,
          // JSON has no infinity, which is the answer where nothing connects the two.
          resistance: Number.isFinite(value) ? value : null,
          errorBound: Number.isFinite(errorBound) ? errorBound : null,
        })),
      }),
    },
    options,
  );
  process.exitCode = outcome === 'converged' ? EXIT.done : EXIT.notConverged;

  async function pairs() {
    const ends = input.nodesOf('target', target as string[]);
    const starts = input.nodesOf('source', source as string[]);
    const { effectiveResistanceAsync } = engine.resistance;
    const { tolerance = 1e-6 } = options;
    const rows: Row[] = [];
    let outcome = 'converged';
    progress.start('solving', starts.length * ends.length);
    for (const from of starts)
      for (const to of ends) {
        const left = limit === undefined ? undefined : limit - (performance.now() - started);
        const found = await effectiveResistanceAsync(graph, {
          source: from,
          target: to,
          tolerance,
          signal: interrupt.signal,
          ...(left !== undefined && { maxTimeMs: Math.max(1e-3, left) }),
        });
        if (outcome === 'converged') outcome = found.outcome;
        rows.push([input.labelOf(from), input.labelOf(to), found.resistance, found.errorBound]);
        progress.update(rows.length);
      }
    return { rows, outcome, about: [], json: { tolerance } };
  }

  async function edges() {
    const { edgeResistancesAsync } = engine.resistance;
    progress.start('solving');
    const found = await edgeResistancesAsync(graph, {
      ...(options.epsilon !== undefined && { epsilon: options.epsilon }),
      ...(options.confidence !== undefined && { confidence: options.confidence }),
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(limit !== undefined && { maxTimeMs: limit }),
      signal: interrupt.signal,
      onProgress: ({ edgeOperations, expectedOperations = 0 }) =>
        progress.update(
          expectedOperations > 0 ? edgeOperations / expectedOperations : 0,
          `${count(edgeOperations)} edge operations`,
        ),
    });
    const { relativeError, confidence, seed, solves } = found;
    const rows = Array.from(found.resistances, (value, i): Row => {
      const [from, to] = [found.from[i] as number, found.to[i] as number];
      return [input.labelOf(from), input.labelOf(to), value, value * relativeError];
    });
    const about: [string, string][] = [
      [
        'error',
        `all are within ${digits(100 * relativeError)} % at once with probability ${confidence}, by ${count(solves)} solves`,
      ],
    ];
    return {
      rows,
      outcome: found.outcome,
      about,
      json: { relativeError, confidence, seed, solves },
    };
  }
}
