// Collections of vectors and texts: both parts in step, one list of both, one file.
import { createEngine, type Engine, isSublinearError } from 'sublinear';
import type { Collection, HnswRoom, HybridMatch, HybridQuery, Item } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';

const bad = (value: unknown) => value as never;
const WORDS = 'sea lake hotel quiet station food red old new town river stone'.split(' ');

let engine: Engine;
let room: HnswRoom;
beforeAll(async () => {
  engine = await createEngine({ modules: ['text'] });
  room = await engine.use('hnsw');
});
afterAll(() => {
  for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
  engine.dispose();
});

/** Items with vectors, texts or both, and a year. */
function drawn(count: number, seed = 1, dimension = 4): Item[] {
  const next = random(seed);
  const words = (many: number) =>
    Array.from({ length: many }, () => WORDS[Math.floor(next() * WORDS.length)]).join(' ');
  return Array.from({ length: count }, (_, i) => {
    const kind = i % 5;
    return {
      key: i % 2 === 0 ? i : `key ${i}`,
      ...(kind !== 0 && { vector: Array.from({ length: dimension }, () => next() - 0.5) }),
      ...(kind !== 1 && { text: { title: words(2), body: words(8), kind: ['a', 'b'][i % 2] } }),
      metadata: { year: 2000 + (i % 20), group: `g${i % 7}` },
    };
  });
}

const fields = { title: { boost: 2 }, body: { stored: false }, kind: { keyword: true } };
const make = (items: Item[], index: 'flat' | 'hnsw' = 'flat'): Collection =>
  room.Collection.create({ metric: 'cosine', dimension: 4, index, text: fields }).addAll(items);
const keysOf = (matches: readonly { key: unknown }[]) => matches.map(({ key }) => key);
const QUERY = { text: 'quiet hotel sea', vector: [0.3, -0.2, 0.1, 0.4] };

describe('a query of both parts', () => {
  test('adds what the parts say, by ranks and by scores', () => {
    using c = room.Collection.create({ metric: 'euclidean', dimension: 1, text: ['t'] });
    c.add({ key: 'a', vector: [3], text: 'sea sea sea', metadata: { n: 1 } });
    c.add({ key: 'b', vector: [1], text: 'a b c d sea e f g h' });
    c.add({ key: 'c', vector: [2] });
    c.add({ key: 'd', text: 'nothing of it' });
    const found = c.search({ text: 'sea', vector: [0] });
    expect(keysOf(found)).toEqual(['b', 'a', 'c']);
    expect(found[0]?.score).toBe(1 / 62 + 1 / 61);
    expect(found[1]?.score).toBe(1 / 61 + 1 / 63);
    expect(found[2]?.parts).toEqual({ vector: { rank: 1, distance: 2, adds: 1 / 62 } });
    expect(found[1]).toMatchObject({ text: { t: 'sea sea sea' }, metadata: { n: 1 } });
    const scaled = c.search({
      ...{ text: 'sea', vector: [0] },
      fuse: 'weighted',
      weights: { text: 3 },
    });
    expect(scaled.map(({ key, score }) => [key, score])).toEqual([
      ['a', 3],
      ['b', 1],
      ['c', 0.5],
    ]);
    expect(keysOf(c.search({ text: 'sea' }))).toEqual(['a', 'b']);
    expect(keysOf(c.search({ vector: [0], weights: { vector: 0 } }))).toEqual(['b', 'c', 'a']);
    expect(c.search({ text: '' })).toEqual([]);
    expect(keysOf(c.search({ text: '', vector: [0], k: 1 }))).toEqual(['b']);
    expect(keysOf(c.search({ key: 'b', text: 'sea' }))).toEqual(['a', 'c']);
    // Options beside a key hold, as beside a vector.
    expect(keysOf(c.search({ key: 'b', k: 1 }))).toEqual(['c']);
    expect(keysOf(c.search({ key: 'b', where: { n: 1 } }))).toEqual(['a']);
    // An item without a vector is like no other one.
    expect(keysOf(c.search({ key: 'd', text: 'sea' }))).toEqual(['a', 'b']);
    expect(c.textFields).toEqual(['t']);
  });

  test('is that of two indexes and their lists made into one', async () => {
    const items = drawn(300);
    using c = make(items);
    const { TextIndex, fuse } = await engine.use('text');
    using texts = TextIndex.create({
      fields: { title: { boost: 2 }, body: {}, kind: { keyword: true } },
    });
    using vectors = room.Collection.create({ metric: 'cosine', dimension: 4, index: 'flat' });
    for (const [i, { key, vector, text }] of items.entries()) {
      if (text !== undefined) texts.add({ id: i, fields: text as Record<string, string> });
      if (vector !== undefined) vectors.add({ key: i, vector });
      expect(c.get(key)?.vector.length).toBe(vector === undefined ? 0 : 4);
    }
    for (const method of ['rrf', 'weighted'] as const) {
      const lists = [
        texts.search(QUERY.text, { k: 100 }).hits,
        vectors.search(QUERY.vector, { k: 100 }),
      ] as const;
      const wanted = fuse(lists, { method, k: 150, weights: [2, 1] });
      const found = c.search({ ...QUERY, fuse: method, weights: { text: 2 }, k: 150 });
      const both = wanted.length;
      expect(found.slice(0, both).map(({ key, score }) => [key, score])).toEqual(
        wanted.map(({ id, score }) => [items[id as number]?.key, score]),
      );
    }
  });

  test('conditions hold for both parts, whatever they leave', () => {
    const items = drawn(400);
    for (const index of ['flat', 'hnsw'] as const) {
      using c = make(items, index);
      for (const year of [1999, 2003, 2010, 2019, 2030]) {
        const where = { year: { lte: year } };
        const left = items.filter(({ metadata }) => (metadata as { year: number }).year <= year);
        using own = make(left, index);
        const few = c.search({ ...QUERY, where, k: 1000 });
        expect(new Set(keysOf(few))).toEqual(new Set(keysOf(own.search({ ...QUERY, k: 1000 }))));
        // The same ranks by words as well: scores differ, as words are counted in all documents.
        const near = (of: Collection, how: object) =>
          keysOf(of.search({ vector: QUERY.vector, k: 20, ...how }));
        if (index === 'flat') expect(near(c, { where })).toEqual(near(own, {}));
      }
      // The set is kept until something changes.
      c.add({ key: 'late', text: { title: 'sea' }, metadata: { year: 1990 } });
      const late = c.search({ text: 'sea', where: { year: 1990 } });
      expect(keysOf(late)).toEqual(['late']);
    }
  });

  test('pages fit together, also in groups, with diversity and new scores', () => {
    using c = make(drawn(500), 'hnsw');
    const ways: Partial<HybridQuery>[] = [
      {},
      { fuse: 'weighted' },
      { diversity: 0.4 },
      { groupBy: 'year', perGroup: 3 },
      { where: { year: { gt: 2004 } }, diversity: 1, groupBy: 'group', perGroup: 9 },
      { rerank: (matches) => matches.map(({ key }) => String(key).length) },
      { words: { fuzzy: 1, operator: 'and' }, weights: { vector: 0 } },
    ];
    for (const way of ways) {
      const whole = c.search({ ...QUERY, ...way, depth: 10, k: 600 });
      expect(new Set(keysOf(whole)).size).toBe(whole.length);
      const pages: HybridMatch[] = [];
      for (let offset = 0; offset < 620; offset += 31)
        pages.push(...c.search({ ...QUERY, ...way, depth: 10, k: 31, offset }));
      expect(pages).toEqual(whole);
      if (way.groupBy === undefined && way.where === undefined && way.words === undefined)
        expect(whole.length).toBeGreaterThan(400);
    }
  });

  test('diversity is maximal marginal relevance, to the definition', () => {
    const items = drawn(60, 3).map((item) => ({ ...item, vector: item.vector ?? [1, 2, 3, 4] }));
    using c = make(items);
    const all = c.search({ ...QUERY, k: 100 });
    const cosine = (a: readonly number[], b: readonly number[]) => {
      const dot = (x: readonly number[], y: readonly number[]) =>
        x.reduce((sum, each, i) => sum + each * (y[i] as number), 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    const vector = new Map(items.map((item) => [item.key, item.vector as number[]]));
    const [least, most] = [all.at(-1)?.score ?? 0, all[0]?.score ?? 0];
    const left = [...all];
    const chosen = [left.shift() as HybridMatch];
    while (chosen.length < 15) {
      const values = left.map(
        ({ key, score }) =>
          0.5 * ((score - least) / (most - least)) -
          0.5 *
            Math.max(
              0,
              ...chosen.map((each) =>
                cosine(vector.get(key) as number[], vector.get(each.key) as number[]),
              ),
            ),
      );
      chosen.push(left.splice(values.indexOf(Math.max(...values)), 1)[0] as HybridMatch);
    }
    expect(keysOf(c.search({ ...QUERY, diversity: 0.5, k: 15 }))).toEqual(keysOf(chosen));
  });

  test('new scores decide, and the parts are told all the same', () => {
    using c = make(drawn(50));
    let seen = 0;
    const rerank = (matches: readonly HybridMatch[]) => {
      seen += matches.length;
      return matches.map(({ metadata }) => (metadata as { year: number }).year);
    };
    const found = c.search({ ...QUERY, rerank, k: 5 });
    expect(seen).toBeGreaterThan(40);
    const years = found.map(({ metadata }) => metadata?.year);
    expect(years).toEqual([...years].sort().reverse());
    expect(found[0]?.score).toBe(years[0]);
    expect(found[0]?.parts.text ?? found[0]?.parts.vector).toHaveProperty('adds');
    expect(c.search({ text: 'unheard', rerank })).toEqual([]);
  });
});

describe('both parts stay in step', () => {
  /** What can be found, whatever its order. */
  function state(c: Collection) {
    const all = { text: WORDS.join(' '), vector: QUERY.vector, k: 10_000 };
    return {
      keys: c.keys,
      size: c.size,
      items: c.keys.map((key) => c.get(key)),
      found: c.search(all),
      texts: c.search({ text: WORDS.join(' '), k: 10_000 }),
    };
  }

  test('through additions, changes and removals, and a file at any time', () => {
    for (const index of ['flat', 'hnsw'] as const) {
      const next = random(7);
      let c = make([], index);
      const known = new Map<unknown, Item>();
      const items = drawn(400, 9);
      for (let step = 0; step < 900; step++) {
        const item = items[Math.floor(next() * 120)] as Item;
        const other = items[Math.floor(next() * 400)] as Item;
        const before = known.get(item.key);
        const what = next();
        if (what < 0.5) {
          const made = { ...other, key: item.key };
          c.add(made);
          known.set(item.key, made);
        } else if (what < 0.7) {
          expect(c.remove(item.key)).toBe(known.delete(item.key));
        } else if (what < 0.95 && before !== undefined) {
          const { key: _, ...change } = other;
          if (next() < 0.5) delete change.metadata;
          if (next() < 0.3) delete change.vector;
          if (next() < 0.3) delete change.text;
          c.update(item.key, change);
          known.set(item.key, { ...before, ...change });
        } else if (step % 50 === 0) {
          const where = { year: { lt: 2002 } };
          const gone = [...known.values()].filter(
            ({ metadata }) => (metadata as { year: number }).year < 2002,
          );
          expect(c.removeWhere(where)).toBe(gone.length);
          for (const { key } of gone) known.delete(key);
        } else if (step % 20 === 0) {
          const again = room.Collection.load(c.save());
          expect(state(again)).toEqual(state(c));
          c.dispose();
          c = again;
        }
        if (step % 30 > 0) continue;
        expect(new Set(c.keys)).toEqual(new Set(known.keys()));
        expect(c.size).toBe(known.size);
        const withVector = [...known.values()].filter(({ vector }) => vector !== undefined);
        expect(c.index.size).toBe(withVector.length);
        for (const { key, text, vector } of known.values()) {
          const title = (text as { title: string } | undefined)?.title;
          expect(c.get(key)?.text?.title).toBe(title);
          expect(c.get(key)?.vector.length).toBe(vector === undefined ? 0 : 4);
        }
        const sea = [...known.values()].filter(({ text }) =>
          `${(text as { title: string } | undefined)?.title}`.includes('sea'),
        );
        const found = c.search({ text: 'title:sea', k: 1000 });
        expect(new Set(keysOf(found))).toEqual(new Set(keysOf(sea)));
        expect(c.optimize().size).toBe(known.size);
      }
      c.dispose();
    }
  });

  test('what is refused changes nothing', () => {
    using c = make(drawn(40), 'hnsw');
    const before = state(c);
    const attempts: [() => unknown, string, string][] = [
      [() => c.add({ key: 0, vector: [1, 2, 3], text: { title: 'x' } }), 'SHAPE', 'vector'],
      [() => c.add({ key: 0, vector: [1, 2, 3, Number.NaN], text: 'x' as never }), 'TYPE', 'text'],
      [() => c.add({ key: 0, vector: [0, 0, 0, 0], text: { title: 'x' } }), 'RANGE', 'vectors'],
      [() => c.add({ key: 0, vector: [1, 2, 3, 4], text: { name: 'x' } }), 'RANGE', 'text'],
      [
        () => c.add({ key: 0, vector: [1, 2, 3, 4], text: { title: bad(7) } }),
        'TYPE',
        'text.title',
      ],
      [() => c.add({ key: 'new' }), 'TYPE', 'item'],
      [() => c.add({ key: 'new', text: bad(7) }), 'TYPE', 'text'],
      [() => c.add({ key: 'new', text: { title: ['a', bad(1)] } }), 'TYPE', 'text.title'],
      [() => c.update(2, { vector: [1], text: { title: 'x' } }), 'SHAPE', 'vector'],
      [() => c.update(2, { vector: [1, 2, 3, 4], text: { title: bad(1) } }), 'TYPE', 'text.title'],
      [() => c.update('gone', { text: { title: 'x' } }), 'INDEX', 'key'],
    ];
    for (const [attempt, code, argument] of attempts)
      expect(refusalOf(attempt), String(attempt)).toMatchObject({ code, argument });
    expect(state(c)).toEqual(before);
  });

  test('memory that ends in either part changes nothing', async () => {
    for (const memory of [400_000, 900_000]) {
      const small = await createEngine({ memory });
      const { Collection: Small } = await small.use('hnsw');
      // Long texts let the one end first, long vectors the other.
      for (const [dimension, words] of [
        [4, 400],
        [1000, 2],
      ] as const) {
        using c = await Small.createAsync({ metric: 'dot', dimension, text: ['t'], index: 'flat' });
        const next = random(5);
        const text = () => Array.from({ length: words }, () => `w${Math.floor(next() * 1e6)}`);
        const item = (key: number) => ({
          key,
          vector: Array.from({ length: dimension }, next),
          text: `sea ${text().join(' ')}`,
        });
        let refused: unknown;
        for (let key = 0; refused === undefined; key++) {
          try {
            c.add(item(key));
          } catch (error) {
            refused = error;
          }
        }
        expect(refused).toMatchObject({ code: 'MEMORY' });
        const told = () => [
          c.keys,
          c.index.size,
          keysOf(c.search({ text: 'sea', k: 1e6 })),
          c.get(1),
        ];
        const before = told();
        // What is there stays where its replacement does not fit.
        const long = {
          ...item(1),
          text: text()
            .concat(...Array.from({ length: 200 }, text))
            .join(' '),
        };
        expect(refusalOf(() => c.add(long))).toMatchObject({ code: 'MEMORY' });
        expect(refusalOf(() => c.update(1, long))).toBeDefined();
        expect(told()).toEqual(before);
        expect(c.size).toBe((before[0] as []).length);
        expect(c.remove(0)).toBe(true);
      }
      small.dispose();
    }
  });
});

describe('files', () => {
  test('come and go in pieces, and give the same answers', async () => {
    for (const index of ['flat', 'hnsw'] as const) {
      using c = make(drawn(200), index);
      const bytes = c.save();
      const pieces = [...c.saveInPieces()];
      expect(Buffer.concat(pieces)).toEqual(Buffer.from(bytes));
      const next = random(3);
      async function* cut() {
        for (let at = 0; at < bytes.length; ) {
          const end = at + 1 + Math.floor(next() * 5000);
          yield bytes.slice(at, end);
          at = end;
        }
      }
      using again = await room.Collection.loadAsync(cut());
      using whole = room.Collection.load(bytes);
      for (const other of [again, whole]) {
        expect(other.search({ ...QUERY, k: 300 })).toEqual(c.search({ ...QUERY, k: 300 }));
        expect(other.keys).toEqual(c.keys);
        expect(Buffer.from(other.save())).toEqual(Buffer.from(bytes));
        other.add({ key: 'more', text: { title: 'more sea' } });
        expect(other.search({ text: 'more' })).toHaveLength(1);
      }
    }
    using words = room.Collection.create({ text: ['t'], stem: (word) => word.slice(0, 3) });
    words.add({ key: 1, text: 'hotels' });
    expect(refusalOf(() => room.Collection.load(words.save()))).toMatchObject({ argument: 'stem' });
    using again = room.Collection.load(words.save(), { stem: (word) => word.slice(0, 3) });
    expect(keysOf(again.search({ text: 'hotbed' }))).toEqual([1]);
    expect(again.get(1)?.text).toEqual({ t: 'hotels' });
  });

  test('that are cut or changed anywhere are refused, or give the same answers', async () => {
    using c = make(drawn(12));
    const bytes = c.save();
    const wanted = c.search({ ...QUERY, k: 50 });
    const attempt = (damaged: Uint8Array<ArrayBuffer>, verify: boolean) => {
      try {
        using made = room.Collection.load(damaged, { verify });
        return made.search({ ...QUERY, k: 50 });
      } catch (error) {
        if (!isSublinearError(error)) throw error;
        return error.code;
      }
    };
    for (let length = 0; length < bytes.length; length += length < 200 ? 1 : 7)
      expect(attempt(bytes.slice(0, length), true)).toBeTypeOf('string');
    for (let at = 0; at < bytes.length; at += at < 1200 ? 1 : 11) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
      const found = attempt(damaged, true);
      if (typeof found !== 'string') expect(found, `byte ${at}`).toEqual(wanted);
      attempt(damaged, false);
    }
    // What the JSON may say wrongly: two keys for a text, fields that are not kept, a vector that has none.
    const head = 32;
    const length = Number(new DataView(bytes.buffer).getBigUint64(16, true));
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(head, head + length)));
    const forged = (change: (json: { items: unknown[][]; text: unknown }) => void) => {
      const copy = structuredClone(json);
      change(copy);
      const text = new TextEncoder().encode(JSON.stringify(copy));
      const made = new Uint8Array(head + text.length + bytes.length - head - length);
      made.set(bytes.subarray(0, head));
      made.set(text, head);
      made.set(bytes.subarray(head + length), head + text.length);
      new DataView(made.buffer).setBigUint64(16, BigInt(text.length), true);
      return attempt(made, false);
    };
    expect(forged(() => {})).toEqual(wanted);
    for (const change of [
      (j: { items: unknown[][] }) => j.items.pop(),
      (j: { items: unknown[][] }) => j.items.push([77, 'x']),
      (j: { items: unknown[][] }) => j.items.push([...(j.items[0] as unknown[])]),
      (j: { items: unknown[][] }) => j.items[0]?.splice(3, 1, { body: 'x' }),
      (j: { items: unknown[][] }) => j.items[0]?.splice(3, 1, { title: 7 }),
      (j: { items: unknown[][] }) => j.items[0]?.splice(3, 1, 'x'),
      (j: { text: unknown }) => {
        j.text = { stored: [], alone: true };
      },
      (j: { text: unknown }) => {
        j.text = undefined;
      },
    ])
      expect(forged(change as never), String(change)).toBe('FORMAT');
  });
});

test('questions that are none are refused, and say what is expected', () => {
  using c = make(drawn(20));
  using plain = room.Collection.create({ metric: 'cosine', dimension: 4 });
  using words = room.Collection.create({ text: { t: {} } });
  const cases: [unknown, string, string][] = [
    [{ text: 7 }, 'TYPE', 'text'],
    [{ text: undefined, vector: undefined }, 'TYPE', 'query'],
    [{ text: 'a', vector: [1] }, 'SHAPE', 'query'],
    [{ text: 'a', vector: [1, 2, 3, Number.POSITIVE_INFINITY] }, 'NOT_FINITE', 'queries'],
    [{ text: 'a', k: -1 }, 'RANGE', 'k'],
    [{ text: 'a', offset: 0.5 }, 'RANGE', 'offset'],
    [{ text: 'a', depth: 0 }, 'RANGE', 'depth'],
    [{ text: 'a', diversity: 2 }, 'RANGE', 'diversity'],
    [{ text: 'a', diversity: Number.NaN }, 'RANGE', 'diversity'],
    [{ text: 'a', weights: { text: -1 } }, 'RANGE', 'weights.text'],
    [{ text: 'a', weights: { vector: Number.NaN } }, 'RANGE', 'weights.vector'],
    [{ text: 'a', weights: { words: 1 } }, 'TYPE', 'words'],
    [{ text: 'a', fuse: 'sum' }, 'RANGE', 'fuse'],
    [{ text: 'a', words: { fields: ['x'] } }, 'RANGE', 'fields'],
    [{ vector: [1, 2, 3, 4], words: {} }, 'RANGE', 'words'],
    [{ text: 'a', key: 'nobody' }, 'INDEX', 'key'],
    [{ text: 'a', key: 2, vector: [1, 2, 3, 4] }, 'RANGE', 'key'],
    [{ text: 'a', perGroup: 2 }, 'RANGE', 'perGroup'],
    [{ text: 'a', rerank: 7 }, 'TYPE', 'rerank'],
    [{ text: 'sea hotel', rerank: () => [1] }, 'TYPE', 'rerank'],
    [{ text: 'sea hotel', rerank: (m: unknown[]) => m.map(() => Number.NaN) }, 'TYPE', 'rerank'],
    [{ text: 'a', other: 1 }, 'TYPE', 'other'],
    [{ text: 'a', words: { offset: 1 } }, 'TYPE', 'offset'],
    [{ text: 'a', words: { filter: [] } }, 'TYPE', 'filter'],
    [{ key: 2, wher: { year: 2001 } }, 'TYPE', 'wher'],
    [{ key: 0, k: 1 }, 'RANGE', 'key'],
  ];
  for (const [query, code, argument] of cases)
    expect(
      refusalOf(() => c.search(bad(query))),
      JSON.stringify(query),
    ).toMatchObject({
      code,
      argument,
      operation: expect.stringMatching(/^(Collection|Flat)\.search$/),
    });
  expect(refusalOf(() => c.search(bad({ text: 'a' }), { k: 1 }))).toMatchObject({
    argument: 'options',
  });
  expect(refusalOf(() => plain.search({ text: 'a' }))).toMatchObject({ argument: 'text' });
  expect(refusalOf(() => plain.add({ key: 1, vector: [1, 2, 3, 4], text: 'a' }))).toMatchObject({
    argument: 'text',
  });
  expect(refusalOf(() => words.search({ vector: [1] }))).toMatchObject({ argument: 'vector' });
  expect(refusalOf(() => words.search([1]))).toMatchObject({ argument: 'vector' });
  expect(refusalOf(() => words.searchBatch([1]))).toMatchObject({ argument: 'vector' });
  expect(refusalOf(() => words.add({ key: 1, vector: [1] }))).toMatchObject({ argument: 'vector' });
  words.add({ key: 1, text: 'a' });
  expect(refusalOf(() => words.update(1, { vector: [1] }))).toMatchObject({ argument: 'vector' });
  expect(refusalOf(() => c.search({ key: 0 }))).toMatchObject({ argument: 'key' });
  const { Collection } = room;
  for (const [options, argument] of [
    [{ metric: 'dot', dimension: 2, language: 'none' }, 'language'],
    [{ text: [] }, 'fields'],
    [{ text: ['a', 'a'] }, 'text'],
    [{ text: 7 }, 'text'],
    [{ text: { a: 7 } }, 'text.a'],
    [{ text: { a: { stored: 1 } } }, 'text.a.stored'],
    [{ text: { a: { boost: -1 } } }, 'boost'],
    [{ text: ['a'], metric: 'dot' }, 'dimension'],
    [{ text: ['a'], dimension: 3 }, 'metric'],
  ] as const)
    expect(refusalOf(() => Collection.create(bad(options)))).toMatchObject({ argument });
});

test('a list that changes the collection while it is read', () => {
  for (const index of ['flat', 'hnsw'] as const) {
    using c = room.Collection.create({ metric: 'euclidean', dimension: 2, index, text: ['t'] });
    const list = (first: () => void) =>
      Object.defineProperty([0, 0], 0, {
        get: () => {
          first();
          return 1;
        },
      });
    c.add({ key: 'a', text: 'sea' }).add({ key: 'b', vector: [0, 1] });
    for (const key of ['a', 'b']) {
      expect(refusalOf(() => c.update(key, { vector: list(() => c.remove(key)) }))).toMatchObject({
        code: 'INDEX',
        argument: 'key',
      });
      expect([c.has(key), c.index.size]).toEqual([false, key === 'a' ? 1 : 0]);
    }
  }
});

test('texts of every kind are taken', () => {
  using c = room.Collection.create({ text: { t: {}, u: { stored: false } } });
  c.add({ key: 'surrogate', text: { t: 'lone \ud800 one', u: null } });
  c.add({ key: 'empty', text: {} });
  c.add({ key: 'list', text: { t: ['first part', 'second part'], u: undefined } });
  c.add({ key: 'mixed', text: { t: 'Отель у моря 海の近く' } });
  c.add({ key: 'long', text: { t: 'word '.repeat(200_000) } });
  expect(c.size).toBe(5);
  expect(keysOf(c.search({ text: 'lone' }))).toEqual(['surrogate']);
  expect(keysOf(c.search({ text: 'second' }))).toEqual(['list']);
  expect(keysOf(c.search({ text: 'моря' }))).toEqual(['mixed']);
  expect(keysOf(c.search({ text: 'word', k: 2 ** 31 }))).toEqual(['long']);
  using again = room.Collection.load(c.save());
  expect(again.get('surrogate')?.text?.t).toBe('lone \ud800 one');
  expect(again.get('list')?.text?.t).toEqual(['first part', 'second part']);
  expect(again.keys).toEqual(c.keys);
});

test('the module of texts is loaded when it is needed, not before', async () => {
  const own = await createEngine();
  const { Collection: Own } = await own.use('hnsw');
  using c = Own.create({ metric: 'dot', dimension: 1 });
  c.add({ key: 1, vector: [1] });
  const options = { metric: 'dot', dimension: 1, text: ['t'] } as const;
  expect(refusalOf(() => Own.create(options))).toMatchObject({ code: 'NOT_LOADED' });
  using made = make(drawn(5));
  expect(refusalOf(() => Own.load(made.save()))).toMatchObject({ code: 'NOT_LOADED' });
  const loaded = () => own.stats().modules.flatMap(({ rooms }) => rooms);
  expect(loaded()).not.toContain('text');
  using again = await Own.loadAsync(made.save());
  expect(loaded()).toContain('text');
  expect(again.size).toBe(5);
  using now = Own.create(options);
  expect(now.size).toBe(0);
  for (const each of [c, again, now]) each.dispose();
  own.dispose();
});
