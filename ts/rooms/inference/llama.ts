// Transformers of the form of Llama from files: which weights are which tensor of csrc/inference/decoder.h.
import type { SublinearError } from '../../runtime/errors.js';
import { badFormat, fromJson, isObject, tensorsOf } from './safetensors.js';
import type { LlamaModel } from './types.js';
import type { WeightFile, WeightValue } from './weights.js';

/** sl_decoder_shape, but for how it is kept. */
export interface Llama {
  shape: {
    vocabulary: number;
    width: number;
    hidden: number;
    layers: number;
    heads: number;
    kvHeads: number;
    size: number;
    mostTokens: number;
    tied: boolean;
    interleaved: boolean;
    epsilon: number;
    base: number;
  };
  /** The tensors in their order, each read when it is asked for. */
  tensors: () => Generator<Float32Array>;
}

type Wrong = (expected: string) => SublinearError;

/** Names of the weights, with `layer` for the parts of a layer. */
interface Names {
  table: string;
  layer: (l: number) => string;
  /** In the order of the header. */
  parts: readonly string[];
  norm: string;
  output: string;
}

const ofHuggingFace: Names = {
  table: 'model.embed_tokens.weight',
  layer: (l) => `model.layers.${l}.`,
  parts: [
    'input_layernorm.weight',
    'self_attn.q_proj.weight',
    'self_attn.k_proj.weight',
    'self_attn.v_proj.weight',
    'self_attn.o_proj.weight',
    'post_attention_layernorm.weight',
    'mlp.gate_proj.weight',
    'mlp.up_proj.weight',
    'mlp.down_proj.weight',
  ],
  norm: 'model.norm.weight',
  output: 'lm_head.weight',
};

const ofGguf: Names = {
  table: 'token_embd.weight',
  layer: (l) => `blk.${l}.`,
  parts: [
    ...['attn_norm', 'attn_q', 'attn_k', 'attn_v', 'attn_output'],
    ...['ffn_norm', 'ffn_gate', 'ffn_up', 'ffn_down'],
  ].map((name) => `${name}.weight`),
  norm: 'output_norm.weight',
  output: 'output.weight',
};

/** All tensors by name, of the shapes that follow from the network's. */
function* tensorsIn(
  { vocabulary, width, hidden, layers, heads, kvHeads, size, tied }: Llama['shape'],
  names: Names,
  read: (name: string, shape: readonly number[]) => Float32Array,
): Generator<Float32Array> {
  const [queries, keys] = [heads * size, kvHeads * size];
  const shapes = [
    ...[[width], [queries, width], [keys, width], [keys, width], [width, queries]],
    ...[[width], [hidden, width], [hidden, width], [width, hidden]],
  ];
  yield read(names.table, [vocabulary, width]);
  for (let l = 0; l < layers; l++)
    for (const [i, part] of names.parts.entries())
      yield read(names.layer(l) + part, shapes[i] as number[]);
  yield read(names.norm, [width]);
  if (!tied) yield read(names.output, [vocabulary, width]);
}

const same = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/** Reads numbers that a description has under these names. */
function numbersOf(wrong: Wrong, read: (name: string) => unknown) {
  const count = (name: string, usual?: number): number => {
    const n = read(name) ?? usual;
    if (!Number.isInteger(n) || (n as number) < 1) throw wrong(`a whole number as "${name}"`);
    return n as number;
  };
  const real = (name: string, usual: number): number => {
    const n = read(name) ?? usual;
    if (typeof n !== 'number') throw wrong(`a number as "${name}"`);
    return n;
  };
  return { count, real };
}

/** From model.safetensors and config.json. */
export function llamaOf(operation: string, { weights, config }: LlamaModel): Llama {
  const wrong: Wrong = (expected) => badFormat(operation, 'config', expected);
  const read = fromJson(operation, 'config', config);
  if (!isObject(read)) throw wrong('a config.json');
  const { count, real } = numbersOf(wrong, (name) => read[name]);
  if (read.model_type !== 'llama')
    throw wrong(`"model_type": "llama", not ${JSON.stringify(read.model_type)}`);
  if ((read.hidden_act ?? 'silu') !== 'silu') throw wrong('"hidden_act": "silu"');
  if ((read.rope_scaling ?? null) !== null) throw wrong('no "rope_scaling"');
  if (read.attention_bias === true || read.mlp_bias === true) throw wrong('no biases');
  const [width, heads] = [count('hidden_size'), count('num_attention_heads')];
  const shape = {
    ...{ width, heads, hidden: count('intermediate_size'), layers: count('num_hidden_layers') },
    vocabulary: count('vocab_size'),
    kvHeads: count('num_key_value_heads', heads),
    size: count('head_dim', Math.floor(width / heads)),
    mostTokens: count('max_position_embeddings', 2048),
    tied: read.tie_word_embeddings === true,
    interleaved: false,
    epsilon: real('rms_norm_eps', 1e-6),
    base: real('rope_theta', 10_000),
  };
  const tensors = tensorsOf(operation, 'weights', weights);
  return {
    shape,
    tensors: () =>
      tensorsIn(shape, ofHuggingFace, (name, wanted) => {
        const found = tensors.get(name);
        if (found === undefined || !same(found.shape, wanted))
          throw badFormat(operation, 'weights', `${wanted.join(' x ')} numbers in "${name}"`);
        return found.read();
      }),
  };
}

/** From a file of GGUF. Queries and keys of such files are turned so that pairs of positions lie side by side. */
export function llamaIn(operation: string, file: WeightFile): Llama {
  const wrong: Wrong = (expected) => badFormat(operation, 'bytes', expected);
  const said: Record<string, WeightValue> = file.metadata();
  if (said['general.architecture'] !== 'llama')
    throw wrong('a file of GGUF with "general.architecture": "llama"');
  const at = (name: string) => said[`llama.${name}`];
  const { count, real } = numbersOf(wrong, at);
  if ((at('rope.scaling.type') ?? 'none') !== 'none' || file.info('rope_freqs.weight'))
    throw wrong('positions that are not scaled');
  if ((at('expert_count') ?? 0) !== 0) throw wrong('no experts');
  const table = file.info(ofGguf.table);
  if (table === undefined) throw wrong(`a tensor "${ofGguf.table}"`);
  const [width, heads] = [count('embedding_length'), count('attention.head_count')];
  const size = count('attention.key_length', Math.floor(width / heads));
  if (count('rope.dimension_count', size) !== size) throw wrong('positions in all of a head');
  const shape = {
    ...{ width, heads, size, hidden: count('feed_forward_length'), layers: count('block_count') },
    vocabulary: table.shape[0] as number,
    kvHeads: count('attention.head_count_kv', heads),
    mostTokens: count('context_length', 2048),
    tied: file.info(ofGguf.output) === undefined,
    interleaved: true,
    epsilon: real('attention.layer_norm_rms_epsilon', 1e-6),
    base: real('rope.freq_base', 10_000),
  };
  return {
    shape,
    tensors: () =>
      tensorsIn(shape, ofGguf, (name, wanted) => {
        const found = file.info(name);
        if (found === undefined || !same(found.shape, wanted))
          throw wrong(`${wanted.join(' x ')} numbers in "${name}"`);
        return file.read(name);
      }),
  };
}
