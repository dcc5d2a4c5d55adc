// engine.benchmark(): how fast one kernel runs here, measured, for choosing sizes and for bug reports. Comparisons with
// other programs belong to bench/, where both sides are interleaved.

/** Something to measure. `prepare` makes it from a room and a size; `run` does it once. */
export interface Benchmark<Namespace> {
  defaultSize: number;
  prepare: (room: Namespace, size: number) => PreparedBenchmark;
}

export interface PreparedBenchmark {
  run: () => void;
  /** Floating-point operations of one run; 0 where they are not counted. */
  operations: number;
  /** Bytes read and written by one run; 0 where they are not counted. */
  bytes: number;
  dispose: () => void;
}

export interface BenchmarkOptions {
  /** Elements or nodes; each benchmark has its own default. */
  size?: number;
  /** Milliseconds to measure for, finite and at least 0; 200 by default. At least 16 runs are done in any case. */
  minTimeMs?: number;
}

export interface BenchmarkResult {
  name: string;
  variant: string;
  size: number;
  /** How often it ran while it was measured. */
  runs: number;
  medianMs: number;
  p99Ms: number;
  /** Floating-point operations; 0 for kernels that do not count them. */
  operationsPerSecond: number;
  /** Bytes read and written; 0 for kernels that do not count them. */
  bytesPerSecond: number;
  /** The most bytes that objects of the module ever held together, this benchmark included. */
  bytesPeak: number;
  /** How long the module took to load. */
  loadMs: number;
}

/** Measures for `minTimeMs`; short runs are timed in batches, because clocks are coarse (0.1 ms in browsers). */
export function measure({ run, operations, bytes }: PreparedBenchmark, minTimeMs: number) {
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
