// Objects that one module made, in functions of another one of the same engine.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createEngine, type Engine, type RoomName } from 'sublinear';
import type { Graph } from 'sublinear/graph';
import { createWorkerEngine } from 'sublinear/worker';
import { afterEach, describe, expect, test } from 'vitest';
import { RawModule } from '../support/raw.js';
import { refused } from '../support/refused.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const engines: Engine[] = [];
async function made<M extends RoomName>(
  modules: readonly M[],
  options?: { memory?: number; wasm?: (file: string) => Uint8Array<ArrayBuffer> },
) {
  const engine = await createEngine({ modules, ...options });
  engines.push(engine);
  return engine;
}
afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
});

/** What the module of a room holds. */
function holds(engine: Engine, room: RoomName) {
  const found = engine.stats().modules.find(({ rooms }) => rooms.includes(room));
  const { bytesInUse, objects, copies } = found!;
  return { bytesInUse, objects, ...copies };
}

/** A path with a weight for each edge, so that potentials are sums. */
const path = (n: number) => {
  const from = Uint32Array.from({ length: n - 1 }, (_, u) => u);
  return { from, to: from.map((u) => u + 1), weights: Float64Array.from(from, (u) => 1 + u) };
};

/** Internals that no type shows: the module of an object. */
const moduleOf = (object: object) =>
  (object as { runtime: { poison(cause: unknown): void } }).runtime;

describe('a graph in the solver module', () => {
  test('is copied at the first call and never again, and goes with the graph', async () => {
    const engine = await made(['resistance', 'diffusion']);
    const { Graph, effectiveResistance, harmonicPotentials } = engine.resistance;
    const graph = Graph.fromEdges({ ...path(50), directed: false });
    const alone = graph.bytesUsed;
    expect(holds(engine, 'resistance')).toEqual({
      bytesInUse: 0,
      objects: 0,
      count: 0,
      bytes: 0,
      made: 0,
    });

    const { resistance, errorBound } = effectiveResistance(graph, { source: 0, target: 49 });
    const exact = path(50).weights.reduce((sum, weight) => sum + 1 / weight, 0);
    expect(Math.abs(resistance - exact)).toBeLessThanOrEqual(errorBound);
    expect(holds(engine, 'resistance')).toMatchObject({
      objects: 0,
      count: 1,
      bytes: alone,
      made: 1,
    });
    expect(graph.bytesUsed).toBe(2 * alone);

    harmonicPotentials(graph, { boundary: { nodes: [0], values: [1] } });
    effectiveResistance(graph, { source: 3, target: 4 });
    engine.diffusion.personalizedPageRank(graph, { source: 3 }); // at home
    expect(holds(engine, 'resistance')).toMatchObject({ count: 1, made: 1 });
    expect(holds(engine, 'graph')).toMatchObject({ count: 0, made: 0 });

    graph.dispose();
    expect(holds(engine, 'resistance')).toEqual({
      bytesInUse: 0,
      objects: 0,
      count: 0,
      bytes: 0,
      made: 1,
    });
    expect(holds(engine, 'graph').bytesInUse).toBe(0);
    refused(
      () => effectiveResistance(graph, { source: 0, target: 1 }),
      Error,
      'DISPOSED',
      'effectiveResistance',
      /disposed/,
    );
  });

  test('gives what the graph gives: weights, precision, loops, nodes without edges', async () => {
    const engine = await made(['resistance']);
    const { Graph, edgeResistances, effectiveResistances } = engine.resistance;
    const edges = { from: [0, 1, 1, 3], to: [1, 2, 1, 4] };
    const weights = [0.5, 2, 7, 4];
    for (const dtype of ['float64', 'float32', undefined] as const) {
      using graph = Graph.fromEdges({
        ...edges,
        ...(dtype && { weights, dtype }),
        nodeCount: 6,
        directed: false,
      });
      const { resistances } = effectiveResistances(graph, { from: [0, 3, 0], to: [2, 4, 5] });
      const exact = dtype ? [2.5, 0.25, Infinity] : [2, 1, Infinity];
      for (const [i, value] of exact.entries()) expect(resistances[i]).toBeCloseTo(value, 5);
      expect(edgeResistances(graph, { epsilon: 0.9 }).resistances).toHaveLength(4);
    }
  });

  test('is known to be directed', async () => {
    const engine = await made(['resistance']);
    const { Graph, effectiveResistance } = engine.resistance;
    using graph = Graph.fromEdges({ from: [0], to: [1] });
    const ask = () => effectiveResistance(graph, { source: 0, target: 1 });
    refused(ask, Error, 'UNSUPPORTED', 'effectiveResistance', /"graph"/);
  });
});

describe('a matrix', () => {
  test('that a graph gave is solved with, to the bit as one made at home', async () => {
    const engine = await made(['graph', 'solver', 'sparse']);
    const { SparseMatrix } = engine.sparse;
    using graph = engine.graph.Graph.fromEdges({ ...path(300), directed: false });
    const laplacian = graph.laplacian({ shift: 0.01 });
    const home = SparseMatrix.fromCsr(laplacian.toCsr());
    const b = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i));
    for (const classified of [false, true]) {
      if (classified) laplacian.classify();
      const [crossed, here] = [laplacian, home].map((matrix) => engine.solver.solve(matrix, b));
      expect(crossed!.solution).toEqual(here!.solution);
      const entry = { b, indices: [7], absoluteError: 1e-3 };
      expect(engine.solver.solveEntries(laplacian, entry)).toEqual(
        engine.solver.solveEntries(home, entry),
      );
    }
    expect(holds(engine, 'solver')).toMatchObject({ count: 1, made: 1 });
    using prepared = engine.solver.prepare(laplacian);
    expect(prepared.solve(b).outcome).toBe('converged');
    laplacian.dispose();
    refused(() => prepared.solve(b), Error, 'DISPOSED', 'PreparedSolver.solve', /disposed/);
    prepared.dispose();
    home.dispose();
    expect(holds(engine, 'solver')).toMatchObject({ bytesInUse: 0, objects: 0, count: 0 });
  });

  test('of the solver module becomes a graph in the other; no copy is kept for that', async () => {
    const engine = await made(['graph', 'sparse']);
    using matrix = engine.sparse.SparseMatrix.fromDense({ rows: 2, cols: 2, values: [0, 3, 5, 0] });
    const bytes = matrix.bytesUsed;
    for (let i = 1; i <= 2; i++) {
      using graph = engine.graph.Graph.fromMatrix(matrix);
      expect(graph.neighborWeights(1)).toEqual(Float64Array.of(5));
      expect(holds(engine, 'graph')).toMatchObject({
        bytesInUse: graph.bytesUsed,
        count: 0,
        made: i,
      });
    }
    expect(matrix.bytesUsed).toBe(bytes);
    const rectangle = engine.sparse.SparseMatrix.fromDense({ rows: 1, cols: 2, values: [1, 2] });
    const ask = () => engine.graph.Graph.fromMatrix(rectangle);
    refused(ask, Error, 'NOT_SQUARE', 'Graph.fromMatrix', /"matrix"/);
    rectangle.dispose();
    expect(holds(engine, 'graph')).toMatchObject({ bytesInUse: 0, count: 0 });
  });
});

test('instanceof holds whichever room gave the class, and for no other engine', async () => {
  const [engine, other] = [
    await made(['graph', 'diffusion', 'resistance', 'sparse', 'solver']),
    await made(['graph', 'sparse', 'resistance']),
  ];
  using graph = engine.graph.Graph.fromEdges({ from: [0], to: [1], directed: false });
  using laplacian = graph.laplacian();
  using identity = engine.sparse.SparseMatrix.identity(2);
  for (const room of [engine.graph, engine.diffusion, engine.resistance])
    expect(graph).toBeInstanceOf(room.Graph);
  for (const matrix of [laplacian, identity]) {
    expect(matrix).toBeInstanceOf(engine.sparse.SparseMatrix);
    expect(matrix).toBeInstanceOf(engine.solver.SparseMatrix);
    expect(matrix).toBeInstanceOf(laplacian.constructor);
    expect(matrix).not.toBeInstanceOf(other.sparse.SparseMatrix);
    expect(matrix).not.toBeInstanceOf(engine.graph.Graph);
  }
  class Mine extends engine.sparse.SparseMatrix {}
  expect(identity).not.toBeInstanceOf(Mine);
  for (const no of [undefined, null, 1, {}]) expect(no instanceof engine.graph.Graph).toBe(false);

  const ask = () => other.resistance.effectiveResistance(graph, { source: 0, target: 1 });
  refused(ask, TypeError, 'TYPE', 'effectiveResistance', /"graph" belongs to another engine/);
  const convert = () => other.graph.Graph.fromMatrix(identity);
  refused(convert, TypeError, 'TYPE', 'Graph.fromMatrix', /"matrix" belongs to another engine/);
});

test('a copy that the module has no room for is an error, and nothing is left of it', async () => {
  const memory = 2_000_000;
  const engine = await made(['resistance', 'solver', 'dense'], { memory });
  const { Graph, effectiveResistance } = engine.resistance;
  using graph = Graph.fromEdges({ ...path(20_000), directed: false });
  // One byte too many for the copy, and none of what is derived from it.
  const taken = engine.dense.Vector.zeros((memory - graph.bytesUsed) >> 2);
  const before = holds(engine, 'graph');
  const error = refused(
    () => effectiveResistance(graph, { source: 0, target: 1 }),
    Error,
    'MEMORY',
    'effectiveResistance',
    /memory limit reached: \d+ more bytes wanted, \d+ in use, the limit is 2000000/,
  );
  expect((error as { bytesWanted?: number }).bytesWanted).toBeGreaterThan(500_000);
  expect(holds(engine, 'solver')).toEqual({
    bytesInUse: taken.bytesUsed,
    objects: 1,
    count: 0,
    bytes: 0,
    made: 0,
  });
  expect(holds(engine, 'graph')).toEqual(before);
  taken.dispose();
  using small = Graph.fromEdges({ from: [0], to: [1], directed: false });
  expect(effectiveResistance(small, { source: 0, target: 1 }).outcome).toBe('converged');
});

describe('a crash', () => {
  test('of the module with the copy takes the copy; the next module gets a new one', async () => {
    const wasm = (file: string) =>
      readFileSync(at(`../../build/test-wasm/${file.replace('simd', 'trap')}`), { flag: 'r' });
    const trapped = (file: string) =>
      file.startsWith('solver') ? wasm(file) : readFileSync(at(`../../dist/wasm/${file}`));
    const engine = await made(['resistance', 'dense'], { wasm: trapped });
    const { Graph, effectiveResistance } = engine.resistance;
    using graph = Graph.fromEdges({ ...path(9), directed: false });
    const alone = graph.bytesUsed;
    const before = effectiveResistance(graph, { source: 0, target: 8 });
    expect(() => engine.dense.Vector.zeros(0xdead)).toThrow(/crashed/);
    const ask = () => effectiveResistance(graph, { source: 0, target: 8 });
    refused(ask, Error, 'CRASHED', 'effectiveResistance', /load it again/);
    expect(graph.bytesUsed).toBe(alone);
    expect(graph.nodeCount).toBe(9);

    const again = await engine.use('resistance');
    expect(again.Graph).toBe(Graph);
    expect(again.effectiveResistance(graph, { source: 0, target: 8 })).toEqual(before);
    expect(holds(engine, 'resistance')).toMatchObject({ count: 1, made: 1 });
  });

  test('of the module of the object frees the copies in the others', async () => {
    const engine = await made(['resistance', 'graph', 'solver']);
    const { Graph, effectiveResistance } = engine.resistance;
    const graph = Graph.fromEdges({ ...path(9), directed: false });
    const laplacian = graph.laplacian({ shift: 1 });
    engine.solver.solve(laplacian, new Float64Array(9).fill(1));
    effectiveResistance(graph, { source: 0, target: 8 });
    expect(holds(engine, 'solver').count).toBe(2);
    moduleOf(graph).poison(new Error('for the test'));
    expect(holds(engine, 'solver')).toMatchObject({ bytesInUse: 0, count: 0, bytes: 0 });
    const ask = () => effectiveResistance(graph, { source: 0, target: 8 });
    refused(ask, Error, 'CRASHED', 'effectiveResistance', /load it again/);
    graph.dispose(); // harmless
    refused(() => engine.resistance, Error, 'CRASHED', 'engine.resistance', /crashed/);
    const fresh = await engine.use('resistance');
    using next = fresh.Graph.fromEdges({ from: [0], to: [1], directed: false });
    expect(fresh.effectiveResistance(next, { source: 0, target: 1 }).outcome).toBe('converged');
  });

  test('of the module of the object during a call in another leaves that call its copy', async () => {
    const engine = await made(['resistance']);
    const { Graph, effectiveResistanceAsync } = engine.resistance;
    const graph = Graph.fromEdges({ ...path(20_000), directed: false });
    const alone = holds(engine, 'graph').bytesInUse;
    let seen = 0;
    const found = await effectiveResistanceAsync(graph, {
      source: 0,
      target: 19_999,
      onProgress() {
        if (seen++ > 0) return;
        moduleOf(graph).poison(new Error('for the test'));
        refused(() => graph.dispose(), Error, 'BUSY', 'dispose', /in use/);
      },
    });
    expect(seen).toBeGreaterThan(0);
    expect(found.outcome).toBe('converged');
    expect(holds(engine, 'resistance')).toMatchObject({ count: 1, bytes: alone });
    graph.dispose();
    expect(holds(engine, 'resistance')).toMatchObject({ bytesInUse: 0, count: 0 });
  });
});

test('an asynchronous call in another module keeps the object busy', async () => {
  const engine = await made(['resistance', 'diffusion']);
  const { Graph, effectiveResistanceAsync } = engine.resistance;
  const graph = Graph.fromEdges({ ...path(20_000), directed: false });
  const running = effectiveResistanceAsync(graph, { source: 0, target: 19_999 });
  refused(() => graph.nodeCount, Error, 'BUSY', 'Graph.nodeCount', /in use/);
  refused(() => graph.dispose(), Error, 'BUSY', 'dispose', /in use/);
  const rank = () => engine.diffusion.pageRank(graph);
  refused(rank, Error, 'BUSY', 'pageRank', /in use/);
  refused(() => engine.dispose(), Error, 'BUSY', 'engine.dispose', /has not ended/);
  expect((await running).outcome).toBe('converged');
  graph.dispose();
  for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
});

test('what is forgotten is freed with its copies', () => {
  // The registry that tells when an object is gone is replaced by one that says so when it is asked.
  const program = `
    const told = [];
    globalThis.FinalizationRegistry = class {
      constructor(free) { this.free = free; }
      register(object, held) { told.push(() => this.free(held)); }
      unregister() {}
    };
    const { createEngine } = await import('sublinear');
    const engine = await createEngine({ modules: ['resistance'] });
    const { Graph, effectiveResistance } = engine.resistance;
    const graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
    effectiveResistance(graph, { source: 0, target: 2 });
    const before = engine.stats().modules.map(({ bytesInUse }) => bytesInUse > 0);
    for (const tell of told) tell();
    const after = engine.stats().modules.map(({ bytesInUse, copies }) => [bytesInUse, copies.count]);
    console.log(JSON.stringify({ before, after }));
  `;
  const flags = ['--input-type=module', '--eval', program];
  const output = execFileSync(process.execPath, flags, { cwd: at('../..'), encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual({
    before: [true, true],
    after: [
      [0, 0],
      [0, 0],
    ],
  });
});

describe('the raw ABI', () => {
  const open = async (name: string) =>
    RawModule.open(readFileSync(at(`../../dist/raw/${name}.simd.wasm`)));

  test('copies graphs and matrices from module to module', async () => {
    const [network, solver] = [await open('network'), await open('solver')];
    const arrays = [Uint32Array.of(0, 1), Uint32Array.of(1, 2), Float64Array.of(2, 4)];
    const graph = network.with(arrays, (from, to, weights) =>
      network.made(network.call.sl_abi_graph_from_edges!(3, 2, from!, to!, weights!, 2, 0)),
    );
    const there = RawModule.copy('graph', network, graph, solver);
    const read = (module: RawModule, handle: number) => {
      const out = module.alloc(20);
      module.check(module.call.sl_abi_graph_info!(handle, out));
      const found = module.u32(out, 5);
      module.call.sl_abi_free!(out);
      return found;
    };
    expect(read(solver, there)).toEqual(read(network, graph));
    const laplacian = network.made(network.call.sl_abi_graph_laplacian!(graph, 1));
    const matrix = RawModule.copy('matrix', network, laplacian, solver);
    const out = solver.alloc(8);
    solver.check(solver.call.sl_abi_matrix_get!(matrix, 1, 1, out));
    expect(solver.f64(out, 1)).toEqual(Float64Array.of(7));
    solver.call.sl_abi_free!(out);
    solver.check(solver.call.sl_abi_matrix_destroy!(matrix));
    solver.check(solver.call.sl_abi_graph_destroy!(there));
    expect(solver.call.sl_abi_bytes_in_use!()).toBe(0);
  });

  test('hands out no graph whose arrays are wrong', async () => {
    const solver = await open('solver');
    const described = new Float64Array(27);
    described.set([2, 2, 2, 0], 6);
    const transfer = solver.with([described], (from) =>
      solver.made(solver.call.sl_abi_transfer_create!(from!)),
    );
    const out = solver.alloc(48);
    const finish = () => solver.made(solver.call.sl_abi_graph_transfer_finish!(transfer, 0));
    expect(finish).toThrow(/ARGUMENT transfer/); // zeros
    solver.check(solver.call.sl_abi_transfer_arrays!(transfer, out));
    const [pointers, , columns] = solver.f64(out, 3);
    const fill = (address: number, values: number[]) => {
      for (const [i, value] of values.entries())
        solver.view().setUint32(address + 4 * i, value, true);
    };
    fill(pointers!, [0, 1, 2]);
    fill(columns!, [1, 2]);
    expect(finish).toThrow(/ARGUMENT transfer/); // no such column
    fill(columns!, [1, 1]);
    expect(finish).toThrow(/NOT_SYMMETRIC/); // its edges are gone with that
    expect(finish).toThrow(/STATE transfer/);
    solver.check(solver.call.sl_abi_transfer_destroy!(transfer));
    solver.call.sl_abi_free!(out);
    expect(solver.call.sl_abi_bytes_in_use!()).toBe(0);
  });
});

test('in a worker objects cross as well', async () => {
  await using engine = await createWorkerEngine({ modules: ['resistance', 'graph', 'solver'] });
  const { Graph, effectiveResistance } = engine.resistance;
  const graph = await Graph.fromEdges({ ...path(50), directed: false });
  const { outcome } = await effectiveResistance(graph, { source: 0, target: 49 });
  expect(outcome).toBe('converged');
  const laplacian = await graph.laplacian({ shift: 1 });
  const { solution } = await engine.solver.solve(laplacian, new Float64Array(50).fill(1));
  for (const x of solution) expect(x).toBeCloseTo(1, 6);
  const copies = async () =>
    (await engine.stats()).modules.map(({ copies: { count, made } }) => [count, made]).sort();
  expect(await copies()).toEqual([
    [0, 0],
    [2, 2],
  ]);
  await effectiveResistance(graph as Graph & typeof graph, { source: 1, target: 2 });
  expect(await copies()).toEqual([
    [0, 0],
    [2, 2],
  ]);
  await graph.dispose();
  await laplacian.dispose();
  expect(await copies()).toEqual([
    [0, 0],
    [0, 2],
  ]);
});
