// Continual learning: a small network that goes on learning without forgetting, and can go back.

import type { Runtime } from '../../runtime/runtime.js';
import { ContinualLearner } from './learner.js';

export * from '../../runtime/errors.js';
export { ContinualLearner } from './learner.js';
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
export interface ContinualRoom {
  readonly ContinualLearner: typeof ContinualLearner;
}

/** @internal */
export function createRoom(runtime: Runtime): ContinualRoom {
  return { ContinualLearner: runtime.bind(ContinualLearner) };
}
