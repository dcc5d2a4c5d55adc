// One table of cases for text encoders through both doors: a made-up network, against numpy.
import type { InferenceRoom, Precision, TfjsModel } from 'sublinear/inference';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import numpy from '../vectors/inference/numpy.json' with { type: 'json' };
import { rawEncoders } from './raw-encoders.js';

interface InferenceDoor {
  /** Vectors of texts by the made-up network, and their tokens. */
  run: (
    texts: string[],
    precision: Precision,
    from: 'parts' | 'file',
  ) => { tokens: number[][]; vectors: number[][]; id: string };
  /** The same of its vectors of single pieces, without weights, added up. */
  distilled: (texts: string[]) => number[][];
  /** Loads bytes that are no file. */
  refused: (bytes: Uint8Array) => unknown;
}

const { shape } = numpy;
const width = shape.width;
const rows = (flat: ArrayLike<number>) =>
  Array.from({ length: flat.length / width }, (_, i) =>
    Array.from({ length: width }, (__, j) => flat[i * width + j]!),
  );

/** Names of the tensors after the table, as a model of TensorFlow.js has them. */
function names(): string[] {
  const layer = (l: number) => {
    const at = `m/Encode/Layer_${l}/TransformerLayer`;
    const dense = `m/TransformerStack/Layer_${l}/TransformerLayer/FFN`;
    const norm = 'layer_prepostprocess/layer_norm/layer_norm';
    return [
      `${at}/${norm}_scale/x`,
      `${at}/${norm}_bias/x`,
      `${at}/MultiheadAttention/qkv_transform_single/kernel/x`,
      `${at}/MultiheadAttention/qkv_transform_single/bias/x`,
      `${at}/MultiheadAttention/output_transform_single/kernel/x`,
      `${at}/MultiheadAttention/output_transform_single/bias/x`,
      ...(l === 0 ? [`${at}/dense/kernel/x`, `${at}/dense/bias/x`] : []),
      `${at}/FFN/${norm}_scale/x`,
      `${at}/FFN/${norm}_bias/x`,
      `${dense}/conv1/Tensordot/Reshape_1`,
      `${at}/FFN/conv1/bias/x`,
      `${dense}/conv2/Tensordot/Reshape_1`,
      `${at}/FFN/conv2/bias/x`,
    ];
  };
  const last = ['hidden_layers/tanh_layer_0/weights', 'hidden_layers/tanh_layer_0/bias'];
  return ['TimingSignal/ExpandDims_1', ...layer(0), ...layer(1), ...last];
}

/** Sizes of what the biases of these weights belong to: the last one of their shape. */
function columnsOf(name: string): number {
  if (name.includes('qkv')) return 3 * (name.includes('Layer_0') ? shape.dimension : width);
  return name.includes('conv1') ? shape.hidden : width;
}

/** The made-up network as files of TensorFlow.js. The network adds a token's vector twice. */
export function tfjs(): TfjsModel {
  const [table, ...rest] = numpy.tensors as [number[], ...number[][]];
  const all = [table.map((x) => x / 2), ...rest].map((t) => Float32Array.from(t));
  const weights = ['module/Embeddings_en', ...names()].map((name, i) => {
    const columns = i === 0 ? shape.dimension : columnsOf(name);
    const matrix = i === 0 || /kernel|Reshape_1|weights/.test(name);
    const { length } = all[i]!;
    return { name, dtype: 'float32', shape: matrix ? [length / columns, columns] : [length] };
  });
  const bytes = new Uint8Array(all.reduce((sum, t) => sum + t.byteLength, 0));
  let at = 0;
  for (const t of all) {
    bytes.set(new Uint8Array(t.buffer), at);
    at += t.byteLength;
  }
  return {
    model: JSON.stringify({ weightsManifest: [{ paths: ['a', 'b'], weights }] }),
    vocabulary: numpy.pieces.map((piece, i) => [piece, numpy.scores[i]!] as const),
    shards: { a: bytes.subarray(0, 999), b: bytes.slice(999) },
  };
}

export const doors: RoomDoors<'inference', InferenceDoor> = {
  room: 'inference',
  bundle: 'neural',
  embind: ({ TextEmbedder, StaticEmbedder }: InferenceRoom) => ({
    run(texts, precision, from) {
      using made = TextEmbedder.fromTfjs(tfjs(), { precision });
      using loaded = from === 'file' ? TextEmbedder.load(made.save()) : undefined;
      const embedder = loaded ?? made;
      return {
        tokens: texts.map((text) => Array.from(embedder.tokens(text).ids)),
        vectors: rows(embedder.embed(texts)),
        id: embedder.modelId,
      };
    },
    distilled(texts) {
      using made = TextEmbedder.fromTfjs(tfjs(), { precision: 'float32' });
      using table = StaticEmbedder.distil(made, {
        a: Number.POSITIVE_INFINITY,
        centred: false,
        precision: 'int8',
      });
      return rows(table.embed(texts));
    },
    refused: (bytes) => attempt(() => TextEmbedder.load(bytes).dispose()),
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): InferenceDoor {
  const raw = rawEncoders(module);
  const { call } = module;
  const make = (precision: number) =>
    raw.make(
      [
        ...[shape.dimension, width, shape.hidden, shape.layers, shape.heads, shape.mostTokens],
        ...[precision, 0, numpy.reserved, 0, 0],
      ],
      numpy.pieces,
      numpy.scores,
      numpy.tensors,
    );
  const embed = (handle: number, texts: string[]) =>
    rows(
      raw.embed(
        handle,
        texts.map((text) => text.normalize('NFKC')),
        width,
      ),
    );
  return {
    run(texts, precision, from) {
      const made = make(precision === 'float32' ? 1 : 2);
      const handle = from === 'file' ? raw.throughFile(made) : made;
      try {
        return {
          tokens: texts.map((text) => raw.tokens(handle, text.normalize('NFKC'), 128)),
          vectors: embed(handle, texts),
          id: raw.id(handle),
        };
      } finally {
        call.sl_abi_encoder_destroy!(made);
        if (handle !== made) call.sl_abi_encoder_destroy!(handle);
      }
    },
    distilled(texts) {
      const made = make(1);
      const table = module.made(call.sl_abi_encoder_static!(made, 2));
      try {
        const count = numpy.pieces.length;
        const ids = Uint32Array.from({ length: count }, (_, i) => i);
        const [ones, out] = [new Uint32Array(count).fill(1), new Float32Array(count * width)];
        module.with([ids, ones, out, new Uint32Array(count)], (i, l, o, c) => {
          module.check(call.sl_abi_encoder_begin_ids!(made, i!, count, l!, count, o!, c!));
          raw.finish(made);
          module.check(call.sl_abi_encoder_add!(table, o!, count * width));
        });
        return embed(table, texts);
      } finally {
        call.sl_abi_encoder_destroy!(made);
        call.sl_abi_encoder_destroy!(table);
      }
    },
    refused: (bytes) =>
      attempt(() => module.with([bytes], (at) => void raw.load(at!, bytes.length))),
  };
}

const texts = numpy.texts.map(({ text }) => text);
const far = (a: number[], b: number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
const cosine = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

export const cases: Case<InferenceDoor>[] = [
  ...(['float32', 'int8'] as const).flatMap((precision) =>
    (['parts', 'file'] as const).map(
      (from): Case<InferenceDoor> => ({
        name: `the network of numpy, ${precision}, from ${from}`,
        run: (door) => door.run(texts, precision, from),
        check({ tokens, vectors }: ReturnType<InferenceDoor['run']>) {
          numpy.texts.forEach((wanted, i) => {
            expect(tokens[i]).toEqual(wanted.tokens.slice(0, 128));
            if (precision === 'float32') expect(far(vectors[i]!, wanted.vector)).toBeLessThan(2e-6);
            expect(cosine(vectors[i]!, wanted.vector)).toBeGreaterThan(0.97);
          });
        },
      }),
    ),
  ),
  {
    name: 'no text, and an empty one',
    run: (door) => [door.run([], 'int8', 'parts').vectors, door.run([''], 'int8', 'parts').vectors],
    check([none, [empty]]: [number[][], [number[]]]) {
      expect(none).toEqual([]);
      expect(cosine(empty, empty)).toBeCloseTo(1, 6);
    },
  },
  {
    name: 'sums of vectors of pieces',
    run: (door) => door.distilled(['the', 'sea', 'the sea', '', 'sea the the']),
    check([the, sea, both, none]: number[][]) {
      const sum = the!.map((x, i) => x + sea![i]!);
      expect(cosine(sum, both!) / Math.hypot(...sum)).toBeCloseTo(1, 5);
      expect(Math.hypot(...none!)).toBe(0);
    },
  },
  {
    name: 'bytes that are no file',
    run: (door) => [0, 10, 40, 4000].map((length) => door.refused(new Uint8Array(length).fill(7))),
  },
];
