// Continual learning: a small network that goes on learning without forgetting, and can go back.

import type { Runtime } from '../../runtime/runtime.js';
import { createPolicyFunctions, type PolicyFunctions } from './advantages.js';
import { ContinualLearner } from './learner.js';
import { OneShotMemory } from './one-shot.js';
import { PolicyLearner } from './policy.js';

export * from '../../runtime/errors.js';
export type { PolicyFunctions } from './advantages.js';
export { ContinualLearner } from './learner.js';
export type { OneShotChances, OneShotLoad, OneShotOptions, RecallOptions } from './one-shot.js';
export { OneShotMemory } from './one-shot.js';
export { PolicyLearner } from './policy.js';
export type {
  ActionChances,
  AdvantageData,
  PolicyOptions,
  PolicyRows,
  PolicyUpdate,
  UpdateOptions,
} from './policy-types.js';
export type { Answers, LearnerState } from './state.js';
export type {
  Checkpoint,
  Evaluation,
  Learned,
  LearnerOptions,
  LearnOptions,
  LimitedOptions,
  Prediction,
  Review,
  ReviewOptions,
} from './types.js';

/** What `engine.use('continual')` and `load()` give. */
export interface ContinualRoom extends PolicyFunctions {
  readonly ContinualLearner: typeof ContinualLearner;
  readonly PolicyLearner: typeof PolicyLearner;
  readonly OneShotMemory: typeof OneShotMemory;
}

/** @internal */
export function createRoom(runtime: Runtime): ContinualRoom {
  return {
    ContinualLearner: runtime.bind(ContinualLearner),
    PolicyLearner: runtime.bind(PolicyLearner),
    OneShotMemory: runtime.bind(OneShotMemory),
    ...createPolicyFunctions(runtime),
  };
}
