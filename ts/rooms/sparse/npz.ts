// Matrices as scipy.sparse.save_npz writes them.
//
// Based on: SciPy's scipy/sparse/_matrix_io.py and the definitions of its formats csr, csc, coo, dia and bsr; no document
// defines the file.

import { gathered } from '../../runtime/coming.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource } from '../../runtime/file.js';
import { arrayOf, type NpyArray, written } from '../../runtime/npy.js';
import { kindOfBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { zipEntries } from '../../runtime/zip.js';
import { arrays } from './arrays.js';
import type { CooInput, CsrInput, ReadMatrixOptions } from './types.js';

type Values = Float64Array | Float32Array | undefined;

/** The parts of a file. */
class Parts {
  constructor(
    readonly arrays: ReadonlyMap<string, NpyArray>,
    readonly fail: (message: string) => Error,
  ) {}

  array(name: string, axes = 1): NpyArray {
    const found = this.arrays.get(name);
    if (found === undefined) throw this.fail(`no array called "${name}"`);
    if (found.shape.length === axes) return found;
    throw this.fail(`"${name}" of shape ${written(found.shape)}, expected ${axes} axes`);
  }

  /** Whole numbers from `least` below 2^32. */
  numbers(name: string, least = 0): number[] {
    return Array.from(this.array(name).data as ArrayLike<number | bigint>, (value) => {
      const number = Number(value);
      if (Number.isInteger(number) && number >= least && number < 2 ** 32) return number;
      throw this.fail(`"${name}" holds ${value}, expected whole numbers from ${least} to 2^32 - 1`);
    });
  }

  get shape(): [rows: number, cols: number] {
    const [rows, cols, more] = this.numbers('shape');
    if (rows !== undefined && cols !== undefined && more === undefined) return [rows, cols];
    throw this.fail('"shape" expected two numbers');
  }

  /** Values as they are stored here: float32 stays, integers must be exact, truth values are a pattern where all are true. */
  values(axes = 1): { all: Values; length: number } {
    const { data, dtype } = this.array('data', axes);
    const { length } = data;
    if (dtype === 'b1' && (data as Uint8Array).every((value) => value === 1))
      return { all: undefined, length };
    if (data instanceof Float32Array) return { all: data, length };
    const all = Float64Array.from(data as ArrayLike<number | bigint>, Number);
    const lost = all.findIndex((value) => dtype.endsWith('8') && Math.abs(value) > 2 ** 53);
    if (lost >= 0 && dtype !== 'f8')
      throw this.fail(`"data" holds ${data[lost]}, expected whole numbers of at most 2^53`);
    return { all, length };
  }
}

/** Places and values of entries. */
class Entries {
  readonly rows: number[] = [];
  readonly columns: number[] = [];
  readonly values: number[] = [];

  add(row: number, column: number, value: number): void {
    if (value === 0) return;
    this.rows.push(row);
    this.columns.push(column);
    this.values.push(value);
  }

  coo(rows: number, cols: number, like: Values): CooInput {
    const values = like instanceof Float32Array ? Float32Array.from(this.values) : this.values;
    return { rows, cols, rowIndices: this.rows, columnIndices: this.columns, values };
  }
}

function given(values: Values): { values?: Float64Array | Float32Array } {
  return values === undefined ? {} : { values };
}

/** Rows (or columns) one after another: pointers and the place of each entry, checked against each other. */
function compressed(parts: Parts, lines: number, length: number): [number[], number[]] {
  const [pointers, places] = [parts.numbers('indptr'), parts.numbers('indices')];
  const ascend = pointers.every((at, i) => i === 0 || at >= (pointers[i - 1] as number));
  if (pointers.length !== lines + 1 || pointers[0] !== 0 || !ascend || pointers[lines] !== length)
    throw parts.fail(`"indptr" does not fit ${lines} rows or columns of ${length} entries`);
  if (places.length !== length) throw parts.fail('"indices" and "data" have different lengths');
  return [pointers, places];
}

// A diagonal k holds entry (j - k, j) at place j.
function diagonals(parts: Parts): CooInput {
  const [rows, cols] = parts.shape;
  const offsets = Array.from(parts.array('offsets').data as ArrayLike<number | bigint>, Number);
  const [count = 0, width = 0] = parts.array('data', 2).shape;
  const { all } = parts.values(2);
  if (count !== offsets.length) throw parts.fail('"offsets" and "data" have different lengths');
  const entries = new Entries();
  for (const [k, offset] of offsets.entries()) {
    for (let j = Math.max(0, offset); j < Math.min(cols, width, rows + offset); j++)
      entries.add(j - offset, j, all ? (all[k * width + j] as number) : 1);
  }
  return entries.coo(rows, cols, all);
}

function blocks(parts: Parts): CooInput {
  const [rows, cols] = parts.shape;
  const [count = 0, high = 0, wide = 0] = parts.array('data', 3).shape;
  const { all } = parts.values(3);
  if (high === 0 || wide === 0 || rows % high !== 0 || cols % wide !== 0)
    throw parts.fail(`blocks of ${high} x ${wide} do not fit ${rows} x ${cols}`);
  const [pointers, places] = compressed(parts, rows / high, count);
  const entries = new Entries();
  for (let line = 0; line < rows / high; line++) {
    for (let b = pointers[line] as number; b < (pointers[line + 1] as number); b++) {
      for (let k = 0; k < high * wide; k++) {
        const row = line * high + Math.floor(k / wide);
        const column = (places[b] as number) * wide + (k % wide);
        entries.add(row, column, all ? (all[b * high * wide + k] as number) : 1);
      }
    }
  }
  return entries.coo(rows, cols, all);
}

function lineNumbers(pointers: readonly number[]): number[] {
  const lines: number[] = [];
  for (let line = 0; line + 1 < pointers.length; line++)
    for (let k = pointers[line] as number; k < (pointers[line + 1] as number); k++)
      lines.push(line);
  return lines;
}

/** The matrix of a file of SciPy. */
export async function fromNpzAsync<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  source: AsyncBytesSource,
  options: ReadMatrixOptions | undefined,
): Promise<T> {
  const given = check.options(operation, options, ['dtype']);
  const found = await npzMatrix(operation, source);
  const making = 'csr' in found ? 'SparseMatrix.fromCsr' : 'SparseMatrix.fromCoo';
  runtime.assertAlive(making);
  return 'csr' in found
    ? arrays.fromCsr(runtime, making, Class, { ...found.csr, ...given })
    : arrays.fromCoo(runtime, making, Class, { ...found.coo, ...given });
}

/** What a file holds, as rows or as single entries. */
async function npzMatrix(
  operation: string,
  source: AsyncBytesSource,
): Promise<{ csr: CsrInput } | { coo: CooInput }> {
  const kind = kindOfBytes(operation);
  const fail = (message: string) =>
    new SublinearError('FORMAT', operation, `"bytes": ${message}`, { argument: 'bytes' });
  const found = new Map<string, NpyArray>();
  let format = '';
  for (const entry of zipEntries(await gathered(source, kind), kind, fail)) {
    const name = entry.name.replace(/\.npy$/, '');
    const bytes = await entry.bytes();
    // The only text in the file: three bytes, behind a head that says so.
    if (name === 'format') format = /(csr|csc|coo|dia|bsr)\0*$/.exec(latin1(bytes))?.[1] ?? '';
    else
      found.set(
        name,
        arrayOf(bytes, (message) => fail(`${entry.name}: ${message}`)),
      );
  }
  const parts = new Parts(found, fail);
  const [rows, cols] = format === '' ? [0, 0] : parts.shape;
  switch (format) {
    case 'csr': {
      const { all, length } = parts.values();
      const [rowPointers, columns] = compressed(parts, rows, length);
      return { csr: { rows, cols, rowPointers, columns, ...given(all) } };
    }
    case 'csc': {
      const { all, length } = parts.values();
      const [pointers, rowIndices] = compressed(parts, cols, length);
      return {
        coo: { rows, cols, rowIndices, columnIndices: lineNumbers(pointers), ...given(all) },
      };
    }
    case 'coo': {
      const [rowIndices, columnIndices] = [parts.numbers('row'), parts.numbers('col')];
      return { coo: { rows, cols, rowIndices, columnIndices, ...given(parts.values().all) } };
    }
    case 'dia':
      return { coo: diagonals(parts) };
    case 'bsr':
      return { coo: blocks(parts) };
    default:
      throw fail(
        'no sparse matrix of scipy.sparse.save_npz: its format is not csr, csc, coo, dia or bsr',
      );
  }
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}
