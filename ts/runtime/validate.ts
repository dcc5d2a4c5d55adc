// Checks of arguments before they reach the C core. Each takes the operation and the argument's name, so that messages
// read: "length" expected integer >= 0, got -1.
//
// Only types, and what a number must be to cross into C at all, are checked here. Domains (damping in (0, 1), an index
// below n) are the C core's business, so that both doors refuse the same things.
import { SublinearRangeError, SublinearTypeError } from './errors.js';

/** A short picture of a value for a message. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return Array.isArray(value)
      ? `an array of length ${value.length}`
      : (value.constructor?.name ?? 'an object');
  } catch {
    return 'an object'; // a proxy that was revoked, or that throws
  }
}

/** Whether a value is an array; a proxy that was revoked is none, where Array.isArray throws. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

export function typeError(
  operation: string,
  argument: string,
  expected: string,
  value: unknown,
): SublinearTypeError {
  return new SublinearTypeError(
    operation,
    `"${argument}" expected ${expected}, got ${show(value)}`,
    { argument },
  );
}

export function rangeError(
  operation: string,
  argument: string,
  expected: string,
  value: unknown,
): SublinearRangeError {
  return new SublinearRangeError(
    'RANGE',
    operation,
    `"${argument}" expected ${expected}, got ${show(value)}`,
    {
      argument,
    },
  );
}

/** A number; NaN and infinities pass, the C core refuses them where they make no sense. */
export function number(operation: string, argument: string, value: unknown): number {
  if (typeof value !== 'number') throw typeError(operation, argument, 'number', value);
  return value;
}

/** A whole number in [min, max]; max is what the C type holds. */
export function integer(
  operation: string,
  argument: string,
  value: unknown,
  min = 0,
  max = 0xffff_ffff,
): number {
  const expected = min === 0 && max === 0xffff_ffff ? 'integer >= 0' : `integer in ${min}..${max}`;
  if (typeof value !== 'number') throw typeError(operation, argument, expected, value);
  if (!Number.isInteger(value) || value < min || value > max)
    throw rangeError(operation, argument, expected, value);
  return value;
}

export function boolean(operation: string, argument: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw typeError(operation, argument, 'boolean', value);
  return value;
}

export function string(operation: string, argument: string, value: unknown): string {
  if (typeof value !== 'string') throw typeError(operation, argument, 'string', value);
  return value;
}

/** One of a few words; gives what stands behind it. */
export function choice<T>(
  operation: string,
  argument: string,
  value: unknown,
  choices: Readonly<Record<PropertyKey, T>>,
): T {
  const isKey = typeof value === 'string' || typeof value === 'number';
  if (isKey && Object.hasOwn(choices, value)) return choices[value] as T;
  // Put together only where it is needed: small calls are made often.
  const expected = Object.keys(choices)
    .map((key) => `'${key}'`)
    .join(' or ');
  throw (isKey ? rangeError : typeError)(operation, argument, expected, value);
}

/**
 * An options object, or undefined for none. Unknown keys are refused: a misspelt option would be ignored silently. What
 * comes back is a copy: each option was read once, and whatever code that ran has run.
 */
export function options<T extends object>(
  operation: string,
  value: T | undefined,
  keys: readonly (keyof T)[],
): T {
  if (value === undefined) return {} as T;
  const names = optionNames(value);
  if (names === undefined) throw typeError(operation, 'options', 'object', value);
  for (const key of names) {
    if (!keys.includes(key as keyof T)) {
      throw new SublinearTypeError(
        operation,
        `"${key}" is not an option; known: ${keys.join(', ')}`,
        {
          argument: key,
        },
      );
    }
  }
  const read: Partial<T> = {};
  for (const key of keys) {
    const option = value[key];
    if (option !== undefined) read[key] = option;
  }
  return read as T;
}

/** The names that an object of options has; undefined for what is none. */
function optionNames(value: unknown): string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    if (Array.isArray(value)) return undefined;
    const names = Object.keys(value);
    // A Map, a promise that was not awaited, a date: what they hold would be passed over silently.
    const isPlain = names.length > 0 || Object.prototype.toString.call(value) === '[object Object]';
    return isPlain ? names : undefined;
  } catch {
    return undefined; // a proxy that was revoked
  }
}

/** An array of the wrong length. */
export function shapeError(
  operation: string,
  argument: string,
  expected: number,
  length: number,
): SublinearRangeError {
  const message = `"${argument}" expected length ${expected}, got ${length}`;
  return new SublinearRangeError('SHAPE', operation, message, { argument });
}
