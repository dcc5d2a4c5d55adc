// What routers take: options as users know them, and as the C core does.
import { routerQuestion } from '../../generated/fields/router.js';
import type { Router as RawRouter } from '../../generated/raw/learning.js';
import { giveOver } from '../../runtime/fields.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray, type Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

/** What a vector is scored by. */
export type Scorer = 'similarity' | 'ridge' | 'logistic' | 'fastgrnn';

/** How scores become probabilities or gains. */
export type Calibration = 'none' | 'temperature' | 'isotonic';

/** @internal */
export const scorers: readonly Scorer[] = ['similarity', 'ridge', 'logistic', 'fastgrnn'];
/** @internal */
export const calibrations: readonly Calibration[] = ['none', 'temperature', 'isotonic'];

/** Options of both routers. */
export interface LearningOptions {
  /**
   * Share of the examples that is held out for the calibration, for thresholds and sets: 0 to 0.9, 0.25 by default, 65,536
   * examples at most. Where that is fewer than 10 and no calibration is asked for, all examples are learned from.
   */
  holdout?: number;
  /** Penalty, `l2` / 2 times the sum of squared weights beside the mean loss; 0.001 by default. */
  l2?: number;
  /** Iterations of `logistic`, passes over the examples of `fastgrnn`; 300 by default. */
  iterations?: number;
  /** `fastgrnn`: numbers of its state, 1 to 1024; 16 by default. */
  hidden?: number;
  /** `fastgrnn`: rank of its two matrices; 0, the default, for full ones. */
  rank?: number;
  /** `fastgrnn`: the vector is a sequence of so many equal parts, a divisor of its length; 1 by default. */
  steps?: number;
  /** `fastgrnn`: of Adam, above 0 and at most 1; it falls to a hundredth. 0.01 by default. */
  learningRate?: number;
  /** Of what is held out, of first weights and of the order of examples; 1 by default. */
  seed?: number;
}

export interface SemanticOptions extends LearningOptions {
  /**
   * `similarity` (the default): the mean cosine of the `neighbours` most similar examples of a route; new routes need a few
   * examples only. `ridge`, `logistic`: linear, in O(routes * dimension) whatever the number of examples. `fastgrnn`: a gated
   * recurrent network.
   */
  scorer?: Scorer;
  /** `similarity`: how many examples of a route count, 1 to 64; 5 by default. */
  neighbours?: number;
  /**
   * How scores become probabilities. By default `isotonic` from 50 held-out examples on, `temperature` from 10 on, otherwise
   * `none`: probabilities are a softmax then that nothing has tested.
   */
  calibrate?: Calibration;
}

export interface ModelOptions extends LearningOptions {
  /** `ridge` by default. */
  scorer?: 'ridge' | 'fastgrnn';
  /** By default `isotonic` from 50 held-out examples on, otherwise `none`. */
  calibrate?: 'none' | 'isotonic';
}

const learningKeys = [
  'holdout',
  'l2',
  'iterations',
  'hidden',
  'rank',
  'steps',
  'learningRate',
  'seed',
  'scorer',
  'calibrate',
] as const;
/** @internal */
export const semanticKeys = [...learningKeys, 'neighbours', 'embed'] as const;
/** @internal */
export const modelKeys = [...learningKeys, 'embed'] as const;

/** @internal Vectors one after another. */
export interface Rows {
  numbers: Float32Array;
  dimension: number;
  count: number;
}

/** @internal The rows of arrays of the same length. */
export function rowsOf(operation: string, argument: string, vectors: readonly RealArray[]): Rows {
  let dimension = 0;
  // How many there are is known when they have been read.
  const rows = Array.from(vectors, (vector, i) => {
    const row = Float32Array.from(realArray(operation, `${argument}[${i}]`, vector));
    if (i === 0) dimension = row.length;
    if (row.length !== dimension)
      throw check.shapeError(operation, `${argument}[${i}]`, dimension, row.length);
    return row;
  });
  const numbers = new Float32Array(dimension * rows.length);
  for (const [i, row] of rows.entries()) numbers.set(row, i * dimension);
  return { numbers, dimension, count: rows.length };
}

/** @internal The C object, whose job is to be run. */
export function begin(
  runtime: Runtime,
  operation: string,
  scratch: Scratch,
  rows: Rows,
  routes: number,
  examples: { labels: Uint32Array } | { values: Float32Array },
  given: SemanticOptions,
): RawRouter | null {
  const { scorer, calibrate, seed } = given;
  for (const name of ['holdout', 'l2', 'learningRate'] as const)
    if (given[name] !== undefined) check.number(operation, name, given[name]);
  for (const name of ['iterations', 'hidden', 'rank', 'steps', 'neighbours'] as const)
    if (given[name] !== undefined) check.integer(operation, name, given[name]);
  if (seed !== undefined) check.integer(operation, 'seed', seed);
  const word = <T extends string>(name: string, value: T | undefined, all: readonly T[]) =>
    value === undefined
      ? undefined
      : check.choice(operation, name, value, Object.fromEntries(all.map((one, i) => [one, i])));
  const known = {
    scorer: word('scorer', scorer, scorers),
    calibration: word('calibrate', calibrate, calibrations),
  };
  const vectors = scratch.floats('vectors', rows.numbers);
  const labels = 'labels' in examples ? scratch.indices('labels', examples.labels).address : 0;
  const values = 'values' in examples ? scratch.floats('values', examples.values).address : 0;
  const question = giveOver(runtime, routerQuestion, (at) => runtime.raw.routerDefaults(at), {
    examples: rows.count,
    dimension: rows.dimension,
    routes,
    vectors: vectors.address,
    labels,
    values,
    ...known,
    holdout: given.holdout,
    neighbours: given.neighbours,
    l2: given.l2,
    iterations: given.iterations,
    hidden: given.hidden,
    rank: given.rank,
    steps: given.steps,
    learningRate: given.learningRate,
    seed,
  });
  return runtime.raw.Router.create(question);
}
