// Matrices as users have them, read into one array of numbers.
import { kindOf } from '../../runtime/brand.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import { isInstance } from '../../runtime/object.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from '../gemm/dense-matrix.js';
import type { MatrixInput, MatrixValues, Numbers } from './types.js';

/** Row by row, checked. */
export interface MatrixRead {
  data: Float64Array | Float32Array;
  rows: number;
  columns: number;
}

const WANTED = 'DenseMatrix, { data, rows, columns } or a list of rows';

/** Reads a matrix. Its own arrays are not copied where they lie row by row. */
export function readMatrix(operation: string, argument: string, value: MatrixInput): MatrixRead {
  if (isInstance(value, DenseMatrix)) {
    const { rows, columns } = value.use(operation);
    return { data: value.toArray(), rows, columns };
  }
  if (Array.isArray(value)) return readRows(operation, argument, value);
  if (typeof value !== 'object' || value === null || kindOf(value))
    throw check.typeError(operation, argument, WANTED, value);
  const keys = ['data', 'rows', 'columns', 'transposed'] as const;
  const given = check.options<MatrixValues>(operation, value as MatrixValues, keys);
  const { data, rows, columns, transposed = false } = given;
  check.integer(operation, `${argument}.rows`, rows);
  check.integer(operation, `${argument}.columns`, columns);
  check.boolean(operation, `${argument}.transposed`, transposed);
  const numbers = realArray(operation, `${argument}.data`, data);
  if (numbers.length !== rows * columns)
    throw check.shapeError(operation, `${argument}.data`, rows * columns, numbers.length);
  if (!transposed) return { data: numbers, rows, columns };
  const turned = new Float64Array(numbers.length);
  for (let j = 0; j < columns; j++)
    for (let i = 0; i < rows; i++) turned[i * columns + j] = numbers[j * rows + i] as number;
  return { data: turned, rows, columns };
}

/** A list of rows of the same length. */
function readRows(operation: string, argument: string, list: readonly unknown[]): MatrixRead {
  const rows = Array.from(list, (row, i) => {
    if (!Array.isArray(row) && kindOf(row) === undefined)
      throw check.typeError(operation, `${argument}[${i}]`, 'a list of numbers', row);
    return realArray(operation, `${argument}[${i}]`, row);
  });
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    if (row.length !== columns)
      throw check.shapeError(operation, `${argument}[${i}]`, columns, row.length);
    data.set(row, i * columns);
  });
  return { data, rows: rows.length, columns };
}

/** A right-hand side: numbers are one column. */
export function readSides(
  operation: string,
  argument: string,
  value: Numbers | MatrixInput,
  rows: number,
): MatrixRead {
  const list = Array.isArray(value) && !(value.length > 0 && Array.isArray(value[0]));
  if (list || kindOf(value) !== undefined) {
    const data = realArray(operation, argument, value);
    if (data.length !== rows) throw check.shapeError(operation, argument, rows, data.length);
    return { data, rows, columns: 1 };
  }
  const read = readMatrix(operation, argument, value as MatrixInput);
  if (read.rows !== rows) {
    const message = `"${argument}" expected ${rows} rows, got ${read.rows}`;
    throw new SublinearRangeError('SHAPE', operation, message, { argument });
  }
  return read;
}
