// The errors that users see. Every one carries `code` and `operation`; which class it is says what to do about it:
// SublinearTypeError and SublinearRangeError: the call was wrong. SublinearError: the call was right and did not work.
import type { StatusCode } from '../generated/codes.js';

/**
 * What went wrong, for programs. The first group comes from the C core, the second from the engine:
 *
 * - `TYPE` an argument has the wrong type
 * - `DISPOSED` the object or the engine was disposed before
 * - `BUSY` the object is in use by a running `...Async` call
 * - `CRASHED` the WebAssembly module trapped, or its worker ended; its objects are lost, the next load (with a worker: the
 *   next call) makes a fresh one
 * - `NOT_LOADED` the module has not been loaded; the message names the call that loads it
 * - `LOAD_FAILED` the WebAssembly module could not be fetched or compiled, or a worker could not be started; the message
 *   says what to do
 * - `QUEUE_FULL` as many jobs wait for a pool's workers as may wait
 * - `QUOTA` a store is full; what was stored before stays
 * - `STORE` a store's disk, database or service failed; `cause` is its error
 * - `CHANGED` what is being read from a store or a server was replaced or deleted meanwhile: get it again
 * - `UNTRUSTED` a kernel pack that nobody on the caller's list has signed, or older than one that was seen
 * - `NETWORK` a remote file could not be read; the message says what the server did, and what to change
 */
export type ErrorCode =
  | StatusCode
  | 'TYPE'
  | 'DISPOSED'
  | 'BUSY'
  | 'CRASHED'
  | 'NOT_LOADED'
  | 'LOAD_FAILED'
  | 'QUEUE_FULL'
  | 'QUOTA'
  | 'STORE'
  | 'CHANGED'
  | 'UNTRUSTED'
  | 'NETWORK';

/** What an error knows beside its message. */
export interface ErrorDetails {
  /** The argument or option that is at fault, as it is written in TypeScript. */
  argument?: string;
  /** Index in that argument. */
  position?: number;
  /** Line of the text that is at fault, from 1. */
  line?: number;
  /** What would have been right, as a phrase. */
  expected?: string;
  /** Bytes that were asked for when the memory limit was reached. */
  bytesWanted?: number;
  /** The error behind this one. */
  cause?: unknown;
}

/** The fields that all errors of this package have. */
export interface CodedError extends Error {
  readonly code: ErrorCode;
  /** The method that failed: `Vector.dot`. */
  readonly operation: string;
  readonly argument?: string;
  readonly position?: number;
  readonly line?: number;
  readonly expected?: string;
  readonly bytesWanted?: number;
}

/** A program may hold this package twice (two realms of Jest, two versions): the errors of both are known by this. */
const OURS = Symbol.for('sublinear.error');

function named(Class: { prototype: Error }, name: string): void {
  Class.prototype.name = name;
  Object.defineProperty(Class.prototype, OURS, { value: true });
}

/** The call was right and could not be done: memory, state, malformed files, loading. */
export class SublinearError extends Error implements CodedError {
  declare readonly code: ErrorCode;
  declare readonly operation: string;
  declare readonly argument?: string;
  declare readonly position?: number;
  declare readonly line?: number;
  declare readonly expected?: string;
  declare readonly bytesWanted?: number;
  static {
    named(this, 'SublinearError');
  }
  constructor(code: ErrorCode, operation: string, message: string, details: ErrorDetails = {}) {
    super(message, causeOf(details));
    assign(this, code, operation, details);
  }
}

/** An argument has the wrong type. The message starts with its name. */
export class SublinearTypeError extends TypeError implements CodedError {
  declare readonly code: ErrorCode;
  declare readonly operation: string;
  declare readonly argument?: string;
  declare readonly position?: number;
  declare readonly expected?: string;
  static {
    named(this, 'SublinearTypeError');
  }
  constructor(operation: string, message: string, details: ErrorDetails = {}) {
    super(message, causeOf(details));
    assign(this, 'TYPE', operation, details);
  }
}

/** An argument has the right type and a value that is not allowed. The message starts with its name. */
export class SublinearRangeError extends RangeError implements CodedError {
  declare readonly code: ErrorCode;
  declare readonly operation: string;
  declare readonly argument?: string;
  declare readonly position?: number;
  declare readonly expected?: string;
  static {
    named(this, 'SublinearRangeError');
  }
  constructor(code: ErrorCode, operation: string, message: string, details: ErrorDetails = {}) {
    super(message, causeOf(details));
    assign(this, code, operation, details);
  }
}

/**
 * True for every error that this package throws on purpose, whichever class it has.
 *
 * @example
 * ```ts
 * import { getEngine, isSublinearError } from 'sublinear';
 *
 * const { Vector } = await (await getEngine()).use('dense');
 * try {
 *   Vector.zeros(-1);
 * } catch (error) {
 *   if (!isSublinearError(error)) throw error;
 *   console.log(error.code, error.argument, error.operation); // RANGE length Vector.zeros
 * }
 * ```
 */
export function isSublinearError(error: unknown): error is CodedError {
  return typeof error === 'object' && error !== null && OURS in error;
}

// Own properties only where there is something to say, so that a printed error stays short.
function assign(
  error: object,
  code: ErrorCode,
  operation: string,
  { cause: _, ...details }: ErrorDetails,
): void {
  Object.assign(error, { code, operation });
  // JavaScriptCore gives every error a "line" of its own: where in the program it was made. Ours is of the text read.
  Reflect.deleteProperty(error, 'line');
  for (const [key, value] of Object.entries(details))
    if (value !== undefined) Object.assign(error, { [key]: value });
}

function causeOf(details: ErrorDetails): ErrorOptions | undefined {
  return details.cause === undefined ? undefined : { cause: details.cause };
}
