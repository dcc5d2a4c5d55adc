// Makes, uses and disposes objects of every room many times, and prints as JSON what memory each room holds before and
// after. A process of its own: what a test runner keeps would be measured too. Needs `node --expose-gc`.
import { createEngine } from 'sublinear';

const cycles = Number(process.argv[2]);
const batches = 100;

const engine = await createEngine({
  modules: ['dense', 'sparse', 'graph', 'solver', 'diffusion', 'quant', 'hnsw', 'hyperbolic'],
});
const { dense, sparse, graph, solver, diffusion, quant, hnsw, hyperbolic } = engine;

const ring = { from: [0, 1, 2], to: [1, 2, 0] };
const system = {
  rows: 2,
  cols: 2,
  rowPointers: [0, 2, 4],
  columns: [0, 1, 0, 1],
  values: [4, 1, 1, 3],
};

/** Each makes its objects, gets a number out of them, and disposes them. */
const rooms = {
  'dense: Vector': {
    expected: 5,
    run() {
      const vector = dense.Vector.from([3, 4]);
      const norm = vector.norm();
      vector.dispose();
      return norm;
    },
  },
  'sparse: SparseMatrix': {
    expected: 5,
    run() {
      const matrix = sparse.SparseMatrix.fromCsr(system);
      const [first] = matrix.multiply([1, 1]);
      matrix.dispose();
      return first;
    },
  },
  'graph: Graph': {
    expected: 2,
    run() {
      const circle = graph.Graph.fromEdges(ring);
      const [next] = circle.neighbors(1);
      circle.dispose();
      return next;
    },
  },
  'solver: PreparedSolver': {
    expected: 2,
    run() {
      const matrix = sparse.SparseMatrix.fromCsr(system);
      const prepared = solver.prepare(matrix);
      const { solution } = prepared.solve([9, 5]);
      prepared.dispose();
      matrix.dispose();
      return Math.round(solution[0] * 1e6) / 1e6;
    },
  },
  'diffusion: personalizedPageRank': {
    expected: 0,
    run() {
      const circle = graph.Graph.fromEdges(ring);
      const { nodes } = diffusion.personalizedPageRank(circle, {
        source: 0,
        damping: 0.5,
        topK: 1,
      });
      circle.dispose();
      return nodes[0];
    },
  },
  'quant: quantizeInt8': {
    expected: 126,
    run: () => quant.quantizeInt8([1, -0.5], { dimension: 2 }).codes[0],
  },
  'hnsw: Flat': {
    expected: 2,
    run: () => nearest(hnsw.Flat.create({ metric: 'euclidean', dimension: 2 })),
  },
  'hnsw: Hnsw': {
    expected: 2,
    run: () => nearest(hnsw.Hnsw.create({ metric: 'euclidean', dimension: 2 })),
  },
  'hnsw: Filter': {
    expected: 2,
    run() {
      const filter = hnsw.Filter.from([1, 3]);
      const { size } = filter;
      filter.dispose();
      return size;
    },
  },
  'hyperbolic: poincareDistance': {
    expected: 0,
    run: () => hyperbolic.poincareDistance([0.2], [0.2], { dimension: 1 })[0],
  },
};

function nearest(index) {
  index.add(1, [0, 0]).add(2, [3, 4]);
  const { ids } = index.search([3, 3], { k: 1 });
  index.dispose();
  return ids[0];
}

/** After what waits for a turn of the event loop: the clean-up of finalization registries. */
async function memory() {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
  const { modules } = engine.stats();
  const sum = (key) => modules.reduce((total, module) => total + module[key], 0);
  return {
    inUse: sum('bytesInUse'),
    objects: sum('objects'),
    moduleBytes: sum('memoryBytes'),
    heapUsed: process.memoryUsage().heapUsed,
  };
}

async function run(room, times) {
  for (let cycle = 0; cycle < times; cycle++) {
    const found = room.run();
    if (found !== room.expected) throw new Error(`expected ${room.expected}, got ${found}`);
    // As a program would, which has other things to do between its questions.
    if (cycle % Math.ceil(times / batches) === 0)
      await new Promise((resolve) => setImmediate(resolve));
  }
}

const found = {};
for (const [name, room] of Object.entries(rooms)) {
  // Until the code is compiled, and buffers that are kept for the next call have their size.
  await run(room, Math.ceil(cycles / 20));
  const before = await memory();
  const start = performance.now();
  await run(room, cycles);
  found[name] = { before, after: await memory(), ms: performance.now() - start };
}
console.log(JSON.stringify(found));
