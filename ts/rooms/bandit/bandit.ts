// Bandits: policies that choose and learn, and off-policy evaluation of their logs.

import type { Runtime } from '../../runtime/runtime.js';
import { Bandit } from './class.js';
import { createEvaluation, type EvaluateFunctions } from './evaluate.js';
import {
  type BanditOptions,
  type BetaOptions,
  type EpsilonGreedyOptions,
  type GaussianOptions,
  type LinTsOptions,
  type LinUcbOptions,
  type PolicyName,
  readOptions,
  type SoftmaxOptions,
  type UcbOptions,
} from './options.js';
import { createTransfer, type TransferFunctions } from './transfer.js';

export * from '../../runtime/errors.js';
export type { Arms } from './arms.js';
export type {
  Choice,
  ChooseOptions,
  Context,
  Estimates,
  LimitOptions,
  SharedOptions,
  Weights,
} from './class.js';
export { Bandit } from './class.js';
export type {
  Estimate,
  EvaluateFunctions,
  EvaluateOptions,
  Evaluation,
  Method,
  Target,
} from './evaluate.js';
export type { LogColumns, LogRow } from './log.js';
export type {
  ArmId,
  BanditOptions,
  BetaOptions,
  EpsilonGreedyOptions,
  EstimateOptions,
  GaussianOptions,
  LinearOptions,
  LinTsOptions,
  LinUcbOptions,
  PolicyName,
  SampledOptions,
  SoftmaxOptions,
  UcbOptions,
} from './options.js';
export type { HeldOut, Transfer, TransferFunctions, TransferOptions } from './transfer.js';

/** What `engine.use('bandit')` and `load()` give. */
export interface BanditRoom extends EvaluateFunctions, TransferFunctions {
  readonly Bandit: typeof Bandit;

  /**
   * LinUCB: a ridge regression of the reward on the context for each arm; the arm with the largest mean + alpha * standard
   * deviation is taken. With `shared` features it is the hybrid form. Choices are certain: their propensity is 1, or 1 over
   * the number of ties, so that its logs say nothing about other arms.
   *
   * Li, Chu, Langford, Schapire 2010, doi:10.1145/1772690.1772758.
   *
   * @throws RangeError `OPTION` (an option outside of its domain); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { linUcb } = await load();
   * using bandit = linUcb({ arms: ['news', 'sports'], dimension: 2 });
   * for (let i = 0; i < 100; i++) {
   *   const likesSports = i % 3 === 0;
   *   const { id, arm } = bandit.choose([1, likesSports ? 1 : 0]);
   *   bandit.reward(id, (arm === 'sports') === likesSports ? 1 : 0);
   * }
   * console.log(bandit.choose([1, 1]).arm, bandit.choose([1, 0]).arm); // sports news
   * ```
   */
  linUcb(options: LinUcbOptions): Bandit;

  /**
   * LinTS: the same models, and a normal draw for each arm: mean, v * standard deviation.
   *
   * Agrawal, Goyal 2013, arXiv:1209.3352.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { linTs } = await load();
   * using bandit = linTs({ arms: ['a', 'b'], dimension: 1, v: 0.5 });
   * console.log(bandit.choose([1]).propensity); // 0.5
   * ```
   */
  linTs(options: LinTsOptions): Bandit;

  /**
   * The arm with the best estimate, and with probability epsilon any arm.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { epsilonGreedy } = await load();
   * using bandit = epsilonGreedy({ arms: ['a', 'b'], epsilon: 0.2 });
   * bandit.learn('b', undefined, 1);
   * console.log(bandit.probabilities()); // Float64Array(2) [ 0.1, 0.9 ]
   * ```
   */
  epsilonGreedy(options?: EpsilonGreedyOptions): Bandit;

  /**
   * Arms with probabilities in proportion to e^(estimate / temperature).
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { softmax } = await load();
   * using bandit = softmax({ arms: ['a', 'b', 'c'] });
   * console.log(bandit.choose().propensity.toFixed(4)); // 0.3333
   * ```
   */
  softmax(options?: SoftmaxOptions): Bandit;

  /**
   * Thompson sampling for rewards from 0 to 1: a draw of each arm's posterior Beta(successes + sum, failures + count - sum).
   *
   * Agrawal, Goyal 2013, arXiv:1209.3353.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { betaThompson } = await load();
   * using bandit = betaThompson({ arms: ['old', 'new'] });
   * for (let day = 0; day < 500; day++) {
   *   const { id, arm } = bandit.choose();
   *   bandit.reward(id, arm === 'new' ? 1 : day % 2);
   * }
   * console.log(bandit.estimates().means[1]! > 0.9); // true
   * ```
   */
  betaThompson(options?: BetaOptions): Bandit;

  /**
   * Thompson sampling for rewards that are normal around the mean of their arm, with known noise.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { gaussianThompson } = await load();
   * using bandit = gaussianThompson({ arms: ['a', 'b'], noise: 2, priorMean: 10 });
   * bandit.learn('a', undefined, 15);
   * console.log(bandit.estimates().means); // Float64Array(2) [ 11, 10 ]
   * ```
   */
  gaussianThompson(options?: GaussianOptions): Bandit;

  /**
   * UCB1 for rewards from 0 to 1: mean + exploration * sqrt(2 log t / count); arms that were never tried come first.
   *
   * Auer, Cesa-Bianchi, Fischer 2002, doi:10.1023/A:1013689704352.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { ucb1 } = await load();
   * using bandit = ucb1({ arms: ['a', 'b'] });
   * console.log(bandit.choose().scores); // Float64Array(2) [ Infinity, Infinity ]
   * ```
   */
  ucb1(options?: UcbOptions): Bandit;

  /**
   * KL-UCB for rewards from 0 to 1: the largest mean that Kullback and Leibler's divergence cannot tell from what was seen; its
   * regret reaches the bound of Lai and Robbins for rewards that are 0 or 1.
   *
   * Garivier, Cappe 2011, arXiv:1102.2490.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { klUcb } = await load();
   * using bandit = klUcb({ arms: ['a', 'b'] });
   * bandit.learn('a', undefined, 1);
   * console.log(bandit.choose().arm); // b
   * ```
   */
  klUcb(options?: UcbOptions): Bandit;
}

/** @internal */
export function createRoom(runtime: Runtime): BanditRoom {
  const make = (operation: PolicyName, options: BanditOptions | undefined) => {
    runtime.assertAlive(operation);
    const { core, arms } = readOptions(operation, options);
    return Bandit.make(runtime, operation, core, arms);
  };
  return {
    Bandit: runtime.bind(Bandit),
    linUcb: (options) => make('linUcb', options),
    linTs: (options) => make('linTs', options),
    epsilonGreedy: (options) => make('epsilonGreedy', options),
    softmax: (options) => make('softmax', options),
    betaThompson: (options) => make('betaThompson', options),
    gaussianThompson: (options) => make('gaussianThompson', options),
    ucb1: (options) => make('ucb1', options),
    klUcb: (options) => make('klUcb', options),
    ...createEvaluation(runtime),
    ...createTransfer(runtime),
  };
}
