// Runs a case for engine.benchmark(): how fast it is here and now, for choosing sizes and for bug reports. Comparisons take turns
// instead (bench/support/harness.ts, ts/cli/bench.ts, the playground).

import type { Case, PreparedCase } from '../benchmarks/case.js';
import type { RoomName } from '../generated/bundles.js';
import type { BenchmarkOptions, BenchmarkResult } from '../runtime/benchmark.js';
import type { Runtime } from '../runtime/runtime.js';
import type { integer, number, options, rangeError, string } from '../runtime/validate.js';

/**
 * The checks of the engine, as arguments: a bundler makes a file of what a page may fetch later, and one more of what that
 * imports and the page has.
 */
interface Checks {
  integer: typeof integer;
  number: typeof number;
  options: typeof options;
  rangeError: typeof rangeError;
  string: typeof string;
}

/** What an engine has of a room: its cases, and how it is loaded. */
interface Measurable {
  benchmarks: Readonly<Record<string, unknown>>;
  load: () => Promise<{ namespace: unknown; runtime: Runtime }>;
}

/** What `engine.benchmark()` does; `find` is only asked for rooms that exist. */
export async function benchmark(
  check: Checks,
  rooms: object,
  name: string,
  options: BenchmarkOptions | undefined,
  find: (room: RoomName) => Promise<Measurable>,
): Promise<BenchmarkResult> {
  const operation = 'engine.benchmark';
  const [room, ...rest] = check.string(operation, 'name', name).split('.') as [RoomName, string];
  if (!Object.hasOwn(rooms, room)) throw check.rangeError(operation, 'name', '<room>.<case>', name);
  const { benchmarks, load } = await find(room);
  const found = caseOf(check, operation, room, rest.join('.'), benchmarks);
  const { size, minTimeMs } = howToRun(check, operation, options, found);
  const { namespace, runtime } = await load();
  const { variant, raw, loadMs } = runtime;
  const measured = runCase(namespace, found, size, minTimeMs);
  return { name, variant, size, ...measured, bytesPeak: raw.bytesPeak(), loadMs };
}

/** The case `<module>.<name>`; throws for one that is not there. */
function caseOf(
  check: Checks,
  operation: string,
  module: string,
  name: string,
  cases: Readonly<Record<string, unknown>>,
): Case<unknown> {
  // What every object inherits is no case.
  if (Object.hasOwn(cases, name)) return cases[name] as Case<unknown>;
  const known = Object.keys(cases).map((each) => `${module}.${each}`);
  throw check.rangeError(operation, 'name', known.join(' or '), `${module}.${name}`);
}

/** The options, checked and with their defaults. */
function howToRun(
  check: Checks,
  operation: string,
  options: BenchmarkOptions | undefined,
  { defaultSize }: Case<unknown>,
) {
  const keys = ['size', 'minTimeMs'] as const;
  const { size = defaultSize, minTimeMs = 200 } = check.options(operation, options, keys);
  check.integer(operation, 'size', size, 1);
  check.number(operation, 'minTimeMs', minTimeMs);
  if (!(Number.isFinite(minTimeMs) && minTimeMs >= 0))
    throw check.rangeError(operation, 'minTimeMs', 'finite number >= 0', minTimeMs);
  return { size, minTimeMs };
}

/** Prepares, measures and cleans up. */
function runCase(room: unknown, which: Case<unknown>, size: number, minTimeMs: number) {
  const prepared = which.prepare(room, size);
  try {
    const measured = measure(prepared, minTimeMs);
    const { answer } = prepared;
    if (answer === undefined) return measured;
    const accuracy = answer.accuracy(prepared.run() as ArrayLike<number>);
    return { ...measured, accuracy, accuracyIs: answer.accuracyIs };
  } finally {
    prepared.dispose();
  }
}

/** Measures for `minTimeMs`; short runs are timed in batches, because clocks are coarse (0.1 ms in browsers). */
function measure({ run, operations, bytes }: PreparedCase, minTimeMs: number) {
  // Two rounds to compile and to guess; then batches of about 1 ms.
  timed(run, 1);
  const guess = timed(run, 10) / 10;
  const batch = Math.max(1, Math.round(1 / Math.max(guess, 1e-4)));
  const samples: number[] = [];
  const end = performance.now() + minTimeMs;
  while (performance.now() < end || samples.length < 5) samples.push(timed(run, batch) / batch);
  samples.sort((a, b) => a - b);
  const at = (part: number) =>
    samples[Math.min(samples.length - 1, Math.floor(samples.length * part))] as number;
  const medianMs = at(0.5);
  return {
    runs: samples.length * batch,
    medianMs,
    p99Ms: at(0.99),
    operationsPerSecond: (operations / medianMs) * 1000,
    bytesPerSecond: (bytes / medianMs) * 1000,
  };
}

function timed(run: () => void, count: number): number {
  const start = performance.now();
  for (let i = 0; i < count; i++) run();
  return performance.now() - start;
}
