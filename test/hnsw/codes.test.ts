// Codes as users ask for them: what they hold, what goes with what, and collections of them.
import { describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { withRoom } from '../support/room.js';

const room = withRoom('hnsw');

const next = random(5);
const [COUNT, WIDE] = [600, 768];
const ids = Uint32Array.from({ length: COUNT }, (_, i) => i);
const vectors = Float32Array.from({ length: COUNT * WIDE }, () => next() + next() - 1);

describe('codes', () => {
  test('of four bits, with four more to rank again, hold a third of the vectors and their graph', () => {
    const held = (['none', 'rabitq4'] as const).map((codes) => {
      using index = room.Hnsw.create({
        metric: 'cosine',
        dimension: WIDE,
        capacity: COUNT,
        codes,
        rerank: codes === 'none' ? 'none' : 'rabitq4',
      });
      index.addBatch({ ids, vectors });
      index.shrink();
      for (const id of [0, 99, 599]) {
        const query = vectors.subarray(id * WIDE, (id + 1) * WIDE);
        const { ids: found, distances } = index.search(query, { k: 3 });
        expect(found[0]).toBe(id);
        expect(distances[0]).toBeLessThan(1e-3);
      }
      return index.bytesUsed;
    });
    expect(held[1]! / held[0]!).toBeLessThan(0.35);
  });

  test('of the exact index give the same neighbours for a part of the bytes, in a file too', () => {
    using flat = room.Flat.create({ metric: 'euclidean', dimension: WIDE });
    flat.addBatch({ ids, vectors });
    const kinds = ['int8', 'float16', 'rabitq', 'rabitq2', 'rabitq4', 'rabitq8', 'pq'] as const;
    for (const codes of kinds) {
      using coded = room.Flat.create({ metric: 'euclidean', dimension: WIDE, codes });
      coded.addBatch({ ids, vectors });
      using again = room.Flat.load(coded.save());
      const queries = vectors.subarray(0, 20 * WIDE);
      const [truth, near] = [flat.searchBatch(queries), coded.searchBatch(queries)];
      expect([...near.ids].filter((id, i) => id === truth.ids[i]).length).toBeGreaterThan(190);
      expect(again.searchBatch(queries)).toEqual(near);
      expect(coded.get(7)![5]).toBeCloseTo(vectors[7 * WIDE + 5]!, 2);
    }
  });

  // Embeddings whose numbers depend on each other, neighbouring ones most: what a codebook can learn.
  test('of a codebook rank few vectors again, and hold a fourth of the bytes without vectors', () => {
    const [many, wide] = [3000, 96];
    const smooth = Float32Array.from({ length: many * wide }, () => next() + next() - 1);
    for (const i of smooth.keys()) if (i % wide > 0) smooth[i]! += 0.8 * smooth[i - 1]!;
    const names = Uint32Array.from({ length: many }, (_, i) => 2 * i);
    const queries = Float32Array.from(smooth.subarray(0, 20 * wide), (x) => x + next() / 4);
    using flat = room.Flat.create({ metric: 'euclidean', dimension: wide });
    flat.addBatch({ ids: names, vectors: smooth });
    const truth = flat.searchBatch(queries);
    for (const rerank of ['float32', 'none'] as const) {
      using coded = room.Flat.create({ metric: 'euclidean', dimension: wide, codes: 'pq', rerank });
      coded.addBatch({ ids: names, vectors: smooth });
      const found = coded.searchBatch(queries);
      if (rerank === 'float32') {
        expect([...found.ids].filter((id, i) => id === truth.ids[i]).length).toBeGreaterThan(197);
        expect(found.distances[0]).toBeCloseTo(truth.distances[0]!, 3);
        continue;
      }
      coded.shrink();
      expect(coded.bytesUsed / flat.bytesUsed).toBeLessThan(0.25);
      const first = queries.length / wide;
      const near = Array.from({ length: first }, (_, q) => found.ids[10 * q] === names[q]);
      expect(near.filter(Boolean).length).toBeGreaterThan(15);
      using reader = room.Flat.load(coded.save()).freeze();
      expect(reader.searchBatch(queries)).toEqual(found);
    }
  });

  test('go with each other or are refused by name', () => {
    const shape = { metric: 'cosine', dimension: 8 } as const;
    const refused = (make: () => unknown) => refusalOf(make).message;
    for (const codes of ['none', 'int8', 'rabitq', 'float16', 'pq'] as const)
      for (const kind of [room.Flat, room.Hnsw]) {
        const options = { ...shape, codes: codes as 'none', rerank: 'rabitq4' } as const;
        const text = refused(() => kind.create(options));
        expect(text).toContain('rerank');
        expect(text).toContain('rabitq8');
      }
    const graphs = [room.Hnsw, room.Collection];
    for (const kind of graphs) {
      const error = refusalOf(() => kind.create({ ...shape, codes: 'pq' as 'none' }));
      expect(error).toMatchObject({ code: 'OPTION', argument: 'codes' });
      expect(error.message).toContain('Flat');
    }
    expect(
      refused(() => room.Hnsw.estimateBytes({ ...shape, codes: 'pq' as 'none' }, 9)),
    ).toContain('Flat');
    for (const codes of ['sketch', 'binary'] as never[])
      expect(refused(() => room.Flat.create({ ...shape, codes }))).toContain('codes');
    expect(
      refused(() => room.Flat.create({ metric: 'manhattan', dimension: 8, codes: 'rabitq4' })),
    ).toContain('codes');
    expect(refused(() => room.Hnsw.create({ ...shape, codes: 'rabitq3' as never }))).toContain(
      'codes',
    );
  });

  test('carry a collection through a file, of a graph and of the exact index', () => {
    const kinds = [
      { index: 'hnsw', codes: 'rabitq4', rerank: 'rabitq4' },
      { index: 'flat', codes: 'rabitq4', rerank: 'rabitq4' },
      { index: 'flat', codes: 'pq' },
    ] as const;
    for (const kind of kinds) {
      using collection = room.Collection.create({
        metric: 'cosine',
        dimension: WIDE,
        ...kind,
      });
      for (let i = 0; i < 50; i++)
        collection.add({
          key: `item ${i}`,
          vector: vectors.subarray(i * WIDE, (i + 1) * WIDE),
        });
      using again = room.Collection.load(collection.save());
      for (const each of [collection, again]) {
        const found = each.search(vectors.subarray(7 * WIDE, 8 * WIDE), { k: 2 });
        expect(found[0]!.key).toBe('item 7');
      }
    }
  });
});
