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
import { expect, test, vi } from 'vitest';

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

test('a thousand sources go to a pool in a few messages, and the graph goes once to each worker', async () => {
  const pool = await createPool({ size: 2, modules: ['graph', 'diffusion'] });
  const nodes = 5000;
  const from = Uint32Array.from({ length: 4 * nodes }, (_, i) => i % nodes);
  const to = from.map((node, i) => (node * 31 + 7 * i) % nodes);
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
  try {
    const replica = await pool.replicate({ from, to }, ({ graph }, edges) =>
      graph.Graph.fromEdges(edges),
    );
    // Shared memory: what passes is where it is.
    expect(total).toEqual({ messages: 2, bytes: 2 * (from.byteLength + to.byteLength) });
    total = { messages: 0, bytes: 0 };
    const sources = Uint32Array.from({ length: 1000 }, (_, i) => (i * 37) % nodes);
    const {
      outcomes,
      offsets,
      nodes: found,
    } = await replica.batch(sources, 1, (graph, part, { diffusion }) =>
      diffusion.personalizedPageRankBatch(graph, { sources: part, topK: 10 }),
    );
    expect([outcomes.length, offsets.length, offsets[1000]]).toEqual([1000, 1001, found.length]);
    expect(total).toEqual({ messages: 8, bytes: sources.byteLength });
  } finally {
    spy.mockRestore();
    await pool.dispose();
  }
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
