// What readers of one memory do to it and to each other, counted in Node.
import { createEngine } from 'sublinear';
import { type Hnsw, load, type SharedIndex } from 'sublinear/hnsw';
import { createPool, createWorkerEngine } from 'sublinear/worker';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { random } from '../support/door.js';

const DIMENSION = 32;
const COUNT = 12_000;
let index: Hnsw;
beforeAll(async () => {
  const { Hnsw } = await load();
  index = Hnsw.create({ metric: 'euclidean', dimension: DIMENSION, m: 8, efConstruction: 40 });
  const next = random(1);
  const vectors = Float32Array.from({ length: COUNT * DIMENSION }, () => next());
  index.addBatch({ ids: Uint32Array.from({ length: COUNT }, (_, i) => i), vectors });
});
afterEach(() => vi.unstubAllGlobals());

const queries = (() => {
  const next = random(2);
  return Float32Array.from({ length: 400 * DIMENSION }, () => next());
})();
const bytesOf = ({ place }: SharedIndex) => place?.memory.buffer.byteLength ?? 0;

test('two workers hold little more than one', async () => {
  const shared = await index.share();
  const alone = bytesOf(shared);
  expect(alone).toBeLessThan(1.15 * shared.bytes + 400_000);
  const sizes: number[] = [];
  for (const size of [1, 2]) {
    await using pool = await createPool({ size, modules: ['hnsw'] });
    const own = await index.share();
    const replica = await pool.replicate(own, ({ hnsw }, given) => hnsw.Hnsw.openShared(given));
    await replica.batch(queries, DIMENSION, (there, part) => there.searchBatch(part));
    sizes.push(bytesOf(own));
    // A worker counts what it holds itself: marks of visits and scratch, and nothing of the index.
    const used = await replica.run((there) => there.bytesUsed);
    expect(used).toBeLessThan(2 * COUNT + 40_000);
    const { modules } = await replica.run((_, engine) => engine.stats());
    const [module, here] = modules;
    expect(module?.bytesInUse).toBe(0);
    expect(here).toMatchObject({ shared: true, objects: 1, memoryBytes: bytesOf(own) });
    expect(here?.bytesInUse).toBeLessThan(used + 2000);
  }
  expect((sizes[1] as number) / (sizes[0] as number)).toBeLessThan(1.15);
});

test('a region is used again after its reader', async () => {
  const { Hnsw } = await load();
  const shared = await index.share();
  const expected = index.searchBatch(queries);
  const read = async () => {
    using reader = await Hnsw.openShared(shared);
    return reader.searchBatch(queries);
  };
  expect(await read()).toEqual(expected);
  const before = bytesOf(shared);
  for (let i = 0; i < 20; i++) expect(await read()).toEqual(expected);
  expect(bytesOf(shared)).toBe(before);
  // Also in other threads; two at once have two.
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  for (let i = 0; i < 3; i++) {
    await using replica = await pool.replicate(shared, ({ hnsw }, given) =>
      hnsw.Hnsw.openShared(given),
    );
    await replica.batch(queries, DIMENSION, (there, part) => there.searchBatch(part));
  }
  expect(bytesOf(shared)).toBeLessThanOrEqual(before + (before - shared.bytes));
});

test('workers that end in the middle of searches harm nobody', async () => {
  const shared = await index.share();
  const expected = index.searchBatch(queries);
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  const replica = await pool.replicate(shared, ({ hnsw }, given) => hnsw.Hnsw.openShared(given));
  for (let round = 0; round < 4; round++) {
    const asked = replica.batch(queries, DIMENSION, (there, part) => there.searchBatch(part), {
      rowsPerJob: 20,
      retries: 3,
    });
    // Not a job of the pool: it ends the worker under those that run there.
    await pool.run(
      (engine) => {
        engine.terminate();
      },
      { retries: 0 },
    );
    expect(await asked).toEqual(expected);
  }
  expect(pool.stats().restarts).toBe(4);
});

test('an address that is none is refused, and the other readers stay as they are', async () => {
  const { Hnsw } = await load();
  const shared = await index.share();
  const expected = index.searchBatch(queries);
  using good = await Hnsw.openShared(shared);
  // Beyond the end of the memory, and where there is no frozen index.
  const { place } = shared as Required<SharedIndex>;
  const wrong = { ...shared, place: { ...place, index: 0xffff_fff0 } };
  await expect(Hnsw.openShared(wrong)).rejects.toMatchObject({ code: 'RANGE' });
  await expect(Hnsw.openShared({ ...shared, place: { ...place, index: 64 } })).rejects.toThrow();
  expect(good.searchBatch(queries)).toEqual(expected);
  using other = await Hnsw.openShared(shared);
  expect(other.searchBatch(queries)).toEqual(expected);
  // The module of the engine has not crashed.
  using more = Hnsw.create({ metric: 'dot', dimension: 2 });
  expect(more.add(1, [1, 2]).size).toBe(1);
});

test('of a limit of memory a reader takes what it holds itself', async () => {
  const file = index.save();
  const small = await createEngine({ modules: ['hnsw'], memory: 2 ** 20 });
  const shared = await index.share();
  // It is less than the index, which is another's.
  expect(shared.bytes).toBeGreaterThan(2 ** 20);
  const reader = await small.hnsw.Hnsw.openShared(shared);
  expect(reader.searchBatch(queries)).toEqual(index.searchBatch(queries));
  reader.dispose();
  expect(() => small.hnsw.Hnsw.load(file)).toThrow(expect.objectContaining({ code: 'MEMORY' }));
  small.dispose();
});

test('a memory that is full has room for no more readers', async () => {
  const { Hnsw } = await load();
  const shared = await index.share();
  const { memory } = (shared as Required<SharedIndex>).place;
  const expected = index.searchBatch(queries);
  using reader = await Hnsw.openShared(shared);
  reader.searchBatch(queries);
  // All but a page, and that is less than a region.
  for (let pages = 65_536; pages >= 1; pages /= 2)
    for (;;)
      try {
        memory.grow(pages);
      } catch {
        break;
      }
  await expect(Hnsw.openShared(shared)).rejects.toMatchObject({ code: 'MEMORY' });
  expect(reader.searchBatch(queries)).toEqual(expected);
});

test('where a shared memory cannot pass to other threads, none is made', async () => {
  vi.stubGlobal('structuredClone', () => {
    throw new Error('it cannot be cloned');
  });
  const shared = await index.share();
  expect([shared.place, shared.file?.length]).toEqual([undefined, index.save().length]);
});

test('readers end with their engine', async () => {
  const engine = await createEngine({ modules: ['hnsw'] });
  const reader = await engine.hnsw.Hnsw.openShared(await index.share());
  expect(engine.stats().modules.map(({ shared = false }) => shared)).toEqual([false, true]);
  engine.dispose();
  expect(reader.disposed).toBe(true);
  expect(() => reader.search(queries.subarray(0, DIMENSION))).toThrow(
    expect.objectContaining({ code: 'DISPOSED' }),
  );
});

test('without shared memory each worker has a copy, and the same answers', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  const engine = await createEngine({ modules: ['hnsw'] });
  const own = engine.hnsw.Hnsw.load(index.save());
  const shared = await own.share();
  expect(shared).toMatchObject({ kind: 'hnsw', bytes: own.bytesUsed });
  expect([shared.place, shared.file?.length]).toEqual([undefined, index.save().length]);
  await using worker = await createWorkerEngine({ modules: ['hnsw'] });
  using there = await worker.hnsw.Hnsw.openShared(shared);
  expect(await there.searchBatch(queries)).toEqual(index.searchBatch(queries));
  expect(await there.bytesUsed).toBeGreaterThan(COUNT * DIMENSION * 4);
  await expect(there.remove(1)).rejects.toMatchObject({ code: 'STATE' });
  engine.dispose();
});

test('where the module is not there, the file is', async () => {
  const plain = await createEngine({
    modules: ['hnsw'],
    wasm: async (file) => {
      if (file.includes('shared')) throw new Error('this program was copied without it');
      const { readFile } = await import('node:fs/promises');
      return readFile(new URL(`../../dist/wasm/${file}`, import.meta.url));
    },
  });
  const own = plain.hnsw.Hnsw.load(index.save());
  const shared = await own.share();
  expect(shared.place).toBeUndefined();
  using reader = await plain.hnsw.Hnsw.openShared(shared);
  expect(reader.searchBatch(queries)).toEqual(index.searchBatch(queries));
  // A memory that another thread shares cannot be read without it.
  const elsewhere = plain.hnsw.Hnsw.openShared(await index.share());
  await expect(elsewhere).rejects.toThrow(/without it|shared memory/);
  plain.dispose();
});
