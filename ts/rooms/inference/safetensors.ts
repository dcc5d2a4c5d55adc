// Files of safetensors, which weights come in: a header in JSON, then tensors one after another.
import { bytesOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';

/** More than any header has. */
const MOST_HEADER = 100e6;

export function badFormat(operation: string, argument: string, expected: string): SublinearError {
  const message = `"${argument}": unknown or unsupported format, expected ${expected}`;
  return new SublinearError('FORMAT', operation, message, { argument });
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a text in JSON says; what is no string is taken as it is. */
export function fromJson(operation: string, argument: string, given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    throw badFormat(operation, argument, 'JSON');
  }
}

export interface Tensor {
  shape: readonly number[];
  /** Its elements as f32. Throws for elements that are no floating-point numbers. */
  read(): Float32Array;
}

/** The number that a binary16 stands for. */
function fromHalf(half: number): number {
  const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper halves of f32. */
function fromBrain(own: ArrayBuffer): Float32Array {
  const halves = new Uint16Array(own);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/** Bytes of an element. */
const sizes: Readonly<Record<string, number>> = {
  ...{ F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4 },
  ...{ F16: 2, BF16: 2, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1 },
};

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/** Where the string of valid JSON that begins at `from` ends: behind its second quotation mark. */
function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Whether a name stands twice in the object that this valid JSON is: what reads JSON keeps the last one. */
function hasTwice(json: string): boolean {
  const names = new Set<string>();
  let depth = 0;
  let isName = false;
  for (let at = 0; at < json.length; at++) {
    const sign = json[at];
    if (sign === '"') {
      const end = endOfString(json, at);
      const name: string | undefined = isName ? JSON.parse(json.slice(at, end)) : undefined;
      if (name !== undefined && names.has(name)) return true;
      if (name !== undefined) names.add(name);
      at = end - 1;
      isName = false;
    } else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
    // Names of the outermost object come behind its brace and its commas.
    if (depth === 1 && (sign === '{' || sign === ',')) isName = true;
  }
  return false;
}

function headerOf(wrong: (expected: string) => SublinearError, bytes: Uint8Array) {
  if (bytes.length < 8) throw wrong('a safetensors file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MOST_HEADER || 8 + length > bytes.length) throw wrong('a safetensors file');
  let [header, json]: [unknown, string] = [undefined, ''];
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(json);
  } catch {
    throw wrong('a header in JSON');
  }
  if (!isObject(header)) throw wrong('a header in JSON');
  if (hasTwice(json)) throw wrong('names that stand once');
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return { entries, data: bytes.subarray(8 + length) };
}

/** The tensors by name. All of them are looked at: sizes as their shapes say, no gaps, no overlaps, no name twice. */
export function tensorsOf(
  operation: string,
  argument: string,
  given: unknown,
): ReadonlyMap<string, Tensor> {
  const wrong = (expected: string) => badFormat(operation, argument, expected);
  const bytes = bytesOf(operation, argument, given);
  if (bytes === undefined)
    throw check.typeError(operation, argument, 'Uint8Array or ArrayBuffer', given);
  const { entries, data } = headerOf(wrong, bytes);
  const found = new Map<string, Tensor>();
  const places: [number, number][] = [];
  for (const [name, entry] of entries) {
    const { dtype, shape, data_offsets: place } = isObject(entry) ? entry : ({} as never);
    if (!Array.isArray(place) || place.length !== 2 || !place.every(isCount))
      throw wrong('tensors with "data_offsets"');
    const size = typeof dtype === 'string' ? sizes[dtype] : undefined;
    if (size === undefined) throw wrong('tensors with a known "dtype"');
    if (!Array.isArray(shape) || !shape.every(isCount)) throw wrong('tensors with a "shape"');
    const [from, to] = place as [number, number];
    if (shape.reduce((a: number, b: number) => a * b, size) !== to - from)
      throw wrong(`as many bytes as the shape of "${name}" says`);
    places.push([from, to]);
    const read = () => {
      const own = data.slice(from, to).buffer;
      if (dtype === 'F32') return new Float32Array(own);
      if (dtype === 'F16') return Float32Array.from(new Uint16Array(own), fromHalf);
      if (dtype === 'BF16') return fromBrain(own);
      throw wrong(`elements of F32, F16 or BF16 in "${name}"`);
    };
    found.set(name, { shape: shape as number[], read });
  }
  let end = 0;
  for (const [from, to] of places.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (from !== end) throw wrong('tensors one after another');
    end = to;
  }
  if (end !== data.length) throw wrong('tensors that fill the file');
  return found;
}
