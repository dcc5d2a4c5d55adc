// Tables of Model2Vec (S. Tulkens, T. van Dongen, 2024): safetensors with one matrix, and a WordPiece vocabulary as JSON.
import { bytesOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import type { Network } from './network.js';
import { ALL_TOKENS } from './network.js';
import { cuttings } from './prose.js';
import type { Model2Vec } from './types.js';

/** More than any header has. */
const MOST_HEADER = 100e6;

function bad(operation: string, argument: string, expected: string): SublinearError {
  const message = `"${argument}": unknown or unsupported format, expected ${expected}`;
  return new SublinearError('FORMAT', operation, message, { argument });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The number that a binary16 stands for. */
function fromHalf(half: number): number {
  const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

interface Matrix {
  rows: number;
  columns: number;
  values: Float32Array;
}

/** The matrix `embeddings` of a safetensors file, all of whose tensors are looked at: no gaps, no overlaps. */
function embeddingsOf(operation: string, given: unknown): Matrix {
  const wrong = (expected: string) => bad(operation, 'weights', expected);
  const bytes = bytesOf(operation, 'weights', given);
  if (bytes === undefined)
    throw check.typeError(operation, 'weights', 'Uint8Array or ArrayBuffer', given);
  if (bytes.length < 8) throw wrong('a safetensors file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MOST_HEADER || 8 + length > bytes.length) throw wrong('a safetensors file');
  let header: unknown;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    header = JSON.parse(decoder.decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw wrong('a header in JSON');
  }
  if (!isObject(header)) throw wrong('a header in JSON');
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  const data = bytes.subarray(8 + length);
  const places = tensors.map(([, tensor]) => (isObject(tensor) ? tensor.data_offsets : undefined));
  const isPlace = (place: unknown): place is [number, number] =>
    Array.isArray(place) && place.length === 2 && place.every((n) => Number.isInteger(n) && n >= 0);
  if (!places.every(isPlace)) throw wrong('tensors with "data_offsets"');
  let end = 0;
  for (const [from, to] of [...places].sort((a, b) => a[0] - b[0])) {
    if (from !== end || to < from) throw wrong('tensors one after another');
    end = to;
  }
  if (end !== data.length) throw wrong('tensors that fill the file');
  const at = tensors.findIndex(([name]) => name === 'embeddings');
  if (at < 0) throw wrong('a tensor "embeddings"');
  if (tensors.some(([name]) => name === 'mapping'))
    throw wrong('one vector for each piece, without "mapping"');
  const { dtype, shape } = (tensors[at] as [string, Record<string, unknown>])[1];
  const [from, to] = places[at] as [number, number];
  const size = dtype === 'F32' ? 4 : dtype === 'F16' ? 2 : undefined;
  if (size === undefined) throw wrong('elements of F32 or F16');
  const isMatrix =
    Array.isArray(shape) && shape.length === 2 && shape.every((n) => Number.isInteger(n) && n > 0);
  const [rows, columns] = isMatrix ? (shape as [number, number]) : [0, 0];
  if (!isMatrix || rows * columns * size !== to - from) throw wrong('a matrix of its size');
  const own = data.slice(from, to).buffer;
  const values =
    size === 4 ? new Float32Array(own) : Float32Array.from(new Uint16Array(own), fromHalf);
  return { rows, columns, values };
}

function piecesOf(operation: string, given: unknown, rows: number): string[] {
  const wrong = (expected: string) => bad(operation, 'tokenizer', expected);
  let read = given;
  if (typeof given === 'string') {
    try {
      read = JSON.parse(given);
    } catch {
      throw wrong('JSON');
    }
  }
  const model = isObject(read) && isObject(read.model) ? read.model : undefined;
  if (model?.type !== 'WordPiece' || !isObject(model.vocab)) throw wrong('a WordPiece vocabulary');
  if ((model.continuing_subword_prefix ?? '##') !== '##')
    throw wrong('pieces that begin with "##"');
  const normalizer = isObject(read) ? read.normalizer : undefined;
  if (
    !isObject(normalizer) ||
    normalizer.type !== 'BertNormalizer' ||
    normalizer.lowercase !== true
  )
    throw wrong('a BertNormalizer that puts texts into lower case');
  for (const step of ['strip_accents', 'handle_chinese_chars', 'clean_text'])
    if (normalizer[step] === false) throw wrong(`a BertNormalizer without "${step}": false`);
  const pieces = new Array<string>(rows).fill('');
  for (const [piece, id] of Object.entries(model.vocab)) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= rows)
      throw wrong('pieces with a number of a row each');
    pieces[id as number] = piece;
  }
  return pieces;
}

/** The table that these files hold: its vectors are weighted already. */
export function networkOfModel2Vec(operation: string, source: Model2Vec): Network {
  if (!isObject(source)) throw check.typeError(operation, 'source', 'object', source);
  const { rows, columns, values } = embeddingsOf(operation, source.weights);
  return {
    shape: {
      dimension: columns,
      width: columns,
      hidden: 0,
      layers: 0,
      heads: 0,
      mostTokens: ALL_TOKENS,
    },
    cutting: cuttings.wordpiece,
    pieces: piecesOf(operation, source.tokenizer, rows),
    reserved: 0,
    tensors: [values],
  };
}
