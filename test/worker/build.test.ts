// Indexes built by all workers of a pool: the same bits with any number of them and with none, as good as by one addition after
// another. Runs in Node and, through worker.browser.test.ts, in a page where threads share no memory.
import type { BuildPool, HnswOptions } from 'sublinear/hnsw';
import { createWorkerEngine } from 'sublinear/worker';
import { describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { isSharing, withPools } from '../support/pools.js';

const DIMENSION = 24;
const COUNT = 3000;
const here = withPools();
const { pools } = here;

/** Vectors in clusters, each seventh of them there before. */
function points(count: number, seed: number) {
  const next = random(seed);
  const all = Float32Array.from(
    { length: count * DIMENSION },
    (_, i) => 0.03 * (next() - 0.5) + ((Math.floor(i / DIMENSION) * (i % 5)) % 7) / 200,
  );
  for (let i = 7; i < count; i += 7)
    all.copyWithin(i * DIMENSION, (i - 3) * DIMENSION, (i - 2) * DIMENSION);
  return all;
}
const idsOf = (count: number) => Uint32Array.from({ length: count }, (_, i) => 3 * i + 1);
const batch = { ids: idsOf(COUNT), vectors: points(COUNT, 1) };
const base = { metric: 'cosine', dimension: DIMENSION, m: 8, efConstruction: 60 } as const;

const kinds: [string, Partial<HnswOptions>][] = [
  ['cosine', {}],
  ['euclidean', { metric: 'euclidean', seed: 7 }],
  ['dot', { metric: 'dot' }],
  ['manhattan', { metric: 'manhattan' }],
  ['poincare', { metric: 'poincare', curvature: 0.5 }],
  ['int8', { codes: 'int8' }],
  ['binary', { codes: 'binary', rerank: 'float32' }],
  ['sketch', { codes: 'sketch' }],
  ['float16', { codes: 'float16', metric: 'euclidean' }],
  ['rabitq', { codes: 'rabitq', rerank: 'none' }],
  ['a prefix', { prefix: 8, rerank: 'float32' }],
  ['rabitq of four bits', { codes: 'rabitq4', rerank: 'rabitq4' }],
];

describe.each(kinds)('%s', (_, more) => {
  test('the same bits with any number of workers, and with none', async () => {
    const { Hnsw } = await here.local.use('hnsw');
    const options = { ...base, ...more } as HnswOptions;
    const alone = await Hnsw.buildShared(options, batch);
    expect([alone.kind, alone.place]).toEqual(['hnsw', undefined]);
    using expected = Hnsw.load(alone.file as Uint8Array);
    expect(expected.size).toBe(COUNT);
    expect(expected.stats().unreachable).toBe(0);
    for (const pool of pools) {
      const shared = await Hnsw.buildShared(options, batch, { pool });
      expect(shared.place !== undefined).toBe(isSharing);
      using reader = await Hnsw.openShared(shared);
      expect(reader.save()).toEqual(alone.file);
      expect(reader.frozen).toBe(true);
      // For all workers, and to be changed once it is loaded.
      await using replica = await pool.replicate(shared, ({ hnsw }, given) =>
        hnsw.Hnsw.openShared(given),
      );
      const queries = points(100, 4);
      const found = await replica.batch(queries, DIMENSION, (there, part) =>
        there.searchBatch(part, { k: 5 }),
      );
      expect(found).toEqual(expected.searchBatch(queries, { k: 5 }));
    }
    // Saved as well: that links what cannot be reached, and under dot changes what is found.
    using one = Hnsw.create(options).addBatch(batch);
    using sequential = Hnsw.load(one.save());
    expect(expected.stats().copies).toBe(sequential.stats().copies);
    const [built, added] = [expected, sequential].map(
      (index) => index.recallEstimate({ k: 10, ef: 48, queries: points(200, 9) }).recall,
    ) as [number, number];
    expect(built).toBeGreaterThan(added - 0.01);
    expected.remove(1).add(1, batch.vectors.subarray(0, DIMENSION));
    expect(expected.size).toBe(COUNT);
  });
});

test('bits', async () => {
  const { Hnsw } = await here.local.use('hnsw');
  const next = random(3);
  const vectors = Uint8Array.from({ length: 8 * 2000 }, () => 256 * next());
  const options = { metric: 'hamming', dimension: 64, m: 8, efConstruction: 40 } as const;
  const bits = { ids: idsOf(2000), vectors };
  const alone = await Hnsw.buildShared(options, bits);
  using reader = await Hnsw.openShared(await Hnsw.buildShared(options, bits, { pool: pools[1] }));
  expect(reader.save()).toEqual(alone.file);
  expect(reader.search(vectors.subarray(80, 88), { k: 1 }).ids[0]).toBe(31);
});

test('few vectors, none, and nothing but copies', async () => {
  const { Hnsw } = await here.local.use('hnsw');
  const same = new Float32Array(COUNT * DIMENSION).fill(0.5);
  for (const count of [0, 1, 2, 33, 500]) {
    for (const source of [batch.vectors, same]) {
      const some = { ids: idsOf(count), vectors: source.subarray(0, count * DIMENSION) };
      const alone = await Hnsw.buildShared(base, some);
      using reader = await Hnsw.openShared(await Hnsw.buildShared(base, some, { pool: pools[2] }));
      expect(reader.save()).toEqual(alone.file);
      expect(reader.size).toBe(count);
      expect(reader.stats().copies).toBe(
        source === same ? Math.max(0, count - 1) : reader.stats().copies,
      );
    }
  }
});

test('arrays of numbers, in the order of a list', async () => {
  const { Hnsw } = await here.local.use('hnsw');
  const vectors = Array.from({ length: 300 }, (_, i) => i / 7);
  const ids = Array.from({ length: 300 }, (_, i) => 1000 - i);
  const shared = await Hnsw.buildShared(
    { metric: 'euclidean', dimension: 1, capacity: 1000 },
    { ids, vectors },
    { pool: pools[1] },
  );
  using reader = await Hnsw.openShared(shared);
  expect([...reader.search([20.01], { k: 2 }).ids]).toEqual([860, 859]);
});

test('says what is wrong, and leaves nothing behind', async () => {
  const { Hnsw } = await here.local.use('hnsw');
  const before = here.local.stats();
  for (const pool of [undefined, pools[1]]) {
    const build = (options: object, given: object, how: object = { ...(pool && { pool }) }) =>
      Hnsw.buildShared({ ...base, ...options }, { ...batch, ...given }, how);
    const operation = 'Hnsw.buildShared';
    const wrong = (all: ArrayLike<number>, at: number, value: number) =>
      Array.from(all, (each, i) => (i === at ? value : each));
    const list = [...batch.vectors.subarray(0, 1200 * DIMENSION)];
    const ids = idsOf(1200);
    await expect(build({ m: 1 }, {})).rejects.toMatchObject({ code: 'OPTION', operation });
    await expect(build({ metric: 'near' }, {})).rejects.toThrow(/metric/);
    await expect(build({ codes: 'int8', metric: 'manhattan' }, {})).rejects.toMatchObject({
      code: 'OPTION',
      argument: 'codes',
    });
    await expect(build({}, { vectors: new Float32Array(DIMENSION + 1) })).rejects.toMatchObject({
      code: 'SHAPE',
      argument: 'vectors',
    });
    await expect(build({}, { ids: idsOf(COUNT - 1) })).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(build({}, { ids: 'all' })).rejects.toMatchObject({ code: 'TYPE' });
    await expect(
      build({}, { ids, vectors: wrong(list, 1100 * DIMENSION + 3, Number.NaN) }),
    ).rejects.toMatchObject({ code: 'NOT_FINITE', argument: 'vectors', position: 1100, operation });
    await expect(build({}, { ids: wrong(ids, 1150, 4), vectors: list })).rejects.toMatchObject({
      code: 'ARGUMENT',
      argument: 'ids',
      position: 1150,
    });
    await expect(build({ maxElements: 99 }, {})).rejects.toMatchObject({ code: 'RANGE' });
    await expect(build({}, {}, { pools })).rejects.toThrow(/pools/);
    for (const nothing of [7, {}, { size: 0, run() {} }])
      await expect(build({}, {}, { pool: nothing })).rejects.toMatchObject({
        code: 'TYPE',
        argument: 'pool',
      });
  }
  expect(here.local.stats().modules.map(({ objects }) => objects)).toEqual(
    before.modules.map(({ objects }) => objects),
  );
});

test('workers of any host take part', async () => {
  const { Hnsw } = await here.local.use('hnsw');
  await using worker = await createWorkerEngine({ modules: ['hnsw'] });
  const pool: BuildPool = { size: 2, run: async (job) => job(worker) };
  const alone = await Hnsw.buildShared(base, batch);
  using reader = await Hnsw.openShared(await Hnsw.buildShared(base, batch, { pool }));
  expect(reader.save()).toEqual(alone.file);
});

test('an abort, and an error of onProgress, end it', async () => {
  const { Hnsw } = await here.local.use('hnsw');
  for (const pool of [undefined, pools[1]]) {
    const own = pool === undefined ? {} : { pool };
    const aborted = AbortSignal.abort(new Error('before'));
    await expect(Hnsw.buildShared(base, batch, { ...own, signal: aborted })).rejects.toThrow(
      'before',
    );
    const controller = new AbortController();
    const asked = Hnsw.buildShared(base, batch, {
      ...own,
      signal: controller.signal,
      onProgress: ({ total }) => {
        expect(total).toBe(COUNT);
        controller.abort(new Error('enough'));
      },
    });
    await expect(asked).rejects.toThrow('enough');
    const broken = Hnsw.buildShared(base, batch, {
      ...own,
      onProgress() {
        throw new Error('mine');
      },
    });
    await expect(broken).rejects.toThrow('mine');
    // The workers are free again.
    using reader = await Hnsw.openShared(await Hnsw.buildShared(base, batch, own));
    expect(reader.size).toBe(COUNT);
  }
});
