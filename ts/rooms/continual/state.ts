// What a learner holds: weights, checkpoints, files.
import { learnerCheckpoint, learnerFacts } from '../../generated/fields/continual.js';
import type { Learner as RawLearner } from '../../generated/raw/training.js';
import { take } from '../../runtime/fields.js';
import { savePieces, saveWhole } from '../../runtime/file.js';
import { WasmObject } from '../../runtime/object.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { examples } from './given.js';
import type { Checkpoint } from './types.js';

/** Classes of examples, or numbers. */
export type Answers = IndexArray | RealArray;

/** What learners have beside learning. */
export abstract class LearnerState extends WasmObject<RawLearner> {
  /** @internal */
  protected override facts() {
    const { inputs, outputs, parameters } = this.numbers('facts');
    return { inputs, outputs, parameters };
  }

  /** @internal */
  protected numbers(operation: string) {
    this.use(operation).facts(this.runtime.out);
    return take(this.runtime, learnerFacts);
  }

  /** Numbers of an example. */
  get inputs(): number {
    return this.numbers('inputs').inputs;
  }
  /** Classes, or numbers of an answer. */
  get outputs(): number {
    return this.numbers('outputs').outputs;
  }
  get parameterCount(): number {
    return this.numbers('parameterCount').parameters;
  }
  /** Examples in the memory of replay. */
  get remembered(): number {
    return this.numbers('remembered').remembered;
  }
  /** Classes that were seen. */
  get classesSeen(): number {
    return this.numbers('classesSeen').classes;
  }
  /** Examples that were learned from. */
  get examplesSeen(): number {
    return this.numbers('examplesSeen').examples;
  }
  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('bytesUsed').bytes();
  }

  /** @internal An array of the C core, copied. */
  protected array(operation: string, method: 'answers' | 'parameters' | 'fisher', width = 1) {
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.u32(2);
      runtime.check(operation, raw[method](at, at + 4));
      const [address, count] = runtime.copyU32(at, 2);
      return runtime.copyF32(address as number, (count as number) * width);
    });
  }

  /**
   * The parameters, copied: of each layer the weights, inputs x outputs row by row, then the biases.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 1, loss: 'squared' });
   * learner.setParameters([3, 4]);
   * console.log(learner.parameters(), learner.predict([10]).values[0]); // Float32Array(2) [ 3, 4 ] 34
   * ```
   */
  parameters(): Float32Array<ArrayBuffer> {
    return this.array('ContinualLearner.parameters', 'parameters');
  }

  /**
   * The diagonal of the Fisher information, in the order of the parameters; empty before anything was consolidated.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 1, loss: 'squared' });
   * learner.consolidate([0, 0]);
   * const [weight, bias] = learner.fisher();
   * console.log(weight, bias! > 0); // 0 true
   * ```
   */
  fisher(): Float32Array<ArrayBuffer> {
    return this.array('ContinualLearner.fisher', 'fisher');
  }

  /**
   * Sets the parameters; the optimiser's moments are forgotten.
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE` (also above 10^6)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using one = ContinualLearner.create({ inputs: 2, outputs: 3, seed: 1 });
   * using two = ContinualLearner.create({ inputs: 2, outputs: 3, seed: 2 });
   * two.setParameters(one.parameters());
   * console.log(two.predict([1, 2]).labels[0] === one.predict([1, 2]).labels[0]); // true
   * ```
   */
  setParameters(values: RealArray): void {
    const operation = 'ContinualLearner.setParameters';
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('values', values);
      runtime.check(operation, raw.setParameters(address, length));
    });
  }

  /**
   * The gradient of the mean loss of at most 4096 examples, in the order of the parameters: for checks, and for those who
   * step themselves. Over all classes, without replay and penalties.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 1, loss: 'squared' });
   * learner.setParameters([3, 4]);
   * console.log(learner.gradient([10], [30])); // Float32Array(2) [ 40, 4 ]
   * ```
   */
  gradient(inputs: RealArray, answers: Answers): Float32Array<ArrayBuffer> {
    const operation = 'ContinualLearner.gradient';
    const { runtime } = this;
    const raw = this.use(operation);
    const shape = this.numbers(operation);
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.bytes(4 * shape.parameters);
      const question = examples(runtime, operation, scratch, shape, inputs, answers);
      runtime.check(operation, raw.gradient(question(), out));
      return runtime.copyF32(out, shape.parameters);
    });
  }

  // --- checkpoints ----------------------------------------------------------------------------------------------------

  /**
   * Keeps the weights with a loss on held-out examples. Where there is no room, the checkpoint with the largest loss goes.
   *
   * @throws RangeError `NOT_FINITE`; SublinearError `STATE` (`checkpoints: 0`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2 });
   * console.log(learner.checkpoint(0.7)); // { id: 1, loss: 0.7, examples: 0 }
   * ```
   */
  checkpoint(loss: number): Checkpoint {
    const operation = 'ContinualLearner.checkpoint';
    const { runtime } = this;
    check.number(operation, 'loss', loss);
    runtime.check(operation, this.use(operation).checkpoint(loss, runtime.out));
    return this.checkpoints().at(-1) as Checkpoint;
  }

  /**
   * The checkpoints that are kept, the oldest first.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2, checkpoints: 2 });
   * for (const loss of [0.5, 0.9, 0.4]) learner.checkpoint(loss);
   * console.log(learner.checkpoints().map(({ id }) => id)); // [ 1, 3 ]
   * ```
   */
  checkpoints(): Checkpoint[] {
    const operation = 'ContinualLearner.checkpoints';
    const { runtime } = this;
    return Array.from({ length: this.numbers(operation).checkpoints }, (_, i) => {
      runtime.check(operation, this.use(operation).checkpointRead(i, runtime.out));
      return take(runtime, learnerCheckpoint);
    });
  }

  /**
   * Takes the weights of a checkpoint back: the one with the smallest loss, or the one that is named. Examples that came
   * since leave the memory of replay; what they displaced does not come back.
   *
   * @throws RangeError `INDEX` (not kept); SublinearError `STATE` (there is none)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 1, outputs: 1, loss: 'squared' });
   * learner.setParameters([1, 0]);
   * learner.checkpoint(0.5);
   * learner.learn([1], [100]);
   * learner.rollback();
   * console.log(learner.parameters()); // Float32Array(2) [ 1, 0 ]
   * ```
   */
  rollback(id?: number): Checkpoint {
    const operation = 'ContinualLearner.rollback';
    const { runtime } = this;
    const which = id === undefined ? 0 : check.integer(operation, 'id', id, 1);
    runtime.check(operation, this.use(operation).rollback(which, runtime.out));
    return take(runtime, learnerCheckpoint);
  }

  // --- files ----------------------------------------------------------------------------------------------------------

  /**
   * Everything as bytes: weights, moments, memory, anchor, checkpoints, generator. What is loaded goes on as if nothing had
   * happened.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2, replay: 10 });
   * learner.learn([1, 0, 0, 1], [0, 1]);
   * using again = ContinualLearner.load(learner.save());
   * console.log(again.remembered, again.examplesSeen); // 2 2
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    this.use('save');
    return saveWhole(this.runtime, 'save', () =>
      this.runtime.raw.Learner.save(this.use('save'), 0, 0),
    );
  }

  /**
   * The same in pieces of at most 1 MiB. The learner must not change meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { ContinualLearner } = await load();
   * using learner = ContinualLearner.create({ inputs: 2, outputs: 2 });
   * console.log([...learner.saveInPieces()].length); // 1
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const use = () => this.use('saveInPieces');
    return savePieces(
      this.runtime,
      'saveInPieces',
      () => this.runtime.raw.Learner.save(use(), 0, 0),
      use,
    );
  }
}
