// An adapter: y = W x + (alpha / rank) B A x.
import { outcomes } from '../../generated/codes.js';
import { loraFacts, loraShape, optimizerOptions } from '../../generated/fields/lora.js';
import type { Lora as RawLora } from '../../generated/raw/training.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError } from '../../runtime/errors.js';
import { give, take } from '../../runtime/fields.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { optimizerKeys, optimizerOf, questionOf, rowsIn, trainKeys } from './data.js';
import { LowRank } from './low-rank.js';
import type {
  AdapterOptions,
  Gradients,
  Optimizer,
  OptimizerOptions,
  TrainData,
  TrainOptions,
  TrainProgress,
  TrainResult,
} from './types.js';

const adapterKeys = [
  'inputs',
  'outputs',
  'rank',
  'alpha',
  'weights',
  'seed',
  'source',
] as const satisfies readonly (keyof AdapterOptions)[];

/**
 * A low-rank correction of vectors, or of a frozen matrix: y = W x + (alpha / rank) B A x. Only A and B are learned, and they
 * are small: 49 kB for vectors of 768 numbers at rank 8. Made by {@link LoraAdapter.create}; at first it changes nothing.
 *
 * Hu et al. 2022, LoRA, arXiv:2106.09685.
 */
export class LoraAdapter extends LowRank {
  /**
   * An adapter that changes nothing yet: B is zero. The memory is 4 bytes for each of its parameters, and for each weight.
   *
   * @throws RangeError `OPTION`, `SHAPE`, `NOT_FINITE` (weights); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 3, outputs: 2, rank: 1, weights: [1, 0, 0, 0, 1, 0] });
   * console.log(adapter.apply([5, 6, 7])); // Float32Array(2) [ 5, 6 ]
   * ```
   */
  static create(options: AdapterOptions): LoraAdapter {
    const operation = 'LoraAdapter.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options<AdapterOptions>(operation, options, adapterKeys);
    const inputs = check.integer(operation, 'inputs', given.inputs);
    const outputs = check.integer(operation, 'outputs', given.outputs ?? inputs);
    const rank = check.integer(operation, 'rank', given.rank ?? Math.min(8, inputs, outputs));
    const alpha = check.number(operation, 'alpha', given.alpha ?? 2 * rank);
    const seed = check.integer(operation, 'seed', given.seed ?? 1);
    const source = check.string(operation, 'source', given.source ?? '');
    return runtime.scratch(operation, (scratch) => {
      const weights =
        given.weights === undefined ? undefined : scratch.floats('weights', given.weights);
      const shape = give(runtime, loraShape, { inputs, outputs, rank, alpha, seed });
      const raw = runtime.raw.Lora.create(shape, weights?.address ?? 0, weights?.length ?? 0);
      const adapter = adopt(runtime, operation, LoraAdapter, raw);
      adapter.label = source;
      return adapter;
    });
  }

  /**
   * Learns from vectors and targets, from vectors and classes, or from clicks. It goes on from what has been learned before.
   * O(epochs * rows * rank * (inputs + outputs)); with weights O(epochs * rows * inputs * outputs) beside, of clicks
   * O(epochs * rows * documents in a batch * outputs). Everything is copied meanwhile.
   *
   * @throws RangeError `OPTION`, `SHAPE`, `RANGE`, `INDEX`, `NOT_FINITE`, `EMPTY`; SublinearError `STATE` (merged), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2, rank: 2 });
   * // Who searches for the first thing clicks on the second document, and the other way round.
   * const documents = [1, 0, 0, 1];
   * adapter.train(
   *   { queries: [1, 0.1, 0.1, 1], documents, clicked: [1, 0] },
   *   { epochs: 200, rate: 0.02 },
   * );
   * const [x = 0, y = 0] = adapter.apply([1, 0.1]);
   * console.log(y > x); // true
   * ```
   */
  train(data: TrainData, options?: TrainOptions): TrainResult {
    const operation = 'LoraAdapter.train';
    const given = check.options<TrainOptions>(operation, options, trainKeys);
    return runNow(this.runtime, operation, given, (call) => this.#beginTrain(call, data));
  }

  /**
   * {@link LoraAdapter.train} in slices of about 8 ms that let other tasks run. The adapter is busy meanwhile. After an abort
   * the steps that were made count.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 3, outputs: 2, weights: new Float32Array(6) });
   * const vectors = [1, 0, 0, 0, 1, 0, 0, 0, 1];
   * const { losses } = await adapter.trainAsync({ vectors, labels: [0, 1, 1] }, { epochs: 50, rate: 0.05 });
   * console.log(losses[49]! < losses[0]!); // true
   * ```
   */
  async trainAsync(
    data: TrainData,
    options?: TrainOptions & AsyncOptions<TrainProgress>,
  ): Promise<TrainResult> {
    const operation = 'LoraAdapter.trainAsync';
    const keys = [...trainKeys, ...asyncKeys];
    const given = check.options<TrainOptions & AsyncOptions<TrainProgress>>(
      operation,
      options,
      keys,
    );
    return runLater(this.runtime, operation, given, (call) => this.#beginTrain(call, data));
  }

  #beginTrain(call: Call<TrainOptions>, data: TrainData): Begun<TrainProgress, TrainResult> {
    const { runtime, operation } = call;
    const sizes = this.numbers(operation);
    const question = questionOf(call, data, sizes);
    const raw = this.use(operation);
    runtime.check(operation, raw.learn(question));
    const facts = () => {
      runtime.check(operation, raw.facts(runtime.out));
      return take(runtime, loraFacts);
    };
    const losses = () => this.array(operation, (at) => raw.history(at, at + 4), 'f64');
    return {
      raw,
      holds: [this],
      progress() {
        const { epochs, steps, loss } = facts();
        return { epochs, steps, loss };
      },
      result() {
        const { outcome, epochs, steps, loss, norm } = facts();
        return {
          outcome: outcomes[outcome] as TrainResult['outcome'],
          epochs,
          steps,
          loss,
          losses: losses(),
          gradientNorm: norm,
        };
      },
    };
  }

  /**
   * Gradients of a loss of your own, from its derivatives by the vectors that `apply()` gives. As much work as three calls of
   * `apply()`, in one piece.
   *
   * @throws RangeError `RANGE`, `SHAPE`, `NOT_FINITE`; SublinearError `STATE` (merged), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 4, rank: 2 });
   * adapter.optimizer('adam', { rate: 0.05 });
   * const x = [1, 2, 3, 4];
   * for (let step = 0; step < 200; step++) {
   *   const slopes = adapter.apply(x).map((y) => 2 * (y - 1)); // of the sum of (y - 1)^2
   *   adapter.descend(adapter.backward(x, slopes).parameters);
   * }
   * console.log(adapter.apply(x).every((y) => Math.abs(y - 1) < 0.01)); // true
   * ```
   */
  backward(vectors: RealArray, slopes: RealArray): Gradients {
    const operation = 'LoraAdapter.backward';
    const { runtime } = this;
    const { inputs, outputs, rank } = this.numbers(operation);
    return runtime.scratch(operation, (scratch) => {
      const { address, count } = rowsIn({ operation, scratch }, 'vectors', vectors, inputs);
      const by = scratch.floats('slopes', slopes);
      if (by.length !== count * outputs)
        throw check.shapeError(operation, 'slopes', count * outputs, by.length);
      const parameters = rank * (inputs + outputs);
      const gradient = scratch.bytes(4 * parameters);
      const byVectors = scratch.bytes(4 * count * inputs);
      const raw = this.use(operation);
      runtime.check(operation, raw.backward(address, by.address, count, gradient, byVectors));
      return {
        parameters: runtime.copyF32(gradient, parameters),
        vectors: runtime.copyF32(byVectors, count * inputs),
      };
    });
  }

  /**
   * What {@link LoraAdapter.descend} does from now on; it begins without a memory of gradients.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 4 });
   * adapter.optimizer('sgd', { rate: 0.1, momentum: 0.9 });
   * ```
   */
  optimizer(kind: Optimizer, options?: OptimizerOptions): void {
    const operation = 'LoraAdapter.optimizer';
    const { runtime } = this;
    const given = check.options<OptimizerOptions>(operation, options, optimizerKeys);
    const numbers = optimizerOf(operation, kind, given);
    const raw = this.use(operation);
    runtime.check(operation, raw.optimizer(give(runtime, optimizerOptions, numbers)));
  }

  /**
   * One step along a gradient.
   *
   * @param gradient - by the parameters, as {@link LoraAdapter.backward} gives it
   * @param options - `clip`: the largest length of the gradient, `Infinity` by default; `factor`: of the rate in this step
   * @throws RangeError `SHAPE`, `NOT_FINITE`, `OPTION`, `RANGE` (the step leads to infinity); SublinearError `STATE` (no
   *   optimiser, or merged), `MEMORY`. Nothing has changed then.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2, rank: 1 });
   * adapter.optimizer('sgd', { rate: 0.5, momentum: 0 });
   * const before = adapter.parameters();
   * adapter.descend([1, 0, 0, 0]);
   * console.log(before[0]! - adapter.parameters()[0]!); // 0.5
   * ```
   */
  descend(gradient: RealArray, options?: { clip?: number; factor?: number }): void {
    const operation = 'LoraAdapter.descend';
    const { runtime } = this;
    const given = check.options<{ clip?: number; factor?: number }>(operation, options, [
      'clip',
      'factor',
    ]);
    const clip = check.number(operation, 'clip', given.clip ?? Number.POSITIVE_INFINITY);
    const factor = check.number(operation, 'factor', given.factor ?? 1);
    const { inputs, outputs, rank } = this.numbers(operation);
    runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('gradient', gradient);
      const parameters = rank * (inputs + outputs);
      if (length !== parameters) throw check.shapeError(operation, 'gradient', parameters, length);
      runtime.check(operation, this.use(operation).descend(address, clip, factor));
    });
  }

  // --- files ----------------------------------------------------------------------------------------------------------

  #writer(operation: string) {
    const { runtime } = this;
    const labels = new TextEncoder().encode(this.label);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.bytes(labels.length);
      runtime.u8.set(labels, at);
      return runtime.raw.Lora.save(this.use(operation), at, labels.length);
    });
  }

  /**
   * A, B and `source` as bytes. Not the weights: `load()` wants the same ones.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2, source: 'my embedder' });
   * using again = LoraAdapter.load(adapter.save());
   * console.log(again.source); // my embedder
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'LoraAdapter.save';
    this.use(operation);
    return saveWhole(this.runtime, operation, () => this.#writer(operation));
  }

  /**
   * The same in pieces of at most 1 MiB.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 2 });
   * console.log([...adapter.saveInPieces()].length); // 1
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'LoraAdapter.saveInPieces';
    const use = () => this.use(operation);
    return savePieces(this.runtime, operation, () => this.#writer(operation), use);
  }

  /**
   * An adapter from the bytes that {@link LoraAdapter.save} gave. Untrusted bytes are safe.
   *
   * @param options - `weights`: those that `create()` had
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM` (bytes; weights: they are others), `MEMORY`; RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * const weights = [1, 2];
   * using adapter = LoraAdapter.create({ inputs: 2, outputs: 1, weights });
   * using again = LoraAdapter.load(adapter.save(), { weights });
   * console.log(again.apply([1, 1])); // Float32Array(1) [ 3 ]
   * ```
   */
  static load(bytes: BytesSource, options?: { weights?: RealArray }): LoraAdapter {
    const operation = 'LoraAdapter.load';
    const runtime = runtimeOf(this, operation);
    const { weights } = check.options<{ weights?: RealArray }>(operation, options, ['weights']);
    return loadFile(runtime, operation, bytes, LoraAdapter.#file(runtime, operation, weights));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/lora';
   *
   * const { LoraAdapter } = await load();
   * using adapter = LoraAdapter.create({ inputs: 5 });
   * using again = await LoraAdapter.loadAsync(new Blob([adapter.save()]).stream());
   * console.log(again.rank); // 5
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions & { weights?: RealArray },
  ): Promise<LoraAdapter> {
    const operation = 'LoraAdapter.loadAsync';
    const runtime = runtimeOf(this, operation);
    const { weights, ...given } = check.options<LoadAsyncOptions & { weights?: RealArray }>(
      operation,
      options,
      [...asyncKeys, 'weights'],
    );
    // A list may change while the bytes come.
    const own =
      weights === undefined ? undefined : realArray(operation, 'weights', weights).slice();
    return loadFileAsync(
      runtime,
      operation,
      bytes,
      LoraAdapter.#file(runtime, operation, own),
      given,
    );
  }

  static #file(
    runtime: Runtime,
    operation: string,
    weights: RealArray | undefined,
  ): Loading<RawLora, LoraAdapter> {
    return {
      kind: 'LORA',
      build: (reader) =>
        runtime.scratch(operation, (scratch) => {
          const given = weights === undefined ? undefined : scratch.floats('weights', weights);
          return runtime.raw.Lora.load(reader, given?.address ?? 0, given?.length ?? 0);
        }),
      wrap(raw) {
        const adapter = adopt(runtime, operation, LoraAdapter, raw);
        try {
          const from = raw.labels();
          const bytes = runtime.u8.slice(from, from + raw.labelsBytes());
          adapter.label = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
          return adapter;
        } catch {
          adapter.dispose();
          const message = '"bytes": unknown or unsupported format, expected a source in UTF-8';
          throw new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
        }
      },
    };
  }
}
