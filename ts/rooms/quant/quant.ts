// Smaller numbers: vectors as bytes, as bits, as 16-bit floats.

import { asTyped } from '../../runtime/brand.js';
import type { Runtime } from '../../runtime/runtime.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

export * from '../../runtime/errors.js';

/** Numbers that every function takes; they are rounded to float32 first. */
export type NumberArray = Float32Array | Float64Array | readonly number[];

export interface DimensionOptions {
  /** Numbers in a vector. The array holds a whole number of vectors, one after another. */
  dimension: number;
}

/** Vectors as signed bytes: element i of vector v is about `scales[v] * codes[v * dimension + i]`. */
export interface Int8Vectors {
  codes: Int8Array;
  scales: Float32Array;
}

/** What `engine.use('quant')` and `load()` give. */
export interface QuantRoom {
  /**
   * Vectors as signed bytes with one scale each: a quarter of the memory. The error of an element is at most 1/252 of
   * the largest magnitude in its vector. O(elements).
   *
   * @throws RangeError `NOT_FINITE` (`position` is the vector), `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/quant';
   *
   * const { quantizeInt8 } = await load();
   * const { codes, scales } = quantizeInt8([1, -0.5, 0, 126, 63, -126], { dimension: 3 });
   * console.log([...codes], scales[1]); // [ 126, -63, 0, 126, 63, -126 ] 1
   * ```
   */
  quantizeInt8(vectors: NumberArray, options: DimensionOptions): Int8Vectors;

  /**
   * The vectors of codes. O(elements).
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE` for a scale
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/quant';
   *
   * const { dequantizeInt8 } = await load();
   * const vectors = { codes: Int8Array.of(2, -4), scales: Float32Array.of(0.5) };
   * console.log(dequantizeInt8(vectors)); // Float32Array(2) [ 1, -2 ]
   * ```
   */
  dequantizeInt8(vectors: Int8Vectors): Float32Array;

  /**
   * Vectors as bits, set where a number is above 0: a thirty-second of the memory. Their Hamming distance grows with the
   * angle between the vectors. Made for an index with `metric: 'hamming'`. O(elements).
   *
   * @throws RangeError `SHAPE` for a dimension that is not a multiple of 8, `NOT_FINITE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/quant';
   *
   * const { binarize } = await load();
   * console.log(binarize([1, -1, 1, -1, 0, 0, 0, 9], { dimension: 8 })); // Uint8Array(1) [ 133 ]
   * ```
   */
  binarize(vectors: NumberArray, options: DimensionOptions): Uint8Array;

  /**
   * Numbers as IEEE 754 binary16 bits, rounded to nearest even: half the memory, 11 bits of precision, up to 65,504 in
   * magnitude (beyond it infinity). O(n).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/quant';
   *
   * const { toFloat16 } = await load();
   * console.log(toFloat16([1, -2, 0.1])); // Uint16Array(3) [ 15360, 49152, 11878 ]
   * ```
   */
  toFloat16(values: NumberArray): Uint16Array;

  /**
   * The numbers of binary16 bits, exactly. O(n).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/quant';
   *
   * const { fromFloat16 } = await load();
   * console.log(fromFloat16(Uint16Array.of(15360, 49152))); // Float32Array(2) [ 1, -2 ]
   * ```
   */
  fromFloat16(bits: Uint16Array): Float32Array;
}

/** @internal */
export function createRoom(runtime: Runtime): QuantRoom {
  const raw = runtime.raw;

  /** Puts numbers in, makes room for `bytes` of results, calls, and gives what `read` makes of the results. */
  function through<T>(
    operation: string,
    source: Float32Array | Float64Array | readonly number[],
    bytes: number,
    call: (from: number, to: number) => number,
    read: (to: number) => T,
  ): T {
    runtime.assertAlive(operation);
    return runtime.scratch(operation, (scratch) => {
      const from = scratch.bytes(source.length * 4);
      const to = scratch.bytes(bytes);
      runtime.f32.set(source, from / 4);
      runtime.check(operation, call(from, to));
      return read(to);
    });
  }

  /** The vectors, their dimension, and how many there are. */
  function shaped(operation: string, vectors: NumberArray, options: DimensionOptions) {
    const { dimension } = check.options(operation, options, ['dimension']);
    check.integer(operation, 'dimension', dimension, 1, 0xffff_ffff);
    const source = realArray(operation, 'vectors', vectors);
    const count = Math.floor(source.length / dimension);
    if (count * dimension !== source.length)
      throw check.shapeError(operation, 'vectors', (count + 1) * dimension, source.length);
    return { source, dimension, count };
  }

  return {
    quantizeInt8(vectors, options) {
      const operation = 'quantizeInt8';
      const { source, dimension, count } = shaped(operation, vectors, options);
      const scalesAt = (to: number) => to + ((source.length + 3) & ~3);
      return through(
        operation,
        source,
        source.length + 4 * count + 4,
        (from, to) => raw.int8Encode(from, count, dimension, to, scalesAt(to)),
        (to) => ({
          codes: new Int8Array(runtime.u8.slice(to, to + source.length).buffer),
          scales: runtime.copyF32(scalesAt(to), count),
        }),
      );
    },

    dequantizeInt8(vectors) {
      const operation = 'dequantizeInt8';
      const { codes, scales } = check.options(operation, vectors, ['codes', 'scales']);
      const bytes = asTyped(operation, 'codes', codes, 'Int8Array');
      const factors = realArray(operation, 'scales', scales);
      const count = factors.length;
      const dimension = count === 0 ? 0 : Math.floor(bytes.length / count);
      if (dimension * count !== bytes.length)
        throw check.shapeError(operation, 'codes', (dimension + 1) * count, bytes.length);
      runtime.assertAlive(operation);
      return runtime.scratch(operation, (scratch) => {
        const [from, scale] = [scratch.bytes(bytes.length), scratch.bytes(4 * count)];
        const to = scratch.bytes(4 * bytes.length);
        runtime.u8.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), from);
        runtime.f32.set(factors, scale / 4);
        runtime.check(operation, raw.int8Decode(from, scale, count, dimension, to));
        return runtime.copyF32(to, bytes.length);
      });
    },

    binarize(vectors, options) {
      const operation = 'binarize';
      const { source, dimension, count } = shaped(operation, vectors, options);
      const bytes = Math.floor(source.length / 8);
      return through(
        operation,
        source,
        bytes,
        (from, to) => raw.binaryEncode(from, count, dimension, to),
        (to) => runtime.u8.slice(to, to + bytes),
      );
    },

    toFloat16(values) {
      const operation = 'toFloat16';
      const source = realArray(operation, 'values', values);
      return through(
        operation,
        source,
        2 * source.length,
        (from, to) => {
          raw.float16Encode(from, source.length, to);
          return 0;
        },
        (to) => new Uint16Array(runtime.u8.slice(to, to + 2 * source.length).buffer),
      );
    },

    fromFloat16(bits) {
      const operation = 'fromFloat16';
      const halves = asTyped(operation, 'bits', bits, 'Uint16Array');
      const { length } = halves;
      runtime.assertAlive(operation);
      return runtime.scratch(operation, (scratch) => {
        const [from, to] = [scratch.bytes(2 * length), scratch.bytes(4 * length)];
        runtime.u8.set(new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength), from);
        raw.float16Decode(from, length, to);
        return runtime.copyF32(to, length);
      });
    },
  };
}
