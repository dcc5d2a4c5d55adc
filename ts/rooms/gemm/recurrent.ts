// LSTM and GRU layers.
import { recurrentOptions, recurrentWeights } from '../../generated/fields/gemm.js';
import type { Recurrent as RawRecurrent } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { give } from '../../runtime/fields.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { RealArray, Scratch } from '../../runtime/scratch.js';
import { type Begun, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type {
  RecurrentCallOptions,
  RecurrentFunctions,
  RecurrentLayerOptions,
  RecurrentOptions,
  RecurrentResult,
  RecurrentRunAsyncOptions,
  RecurrentRunOptions,
  RecurrentWeights,
} from './recurrent-types.js';

const types = { lstm: 0, gru: 1 } as const;
const weightKeys = ['input', 'own', 'inputBias', 'ownBias'] as const;
const runKeys = ['batch', 'hidden', 'cell'] as const;

interface Shape {
  lstm: boolean;
  inputs: number;
  size: number;
  directions: number;
}

/** A layer with its weights; `hold` takes the C object before anything else can fail. */
function make(
  runtime: Runtime,
  operation: string,
  scratch: Scratch,
  kind: number,
  { size, weights }: RecurrentOptions,
  hold: (raw: RawRecurrent | null, shape: Shape) => RawRecurrent,
): void {
  check.integer(operation, 'size', size, 1);
  const each = Array.isArray(weights) ? (weights as RecurrentWeights[]) : [weights];
  if (each.length !== 1 && each.length !== 2)
    throw check.rangeError(operation, 'weights', 'those of one or two directions', weights);
  const gates = kind === types.lstm ? 4 : 3;
  const read = Array.from(each, (one) => {
    const given = check.options(operation, one as RecurrentWeights, weightKeys);
    const bias = (name: 'inputBias' | 'ownBias') =>
      given[name] && scratch.floats(name, given[name]);
    return {
      input: scratch.floats('input', given.input),
      own: scratch.floats('own', given.own),
      inputBias: bias('inputBias'),
      ownBias: bias('ownBias'),
    };
  });
  const length = read[0]?.input.length ?? 0;
  const inputs = Math.max(1, Math.ceil(length / (gates * size)));
  const shape = { lstm: kind === types.lstm, inputs, size, directions: read.length };
  const raw = hold(runtime.raw.Recurrent.create(kind, inputs, size, read.length), shape);
  for (const [direction, { input, own, inputBias, ownBias }] of read.entries()) {
    const asked = {
      ...{ input: input.address, inputCount: input.length, own: own.address, ownCount: own.length },
      ...{ inputBias: inputBias?.address ?? 0, inputBiasCount: inputBias?.length ?? 0 },
      ...{ ownBias: ownBias?.address ?? 0, ownBiasCount: ownBias?.length ?? 0 },
    };
    runtime.check(operation, raw.set(direction, give(runtime, recurrentWeights, asked)));
  }
}

/** Begins to run a layer. `layer` gives the C object, once nothing can run between that and the call. */
function begin(
  { runtime, operation, options, scratch }: Call<RecurrentRunOptions>,
  x: RealArray,
  { lstm, inputs, size, directions }: Shape,
  layer: () => RawRecurrent,
  holds: WasmObject<RawObject>[],
): Begun<WorkProgress, RecurrentResult> {
  const { batch = 1 } = options;
  check.integer(operation, 'batch', batch, 1);
  if (!lstm && options.cell !== undefined)
    throw check.rangeError(operation, 'cell', 'nothing: a GRU has no cells', options.cell);
  const { address, length } = scratch.floats('x', x);
  const tokens = length / (batch * inputs);
  if (!Number.isInteger(tokens))
    throw check.shapeError(operation, 'x', Math.ceil(tokens) * batch * inputs, length);
  const states = directions * batch * size;
  const state = (name: 'hidden' | 'cell') => {
    const given = options[name] && scratch.floats(name, options[name]);
    if (given && given.length !== states)
      throw check.shapeError(operation, name, states, given.length);
    // Written to: a vector in the module's memory would be used where it lies.
    const own = scratch.bytes(4 * states);
    if (given) runtime.f32.copyWithin(own / 4, given.address / 4, given.address / 4 + states);
    else runtime.f32.fill(0, own / 4, own / 4 + states);
    return own;
  };
  const [hidden, cell] = [state('hidden'), lstm ? state('cell') : 0];
  const count = batch * tokens * directions * size;
  const out = scratch.bytes(4 * count);
  const asked = {
    ...{ x: address, count: length, batch, tokens },
    ...{ out, hidden, cell, stateCount: states },
  };
  const raw = layer();
  runtime.check(operation, raw.begin(give(runtime, recurrentOptions, asked)));
  return {
    raw,
    holds,
    result: () => ({
      output: runtime.copyF32(out, count),
      hidden: runtime.copyF32(hidden, states),
      cell: runtime.copyF32(cell, lstm ? states : 0),
    }),
  };
}

/**
 * An LSTM or GRU layer whose weights are kept, packed for products: for sequences that come in pieces, and for many of them. Made by
 * {@link RecurrentLayer.create}.
 */
export class RecurrentLayer extends WasmObject<RawRecurrent> {
  #shape: Shape | undefined;

  /** @internal */
  protected override facts() {
    return { ...this.#shape };
  }

  /** Bytes that it holds. */
  get bytesUsed(): number {
    return this.use('RecurrentLayer.bytesUsed').bytes();
  }

  /**
   * A layer with these weights, which are copied.
   *
   * @throws RangeError `SHAPE` names the array that does not fit, `OPTION`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { RecurrentLayer } = await load();
   * const weights = { input: [0, 0, 0], own: [0, 0, 0] };
   * using layer = RecurrentLayer.create({ type: 'gru', size: 1, weights });
   * const first = layer.run([7], { hidden: [1] });
   * console.log(layer.run([7], { hidden: first.hidden }).output); // Float32Array(1) [ 0.25 ]
   * ```
   */
  static create(options: RecurrentLayerOptions): RecurrentLayer {
    const operation = 'RecurrentLayer.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['type', 'size', 'weights']);
    const kind = check.choice(operation, 'type', given.type, types);
    return runtime.scratch(operation, (scratch) => {
      let layer: RecurrentLayer | undefined;
      try {
        make(runtime, operation, scratch, kind, given, (raw, shape) => {
          layer = adopt(runtime, operation, RecurrentLayer, raw);
          layer.#shape = shape;
          return layer.use(operation);
        });
      } catch (error) {
        layer?.dispose();
        throw error;
      }
      return layer as unknown as RecurrentLayer;
    });
  }

  /**
   * Outputs of a sequence, batch x tokens x inputs, or of a piece that goes on from `hidden` and `cell`. A piece gives the bits of the
   * whole.
   *
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gemm';
   *
   * const { RecurrentLayer } = await load();
   * const weights = { input: [0, 0, 0], own: [0, 0, 0] };
   * using layer = RecurrentLayer.create({ type: 'gru', size: 1, weights: [weights, weights] });
   * // Both directions, each token's side by side.
   * console.log(layer.run([7, 7], { hidden: [1, 1] }).output); // Float32Array(4) [ 0.5, 0.25, 0.25, 0.5 ]
   * ```
   */
  run(x: RealArray, options: RecurrentRunOptions = {}): RecurrentResult {
    const operation = 'RecurrentLayer.run';
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
   * const { RecurrentLayer } = await load();
   * const weights = { input: [0, 0, 0], own: [0, 0, 0] };
   * using layer = RecurrentLayer.create({ type: 'gru', size: 1, weights });
   * console.log((await layer.runAsync([7])).output); // Float32Array(1) [ 0 ]
   * ```
   */
  async runAsync(x: RealArray, options: RecurrentRunAsyncOptions = {}): Promise<RecurrentResult> {
    const operation = 'RecurrentLayer.runAsync';
    this.use(operation);
    return this.#task(x).later(operation, this, options);
  }

  #task(x: RealArray) {
    const shape = this.#shape as Shape;
    type Given = RecurrentRunOptions & { maxTimeMs?: never };
    return task<RecurrentLayer, Given, WorkProgress, RecurrentResult>(
      this.runtime,
      runKeys,
      (call) => begin(call, x, shape, () => this.use(call.operation), [this]),
    );
  }
}

/** The functions of the room that are recurrent layers. */
export function createRecurrent(runtime: Runtime): RecurrentFunctions {
  const layer = (kind: number) =>
    task<RealArray, RecurrentCallOptions & { maxTimeMs?: never }, WorkProgress, RecurrentResult>(
      runtime,
      [...runKeys, 'size', 'weights'],
      (call, x) => {
        const { operation, options, scratch } = call;
        let raw: RawRecurrent | undefined;
        let shape: Shape | undefined;
        make(runtime, operation, scratch, kind, options, (made, known) => {
          shape = known;
          raw = scratch.own(runtime.made(operation, made));
          return raw;
        });
        return begin(call, x, shape as Shape, () => raw as RawRecurrent, []);
      },
    );
  const [lstm, gru] = [layer(types.lstm), layer(types.gru)];
  return {
    lstm: (x, options) => lstm.now('lstm', x, options),
    lstmAsync: (x, options) => lstm.later('lstmAsync', x, options),
    gru: (x, options) => gru.now('gru', x, options),
    gruAsync: (x, options) => gru.later('gruAsync', x, options),
  };
}
