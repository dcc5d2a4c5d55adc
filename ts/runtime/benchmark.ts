// What engine.benchmark() takes and gives. The cases are in ts/benchmarks/.

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
  /** How far off the answer is, by independent code; only of cases that give whole answers. */
  accuracy?: number;
  /** What `accuracy` is: a relative residual, a sum of errors, a share. */
  accuracyIs?: string;
}
