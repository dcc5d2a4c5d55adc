// Vectors from a file, a batch at a time: NumPy's .npy, or plain float32 numbers.

import { stat } from 'node:fs/promises';
import type { QuantRoom } from '../rooms/quant/quant.js';
import { chunks, nameOf } from './files.js';
import { type Dtype, isNpy, type NpyHead, readNpyHead, sizes } from './npy.js';
import { CliError, count, EXIT, type Progress } from './terminal.js';

export interface VectorFile {
  /** Numbers in a vector; under hamming, where they are packed bits, eight times the bytes. */
  dimension: number;
  /** How many vectors, where the file says it (plain numbers from standard input do not). */
  count: number | undefined;
  /** All of them, once, in order. */
  batches: AsyncGenerator<VectorBatch, void, undefined>;
}

export interface VectorBatch {
  /** Place of its first vector in the file. */
  first: number;
  count: number;
  values: Float32Array | Uint8Array;
}

export interface ReadOptions {
  /** As the user gave it: needed for plain numbers, checked for .npy. */
  dimension?: number | undefined;
  /** Where that dimension comes from, for messages. */
  from: string;
  /** Rows are packed bits and stay bytes. */
  bits: boolean;
  /** One vector may come as a .npy of one axis. */
  single?: boolean;
  quant: QuantRoom;
  progress: Progress;
  label: string;
}

const MOST = 65_536;

/** Opens a file, or standard input for `-`, and reads as much of it as says what it holds. */
export async function openVectors(path: string, options: ReadOptions): Promise<VectorFile> {
  const name = nameOf(path);
  const pieces = chunks(path, options.progress, options.label);
  let begun = new Uint8Array(0);
  let ended = false;
  const more = async () => {
    const { value, done } = await pieces.next();
    if (done) ended = true;
    else begun = joined(begun, value);
  };
  try {
    while (!ended && begun.length < 8) await more();
    if (ended && begun.length === 0) throw new CliError(`${name}: is empty, expected vectors`);
    if (!isNpy(begun) || (begun.length < 6 && !/\.npy$/i.test(path))) {
      const file = await plain();
      return { ...file, batches: batches(file.layout) };
    }
    let head = readNpyHead(name, begun);
    while (head === undefined) {
      if (ended)
        throw new CliError(`${name}: ends within the NumPy header, after ${begun.length} bytes`);
      await more();
      head = readNpyHead(name, begun);
    }
    const file = await numpy(head);
    return { ...file, batches: batches(file.layout) };
  } catch (error) {
    await pieces.return(undefined);
    throw error;
  }

  async function plain() {
    if (/\.npy$/i.test(path)) readNpyHead(name, begun); // refuses it, and says why
    const { dimension } = options;
    if (dimension === undefined)
      throw new CliError(
        `${name}: not a NumPy file; plain ${options.bits ? 'bits' : 'float32 numbers'} need --dimension`,
      );
    const dtype: Dtype = options.bits ? 'u1' : 'f4';
    const layout = layoutOf(dtype, options.bits ? dimension / 8 : dimension, 0);
    const size = await sizeOf(path);
    if (size !== undefined && size % layout.stride !== 0)
      throw new CliError(
        `${name}: ${count(size)} bytes are not a whole number of vectors of ${count(layout.stride)} bytes: is the dimension ${dimension} of ${options.from} right?`,
      );
    return {
      dimension,
      count: size === undefined ? undefined : size / layout.stride,
      layout: { ...layout, count: undefined },
    };
  }

  async function numpy({ dtype, shape, offset }: NpyHead) {
    const wide = options.single && shape.length === 1 ? [1, ...shape] : shape;
    const written = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
    const [rows, width] = wide as [number, number];
    if (wide.length !== 2)
      throw new CliError(
        `${name}: an array of shape ${written}, expected (vectors, numbers in each): save array.reshape(-1, dimension)`,
      );
    if (rows === 0) throw new CliError(`${name}: shape ${written} has no vectors`);
    if (width < 1 || width > MOST)
      throw new CliError(
        `${name}: shape ${written} has ${width} numbers in a vector, expected 1 to ${count(MOST)}`,
      );
    if (options.bits && dtype !== 'u1')
      throw new CliError(
        `${name}: hamming compares bits, packed into '|u1': save numpy.packbits(array > 0, axis=1, bitorder='little')`,
      );
    const dimension = options.bits ? 8 * width : width;
    if (options.dimension !== undefined && options.dimension !== dimension)
      throw new CliError(
        `${name}: vectors of ${dimension} ${options.bits ? 'bits' : 'numbers'}, but ${options.from} has ${options.dimension}`,
      );
    const layout = layoutOf(dtype, width, offset);
    const [size, wanted] = [await sizeOf(path), offset + rows * layout.stride];
    if (size !== undefined && size !== wanted) throw wrongSize(written, dtype, size, wanted);
    if (!Number.isSafeInteger(wanted)) throw wrongSize(written, dtype, begun.length, wanted);
    return { dimension, count: rows, layout: { ...layout, count: rows, written } };
  }

  function wrongSize(written: string, dtype: Dtype, size: number, wanted: number): CliError {
    return new CliError(
      `${name}: ${size < wanted ? 'ends too early' : 'goes on after its last number'}: ${count(size)} bytes, but shape ${written} of '${dtype}' takes ${count(wanted)}`,
    );
  }

  async function* batches(layout: Layout): AsyncGenerator<VectorBatch, void, undefined> {
    let first = 0;
    let rest = begun.subarray(layout.offset);
    let size = begun.length;
    try {
      for (;;) {
        const whole = Math.floor(rest.length / layout.stride);
        const left = layout.count === undefined ? whole : layout.count - first;
        if (whole > left)
          throw wrongSize(
            layout.written,
            layout.dtype,
            size,
            layout.offset + (first + left) * layout.stride,
          );
        if (whole > 0) {
          const bytes = rest.slice(0, whole * layout.stride);
          yield { first, count: whole, values: decoded(options, layout.dtype, bytes) };
          first += whole;
          rest = rest.subarray(whole * layout.stride);
        }
        const { value, done } = ended ? { value: undefined, done: true } : await pieces.next();
        if (done || value === undefined) break;
        size += value.length;
        rest = joined(rest, value);
      }
      if (layout.count !== undefined && (first < layout.count || rest.length > 0))
        throw wrongSize(
          layout.written,
          layout.dtype,
          size,
          layout.offset + layout.count * layout.stride,
        );
      if (rest.length > 0)
        throw new CliError(
          `${name}: ends within vector ${first}, after ${rest.length} of ${layout.stride} bytes`,
        );
    } finally {
      await pieces.return(undefined);
    }
  }
}

interface Layout {
  dtype: Dtype;
  /** Bytes of a vector. */
  stride: number;
  offset: number;
  count: number | undefined;
  /** The shape as the file has it, for messages. */
  written: string;
}

const layoutOf = (dtype: Dtype, width: number, offset: number): Layout => ({
  dtype,
  stride: width * sizes[dtype],
  offset,
  count: undefined,
  written: '',
});

// bytes: a copy that begins at offset 0, which typed arrays want.
function decoded({ bits, quant }: ReadOptions, dtype: Dtype, { buffer }: Uint8Array<ArrayBuffer>) {
  if (bits) return new Uint8Array(buffer);
  if (dtype === 'f4') return new Float32Array(buffer);
  if (dtype === 'f2') return quant.fromFloat16(new Uint16Array(buffer));
  return Float32Array.from(
    dtype === 'f8'
      ? new Float64Array(buffer)
      : dtype === 'i1'
        ? new Int8Array(buffer)
        : new Uint8Array(buffer),
  );
}

function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Bytes of a regular file; of anything else they are not known beforehand. */
async function sizeOf(path: string): Promise<number | undefined> {
  if (path === '-') return undefined;
  const found = await stat(path);
  return found.isFile() ? found.size : undefined;
}

/** The labels of a file, one a line. */
export async function readLabels(path: string, progress: Progress): Promise<string[]> {
  const name = nameOf(path);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for await (const chunk of chunks(path, progress))
      text += decoder.decode(chunk, { stream: true });
    text += decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliError(`${name}: not UTF-8 text`);
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const seen = new Map<string, number>();
  for (const [i, label] of lines.entries()) {
    if (label === '') throw new CliError(`${name}:${i + 1}: empty, expected a label`);
    const before = seen.get(label);
    if (before !== undefined)
      throw new CliError(`${name}:${i + 1}: "${label}" stands in line ${before} already`);
    seen.set(label, i + 1);
  }
  return lines;
}

/** An error that a vector of a batch caused, in terms of the file. */
export function vectorError(error: unknown, path: string, first: number): unknown {
  const { position, message, argument } = error as {
    position?: number;
    message?: string;
    argument?: string;
  };
  if (
    position === undefined ||
    message === undefined ||
    !/^(vectors?|quer(y|ies))$/.test(argument ?? '')
  )
    return error;
  const plain = message
    .replace(/^"\w+" at position \d+: /, '')
    .replace(/; \d+ (?:of \d+ vectors|items) were added$/, '');
  return new CliError(`${nameOf(path)}: vector ${first + position}: ${plain}`, EXIT.badInput);
}
