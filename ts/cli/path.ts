// sublinear path edges.txt --from Ada --to Cleo
import { engineFor, explain } from './engine.js';
import { nameOf } from './files.js';
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

export interface PathOptions extends GraphFileOptions {
  from: string;
  to: string;
  count: number;
  unweighted?: boolean;
  maxTime?: number;
}

export async function path(file: string, options: PathOptions, progress: Progress): Promise<void> {
  if (options.maxTime !== undefined && options.count === 1)
    throw new CliError('--max-time: it limits the search for several ways; give --count as well');
  const engine = await engineFor(['graph', 'paths'], options);
  const { graph, labelOf, nodeOf } = await readGraph(
    'path',
    engine.graph.Graph,
    file,
    options,
    progress,
  );
  const source = nodeOf('from', options.from);
  const target = nodeOf('to', options.to);

  progress.start('searching');
  const started = performance.now();
  const settings = { source, target, weighted: !options.unweighted, signal: interrupt.signal };
  const { shortestPathAsync, shortestSimplePathsAsync } = engine.paths;
  const result = await (options.count === 1 || source === target
    ? shortestPathAsync(graph, settings).then(({ length, nodes, work }) => ({
        paths: nodes.length > 0 ? [{ length, nodes }] : [],
        outcome: 'converged' as const,
        work,
      }))
    : shortestSimplePathsAsync(graph, {
        ...settings,
        k: options.count,
        ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
      })
  ).catch((error) => {
    throw explain(error, { graph: file });
  });
  const ms = performance.now() - started;
  progress.stop();

  const paths = result.paths.map(({ length, nodes }) => ({
    length,
    nodes: Array.from(nodes, labelOf),
  }));
  say(options.json ? asJson() : asText());
  process.exitCode = result.outcome === 'converged' ? EXIT.done : EXIT.notConverged;

  function asJson(): string {
    return JSON.stringify({
      graph: nameOf(file),
      nodes: graph.nodeCount,
      edges: graph.edgeCount,
      directed: graph.directed,
      weighted: graph.weighted && !options.unweighted,
      from: labelOf(source),
      to: labelOf(target),
      outcome: result.outcome,
      work: result.work,
      ms,
      paths,
    });
  }

  function asText(): string {
    const kind = `${graph.directed ? 'directed' : 'undirected'}${graph.weighted ? ', weighted' : ''}`;
    const about = facts([
      [
        'graph',
        `${nameOf(file)}: ${count(graph.nodeCount)} nodes, ${count(graph.edgeCount)} edges, ${kind}`,
      ],
      ['question', `the shortest way from ${labelOf(source)} to ${labelOf(target)}`],
      ['outcome', `${result.outcome}, ${duration(ms)}`],
      ['work', `${count(result.work.edgeOperations)} edges followed`],
    ]);
    if (paths.length === 0) return `${about}\n\nthere is no path`;
    const rows = paths.map(({ length, nodes }, i) => [i + 1, digits(length), nodes.join(' ')]);
    return `${about}\n\n${table(['place', 'length', 'nodes'], rows)}`;
  }
}
