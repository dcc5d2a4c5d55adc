// One bandit: chooses arms, learns from their rewards.
import { banditOptions } from '../../generated/fields/bandit.js';
import type { Bandit as RawBandit } from '../../generated/raw/learning.js';
import { runtimeOf } from '../../runtime/bind.js';
import { giveOver } from '../../runtime/fields.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { viewOf } from '../../runtime/into.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt, isInstance } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray, type Scratch } from '../../runtime/scratch.js';
import { asyncKeys } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Arms } from './arms.js';
import type { ArmId, CoreOptions } from './options.js';

/** The context of a choice: as many numbers as the policy's `dimension`. */
export type Context = Float64Array | Float32Array | readonly number[];

export interface SharedOptions {
  /** Hybrid LinUCB: the shared features of each arm, `shared` numbers for each in the order of `arms`. */
  shared?: Context;
}

export interface LimitOptions extends SharedOptions {
  /** Only these arms; all by default. */
  eligible?: readonly ArmId[];
  /**
   * What each arm costs, in units of the reward: a number for each in the order of `arms`. It is taken off before arms are
   * compared.
   */
  cost?: RealArray;
}

export interface ChooseOptions extends LimitOptions {
  /** Where the scores are written, a number for each arm: saves a new array, a tenth of the time of a choice among ten arms. */
  into?: Float64Array<ArrayBuffer>;
}

/** What {@link Bandit.choose} gives. */
export interface Choice {
  /** 1, 2, 3, ...: what `reward()` refers to. */
  id: number;
  arm: ArmId;
  /** The probability with which this arm was chosen: what off-policy evaluation needs of a log. */
  propensity: number;
  /** Standard error of the propensity; 0 where it is exact, NaN with `samples: 0`. */
  standardError: number;
  /** What was compared, for each arm in the order of `arms`: its cost is taken off. NaN: not eligible. */
  scores: Float64Array<ArrayBuffer>;
}

/** What a bandit believes about its arms, in the order of `arms`. */
export interface Estimates {
  /** Expected rewards. */
  means: Float64Array<ArrayBuffer>;
  /** Their standard deviations. */
  deviations: Float64Array<ArrayBuffer>;
}

/** Weights of the linear model of an arm. */
export interface Weights {
  own: Float64Array<ArrayBuffer>;
  /** Those that all arms share; empty unless the policy is a hybrid LinUCB. */
  shared: Float64Array<ArrayBuffer>;
}

/**
 * A policy that chooses one of some arms again and again, and learns from rewards that come at once, later, in any order, or
 * never. The functions of the room make one: {@link BanditRoom.linUcb} and others.
 */
export class Bandit extends Arms {
  /** @internal */
  static make(
    runtime: Runtime,
    operation: string,
    core: CoreOptions,
    arms: readonly unknown[],
  ): Bandit {
    const given = giveOver(runtime, banditOptions, (at) => runtime.raw.banditDefaults(at), {
      ...core,
    });
    const bandit = adopt(runtime, operation, Bandit, runtime.raw.Bandit.create(given));
    try {
      for (const [i, arm] of arms.entries()) bandit.add(operation, `arms[${i}]`, arm);
      return bandit;
    } catch (error) {
      bandit.dispose();
      throw error;
    }
  }

  // --- choosing -------------------------------------------------------------------------------------------------------

  /**
   * Chooses an arm; ties are broken at random. O(arms dimension^2 / 2) for linear models.
   *
   * @throws RangeError `EMPTY` (no arms, none eligible), `INDEX` (eligible), `SHAPE`, `NOT_FINITE`, `RANGE` (context, shared,
   *   cost); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { epsilonGreedy } = await load();
   * using bandit = epsilonGreedy({ arms: ['a', 'b', 'c'], dimension: 2, epsilon: 0.3 });
   * bandit.learn('b', [1, 0], 1);
   * const { scores, propensity } = bandit.choose([1, 0.5], { eligible: ['b'] });
   * console.log(scores, propensity); // Float64Array(3) [ NaN, 0.5, NaN ] 1
   * ```
   */
  choose(context?: Context, options?: ChooseOptions): Choice {
    const operation = 'Bandit.choose';
    const { runtime } = this;
    const raw = this.#put(operation, context, options, ['shared', 'eligible', 'cost', 'into']);
    const { eligible, cost, into } = options ?? {};
    const { size } = this.names.numbers;
    if (into !== undefined) viewOf(operation, into, size, false);
    if (eligible === undefined && cost === undefined) {
      runtime.check(operation, raw.choose(0, 0, 0, runtime.out));
    } else {
      runtime.scratch(operation, (scratch) => {
        const [list, count, costs] = this.#limits(operation, scratch, eligible, cost);
        runtime.check(operation, this.use(operation).choose(list, count, costs, runtime.out));
      });
    }
    // sl_bandit_choice: id, propensity, standard_error, arm
    return {
      id: runtime.outF64(0),
      arm: this.names.of[runtime.outF64(3)] as ArmId,
      propensity: runtime.outF64(1),
      standardError: runtime.outF64(2),
      scores: this.#scores(raw, into),
    };
  }

  /**
   * The reward of a choice: once, at any time while the choice is among the last `pending` ones, in any order.
   *
   * @returns false when the arm is gone, and nothing was learned
   *
   * @throws RangeError `INDEX` (no such choice), `NOT_FINITE`, `RANGE` (for `betaThompson`, `ucb1` and `klUcb` not from 0 to 1);
   *   SublinearError `STATE` (rewarded already, or forgotten), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { betaThompson } = await load();
   * using bandit = betaThompson({ arms: ['a', 'b'] });
   * const first = bandit.choose();
   * const second = bandit.choose();
   * bandit.reward(second.id, 1);
   * bandit.reward(first.id, 0);
   * console.log(bandit.rewards, bandit.waiting); // 2 0
   * ```
   */
  reward(id: number, reward: number): boolean {
    const operation = 'Bandit.reward';
    const raw = this.use(operation);
    check.number(operation, 'id', id);
    check.number(operation, 'reward', reward);
    this.runtime.check(operation, raw.reward(id, reward, this.runtime.out));
    return this.runtime.u8[this.runtime.out] !== 0;
  }

  /**
   * Learns from a reward that this bandit has not chosen the arm for, such as one of a log.
   *
   * @throws as {@link Bandit.reward}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { linUcb } = await load();
   * using bandit = linUcb({ arms: ['a', 'b'], dimension: 1 });
   * for (const reward of [1, 2, 3]) bandit.learn('a', [1], reward);
   * console.log(bandit.estimates([1]).means); // Float64Array(2) [ 1.5, 0 ]
   * ```
   */
  learn(arm: ArmId, context: Context | undefined, reward: number, options?: SharedOptions): void {
    const operation = 'Bandit.learn';
    check.number(operation, 'reward', reward);
    const raw = this.#put(operation, context, options, ['shared']);
    this.runtime.check(operation, raw.learn(this.numberOf(operation, 'arm', arm), reward));
  }

  /**
   * Carries what another bandit of this engine has learned, for the arms that both have, as a power prior: its data count
   * `weight` times. Its prior and its pending choices are not carried. `transfer` does it only where that helps.
   * O(arms dimension^3).
   *
   * @param weight - above 0 and at most 1
   * @returns how many arms both have
   * @throws RangeError `OPTION` (weight), `SHAPE` (another dimension); SublinearError `UNSUPPORTED` (shared features, a window
   *   here, rewards beyond 0 to 1 where that is what this policy takes), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { gaussianThompson } = await load();
   * using one = gaussianThompson({ arms: ['a', 'b'] });
   * for (let i = 0; i < 9; i++) one.learn('a', undefined, 4);
   * using two = gaussianThompson({ arms: ['a', 'c'] });
   * // A third of nine observations, and one of the prior: 12 / 4.
   * console.log(two.carry(one, 1 / 3), two.estimates().means[0]!.toFixed(6)); // 1 3.000000
   * ```
   */
  carry(from: Bandit, weight: number): number {
    const operation = 'Bandit.carry';
    const raw = this.use(operation);
    check.number(operation, 'weight', weight);
    if (!isInstance(from, Bandit) || from.runtime !== this.runtime)
      throw check.typeError(operation, 'from', 'Bandit of the same engine', from);
    const other = from.use(operation);
    let carried = 0;
    for (const [name, source] of from.names.numbers) {
      const arm = this.names.numbers.get(name);
      if (arm === undefined) continue;
      this.runtime.check(operation, raw.carry(arm, other, source, weight));
      carried++;
    }
    return carried;
  }

  /**
   * The probabilities with which each arm would be chosen now, in the order of `arms`. Exact, but for Thompson sampling of
   * three arms and more (`betaThompson`: two and more), where they are estimated with `samples` draws.
   *
   * @throws as {@link Bandit.choose}; SublinearError `STATE` (`samples` is 0)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { softmax } = await load();
   * using bandit = softmax({ arms: ['a', 'b'], temperature: 1 });
   * bandit.learn('a', undefined, 2);
   * console.log(bandit.probabilities()[0]!.toFixed(4)); // 0.7311
   * ```
   */
  probabilities(context?: Context, options?: LimitOptions): Float64Array<ArrayBuffer> {
    const operation = 'Bandit.probabilities';
    const { runtime } = this;
    this.#put(operation, context, options);
    const { eligible, cost } = options ?? {};
    return runtime.scratch(operation, (scratch) => {
      const slots = this.names.of.length;
      const [list, count, costs] = this.#limits(operation, scratch, eligible, cost);
      const out = scratch.f64(slots);
      runtime.check(operation, this.use(operation).probabilities(list, count, costs, out));
      return this.#inOrder(runtime.copyF64(out, slots));
    });
  }

  /**
   * What is known of each arm: the mean of its reward in this context and its standard deviation, as the policy believes them.
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE`, `RANGE` (context, shared)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { betaThompson } = await load();
   * using bandit = betaThompson({ arms: ['a', 'b'] });
   * bandit.learn('a', undefined, 1);
   * console.log(bandit.estimates().means); // Float64Array(2) [ 0.6666666666666666, 0.5 ]
   * ```
   */
  estimates(context?: Context, options?: SharedOptions): Estimates {
    const operation = 'Bandit.estimates';
    const { runtime } = this;
    this.#put(operation, context, options, ['shared']);
    return runtime.scratch(operation, (scratch) => {
      const slots = this.names.of.length;
      const out = scratch.f64(2 * slots);
      runtime.check(operation, this.use(operation).estimates(out));
      return {
        means: this.#inOrder(runtime.copyF64(out, slots)),
        deviations: this.#inOrder(runtime.copyF64(out + 8 * slots, slots)),
      };
    });
  }

  /**
   * The weights of an arm's linear model.
   *
   * @throws RangeError `INDEX`; SublinearError `UNSUPPORTED` (the policy has no linear model)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { linTs } = await load();
   * using bandit = linTs({ arms: ['a'], dimension: 2 });
   * bandit.learn('a', [1, 0], 4);
   * console.log(bandit.weights('a').own); // Float64Array(2) [ 2, 0 ]
   * ```
   */
  weights(arm: ArmId): Weights {
    const operation = 'Bandit.weights';
    const { runtime } = this;
    const raw = this.use(operation);
    const number = this.numberOf(operation, 'arm', arm);
    const { dimension, shared } = this.size(raw);
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.f64(dimension + shared);
      runtime.check(operation, raw.weights(number, out));
      return {
        own: runtime.copyF64(out, dimension),
        shared: runtime.copyF64(out + 8 * dimension, shared),
      };
    });
  }

  /** Checks options, and puts context and shared features where C reads them. */
  #put(
    operation: string,
    context: Context | undefined,
    options: ChooseOptions | undefined,
    keys: readonly (keyof ChooseOptions)[] = ['shared', 'eligible', 'cost'],
  ): RawBandit {
    const given = options === undefined ? undefined : check.options(operation, options, keys);
    const view = context === undefined ? NOTHING : realArray(operation, 'context', context);
    const features =
      given?.shared === undefined ? NOTHING : realArray(operation, 'shared', given.shared);
    // Lists run the code of their getters while they are read.
    const raw = this.use(operation);
    const { dimension, shared } = this.size(raw);
    if (view.length !== dimension)
      throw check.shapeError(operation, 'context', dimension, view.length);
    const count = this.names.numbers.size;
    if (features.length !== shared * count)
      throw check.shapeError(operation, 'shared', shared * count, features.length);
    if (dimension === 0) return raw;
    const at = this.places(raw).context / 8;
    const { f64 } = this.runtime;
    f64.set(view, at);
    for (let number = 0, i = 0; shared > 0 && number < this.names.of.length; number++) {
      if (this.names.of[number] === undefined) continue;
      f64.set(features.subarray(i, i + shared), at + dimension + number * shared);
      i += shared;
    }
    return raw;
  }

  /** Eligible arms and costs in C's memory: address, count, address. */
  #limits(
    operation: string,
    scratch: Scratch,
    eligible: unknown,
    cost: unknown,
  ): [number, number, number] {
    const { of, numbers } = this.names;
    let list = 0;
    let count = 0;
    if (eligible !== undefined) {
      if (!Array.isArray(eligible))
        throw check.typeError(operation, 'eligible', 'array of arms', eligible);
      const found = Array.from(eligible, (arm, i) =>
        this.numberOf(operation, `eligible[${i}]`, arm),
      );
      ({ address: list, length: count } = scratch.indices('eligible', found));
    }
    if (cost === undefined) return [list, count, 0];
    const costs = realArray(operation, 'cost', cost);
    if (costs.length !== numbers.size)
      throw check.shapeError(operation, 'cost', numbers.size, costs.length);
    const address = scratch.f64(of.length);
    let i = 0;
    for (const [number, name] of of.entries())
      this.runtime.f64[address / 8 + number] = name === undefined ? 0 : (costs[i++] as number);
    return [list, count, address];
  }

  /** Those of the last choice. A few numbers: a loop takes less time than a view of them and a copy would. */
  #scores(raw: RawBandit, into: ChooseOptions['into']): Float64Array<ArrayBuffer> {
    const { of } = this.names;
    const { scores } = this.places(raw);
    if (into === undefined) return this.#inOrder(this.runtime.copyF64(scores, of.length));
    const { f64 } = this.runtime;
    let i = 0;
    for (let number = 0; number < of.length; number++)
      if (of[number] !== undefined) into[i++] = f64[scores / 8 + number] as number;
    return into;
  }

  /** An array of one number for each place, without those of free places. */
  #inOrder(places: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const { of, numbers } = this.names;
    if (numbers.size === of.length) return places;
    return places.filter((_, number) => of[number] !== undefined);
  }

  /**
   * A bandit from the bytes that {@link Bandit.save} gave. Untrusted bytes are safe: what is wrong is an error, and what loads
   * can be used; that its weights were learned from rewards cannot be seen from the bytes.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { Bandit, ucb1 } = await load();
   * using bandit = ucb1({ arms: ['a', 'b'] });
   * using copy = Bandit.load(bandit.save());
   * console.log(copy.policy, copy.arms); // ucb1 [ 'a', 'b' ]
   * ```
   */
  static load(bytes: BytesSource): Bandit {
    const operation = 'Bandit.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, Bandit.#file(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { Bandit, ucb1 } = await load();
   * using bandit = ucb1({ arms: ['a', 'b'] });
   * using copy = await Bandit.loadAsync(new Blob([bandit.save()]).stream());
   * console.log(copy.arms.length); // 2
   * ```
   */
  static async loadAsync(bytes: AsyncBytesSource, options?: LoadAsyncOptions): Promise<Bandit> {
    const operation = 'Bandit.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, Bandit.#file(runtime, operation), given);
  }

  static #file(runtime: Runtime, operation: string): Loading<RawBandit, Bandit> {
    return {
      kind: 'BNDT',
      build: (reader) => runtime.raw.Bandit.load(reader),
      wrap(raw) {
        const bandit = adopt(runtime, operation, Bandit, raw);
        try {
          bandit.readNames(operation);
          return bandit;
        } catch (error) {
          bandit.dispose();
          throw error;
        }
      },
    };
  }
}

const NOTHING = new Float64Array(0);
