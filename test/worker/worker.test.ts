// The engine in a worker, in Node (worker_threads) and, through worker.browser.test.ts, in Chromium: real workers.
import { createEngine, type Engine, type RoomName } from 'sublinear';
import type { SolveProgress } from 'sublinear/solver';
import { createPool, createWorkerEngine, type WorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleOfRoom } from '../../dist/generated/bundles.js';
import { random } from '../support/door.js';

let local: Engine;
let engine: WorkerEngine;
beforeAll(async () => {
  local = await createEngine();
  engine = await createWorkerEngine();
});
afterAll(async () => {
  await engine.dispose();
  local.dispose();
});

const roomNames = Object.keys(bundleOfRoom) as RoomName[];

/** The error of a promise that must be rejected, as far as programs look at it. */
async function rejection(promise: Promise<unknown>) {
  const error = await promise.then(
    () => {
      throw new Error('it was not rejected');
    },
    (reason) => reason,
  );
  const { name, code, operation, argument, position, message } = error;
  return { name, code, operation, argument, position, message };
}

/** Edges of a random graph. */
function edges(nodeCount: number, count: number, seed = 1) {
  const next = random(seed);
  const draw = () => Uint32Array.from({ length: count }, () => Math.floor(next() * nodeCount));
  return { from: draw(), to: draw(), nodeCount, directed: false };
}

const grid = (side: number) => {
  const from: number[] = [];
  const to: number[] = [];
  for (let i = 0; i < side * side; i++) {
    if (i % side < side - 1) [from.push(i), to.push(i + 1)];
    if (i < side * (side - 1)) [from.push(i), to.push(i + side)];
  }
  return { from: Uint32Array.from(from), to: Uint32Array.from(to), directed: false };
};

const vectors = (count: number, dimension: number, seed: number) => {
  const next = random(seed);
  return Float32Array.from({ length: count * dimension }, () => next() - 0.5);
};

const counting = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

describe('has all that the rooms have', () => {
  test.each(roomNames)('%s', async (name) => {
    const room = (await local.use(name)) as unknown as Record<string, unknown>;
    const remote = (await engine.use(name)) as unknown as Record<string, object>;
    expect(Object.keys(remote).sort()).toEqual(Object.keys(room).sort());
    expect(room).not.toHaveProperty('with');
    for (const [key, member] of Object.entries(room)) {
      const { prototype } = member as { prototype?: object };
      if (prototype === undefined) expect(remote[key]).toBeTypeOf('function');
      else {
        const base = Object.getPrototypeOf(member);
        const statics = (
          base === Function.prototype ? [] : Object.getOwnPropertyNames(base)
        ).filter((each) => each !== 'prototype' && typeof base[each] === 'function');
        expect(remote[key]).toEqual(expect.objectContaining({ name: key }));
        for (const each of statics) expect(remote[key], each).toHaveProperty(each);
        expect(prototype).not.toHaveProperty('with');
      }
    }
  });
});

describe('the same results, bit for bit', () => {
  test('solve, prepare, local answers', async () => {
    const here = await local.use('solver');
    const there = await engine.use('solver');
    const { Graph } = await local.use('graph');
    const remoteGraph = (await engine.use('graph')).Graph;
    using matrix = Graph.fromEdges(grid(60)).laplacian({ shift: 0.01 });
    const graph = await remoteGraph.fromEdges(grid(60));
    const remote = await graph.laplacian({ shift: 0.01 });
    expect(await remote.toCsr()).toEqual(matrix.toCsr());
    const b = Float64Array.from(vectors(3600, 1, 2));
    expect(await there.solve(remote, b)).toEqual(here.solve(matrix, b));
    expect(await there.solveAsync(remote, b, { method: 'amg', output: 'float32' })).toEqual(
      here.solve(matrix, b, { method: 'amg', output: 'float32' }),
    );
    using prepared = here.prepare(matrix, { method: 'approximateCholesky' });
    const remotePrepared = await there.prepare(remote, { method: 'approximateCholesky' });
    expect(await remotePrepared.solve(b)).toEqual(prepared.solve(b));
    expect(await remotePrepared.solveMany([b, b])).toEqual(prepared.solveMany([b, b]));
    const entries = { b, indices: [0, 77], absoluteError: 0.1 };
    expect(await there.solveEntries(remote, entries)).toEqual(here.solveEntries(matrix, entries));
    await graph.dispose();
  });

  test('PageRank, and its iterators', async () => {
    const here = await local.use('diffusion');
    const there = await engine.use('diffusion');
    const input = edges(2000, 12_000);
    using graph = here.Graph.fromEdges(input);
    const remote = await there.Graph.fromEdges(input);
    const options = { source: 7, topK: 20, tolerance: 1e-5 } as const;
    const expected = here.personalizedPageRank(graph, options);
    const found = await there.personalizedPageRank(remote, options);
    expect(found).toEqual(expected);
    expect([...found]).toEqual([...expected]);
    const all = await there.pageRank(remote);
    expect(all).toEqual(here.pageRank(graph));
    expect([...all].length).toBe(2000);
    expect(await there.heatKernel(remote, { source: 3, time: 2 })).toEqual(
      here.heatKernel(graph, { source: 3, time: 2 }),
    );
    expect(await remote.components()).toEqual(graph.components());
    await remote.dispose();
  });

  test('batches, and a ranking that follows its graph', async () => {
    const here = await local.use('diffusion');
    const there = await engine.use('diffusion');
    const input = edges(600, 3000);
    using graph = here.Graph.fromEdges(input);
    const remote = await there.Graph.fromEdges(input);
    const asked = { sources: [5, 9, 5], topK: 4, tolerance: 1e-6 };
    const expected = here.personalizedPageRankBatch(graph, asked);
    const batch = await there.personalizedPageRankBatch(remote, asked);
    expect(batch).toEqual(expected);
    expect([...batch].map((row) => [...row])).toEqual([...expected].map((row) => [...row]));

    const options = { source: 7, tolerance: 1e-8 };
    const change = { add: { from: [7], to: [300] } };
    using tracker = here.trackPageRank(graph, options);
    using edited = graph.edited(change);
    const remoteTracker = await there.trackPageRank(remote, options);
    const remoteEdited = await remote.edited(change);
    expect(await remoteTracker.update(remoteEdited)).toEqual(tracker.update(edited));
    await remoteTracker.dispose();
    for (const made of [remoteEdited, remote]) await made.dispose();
  });

  test('vector indexes, and what they save', async () => {
    const here = await local.use('hnsw');
    const there = await engine.use('hnsw');
    const how = { metric: 'euclidean', dimension: 8 } as const;
    const batch = { ids: counting(1500), vectors: vectors(1500, 8, 3) };
    using index = here.Hnsw.create(how).addBatch(batch);
    const remote = await there.Hnsw.create(how);
    await remote.addBatch(batch);
    expect(await remote.save()).toEqual(index.save());
    const queries = vectors(40, 8, 4);
    using filter = here.Filter.from([1, 5, 9, 700]);
    const remoteFilter = await there.Filter.from([1, 5, 9, 700]);
    expect(await remote.searchBatch(queries, { k: 5 })).toEqual(
      index.searchBatch(queries, { k: 5 }),
    );
    expect(await remote.search(queries.subarray(8, 16), { k: 3, filter: remoteFilter })).toEqual(
      index.search(queries.subarray(8, 16), { k: 3, filter }),
    );
    for (let id = 0; id < 300; id++) {
      index.remove(id);
      await remote.remove(id);
    }
    const seen: number[] = [];
    await remote.repair({ onProgress: ({ left }) => void seen.push(left) });
    expect(seen.length).toBeGreaterThan(0);
    expect(await remote.removed).toBe(0);
    expect(await remote.save()).toEqual(index.repair().save());
    await remote.dispose();
  });

  test('a room of functions only', async () => {
    const here = await local.use('quant');
    const there = await engine.use('quant');
    const given = vectors(10, 16, 5);
    const codes = here.quantizeInt8(given, { dimension: 16 });
    expect(await there.quantizeInt8(given, { dimension: 16 })).toEqual(codes);
    expect(await there.dequantizeInt8(codes)).toEqual(here.dequantizeInt8(codes));
  });

  test('errors: class, code, argument, position, message', async () => {
    const here = await local.use('graph');
    const there = await engine.use('graph');
    const bad = [
      { from: [0, 1], to: [1, -1] },
      { from: [0], to: [1, 2] },
      { from: [0], to: [5], nodeCount: 2 },
      { from: 'x' as never, to: [1] },
      { from: [0], to: [1], weihgts: [1] } as never,
    ];
    for (const input of bad) {
      const expected = await rejection((async () => here.Graph.fromEdges(input))());
      expect(await rejection(there.Graph.fromEdges(input))).toEqual(expected);
      expect(expected.code).toBeTypeOf('string');
    }
  });
});

describe('arrays', () => {
  test('are copied on their way in, and moved when that is asked for', async () => {
    const { Vector } = await engine.use('dense');
    const values = new Float64Array([1, 2, 3]);
    const v = await Vector.from(values);
    expect(values).toEqual(new Float64Array([1, 2, 3]));
    const w = await Vector.with({ transfer: true }).from(values);
    expect(values.byteLength).toBe(0);
    expect(await w.toArray()).toEqual(await v.toArray());
    // A part of a buffer is copied: the rest of it belongs to somebody.
    const whole = new Float64Array([1, 2, 3]);
    const part = await Vector.with({ transfer: true }).from(whole.subarray(1));
    expect(whole.length).toBe(3);
    expect(await part.toArray()).toEqual(new Float64Array([2, 3]));
  });

  test('that are changed after the call do not change it', async () => {
    const { Vector } = await engine.use('dense');
    const values = new Float64Array([3, 4]);
    const made = Vector.from(values);
    values.fill(0);
    expect(await (await made).norm()).toBe(5);
  });

  test('in shared memory may be given', async () => {
    if (typeof SharedArrayBuffer !== 'function') return;
    const { Graph } = await engine.use('graph');
    const from = new Uint32Array(new SharedArrayBuffer(8));
    const graph = await Graph.fromEdges({ from, to: [1, 2] });
    expect(await graph.edgeCount).toBe(2);
  });

  test('come back in buffers of their own; a view comes as a copy', async () => {
    const { Vector } = await engine.use('dense');
    const v = await Vector.from([1, 2]);
    for (const array of [await v.toArray(), await v.view()])
      expect(array.buffer.byteLength).toBe(array.byteLength);
    (await v.view()).fill(9);
    expect(await v.toArray()).toEqual(new Float32Array([1, 2]));
  });
});

describe('objects', () => {
  test('are handles with a class, and calls on one keep their order', async () => {
    const { Vector } = await engine.use('dense');
    const v = await Vector.zeros(2);
    expect(v).toBeInstanceOf(Vector);
    expect({}).not.toBeInstanceOf(Vector);
    const calls = [v.fill(1), v.scale(3), v.toArray(), v.fill(7), v.toArray(), v.dispose()];
    const [same, , first, , second] = await Promise.all(calls);
    expect(same).toBeInstanceOf(Vector);
    expect([first, second]).toEqual([new Float32Array([3, 3]), new Float32Array([7, 7])]);
    expect(v.disposed).toBe(true);
    await v.dispose();
    expect(await rejection(v.norm())).toMatchObject({ code: 'DISPOSED', operation: 'Vector.norm' });
  });

  test('of a call that runs may be used: the next call waits', async () => {
    const { Graph, pageRank } = await engine.use('diffusion');
    const graph = await Graph.fromEdges(edges(20_000, 100_000));
    const order: string[] = [];
    await Promise.all([
      pageRank(graph, { tolerance: 1e-9 }).then(() => order.push('rank')),
      graph.nodeCount.then(() => order.push('count')),
      graph.dispose().then(() => order.push('dispose')),
    ]);
    expect(order).toEqual(['rank', 'count', 'dispose']);
  });

  test('of another engine, or of this thread, are refused', async () => {
    const { Vector } = await engine.use('dense');
    const v = await Vector.from([1]);
    await using other = await createWorkerEngine({ modules: ['dense'] });
    const foreign = await other.dense.Vector.from([1]);
    const here = (await local.use('dense')).Vector.from([1]);
    expect(await rejection(v.dot(foreign))).toMatchObject({
      code: 'TYPE',
      operation: 'Vector.dot',
    });
    expect((await rejection(v.dot(here as never))).message).toMatch(/object of this thread/);
    expect((await rejection(v.dot(new (class Odd {})() as never))).message).toMatch(
      /argument 1 cannot be passed to a worker: Odd/,
    );
  });

  test('are forgotten in the worker when they are disposed', async () => {
    await using own = await createWorkerEngine({ modules: ['graph'] });
    const before = (await own.stats()).modules[0];
    for (let i = 0; i < 50; i++) {
      using graph = await own.graph.Graph.fromEdges(edges(50, 100));
      await graph.degree(1);
    }
    const { objects, bytesInUse } = (await own.stats()).modules[0]!;
    expect([objects, bytesInUse]).toEqual([before!.objects, before!.bytesInUse]);
  });

  test('that are iterated are iterated in the worker', async () => {
    const { SparseMatrix } = await engine.use('sparse');
    const matrix = await SparseMatrix.identity(5000);
    let text = '';
    for await (const piece of await matrix.matrixMarketPieces()) text += piece;
    expect(text).toBe(await matrix.toMatrixMarket());
    expect(text.split('\n')).toHaveLength(5003);
  });
});

describe('functions and sources', () => {
  test('functions are called here, in order, before the call ends', async () => {
    const { Graph } = await engine.use('graph');
    const graph = await Graph.fromEdges({ from: [0, 0, 0], to: [3, 1, 2] });
    const seen: number[] = [];
    await graph.forEachNeighbor(0, (node) => seen.push(node));
    expect(seen).toEqual([1, 2, 3]);
  });

  test('a function that writes into WebAssembly memory is refused', async () => {
    const { Hnsw } = await engine.use('hnsw');
    const index = await Hnsw.create({ metric: 'euclidean', dimension: 2 });
    const error = await rejection(index.addInPlace({ ids: [1], write: (rows) => rows.fill(1) }));
    expect(error).toMatchObject({ code: 'UNSUPPORTED' });
    expect(await index.size).toBe(0);
  });

  test('text comes in pieces: generators and streams', async () => {
    const { Graph } = await engine.use('graph');
    function* pieces() {
      yield '0 1\n1 ';
      yield new TextEncoder().encode('2\n2 3\n');
    }
    async function* later() {
      yield* pieces();
    }
    const stream = new Blob(['0 1\n1 2\n2 3\n']).stream() as ReadableStream<Uint8Array>;
    for (const source of [pieces(), later(), stream, '0 1\n1 2\n2 3\n'])
      expect(await (await Graph.fromEdgeList(source)).edgeCount).toBe(3);
  });
});

describe('progress and aborts', () => {
  const long = { method: 'cg', tolerance: 1e-13, maxIterations: 1_000_000 } as const;

  async function system(side = 250) {
    const { Graph } = await engine.use('graph');
    const graph = await Graph.fromEdges(grid(side));
    const matrix = await graph.laplacian({ shift: 1e-9 });
    await graph.dispose();
    return { matrix, b: Float64Array.from(vectors(side * side, 1, 6)) };
  }

  test('progress arrives while it works, and an error in it stops the work', async () => {
    const { solve } = await engine.use('solver');
    const { matrix, b } = await system();
    const seen: SolveProgress[] = [];
    await solve(matrix, b, { ...long, maxIterations: 500, onProgress: (p) => seen.push(p) });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen[0]).toMatchObject({ method: 'cg' });
    const iterations = seen.map((each) => each.iterations);
    expect(iterations).toEqual([...iterations].sort((x, y) => x - y));
    const oops = new Error('oops');
    const throwing = () => {
      throw oops;
    };
    await expect(solve(matrix, b, { ...long, onProgress: throwing })).rejects.toBe(oops);
    expect(await matrix.rows).toBe(b.length);
    await matrix.dispose();
  });

  test('an abort rejects with its reason, stops the work, and leaves everything usable', async () => {
    const { solve } = await engine.use('solver');
    const { matrix, b } = await system();
    const reason = new Error('changed my mind');
    for (const how of ['option', 'with'] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const running =
        how === 'option'
          ? solve(matrix, b, { ...long, signal })
          : (await engine.with({ signal }).use('solver')).solve(matrix, b, long);
      setTimeout(() => controller.abort(reason), 60);
      await expect(running).rejects.toBe(reason);
      // In the order of calls: an answer says that the worker is free. How soon: test/speed.
      expect(await matrix.rows).toBe(b.length);
    }
    await expect(solve(matrix, b, { ...long, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    await matrix.dispose();
  });

  test('a call that waits is never begun after an abort', async () => {
    const { solve } = await engine.use('solver');
    const { Vector } = await engine.use('dense');
    const v = await Vector.zeros(1);
    const { matrix, b } = await system();
    const first = new AbortController();
    const second = new AbortController();
    const running = solve(matrix, b, { ...long, signal: first.signal });
    const waiting = v.with({ signal: second.signal }).fill(5);
    second.abort();
    await expect(waiting).rejects.toBe(second.signal.reason);
    first.abort();
    await expect(running).rejects.toBe(first.signal.reason);
    expect(await v.toArray()).toEqual(new Float32Array(1));
    await matrix.dispose();
  });

  test('an abort stops the build of an index and the reading of a source', async () => {
    const { Hnsw } = await engine.use('hnsw');
    const index = await Hnsw.create({ metric: 'euclidean', dimension: 32 });
    const count = 20_000;
    const controller = new AbortController();
    const adding = index.addBatch(
      { ids: counting(count), vectors: vectors(count, 32, 7) },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    expect(await adding.catch((reason) => reason)).toBe(controller.signal.reason);
    expect(await index.size).toBeLessThan(count);
    await index.dispose();

    const { Graph } = await engine.use('graph');
    let stopped = false;
    async function* endless() {
      try {
        for (let i = 0; ; i++) yield `${i} ${i + 1}\n`;
      } finally {
        stopped = true;
      }
    }
    const signal = AbortSignal.timeout(30);
    const reading = Graph.with({ signal }).fromEdgeList(endless());
    expect(await reading.catch((reason) => reason)).toBe(signal.reason);
    await expect.poll(() => stopped).toBe(true);
  });
});

describe('collections', () => {
  test('collections with texts, whose module comes when it is needed', async () => {
    const own = await createWorkerEngine();
    const { Collection: Here } = await local.use('hnsw');
    const { Collection: There } = await own.use('hnsw');
    const options = { metric: 'cosine', dimension: 2, text: ['title', 'body'] } as const;
    using here = await Here.createAsync(options);
    const there = await There.create(options);
    const items = ['sea', 'lake', 'quiet sea', 'hotel'].map((title, key) => ({
      key,
      ...(key !== 1 && { vector: [key, 1] }),
      text: { title, body: `by the ${title}` },
      metadata: { key },
    }));
    here.addAll(items);
    await there.addAll(items);
    const query = { text: 'quiet sea lake', vector: [1, 1], where: { key: { lt: 3 } } };
    const found = here.search(query);
    expect(found).toHaveLength(3);
    expect(await there.search(query)).toEqual(found);
    const again = await There.load(here.save());
    expect(await again.search(query)).toEqual(found);
    // A function of this thread gives nothing there.
    const rerank = () => [1, 2, 3];
    await expect(there.search({ ...query, rerank })).rejects.toMatchObject({ argument: 'rerank' });
    await own.dispose();
  });

  test('grow, stop, answer many queries and go to and fro in pieces', async () => {
    const { Collection } = await engine.use('hnsw');
    const items = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ key: i, vector: [i], metadata: { i } }));
    const made = await Collection.create({ metric: 'euclidean', dimension: 1 });
    await made.addAll(items(300));
    const found = await made.searchBatch([7.2, 250], { k: 1, where: { i: { lt: 100 } } });
    expect(found.map(([first]) => first?.key)).toEqual([7, 99]);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of await made.saveInPieces())
      pieces.push(piece as Uint8Array<ArrayBuffer>);
    const again = await Collection.load(new Blob(pieces).stream());
    expect(await (await again.optimize()).size).toBe(300);
    expect(await again.searchBatch([7.2], { k: 3 })).toEqual(
      await made.searchBatch([7.2], { k: 3 }),
    );
    const controller = new AbortController();
    const adding = made.addAll(items(20_000), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(await adding.catch((reason) => reason)).toBe(controller.signal.reason);
    expect(await made.size).toBeLessThan(20_000);
    await Promise.all([made.dispose(), again.dispose()]);
  });
});

describe('the end of a worker', () => {
  test('rejects all that waits, loses the objects, and the next call has a fresh one', async () => {
    await using own = await createWorkerEngine({ modules: ['dense', 'graph'] });
    const { Vector } = own.dense;
    const v = await Vector.from([3, 4]);
    const waiting = [v.norm(), v.toArray(), Vector.zeros(3)].map(rejection);
    own.terminate();
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ name: 'SublinearError', code: 'CRASHED' });
    expect(v.disposed).toBe(true);
    const later = await rejection(v.norm());
    expect(later).toMatchObject({ code: 'CRASHED', operation: 'Vector.norm' });
    expect(later.message).toMatch(/make them again/);
    const fresh = await Vector.from([3, 4]);
    expect(await fresh.norm()).toBe(5);
    expect(await rejection(fresh.dot(v))).toMatchObject({ code: 'CRASHED' });
    await v.dispose();
  });

  test('after dispose everything is refused', async () => {
    const own = await createWorkerEngine({ modules: ['dense'] });
    const v = await own.dense.Vector.from([1]);
    const running = rejection(v.norm());
    await own.dispose();
    await own.dispose();
    expect([(await running).code, own.disposed, v.disposed]).toEqual(['DISPOSED', true, true]);
    expect(await rejection(v.norm())).toMatchObject({ code: 'DISPOSED' });
    expect(await rejection(own.use('graph'))).toMatchObject({ code: 'DISPOSED' });
    expect(() => own.dense).toThrow(/disposed/);
  });

  test('wrong options are refused before there is a worker', async () => {
    const code = async (options: object) => (await rejection(createWorkerEngine(options))).code;
    expect(await code({ memory: -1 })).toBe('RANGE');
    expect(await code({ variant: 'x' })).toBe('RANGE');
    expect(await code({ modules: ['bakery'] })).toBe('RANGE');
    expect(await code({ worker: 7 })).toBe('TYPE');
    expect(await code({ wroker: 'x' })).toBe('TYPE');
    const load = await rejection(
      createWorkerEngine({ modules: ['dense'], wasm: new Uint8Array(9) }),
    );
    expect(load).toMatchObject({ code: 'LOAD_FAILED' });
    expect(load.message).toMatch(/not a WebAssembly module/);
    expect(() => engine.with({ singal: 1 } as never)).toThrow(/"singal" is not an option/);
  });
});

describe('a pool', () => {
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  test('gives the same results as one thread, in order', async () => {
    const { Hnsw } = await local.use('hnsw');
    using index = Hnsw.create({ metric: 'euclidean', dimension: 8 });
    index.addBatch({ ids: counting(2000), vectors: vectors(2000, 8, 8) });
    const queries = vectors(101, 8, 9);
    await using pool = await createPool({ size: 2, modules: ['hnsw', 'graph', 'diffusion'] });
    const replica = await pool.replicate(index.save(), ({ hnsw }, bytes) => hnsw.Hnsw.load(bytes));
    const expected = index.searchBatch(queries, { k: 4 });
    for (const rowsPerJob of [undefined, 1, 7, 1000]) {
      const options = rowsPerJob === undefined ? {} : { rowsPerJob };
      const found = await replica.batch(
        queries,
        8,
        (there, part) => there.searchBatch(part, { k: 4 }),
        options,
      );
      expect(found).toEqual(expected);
    }
    const empty = await replica.batch(new Float32Array(0), 8, (there, part) =>
      there.searchBatch(part, { k: 4 }),
    );
    expect(empty.ids).toEqual(new Uint32Array(0));

    const { Graph, personalizedPageRank } = await local.use('diffusion');
    const input = edges(500, 2500);
    using graph = Graph.fromEdges(input);
    const graphs = await pool.replicate(input, ({ graph }, given) => graph.Graph.fromEdges(given));
    const sources = [3, 1, 4, 15, 9, 2, 6];
    const ranked = await graphs.map(sources, (there, source, { diffusion }) =>
      diffusion.personalizedPageRank(there, { source, topK: 5 }),
    );
    expect(ranked).toEqual(
      sources.map((source) => personalizedPageRank(graph, { source, topK: 5 })),
    );
    const { personalizedPageRankBatch } = await local.use('diffusion');
    for (const list of [Uint32Array.from(sources), new Uint32Array(0)]) {
      const whole = personalizedPageRankBatch(graph, { sources: list, topK: 5 });
      const table = await graphs.batch(list, 1, (there, part, { diffusion }) =>
        diffusion.personalizedPageRankBatch(there, { sources: part, topK: 5 }),
      );
      expect(table).toEqual(whole);
      expect([...table]).toEqual([...whole]);
      expect(table.rows).toEqual(whole.rows);
    }
    const saved = await pool.replicate(graph.save(), ({ graph }, bytes) => graph.Graph.load(bytes));
    expect(
      await saved.map(sources, (there, source, { diffusion }) =>
        diffusion.personalizedPageRank(there, { source, topK: 5 }),
      ),
    ).toEqual(ranked);
    await replica.dispose();
    expect(await rejection(replica.run((there) => there.size))).toMatchObject({ code: 'DISPOSED' });
  });

  test('refuses jobs above its queue, and says when there is room', async () => {
    await using pool = await createPool({ size: 1, maxQueue: 2 });
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const jobs = Array.from({ length: 4 }, () => pool.run(() => gate));
    expect(pool.stats()).toMatchObject({ running: 2, waiting: 2 });
    expect(await rejection(pool.run(() => 1))).toMatchObject({ code: 'QUEUE_FULL' });
    let ready = false;
    const waiting = pool.ready().then(() => {
      ready = true;
    });
    await sleep(5);
    expect(ready).toBe(false);
    open();
    await waiting;
    await Promise.all(jobs);
    expect(await pool.run(() => 1)).toBe(1);
  });

  test('takes items of a batch only as workers are free, and stops at the first error', async () => {
    await using pool = await createPool({ size: 2, maxQueue: 0 });
    let taken = 0;
    let running = 0;
    let most = 0;
    let left = false;
    function* items() {
      try {
        for (;;) yield taken++;
      } finally {
        left = true;
      }
    }
    const oops = new Error('oops');
    const mapped = pool.map(items(), async (_, item) => {
      most = Math.max(most, ++running);
      await sleep(1);
      running--;
      if (item === 20) throw oops;
    });
    await expect(mapped).rejects.toBe(oops);
    expect(most).toBeLessThanOrEqual(4);
    expect(taken).toBeLessThan(30);
    expect(left).toBe(true);
    const slow = (ms: number) => pool.map([3, 1, 2], (_, n) => sleep(n * ms).then(() => n));
    expect(await slow(10)).toEqual([3, 1, 2]);
  });

  test('an abort takes waiting jobs away and stops running ones', async () => {
    await using pool = await createPool({ size: 1, modules: ['dense'] });
    const controller = new AbortController();
    const { signal } = controller;
    let begun = 0;
    const jobs = Array.from({ length: 6 }, () =>
      pool.run(
        async ({ dense }) => {
          begun++;
          for (;;) await dense.Vector.zeros(1);
        },
        { signal },
      ),
    );
    setTimeout(() => controller.abort(), 20);
    const reasons = await Promise.all(jobs.map((job) => job.catch((reason) => reason)));
    for (const reason of reasons) expect(reason).toBe(signal.reason);
    expect(signal.aborted).toBe(true);
    expect(begun).toBe(2);
    expect(pool.stats().waiting).toBe(0);
  });

  test('a job whose worker ends is run once more, with its data loaded again', async () => {
    await using pool = await createPool({ size: 2, modules: ['dense'] });
    const replica = await pool.replicate(new Float64Array([3, 4]), ({ dense }, values) =>
      dense.Vector.from(values),
    );
    let runs = 0;
    const norm = await replica.run(async (v, engine) => {
      if (++runs === 1) engine.terminate();
      return v.norm();
    });
    expect([norm, runs]).toEqual([5, 2]);
    expect(pool.stats()).toMatchObject({ retried: 1, restarts: 1 });
    const job = replica.run(
      async (v, engine) => {
        engine.terminate();
        return v.norm();
      },
      { retries: 0 },
    );
    expect(await rejection(job)).toMatchObject({ code: 'CRASHED' });
    expect(await replica.map([1, 2, 3, 4], (v) => v.norm())).toEqual([5, 5, 5, 5]);
  });

  test('after dispose jobs are refused, also those that waited', async () => {
    const pool = await createPool({ size: 1, modules: ['dense'] });
    const jobs = Array.from({ length: 5 }, () =>
      pool.run(async ({ dense }) => (await dense.Vector.zeros(2)).norm()),
    ).map(rejection);
    await pool.dispose();
    await pool.dispose();
    for (const { code } of await Promise.all(jobs)) expect(code).toBe('DISPOSED');
    expect(await rejection(pool.run(() => 1))).toMatchObject({ code: 'DISPOSED' });
    expect(await rejection(createPool({ size: 0 }))).toMatchObject({ code: 'RANGE' });
  });
});
