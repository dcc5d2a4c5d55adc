// What semantic routes take and give.
import type { RealArray } from '../../runtime/scratch.js';
import type { Reason, RouteOptions } from './choice.js';
import type { Embed, Estimated } from './learned.js';
import type { SemanticOptions } from './options.js';

/** A route, and examples of what belongs to it: vectors, or texts for `embed`. */
export interface Route {
  name: string;
  vectors?: readonly RealArray[];
  texts?: readonly string[];
  /** What taking it costs, in units of what a right answer is worth; 0 by default. */
  cost?: number;
}

export interface FitOptions extends SemanticOptions {
  /** Gives the vector of a text. With one that answers later, use the asynchronous forms. */
  embed?: Embed;
}

export interface SemanticRouteOptions extends RouteOptions {
  /** Below this probability no route is taken; the router's own `minConfidence` by default. */
  minConfidence?: number;
  /** The set holds the right route with probability 1 - alpha at least; 0.1 by default. */
  alpha?: number;
}

/** What {@link SemanticRouter.route} gives. */
export interface Decision {
  /** The route to take, or null. */
  route: string | null;
  reason: Reason;
  /** The probability that the route (or the best one, where none is taken) is right; 0 where none may be taken. */
  p: number;
  /** The next best one that may be taken. */
  runnerUp: { route: string; p: number } | null;
  /** The route that would be taken if none were unavailable or too dear, where that is another one. */
  insteadOf: string | null;
  /**
   * Routes of a split-conformal set, the most probable first: with probability 1 - alpha it holds the right one, of examples
   * like those held out. All routes where too few were held out.
   */
  set: string[];
  /**
   * Probabilities of the routes in the order of `routes`; none is above that of the route with the largest score. They add up to
   * 1, or to less where that one is so improbable that perhaps no route is right.
   */
  probabilities: Float64Array<ArrayBuffer>;
  /** What they were made of: cosines, or the sums of a linear model. */
  scores: Float64Array<ArrayBuffer>;
}

/** A threshold of the confidence, and what it does to vectors like the held-out ones. */
export interface ConfidenceThreshold {
  /** For `minConfidence`. `Infinity`: no vector is routed. */
  threshold: number;
  /** Share of the vectors that get a route. */
  coverage: Estimated;
  /** Share of right routes among them. NaN where none gets one. */
  accuracy: Estimated;
  /** False where no threshold has the accuracy asked for; this one has the best. */
  reached: boolean;
}

/** What {@link SemanticRouter.explain} gives. */
export interface Explanation {
  /** Routes by their probability, the largest first. */
  routes: { route: string; p: number; score: number }[];
  /**
   * `similarity`: the examples of the best route that are most like the query, as places among all examples in the order of
   * the routes given to `fit()`. Empty for other scorers.
   */
  examples: { example: number; similarity: number }[];
  /**
   * `ridge` and `logistic`: the coordinates that speak most for the best route against the second one, by the size of their
   * part in the difference of the scores. Ten at most; empty for other scorers.
   */
  coordinates: { coordinate: number; part: number }[];
}
