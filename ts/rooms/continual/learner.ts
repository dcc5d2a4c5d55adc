// A network that goes on learning.
import { learnerResult } from '../../generated/fields/continual.js';
import type { Learner as RawLearner } from '../../generated/raw/training.js';
import { runtimeOf } from '../../runtime/bind.js';
import { take } from '../../runtime/fields.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
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
import { examples, learnerKeys, learnKeys, make } from './given.js';
import { type Answers, LearnerState } from './state.js';
import type {
  Evaluation,
  Learned,
  LearnerOptions,
  LearnOptions,
  LimitedOptions,
  Prediction,
  Review,
  ReviewOptions,
} from './types.js';

/** There is no time limit: half an answer is none. */
type Whole = { maxTimeMs?: never };

/**
 * A small dense network that learns from examples as they come. What came earlier is kept by replay (a seeded uniform sample
 * of all examples), by elastic weight consolidation and by distillation; the weights themselves by checkpoints with their
 * loss on held-out examples, to which it can go back. The same options, seed and calls give the same bits everywhere.
 *
 * Replay: Chaudhry et al. 2019, arXiv:1902.10486. EWC: Kirkpatrick et al. 2017, doi:10.1073/pnas.1611835114. Distillation:
 * Li, Hoiem 2016, arXiv:1606.09282. Balanced loss: Ren et al. 2020, arXiv:2007.10740. Reptile: Nichol et al. 2018,
 * arXiv:1803.02999.
 */
export class ContinualLearner extends LearnerState {
  /**
   * A network with seeded random weights.
   *
   * @throws RangeError `OPTION`; SublinearError `OVERFLOW` (too large), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 4, outputs: 3, hidden: [8], replay: { perClass: 20 } });
   * console.log(learner.parameterCount); // 67
   * ```
   */
  static create(options: LearnerOptions): ContinualLearner {
    const operation = 'ContinualLearner.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options<LearnerOptions>(operation, options, learnerKeys);
    return adopt(runtime, operation, ContinualLearner, make(runtime, operation, given));
  }

  // --- learning -------------------------------------------------------------------------------------------------------

  #begin<Options extends LimitedOptions | Whole, Result>(
    { runtime, operation, options, scratch }: Call<Options>,
    method: 'learn' | 'consolidate' | 'evaluate' | 'predict',
    inputs: RealArray,
    answers: Answers | undefined,
    read: () => Result,
  ): Begun<WorkProgress, Result> {
    const raw = this.use(operation);
    if (answers === undefined && (method === 'learn' || method === 'evaluate'))
      throw check.typeError(operation, 'answers', 'array', answers);
    const shape = this.numbers(operation);
    const question = examples(runtime, operation, scratch, shape, inputs, answers, options);
    runtime.check(operation, raw[method](question()));
    return { raw, holds: [this], result: read, stopped: true };
  }

  #result(operation: string) {
    const { runtime } = this;
    runtime.check(operation, this.use(operation).result(runtime.out));
    const { outcome, ...numbers } = take(runtime, learnerResult);
    return { outcome: runtime.outcome(outcome), ...numbers };
  }

  /**
   * Learns from examples, beside which it replays earlier ones; they are offered to the memory afterwards.
   * O(epochs * (rows + replayed rows) * parameters).
   *
   * @param inputs - `inputs` numbers for each example, one after another
   * @param answers - a class for each, 0 to `outputs` - 1, or with the squared loss `outputs` numbers
   * @throws RangeError `RANGE` (not a multiple of `inputs`), `SHAPE` (answers), `NOT_FINITE` (also above 10^6), `INDEX` (a
   *   class), `EMPTY`, `OPTION`; SublinearError `MEMORY`. Nothing has changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 1, loss: 'squared', learningRate: 0.1 });
   * learner.learn([0, 1, 2, 3], [1, 3, 5, 7], { epochs: 300 });
   * console.log(Math.round(learner.predict([10]).values[0]!)); // 21
   * ```
   */
  learn(inputs: RealArray, answers: Answers, options?: LearnOptions): Learned {
    const operation = 'ContinualLearner.learn';
    const given = check.options<LearnOptions>(operation, options, learnKeys);
    return runNow(this.runtime, operation, given, (call) =>
      this.#beginLearning(call, inputs, answers),
    );
  }

  /**
   * {@link ContinualLearner.learn} in slices of about 8 ms that let other tasks run. The learner is busy meanwhile. After an
   * abort it has learned from the examples so far.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2 });
   * const { rows, outcome } = await learner.learnAsync([1, 0, 0, 1], [0, 1], { maxTimeMs: 1000 });
   * console.log(rows, outcome); // 2 converged
   * ```
   */
  async learnAsync(
    inputs: RealArray,
    answers: Answers,
    options?: LearnOptions & AsyncOptions<WorkProgress>,
  ): Promise<Learned> {
    const operation = 'ContinualLearner.learnAsync';
    const keys = [...learnKeys, ...asyncKeys];
    const given = check.options<LearnOptions & AsyncOptions<WorkProgress>>(
      operation,
      options,
      keys,
    );
    return runLater(this.runtime, operation, given, (call) =>
      this.#beginLearning(call, inputs, answers),
    );
  }

  #beginLearning(call: Call<LearnOptions>, inputs: RealArray, answers: Answers) {
    return this.#begin(call, 'learn', inputs, answers, (): Learned => {
      const { accuracy: _, ...learned } = this.#result(call.operation);
      return learned;
    });
  }

  /**
   * Takes what was learned as what is to be kept: the weights become the anchor of elastic weight consolidation with the
   * Fisher information on these inputs, and the network of which distillation keeps the answers. To be called after each
   * task. Answers are not wanted: the Fisher information is that of the network's own answers. O(rows * parameters).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2, ewc: 100 });
   * learner.learn([1, 0, 0, 1], [0, 1]);
   * learner.consolidate([1, 0, 0, 1]);
   * console.log(learner.fisher().length); // 6
   * ```
   */
  consolidate(inputs: RealArray): void {
    const operation = 'ContinualLearner.consolidate';
    const none: Whole = {};
    runNow(this.runtime, operation, none, (call) =>
      this.#begin(call, 'consolidate', inputs, undefined, () => undefined),
    );
  }

  /**
   * {@link ContinualLearner.consolidate} in slices. An abort leaves everything as it was.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 2, ewc: 100 });
   * learner.learn([1, 0], [0, 1]);
   * await learner.consolidateAsync([1, 0], { signal: AbortSignal.timeout(5000) });
   * console.log(learner.fisher().length); // 4
   * ```
   */
  async consolidateAsync(inputs: RealArray, options?: AsyncOptions<WorkProgress>): Promise<void> {
    const operation = 'ContinualLearner.consolidateAsync';
    const given: AsyncOptions<WorkProgress> & Whole = check.options(operation, options, asyncKeys);
    await runLater(this.runtime, operation, given, (call) =>
      this.#begin(call, 'consolidate', inputs, undefined, () => undefined),
    );
  }

  /**
   * Loss and accuracy on examples, from which nothing is learned. O(rows * parameters).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2, learningRate: 0.1 });
   * learner.learn([1, 0, 0, 1], [0, 1], { epochs: 20 });
   * console.log(learner.evaluate([3, 0, 0, 3], [0, 1]).accuracy); // 1
   * ```
   */
  evaluate(inputs: RealArray, answers: Answers, options?: LimitedOptions): Evaluation {
    const operation = 'ContinualLearner.evaluate';
    const given = check.options<LimitedOptions>(operation, options, ['maxTimeMs']);
    return runNow(this.runtime, operation, given, (call) =>
      this.#beginEvaluation(call, inputs, answers),
    );
  }

  /**
   * {@link ContinualLearner.evaluate} in slices.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 1, loss: 'squared' });
   * console.log((await learner.evaluateAsync([0], [2])).loss); // 2
   * ```
   */
  async evaluateAsync(
    inputs: RealArray,
    answers: Answers,
    options?: LimitedOptions & AsyncOptions<WorkProgress>,
  ): Promise<Evaluation> {
    const operation = 'ContinualLearner.evaluateAsync';
    const given = check.options<LimitedOptions & AsyncOptions<WorkProgress>>(operation, options, [
      'maxTimeMs',
      ...asyncKeys,
    ]);
    return runLater(this.runtime, operation, given, (call) =>
      this.#beginEvaluation(call, inputs, answers),
    );
  }

  #beginEvaluation(call: Call<LimitedOptions>, inputs: RealArray, answers: Answers) {
    return this.#begin(call, 'evaluate', inputs, answers, (): Evaluation => {
      const { updates: _, ...measured } = this.#result(call.operation);
      return measured;
    });
  }

  /**
   * Answers to examples. O(rows * parameters).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 3, learningRate: 0.1 });
   * learner.learn([1, 0, 0, 1], [0, 2], { epochs: 20 });
   * const { values, labels } = learner.predict([0, 1]);
   * console.log(labels[0], values[1]); // 2 0
   * ```
   */
  predict(inputs: RealArray): Prediction {
    const operation = 'ContinualLearner.predict';
    const none: Whole = {};
    return runNow(this.runtime, operation, none, (call) => this.#beginPrediction(call, inputs));
  }

  /**
   * {@link ContinualLearner.predict} in slices.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 2 });
   * console.log((await learner.predictAsync([1, 2, 3])).labels.length); // 3
   * ```
   */
  async predictAsync(inputs: RealArray, options?: AsyncOptions<WorkProgress>): Promise<Prediction> {
    const operation = 'ContinualLearner.predictAsync';
    const given: AsyncOptions<WorkProgress> & Whole = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, (call) => this.#beginPrediction(call, inputs));
  }

  #beginPrediction(call: Call<Whole>, inputs: RealArray) {
    const { outputs, loss } = this.numbers(call.operation);
    return this.#begin(call, 'predict', inputs, undefined, (): Prediction => {
      const values = this.array(call.operation, 'answers', outputs);
      const rows = loss === 0 ? values.length / outputs : 0;
      const labels = new Uint32Array(rows);
      for (let i = 0; i < rows; i++) {
        let best = i * outputs;
        for (let k = best + 1; k < (i + 1) * outputs; k++)
          if ((values[k] as number) > (values[best] as number)) best = k;
        labels[i] = best - i * outputs;
      }
      return { values, labels };
    });
  }

  /**
   * Measures the network on held-out examples, and goes back to the best checkpoint where the loss has become larger than
   * (1 + `tolerance`) times its; otherwise the weights are kept as a checkpoint.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 1, loss: 'squared', learningRate: 0.1 });
   * learner.learn([0, 1, 2], [0, 1, 2], { epochs: 200 });
   * console.log(learner.review([3], [3]).rolledBack); // false
   * learner.learn([0, 1, 2], [9, 9, 9], { epochs: 20 });
   * console.log(learner.review([3], [3]).rolledBack); // true
   * ```
   */
  review(inputs: RealArray, answers: Answers, options?: ReviewOptions): Review {
    const operation = 'ContinualLearner.review';
    const tolerance = toleranceOf(operation, options);
    return this.#judge(this.evaluate(inputs, answers), tolerance);
  }

  /**
   * {@link ContinualLearner.review} in slices.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 2 });
   * learner.learn([1, 2], [0, 1]);
   * console.log((await learner.reviewAsync([1], [0])).checkpoint.id); // 1
   * ```
   */
  async reviewAsync(
    inputs: RealArray,
    answers: Answers,
    options?: ReviewOptions & AsyncOptions<WorkProgress>,
  ): Promise<Review> {
    const operation = 'ContinualLearner.reviewAsync';
    const { tolerance, ...control } = check.options<ReviewOptions & AsyncOptions<WorkProgress>>(
      operation,
      options,
      ['tolerance', ...asyncKeys],
    );
    const share = toleranceOf(operation, tolerance === undefined ? {} : { tolerance });
    return this.#judge(await this.evaluateAsync(inputs, answers, control), share);
  }

  #judge(measured: Evaluation, tolerance: number): Review {
    const losses = this.checkpoints().map(({ loss }) => loss);
    const best = Math.min(...losses);
    // A loss that is not finite is no reason to stay either.
    const rolledBack = losses.length > 0 && !(measured.loss <= best + tolerance * Math.abs(best));
    const checkpoint = rolledBack ? this.rollback() : this.checkpoint(measured.loss);
    return { ...measured, rolledBack, checkpoint };
  }

  /**
   * A learner from the bytes that {@link ContinualLearner.save} gave. Untrusted bytes are safe: what is wrong is an error.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2 });
   * using again = ContinualLearner.load(learner.save());
   * console.log(again.parameterCount); // 6
   * ```
   */
  static load(bytes: BytesSource): ContinualLearner {
    const operation = 'ContinualLearner.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, file(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2 });
   * using again = await ContinualLearner.loadAsync(new Blob([learner.save()]).stream());
   * console.log(again.parameterCount); // 6
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<ContinualLearner> {
    const operation = 'ContinualLearner.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options<LoadAsyncOptions>(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, file(runtime, operation), given);
  }
}

function file(runtime: Runtime, operation: string): Loading<RawLearner, ContinualLearner> {
  return {
    kind: 'CLRN',
    build: (reader) => runtime.raw.Learner.load(reader),
    wrap: (raw) => adopt(runtime, operation, ContinualLearner, raw),
  };
}

function toleranceOf(operation: string, options: ReviewOptions | undefined): number {
  const { tolerance = 0.05 } = check.options<ReviewOptions>(operation, options, ['tolerance']);
  check.number(operation, 'tolerance', tolerance);
  if (!(tolerance >= 0)) throw check.rangeError(operation, 'tolerance', 'number >= 0', tolerance);
  return tolerance;
}
