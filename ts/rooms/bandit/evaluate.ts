// Off-policy evaluation: what another policy would have earned on a log.
import { evaluationQuestion } from '../../generated/fields/bandit.js';
import { giveOver } from '../../runtime/fields.js';
import { isInstance } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Bandit } from './class.js';
import { type Log, type LogColumns, type LogRow, readLog } from './log.js';
import type { ArmId } from './options.js';

/** Ways of estimating the value of a policy from the log of another one. */
export type Method = 'ips' | 'snips' | 'clipped' | 'dm' | 'dr';

/** In the order of the C core. */
const METHODS: readonly Method[] = ['ips', 'snips', 'clipped', 'dm', 'dr'];

/**
 * The policy whose value is asked for:
 *
 * - `'uniform'`: every arm with the same probability
 * - an array: probabilities of the arms, the same for every row, or row after row
 * - a bandit: what it would choose now in each context of the log; its arms are those of the log
 * - a function of context and row that gives an arm, or the probabilities of all
 */
export type Target =
  | 'uniform'
  | RealArray
  | Bandit
  | ((context: Float64Array, row: number) => ArmId | RealArray);

export interface EvaluateOptions {
  /** Which estimates are made; all by default. */
  methods?: readonly Method[];
  /** Names of the arms, in the order in which probabilities have them; by default in the order in which the log has them. */
  arms?: readonly ArmId[];
  /** The largest weight of `clipped`; the square root of the number of rows by default. */
  clip?: number;
  /** Parts of the log for the models of `dm` and `dr`: a row is predicted by a model of the others. 5 by default. */
  folds?: number;
  /** Ridge penalty of these models, 1 by default. */
  ridge?: number;
  /** Samples of the bootstrap, 1,000 by default; 0: no intervals. */
  resamples?: number;
  /** Of the intervals, 0.95 by default. */
  confidence?: number;
  /** A whole number, 1 by default: folds and samples depend on it. */
  seed?: number;
}

/** What one method says. */
export interface Estimate {
  method: Method;
  /** Expected reward of a choice of the target; `null` when refused. */
  value: number | null;
  /** Its standard error. */
  stderr: number | null;
  /** Bootstrap interval; `null` also with `resamples: 0`. */
  interval: [number, number] | null;
  /** Effective sample size, (sum of weights)^2 / sum of squared weights: how many choices of the target the log is worth. */
  ess: number;
  /** The largest weight of a row: target probability / propensity. */
  maxWeight: number;
  /** The mean weight: near 1 where the log covers what the target does, below where it never tried that. */
  support: number;
  /** The effective sample size is below 30: the log says too little about the target, whatever the method. */
  refused?: 'support';
}

export interface Evaluation {
  /** Names of the arms, in the order in which probabilities have them. */
  arms: ArmId[];
  rows: number;
  /** One for each method, in the order in which they were asked for. */
  estimates: Estimate[];
}

/** The functions of this part of the room. */
export interface EvaluateFunctions {
  /**
   * Estimates what `target` would have earned on the choices of a log, from the probabilities with which these were made.
   *
   * - `ips` weighs each reward by target probability / propensity: unbiased, of large variance
   * - `snips` divides by the sum of the weights: a little bias, far less variance
   * - `clipped` bounds the weights: biased towards 0
   * - `dm` predicts rewards by a ridge regression for each arm: as good as the model
   * - `dr` corrects the model by the weighted errors it makes: unbiased, usually of the least variance
   *
   * A log that is worth fewer than 30 choices of the target is refused. O(rows (arms + folds dimension^2 + resamples)).
   *
   * Dudik, Langford, Li 2011, arXiv:1103.4601; Swaminathan, Joachims 2015.
   *
   * @throws TypeError; RangeError with the row as `position`: `RANGE` (a propensity that is missing, zero, or above 1;
   *   probabilities that do not sum to 1), `NOT_FINITE`, `INDEX`, `SHAPE`, `EMPTY`, `OPTION`; SublinearError `UNSUPPORTED` (the
   *   log has no propensities), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { epsilonGreedy, evaluate } = await load();
   * using logging = epsilonGreedy({ arms: ['a', 'b'], epsilon: 0.5 });
   * const log = Array.from({ length: 2000 }, () => {
   *   const { id, arm, propensity } = logging.choose();
   *   const reward = arm === 'b' ? 1 : 0;
   *   logging.reward(id, reward);
   *   return { action: arm, reward, propensity };
   * });
   * const { estimates } = evaluate(log, () => 'a', { methods: ['snips'] });
   * console.log(estimates[0]!.value); // 0
   * ```
   */
  evaluate(
    log: LogColumns | readonly LogRow[],
    target: Target,
    options?: EvaluateOptions,
  ): Evaluation;

  /**
   * {@link EvaluateFunctions.evaluate} in slices of about 8 ms that let other tasks run; a `target` that is a function or a
   * bandit is asked for all rows at the beginning.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { evaluateAsync } = await load();
   * const n = 500;
   * const log = {
   *   actions: Uint32Array.from({ length: n }, (_, i) => i % 2),
   *   rewards: Float64Array.from({ length: n }, (_, i) => i % 2),
   *   propensities: new Float64Array(n).fill(0.5),
   * };
   * const { estimates } = await evaluateAsync(log, [0.2, 0.8], { methods: ['ips'], resamples: 100 });
   * console.log(estimates[0]!.value!.toFixed(2)); // 0.80
   * ```
   */
  evaluateAsync(
    log: LogColumns | readonly LogRow[],
    target: Target,
    options?: EvaluateOptions & AsyncOptions<WorkProgress>,
  ): Promise<Evaluation>;
}

const KEYS = [
  'methods',
  'arms',
  'clip',
  'folds',
  'ridge',
  'resamples',
  'confidence',
  'seed',
] as const satisfies readonly (keyof EvaluateOptions)[];

/** Numbers that the C core gives for each method. */
const NUMBERS = 8;

/** @internal */
export function createEvaluation(runtime: Runtime): EvaluateFunctions {
  return {
    evaluate(log, target, options) {
      const operation = 'evaluate';
      runtime.assertAlive(operation);
      const given = check.options<EvaluateOptions>(operation, options, KEYS);
      const freed: { delete(): void }[] = [];
      try {
        return runNow(runtime, operation, {}, (call) =>
          begin(call, log, target, given, (raw) => freed.push(raw)),
        );
      } finally {
        if (runtime.alive) for (const raw of freed) raw.delete();
      }
    },
    async evaluateAsync(log, target, options) {
      const operation = 'evaluateAsync';
      runtime.assertAlive(operation);
      const { signal, onProgress, ...given } = check.options<
        EvaluateOptions & AsyncOptions<WorkProgress>
      >(operation, options, [...KEYS, ...asyncKeys]);
      const control = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
      const freed: { delete(): void }[] = [];
      try {
        return await runLater(runtime, operation, control, (call) =>
          begin(call, log, target, given, (raw) => freed.push(raw)),
        );
      } finally {
        if (runtime.alive) for (const raw of freed) raw.delete();
      }
    },
  };
}

function begin(
  { runtime, operation, scratch }: Call<object>,
  given: unknown,
  target: unknown,
  options: EvaluateOptions,
  keep: (raw: { delete(): void }) => void,
): Begun<WorkProgress, Evaluation> {
  const asked = methodsOf(operation, options.methods);
  const { clip } = options;
  for (const name of ['clip', 'ridge', 'confidence'] as const)
    if (options[name] !== undefined) check.number(operation, name, options[name]);
  if (clip !== undefined && !(clip > 0))
    throw check.rangeError(operation, 'clip', 'number > 0', clip);
  for (const name of ['folds', 'resamples'] as const)
    if (options[name] !== undefined) check.integer(operation, name, options[name]);
  if (options.seed !== undefined)
    check.integer(operation, 'seed', options.seed, 0, Number.MAX_SAFE_INTEGER);
  const log = readLog(operation, given, armsOf(operation, options.arms, target));
  const probabilities = readTarget(operation, target, log);
  const chosen = scratch.indices('actions', log.chosen);
  const rewards = scratch.doubles('rewards', log.rewards);
  const propensities = scratch.doubles('propensities', log.propensities);
  const contexts = scratch.doubles('contexts', log.contexts);
  const asks = scratch.doubles('target', probabilities);
  const { arms, dimension } = log;
  const rows = log.rewards.length;
  const question = giveOver(
    runtime,
    evaluationQuestion,
    (at) => runtime.raw.evaluationDefaults(at),
    {
      rows,
      arms: arms.length,
      dimension,
      actions: chosen.address,
      rewards: rewards.address,
      propensities: propensities.address,
      contexts: dimension > 0 ? contexts.address : 0,
      target: asks.address,
      targetRows: probabilities.length === arms.length ? 1 : rows,
      methods: asked.reduce((bits, method) => bits | (1 << METHODS.indexOf(method)), 0),
      clip,
      folds: options.folds,
      ridge: options.ridge,
      resamples: options.resamples,
      confidence: options.confidence,
      seed: options.seed,
    },
  );
  const raw = runtime.made(operation, runtime.raw.Evaluation.create(question));
  keep(raw);
  return {
    raw,
    holds: [],
    result() {
      const out = scratch.f64(NUMBERS * METHODS.length);
      runtime.check(operation, raw.read(out));
      const numbers = runtime.copyF64(out, NUMBERS * METHODS.length);
      return { arms, rows, estimates: asked.map((method) => estimateOf(method, numbers)) };
    },
  };
}

function estimateOf(method: Method, numbers: Float64Array): Estimate {
  const at = NUMBERS * METHODS.indexOf(method);
  const [value, stderr, low, high, ess, maxWeight, support, refused] = numbers.subarray(
    at,
    at + NUMBERS,
  ) as unknown as [number, number, number, number, number, number, number, number];
  const known = (number: number) => (Number.isNaN(number) ? null : number);
  return {
    method,
    value: known(value),
    stderr: known(stderr),
    interval: Number.isNaN(low) ? null : [low, high],
    ess,
    maxWeight,
    support,
    ...(refused === 1 && { refused: 'support' }),
  };
}

function methodsOf(operation: string, methods: unknown): Method[] {
  if (methods === undefined) return [...METHODS];
  if (!Array.isArray(methods)) throw check.typeError(operation, 'methods', 'array', methods);
  const known = Object.fromEntries(METHODS.map((method) => [method, method]));
  return Array.from(methods, (method, i) =>
    check.choice(operation, `methods[${i}]`, method, known),
  );
}

function armsOf(operation: string, arms: unknown, target: unknown): readonly ArmId[] | undefined {
  if (arms === undefined) return isInstance(target, Bandit) ? target.arms : undefined;
  if (!Array.isArray(arms)) throw check.typeError(operation, 'arms', 'array', arms);
  const list = Array.from(arms as readonly unknown[], (arm, i): ArmId => {
    if (typeof arm !== 'string' && typeof arm !== 'number')
      throw check.typeError(operation, `arms[${i}]`, 'string or number', arm);
    return arm;
  });
  if (new Set(list).size !== list.length)
    throw check.rangeError(operation, 'arms', 'each name once', arms);
  return list;
}

/** Probabilities of the target: of one row for all, or of each. */
function readTarget(operation: string, target: unknown, log: Log): Float64Array | Float32Array {
  const count = log.arms.length;
  const rows = log.rewards.length;
  if (target === 'uniform') return new Float64Array(count).fill(1 / count);
  const asks = isInstance(target, Bandit) ? banditOf(operation, target, log) : target;
  if (typeof asks !== 'function') {
    const given = realArray(operation, 'target', asks);
    if (given.length !== count && given.length !== count * rows)
      throw check.shapeError(operation, 'target', count, given.length);
    return given;
  }
  const numbers = new Map(log.arms.map((arm, i) => [arm, i]));
  const all = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) {
    const context = Float64Array.from(
      log.contexts.subarray(i * log.dimension, (i + 1) * log.dimension),
    );
    const answer: unknown = asks(context, i);
    if (typeof answer === 'string' || typeof answer === 'number') {
      const arm = numbers.get(answer);
      if (arm === undefined)
        throw check.rangeError(operation, `target(row ${i})`, 'one of the arms of the log', answer);
      all[i * count + arm] = 1;
      continue;
    }
    const row = realArray(operation, `target(row ${i})`, answer);
    if (row.length !== count)
      throw check.shapeError(operation, `target(row ${i})`, count, row.length);
    all.set(row, i * count);
  }
  return all;
}

/** A bandit as a function: its probabilities in the order of the log's arms. */
function banditOf(operation: string, bandit: Bandit, log: Log) {
  const { arms } = bandit;
  const places = log.arms.map((arm) => arms.indexOf(arm));
  if (arms.length !== log.arms.length || places.includes(-1))
    throw check.rangeError(operation, 'target', 'a bandit with the arms of the log', bandit);
  const plain = bandit.dimension === 0;
  return (context: Float64Array) => {
    const probabilities = bandit.probabilities(plain ? undefined : context);
    return Float64Array.from(places, (place) => probabilities[place] as number);
  };
}
