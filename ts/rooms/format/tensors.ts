// Tensors: arrays with a type and a shape, as segments of a file and as safetensors.
import { bytesOf, kindOf, make } from '../../runtime/brand.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import {
  BLOCK,
  composeFile,
  type Entry,
  hashBlocks,
  kinds,
  malformed,
  type Part,
  type SegmentType,
  sizes,
} from './directory.js';

/** The array of each type: float16, bfloat16 and bool as their bits. */
export type TensorData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array with a type and a shape; `'text'` has a string. */
export interface Tensor {
  type: SegmentType;
  /** Sizes of the dimensions, at most four, the last one contiguous. */
  shape: readonly number[];
  data: TensorData | string;
}

/** What is written: a tensor, of which type and shape follow from the array where they are not given; or a text. */
export type TensorInput =
  | string
  | TensorData
  | { data: TensorData | string; shape?: readonly number[]; type?: SegmentType };

export const constructors = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  bool: Uint8Array,
};

export const typeOfArray: Readonly<Record<string, SegmentType>> = {
  Uint8Array: 'uint8',
  Int8Array: 'int8',
  Uint16Array: 'uint16',
  Int16Array: 'int16',
  Uint32Array: 'uint32',
  Int32Array: 'int32',
  BigUint64Array: 'uint64',
  BigInt64Array: 'int64',
  Float32Array: 'float32',
  Float64Array: 'float64',
};

/** The data of a tensor from its bytes. */
export function tensorOf(
  operation: string,
  entry: Entry,
  bytes: Uint8Array,
  shape = entry.shape,
): Tensor {
  const { type } = entry;
  if (type === 'text') {
    try {
      const data = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { type, shape, data };
    } catch {
      throw malformed(operation, `UTF-8 in the segment "${entry.name}"`);
    }
  }
  const Constructor = constructors[type];
  const own = make(operation, bytes.length, () => bytes.slice());
  return { type, shape, data: new Constructor(own.buffer) };
}

/** A tensor whose parts agree, with its bytes. */
function readInput(
  operation: string,
  name: string,
  given: TensorInput,
): { type: SegmentType; shape: readonly number[]; bytes: Uint8Array } {
  const argument = `tensors.${name}`;
  const whole =
    typeof given === 'string' || kindOf(given) !== undefined
      ? { data: given as TensorData | string }
      : (given as Exclude<TensorInput, string | TensorData>);
  if (typeof whole !== 'object' || whole === null)
    throw check.typeError(operation, argument, 'typed array, string or { data }', given);
  const { data } = whole;
  const kind = kindOf(data);
  const bytes =
    typeof data === 'string'
      ? new TextEncoder().encode(data)
      : bytesOf(operation, `${argument}.data`, data);
  if (
    bytes === undefined ||
    (typeof data !== 'string' && (kind === undefined || !(kind in typeOfArray)))
  )
    throw check.typeError(operation, `${argument}.data`, 'typed array or string', data);
  const own = typeof data === 'string' ? 'text' : (typeOfArray[kind as string] as SegmentType);
  const type = whole.type ?? own;
  check.choice(operation, `${argument}.type`, type, sizes);
  const plain = (each: SegmentType) =>
    each === 'bool' ? 'uint8' : each === 'float16' || each === 'bfloat16' ? 'uint16' : each;
  if (plain(type) !== own)
    throw check.rangeError(operation, `${argument}.type`, `the type of the data (${own})`, type);
  const elements = bytes.length / sizes[type];
  const shape = whole.shape ?? [elements];
  if (!Array.isArray(shape) || shape.length > 4)
    throw check.typeError(operation, `${argument}.shape`, 'array of at most 4 numbers', shape);
  for (const size of shape)
    check.integer(operation, `${argument}.shape`, size, 0, Number.MAX_SAFE_INTEGER);
  if (shape.reduce((product, size) => product * size, 1) !== elements)
    throw check.shapeError(
      operation,
      `${argument}.shape`,
      elements,
      shape.reduce((a, b) => a * b, 1),
    );
  return { type, shape, bytes };
}

const isName = (name: string) => /^[a-z][a-z0-9._-]{0,30}$/.test(name);

/** A file of tensors. */
export function bundleOf(
  runtime: Runtime,
  operation: string,
  tensors: Readonly<Record<string, TensorInput>>,
): Uint8Array<ArrayBuffer> {
  if (typeof tensors !== 'object' || tensors === null || Array.isArray(tensors))
    throw check.typeError(operation, 'tensors', 'object', tensors);
  const small: Part[] = [];
  const parts: Part[] = [];
  let place = 0;
  for (const [name, given] of Object.entries(tensors)) {
    if (!isName(name) || name.startsWith('hashes.'))
      throw check.rangeError(
        operation,
        'tensors',
        'names of a-z, 0-9, ".", "-" and "_", from a letter on, at most 31, not "hashes."',
        name,
      );
    const { type, shape, bytes } = readInput(operation, name, given);
    const part: Part = { name, type, shape, bytes };
    if (bytes.length > BLOCK) {
      const { root, hashes } = hashBlocks(runtime, operation, bytes, BLOCK);
      const own = `hashes.${place}`;
      small.push({ name: own, type: 'uint8', shape: [hashes.length / 32, 32], bytes: hashes });
      Object.assign(part, { block: BLOCK, hashes: own, root });
    }
    parts.push(part);
    place++;
  }
  // Hashes of blocks come first: with the head they are there.
  return composeFile(runtime, operation, kinds.bundle, [...small, ...parts]);
}

const safetensorTypes: Partial<Record<SegmentType, string>> = {
  bool: 'BOOL',
  uint8: 'U8',
  int8: 'I8',
  uint16: 'U16',
  int16: 'I16',
  uint32: 'U32',
  int32: 'I32',
  uint64: 'U64',
  int64: 'I64',
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
};

/** Tensors as a safetensors file: u64 length of the header, JSON, the arrays; texts go into its metadata. */
export function safetensorsOf(
  operation: string,
  tensors: Readonly<Record<string, TensorInput>>,
): Uint8Array<ArrayBuffer> {
  if (typeof tensors !== 'object' || tensors === null || Array.isArray(tensors))
    throw check.typeError(operation, 'tensors', 'object', tensors);
  const head: Record<string, unknown> = {};
  const texts: Record<string, string> = {};
  const arrays: Uint8Array[] = [];
  let at = 0;
  // The largest elements first: with a header of a multiple of eight bytes each array is aligned.
  const inputs = Object.entries(tensors)
    .map(([name, given]) => [name, readInput(operation, name, given)] as const)
    .sort(([, a], [, b]) => sizes[b.type] - sizes[a.type]);
  for (const [name, { type, shape, bytes }] of inputs) {
    if (name === '__metadata__')
      throw check.rangeError(operation, 'tensors', 'names other than "__metadata__"', name);
    if (type === 'text') {
      texts[name] = new TextDecoder().decode(bytes);
      continue;
    }
    head[name] = { dtype: safetensorTypes[type], shape, data_offsets: [at, at + bytes.length] };
    arrays.push(bytes);
    at += bytes.length;
  }
  if (Object.keys(texts).length > 0) head.__metadata__ = texts;
  let text = JSON.stringify(head);
  const encoder = new TextEncoder();
  text += ' '.repeat((8 - (encoder.encode(text).length % 8)) % 8);
  const json = encoder.encode(text);
  const file = make(operation, 8 + json.length + at, () => new Uint8Array(8 + json.length + at));
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let to = 8 + json.length;
  for (const bytes of arrays) {
    file.set(bytes, to);
    to += bytes.length;
  }
  return file;
}
