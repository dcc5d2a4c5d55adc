// Graph as TypeScript users meet it. What both doors share is in graph.cases.ts.
import { DirectedGraph, MultiGraph, MultiUndirectedGraph, UndirectedGraph } from 'graphology';
import { createEngine, type Engine, SublinearError } from 'sublinear';
import { type GraphRoom, load, Graph as Unbound } from 'sublinear/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './graph.cases.js';

describeCases(doors, cases);

describe('Graph', () => {
  let engine: Engine;
  let Graph: GraphRoom['Graph'];
  beforeAll(async () => {
    engine = await createEngine();
    ({ Graph } = await engine.use('graph'));
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;

  test('counts nodes from the edges, unless told', () => {
    using counted = Graph.fromEdges({ from: new Uint32Array([0, 3]), to: [1, 2] });
    expect([counted.nodeCount, counted.edgeCount, counted.directed, counted.weighted]).toEqual([
      4,
      2,
      true,
      false,
    ]);
    using told = Graph.fromEdges({ from: [0], to: [1], nodeCount: 9, directed: false });
    expect([told.nodeCount, told.edgeCount, told.directed]).toEqual([9, 1, false]);
    using none = Graph.fromEdges({ from: [], to: [], nodeCount: 2 });
    expect(none.edgeCount).toBe(0);
    refused(
      () => Graph.fromEdges({ from: [], to: [] }),
      RangeError,
      'EMPTY',
      'Graph.fromEdges',
      /^"nodeCount"/,
    );
  });

  test('keeps or chooses the precision of weights', () => {
    const edges = { from: [0, 1], to: [1, 0] };
    using wide = Graph.fromEdges({ ...edges, weights: [0.1, 2] });
    using narrow = Graph.fromEdges({ ...edges, weights: [0.1, 2], dtype: 'float32' });
    expect(wide.neighborWeights(0)[0]).toBe(0.1);
    expect(narrow.neighborWeights(0)[0]).toBe(Math.fround(0.1));
    expect(wide.toEdges().weights).toBeInstanceOf(Float64Array);
    expect(narrow.toEdges().weights).toBeInstanceOf(Float32Array);
  });

  test('toEdges gives back what fromEdges took', () => {
    for (const directed of [true, false]) {
      const input = { from: [0, 0, 1, 2], to: [1, 2, 1, 3], weights: [1, 2, 3, 4], directed };
      using graph = Graph.fromEdges(input);
      const edges = graph.toEdges();
      expect([[...edges.from], [...edges.to], [...edges.weights!]]).toEqual([
        input.from,
        input.to,
        input.weights,
      ]);
      using again = Graph.fromEdges({ ...edges, directed });
      expect(again.toEdges()).toEqual(edges);
    }
  });

  test('forEachNeighbor visits neighbours in order, also when memory grows or the graph goes meanwhile', () => {
    using graph = Graph.fromEdges({
      from: [0, 0, 0],
      to: [2, 1, 3],
      weights: new Float32Array([2, 1, 3]),
    });
    const seen: [number, number][] = [];
    const made: { dispose(): void }[] = [];
    graph.forEachNeighbor(0, (neighbor, weight) => {
      seen.push([neighbor, weight]);
      made.push(Graph.fromEdges({ from: [0], to: [1], nodeCount: 2_000_000 }));
    });
    for (const each of made) each.dispose();
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const lost = Graph.fromEdges({ from: [0, 0], to: [1, 2] });
    refused(
      () => lost.forEachNeighbor(0, () => lost.dispose()),
      SublinearError,
      'DISPOSED',
      'Graph.forEachNeighbor',
      /disposed/,
    );
    refused(
      () => graph.forEachNeighbor(0, any(1)),
      TypeError,
      'TYPE',
      'Graph.forEachNeighbor',
      /^"visit"/,
    );
  });

  test('labels are ids of the file, and numbers without them', () => {
    using plain = Graph.fromEdgeList('0 5\n');
    expect([
      plain.nodeCount,
      plain.labelOf(5),
      plain.nodeOf(5),
      plain.nodeOf(6),
      plain.nodeOf('5'),
    ]).toEqual([6, 5, 5, undefined, undefined]);
    using graph = Graph.fromEdgeList('900 18446744073709551615\n20 900\n', { compactIds: true });
    expect([0, 1, 2].map((node) => graph.labelOf(node))).toEqual([20, 900, 2n ** 64n - 1n]);
    expect([20, 900n, 2n ** 64n - 1n, 21, 'x', -1].map((label) => graph.nodeOf(label))).toEqual([
      0,
      1,
      2,
      undefined,
      undefined,
      undefined,
    ]);
    refused(() => graph.labelOf(3), RangeError, 'INDEX', 'Graph.labelOf', /^"node"/);
    // Two graphs of one class do not share labels.
    expect(plain.labelOf(0)).toBe(0);
  });

  test('components have sizes', () => {
    using graph = Graph.fromEdges({ from: [5, 0], to: [1, 3], nodeCount: 7 });
    expect(graph.components()).toEqual({
      count: 5,
      labels: new Uint32Array([0, 1, 2, 0, 3, 1, 4]),
      sizes: new Uint32Array([2, 2, 1, 1, 1]),
    });
  });

  describe('from graphology', () => {
    test('keeps keys as labels, direction and weights', () => {
      const source = new DirectedGraph();
      for (const key of ['x', 'y', '10']) source.addNode(key);
      source.addEdge('x', '10', { weight: 0.5, color: 'red' });
      source.addEdge('10', 'y', { weight: 4 });
      using graph = Graph.fromGraphology(source);
      expect([graph.nodeCount, graph.edgeCount, graph.directed, graph.weighted]).toEqual([
        3,
        2,
        true,
        true,
      ]);
      // graphology takes a number for its text.
      expect([graph.nodeOf('10'), graph.nodeOf(10), graph.nodeOf('z'), graph.labelOf(1)]).toEqual([
        2,
        2,
        undefined,
        'y',
      ]);
      expect(graph.labelsOf(graph.neighbors(graph.nodeOf('x')!))).toEqual(['10']);
      for (const [nodes, type, code, message] of [
        [undefined, TypeError, 'TYPE', /"nodes" expected Uint32Array or number\[\], got undefined/],
        [[0.5], RangeError, 'RANGE', /"nodes\[0\]" expected integer/],
        [[0, 3], RangeError, 'INDEX', /"nodes" at position 1/],
      ] as const)
        refused(() => graph.labelsOf(nodes as never), type, code, 'Graph.labelsOf', message);
      expect(graph.neighborWeights(0)).toEqual(new Float64Array([0.5]));
      // A copy: what happens there later is not seen here.
      source.dropNode('x');
      expect(graph.nodeCount).toBe(3);
    });

    test('undirected, mixed and multigraphs', () => {
      const undirected = new UndirectedGraph();
      undirected.mergeEdge('a', 'b');
      undirected.addNode('alone');
      using pair = Graph.fromGraphology(undirected);
      expect([pair.nodeCount, pair.edgeCount, pair.directed, pair.weighted]).toEqual([
        3,
        1,
        false,
        false,
      ]);

      const mixed = new MultiGraph();
      for (const key of ['a', 'b', 'c']) mixed.addNode(key);
      mixed.addUndirectedEdge('a', 'b');
      mixed.addUndirectedEdge('c', 'c');
      mixed.addDirectedEdge('b', 'c');
      using both = Graph.fromGraphology(mixed);
      expect(both.directed).toBe(true);
      expect(both.toEdges()).toEqual({
        from: new Uint32Array([0, 1, 1, 2]),
        to: new Uint32Array([1, 0, 2, 2]),
      });

      const plain = new MultiGraph();
      plain.addNode('a');
      plain.addNode('b');
      plain.addUndirectedEdge('a', 'b');
      using one = Graph.fromGraphology(plain);
      expect(one.directed).toBe(false);

      const multi = new MultiUndirectedGraph();
      multi.mergeEdge('a', 'b', { weight: 1 });
      multi.addEdge('b', 'a', { weight: 2 });
      using merged = Graph.fromGraphology(multi, { dtype: 'float32' });
      expect([merged.edgeCount, merged.neighborWeights(0)[0]]).toEqual([1, 3]);
    });

    test('weights by another name, none, or wrong', () => {
      const source = new UndirectedGraph();
      source.mergeEdge('a', 'b', { cost: 3 });
      using named = Graph.fromGraphology(source, { weight: 'cost' });
      expect(named.neighborWeights(0)[0]).toBe(3);
      using plain = Graph.fromGraphology(source);
      using none = Graph.fromGraphology(source, { weight: null });
      expect([plain.weighted, none.weighted]).toEqual([false, false]);
      source.mergeEdgeWithKey('e2', 'b', 'c');
      const call = (run: () => unknown, type: typeof TypeError, code: string, message: RegExp) =>
        refused(run, type, code, 'Graph.fromGraphology', message);
      call(
        () => Graph.fromGraphology(source, { weight: 'cost' }),
        TypeError,
        'TYPE',
        /^"cost" of edge "e2" expected number/,
      );
      source.setEdgeAttribute('e2', 'cost', 'much');
      call(
        () => Graph.fromGraphology(source, { weight: 'cost' }),
        TypeError,
        'TYPE',
        /got "much"$/,
      );
      call(
        () => Graph.fromGraphology(any({})),
        TypeError,
        'TYPE',
        /^"graph" expected a graphology graph/,
      );
      source.setEdgeAttribute('e2', 'cost', -1);
      refused(
        () => Graph.fromGraphology(source, { weight: 'cost' }),
        SublinearError,
        'NOT_POSITIVE',
        'Graph.fromEdges',
        /^"weights"/,
      );
      refused(
        () => Graph.fromGraphology(new UndirectedGraph()),
        RangeError,
        'EMPTY',
        'Graph.fromEdges',
        /^"nodeCount"/,
      );
    });
  });

  test('reads streams and iterables of every format', async () => {
    const list = '0 1\n1 2\n';
    async function* coming() {
      for (const character of list) yield character;
    }
    const graphs = [
      await Graph.fromEdgeListAsync(new Blob([list]).stream()),
      await Graph.fromEdgeListAsync(coming()),
      await Graph.fromCsvAsync(['0;1\n', new TextEncoder().encode('1;2')], { separator: ';' }),
      await Graph.fromMetisAsync('3 2\n2\n1 3\n2\n'),
    ];
    expect(graphs.map((graph) => graph.edgeCount)).toEqual([2, 2, 2, 2]);
    for (const graph of graphs) graph.dispose();
  });

  test('an aborted reading rejects with the reason and frees everything', async () => {
    const before = engine.stats().modules[0]!.bytesInUse;
    const controller = new AbortController();
    async function* endless() {
      for (let k = 0; ; k++) yield `${k} ${k + 1}\n`;
    }
    const promise = Graph.fromEdgeListAsync(endless(), {
      signal: controller.signal,
      onProgress: ({ bytesRead }) => bytesRead > 10_000 && controller.abort(),
    });
    await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
    expect(engine.stats().modules[0]!.bytesInUse).toBe(before);
  });

  test('ids far beyond the number of nodes: the remedy is named', () => {
    const remedy = /with compactIds: true only those that occur become nodes$/;
    const asked = [
      () => Graph.fromEdgeList('0 4000000000\n'),
      () => Graph.fromCsv('0,4000000000\n', { header: false }),
      () => Graph.fromEdges({ from: [0], to: [4e9] }),
      () => Graph.fromEdges({ from: [2 ** 31], to: [0] }),
    ];
    for (const call of asked) {
      expect(call).toThrow(remedy);
      expect(call).toThrow(expect.objectContaining({ code: 'OVERFLOW' }));
    }
    using graph = Graph.fromEdges({ from: [0], to: [4e9], compactIds: true });
    expect([graph.nodeCount, graph.labelOf(1)]).toEqual([2, 4e9]);
  });

  test('errors name the line, what was expected and what was there', () => {
    const error = refused(
      () => Graph.fromEdgeList('# c\n0 1\n1 two\n'),
      SublinearError,
      'PARSE',
      'Graph.fromEdgeList',
      /^line 3: expected a node id, 0 to 4294967293, got "two"; compactIds: true takes .* names$/,
    );
    expect(error).toMatchObject({
      line: 3,
      argument: 'to',
      expected: 'a node id, 0 to 4294967293',
    });
    refused(
      () => Graph.fromMetis('3 1\n2\n\n\n'),
      SublinearError,
      'TRUNCATED',
      'Graph.fromMetis',
      /^line 5: expected as many edges as declared, got end of input$/,
    );
    refused(
      () => Graph.fromMetis('3 1\n2\n3\n\n'),
      SublinearError,
      'PARSE',
      'Graph.fromMetis',
      /^line 2: expected the same edge at its other node$/,
    );
    refused(
      () => Graph.fromCsv(''),
      SublinearError,
      'EMPTY',
      'Graph.fromCsv',
      /^line 1: expected at least one edge/,
    );
    // The name of a file in place of what is in it.
    for (const name of ['friends.csv', './data/my-friends.csv', 'https://a.org/x.txt'])
      for (const method of ['fromCsv', 'fromEdgeList', 'fromMetis', 'fromMatrixMarket'] as const)
        expect(() => Graph[method](name)).toThrow(/give the text of a file, not its name/);
    for (const text of ['1.5', 'a b.c', '1,2.x', '0 1\nnext.txt'])
      expect(() => Graph.fromCsv(text, { compactIds: true }).dispose()).not.toThrow(/its name/);
  });

  test('wrong arguments are named', async () => {
    const edges = { from: [0], to: [1] };
    const call = (
      run: () => unknown,
      type: typeof TypeError,
      code: string,
      operation: string,
      message: RegExp,
    ) => refused(run, type, code, operation, message);
    call(() => Graph.fromEdges(any({ from: [0] })), TypeError, 'TYPE', 'Graph.fromEdges', /^"to"/);
    call(
      () => Graph.fromEdges({ ...edges, directed: any(1) }),
      TypeError,
      'TYPE',
      'Graph.fromEdges',
      /^"directed"/,
    );
    call(
      () => Graph.fromEdges(any({ ...edges, weight: [1] })),
      TypeError,
      'TYPE',
      'Graph.fromEdges',
      /^"weight"/,
    );
    call(
      () => Graph.fromEdges({ ...edges, to: [1, 2] }),
      RangeError,
      'SHAPE',
      'Graph.fromEdges',
      /^"to"/,
    );
    call(
      () => Graph.fromEdges({ ...edges, weights: [] }),
      RangeError,
      'SHAPE',
      'Graph.fromEdges',
      /^"weights"/,
    );
    call(
      () => Graph.fromEdges({ ...edges, nodeCount: 1 }),
      RangeError,
      'INDEX',
      'Graph.fromEdges',
      /^"to"/,
    );
    call(
      () => Graph.fromCsv('', { separator: '' }),
      RangeError,
      'RANGE',
      'Graph.fromCsv',
      /^"separator"/,
    );
    call(
      () => Graph.fromCsv('', { separator: '5' }),
      RangeError,
      'OPTION',
      'Graph.fromCsv',
      /^"separator"/,
    );
    call(
      () => Graph.fromEdgeList('', any({ separator: ',' })),
      TypeError,
      'TYPE',
      'Graph.fromEdgeList',
      /^"separator"/,
    );
    call(
      () => Graph.fromEdgeList('', { weights: any('no') }),
      RangeError,
      'RANGE',
      'Graph.fromEdgeList',
      /^"weights"/,
    );
    call(
      () => Graph.fromMatrix(any({})),
      TypeError,
      'TYPE',
      'Graph.fromMatrix',
      /^"matrix" expected SparseMatrix/,
    );
    const { SparseMatrix } = await engine.use('sparse');
    using matrix = SparseMatrix.fromDense({ rows: 1, cols: 2, values: [1, 1] });
    refused(
      () => Graph.fromMatrix(matrix),
      SublinearError,
      'NOT_SQUARE',
      'Graph.fromMatrix',
      /^"matrix"/,
    );
    using graph = Graph.fromEdges(edges);
    refused(
      () => graph.laplacian(),
      SublinearError,
      'UNSUPPORTED',
      'Graph.laplacian',
      /undirected/,
    );
    call(() => graph.neighbors(1.5), RangeError, 'RANGE', 'Graph.neighbors', /^"node"/);
  });

  test('use after dispose, and the class that belongs to no engine', async () => {
    const graph = Graph.fromEdges({ from: [0], to: [1] });
    graph.dispose();
    graph.dispose();
    refused(() => graph.nodeCount, SublinearError, 'DISPOSED', 'Graph.nodeCount', /disposed/);
    refused(() => graph.neighbors(0), SublinearError, 'DISPOSED', 'Graph.neighbors', /disposed/);
    refused(
      () => Unbound.fromEdges({ from: [0], to: [1] }),
      SublinearError,
      'NOT_LOADED',
      'Graph.fromEdges',
      /load/,
    );
    expect((await load()).Graph).toBe((await load()).Graph);
  });

  test('the memory limit in the middle of a build is an error that loses nothing', async () => {
    const small = await createEngine({ memory: 200_000 });
    const { Graph: Small } = await small.use('graph');
    using kept = Small.fromEdges({ from: [0], to: [1], directed: false });
    const before = small.stats().modules[0]!.bytesInUse;
    const from = Array.from({ length: 20_000 }, (_, k) => k);
    const text = from.map((k) => `${k} ${k + 1}`).join('\n');
    for (const attempt of [
      () => Small.fromEdges({ from, to: from }),
      () => Small.fromEdgeList(text),
      () => Small.fromEdgeList(text, { compactIds: true }),
      () => Small.fromEdgeList('0 100000000'),
    ]) {
      refused(
        attempt,
        SublinearError,
        'MEMORY',
        attempt.toString().includes('List') ? 'Graph.fromEdgeList' : 'Graph.fromEdges',
        /memory limit/,
      );
      expect(small.stats().modules[0]!.bytesInUse).toBe(before);
    }
    expect(kept.degree(0)).toBe(1);
    kept.dispose();
    small.dispose();
  });

  test('bytesUsed is what estimateBytes said', () => {
    const from = Array.from({ length: 999 }, (_, k) => k);
    const to = from.map((k) => k + 1);
    using directed = Graph.fromEdges({ from, to });
    expect(Graph.estimateBytes({ nodeCount: 1000, edgeCount: 999 })).toBe(directed.bytesUsed);
    using weighted = Graph.fromEdges({ from, to, weights: from.map(() => 1), directed: false });
    expect(
      Graph.estimateBytes({ nodeCount: 1000, edgeCount: 999, directed: false, dtype: 'float64' }),
    ).toBe(weighted.bytesUsed);
  });
});
