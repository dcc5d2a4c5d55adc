// sublinear bench: a few seconds of measuring. Kernels alone, and what SIMD gains them; whole answers against plain
// JavaScript loops, taking turns, with the error of each answer computed by independent code (workload.ts); the modules:
// their bytes, how long they take to load, the most memory that objects held.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { bundleOfRoom, type RoomName } from '../generated/bundles.js';
import { rooms } from '../generated/rooms.js';
import type { BenchmarkResult } from '../index.js';
import { type CommonOptions, engineFor } from './engine.js';
import { bytes, count, digits, duration, interrupt, type Progress, table } from './terminal.js';
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
  /** How often the contenders of a comparison take turns. */
  turns: number;
}

/** One kernel of the variant that this machine runs. */
interface Kernel extends BenchmarkResult {
  /** Median over turns of the scalar variant's time / its time; absent where the scalar variant is what runs. */
  simdSpeedUp?: number;
}

/** A WebAssembly module. */
interface Module {
  file: string;
  bytes: number;
  gzip: number;
  loadMs: number;
  /** The most that objects held together while this ran. */
  bytesPeak: number;
}

interface Side {
  /** Median. */
  ms: number;
  p99Ms: number;
  perSecond: number;
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

/** Kernels are measured in short batches and need fewer turns than whole answers. */
const KERNEL_TURNS = 3;
/** Kernels whose data takes long to make get fewer turns: milliseconds after which no other turn begins. */
const ENOUGH_MS = 300;

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
  const modules = engine.stats().modules.map((module): Module => {
    const file = `${bundleOfRoom[module.rooms[0] as RoomName]}.${module.variant}.wasm`;
    const content = readFileSync(new URL(`../wasm/${file}`, import.meta.url));
    const { loadMs, bytesPeak } = module;
    return { file, bytes: content.length, gzip: gzipSync(content).length, loadMs, bytesPeak };
  });
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ kernels, comparisons, modules })}\n`
      : `${asText(kernels, comparisons, modules)}\n`,
  );

  async function measureKernels(): Promise<Kernel[]> {
    const scalar = await engineFor([], { ...options, variant: 'scalar' });
    const names: string[] = [];
    for (const { name: room, code } of Object.values(rooms)) {
      for (const kernel of Object.keys((await code()).benchmarks)) names.push(`${room}.${kernel}`);
    }
    progress.start('kernels', names.length);
    const results: Kernel[] = [];
    for (const name of names) {
      progress.update(results.length, name);
      const turns: BenchmarkResult[] = [];
      const ratios: number[] = [];
      const begin = performance.now();
      for (let turn = 0; turn < Math.min(KERNEL_TURNS, options.turns); turn++) {
        if (turn > 0 && performance.now() - begin > ENOUGH_MS) break;
        interrupt.signal.throwIfAborted();
        const fast = await engine.benchmark(name, { minTimeMs: 30 });
        turns.push(fast);
        if (fast.variant === 'scalar') continue;
        const slow = await scalar.benchmark(name, { minTimeMs: 30 });
        ratios.push(slow.medianMs / fast.medianMs);
      }
      turns.sort((x, y) => x.medianMs - y.medianMs);
      const typical = turns[turns.length >> 1] as BenchmarkResult;
      results.push({ ...typical, ...(ratios.length > 0 && { simdSpeedUp: middle(ratios) }) });
    }
    scalar.dispose();
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
    progress.start(task.work, options.turns);
    const times: { ours: number[]; plain: number[] } = { ours: [], plain: [] };
    const accuracy = { ours: task.error(task.ours()), plain: task.error(task.plain()) };
    for (let turn = 0; turn < options.turns; turn++) {
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
      ours: sideOf(times.ours, accuracy.ours),
      plain: sideOf(times.plain, accuracy.plain),
      ratio: middle(ratios),
    };
  }
}

function sideOf(times: number[], accuracy: number): Side {
  const ms = middle(times);
  // Of so few turns the 99th percentile is the slowest.
  return { ms, p99Ms: Math.max(...times), perSecond: 1000 / ms, accuracy };
}

function middle(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

function asText(kernels: Kernel[], comparisons: Comparison[], modules: Module[]): string {
  const rate = (value: number) => (value > 0 ? digits(value / 1e9) : '');
  const first = table(
    ['kernel', 'size', 'p50', 'p99', '10^9 operations/s', 'GB/s', 'scalar / this'],
    kernels.map((kernel) => [
      kernel.name,
      count(kernel.size),
      duration(kernel.medianMs),
      duration(kernel.p99Ms),
      rate(kernel.operationsPerSecond),
      rate(kernel.bytesPerSecond),
      kernel.simdSpeedUp === undefined ? '' : `${digits(kernel.simdSpeedUp)} x`,
    ]),
  );
  const second = table(
    [
      'whole answers',
      'p50',
      'slowest',
      'a second',
      'plain JavaScript',
      'ratio',
      'error (ours, theirs)',
    ],
    comparisons.map(({ work, measure, ours, plain, ratio }) => [
      work,
      duration(ours.ms),
      duration(ours.p99Ms),
      digits(ours.perSecond),
      duration(plain.ms),
      `${digits(ratio)} x`,
      `${digits(ours.accuracy)}, ${digits(plain.accuracy)} (${measure})`,
    ]),
  );
  const third = table(
    ['module', 'bytes', 'gzip', 'loading', 'most memory of objects'],
    modules.map((module) => [
      module.file,
      bytes(module.bytes),
      bytes(module.gzip),
      duration(module.loadMs),
      bytes(module.bytesPeak),
    ]),
  );
  return `${first}\n\n${second}\n\n${third}`;
}
