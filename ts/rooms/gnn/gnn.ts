// Learning on graphs: features and labels smoothed over edges, the classifier of single rows that goes with them, and graph
// networks. Graphs live in another module; a copy is made at the first question and kept with the graph.

import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { LogisticRegression } from './logistic.js';
import { GraphNetwork } from './network.js';
import { createSmoothing, type SmoothingFunctions } from './smoothing.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { AttentionLayer, ConvolutionLayer, GraphLayer, SageLayer } from './layers.js';
export type { LogisticOptions, LogisticRegression, Prediction } from './logistic.js';
export type { GraphNetwork } from './network.js';
export type {
  ClassScores,
  CorrectAndSmoothOptions,
  LabelSpreadOptions,
  SmoothedFeatures,
  SmoothingFunctions,
  SmoothOptions,
  SpreadOptions,
} from './smoothing.js';
export type { Epoch, LabelledNodes, TrainingOptions } from './training.js';
export type { AskOptions, NetworkAnswer } from './types.js';

/** What the module has. */
export interface GnnRoom extends SmoothingFunctions {
  readonly Graph: typeof Graph;
  readonly LogisticRegression: typeof LogisticRegression;
  readonly GraphNetwork: typeof GraphNetwork;
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime): GnnRoom {
  return {
    Graph: network.bind(Graph),
    LogisticRegression: runtime.bind(LogisticRegression),
    GraphNetwork: runtime.bind(GraphNetwork),
    ...createSmoothing(runtime),
  };
}
