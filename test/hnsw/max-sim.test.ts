// MaxSim: documents of several vectors, against numpy (test/vectors/hnsw/max-sim.py).
import type { Collection, Metric } from 'sublinear/hnsw';
import { expect, test } from 'vitest';
import { refusalOf } from '../support/refused.js';
import { withRoom } from '../support/room.js';
import vectors from '../vectors/hnsw/max-sim.json' with { type: 'json' };

const room = withRoom('hnsw');

function make(metric: Metric, index: 'flat' | 'hnsw' = 'flat'): Collection {
  const collection = room.Collection.create({ metric, dimension: 6, index });
  for (const [page, rows] of vectors.documents.entries())
    for (const [i, vector] of rows.entries())
      collection.add({ key: `${page}/${i}`, vector, metadata: { page, odd: page % 2 === 1, i } });
  return collection;
}

test('is that of numpy, whatever is asked for', () => {
  for (const index of ['flat', 'hnsw'] as const) {
    for (const metric of ['dot', 'cosine', 'euclidean'] as const) {
      using c = make(metric, index);
      for (const { question, documents, scores } of vectors.found.filter(
        (each) => each.metric === metric,
      )) {
        const asked = vectors.questions[question] as number[][];
        const found = c.maxSim(asked.flat(), { groupBy: 'page', k: 20 });
        expect(found.map(({ group }) => group)).toEqual(documents);
        for (const [i, { score, best, group }] of found.entries()) {
          expect(Math.abs(score - (scores[i] as number))).toBeLessThan(2e-5);
          expect(best).toHaveLength(asked.length);
          expect(best.reduce((sum, { similarity }) => sum + similarity, 0)).toBe(score);
          for (const { key } of best) expect(String(key).split('/')[0]).toBe(String(group));
        }
        const page = c.maxSim(asked.flat(), { groupBy: 'page', k: 5, offset: 3 });
        expect(page).toEqual(found.slice(3, 8));
      }
    }
  }
});

test('conditions leave items out, and what has no group belongs to none', () => {
  using c = make('dot');
  const asked = (vectors.questions[0] as number[][]).flat();
  c.add({ key: 'alone', vector: [9, 9, 9, 9, 9, 9], metadata: { odd: true } });
  c.add({ key: 'bare', vector: [9, 9, 9, 9, 9, 9] });
  const odd = c.maxSim(asked, { groupBy: 'page', where: { odd: true }, k: 1000 });
  expect(odd).toHaveLength(150);
  expect(odd.every(({ group }) => Number(group) % 2 === 1)).toBe(true);
  const first = c.maxSim(asked, { groupBy: 'page', where: { i: 0 }, k: 1000 });
  expect(first).toHaveLength(300);
  for (const { best } of first) for (const { key } of best) expect(key).toMatch(/\/0$/);
  const two = c.maxSim(asked, { groupBy: 'odd', k: 10 });
  expect(two.map(({ group }) => group).sort()).toEqual([false, true]);
  // Groups follow changes.
  c.removeWhere({ page: { gte: 1 } });
  expect(c.maxSim(asked, { groupBy: 'page' }).map(({ group }) => group)).toEqual([0]);
  c.update('0/0', { metadata: { page: 'other' } });
  expect(c.maxSim(asked, { groupBy: 'page' }).some(({ group }) => group === 'other')).toBe(true);
  expect(c.maxSim(asked, { groupBy: 'nothing' })).toEqual([]);
  expect(c.maxSim(asked, { groupBy: 'page', k: 0 })).toEqual([]);
  expect(c.maxSim([], { groupBy: 'page' })).toEqual([]);
  using none = room.Collection.create({ metric: 'dot', dimension: 6 });
  expect(none.maxSim(asked, { groupBy: 'page' })).toEqual([]);
  // Copies of one vector in many groups: all score alike, the oldest first.
  using same = room.Collection.create({ metric: 'dot', dimension: 1, index: 'flat' });
  for (let page = 0; page < 500; page++) same.add({ key: page, vector: [1], metadata: { page } });
  const alike = same.maxSim([1, 1], { groupBy: 'page', k: 300 });
  expect(alike.map(({ group }) => group)).toEqual(Array.from({ length: 300 }, (_, i) => i));
});

test('what is wrong is refused', () => {
  using c = make('dot');
  const bad = (value: unknown) => value as never;
  for (const [queries, options, code, argument] of [
    [[1, 2], { groupBy: 'page' }, 'SHAPE', 'queries'],
    [[1, 2, 3, 4, 5, Number.NaN], { groupBy: 'page' }, 'NOT_FINITE', 'queries'],
    [[], {}, 'TYPE', 'groupBy'],
    [[], { groupBy: 'page', k: -1 }, 'RANGE', 'k'],
    [[], { groupBy: 'page', offset: 0.5 }, 'RANGE', 'offset'],
    [[], { groupBy: 'page', depth: 1 }, 'TYPE', 'depth'],
  ] as const)
    expect(refusalOf(() => c.maxSim(bad(queries), bad(options)))).toMatchObject({ code, argument });
});
