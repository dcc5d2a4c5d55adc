// A transformer block in integers alone.
import type { FixedBlock as RawBlock } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { asTyped } from '../../runtime/brand.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import { type AsyncOptions, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { tokensOf } from './ask.js';

/** A positive number as `multiplier / 2^shift`, which integers multiply by. */
export interface FixedScale {
  /** 0 to 2^31 - 1 */
  multiplier: number;
  /** 0 to 62 */
  shift: number;
}

/** Weights of one product of the block. */
export interface FixedWeights extends FixedScale {
  /** outputs x inputs, row by row, -127 to 127. */
  values: Int8Array;
  /** One an output, within 2^28 of 0. */
  bias?: Int32Array;
}

const parts = ['query', 'key', 'value', 'output', 'up', 'down'] as const;

export interface FixedBlockOptions {
  /** Elements of a token. */
  width: number;
  /** Heads of attention: a divisor of `width`. */
  heads: number;
  /** Elements between the two products of the feed-forward layer. */
  inner: number;
  /** `true`: no token sees a later one. */
  causal?: boolean;
  /** What products of queries and keys are multiplied by, to be in 1/65536. */
  scores: FixedScale;
  weights: Record<(typeof parts)[number], FixedWeights>;
}

/**
 * A transformer block in integers alone: int8 weights and products, requantised by a multiplier and a shift, softmax and norms
 * with an integer exponential and square root. The bits are the same on every device, as nothing is rounded by floating point;
 * the formulas stand in docs/attention.md. Made by {@link FixedBlock.create}.
 */
export class FixedBlock extends WasmObject<RawBlock> {
  #width = 1;

  /** @internal */
  protected override facts() {
    return { width: this.#width };
  }

  /** Bytes that it holds. */
  get bytesUsed(): number {
    return this.use('FixedBlock.bytesUsed').bytes();
  }

  /**
   * A number as multiplier and shift: the nearest one with 31 bits.
   *
   * @throws RangeError `RANGE` for a number that is not in 2^-32 to 2^30
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { FixedBlock } = await load();
   * console.log(FixedBlock.scale(0.75)); // { multiplier: 1610612736, shift: 31 }
   * ```
   */
  static scale(by: number): FixedScale {
    check.number('FixedBlock.scale', 'by', by);
    if (!(by >= 2 ** -32 && by <= 2 ** 30))
      throw check.rangeError('FixedBlock.scale', 'by', 'a number in 2^-32 .. 2^30', by);
    let shift = 0;
    let multiplier = by;
    // Doubling is exact.
    while (multiplier < 2 ** 30 && shift < 62) {
      multiplier *= 2;
      shift++;
    }
    multiplier = Math.round(multiplier);
    return multiplier === 2 ** 31
      ? { multiplier: 2 ** 30, shift: shift - 1 }
      : { multiplier, shift };
  }

  /**
   * A block with these weights, which are copied.
   *
   * @throws RangeError `SHAPE`, `OPTION`, `RANGE` with the position of a weight of -128
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { FixedBlock } = await load();
   * const part = { values: Int8Array.of(1), ...FixedBlock.scale(1) };
   * const weights = { query: part, key: part, value: part, output: part, up: part, down: part };
   * using block = FixedBlock.create({ width: 1, heads: 1, inner: 1, scores: part, weights });
   * console.log(block.run(Int32Array.of(256))); // Int32Array(1) [ 256 ]
   * ```
   */
  static create(options: FixedBlockOptions): FixedBlock {
    const operation = 'FixedBlock.create';
    const runtime = runtimeOf(this, operation);
    const keys = ['width', 'heads', 'inner', 'causal', 'scores', 'weights'] as const;
    const {
      width,
      heads,
      inner,
      causal = false,
      ...given
    } = check.options(operation, options, keys);
    check.integer(operation, 'width', width, 1);
    check.integer(operation, 'heads', heads, 1);
    check.integer(operation, 'inner', inner, 1);
    check.boolean(operation, 'causal', causal);
    if (typeof given.scores !== 'object' || given.scores === null)
      throw check.typeError(operation, 'scores', '{ multiplier, shift }', given.scores);
    const { multiplier, shift } = given.scores;
    check.integer(operation, 'multiplier', multiplier);
    check.integer(operation, 'shift', shift);
    const weights = check.options(operation, given.weights, parts);
    return runtime.scratch(operation, (scratch) => {
      const raw = runtime.raw.FixedBlock.create(
        ...([width, heads, inner, Number(causal), multiplier, shift] as const),
      );
      const block = adopt(runtime, operation, FixedBlock, raw);
      block.#width = width;
      try {
        for (const [part, name] of parts.entries()) {
          const one = check.options(operation, weights[name], [
            ...(['values', 'bias', 'multiplier', 'shift'] as const),
          ]);
          const values = asTyped(operation, 'values', one.values, 'Int8Array');
          const bias =
            one.bias === undefined ? undefined : asTyped(operation, 'bias', one.bias, 'Int32Array');
          check.integer(operation, 'multiplier', one.multiplier);
          check.integer(operation, 'shift', one.shift);
          const at = scratch.bytes(values.length);
          const added = bias ? scratch.bytes(4 * bias.length) : 0;
          runtime.u8.set(new Uint8Array(values.buffer, values.byteOffset, values.length), at);
          if (bias) runtime.u32.set(bias, added / 4);
          const status = block
            .use(operation)
            .set(
              ...([part, at, values.length, added, bias?.length ?? 0] as const),
              ...([one.multiplier, one.shift] as const),
            );
          runtime.check(operation, status);
        }
      } catch (error) {
        block.dispose();
        throw error;
      }
      return block;
    });
  }

  /**
   * Runs the block over tokens x width numbers in 1/256, and gives as many.
   *
   * @throws RangeError `SHAPE`, `RANGE` with the position of a number beyond 2^22
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { FixedBlock } = await load();
   * const part = (...values: number[]) => ({ values: Int8Array.from(values), ...FixedBlock.scale(1) });
   * const same = part(1, 0, 0, 1);
   * const weights = { query: same, key: same, value: same, output: same, up: same, down: same };
   * using block = FixedBlock.create({ width: 2, heads: 1, inner: 2, scores: same, weights });
   * console.log(block.run(Int32Array.of(256, -256))); // Int32Array(2) [ 320, -288 ]
   * ```
   */
  run(x: Int32Array): Int32Array {
    const operation = 'FixedBlock.run';
    this.use(operation);
    return this.#task(x).now(operation, this, {});
  }

  /**
   * The same in slices of 8 ms, which can be aborted. The block is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { FixedBlock } = await load();
   * const part = { values: Int8Array.of(1), ...FixedBlock.scale(1) };
   * const weights = { query: part, key: part, value: part, output: part, up: part, down: part };
   * using block = FixedBlock.create({ width: 1, heads: 1, inner: 1, scores: part, weights });
   * console.log(await block.runAsync(Int32Array.of(256))); // Int32Array(1) [ 256 ]
   * ```
   */
  async runAsync(x: Int32Array, options: AsyncOptions<WorkProgress> = {}): Promise<Int32Array> {
    const operation = 'FixedBlock.runAsync';
    this.use(operation);
    return this.#task(x).later(operation, this, options);
  }

  #task(x: Int32Array) {
    return task<FixedBlock, { maxTimeMs?: never }, WorkProgress, Int32Array>(
      this.runtime,
      [],
      ({ runtime, operation, scratch }) => {
        const given = asTyped(operation, 'x', x, 'Int32Array');
        const { length } = given;
        const tokens = tokensOf(operation, 'x', length, this.#width);
        const at = scratch.bytes(4 * length);
        runtime.u32.set(given, at / 4);
        const raw = this.use(operation);
        runtime.check(operation, raw.begin(at, length, tokens));
        return {
          raw,
          holds: [this],
          result: () => new Int32Array(runtime.copyU32(at, length).buffer),
        };
      },
    );
  }
}
