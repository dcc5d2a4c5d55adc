// Flat, Hnsw and Filter as TypeScript users meet them. What both doors share is in hnsw.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { HnswRoom } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases, doors } from './hnsw.cases.js';
import { describeCases, random } from './support/door.js';
import { refused } from './support/refused.js';

describeCases(doors, cases);

const uniform = (count: number, seed = 1) => {
  const next = random(seed);
  return Float32Array.from({ length: count }, next);
};
const upTo = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);
const bad = (value: unknown) => value as never;

describe('vector indexes', () => {
  let engine: Engine;
  let room: HnswRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('hnsw');
  });
  afterAll(() => {
    expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
    engine.dispose();
  });

  test('take every kind of array, and refuse others by name', () => {
    using index = room.Hnsw.create({ metric: 'euclidean', dimension: 2 });
    index
      .add(1, [1, 2])
      .add(2, new Float64Array([3, 4]))
      .add(3, Float32Array.of(5, 6));
    expect([1, 2, 3].map((id) => [...index.get(id)])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    refused(
      () => index.add(4, [1]),
      RangeError,
      'SHAPE',
      'Hnsw.add',
      /^"vector" expected length 2, got 1$/,
    );
    refused(() => index.add(4, bad('12')), TypeError, 'TYPE', 'Hnsw.add', /^"vector"/);
    refused(() => index.add(4, bad([1, '2'])), TypeError, 'TYPE', 'Hnsw.add', /^"vector\[1\]"/);
    refused(() => index.add(4, Uint8Array.of(1, 2)), TypeError, 'TYPE', 'Hnsw.add', /^"vector"/);
    refused(
      () => index.add(-1, [1, 2]),
      RangeError,
      'RANGE',
      'Hnsw.add',
      /^"id" expected integer >= 0, got -1/,
    );
    refused(() => index.add(1, [1, 2]), RangeError, 'ARGUMENT', 'Hnsw.add', /^"ids"/);
    refused(
      () => index.add(4, [1, 2], bad({ duplicate: 1 })),
      TypeError,
      'TYPE',
      'Hnsw.add',
      /^"duplicate"/,
    );
    refused(
      () => index.addBatch({ ids: [4, 5], vectors: [1, 2] }),
      RangeError,
      'SHAPE',
      'Hnsw.addBatch',
      /^"vectors" expected length 4, got 2/,
    );
    refused(() => index.search([1]), RangeError, 'SHAPE', 'Hnsw.search', /^"query"/);
    refused(() => index.search([1, 1], { k: 1.5 }), RangeError, 'RANGE', 'Hnsw.search', /^"k"/);
    refused(
      () => index.search([1, 1], { k: 0 }),
      RangeError,
      'ARGUMENT',
      'Hnsw.search',
      /^"k".*at least 1/,
    );
    refused(
      () => index.searchBatch([1, 1, 1]),
      RangeError,
      'SHAPE',
      'Hnsw.searchBatch',
      /^"queries" expected length 4, got 3/,
    );
    refused(
      () => index.search([1, 1], { filter: bad([1]) }),
      TypeError,
      'TYPE',
      'Hnsw.search',
      /^"filter"/,
    );
    refused(() => index.update(9, [1, 1]), RangeError, 'INDEX', 'Hnsw.update', /^"id".*got 9$/);
    refused(() => index.remove(9), RangeError, 'INDEX', 'Hnsw.remove', /^"id"/);
    refused(
      () => room.Hnsw.create(bad({ metric: 'l2', dimension: 2 })),
      RangeError,
      'RANGE',
      'Hnsw.create',
      /^"metric"/,
    );
    refused(
      () => room.Hnsw.create(bad({ metric: 'dot' })),
      TypeError,
      'TYPE',
      'Hnsw.create',
      /^"dimension"/,
    );
    refused(() => room.Hnsw.load(bad('x')), TypeError, 'TYPE', 'Hnsw.load', /^"bytes"/);
    using bits = room.Flat.create({ metric: 'hamming', dimension: 16 });
    refused(
      () => bits.add(1, [1, 2]),
      TypeError,
      'TYPE',
      'Flat.add',
      /^"vector" expected Uint8Array/,
    );
    bits.add(1, Uint8Array.of(255, 1));
    expect([...bits.get(1)]).toEqual([255, 1]);
    expect(index.size).toBe(3);
  });

  test('say what they are', () => {
    using index = room.Hnsw.create({ metric: 'poincare', dimension: 5, capacity: 100 });
    expect([index.metric, index.dimension, index.size, index.has(3)]).toEqual([
      'poincare',
      5,
      0,
      false,
    ]);
    const estimate = room.Hnsw.estimateBytes({ metric: 'poincare', dimension: 5 }, 100);
    expect(index.bytesUsed / estimate).toBeCloseTo(1, 1);
    index.add(3, [0, 0, 0, 0, 0.5]);
    expect([...index.ids, index.has(3), index.removed]).toEqual([3, true, 0]);
  });

  test('say how many of a batch went in', () => {
    using index = room.Hnsw.create({ metric: 'cosine', dimension: 1 });
    const error = refused(
      () => index.addBatch({ ids: [1, 2, 3], vectors: [1, 1, 0] }),
      RangeError,
      'RANGE',
      'Hnsw.addBatch',
      /position 2.*2 of 3 vectors were added/,
    );
    expect(error).toMatchObject({ argument: 'vectors', position: 2 });
    expect(index.size).toBe(2);
  });

  test('stop at the memory limit, and what is in stays searchable', async () => {
    const small = await createEngine({ memory: 4_000_000, modules: ['hnsw'] });
    using index = small.hnsw.Hnsw.create({
      metric: 'euclidean',
      dimension: 64,
      m: 8,
      efConstruction: 30,
    });
    let added = 0;
    let message = '';
    try {
      for (; ; added++) index.add(added, uniform(64, added));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/memory limit reached/);
    expect(index.size).toBe(added);
    expect(added).toBeGreaterThan(1000);
    expect(index.search(uniform(64, 7), { k: 1, ef: 100 }).ids[0]).toBe(7);
    small.dispose();
  });

  test('add in slices, with progress, and stop at an abort', async () => {
    const [count, dimension] = [3000, 16];
    using index = room.Hnsw.create({ metric: 'euclidean', dimension, efConstruction: 100 });
    const batch = { ids: upTo(count), vectors: uniform(count * dimension) };
    const seen: number[] = [];
    const controller = new AbortController();
    const running = index.addBatchAsync(batch, {
      signal: controller.signal,
      onProgress({ added, total }) {
        expect(total).toBe(count);
        seen.push(added);
        if (added > 500) controller.abort(new Error('enough'));
      },
    });
    refused(() => index.size, Error, 'BUSY', 'Hnsw.size', /in use/);
    await expect(running).rejects.toThrow('enough');
    expect(index.size).toBe(seen.at(-1));
    expect(index.search(batch.vectors.subarray(0, dimension), { k: 1 }).ids[0]).toBe(0);
    const rest = {
      ids: batch.ids.subarray(index.size),
      vectors: batch.vectors.subarray(index.size * dimension),
    };
    await index.addBatchAsync(rest);
    using whole = room.Hnsw.create({ metric: 'euclidean', dimension, efConstruction: 100 });
    whole.addBatch(batch);
    expect(index.save()).toEqual(whole.save()); // however it was sliced
    await index.addBatchAsync({ ids: [], vectors: [] });
    const position = { ids: [90_000, 0], vectors: uniform(2 * dimension) };
    await expect(index.addBatchAsync(position)).rejects.toMatchObject({
      code: 'ARGUMENT',
      position: 1,
    });
  });

  test('take vectors that are written in place', () => {
    using index = room.Hnsw.create({ metric: 'cosine', dimension: 3 });
    using copied = room.Hnsw.create({ metric: 'cosine', dimension: 3 });
    const vectors = uniform(300);
    copied.addBatch({ ids: upTo(100), vectors });
    index.addInPlace({
      ids: upTo(100),
      write: (rows, stride) => {
        for (let i = 0; i < 100; i++) rows.set(vectors.subarray(3 * i, 3 * i + 3), i * stride);
      },
    });
    expect(index.save()).toEqual(copied.save());
    refused(
      () => index.addInPlace({ ids: [200], write: () => void index.add(200, [1, 1, 1]) }),
      Error,
      'STATE',
      'Hnsw.addInPlace',
      /changed/,
    );
    expect(() =>
      index.addInPlace({
        ids: [300],
        write: () => {
          throw new Error('mine');
        },
      }),
    ).toThrow('mine');
    expect(index.size).toBe(101);
  });

  test('write results where they are asked to', () => {
    using index = room.Flat.create({ metric: 'euclidean', dimension: 1 });
    index.addBatch({ ids: [5, 6], vectors: [0, 1] });
    const into = { ids: new Uint32Array(6), distances: new Float32Array(6) };
    const result = index.searchBatch([0, 1], { k: 3, into });
    expect(result.ids).toBe(into.ids);
    expect([...result.found]).toEqual([2, 2]);
    expect([...into.ids.subarray(0, 2), ...into.ids.subarray(3, 5)]).toEqual([5, 6, 6, 5]);
    refused(
      () => index.searchBatch([0], { k: 3, into }),
      RangeError,
      'SHAPE',
      'Flat.searchBatch',
      /^"into.ids" expected length 3, got 6/,
    );
    expect(index.search([0], { k: 4_000_000_000 }).ids.length).toBe(2);
  });

  test('filters are for any index of their engine, and for no other', async () => {
    using filter = room.Filter.from([1, 2, 2]);
    expect(filter.size).toBe(3);
    for (const kind of [room.Flat, room.Hnsw]) {
      using index = kind.create({ metric: 'euclidean', dimension: 1 });
      index.addBatch({ ids: [1, 2, 3], vectors: [1, 2, 3] });
      expect([...index.search([3], { filter }).ids]).toEqual([2, 1]);
      index.remove(2);
      expect([...index.search([3], { filter }).ids]).toEqual([1]);
    }
    const other = await createEngine({ modules: ['hnsw'] });
    using index = other.hnsw.Flat.create({ metric: 'euclidean', dimension: 1 });
    refused(
      () => index.search([1], { filter }),
      TypeError,
      'TYPE',
      'Flat.search',
      /another engine/,
    );
    other.dispose();
  });

  test('are saved in pieces, unless they change meanwhile', () => {
    using index = room.Hnsw.create({
      metric: 'euclidean',
      dimension: 100,
      m: 4,
      efConstruction: 8,
    });
    index.addBatch({ ids: upTo(4000), vectors: uniform(400_000) });
    const whole = index.save();
    const pieces = [...index.saveInPieces()];
    expect(pieces.length).toBeGreaterThan(1);
    let at = 0;
    for (const piece of pieces) {
      expect(piece.every((byte, i) => byte === whole[at + i])).toBe(true);
      at += piece.length;
    }
    expect(at).toBe(whole.length);
    const saving = index.saveInPieces();
    saving.next();
    index.remove(0);
    refused(() => saving.next(), Error, 'STATE', 'Hnsw.saveInPieces', /changed/);
  });

  test('name the byte of a damaged file, not a line', () => {
    using index = room.Hnsw.create({ metric: 'euclidean', dimension: 2 });
    const bytes = index.save();
    bytes[8] = 9;
    const error = refused(
      () => room.Hnsw.load(bytes),
      Error,
      'FORMAT',
      'Hnsw.load',
      /at position 8/,
    );
    expect(error).toMatchObject({ position: 8 });
  });
});
