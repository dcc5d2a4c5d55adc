// Files of weights: tensors by name, from GGUF or ONNX.
import type { Weights as RawWeights } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { bytesOf } from '../../runtime/brand.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';

/** How the elements of a tensor are kept in a file. */
export type WeightType = 'float32' | 'float16' | 'bfloat16' | 'q8_0' | 'q4_0' | 'int64';

/** sl_weight_type */
const types: Readonly<Record<number, WeightType>> = {
  ...{ 0: 'float32', 1: 'float16', 2: 'q4_0', 8: 'q8_0', 27: 'int64', 30: 'bfloat16' },
};

/** What a file says of a tensor. */
export interface WeightInfo {
  /** Sizes of the dimensions, at most four, the last one contiguous. Empty: a single number. */
  shape: readonly number[];
  type: WeightType;
}

/** A value beside the tensors: whole numbers beyond 2^53 are bigint. */
export type WeightValue =
  | number
  | bigint
  | boolean
  | string
  | readonly (number | bigint | boolean | string)[];

type Scalar = number | bigint | boolean | string;

const exact = (n: bigint): number | bigint =>
  BigInt.asIntN(54, n) === n && Number.isSafeInteger(Number(n)) ? Number(n) : n;

/** Readers of the types of GGUF, 0 to 12 without strings and arrays, and bytes of each. */
const readers: Readonly<Record<number, readonly [number, (v: DataView, at: number) => Scalar]>> = {
  0: [1, (v, at) => v.getUint8(at)],
  1: [1, (v, at) => v.getInt8(at)],
  2: [2, (v, at) => v.getUint16(at, true)],
  3: [2, (v, at) => v.getInt16(at, true)],
  4: [4, (v, at) => v.getUint32(at, true)],
  5: [4, (v, at) => v.getInt32(at, true)],
  6: [4, (v, at) => v.getFloat32(at, true)],
  7: [1, (v, at) => v.getUint8(at) !== 0],
  10: [8, (v, at) => exact(v.getBigUint64(at, true))],
  11: [8, (v, at) => exact(v.getBigInt64(at, true))],
  12: [8, (v, at) => v.getFloat64(at, true)],
};
const STRING = 8;
const ARRAY = 9;

/** A file in the module's memory, parsed. The caller deletes it. */
export function rawWeights(
  runtime: Runtime,
  operation: string,
  argument: string,
  given: unknown,
): RawWeights {
  const bytes = bytesOf(operation, argument, given);
  if (bytes === undefined)
    throw check.typeError(operation, argument, 'Uint8Array or ArrayBuffer', given);
  const raw = runtime.made(operation, runtime.raw.Weights.create(bytes.length));
  try {
    runtime.u8.set(bytes, raw.data());
    runtime.check(operation, raw.parse());
    return raw;
  } catch (error) {
    if (runtime.alive) raw.delete();
    throw error;
  }
}

/**
 * The tensors of a file of GGUF (versions 2 and 3; F32, F16, BF16, Q8_0 and Q4_0) or ONNX, by name. Of ONNX these are its
 * initializers and constants; nothing is computed, and a file with an operator that is not known is refused by its name. The
 * whole file is held in the module's memory.
 */
export class WeightFile extends WasmObject<RawWeights> {
  #places: Map<string, number> | undefined;

  /**
   * Reads a file. Untrusted bytes are safe: overlapping tensors, gaps between them, names that stand twice and sizes that do not
   * fit are refused. O(bytes).
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { WeightFile } = await load();
   * // A file of GGUF that has nothing in it.
   * const bytes = new Uint8Array(24);
   * bytes.set([...new TextEncoder().encode('GGUF'), 3]);
   * using file = WeightFile.open(bytes);
   * console.log(file.format, file.names); // gguf []
   * ```
   */
  static open(bytes: Uint8Array | ArrayBuffer): WeightFile {
    const operation = 'WeightFile.open';
    const runtime = runtimeOf(this, operation);
    return adopt(runtime, operation, WeightFile, rawWeights(runtime, operation, 'bytes', bytes));
  }

  /** @internal */
  protected override facts() {
    return { format: this.format, tensors: this.names.length };
  }

  get format(): 'gguf' | 'onnx' {
    return this.use('WeightFile.format').kind() === 1 ? 'gguf' : 'onnx';
  }
  /** Bytes held in the module's memory. */
  get bytesUsed(): number {
    return this.use('WeightFile.bytesUsed').bytes();
  }
  /** Names of the tensors, in the order of their bytes. */
  get names(): string[] {
    return [...this.#found('WeightFile.names').keys()];
  }

  /**
   * What the file says of a tensor; undefined where it has none of this name. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { WeightFile } = await load();
   * const bytes = new Uint8Array(24);
   * bytes.set([...new TextEncoder().encode('GGUF'), 3]);
   * using file = WeightFile.open(bytes);
   * console.log(file.info('output.weight')); // undefined
   * ```
   */
  info(name: string): WeightInfo | undefined {
    const operation = 'WeightFile.info';
    check.string(operation, 'name', name);
    const place = this.#found(operation).get(name);
    if (place === undefined) return undefined;
    const [, , type, rank, ...dims] = this.#facts(operation, place);
    return {
      shape: dims.slice(0, rank),
      type: types[type as number] as WeightType,
    };
  }

  /**
   * The elements of a tensor as float32, the last dimension contiguous. O(elements).
   *
   * @throws RangeError `RANGE` when the file has no tensor of this name; SublinearError `FORMAT` when its elements are not in the
   *   file as they are; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { WeightFile } = await load();
   * // One tensor "w" of two float32 numbers.
   * const bytes = new Uint8Array(104);
   * const view = new DataView(bytes.buffer);
   * bytes.set(new TextEncoder().encode('GGUF'));
   * for (const [at, n] of [[4, 3], [8, 1], [24, 1], [33, 1], [37, 2]] as const) view.setUint32(at, n, true);
   * bytes[32] = 'w'.charCodeAt(0);
   * view.setFloat32(64, 0.5, true);
   * view.setFloat32(68, -2, true);
   * using file = WeightFile.open(bytes.subarray(0, 96));
   * console.log(file.info('w'), file.read('w')); // { shape: [ 2 ], type: 'float32' } Float32Array(2) [ 0.5, -2 ]
   * ```
   */
  read(name: string): Float32Array<ArrayBuffer> {
    const operation = 'WeightFile.read';
    check.string(operation, 'name', name);
    const place = this.#found(operation).get(name);
    if (place === undefined)
      throw check.rangeError(operation, 'name', 'the name of a tensor of the file', name);
    const elements = this.#facts(operation, place)[8] as number;
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.bytes(4 * elements);
      runtime.check(operation, this.use(operation).read(place, out));
      return runtime.copyF32(out, elements);
    });
  }

  /**
   * What a file of GGUF says beside its tensors, by key; empty for ONNX. O(bytes of it).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { WeightFile } = await load();
   * const bytes = new Uint8Array(24);
   * bytes.set([...new TextEncoder().encode('GGUF'), 3]);
   * using file = WeightFile.open(bytes);
   * console.log(file.metadata()); // {}
   * ```
   */
  metadata(): Record<string, WeightValue> {
    const operation = 'WeightFile.metadata';
    const raw = this.use(operation);
    const { runtime } = this;
    const pairs = Array.from({ length: raw.entries() }, (_, i): [string, WeightValue] => {
      const [at, length, type, of, count, from, bytes] = runtime.scratch(operation, (scratch) => {
        const out = scratch.f64(7);
        runtime.check(operation, raw.entryFacts(i, out));
        return runtime.copyF64(out, 7) as unknown as number[];
      }) as [number, number, number, number, number, number, number];
      const key = this.#text(at, length);
      if (type === STRING) return [key, this.#text(from, bytes)];
      if (type === ARRAY) return [key, this.#list(of, count, from)];
      return [key, this.#list(type, 1, from)[0] as Scalar];
    });
    return Object.fromEntries(pairs);
  }

  #text(at: number, bytes: number): string {
    const start = this.use('WeightFile').data() + at;
    return new TextDecoder().decode(this.runtime.u8.slice(start, start + bytes));
  }

  #list(type: number, count: number, from: number): Scalar[] {
    const { runtime } = this;
    const start = this.use('WeightFile').data() + from;
    const view = new DataView(runtime.u8.buffer);
    if (type !== STRING) {
      const [size, read] = readers[type] as (typeof readers)[number];
      return Array.from({ length: count }, (_, i) => read(view, start + size * i));
    }
    const found: string[] = [];
    let at = from;
    for (let i = 0; i < count; i++) {
      const bytes = Number(view.getBigUint64(start - from + at, true));
      found.push(this.#text(at + 8, bytes));
      at += 8 + bytes;
    }
    return found;
  }

  #facts(operation: string, place: number): number[] {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.f64(11);
      runtime.check(operation, this.use(operation).facts(place, out));
      return Array.from(runtime.copyF64(out, 11));
    });
  }

  #found(operation: string): Map<string, number> {
    const raw = this.use(operation);
    if (this.#places !== undefined) return this.#places;
    const places = new Map<string, number>();
    for (let i = 0; i < raw.count(); i++) {
      const [at, bytes] = this.#facts(operation, i);
      places.set(this.#text(at as number, bytes as number), i);
    }
    this.#places = places;
    return places;
  }
}
