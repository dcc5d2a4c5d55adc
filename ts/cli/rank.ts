// sublinear rank edges.txt [--source 42]
import type { PageRankMethod, PageRankProgress } from '../rooms/diffusion/diffusion.js';
import { engineFor, explain } from './engine.js';
import { readGraph } from './graph-file.js';
import { outputFormat, print } from './output.js';
import { assertGraph, isRemoteGraph, type NearOptions, rankRemote } from './rank-remote.js';
import {
  CliError,
  count,
  digits,
  duration,
  EXIT,
  interrupt,
  type Progress,
  wayTo,
} from './terminal.js';

export interface RankOptions extends NearOptions {
  method: string;
  maxTime?: number;
}

export async function rank(file: string, options: RankOptions, progress: Progress): Promise<void> {
  await assertGraph(file);
  if (await isRemoteGraph(file)) return rankRemote(file, options, progress);
  if (options.epsilon !== undefined)
    throw new CliError('--epsilon is for published graphs; expected --tolerance');
  outputFormat(options);
  const { tolerance = 1e-6 } = options;
  const engine = await engineFor(['graph', 'diffusion'], options);
  const input = await readGraph(engine.graph.Graph, file, options, progress);
  const { graph } = input;
  const sources = options.source && input.nodesOf('source', options.source);
  const k = Math.min(options.top, graph.nodeCount);

  progress.start('ranking');
  const started = performance.now();
  const settings = {
    damping: options.damping,
    tolerance,
    method: options.method as PageRankMethod,
    topK: k,
    output: 'float64' as const,
    ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
    signal: interrupt.signal,
    onProgress: ({ error, edgeOperations }: PageRankProgress) => {
      const detail = `${count(edgeOperations)} edges followed, error ${digits(error)}`;
      progress.update(wayTo(error, tolerance), detail);
    },
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
    node: input.labelOf(node),
    score: result.scores[i] as number,
  }));
  const { touchedNodes } = result.work;
  const share = digits((100 * touchedNodes) / graph.nodeCount);
  print(
    {
      about: [
        ['graph', input.describe()],
        [
          'question',
          sources === undefined
            ? 'PageRank of the whole graph'
            : `nearness to node ${sources.map((node) => input.labelOf(node)).join(', ')}`,
        ],
        ['outcome', `${result.outcome}, ${result.method}, ${duration(ms)}`],
        ['work', `${count(touchedNodes)} nodes touched (${share} %)`],
        [
          'error',
          `all scores of the graph together are off by at most ${digits(result.errorBound)} (proved)`,
        ],
        ['places', `the first ${result.provedPlaces} of ${k} are proved to hold the right node`],
      ],
      columns: ['place', 'node', 'score'],
      rows: ranking.map(({ node, score }, i) => [i + 1, node, score]),
      table: ranking.map(({ node, score }, i) => [i + 1, node, score.toFixed(9)]),
      json: () => {
        const { nodes, scores, ...rest } = result;
        return {
          ...input.facts(),
          source: sources?.map((node) => input.labelOf(node)) ?? null,
          damping: options.damping,
          tolerance,
          ...rest,
          ms,
          ranking,
        };
      },
    },
    options,
  );
  process.exitCode = result.outcome === 'converged' ? EXIT.done : EXIT.notConverged;
}
