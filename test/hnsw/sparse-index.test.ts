// Sparse vectors: both doors, the TypeScript of SparseIndex, and collections that have them.
import { createEngine, type Engine } from 'sublinear';
import type { Collection, HnswRoom, Item } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors, drawn, truth } from './sparse-index.cases.js';

describeCases(doors, cases);

const bad = (value: unknown) => value as never;
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

describe('SparseIndex', () => {
  test('takes lists, typed arrays and rows, and gives copies', () => {
    using index = room.SparseIndex.create();
    index.add(1, { indices: Uint32Array.of(5, 1), values: Float64Array.of(0.5, 0.25) });
    index.addBatch({
      ids: [2, 3],
      vectors: [
        { indices: [1], values: Float32Array.of(2) },
        { indices: [], values: [] },
      ],
    });
    index.addBatch({ ids: [4], vectors: { starts: [0, 1], indices: [9], values: [1] } });
    const got = index.get(1);
    got.values.fill(7);
    expect(index.get(1)).toEqual({
      indices: Uint32Array.of(1, 5),
      values: Float32Array.of(0.25, 0.5),
    });
    expect([...index.ids]).toEqual([1, 2, 3, 4]);
    expect(index.search({ indices: [1], values: [4] }, { k: 10_000 })).toEqual({
      ids: Uint32Array.of(2, 1),
      scores: Float64Array.of(8, 1),
    });
  });

  test('refuses what is none, by its name', () => {
    using index = room.SparseIndex.create();
    const one = { indices: [1], values: [1] };
    const refused = (call: () => unknown) => refusalOf(call).message;
    expect(refused(() => index.add(1, bad([1])))).toContain('vector');
    expect(refused(() => index.add(1, bad({ indices: [1] })))).toContain('vector.values');
    expect(refused(() => index.add(1, { indices: [1, 2], values: [1] }))).toContain('values');
    expect(refused(() => index.add(1, { indices: [-1], values: [1] }))).toContain('indices[0]');
    expect(refused(() => index.addBatch({ ids: [1], vectors: [one, one] }))).toContain('vectors');
    const rows = { starts: [1, 2], indices: [1, 2], values: [1, 2] };
    expect(refused(() => index.addBatch({ ids: [1], vectors: rows }))).toContain('vectors.starts');
    expect(refused(() => index.update(7, one))).toContain('id');
    expect(refused(() => index.search(one, bad({ ef: 3 })))).toContain('ef');
    expect(refused(() => room.SparseIndex.estimateBytes(bad({ count: -1 })))).toContain('count');
    expect(refused(() => room.SparseIndex.load(new Uint8Array(40)))).toContain('bytes');
    expect(index.size).toBe(0);
  });

  test('a batch that is aborted keeps what is in, and searches stop as well', async () => {
    using index = room.SparseIndex.create();
    const vectors = drawn(30_000, 5);
    const ids = Uint32Array.from(vectors, (_, i) => i);
    const abort = new AbortController();
    const onProgress = () => abort.abort(new Error('enough'));
    const adding = index.addBatchAsync({ ids, vectors }, { signal: abort.signal, onProgress });
    await expect(adding).rejects.toThrow('enough');
    const { size } = index;
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(30_000);
    await index.addBatchAsync({ ids: ids.slice(size), vectors: vectors.slice(size) });
    const queries = drawn(300, 6);
    const found = await index.searchBatchAsync(queries, { k: 3 });
    expect(found).toEqual(index.searchBatch(queries, { k: 3 }));
    const again = new AbortController();
    const searching = index.searchBatchAsync(drawn(30_000, 7), {
      signal: again.signal,
      onProgress: () => again.abort(new Error('stop')),
    });
    await expect(searching).rejects.toThrow('stop');
    expect(index.searchBatch(queries, { k: 3 })).toEqual(found);
  });

  test('files come in pieces; other kinds are told apart', async () => {
    using index = room.SparseIndex.create();
    const vectors = drawn(500, 8);
    index.addBatch({ ids: vectors.map((_, i) => i), vectors });
    const bytes = index.save();
    const cut = [bytes.subarray(0, 11), bytes.subarray(11, 5000), bytes.subarray(5000)];
    using again = room.SparseIndex.load(cut);
    using streamed = await room.SparseIndex.loadAsync(new Blob([bytes]).stream());
    expect(again.save()).toEqual(bytes);
    expect(streamed.searchBatch(vectors)).toEqual(index.searchBatch(vectors));
    expect(() => room.Flat.load(bytes)).toThrow(/SparseIndex\.load\(\)/);
    const pieces = index.saveInPieces();
    pieces.next();
    index.remove(0);
    expect(() => [...pieces]).not.toThrow(); // one piece: it was complete
    bytes[bytes.length - 40]! ^= 1;
    expect(() => room.SparseIndex.load(bytes)).toThrow(/checksum|format/i);
  });

  test('memory that ends changes nothing', async () => {
    const small = await createEngine({ memory: 3_000_000 });
    const { SparseIndex } = await small.use('hnsw');
    const index = SparseIndex.create();
    const vectors = drawn(3000, 9);
    const held = new Map<number, (typeof vectors)[number]>();
    let refused = 0;
    for (let round = 0; refused === 0; round++)
      vectors.forEach((vector, i) => {
        if (refused > 0) return;
        try {
          index.add(round * 3000 + i, vector);
          held.set(round * 3000 + i, vector);
        } catch (error) {
          expect((error as { code: string }).code).toBe('MEMORY');
          refused++;
        }
      });
    expect(index.size).toBe(held.size);
    const query = vectors[5]!;
    const { ids } = index.search(query, { k: 5 });
    expect([...ids]).toEqual(truth(held, query, 5).map(({ id }) => id));
    index.dispose();
    small.dispose();
  });
});

const items = (count: number): Item[] => {
  const sparse = drawn(count, 11);
  return sparse.map((vector, i) => ({
    key: `k${i}`,
    ...(i % 3 !== 0 && { sparse: vector }),
    ...((i % 3 === 0 || i % 2 === 0) && { vector: [Math.cos(i), Math.sin(i)] }),
    metadata: { year: 2000 + (i % 20) },
  }));
};

describe('a collection with sparse vectors', () => {
  const shape = { metric: 'cosine', dimension: 2, index: 'flat', sparse: true } as const;

  test('finds by them, by vectors and by both', () => {
    using c = room.Collection.create(shape);
    c.addAll(items(200));
    const sparse = drawn(200, 11)[7]!;
    const alone = c.search({ sparse, k: 5 });
    const held = new Map(
      drawn(200, 11)
        .map((vector, i) => [i, vector] as const)
        .filter(([i]) => i % 3 !== 0),
    );
    const expected = truth(held, sparse, 5);
    expect(alone.map(({ key, parts }) => [key, parts.sparse?.score])).toEqual(
      expected.map(({ id, score }) => [`k${id}`, score]),
    );
    const both = c.search({ sparse, vector: [1, 0], k: 200, depth: 200 });
    const ranks = (list: { key: string | number }[]) => list.map(({ key }) => key);
    const [first, second] = [
      ranks(c.search({ sparse, k: 200, depth: 200 })),
      ranks(c.search([1, 0], { k: 200 })),
    ];
    for (const { key, score, parts } of both) {
      const at = [first.indexOf(key), second.indexOf(key)];
      expect([parts.sparse?.rank ?? -1, parts.vector?.rank ?? -1]).toEqual(at);
      const sum = at.reduce((total, rank) => total + (rank < 0 ? 0 : 1 / (61 + rank)), 0);
      expect(score).toBeCloseTo(sum, 12);
    }
    const late = c.search({ sparse, vector: [1, 0], k: 50, where: { year: { gte: 2015 } } });
    expect(late.every(({ metadata }) => (metadata as { year: number }).year >= 2015)).toBe(true);
    expect(late.some(({ parts }) => parts.sparse)).toBe(true);
    const weighted = c.search({ sparse, vector: [1, 0], weights: { vector: 0 }, k: 3 });
    expect(weighted[0]?.key).toBe(first[0]);
    const like = c.search({ key: 'k8', k: 3 });
    expect(like.every(({ key }) => key !== 'k8')).toBe(true);
    expect(like.some(({ parts }) => parts.sparse) && like.some(({ parts }) => parts.vector)).toBe(
      true,
    );
  });

  test('parts change together or not at all', () => {
    using c = room.Collection.create(shape);
    const one = { indices: [4], values: [1] };
    c.add({ key: 'a', vector: [1, 0], sparse: one });
    c.update('a', { sparse: { indices: [5], values: [2] } });
    expect([c.get('a')?.sparse?.indices[0], c.get('a')?.vector[0], c.size]).toEqual([5, 1, 1]);
    expect(() => c.update('a', { vector: [0, 0], sparse: one })).toThrow(/vector/);
    expect(() =>
      c.update('a', { vector: [0, 1], sparse: bad({ indices: [1, 1], values: [1, 1] }) }),
    ).toThrow(/indices/);
    expect([c.get('a')?.sparse?.indices[0], c.get('a')?.vector[0], c.sparse?.size]).toEqual([
      5, 1, 1,
    ]);
    c.update('a', { vector: [0, 1], sparse: one });
    expect([c.get('a')?.sparse?.indices[0], c.get('a')?.vector[1]]).toEqual([4, 1]);
    c.add({ key: 'a', vector: [1, 0] });
    expect([c.get('a')?.sparse, c.sparse?.size]).toEqual([undefined, 0]);
    expect(() => c.add({ key: 'b' })).toThrow(/item/);
    expect(() => c.add({ key: 'b', text: 'words' })).toThrow(/text/);
    c.add({ key: 'b', sparse: one });
    expect(c.get('b')?.vector.length).toBe(0);
    expect(() => c.search({ key: 'b' })).toThrow(/key/);
    expect(c.search({ key: 'b', k: 5 }).length).toBe(0);
    expect([c.remove('b'), c.sparse?.size, c.removeWhere({}), c.size]).toEqual([true, 0, 1, 0]);
  });

  test('alone, or beside texts: a file at any time', async () => {
    using alone = room.Collection.create({ sparse: true });
    alone.addAll(
      items(90)
        .map(({ vector: _, ...rest }) => rest)
        .filter(({ sparse }) => sparse),
    );
    expect(() => alone.add({ key: 'x', vector: [1] })).toThrow(/dimension/);
    expect(() => alone.search([1])).toThrow(/dimension/);
    using texts = room.Collection.create({ ...shape, text: ['title'] });
    texts.addAll(items(60).map((item, i) => ({ ...item, text: `word${i % 7} sea` })));
    texts.update('k4', { text: 'lake', vector: [0, 1] });
    expect(texts.get('k4')?.sparse).toEqual(asKept(items(60)[4]!));
    texts.update('k4', { text: 'pond', sparse: { indices: [1], values: [1] } });
    texts.remove('k5');
    const query = { text: 'sea', sparse: drawn(60, 11)[8]!, vector: [1, 0], k: 20 };
    const plain = { sparse: drawn(60, 11)[8]!, k: 20 };
    for (const [c, asked] of [
      [alone, plain],
      [texts, query],
    ] as const) {
      const bytes = c.save();
      expect(Buffer.concat([...c.saveInPieces()]).equals(bytes)).toBe(true);
      using again = room.Collection.load(bytes);
      using streamed = await room.Collection.loadAsync(new Blob([bytes]).stream());
      using shared = await room.Collection.openShared(await c.share());
      for (const other of [again, streamed, shared]) {
        expect(other.search(asked)).toEqual(c.search(asked));
        expect(other.get('k4')).toEqual(c.get('k4'));
      }
      expect(again.save()).toEqual(bytes);
      for (let cut = 0; cut < bytes.length; cut += 97)
        expect(() => room.Collection.load(bytes.subarray(0, cut))).toThrow();
      for (let at = 0; at < bytes.length; at += 61) {
        const damaged = bytes.slice();
        damaged[at]! ^= 0x10;
        let came: Collection | undefined;
        try {
          came = room.Collection.load(damaged);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/FORMAT|TRUNCATED|CHECKSUM/);
        }
        came?.dispose();
      }
    }
  });

  test('the option is true or nothing; queries are refused without it', () => {
    expect(() => room.Collection.create(bad({ ...shape, sparse: 1 }))).toThrow(/sparse/);
    using c = room.Collection.create(bad({ ...shape, sparse: false }));
    const sparse = { indices: [1], values: [1] };
    expect(c.sparse).toBeUndefined();
    expect(() => c.add({ key: 1, vector: [1, 0], sparse })).toThrow(/sparse: true/);
    expect(() => c.search({ sparse })).toThrow(/sparse: true/);
  });
});

function asKept({ sparse }: Item) {
  using index = room.SparseIndex.create();
  return index.add(0, sparse!).get(0);
}
