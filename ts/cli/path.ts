// sublinear path edges.txt --from Ada --to Cleo
import { engineFor, explain } from './engine.js';
import { type GraphFileOptions, readGraph } from './graph-file.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

export interface PathOptions extends GraphFileOptions {
  from: string;
  to: string;
  count: number;
  unweighted?: boolean;
  maxTime?: number;
}

export async function path(file: string, options: PathOptions, progress: Progress): Promise<void> {
  outputFormat(options);
  if (options.maxTime !== undefined && options.count === 1)
    throw new CliError('--max-time: it limits the search for several ways; give --count as well');
  const engine = await engineFor(['graph', 'paths'], options);
  const input = await readGraph(engine.graph.Graph, file, options, progress);
  const { graph } = input;
  const source = end('from', options.from);
  const target = end('to', options.to);

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

  const labelOf = (node: number) => input.labelOf(node);
  const paths = result.paths.map(({ length, nodes }) => ({
    length,
    nodes: Array.from(nodes, labelOf),
  }));
  print(
    {
      about: [
        ['graph', input.describe()],
        ['question', `the shortest way from ${labelOf(source)} to ${labelOf(target)}`],
        ['outcome', `${result.outcome}, ${duration(ms)}`],
        ['work', `${count(result.work.edgeOperations)} edges followed`],
        ...(paths.length === 0 ? [['answer', 'there is no path'] as const] : []),
      ],
      columns: ['place', 'length', 'nodes'],
      rows: paths.map(({ length, nodes }, i) => [i + 1, length, nodes.join(' ')]),
      table:
        paths.length === 0
          ? null
          : paths.map(({ length, nodes }, i) => [i + 1, digits(length), nodes.join(' ')]),
      json: () => ({
        ...input.facts(),
        weighted: graph.weighted && !options.unweighted,
        from: labelOf(source),
        to: labelOf(target),
        outcome: result.outcome,
        work: result.work,
        ms,
        paths,
      }),
    },
    options,
  );
  process.exitCode = result.outcome === 'converged' ? EXIT.done : EXIT.notConverged;

  /** An end of the way, which is one node. */
  function end(option: string, text: string): number {
    const [node, ...others] = input.nodesOf(option, [text]);
    if (node === undefined || others.length > 0)
      throw new CliError(`--${option} ${text}: expected one node`);
    return node;
  }
}
