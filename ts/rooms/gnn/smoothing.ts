// Features and labels smoothed over a graph.

import type { OutcomeName } from '../../generated/codes.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  type Begun,
  type Call,
  task,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import type { NodeList } from '../graph/types.js';

/** Options of everything that smooths. */
export interface SpreadOptions {
  /** Milliseconds; then the result is what was reached. No limit by default. */
  maxTimeMs?: number;
  /** Rounds over the edges, 1 to 10^6. 20 by default. */
  steps?: number;
  /** `'symmetric'`: edges are divided by the square roots of both degrees; `'row'`: a mean of neighbours. `'symmetric'` by default. */
  normalization?: 'symmetric' | 'row';
  /** `false`: every edge has weight 1. By default edges have their weights, where the graph has some. */
  weighted?: boolean;
}

/** Options of {@link SmoothingFunctions.smoothFeatures}. */
export interface SmoothOptions extends SpreadOptions {
  /**
   * Share of a node's own features that is kept in each round, 0 .. 1. 0.1 by default; smaller looks further. 0 gives the
   * power S^steps X of simple graph convolution.
   */
  alpha?: number;
  /** Whether each node has an edge of the mean weight to itself as well. `true` by default. */
  selfLoops?: boolean;
}

/** What {@link SmoothingFunctions.smoothFeatures} gives. */
export interface SmoothedFeatures {
  /** As many numbers as were given, node after node. */
  features: Float32Array<ArrayBuffer>;
  /** Numbers a node. */
  columns: number;
  /**
   * No number is further than this from the limit that it would have after endless rounds, rounding included; `Infinity`
   * for `alpha: 0`, which has none, and after a time limit.
   */
  errorBound: number;
  /** Columns that have had all rounds: all of them, unless time has run out. The others are as they were given. */
  columnsDone: number;
  /** `'converged'`: all rounds were made; `'timeLimit'`. */
  outcome: OutcomeName;
  work: { edgeOperations: number };
}

/** Options of {@link SmoothingFunctions.labelSpread}. */
export interface LabelSpreadOptions extends SpreadOptions {
  /** Number of classes. */
  classes: number;
  /** Nodes whose class is known, by numbers or names. */
  nodes: NodeList;
  /** Their classes, 0 .. classes - 1. */
  labels: IndexArray;
  /** Share of what is known that each round keeps, 0 .. 1. 0.1 by default. */
  alpha?: number;
}

/** Scores of each node for each class. */
export interface ClassScores {
  /** `classes` numbers a node, node after node. */
  scores: Float32Array<ArrayBuffer>;
  /** The class with the largest score of each node, the smallest of several. */
  labels: Uint32Array<ArrayBuffer>;
  classes: number;
  /** As of {@link SmoothedFeatures}: how far a score is from that of endless rounds (of the last spreading). */
  errorBound: number;
  /** `'converged'`: all rounds were made; `'timeLimit'`: scores are as they were given, or spread less far. */
  outcome: OutcomeName;
  work: { edgeOperations: number };
}

/** Options of {@link SmoothingFunctions.correctAndSmooth}. */
export interface CorrectAndSmoothOptions extends SpreadOptions {
  /** Number of classes. */
  classes: number;
  /** Nodes whose class is known, by numbers or names. */
  nodes: NodeList;
  /** Their classes, 0 .. classes - 1. */
  labels: IndexArray;
  /** Share of the known errors that each round of the correction keeps, 0 .. 1. 0.2 by default. */
  correctAlpha?: number;
  /** Share of the corrected scores that each round of the smoothing keeps, 0 .. 1. 0.2 by default. */
  smoothAlpha?: number;
}

/** The functions of this part of the room. */
export interface SmoothingFunctions {
  /**
   * Features smoothed over a graph: personalised PageRank of every column at once, (1 - alpha) S Z + alpha X, which is APPNP's
   * propagation. What a node has is mixed with what its surroundings have, so that a classifier of single rows sees the graph.
   * Helps where neighbours tend to be of one kind, and harms where they are not. Directions do not count.
   *
   * Gasteiger, Bojchevski, Guennemann 2019 (arXiv:1810.05997); with `alpha: 0`, Wu et al. 2019 (arXiv:1902.07153).
   * O(steps * edges * columns); 8 bytes a number meanwhile.
   *
   * @param features - as many numbers for each node, node after node
   * @throws RangeError `SHAPE`, `NOT_FINITE` (features; 10^18 is the limit), `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, smoothFeatures } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * const { features } = smoothFeatures(path, [1, 0, 0], { alpha: 0.5, steps: 1, normalization: 'row', selfLoops: false });
   * console.log(features); // Float32Array(3) [ 0.5, 0.25, 0 ]
   * ```
   */
  smoothFeatures(graph: Graph, features: RealArray, options?: SmoothOptions): SmoothedFeatures;

  /**
   * {@link smoothFeatures} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, smoothFeaturesAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await smoothFeaturesAsync(edge, [1, 1], { normalization: 'row' })).columns); // 1
   * ```
   */
  smoothFeaturesAsync(
    graph: Graph,
    features: RealArray,
    options?: SmoothOptions & AsyncOptions<WorkProgress>,
  ): Promise<SmoothedFeatures>;

  /**
   * Classes of all nodes from those of a few, without features: known labels spread along the edges.
   *
   * Of a node that is given twice the last label counts. Zhou et al. 2003, "Learning with local and global consistency". O(steps * edges * classes).
   *
   * @throws RangeError `INDEX` (nodes, labels), `SHAPE`, `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, labelSpread } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2, 3, 4], to: [1, 2, 3, 4, 5], directed: false });
   * console.log(labelSpread(path, { classes: 2, nodes: [0, 5], labels: [0, 1] }).labels.join('')); // 000111
   * ```
   */
  labelSpread(graph: Graph, options: LabelSpreadOptions): ClassScores;

  /**
   * {@link labelSpread} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, labelSpreadAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await labelSpreadAsync(edge, { classes: 2, nodes: [0], labels: [1] })).labels[1]); // 1
   * ```
   */
  labelSpreadAsync(
    graph: Graph,
    options: LabelSpreadOptions & AsyncOptions<WorkProgress>,
  ): Promise<ClassScores>;

  /**
   * Improves the scores of any classifier with a graph: its errors on known nodes are spread to the others and taken off,
   * scaled to the mean size of the known ones; then known labels and corrected scores are spread.
   *
   * Of a node that is given twice the last label counts. Huang et al. 2021 (arXiv:2010.13993), its "autoscale". O(steps * edges * classes).
   *
   * @param scores - `classes` probabilities a node, node after node
   * @throws RangeError `INDEX` (nodes, labels), `SHAPE`, `NOT_FINITE` (scores; 10^18 is the limit), `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, correctAndSmooth } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2, 3, 4], to: [1, 2, 3, 4, 5], directed: false });
   * const unsure = new Float32Array(12).fill(0.5);
   * console.log(correctAndSmooth(path, unsure, { classes: 2, nodes: [0, 5], labels: [0, 1] }).labels.join('')); // 000111
   * ```
   */
  correctAndSmooth(graph: Graph, scores: RealArray, options: CorrectAndSmoothOptions): ClassScores;

  /**
   * {@link correctAndSmooth} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, correctAndSmoothAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * const options = { classes: 2, nodes: [0], labels: [1] };
   * console.log((await correctAndSmoothAsync(edge, [0.5, 0.5, 0.5, 0.5], options)).labels[1]); // 1
   * ```
   */
  correctAndSmoothAsync(
    graph: Graph,
    scores: RealArray,
    options: CorrectAndSmoothOptions & AsyncOptions<WorkProgress>,
  ): Promise<ClassScores>;
}

const normalizations = { symmetric: 1, row: 0 } as const;
const spreadKeys = ['steps', 'normalization', 'weighted', 'maxTimeMs'] as const;

/** sl_smoothing_kind_of */
const kinds = { features: 0, labels: 1, scores: 2 } as const;

/** What is spread: an array with its name in errors, and nodes of known classes. */
interface Given {
  kind: keyof typeof kinds;
  name: string;
  values?: RealArray | undefined;
  alpha: number;
  secondAlpha?: number;
  selfLoops?: boolean;
  classes?: number;
  nodes?: NodeList;
  labels?: IndexArray;
}

/** What has come of it. */
interface Spread {
  values: Float32Array<ArrayBuffer>;
  columns: number;
  columnsDone: number;
  errorBound: number;
  outcome: OutcomeName;
  work: { edgeOperations: number };
}

/** A graph, and what is given beside the options. */
interface Subject {
  graph: Graph;
  values?: RealArray;
}

/** @internal */
export function createSmoothing(runtime: Runtime): SmoothingFunctions {
  const smooth = task<Subject, SmoothOptions, WorkProgress, SmoothedFeatures>(
    runtime,
    [...spreadKeys, 'alpha', 'selfLoops'],
    (call, { graph, values }) => {
      const { alpha = 0.1, selfLoops = true } = call.options;
      const { operation } = call;
      check.boolean(operation, 'selfLoops', selfLoops);
      const given: Given = { kind: 'features', name: 'features', values, alpha, selfLoops };
      return begin(call, graph, given, ({ values: features, ...facts }) => ({
        features,
        ...facts,
      }));
    },
  );
  const spread = task<Subject, LabelSpreadOptions, WorkProgress, ClassScores>(
    runtime,
    [...spreadKeys, 'classes', 'nodes', 'labels', 'alpha'],
    (call, { graph }) => {
      const { classes, nodes, labels, alpha = 0.1 } = call.options;
      check.integer(call.operation, 'classes', classes, 1, 1 << 24);
      return begin(
        call,
        graph,
        { kind: 'labels', name: 'labels', alpha, classes, nodes, labels },
        scored,
      );
    },
  );
  const correct = task<Subject, CorrectAndSmoothOptions, WorkProgress, ClassScores>(
    runtime,
    [...spreadKeys, 'classes', 'nodes', 'labels', 'correctAlpha', 'smoothAlpha'],
    (call, { graph, values }) => {
      const { classes, nodes, labels, correctAlpha = 0.2, smoothAlpha = 0.2 } = call.options;
      check.integer(call.operation, 'classes', classes, 1, 1 << 24);
      share(call.operation, 'correctAlpha', correctAlpha);
      share(call.operation, 'smoothAlpha', smoothAlpha);
      const given: Given = {
        kind: 'scores',
        name: 'scores',
        values,
        alpha: correctAlpha,
        secondAlpha: smoothAlpha,
        classes,
        nodes,
        labels,
      };
      return begin(call, graph, given, scored);
    },
  );
  return {
    smoothFeatures: (graph, values, options) =>
      smooth.now('smoothFeatures', { graph, values }, options),
    smoothFeaturesAsync: (graph, values, options) =>
      smooth.later('smoothFeaturesAsync', { graph, values }, options),
    labelSpread: (graph, options) => spread.now('labelSpread', { graph }, options),
    labelSpreadAsync: (graph, options) => spread.later('labelSpreadAsync', { graph }, options),
    correctAndSmooth: (graph, values, options) =>
      correct.now('correctAndSmooth', { graph, values }, options),
    correctAndSmoothAsync: (graph, values, options) =>
      correct.later('correctAndSmoothAsync', { graph, values }, options),
  };
}

function share(operation: string, name: string, value: number): number {
  check.number(operation, name, value);
  if (!(value >= 0 && value <= 1))
    throw check.rangeError(operation, name, 'number from 0 to 1', value);
  return value;
}

function begin<Result>(
  { runtime, operation, options, scratch }: Call<SpreadOptions>,
  graph: Graph,
  { kind, name, values, alpha, secondAlpha = 0, selfLoops = false, classes = 0, ...known }: Given,
  read: (spread: Spread) => Result,
): Begun<WorkProgress, Result> {
  rawOf(runtime, operation, 'graph', graph, Graph);
  const { steps = 20, normalization = 'symmetric', weighted = true } = options;
  const settings = [
    kinds[kind],
    share(operation, 'alpha', alpha),
    check.integer(operation, 'steps', steps, 1, 1e6),
    check.choice(operation, 'normalization', normalization, normalizations),
    Number(selfLoops),
    Number(check.boolean(operation, 'weighted', weighted)),
    classes,
    secondAlpha,
  ];
  const nothing = { address: 0, length: 0 };
  const nodes =
    kind === 'features'
      ? nothing
      : scratch.indices('nodes', graph.numbersOf(operation, 'nodes', known.nodes as NodeList));
  const labels =
    kind === 'features' ? nothing : scratch.indices('labels', known.labels as IndexArray);
  if (labels.length !== nodes.length)
    throw check.shapeError(operation, 'labels', nodes.length, labels.length);
  const given = kind === 'labels' ? nothing : scratch.floats(name, values as RealArray);
  const wanted = graph.nodeCount * (kind === 'scores' ? classes : 1);
  const right = kind === 'scores' ? given.length === wanted : given.length % wanted === 0;
  if (kind !== 'labels' && (given.length === 0 || !right))
    throw check.shapeError(operation, name, wanted, given.length);
  const at = scratch.f64(8);
  runtime.f64.set(settings, at / 8);
  // A list runs the code of its getters while it is read: the graph is looked at again.
  const made = runtime.raw.Smoothing.create(
    rawOf(runtime, operation, 'graph', graph, Graph),
    at,
    given.address,
    given.length,
    nodes.address,
    labels.address,
    nodes.length,
  );
  const raw = scratch.own(runtime.made(operation, made));
  const result = () => {
    runtime.check(operation, raw.read(at));
    const [outcome, edgeOperations, address, count, errorBound, columnsDone] = Array.from(
      runtime.copyF64(at, 6),
    ) as [number, number, number, number, number, number];
    return read({
      values: runtime.copyF32(address, count),
      columns: count / graph.nodeCount,
      columnsDone,
      errorBound,
      outcome: runtime.outcome(outcome),
      work: { edgeOperations },
    });
  };
  return { raw, holds: [graph], result };
}

function scored({ values, columns, errorBound, outcome, work }: Spread): ClassScores {
  const labels = mostProbable(values, columns);
  return { scores: values, labels, classes: columns, errorBound, outcome, work };
}

/** @internal The place of the largest number of each row, the smallest of several. */
export function mostProbable(
  values: Float32Array | Float64Array,
  columns: number,
): Uint32Array<ArrayBuffer> {
  const labels = new Uint32Array(values.length / columns);
  for (let row = 0, at = 0; row < labels.length; row++, at += columns) {
    let most = 0;
    for (let c = 1; c < columns; c++)
      if ((values[at + c] as number) > (values[at + most] as number)) most = c;
    labels[row] = most;
  }
  return labels;
}
