// sublinear rank edges.txt [--source 42]
import type { PageRankMethod } from '../rooms/diffusion/diffusion.js';
import { engineFor, explain } from './engine.js';
import { assertApart, nameOf, writeFile } from './files.js';
import { type GraphFileOptions, readGraph } from './graph-file.js';
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

export interface RankOptions extends GraphFileOptions {
  source?: string;
  top: number;
  damping: number;
  tolerance: number;
  method: string;
  maxTime?: number;
  save?: string;
}

export async function rank(file: string, options: RankOptions, progress: Progress): Promise<void> {
  await assertApart([file], { '--save': options.save });
  const engine = await engineFor(['graph', 'diffusion'], options);
  const read = await readGraph('rank', engine.graph.Graph, file, options, progress);
  const { graph, format, first, labelOf, find, nodeOf } = read;
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

  // A name may have a comma in it.
  function sourcesOf(text: string): number[] {
    const whole = find(text);
    if (whole !== undefined) return [whole];
    return text.split(',').map((part) => nodeOf('source', part.trim()));
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
