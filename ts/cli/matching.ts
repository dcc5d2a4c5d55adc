// sublinear matching edges.txt, and sublinear cut edges.txt --changes changes.csv
import { engineFor, explain } from './engine.js';
import { nameOf } from './files.js';
import { type GraphFile, type GraphFileOptions, readGraph } from './graph-file.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, interrupt, type Progress } from './terminal.js';
import { readLabels } from './vectors.js';

export interface MatchingOptions extends GraphFileOptions {
  most?: boolean;
  maxTime?: number;
}

const signal = { signal: interrupt.signal };

export async function matching(
  file: string,
  options: MatchingOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  if (options.maxTime !== undefined)
    throw new CliError('--max-time: this answer is whole or nothing; it cannot be stopped before');
  const engine = await engineFor(['graph', 'cuts'], options);
  const given = { ...options, undirected: true };
  const input = await readGraph(engine.graph.Graph, file, given, progress);
  progress.start('matching');
  const started = performance.now();
  const most = options.most === true;
  const found = await engine.cuts
    .weightedMatchingAsync(input.graph, { maximumCardinality: most, ...signal })
    .catch((error) => {
      throw explain(error, { graph: file });
    });
  const ms = performance.now() - started;
  progress.stop();
  const pairs = Array.from(found.mates.entries())
    .filter(([node, mate]) => node < mate && mate < input.graph.nodeCount)
    .map(([node, mate]) => [input.labelOf(node), input.labelOf(mate)] as const);
  const question = most ? 'the heaviest of the largest matchings' : 'the heaviest matching';
  print(
    {
      about: [
        ['graph', input.describe()],
        ['question', question],
        ['weight', `${digits(found.weight)}, off by at most ${digits(found.errorBound)} (proved)`],
        ['pairs', count(found.size)],
        ['work', `${count(found.work.edgeOperations)} edges followed, ${duration(ms)}`],
      ],
      columns: ['from', 'to'],
      rows: pairs.map(([from, to]) => [from, to]),
      table: pairs.length === 0 ? null : pairs.map(([from, to]) => [from, to]),
      json: () => ({
        ...input.facts(),
        most,
        weight: found.weight,
        errorBound: found.errorBound,
        pairs: pairs.map(([from, to]) => ({ from, to })),
        work: found.work,
        ms,
      }),
    },
    options,
  );
}

/** Lines of two nodes and what is added to the weight of their edge; `-` for an edge that goes. */
function changesOf(lines: readonly string[], path: string, input: GraphFile) {
  const [from, to, changes]: [number[], number[], number[]] = [[], [], []];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [u, v, by = '1', ...more] = line.trim().split(line.includes(',') ? /\s*,\s*/ : /\s+/);
    const change = by === '-' ? Number.NEGATIVE_INFINITY : Number(by);
    if (v === undefined || more.length > 0 || Number.isNaN(change))
      throw new CliError(
        `${nameOf(path)}:${i + 1}: expected two nodes and a change of the weight: Ada,Bob,-2`,
      );
    from.push(input.nodesOf('changes', [u as string])[0] as number);
    to.push(input.nodesOf('changes', [v])[0] as number);
    changes.push(change);
  }
  return { from, to, changes };
}

export interface ChangingOptions extends GraphFileOptions {
  changes: string;
}

/** The lightest cut of a graph after each of some changes. */
export async function cutChanging(
  file: string,
  options: ChangingOptions,
  progress: Progress,
): Promise<void> {
  const path = options.changes;
  if (file === '-' && path === '-')
    throw new CliError('only one of graph and changes can come from standard input');
  const engine = await engineFor(['graph', 'cuts'], options);
  const given = { ...options, undirected: true };
  const input = await readGraph(engine.graph.Graph, file, given, progress);
  const made = changesOf(await readLabels(path, progress), path, input);
  progress.start('cutting');
  const started = performance.now();
  using kept = await engine.cuts.dynamicMinimumCutAsync(input.graph, signal).catch((error) => {
    throw explain(error, { graph: file });
  });
  const first = kept.value;
  const { values, work } = await kept.applyAsync(made, signal).catch((error) => {
    throw explain(error, { from: path, to: path, changes: path });
  });
  const ms = performance.now() - started;
  progress.stop();
  const labelOf = (node: number) => input.labelOf(node);
  const rows = Array.from(values, (value, i) => {
    const change = made.changes[i] as number;
    const by = change === Number.NEGATIVE_INFINITY ? '-' : change;
    return [labelOf(made.from[i] as number), labelOf(made.to[i] as number), by, value] as const;
  });
  print(
    {
      about: [
        ['graph', input.describe()],
        ['question', `the lightest cut of the graph after each of ${count(rows.length)} changes`],
        ['before', digits(first)],
        [
          'work',
          `${count(work.edgeOperations)} edges followed, the whole graph searched ${count(kept.searches)} times, ${duration(ms)}`,
        ],
      ],
      columns: ['from', 'to', 'change', 'value'],
      rows: rows.map((row) => [...row]),
      table: rows.length === 0 ? null : rows.map(([u, v, by, value]) => [u, v, by, digits(value)]),
      json: () => ({
        ...input.facts(),
        before: first,
        changes: rows.map(([from, to, change, value]) => ({ from, to, change, value })),
        work,
        ms,
      }),
    },
    options,
  );
}
