// The errors of the caller's side.

import { messageOf } from '../runtime/brand.js';
import { SublinearError, SublinearTypeError } from '../runtime/errors.js';
import type { Path } from './protocol.js';

export function disposedError(operation: string): SublinearError {
  return new SublinearError('DISPOSED', operation, 'this worker engine was disposed');
}

export function crashError(operation: string, cause: unknown): SublinearError {
  const why = cause === undefined ? '' : ` (${messageOf(cause)})`;
  const message = `the worker has ended${why} and its objects are lost; the next call starts a fresh one: make them again with the same classes`;
  return new SublinearError('CRASHED', operation, message, { cause });
}

export function startError(reason: string, cause: unknown): SublinearError {
  const fix =
    "a Content-Security-Policy needs worker-src 'self' (and blob: for the inline twin); or serve dist/worker/thread.js yourself and pass its URL as createWorkerEngine({ worker })";
  const message = `the worker could not be started: ${reason}; ${fix}`;
  return new SublinearError('LOAD_FAILED', 'createWorkerEngine', message, { cause });
}

export function messageError(operation: string, cause: unknown): SublinearTypeError {
  const message = `"arguments" could not be passed to the worker: ${messageOf(cause)}`;
  return new SublinearTypeError(operation, message, { cause });
}

export function foreign(operation: string, path: Path, what: string): SublinearTypeError {
  const name = String(path[path.length - 1]);
  const argument = /^\d+$/.test(name) ? `argument ${Number(name) + 1}` : `"${name}"`;
  return new SublinearTypeError(operation, `${argument} ${what}`, { argument: name });
}
