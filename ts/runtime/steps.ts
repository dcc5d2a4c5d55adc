// Long work in steps, so that the host decides about time, progress and cancellation: `task()` gives both forms of a method
// whose work is a job of the C core (csrc/base/job.h); `runAsync()` is for steps that TypeScript takes itself.
import { outcomes } from '../generated/codes.js';
import type { WasmObject } from './object.js';
import type { RawObject, Runtime } from './runtime.js';
import { Scratch } from './scratch.js';
import { options as checkOptions, rangeError, typeError } from './validate.js';

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

/** Where running work of the C core is. */
export interface WorkProgress {
  /** Edge operations so far: entries of a matrix multiplied, edges followed. */
  edgeOperations: number;
  /** The same at the end of the call, where that can be told: a prediction, which may change. */
  expectedOperations?: number;
}

/** Work in steps as the C core does it (csrc/base/job.h): each call returns a status. */
export interface StepJob {
  /** Writes the outcome to `out`. */
  step(work: number, out: number): number;
  stop(why: number): number;
  work(): number;
  expected(): number;
  /** What has to come before it can go on. Asked between the slices of asynchronous calls only. */
  pending?(): Promise<unknown> | undefined;
}

/** A begun computation. */
export interface Job<Progress> {
  runtime: Runtime;
  operation: string;
  /** Goes on for about `work` units (edge operations); true when it has ended. */
  step: (work: number) => boolean;
  /** Where it is now; called for onProgress only. */
  progress: () => Progress;
  /** What has to come before the next slice. */
  pending?: (() => Promise<unknown> | undefined) | undefined;
  /** Called where an abort or an error ends it early, before its objects are let go. */
  giveUp?: (() => void) | undefined;
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
function runSync(job: Job<unknown>, maxTimeMs: number): Ending {
  const slices = new Slices(job, maxTimeMs);
  for (;;) {
    const ending = slices.next();
    if (ending) return ending;
  }
}

/**
 * Runs in slices and lets other tasks of the thread run between them. `objects` are held meanwhile: using or disposing
 * one of them is BUSY. Checks of arguments belong before this, so that they have been made before the first yield. `read`
 * gets the result as soon as the work has ended: nothing else runs between the two, as it would after an await.
 */
export async function runAsync<Progress, Result = Ending>(
  job: Job<Progress>,
  objects: readonly (WasmObject<RawObject> | Holdable)[],
  { signal = ambient.signal, onProgress }: AsyncOptions<Progress>,
  read: (ending: Ending) => Result = (ending) => ending as Result,
): Promise<Result> {
  const { runtime } = job;
  const slices = new Slices(job, job.maxTimeMs ?? Number.POSITIVE_INFINITY);
  let held = true;
  const letGo = () => {
    if (!held) return;
    held = false;
    runtime.running--;
    for (const object of objects) object.letGo();
  };
  for (const object of objects) object.hold();
  runtime.running++;
  try {
    for (;;) {
      signal?.throwIfAborted();
      // The module may have crashed, or been disposed, while other tasks ran.
      runtime.assertAlive(job.operation);
      const ending = slices.next();
      if (ending) {
        letGo();
        return read(ending);
      }
      onProgress?.(job.progress());
      const pending = job.pending?.();
      await (pending === undefined ? yieldToOthers() : slices.wait(pending, signal));
    }
  } finally {
    if (held && runtime.alive) job.giveUp?.();
    letGo();
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

/** A call while its arguments are checked and its work is begun. */
export interface Call<Options> {
  readonly runtime: Runtime;
  readonly operation: string;
  readonly options: Options;
  /** Memory that stays until the call has ended. */
  readonly scratch: Scratch;
}

/** What an asynchronous call holds while it runs. */
export interface Holdable {
  hold(): void;
  letGo(): void;
}

/** What a call has begun. */
export interface Begun<Progress, Result> {
  /** The C object that works. */
  readonly raw: { job(): StepJob | null };
  /** Objects that an asynchronous call holds: using or disposing one of them is BUSY. */
  readonly holds: readonly (WasmObject<RawObject> | Holdable)[];
  /** What is told about the work beside its operations. */
  readonly progress?: () => Omit<Progress, keyof WorkProgress>;
  /** Reads the result, once the work has ended. */
  readonly result: () => Result;
  /** What was done until an abort counts: the job is stopped then. Otherwise the next call drops it. */
  readonly stopped?: boolean;
}

interface Limited {
  maxTimeMs?: number;
}

/** A method in both forms. `subject` is what it works on: a matrix, a graph. */
export interface Task<Subject, Options, Progress, Result> {
  /** At once. */
  now(operation: string, subject: Subject, given: Options | undefined): Result;
  /** In slices. */
  later(
    operation: string,
    subject: Subject,
    given: (Options & AsyncOptions<Progress>) | undefined,
  ): Promise<Result>;
}

/**
 * Both forms of a method. `keys` are its options, those of the asynchronous form left out; `begin` checks everything and
 * begins.
 */
export function task<Subject, Options extends Limited, Progress extends WorkProgress, Result>(
  runtime: Runtime,
  keys: readonly (keyof Options)[],
  begin: (call: Call<Options>, subject: Subject) => Begun<Progress, Result>,
): Task<Subject, Options, Progress, Result> {
  return {
    now(operation, subject, given) {
      const options = checkOptions(operation, given, keys);
      return runNow(runtime, operation, options, (call) => begin(call, subject));
    },
    // Not every caller awaits: what is wrong with the arguments rejects as well.
    async later(operation, subject, given) {
      const options = checkOptions(operation, given, [...keys, ...asyncKeys]);
      return runLater(runtime, operation, options, (call) => begin(call, subject));
    },
  };
}

/** Names of the options that asynchronous forms have more. */
export const asyncKeys = ['signal', 'onProgress'] as const;

/** Begins a call and runs it to its end without leaving the thread. The options' names have been checked. */
export function runNow<Options extends Limited, Progress extends WorkProgress, Result>(
  runtime: Runtime,
  operation: string,
  options: Options,
  begin: (call: Call<Options>) => Begun<Progress, Result>,
): Result {
  const maxTimeMs = timeBudget(operation, options.maxTimeMs);
  return runtime.scratch(operation, (scratch) => {
    const begun = begin({ runtime, operation, options, scratch });
    if (maxTimeMs === undefined) return runAtOnce(runtime, operation, begun);
    const job = jobOf(runtime, operation, begun, maxTimeMs);
    return end(job, runSync(job, maxTimeMs), begun.result);
  });
}

/** To the end, without what budgets, progress and aborts need: small calls are made often. */
function runAtOnce<Result>(
  runtime: Runtime,
  operation: string,
  { raw, result }: Begun<WorkProgress, Result>,
): Result {
  const job = runtime.made(operation, raw.job());
  do {
    runtime.check(operation, job.step(MOST_WORK, runtime.out));
  } while (runtime.isRunning(runtime.outU32()));
  return result();
}

/** The same in slices. */
export async function runLater<Options extends Limited, Progress extends WorkProgress, Result>(
  runtime: Runtime,
  operation: string,
  options: Options & AsyncOptions<Progress>,
  begin: (call: Call<Options>) => Begun<Progress, Result>,
): Promise<Result> {
  const control = asyncOptions(operation, options);
  const maxTimeMs = timeBudget(operation, options.maxTimeMs);
  const scratch = new Scratch(runtime, operation);
  try {
    const begun = begin({ runtime, operation, options, scratch });
    const job = jobOf(runtime, operation, begun, maxTimeMs);
    return await runAsync(job, begun.holds, control, (ending) => end(job, ending, begun.result));
  } finally {
    scratch.release();
  }
}

/** sl_outcome TIME_LIMIT */
const TIME_LIMIT = outcomes.indexOf('timeLimit');

interface CoreJob<Progress> extends Job<Progress> {
  stop: () => void;
}

function jobOf<Progress extends WorkProgress>(
  runtime: Runtime,
  operation: string,
  { raw, progress, stopped }: Begun<Progress, unknown>,
  maxTimeMs: number | undefined,
): CoreJob<Progress> {
  // Borrowed: it belongs to the object, and is never deleted.
  const job = runtime.made(operation, raw.job());
  const stop = () => runtime.check(operation, job.stop(TIME_LIMIT));
  return {
    runtime,
    operation,
    maxTimeMs,
    step(work) {
      runtime.check(operation, job.step(work, runtime.out));
      return !runtime.isRunning(runtime.outU32());
    },
    stop,
    giveUp: stopped ? stop : undefined,
    pending: job.pending && (() => job.pending?.()),
    progress() {
      const expectedOperations = job.expected();
      const work: WorkProgress = {
        edgeOperations: job.work(),
        ...(expectedOperations > 0 && { expectedOperations }),
      };
      return { ...work, ...progress?.() } as Progress;
    },
  };
}

function end<Result>(job: CoreJob<unknown>, ending: Ending, result: () => Result): Result {
  if (ending === 'timeLimit') job.stop();
  return result();
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

  /** Waits for something, an abort, or the end of the budget. */
  async wait(pending: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
    const left = this.#deadline - performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit =
      left < LONGEST_TIMER &&
      new Promise((resolve) => {
        timer = setTimeout(resolve, left);
      });
    const first = limit ? Promise.race([pending, limit]) : pending;
    try {
      await (signal ? orAborted(signal, () => first) : first);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Longer ones fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

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
