// sublinear bench: a few seconds of measuring. Kernels alone, then whole answers against plain JavaScript loops, taking
// turns, with the error of each answer computed by independent code (workload.ts).
import type { BenchmarkResult } from '../index.js';
import { importRoom } from '../internal/rooms.js';
import { type CommonOptions, engineFor } from './engine.js';
import { count, digits, duration, interrupt, type Progress, table } from './terminal.js';
import {
  adjacency,
  barabasiAlbert,
  conjugateGradient,
  gridLaplacian,
  incoming,
  l1Distance,
  oneNode,
  powerIteration,
  randomVector,
  relativeResidual,
  rowIndices,
} from './workload.js';

export interface BenchOptions extends CommonOptions {
  size: number;
}

interface Side {
  ms: number;
  accuracy: number;
}

/** The same work done by the package and by plain JavaScript. */
interface Comparison {
  work: string;
  measure: string;
  accuracyAsked: number;
  ours: Side;
  plain: Side;
  /** Median over the turns of plain / ours. */
  ratio: number;
}

type Answer = ArrayLike<number>;

const TURNS = 7;

export async function bench(options: BenchOptions, progress: Progress): Promise<void> {
  const engine = await engineFor(['sparse', 'graph', 'solver', 'diffusion'], options);
  const { SparseMatrix } = engine.sparse;
  const { Graph } = engine.graph;
  const kernels = await measureKernels();
  const comparisons: Comparison[] = [];

  const side = Math.max(4, Math.round(Math.sqrt(options.size)));
  {
    const a = gridLaplacian(side, side, 0.01);
    const b = randomVector(a.rows, 1);
    using matrix = SparseMatrix.fromCoo({
      rows: a.rows,
      cols: a.rows,
      rowIndices: rowIndices(a),
      columnIndices: a.columns,
      values: a.values,
    });
    comparisons.push(
      await compare({
        work: `solve A x = b, grid of ${count(a.rows)} unknowns`,
        measure: 'relative residual',
        accuracyAsked: 1e-8,
        ours: () => engine.solver.solve(matrix, b).solution,
        plain: () => conjugateGradient(a, b, 1e-8),
        error: (x) => relativeResidual(a, x, b),
      }),
    );
  }
  {
    const edges = barabasiAlbert(Math.max(12, options.size), 5, 42);
    using graph = Graph.fromEdges({ ...edges, directed: false });
    const source = edges.nodeCount >> 1;
    const arrows = incoming(adjacency(edges));
    const teleport = oneNode(edges.nodeCount, source);
    const exact = powerIteration(arrows, teleport, 0.85, 1e-13);
    const { personalizedPageRank } = engine.diffusion;
    comparisons.push(
      await compare({
        work: `nearness to one node, network of ${count(edges.nodeCount)} nodes`,
        measure: 'sum of errors',
        accuracyAsked: 1e-4,
        ours: () => personalizedPageRank(graph, { source, tolerance: 1e-4, dense: true }).scores,
        plain: () => powerIteration(arrows, teleport, 0.85, 1e-4),
        error: (x) => l1Distance(x, exact),
      }),
    );
  }
  progress.stop();
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ kernels, comparisons })}\n`
      : `${asText(kernels, comparisons)}\n`,
  );

  async function measureKernels(): Promise<BenchmarkResult[]> {
    const names: string[] = [];
    for (const [room, load] of Object.entries(importRoom)) {
      for (const kernel of Object.keys((await load()).benchmarks)) names.push(`${room}.${kernel}`);
    }
    progress.start('kernels', names.length);
    const results: BenchmarkResult[] = [];
    for (const name of names) {
      progress.update(results.length, name);
      interrupt.signal.throwIfAborted();
      results.push(await engine.benchmark(name, { minTimeMs: 100 }));
    }
    return results;
  }

  async function compare(task: {
    work: string;
    measure: string;
    accuracyAsked: number;
    ours: () => Answer;
    plain: () => Answer;
    error: (answer: Answer) => number;
  }): Promise<Comparison> {
    progress.start(task.work, TURNS);
    const times: { ours: number[]; plain: number[] } = { ours: [], plain: [] };
    const accuracy = { ours: task.error(task.ours()), plain: task.error(task.plain()) };
    for (let turn = 0; turn < TURNS; turn++) {
      progress.update(turn);
      // Lets Ctrl-C through.
      await new Promise((resolve) => setImmediate(resolve));
      interrupt.signal.throwIfAborted();
      for (const name of turn % 2 ? (['plain', 'ours'] as const) : (['ours', 'plain'] as const)) {
        const start = performance.now();
        task[name]();
        times[name].push(performance.now() - start);
      }
    }
    const { work, measure, accuracyAsked } = task;
    const ratios = times.plain.map((ms, turn) => ms / (times.ours[turn] as number));
    return {
      work,
      measure,
      accuracyAsked,
      ours: { ms: middle(times.ours), accuracy: accuracy.ours },
      plain: { ms: middle(times.plain), accuracy: accuracy.plain },
      ratio: middle(ratios),
    };
  }
}

function middle(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

function asText(kernels: BenchmarkResult[], comparisons: Comparison[]): string {
  const first = table(
    ['kernel', 'size', 'median', '10^9 operations/s', 'GB/s'],
    kernels.map(({ name, size, medianMs, operationsPerSecond, bytesPerSecond }) => [
      name,
      count(size),
      duration(medianMs),
      operationsPerSecond > 0 ? digits(operationsPerSecond / 1e9) : '',
      bytesPerSecond > 0 ? digits(bytesPerSecond / 1e9) : '',
    ]),
  );
  const second = table(
    ['whole answers', 'sublinear', 'plain JavaScript', 'ratio', 'error (ours, theirs)'],
    comparisons.map(({ work, measure, ours, plain, ratio }) => [
      work,
      duration(ours.ms),
      duration(plain.ms),
      `${digits(ratio)} x`,
      `${digits(ours.accuracy)}, ${digits(plain.accuracy)} (${measure})`,
    ]),
  );
  return `${first}\n\n${second}`;
}
