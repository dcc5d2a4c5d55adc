// Products of matrices.

import { productOptions } from '../../generated/fields/gemm.js';
import type { Product as RawProduct } from '../../generated/raw/neural.js';
import { asTyped, kindOf } from '../../runtime/brand.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import { give } from '../../runtime/fields.js';
import { isInstance, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { isInMemory, type RealArray } from '../../runtime/scratch.js';
import {
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { bytesIn, DenseMatrix } from './dense-matrix.js';
import { F32, F64, I8 } from './elements.js';
import {
  activations,
  type MatmulAsyncOptions,
  type MatmulOptions,
  type MatmulResult,
  type MatrixArray,
  type MatrixOperand,
} from './types.js';

/** What a product is made of, read once and checked, nothing of it in the module's memory yet. */
export interface Problem {
  type: number;
  batch: number;
  rows: number;
  depth: number;
  columns: number;
  left: Side;
  right: Side;
}

/** An operand: a matrix of ours, or numbers and how they lie. */
interface Side {
  matrix?: DenseMatrix;
  data?: unknown;
  rows: number;
  columns: number;
  rowStride: number;
  columnStride: number;
  batchStride: number;
  type: number | undefined;
}

const arrayKeys = ['data', 'rows', 'columns', 'transposed', 'stride', 'batchStride'] as const;

function sideOf(operation: string, argument: string, value: MatrixOperand): Side {
  if (isInstance(value, DenseMatrix)) {
    const { rows, columns, element } = value.use(operation);
    const strides = { rowStride: columns, columnStride: 1, batchStride: 0 };
    return { matrix: value, rows, columns, ...strides, type: element };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || kindOf(value))
    throw check.typeError(operation, argument, 'DenseMatrix or { data, rows, columns }', value);
  const named = (name: string) => `${argument}.${name}`;
  const given = check.options<MatrixArray>(operation, value, arrayKeys);
  const { data, rows, columns, transposed = false } = given;
  check.integer(operation, named('rows'), rows);
  check.integer(operation, named('columns'), columns);
  check.boolean(operation, named('transposed'), transposed);
  const { stride = transposed ? rows : columns } = given;
  const { batchStride = stride * (transposed ? columns : rows) } = given;
  check.integer(operation, named('stride'), stride);
  check.integer(operation, named('batchStride'), batchStride);
  const kind = kindOf(data);
  const type =
    kind === 'Float32Array'
      ? F32
      : kind === 'Float64Array'
        ? F64
        : kind === 'Int8Array'
          ? I8
          : undefined;
  if (type === undefined && !Array.isArray(data) && !isInMemory(data))
    throw check.typeError(
      operation,
      named('data'),
      'Float32Array, Float64Array, Int8Array or number[]',
      data,
    );
  const [rowStride, columnStride] = transposed ? [1, stride] : [stride, 1];
  return { data, rows, columns, rowStride, columnStride, batchStride, type };
}

/** Reads the operands. A list of numbers is of the other operand's type, float64 when both are lists. */
function problemOf(
  operation: string,
  left: MatrixOperand,
  right: MatrixOperand,
  batch = 1,
): Problem {
  const a = sideOf(operation, 'left', left);
  const b = sideOf(operation, 'right', right);
  check.integer(operation, 'batch', batch);
  if (a.columns !== b.rows) {
    const message = `"right" expected ${a.columns} rows, as left has as many columns, got ${b.rows}`;
    throw new SublinearRangeError('SHAPE', operation, message, { argument: 'right' });
  }
  if (a.matrix?.use(operation).packed)
    throw check.rangeError(operation, 'left', 'a matrix that is not packed', a.matrix);
  // int8 and int4 matrices are multiplied with float32 rows, unless the rows are int8 themselves.
  const weights = b.type !== undefined && b.type >= I8 && b.matrix ? F32 : b.type;
  const type = a.type ?? weights ?? F64;
  const other = type === I8 ? b.type : weights;
  if (other !== undefined && other !== type)
    throw check.typeError(operation, 'right', 'the precision of left', right);
  return { type, batch, rows: a.rows, depth: a.columns, columns: b.columns, left: a, right: b };
}

/** Numbers in scratch memory; undefined for a matrix, which stays where it is. */
function place<Options>(
  { runtime, operation, scratch }: Call<Options>,
  argument: string,
  side: Side,
  type: number,
): { address: number; length: number } | undefined {
  if (side.matrix) return undefined;
  const name = `${argument}.data`;
  if (type === I8) return bytesIn(runtime, operation, name, side.data, (n) => scratch.bytes(n));
  const numbers = side.data as RealArray;
  return type === F64 ? scratch.doubles(name, numbers) : scratch.floats(name, numbers);
}

const outKinds = { [F32]: 'Float32Array', [F64]: 'Float64Array', [I8]: 'Int32Array' } as const;

/** The caller's array or matrix, checked. */
function intoOf(
  operation: string,
  into: MatmulOptions['into'],
  { type, batch, rows, columns, left, right }: Problem,
) {
  const length = batch * rows * columns;
  if (into === undefined) return undefined;
  if (isInstance(into, DenseMatrix)) {
    if (into === left.matrix || into === right.matrix) {
      const message = '"into" expected a matrix that is no operand';
      throw new SublinearRangeError('ARGUMENT', operation, message, { argument: 'into' });
    }
    const raw = into.use(operation);
    if (raw.rows !== batch * rows || raw.columns !== columns || raw.element !== type)
      throw check.rangeError(
        operation,
        'into',
        `a ${type === F64 ? 'float64' : 'float32'} matrix of ${batch * rows} x ${columns}`,
        into,
      );
    if (raw.packed) throw check.rangeError(operation, 'into', 'a matrix that is not packed', into);
    return into;
  }
  const view = asTyped(operation, 'into', into, outKinds[type as 1 | 2 | 3]);
  if (view.length !== length) throw check.shapeError(operation, 'into', length, view.length);
  return view;
}

/** No product has a time limit: there is nothing to give before its end. */
type Asked = MatmulOptions & { maxTimeMs?: never };

const keys = ['batch', 'into', 'alpha', 'beta', 'bias', 'activation', 'quantize'] as const;

/** Begins a product; `raw` is the C object that does it. */
export function beginProduct(
  call: Call<MatmulOptions>,
  raw: RawProduct,
  problem: Problem,
  placed?: { address: number; length: number },
): Begun<WorkProgress, MatmulResult> {
  const { runtime, operation, options, scratch } = call;
  const { type, batch, rows, depth, columns, left, right } = problem;
  const { into, alpha = 1, beta = 0, bias, activation = 'none', quantize = false } = options;
  check.number(operation, 'alpha', alpha);
  check.number(operation, 'beta', beta);
  check.boolean(operation, 'quantize', quantize);
  const f = check.choice(operation, 'activation', activation, activations);
  const given = intoOf(operation, into, problem);
  if (beta !== 0 && given === undefined)
    throw check.rangeError(operation, 'beta', '0, or an "into" to add to', beta);
  const length = batch * rows * columns;
  const a = placed ?? place(call, 'left', left, type);
  const b = place(call, 'right', right, type);
  const added =
    bias === undefined
      ? undefined
      : type === F64
        ? scratch.doubles('bias', bias)
        : scratch.floats('bias', bias);
  const kept = isInstance(given, DenseMatrix) ? given : undefined;
  const out = kept ? 0 : scratch.bytes(length * (type === F64 ? 8 : 4));
  // Scratch memory has been taken, and no list is read any more: views and addresses hold from here on.
  if (given !== undefined && !kept && beta !== 0) {
    if (type === F64) runtime.f64.set(intoOf(operation, into, problem) as Float64Array, out / 8);
    else runtime.f32.set(intoOf(operation, into, problem) as Float32Array, out / 4);
  }
  const of = (argument: string, matrix: DenseMatrix | undefined) =>
    matrix === undefined ? null : rawOf(runtime, operation, argument, matrix, DenseMatrix);
  const matrix = of('right', right.matrix);
  const own = of('left', left.matrix);
  const wanted = {
    type,
    batch,
    rows,
    depth,
    columns,
    left: a?.address ?? own?.data ?? 0,
    leftCount: a?.length ?? rows * depth,
    leftRowStride: left.rowStride,
    leftColumnStride: left.columnStride,
    leftBatchStride: left.batchStride,
    right: b?.address ?? 0,
    rightCount: b?.length ?? 0,
    rightRowStride: right.rowStride,
    rightColumnStride: right.columnStride,
    rightBatchStride: right.batchStride,
    out: of('into', kept)?.data ?? out,
    outCount: length,
    outRowStride: columns,
    outBatchStride: rows * columns,
    alpha,
    beta,
    bias: added?.address ?? 0,
    biasCount: added?.length ?? 0,
    activation: f,
    quantize: Number(quantize),
  };
  runtime.check(operation, raw.begin(matrix, give(runtime, productOptions, wanted)));
  const holds = [left.matrix, right.matrix, kept].filter((each) => each !== undefined);
  return {
    raw,
    holds: [...new Set(holds)],
    result() {
      if (kept) return kept;
      if (into === undefined)
        return type === F64
          ? runtime.copyF64(out, length)
          : type === F32
            ? runtime.copyF32(out, length)
            : new Int32Array(runtime.copyU32(out, length).buffer);
      const view = intoOf(operation, into, problem) as Float64Array;
      const bytes = runtime.u8.subarray(out, out + view.byteLength);
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
      return into;
    },
  };
}

/** A C object for one product, freed when the body ends. */
export function withProduct<T>(
  runtime: Runtime,
  operation: string,
  body: (raw: RawProduct) => T,
): T {
  runtime.assertAlive(operation);
  const raw = runtime.made(operation, runtime.raw.Product.create());
  try {
    return body(raw);
  } finally {
    if (runtime.alive) raw.delete();
  }
}

/** The same for what takes time. */
export async function withProductAsync<T>(
  runtime: Runtime,
  operation: string,
  body: (raw: RawProduct) => Promise<T>,
): Promise<T> {
  runtime.assertAlive(operation);
  const raw = runtime.made(operation, runtime.raw.Product.create());
  try {
    return await body(raw);
  } finally {
    if (runtime.alive) raw.delete();
  }
}

export function matmul(
  runtime: Runtime,
  left: MatrixOperand,
  right: MatrixOperand,
  options: MatmulOptions | undefined,
): MatmulResult {
  const operation = 'matmul';
  const read = check.options(operation, options, keys);
  const problem = problemOf(operation, left, right, read.batch);
  return withProduct(runtime, operation, (raw) =>
    runNow<Asked, WorkProgress, MatmulResult>(runtime, operation, read, (call) =>
      beginProduct(call, raw, problem),
    ),
  );
}

export async function matmulAsync(
  runtime: Runtime,
  left: MatrixOperand,
  right: MatrixOperand,
  options: MatmulAsyncOptions | undefined,
): Promise<MatmulResult> {
  const operation = 'matmulAsync';
  const read = check.options(operation, options, [...keys, ...asyncKeys]);
  const problem = problemOf(operation, left, right, read.batch);
  return withProductAsync(runtime, operation, (raw) =>
    runLater<Asked, WorkProgress, MatmulResult>(runtime, operation, read, (call) =>
      beginProduct(call, raw, problem),
    ),
  );
}
