// sublinear centrality edges.txt --measure betweenness
import { engineFor, explain } from './engine.js';
import { type GraphFileOptions, readGraph } from './graph-file.js';
import { type GraphOutOptions, graphOut } from './graph-out.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

export interface CentralityOptions extends GraphFileOptions, GraphOutOptions {
  measure: 'betweenness' | 'closeness' | 'harmonic' | 'eccentricity';
  top: number;
  unweighted?: boolean;
  epsilon?: number;
  confidence?: number;
  seed?: number;
  maxTime?: number;
}

interface Scored {
  scores: Float64Array;
  /** What is known about the scores. */
  about: [string, string];
  facts: Record<string, unknown>;
  edgeOperations: number;
  whole: boolean;
}

/** Options of samples, which are no use without them. */
const sampling = ['confidence', 'seed', 'maxTime'] as const;
const flags = { confidence: '--confidence', seed: '--seed', maxTime: '--max-time' };

export async function centrality(
  file: string,
  options: CentralityOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const { measure, epsilon } = options;
  if (epsilon !== undefined && measure !== 'betweenness')
    throw new CliError('--epsilon: samples are for betweenness; other measures are exact');
  for (const name of sampling)
    if (options[name] !== undefined && epsilon === undefined)
      throw new CliError(`${flags[name]}: it is for samples; give --epsilon as well`);
  const writeGraph = await graphOut(file, options);
  const engine = await engineFor(['graph', 'paths'], options);
  const input = await readGraph(engine.graph.Graph, file, options, progress);
  const { graph } = input;
  const { paths } = engine;
  const common = { weighted: !options.unweighted, signal: interrupt.signal };

  async function score(): Promise<Scored> {
    if (measure === 'eccentricity') {
      const found = await paths.eccentricitiesAsync(graph, common);
      const { eccentricities, work, diameter, radius } = found;
      return {
        scores: eccentricities,
        about: ['extent', `diameter ${digits(diameter)}, radius ${digits(radius)}`],
        facts: { diameter, radius, connected: found.connected },
        edgeOperations: work.edgeOperations,
        whole: true,
      };
    }
    if (epsilon !== undefined) {
      const { confidence, seed, maxTime } = options;
      const found = await paths.betweennessSampledAsync(graph, {
        ...common,
        epsilon,
        ...(confidence !== undefined && { confidence }),
        ...(seed !== undefined && { seed }),
        ...(maxTime !== undefined && { maxTimeMs: 1000 * maxTime }),
      });
      const { halfWidth, samples, outcome } = found;
      const certainty = `with probability ${digits(found.confidence)}`;
      return {
        scores: found.scores,
        about: [
          'error',
          `at most ${digits(halfWidth)} for every node, ${certainty}; ${count(samples)} samples`,
        ],
        facts: { halfWidth, confidence: found.confidence, samples, seed: found.seed, outcome },
        edgeOperations: found.work.edgeOperations,
        whole: outcome === 'converged',
      };
    }
    const { scores, work } = await (measure === 'betweenness'
      ? paths.betweennessAsync(graph, common)
      : paths.closenessAsync(graph, { ...common, kind: measure }));
    const facts = {};
    return {
      scores,
      about: ['error', 'none but rounding'],
      facts,
      edgeOperations: work.edgeOperations,
      whole: true,
    };
  }

  progress.start('measuring');
  const started = performance.now();
  const found = await score().catch((error) => {
    throw explain(error, { graph: file });
  });
  const ms = performance.now() - started;
  progress.stop();
  await writeGraph(input, { [measure]: found.scores });
  const of = (node: number) => found.scores[node] as number;
  const ranking = Array.from({ length: graph.nodeCount }, (_, node) => node)
    .sort((a, b) => of(b) - of(a) || a - b)
    .slice(0, options.top)
    .map((node) => ({ node: input.labelOf(node), score: of(node) }));
  print(
    {
      about: [
        ['graph', input.describe()],
        ['question', `${measure} of all nodes`],
        found.about,
        ['work', `${count(found.edgeOperations)} edges followed, ${duration(ms)}`],
      ],
      columns: ['place', 'node', 'score'],
      rows: ranking.map(({ node, score: value }, i) => [i + 1, node, value]),
      table: ranking.map(({ node, score: value }, i) => [i + 1, node, digits(value)]),
      json: () => ({
        ...input.facts(),
        measure,
        weighted: graph.weighted && !options.unweighted,
        ...found.facts,
        work: { edgeOperations: found.edgeOperations },
        ms,
        ranking,
      }),
    },
    options,
  );
  process.exitCode = found.whole ? EXIT.done : EXIT.notConverged;
}
