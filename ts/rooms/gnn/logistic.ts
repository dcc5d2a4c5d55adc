// Classes from features: multinomial logistic regression.

import type { OutcomeName } from '../../generated/codes.js';
import type { Logistic as RawLogistic } from '../../generated/raw/learning.js';
import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { mostProbable } from './smoothing.js';

/** Options of `LogisticRegression.fit`. */
export interface LogisticOptions {
  /** Number of classes. The largest label and one by default, at least 2. */
  classes?: number;
  /** Penalty: l2 / 2 times the sum of all squared weights is added to the mean loss. >= 0, 0.001 by default. */
  l2?: number;
  /** How much a sample of each class counts, numbers > 0. 1 each by default. */
  classWeights?: RealArray;
  /** Whether classes have a constant, which is not penalised. `true` by default. */
  intercept?: boolean;
  /** At least 1; 500 by default. */
  maxIterations?: number;
  /** The fit ends when no entry of the gradient is larger, > 0. 1e-6 by default. */
  tolerance?: number;
  /** Milliseconds; then the fit is what was reached. No limit by default. */
  maxTimeMs?: number;
}

/** What `LogisticRegression.predict` gives. */
export interface Prediction {
  /** The most probable class of each row, the smallest of several. */
  labels: Uint32Array<ArrayBuffer>;
  /** `classes` numbers a row, row after row; each row adds up to 1. */
  probabilities: Float64Array<ArrayBuffer>;
}

const keys = [
  'classes',
  'l2',
  'classWeights',
  'intercept',
  'maxIterations',
  'tolerance',
  'maxTimeMs',
] as const;

/**
 * A classifier: the probability of a class is the softmax of a weighted sum of the features. Made by
 * `LogisticRegression.fit`.
 */
export class LogisticRegression extends WasmObject<RawLogistic> {
  /**
   * Fits the weights to samples by L-BFGS: the one minimum of the mean loss and the penalty. The same samples give the same
   * bits. O(rows * columns * classes) a pass, usually 20 to 200 of them.
   *
   * Liu, Nocedal 1989, doi:10.1007/BF01589116.
   *
   * @param features - as many numbers for each sample, sample after sample
   * @param labels - the class of each sample, 0 .. classes - 1
   * @throws RangeError `EMPTY`, `SHAPE`, `NOT_FINITE` (features), `INDEX` (labels), `NOT_POSITIVE` (classWeights), `OPTION`;
   *   SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * // One feature: small for class 0, large for class 1.
   * using model = LogisticRegression.fit([0.1, 0.2, 0.9, 1.1], [0, 0, 1, 1]);
   * console.log(model.predict([0, 1]).labels, model.outcome); // Uint32Array(2) [ 0, 1 ] converged
   * ```
   */
  static fit(
    features: RealArray,
    labels: IndexArray,
    options?: LogisticOptions,
  ): LogisticRegression {
    const operation = 'LogisticRegression.fit';
    const runtime = runtimeOf(this, operation);
    const given = check.options<LogisticOptions>(operation, options, keys);
    const made = make(this, operation, features, labels, given);
    return runMade(made, () =>
      runNow(runtime, operation, timeOf(given), () => begunMaking(made, operation)),
    );
  }

  /**
   * `LogisticRegression.fit` in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * using model = await LogisticRegression.fitAsync([0.1, 0.2, 0.9, 1.1], [0, 0, 1, 1]);
   * console.log(model.classes, model.columns); // 2 1
   * ```
   */
  static async fitAsync(
    features: RealArray,
    labels: IndexArray,
    options?: LogisticOptions & AsyncOptions<WorkProgress>,
  ): Promise<LogisticRegression> {
    const operation = 'LogisticRegression.fitAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options<LogisticOptions & AsyncOptions<WorkProgress>>(operation, options, [
      ...keys,
      ...asyncKeys,
    ]);
    const { signal, onProgress } = given;
    const control = {
      ...timeOf(given),
      ...(signal !== undefined && { signal }),
      ...(onProgress !== undefined && { onProgress }),
    };
    const made = make(this, operation, features, labels, given);
    return runMadeAsync(made, () =>
      runLater(runtime, operation, control, () => begunMaking(made, operation)),
    );
  }

  /** Numbers a row of features. */
  get columns(): number {
    return this.#numbers('LogisticRegression.columns')[6] as number;
  }

  /** Number of classes. */
  get classes(): number {
    return this.#numbers('LogisticRegression.classes')[7] as number;
  }

  /** Mean loss of the samples, and the penalty. `Infinity` when time ran out before the first pass. */
  get loss(): number {
    return this.#numbers('LogisticRegression.loss')[3] as number;
  }

  /**
   * The certificate: the largest entry of the gradient at the end, which is 0 at the minimum. The loss is convex: there is
   * no other minimum.
   */
  get gradient(): number {
    return this.#numbers('LogisticRegression.gradient')[4] as number;
  }

  /** Iterations that were made. */
  get iterations(): number {
    return this.#numbers('LogisticRegression.iterations')[5] as number;
  }

  /** `'converged'`, `'stagnated'` (rounding leaves no way down), `'iterationLimit'` or `'timeLimit'`. */
  get outcome(): OutcomeName {
    return this.runtime.outcome(this.#numbers('LogisticRegression.outcome')[0] as number);
  }

  /**
   * The fitted numbers: for each class its weights and, last, its constant. A copy. O(classes * columns).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * using model = LogisticRegression.fit([0, 1], [0, 1]);
   * console.log(model.parameters().length); // 4
   * ```
   */
  parameters(): Float64Array<ArrayBuffer> {
    const numbers = this.#numbers('LogisticRegression.parameters');
    const [, , address, , , , columns, classes] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return this.runtime.copyF64(address, classes * (columns + 1));
  }

  /**
   * Classes of rows of features, with their probabilities. O(rows * columns * classes).
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE` (features); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * using model = LogisticRegression.fit([0, 0, 1, 1], [0, 0, 1, 1], { l2: 0.1 });
   * const { probabilities } = model.predict([0.5]);
   * console.log(probabilities[0]!.toFixed(6), probabilities[1]!.toFixed(6)); // 0.500000 0.500000
   * ```
   */
  predict(features: RealArray): Prediction {
    const operation = 'LogisticRegression.predict';
    const { runtime } = this;
    const { columns, classes } = this;
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('features', features);
      if (length === 0 || length % columns !== 0)
        throw check.shapeError(operation, 'features', columns, length);
      const rows = length / columns;
      const at = scratch.f64(rows * classes);
      runtime.check(operation, this.use(operation).predict(rows, address, at));
      const probabilities = runtime.copyF64(at, rows * classes);
      const labels = mostProbable(probabilities, classes);
      return { labels, probabilities };
    });
  }

  /**
   * The regression as bytes: `LogisticRegression.load` takes them, in every engine and on every machine.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * using model = LogisticRegression.fit([0, 1], [0, 1]);
   * using again = LogisticRegression.load(model.save());
   * console.log(again.classes); // 2
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'LogisticRegression.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.Logistic.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB, so that the whole file is never in memory.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * using model = LogisticRegression.fit([0, 1], [0, 1]);
   * let bytes = 0;
   * for (const piece of model.saveInPieces()) bytes += piece.length;
   * console.log(bytes === model.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'LogisticRegression.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.Logistic.save(use()), use);
  }

  /**
   * A regression from the bytes that `LogisticRegression.save` gave. Untrusted bytes are safe: what is wrong is an error.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * using model = LogisticRegression.fit([0, 1], [0, 1]);
   * using again = LogisticRegression.load(model.saveInPieces());
   * console.log(again.classes); // 2
   * ```
   */
  static load(bytes: BytesSource): LogisticRegression {
    const operation = 'LogisticRegression.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, modelFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { LogisticRegression } = await load();
   * using model = LogisticRegression.fit([0, 1], [0, 1]);
   * using again = await LogisticRegression.loadAsync(new Blob([model.save()]).stream());
   * console.log(again.classes); // 2
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<LogisticRegression> {
    const operation = 'LogisticRegression.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, modelFile(runtime, operation), given);
  }

  /** @internal */
  protected override facts() {
    const { classes, columns, outcome } = this;
    return { classes, columns, outcome };
  }

  #numbers(operation: string): number[] {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(8);
      runtime.check(operation, this.use(operation).read(at));
      return Array.from(runtime.copyF64(at, 8));
    });
  }
}

const timeOf = ({ maxTimeMs }: LogisticOptions) => (maxTimeMs === undefined ? {} : { maxTimeMs });

function modelFile(runtime: Runtime, operation: string): Loading<RawLogistic, LogisticRegression> {
  return {
    kind: 'LREG',
    build: (reader) => runtime.raw.Logistic.load(reader),
    wrap: (raw) => adopt(runtime, operation, LogisticRegression, raw),
  };
}

function make(
  owner: typeof LogisticRegression,
  operation: string,
  features: RealArray,
  labels: IndexArray,
  given: LogisticOptions,
): LogisticRegression {
  const runtime = runtimeOf(owner, operation);
  const { intercept = true, classWeights } = given;
  const settings = [
    check.number(operation, 'l2', given.l2 ?? 0.001),
    check.number(operation, 'maxIterations', given.maxIterations ?? 500),
    check.number(operation, 'tolerance', given.tolerance ?? 1e-6),
    Number(check.boolean(operation, 'intercept', intercept)),
    0,
    0,
    0,
    0,
  ];
  return runtime.scratch(operation, (scratch) => {
    const classOf = scratch.indices('labels', labels);
    const rows = classOf.length;
    const x = scratch.floats('features', features);
    if (rows === 0 || x.length === 0 || x.length % rows !== 0)
      throw check.shapeError(operation, 'features', Math.max(1, rows), x.length);
    const largest = runtime
      .copyU32(classOf.address, rows)
      .reduce((most, label) => Math.max(most, label), 1);
    const classes = check.integer(operation, 'classes', given.classes ?? largest + 1, 2, 1 << 24);
    const weights = classWeights && scratch.doubles('classWeights', classWeights);
    if (weights && weights.length !== classes)
      throw check.shapeError(operation, 'classWeights', classes, weights.length);
    const at = scratch.f64(settings.length);
    runtime.f64.set(settings, at / 8);
    const made = runtime.raw.Logistic.create(
      rows,
      x.length / rows,
      classes,
      x.address,
      classOf.address,
      weights?.address ?? 0,
      at,
    );
    return adopt(runtime, operation, LogisticRegression, made);
  });
}
