// What may be known about a vector: what JSON can say, so that it can be saved.
import { SublinearTypeError } from '../../runtime/errors.js';
import { show, typeError } from '../../runtime/validate.js';

/** What metadata may hold: what JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
/** Nested at most 100 deep. */
export type Metadata = { [key: string]: Json };

/**
 * Deepest nesting of metadata and of conditions. Copying, comparing and writing recurse, and a stack that overflows is no
 * error that a caller can act upon.
 */
export const DEEPEST = 100;

/** Checks that metadata can be saved and read again. */
export function checkMetadata(operation: string, value: unknown): Metadata | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw typeError(operation, 'metadata', 'object', value);
  const refuse = (message: string) =>
    new SublinearTypeError(operation, message, { argument: 'metadata' });
  // Those that the part lies in: one of them again is a circle.
  const around = new Set<unknown>();
  const visit = (part: unknown, path: string): void => {
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return;
    if (typeof part === 'number' && Number.isFinite(part)) return;
    if (!isPlain(part) && !Array.isArray(part))
      throw refuse(`"${path}" expected a JSON value, got ${show(part)}`);
    if (around.has(part))
      throw refuse(`"${path}" expected a JSON value, got an object that contains itself`);
    if (around.size === DEEPEST)
      throw refuse(
        `"metadata" expected at most ${DEEPEST} levels, got more: store the deep part as text, JSON.stringify(part)`,
      );
    around.add(part);
    for (const [key, each] of Object.entries(part)) visit(each, `${path}.${key}`);
    around.delete(part);
  };
  visit(value, 'metadata');
  return value as Metadata;
}

/** True for `{ ... }` of any realm: no array, no instance of a class. */
export function isPlain(value: unknown): value is { [key: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
