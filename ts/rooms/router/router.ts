// Routers: which route a vector belongs to, which model should answer it.

import type { Runtime } from '../../runtime/runtime.js';
import { CircuitBreaker } from './breaker.js';
import { ModelRouter } from './model.js';
import { SemanticRouter } from './semantic.js';

export * from '../../runtime/errors.js';
export type { BreakerOptions, BreakerSnapshot, BreakerState } from './breaker.js';
export { CircuitBreaker } from './breaker.js';
export type { Reason, RouteOptions } from './choice.js';
export type { Embed, Estimated, LearnedRouter, Query } from './learned.js';
export type {
  GainThreshold,
  Model,
  ModelDecision,
  ModelFitOptions,
  ModelRouteOptions,
} from './model.js';
export { ModelRouter } from './model.js';
export type {
  Calibration,
  LearningOptions,
  ModelOptions,
  Scorer,
  SemanticOptions,
} from './options.js';
export { SemanticRouter } from './semantic.js';
export type {
  ConfidenceThreshold,
  Decision,
  Explanation,
  FitOptions,
  Route,
  SemanticRouteOptions,
} from './types.js';

/** What `engine.use('router')` and `load()` give. */
export interface RouterRoom {
  readonly SemanticRouter: typeof SemanticRouter;
  readonly ModelRouter: typeof ModelRouter;
  readonly CircuitBreaker: typeof CircuitBreaker;
}

/** @internal */
export function createRoom(runtime: Runtime): RouterRoom {
  return {
    SemanticRouter: runtime.bind(SemanticRouter),
    ModelRouter: runtime.bind(ModelRouter),
    CircuitBreaker,
  };
}
