// Products and layers as TypeScript users meet them. What both doors share is in gemm.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { GemmRoom } from 'sublinear/gemm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import numpy from '../vectors/gemm/numpy.json' with { type: 'json' };
import { cases, doors } from './gemm.cases.js';

describeCases(doors, cases);

describe('products', () => {
  let engine: Engine;
  let room: GemmRoom;
  beforeAll(async () => {
    engine = await createEngine({ memory: 64 << 20 });
    room = await engine.use('gemm');
  });
  afterEach(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
  });
  afterAll(() => engine.dispose());
  const bad = (value: unknown) => value as never;
  const floats = (seed: number, length: number) => {
    const next = random(seed);
    return Float32Array.from({ length }, () => 2 * next() - 1);
  };
  const two = { data: Float32Array.of(1, 2, 3, 4), rows: 2, columns: 2 };

  test('names what is wrong', () => {
    const { DenseMatrix, matmul } = room;
    const of = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    const { data } = two;
    using packed = DenseMatrix.from(data, { rows: 2, columns: 2, packed: true });
    using wide = DenseMatrix.from(data, { rows: 2, columns: 2, type: 'float64' });
    expect([
      of(() => matmul(bad([1, 2]), two)),
      of(() => matmul(two, bad(null))),
      of(() => matmul(two, bad(data))),
      of(() => matmul({ ...two, rows: 3 }, two)),
      of(() => matmul(two, { ...two, columns: 3 })),
      of(() => matmul({ ...two, rows: 1.5 }, two)),
      of(() => matmul(two, { data, rows: 4, columns: 1 })),
      of(() => matmul(two, { ...two, data: new Float64Array(4) })),
      of(() => matmul({ ...two, data: new Int8Array(4) }, two)),
      of(() => matmul({ ...two, data: bad(new Uint8Array(4)) }, two)),
      of(() => matmul(packed, two)),
      of(() => matmul(two, wide)),
      of(() => matmul(two, two, { bias: [1] })),
      of(() => matmul(two, two, { into: new Float32Array(3) })),
      of(() => matmul(two, two, { into: bad(new Float64Array(4)) })),
      of(() => matmul(two, two, { into: packed })),
      of(() => matmul(two, two, { beta: 1 })),
      of(() => matmul(two, two, { activation: bad('swish') })),
      of(() => matmul(two, two, { quantize: true })),
      of(() => matmul(two, two, { batch: 2 })),
      of(() => matmul(two, two, bad({ alhpa: 1 }))),
      of(() => DenseMatrix.from(data, { rows: 2, columns: 3 })),
      of(() => DenseMatrix.from(data, { rows: 2, columns: 2, type: bad('bfloat16') })),
      of(() => DenseMatrix.from(new Int8Array(4), { rows: 2, columns: 2, type: 'float32' })),
      of(() => DenseMatrix.from(new Int8Array(4), { rows: 2, columns: 2, scales: [1] })),
      of(() => packed.copyFrom(data)),
      of(() => wide.copyFrom([1])),
    ]).toEqual([
      'TYPE left',
      'TYPE right',
      'TYPE right',
      'SHAPE left',
      'SHAPE right',
      'RANGE left.rows',
      'SHAPE right',
      'TYPE right',
      'TYPE right',
      'TYPE left.data',
      'RANGE left',
      'TYPE right',
      'SHAPE bias',
      'SHAPE into',
      'TYPE into',
      'RANGE into',
      'RANGE beta',
      'RANGE activation',
      'OPTION quantize',
      'SHAPE left',
      'TYPE alhpa',
      'SHAPE values',
      'RANGE type',
      'OPTION element',
      'SHAPE scales',
      'RANGE packed',
      'SHAPE values',
    ]);
  });

  test('refuses what is too large before anything is computed, and loses nothing', async () => {
    const { DenseMatrix, matmul, matmulAsync } = room;
    const long = { data: new Float32Array(5000), rows: 5000, columns: 1 };
    const flat = { ...long, rows: 1, columns: 5000 };
    expect(refusalOf(() => matmul(long, flat)).code).toBe('MEMORY');
    await expect(matmulAsync(long, flat)).rejects.toMatchObject({ code: 'MEMORY' });
    expect(refusalOf(() => DenseMatrix.zeros(2 ** 31, 2 ** 31)).code).toBe('MEMORY');
    expect(refusalOf(() => DenseMatrix.zeros(2 ** 32 - 1, 1)).code).toBe('OVERFLOW');
    const detached = new Float32Array(4);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expect(refusalOf(() => matmul({ ...two, data: detached }, two)).message).toMatch(/detached/);
    expect(Array.from(matmul(two, two))).toEqual([7, 10, 15, 22]);
  });

  test('writes into your array or matrix, and adds to it', () => {
    const { DenseMatrix, matmul } = room;
    const into = new Float32Array(4);
    expect(matmul(two, two, { into })).toBe(into);
    matmul(two, two, { into, beta: 1, alpha: -1 });
    expect([...into]).toEqual([0, 0, 0, 0]);
    using target = DenseMatrix.zeros(2, 2);
    using chained = DenseMatrix.zeros(2, 2);
    expect(matmul(two, two, { into: target })).toBe(target);
    matmul(target, two, { into: chained });
    expect([...chained.toArray()]).toEqual([37, 54, 81, 118]);
    expect(refusalOf(() => matmul(target, two, { into: target })).argument).toBe('into');
    const exact = matmul(
      { ...two, data: Int8Array.of(1, 2, 3, 4) },
      { ...two, data: Int8Array.of(-128, 127, 1, 0) },
    );
    expect(exact).toEqual(Int32Array.of(-126, 127, -380, 381));
  });

  test('strides, batches, a shared operand', () => {
    const { matmul } = room;
    const strided = { data: Float32Array.of(1, 2, 0, 3, 4), rows: 2, columns: 2, stride: 3 };
    expect([...matmul(strided, two)]).toEqual([7, 10, 15, 22]);
    const pair = { data: floats(1, 8), rows: 2, columns: 2 };
    const each = [0, 4].flatMap((at) => [
      ...matmul({ ...pair, data: pair.data.slice(at, at + 4) }, two),
    ]);
    expect([...matmul(pair, { ...two, batchStride: 0 }, { batch: 2 })]).toEqual(each);
  });

  test('a program that ends in the middle leaves matrices as they are', async () => {
    const { DenseMatrix, matmulAsync } = room;
    const size = 700;
    using weights = DenseMatrix.from(floats(2, size * size), { rows: size, columns: size });
    const x = { data: floats(3, size * size), rows: size, columns: size };
    const stop = new AbortController();
    let reports = 0;
    const running = matmulAsync(x, weights, {
      signal: stop.signal,
      onProgress({ edgeOperations, expectedOperations }) {
        reports++;
        expect(edgeOperations).toBeLessThan(expectedOperations ?? 0);
        expect(refusalOf(() => weights.pack()).code).toBe('BUSY');
        stop.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect(reports).toBe(1);
    weights.pack();
    const whole = await matmulAsync(x, weights);
    expect(whole).toEqual(room.matmul(x, weights));
  });

  test('a list that disposes the matrix while it is read', () => {
    const { DenseMatrix, matmul } = room;
    const weights = DenseMatrix.from([1, 2, 3, 4], { rows: 2, columns: 2 });
    const bias = new Proxy([0, 0], {
      get(target, key) {
        if (key === '1') weights.dispose();
        return Reflect.get(target, key);
      },
    });
    expect(refusalOf(() => matmul(two, weights, { bias })).code).toBe('DISPOSED');
    const own = DenseMatrix.from([1, 2, 3, 4], { rows: 2, columns: 2 });
    const late = new Proxy([0, 0], {
      get(target, key) {
        if (key === '1') own.dispose();
        return Reflect.get(target, key);
      },
    });
    expect(refusalOf(() => matmul(own, two, { bias: late })).code).toBe('DISPOSED');
  });

  test('layers change a matrix itself, and leave arrays as they are', () => {
    const { activate, DenseMatrix, layerNorm, softmax, swiglu } = room;
    const x = [-1, 2];
    const into = new Float32Array(2);
    expect(activate(x, 'relu', { into })).toBe(into);
    expect([x, [...into]]).toEqual([
      [-1, 2],
      [0, 2],
    ]);
    using matrix = DenseMatrix.from([1, 1, -5, -5], { rows: 2, columns: 2 });
    expect(softmax(matrix)).toBe(matrix);
    expect([...matrix.toArray()]).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(softmax([])).toEqual(new Float32Array(0));
    const of = (call: () => unknown) => refusalOf(call).argument;
    expect([
      of(() => softmax([1, 2, 3], { columns: 2 })),
      of(() => softmax([1], { columns: 0 })),
      of(() => layerNorm([1, 2], { gain: [1] })),
      of(() => swiglu([1, 2], [1])),
      of(() => activate([1], 'relu', { into: new Float32Array(2) })),
      of(() => softmax(matrix, { into: new Float32Array(4) })),
      of(() => room.rotaryEmbedding([1, 2], bad({ heads: 1, size: 2 }))),
    ]).toEqual(['x', 'columns', 'gain', 'up', 'into', 'into', 'pairs']);
  });

  test('convolution as numpy has it, at once and in slices', async () => {
    const { conv1d, conv1dAsync, DenseMatrix } = room;
    using kernel = DenseMatrix.from(numpy.kernel, { rows: 12, columns: 5, packed: true });
    const options = { channels: 3, kernel: 4, stride: 2, padding: [3, 0] as const };
    const found = conv1d(numpy.signal, kernel, options);
    expect(found.length).toBe(numpy.conv.length);
    for (const [i, value] of numpy.conv.entries()) expect(found[i]).toBeCloseTo(value, 5);
    expect(await conv1dAsync(numpy.signal, kernel, options)).toEqual(found);
    expect(conv1d([1, 2, 3], kernel, { channels: 3, kernel: 4 })).toEqual(new Float32Array(0));
    expect(refusalOf(() => conv1d([1, 2], kernel, options)).argument).toBe('x');
    expect(refusalOf(() => conv1d([], kernel, { ...options, kernel: 3 })).argument).toBe('weights');
  });

  test('weights take the memory that is said', () => {
    const { DenseMatrix, estimateDenseMatrixBytes } = room;
    const values = floats(4, 100 * 30);
    for (const type of ['float32', 'float64', 'int8', 'int4'] as const)
      for (const packed of [false, true]) {
        using matrix = DenseMatrix.from(values, { rows: 100, columns: 30, type, packed });
        const bytes = estimateDenseMatrixBytes({ rows: 100, columns: 30, type, packed });
        expect(matrix.bytesUsed).toBe(bytes);
        expect(matrix.packed).toBe(packed || type.startsWith('int'));
        expect(matrix.type).toBe(type);
      }
  });
});
