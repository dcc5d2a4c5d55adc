// NumPy's arrays: one in a .npy file, several in a .npz file. No engine is needed.

import { gathered } from './runtime/coming.js';
import { SublinearError } from './runtime/errors.js';
import type { AsyncBytesSource } from './runtime/file.js';
import { arrayOf, type NpyArray } from './runtime/npy.js';
import { kindOfBytes, wholeBytes } from './runtime/pieces.js';
import { zipEntries } from './runtime/zip.js';

export * from './runtime/errors.js';
export type { AsyncBytesSource, BytesSource } from './runtime/file.js';
export type { NpyArray, NpyData, NpyType } from './runtime/npy.js';

const fault = (operation: string) => (message: string) =>
  new SublinearError('FORMAT', operation, `"bytes": ${message}`, { argument: 'bytes' });

/**
 * Reads a .npy file: floats of 2, 4 and 8 bytes, integers of any size, truth values; in either byte order, in rows or in
 * columns (Fortran order). Untrusted bytes are safe. O(length).
 *
 * @throws SublinearError `FORMAT` for a file that is damaged or holds something else; the message says what to do
 *
 * @example
 * ```ts
 * import { readNpy } from 'sublinear/npy';
 *
 * // numpy.save('small.npy', numpy.array([[1, 2], [3, 4]], 'f4'))
 * const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
 * const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0, ...Buffer.from(text)];
 * const bytes = Buffer.concat([Buffer.from(head), Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)]);
 * const { shape, data } = readNpy(bytes);
 * console.log(shape, data); // [ 2, 2 ] Float32Array(4) [ 1, 2, 3, 4 ]
 * ```
 */
export function readNpy(bytes: Uint8Array | ArrayBuffer): NpyArray {
  const operation = 'readNpy';
  return arrayOf(wholeBytes(bytes, operation), fault(operation));
}

/**
 * The same for a file that may still be coming: `readNpyAsync(fetch(url))`, a Blob, a stream; also compressed by gzip.
 *
 * @throws SublinearError `FORMAT`, `LOAD_FAILED` for a Response that is not ok
 *
 * @example
 * ```ts
 * import { readNpyAsync } from 'sublinear/npy';
 *
 * const text = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
 * const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0, ...Buffer.from(text)];
 * const { data } = await readNpyAsync(new Blob([Uint8Array.from(head), Uint8Array.of(7, 8, 9)]));
 * console.log(data); // Uint8Array(3) [ 7, 8, 9 ]
 * ```
 */
export async function readNpyAsync(source: AsyncBytesSource): Promise<NpyArray> {
  const operation = 'readNpyAsync';
  const bytes = await gathered(source, kindOfBytes(operation));
  return arrayOf(bytes, fault(operation));
}

/**
 * Reads the arrays of a .npz file, as `numpy.savez` and `numpy.savez_compressed` write it, by their names. Untrusted bytes are
 * safe; the archive's checksums are compared. O(length).
 *
 * @throws SublinearError `FORMAT` for a file that is damaged or holds something else
 *
 * @example
 * ```ts
 * import { readNpzAsync } from 'sublinear/npy';
 *
 * // numpy.savez_compressed(f, a=numpy.array([1, 2], 'f4'))
 * const file =
 *   'UEsDBBQAAAAIAAAAIQCayqvnTAAAAIgAAAAFABQAYS5ucHkBABAAiAAAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxc' +
 *   'pG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC4GhgZ7BgYGBwBQSwECFAMUAAAACAAA' +
 *   'ACEAmsqr50wAAACIAAAABQAAAAAAAAAAAAAAgAEAAAAAYS5ucHlQSwUGAAAAAAEAAQAzAAAAgwAAAAAA';
 * const arrays = await readNpzAsync(Buffer.from(file, 'base64'));
 * console.log(arrays.get('a')?.data); // Float32Array(2) [ 1, 2 ]
 * ```
 */
export async function readNpzAsync(source: AsyncBytesSource): Promise<Map<string, NpyArray>> {
  const operation = 'readNpzAsync';
  const kind = kindOfBytes(operation);
  const fail = fault(operation);
  const arrays = new Map<string, NpyArray>();
  for (const entry of zipEntries(await gathered(source, kind), kind, fail)) {
    const inside = (message: string) => fail(`${entry.name}: ${message}`);
    arrays.set(entry.name.replace(/\.npy$/, ''), arrayOf(await entry.bytes(), inside));
  }
  return arrays;
}
