// What embedders take and give.
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';

/** How weights are kept and multiplied: `'int8'` takes a quarter of the bytes and about half of the time. */
export type Precision = 'int8' | 'float32';

export interface EmbedOptions {
  /**
   * What is done with a text of more tokens than `maxTokens`: `'cut'`, the default, uses its beginning; `'refuse'` throws a
   * RangeError `RANGE` with the text's position.
   */
  longTexts?: 'cut' | 'refuse';
  /** Where the vectors go: an array of texts x dimensions. Not through a worker. */
  into?: Float32Array;
}
export interface EmbedAsyncOptions extends EmbedOptions, AsyncOptions<WorkProgress> {}

/** Pieces of a text. */
export interface Tokens {
  /** Their numbers in the vocabulary. */
  ids: Uint32Array;
  /** `true`: the text has more than `maxTokens`, and these are the first ones. */
  cut: boolean;
}

/** A model of TensorFlow.js, as its files have it. */
export interface TfjsModel {
  /** model.json: its text, or what `JSON.parse` makes of it. Only the list of weights is read. */
  model: string | object;
  /** vocab.json: pieces and their scores, of which `null` counts as 0. */
  vocabulary: string | readonly (readonly [piece: string, score: number | null])[];
  /** The files that model.json names as `paths`, by their names. */
  shards: Readonly<Record<string, Uint8Array | ArrayBuffer>>;
}

export interface PrecisionOption {
  /** `'int8'` by default. */
  precision?: Precision;
}

export interface WeightingOptions extends PrecisionOption {
  /**
   * Words weigh a / (a + p), where p is how likely they are: frequent words count less. 0.001 by default;
   * `Infinity` for equal weights.
   */
  a?: number;
  /** `true`, the default: the mean of the table is subtracted, what all its vectors share says nothing. */
  centred?: boolean;
}

/** A model of Model2Vec, as its files have it. */
export interface Model2Vec {
  /** model.safetensors: one matrix `embeddings`, F32 or F16. */
  weights: Uint8Array | ArrayBuffer;
  /** tokenizer.json: its text, or what `JSON.parse` makes of it. A WordPiece vocabulary without case. */
  tokenizer: string | object;
}

/** A table of word vectors. */
export interface WordTable {
  /** Lower case; a word that stands twice counts as its last. */
  words: readonly string[];
  /** words x dimension, row by row. */
  vectors: Float32Array;
  /**
   * How often each word is met, in any unit. By default words are taken to be in order, the most frequent first, and
   * to follow Zipf's law: 1 / place.
   */
  frequencies?: readonly number[] | Float64Array | Float32Array;
}
