// What adapters take and give.
import type { outcomes } from '../../generated/codes.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import type { WorkProgress } from '../../runtime/steps.js';

export interface AdapterOptions {
  /** Numbers of a vector that goes in, 1 to 65,536. */
  inputs: number;
  /** Numbers of a vector that comes out; `inputs` by default, and always without `weights`. */
  outputs?: number;
  /** Rank of the correction, 1 to the smaller of both; by default 8, or what is possible. It has rank * (inputs + outputs) parameters. */
  rank?: number;
  /** The correction counts `alpha / rank`; above 0 and at most 1e6, twice the rank by default. */
  alpha?: number;
  /** A frozen matrix, row by row: outputs x inputs, at most 2^26 numbers. Without it vectors are adapted as they are. */
  weights?: RealArray;
  /** Of the first random numbers; 1 by default. */
  seed?: number;
  /** Kept with the adapter and in its files: the `modelId` of the embedder whose vectors it adapts, for instance. */
  source?: string;
}

/** How vectors come out. */
export interface ApplyOptions {
  /** Divide each vector that comes out by its length; false by default. */
  unit?: boolean;
}

/** What makes one step of learning of a gradient. */
export interface OptimizerOptions {
  /** Of each step; above 0. By default 0.001, of `sgd` 0.01. */
  rate?: number;
  /** `sgd`: 0 for none, below 1; 0.9 by default. */
  momentum?: number;
  /** `adam`, `adamw`: how much of the mean of gradients stays; 0.9 by default. */
  beta1?: number;
  /** `adam`, `adamw`: the same of their squares; 0.999 by default. */
  beta2?: number;
  /** `adam`, `adamw`: above 0; 1e-8 by default. */
  epsilon?: number;
  /** Decay of the parameters, 0 to 1: `adamw` 0.01 by default and apart from the gradient, otherwise 0. */
  decay?: number;
}

export type Optimizer = 'sgd' | 'adam' | 'adamw';
export type Schedule = 'constant' | 'cosine' | 'linear' | 'step';

export interface TrainOptions extends OptimizerOptions {
  /** Passes over all rows, 1 to 1,000,000; 10 by default. */
  epochs?: number;
  /** Rows a step, 1 to 65,536; 32 by default. Of clicks 2 at least: the others of a batch are what a query is told from. */
  batch?: number;
  /** `adamw` by default. */
  optimizer?: Optimizer;
  /** Gradients that are longer are shortened to this; 1 by default, `Infinity` for never. */
  clip?: number;
  /**
   * The course of the rate over all steps: the same all the time (the default), down to `last` along a cosine or a line, or
   * times `factor` after each `every` steps.
   */
  schedule?: Schedule;
  /** Steps in which the rate grows to its full size; 0 by default. */
  warmup?: number;
  /** `cosine`, `linear`: the share of the rate that is left at the end, 0 to 1; 0 by default. */
  last?: number;
  /** `step`: steps; 1 by default. */
  every?: number;
  /** `step`: above 0 and at most 1; 0.1 by default. */
  factor?: number;
  /** Of clicks: scores are cosines over this, 1e-4 to 1e4; 0.05 by default. */
  temperature?: number;
  /**
   * Of clicks: whether the vectors of documents are adapted too. With `queries`, the default, an index of documents stays as
   * it is, and only queries go through the adapter.
   */
  adapts?: 'queries' | 'both';
  /** Of the order of the rows; 1 by default. */
  seed?: number;
  /** The steps that were made until then count. */
  maxTimeMs?: number;
}

/** Vectors and what should come out: the mean squared error is made small. */
export interface TargetData {
  /** Vectors one after another: rows x inputs numbers. */
  vectors: RealArray;
  /** rows x outputs numbers. */
  targets: RealArray;
}

/** Vectors and their classes: outputs are scores of classes, and the cross-entropy of their softmax is made small. */
export interface LabelData {
  vectors: RealArray;
  /** The class of each vector, below `outputs`. */
  labels: IndexArray;
}

/**
 * Queries and the documents that were clicked: the cosine of a query, adapted, with its document is made larger than with the
 * documents of the other queries in its batch, and with those that were shown in vain (InfoNCE).
 */
export interface ClickData {
  /** Vectors of queries one after another, one for each click: clicks x inputs numbers. */
  queries: RealArray;
  /** Vectors of documents: each `outputs` numbers, with `adapts: 'both'` `inputs`. */
  documents: RealArray;
  /** The number of the document that was clicked, for each query. */
  clicked: IndexArray;
  /** For each query the numbers of documents that were shown and not clicked. */
  skipped?: readonly IndexArray[];
}

export type TrainData = TargetData | LabelData | ClickData;

/** Where learning is. */
export interface TrainProgress extends WorkProgress {
  /** Whole passes over the rows. */
  epochs: number;
  steps: number;
  /** Mean over the steps of the epoch in hand. */
  loss: number;
}

/** What has come of learning. */
export interface TrainResult {
  /**
   * `converged`: all epochs are over. `timeLimit`: the steps made until then count. `breakdown`: a loss or a parameter became
   * infinite, and the parameters are those before that epoch: a smaller rate helps.
   */
  outcome: (typeof outcomes)[number];
  /** Whole epochs. */
  epochs: number;
  steps: number;
  /** Mean loss of the last epoch. */
  loss: number;
  /** That of each whole epoch. */
  losses: Float64Array<ArrayBuffer>;
  /** Length of the last gradient before it was shortened. */
  gradientNorm: number;
}

/** Gradients of a loss. */
export interface Gradients {
  /** By the parameters: by A row by row, then by B. */
  parameters: Float32Array<ArrayBuffer>;
  /** By the vectors. */
  vectors: Float32Array<ArrayBuffer>;
}
