// How matrices are made, and freed where a call fails.
import type { DenseMatrix as RawDenseMatrix } from '../../generated/raw/linalg.js';
import { adoptAs } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { readMatrix } from './input.js';
import type { MatrixElements } from './matrix-elements.js';
import {
  type MatrixFromOptions,
  type Precision,
  precisionGiven,
  precisions,
} from './matrix-types.js';
import type { MatrixInput } from './types.js';

/** Matrices that live for one call: those that are not kept are freed at its end. */
export class Matrices {
  readonly #made = new Set<MatrixElements>();

  add<M extends MatrixElements>(matrix: M): M {
    this.#made.add(matrix);
    return matrix;
  }

  keep<M extends MatrixElements>(matrix: M): M {
    this.#made.delete(matrix);
    return matrix;
  }

  end(): void {
    for (const matrix of this.#made) matrix.dispose();
  }
}

/** Zeros. `Class` is the one of the engine: `this` in a static method, `constructor` of a matrix. */
export function make<M extends MatrixElements>(
  Class: unknown,
  runtime: Runtime,
  operation: string,
  rows: number,
  columns: number,
  type: Precision,
): M {
  const element = check.choice(operation, 'type', type, precisions);
  check.integer(operation, 'rows', rows);
  check.integer(operation, 'columns', columns);
  const raw = runtime.raw.DenseMatrix.create(rows, columns, element);
  return adoptAs<M>(runtime, operation, Class, raw);
}

/** A copy of values that are a matrix, or a list with its shape. */
export function makeFrom<M extends MatrixElements>(
  Class: unknown,
  runtime: Runtime,
  operation: string,
  argument: string,
  values: RealArray | MatrixInput,
  options: MatrixFromOptions | undefined,
): M {
  const keys = ['rows', 'columns', 'transposed', 'type'] as const;
  const given = check.options<MatrixFromOptions>(operation, options, keys);
  const { transposed = false, type = precisionGiven(operation, values) ?? 'float64' } = given;
  check.boolean(operation, 'transposed', transposed);
  const element = check.choice(operation, 'type', type, precisions);
  const flat = given.rows !== undefined || given.columns !== undefined || transposed;
  const { data, rows, columns } = flat
    ? { ...given, data: realArray(operation, argument, values as RealArray) }
    : readMatrix(operation, argument, values as MatrixInput);
  check.integer(operation, 'rows', rows);
  check.integer(operation, 'columns', columns);
  if (data.length !== Number(rows) * Number(columns))
    throw check.shapeError(operation, argument, Number(rows) * Number(columns), data.length);
  return runtime.scratch(operation, (scratch) => {
    const { address, length, type: kind } = scratch.reals(argument, data);
    const raw = runtime.raw.DenseMatrix.from(
      address,
      length,
      kind,
      Number(rows),
      Number(columns),
      Number(transposed),
      element,
      0,
      0,
      0,
    );
    return adoptAs<M>(runtime, operation, Class, raw);
  });
}

/** `made`, after C has written it; freed where that fails. */
export function written<M extends MatrixElements>(
  made: M,
  operation: string,
  write: (out: RawDenseMatrix) => number,
): M {
  const call = new Matrices();
  try {
    call.add(made);
    made.runtime.check(operation, write(made.use(operation)));
    return call.keep(made);
  } finally {
    call.end();
  }
}
