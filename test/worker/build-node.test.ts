// What workers that build an index do to each other, counted in Node.
import { createEngine } from 'sublinear';
import { type BuildPlace, type BuildPool, type Hnsw, load, type SharedIndex } from 'sublinear/hnsw';
import { createPool, createWorkerEngine } from 'sublinear/worker';
import { afterEach, expect, test, vi } from 'vitest';
import { random } from '../support/door.js';

const DIMENSION = 32;
const COUNT = 20_000;
const next = random(1);
const batch = {
  ids: Uint32Array.from({ length: COUNT }, (_, i) => i),
  vectors: Float32Array.from({ length: COUNT * DIMENSION }, () => next()),
};
const options = { metric: 'euclidean', dimension: DIMENSION, m: 8, efConstruction: 40 } as const;
afterEach(() => vi.unstubAllGlobals());

test('all workers work, and progress counts vectors', async () => {
  const { Hnsw } = await load();
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  const units: number[] = [];
  const counting: BuildPool = {
    size: 2,
    run: (job, how) =>
      pool.run(
        ({ hnsw }) =>
          job({
            hnsw: {
              Hnsw: {
                joinBuild: async (place) => {
                  const done = await hnsw.Hnsw.joinBuild(place);
                  units.push(done);
                  return done;
                },
              },
            },
          }),
        how,
      ),
  };
  const seen: number[] = [];
  const shared = await Hnsw.buildShared(options, batch, {
    pool: counting,
    onProgress: ({ added, total }) => {
      expect(total).toBe(COUNT);
      seen.push(added);
    },
  });
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.some((added) => added > 0 && added < COUNT)).toBe(true);
  // A unit for each vector, and those of their links back.
  const [a, b] = units as [number, number];
  expect(a + b).toBeGreaterThan(COUNT - 1);
  expect(Math.min(a, b)).toBeGreaterThan((a + b) / 8);
  // What they had is there for readers.
  const { memory } = (shared as Required<SharedIndex>).place;
  const before = memory.buffer.byteLength;
  await using replica = await pool.replicate(shared, ({ hnsw }, given) =>
    hnsw.Hnsw.openShared(given),
  );
  expect(await replica.run((there) => there.size)).toBe(COUNT);
  expect(memory.buffer.byteLength).toBe(before);
  expect(before).toBeLessThan(1.3 * shared.bytes + 2_000_000);
});

test('a worker that ends in the middle is CRASHED, and nothing else is lost', async () => {
  const { Hnsw } = await load();
  using older = Hnsw.create(options).add(1, batch.vectors.subarray(0, DIMENSION));
  const shared = await older.share();
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  await using replica = await pool.replicate(shared, ({ hnsw }, given) =>
    hnsw.Hnsw.openShared(given),
  );
  const engines: { terminate(): void }[] = [];
  const watched: BuildPool = {
    size: 2,
    run: (job, how) =>
      pool.run((engine) => {
        engines.push(engine);
        return job(engine);
      }, how),
  };
  let ended = false;
  const asked = Hnsw.buildShared(options, batch, {
    pool: watched,
    onProgress({ added }) {
      if (added === 0 || ended) return;
      ended = true;
      engines[0]?.terminate();
    },
  });
  await expect(asked).rejects.toMatchObject({ code: 'CRASHED' });
  expect(ended).toBe(true);
  expect(await replica.run((there) => there.size)).toBe(1);
  // In fresh workers it is built.
  using reader = await Hnsw.openShared(await Hnsw.buildShared(options, batch, { pool }));
  expect(reader.size).toBe(COUNT);
});

test('a pool that is busy, full or disposed', async () => {
  const { Hnsw } = await load();
  const pool = await createPool({ size: 1, modules: ['hnsw'], maxQueue: 0 });
  const few = {
    ids: batch.ids.subarray(0, 900),
    vectors: batch.vectors.subarray(0, 900 * DIMENSION),
  };
  let free!: () => void;
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  // It has its one worker, and the place beside: no room for another job.
  const busy = [pool.run(() => held), pool.run(() => held)];
  await expect(Hnsw.buildShared(options, few, { pool })).rejects.toMatchObject({
    code: 'QUEUE_FULL',
  });
  free();
  await Promise.all(busy);
  using reader = await Hnsw.openShared(await Hnsw.buildShared(options, few, { pool }));
  expect(reader.size).toBe(900);
  await pool.dispose();
  await expect(Hnsw.buildShared(options, few, { pool })).rejects.toMatchObject({
    code: 'DISPOSED',
  });
});

test('one worker is enough where the others have something else to do', async () => {
  const { Hnsw } = await load();
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  const few = {
    ids: batch.ids.subarray(0, 900),
    vectors: batch.vectors.subarray(0, 900 * DIMENSION),
  };
  let free!: () => void;
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  // Three of four places: a job of the build waits, and is dropped when the other has built it.
  const busy = [1, 2, 3].map(() => pool.run(() => held));
  using reader = await Hnsw.openShared(await Hnsw.buildShared(options, few, { pool }));
  expect(reader.size).toBe(900);
  expect(pool.stats().waiting).toBe(0);
  // Not even one: an abort does not wait for them.
  const last = pool.run(() => held);
  const controller = new AbortController();
  const asked = Hnsw.buildShared(options, few, {
    pool,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  });
  await expect(asked).rejects.toThrow('enough');
  expect(pool.stats().waiting).toBe(0);
  free();
  await Promise.all([...busy, last]);
});

test('memory is counted: of this engine for the index, of each worker for what it adds', async () => {
  const small = await createEngine({ modules: ['hnsw'], memory: 2 ** 20 });
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  await expect(small.hnsw.Hnsw.buildShared(options, batch, { pool })).rejects.toMatchObject({
    code: 'MEMORY',
    operation: 'Hnsw.buildShared',
  });
  await expect(small.hnsw.Hnsw.buildShared(options, batch)).rejects.toMatchObject({
    code: 'MEMORY',
  });
  small.dispose();
  const { Hnsw } = await load();
  await using narrow = await createPool({ size: 2, modules: ['hnsw'], memory: 30_000 });
  await expect(Hnsw.buildShared(options, batch, { pool: narrow })).rejects.toMatchObject({
    code: 'MEMORY',
  });
  // Two bytes a vector and scratch.
  await using enough = await createPool({ size: 2, modules: ['hnsw'], memory: 2 * COUNT + 60_000 });
  using reader = await Hnsw.openShared(await Hnsw.buildShared(options, batch, { pool: enough }));
  expect(reader.size).toBe(COUNT);
});

test('an engine that is disposed meanwhile', async () => {
  const engine = await createEngine({ modules: ['hnsw'] });
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  const asked = engine.hnsw.Hnsw.buildShared(options, batch, {
    pool,
    onProgress: ({ added }) => {
      if (added > 0) engine.dispose();
    },
  });
  await expect(asked).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('without shared memory this thread builds, to the same bits', async () => {
  const { Hnsw } = await load();
  await using pool = await createPool({ size: 2, modules: ['hnsw'] });
  using expected = await Hnsw.openShared(await Hnsw.buildShared(options, batch, { pool }));
  vi.stubGlobal('SharedArrayBuffer', undefined);
  const shared = await Hnsw.buildShared(options, batch, { pool });
  expect([shared.place, shared.bytes > COUNT * DIMENSION * 4]).toEqual([undefined, true]);
  expect(shared.file).toEqual(expected.save());
});

test('a worker that comes too late does nothing, and of another version it refuses', async () => {
  const { Hnsw } = await load();
  await using worker = await createWorkerEngine({ modules: ['hnsw'] });
  let place: BuildPlace | undefined;
  const pool: BuildPool = {
    size: 1,
    run: async (job) =>
      job({
        hnsw: {
          Hnsw: {
            joinBuild(given) {
              place = given;
              return worker.hnsw.Hnsw.joinBuild(given);
            },
          },
        },
      }),
  };
  using reader = await Hnsw.openShared(await Hnsw.buildShared(options, batch, { pool }));
  const kept = place as BuildPlace;
  expect(await worker.hnsw.Hnsw.joinBuild(kept)).toBe(0);
  expect(await Hnsw.joinBuild(kept)).toBe(0);
  await expect(Hnsw.joinBuild({ ...kept, version: '0.0.1' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  });
  await expect(Hnsw.joinBuild({ ...kept, memory: {} } as BuildPlace)).rejects.toMatchObject({
    code: 'TYPE',
    argument: 'place',
  });
  await expect(Hnsw.joinBuild(7 as unknown as BuildPlace)).rejects.toMatchObject({ code: 'TYPE' });
  expect(reader.size).toBe(COUNT);
});

test('this thread can take part itself', async () => {
  const { Hnsw: here } = await load();
  const pool: BuildPool = { size: 1, run: async (job) => job({ hnsw: { Hnsw: here } }) };
  using reader: Hnsw = await here.openShared(await here.buildShared(options, batch, { pool }));
  expect(reader.size).toBe(COUNT);
});
