// What may be known about a vector: what JSON can say, so that it can be saved.
import { isPlain } from '../../runtime/brand.js';
import { SublinearTypeError } from '../../runtime/errors.js';
import { show, typeError } from '../../runtime/validate.js';

/** What metadata may hold: what JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
/** Nested at most 100 deep. */
export type Metadata = { [key: string]: Json };

/** Texts that are kept, by field. Shared with the collection and frozen. */
export type ShownText = Readonly<Record<string, string | readonly string[]>>;

/** What becomes of metadata that are given: a Date is kept as its ISO text, everything else as it is. */
export type Stored<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? Stored<U>[]
    : T extends object
      ? { [K in keyof T]: Stored<T[K]> }
      : T;

/**
 * Deepest nesting of metadata and of conditions. Copying, comparing and writing recurse, and a stack that overflows is no
 * error that a caller can act upon.
 */
export const DEEPEST = 100;

/** Checks that metadata can be saved and read again, and gives a frozen copy. */
export function copyMetadata(operation: string, value: unknown): Metadata | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw typeError(operation, 'metadata', 'object', value);
  const refuse = (message: string) =>
    new SublinearTypeError(operation, message, { argument: 'metadata' });
  // Those that the part lies in: one of them again is a circle.
  const around = new Set<unknown>();
  const copy = (part: unknown, path: string): Json => {
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return part;
    if (typeof part === 'number' && Number.isFinite(part)) return part;
    if (isDate(part)) return dateText(operation, path, part, 'metadata');
    if (!isPlain(part) && !Array.isArray(part))
      throw refuse(`"${path}" expected a JSON value or a Date, got ${show(part)}`);
    if (around.has(part))
      throw refuse(`"${path}" expected a JSON value, got an object that contains itself`);
    if (around.size === DEEPEST)
      throw refuse(
        `"metadata" expected at most ${DEEPEST} levels, got more: store the deep part as text, JSON.stringify(part)`,
      );
    around.add(part);
    let made: Json;
    if (Array.isArray(part)) made = Array.from(part, (each, i) => copy(each, `${path}.${i}`));
    else {
      made = {};
      for (const [key, each] of Object.entries(part)) {
        const value = copy(each, `${path}.${key}`);
        if (key === '__proto__')
          Object.defineProperty(made, key, { value, enumerable: true, configurable: true });
        else made[key] = value;
      }
    }
    around.delete(part);
    return Object.freeze(made) as Json;
  };
  return copy(value, 'metadata') as Metadata;
}

/** A Date of any realm. */
export function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

/** The text that stands for a date: texts of the years 0 to 9999 have the order of the dates. */
export function dateText(operation: string, path: string, date: Date, argument = path): string {
  try {
    return Date.prototype.toISOString.call(date);
  } catch {
    throw new SublinearTypeError(operation, `"${path}" expected a valid Date, got ${show(date)}`, {
      argument,
    });
  }
}
