// Flat, Hnsw and Filter as TypeScript users meet them. What both doors share is in hnsw.cases.ts.
import { readFileSync } from 'node:fs';
import { createEngine, type Engine } from 'sublinear';
import type { HnswRoom } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, distFile, random } from '../support/door.js';
import { RawModule } from '../support/raw.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './hnsw.cases.js';

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

  // Written before int8 codes had a centre: 40 vectors of a rule, the one of id 3 removed again.
  test('read int8 codes of older files', () => {
    const bytes = readFileSync(new URL('../vectors/hnsw-int8-without-centre.slv', import.meta.url));
    using index = room.Hnsw.load(bytes);
    const vector = (i: number) =>
      Float32Array.from({ length: 6 }, (_, j) => ((i * (j + 3) * 7) % 31) - 15);
    using flat = room.Flat.create({ metric: 'euclidean', dimension: 6 });
    for (let i = 0; i < 40; i++) if (i !== 3) flat.add(i, vector(i));
    expect([...index.ids].sort()).toEqual([...flat.ids].sort());
    for (let i = 0; i < 40; i++) {
      const [near, truth] = [index, flat].map((each) => each.search(vector(i), { k: 5, ef: 40 }));
      for (const [at, distance] of truth!.distances.entries())
        expect(near!.distances[at]).toBeCloseTo(distance, 1);
      if (i !== 3) expect(index.get(i)[2]).toBeCloseTo(vector(i)[2]!, 1);
    }
    for (let i = 100; i < 1100; i++) index.add(i, vector(i * 1.37));
    using again = room.Hnsw.load(index.optimize().save());
    expect(again.search(vector(137 * 1.37), { k: 1 }).distances[0]).toBeLessThan(0.1);
  });

  test('tell their recall by a sample', () => {
    using index = room.Hnsw.create({ metric: 'euclidean', dimension: 3, m: 4, efConstruction: 8 });
    expect(index.recallEstimate()).toEqual({ recall: 1, standardError: 0, queries: 0 });
    index.addBatch({ ids: upTo(2000), vectors: uniform(6000) });
    const narrow = index.recallEstimate({ k: 20, ef: 20, sample: 200 });
    const wide = index.recallEstimate({ k: 20, ef: 2000, sample: 200 });
    expect(wide.queries).toBe(200);
    expect(wide.recall).toBeGreaterThan(narrow.recall);
    expect(narrow.recall).toBeLessThan(1);
    expect(narrow.standardError).toBeGreaterThan(0);
    expect(index.recallEstimate({ queries: uniform(30), ef: 2000 })).toMatchObject({ queries: 10 });
    refused(
      () => index.recallEstimate({ queries: uniform(4) }),
      RangeError,
      'SHAPE',
      'Hnsw.recallEstimate',
      /^"queries"/,
    );
    refused(
      () => index.recallEstimate({ queries: uniform(3), sample: 1 }),
      RangeError,
      'RANGE',
      'Hnsw.recallEstimate',
      /^"sample"/,
    );
    refused(
      () => index.recallEstimate({ k: 0 }),
      RangeError,
      'ARGUMENT',
      'Hnsw.recallEstimate',
      /^"k"/,
    );
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
      () =>
        index.addInPlace({
          ids: [200],
          write: () => index.addInPlace({ ids: [201], write: () => {} }),
        }),
      Error,
      'STATE',
      'Hnsw.addInPlace',
      /write/,
    );
    index.addInPlace({
      ids: [200],
      write: (rows) => {
        rows.set([1, 2, 3]);
        index.add(201, [1, 1, 1]); // changes of other kinds are no harm
      },
    });
    expect(index.has(200) && index.has(201)).toBe(true);
    expect(() =>
      index.addInPlace({
        ids: [300],
        write: () => {
          throw new Error('mine');
        },
      }),
    ).toThrow('mine');
    expect(index.size).toBe(102);
  });

  test('find what lies within a radius, and results that differ', () => {
    const grid = Float32Array.from({ length: 2 * 2500 }, (_, i) => {
      const point = i >> 1;
      return i % 2 === 0 ? point % 50 : Math.floor(point / 50);
    });
    for (const name of ['Flat', 'Hnsw'] as const) {
      using index = room[name].create({ metric: 'euclidean', dimension: 2 });
      index.addBatch({ ids: upTo(2500), vectors: grid });
      // Whole points within 3 of (20, 20): 29 of them (Gauss's circle problem).
      const { ids, distances } = index.search([20, 20], { radius: 3 });
      expect([ids.length, ids[0], distances.at(-1)]).toEqual([29, 20 * 50 + 20, 3]);
      expect(index.search([20, 20], { radius: 3, k: 5 }).ids).toEqual(ids.slice(0, 5));
      expect(index.search([20, 20], { radius: 1000, ef: 10 }).ids.length).toBe(2500);
      using filter = room.Filter.from(upTo(1020));
      expect(index.search([20, 20], { radius: 3, filter }).ids.length).toBe(14);
      // The corners are farthest apart.
      const apart = index.search([0, 0], { k: 4, diversity: 1, candidates: 2500 });
      expect(new Set(apart.ids)).toEqual(new Set([0, 49, 2450, 2499]));
      expect(apart.ids[0]).toBe(0);
      expect(index.search([20.1, 20.2], { k: 4, diversity: 0 }).ids).toEqual(
        index.search([20.1, 20.2], { k: 4 }).ids,
      );
      refused(
        () => index.search([0, 0], { diversity: 2 }),
        RangeError,
        'ARGUMENT',
        `${name}.search`,
        /diversity/,
      );
    }
  });

  test('remove many in slices', async () => {
    using index = room.Hnsw.create({ metric: 'euclidean', dimension: 3 });
    index.addBatch({ ids: upTo(3000), vectors: uniform(9000) });
    const seen: number[] = [];
    await index.removeManyAsync(upTo(2000), {
      onProgress({ removed, total, left, places }) {
        expect(removed <= total && left <= places).toBe(true);
        seen.push(removed);
      },
    });
    expect([index.size, index.removed, index.stats().unreachable]).toEqual([1000, 0, 0]);
    expect(seen.every((count, i) => i === 0 || count >= seen[i - 1]!)).toBe(true);
    await expect(index.removeManyAsync([2500, 7])).rejects.toMatchObject({
      code: 'INDEX',
      position: 1,
      message: expect.stringContaining('1 of 2 vectors were removed'),
    });
    expect(() => index.removeMany([2600, 7])).toThrow(/1 of 2 vectors were removed/);
    expect([index.has(2500), index.has(2600), index.size]).toEqual([false, false, 998]);
  });

  test('write results where they are asked to', () => {
    using index = room.Flat.create({ metric: 'euclidean', dimension: 1 });
    index.addBatch({ ids: [5, 6], vectors: [0, 1] });
    const into = { ids: new Uint32Array(6), distances: new Float32Array(6) };
    const result = index.searchBatch([0, 1], { k: 3, into });
    expect(result.ids).toBe(into.ids);
    expect([...result.found]).toEqual([2, 2]);
    const none = 0xffffffff;
    expect([...into.ids]).toEqual([5, 6, none, 6, 5, none]);
    expect([...into.distances]).toEqual([0, 1, Infinity, 0, 1, Infinity]);
    // What a search leaves in memory must not be seen, through either kind of index.
    using filter = room.Filter.from([6]);
    using walked = room.Hnsw.create({ metric: 'euclidean', dimension: 1 });
    walked.addBatch({ ids: [5, 6], vectors: [0, 1] });
    for (const each of [index, walked]) {
      const some = each.searchBatch([0, 1, 2, 3, 4], { k: 2, filter });
      expect([...some.found]).toEqual([1, 1, 1, 1, 1]);
      expect([...some.ids]).toEqual([6, none, 6, none, 6, none, 6, none, 6, none]);
      expect([...some.distances]).toEqual([
        1,
        Infinity,
        0,
        Infinity,
        1,
        Infinity,
        2,
        Infinity,
        3,
        Infinity,
      ]);
    }
    refused(
      () => index.searchBatch([0], { k: 3, into }),
      RangeError,
      'SHAPE',
      'Flat.searchBatch',
      /^"into.ids" expected length 3, got 6/,
    );
    expect(index.search([0], { k: 4_000_000_000 }).ids.length).toBe(2);
    for (const each of [index, walked]) {
      const room = { ids: new Uint32Array(6), distances: new Float32Array(6) };
      const found = each.search([1], { k: 5, into: room });
      expect([[...found.ids], [...found.distances], [...room.ids]]).toEqual([
        [6, 5],
        [0, 1],
        [6, 5, 0, 0, 0, 0],
      ]);
      expect(found.ids.buffer).toBe(room.ids.buffer);
      expect([...each.search([0], { k: 3, radius: 0.5, into: room }).ids]).toEqual([5]);
      const operation = each === index ? 'Flat.search' : 'Hnsw.search';
      refused(
        () => each.search([0], { k: 7, into: room }),
        RangeError,
        'SHAPE',
        operation,
        /^"into.ids"/,
      );
      refused(() => each.search([0], { into: room }), TypeError, 'TYPE', operation, /^"k"/);
      const wide = { ...room, distances: new Float64Array(6) as never };
      refused(
        () => each.search([0], { k: 1, into: wide }),
        TypeError,
        'TYPE',
        operation,
        /^"into.distances"/,
      );
    }
  });

  test('filters are made of bits too', () => {
    using index = room.Hnsw.create({ metric: 'euclidean', dimension: 1 });
    index.addBatch({ ids: upTo(40), vectors: Float32Array.from(upTo(40)) });
    using filter = room.Filter.fromBits(Uint8Array.of(0b10000001, 0, 0b100, 0, 0, 0xff));
    expect(filter.size).toBe(11);
    expect([...index.search([0], { k: 20, filter }).ids]).toEqual([0, 7, 18]);
    using nothing = room.Filter.fromBits(new Uint8Array(0));
    expect(index.search([0], { filter: nothing }).ids.length).toBe(0);
    refused(
      () => room.Filter.fromBits([1] as never),
      TypeError,
      'TYPE',
      'Filter.fromBits',
      /^"bits"/,
    );
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

  test('hamming counts the bits of rows of any length', () => {
    const next = random(31);
    for (const bytes of [1, 16, 17, 32, 33, 48, 496, 497, 1100]) {
      using index = room.Flat.create({ metric: 'hamming', dimension: 8 * bytes });
      const rows = Uint8Array.from({ length: 9 * bytes }, () => Math.floor(next() * 256));
      rows.fill(255, 0, bytes); // against zeros every byte counts as much as it can
      index.addBatch({ ids: upTo(9), vectors: rows });
      const query = rows.slice(8 * bytes);
      for (const asked of [query, new Uint8Array(bytes)]) {
        const { ids, distances } = index.search(asked, { k: 9 });
        expect(ids.length).toBe(9);
        for (const [i, id] of ids.entries()) {
          let bits = 0;
          for (let j = 0; j < bytes; j++)
            for (let x = rows[id * bytes + j]! ^ asked[j]!; x > 0; x >>= 1) bits += x & 1;
          expect(distances[i]).toBe(bits);
        }
      }
    }
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
    // Growing moves what is being written.
    const again = index.saveInPieces();
    again.next();
    index.reserve(50_000);
    refused(() => again.next(), Error, 'STATE', 'Hnsw.saveInPieces', /changed/);
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

describe('collections', () => {
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

  const films = (index: 'hnsw' | 'flat') => {
    const made = room.Collection.create({ metric: 'euclidean', dimension: 1, index });
    for (let year = 1950; year < 2020; year++) {
      const metadata = {
        year,
        tag: ['drama', 'comedy', 'crime'][year % 3]!,
        cast: year % 2 ? ['ann', 'bob'] : ['eve'],
        ...(year % 5 === 0 && { prize: year % 10 === 0 }),
      };
      made.add({ key: year % 4 === 0 ? year : `film ${year}`, vector: [year], metadata });
    }
    return made;
  };

  test.each(['hnsw', 'flat'] as const)('%s: answer conditions as a plain loop would', (kind) => {
    using all = films(kind);
    const conditions: [Parameters<typeof all.filter>[0], (year: number) => boolean][] = [
      [{}, () => true],
      [{ year: 1984 }, (year) => year === 1984],
      [{ year: { gte: 1990, lt: 2000 } }, (year) => year >= 1990 && year < 2000],
      [{ year: { gt: 1990, lte: 2000 } }, (year) => year > 1990 && year <= 2000],
      [{ tag: 'crime' }, (year) => year % 3 === 2],
      [{ tag: { ne: 'crime' } }, (year) => year % 3 !== 2],
      [{ tag: { in: ['crime', 'comedy', 'none'] } }, (year) => year % 3 !== 0],
      [{ tag: { notIn: ['crime'] } }, (year) => year % 3 !== 2],
      [{ tag: { gt: 'crime' } }, (year) => year % 3 === 0],
      [{ cast: { contains: 'bob' } }, (year) => year % 2 === 1],
      [{ prize: true }, (year) => year % 10 === 0],
      [{ prize: { exists: false } }, (year) => year % 5 !== 0],
      [{ prize: { ne: true } }, (year) => year % 10 !== 0],
      [{ nothing: 1 }, () => false],
      [{ nothing: { exists: false } }, () => true],
      [{ year: { gt: 'a' } }, () => false],
      [{ not: { tag: 'crime' }, year: { lt: 1960 } }, (year) => year % 3 !== 2 && year < 1960],
      [
        { or: [{ year: 1950 }, { and: [{ tag: 'drama' }, { prize: true }] }] },
        (year) => year === 1950 || (year % 3 === 0 && year % 10 === 0),
      ],
    ];
    const years = Array.from({ length: 70 }, (_, i) => 1950 + i);
    const key = (year: number) => (year % 4 === 0 ? year : `film ${year}`);
    for (const [where, holds] of conditions) {
      const expected = years.filter(holds).map(key);
      expect(all.filter(where), JSON.stringify(where)).toEqual(expected);
      const found = all.search([1950], { k: 70, ef: 100, where });
      expect(
        found.map((match) => match.key),
        JSON.stringify(where),
      ).toEqual(expected);
      expect(all.search([1950], { k: 70, ef: 100, where })).toEqual(found);
    }
  });

  test('replace, remove and come back from bytes', () => {
    for (const kind of ['hnsw', 'flat'] as const) {
      using all = films(kind);
      expect([all.size, all.has(1952), all.has('1952'), all.metric]).toEqual([
        70,
        true,
        false,
        'euclidean',
      ]);
      expect(all.remove(1952)).toBe(true);
      expect(all.remove(1952)).toBe(false);
      all.add({ key: 'film 1951', vector: [3000] }); // replaced, its metadata gone
      expect(all.get('film 1951')).toEqual({ key: 'film 1951', vector: Float32Array.of(3000) });
      expect(all.filter({ year: { lte: 1952 } })).toEqual(['film 1950']);
      all.add({ key: 'new', vector: [1952], metadata: { year: 1 } });
      expect(all.size).toBe(70);
      expect(all.keys).toHaveLength(70);
      const bytes = all.save();
      using again = room.Collection.load(bytes);
      const query = { k: 5, where: { year: { lt: 1960 } } };
      expect(again.search([1955], query)).toEqual(all.search([1955], query));
      again.add({ key: 'more', vector: [1] });
      expect(again.size).toBe(71);
      const cut = bytes.subarray(0, bytes.length - 1);
      refused(
        () => room.Collection.load(cut),
        Error,
        'TRUNCATED',
        `${kind === 'flat' ? 'Flat' : 'Hnsw'}.load`,
        /too early/,
      );
      refused(
        () => room.Collection.load(bytes.subarray(0, 40)),
        Error,
        'TRUNCATED',
        'Collection.load',
        /too early/,
      );
      const damaged = bytes.slice();
      damaged[50]! ^= 1;
      refused(
        () => room.Collection.load(damaged),
        Error,
        'CHECKSUM',
        'Collection.load',
        /checksum/,
      );
      damaged.set(bytes);
      damaged[0] = 0;
      refused(
        () => room.Collection.load(damaged),
        Error,
        'FORMAT',
        'Collection.load',
        /collection/,
      );
    }
  });

  test('name what is wrong and stay as they were', () => {
    using all = room.Collection.create({ metric: 'cosine', dimension: 2 });
    all.add({ key: 'a', vector: [1, 1], metadata: { x: 1 } });
    refused(
      () => all.add({ key: 'a', vector: [0, 0] }),
      RangeError,
      'RANGE',
      'Hnsw.add',
      /^"vectors"/,
    );
    refused(
      () => all.add({ key: bad(null), vector: [1, 1] }),
      TypeError,
      'TYPE',
      'Collection.add',
      /^"key"/,
    );
    refused(
      () => all.add({ key: 'b', vector: [1, 1], metadata: bad({ x: { y: new Map() } }) }),
      TypeError,
      'TYPE',
      'Collection.add',
      /^"metadata.x.y" expected a JSON value or a Date, got Map/,
    );
    refused(
      () => all.add({ key: 'b', vector: [1, 1], metadata: { x: Number.NaN } }),
      TypeError,
      'TYPE',
      'Collection.add',
      /^"metadata.x"/,
    );
    refused(
      () => all.search([1, 1], { where: { x: bad({ above: 1 }) } }),
      TypeError,
      'TYPE',
      'Collection.search',
      /^"where.x.above" is not a condition; known: eq/,
    );
    refused(
      () => all.search([1, 1], { where: { x: { in: bad(1) } } }),
      TypeError,
      'TYPE',
      'Collection.search',
      /^"where.x.in" expected array/,
    );
    refused(
      () => all.filter({ or: bad({}) }),
      TypeError,
      'TYPE',
      'Collection.filter',
      /^"where.or"/,
    );
    refused(
      () => room.Collection.create({ metric: 'dot', dimension: 1, index: 'flat', m: 3 }),
      TypeError,
      'TYPE',
      'Flat.create',
      /^"m"/,
    );
    expect(all.search([1, 1], { where: { x: 1 } })).toEqual([
      { key: 'a', distance: expect.closeTo(0, 5), metadata: { x: 1 } },
    ]);
    expect(all.size).toBe(1);
  });
});

test('a host of the raw ABI learns the shape of an index that it loads', async () => {
  const engine = await createEngine();
  const { Flat, Hnsw } = await engine.use('hnsw');
  const raw = await RawModule.open(await distFile('raw/vector.simd.wasm'));
  const { call } = raw;
  for (const [kind, made] of [
    ['flat', Flat.create({ metric: 'hamming', dimension: 24 })],
    ['hnsw', Hnsw.create({ metric: 'hamming', dimension: 24 })],
  ] as const) {
    made.add(7, new Uint8Array([1, 2, 3]));
    const file = made.save();
    const index = raw.with([file], (bytes) =>
      raw.made(call[`sl_abi_${kind}_load`]!(bytes, file.length, 1)),
    );
    raw.with([new Uint32Array(3)], (out) => {
      raw.check(call[`sl_abi_${kind}_shape`]!(index, out, out + 4));
      raw.check(call[`sl_abi_${kind}_has`]!(index, 7, out + 8));
      expect([...raw.u32(out, 3)]).toEqual([4, 24, 1]);
      raw.check(call[`sl_abi_${kind}_has`]!(index, 8, out + 8));
      raw.check(call[`sl_abi_${kind}_shape`]!(index, 0, 0));
      expect([...raw.u32(out, 3)]).toEqual([4, 24, 0]);
      expect(call[`sl_abi_${kind}_shape`]!(0, out, out)).toBe(-21);
      expect(call[`sl_abi_${kind}_has`]!(index ^ 0x10000, 7, out)).toBe(-21);
    });
    raw.check(call[`sl_abi_${kind}_destroy`]!(index));
    made.dispose();
  }
  raw.with([Uint8Array.of(5), new Float32Array(3), new Uint32Array(7)], (bits, rows, out) => {
    const [flat, filter] = [
      raw.made(call.sl_abi_flat_create!(2, 1, 1, 0)),
      raw.made(call.sl_abi_filter_from_bits!(bits!, 1)),
    ];
    raw.with([Uint32Array.of(1, 2, 3)], (ids) =>
      raw.check(call.sl_abi_flat_add!(flat, ids!, rows!, 3, 0, out!)),
    );
    const places = [out!, out! + 12, out! + 24] as const;
    raw.check(call.sl_abi_flat_search!(flat, rows!, 1, 3, filter, ...places));
    const [first, , , , , , found] = raw.u32(out!, 7);
    expect([first, found]).toEqual([2, 1]);
    raw.check(call.sl_abi_flat_destroy!(flat));
    raw.check(call.sl_abi_filter_destroy!(filter));
  });
  raw.with([new Float64Array(1)], (out) => {
    raw.check(call.sl_abi_hnsw_estimate_bytes!(0, 128, 16, 200, 1, 1, 10_000, out));
    const options = { metric: 'cosine', dimension: 128, codes: 'int8', rerank: 'float16' } as const;
    expect(raw.f64(out, 1)[0]).toBe(Hnsw.estimateBytes(options, 10_000));
    expect(call.sl_abi_hnsw_estimate_bytes!(0, 128, 1, 200, 0, 0, 10, out)).toBeLessThan(0);
    expect(raw.failure()).toMatchObject({ code: 'OPTION', argument: 'm' });
  });
  expect([call.sl_abi_handle_count!(), call.sl_abi_bytes_in_use!()]).toEqual([0, 0]);
  engine.dispose();
});
