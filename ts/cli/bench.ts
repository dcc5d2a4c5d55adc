// sublinear bench: a few seconds of measuring, of the cases of ts/benchmarks/. Each alone, and what SIMD gains it; whole answers
// against plain JavaScript loops, taking turns, with the accuracy of each answer computed by independent code; the modules:
// their bytes, how long they take to load, the most memory that objects held.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Answered, Case } from '../benchmarks/case.js';
import { bundleOfRoom, type RoomName } from '../generated/bundles.js';
import { rooms } from '../generated/rooms.js';
import type { BenchmarkResult } from '../index.js';
import { type CommonOptions, engineFor } from './engine.js';
import { bytes, count, digits, duration, interrupt, type Progress, table } from './terminal.js';
export interface BenchOptions extends CommonOptions {
  /** Of whole answers; by default each case's own. */
  size?: number;
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
  /** Where less is better. */
  accuracyAsked?: number;
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
  const engine = await engineFor([], options);
  const table = await cases();
  const kernels = await measureKernels();
  const comparisons: Comparison[] = [];
  for (const { room, which } of table)
    if (which.title !== undefined) comparisons.push(await compare(room, which));
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
    const names = table.map(({ name }) => name);
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

  /** A case with a whole answer, and plain JavaScript. */
  async function compare(room: RoomName, which: Case<unknown>): Promise<Comparison> {
    const size = Math.max(16, options.size ?? which.defaultSize);
    const work = (which.title as (size: number) => string)(size);
    progress.start(work, options.turns);
    const prepared = which.prepare(await engine.use(room), size);
    const { accuracyIs, asked, accuracy, plain } = prepared.answer as Answered;
    const run = { ours: prepared.run as () => Answer, plain: plain.run };
    try {
      const times: { ours: number[]; plain: number[] } = { ours: [], plain: [] };
      const reached = { ours: accuracy(run.ours()), plain: accuracy(run.plain()) };
      for (let turn = 0; turn < options.turns; turn++) {
        progress.update(turn);
        // Lets Ctrl-C through.
        await new Promise((resolve) => setImmediate(resolve));
        interrupt.signal.throwIfAborted();
        for (const name of turn % 2 ? (['plain', 'ours'] as const) : (['ours', 'plain'] as const)) {
          const start = performance.now();
          run[name]();
          times[name].push(performance.now() - start);
        }
      }
      return {
        work,
        measure: accuracyIs,
        ...(asked !== undefined && { accuracyAsked: asked }),
        ours: sideOf(times.ours, reached.ours),
        plain: sideOf(times.plain, reached.plain),
        ratio: middle(times.plain.map((ms, turn) => ms / (times.ours[turn] as number))),
      };
    } finally {
      prepared.dispose();
    }
  }
}

/** All benchmark cases of the package. */
async function cases(): Promise<{ name: string; room: RoomName; which: Case<unknown> }[]> {
  const all = Object.values(rooms).map(async ({ name: room, benchmarks }) =>
    Object.entries((await benchmarks?.())?.benchmarks ?? {}).map(([name, which]) => ({
      name: `${room}.${name}`,
      room,
      which: which as Case<unknown>,
    })),
  );
  return (await Promise.all(all)).flat();
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
      'accuracy (ours, theirs)',
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
