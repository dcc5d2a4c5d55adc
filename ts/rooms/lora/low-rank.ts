// What adapters give: vectors, their matrix, their parameters.
import { loraFacts } from '../../generated/fields/lora.js';
import type { Lora as RawLora } from '../../generated/raw/training.js';
import { take } from '../../runtime/fields.js';
import { WasmObject } from '../../runtime/object.js';
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
import { rowsIn } from './data.js';
import type { ApplyOptions } from './types.js';

/** There is no time limit: there is nothing to give before the end. */
type Asked = ApplyOptions & { maxTimeMs?: never };

/** What applies a low-rank correction. */
export abstract class LowRank extends WasmObject<RawLora> {
  /** @internal */
  protected label = '';

  /** @internal */
  protected override facts() {
    const { inputs, outputs, rank } = this.numbers('facts');
    return { inputs, outputs, rank };
  }

  /** @internal */
  protected numbers(operation: string) {
    const { runtime } = this;
    runtime.check(operation, this.use(operation).facts(runtime.out));
    return take(runtime, loraFacts);
  }

  /** Numbers of a vector that goes in. */
  get inputs(): number {
    return this.numbers('inputs').inputs;
  }
  /** Numbers of a vector that comes out. */
  get outputs(): number {
    return this.numbers('outputs').outputs;
  }
  get rank(): number {
    return this.numbers('rank').rank;
  }
  get alpha(): number {
    return this.numbers('alpha').alpha;
  }
  /** Whether there is a frozen matrix. */
  get hasWeights(): boolean {
    return this.numbers('hasWeights').hasWeights === 1;
  }
  /** See {@link LowRank.merge}. */
  get merged(): boolean {
    return this.numbers('merged').merged === 1;
  }
  /** What was given to `create()`; an empty text where nothing was. */
  get source(): string {
    this.use('source');
    return this.label;
  }
  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('bytesUsed').bytes();
  }

  /**
   * Vectors as the adapter makes them: rows x outputs numbers. O(rows * rank * (inputs + outputs)), with weights
   * O(rows * inputs * outputs) beside.
   *
   * @param vectors - one after another, as `embedder.embedBatch()` gives them
   * @throws RangeError `RANGE` (not a multiple of `inputs`), `NOT_FINITE`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2 });
   * console.log(adapter.apply([3, 4, 0, 2], { unit: true })); // Float32Array(4) [ 0.6000000238418579, 0.800000011920929, 0, 1 ]
   * ```
   */
  apply(vectors: RealArray, options?: ApplyOptions): Float32Array<ArrayBuffer> {
    const operation = 'LoraAdapter.apply';
    const given: Asked = check.options<ApplyOptions>(operation, options, ['unit']);
    return runNow(this.runtime, operation, given, (call) => this.#beginApply(call, vectors));
  }

  /**
   * {@link LowRank.apply} in slices of about 8 ms that let other tasks run. The adapter is busy meanwhile.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 64 });
   * const vectors = await adapter.applyAsync(new Float32Array(64 * 1000), { signal: AbortSignal.timeout(5000) });
   * console.log(vectors.length); // 64000
   * ```
   */
  async applyAsync(
    vectors: RealArray,
    options?: ApplyOptions & AsyncOptions<WorkProgress>,
  ): Promise<Float32Array<ArrayBuffer>> {
    const operation = 'LoraAdapter.applyAsync';
    const given: Asked & AsyncOptions<WorkProgress> = check.options<
      ApplyOptions & AsyncOptions<WorkProgress>
    >(operation, options, ['unit', ...asyncKeys]);
    return runLater(this.runtime, operation, given, (call) => this.#beginApply(call, vectors));
  }

  #beginApply(
    call: Call<Asked>,
    vectors: RealArray,
  ): Begun<WorkProgress, Float32Array<ArrayBuffer>> {
    const { runtime, operation, options, scratch } = call;
    const { inputs, outputs } = this.numbers(operation);
    const unit = check.boolean(operation, 'unit', options.unit ?? false);
    const { address, count } = rowsIn(call, 'vectors', vectors, inputs);
    const out = scratch.bytes(4 * count * outputs);
    const raw = this.use(operation);
    runtime.check(operation, raw.apply(address, count, Number(unit), out));
    return { raw, holds: [this], result: () => runtime.copyF32(out, count * outputs) };
  }

  /** @internal An array of the C core whose address and length `read` writes, copied. */
  protected array(
    operation: string,
    read: (at: number) => number,
    type: 'f32',
  ): Float32Array<ArrayBuffer>;
  protected array(
    operation: string,
    read: (at: number) => number,
    type: 'f64',
  ): Float64Array<ArrayBuffer>;
  protected array(operation: string, read: (at: number) => number, type: 'f32' | 'f64') {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.u32(2);
      runtime.check(operation, read(at));
      const [address = 0, count = 0] = runtime.copyU32(at, 2);
      return type === 'f32' ? runtime.copyF32(address, count) : runtime.copyF64(address, count);
    });
  }

  /**
   * A copy of what is learned: A row by row (rank x inputs), then B (outputs x rank).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 10, rank: 2 });
   * console.log(adapter.parameters().length); // 40
   * ```
   */
  parameters(): Float32Array<ArrayBuffer> {
    const operation = 'LoraAdapter.parameters';
    const raw = this.use(operation);
    return this.array(operation, (at) => raw.parameters(at, at + 4), 'f32');
  }

  /**
   * Replaces A and B.
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE`; SublinearError `STATE` (merged)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2, rank: 1, alpha: 1 });
   * adapter.setParameters([1, 1, 10, 0]); // A = (1 1), B = (10 0)'
   * console.log(adapter.apply([1, 2])); // Float32Array(2) [ 31, 2 ]
   * ```
   */
  setParameters(parameters: RealArray): void {
    const operation = 'LoraAdapter.setParameters';
    const { runtime } = this;
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('parameters', parameters);
      runtime.check(operation, this.use(operation).setParameters(address, length));
    });
  }

  /**
   * Computes W + (alpha / rank) B A once, so that `apply()` is one product. W is kept: after {@link LowRank.unmerge}
   * everything is, bit by bit, as before. Nothing can be learned meanwhile.
   *
   * @throws SublinearError `OVERFLOW` (more than 2^26 numbers), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2, rank: 1, alpha: 1 });
   * adapter.setParameters([1, 1, 10, 0]);
   * adapter.merge();
   * console.log(adapter.apply([1, 2]), adapter.merged); // Float32Array(2) [ 31, 2 ] true
   * adapter.unmerge();
   * ```
   */
  merge(): void {
    this.runtime.check('LoraAdapter.merge', this.use('LoraAdapter.merge').merge());
  }

  /**
   * Takes {@link LowRank.merge} back exactly.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2 });
   * adapter.merge();
   * adapter.unmerge();
   * console.log(adapter.merged); // false
   * ```
   */
  unmerge(): void {
    this.runtime.check('LoraAdapter.unmerge', this.use('LoraAdapter.unmerge').unmerge());
  }

  /**
   * W + (alpha / rank) B A, row by row: outputs x inputs numbers, for programs that know nothing of adapters.
   *
   * @throws SublinearError `OVERFLOW`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2 });
   * console.log(adapter.matrix()); // Float32Array(4) [ 1, 0, 0, 1 ]
   * ```
   */
  matrix(): Float32Array<ArrayBuffer> {
    const operation = 'LoraAdapter.matrix';
    const { runtime } = this;
    const { inputs, outputs } = this.numbers(operation);
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.bytes(4 * inputs * outputs);
      runtime.check(operation, this.use(operation).matrix(out));
      return runtime.copyF32(out, inputs * outputs);
    });
  }
}
