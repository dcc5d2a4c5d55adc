// What can go wrong between a program and a worker, in Node and, through worker.browser.test.ts, in Chromium: sources that
// fail or never answer, values that cannot pass, a worker that is ended while it starts.
import {
  createPool,
  createWorkerEngine,
  SublinearError,
  type WorkerEngine,
} from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let engine: WorkerEngine;
beforeAll(async () => {
  engine = await createWorkerEngine();
});
afterAll(() => engine.dispose());

const rejected = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it was not rejected'),
    (reason) => reason,
  );

describe('a source', () => {
  test('that fails: its error arrives as it is, and the worker goes on', async () => {
    const { Graph } = await engine.use('graph');
    const given = new SublinearError('CHANGED', 'Store.get', 'replaced meanwhile');
    async function* later() {
      yield '0 1\n';
      throw given;
    }
    function* now() {
      yield '0 1\n';
      throw given;
    }
    const stream = new ReadableStream<string>({
      start: (controller) => controller.enqueue('0 1\n'),
      pull: (controller) => controller.error(given),
    });
    for (const source of [later(), now(), stream])
      expect(await rejected(Graph.fromEdgeList(source))).toBe(given);
    expect(await (await Graph.fromEdgeList('0 1\n')).edgeCount).toBe(1);
  });

  test('that never answers does not hold up an abort, nor the next call', async () => {
    const { Graph } = await engine.use('graph');
    const { Collection } = await engine.use('hnsw');
    const collection = await Collection.create({ metric: 'euclidean', dimension: 1 });
    async function* never(first: unknown) {
      yield first;
      await new Promise(() => {});
    }
    for (const read of [
      (signal: AbortSignal) => Graph.fromEdgeList(never('0 1\n') as never, { signal }),
      (signal: AbortSignal) => Graph.load(never(new Uint8Array(16)) as never, { signal }),
      (signal: AbortSignal) =>
        collection.addAll(never({ key: 1, vector: [1] }) as never, { signal }),
    ]) {
      const controller = new AbortController();
      const reading = read(controller.signal);
      setTimeout(() => controller.abort(), 20);
      expect(await rejected(reading)).toBe(controller.signal.reason);
      expect(await (await Graph.fromEdgeList('0 1\n')).edgeCount).toBe(1);
    }
  });

  test('of items goes into a collection, whether they are there or come later', async () => {
    const { Collection } = await engine.use('hnsw');
    const collection = await Collection.create({ metric: 'euclidean', dimension: 1 });
    function* items(from: number) {
      for (let i = from; i < from + 150; i++) yield { key: i, vector: [i] };
    }
    async function* later() {
      yield* items(1000);
      yield { key: 2000, vector: [1, 2] };
    }
    await collection.addAll(items(0));
    expect(await collection.size).toBe(150);
    const error = await rejected(collection.addAllAsync(later()));
    expect(error).toMatchObject({ code: 'SHAPE', position: 150 });
    expect(await collection.size).toBe(300);
    await collection.dispose();
  });

  test('whose pieces cannot pass is refused by name', async () => {
    const { Graph } = await engine.use('graph');
    const refused = async (piece: unknown) =>
      rejected(Graph.fromEdgeList([piece].values() as never));
    for (const piece of [Symbol('x'), () => 1]) {
      const error = await refused(piece);
      expect(error).toMatchObject({ code: 'TYPE', operation: 'Graph.fromEdgeList' });
      expect(error.message).toMatch(/^what a source gives cannot be passed to a worker/);
    }
    expect((await refused({ metadata: { f: () => 1 } })).message).toMatch(/^"metadata.f" of what/);
  });
});

describe('values that cannot pass', () => {
  test('arrays whose memory was moved away are refused, whether they are copied or moved', async () => {
    const { Vector } = await engine.use('dense');
    const gone = new Float64Array([3, 4]);
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const given of [gone, gone.buffer])
      for (const transfer of [false, true]) {
        const error = await rejected(Vector.with({ transfer }).from(given as never));
        expect(error).toMatchObject({ code: 'TYPE', operation: 'Vector.from' });
        expect(error.message).toMatch(/detached/);
      }
    // Those that are empty of themselves are not.
    expect(await (await Vector.from(new Float64Array(0))).length).toBe(0);
    expect(await (await Vector.from([3, 4])).norm()).toBe(5);
  });

  test('symbols, promises and functions are refused with the name of the argument', async () => {
    const { Vector } = await engine.use('dense');
    const v = await Vector.from([3, 4]);
    expect(await rejected(v.norm(Symbol('x') as never))).toMatchObject({ code: 'TYPE' });
    const error = await rejected(Vector.from([1], { dtype: Symbol('x') } as never));
    expect(error).toMatchObject({ code: 'TYPE', argument: 'dtype' });
    expect(await rejected(Vector.from(Promise.resolve([1]) as never))).toMatchObject({
      code: 'TYPE',
    });
  });

  test('views of shared memory of every kind get as far as the method', async () => {
    if (typeof SharedArrayBuffer !== 'function') return;
    const { Vector } = await engine.use('dense');
    const shared = new Float32Array(new SharedArrayBuffer(16), 8);
    shared.set([3, 4]);
    expect(await (await Vector.from(shared)).norm()).toBe(5);
    const view = new DataView(new SharedArrayBuffer(16));
    expect(await rejected(Vector.from(view as never))).toMatchObject({
      code: 'TYPE',
      operation: 'Vector.from',
      argument: 'values',
    });
  });
});

describe('a worker that is ended', () => {
  test('while it starts: what waits for it is rejected, the next call has another one', async () => {
    await using own = await createWorkerEngine({ modules: ['dense'] });
    const { Vector } = own.dense;
    own.terminate();
    const waiting = rejected(Vector.from([1]));
    own.terminate();
    const next = Vector.from([3, 4]);
    expect(await waiting).toMatchObject({ code: 'CRASHED', operation: 'Vector.from' });
    expect(await (await next).norm()).toBe(5);
  });

  test('while it starts: dispose() waits for nothing', async () => {
    const own = await createWorkerEngine({ modules: ['dense'] });
    own.terminate();
    const waiting = rejected(own.dense.Vector.from([1]));
    let settled = false;
    void waiting.then(() => {
      settled = true;
    });
    await own.dispose();
    await null;
    expect(settled).toBe(true);
    expect(await waiting).toMatchObject({ code: 'DISPOSED', operation: 'Vector.from' });
  });

  test('objects that are being disposed have gone with it', async () => {
    const own = await createWorkerEngine({ modules: ['dense'] });
    const v = await own.dense.Vector.from([1]);
    const ending = v.dispose();
    own.terminate();
    await ending;
    const w = await own.dense.Vector.from([1]);
    const disposing = w.dispose();
    await own.dispose();
    await disposing;
    expect([v.disposed, w.disposed]).toEqual([true, true]);
  });

  test('an abort of a call in the queue leaves the running one alone', async () => {
    const { Graph, pageRank } = await engine.use('diffusion');
    const from = Uint32Array.from({ length: 200_000 }, (_, i) => i % 20_000);
    const graph = await Graph.fromEdges({
      from,
      to: from.map((node, i) => (node * 7 + i) % 20_000),
    });
    const controller = new AbortController();
    const running = pageRank(graph, { tolerance: 1e-9 });
    const queued = graph.with({ signal: controller.signal }).components();
    const after = graph.nodeCount;
    controller.abort();
    expect(await rejected(queued)).toBe(controller.signal.reason);
    expect((await running).outcome).toBe('converged');
    expect(await after).toBe(20_000);
    await graph.dispose();
  });
});

describe('a pool', () => {
  async function* never(first: number) {
    yield first;
    await new Promise(() => {});
  }

  test('stops a batch whose next item never comes: at an abort, and at the first error', async () => {
    await using pool = await createPool({ size: 1 });
    const stream = new ReadableStream<number>({ start: (controller) => controller.enqueue(1) });
    for (const items of [never(1), stream as unknown as AsyncIterable<number>]) {
      const controller = new AbortController();
      const mapped = pool.map(items, (_, n) => n, { signal: controller.signal });
      setTimeout(() => controller.abort(), 20);
      expect(await rejected(mapped)).toBe(controller.signal.reason);
    }
    const oops = new Error('oops');
    expect(await rejected(pool.map(never(1), () => Promise.reject(oops)))).toBe(oops);
    expect(await pool.map(new Set([3, 4]), (_, n) => n)).toEqual([3, 4]);
    expect(await rejected(pool.map(7 as never, () => 1))).toMatchObject({ code: 'TYPE' });
  });

  test('stops a batch that waits for room in the queue', async () => {
    await using pool = await createPool({ size: 1, maxQueue: 0 });
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const jobs = [1, 2].map(() => pool.run(() => gate));
    const controller = new AbortController();
    const mapped = pool.map([1, 2, 3], (_, n) => n, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    expect(await rejected(mapped)).toBe(controller.signal.reason);
    open();
    await Promise.all(jobs);
  });

  test('a job that ends its worker does not take the others with it', async () => {
    await using pool = await createPool({ size: 1, modules: ['dense'] });
    const poison = rejected(
      pool.run(async (engine) => {
        const v = await engine.dense.Vector.zeros(2);
        engine.terminate();
        return v.norm();
      }),
    );
    const others = Array.from({ length: 5 }, () =>
      pool.run(async ({ dense }) => {
        using v = await dense.Vector.from([3, 4]);
        for (let i = 0; i < 10; i++) await v.norm();
        return v.norm();
      }),
    );
    expect(await Promise.all(others)).toEqual([5, 5, 5, 5, 5]);
    expect(await poison).toMatchObject({ code: 'CRASHED' });
  });

  test('data that could not be loaded everywhere stays nowhere', async () => {
    await using pool = await createPool({ size: 2, modules: ['dense'] });
    let loads = 0;
    const oops = new Error('oops');
    const loading = pool.replicate([3, 4], async ({ dense }, values) => {
      const v = await dense.Vector.from(values);
      if (++loads === 2) throw oops;
      return v;
    });
    expect(await rejected(loading)).toBe(oops);
    // Two jobs at a time have one worker each.
    const objects = await pool.map([1, 2], async (engine) => {
      const [module] = (await engine.stats()).modules;
      return module?.objects;
    });
    expect(objects.reduce((sum = 0, each = 0) => sum + each)).toBe(1);
  });

  test('keeps a snapshot as it was given, an ArrayBuffer as well, and joins parts that agree on NaN', async () => {
    await using pool = await createPool({ size: 1, modules: ['dense'] });
    const values = new Float64Array([3, 4]);
    const replica = await pool.replicate(values.buffer, ({ dense }, bytes) =>
      dense.Vector.from(new Float64Array(bytes)),
    );
    values.fill(0);
    const norm = await replica
      .run((v, engine) => {
        engine.terminate();
        return v.norm();
      })
      .catch(() => replica.run((v) => v.norm()));
    expect(norm).toBe(5);
    const rows = Float32Array.of(1, 2, 3);
    const parts = await replica.batch(rows, 1, (_, part) => ({ part, spread: Number.NaN }));
    expect(parts).toEqual({ part: rows, spread: Number.NaN });
  });
});
