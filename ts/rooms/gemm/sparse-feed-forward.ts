// Feed-forward layers of which each token uses a few elements.
import { sparseWeights } from '../../generated/fields/gemm.js';
import type { SparseForward as RawLayer } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { give } from '../../runtime/fields.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';

export interface SparseFeedForwardOptions {
  /** Elements of a token. */
  width: number;
  /** Elements between the two products. */
  inner: number;
  /** inner x width, as PyTorch keeps the first weights. */
  up: RealArray;
  /** Added to the inner elements. */
  bias?: RealArray;
  /** inner x outputs: the second weights, transposed from how PyTorch keeps them. */
  down: RealArray;
  /** rank x width: the first half of the predictor. */
  reduce: RealArray;
  /** inner x rank: the second half. Their product stands for `up`, and the nearer it is, the less is lost. */
  expand: RealArray;
}

export interface SparseRunOptions {
  /** Inner elements of each token. */
  top: number;
}
export interface SparseRunAsyncOptions extends SparseRunOptions, AsyncOptions<WorkProgress> {}

export interface SparseResult {
  /** tokens x outputs */
  output: Float32Array;
  /** tokens x top: the inner elements that were computed, ascending. */
  chosen: Uint32Array;
  /** Of each token: the Euclidean distance of its output from that of the whole layer is at most this, beside rounding of the two. */
  bounds: Float64Array;
}

interface Shape {
  width: number;
  outputs: number;
}

/**
 * A feed-forward layer with ReLU, down max(0, up x + bias), of which each token computes the `top` inner elements that a predictor of
 * low rank finds the largest (Liu and others 2023). What is left out is bounded from the predictor's residuals, whatever the
 * predictor is. Made by {@link SparseFeedForward.create}.
 */
export class SparseFeedForward extends WasmObject<RawLayer> {
  #shape: Shape | undefined;

  /** @internal */
  protected override facts() {
    return { ...this.#shape };
  }

  /** Bytes that it holds. */
  get bytesUsed(): number {
    return this.use('SparseFeedForward.bytesUsed').bytes();
  }

  /**
   * A layer with these weights, which are copied.
   *
   * @throws RangeError `SHAPE` and `NOT_FINITE` name the array, `OPTION`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { SparseFeedForward } = await load();
   * const up = [3, 1, -2]; // three inner elements of one number
   * using layer = SparseFeedForward.create({ width: 1, inner: 3, up, down: [1, 1, 1], reduce: [1], expand: up });
   * const { output, chosen, bounds } = layer.run([1], { top: 1 });
   * console.log(output, chosen, bounds[0]?.toFixed(4)); // Float32Array(1) [ 3 ] Uint32Array(1) [ 0 ] 1.0000
   * ```
   */
  static create(options: SparseFeedForwardOptions): SparseFeedForward {
    const operation = 'SparseFeedForward.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, [
      ...(['width', 'inner', 'up', 'bias', 'down', 'reduce', 'expand'] as const),
    ]);
    const width = check.integer(operation, 'width', given.width, 1);
    const inner = check.integer(operation, 'inner', given.inner, 1);
    return runtime.scratch(operation, (scratch) => {
      const [up, down] = [scratch.floats('up', given.up), scratch.floats('down', given.down)];
      const reduce = scratch.floats('reduce', given.reduce);
      const expand = scratch.floats('expand', given.expand);
      const bias = given.bias && scratch.floats('bias', given.bias);
      const outputs = Math.max(1, Math.ceil(down.length / inner));
      const rank = Math.max(1, Math.ceil(reduce.length / width));
      const asked = {
        ...{ width, inner, outputs, rank, up: up.address, upCount: up.length },
        ...{ bias: bias?.address ?? 0, biasCount: bias?.length ?? 0 },
        ...{ down: down.address, downCount: down.length },
        ...{ reduce: reduce.address, reduceCount: reduce.length },
        ...{ expand: expand.address, expandCount: expand.length },
      };
      const raw = runtime.raw.SparseForward.create(give(runtime, sparseWeights, asked));
      const layer = adopt(runtime, operation, SparseFeedForward, raw);
      layer.#shape = { width, outputs };
      return layer;
    });
  }

  /**
   * Runs the layer over tokens x width numbers. O(tokens (rank (width + inner) + top (width + outputs))).
   *
   * @throws RangeError `SHAPE`, `OPTION`, `NOT_FINITE` with the position
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { SparseFeedForward } = await load();
   * const [up, zero] = [[3, 1], [0, 0]];
   * using layer = SparseFeedForward.create({ width: 1, inner: 2, up, down: up, reduce: [0], expand: zero });
   * // A predictor that knows nothing: the bound does not either.
   * const { output, bounds } = layer.run([1], { top: 1 });
   * console.log(output[0], bounds[0]?.toFixed(4)); // 9 1.0000
   * ```
   */
  run(x: RealArray, options: SparseRunOptions): SparseResult {
    const operation = 'SparseFeedForward.run';
    this.use(operation);
    return this.#task(x).now(operation, this, options);
  }

  /**
   * The same in slices of 8 ms, which can be aborted. The layer is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { SparseFeedForward } = await load();
   * using layer = SparseFeedForward.create({ width: 1, inner: 1, up: [2], down: [3], reduce: [1], expand: [2] });
   * console.log((await layer.runAsync([1, -1], { top: 1 })).output); // Float32Array(2) [ 6, 0 ]
   * ```
   */
  async runAsync(x: RealArray, options: SparseRunAsyncOptions): Promise<SparseResult> {
    const operation = 'SparseFeedForward.runAsync';
    this.use(operation);
    return this.#task(x).later(operation, this, options);
  }

  #task(x: RealArray) {
    const { width, outputs } = this.#shape as Shape;
    type Given = SparseRunOptions & { maxTimeMs?: never };
    return task<SparseFeedForward, Given, WorkProgress, SparseResult>(
      this.runtime,
      ['top'],
      ({ runtime, operation, options, scratch }) => {
        const top = check.integer(operation, 'top', options.top, 1);
        const { address, length } = scratch.floats('x', x);
        const tokens = length / width;
        if (!Number.isInteger(tokens))
          throw check.shapeError(operation, 'x', Math.ceil(tokens) * width, length);
        const out = scratch.bytes(4 * tokens * outputs);
        const [chosen, bounds] = [scratch.u32(tokens * top), scratch.f64(tokens)];
        const raw = this.use(operation);
        const status = raw.begin(address, length, tokens, top, out, chosen, bounds);
        runtime.check(operation, status);
        return {
          raw,
          holds: [this],
          result: () => ({
            output: runtime.copyF32(out, tokens * outputs),
            chosen: runtime.copyU32(chosen, tokens * top),
            bounds: runtime.copyF64(bounds, tokens),
          }),
        };
      },
    );
  }
}
