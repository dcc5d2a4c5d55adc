// Scores of nodes by walks on a graph: the PageRank family, heat kernel, sweep cuts.
// The functions stand in the other files of this folder, each with its part of the room's interface.

import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { createPageRank, type PageRankFunctions } from './pagerank.js';
import { createRuns, type RunFunctions } from './runs.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { IntoOption } from '../../runtime/into.js';
export type { NodeScore } from '../../runtime/iterable.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { PageRankMethod } from './methods.js';
export type { PageRankFunctions } from './pagerank.js';
export type {
  BatchOptions,
  BatchScores,
  PageRankTracker,
  RunFunctions,
  TrackOptions,
} from './runs.js';
export type {
  DenseScores,
  HeatKernelOptions,
  PageRankOptions,
  PageRankProgress,
  PageRankResult,
  PersonalizedPageRankOptions,
  PersonalizedPageRankResult,
  ScoresInfo,
  Source,
  SparseScores,
  SweepCut,
  SweepCutOptions,
} from './types.js';

/** What the module has. */
export interface DiffusionRoom extends PageRankFunctions, RunFunctions {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime): DiffusionRoom {
  return { Graph: runtime.bind(Graph), ...createPageRank(runtime), ...createRuns(runtime) };
}
