// Layers of graph networks as users write them, and as the C core reads them (csrc/gnn/gnn.h).
import { type RealArray, realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

/** What all layers have. */
interface LayerBase {
  /** Numbers of a node that the layer takes. */
  inputs: number;
  /** Numbers that it gives; of `'gat'`, each head. */
  outputs: number;
  /** A row of `inputs` numbers for each output (and head), row after row. */
  weights: RealArray;
  /** One number for each that the layer gives. 0 by default. */
  bias?: RealArray;
  /** What is done to each number at the end. `'none'` by default; `'elu'` is exp(z) - 1 below 0. */
  activation?: 'none' | 'relu' | 'elu';
}

/** A graph convolution: the mean over a node and its neighbours, divided by the roots of both degrees (weights count). */
export interface ConvolutionLayer extends LayerBase {
  type: 'gcn';
}

/** GraphSAGE with the mean of the neighbours. */
export interface SageLayer extends LayerBase {
  type: 'sage';
  /** Like `weights`, for the node itself. */
  selfWeights: RealArray;
}

/** Graph attention: neighbours and the node itself count by the softmax of their attention, leaky by 0.2. */
export interface AttentionLayer extends LayerBase {
  type: 'gat';
  /** 1 by default. */
  heads?: number;
  /** Heads are averaged; `false`, the default: they are put one after another. */
  average?: boolean;
  /** `outputs` numbers a head, for the node that is heard. */
  sourceAttention: RealArray;
  /** `outputs` numbers a head, for the node that hears. */
  targetAttention: RealArray;
}

/** A layer of a `GraphNetwork`. */
export type GraphLayer = ConvolutionLayer | SageLayer | AttentionLayer;

const kinds = { gcn: 0, sage: 1, gat: 2 } as const;
const activations = { none: 0, relu: 1, elu: 2 } as const;
const common = ['type', 'inputs', 'outputs', 'weights', 'bias', 'activation'] as const;
const keys = {
  gcn: common,
  sage: [...common, 'selfWeights'],
  gat: [...common, 'heads', 'average', 'sourceAttention', 'targetAttention'],
} as const;

/** @internal The numbers of all layers, one after another. */
export function parametersOf(
  operation: string,
  layers: readonly GraphLayer[],
): { shapes: Uint32Array; parameters: Float32Array } {
  if (!Array.isArray(layers)) throw check.typeError(operation, 'layers', 'GraphLayer[]', layers);
  if (layers.length < 1 || layers.length > 16)
    throw check.rangeError(operation, 'layers', '1 to 16 layers', layers.length);
  const shapes: number[] = [];
  const parts: Float32Array[] = [];
  for (const [i, given] of layers.entries()) {
    const name = `layers[${i}]`;
    const type = (given as GraphLayer | undefined)?.type;
    const kind = check.choice(operation, `${name}.type`, type as GraphLayer['type'], kinds);
    const allowed: readonly string[] = keys[type as GraphLayer['type']];
    check.options<Record<string, unknown>>(operation, given as never, allowed);
    const layer = given as GraphLayer;
    const integer = (key: string, value: number, most: number) =>
      check.integer(operation, `${name}.${key}`, value, 1, most);
    const inputs = integer('inputs', layer.inputs, 1 << 24);
    const outputs = integer('outputs', layer.outputs, 1 << 16);
    const heads = layer.type === 'gat' ? integer('heads', layer.heads ?? 1, 256) : 1;
    const average =
      layer.type === 'gat' && check.boolean(operation, `${name}.average`, layer.average ?? false);
    const { activation = 'none' } = layer;
    const active = check.choice(operation, `${name}.activation`, activation, activations);
    const width = outputs * heads;
    const put = (key: string, values: RealArray | undefined, count: number) => {
      const array =
        values === undefined && key === 'bias'
          ? new Float32Array(count)
          : Float32Array.from(realArray(operation, `${name}.${key}`, values));
      if (array.length !== count)
        throw check.shapeError(operation, `${name}.${key}`, count, array.length);
      parts.push(array);
    };
    put('weights', layer.weights, width * inputs);
    if (layer.type === 'gat') {
      put('sourceAttention', layer.sourceAttention, width);
      put('targetAttention', layer.targetAttention, width);
    }
    put('bias', layer.bias, average ? outputs : width);
    if (layer.type === 'sage') put('selfWeights', layer.selfWeights, width * inputs);
    shapes.push(kind, inputs, outputs, heads, Number(average), active);
  }
  const parameters = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    parameters.set(part, at);
    at += part.length;
  }
  return { shapes: Uint32Array.from(shapes), parameters };
}

/** @internal The other way. */
export function layersOf(shapes: Uint32Array, parameters: Float32Array): GraphLayer[] {
  const layers: GraphLayer[] = [];
  let at = 0;
  const take = (count: number) => {
    at += count;
    return parameters.slice(at - count, at);
  };
  for (let i = 0; i < shapes.length; i += 6) {
    const [kind, inputs, outputs, heads, average, active] = shapes.subarray(
      i,
      i + 6,
    ) as unknown as [number, number, number, number, number, number];
    const width = outputs * heads;
    const activation = (['none', 'relu', 'elu'] as const)[active] ?? 'none';
    const weights = take(width * inputs);
    const base = { inputs, outputs, weights, activation };
    if (kind === kinds.gcn) layers.push({ type: 'gcn', ...base, bias: take(width) });
    else if (kind === kinds.sage)
      layers.push({ type: 'sage', ...base, bias: take(width), selfWeights: take(width * inputs) });
    else {
      const sourceAttention = take(width);
      const targetAttention = take(width);
      const bias = take(average === 1 ? outputs : width);
      layers.push({
        type: 'gat',
        ...base,
        heads,
        average: average === 1,
        sourceAttention,
        targetAttention,
        bias,
      });
    }
  }
  return layers;
}
