// One table of cases for decoders through both doors: a made-up transformer, against torch.
import type { InferenceRoom, LlamaModel, Precision } from 'sublinear/inference';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/inference/llama.json' with { type: 'json' };
import { type Given, safetensors } from './bert.cases.js';
import { type GgufTensor, ggufOf } from './gguf.js';

export interface Choice {
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
}
interface DecoderDoor {
  /** Logits of tokens that are given in parts of so many, those of the last part of each of its tokens. */
  logits: (ids: number[], part: number, precision: Precision) => Float32Array;
  generate: (ids: number[], count: number, choice: Choice) => number[];
  /** Tokens that are no tokens, none, too many. */
  refused: (ids: number[]) => unknown;
}

const { config } = torch;
const weights: Record<string, Given> = torch.weights;
const vocabulary = config.vocab_size;
export const llama = (): LlamaModel => ({ weights: safetensors(weights), config });

const partNames: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** Rows of queries or keys as GGUF has them: pairs of positions side by side. */
function paired(data: readonly number[], size: number, columns: number): number[] {
  const rows = data.length / columns;
  return Array.from({ length: rows }, (_, row) => {
    const [head, at] = [Math.floor(row / size), row % size];
    const from = head * size + (at % 2) * (size / 2) + (at >> 1);
    return data.slice(from * columns, (from + 1) * columns);
  }).flat();
}

/** The same as GGUF. */
export function llamaGguf(more: Record<string, string | number> = {}): Uint8Array<ArrayBuffer> {
  const tensors = Object.entries(weights).map(([name, { shape, data }]): GgufTensor => {
    const [, layer, part] = /^model\.layers\.(\d+)\.(.*)\.weight$/.exec(name) ?? [];
    const found = partNames[part ?? name.replace('.weight', '')] as string;
    const turned = /[qk]_proj/.test(name)
      ? paired(Array.from(data), config.head_dim, config.hidden_size)
      : data;
    const bytes = new Uint8Array(Float32Array.from(turned).buffer);
    const full = layer === undefined ? found : `blk.${layer}.${found}`;
    return [`${full}.weight`, 0, [...shape].reverse(), bytes];
  });
  const said = {
    'general.architecture': 'llama',
    'llama.block_count': config.num_hidden_layers,
    'llama.embedding_length': config.hidden_size,
    'llama.feed_forward_length': config.intermediate_size,
    'llama.attention.head_count': config.num_attention_heads,
    'llama.attention.head_count_kv': config.num_key_value_heads,
    'llama.attention.key_length': config.head_dim,
    'llama.attention.layer_norm_rms_epsilon': config.rms_norm_eps,
    'llama.rope.freq_base': config.rope_theta,
    'llama.context_length': config.max_position_embeddings,
  };
  return ggufOf({ ...said, ...more }, tensors);
}

export const doors: RoomDoors<'inference', DecoderDoor> = {
  room: 'inference',
  bundle: 'neural',
  table: 'inference-decoder',
  embind: ({ Decoder }: InferenceRoom) => ({
    logits(ids, part, precision) {
      using decoder = Decoder.fromSafetensors(llama(), { precision });
      let found = new Float32Array(0);
      for (let at = 0; at < ids.length; at += part) {
        const all = at + part >= ids.length;
        found = decoder.append(ids.slice(at, at + part), { all });
      }
      return found;
    },
    generate(ids, count, choice) {
      using decoder = Decoder.fromSafetensors(llama());
      const { topK, ...rest } = choice;
      return Array.from(decoder.generate(ids, { count, ...rest, ...(topK > 0 && { topK }) }));
    },
    refused: (ids) =>
      attempt(() => {
        using decoder = Decoder.fromSafetensors(llama(), { maxTokens: 10 });
        decoder.append(ids);
      }),
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): DecoderDoor {
  const { call } = module;
  const withDecoder = <T>(maxTokens: number, int8: number, body: (handle: number) => T): T => {
    const c = config;
    const model = [
      ...[vocabulary, c.hidden_size, c.intermediate_size, c.num_hidden_layers],
      ...[c.num_attention_heads, c.num_key_value_heads, c.head_dim, maxTokens],
      ...[0, 0, int8, c.rms_norm_eps, c.rope_theta],
    ];
    const handle = module.with([Float64Array.from(model)], (at) =>
      module.made(call.sl_abi_decoder_create!(at!)),
    );
    try {
      for (const { data } of Object.values(weights))
        module.with([Float32Array.from(data)], (at) =>
          module.check(call.sl_abi_decoder_add!(handle, at!, data.length)),
        );
      return body(handle);
    } finally {
      module.check(call.sl_abi_decoder_destroy!(handle));
    }
  };
  const append = (handle: number, ids: number[], all: boolean) => {
    const room = vocabulary * (all ? ids.length : 1);
    const arrays = [Uint32Array.from(ids), new Float32Array(room), new Uint32Array(1)];
    return module.with(arrays, (at, out, word) => {
      module.check(call.sl_abi_decoder_begin!(handle, at!, ids.length, all ? 1 : 0, out!, room));
      do module.check(call.sl_abi_job_step!(handle, 1, word!));
      while (module.u32(word!, 1)[0] === 9);
      return module.f32(out!, room);
    });
  };
  return {
    logits: (ids, part, precision) =>
      withDecoder(100, precision === 'int8' ? 1 : 0, (handle) => {
        let found = new Float32Array(0);
        for (let at = 0; at < ids.length; at += part)
          found = append(handle, ids.slice(at, at + part), at + part >= ids.length) as never;
        return found;
      }),
    generate: (ids, count, { temperature, topK, topP, seed }) =>
      withDecoder(100, 0, (handle) => {
        module.check(call.sl_abi_decoder_seed!(handle, seed));
        const made: number[] = [];
        for (let next = ids; made.length < count; next = made.slice(-1)) {
          const logits = append(handle, next, false);
          module.with([logits, new Uint32Array(1)], (at, out) => {
            module.check(call.sl_abi_decoder_choose!(handle, at!, temperature, topP, topK, out!));
            made.push(module.u32(out!, 1)[0]!);
          });
        }
        return made;
      }),
    refused: (ids) =>
      attempt(() => withDecoder(10, 0, (handle) => void append(handle, ids, false))),
  };
}

const greedy: Choice = { temperature: 0, topK: 0, topP: 1, seed: 0 };
const far = (a: ArrayLike<number>, b: readonly number[]) =>
  Math.max(...b.map((x, i) => Math.abs(x - a[i]!)));

export const cases: Case<DecoderDoor>[] = [
  {
    name: 'logits of torch',
    run: (door) => door.logits(torch.ids, 100, 'float32'),
    check(found: Float32Array) {
      expect(found.length).toBe(80 * vocabulary);
      expect(far(found, torch.logits)).toBeLessThan(1e-5);
    },
  },
  ...[1, 7].map(
    (part): Case<DecoderDoor> => ({
      name: `the same of the last tokens, ${part} at a time`,
      run: (door) => {
        const all = door.logits(torch.ids, 100, 'float32');
        const last = door.logits(torch.ids, part, 'float32');
        expect(last).toEqual(all.slice(-last.length));
        return last;
      },
    }),
  ),
  {
    name: 'logits, int8',
    run: (door) => door.logits(torch.ids, 100, 'int8'),
    check(found: Float32Array) {
      const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
      const wanted = torch.logits;
      expect(
        dot(found, wanted) / Math.sqrt(dot(found, found) * dot(wanted, wanted)),
      ).toBeGreaterThan(0.99);
    },
  },
  {
    name: 'the most likely tokens',
    run: (door) => door.generate(torch.greedy.slice(0, 3), 20, greedy),
    check: (found: number[]) => expect(found).toEqual(torch.greedy.slice(3)),
  },
  {
    name: 'tokens by chance',
    run: (door) => [
      door.generate([1], 30, { temperature: 1, topK: 0, topP: 1, seed: 1 }),
      door.generate([1], 30, { temperature: 1, topK: 0, topP: 1, seed: 2 }),
      door.generate([1], 30, { temperature: 0.7, topK: 5, topP: 0.9, seed: 1 }),
      door.generate([1], 30, { temperature: 2, topK: 1, topP: 1, seed: 1 }),
      door.generate([1], 30, greedy),
    ],
    check([one, two, three, only, most]: number[][]) {
      expect(one).not.toEqual(two);
      expect(one).not.toEqual(three);
      // Of one token that is left there is no choice.
      expect(only).toEqual(most);
    },
  },
  {
    name: 'tokens that are refused',
    run: (door) => [[], [0, 13], new Array(11).fill(0)].map((ids) => door.refused(ids)),
    check(found: unknown[]) {
      expect(found).toMatchObject([
        { refused: 'EMPTY' },
        { refused: 'INDEX', argument: 'ids', at: 1 },
        { refused: 'RANGE' },
      ]);
    },
  },
];
