// The Universal Sentence Encoder lite from files of TensorFlow.js: which of its weights is which tensor.
import { bytesOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import type { Network } from './network.js';
import { cuttings } from './prose.js';
import type { TfjsModel } from './types.js';

interface Weight {
  name: string;
  shape: number[];
  dtype: string;
  at: number;
}

/** Bytes of an element. */
const sizes: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1 };

/** What the network has beside its weights. */
const HEADS = 4;
const MOST_TOKENS = 128;
const RESERVED = 6;

function bad(operation: string, argument: string, expected: string): SublinearError {
  const message = `"${argument}": unknown or unsupported format, expected ${expected}`;
  return new SublinearError('FORMAT', operation, message, { argument });
}

function parsed(operation: string, argument: string, given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    throw bad(operation, argument, 'JSON');
  }
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The list of weights, and the files that hold them one after another. */
function manifestOf(
  operation: string,
  model: unknown,
): { weights: Weight[]; paths: string[]; bytes: number } {
  const groups = isObject(model) ? model.weightsManifest : undefined;
  if (!Array.isArray(groups)) throw bad(operation, 'model', 'a "weightsManifest"');
  const [weights, paths]: [Weight[], string[]] = [[], []];
  let at = 0;
  for (const group of groups as unknown[]) {
    const parts = isObject(group) ? group : {};
    if (!Array.isArray(parts.paths) || !Array.isArray(parts.weights))
      throw bad(operation, 'model', 'paths and weights in its "weightsManifest"');
    paths.push(...parts.paths.map(String));
    for (const each of parts.weights as unknown[]) {
      const { name, shape, dtype, quantization } = isObject(each)
        ? each
        : ({} as Record<string, unknown>);
      const size = sizes[String(dtype)];
      const isShape = Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0);
      if (typeof name !== 'string' || !isShape || size === undefined)
        throw bad(operation, 'model', 'weights with name, shape and dtype');
      if (quantization !== undefined)
        throw bad(operation, 'model', 'weights that are not quantized');
      weights.push({ name, shape: shape as number[], dtype: String(dtype), at });
      at += size * product(shape as number[]);
      if (at > 2 ** 31) throw bad(operation, 'model', 'less than 2 GB of weights');
    }
  }
  return { weights, paths, bytes: at };
}

function joined(operation: string, shards: unknown, paths: string[], wanted: number): Uint8Array {
  if (!isObject(shards)) throw check.typeError(operation, 'shards', 'object', shards);
  const parts = paths.map((path) => {
    const bytes = Object.hasOwn(shards, path)
      ? bytesOf(operation, `shards["${path}"]`, shards[path])
      : undefined;
    if (bytes === undefined) throw bad(operation, 'shards', `bytes for "${path}"`);
    return bytes;
  });
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length !== wanted) throw bad(operation, 'shards', `${wanted} bytes in all, not ${length}`);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Parts of the names of the tensors of a layer, in the order of csrc/inference/encoder.h. */
const layerParts = (l: number, residual: boolean): string[] => {
  const layer = `Encode/Layer_${l}/TransformerLayer`;
  const attention = `${layer}/MultiheadAttention`;
  const norm = 'layer_prepostprocess/layer_norm/layer_norm';
  const dense = `TransformerStack/Layer_${l}/TransformerLayer/FFN`;
  return [
    `${layer}/${norm}_scale/`,
    `${layer}/${norm}_bias/`,
    `${attention}/qkv_transform_single/kernel/`,
    `${attention}/qkv_transform_single/bias/`,
    `${attention}/output_transform_single/kernel/`,
    `${attention}/output_transform_single/bias/`,
    ...(residual ? [`${layer}/dense/kernel/`, `${layer}/dense/bias/`] : []),
    `${layer}/FFN/${norm}_scale/`,
    `${layer}/FFN/${norm}_bias/`,
    `${dense}/conv1/Tensordot/Reshape_1`,
    `${layer}/FFN/conv1/bias/`,
    `${dense}/conv2/Tensordot/Reshape_1`,
    `${layer}/FFN/conv2/bias/`,
  ];
};

/** Their rows and columns; vectors are columns of one row. */
const layerShapes = (
  input: number,
  width: number,
  hidden: number,
  residual: boolean,
): (readonly [rows: number, columns: number])[] => [
  [1, input],
  [1, input],
  [input, 3 * input],
  [1, 3 * input],
  [input, width],
  [1, width],
  ...(residual
    ? ([
        [input, width],
        [1, width],
      ] as const)
    : []),
  [1, width],
  [1, width],
  [width, hidden],
  [1, hidden],
  [hidden, width],
  [1, width],
];

function vocabularyOf(
  operation: string,
  given: unknown,
): { pieces: string[]; scores: Float64Array } {
  const list = parsed(operation, 'vocabulary', given);
  const isPiece = (each: unknown) =>
    Array.isArray(each) &&
    typeof each[0] === 'string' &&
    (each[1] === null || Number.isFinite(each[1]));
  if (!Array.isArray(list) || !list.every(isPiece))
    throw bad(operation, 'vocabulary', 'pieces with their scores');
  return {
    pieces: list.map(([piece]) => piece as string),
    // The published list has null for pieces with a colon; added to a number that is 0.
    scores: Float64Array.from(list, ([, score]) => (score as number | null) ?? 0),
  };
}

/** The network that these files hold. */
export function networkOfTfjs(operation: string, source: TfjsModel): Network {
  if (!isObject(source)) throw check.typeError(operation, 'source', 'object', source);
  const { weights, paths, bytes } = manifestOf(operation, parsed(operation, 'model', source.model));
  const { pieces, scores } = vocabularyOf(operation, source.vocabulary);
  const has = (part: string) =>
    weights.filter(({ name, dtype }) => dtype === 'float32' && name.includes(part));
  const one = (part: string): Weight => {
    const [found, another] = has(part);
    if (found === undefined || another !== undefined)
      throw bad(operation, 'model', `the Universal Sentence Encoder lite, with one "${part}"`);
    return found;
  };
  const last = (weight: Weight) => weight.shape.at(-1) as number;
  const table = one('module/Embeddings_en');
  let layers = 0;
  while (has(layerParts(layers, false)[0] as string).length > 0) layers++;
  if (layers === 0) throw bad(operation, 'model', 'the Universal Sentence Encoder lite');
  const residual = has(layerParts(0, true)[6] as string).length > 0;
  const names = [
    'TimingSignal/ExpandDims_1',
    ...Array.from({ length: layers }, (_, l) => layerParts(l, l === 0 && residual)).flat(),
    'hidden_layers/tanh_layer_0/weights',
    'hidden_layers/tanh_layer_0/bias',
  ];
  const rest = names.map(one);
  const dimension = last(table);
  const width = last(rest.at(-1) as Weight);
  const hidden = last(one(layerParts(0, false)[9] as string));
  const shapes = [
    [1, dimension / 2] as const,
    ...Array.from({ length: layers }, (_, l) =>
      layerShapes(l === 0 ? dimension : width, width, hidden, l === 0 && residual),
    ).flat(),
    [width, width] as const,
    [1, width] as const,
  ];
  for (const [i, [rows, columns]] of shapes.entries()) {
    const { shape } = rest[i] as Weight;
    if (shape.at(-1) !== columns || product(shape) !== rows * columns)
      throw bad(operation, 'model', `${rows} x ${columns} numbers in "${names[i]}"`);
  }
  const all = joined(operation, source.shards, paths, bytes);
  const numbers = ({ at, shape }: Weight) =>
    new Float32Array(all.slice(at, at + 4 * product(shape)).buffer);
  if (numbers(table).length < pieces.length * dimension)
    throw bad(operation, 'vocabulary', 'no more pieces than the table has rows');
  // The graph adds a token's vector twice.
  const doubled = numbers(table)
    .subarray(0, pieces.length * dimension)
    .map((x) => 2 * x);
  return {
    shape: {
      dimension,
      width,
      hidden,
      layers,
      heads: HEADS,
      mostTokens: MOST_TOKENS,
    },
    cutting: cuttings.unigram,
    pieces,
    scores,
    reserved: RESERVED,
    tensors: [doubled, ...rest.map(numbers)],
  };
}
