// A policy that learns from rewards.
import { policyFacts, policyResult, policyRows } from '../../generated/fields/continual.js';
import type { Policy as RawPolicy } from '../../generated/raw/training.js';
import { runtimeOf } from '../../runtime/bind.js';
import { give, take } from '../../runtime/fields.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
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
import { endings, exactly, make, policyKeys, policyRowKeys } from './policy-given.js';
import type {
  ActionChances,
  PolicyOptions,
  PolicyRows,
  PolicyUpdate,
  UpdateOptions,
} from './policy-types.js';

const updateKeys = ['factor', 'maxTimeMs'] as const;

/**
 * A small network that chooses among actions and learns from rewards, by PPO or REINFORCE, with a second one that estimates
 * what is still to come. The environments are yours: ask for actions, carry them out, tell what came of them, update. The
 * same options, seed and calls give the same bits everywhere.
 *
 * PPO: Schulman et al. 2017, arXiv:1707.06347. Generalised advantages: Schulman et al. 2016, arXiv:1506.02438. REINFORCE:
 * Williams 1992, doi:10.1007/BF00992696.
 */
export class PolicyLearner extends WasmObject<RawPolicy> {
  /**
   * A policy that begins with nearly equal probabilities.
   *
   * @throws RangeError `OPTION`; SublinearError `OVERFLOW` (too large), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 1, actions: 2, environments: 4, steps: 32, learningRate: 0.01 });
   * // The action that is the observation is rewarded.
   * const observations = () => Float32Array.from({ length: 4 }, () => Math.round(Math.random()));
   * for (let round = 0; round < 40; round++) {
   *   for (let full = false; !full; ) {
   *     const seen = observations();
   *     const actions = policy.act(seen);
   *     const rewards = Array.from(actions, (action, i) => Number(action === seen[i]));
   *     full = policy.reward(rewards, seen, [1, 1, 1, 1]);
   *   }
   *   policy.update();
   * }
   * console.log([...policy.best([0, 1])]); // [ 0, 1 ]
   * ```
   */
  static create(options: PolicyOptions): PolicyLearner {
    const operation = 'PolicyLearner.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options<PolicyOptions>(operation, options, policyKeys);
    return adopt(runtime, operation, PolicyLearner, make(runtime, operation, given));
  }

  #facts(operation: string) {
    this.use(operation).facts(this.runtime.out);
    return take(this.runtime, policyFacts);
  }

  /** @internal */
  protected override facts() {
    const { inputs, actions, parameters } = this.#facts('facts');
    return { inputs, actions, parameters };
  }

  get inputs(): number {
    return this.#facts('inputs').inputs;
  }
  get actions(): number {
    return this.#facts('actions').actions;
  }
  get environments(): number {
    return this.#facts('environments').environments;
  }
  /** Of both networks. */
  get parameterCount(): number {
    return this.#facts('parameterCount').parameters;
  }
  /** Steps of each environment that the next update learns from, so far. */
  get collected(): number {
    return this.#facts('collected').collected;
  }
  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('bytesUsed').bytes();
  }

  // --- acting ---------------------------------------------------------------------------------------------------------

  /**
   * Draws an action for each environment. {@link PolicyLearner.reward} is to follow. O(environments * parameters).
   *
   * @param observations - `inputs` numbers for each environment, one after another
   * @throws RangeError `SHAPE`, `NOT_FINITE` (also above 10^6); SublinearError `STATE` (rewards or an update are due)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 2, actions: 3, environments: 2 });
   * console.log(policy.act([0.1, 0.2, 0.3, 0.4]).length); // 2
   * ```
   */
  act(observations: RealArray): Uint32Array<ArrayBuffer> {
    const operation = 'PolicyLearner.act';
    const { runtime } = this;
    const { inputs, environments } = this.#facts(operation);
    return runtime.scratch(operation, (scratch) => {
      const x = exactly(operation, scratch, 'observations', observations, environments * inputs);
      const out = scratch.u32(environments);
      runtime.check(operation, this.use(operation).act(x, out));
      return runtime.copyU32(out, environments);
    });
  }

  /**
   * Tells what came of the actions. True where `steps` are collected: {@link PolicyLearner.update} is to follow.
   *
   * @param rewards - one for each environment
   * @param next - the observations that followed, before anything was begun anew
   * @param ended - 0: it goes on, 1: it has ended, 2: it was cut short by a limit of time. All 0 by default
   * @throws RangeError `SHAPE`, `NOT_FINITE` (also above 10^6), `OPTION` (ended); SublinearError `STATE` (nothing was acted)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 1, actions: 2, environments: 1, steps: 2 });
   * policy.act([0]);
   * console.log(policy.reward([1], [0.5])); // false
   * policy.act([0.5]);
   * console.log(policy.reward([1], [1], [1])); // true
   * ```
   */
  reward(rewards: RealArray, next: RealArray, ended?: IndexArray): boolean {
    const operation = 'PolicyLearner.reward';
    const { runtime } = this;
    const { inputs, environments } = this.#facts(operation);
    return runtime.scratch(operation, (scratch) => {
      const r = exactly(operation, scratch, 'rewards', rewards, environments);
      const x = exactly(operation, scratch, 'next', next, environments * inputs);
      const e = endings(operation, scratch, ended, environments);
      runtime.check(operation, this.use(operation).reward(r, x, e, runtime.out));
      return runtime.outU32() === 1;
    });
  }

  /**
   * Forgets what was collected and not learned from: for environments that begin anew.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 1, actions: 2, environments: 1 });
   * policy.act([0]);
   * policy.reward([1], [0]);
   * policy.forget();
   * console.log(policy.collected); // 0
   * ```
   */
  forget(): void {
    const operation = 'PolicyLearner.forget';
    this.runtime.check(operation, this.use(operation).forget());
  }

  // --- learning -------------------------------------------------------------------------------------------------------

  #begin({ runtime, operation, options }: Call<UpdateOptions>): Begun<WorkProgress, PolicyUpdate> {
    const raw = this.use(operation);
    runtime.check(operation, raw.update(check.number(operation, 'factor', options.factor ?? 1)));
    const result = () => {
      runtime.check(operation, raw.result(runtime.out));
      const { outcome, ...numbers } = take(runtime, policyResult);
      return { outcome: runtime.outcome(outcome), ...numbers };
    };
    return { raw, holds: [this], result, stopped: true };
  }

  /**
   * Learns from what was collected, which is forgotten then; at least one step of each environment is wanted.
   * O(epochs * rows * parameters).
   *
   * @throws RangeError `OPTION`; SublinearError `STATE` (nothing is collected, or rewards are due), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 1, actions: 2, environments: 1, epochs: 3 });
   * policy.act([0]);
   * policy.reward([1], [0]);
   * const { rows, updates } = policy.update({ factor: 0.5 });
   * console.log(rows, updates); // 1 3
   * ```
   */
  update(options?: UpdateOptions): PolicyUpdate {
    const operation = 'PolicyLearner.update';
    const given = check.options<UpdateOptions>(operation, options, updateKeys);
    return runNow(this.runtime, operation, given, (call) => this.#begin(call));
  }

  /**
   * {@link PolicyLearner.update} in slices of about 8 ms that let other tasks run. After an abort it has learned so far.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 1, actions: 2, environments: 1, method: 'reinforce' });
   * policy.act([0]);
   * policy.reward([1], [0]);
   * console.log((await policy.updateAsync()).outcome); // converged
   * ```
   */
  async updateAsync(options?: UpdateOptions & AsyncOptions<WorkProgress>): Promise<PolicyUpdate> {
    const operation = 'PolicyLearner.updateAsync';
    const given = check.options<UpdateOptions & AsyncOptions<WorkProgress>>(operation, options, [
      ...updateKeys,
      ...asyncKeys,
    ]);
    return runLater(this.runtime, operation, given, (call) => this.#begin(call));
  }

  // --- reading --------------------------------------------------------------------------------------------------------

  /**
   * Probabilities of the actions for any number of observations, and what is still to come. Nothing is drawn or kept.
   *
   * @throws RangeError `RANGE` (not a multiple of `inputs`), `EMPTY`, `NOT_FINITE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 2, actions: 4 });
   * const { probabilities, values } = policy.chances([1, 2, 3, 4]);
   * console.log(probabilities.length, values.length); // 8 2
   * ```
   */
  chances(observations: RealArray): ActionChances {
    const operation = 'PolicyLearner.chances';
    const { runtime } = this;
    const { inputs, actions } = this.#facts(operation);
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('observations', observations);
      if (length % inputs !== 0)
        throw check.rangeError(
          operation,
          'observations',
          `a multiple of ${inputs} numbers`,
          length,
        );
      const rows = length / inputs;
      const out = scratch.bytes(4 * rows * (actions + 1));
      const values = out + 4 * rows * actions;
      runtime.check(operation, this.use(operation).probabilities(rows, address, out, values));
      return {
        probabilities: runtime.copyF32(out, rows * actions),
        values: runtime.copyF32(values, rows),
      };
    });
  }

  /**
   * The most probable action for each observation.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 2, actions: 4 });
   * console.log(policy.best([1, 2, 3, 4, 5, 6]).length); // 3
   * ```
   */
  best(observations: RealArray): Uint32Array<ArrayBuffer> {
    const { probabilities } = this.chances(observations);
    const { actions } = this;
    return Uint32Array.from({ length: probabilities.length / actions }, (_, i) => {
      const row = probabilities.subarray(i * actions, (i + 1) * actions);
      return row.indexOf(row.reduce((most, p) => Math.max(most, p)));
    });
  }

  /**
   * The parameters, copied: those of the policy, then those of the estimates; of each layer the weights, inputs x outputs row
   * by row, then the biases. They are all that a policy is: keep them as a file.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 4, actions: 2, hidden: [] });
   * console.log(policy.parameters().length); // 15
   * ```
   */
  parameters(): Float32Array<ArrayBuffer> {
    const operation = 'PolicyLearner.parameters';
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.u32(2);
      runtime.check(operation, raw.parameters(at, at + 4));
      const [address, count] = runtime.copyU32(at, 2);
      return runtime.copyF32(address as number, count as number);
    });
  }

  /**
   * Sets the parameters; the moments of Adam are forgotten.
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE` (also above 10^6)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 1, actions: 2, hidden: [] });
   * policy.setParameters([0, 5, 0, 0, 0, 0]);
   * console.log(policy.best([1])[0], policy.best([-1])[0]); // 1 0
   * ```
   */
  setParameters(values: RealArray): void {
    const operation = 'PolicyLearner.setParameters';
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('values', values);
      runtime.check(operation, raw.setParameters(address, length));
    });
  }

  /**
   * The loss of one step of Adam on these rows, and its gradient in the order of the parameters: for checks, and for those
   * who step themselves. Advantages are taken as they are.
   *
   * @throws RangeError `RANGE`, `SHAPE`, `NOT_FINITE`, `INDEX` (an action), `EMPTY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { PolicyLearner } = await load();
   * using policy = PolicyLearner.create({ inputs: 1, actions: 2, hidden: [], valueWeight: 0 });
   * policy.setParameters(new Float32Array(6)); // both actions have probability 1/2
   * const { gradient } = policy.gradient({
   *   observations: [2],
   *   actions: [0],
   *   logarithms: [Math.log(0.5)],
   *   advantages: [1],
   *   returns: [0],
   * });
   * console.log([...gradient.subarray(0, 4)]); // [ -1, 1, -0.5, 0.5 ]
   * ```
   */
  gradient(rows: PolicyRows): { loss: number; gradient: Float32Array<ArrayBuffer> } {
    const operation = 'PolicyLearner.gradient';
    const { runtime } = this;
    const given = check.options<PolicyRows>(operation, rows, policyRowKeys);
    const { inputs, parameters } = this.#facts(operation);
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('observations', given.observations);
      if (length % inputs !== 0)
        throw check.rangeError(
          operation,
          'observations',
          `a multiple of ${inputs} numbers`,
          length,
        );
      const count = length / inputs;
      const actions = scratch.indices('actions', given.actions);
      if (actions.length !== count)
        throw check.shapeError(operation, 'actions', count, actions.length);
      const of = (name: 'logarithms' | 'advantages' | 'returns') =>
        exactly(operation, scratch, name, given[name], count);
      const question = {
        rows: count,
        observations: address,
        actions: actions.address,
        logarithms: of('logarithms'),
        advantages: of('advantages'),
        returns: of('returns'),
      };
      const loss = scratch.f64(1);
      const out = scratch.bytes(4 * parameters);
      const raw = this.use(operation);
      runtime.check(operation, raw.gradient(give(runtime, policyRows, question), loss, out));
      return {
        loss: runtime.f64[loss / 8] as number,
        gradient: runtime.copyF32(out, parameters),
      };
    });
  }
}
