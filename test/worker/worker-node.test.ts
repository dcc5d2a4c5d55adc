// What a worker does to a process: it keeps none alive, its memory may run out, its file may be missing.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { createPool, createWorkerEngine } from 'sublinear/worker';
import { describe, expect, test, vi } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const node = async (script: string, cwd = root) =>
  (
    await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd,
      encoding: 'utf8',
      timeout: 300_000,
    })
  ).stdout;

test('a program ends with an idle engine that nobody disposed, and not before its calls have', async () => {
  const script = `
    import { createPool, createWorkerEngine } from 'sublinear/worker';
    const engine = await createWorkerEngine({ modules: ['dense'] });
    const v = await engine.dense.Vector.from([3, 4]);
    const pool = await createPool({ size: 2, modules: ['dense'] });
    v.norm().then((norm) => console.log(norm));
    pool.run(async ({ dense }) => (await dense.Vector.zeros(1e6)).norm()).then((norm) => console.log(norm));`;
  expect((await node(script)).split('\n').sort()).toEqual(['', '0', '5']);
});

/** Counts what goes to workers. */
function countMessages() {
  const sent = (all: unknown): number =>
    ArrayBuffer.isView(all)
      ? all.byteLength
      : typeof all === 'object' && all !== null
        ? Object.values(all).reduce((sum: number, each) => sum + sent(each), 0)
        : 0;
  let total = { messages: 0, bytes: 0 };
  const { postMessage } = Worker.prototype;
  const spy = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (
    this: Worker,
    ...args: Parameters<Worker['postMessage']>
  ) {
    // Before it goes: what is moved has no length any more.
    total = { messages: total.messages + 1, bytes: total.bytes + sent(args[0]) };
    postMessage.apply(this, args);
  });
  return {
    /** Since the last time. */
    take() {
      const taken = total;
      total = { messages: 0, bytes: 0 };
      return taken;
    },
    end: () => spy.mockRestore(),
  };
}

/** Counts what comes from workers: messages, and the arrays in them. */
function countAnswers() {
  const arraysIn = (all: unknown): number =>
    ArrayBuffer.isView(all)
      ? 1
      : typeof all === 'object' && all !== null
        ? Object.values(all).reduce((sum: number, each) => sum + arraysIn(each), 0)
        : 0;
  const total = { messages: 0, arrays: 0 };
  const { emit } = Worker.prototype;
  const spy = vi.spyOn(Worker.prototype, 'emit').mockImplementation(function (
    this: Worker,
    ...args: Parameters<Worker['emit']>
  ) {
    if (args[0] === 'message') {
      total.messages++;
      total.arrays += arraysIn(args[1]);
    }
    return emit.apply(this, args);
  });
  return {
    end() {
      spy.mockRestore();
      return total;
    },
  };
}

test('a thousand sources go to a pool in a few messages, and the graph goes once to each worker', async () => {
  const pool = await createPool({ size: 2, modules: ['graph', 'diffusion'] });
  const nodes = 5000;
  const from = Uint32Array.from({ length: 4 * nodes }, (_, i) => i % nodes);
  const to = from.map((node, i) => (node * 31 + 7 * i) % nodes);
  const counted = countMessages();
  try {
    const replica = await pool.replicate({ from, to }, ({ graph }, edges) =>
      graph.Graph.fromEdges(edges),
    );
    // Shared memory: what passes is where it is.
    expect(counted.take()).toEqual({ messages: 2, bytes: 2 * (from.byteLength + to.byteLength) });
    const sources = Uint32Array.from({ length: 1000 }, (_, i) => (i * 37) % nodes);
    const answers = countAnswers();
    const {
      outcomes,
      offsets,
      nodes: found,
    } = await replica.batch(sources, 1, (graph, part, { diffusion }) =>
      diffusion.personalizedPageRankBatch(graph, { sources: part, topK: 10 }),
    );
    expect([outcomes.length, offsets.length, offsets[1000]]).toEqual([1000, 1001, found.length]);
    expect(counted.take()).toEqual({ messages: 8, bytes: sources.byteLength });
    // Each answer is a table of whole columns, whose number does not grow with the sources, and not a list of rows.
    const { messages, arrays } = answers.end();
    expect([messages, arrays]).toEqual([8, 8 * 8]);
  } finally {
    counted.end();
    await pool.dispose();
  }
});

describe('pool.map and replica.map choose how many items go at once', () => {
  const items = Array.from({ length: 1000 }, (_, i) => i);

  test('a thousand small jobs take tens of messages, in the order of the items', async () => {
    const pool = await createPool({ size: 2, modules: ['dense'] });
    const counted = countMessages();
    try {
      const replica = await pool.replicate([3, 4], ({ dense }, values) =>
        dense.Vector.from(values),
      );
      counted.take();
      const sums = await replica.map(items, async (v, i) => i + (await v.norm()));
      expect(sums).toEqual(items.map((i) => i + 5));
      // Four alone; then a share of what is left, at most 64, down to one.
      expect(counted.take().messages).toBeLessThan(60);
      // Calls that follow from answers go together as well: two messages a job, and what forgets the vectors.
      const norms = await pool.map(items, async ({ dense }, i) => {
        const v = await dense.Vector.from([i]);
        const norm = await v.norm();
        await v.dispose();
        return norm;
      });
      expect(norms).toEqual(items);
      expect(counted.take().messages).toBeLessThan(200);
    } finally {
      counted.end();
      await pool.dispose();
    }
  });

  test('items with large arrays stay alone', async () => {
    const pool = await createPool({ size: 2, modules: ['dense'] });
    const counted = countMessages();
    try {
      const large = new Float64Array(1 << 17).fill(1);
      const sums = await pool.map(
        Array.from({ length: 30 }, () => large),
        async ({ dense }, values) => {
          using v = await dense.Vector.from(values);
          return v.length;
        },
      );
      expect(sums).toEqual(Array(30).fill(large.length));
      expect(counted.take().messages).toBeGreaterThanOrEqual(60);
    } finally {
      counted.end();
      await pool.dispose();
    }
  });

  test('the first error is the one that is thrown, and an abort stops what is under way', async () => {
    await using pool = await createPool({ size: 2, modules: ['dense'] });
    const oops = new Error('oops');
    let begun = 0;
    const failing = pool.map(items, async ({ dense }, i) => {
      begun++;
      await dense.Vector.zeros(1);
      if (i === 100) throw oops;
    });
    await expect(failing).rejects.toBe(oops);
    expect(begun).toBeLessThan(600);
    const wrong = pool.map(items, ({ dense }, i) => dense.Vector.zeros(i === 300 ? -1 : 1));
    await expect(wrong).rejects.toMatchObject({ code: 'RANGE' });
    const controller = new AbortController();
    let answered = 0;
    const stopped = pool.map(
      items,
      async ({ dense }) => {
        await dense.Vector.zeros(1);
        if (++answered === 50) controller.abort();
      },
      { signal: controller.signal },
    );
    const reason = await stopped.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(reason).toBe(controller.signal.reason);
    expect(
      await pool.map([1], async ({ dense }, n) => (await dense.Vector.zeros(n)).length),
    ).toEqual([1]);
  });

  test('a worker that ends under many items: those that were not answered are run once more', async () => {
    await using pool = await createPool({ size: 1, modules: ['dense'] });
    const runs = new Map<number, number>();
    const lengths = await pool.map(items.slice(0, 200), async (engine, i) => {
      runs.set(i, (runs.get(i) ?? 0) + 1);
      const making = engine.dense.Vector.zeros(1);
      if (i === 60 && runs.get(i) === 1) engine.terminate();
      return (await making).length;
    });
    expect(lengths).toEqual(Array(200).fill(1));
    expect(Math.max(...runs.values())).toBe(2);
    expect(pool.stats()).toMatchObject({ restarts: 1 });
  });
});

test('a trap in WebAssembly ends the worker, and the next call has a fresh one', async () => {
  const wasm = readFileSync(join(root, 'build/test-wasm/solver.trap.wasm'));
  await using engine = await createWorkerEngine({ modules: ['dense'], wasm });
  const { Vector } = engine.dense;
  const v = await Vector.from([3, 4]);
  const trap = Vector.zeros(0xdead);
  const waiting = v.norm();
  const [first, second] = await Promise.allSettled([trap, waiting]);
  expect(first).toMatchObject({ reason: { code: 'CRASHED', operation: 'Vector.zeros' } });
  expect(second).toMatchObject({ reason: { code: 'CRASHED' } });
  expect(await (await Vector.from([3, 4])).norm()).toBe(5);
});

test('a worker whose memory runs out ends alone', async () => {
  const program = join(root, 'dist/worker/thread.node.js');
  const resourceLimits = { maxOldGenerationSizeMb: 24 };
  await using engine = await createWorkerEngine({
    modules: ['sparse'],
    worker: () => new Worker(program, { resourceLimits }),
  });
  const { SparseMatrix } = engine.sparse;
  const matrix = await SparseMatrix.identity(3_000_000);
  const waiting = [matrix.toMatrixMarket(), matrix.rows];
  for (const call of await Promise.allSettled(waiting)) {
    expect(call).toMatchObject({ status: 'rejected', reason: { code: 'CRASHED' } });
  }
  expect(await (await SparseMatrix.identity(3)).rows).toBe(3);
});

test('without the file of its program a worker starts from the inline twin, without both it says so', async () => {
  const place = mkdtempSync(join(tmpdir(), 'sublinear-worker-'));
  try {
    for (const name of ['dist', 'package.json'])
      cpSync(join(root, name), join(place, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
    rmSync(join(place, 'dist/worker/thread.node.js'));
    const script = `
      const { createWorkerEngine } = await import('./dist/worker.js');
      try {
        await using_();
      } catch (error) {
        console.log(error.code, /createWorkerEngine\\(\\{ worker \\}\\)/.test(error.message));
      }
      async function using_() {
        const engine = await createWorkerEngine({ modules: ['dense'] });
        console.log(await (await engine.dense.Vector.from([3, 4])).norm());
      }`;
    expect(await node(script, place)).toBe('5\n');
    rmSync(join(place, 'dist/inline/worker.js'));
    expect(await node(script, place)).toBe('LOAD_FAILED true\n');
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

test('the engine alone does not import what workers need', async () => {
  const script = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(
      'export async function resolve(s, c, next) { if (s === "comlink") throw new Error("comlink"); return next(s, c); }'));
    const { createEngine } = await import('sublinear');
    console.log((await createEngine({ modules: ['dense', 'hnsw'] })).dense.Vector.from([3, 4]).norm());
    await import('sublinear/worker').catch((error) => console.log(error.message));`;
  expect(await node(script)).toBe('5\ncomlink\n');
});

test('arrays of another realm, and arrays that lie about their length, arrive as they are', async () => {
  const engine = await createWorkerEngine({ modules: ['dense', 'hnsw'] });
  const foreign = (text: string) => runInNewContext(text) as Float64Array;
  const v = await engine.dense.Vector.from(foreign('new Float64Array([3, 4])'));
  expect([...(await v.toArray())]).toEqual([3, 4]);
  const lie = Object.defineProperties(new Float64Array([5, 6]), {
    length: { value: 1 },
    byteLength: { value: 0 },
    buffer: { value: new ArrayBuffer(0) },
  });
  expect([...(await (await v.copyFrom(lie)).toArray())]).toEqual([5, 6]);
  const moved = foreign('new Float64Array([7, 8])');
  await v.with({ transfer: true }).copyFrom(moved);
  expect([...(await v.toArray())]).toEqual([7, 8]);
  expect(moved.length).toBe(0);
  const index = await engine.hnsw.Flat.create({ metric: 'euclidean', dimension: 2 });
  const ids = foreign('[1, 2]') as unknown as number[];
  await index.addBatch(
    runInNewContext('({ ids, vectors: new Float32Array([1, 2, 3, 4]) })', { ids }) as never,
  );
  expect(await index.size).toBe(2);
  await engine.dispose();
});
