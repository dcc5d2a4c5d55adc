// BERT from files of Hugging Face (model.safetensors, config.json, tokenizer.json or vocab.txt): which of its weights is which
// tensor of csrc/inference/encoder.h.
import * as check from '../../runtime/validate.js';
import type { Network } from './network.js';
import { cuttings } from './prose.js';
import { badFormat, fromJson, isObject, type Tensor, tensorsOf } from './safetensors.js';
import type { BertModel, Pooling } from './types.js';
import { piecesOfBertTokenizer, piecesOfLines } from './wordpiece.js';

/** sl_pooling */
export const poolings: Readonly<Record<Pooling, number>> = { mean: 1, cls: 2 };

/** What config.json says of the network. */
interface Config {
  width: number;
  layers: number;
  heads: number;
  hidden: number;
  positions: number;
  epsilon: number;
}

function configOf(operation: string, given: unknown): Config {
  const wrong = (expected: string) => badFormat(operation, 'config', expected);
  const read = fromJson(operation, 'config', given);
  if (!isObject(read)) throw wrong('a config.json');
  const {
    model_type: type = 'bert',
    hidden_act: activation = 'gelu',
    position_embedding_type: positions = 'absolute',
    layer_norm_eps: epsilon = 1e-12,
    is_decoder: decoder = false,
  } = read;
  if (type !== 'bert') throw wrong(`"model_type": "bert", not ${JSON.stringify(type)}`);
  if (activation !== 'gelu') throw wrong(`"hidden_act": "gelu", not ${JSON.stringify(activation)}`);
  if (positions !== 'absolute' || decoder !== false)
    throw wrong('an encoder with "position_embedding_type": "absolute"');
  if (typeof epsilon !== 'number' || !(epsilon >= 0 && epsilon <= 1))
    throw wrong('"layer_norm_eps" from 0 to 1');
  const count = (name: string) => {
    const n = read[name];
    if (!Number.isInteger(n) || (n as number) < 1) throw wrong(`a whole number as "${name}"`);
    return n as number;
  };
  return {
    width: count('hidden_size'),
    layers: count('num_hidden_layers'),
    heads: count('num_attention_heads'),
    hidden: count('intermediate_size'),
    positions: count('max_position_embeddings'),
    epsilon,
  };
}

/** outputs x inputs as inputs x outputs, from column `at` of rows of `stride`. */
function turned(
  values: Float32Array,
  rows: number,
  columns: number,
  out: Float32Array,
  at: number,
  stride: number,
): void {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * stride + at + i] = values[i * columns + j] as number;
}

/** Weights by their names, of the shapes that are asked for. */
class Weights {
  readonly #operation: string;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  /** Names begin with `bert.` where the file has more than the encoder. */
  readonly #prefix: string;

  constructor(operation: string, given: unknown) {
    this.#operation = operation;
    this.#tensors = tensorsOf(operation, 'weights', given);
    this.#prefix = this.#tensors.has('bert.embeddings.word_embeddings.weight') ? 'bert.' : '';
  }

  #find(name: string): Tensor {
    const old = name
      .replace('LayerNorm.weight', 'LayerNorm.gamma')
      .replace('LayerNorm.bias', 'LayerNorm.beta');
    const found = this.#tensors.get(this.#prefix + name) ?? this.#tensors.get(this.#prefix + old);
    if (found === undefined)
      throw badFormat(this.#operation, 'weights', `a BERT encoder, with "${name}"`);
    return found;
  }

  /** Rows of a matrix of so many columns. */
  rows(name: string, columns: number): number {
    const { shape } = this.#find(name);
    if (shape.length !== 2 || shape[1] !== columns || shape[0] === 0)
      throw this.#wrong(name, ['n', columns]);
    return shape[0] as number;
  }

  /** As it is. */
  get(name: string, ...shape: number[]): Float32Array {
    const found = this.#find(name);
    if (found.shape.length !== shape.length || !shape.every((n, i) => n === found.shape[i]))
      throw this.#wrong(name, shape);
    return found.read();
  }

  #wrong(name: string, shape: readonly (number | string)[]) {
    return badFormat(this.#operation, 'weights', `${shape.join(' x ')} numbers in "${name}"`);
  }

  /** Weights of linear layers side by side, turned round, then their biases. */
  linear(names: readonly string[], inputs: number, outputs: number): [Float32Array, Float32Array] {
    const stride = names.length * outputs;
    // What the file has says how much memory is needed; what the config says alone would be believed.
    const parts = names.map((name) => ({
      weight: this.get(`${name}.weight`, outputs, inputs),
      bias: this.get(`${name}.bias`, outputs),
    }));
    const weights = new Float32Array(inputs * stride);
    const biases = new Float32Array(stride);
    for (const [i, { weight, bias }] of parts.entries()) {
      turned(weight, outputs, inputs, weights, i * outputs, stride);
      biases.set(bias, i * outputs);
    }
    return [weights, biases];
  }

  norm(name: string, width: number): [Float32Array, Float32Array] {
    return [this.get(`${name}.weight`, width), this.get(`${name}.bias`, width)];
  }
}

function layerOf(weights: Weights, l: number, { width, hidden }: Config): Float32Array[] {
  const at = `encoder.layer.${l}`;
  const self = ['query', 'key', 'value'].map((name) => `${at}.attention.self.${name}`);
  return [
    ...weights.norm(`${at}.attention.output.LayerNorm`, width),
    ...weights.linear(self, width, width),
    ...weights.linear([`${at}.attention.output.dense`], width, width),
    ...weights.norm(`${at}.output.LayerNorm`, width),
    ...weights.linear([`${at}.intermediate.dense`], width, hidden),
    ...weights.linear([`${at}.output.dense`], hidden, width),
  ];
}

/** The network that these files hold. `maxTokens`: fewer than it has positions for, or as many. */
export function networkOfBert(
  operation: string,
  source: BertModel,
  pooling: number,
  maxTokens: number | undefined,
): Network {
  if (!isObject(source)) throw check.typeError(operation, 'source', 'object', source);
  const config = configOf(operation, source.config);
  const { width, layers, heads, hidden, positions, epsilon } = config;
  const most = maxTokens ?? Math.min(positions, 4096);
  check.integer(operation, 'maxTokens', most, 2, Math.min(positions, 4096));
  const weights = new Weights(operation, source.weights);
  const words = 'embeddings.word_embeddings.weight';
  const rows = weights.rows(words, width);
  if ((source.tokenizer === undefined) === (source.vocabulary === undefined))
    throw badFormat(operation, 'tokenizer', 'a "tokenizer", or else a "vocabulary"');
  const pieces =
    source.tokenizer !== undefined
      ? piecesOfBertTokenizer(operation, source.tokenizer, rows)
      : piecesOfLines(operation, source.vocabulary, rows);
  const place = weights
    .get('embeddings.position_embeddings.weight', positions, width)
    .slice(0, most * width);
  const kinds = 'embeddings.token_type_embeddings.weight';
  // All tokens of a text are of the first kind.
  const kind = weights.get(kinds, weights.rows(kinds, width), width);
  for (let i = 0; i < place.length; i++)
    place[i] = (place[i] as number) + (kind[i % width] as number);
  const tensors = [
    weights.get(words, rows, width),
    place,
    ...weights.norm('embeddings.LayerNorm', width),
  ];
  for (let l = 0; l < layers; l++) tensors.push(...layerOf(weights, l, config));
  return {
    shape: { dimension: width, width, hidden, layers, heads, mostTokens: most, pooling, epsilon },
    cutting: cuttings.bert,
    pieces,
    reserved: 0,
    tensors,
  };
}
