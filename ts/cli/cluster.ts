// sublinear cluster edges.txt --source 42
import { engineFor, explain } from './engine.js';
import { type GraphFileOptions, readGraph } from './graph-file.js';
import { outputFormat, print } from './output.js';
import { count, digits, duration, EXIT, interrupt, type Progress, wayTo } from './terminal.js';

export interface ClusterOptions extends GraphFileOptions {
  source: string[];
  scores: 'pagerank' | 'heat';
  damping: number;
  time: number;
  tolerance: number;
  maxNodes?: number;
  maxVolume?: number;
  maxTime?: number;
}

export async function cluster(
  file: string,
  options: ClusterOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const engine = await engineFor(['graph', 'diffusion'], options);
  // A cut is one of edges without a direction.
  const input = await readGraph(
    engine.graph.Graph,
    file,
    { ...options, undirected: true },
    progress,
  );
  const { graph } = input;
  const sources = input.nodesOf('source', options.source);
  const { damping, time, tolerance, maxNodes, maxVolume } = options;

  progress.start('looking around');
  const started = performance.now();
  const settings = {
    source: { nodes: sources },
    tolerance,
    ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
    signal: interrupt.signal,
    onProgress: ({ error, edgeOperations }: { error: number; edgeOperations: number }) =>
      progress.update(wayTo(error, tolerance), `${count(edgeOperations)} edges followed`),
  };
  const { heatKernelAsync, personalizedPageRankAsync, sweepCut } = engine.diffusion;
  const heat = options.scores === 'heat';
  const scores = await (heat
    ? heatKernelAsync(graph, { ...settings, time })
    : personalizedPageRankAsync(graph, { ...settings, damping })
  ).catch((error) => {
    throw explain(error, { graph: file });
  });
  const found = cut();
  const ms = performance.now() - started;
  progress.stop();

  const nodes = Array.from(found.nodes, (node) => input.labelOf(node));
  const { touchedNodes } = scores.work;
  print(
    {
      about: [
        ['graph', input.describe()],
        [
          'question',
          `a cluster around node ${sources.map((node) => input.labelOf(node)).join(', ')}, by ${heat ? `heat kernel, time ${time}` : `PageRank, damping ${damping}`}`,
        ],
        ['outcome', `${scores.outcome}, ${duration(ms)}`],
        ['work', `${count(touchedNodes)} nodes touched`],
        [
          'cluster',
          nodes.length === 0
            ? 'no cut is possible'
            : `${count(nodes.length)} nodes, conductance ${digits(found.conductance)}: edges of weight ${digits(found.cut)} leave it, its volume is ${digits(found.volume)}`,
        ],
      ],
      columns: ['node'],
      rows: nodes.map((node) => [node]),
      json: () => ({
        ...input.facts(),
        source: sources.map((node) => input.labelOf(node)),
        scores: options.scores,
        ...(heat ? { time } : { damping }),
        tolerance,
        outcome: scores.outcome,
        errorBound: scores.errorBound,
        work: scores.work,
        ms,
        conductance: found.conductance,
        cut: found.cut,
        volume: found.volume,
        cluster: nodes,
      }),
    },
    options,
  );
  process.exitCode = scores.outcome === 'converged' ? EXIT.done : EXIT.notConverged;

  function cut() {
    try {
      return sweepCut(graph, scores, {
        ...(maxNodes !== undefined && { maxNodes }),
        ...(maxVolume !== undefined && { maxVolume }),
      });
    } catch (error) {
      throw explain(error, { graph: file });
    }
  }
}
