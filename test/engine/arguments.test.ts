// What user code can override, or run in the middle of a call: every method that takes arrays, with arrays that lie about
// themselves, come from another realm, or have lost their memory.
import { runInNewContext } from 'node:vm';
import { createEngine, isSublinearError } from 'sublinear';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Runtime } from '../../dist/runtime/runtime.js';
import { refused } from '../support/refused.js';

const open = () =>
  createEngine({
    modules: [
      'dense',
      'sparse',
      'graph',
      'solver',
      'resistance',
      'contributions',
      'diffusion',
      'hnsw',
      'quant',
      'hyperbolic',
    ],
  });
let engine: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  engine = await open();
});
afterAll(() => engine.dispose());

type Give = <T extends object>(array: T) => T;
/** Each method with the arrays that it takes, as `give` makes them; the result is something to compare. */
const calls: Record<string, (give: Give) => unknown> = {
  'Vector.from': (give) => kept(engine.dense.Vector.from(give(new Float64Array([3, 4])))),
  'Vector.copyFrom': (give) => {
    using v = engine.dense.Vector.zeros(2);
    return [...v.copyFrom(give(new Float32Array([3, 4]))).toArray()];
  },
  'Vector.copyTo': (give) => {
    const target = new Float64Array(2);
    using v = engine.dense.Vector.from([3, 4]);
    v.copyTo(give(target));
    return [target[0], target[1]];
  },
  'SparseMatrix.multiply': (give) => multiplied(give(new Float64Array([1, 2, 3]))),
  'SparseMatrix.multiply of float32': (give) => multiplied(give(new Float32Array([1, 2, 3]))),
  'SparseMatrix.fromCoo': (give) =>
    csr(
      engine.sparse.SparseMatrix.fromCoo({
        rows: 2,
        cols: 2,
        rowIndices: give(new Uint32Array([0, 1])),
        columnIndices: give(new Int32Array([1, 0])),
        values: give(new Float32Array([5, 6])),
      }),
    ),
  'SparseMatrix.fromCsr': (give) =>
    csr(
      engine.sparse.SparseMatrix.fromCsr({
        rows: 2,
        cols: 2,
        rowPointers: give(new Uint32Array([0, 1, 2])),
        columns: give(new Uint32Array([1, 0])),
        values: give(new Float64Array([5, 6])),
        dtype: 'float32',
      }),
    ),
  'SparseMatrix.fromDense': (give) =>
    csr(
      engine.sparse.SparseMatrix.fromDense({
        rows: 1,
        cols: 2,
        values: give(new Float64Array([5, 6])),
      }),
    ),
  'SparseMatrix.fromDiagonal': (give) =>
    csr(engine.sparse.SparseMatrix.fromDiagonal(give(new Float64Array([5, 6])))),
  'SparseMatrix.fromMatrixMarket': (give) =>
    csr(engine.sparse.SparseMatrix.fromMatrixMarket(give(bytes(MATRIX)))),
  'SparseMatrix.load': (give) => {
    using matrix = engine.sparse.SparseMatrix.identity(2);
    return csr(engine.sparse.SparseMatrix.load(give(matrix.save())));
  },
  'Graph.fromEdges': (give) =>
    edges(
      engine.graph.Graph.fromEdges({
        from: give(new Uint32Array([0, 1])),
        to: give(new Int32Array([1, 2])),
        weights: give(new Float64Array([5, 6])),
      }),
    ),
  'Graph.labelsOf': (give) => {
    using graph = engine.graph.Graph.fromEdges({ from: [0], to: [1] });
    return graph.labelsOf(give(new Uint32Array([1, 0])));
  },
  'Graph.fromEdgeList': (give) => edges(engine.graph.Graph.fromEdgeList(give(bytes('0 1\n1 2\n')))),
  'Graph.edited': (give) => {
    using graph = engine.graph.Graph.fromEdges({ from: [0], to: [1] });
    return edges(
      graph.edited({ add: { from: give(new Uint32Array([1])), to: give(new Uint32Array([0])) } }),
    );
  },
  'PreparedSolver.load': (give) => {
    using matrix = engine.sparse.SparseMatrix.identity(2);
    using prepared = engine.solver.prepare(matrix);
    using again = engine.solver.PreparedSolver.load(give(prepared.save()));
    return again.size;
  },
  solve: (give) => {
    using matrix = engine.sparse.SparseMatrix.identity(2);
    return engine.solver.solve(matrix, give(new Float64Array([5, 6]))).solution;
  },
  solveSparse: (give) => {
    using matrix = engine.sparse.SparseMatrix.identity(2);
    const b = { indices: give(new Uint32Array([1])), values: give(new Float64Array([6])) };
    return engine.solver.solveSparse(matrix, { b, absoluteError: 1e-9 }).values;
  },
  personalizedPageRank: (give) => {
    using graph = engine.graph.Graph.fromEdges({ from: [0, 1], to: [1, 0] });
    const source = { nodes: give(new Uint32Array([0])), weights: give(new Float64Array([1])) };
    return engine.diffusion.personalizedPageRank(graph, { source, dense: true }).scores.length;
  },
  harmonicPotentials: (give) => {
    using graph = engine.graph.Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
    const nodes = give(new Uint32Array([0, 2]));
    const boundary = { nodes, values: give(new Float64Array([0, 1])) };
    return engine.resistance.harmonicPotentials(graph, { boundary }).potentials.length;
  },
  'Flat.add': (give) => {
    using index = engine.hnsw.Flat.create({ metric: 'euclidean', dimension: 2 });
    index.add(1, give(new Float32Array([3, 4])));
    return [...index.get(1)];
  },
  'Flat.add of bits': (give) => {
    using index = engine.hnsw.Flat.create({ metric: 'hamming', dimension: 16 });
    index.add(1, give(new Uint8Array([3, 4])));
    return [...index.get(1)];
  },
  'Hnsw.addBatch': (give) => {
    using index = engine.hnsw.Hnsw.create({ metric: 'euclidean', dimension: 2 });
    index.addBatch({
      ids: give(new Uint32Array([1, 2])),
      vectors: give(new Float64Array([3, 4, 5, 6])),
    });
    return [...index.get(2)];
  },
  'Hnsw.load': (give) => {
    using index = engine.hnsw.Hnsw.create({ metric: 'euclidean', dimension: 2 });
    using again = engine.hnsw.Hnsw.load(give(index.add(1, [3, 4]).save()));
    return again.size;
  },
  'Collection.add and load': (give) => {
    using films = engine.hnsw.Collection.create({ metric: 'euclidean', dimension: 2 });
    films.add({ key: 'a', vector: give(new Float32Array([3, 4])) });
    using again = engine.hnsw.Collection.load(give(films.save()));
    return [...(again.get('a')?.vector ?? [])];
  },
  'Flat.searchBatch into': (give) => {
    using index = engine.hnsw.Flat.create({ metric: 'euclidean', dimension: 2 });
    index.add(7, [3, 4]);
    const into = { ids: new Uint32Array(1), distances: new Float32Array(1) };
    const given = { ids: give(into.ids), distances: give(into.distances) };
    index.searchBatch(give(new Float32Array([3, 4])), { k: 1, into: given });
    return [into.ids[0], into.distances[0]];
  },
  'Filter.fromBits': (give) => {
    using filter = engine.hnsw.Filter.fromBits(give(new Uint8Array([3])));
    return filter.size;
  },
  quantizeInt8: (give) =>
    engine.quant.quantizeInt8(give(new Float32Array([1, 2])), { dimension: 2 }).codes,
  dequantizeInt8: (give) => {
    const codes = give(new Int8Array([10, 20]));
    return engine.quant.dequantizeInt8({ codes, scales: give(new Float32Array([0.5])) });
  },
  fromFloat16: (give) => engine.quant.fromFloat16(give(new Uint16Array([0x3c00, 0x4000]))),
  poincareDistance: (give) =>
    engine.hyperbolic.poincareDistance(
      give(new Float32Array([0, 0.5])),
      give(new Float64Array([0, 0])),
      { dimension: 2 },
    ),
};

const MATRIX = '%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 3\n';
const bytes = (text: string) => new TextEncoder().encode(text);

function kept(vector: { toArray(): ArrayLike<number>; dispose(): void }) {
  const all = Array.from(vector.toArray());
  vector.dispose();
  return all;
}
function multiplied(x: Float64Array | Float32Array) {
  using matrix = engine.sparse.SparseMatrix.fromDiagonal([2, 3, 4]);
  return [...matrix.multiply(x)];
}
function csr(matrix: { toCsr(): unknown; dispose(): void }) {
  const all = matrix.toCsr();
  matrix.dispose();
  return all;
}
function edges(graph: { toEdges(): unknown; dispose(): void }) {
  const all = graph.toEdges();
  graph.dispose();
  return all;
}

/** Bytes in use of all modules: what a refused call may not change. */
const inUse = () => engine.stats().modules.map(({ bytesInUse, objects }) => [bytesInUse, objects]);

/** The same elements in an array of `kind` of another realm, or on another buffer. */
type Typed = Float64Array & { set(from: ArrayLike<number>): void };
const onBuffer = (array: object, buffer: (bytes: number) => ArrayBufferLike) => {
  const own = array as Typed;
  const Type = own.constructor as Float64ArrayConstructor;
  const copy = new Type(buffer(own.byteLength) as ArrayBuffer);
  copy.set(own);
  return copy;
};

describe.each(Object.entries(calls))('%s', (_, call) => {
  const plain = () => call((array) => array);

  test('reads an array at its true length, whatever its properties say', () => {
    const expected = plain();
    const before = inUse();
    for (const length of [0, 1, 2 ** 20, 2 ** 53, Number.NaN]) {
      const lie: Give = (array) =>
        Object.defineProperties(array, {
          length: { value: length },
          byteLength: { value: length },
          byteOffset: { value: 8 },
          buffer: { value: new ArrayBuffer(0) },
          subarray: { value: () => new Float64Array(1000) },
          constructor: { value: Object },
          [Symbol.iterator]: { value: () => [][Symbol.iterator]() },
        });
      expect(call(lie)).toEqual(expected);
    }
    expect(inUse()).toEqual(before);
  });

  test('takes arrays of another realm', () => {
    const foreign = runInNewContext(
      '({ Float64Array, Float32Array, Uint32Array, Int32Array, Uint16Array, Uint8Array, Int8Array })',
    ) as Record<string, Float64ArrayConstructor>;
    const written: [object, object][] = [];
    const give: Give = (array) => {
      const Type = foreign[(array as Typed)[Symbol.toStringTag]] as Float64ArrayConstructor;
      const other = new Type((array as Typed).buffer as ArrayBuffer);
      expect(other instanceof (array as Typed).constructor.prototype.constructor).toBe(false);
      written.push([array, other]);
      return other as never;
    };
    expect(call(give)).toEqual(plain());
  });

  test('takes shared memory and a part of a buffer that can grow', () => {
    // Where results are written to an array, the array of the test must be the one that is given.
    if (/into|copyTo/.test(_)) return;
    const expected = plain();
    const shared: Give = (array) => onBuffer(array, (n) => new SharedArrayBuffer(n)) as never;
    expect(call(shared)).toEqual(expected);
    const resizable: Give = (array) =>
      onBuffer(array, (n) => new ResizableBuffer(n, { maxByteLength: n + 64 })) as never;
    expect(call(resizable)).toEqual(expected);
  });

  test('an array without its memory is an error with a code', () => {
    plain();
    const before = inUse();
    const gone: Give = (array) => {
      structuredClone(array, { transfer: [(array as Typed).buffer as ArrayBuffer] });
      return array;
    };
    const cut: Give = (array) => {
      const size = (array as Typed).byteLength;
      const buffer = new ResizableBuffer(size, { maxByteLength: size });
      const view = new ((array as Typed).constructor as Float64ArrayConstructor)(
        buffer as ArrayBuffer,
        0,
        (array as Typed).length,
      );
      buffer.resize(0);
      return view as never;
    };
    for (const lose of [gone, cut]) {
      let error: unknown;
      try {
        call(lose);
      } catch (thrown) {
        error = thrown;
      }
      expect(isSublinearError(error) && error.code).toBe('TYPE');
      expect(String(error)).toMatch(/detached or cut short/);
    }
    expect(inUse()).toEqual(before);
  });
});

// TypeScript's library of the target does not know it.
const ResizableBuffer = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(bytes: number): void };

describe('lists', () => {
  test('a proxy is asked once for its length and once for each element', () => {
    const { SparseMatrix } = engine.sparse;
    using matrix = SparseMatrix.identity(3);
    const asked: string[] = [];
    const x = new Proxy([1, 2, 3], {
      get(target, key) {
        asked.push(String(key));
        return Reflect.get(target, key);
      },
    });
    expect([...matrix.multiply(x)]).toEqual([1, 2, 3]);
    expect(asked).toEqual(['length', '0', '1', '2']);
  });

  test.each([2 ** 53, -1, 1.5, Number.NaN, 'three'])('a length of %s is refused', (length) => {
    const { SparseMatrix } = engine.sparse;
    using matrix = SparseMatrix.identity(3);
    const x = new Proxy([1, 2, 3], {
      get: (target, key) => (key === 'length' ? length : Reflect.get(target, key)),
    });
    const operation = 'SparseMatrix.multiply';
    refused(() => matrix.multiply(x), RangeError, 'RANGE', operation, /^"x.length"/);
  });

  test('a list that is as long as can be is refused by the limit, before it is read', async () => {
    const small = await createEngine({ modules: ['sparse', 'graph', 'hnsw'], memory: 'embedded' });
    const long: number[] = [];
    long.length = 2 ** 32 - 1;
    using matrix = small.sparse.SparseMatrix.identity(3);
    refused(() => matrix.multiply(long), Error, 'MEMORY', 'SparseMatrix.multiply', /limit is/);
    const edges = { from: long, to: long };
    refused(() => small.graph.Graph.fromEdges(edges), Error, 'MEMORY', 'Graph.fromEdges', /limit/);
    using index = small.hnsw.Flat.create({ metric: 'cosine', dimension: 3 });
    refused(() => index.add(1, long), TypeError, 'TYPE', 'Flat.add', /^"vector\[0\]"/);
    small.dispose();
  });

  test('what an element runs may grow the memory, use and fill other objects', () => {
    const { SparseMatrix } = engine.sparse;
    const { Vector } = engine.dense;
    const others: { dispose(): void }[] = [];
    const x = lazily([1, 2, 3], () => {
      others.push(Vector.zeros(2_000_000));
    });
    using matrix = SparseMatrix.identity(3);
    expect([...matrix.multiply(x)]).toEqual([1, 2, 3]);
    using v = Vector.zeros(3);
    expect(kept(v.copyFrom(x))).toEqual([1, 2, 3]);
    for (const other of others) other.dispose();
  });

  test('what an element disposes is not used, and nothing else is lost', () => {
    const { SparseMatrix } = engine.sparse;
    const { Vector } = engine.dense;
    const { prepare, solve } = engine.solver;
    using bystander = Vector.from([3, 4]);
    const before = inUse();
    {
      const matrix = SparseMatrix.identity(3);
      const x = lazily([1, 2, 3], () => matrix.dispose());
      expect(codeOf(() => matrix.multiply(x))).toBe('DISPOSED');
    }
    {
      const matrix = SparseMatrix.identity(3);
      const prepared = prepare(matrix);
      const b = lazily([1, 2, 3], () => matrix.dispose());
      expect(codeOf(() => prepared.solve(b))).toBe('DISPOSED');
      prepared.dispose();
    }
    {
      const matrix = SparseMatrix.identity(3);
      expect(
        codeOf(() =>
          solve(
            matrix,
            lazily([1, 2, 3], () => matrix.dispose()),
          ),
        ),
      ).toMatch(/^(DISPOSED|BUSY)$/);
      matrix.dispose();
    }
    {
      const graph = engine.graph.Graph.fromEdges({ from: [0, 1], to: [1, 0] });
      const source = { nodes: lazily([0], () => graph.dispose()) };
      expect(codeOf(() => engine.diffusion.personalizedPageRank(graph, { source }))).toBe(
        'DISPOSED',
      );
    }
    {
      const index = engine.hnsw.Flat.create({ metric: 'euclidean', dimension: 2 });
      const vector = lazily([1, 2], () => index.dispose());
      expect(codeOf(() => index.add(1, vector))).toBe('DISPOSED');
    }
    expect(bystander.norm()).toBe(5);
    expect(inUse()).toEqual(before);
  });

  test('a vector whose address is in use is not disposed', () => {
    using matrix = engine.sparse.SparseMatrix.identity(2);
    using t = engine.dense.Vector.from(new Float64Array([1, 1]));
    const b = {
      indices: [0],
      get values() {
        t.dispose();
        return [1];
      },
    };
    const ask = () => engine.solver.estimateDot(matrix, { t, b, absoluteError: 1e-6 });
    expect(codeOf(ask)).toBe('BUSY');
    expect(t.norm(1)).toBe(2);
  });

  test('a collection that grows while a vector is read has a row for each key', () => {
    using films = engine.hnsw.Collection.create({ metric: 'euclidean', dimension: 2 });
    let once = true;
    const vector = lazily([1, 2], () => {
      if (once) films.add({ key: 'inner', vector: [5, 6] });
      once = false;
    });
    films.add({ key: 'outer', vector });
    expect(films.size).toBe(2);
    expect([...(films.get('inner')?.vector ?? [])]).toEqual([5, 6]);
    expect([...(films.get('outer')?.vector ?? [])]).toEqual([1, 2]);
  });

  /** A list whose first element runs `code` before it is there. */
  function lazily(values: number[], code: () => void): number[] {
    const [first] = values;
    return Object.defineProperty([...values], 0, {
      get() {
        code();
        return first;
      },
    });
  }
});

describe('options', () => {
  test('each is read once', () => {
    const { Graph } = engine.graph;
    const asked: string[] = [];
    const once = <T extends object>(fields: T): T =>
      new Proxy(fields, {
        get(target, key) {
          asked.push(String(key));
          return Reflect.get(target, key);
        },
      });
    using graph = Graph.fromEdges(once({ from: [0, 1], to: [1, 2], directed: false }));
    engine.diffusion.personalizedPageRankBatch(graph, once({ sources: [0], output: 'float32' }));
    expect(asked.filter((key) => key === 'from' || key === 'output')).toEqual(['from', 'output']);
  });

  test('an option that disposes the object of the call', () => {
    const matrix = engine.sparse.SparseMatrix.identity(3);
    const options = {
      get output() {
        matrix.dispose();
        return 'float64' as const;
      },
    };
    expect(codeOf(() => matrix.multiply([1, 2, 3], options))).toBe('DISPOSED');
    using again = engine.sparse.SparseMatrix.identity(3);
    expect(again.nnz).toBe(3);
  });
});

test('what a subclass or a property says of an object is not used for sizes', () => {
  const say = (object: object, fields: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(fields))
      Object.defineProperty(object, key, { value, configurable: true });
  };
  using index = engine.hnsw.Flat.create({ metric: 'euclidean', dimension: 3 });
  using bits = engine.hnsw.Flat.create({ metric: 'hamming', dimension: 64 });
  using graph = engine.graph.Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0] });
  const { length } = engine.diffusion.pageRank(graph).scores;
  say(index, { dimension: 1, metric: 'hamming', size: 1e9 });
  say(bits, { dimension: 8, metric: 'euclidean' });
  say(graph, { nodeCount: 1, edgeCount: 1 });
  index.add(1, [1, 2, 3]);
  expect([...index.get(1)]).toEqual([1, 2, 3]);
  expect([...index.search([1, 2, 3], { k: 2 }).ids]).toEqual([1]);
  bits.add(1, new Uint8Array(8).fill(5));
  expect([...bits.get(1)]).toEqual(new Array(8).fill(5));
  expect(engine.diffusion.pageRank(graph).scores.length).toBe(length);
  expect(graph.toEdges().from.length).toBe(3);
});

test('a proxy of an object, as frameworks make them, is an error that says what to do', () => {
  using graph = engine.graph.Graph.fromEdges({ from: [0], to: [1] });
  const proxy = new Proxy(graph, {});
  const bare = Object.create(Object.getPrototypeOf(graph)) as typeof graph;
  for (const call of [
    () => proxy.nodeCount,
    () => proxy.components(),
    () => proxy.adjacency(),
    () => proxy.dispose(),
    () => proxy.disposed,
    () => engine.diffusion.pageRank(proxy),
    () => bare.nodeCount,
    () => bare.dispose(),
  ])
    expect(codeOf(call)).toBe('TYPE');
  expect(graph.edgeCount).toBe(1);
});

describe('arrays outside the module', () => {
  test('count against its limit, and are refused before they are made', async () => {
    const small = await createEngine({ modules: ['sparse', 'graph'], memory: 'embedded' });
    const { SparseMatrix } = small.sparse;
    // All of these would be larger than the process may be.
    const refusals: [string, () => unknown][] = [
      ['SparseMatrix.identity', () => SparseMatrix.identity(2 ** 32 - 2)],
      ['SparseMatrix.identity', () => SparseMatrix.identity(3e8)],
      ['SparseMatrix.identity', () => SparseMatrix.identity(2 ** 29)],
      [
        'SparseMatrix.fromDense',
        () => SparseMatrix.fromDense({ rows: 2 ** 32 - 2, cols: 0, values: [] }),
      ],
      [
        'Graph.fromGraphology',
        () =>
          small.graph.Graph.fromGraphology({
            order: 0,
            size: 2 ** 40,
            undirectedSize: 0,
            forEachNode() {},
            forEachEdge() {},
          }),
      ],
    ];
    for (const [operation, call] of refusals)
      refused(call, Error, 'MEMORY', operation, /the limit is 4194304/);
    using one = SparseMatrix.identity(1000);
    // Each answer would fit, and all of them together would not.
    const { solver, diffusion } = await createEngine({
      modules: ['solver', 'diffusion'],
      memory: 'embedded',
    });
    using matrix = solver.SparseMatrix.identity(1000);
    using prepared = solver.prepare(matrix);
    const b = new Float64Array(1000);
    const all = new Array(600).fill(b);
    const operation = 'PreparedSolver.solveMany';
    refused(() => prepared.solveMany(all), Error, 'MEMORY', operation, /4800000 more bytes/);
    expect(prepared.solveMany([b, b]).length).toBe(2);
    const ids = Uint32Array.from({ length: 1000 }, (_, i) => i);
    using ring = diffusion.Graph.fromEdges({ from: ids, to: ids.map((i) => (i + 1) % 1000) });
    const asked = { sources: new Array(1000).fill(0), tolerance: 1e-9, damping: 0.99 };
    const rank = () => diffusion.personalizedPageRankBatch(ring, asked);
    refused(rank, Error, 'MEMORY', 'personalizedPageRankBatch', /the limit is 4194304/);
    // A list with gaps, or as long as can be, is read from the front.
    const gaps: number[] = [];
    gaps.length = 2 ** 32 - 1;
    const gappy = () => diffusion.personalizedPageRankBatch(ring, { sources: gaps });
    refused(gappy, TypeError, 'TYPE', 'personalizedPageRankBatch', /"source"/);
    expect([...one.diagonal()]).toEqual(new Array(1000).fill(1));
    small.dispose();
  });

  test('a block that C could not count is no block', () => {
    using v = engine.dense.Vector.zeros(1);
    const { runtime } = v as unknown as { runtime: Runtime };
    for (const bytes of [2 ** 32, 2 ** 32 + 8, 2 ** 53]) {
      const ask = () => runtime.scratch('Test.ask', (scratch) => scratch.bytes(bytes));
      refused(ask, Error, 'MEMORY', 'Test.ask', /more bytes wanted/);
    }
  });
});

describe('what JavaScript gives in place of a value', () => {
  test('no Map, promise, date or buffer stands for options', () => {
    const { sparse, hnsw } = engine;
    using matrix = sparse.SparseMatrix.identity(2);
    using index = hnsw.Flat.create({ metric: 'dot', dimension: 1 });
    const wrong = [new Map([['k', 3]]), Promise.resolve({}), new Date(0), new ArrayBuffer(8), /x/];
    for (const given of [...wrong, new Set(['k'])] as object[]) {
      refused(() => index.search([1], given), TypeError, 'TYPE', 'Flat.search', /"options" exp/);
      const multiply = () => matrix.multiply([1, 2], given);
      refused(multiply, TypeError, 'TYPE', 'SparseMatrix.multiply', /"options" expected object/);
    }
    class Mine {
      k = 1;
    }
    expect(index.search([1], new Mine()).ids.length).toBe(0);
    expect(index.search([1], Object.create({ k: 1 })).ids.length).toBe(0);
    expect(index.search([1], Object.create(null)).ids.length).toBe(0);
  });

  test('a proxy that was revoked is refused by the name of its argument', () => {
    const { hnsw } = engine;
    const revoked = <T extends object>(of: T): T => {
      const { proxy, revoke } = Proxy.revocable(of, {});
      revoke();
      return proxy;
    };
    using index = hnsw.Flat.create({ metric: 'dot', dimension: 1 });
    const search = () => index.search([1], revoked({ k: 1 }));
    refused(search, TypeError, 'TYPE', 'Flat.search', /^"options" expected object/);
    refused(() => index.add(1, revoked([1])), TypeError, 'TYPE', 'Flat.add', /^"vector" expected/);
  });

  test('typed arrays are no files, texts or lists of items, without memory neither', () => {
    const { sparse, graph, hnsw } = engine;
    const lost = new Float64Array(2);
    structuredClone(lost.buffer, { transfer: [lost.buffer] });
    using items = hnsw.Collection.create({ metric: 'cosine', dimension: 2 });
    for (const array of [lost, new Float64Array(0), new Uint16Array(4)] as unknown[] as never[]) {
      const calls = {
        'Graph.fromEdgeList': () => graph.Graph.fromEdgeList(array),
        'Graph.load': () => graph.Graph.load(array),
        'SparseMatrix.fromMatrixMarket': () => sparse.SparseMatrix.fromMatrixMarket(array),
        'Collection.load': () => hnsw.Collection.load(array),
        'Collection.addAll': () => items.addAll(array),
      };
      for (const [name, call] of Object.entries(calls))
        refused(call, TypeError, 'TYPE', name, /^"(?:source|bytes|items)" expected/);
    }
  });

  test('what is no name is no node', () => {
    using friends = engine.graph.Graph.fromEdges({ from: ['Ada'], to: ['Ben'] });
    const things = [Object.create(null), ['Ada'], { toString: () => 'Ada' }, null, Symbol('Ada')];
    for (const thing of things) expect(friends.nodeOf(thing as string)).toBe(undefined);
    expect(friends.nodeOf('Ada')).toBe(0);
  });
});

describe('new', () => {
  test.each([
    'Vector',
    'SparseMatrix',
    'Graph',
    'PreparedSolver',
    'Flat',
    'Hnsw',
    'Filter',
    'Collection',
  ])('%s is refused at once, and the right call is named', (name) => {
    const { dense, sparse, graph, solver, hnsw } = engine;
    const all = { ...dense, ...sparse, ...graph, ...solver, ...hnsw } as Record<string, unknown>;
    const Class = all[name] as new (...args: unknown[]) => object;
    const before = inUse();
    const handle = { delete() {} };
    for (const args of [[], [{ metric: 'cosine', dimension: 3 }], [handle], [undefined, handle]])
      refused(() => new Class(...args), TypeError, 'TYPE', `new ${name}`, /: call \w+\.\w+\(\)/);
    // A subclass of a user's goes the same way.
    class Mine extends Class {}
    refused(() => new Mine(handle), TypeError, 'TYPE', 'new Mine', /: call Mine\.\w+\(\)/);
    expect(inUse()).toEqual(before);
  });
});

function codeOf(call: () => unknown): string {
  try {
    call();
    return 'nothing was thrown';
  } catch (error) {
    if (!isSublinearError(error)) throw error;
    return error.code;
  }
}
