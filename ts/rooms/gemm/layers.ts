// Functions of numbers and of rows.

import { asTyped } from '../../runtime/brand.js';
import { isInstance, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type Block,
  isInMemory,
  type RealArray,
  realArray,
  type Scratch,
} from '../../runtime/scratch.js';
import { asyncKeys, runLater, runNow, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { conv, convKeys } from './conv.js';
import { DenseMatrix } from './dense-matrix.js';
import { F32 } from './elements.js';
import type { Changed, Layers, Rows } from './layer-types.js';
import { withProduct, withProductAsync } from './product.js';
import { activations } from './types.js';

/** Runs `body` on float32 numbers in the module's memory; what it leaves there is the result. */
function changed<X extends Rows>(
  runtime: Runtime,
  operation: string,
  x: X,
  into: Float32Array | undefined,
  prepare: (scratch: Scratch) => unknown[],
  body: (at: Block, prepared: never[]) => number,
): Changed<X> {
  runtime.assertAlive(operation);
  const view = () =>
    into === undefined ? undefined : asTyped(operation, 'into', into, 'Float32Array');
  return runtime.scratch(operation, (scratch) => {
    const prepared = prepare(scratch) as never[];
    if (isInstance(x, DenseMatrix)) {
      const raw = rawOf(runtime, operation, 'x', x, DenseMatrix);
      if (raw.packed || raw.element !== F32)
        throw check.typeError(operation, 'x', 'a float32 matrix that is not packed', x);
      if (into !== undefined)
        throw check.typeError(operation, 'into', 'nothing, as a matrix is changed itself', into);
      const block = { address: raw.data, length: raw.rows * raw.columns, type: F32 } as Block;
      runtime.check(operation, body(block, prepared));
      return x as Changed<X>;
    }
    // A vector in the module's memory must stay as it is, and would be used where it lies.
    const source = realArray(operation, 'x', isInMemory(x) ? x.toArray() : x);
    const address = scratch.bytes(4 * source.length);
    runtime.f32.set(source, address / 4);
    const wanted = view()?.length ?? source.length;
    if (wanted !== source.length) throw check.shapeError(operation, 'into', source.length, wanted);
    runtime.check(operation, body({ address, length: source.length, type: F32 }, prepared));
    if (into === undefined) return runtime.copyF32(address, source.length) as Changed<X>;
    view()?.set(runtime.f32.subarray(address / 4, address / 4 + source.length));
    return into as Changed<X>;
  });
}

/** How many rows of `columns` there are. */
function rowsOf(
  operation: string,
  x: Rows,
  length: number,
  columns: number | undefined,
): [number, number] {
  const own = isInstance(x, DenseMatrix) ? x.use(operation).columns : length;
  const each = columns ?? own;
  check.integer(operation, 'columns', each, length === 0 ? 0 : 1);
  if (length === 0) return [0, each];
  if (length % each !== 0)
    throw check.shapeError(operation, 'x', Math.ceil(length / each) * each, length);
  return [length / each, each];
}

/** One number a column, or none. */
function perColumn(
  scratch: Scratch,
  name: string,
  values: RealArray | undefined,
): Block | undefined {
  return values === undefined ? undefined : scratch.floats(name, values);
}

function addressOf(
  operation: string,
  name: string,
  block: Block | undefined,
  columns: number,
): number {
  if (block === undefined) return 0;
  if (block.length !== columns) throw check.shapeError(operation, name, columns, block.length);
  return block.address;
}

/** The functions of the room that are no products. */
export function createLayers(runtime: Runtime): Layers {
  const { raw } = runtime;
  return {
    activate(x, activation, options) {
      const operation = 'activate';
      const { into } = check.options(operation, options, ['into']);
      const f = check.choice(operation, 'activation', activation, activations);
      return changed(
        runtime,
        operation,
        x,
        into,
        () => [],
        ({ address, length }) => raw.activate(address, length, f),
      );
    },
    softmax(x, options) {
      const operation = 'softmax';
      const { into, columns } = check.options(operation, options, ['into', 'columns']);
      return changed(
        runtime,
        operation,
        x,
        into,
        () => [],
        ({ address, length }) => {
          raw.softmax(address, ...rowsOf(operation, x, length, columns));
          return 0;
        },
      );
    },
    layerNorm(x, options) {
      const operation = 'layerNorm';
      const keys = ['into', 'columns', 'gain', 'bias', 'epsilon'] as const;
      const { into, columns, gain, bias, epsilon = 1e-5 } = check.options(operation, options, keys);
      check.number(operation, 'epsilon', epsilon);
      return changed(
        runtime,
        operation,
        x,
        into,
        (scratch) => [perColumn(scratch, 'gain', gain), perColumn(scratch, 'bias', bias)],
        ({ address, length }, [g, b]) => {
          const [rows, each] = rowsOf(operation, x, length, columns);
          const factors = addressOf(operation, 'gain', g, each);
          const added = addressOf(operation, 'bias', b, each);
          return raw.layerNorm(address, rows, each, factors, added, epsilon);
        },
      );
    },
    rmsNorm(x, options) {
      const operation = 'rmsNorm';
      const keys = ['into', 'columns', 'gain', 'epsilon'] as const;
      const { into, columns, gain, epsilon = 1e-5 } = check.options(operation, options, keys);
      check.number(operation, 'epsilon', epsilon);
      return changed(
        runtime,
        operation,
        x,
        into,
        (scratch) => [perColumn(scratch, 'gain', gain)],
        ({ address, length }, [g]) => {
          const [rows, each] = rowsOf(operation, x, length, columns);
          return raw.rmsNorm(address, rows, each, addressOf(operation, 'gain', g, each), epsilon);
        },
      );
    },
    rotaryEmbedding(x, options) {
      const operation = 'rotaryEmbedding';
      const keys = ['into', 'heads', 'size', 'pairs', 'rotated', 'base', 'position'] as const;
      const given = check.options(operation, options, keys);
      const { into, heads, size, pairs, base = 10_000, position = 0 } = given;
      check.integer(operation, 'heads', heads, 1);
      check.integer(operation, 'size', size, 1);
      const { rotated = size } = given;
      check.integer(operation, 'rotated', rotated);
      const interleaved = check.choice(operation, 'pairs', pairs, { neox: 0, interleaved: 1 });
      check.number(operation, 'base', base);
      check.number(operation, 'position', position);
      return changed(
        runtime,
        operation,
        x,
        into,
        () => [],
        ({ address, length }) => {
          const [tokens] = rowsOf(operation, x, length, heads * size);
          return raw.rotatePositions(
            address,
            tokens,
            heads,
            size,
            rotated,
            base,
            position,
            interleaved,
          );
        },
      );
    },
    swiglu(gate, up, options) {
      const operation = 'swiglu';
      const { into } = check.options(operation, options, ['into']);
      runtime.assertAlive(operation);
      return runtime.scratch(operation, (scratch) => {
        const [a, b] = [scratch.floats('gate', gate), scratch.floats('up', up)];
        if (b.length !== a.length) throw check.shapeError(operation, 'up', a.length, b.length);
        const out = scratch.bytes(4 * a.length);
        const view = into && asTyped(operation, 'into', into, 'Float32Array');
        if (view && view.length !== a.length)
          throw check.shapeError(operation, 'into', a.length, view.length);
        raw.swiglu(a.address, b.address, out, a.length);
        if (into === undefined) return runtime.copyF32(out, a.length);
        view?.set(runtime.f32.subarray(out / 4, out / 4 + a.length));
        return into;
      });
    },
    conv1d(x, weights, options) {
      const operation = 'conv1d';
      const read = check.options(operation, options, convKeys);
      const begin = conv(operation, x, weights, read);
      return withProduct(runtime, operation, (product) =>
        runNow(runtime, operation, {}, (call) => begin(call, product)),
      );
    },
    async conv1dAsync(x, weights, options) {
      const operation = 'conv1dAsync';
      const read = check.options(operation, options, [...convKeys, ...asyncKeys]);
      const begin = conv(operation, x, weights, read);
      const { signal, onProgress } = read;
      const control = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
      return withProductAsync(runtime, operation, (product) =>
        runLater<object, WorkProgress, Float32Array>(runtime, operation, control, (call) =>
          begin(call, product),
        ),
      );
    },
  };
}
