// Vectors from a file, a batch at a time: NumPy's .npy, or plain float32 numbers.

import { stat } from 'node:fs/promises';
import { readNpzAsync } from '../npy.js';
import { followedBy, unzipped } from '../runtime/coming.js';
import { describe, formatOf } from '../runtime/formats.js';
import {
  arrayOf,
  bytesOf,
  elementsOf,
  isNpy,
  type NpyArray,
  type NpyData,
  type NpyHead,
  type NpyType,
  readNpyHead,
  written as shapeOf,
} from '../runtime/npy.js';
import { joined as allOf, isGzip, type Pieces } from '../runtime/pieces.js';
import { chunks, nameOf, opened } from './files.js';
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
  progress: Progress;
  label: string;
}

const MOST = 65_536;

/** Endings of files that hold something else than plain numbers. */
const otherEnding =
  /\.(?:[fbi]vecs|txt|csv|tsv|jsonl?|parquet|arrow|feather|h5|hdf5|mat|pkl|pt|safetensors|mtx|xml|html?|zip)$/i;

/** Why bytes are no plain numbers, or undefined when they may be. */
function notPlain(path: string, begun: Uint8Array, size: number | undefined): string | undefined {
  if (/\.[fbi]vecs$/i.test(path))
    return 'has the length of each vector in front of it: save it with numpy.save';
  const ending = otherEnding.exec(path)?.[0];
  if (ending !== undefined) return `ends in ${ending}`;
  const found = formatOf(begun);
  // Two or four bytes of 255 may well be numbers, and so may zero bytes.
  if (found !== undefined && !['arrow', 'utf16', 'binary'].includes(found))
    return `is ${describe(found)}`;
  const first = begun.subarray(0, 512);
  if (
    first.length >= 12 &&
    first.every((byte) => (byte >= 32 && byte < 127) || (byte > 8 && byte < 14))
  )
    return 'is text';
  const view = new DataView(begun.buffer, begun.byteOffset, begun.byteLength);
  const length = begun.length < 4 ? 0 : view.getInt32(0, true);
  for (const bytes of [4, 1]) {
    const next = 4 + length * bytes;
    if (length < 1 || length > MOST || (size !== undefined && size % next !== 0)) continue;
    const again = next + 4 <= begun.length ? view.getInt32(next, true) : length;
    if (again === length && (next + 4 <= begun.length || size === next))
      return `has the length ${length} in front of each vector, as .fvecs and .bvecs do: save it with numpy.save`;
  }
  return undefined;
}

/** Opens a file, or standard input for `-`, and reads as much of it as says what it holds. */
export async function openVectors(path: string, options: ReadOptions): Promise<VectorFile> {
  const name = nameOf(path);
  const fail = (message: string) => new CliError(`${name}: ${message}`);
  const kind = { operation: 'read', argument: name, expected: 'bytes', binary: true };
  const file = chunks(path, options.progress, options.label);
  let pieces: Pieces = file;
  let compressed = false;
  let begun = new Uint8Array(0);
  let ended = false;
  const more = async () => {
    const { value, done } = await pieces.next();
    if (done) ended = true;
    else begun = joined(begun, value as Uint8Array);
  };
  try {
    while (!ended && begun.length < 8) {
      await more();
      if (compressed || !isGzip(begun)) continue;
      compressed = true;
      pieces = unzipped(followedBy([begun], file), kind);
      begun = new Uint8Array(0);
    }
    if (ended && begun.length === 0) throw fail('is empty, expected vectors');
    if (formatOf(begun) === 'zip') return await archive();
    if (!isNpy(begun) || (begun.length < 6 && !/\.npy$/i.test(path))) {
      const found = await plain();
      return { ...found, batches: batches(found.layout) };
    }
    let head = readNpyHead(begun, fail);
    while (head === undefined) {
      if (ended) throw fail(`ends within the NumPy header, after ${begun.length} bytes`);
      await more();
      head = readNpyHead(begun, fail);
    }
    if (head.fortran) {
      await rest();
      return whole(arrayOf(begun, fail), head.shape);
    }
    const found = await numpy(head);
    return { ...found, batches: batches(found.layout) };
  } catch (error) {
    await file.return(undefined);
    throw error;
  }

  async function rest(): Promise<void> {
    const parts: Uint8Array[] = [begun];
    let length = begun.length;
    for (;;) {
      const { value, done } = await pieces.next();
      if (done) break;
      parts.push(value as Uint8Array);
      length += value.length;
    }
    ended = true;
    begun = allOf(parts, length);
  }

  async function archive(): Promise<VectorFile> {
    await rest();
    const arrays = await readNpzAsync(begun).catch((error: Error) => {
      throw fail(error.message.replace(/^"bytes": /, ''));
    });
    const [only] = [...arrays.values()];
    if (only === undefined || arrays.size > 1)
      throw fail(
        `holds ${[...arrays.keys()].join(', ') || 'nothing'}, expected one array: save it alone`,
      );
    return whole(only, only.shape);
  }

  /** An array that is in memory. */
  async function whole({ data, dtype }: NpyArray, shape: number[]): Promise<VectorFile> {
    const { dimension, rows } = dimensions(dtype, shape);
    async function* once(): AsyncGenerator<VectorBatch, void, undefined> {
      yield { first: 0, count: rows, values: options.bits ? (data as Uint8Array) : floats(data) };
    }
    return { dimension, count: rows, batches: once() };
  }

  async function plain() {
    if (/\.npy$/i.test(path)) readNpyHead(begun, fail); // refuses it, and says why
    const { dimension } = options;
    if (dimension === undefined)
      throw fail(
        `not a NumPy file; plain ${options.bits ? 'bits' : 'float32 numbers'} need --dimension`,
      );
    const type = options.bits ? 'u1' : 'f4';
    const layout = layoutOf(type, options.bits ? dimension / 8 : dimension, 0);
    const size = await sizeOf(path);
    while (!ended && begun.length < 4096) await more();
    const why = notPlain(path.replace(/\.gz$/i, ''), begun, size);
    if (why !== undefined)
      throw fail(`${why}, expected plain little-endian float32 numbers or a NumPy file`);
    if (size !== undefined && size % layout.stride !== 0)
      throw fail(
        `${count(size)} bytes are not a whole number of vectors of ${count(layout.stride)} bytes: is the dimension ${dimension} of ${options.from} right?`,
      );
    return {
      dimension,
      count: size === undefined ? undefined : size / layout.stride,
      layout: { ...layout, count: undefined },
    };
  }

  /** What an array holds as vectors. */
  function dimensions(type: NpyType, shape: number[]) {
    const wide = options.single && shape.length === 1 ? [1, ...shape] : shape;
    const written = shapeOf(shape);
    const [rows, width] = wide as [number, number];
    if (wide.length !== 2)
      throw fail(
        `an array of shape ${written}, expected (vectors, numbers in each): save array.reshape(-1, dimension)`,
      );
    if (rows === 0) throw fail(`shape ${written} has no vectors`);
    if (width < 1 || width > MOST)
      throw fail(`shape ${written} has ${width} numbers in a vector, expected 1 to ${count(MOST)}`);
    if (options.bits && type !== 'u1')
      throw fail(
        "hamming compares bits, packed into '|u1': save numpy.packbits(array > 0, axis=1, bitorder='little')",
      );
    const dimension = options.bits ? 8 * width : width;
    if (options.dimension !== undefined && options.dimension !== dimension)
      throw fail(
        `vectors of ${dimension} ${options.bits ? 'bits' : 'numbers'}, but ${options.from} has ${options.dimension}`,
      );
    return { dimension, rows, width, written };
  }

  async function numpy({ type, bigEndian, shape, offset }: NpyHead) {
    const { dimension, rows, width, written } = dimensions(type, shape);
    const layout = { ...layoutOf(type, width, offset), bigEndian };
    const [size, wanted] = [await sizeOf(path), offset + rows * layout.stride];
    if (size !== undefined && size !== wanted) throw wrongSize(written, type, size, wanted);
    if (!Number.isSafeInteger(wanted)) throw wrongSize(written, type, begun.length, wanted);
    return { dimension, count: rows, layout: { ...layout, count: rows, written } };
  }

  function wrongSize(written: string, type: NpyType, size: number, wanted: number): CliError {
    return fail(
      `${size < wanted ? 'ends too early' : 'goes on after its last number'}: ${count(size)} bytes, but shape ${written} of '${type}' takes ${count(wanted)}`,
    );
  }

  async function* batches(layout: Layout): AsyncGenerator<VectorBatch, void, undefined> {
    let first = 0;
    let rest = begun.subarray(layout.offset);
    let size = begun.length;
    const wrong = (rows: number) =>
      wrongSize(layout.written, layout.type, size, layout.offset + rows * layout.stride);
    try {
      for (;;) {
        const whole = Math.floor(rest.length / layout.stride);
        const left = layout.count === undefined ? whole : layout.count - first;
        if (whole > left) throw wrong(first + left);
        if (whole > 0) {
          const bytes = rest.subarray(0, whole * layout.stride);
          const data = elementsOf(layout, bytes);
          const values = options.bits ? (data as Uint8Array) : floats(data);
          yield { first, count: whole, values };
          first += whole;
          rest = rest.subarray(whole * layout.stride);
        }
        const { value, done } = ended ? { value: undefined, done: true } : await pieces.next();
        if (done || value === undefined) break;
        size += value.length;
        rest = joined(rest, value as Uint8Array);
      }
      if (layout.count !== undefined && (first < layout.count || rest.length > 0))
        throw wrong(layout.count);
      if (rest.length > 0)
        throw fail(`ends within vector ${first}, after ${rest.length} of ${layout.stride} bytes`);
    } finally {
      await file.return(undefined);
    }
  }

  /** Bytes of a regular file; of anything else, and of what is in a compressed one, they are not known beforehand. */
  async function sizeOf(path: string): Promise<number | undefined> {
    if (path === '-' || compressed) return undefined;
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  }
}

interface Layout extends Pick<NpyHead, 'type' | 'bigEndian'> {
  /** Bytes of a vector. */
  stride: number;
  offset: number;
  count: number | undefined;
  /** The shape as the file has it, for messages. */
  written: string;
}

const layoutOf = (type: NpyType, width: number, offset: number): Layout => ({
  type,
  bigEndian: false,
  stride: width * bytesOf(type),
  offset,
  count: undefined,
  written: '',
});

function floats(data: NpyData): Float32Array {
  return data instanceof Float32Array
    ? data
    : Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The labels of a file, one a line. */
export async function readLabels(path: string, progress: Progress): Promise<string[]> {
  const name = nameOf(path);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    const { bytes } = await opened(path, progress);
    for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
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
