// Cuts as TypeScript users meet them: names, asynchronous forms, limits, results. What both doors share is in cuts.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { CutsRoom, Graph } from 'sublinear/cuts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './cuts.cases.js';

describeCases(doors, cases);

/** The error of this package that a call must throw. */
describe('cuts in TypeScript', () => {
  let engine: Engine;
  let room: CutsRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('cuts');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  const roads = () =>
    room.Graph.fromEdges({
      from: ['Ulm', 'Ulm', 'Bonn', 'Jena', 'Kiel'],
      to: ['Bonn', 'Jena', 'Kiel', 'Kiel', 'Rom'],
      weights: [4, 3, 5, 6, 2],
      directed: false,
    });

  /** A square grid with weights 1 .. 10. */
  const grid = (side: number): Graph => {
    const [from, to, weights]: [number[], number[], number[]] = [[], [], []];
    for (let at = 0; at < side * side; at++)
      for (const next of [(at + 1) % side === 0 ? side * side : at + 1, at + side]) {
        if (next >= side * side) continue;
        from.push(at);
        to.push(next);
        weights.push(1 + ((at * 7 + next * 3) % 10));
      }
    return room.Graph.fromEdges({ from, to, weights, directed: false });
  };

  test('nodes are named as the graph names them', () => {
    using graph = roads();
    const { value, side, cut } = room.maxFlow(graph, { source: 'Ulm', target: 'Rom' });
    expect(value).toBe(2);
    expect(graph.labelsOf(side)).toEqual(['Ulm', 'Bonn', 'Jena', 'Kiel']);
    expect(graph.labelsOf(cut.to)).toEqual(['Rom']);
    expect([...room.triangles(graph)].map(({ label }) => label)).toContain('Jena');
    const { articulationPoints } = room.biconnectedComponents(graph);
    expect(graph.labelsOf(articulationPoints)).toEqual(['Kiel']);
    const tree = room.cutTree(graph);
    expect(room.minimumCutBetween(graph, tree, { source: 'Rom', target: 'Ulm' })).toMatchObject({
      value: 2,
      side: Uint32Array.of(graph.nodeOf('Rom')!),
    });
    expect(
      refusalOf(() => room.maxFlow(graph, { source: 'Ulm', target: 'Paris' })).message,
    ).toMatch(/"target" expected a node of the graph/);
  });

  test('a cut between two nodes from the tree is that of the flow between them', () => {
    using graph = grid(5);
    const tree = room.cutTree(graph);
    for (const [source, target] of [
      [0, 24],
      [3, 17],
      [20, 4],
    ] as const) {
      const { value, side } = room.minimumCutBetween(graph, tree, { source, target });
      expect(value).toBe(room.maxFlow(graph, { source, target }).value);
      expect(side).toContain(source);
      expect(side).not.toContain(target);
    }
    expect(room.minimumCut(graph).value).toBe(Math.min(...tree.values.slice(1)));
  });

  test('zero, negative and infinite capacities never come into a graph, parallel ones add up', () => {
    const edges = { from: [0, 0, 0], to: [1, 1, 0], directed: true };
    for (const [weight, code] of [
      [0, 'NOT_POSITIVE'],
      [-1, 'NOT_POSITIVE'],
      [Infinity, 'NOT_FINITE'],
      [Number.NaN, 'NOT_FINITE'],
    ] as const)
      expect(
        refusalOf(() => room.Graph.fromEdges({ ...edges, weights: [1, weight, 1] })).code,
      ).toBe(code);
    using graph = room.Graph.fromEdges({ ...edges, weights: [2, 3, 9] });
    expect(room.maxFlow(graph, { source: 0, target: 1 })).toMatchObject({
      value: 5,
      errorBound: 0,
    });
    expect(room.maxFlow(graph, { source: 1, target: 0 })).toMatchObject({
      value: 0,
      side: Uint32Array.of(1),
    });
  });

  test('asynchronous forms give the same, and hold the graph meanwhile', async () => {
    using graph = grid(12);
    using large = grid(60);
    const ends = { source: 0, target: 143 };
    expect(await room.maxFlowAsync(graph, ends)).toEqual(room.maxFlow(graph, ends));
    expect(await room.minimumCutAsync(graph)).toEqual(room.minimumCut(graph));
    expect(await room.cutTreeAsync(graph)).toEqual(room.cutTree(graph));
    expect(await room.connectedComponentsAsync(graph)).toEqual(room.connectedComponents(graph));
    expect(await room.stronglyConnectedComponentsAsync(graph)).toEqual(
      room.stronglyConnectedComponents(graph),
    );
    expect(await room.biconnectedComponentsAsync(graph)).toEqual(room.biconnectedComponents(graph));
    expect(await room.bipartitionAsync(graph)).toEqual(room.bipartition(graph));
    expect(await room.coreNumbersAsync(graph)).toEqual(room.coreNumbers(graph));
    expect(await room.trianglesAsync(graph)).toEqual(room.triangles(graph));
    expect(await room.colouringAsync(graph)).toEqual(room.colouring(graph));
    expect(await room.spanningForestAsync(graph)).toEqual(room.spanningForest(graph));
    expect(await room.maximumMatchingAsync(graph)).toEqual(room.maximumMatching(graph));
    expect(await room.vertexCoverAsync(graph)).toEqual(room.vertexCover(graph));
    const matrix = { rows: 3, cols: 3, costs: [4, 1, 3, 2, 0, 5, 3, 2, 2] };
    expect(await room.assignmentAsync(matrix)).toEqual(room.assignment(matrix));
    const control = new AbortController();
    const long = room.cutTreeAsync(large, { signal: control.signal });
    expect(refusalOf(() => room.minimumCut(large)).code).toBe('BUSY');
    control.abort();
    await expect(long).rejects.toThrow();
  });

  test('an abort between two slices rejects with its reason and leaves everything usable', async () => {
    using graph = grid(60);
    const control = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => control.abort(reason);
    await expect(room.cutTreeAsync(graph, { signal: control.signal, onProgress })).rejects.toBe(
      reason,
    );
    expect(room.maxFlow(graph, { source: 0, target: 1 }).value).toBeGreaterThan(0);
    const size = 400;
    const costs = Float64Array.from({ length: size * size }, (_, k) => (k * 7919) % 10007);
    const second = new AbortController();
    await expect(
      room.assignmentAsync(
        { rows: size, cols: size, costs },
        { signal: second.signal, onProgress: () => second.abort(reason) },
      ),
    ).rejects.toBe(reason);
  });

  test('a memory limit is an error that loses nothing', async () => {
    const small = await createEngine({ memory: 4_000_000, modules: ['cuts'] });
    const edges = Uint32Array.from({ length: 40_000 }, (_, i) => i);
    using path = small.cuts.Graph.fromEdges({
      from: edges,
      to: edges.map((u) => u + 1),
      directed: false,
    });
    expect(refusalOf(() => small.cuts.maxFlow(path, { source: 0, target: 9 })).code).toBe('MEMORY');
    expect(small.cuts.connectedComponents(path).count).toBe(1);
    path.dispose();
    small.dispose();
  });

  test('wrong options are refused by name', () => {
    using graph = roads();
    using arrows = room.Graph.fromEdges({ from: [0], to: [1] });
    const tree = room.cutTree(graph);
    const ends = { source: 0, target: 1 };
    const matrix = { rows: 2, cols: 2, costs: [1, 2, 3, 4] };
    const wrong: [() => unknown, RegExp][] = [
      [() => room.maxFlow(graph, { source: 0, target: 9 }), /target/],
      [() => room.maxFlow(graph, { source: 0, target: 0 }), /target/],
      [() => room.maxFlow({} as Graph, ends), /graph/],
      [() => room.maxFlow(graph, { ...ends, maxTimeMs: 3 } as never), /maxTimeMs/],
      [() => room.minimumCut(arrows), /graph/],
      [() => room.colouring(graph, { order: 'best' as never }), /order/],
      [() => room.spanningForest(graph, { maximum: 1 as never }), /maximum/],
      [() => room.stronglyConnectedComponents(graph, { condensation: 1 as never }), /condensation/],
      [() => room.minimumCutBetween(graph, {} as never, ends), /tree/],
      [() => room.minimumCutBetween(graph, tree, { source: 1, target: 1 }), /target/],
      [() => room.minimumCutBetween(graph, tree, { source: 7, target: 1 }), /source/],
      [
        () => room.minimumCutBetween(graph, { ...tree, parents: new Uint32Array(5).fill(1) }, ends),
        /tree/,
      ],
      [() => room.minimumCutBetween(graph, { ...tree, values: new Float64Array(2) }, ends), /tree/],
      [() => room.assignment({ ...matrix, costs: [1, 2, 3] }), /costs/],
      [() => room.assignment({ ...matrix, rows: 0 }), /rows/],
      [() => room.assignment(7 as never), /matrix/],
      [() => room.assignment(matrix, { maximum: 1 as never }), /maximum/],
    ];
    for (const [call, name] of wrong) expect(refusalOf(call).message).toMatch(name);
    expect(engine.stats().modules.length).toBeGreaterThan(0);
  });
});
