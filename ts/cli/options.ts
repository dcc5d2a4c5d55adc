// Option values as the command line gives them: text, checked here so that the message can name the option.
import { InvalidArgumentError } from 'commander';
import type { GraphFormat } from '../rooms/graph/graph.js';

/** Forms of an answer by their names on the command line. */
export const outputFormats = ['table', 'tsv', 'csv', 'json'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Any finite number. */
export function finite(text: string): number {
  const value = number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** A finite number above zero, as in 1e-8. */
export function positive(text: string): number {
  const value = number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** A number strictly between 0 and 1. */
export function share(text: string): number {
  const value = number(text);
  if (!(value > 0 && value < 1))
    throw new InvalidArgumentError('Expected a number between 0 and 1.');
  return value;
}

/** An option that may be given several times. */
export function list(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** A whole number >= 1. */
export function counter(text: string): number {
  const value = number(text);
  if (!(Number.isSafeInteger(value) && value >= 1))
    throw new InvalidArgumentError('Expected a whole number >= 1.');
  return value;
}

/** A whole number >= 0. */
export function natural(text: string): number {
  const value = number(text);
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new InvalidArgumentError('Expected a whole number >= 0.');
  return value;
}

/** Numbers with spaces or commas between them, in brackets or without: "0.1, -2e-3". */
export function vector(text: string): Float32Array {
  const inner = text.trim().replace(/^\[(.*)\]$/s, '$1');
  return Float32Array.from(inner.split(/\s*,\s*|\s+/), (part) => {
    const value = Math.fround(number(part));
    if (Number.isFinite(value)) return value;
    throw new InvalidArgumentError(`Expected numbers of magnitude at most 3.4e38, got ${part}.`);
  });
}

/** A sparse vector: indices and values, "2054:0.4, 3899:1.7". */
export function sparseVector(text: string): { indices: number[]; values: number[] } {
  const parts = text.trim().split(/\s*,\s*|\s+/);
  const pairs = parts.map((part) => {
    const [, index, value] = /^(\d+):(.+)$/.exec(part) ?? [];
    if (index === undefined || Number(index) >= 2 ** 32)
      throw new InvalidArgumentError(`Expected index:value, as in 2054:0.4, got ${part}.`);
    return [Number(index), finite(value as string)] as const;
  });
  return { indices: pairs.map(([index]) => index), values: pairs.map(([, value]) => value) };
}

/** Bytes: "1000000", "512MB", "2GB". */
export function memory(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]B)?$/i.exec(text.trim());
  const scale = { KB: 1e3, MB: 1e6, GB: 1e9 }[(match?.[2] ?? '').toUpperCase()] ?? 1;
  const value = match === null ? Number.NaN : Math.floor(Number(match[1]) * scale);
  if (!(value > 0)) throw new InvalidArgumentError('Expected bytes, as in 500MB or 2GB.');
  return value;
}

function number(text: string): number {
  // Number('') is 0 and Number('0x1f') is 31; neither was meant.
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text))
    throw new InvalidArgumentError('Expected a number.');
  return Number(text);
}

/** Names with commas between them. */
export function fieldNames(value: string): string[] {
  return value.split(',').map((name) => name.trim());
}

/** Formats of graphs by their names on the command line. */
export const formats = {
  snap: 'edgeList',
  csv: 'csv',
  metis: 'metis',
  'matrix-market': 'matrixMarket',
  json: 'json',
  graphml: 'graphml',
  gexf: 'gexf',
  pajek: 'pajek',
} as const satisfies Record<string, GraphFormat>;

/** What `sublinear pack` can be asked to do. */
export const linalgActions = [
  'solve',
  'least-squares',
  'determinant',
  'inverse',
  'condition',
  'eigen',
  'svd',
] as const;
export const packActions = ['build', 'sign', 'verify', 'run'] as const;
