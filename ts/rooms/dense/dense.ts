// Dense vectors in the engine's memory.

import type { Vector as RawVector } from '../../generated/raw/solver.js';
import { WasmArray } from '../../runtime/array.js';
import { runtimeOf } from '../../runtime/bind.js';
import { adopt, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type Block,
  F32,
  F64,
  isInMemory,
  type RealArray,
  realArray,
} from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

export * from '../../runtime/errors.js';
export type { RealArray } from '../../runtime/scratch.js';

/** Precision of the stored elements. Sums are always accumulated in float64. */
export type DType = 'float32' | 'float64';

export interface VectorOptions {
  /** `'float32'` by default. */
  dtype?: DType;
}

const dtypes = { float32: F32, float64: F64 } as const;

/** Which norm: Euclidean, sum of absolute values, or largest absolute value. */
export type Norm = 2 | 1 | 'infinity';

const norms: Record<Norm, number> = { 2: 0, 1: 1, infinity: 2 };

/**
 * A dense array of real numbers in the engine's memory, so that computations take it without copying. Its length is
 * fixed. Made by {@link Vector.zeros} and {@link Vector.from}.
 */
export class Vector extends WasmArray<RawVector> {
  /** @internal */
  protected override facts() {
    return { length: this.length, dtype: this.dtype };
  }

  /** Number of elements. */
  get length(): number {
    return this.use('Vector.length').length;
  }

  /** Precision of the elements. */
  get dtype(): DType {
    return this.use('Vector.dtype').dtype === F32 ? 'float32' : 'float64';
  }

  /** Bytes that this vector holds, 8 or 4 for each element and a few for itself. */
  get bytesUsed(): number {
    return this.use('Vector.bytesUsed').bytes();
  }

  /**
   * A vector of zeros. O(length).
   *
   * @param length - number of elements, an integer >= 0
   * @throws RangeError `RANGE` for a length that is negative or not whole
   * @throws SublinearError `MEMORY` above the engine's limit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.zeros(3, { dtype: 'float64' });
   * console.log(v.length, v.toArray()); // 3 Float64Array(3) [ 0, 0, 0 ]
   * ```
   */
  static zeros(length: number, options?: VectorOptions): Vector {
    const operation = 'Vector.zeros';
    const runtime = runtimeOf(this, operation);
    const { dtype = 'float32' } = check.options(operation, options, ['dtype']);
    check.integer(operation, 'length', length);
    const type = check.choice(operation, 'dtype', dtype, dtypes);
    return adopt(runtime, operation, Vector, runtime.raw.Vector.create(length, type));
  }

  /**
   * A vector with a copy of `values`. A Float64Array becomes float64, everything else float32, unless `dtype` says
   * otherwise. NaN and infinities are kept. O(n).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using a = Vector.from([1, 2, 3]);
   * using b = Vector.from(new Float64Array([0.1, 0.2]));
   * console.log(a.dtype, b.dtype); // float32 float64
   * ```
   */
  static from(values: RealArray, options?: VectorOptions): Vector {
    const operation = 'Vector.from';
    runtimeOf(this, operation);
    const source = elementsOf(operation, values);
    const wide = source instanceof Float64Array && !Array.isArray(values);
    const { dtype = wide ? 'float64' : 'float32' } = check.options(operation, options, ['dtype']);
    const vector = this.zeros(source.length, { dtype });
    return vector.copyFrom(source);
  }

  /**
   * The elements as they lie in memory, without a copy: reading and writing it reads and writes the vector. **Use it at
   * once**: any call that may allocate can move the memory and leave this array empty (length 0), and after `dispose()`
   * it shows other data. Calling `view()` again is cheap. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.zeros(2);
   * v.view()[1] = 7;
   * console.log(v.toArray()); // Float32Array(2) [ 0, 7 ]
   * ```
   */
  view(): Float32Array | Float64Array {
    return this.#elements('Vector.view');
  }

  /**
   * Overwrites all elements. `values` must have the same length; they are rounded to this vector's precision. O(n).
   *
   * @throws RangeError `SHAPE` when the lengths differ
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.zeros(2);
   * v.copyFrom([1, 2]).scale(10);
   * console.log(v.toArray()); // Float32Array(2) [ 10, 20 ]
   * ```
   */
  copyFrom(values: RealArray): this {
    const operation = 'Vector.copyFrom';
    this.use(operation);
    const source = elementsOf(operation, values);
    const target = this.#elements(operation);
    if (source.length !== target.length)
      throw check.shapeError(operation, 'values', target.length, source.length);
    target.set(source);
    return this;
  }

  /**
   * Writes all elements into your array, which must have the same length, and returns it. O(n).
   *
   * @throws RangeError `SHAPE` when the lengths differ
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.from([1, 2]);
   * console.log(v.copyTo(new Float64Array(2))); // Float64Array(2) [ 1, 2 ]
   * ```
   */
  copyTo<T extends Float32Array | Float64Array | number[]>(target: T): T {
    const operation = 'Vector.copyTo';
    this.use(operation);
    const place = realArray(operation, 'target', target);
    const source = this.#elements(operation);
    if (place.length !== source.length)
      throw check.shapeError(operation, 'target', source.length, place.length);
    if (!Array.isArray(target)) place.set(source);
    else for (const [i, value] of this.toArray().entries()) target[i] = value;
    return target;
  }

  /**
   * A copy of the elements as a typed array of their precision. O(n).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.from([1, 2]);
   * console.log(v.toArray()); // Float32Array(2) [ 1, 2 ]
   * ```
   */
  toArray(): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
    const raw = this.use('Vector.toArray');
    return raw.dtype === F32
      ? this.runtime.copyF32(raw.data, raw.length)
      : this.runtime.copyF64(raw.data, raw.length);
  }

  /**
   * The inner product with a vector of the same length and dtype, accumulated in float64. The order of summation is
   * fixed: every engine gives the same bits. O(n).
   *
   * @throws RangeError `SHAPE` when the lengths differ, `ARGUMENT` when the dtypes differ
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using a = Vector.from([1, 2, 3]);
   * using b = Vector.from([4, 5, 6]);
   * console.log(a.dot(b)); // 32
   * ```
   */
  dot(other: Vector): number {
    const operation = 'Vector.dot';
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.check(
      operation,
      raw.dot(rawOf(runtime, operation, 'other', other, Vector), runtime.out),
    );
    return runtime.outF64();
  }

  /**
   * Adds `alpha * other` to this vector, in place. Same length and dtype. Returns this vector. O(n).
   *
   * @throws RangeError `NOT_FINITE` for alpha, `SHAPE`, `ARGUMENT` (dtypes differ); nothing is changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using y = Vector.from([1, 1]);
   * using x = Vector.from([1, 2]);
   * console.log(y.axpy(10, x).toArray()); // Float32Array(2) [ 11, 21 ]
   * ```
   */
  axpy(alpha: number, other: Vector): this {
    const operation = 'Vector.axpy';
    const { runtime } = this;
    const raw = this.use(operation);
    check.number(operation, 'alpha', alpha);
    runtime.check(operation, raw.axpy(alpha, rawOf(runtime, operation, 'other', other, Vector)));
    return this;
  }

  /**
   * Multiplies every element by `alpha`, in place. Returns this vector. O(n).
   *
   * @throws RangeError `NOT_FINITE` for alpha; nothing is changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.from([1, 2]);
   * console.log(v.scale(3).toArray()); // Float32Array(2) [ 3, 6 ]
   * ```
   */
  scale(alpha: number): this {
    const operation = 'Vector.scale';
    const raw = this.use(operation);
    this.runtime.check(operation, raw.scale(check.number(operation, 'alpha', alpha)));
    return this;
  }

  /**
   * Sets every element to `value`, rounded to the dtype. Returns this vector. O(n).
   *
   * @throws RangeError `NOT_FINITE` for value
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.zeros(2).fill(0.5);
   * console.log(v.toArray()); // Float32Array(2) [ 0.5, 0.5 ]
   * ```
   */
  fill(value: number): this {
    const operation = 'Vector.fill';
    const raw = this.use(operation);
    this.runtime.check(operation, raw.fill(check.number(operation, 'value', value)));
    return this;
  }

  /**
   * A norm of the vector, computed in float64; the Euclidean one neither overflows nor underflows on the way. NaN
   * elements give NaN. O(n).
   *
   * @param kind - `2` (default), `1` or `'infinity'`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * using v = Vector.from([3, -4]);
   * console.log(v.norm(), v.norm(1), v.norm('infinity')); // 5 7 4
   * ```
   */
  norm(kind: Norm = 2): number {
    const operation = 'Vector.norm';
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.check(operation, raw.norm(check.choice(operation, 'kind', kind, norms), runtime.out));
    return runtime.outF64();
  }

  #elements(operation: string): Float32Array | Float64Array {
    const raw = this.use(operation);
    const { f32, f64 } = this.runtime;
    const at = raw.data;
    return raw.dtype === F32
      ? f32.subarray(at / 4, at / 4 + raw.length)
      : f64.subarray(at / 8, at / 8 + raw.length);
  }

  /** @internal */
  block(operation: string): Block {
    const { data, length, dtype } = this.use(operation);
    return { address: data, length, type: dtype === F32 ? F32 : F64 };
  }
}

/** The elements of an array, or of a vector of whichever engine. */
function elementsOf(operation: string, values: RealArray): Float32Array | Float64Array {
  return realArray(operation, 'values', isInMemory(values) ? values.toArray() : values);
}

/** What `engine.use('dense')` and `load()` give. */
export interface DenseRoom {
  readonly Vector: typeof Vector;
}

/** @internal */
export function createRoom(runtime: Runtime): DenseRoom {
  return { Vector: runtime.bind(Vector) };
}
