// Collections: conditions that are none, files that nobody should have written, streams, batches.
import { createEngine, type Engine, isSublinearError } from 'sublinear';
import type { Collection, HnswRoom, Item, Json, Where } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { random } from '../support/door.js';
import { bytesReached } from '../support/heap.js';
import { refused } from '../support/refused.js';

const bad = (value: unknown) => value as never;

/** CRC-32C, bit by bit, as RFC 3720 has it. */
function crc32c(bytes: Uint8Array): number {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return ~sum >>> 0;
}

/** A file as docs/format.md describes it. */
function fileOf(json: string | Uint8Array, index: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = typeof json === 'string' ? new TextEncoder().encode(json) : json;
  const bytes = new Uint8Array(32 + text.length + index.length);
  const view = new DataView(bytes.buffer);
  bytes.set([...'slcol\r\n\x1a'].map((letter) => letter.charCodeAt(0)));
  view.setUint32(8, 1, true);
  view.setUint32(12, crc32c(text), true);
  view.setUint32(16, text.length, true);
  bytes.set(text, 32);
  bytes.set(index, 32 + text.length);
  return bytes;
}

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

  const line = (index: 'hnsw' | 'flat' = 'flat', count = 20): Collection => {
    const made = room.Collection.create({ metric: 'euclidean', dimension: 1, index });
    const item = (_: unknown, i: number): Item => ({
      key: i % 3 === 0 ? i : `item ${i}`,
      vector: [i],
      metadata: { year: 2000 + i, tags: ['odd', 'even'].slice(i % 2, 1 + (i % 2)), deep: { i } },
    });
    return made.addAll(Array.from({ length: count }, item));
  };
  const of = (rows: [id: number, vector: number[]][]) => {
    using flat = room.Flat.create({ metric: 'euclidean', dimension: rows[0]?.[1].length ?? 1 });
    for (const [id, vector] of rows) flat.add(id, vector);
    return flat.save();
  };

  test('one that was disposed has forgotten its items, and says so', () => {
    for (const beside of [{}, { sparse: true }] as { sparse?: true }[]) {
      const films = room.Collection.create({ metric: 'dot', dimension: 1, ...beside });
      films.add({ key: 'Alien', vector: [1] });
      films.dispose();
      const said = (name: string, call: () => unknown) =>
        refused(call, Error, 'DISPOSED', `Collection.${name}`, /this object was disposed/);
      said('get', () => films.get('Alien'));
      said('has', () => films.has('Alien'));
      said('keys', () => films.keys);
      said('remove', () => films.remove('Alien'));
      films.dispose();
    }
  });

  test('know the types of their metadata', () => {
    using films = room.Collection.create<{ year: number }>({ metric: 'dot', dimension: 1 });
    films.add({ key: 'Alien', vector: [1], metadata: { year: 1979 } });
    // @ts-expect-error: another field
    films.add({ key: 'Aliens', vector: [2], metadata: { yaer: 1986 } });
    const [best] = films.search([1], { k: 2 });
    expectTypeOf(best!.metadata).toEqualTypeOf<{ year: number } | undefined>();
    expect(best?.key).toBe('Aliens');
  });

  test('one condition is not taken for another', () => {
    using all = line();
    const found = (where: unknown) => all.search([0], { k: 30, where: bad(where) }).length;
    const infinite = Number.POSITIVE_INFINITY;
    expect([found({ year: { lt: infinite } }), found({ year: { lt: -infinite } })]).toEqual([
      20, 0,
    ]);
    expect([found({ year: { in: [Number.NaN] } }), found({ year: { in: [2001] } })]).toEqual([
      0, 1,
    ]);
    expect(found({ year: { in: [null] } })).toBe(0);
    expect(found({})).toBe(20);
    for (const value of [undefined, 5n, () => true, Symbol('x')])
      for (const [where, path] of [
        [{ year: value }, 'year'],
        [{ year: { gt: value } }, 'year.gt'],
        [{ year: { in: [value] } }, 'year.in[0]'],
        [{ not: { year: value } }, 'not.year'],
      ] as const) {
        const error = refused(
          () => found(where),
          TypeError,
          'TYPE',
          'Collection.search',
          /^"where/,
        );
        expect(error.argument).toBe(`where.${path}`);
      }
  });

  test('only plain objects are conditions', () => {
    using all = line();
    class Year {
      gt = 1;
    }
    for (const value of [new Map(), /zzz/, new Year(), Uint8Array.of(1), [1]]) {
      const at = (where: unknown, path: string, message: RegExp) => {
        const call = () => all.filter(bad(where));
        const error = refused(call, TypeError, 'TYPE', 'Collection.filter', message);
        expect(error.argument).toBe(path);
      };
      at(value, 'where', /^"where" expected plain object of conditions, got /);
      at(
        { year: value },
        'where.year',
        /^"where.year" expected .*Date or plain object of conditions, got /,
      );
      at({ not: value }, 'where.not', /plain object/);
      at({ or: [value] }, 'where.or[0]', /plain object/);
    }
    const bare = Object.assign(Object.create(null), { year: 2001 });
    expect(all.filter(bare)).toEqual(['item 1']);
  });

  test('metadata and conditions without an end are refused', () => {
    using all = line();
    const nested = (depth: number) => {
      let part: Json = 1;
      for (let i = 0; i < depth; i++) part = i % 2 ? { part } : [part];
      return { part };
    };
    const circle: Record<string, unknown> = { name: 'x' };
    circle.left = circle.right = { circle };
    const add = (metadata: unknown) => () =>
      all.add({ key: 'new', vector: [1], metadata: bad(metadata) });
    for (const [metadata, message] of [
      [
        circle,
        /^"metadata.right.circle" expected a JSON value, got an object that contains itself/,
      ],
      [nested(20_000), /^"metadata" expected at most 100 levels, got more: store/],
      [nested(100), /at most 100 levels/],
    ] as const) {
      const error = refused(add(metadata), TypeError, 'TYPE', 'Collection.add', message);
      expect(error.argument).toBe('metadata');
    }
    const twice = { a: 1 };
    all.add({ key: 'new', vector: [1], metadata: { ...nested(99), twice, again: twice } });
    using again = room.Collection.load(all.save());
    expect(again.get('new')).toEqual(all.get('new'));

    const where: Where = {};
    Object.assign(where, { and: [where, where] });
    let deep: Where = {};
    for (let i = 0; i < 20_000; i++) deep = { not: deep };
    for (const each of [where, deep])
      refused(
        () => all.filter(each),
        TypeError,
        'TYPE',
        'Collection.filter',
        /^"where" expected at most 100/,
      );
  });

  // A model in plain JavaScript says what is right; ids of all sizes make columns sparse, dense and sparse again.
  test('columns follow every change', () => {
    const next = random(7);
    const rows: [number, number[]][] = Array.from({ length: 60 }, (_, i) => [
      i < 40 ? i : Math.floor(next() * 2 ** 32),
      [i],
    ]);
    const model = new Map(rows.map(([, [i]]) => [`k${i}`, { n: i } as Record<string, Json>]));
    const items = rows.map(([id, [i]]) => [id, `k${i}`, { n: i }]);
    using all = room.Collection.load(fileOf(JSON.stringify({ index: 'flat', items }), of(rows)));
    for (let round = 0; round < 3000; round++) {
      const key = `k${Math.floor(next() * (round < 1500 ? 300 : 80))}`;
      if (next() < (round % 1000 < 600 ? 0.3 : 0.8)) {
        expect(all.remove(key)).toBe(model.delete(key));
      } else {
        const metadata: Record<string, Json> = {
          n: round,
          [`f${round % 7}`]: next() < 0.5 ? 'x' : null,
        };
        all.add({ key, vector: [round], metadata });
        model.set(key, metadata);
      }
      if (round % 50 > 0) continue;
      const expected = (holds: (known: Record<string, Json>) => boolean) =>
        [...model].flatMap(([name, known]) => (holds(known) ? [name] : []));
      expect(all.keys).toEqual([...model.keys()]);
      const wheres: [Where, (known: Record<string, Json>) => boolean][] = [
        [{ n: { lt: round - 100 } }, ({ n }) => (n as number) < round - 100],
        [{ f3: null }, ({ f3 }) => f3 === null],
        [{ f3: { exists: true }, f4: { ne: 'x' } }, ({ f3, f4 }) => f3 !== undefined && f4 !== 'x'],
        [{ f1: { gte: 'a' } }, ({ f1 }) => f1 === 'x'],
      ];
      for (const [where, holds] of wheres) expect(all.filter(where)).toEqual(expected(holds));
    }
    expect(all.size).toBe(model.size);
  });

  test('conditions agree with a scan of the metadata', () => {
    const next = random(11);
    const pick = <T>(...of: T[]) => of[Math.floor(next() * of.length)] as T;
    const scalar = () => pick<Json>(0, 1, 2.5, -3, 'a', 'ab', 'abc', 'b', '', true, false, null);
    const value = () =>
      pick<() => Json>(
        scalar,
        scalar,
        () => [scalar(), scalar()],
        () => ({ x: 1 }),
      )();
    const made = (): Record<string, Json> => ({
      ...(next() < 0.8 && { f: value() }),
      ...(next() < 0.8 && { a: pick<Json>({ b: value() }, { b: { c: value() } }, 7) }),
      ...(next() < 0.1 && { 'a.b': 'whole name' }),
      ...(next() < 0.8 && { text: `name ${Math.floor(next() * 300)}` }),
    });
    const model = new Map<string, Record<string, Json>>();
    using all = room.Collection.create({ metric: 'euclidean', dimension: 1, index: 'flat' });
    const field = (known: Record<string, Json>, name: string): Json | undefined => {
      if (name in known) return known[name];
      let at: Json | undefined = known;
      for (const part of name.split('.'))
        at = typeof at === 'object' && at !== null && !Array.isArray(at) ? at[part] : undefined;
      return at;
    };
    const order = (x: Json | undefined, y: Json, holds: (sign: number) => boolean) =>
      typeof x === typeof y &&
      (typeof x === 'number' || typeof x === 'string') &&
      holds(x < (y as typeof x) ? -1 : x > (y as typeof x) ? 1 : 0);
    const list = (x: Json | undefined) => (Array.isArray(x) ? x : undefined);
    const holds: Record<string, (x: Json | undefined, y: never) => boolean> = {
      eq: (x, y: Json) => x === y,
      ne: (x, y: Json) => x !== y,
      gt: (x, y: Json) => order(x, y, (sign) => sign > 0),
      gte: (x, y: Json) => order(x, y, (sign) => sign >= 0),
      lt: (x, y: Json) => order(x, y, (sign) => sign < 0),
      lte: (x, y: Json) => order(x, y, (sign) => sign <= 0),
      in: (x, y: Json[]) =>
        y.includes(x as Json) && typeof x !== 'object' ? true : x === null && y.includes(null),
      notIn: (x, y: Json[]) =>
        !(x !== undefined && !(typeof x === 'object' && x !== null) && y.includes(x)),
      startsWith: (x, y: string) => typeof x === 'string' && x.startsWith(y),
      contains: (x, y: Json) => list(x)?.includes(y) === true,
      any: (x, y: Json[]) => y.some((each) => list(x)?.includes(each) === true),
      all: (x, y: Json[]) => list(x) !== undefined && y.every((each) => list(x)?.includes(each)),
      exists: (x, y: boolean) => (x !== undefined) === y,
    };
    const operand: Record<string, () => unknown> = {
      ...Object.fromEntries(
        ['gt', 'gte', 'lt', 'lte'].map((name) => [
          name,
          () => pick<Json>(0, 2.5, 'a', 'ab', 'name 17', 'name 250'),
        ]),
      ),
      ...Object.fromEntries(
        ['in', 'notIn', 'any', 'all'].map((name) => [
          name,
          () => [scalar(), scalar()].slice(0, Math.floor(next() * 3)),
        ]),
      ),
      startsWith: () => pick('', 'a', 'ab', 'name 1', 'name 25', 'zz'),
      exists: () => next() < 0.5,
    };
    for (let round = 0; round < 1200; round++) {
      const key = `k${Math.floor(next() * 300)}`;
      if (next() < 0.2) expect(all.remove(key)).toBe(model.delete(key));
      else {
        const metadata = made();
        if (model.has(key) && next() < 0.5) all.update(key, { metadata });
        else all.add({ key, vector: [round], metadata });
        model.set(key, metadata);
      }
      if (round % 4 > 0) continue;
      const name = pick('f', 'a.b', 'a.b.c', 'text', 'nothing');
      const operator = pick(...Object.keys(holds));
      const wanted = (operand[operator] ?? scalar)();
      const expected = [...model].flatMap(([each, known]) =>
        holds[operator]?.(field(known, name), wanted as never) ? [each] : [],
      );
      const where: Where = { [name]: { [operator]: wanted } } as never;
      expect(all.filter(where), JSON.stringify(where)).toEqual(expected);
      const found = all.search([0], { k: 400, where }).map((match) => match.key);
      expect(found.sort()).toEqual(expected.sort());
      const others = all.filter({ not: where });
      expect(others.length).toBe(model.size - expected.length);
    }
  });

  // They are sorted some thousand a call: whatever has been sorted so far, the answers are those of a scan.
  test('texts by the ten thousand, all different, while they are sorted and more come', () => {
    using all = room.Collection.create<{ name: string }>({
      metric: 'euclidean',
      dimension: 1,
      index: 'flat',
    });
    const names: string[] = [];
    const add = (count: number) => {
      for (let i = 0; i < count; i++) {
        const name = `${(names.length * 7919) % 30_011}`;
        all.add({ key: names.length, vector: [0], metadata: { name } });
        names.push(name);
      }
    };
    const scan = (holds: (name: string) => boolean) =>
      names.flatMap((name, key) => (holds(name) ? [key] : []));
    add(20_000);
    for (let asked = 0; asked < 8; asked++) {
      const prefix = `${100 + asked}`;
      expect(all.filter({ name: { startsWith: prefix } })).toEqual(
        scan((name) => name.startsWith(prefix)),
      );
      const range = { gt: prefix, lte: `${prefix}7` };
      expect(all.filter({ name: range })).toEqual(
        scan((name) => name > range.gt && name <= range.lte),
      );
      add(asked < 4 ? 0 : 2500);
    }
  });

  test('metadata are those that are kept, for every result and every search', () => {
    using all = room.Collection.create<{ tags: string[] }>({ metric: 'dot', dimension: 1 });
    for (let key = 0; key < 100; key++)
      all.add({ key, vector: [key], metadata: { tags: [`t${key}`] } });
    const [one, other] = [0, 1].map(() => all.search([1], { k: 100 }));
    expect(one?.length).toBe(100);
    // Frozen, so that nobody needs a copy.
    for (const [i, { metadata }] of one!.entries()) {
      expect(metadata).toBe(other![i]!.metadata);
      expect(Object.isFrozen(metadata) && Object.isFrozen(metadata?.tags)).toBe(true);
    }
  });

  test('dates are kept as text, and compared with dates', () => {
    using all = room.Collection.create<{ at: Date; other?: Date[] }>({
      metric: 'dot',
      dimension: 1,
    });
    for (let year = 1990; year < 2000; year++)
      all.add({
        key: year,
        vector: [1],
        metadata: { at: new Date(Date.UTC(year, 0)), other: [new Date(0)] },
      });
    const text: string | undefined = all.get(1993)?.metadata?.at;
    expect(text).toBe('1993-01-01T00:00:00.000Z');
    const since = new Date(Date.UTC(1997, 5));
    expect(all.filter({ at: { gt: since } })).toEqual([1998, 1999]);
    expect(all.filter({ at: new Date(Date.UTC(1995, 0)) })).toEqual([1995]);
    expect(all.filter({ other: { contains: new Date(0) } }).length).toBe(10);
    const invalid = new Date(Number.NaN);
    const error = refused(
      () => all.filter({ at: { gt: invalid } }),
      TypeError,
      'TYPE',
      'Collection.filter',
      /valid Date/,
    );
    expect(error.argument).toBe('where.at.gt');
    refused(
      () => all.add({ key: 1, vector: [1], metadata: { at: invalid } }),
      TypeError,
      'TYPE',
      'Collection.add',
      /valid Date/,
    );
    using again = room.Collection.load<{ at: Date }>(all.save());
    expect(again.filter({ at: { gt: since } })).toEqual([1998, 1999]);
  });

  test('pages, selected fields, groups, and items like another', () => {
    using all = room.Collection.create<{
      author: string | null;
      year: number;
      deep: { x: number };
    }>({
      metric: 'euclidean',
      dimension: 1,
    });
    for (let i = 0; i < 60; i++)
      all.add({
        key: i,
        vector: [i],
        metadata: { author: i < 40 ? 'Ada' : i < 50 ? 'Bo' : null, year: i, deep: { x: 2 * i } },
      });
    const keys = (found: { key: string | number }[]) => found.map(({ key }) => key);
    expect(keys(all.search([0], { k: 3, offset: 4 }))).toEqual([4, 5, 6]);
    expect(keys(all.search([0], { k: 3, offset: 58 }))).toEqual([58, 59]);
    expect(all.searchBatch([0, 59], { k: 2, offset: 1 }).map(keys)).toEqual([
      [1, 2],
      [58, 57],
    ]);
    expect(all.search([7], { k: 1, select: ['year', 'deep.x', 'none'] })).toEqual([
      { key: 7, distance: 0, metadata: { year: 7, 'deep.x': 14 } },
    ]);
    expect(all.search([7], { k: 1, select: [] })).toEqual([{ key: 7, distance: 0 }]);
    expect(keys(all.search({ key: 30 }, { k: 4 })).sort()).toEqual([28, 29, 31, 32]);
    expect(keys(all.search({ key: 30 }, { k: 2, where: { year: { gte: 35 } } }))).toEqual([35, 36]);
    expect(keys(all.search([0], { k: 3, groupBy: 'author' }))).toEqual([0, 40, 50]);
    expect(keys(all.search([0], { k: 5, groupBy: 'author', perGroup: 2 }))).toEqual([
      0, 1, 40, 41, 50,
    ]);
    expect(keys(all.search([0], { k: 9, groupBy: 'author', offset: 1 }))).toEqual([40, 50]);
    expect(all.search([0], { groupBy: 'deep' })).toEqual([]);
    all.update(7, { vector: [100] });
    expect(all.search([100], { k: 1 })[0]).toMatchObject({ key: 7, metadata: { year: 7 } });
    all.update(7, { metadata: { author: 'Cy', year: 1, deep: { x: 0 } } });
    expect(all.search([100], { k: 1, where: { author: 'Cy' } })[0]?.key).toBe(7);
    expect(Object.isFrozen(all.get(7)?.metadata?.deep)).toBe(true);
    for (const call of [() => all.update('x', {}), () => all.search({ key: 'x' })])
      expect(
        refused(
          call,
          RangeError,
          'INDEX',
          call.toString().includes('update') ? 'Collection.update' : 'Collection.search',
          /"key"/,
        ).argument,
      ).toBe('key');
    for (const query of ['words', { query: 'words' }, {}])
      refused(
        () => all.search(bad(query)),
        TypeError,
        'TYPE',
        'Collection.search',
        /^"query" expected a vector, or an object as { text: 'words' }/,
      );
    refused(
      () => all.search([0], { perGroup: 2 }),
      RangeError,
      'RANGE',
      'Collection.search',
      /perGroup/,
    );
    refused(
      () => all.search([0], { select: bad('year') }),
      TypeError,
      'TYPE',
      'Collection.search',
      /select/,
    );
  });

  test('a start page of a server in place of a file', async () => {
    const page = () => new Blob(['\n<!doctype html><title>app</title>']).stream();
    for (const load of [() => room.Collection.loadAsync(page()), () => room.Hnsw.loadAsync(page())])
      await expect(load()).rejects.toMatchObject({
        code: 'FORMAT',
        message: '"bytes" is an HTML page: does the server have the file?',
      });
  });

  test('items go by a condition', () => {
    for (const index of ['flat', 'hnsw'] as const) {
      using c = room.Collection.create({ metric: 'euclidean', dimension: 2, index });
      c.addAll(
        Array.from({ length: 600 }, (_, i) => ({
          key: `k${i}`,
          vector: [i, i % 7],
          metadata: { group: i % 3, list: [i] },
        })),
      );
      expect(c.removeWhere({ group: 4 })).toBe(0);
      expect(c.removeWhere({ group: { in: [0, 2] } })).toBe(400);
      expect(c.size).toBe(200);
      expect(c.filter({ group: 0 })).toEqual([]);
      const found = c.search([0, 0], { k: 3 }).map(({ key }) => key);
      expect(found).toEqual(['k1', 'k4', 'k7']);
      c.add({ key: 'k0', vector: [0, 0], metadata: { group: 0 } });
      expect(c.search([0, 0], { k: 1 })[0]!.key).toBe('k0');
      refused(() => c.removeWhere(bad(7)), TypeError, 'TYPE', 'Collection.removeWhere', /where/);
    }
  });

  test('several conditions are remembered until the next change', () => {
    using all = line('flat', 40);
    const held = () => engine.stats().modules[0]?.bytesInUse;
    const ask = () => {
      for (let i = 0; i < 10; i++) all.search([0], { where: { year: { gte: 2000 + i } } });
    };
    ask();
    const once = held();
    ask();
    expect(held()).toBe(once);
    for (let i = 0; i < 200; i++) all.search([0], { where: { year: { lt: 2000 + i } } });
    const many = held() as number;
    for (let i = 0; i < 200; i++) all.search([0], { where: { year: { lt: 3000 + i } } });
    expect(held() as number).toBeLessThan(many + 20_000);
    all.remove('item 1');
    expect(held() as number).toBeLessThan(once as number);
  });

  test('memory does not grow with what is replaced', () => {
    using all = line();
    const replace = (round: number) =>
      all.add({
        key: 'one',
        vector: [1],
        metadata: { text: `${round}${'x'.repeat(1000)}`, [`f${round}`]: 1 },
      });
    for (let round = 0; round < 1000; round++) replace(round);
    const before = bytesReached();
    for (let round = 0; round < 60_000; round++) replace(round);
    // All texts would be 60 MB, their names alone 4 MB.
    expect(bytesReached() - before).toBeLessThan(2e6);
  });

  test('a file takes memory and time as its length does', () => {
    for (const id of [30_000_000, 2 ** 32 - 2, 2 ** 32 - 1]) {
      const json = JSON.stringify({ index: 'flat', items: [[id, 'a', { x: 1 }]] });
      const before = bytesReached();
      const start = performance.now();
      using one = room.Collection.load(fileOf(json, of([[id, [1]]])));
      one.add({ key: 'b', vector: [2], metadata: { x: 2 } });
      expect(one.filter({ x: { gt: 0 } })).toEqual(['a', 'b']);
      expect(one.search([2], { k: 2, where: { x: 1 } }).map(({ key }) => key)).toEqual(['a']);
      using again = room.Collection.load(one.save());
      expect(again.keys).toEqual(['a', 'b']);
      expect(bytesReached() - before).toBeLessThan(20e6);
      expect(performance.now() - start).toBeLessThan(10_000);
    }
    // A name of its own for each row: rows times names would be 400 million cells.
    const many = Array.from({ length: 20_000 }, (_, i) => i);
    const items = many.map((i) => [i, i, { [`field ${i}`]: i }]);
    const file = fileOf(JSON.stringify({ index: 'flat', items }), of(many.map((i) => [i, [i]])));
    const start = performance.now();
    using wide = room.Collection.load(file);
    expect(wide.filter({ 'field 19999': { exists: true } })).toEqual([19999]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('a file of another kind says whose it is', () => {
    using flat = room.Flat.create({ metric: 'euclidean', dimension: 1 });
    flat.add(1, [1]);
    const file = flat.save();
    refused(() => room.Collection.load(file), Error, 'FORMAT', 'Collection.load', /Flat\.load\(\)/);
    const none = new Uint8Array(64);
    refused(() => room.Collection.load(none), Error, 'FORMAT', 'Collection.load', /a collection/);
  });

  test('items may come later', async () => {
    using made = room.Collection.create({ metric: 'euclidean', dimension: 1 });
    async function* later() {
      for (let i = 0; i < 250; i++) yield { key: i, vector: [i] };
    }
    await made.addAllAsync(later());
    expect(made.size).toBe(250);
    const controller = new AbortController();
    let left = false;
    async function* endless() {
      try {
        for (let i = 1000; ; i++) yield { key: i, vector: [i] };
      } finally {
        left = true;
      }
    }
    // Not even a source that never waits keeps a timer from its turn.
    setTimeout(() => controller.abort(), 10);
    const adding = made.addAllAsync(endless(), { signal: controller.signal });
    expect(await adding.catch((reason) => reason)).toBe(controller.signal.reason);
    await null;
    expect(left).toBe(true);
  });

  test('what JSON cannot have meant is refused', () => {
    const index = of([
      [0, [1]],
      [1, [2]],
    ]);
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    for (const items of [
      '[[0,"a"],[0,"b"]]',
      '[[0,"a"],[1,"a"]]',
      '[[0,"a"]]',
      '[[0,"a"],[2,"b"]]',
      '[[0,"a"],[1,1e999]]',
      '[[0,"a"],[1,"b",{"x":1e999}]]',
      '[[0,"a"],[1,"b",[]]]',
      '[[0,"a"],[1,"b",null]]',
      '[[0,"a"],[1,"b",{},0]]',
      '[[0,"a"],[1.5,"b"]]',
      '[[0,"a"],[-1,"b"]]',
      `[[0,"a"],[1,"b",${deep}]]`,
      '{}',
      '',
    ]) {
      const file = fileOf(`{"index":"flat","items":${items}}`, index);
      refused(() => room.Collection.load(file), Error, 'FORMAT', 'Collection.load', /^"bytes"/);
    }
    const wrong = fileOf('{"index":"hnsw","items":[[0,"a"],[1,"b"]]}', index);
    refused(() => room.Collection.load(wrong), Error, 'FORMAT', 'Hnsw.load', /^"bytes"/);
  });

  test('damage gives an error with a code, or the same answers', () => {
    using all = line('flat', 12);
    const bytes = all.save();
    const json = 32 + new DataView(bytes.buffer).getUint32(16, true);
    const answers = (of: Collection) => [
      of.search([3], { k: 5, where: { year: { gt: 2004 } } }),
      of.keys,
      of.filter({ tags: { contains: 'odd' } }),
    ];
    const wanted = answers(all);
    const before = engine.stats().modules[0]?.bytesInUse;
    const outcomes = new Map<string, number>();
    const attempt = (changed: Uint8Array, verify: boolean) => {
      let outcome = 'loaded';
      try {
        using again = room.Collection.load(changed, { verify });
        const found = answers(again);
        if (verify) expect(found).toEqual(wanted);
        using third = room.Collection.load(again.save()); // whatever it says, it can be used
        expect(answers(third)).toEqual(found);
      } catch (error) {
        if (!isSublinearError(error)) throw error;
        outcome = error.code;
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    const flipped = (bit: number) => {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      return changed;
    };
    const start = performance.now();
    for (let bit = 0; bit < 8 * 32; bit++)
      for (const verify of [true, false]) attempt(flipped(bit), verify);
    for (let length = 0; length < bytes.length; length += length < json ? 1 : 7)
      attempt(bytes.subarray(0, length), length % 2 === 0);
    const next = random(11);
    for (let i = 0; i < 10_000; i++) {
      const bit = 8 * 32 + Math.floor(next() * 8 * (json - 32));
      attempt(flipped(bit), i % 4 === 0);
    }
    expect(performance.now() - start).toBeLessThan(60_000);
    // All of them happen, or the test does not reach what it is for.
    for (const code of ['loaded', 'CHECKSUM', 'FORMAT', 'TRUNCATED'])
      expect(outcomes.get(code), code).toBeGreaterThan(20);
    expect(engine.stats().modules[0]?.bytesInUse).toBe(before);
  });

  test.each(['hnsw', 'flat'] as const)('%s: come in pieces and go in pieces', async (kind) => {
    using all = line(kind, 300);
    all.remove('item 100');
    const bytes = all.save();
    expect(Buffer.concat([...all.saveInPieces()])).toEqual(Buffer.from(bytes));
    expect(
      fileOf(
        bytes.subarray(32, 32 + new DataView(bytes.buffer).getUint32(16, true)),
        new Uint8Array(0),
      ),
    ).toEqual(bytes.slice(0, 32 + new DataView(bytes.buffer).getUint32(16, true)));
    async function* one(length: number) {
      for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
    }
    const query = { k: 9, where: { year: { gt: 2050 } } };
    for (const source of [one(1), one(33), one(4096), bytes, new Blob([bytes]).stream(), [bytes]]) {
      let last = 0;
      const onProgress = ({
        bytesRead,
        bytesTotal,
      }: {
        bytesRead: number;
        bytesTotal?: number;
      }) => {
        expect(bytesTotal).toBe(source === bytes ? bytes.length : undefined);
        expect(bytesRead).toBeGreaterThanOrEqual(last);
        last = bytesRead;
      };
      using again = await room.Collection.loadAsync(source, { onProgress });
      expect(last).toBe(bytes.length);
      expect(again.save()).toEqual(bytes);
      expect(again.search([77], query)).toEqual(all.search([77], query));
    }
    const pieces = all.saveInPieces();
    pieces.next();
    all.add({ key: 'late', vector: [1] });
    refused(() => pieces.next(), Error, 'STATE', 'Collection.saveInPieces', /changed/);
  });

  test('loadAsync ends with the reason, and tells its source', async () => {
    using all = line();
    const bytes = all.save();
    const held = engine.stats().modules[0]?.bytesInUse;
    for (const upTo of [10, 40, bytes.length - 5]) {
      await expect(room.Collection.loadAsync(bytes.subarray(0, upTo))).rejects.toMatchObject({
        code: 'TRUNCATED',
      });
      const controller = new AbortController();
      let stopped = false;
      const silent = {
        [Symbol.asyncIterator]: () => ({
          sent: false,
          async next(): Promise<IteratorResult<Uint8Array>> {
            if (this.sent) return new Promise(() => {});
            this.sent = true;
            return { done: false, value: bytes.subarray(0, upTo) };
          },
          async return(): Promise<IteratorResult<Uint8Array>> {
            stopped = true;
            return { done: true, value: undefined };
          },
        }),
      };
      const loading = room.Collection.loadAsync(silent, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('enough')), 5);
      await expect(loading).rejects.toThrow('enough');
      expect(stopped).toBe(true);
    }
    await expect(room.Collection.loadAsync(bad('text'))).rejects.toMatchObject({
      code: 'TYPE',
      argument: 'bytes',
    });
    const damaged = bytes.slice();
    damaged[40]! ^= 1;
    await expect(room.Collection.loadAsync(damaged)).rejects.toMatchObject({ code: 'CHECKSUM' });
    expect(engine.stats().modules[0]?.bytesInUse).toBe(held);
  });

  test('many items and many queries at once', async () => {
    using all = room.Collection.create({ metric: 'euclidean', dimension: 16 });
    const next = random(5);
    const items = Array.from({ length: 3000 }, (_, i) => ({
      key: `k${i}`,
      vector: Float32Array.from({ length: 16 }, next),
      metadata: { i },
    }));
    const seen: number[] = [];
    let others = 0;
    const timer = setInterval(() => others++, 1);
    await all.addAllAsync(items, {
      onProgress({ added, total }) {
        expect([total, all.size]).toEqual([3000, added]); // the collection can be looked at meanwhile
        seen.push(added);
      },
    });
    clearInterval(timer);
    expect(all.size).toBe(3000);
    expect(Math.min(seen.length, others)).toBeGreaterThan(2);
    using same = room.Collection.create({ metric: 'euclidean', dimension: 16 });
    expect(same.addAll(items).save()).toEqual(all.save());

    const queries = Float32Array.from({ length: 16 * 20 }, next);
    for (const options of [
      {},
      { k: 3, ef: 40, where: { i: { lt: 100 } } },
      { k: 50_000, where: { i: 7 } },
    ])
      expect(all.searchBatch(queries, options)).toEqual(
        Array.from({ length: 20 }, (_, q) =>
          all.search(queries.subarray(16 * q, 16 * q + 16), options),
        ),
      );
    refused(() => all.searchBatch([1]), RangeError, 'SHAPE', 'Hnsw.searchBatch', /^"queries"/);
    refused(
      () => all.searchBatch(queries, { k: bad('1') }),
      TypeError,
      'TYPE',
      'Collection.searchBatch',
      /^"k"/,
    );

    const before = all.search(queries.subarray(0, 16), { ef: 200 });
    expect(all.optimize().search(queries.subarray(0, 16), { ef: 200 })).toEqual(before);

    const controller = new AbortController();
    using some = room.Collection.create({ metric: 'euclidean', dimension: 16 });
    let closed = false;
    function* lazy() {
      try {
        yield* items;
      } finally {
        closed = true;
      }
    }
    const stopped = some.addAllAsync(lazy(), {
      signal: controller.signal,
      onProgress({ added, total }) {
        expect(total).toBeUndefined();
        if (added > 100) controller.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    expect([some.size > 100 && some.size < 3000, closed]).toEqual([true, true]);

    const mixed = [items[0]!, items[1]!, { key: 'bad', vector: [1] }];
    using few = room.Collection.create({ metric: 'euclidean', dimension: 16, index: 'flat' });
    await expect(few.addAllAsync(mixed)).rejects.toMatchObject({ code: 'SHAPE', position: 2 });
    const error = refused(
      () => few.addAll(mixed),
      RangeError,
      'SHAPE',
      'Flat.add',
      /; 2 items were added$/,
    );
    expect([error.position, few.size]).toEqual([2, 2]);
    await expect(few.addAllAsync(bad(5))).rejects.toMatchObject({
      code: 'TYPE',
      argument: 'items',
    });
    refused(() => few.add(bad(undefined)), TypeError, 'TYPE', 'Collection.add', /^"item"/);
    expect(few.optimize().size).toBe(2);
  });
});
