// Cases for encoders of the form of BERT through both doors: a made-up network, against torch.
import type { BertModel, InferenceRoom, Pooling, Precision } from 'sublinear/inference';
import { expect } from 'vitest';
import type { Case, RoomDoors } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/inference/bert.json' with { type: 'json' };
import { rawEncoders } from './raw-encoders.js';

interface BertDoor {
  run: (
    texts: string[],
    how: { precision: Precision; pooling: Pooling; from: 'parts' | 'file' },
  ) => { tokens: number[][]; vectors: number[][]; id: string };
}

const { config } = torch;
const width = config.hidden_size;
const most = config.max_position_embeddings;
const rows = (flat: ArrayLike<number>) =>
  Array.from({ length: flat.length / width }, (_, i) =>
    Array.from({ length: width }, (__, j) => flat[i * width + j]!),
  );

export interface Given {
  shape: number[];
  data: ArrayLike<number>;
  dtype?: string;
}

/** A file of safetensors, of F32 unless a tensor says otherwise; its data are then the bytes. */
export function safetensors(tensors: Record<string, Given>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const header: Record<string, object> = {};
  let at = 0;
  for (const [name, { shape, data, dtype = 'F32' }] of Object.entries(tensors)) {
    const bytes =
      dtype === 'F32' ? new Uint8Array(Float32Array.from(data).buffer) : Uint8Array.from(data);
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
    parts.push(bytes);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let place = 8 + text.length;
  for (const bytes of parts) {
    file.set(bytes, place);
    place += bytes.length;
  }
  return file;
}

export const weights: Record<string, Given> = torch.weights;
export const bert = (): BertModel => ({
  weights: safetensors(weights),
  config: JSON.stringify(config),
  vocabulary: torch.vocabulary.join('\n'),
});

/** Texts of these cases as the C core wants them. */
const plain = (text: string) => text.toLowerCase();

export const doors: RoomDoors<'inference', BertDoor> = {
  room: 'inference',
  bundle: 'neural',
  table: 'inference-bert',
  embind: ({ TextEmbedder }: InferenceRoom) => ({
    run(texts, { precision, pooling, from }) {
      using made = TextEmbedder.fromBert(bert(), { precision, pooling });
      using loaded = from === 'file' ? TextEmbedder.load(made.save()) : undefined;
      const embedder = loaded ?? made;
      return {
        tokens: texts.map((text) => Array.from(embedder.tokens(text).ids)),
        vectors: rows(embedder.embed(texts)),
        id: embedder.modelId,
      };
    },
  }),
  raw: (module: RawModule) => ({
    run(texts, { precision, pooling, from }) {
      const raw = rawEncoders(module);
      const epsilon = new Uint32Array(Float32Array.of(config.layer_norm_eps).buffer)[0]!;
      const made = raw.make(
        [
          ...[width, width, config.intermediate_size, config.num_hidden_layers],
          ...[config.num_attention_heads, most, precision === 'float32' ? 1 : 2, 3, 0],
          ...[pooling === 'mean' ? 1 : 2, epsilon],
        ],
        torch.vocabulary,
        [],
        torch.tensors,
      );
      const handle = from === 'file' ? raw.throughFile(made) : made;
      try {
        return {
          tokens: texts.map((text) => raw.tokens(handle, plain(text), most)),
          vectors: rows(raw.embed(handle, texts.map(plain), width)),
          id: raw.id(handle),
        };
      } finally {
        module.call.sl_abi_encoder_destroy!(made);
        if (handle !== made) module.call.sl_abi_encoder_destroy!(handle);
      }
    },
  }),
};

const texts = torch.texts.map(({ text }) => text);
const far = (a: number[], b: number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
const cosine = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

export const cases: Case<BertDoor>[] = (['float32', 'int8'] as const).flatMap((precision) =>
  (['mean', 'cls'] as const).flatMap((pooling) =>
    (['parts', 'file'] as const).map(
      (from): Case<BertDoor> => ({
        name: `the network of torch, ${precision}, ${pooling}, from ${from}`,
        run: (door) => door.run(texts, { precision, pooling, from }),
        check({ tokens, vectors }: ReturnType<BertDoor['run']>) {
          torch.texts.forEach((wanted, i) => {
            expect(tokens[i]).toEqual(wanted.tokens);
            if (precision === 'float32')
              expect(far(vectors[i]!, wanted[pooling])).toBeLessThan(1e-5);
            expect(cosine(vectors[i]!, wanted[pooling])).toBeGreaterThan(0.98);
          });
        },
      }),
    ),
  ),
);
