// What is learned from, as the C core takes it.
import { loraQuestion } from '../../generated/fields/lora.js';
import { giveOver } from '../../runtime/fields.js';
import type { IndexArray } from '../../runtime/scratch.js';
import { indexArray } from '../../runtime/scratch.js';
import type { Call } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type {
  ClickData,
  LabelData,
  Optimizer,
  OptimizerOptions,
  Schedule,
  TargetData,
  TrainData,
  TrainOptions,
} from './types.js';

const optimizers: Record<Optimizer, number> = { sgd: 0, adam: 1, adamw: 2 };
const schedules: Record<Schedule, number> = { constant: 0, cosine: 1, linear: 2, step: 3 };
const sides = { queries: 0, both: 1 } as const;

/** @internal */
export const optimizerKeys = [
  'rate',
  'momentum',
  'beta1',
  'beta2',
  'epsilon',
  'decay',
] as const satisfies readonly (keyof OptimizerOptions)[];

const wholes = ['epochs', 'batch', 'warmup', 'every', 'seed'] as const;
const reals = ['clip', 'last', 'factor', 'temperature'] as const;

/** @internal */
export const trainKeys: readonly (keyof TrainOptions)[] = [
  ...optimizerKeys,
  ...wholes,
  ...reals,
  'optimizer',
  'schedule',
  'adapts',
  'maxTimeMs',
];

/** @internal Options of an optimiser, those that are not given as the kind has them. */
export function optimizerOf(operation: string, kind: Optimizer, given: OptimizerOptions) {
  for (const name of optimizerKeys)
    if (given[name] !== undefined) check.number(operation, name, given[name]);
  return {
    kind: check.choice(operation, 'kind', kind, optimizers),
    rate: given.rate ?? (kind === 'sgd' ? 0.01 : 0.001),
    momentum: given.momentum ?? 0.9,
    beta1: given.beta1 ?? 0.9,
    beta2: given.beta2 ?? 0.999,
    epsilon: given.epsilon ?? 1e-8,
    decay: given.decay ?? (kind === 'adamw' ? 0.01 : 0),
  };
}

interface Sizes {
  inputs: number;
  outputs: number;
}

/** @internal The address of the question, for `learn()`; nothing may be called between. */
export function questionOf(call: Call<TrainOptions>, data: TrainData, sizes: Sizes): number {
  const { runtime, operation, options } = call;
  for (const name of wholes)
    if (options[name] !== undefined) check.integer(operation, name, options[name]);
  for (const name of reals)
    if (options[name] !== undefined) check.number(operation, name, options[name]);
  const { schedule = 'constant', adapts = 'queries', optimizer = 'adamw' } = options;
  const { kind, ...numbers } = optimizerOf(operation, optimizer, options);
  const known = {
    ...numbers,
    optimizer: kind,
    schedule: check.choice(operation, 'schedule', schedule, schedules),
    both: check.choice(operation, 'adapts', adapts, sides),
    epochs: options.epochs,
    batch: options.batch,
    warmup: options.warmup,
    every: options.every,
    seed: options.seed,
    clip: options.clip,
    last: options.last,
    factor: options.factor,
    temperature: options.temperature,
  };
  const arrays = arraysOf(call, data, sizes, adapts === 'both');
  return giveOver(runtime, loraQuestion, (at) => runtime.raw.loraDefaults(at), {
    ...known,
    ...arrays,
  });
}

function arraysOf(call: Call<TrainOptions>, data: TrainData, sizes: Sizes, both: boolean) {
  const { operation } = call;
  if (typeof data !== 'object' || data === null)
    throw check.typeError(
      operation,
      'data',
      '{ vectors, targets }, { vectors, labels } or { queries, documents, clicked }',
      data,
    );
  if ('queries' in data) return clicksOf(call, data, sizes, both);
  if ('labels' in data) return labelsOf(call, data, sizes);
  return targetsOf(call, data, sizes);
}

/** @internal Vectors in scratch memory. */
export function rowsIn(
  { operation, scratch }: Pick<Call<unknown>, 'operation' | 'scratch'>,
  argument: string,
  value: TargetData['vectors'],
  width: number,
): { address: number; count: number } {
  const { address, length } = scratch.floats(argument, value);
  if (length % width !== 0)
    throw check.rangeError(operation, argument, `vectors of ${width} numbers one after another`, {
      length,
    });
  return { address, count: length / width };
}

function sameCount(operation: string, argument: string, wanted: number, got: number): void {
  if (wanted !== got) throw check.shapeError(operation, argument, wanted, got);
}

function targetsOf(call: Call<TrainOptions>, data: TargetData, { inputs, outputs }: Sizes) {
  const { operation, scratch } = call;
  const given = check.options<TargetData>(operation, data, ['vectors', 'targets']);
  const vectors = rowsIn(call, 'vectors', given.vectors, inputs);
  const targets = scratch.floats('targets', given.targets);
  sameCount(operation, 'targets', vectors.count * outputs, targets.length);
  return { loss: 0, rows: vectors.count, vectors: vectors.address, targets: targets.address };
}

function labelsOf(call: Call<TrainOptions>, data: LabelData, { inputs }: Sizes) {
  const { operation, scratch } = call;
  const given = check.options<LabelData>(operation, data, ['vectors', 'labels']);
  const vectors = rowsIn(call, 'vectors', given.vectors, inputs);
  const labels = scratch.indices('labels', given.labels);
  sameCount(operation, 'labels', vectors.count, labels.length);
  return { loss: 1, rows: vectors.count, vectors: vectors.address, labels: labels.address };
}

function clicksOf(call: Call<TrainOptions>, data: ClickData, sizes: Sizes, both: boolean) {
  const { operation, scratch } = call;
  const keys = ['queries', 'documents', 'clicked', 'skipped'] as const;
  const given = check.options<ClickData>(operation, data, keys);
  const queries = rowsIn(call, 'queries', given.queries, sizes.inputs);
  const width = both ? sizes.inputs : sizes.outputs;
  const documents = rowsIn(call, 'documents', given.documents, width);
  const clicked = scratch.indices('clicked', given.clicked);
  sameCount(operation, 'clicked', queries.count, clicked.length);
  return {
    loss: 2,
    rows: queries.count,
    vectors: queries.address,
    labels: clicked.address,
    documents: documents.address,
    documentCount: documents.count,
    ...skippedOf(call, given.skipped, queries.count),
  };
}

/** Lists one after another, and where each begins. */
function skippedOf(
  { operation, scratch }: Call<TrainOptions>,
  lists: readonly IndexArray[] | undefined,
  rows: number,
) {
  if (lists === undefined) return {};
  if (!Array.isArray(lists)) throw check.typeError(operation, 'skipped', 'array of lists', lists);
  sameCount(operation, 'skipped', rows, lists.length);
  const read = lists.map((list, i) => indexArray(operation, `skipped[${i}]`, list));
  const begins = new Uint32Array(rows + 1);
  for (const [i, list] of read.entries()) begins[i + 1] = (begins[i] as number) + list.length;
  const all = new Uint32Array(begins[rows] as number);
  for (const [i, list] of read.entries()) all.set(list, begins[i]);
  return {
    negativeBegins: scratch.indices('skipped', begins).address,
    negatives: scratch.indices('skipped', all).address,
  };
}
