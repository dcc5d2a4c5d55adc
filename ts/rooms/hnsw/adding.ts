// Reading what is added to a collection.
import { isSublinearError } from '../../runtime/errors.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { VectorArray } from './types.js';

/** A list of numbers is read at once: what it runs meanwhile may change the collection. */
export function ownNumbers(
  operation: string,
  vector: VectorArray | undefined,
): VectorArray | undefined {
  return Array.isArray(vector) ? realArray(operation, 'vector', vector) : vector;
}

export function iterable<T>(operation: string, items: Iterable<T>): Iterable<T> {
  if (typeof items?.[Symbol.iterator] !== 'function')
    throw check.typeError(operation, 'items', 'iterable of items', items);
  return items;
}

/** Where a slice has got to. */
export interface Added {
  added: number;
  total: number | undefined;
}

/** Tells which item it was, and how many are in. */
export function withPosition(error: unknown, position: number): unknown {
  if (!isSublinearError(error)) return error;
  error.message += `; ${position} items were added`;
  return Object.assign(error, { position });
}
