// Vectors in files of NumPy.

import type { Collection } from '../rooms/hnsw/collection.js';
import type { Key } from '../rooms/hnsw/collection-items.js';
import type { Item, VectorArray } from '../rooms/hnsw/types.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import { arrayOf, isNpy, type NpyArray, written } from '../runtime/npy.js';
import { kindOfBytes } from '../runtime/pieces.js';
import * as check from '../runtime/validate.js';
import { zipEntries } from '../runtime/zip.js';
import { bytesOf, collected, damaged, given, type ImportOptions } from './collect.js';

export interface NumpyOptions
  extends Omit<ImportOptions, 'language' | 'stem' | 'stopWords' | 'positions'> {
  /** Keys of the rows, one each; by default their numbers from 0 on. */
  keys?: readonly Key[];
  /** Of a .npz file with several arrays: the name of the one with the vectors. */
  array?: string;
}

/**
 * A collection of the rows of an array: a .npy file, or one of a .npz file. Floats and integers of up to 4 bytes; for
 * `metric: 'hamming'` bytes of eight bits each (`numpy.packbits`). O(rows), and the index is built.
 *
 * @throws SublinearError `FORMAT` for a file that is damaged or holds something else; RangeError for keys that are not as
 *   many as the rows; rejects with `signal.reason` after an abort
 *
 * @example
 * ```ts
 * import { fromNumpy } from 'sublinear/import';
 *
 * // numpy.save('small.npy', numpy.array([[1, 0], [0, 1]], 'f4'))
 * const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
 * const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0, ...Buffer.from(text)];
 * const bytes = Buffer.concat([Buffer.from(head), Buffer.from(Float32Array.of(1, 0, 0, 1).buffer)]);
 * using words = await fromNumpy(bytes, { keys: ['right', 'up'] });
 * console.log(words.search([0.1, 1])[0]?.key); // up
 * ```
 */
export async function fromNumpy(
  source: AsyncBytesSource,
  options?: NumpyOptions,
): Promise<Collection> {
  const operation = 'fromNumpy';
  const { keys, array, ...rest } = given(operation, options);
  if (keys !== undefined && !Array.isArray(keys))
    throw check.typeError(operation, 'keys', 'array of keys', keys);
  const { shape, data } = await arrayIn(operation, source, array);
  const [rows = 0, width = 0] = shape;
  if (shape.length !== 2 || width === 0)
    throw damaged(
      operation,
      `an array of shape ${written(shape)}, expected rows of numbers: save array.reshape(rows, -1)`,
    );
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    throw damaged(operation, "integers of 8 bytes, expected floats: save array.astype('f4')");
  const bits = rest.metric === 'hamming';
  if (bits && !(data instanceof Uint8Array))
    throw damaged(operation, 'expected bytes for hamming: save numpy.packbits(array, axis=1)');
  if (keys !== undefined && keys.length !== rows)
    throw check.rangeError(operation, 'keys', `${rows} keys, one a row`, keys.length);
  const numbers = bits || data instanceof Float64Array ? data : Float32Array.from(data);

  function* items(): Generator<Item> {
    for (let row = 0; row < rows; row++) {
      const vector = numbers.subarray(row * width, (row + 1) * width) as VectorArray;
      yield { key: keys?.[row] ?? row, vector };
    }
  }
  const dimension = bits ? 8 * width : width;
  return collected(operation, rest, { dimension, text: [], items: items(), total: rows });
}

async function arrayIn(
  operation: string,
  source: AsyncBytesSource,
  wanted: string | undefined,
): Promise<NpyArray> {
  const fail = (message: string) => damaged(operation, message);
  const bytes = await bytesOf(operation, source);
  if (isNpy(bytes)) {
    if (wanted !== undefined)
      throw check.rangeError(operation, 'array', 'nothing for a .npy file', wanted);
    return arrayOf(bytes, fail);
  }
  const entries = new Map(
    zipEntries(bytes, kindOfBytes(operation), fail).map((entry) => [
      entry.name.replace(/\.npy$/, ''),
      entry,
    ]),
  );
  const names = [...entries.keys()];
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  const entry = name === undefined ? undefined : entries.get(name);
  if (entry === undefined)
    throw check.rangeError(operation, 'array', `one of ${names.join(', ')}`, wanted);
  return arrayOf(await entry.bytes(), fail);
}
