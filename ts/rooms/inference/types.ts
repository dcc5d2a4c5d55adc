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

/** What of the vectors of its tokens is a text's: their mean, or that of the mark `[CLS]` before it. */
export type Pooling = 'mean' | 'cls';

/** A sentence encoder of the form of BERT, as its files have it: all-MiniLM, gte, bge, e5 in English. */
export interface BertModel {
  /** model.safetensors, of F32, F16 or BF16. */
  weights: Uint8Array | ArrayBuffer;
  /** config.json: its text, or what `JSON.parse` makes of it. `"model_type": "bert"`. */
  config: string | object;
  /** tokenizer.json: its text, or what `JSON.parse` makes of it. A WordPiece vocabulary without case. */
  tokenizer?: string | object;
  /** In its place vocab.txt: its text, or its lines. */
  vocabulary?: string | readonly string[];
}

export interface BertOptions extends PrecisionOption {
  /** `'mean'` by default, as all-MiniLM, gte and e5 are used; bge is used with `'cls'`. */
  pooling?: Pooling;
  /**
   * Tokens of a text that are used, the two marks around it included; 2 to the `max_position_embeddings` of the config, which
   * is the default. all-MiniLM-L6-v2 is used with 256.
   */
  maxTokens?: number;
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
  /** model.safetensors: one matrix `embeddings`, of F32, F16 or BF16. */
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

/** A transformer of the form of Llama, as its files have it. */
export interface LlamaModel {
  /** model.safetensors, of F32, F16 or BF16; one file. */
  weights: Uint8Array | ArrayBuffer;
  /** config.json: its text, or what `JSON.parse` makes of it. `"model_type": "llama"`. */
  config: string | object;
}

export interface DecoderOptions {
  /** `'float32'` by default; `'int8'` takes a quarter of the bytes, but for the table of tokens. */
  precision?: Precision;
  /** Tokens that may be held, the most that there are positions for by default. */
  maxTokens?: number;
}

export interface AppendOptions {
  /** `true`: the logits of each of these tokens, one after another; by default those after the last one. */
  all?: boolean;
}

export interface GenerateOptions {
  /** Tokens that are made at most. */
  count: number;
  /** 0, the default: always the most likely token. Above: random, the more so the higher. */
  temperature?: number;
  /** Only so many tokens are looked at, the most likely ones. All by default. */
  topK?: number;
  /** Of these the fewest that together are at least as likely, above 0 to 1. 1, all, by default. */
  topP?: number;
  /** Of the random numbers: the same seed gives the same tokens. 0 by default. */
  seed?: number;
  /** Tokens after which nothing more is made. */
  stop?: readonly number[];
}
export interface GenerateAsyncOptions extends GenerateOptions, AsyncOptions<WorkProgress> {
  /** Told of each token as it comes. */
  onToken?: (id: number) => void;
}
