// Selective scans, the recurrence of Mamba.
import { selectiveOptions, selectiveShape } from '../../generated/fields/attention.js';
import type { SelectiveScan as RawScan } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { give } from '../../runtime/fields.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { tokensOf } from './ask.js';

/** How a scan is made. */
export interface SelectiveScanOptions {
  channels: number;
  /** Numbers that each channel keeps: 16 in Mamba. */
  states: number;
  /** channels x states: `-exp(A_log)` of a Mamba layer. */
  a: RealArray;
  /** What the input itself adds to each channel, one number a channel. */
  d?: RealArray;
  /** Added to `delta` first, one number a channel. */
  deltaBias?: RealArray;
  /** `true`: `delta` goes through log(1 + exp(delta)). */
  softplus?: boolean;
  /** Groups of channels that share `b` and `c`: 1 by default. */
  groups?: number;
  /** Sequences side by side: 1 by default. */
  batch?: number;
}

/** What the tokens bring. */
export interface SelectiveInputs {
  /** The pace of each channel, as long as `x`. */
  delta: RealArray;
  /** How the input enters: batch x tokens x groups x states. */
  b: RealArray;
  /** How the numbers are read: as long as `b`. */
  c: RealArray;
  /** A gate, as long as `x`: outputs are multiplied by z / (1 + exp(-z)). */
  z?: RealArray;
}
export interface SelectiveAsyncInputs extends SelectiveInputs, AsyncOptions<WorkProgress> {}

const shapeKeys = [
  ...(['channels', 'states', 'a', 'd', 'deltaBias'] as const),
  ...(['softplus', 'groups', 'batch'] as const),
] as const;

interface Shape {
  batch: number;
  channels: number;
  states: number;
  groups: number;
}

/**
 * A selective scan (Mamba, S6) and the numbers that it keeps: h = exp(d A) h + d B x, y = C h + D x, times the gate's SiLU. A whole
 * sequence, pieces of it or one token after another give the same bits. Made by {@link SelectiveScan.create}.
 */
export class SelectiveScan extends WasmObject<RawScan> {
  #shape: Shape | undefined;

  /** @internal */
  protected override facts() {
    return { length: this.length };
  }

  /** Tokens since it was made or reset. */
  get length(): number {
    return this.use('SelectiveScan.length').length();
  }
  /** Bytes that it holds. */
  get bytesUsed(): number {
    return this.use('SelectiveScan.bytesUsed').bytes();
  }

  /**
   * A scan whose numbers are 0; `a`, `d` and `deltaBias` are copied.
   *
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { SelectiveScan } = await load();
   * // One channel with one number, which halves from token to token.
   * using scan = SelectiveScan.create({ channels: 1, states: 1, a: [-Math.LN2] });
   * const ones = [1, 1, 1];
   * console.log(scan.run([1, 0, 0], { delta: ones, b: ones, c: ones })); // Float32Array(3) [ 1, 0.5, 0.25 ]
   * ```
   */
  static create(options: SelectiveScanOptions): SelectiveScan {
    const operation = 'SelectiveScan.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, shapeKeys);
    const { channels, states, softplus = false, groups = 1, batch = 1 } = given;
    const shape = { batch, channels, states, groups };
    for (const name of ['batch', 'channels', 'states', 'groups'] as const)
      check.integer(operation, name, shape[name], 1);
    check.boolean(operation, 'softplus', softplus);
    return runtime.scratch(operation, (scratch) => {
      const a = scratch.floats('a', given.a);
      const d = given.d && scratch.floats('d', given.d);
      const bias = given.deltaBias && scratch.floats('deltaBias', given.deltaBias);
      const asked = {
        ...{ ...shape, softplus, a: a.address, aCount: a.length },
        ...{ d: d?.address ?? 0, dCount: d?.length ?? 0 },
        ...{ deltaBias: bias?.address ?? 0, deltaBiasCount: bias?.length ?? 0 },
      };
      const raw = runtime.raw.SelectiveScan.create(give(runtime, selectiveShape, asked));
      const scan = adopt(runtime, operation, SelectiveScan, raw);
      scan.#shape = shape;
      return scan;
    });
  }

  /**
   * Goes on with some tokens, batch x tokens x channels, and gives as many outputs. O(tokens channels states).
   *
   * @throws RangeError `SHAPE` names the array that does not fit
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { SelectiveScan } = await load();
   * using scan = SelectiveScan.create({ channels: 1, states: 1, a: [0], d: [1] });
   * const token = { delta: [1], b: [1], c: [1] };
   * // A sum of all inputs, and the input once more.
   * console.log([2, 3].map((x) => scan.run([x], token)[0])); // [ 4, 8 ]
   * ```
   */
  run(x: RealArray, inputs: SelectiveInputs): Float32Array {
    const operation = 'SelectiveScan.run';
    this.use(operation);
    return this.#task(x).now(operation, this, inputs);
  }

  /**
   * The same in slices of 8 ms. The scan is busy meanwhile; after an abort it has done the first tokens, as `length` says.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { SelectiveScan } = await load();
   * using scan = SelectiveScan.create({ channels: 1, states: 1, a: [0] });
   * const ones = [1, 1];
   * console.log(await scan.runAsync([2, 3], { delta: ones, b: ones, c: ones })); // Float32Array(2) [ 2, 5 ]
   * ```
   */
  async runAsync(x: RealArray, inputs: SelectiveAsyncInputs): Promise<Float32Array> {
    const operation = 'SelectiveScan.runAsync';
    this.use(operation);
    return this.#task(x).later(operation, this, inputs);
  }

  /**
   * The numbers, batch x channels x states.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { SelectiveScan } = await load();
   * using scan = SelectiveScan.create({ channels: 1, states: 2, a: [0, 0] });
   * console.log(scan.setState([1, 2]).state()); // Float32Array(2) [ 1, 2 ]
   * ```
   */
  state(): Float32Array {
    const operation = 'SelectiveScan.state';
    const { runtime } = this;
    this.use(operation);
    const { batch, channels, states } = this.#shape as Shape;
    return runtime.scratch(operation, (scratch) => {
      const length = batch * channels * states;
      const address = scratch.bytes(4 * length);
      this.use(operation).read(address);
      return runtime.copyF32(address, length);
    });
  }

  /**
   * Sets the numbers. Returns the scan.
   *
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { SelectiveScan } = await load();
   * using scan = SelectiveScan.create({ channels: 1, states: 1, a: [0] }).setState([5]);
   * console.log(scan.run([1], { delta: [1], b: [1], c: [1] })[0]); // 6
   * ```
   */
  setState(state: RealArray): this {
    const operation = 'SelectiveScan.setState';
    this.use(operation);
    this.runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('state', state);
      this.runtime.check(operation, this.use(operation).write(address, length));
    });
    return this;
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
   * const { SelectiveScan } = await load();
   * using scan = SelectiveScan.create({ channels: 1, states: 1, a: [0] });
   * using other = scan.fork();
   * other.setState([1]);
   * console.log(scan.state()[0], other.state()[0]); // 0 1
   * ```
   */
  fork(): SelectiveScan {
    const operation = 'SelectiveScan.fork';
    const raw = this.runtime.raw.SelectiveScan.fork(this.use(operation));
    const copy = adopt(this.runtime, operation, SelectiveScan, raw);
    copy.#shape = this.#shape;
    return copy;
  }

  /**
   * Back to numbers of 0. Returns the scan.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { SelectiveScan } = await load();
   * using scan = SelectiveScan.create({ channels: 1, states: 1, a: [0] }).setState([5]);
   * console.log(scan.reset().state()[0]); // 0
   * ```
   */
  reset(): this {
    this.use('SelectiveScan.reset').reset();
    return this;
  }

  #task(x: RealArray) {
    const { batch, channels } = this.#shape as Shape;
    type Given = SelectiveInputs & { maxTimeMs?: never };
    return task<SelectiveScan, Given, WorkProgress, Float32Array>(
      this.runtime,
      ['delta', 'b', 'c', 'z'],
      ({ runtime, operation, options, scratch }) => {
        const input = scratch.floats('x', x);
        const { address, length } = input;
        const delta = scratch.floats('delta', options.delta);
        const [b, c] = [scratch.floats('b', options.b), scratch.floats('c', options.c)];
        const z = options.z && scratch.floats('z', options.z);
        for (const [name, found, wanted] of [
          ['delta', delta, length],
          ['c', c, b.length],
          ['z', z ?? input, length],
        ] as const)
          if (found.length !== wanted)
            throw check.shapeError(operation, name, wanted, found.length);
        const out = scratch.bytes(4 * length);
        const asked = {
          ...{ x: address, delta: delta.address, count: length, out },
          tokens: tokensOf(operation, 'x', length, batch * channels),
          ...{ b: b.address, c: c.address, stateCount: b.length, z: z?.address ?? 0 },
        };
        const raw = this.use(operation);
        runtime.check(operation, raw.begin(give(runtime, selectiveOptions, asked)));
        return { raw, holds: [this], result: () => runtime.copyF32(out, length), stopped: true };
      },
    );
  }
}
