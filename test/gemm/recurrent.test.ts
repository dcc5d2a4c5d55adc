// Recurrent layers and tables of embeddings as TypeScript users meet them. What both doors share is in recurrent.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors, floats } from './recurrent.cases.js';

describeCases(doors, cases);

const own = inRoom('gemm');
const bad = (value: unknown) => value as never;
const of = (call: () => unknown) => {
  const { code, argument } = refusalOf(call);
  return `${code} ${argument}`;
};

describe('recurrent layers', () => {
  const weights = { input: floats(1, 16 * 5), own: floats(2, 16 * 4), ownBias: floats(3, 16) };

  test('in one call, in slices, as a layer', async () => {
    const { lstm, lstmAsync, gru, gruAsync, RecurrentLayer } = own.room;
    const x = floats(4, 2 * 9 * 5);
    const options = { size: 4, batch: 2, weights: [weights, weights] } as const;
    const found = lstm(x, options);
    expect(await lstmAsync(x, options)).toEqual(found);
    const { batch, ...shape } = options;
    using layer = RecurrentLayer.create({ type: 'lstm', ...shape });
    expect(layer.run(x, { batch })).toEqual(found);
    expect(await layer.runAsync(x, { batch })).toEqual(found);
    expect(layer.bytesUsed).toBeGreaterThan(2 * 4 * 16 * 9);
    const three = { input: floats(1, 12 * 5), own: floats(2, 12 * 4) };
    const given = { size: 4, weights: three, hidden: floats(5, 4) };
    expect(await gruAsync(x, given)).toEqual(gru(x, given));
    expect(gru(x, given).cell).toEqual(new Float32Array(0));
  });

  test('an abort leaves the layer usable', async () => {
    const { RecurrentLayer } = own.room;
    const wide = { input: floats(1, 512 * 64), own: floats(2, 512 * 128) };
    using layer = RecurrentLayer.create({ type: 'lstm', size: 128, weights: wide });
    const x = floats(3, 3000 * 64);
    const stop = new AbortController();
    const running = layer.runAsync(x, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    expect(refusalOf(() => layer.run(x)).code).toBe('BUSY');
    await expect(running).rejects.toThrow('enough');
    expect(layer.run(x.subarray(0, 640)).output.length).toBe(1280);
  });

  test('name what is wrong', () => {
    const { lstm, gru, RecurrentLayer } = own.room;
    const options = { size: 4, weights };
    const x = floats(1, 10);
    expect([
      of(() => lstm(x, bad({ weights }))),
      of(() => lstm(x, bad({ size: 4 }))),
      of(() => lstm(x, { size: 4, weights: bad([weights, weights, weights]) })),
      of(() => lstm(x, { size: 4, weights: bad([]) })),
      of(() => lstm(x, { size: 4, weights: { ...weights, own: [1] } })),
      of(() => lstm(x, { size: 4, weights: { ...weights, ownBias: [1] } })),
      of(() => lstm(x, { size: 4, weights: [weights, { ...weights, input: floats(1, 16) }] })),
      of(() => lstm([1], options)),
      of(() => lstm(x, { ...options, batch: 3 })),
      of(() => lstm(x, { ...options, hidden: [1] })),
      of(() => lstm(x, { ...options, cell: [1] })),
      of(() =>
        gru(x, { size: 4, weights: { input: floats(1, 60), own: floats(1, 48) }, cell: [] }),
      ),
      of(() => RecurrentLayer.create({ ...options, type: bad('rnn') })),
    ]).toEqual([
      'TYPE size',
      'TYPE input',
      'RANGE weights',
      'RANGE weights',
      'SHAPE own',
      'SHAPE ownBias',
      'SHAPE input',
      'SHAPE x',
      'SHAPE x',
      'SHAPE hidden',
      'SHAPE cell',
      'RANGE cell',
      'RANGE type',
    ]);
  });
});

describe('embedding', () => {
  test('gives rows of matrices of any type and of arrays', () => {
    const { DenseMatrix, embedding } = own.room;
    const values = [0, 0, 1, 2, 3, 4, -5, 6];
    const ids = Uint32Array.of(3, 1, 3, 0);
    const wanted = Float32Array.of(-5, 6, 1, 2, -5, 6, 0, 0);
    for (const type of ['float32', 'float64'] as const) {
      using table = DenseMatrix.from(values, { rows: 4, columns: 2, type });
      expect(embedding(table, ids)).toEqual(wanted);
    }
    expect(embedding({ data: Float64Array.from(values), columns: 2 }, ids)).toEqual(wanted);
    using rounded = DenseMatrix.from(values, { rows: 4, columns: 2, type: 'int8' });
    const near = embedding(rounded, ids, { padding: 1 });
    expect(near.subarray(2, 4)).toEqual(new Float32Array(2));
    expect(Math.abs(near[0]! + 5)).toBeLessThan(0.03);
    expect(embedding({ data: values, columns: 2 }, [])).toEqual(new Float32Array(0));
  });

  test('names what is wrong', () => {
    const { embedding } = own.room;
    const table = { data: [1, 2, 3, 4], columns: 2 };
    expect([
      of(() => embedding(table, [0, 2])),
      of(() => embedding({ data: [1, 2, 3], columns: 2 }, [0])),
      of(() => embedding(bad({ columns: 2 }), [0])),
      of(() => embedding(bad(null), [0])),
      of(() => embedding({ data: [1], columns: 0 }, [0])),
      of(() => embedding(table, [-1])),
      of(() => embedding(table, [0], { padding: 2 })),
      of(() => embedding({ data: [], columns: 3 }, [0])),
    ]).toEqual([
      'INDEX ids',
      'SHAPE data',
      'TYPE table',
      'TYPE table',
      'RANGE columns',
      'RANGE ids',
      'RANGE padding',
      'INDEX ids',
    ]);
  });
});
