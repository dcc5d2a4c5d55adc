// What an index promises over its life: recall and memory when its vectors are replaced for ever, recall under filters of
// every size, and what is left when memory ends in the middle of a batch.
import { createEngine, type Engine } from 'sublinear';
import type { Hnsw, HnswRoom } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refused } from '../support/refused.js';

const D = 24;
const K = 10;

/** Clustered vectors, as embeddings are: 50 centres and noise around them. */
function clustered(count: number, seed: number): Float32Array {
  const centre = random(99);
  const centres = Float32Array.from({ length: 50 * D }, () => 2 * centre() - 1);
  const next = random(seed);
  const rows = new Float32Array(count * D);
  for (let i = 0; i < count; i++) {
    const c = Math.floor(next() * 50);
    for (let d = 0; d < D; d++) rows[i * D + d] = centres[c * D + d]! + next() - 0.5;
  }
  return rows;
}

/** The ids of the K nearest rows of each query, in double precision; only of ids that `allowed` has. */
function nearest(rows: Float32Array, queries: Float32Array, allowed?: Set<number>): Set<number>[] {
  const count = rows.length / D;
  return Array.from({ length: queries.length / D }, (_, q) => {
    const all: [number, number][] = [];
    for (let i = 0; i < count; i++) {
      if (allowed && !allowed.has(i)) continue;
      let sum = 0;
      for (let d = 0; d < D; d++) sum += (rows[i * D + d]! - queries[q * D + d]!) ** 2;
      all.push([sum, i]);
    }
    return new Set(
      all
        .sort((a, b) => a[0] - b[0])
        .slice(0, K)
        .map(([, i]) => i),
    );
  });
}

function recall(truth: Set<number>[], found: { ids: Uint32Array; found: Uint32Array }): number {
  let [hits, wanted] = [0, 0];
  for (const [q, right] of truth.entries()) {
    wanted += right.size;
    for (const id of found.ids.subarray(q * K, q * K + found.found[q]!)) if (right.has(id)) hits++;
  }
  return hits / wanted;
}

describe('the life of an index', () => {
  let engine: Engine;
  let room: HnswRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('hnsw');
  });
  afterAll(() => engine.dispose());
  const options = { metric: 'euclidean', dimension: D, m: 12, efConstruction: 80 } as const;
  const upTo = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

  test('ten rounds of replacing a tenth cost neither recall nor memory', () => {
    const count = 5000;
    const tenth = count / 10;
    const rows = clustered(count, 1);
    const queries = clustered(300, 2);
    using index = room.Hnsw.create(options);
    index.addBatch({ ids: upTo(count), vectors: rows });
    const bytes: number[] = [];
    const next = random(3);
    for (let round = 0; round < 10; round++) {
      // A random tenth each time, by removing and adding; ids come back with other vectors.
      const ids = upTo(count);
      for (let i = 0; i < tenth; i++) {
        const j = i + Math.floor(next() * (count - i));
        [ids[i], ids[j]] = [ids[j]!, ids[i]!];
      }
      const gone = ids.slice(0, tenth);
      const vectors = clustered(tenth, 10 + round);
      for (const id of gone) index.remove(id);
      index.addBatch({ ids: gone, vectors });
      for (const [i, id] of gone.entries()) rows.set(vectors.subarray(i * D, (i + 1) * D), id * D);
      bytes.push(index.bytesUsed);
    }
    expect(index.size).toBe(count);
    expect(bytes.at(-1)).toBe(bytes[0]); // what the first round took is enough for all others
    using fresh = room.Hnsw.create(options);
    fresh.addBatch({ ids: upTo(count), vectors: rows });
    expect(index.bytesUsed).toBeLessThan(1.2 * fresh.bytesUsed);
    const truth = nearest(rows, queries);
    for (const ef of [16, 32, 64]) {
      const [lived, born] = [index, fresh].map((each) =>
        recall(truth, each.searchBatch(queries, { k: K, ef })),
      );
      expect(lived).toBeGreaterThanOrEqual(born! - 0.005);
    }
  });

  describe('a repair in slices', () => {
    const count = 6000;
    // Many at once: the call does a part of the repair.
    const half = (index: Hnsw) => index.removeMany(upTo(count).filter((id) => id % 5 === 0));
    const made = () =>
      half(room.Hnsw.create(options).addBatch({ ids: upTo(count), vectors: clustered(count, 1) }));

    test('is the repair, goes on after an abort, and lets others search meanwhile', async () => {
      using whole = made().repair();
      using index = made();
      expect(index.removed).toBeGreaterThan(count / 10);
      const reason = new Error('not now');
      const seen: number[] = [];
      for (let turn = 0; index.removed > 0; turn++) {
        const controller = new AbortController();
        const running = index.repairAsync({
          signal: controller.signal,
          onProgress({ left, places }) {
            expect(left).toBeLessThanOrEqual(places);
            seen.push(left);
            if (turn < 2) controller.abort(reason);
          },
        });
        refused(() => index.size, Error, 'BUSY', 'Hnsw.size', /in use/);
        if (turn < 2) await expect(running).rejects.toBe(reason);
        else await running;
        expect(index.search(clustered(1, 1), { k: 3 }).ids).toHaveLength(3);
      }
      expect(seen.length).toBeGreaterThanOrEqual(2);
      expect(seen).toEqual([...seen].sort((a, b) => b - a));
      expect(index.save()).toEqual(whole.save());
      await index.repairAsync(); // nothing to do
      const bad = { signal: 7 } as never;
      await expect(index.repairAsync(bad)).rejects.toMatchObject({ code: 'TYPE' });
    });

    test('is done in parts by what follows, however that is added', async () => {
      const more = { ids: upTo(3000).map((id) => id + count), vectors: clustered(3000, 4) };
      using whole = made().addBatch(more);
      using index = made();
      await index.addBatchAsync(more);
      expect(index.removed).toBe(0);
      expect(index.save()).toEqual(whole.save());
    });

    test('goes along with the items of a collection', async () => {
      const items = (from: number, to: number, seed: number) => {
        const rows = clustered(to - from, seed);
        return Array.from({ length: to - from }, (_, i) => ({
          key: from + i,
          vector: rows.subarray(i * D, (i + 1) * D),
        }));
      };
      const all = () => {
        const made = room.Collection.create({ ...options, index: 'hnsw' });
        made.addAll(items(0, count, 1));
        for (let key = 0; key < count; key += 5) made.remove(key);
        return made;
      };
      using whole = all();
      using sliced = all();
      whole.addAll(items(count, count + 2000, 5));
      await sliced.addAllAsync(items(count, count + 2000, 5));
      expect((sliced.index as Hnsw).removed).toBe((whole.index as Hnsw).removed);
      expect(sliced.save()).toEqual(whole.save());
    });
  });

  test('filters of every size find 95 of 100', () => {
    const count = 20_000;
    const rows = clustered(count, 4);
    const queries = clustered(100, 5);
    using index = room.Hnsw.create(options);
    index.addBatch({ ids: upTo(count), vectors: rows });
    const next = random(6);
    for (const share of [0.001, 0.01, 0.1, 0.5]) {
      const allowed = new Set<number>();
      while (allowed.size < share * count) allowed.add(Math.floor(next() * count));
      using filter = room.Filter.from([...allowed]);
      const found = index.searchBatch(queries, { k: K, ef: 100, filter });
      expect(found.ids.every((id) => allowed.has(id))).toBe(true);
      expect([...new Set(found.found)]).toEqual([K]);
      expect(recall(nearest(rows, queries, allowed), found)).toBeGreaterThanOrEqual(0.95);
    }
  });

  test.each(['addBatch', 'addBatchAsync'] as const)(
    '%s at the memory limit says how many went in, and they are found',
    async (how) => {
      const small = await createEngine({ memory: 4_000_000, modules: ['hnsw'] });
      using index = small.hnsw.Hnsw.create(options);
      const [first, count] = [2000, 12_000];
      const rows = clustered(first + count, 7);
      index.addBatch({ ids: upTo(first), vectors: rows.subarray(0, first * D) });
      const batch = {
        ids: upTo(first + count).subarray(first),
        vectors: rows.subarray(first * D),
      };
      const error: unknown = await (async () => index[how](batch))().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'MEMORY', operation: `Hnsw.${how}` });
      const said = /(\d+) of 12000 vectors were added$/.exec((error as Error).message);
      const added = Number(said?.[1]);
      expect(index.size).toBe(first + added);
      expect(added).toBeGreaterThan(0);
      expect([...index.ids].sort((a, b) => a - b)).toEqual([...upTo(first + added)]);
      const probes = upTo(first + added).filter((i) => i % 37 === 0);
      const found = Array.from(
        probes,
        (i) => index.search(rows.subarray(i * D, (i + 1) * D), { k: 1, ef: 100 }).ids[0],
      );
      const right = found.filter((id, i) => id === probes[i]).length;
      expect(right / probes.length).toBeGreaterThanOrEqual(0.99);
      index.remove(5).add(5, rows.subarray(5 * D, 6 * D)); // it goes on where there is room
      small.dispose();
    },
  );
});
