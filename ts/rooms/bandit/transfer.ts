// What is learned in one task, carried to another, and kept only where held-out rows say that it helps.
import { isInstance } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { Bandit } from './class.js';

/** Rows that neither bandit has learned from, with what every arm would have earned. */
export interface HeldOut {
  /** `dimension` numbers for each row, one after another; left out for policies without contexts. */
  contexts?: RealArray;
  /** For each row the reward of each arm of the target, in the order of its `arms`. */
  rewards: RealArray;
}

/** Options of `transfer`. */
export interface TransferOptions {
  /** Powers of the prior that are tried, above 0 and at most 1; 0.02, 0.05, 0.1, 0.2, 0.5 and 1 by default. */
  weights?: readonly number[];
  /** That the regret falls, above 0.5 and below 1; 0.95 by default. */
  confidence?: number;
}

/** What came of a transfer. */
export interface Transfer {
  /** Whether the target has learned what was carried. */
  accepted: boolean;
  /** The power of the prior that did best on the first half of the rows. */
  weight: number;
  /** Mean regret on the second half: without, and with what was carried. */
  before: number;
  after: number;
  /** `before` - `after` is at least this, at the confidence asked for; it is accepted where this is above 0. */
  bound: number;
}

/** The functions of this part of the room. */
export interface TransferFunctions {
  /**
   * Carries what one bandit has learned to another, for arms of the same names, if that lowers the regret of the target on
   * held-out rows. The power of the prior is chosen on the first half of the rows, in their order, and tested on the second
   * half by a one-sided paired normal interval. If it fails, the target stays as it is; the source does in any case.
   * O(weights * (arms * dimension^3 + rows * arms * dimension^2)).
   *
   * Ibrahim, Chen 2000, power priors, doi:10.1214/ss/1009212673.
   *
   * @throws RangeError `SHAPE`, `RANGE`, `NOT_FINITE`, `EMPTY` (fewer than 60 rows), `OPTION`; SublinearError `UNSUPPORTED`
   *   (shared features, a window, other rewards), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { betaThompson, transfer } = await load();
   * using experienced = betaThompson({ arms: ['a', 'b'] });
   * for (let i = 0; i < 100; i++) {
   *   experienced.learn('a', undefined, Number(i % 10 === 0));
   *   experienced.learn('b', undefined, Number(i % 2 === 0));
   * }
   * using fresh = betaThompson({ arms: ['a', 'b'] });
   * fresh.learn('a', undefined, 1); // luck
   * const rewards = Array.from({ length: 200 }, (_, i) => [Number(i % 10 === 1), Number(i % 2 === 1)]);
   * console.log(transfer(fresh, experienced, { rewards: rewards.flat() }).accepted); // true
   * console.log(fresh.estimates().means[1]! > fresh.estimates().means[0]!); // true
   * ```
   */
  transfer(target: Bandit, source: Bandit, heldOut: HeldOut, options?: TransferOptions): Transfer;
}

/** Rows of which halves can be told apart by a normal interval. */
const LEAST_ROWS = 60;

/** The regret of each row where the arm of the largest estimate is taken, the first of equals. */
function regrets(bandit: Bandit, contexts: Float64Array | undefined, rewards: Float64Array) {
  const arms = bandit.arms.length;
  const { dimension } = bandit;
  return Float64Array.from({ length: rewards.length / arms }, (_, row) => {
    const context = contexts?.slice(row * dimension, (row + 1) * dimension);
    const { means } = bandit.estimates(context);
    const earned = rewards.subarray(row * arms, (row + 1) * arms);
    const taken = means.indexOf(means.reduce((most, mean) => Math.max(most, mean)));
    return earned.reduce((most, reward) => Math.max(most, reward)) - (earned[taken] as number);
  });
}

const mean = (list: Float64Array) => list.reduce((sum, x) => sum + x, 0) / list.length;

/** The quantile of the standard normal distribution at p in (0.5, 1), by bisection. */
function quantile(p: number): number {
  let [low, high] = [0, 9];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (below(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}

/** The standard normal distribution function at x >= 0: 1/2 + phi(x) (x + x^3 / 3 + x^5 / 15 + ...). */
function below(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 3; term > 1e-17 * sum; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** @internal */
export function createTransfer(runtime: Runtime): TransferFunctions {
  return {
    transfer(target, source, heldOut, options) {
      const operation = 'transfer';
      const given = check.options<TransferOptions>(operation, options, ['weights', 'confidence']);
      const rows = check.options<HeldOut>(operation, heldOut, ['contexts', 'rewards']);
      for (const [name, bandit] of Object.entries({ target, source }))
        if (!isInstance(bandit, Bandit)) throw check.typeError(operation, name, 'Bandit', bandit);
      const { weights = [0.02, 0.05, 0.1, 0.2, 0.5, 1], confidence = 0.95 } = given;
      check.number(operation, 'confidence', confidence);
      if (!(confidence > 0.5 && confidence < 1))
        throw check.rangeError(operation, 'confidence', 'above 0.5 and below 1', confidence);
      if (!Array.isArray(weights) || weights.length === 0)
        throw check.typeError(operation, 'weights', 'array of one number or more', weights);
      const [arms, { dimension }] = [target.arms.length, target];
      const rewards = Float64Array.from(realArray(operation, 'rewards', rows.rewards));
      const count = rewards.length / arms;
      if (!Number.isInteger(count))
        throw check.rangeError(operation, 'rewards', `a multiple of ${arms}`, rewards.length);
      const odd = rewards.findIndex((reward) => !Number.isFinite(reward));
      if (odd >= 0)
        throw check.rangeError(operation, `rewards[${odd}]`, 'a finite number', rewards[odd]);
      if (count < LEAST_ROWS)
        throw check.rangeError(operation, 'rewards', `${LEAST_ROWS} rows or more`, count);
      const contexts =
        rows.contexts === undefined
          ? undefined
          : Float64Array.from(realArray(operation, 'contexts', rows.contexts));
      if ((contexts?.length ?? 0) !== count * dimension)
        throw check.shapeError(operation, 'contexts', count * dimension, contexts?.length ?? 0);

      const half = Math.floor(count / 2);
      const without = regrets(target, contexts, rewards);
      const saved = target.save();
      const Bound = runtime.bind(Bandit);
      let best: { weight: number; first: number; with: Float64Array } | undefined;
      for (const weight of weights) {
        const copy = Bound.load(saved);
        try {
          copy.carry(source, weight);
          const found = regrets(copy, contexts, rewards);
          const first = mean(found.subarray(0, half));
          if (best === undefined || first < best.first) best = { weight, first, with: found };
        } finally {
          copy.dispose();
        }
      }
      const { weight, with: found } = best as NonNullable<typeof best>;
      const [before, after] = [mean(without.subarray(half)), mean(found.subarray(half))];
      const gains = without.subarray(half).map((regret, i) => regret - (found[half + i] as number));
      const spread = gains.reduce((sum, gain) => sum + (gain - (before - after)) ** 2, 0);
      const error = Math.sqrt(spread / (gains.length - 1) / gains.length);
      const bound = before - after - quantile(confidence) * error;
      const accepted = bound > 0;
      if (accepted) target.carry(source, weight);
      return { accepted, weight, before, after, bound };
    },
  };
}
