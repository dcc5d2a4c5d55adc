// Training of graph networks.
import type { Gnn as RawGnn } from '../../generated/raw/learning.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import type { NodeList } from '../graph/types.js';

/** Nodes whose class is known, each once. */
export interface LabelledNodes {
  /** By numbers or names. */
  nodes: NodeList;
  /** The class of each, 0 .. classes - 1. */
  labels: IndexArray;
}

/** Options of `GraphNetwork.train`. */
export interface TrainingOptions {
  /** The nodes to learn from. */
  training: LabelledNodes;
  /** Nodes that say when to stop. Without them all epochs are made, and the last parameters kept. */
  validation?: LabelledNodes;
  /** Number of classes. The largest label and one by default, at least 2. */
  classes?: number;
  /** Numbers between the layers. 16 by default. */
  hidden?: number;
  /** Of Adam, > 0 and at most 1. 0.01 by default. */
  learningRate?: number;
  /** l2 / 2 times the sum of the squared weights of the first layer is added to the loss. 0.0005 by default. */
  l2?: number;
  /** Share of the features, and of the numbers between the layers, that is left out in each epoch, 0 .. 0.95. 0.5 by default. */
  dropout?: number;
  /** At most so many passes, 1 .. 10^6. 200 by default. */
  epochs?: number;
  /** Ends after so many epochs without a smaller validation loss. 50 by default. */
  patience?: number;
  /** Of the first weights and the dropout. 0 by default. */
  seed?: number;
  /** `false`: every edge has weight 1. By default edges have their weights, where the graph has some. */
  weighted?: boolean;
  /** Milliseconds; then the parameters are the best so far. No limit by default. */
  maxTimeMs?: number;
}

/** An epoch of a training. */
export interface Epoch {
  /** Mean cross entropy of the training nodes, with dropout. */
  trainingLoss: number;
  /** The same of the validation nodes, without; `NaN` without any. */
  validationLoss: number;
  /** Share of the validation nodes whose class is right. */
  validationAccuracy: number;
}

/** @internal */
export const trainingKeys = [
  'training',
  'validation',
  'classes',
  'hidden',
  'learningRate',
  'l2',
  'dropout',
  'epochs',
  'patience',
  'seed',
  'weighted',
  'maxTimeMs',
] as const;

/** @internal The C object, made an object of by `wrap`; its job is to be run. */
export function beginTraining<T>(
  runtime: Runtime,
  operation: string,
  graph: Graph,
  features: RealArray,
  given: TrainingOptions,
  wrap: (runtime: Runtime, operation: string, raw: RawGnn | null) => T,
): T {
  rawOf(runtime, operation, 'graph', graph, Graph);
  const known = (name: 'training' | 'validation', nodes: LabelledNodes): LabelledNodes => {
    if (typeof nodes !== 'object' || nodes === null)
      throw check.typeError(operation, name, '{ nodes, labels }', nodes);
    return check.options<LabelledNodes>(operation, nodes, ['nodes', 'labels']);
  };
  const training = known('training', given.training);
  const validation =
    given.validation === undefined ? undefined : known('validation', given.validation);
  return runtime.scratch(operation, (scratch) => {
    const joined = (key: 'nodes' | 'labels') => {
      const numbers = (which: 'training' | 'validation', { nodes, labels }: LabelledNodes) => {
        const argument = `${which}.${key}`;
        const list = key === 'nodes' ? graph.numbersOf(operation, argument, nodes) : labels;
        return scratch.indices(argument, list);
      };
      const lists = [numbers('training', training)];
      if (validation) lists.push(numbers('validation', validation));
      const copies = lists.map(({ address, length }) => runtime.copyU32(address, length));
      const all = new Uint32Array(copies.reduce((sum, copy) => sum + copy.length, 0));
      let at = 0;
      for (const copy of copies) {
        all.set(copy, at);
        at += copy.length;
      }
      return { all, first: (copies[0] as Uint32Array).length };
    };
    const nodes = joined('nodes');
    const labels = joined('labels');
    if (labels.first !== nodes.first)
      throw check.shapeError(operation, 'training.labels', nodes.first, labels.first);
    if (labels.all.length !== nodes.all.length)
      throw check.shapeError(
        operation,
        'validation.labels',
        nodes.all.length - nodes.first,
        labels.all.length - nodes.first,
      );
    const x = scratch.floats('features', features);
    const largest = labels.all.reduce((most, label) => Math.max(most, label), 1);
    const settings = [
      check.integer(operation, 'classes', given.classes ?? largest + 1, 2, 65536),
      check.integer(operation, 'hidden', given.hidden ?? 16, 1, 65536),
      check.number(operation, 'learningRate', given.learningRate ?? 0.01),
      check.number(operation, 'l2', given.l2 ?? 0.0005),
      check.number(operation, 'dropout', given.dropout ?? 0.5),
      check.integer(operation, 'epochs', given.epochs ?? 200, 1, 1e6),
      check.integer(operation, 'patience', given.patience ?? 50, 1),
      check.integer(operation, 'seed', given.seed ?? 0, 0, Number.MAX_SAFE_INTEGER),
      Number(check.boolean(operation, 'weighted', given.weighted ?? true)),
    ];
    const at = scratch.f64(16);
    runtime.f64.fill(0, at / 8, at / 8 + 16);
    runtime.f64.set(settings, at / 8);
    const list = scratch.indices('nodes', nodes.all);
    const classes = scratch.indices('labels', labels.all);
    const made = runtime.raw.Gnn.train(
      rawOf(runtime, operation, 'graph', graph, Graph),
      at,
      x.address,
      x.length,
      list.address,
      classes.address,
      nodes.all.length,
      nodes.first,
    );
    return wrap(runtime, operation, made);
  });
}

/** @internal */
export function historyOf(runtime: Runtime, operation: string, raw: RawGnn): Epoch[] {
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.u32(2);
    runtime.check(operation, raw.history(at, at + 4));
    const [address, count] = runtime.copyU32(at, 2) as unknown as [number, number];
    const numbers = runtime.copyF64(address, count);
    const history: Epoch[] = [];
    for (let i = 0; i < count; i += 3) {
      const [trainingLoss, validationLoss, validationAccuracy] = numbers.subarray(
        i,
        i + 3,
      ) as unknown as [number, number, number];
      history.push({ trainingLoss, validationLoss, validationAccuracy });
    }
    return history;
  });
}
