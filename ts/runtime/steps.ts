// Runs a long computation of the C core in steps, so that the host decides about time, progress and cancellation.
import type { WasmObject } from './object.js';
import type { RawObject, Runtime } from './runtime.js';
import { rangeError, typeError } from './validate.js';

/** Options that every `...Async` method takes beside those of its synchronous form. */
export interface AsyncOptions<Progress> {
  /** Aborting it rejects the promise with `signal.reason` within 50 ms; the objects stay usable. */
  signal?: AbortSignal;
  /** Called between slices of about 8 ms of work. An error it throws rejects the promise. */
  onProgress?: (progress: Progress) => void;
}

/**
 * The signal of whatever runs in this thread now, for computations that are given none of their own: a worker sets it
 * for the call that it answers.
 */
export const ambient: { signal?: AbortSignal | undefined } = {};

/** A begun computation. */
export interface Job<Progress> {
  runtime: Runtime;
  operation: string;
  /** Goes on for about `work` units (edge operations); true when it has ended. */
  step: (work: number) => boolean;
  /** Where it is now; called for onProgress only. */
  progress: () => Progress;
  /** Budget; undefined for none. */
  maxTimeMs?: number | undefined;
}

/** 'timeLimit': the budget was used up before the computation ended. */
export type Ending = 'ended' | 'timeLimit';

/** Length of a slice: short enough for a frame and for an abort, long enough that yielding costs nothing. */
const SLICE_MS = 8;
const FIRST_WORK = 20_000;
/** Where the clock stands still (workerd), the work would double for ever. */
const MOST_WORK = 1e8;

/** The budget as given by a user: a positive number, or undefined. */
export function timeBudget(operation: string, maxTimeMs: number | undefined): number | undefined {
  if (maxTimeMs === undefined) return undefined;
  if (typeof maxTimeMs !== 'number')
    throw typeError(operation, 'maxTimeMs', 'number > 0', maxTimeMs);
  if (!(maxTimeMs > 0)) throw rangeError(operation, 'maxTimeMs', 'number > 0', maxTimeMs);
  return maxTimeMs;
}

/** Runs to the end or to the time limit without leaving the thread. */
export function runSync(job: Job<unknown>): Ending {
  if (job.maxTimeMs === undefined) {
    while (!job.step(MOST_WORK));
    return 'ended';
  }
  const slices = new Slices(job, job.maxTimeMs);
  for (;;) {
    const ending = slices.next();
    if (ending) return ending;
  }
}

/**
 * Runs in slices and lets other tasks of the thread run between them. `objects` are held meanwhile: using or disposing
 * one of them is BUSY. Checks of arguments belong before this, so that they have been made before the first yield.
 */
export async function runAsync<Progress>(
  job: Job<Progress>,
  objects: readonly WasmObject<RawObject>[],
  { signal = ambient.signal, onProgress }: AsyncOptions<Progress>,
): Promise<Ending> {
  const { runtime } = job;
  const slices = new Slices(job, job.maxTimeMs ?? Number.POSITIVE_INFINITY);
  for (const object of objects) object.hold();
  runtime.running++;
  try {
    for (;;) {
      signal?.throwIfAborted();
      // The module may have crashed, or been disposed, while other tasks ran.
      runtime.assertAlive(job.operation);
      const ending = slices.next();
      if (ending) return ending;
      onProgress?.(job.progress());
      await yieldToOthers();
    }
  } finally {
    runtime.running--;
    for (const object of objects) object.letGo();
  }
}

/** Checks the asynchronous options; call it first, it throws. */
export function asyncOptions<Progress>(
  operation: string,
  options: AsyncOptions<Progress>,
): AsyncOptions<Progress> {
  const { signal = ambient.signal, onProgress } = options;
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw typeError(operation, 'signal', 'AbortSignal', signal);
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw typeError(operation, 'onProgress', 'function', onProgress);
  }
  signal?.throwIfAborted();
  return signal === options.signal ? options : { ...options, signal };
}

/** What `begin` gives, or the signal's reason as soon as it is aborted: what never answers must not hold up an abort. */
export function orAborted<T>(signal: AbortSignal, begin: () => PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => reject(signal.reason);
    const release = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort);
    begin().then(
      (value) => {
        release();
        resolve(value);
      },
      (error) => {
        release();
        reject(error);
      },
    );
  });
}

class Slices {
  readonly #job: Job<unknown>;
  readonly #deadline: number;
  #work = FIRST_WORK;

  constructor(job: Job<unknown>, maxTimeMs: number) {
    this.#job = job;
    this.#deadline = performance.now() + maxTimeMs;
  }

  next(): Ending | undefined {
    const start = performance.now();
    const left = this.#deadline - start;
    if (left <= 0) return 'timeLimit';
    if (this.#job.step(this.#work)) return 'ended';
    // Aim at a slice, or at what is left of the budget, changing by at most a factor of four at a time.
    const took = performance.now() - start;
    const factor = Math.min(SLICE_MS, left) / Math.max(took, 0.01);
    this.#work = Math.min(
      MOST_WORK,
      Math.max(1000, Math.round(this.#work * Math.min(4, Math.max(0.25, factor)))),
    );
    return undefined;
  }
}

// A task, not a microtask: events, timers and rendering get their turn. setTimeout would wait 4 ms in browsers.
export const yieldToOthers: () => Promise<void> = (() => {
  if (typeof setImmediate === 'function')
    return () => new Promise((resolve) => setImmediate(resolve));
  if (typeof MessageChannel !== 'function')
    return () => new Promise((resolve) => setTimeout(resolve, 0));
  return () =>
    new Promise((resolve) => {
      // One channel a yield, closed after it: an open port would keep a process alive.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
})();
