// Tables of Model2Vec (S. Tulkens, T. van Dongen, 2024): safetensors with one matrix, and a WordPiece vocabulary as JSON.
import * as check from '../../runtime/validate.js';
import type { Network } from './network.js';
import { ALL_TOKENS } from './network.js';
import { cuttings } from './prose.js';
import { badFormat, isObject, tensorsOf } from './safetensors.js';
import type { Model2Vec } from './types.js';
import { piecesOfTokenizer } from './wordpiece.js';

/** The matrix `embeddings`. */
function embeddingsOf(operation: string, given: unknown): Matrix {
  const wrong = (expected: string) => badFormat(operation, 'weights', expected);
  const tensors = tensorsOf(operation, 'weights', given);
  const found = tensors.get('embeddings');
  if (found === undefined) throw wrong('a tensor "embeddings"');
  if (tensors.has('mapping')) throw wrong('one vector for each piece, without "mapping"');
  const [rows, columns] = found.shape as [number, number];
  if (found.shape.length !== 2 || rows * columns === 0) throw wrong('a matrix of its size');
  return { rows, columns, values: found.read() };
}

interface Matrix {
  rows: number;
  columns: number;
  values: Float32Array;
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
    pieces: piecesOfTokenizer(operation, source.tokenizer, rows),
    reserved: 0,
    tensors: [values],
  };
}
