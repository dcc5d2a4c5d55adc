// States of linear attention, which go on from token to token.
import type { LinearState as RawLinearState } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { RealArray } from '../../runtime/scratch.js';
import { runNow, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { headsOf } from './ask.js';
import {
  beginLinear,
  createState,
  type LinearArrays,
  type LinearShape,
  linearAskKeys,
  linearShape,
  linearStateKeys,
} from './linear.js';
import type {
  LinearAskAsyncOptions,
  LinearAskOptions,
  LinearStateOptions,
} from './linear-types.js';

/**
 * The sums of linear attention, for sequences that go on without an end: memory and the time of a token do not grow. Made by
 * {@link LinearState.create}.
 */
export class LinearState extends WasmObject<RawLinearState> {
  #shape: LinearShape | undefined;

  /** @internal */
  protected override facts() {
    return { length: this.length };
  }

  /** Tokens whose keys were added. */
  get length(): number {
    return this.use('LinearState.length').length();
  }
  /** Bytes that it holds, scratch memory included. */
  get bytesUsed(): number {
    return this.use('LinearState.bytesUsed').bytes();
  }

  /**
   * The random vectors of `'favor'`, features x size: blocks of `size` rows are orthogonal, lengths are those of normal vectors.
   * Empty for `'elu'`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 2, features: 'favor', featureCount: 2 });
   * const [a, b, c, d] = state.projection() as unknown as [number, number, number, number];
   * console.log(Math.abs(a * c + b * d) < 1e-6); // true
   * ```
   */
  projection(): Float32Array {
    const raw = this.use('LinearState.projection');
    const address = raw.projection();
    const { size } = this.#known('LinearState.projection');
    return this.runtime.copyF32(address, address === 0 ? 0 : raw.features() * size);
  }

  /**
   * A state without keys.
   *
   * @throws RangeError `OPTION`, `RANGE`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 1 });
   * state.append([0, 0], [2, 4]);
   * console.log(state.attend([0], { heads: 1 }), state.length); // Float32Array(1) [ 3 ] 2
   * ```
   */
  static create(options: LinearStateOptions): LinearState {
    const operation = 'LinearState.create';
    const runtime = runtimeOf(this, operation);
    const shape = linearShape(operation, check.options(operation, options, linearStateKeys), 1);
    const state = adopt(runtime, operation, LinearState, createState(runtime, shape));
    state.#shape = shape;
    return state;
  }

  /**
   * Adds tokens: batch x tokens x kvHeads x size keys, and as many values. Returns the state. O(elements features).
   *
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 1, kvHeads: 2 });
   * console.log(state.append([1, 2, 3, 4], [5, 6, 7, 8]).length); // 2
   * ```
   */
  append(keys: RealArray, values: RealArray): this {
    const operation = 'LinearState.append';
    const { runtime } = this;
    const shape = this.#known(operation);
    runNow<object, WorkProgress, Float32Array>(runtime, operation, {}, (call) =>
      beginLinear(call, { keys, values }, shape, false, () => this.use(operation), []),
    );
    return this;
  }

  /**
   * Answers queries, batch x tokens x heads x size, from all keys so far.
   *
   * @throws RangeError `SHAPE`, `OPTION`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 1 }).append([0, 1], [3, 6]);
   * console.log(state.attend([0], { heads: 1 })); // Float32Array(1) [ 5 ]
   * ```
   */
  attend(queries: RealArray, options: LinearAskOptions): Float32Array {
    const operation = 'LinearState.attend';
    return this.#task(operation, { queries }, false).now(operation, this, options);
  }

  /**
   * Adds tokens and answers their queries, each from the keys up to its own: a token, or a piece of a sequence.
   *
   * @throws RangeError `SHAPE`, `OPTION`, `RANGE` when there are more queries than keys
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 1 });
   * state.decode([0], [0], [2], { heads: 1 });
   * console.log(state.decode([0], [0], [4], { heads: 1 })); // Float32Array(1) [ 3 ]
   * ```
   */
  decode(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: LinearAskOptions,
  ): Float32Array {
    const operation = 'LinearState.decode';
    return this.#task(operation, { queries, keys, values }, true).now(operation, this, options);
  }

  /**
   * The same in slices of 8 ms. The state is busy meanwhile; after an abort it holds the first `length` tokens.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 1 });
   * console.log(await state.decodeAsync([0, 0], [0, 0], [2, 4], { heads: 1 })); // Float32Array(2) [ 2, 3 ]
   * ```
   */
  async decodeAsync(
    queries: RealArray,
    keys: RealArray,
    values: RealArray,
    options: LinearAskAsyncOptions,
  ): Promise<Float32Array> {
    const operation = 'LinearState.decodeAsync';
    return this.#task(operation, { queries, keys, values }, true).later(operation, this, options);
  }

  /**
   * A copy that goes on by itself. O(bytes).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 1 }).append([1], [1]);
   * using other = state.fork().append([2], [2]);
   * console.log(state.length, other.length); // 1 2
   * ```
   */
  fork(): LinearState {
    const operation = 'LinearState.fork';
    const shape = this.#known(operation);
    const raw = this.runtime.raw.LinearState.fork(this.use(operation));
    const copy = adopt(this.runtime, operation, LinearState, raw);
    copy.#shape = shape;
    return copy;
  }

  /**
   * Forgets all keys. Returns the state.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { LinearState } = await load();
   * using state = LinearState.create({ size: 1 }).append([1], [1]);
   * console.log(state.reset().length); // 0
   * ```
   */
  reset(): this {
    this.use('LinearState.reset').reset();
    return this;
  }

  #task(operation: string, arrays: LinearArrays, causal: boolean) {
    const shape = this.#known(operation);
    type Asked = LinearAskOptions & { maxTimeMs?: never };
    return task<LinearState, Asked, WorkProgress, Float32Array>(
      this.runtime,
      linearAskKeys,
      (call) => {
        headsOf(call.operation, call.options.heads);
        return beginLinear(call, arrays, shape, causal, () => this.use(call.operation), [this]);
      },
    );
  }

  #known(operation: string): LinearShape {
    this.use(operation);
    return this.#shape as LinearShape;
  }
}
