// sublinear cut edges.txt [--from Ada --to Cleo], sublinear components edges.txt, sublinear cores edges.txt
import { engineFor, explain } from './engine.js';
import { type GraphFile, type GraphFileOptions, readGraph } from './graph-file.js';
import { cutChanging } from './matching.js';
import { type Answer, outputFormat, print } from './output.js';
import { CliError, count, digits, duration, interrupt, type Progress } from './terminal.js';

interface WholeOptions extends GraphFileOptions {
  maxTime?: number;
}

export interface CutOptions extends WholeOptions {
  from?: string;
  to?: string;
  changes?: string;
}

export interface ComponentsOptions extends WholeOptions {
  kind: 'connected' | 'strong' | 'biconnected';
  top: number;
}

export interface CoresOptions extends WholeOptions {
  top: number;
}

const signal = { signal: interrupt.signal };

/** Reads the graph for an answer that is whole or nothing, and times what is done with it. */
async function opened(file: string, options: WholeOptions, progress: Progress) {
  outputFormat(options);
  if (options.maxTime !== undefined)
    throw new CliError('--max-time: this answer is whole or nothing; it cannot be stopped before');
  const engine = await engineFor(['graph', 'cuts'], options);
  const input = await readGraph(engine.graph.Graph, file, options, progress);
  return {
    input,
    room: engine.cuts,
    async timed<T>(what: string, work: () => Promise<T>): Promise<{ found: T; ms: number }> {
      progress.start(what);
      const started = performance.now();
      const found = await work().catch((error) => {
        throw explain(error, { graph: file });
      });
      progress.stop();
      return { found, ms: performance.now() - started };
    },
  };
}

export async function cut(file: string, options: CutOptions, progress: Progress): Promise<void> {
  const { from, to } = options;
  if ((from === undefined) !== (to === undefined))
    throw new CliError('--from and --to: a cut between two nodes needs both of them');
  const between = from !== undefined && to !== undefined;
  const { changes } = options;
  if (changes !== undefined) {
    outputFormat(options);
    if (between || options.maxTime !== undefined)
      throw new CliError('--changes: it is for the cut of the whole graph, without a time limit');
    return cutChanging(file, { ...options, changes }, progress);
  }
  // What divides the whole graph is a cut of edges without a direction.
  const given = between ? options : { ...options, undirected: true };
  const { input, room, timed } = await opened(file, given, progress);
  const { graph } = input;
  const ends = between
    ? { source: one(input, 'from', from), target: one(input, 'to', to) }
    : undefined;
  const { found, ms } = await timed('cutting', () =>
    ends ? room.maxFlowAsync(graph, { ...ends, ...signal }) : room.minimumCutAsync(graph, signal),
  );
  const labelOf = (node: number) => input.labelOf(node);
  const edges = Array.from(found.cut.from, (node, i) => ({
    from: labelOf(node),
    to: labelOf(found.cut.to[i] as number),
    weight: found.cut.weights[i] as number,
  }));
  const others = graph.nodeCount - found.side.length;
  print(
    {
      about: [
        ['graph', input.describe()],
        [
          'question',
          ends
            ? `the most that flows from ${labelOf(ends.source)} to ${labelOf(ends.target)}, and the cut that bounds it`
            : 'the lightest cut of the graph',
        ],
        ['value', `${digits(found.value)}, off by at most ${digits(found.errorBound)} (proved)`],
        ['sides', `${count(found.side.length)} nodes and ${count(others)}`],
        ['work', `${count(found.work.edgeOperations)} edges followed, ${duration(ms)}`],
      ],
      columns: ['from', 'to', 'weight'],
      rows: edges.map(({ from: u, to: v, weight }) => [u, v, weight]),
      table: edges.length === 0 ? null : edges.map((e) => [e.from, e.to, digits(e.weight)]),
      json: () => ({
        ...input.facts(),
        from: ends ? labelOf(ends.source) : null,
        to: ends ? labelOf(ends.target) : null,
        value: found.value,
        errorBound: found.errorBound,
        side: Array.from(found.side, labelOf),
        cut: edges,
        work: found.work,
        ms,
      }),
    },
    options,
  );
}

/** The node of an option that means a single one. */
function one(input: GraphFile, option: string, text: string): number {
  const [node, ...others] = input.nodesOf(option, [text]);
  if (node === undefined || others.length > 0)
    throw new CliError(`--${option} ${text}: expected one node`);
  return node;
}

/** How many nodes of a component the table shows. */
const SHOWN = 8;

export async function components(
  file: string,
  options: ComponentsOptions,
  progress: Progress,
): Promise<void> {
  const blocks = options.kind === 'biconnected';
  const given = blocks ? { ...options, undirected: true } : options;
  const { input, room, timed } = await opened(file, given, progress);
  const { graph } = input;
  const { found, ms } = await timed('looking for components', async () => {
    if (blocks) return room.biconnectedComponentsAsync(graph, signal);
    return options.kind === 'strong'
      ? room.stronglyConnectedComponentsAsync(graph, signal)
      : room.connectedComponentsAsync(graph, signal);
  });
  const labelOf = (node: number) => input.labelOf(node);
  const sets = 'blocks' in found ? found.blocks.map((nodes) => Array.from(nodes)) : setsOf(found);
  sets.sort((a, b) => b.length - a.length);
  const rows = sets.map((nodes, i) => [i + 1, nodes.length, nodes] as const);
  const about: [string, string][] = [
    ['graph', input.describe()],
    ['question', `${options.kind} components`],
    ['answer', `${count(sets.length)}, the largest has ${count(sets[0]?.length ?? 0)} nodes`],
  ];
  if ('blocks' in found)
    about.push([
      'weak spots',
      `${count(found.articulationPoints.length)} articulation points, ${count(found.bridges.from.length)} bridges`,
    ]);
  about.push(['work', `${count(found.work.edgeOperations)} edges followed, ${duration(ms)}`]);
  const answer: Answer = {
    about,
    columns: ['component', 'size', 'nodes'],
    rows: rows.map(([place, size, nodes]) => [place, size, nodes.map(labelOf).join(' ')]),
    table: rows.slice(0, options.top).map(([place, size, nodes]) => {
      const more = size > SHOWN ? ' ...' : '';
      return [place, size, nodes.slice(0, SHOWN).map(labelOf).join(' ') + more];
    }),
    json: () => ({
      ...input.facts(),
      kind: options.kind,
      components: sets.map((nodes) => nodes.map(labelOf)),
      ...('blocks' in found && {
        articulationPoints: Array.from(found.articulationPoints, labelOf),
        bridges: Array.from(found.bridges.from, (node, i) => ({
          from: labelOf(node),
          to: labelOf(found.bridges.to[i] as number),
        })),
      }),
      work: found.work,
      ms,
    }),
  };
  print(answer, options);
}

/** Nodes of each component. */
function setsOf({ count: number, labels }: { count: number; labels: Uint32Array }): number[][] {
  const sets = Array.from({ length: number }, (): number[] => []);
  for (const [node, label] of labels.entries()) (sets[label] as number[]).push(node);
  return sets;
}

export async function cores(
  file: string,
  options: CoresOptions,
  progress: Progress,
): Promise<void> {
  const { input, room, timed } = await opened(file, { ...options, undirected: true }, progress);
  const { graph } = input;
  const { found, ms } = await timed('peeling', async () => ({
    shells: await room.coreNumbersAsync(graph, signal),
    triangles: await room.trianglesAsync(graph, signal),
  }));
  const { shells, triangles } = found;
  const coreOf = (node: number) => shells.cores[node] as number;
  const trianglesOf = (node: number) => triangles.counts[node] as number;
  const ranking = Array.from({ length: graph.nodeCount }, (_, node) => node)
    .sort((a, b) => coreOf(b) - coreOf(a) || trianglesOf(b) - trianglesOf(a) || a - b)
    .slice(0, options.top)
    .map((node) => ({
      node: input.labelOf(node),
      core: coreOf(node),
      triangles: trianglesOf(node),
      clustering: triangles.scores[node] as number,
    }));
  const edgeOperations = shells.work.edgeOperations + triangles.work.edgeOperations;
  print(
    {
      about: [
        ['graph', input.describe()],
        ['cores', `the innermost is a ${shells.degeneracy}-core`],
        ['triangles', count(triangles.total)],
        [
          'clustering',
          `${digits(triangles.averageClustering)} in the mean, transitivity ${digits(triangles.transitivity)}`,
        ],
        ['work', `${count(edgeOperations)} edges followed, ${duration(ms)}`],
      ],
      columns: ['place', 'node', 'core', 'triangles', 'clustering'],
      rows: ranking.map((each, i) => [
        i + 1,
        each.node,
        each.core,
        each.triangles,
        each.clustering,
      ]),
      table: ranking.map((each, i) => [
        i + 1,
        each.node,
        each.core,
        each.triangles,
        digits(each.clustering),
      ]),
      json: () => ({
        ...input.facts(),
        degeneracy: shells.degeneracy,
        triangles: triangles.total,
        averageClustering: triangles.averageClustering,
        transitivity: triangles.transitivity,
        work: { edgeOperations },
        ms,
        ranking,
      }),
    },
    options,
  );
}
