// Matrices in the engine's memory.

import type { DenseMatrix as RawDenseMatrix } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { asTyped, kindOf } from '../../runtime/brand.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type IndexArray, type RealArray, realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { type ElementType, elements, F64, I8 } from './elements.js';

export interface DenseMatrixOptions {
  rows: number;
  columns: number;
  /** `true`: the values are those of the transpose, as PyTorch keeps the weights of a linear layer. */
  transposed?: boolean;
  /**
   * How elements are kept: `'float32'` by default, `'float64'` for a Float64Array, `'int8'` for an Int8Array. `'int8'` rounds
   * each column to 255 steps, `'int4'` each group of 32 rows of a column to 16.
   */
  type?: ElementType;
  /** `true`: packed at once, as `pack()` does. `'int8'` and `'int4'` always are. */
  packed?: boolean;
  /** Of an Int8Array: what its columns are multiplied by, 1 each by default. */
  scales?: RealArray;
}

const names = Object.keys(elements) as ElementType[];

/**
 * A matrix in the engine's memory, so that products take it without copying. Made by {@link DenseMatrix.from} and
 * {@link DenseMatrix.zeros}.
 *
 * `pack()` brings it into the form in which products read their right operand: weights are packed once and used often.
 * Packed it cannot be a left operand or a result, nor be written to.
 */
export class DenseMatrix extends WasmObject<RawDenseMatrix> {
  /** @internal */
  protected override facts() {
    const { rows, columns, type, packed } = this;
    return { rows, columns, type, packed };
  }

  get rows(): number {
    return this.use('DenseMatrix.rows').rows;
  }
  get columns(): number {
    return this.use('DenseMatrix.columns').columns;
  }
  /** How elements are kept. */
  get type(): ElementType {
    return names[this.use('DenseMatrix.type').element - 1] as ElementType;
  }
  get packed(): boolean {
    return this.use('DenseMatrix.packed').packed;
  }
  /** Bytes that it holds: 8, 4, 1 or 0.56 an element, and a few for itself. Packed, columns are filled up to 8. */
  get bytesUsed(): number {
    return this.use('DenseMatrix.bytesUsed').bytes();
  }

  /**
   * A matrix of zeros, not packed: `'float32'` or `'float64'`. O(rows columns).
   *
   * @throws SublinearError `MEMORY` above the engine's limit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix } = await load();
   * using m = DenseMatrix.zeros(2, 3);
   * console.log(m.rows, m.columns, m.type); // 2 3 float32
   * ```
   */
  static zeros(
    rows: number,
    columns: number,
    options?: { type?: 'float32' | 'float64' },
  ): DenseMatrix {
    const operation = 'DenseMatrix.zeros';
    const runtime = runtimeOf(this, operation);
    const { type = 'float32' } = check.options(operation, options, ['type']);
    const { float32, float64 } = elements;
    const element = check.choice(operation, 'type', type, { float32, float64 });
    check.integer(operation, 'rows', rows);
    check.integer(operation, 'columns', columns);
    return adopt(
      runtime,
      operation,
      DenseMatrix,
      runtime.raw.DenseMatrix.create(rows, columns, element),
    );
  }

  /**
   * A matrix with a copy of `values`, row by row. O(rows columns).
   *
   * @throws RangeError `SHAPE` when there are not rows * columns values, `NOT_FINITE` for what cannot be rounded to int8 or
   * int4 (`position` says where), `OPTION`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix } = await load();
   * using weights = DenseMatrix.from([1, 2, 3, 4], { rows: 2, columns: 2, transposed: true });
   * console.log(weights.toArray()); // Float32Array(4) [ 1, 3, 2, 4 ]
   * ```
   */
  static from(values: RealArray | Int8Array, options: DenseMatrixOptions): DenseMatrix {
    const operation = 'DenseMatrix.from';
    const runtime = runtimeOf(this, operation);
    const keys = ['rows', 'columns', 'transposed', 'type', 'packed', 'scales'] as const;
    const given = check.options(operation, options, keys);
    const kind = kindOf(values);
    const usual = kind === 'Float64Array' ? 'float64' : kind === 'Int8Array' ? 'int8' : 'float32';
    const { rows, columns, transposed = false, type = usual, packed = false, scales } = given;
    check.integer(operation, 'rows', rows);
    check.integer(operation, 'columns', columns);
    check.boolean(operation, 'transposed', transposed);
    check.boolean(operation, 'packed', packed);
    const element = check.choice(operation, 'type', type, elements);
    return runtime.scratch(operation, (scratch) => {
      const source =
        kind === 'Int8Array'
          ? bytesIn(runtime, operation, 'values', values, (n) => scratch.bytes(n))
          : scratch.reals('values', values as RealArray);
      const factors = scales === undefined ? undefined : scratch.floats('scales', scales);
      const made = runtime.raw.DenseMatrix.from(
        source.address,
        source.length,
        source.type,
        rows,
        columns,
        Number(transposed),
        element,
        Number(packed),
        factors?.address ?? 0,
        factors?.length ?? 0,
      );
      return adopt(runtime, operation, DenseMatrix, made);
    });
  }

  /**
   * Packs it, so that products with it as their right operand rearrange nothing. Returns the matrix. It holds twice its memory
   * meanwhile. O(rows columns); nothing happens when it is packed.
   *
   * @throws SublinearError `MEMORY`; `STATE` while a product is reading it
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix, matmul } = await load();
   * using weights = DenseMatrix.from([1, 2, 3, 4], { rows: 2, columns: 2 }).pack();
   * console.log(matmul({ data: Float32Array.of(1, 1), rows: 1, columns: 2 }, weights)); // Float32Array(2) [ 4, 6 ]
   * ```
   */
  pack(): this {
    const operation = 'DenseMatrix.pack';
    this.runtime.check(operation, this.use(operation).pack());
    return this;
  }

  /**
   * The elements row by row: a Float64Array of a float64 matrix, else a Float32Array. O(rows columns).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix } = await load();
   * using rounded = DenseMatrix.from([1, 0.5, -0.25], { rows: 3, columns: 1, type: 'int8' });
   * console.log(Array.from(rounded.toArray(), (x) => x.toFixed(2))); // [ '1.00', '0.50', '-0.25' ]
   * ```
   */
  toArray(): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
    const operation = 'DenseMatrix.toArray';
    const { rows, columns } = this.use(operation);
    return this.#out(operation, rows * columns, (raw, out) => raw.read(0, rows, out));
  }

  /**
   * Rows by number, one after another: the look-up of an embedding. O(indices columns).
   *
   * @throws RangeError `INDEX` with the position of an index that is no row
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix } = await load();
   * using table = DenseMatrix.from([0, 0, 1, 10, 2, 20], { rows: 3, columns: 2 });
   * console.log(table.gather([2, 1])); // Float32Array(4) [ 2, 20, 1, 10 ]
   * ```
   */
  gather(indices: IndexArray): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
    const operation = 'DenseMatrix.gather';
    const { runtime } = this;
    this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const list = scratch.indices('indices', indices);
      const { columns } = this.use(operation);
      return this.#out(operation, list.length * columns, (raw, out) =>
        raw.gather(list.address, list.length, out),
      );
    });
  }

  /**
   * Overwrites all elements, row by row. Returns the matrix. Not of a packed one. O(rows columns).
   *
   * @throws RangeError `SHAPE` when there are not rows * columns values, `RANGE` when it is packed
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { DenseMatrix } = await load();
   * using m = DenseMatrix.zeros(1, 2);
   * console.log(m.copyFrom([3, 4]).toArray()); // Float32Array(2) [ 3, 4 ]
   * ```
   */
  copyFrom(values: RealArray): this {
    const operation = 'DenseMatrix.copyFrom';
    this.use(operation);
    const source = realArray(operation, 'values', values);
    const raw = this.use(operation);
    const length = raw.rows * raw.columns;
    if (source.length !== length)
      throw check.shapeError(operation, 'values', length, source.length);
    if (raw.packed) throw check.rangeError(operation, 'packed', 'false', true);
    const { f32, f64 } = this.runtime;
    if (raw.element === F64) f64.set(source, raw.data / 8);
    else f32.set(source, raw.data / 4);
    return this;
  }

  /** Elements that a C function writes. */
  #out(operation: string, length: number, write: (raw: RawDenseMatrix, out: number) => number) {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const wide = this.use(operation).element === F64;
      const out = scratch.bytes(length * (wide ? 8 : 4));
      runtime.check(operation, write(this.use(operation), out));
      return wide ? runtime.copyF64(out, length) : runtime.copyF32(out, length);
    });
  }
}

/** A copy of an Int8Array in scratch memory. */
export function bytesIn(
  runtime: Runtime,
  operation: string,
  argument: string,
  value: unknown,
  bytes: (count: number) => number,
): { address: number; length: number; type: number } {
  const view = asTyped(operation, argument, value, 'Int8Array');
  const address = bytes(view.length);
  runtime.u8.set(new Uint8Array(view.buffer, view.byteOffset, view.length), address);
  return { address, length: view.length, type: I8 };
}
