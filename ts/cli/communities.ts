// sublinear communities friends.csv
import { engineFor, explain } from './engine.js';
import { type GraphFileOptions, readGraph } from './graph-file.js';
import { type GraphOutOptions, graphOut } from './graph-out.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

export interface CommunitiesOptions extends GraphFileOptions, GraphOutOptions {
  method: 'leiden' | 'louvain' | 'propagation';
  objective?: 'modularity' | 'cpm';
  resolution?: number;
  iterations?: number;
  seed: number;
  unweighted?: boolean;
  maxTime?: number;
}

export async function communities(
  file: string,
  options: CommunitiesOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const { method, objective = 'modularity', resolution = 1, iterations, seed } = options;
  if (method === 'propagation')
    for (const option of ['objective', 'resolution', 'iterations'] as const)
      if (options[option] !== undefined)
        throw new CliError(`--${option}: label propagation has none; leave it out`);
  const writeGraph = await graphOut(file, options);
  const engine = await engineFor(['graph', 'communities'], options);
  // Edges of friendships and the like go both ways, whatever a list of them says.
  const how = options.directed ? options : { ...options, undirected: true };
  const input = await readGraph(engine.graph.Graph, file, how, progress);
  const { graph } = input;
  const { leidenAsync, louvainAsync, labelPropagationAsync, modularityAsync } = engine.communities;

  progress.start('searching');
  const started = performance.now();
  const weighted = !options.unweighted;
  const common = {
    weighted,
    seed,
    signal: interrupt.signal,
    ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
  };
  const settings = { ...common, objective, resolution, ...(iterations && { iterations }) };
  const result = await search().catch((error) => {
    throw explain(error, { graph: file });
  });
  const ms = performance.now() - started;
  progress.stop();
  await writeGraph(input, { community: result.labels });

  const sizes = new Uint32Array(result.count);
  for (const label of result.labels) sizes[label]++;
  const quality = objective === 'cpm' ? 'quality (constant Potts model)' : 'modularity';
  print(
    {
      about: [
        ['graph', input.describe()],
        ['question', `communities by ${method}`],
        ['outcome', `${result.outcome}, ${duration(ms)}`],
        ['work', `${count(result.work.edgeOperations)} edges followed`],
        ['communities', `${count(result.count)}, the largest of ${largest()} nodes`],
        [quality, digits(result.quality)],
      ],
      columns: ['node', 'label'],
      rows: rows(),
      json: () => ({
        ...input.facts(),
        method,
        ...(method !== 'propagation' && { objective, resolution }),
        seed,
        outcome: result.outcome,
        work: result.work,
        ms,
        count: result.count,
        quality: result.quality,
        sizes: Array.from(sizes),
        communities: Array.from(rows(), ([node, label]) => ({ node, label })),
      }),
    },
    options,
  );
  process.exitCode = result.outcome === 'timeLimit' ? EXIT.notConverged : EXIT.done;

  async function search() {
    if (method === 'leiden') return leidenAsync(graph, settings);
    if (method === 'louvain') return louvainAsync(graph, settings);
    const found = await labelPropagationAsync(graph, common);
    return { ...found, quality: await modularityAsync(graph, found.labels, { weighted }) };
  }

  function largest(): string {
    return Array.from(sizes.subarray(0, 3), (size) => count(size)).join(', ');
  }

  function* rows(): Generator<[number | string, number]> {
    for (const [node, label] of result.labels.entries()) yield [input.labelOf(node), label];
  }
}
