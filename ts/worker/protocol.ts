// What the two sides of a worker say to each other. Comlink carries the calls; what a call holds is packed by codec.ts.

import type { RoomName, Variant } from '../generated/bundles.js';

export type Path = readonly (string | number)[];

/** What structured cloning cannot carry, and where in the value it belongs. */
export type Special = { path: Path } & (
  | { kind: 'object'; id: number } // of the worker, as an argument
  | { kind: 'signal' } // an AbortSignal: that of the call
  | { kind: 'function'; slot: number } // called in the worker, runs in the caller's thread
  | { kind: 'shared' } // a typed array in shared memory; it stands in its place
  | { kind: 'source'; slot: number } // pieces that the worker asks for
  | { kind: 'handle'; id: number; className: string } // an object of the worker, as a result
  | { kind: 'iterator'; id: number } // of the worker, as a result
  | { kind: 'iterable'; name: string } // an array-like result that can be iterated; see ../iterable.ts
);

/** A value with holes (`undefined`) where most specials belong. */
export interface Packed {
  value: unknown;
  specials: Special[];
}

/** What a call is made on: the engine, a room, a class of a room, or an object. */
export type Target =
  | { kind: 'engine' }
  | { kind: 'room'; room: RoomName; className?: string }
  | { kind: 'object'; id: number };

export interface CallMessage {
  id: number;
  target: Target;
  /** `describe` asks for a room's RoomShape, `get` reads a property, `dispose` disposes an object and forgets it. */
  action: 'call' | 'get' | 'describe' | 'dispose';
  name: string;
  args: Packed;
}

/** What the members of a class or of an object are called. */
export interface ClassShape {
  name: string;
  methods: string[];
  getters: string[];
}

/** What a room's namespace holds. */
export interface RoomShape {
  functions: string[];
  classes: ClassShape[];
}

export interface PackedError {
  kind: 'type' | 'range' | 'other' | 'foreign';
  name: string;
  message: string;
  stack?: string;
  /** `code`, `operation` and the other fields of this package's errors. */
  fields: Record<string, unknown>;
  cause?: PackedError;
}

export type Reply =
  | {
      ok: true;
      result: Packed;
      shapes: ClassShape[];
      /** The functions that were its arguments are called later: see `asked`. */
      kept?: boolean;
    }
  | { ok: false; error: PackedError };

export interface StartOptions {
  memory: number | string | undefined;
  variant: Variant | undefined;
}

/** What the worker's side answers. */
export interface WorkerSide {
  start(options: StartOptions): void;
  call(message: CallMessage): Promise<Reply>;
  /** Several calls in one message, answered in one when all have ended. */
  calls(messages: CallMessage[]): Promise<Reply[]>;
  abort(id: number): void;
  /** The caller has lost an object that it had received `received` times. */
  forget(id: number, received: number): void;
}

/** What the caller's side answers. */
export interface CallerSide {
  /** The WebAssembly of a file: bytes, or a compiled module. */
  module(file: string): Promise<Uint8Array | WebAssembly.Module>;
  /**
   * Where a script of the worker is: its file, then (attempt 1) its text as an address; undefined when there is no more.
   */
  script(name: string, attempt: number): Promise<string | undefined>;
  /** Calls of functions that were arguments, in order. */
  called(id: number, calls: { slot: number; args: Packed }[]): void;
  /** Calls a function that was an argument of a call which keeps it, as long as its object lives, and waits for what it gives. */
  asked(id: number, slot: number, args: Packed): Promise<Reply>;
  /** The next piece of a source that was an argument. */
  next(id: number, slot: number): Promise<{ done: boolean; value?: unknown }>;
  /** The worker needs no more of a source. */
  stop(id: number, slot: number): void;
}
