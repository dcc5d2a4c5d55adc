// Vector as TypeScript users meet it. What both doors share is in dense.cases.ts.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createEngine, type Engine } from 'sublinear';
import { type DenseRoom, load, Vector as UnboundVector } from 'sublinear/dense';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './dense.cases.js';

describeCases(doors, cases);

describe('Vector', () => {
  let engine: Engine;
  let Vector: DenseRoom['Vector'];
  beforeAll(async () => {
    engine = await createEngine();
    ({ Vector } = await engine.use('dense'));
  });
  afterAll(() => engine.dispose());

  test('takes every kind of array and keeps or chooses the precision', () => {
    const sources = [[1.5, 2], new Float32Array([1.5, 2]), new Float64Array([1.5, 2])];
    expect(sources.map((source) => Vector.from(source).dtype)).toEqual([
      'float32',
      'float32',
      'float64',
    ]);
    for (const source of sources) {
      const copy = Vector.from(Vector.from(source), { dtype: 'float64' });
      expect(copy.toArray()).toEqual(new Float64Array([1.5, 2]));
    }
  });

  test('copies in and out', () => {
    using v = Vector.zeros(3);
    v.copyFrom([1, 2, 3]);
    expect(v.copyTo([0, 0, 0])).toEqual([1, 2, 3]);
    expect(v.copyTo(new Float64Array(3))).toEqual(new Float64Array([1, 2, 3]));
    using w = Vector.zeros(3, { dtype: 'float64' }).copyFrom(v);
    expect(w.toArray()).toEqual(new Float64Array([1, 2, 3]));
    const copy = v.toArray();
    v.fill(0);
    expect(copy).toEqual(new Float32Array([1, 2, 3]));
  });

  test('view shows and changes the elements', () => {
    using v = Vector.from([1, 2]);
    const view = v.view();
    expect(view).toBeInstanceOf(Float32Array);
    view[0] = 5;
    expect(v.dot(v)).toBe(29);
    v.scale(2);
    expect([...view]).toEqual([10, 4]);
  });

  test('view() is right again after the memory has grown', async () => {
    const { dense } = await createEngine({ modules: ['dense'] });
    using v = dense.Vector.from([1, 2, 3]);
    const before = v.view();
    using big = dense.Vector.zeros(5_000_000);
    expect(before.length).toBe(0); // detached, as documented: it cannot show other data
    expect([...v.view()]).toEqual([1, 2, 3]);
    expect(big.view().length).toBe(5_000_000);
    using copy = dense.Vector.from(v);
    expect(copy.dot(v)).toBe(14);
  });

  test('names the argument that is wrong', () => {
    using v = Vector.zeros(2);
    const bad = (value: unknown) => value as never;
    refused(
      () => Vector.zeros(-1),
      RangeError,
      'RANGE',
      'Vector.zeros',
      /^"length" expected integer >= 0, got -1$/,
    );
    refused(() => Vector.zeros(1.5), RangeError, 'RANGE', 'Vector.zeros', /^"length"/);
    refused(() => Vector.zeros(2 ** 32), RangeError, 'RANGE', 'Vector.zeros', /^"length"/);
    refused(
      () => Vector.zeros(bad('3')),
      TypeError,
      'TYPE',
      'Vector.zeros',
      /^"length" expected integer >= 0, got "3"$/,
    );
    refused(
      () => Vector.zeros(1, bad(7)),
      TypeError,
      'TYPE',
      'Vector.zeros',
      /^"options" expected object/,
    );
    refused(
      () => Vector.zeros(1, bad({ dtyp: 1 })),
      TypeError,
      'TYPE',
      'Vector.zeros',
      /^"dtyp" is not an option/,
    );
    refused(
      () => Vector.zeros(1, { dtype: bad('int8') }),
      RangeError,
      'RANGE',
      'Vector.zeros',
      /^"dtype"/,
    );
    refused(
      () => Vector.from(bad('12')),
      TypeError,
      'TYPE',
      'Vector.from',
      /^"values" expected .*got "12"$/,
    );
    refused(
      () => Vector.from(bad([1, '2'])),
      TypeError,
      'TYPE',
      'Vector.from',
      /^"values\[1\]" expected number/,
    );
    refused(() => Vector.from(new Array(3)), TypeError, 'TYPE', 'Vector.from', /^"values\[0\]"/);
    refused(
      () => v.copyFrom([1]),
      RangeError,
      'SHAPE',
      'Vector.copyFrom',
      /^"values" expected length 2, got 1$/,
    );
    refused(() => v.copyTo([1]), RangeError, 'SHAPE', 'Vector.copyTo', /^"target"/);
    refused(() => v.scale(bad('2')), TypeError, 'TYPE', 'Vector.scale', /^"alpha" expected number/);
    refused(() => v.scale(Number.NaN), RangeError, 'NOT_FINITE', 'Vector.scale', /^"alpha"/);
    refused(
      () => v.norm(bad(3)),
      RangeError,
      'RANGE',
      'Vector.norm',
      /^"kind" expected '1' or '2' or 'infinity'/,
    );
    refused(
      () => v.dot(bad([1, 2])),
      TypeError,
      'TYPE',
      'Vector.dot',
      /^"other" expected Vector, got an array of length 2$/,
    );
    refused(() => v.dot(Vector.zeros(3)), RangeError, 'SHAPE', 'Vector.dot', /^"other"/);
    expect([...v.view()]).toEqual([0, 0]);
  });

  test('is freed once, and used after that throws DISPOSED', () => {
    const before = engine.stats().modules[0]!;
    const v = Vector.from([1, 2, 3]);
    const w = Vector.from([1, 2, 3]);
    v.dispose();
    v.dispose();
    expect(v.disposed).toBe(true);
    refused(() => v.norm(), Error, 'DISPOSED', 'Vector.norm', /disposed/);
    refused(() => v.length, Error, 'DISPOSED', 'Vector.length', /disposed/);
    refused(() => v.view(), Error, 'DISPOSED', 'Vector.view', /disposed/);
    refused(() => w.dot(v), Error, 'DISPOSED', 'Vector.dot', /disposed/);
    w[Symbol.dispose]();
    expect(w.disposed).toBe(true);
    const after = engine.stats().modules[0]!;
    expect([after.bytesInUse, after.objects]).toEqual([before.bytesInUse, before.objects]);
  });

  test('cannot be mixed between engines', async () => {
    const other = await createEngine({ modules: ['dense'] });
    using v = Vector.zeros(2);
    using w = other.dense.Vector.zeros(2);
    refused(() => v.dot(w), TypeError, 'TYPE', 'Vector.dot', /^"other" belongs to another engine/);
    other.dispose();
  });

  test('has one identity an engine, and a base class for all', async () => {
    expect(Vector).toBe((await engine.use('dense')).Vector);
    using v = Vector.zeros(1);
    expect(v.constructor).toBe(Vector);
    expect(v).toBeInstanceOf(UnboundVector);
    const shared = await load();
    expect(shared).toBe(await load());
    expect(v).not.toBeInstanceOf(shared.Vector);
    refused(() => UnboundVector.zeros(1), Error, 'NOT_LOADED', 'Vector.zeros', /await load\(\)/);
  });

  test('forgotten vectors are freed in the end', () => {
    const script = `
      import { createEngine } from 'sublinear';
      const engine = await createEngine({ modules: ['dense'] });
      const state = () => { const [m] = engine.stats().modules; return [m.objects, m.bytesInUse]; };
      const kept = engine.dense.Vector.zeros(10);
      const before = state();
      for (let i = 0; i < 1000; i++) engine.dense.Vector.zeros(1000);
      for (let i = 0; i < 100 && state()[0] > before[0]; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      console.log(JSON.stringify(state()) === JSON.stringify(before), kept.length);`;
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const flags = ['--expose-gc', '--input-type=module', '-e', script];
    expect(execFileSync(process.execPath, flags, { cwd, encoding: 'utf8' })).toBe('true 10\n');
  });
});
