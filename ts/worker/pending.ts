// A call that was made and has not been answered: its promise, and what its arguments left here.

import { type Source, stop } from './source.js';

/** How a call is made, beside its arguments. */
export interface CallOptions {
  /** Aborting it stops the work and rejects the promise with `signal.reason`, within 50 ms. */
  signal?: AbortSignal;
  /** Move arrays into the worker instead of copying them: they are empty (detached) here afterwards. False by default. */
  transfer?: boolean;
}

/** Calls that hear of the same signal: it has one listener, however many they are (Node warns of more than ten). */
const hearing = new WeakMap<AbortSignal, { calls: Set<() => void>; all: () => void }>();

/** Calls `call` when the signal is aborted, until what this returns is called. */
function hear(signal: AbortSignal, call: () => void): () => void {
  let known = hearing.get(signal);
  if (known === undefined) {
    const calls = new Set<() => void>();
    const all = () => {
      for (const each of [...calls]) each();
    };
    known = { calls, all };
    hearing.set(signal, known);
    signal.addEventListener('abort', all);
  }
  const { calls, all } = known;
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size > 0 || hearing.get(signal)?.calls !== calls) return;
    hearing.delete(signal);
    signal.removeEventListener('abort', all);
  };
}

/** A call that has not been settled. */
export class Pending<Session> {
  readonly id: number;
  readonly operation: string;
  readonly options: CallOptions;
  readonly promise: Promise<unknown>;
  readonly functions: ((...args: unknown[]) => unknown)[] = [];
  readonly sources: Source[] = [];
  readonly signals = new Set<AbortSignal>();
  /** Objects that must not be forgotten while the call runs. */
  readonly held: unknown[] = [];
  session: Session | undefined;
  aborted: { reason: unknown } | undefined;
  #settle!: { resolve: (value: unknown) => void; reject: (reason: unknown) => void };
  #release = () => {};

  constructor(id: number, operation: string, options: CallOptions) {
    this.id = id;
    this.operation = operation;
    this.options = options;
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Calls `abort` when one of the signals is aborted. */
  listen(abort: (reason: unknown) => void): void {
    const listeners = [...this.signals].map((signal) => hear(signal, () => abort(signal.reason)));
    this.#release = () => {
      for (const release of listeners) release();
    };
  }

  resolve(value: unknown): void {
    this.#release();
    this.#settle.resolve(value);
  }

  reject(reason: unknown): void {
    this.#release();
    this.#settle.reject(reason);
    for (const source of this.sources.splice(0)) stop(source);
  }
}
