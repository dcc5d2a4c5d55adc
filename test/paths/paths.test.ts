// Paths as TypeScript users meet them: names, asynchronous forms, limits, results. What both doors share is in paths.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { Graph, PathsRoom } from 'sublinear/paths';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './paths.cases.js';

describeCases(doors, cases);

const NONE = 0xffff_ffff;

/** The error of this package that a call must throw. */
describe('paths in TypeScript', () => {
  let engine: Engine;
  let room: PathsRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('paths');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  const roads = () =>
    room.Graph.fromEdges({
      from: ['Ulm', 'Ulm', 'Bonn', 'Jena', 'Rom'],
      to: ['Bonn', 'Jena', 'Kiel', 'Kiel', 'Rom'],
      weights: [4, 3, 5, 6, 1],
      directed: false,
    });

  /** A square grid with lengths 1 .. 10. */
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

  test('nodes are named as the graph names them, in trees, routes and scores', () => {
    using graph = roads();
    const tree = room.shortestPaths(graph, { source: 'Ulm' });
    expect(tree.reached).toBe(4);
    expect(graph.labelsOf(room.pathTo(graph, tree, 'Kiel'))).toEqual(['Ulm', 'Bonn', 'Kiel']);
    expect(room.pathTo(graph, tree, 'Rom')).toHaveLength(0);
    expect(tree.predecessors[graph.nodeOf('Ulm')!]).toBe(NONE);
    const { nodes } = room.shortestPath(graph, { source: 'Kiel', target: 'Ulm' });
    expect(graph.labelsOf(nodes).at(-1)).toBe('Ulm');
    const scores = [...room.betweenness(graph)];
    expect(scores.map(({ label }) => label)).toEqual(['Ulm', 'Bonn', 'Jena', 'Kiel', 'Rom']);
    expect([...room.closeness(graph, { nodes: ['Rom'] })]).toEqual([
      { node: 4, score: 0, label: 'Rom' },
    ]);
    expect(refusalOf(() => room.shortestPaths(graph, { source: 'Paris' })).code).toBe('INDEX');
    expect(
      refusalOf(() => room.shortestPath(graph, { source: 'Ulm', target: 'Paris' })).message,
    ).toMatch(/"target" expected a node of the graph/);
  });

  test('several sources share the nodes among them; a reversed tree leads to its source', () => {
    using line = room.Graph.fromEdges({ from: [0, 1, 2, 3, 4], to: [1, 2, 3, 4, 5] });
    const { sources, distances } = room.shortestPaths(line, { source: [4, 1, 1] });
    expect([...sources]).toEqual([NONE, 1, 1, 1, 4, 4]);
    expect(distances[0]).toBe(Infinity);
    const back = room.shortestPaths(line, { source: 4, reverse: true, maxDistance: 2 });
    expect(back.reached).toBe(3);
    expect([...room.pathTo(line, back, 2, { reverse: true })]).toEqual([2, 3, 4]);
    expect(room.breadthFirst(line, { source: 0, maxDepth: 1 }).reached).toBe(2);
  });

  test('weights count unless they are told not to; lengths of 1 are the levels', () => {
    using graph = grid(9);
    const { levels } = room.breadthFirst(graph, { source: 0 });
    const { distances } = room.shortestPaths(graph, { source: 0, weighted: false });
    expect(Array.from(distances)).toEqual(Array.from(levels));
    expect(room.shortestPath(graph, { source: 0, target: 80, weighted: false }).length).toBe(16);
    expect(room.diameter(graph, { weighted: false }).diameter).toBe(16);
  });

  test('landmarks change the work and not the length, and are left out for other lengths', () => {
    using graph = grid(40);
    const ask = (weighted: boolean) =>
      room.shortestPath(graph, { source: 0, target: 799, weighted });
    const before = [ask(true), ask(false)];
    expect(room.prepareRoutes(graph, { landmarks: 8 }).landmarks).toBe(8);
    const after = [ask(true), ask(false)];
    expect(after.map(({ length }) => length)).toEqual(before.map(({ length }) => length));
    expect(after[0]!.work.settledNodes).toBeLessThan(before[0]!.work.settledNodes);
    expect(after[1]!.work).toEqual(before[1]!.work);
  });

  test('a hierarchy outlives its graph, and comes back from a file to the bit', async () => {
    const graph = grid(30);
    const truth = room.shortestPath(graph, { source: 0, target: 899 });
    const all = room.shortestPaths(graph, { source: 7 }).distances;
    using hierarchy = room.buildHierarchy(graph);
    using later = await room.buildHierarchyAsync(graph, { onProgress: () => {} });
    graph.dispose();
    const { length, nodes, settledNodes } = hierarchy.route(0, 899);
    expect(length).toBe(truth.length);
    expect([nodes[0], nodes.at(-1)]).toEqual([0, 899]);
    expect(settledNodes).toBeLessThan(truth.work.settledNodes);
    const targets = Uint32Array.from({ length: 900 }, (_, i) => i);
    const table = hierarchy.distances([7, 7], targets);
    expect([table.rows, table.cols]).toEqual([2, 900]);
    expect(table.distances.subarray(0, 900)).toEqual(all);
    expect(table.distances.subarray(900)).toEqual(all);
    expect(await later.distancesAsync([7, 7], targets)).toEqual(table);
    const bytes = hierarchy.save();
    expect(later.save()).toEqual(bytes);
    using again = room.ContractionHierarchy.load(bytes);
    using streamed = await room.ContractionHierarchy.loadAsync(new Blob([bytes]).stream());
    for (const loaded of [again, streamed]) {
      expect(loaded.route(0, 899)).toEqual({ length, nodes, settledNodes });
      expect(loaded.save()).toEqual(bytes);
      expect(loaded.nodeCount).toBe(900);
      expect(loaded.directed).toBe(false);
      expect(loaded.coreNodes).toBe(0);
      expect(loaded.bytesUsed).toBeGreaterThan(bytes.length / 2);
    }
    expect(refusalOf(() => hierarchy.route(0, 900))).toMatchObject({
      code: 'INDEX',
      argument: 'target',
    });
    expect(refusalOf(() => hierarchy.route(0.5, 1)).argument).toBe('source');
    expect(refusalOf(() => hierarchy.distances([0], [])).code).toBe('EMPTY');
    const broken = bytes.slice();
    broken[200]! ^= 1;
    expect(refusalOf(() => room.ContractionHierarchy.load(broken)).code).toMatch(/CHECKSUM|FORMAT/);
    const control = new AbortController();
    const table2 = hierarchy.distancesAsync(targets, targets, { signal: control.signal });
    expect(refusalOf(() => hierarchy.route(0, 1)).code).toBe('BUSY');
    control.abort();
    await expect(table2).rejects.toThrow();
    expect(hierarchy.route(0, 899).length).toBe(length);
  });

  test('asynchronous forms give the same, and hold the graph meanwhile', async () => {
    using graph = grid(9);
    using large = grid(60);
    const trees = room.shortestPathsAsync(graph, { source: 0 });
    // A small question has been answered by now, and its answer is not that of the next one.
    const other = room.shortestPaths(graph, { source: 5 });
    expect(await trees).toEqual(room.shortestPaths(graph, { source: 0 }));
    expect(other.distances[5]).toBe(0);
    const control = new AbortController();
    const long = room.betweennessAsync(large, { signal: control.signal });
    expect(refusalOf(() => room.shortestPaths(large, { source: 0 })).code).toBe('BUSY');
    control.abort();
    await expect(long).rejects.toThrow();
    expect(await room.betweennessAsync(graph)).toEqual(room.betweenness(graph));
    expect(await room.eccentricitiesAsync(graph)).toEqual(room.eccentricities(graph));
    expect(await room.allDistancesAsync(graph)).toEqual(room.allDistances(graph));
    const given = { source: 0, target: 80, k: 5 };
    expect(await room.shortestSimplePathsAsync(graph, given)).toEqual(
      room.shortestSimplePaths(graph, given),
    );
  });

  test('an abort between two slices rejects with its reason and leaves the graph usable', async () => {
    using graph = grid(120);
    const control = new AbortController();
    const reason = new Error('enough');
    const running = room.betweennessAsync(graph, {
      signal: control.signal,
      onProgress: () => control.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    expect(room.shortestPath(graph, { source: 0, target: 1 }).length).toBeGreaterThan(0);
  });

  test('a time limit gives fewer paths, and a wider interval', async () => {
    using graph = grid(60);
    const given = { epsilon: 1e-4, confidence: 0.99, maxTimeMs: 30 };
    const sampled = room.betweennessSampled(graph, given);
    expect(sampled.outcome).toBe('timeLimit');
    expect(sampled.halfWidth).toBeGreaterThan(1e-4);
    const some = room.shortestSimplePaths(graph, {
      source: 0,
      target: 3599,
      k: 60_000,
      maxTimeMs: 30,
    });
    expect(some.outcome).toBe('timeLimit');
    expect(some.paths.length).toBeLessThan(60_000);
  });

  test('a memory limit is looked at before all pairs are computed', async () => {
    const small = await createEngine({ memory: 8_000_000, modules: ['paths'] });
    using path = small.paths.Graph.fromEdges({
      from: Uint32Array.from({ length: 2000 }, (_, i) => i),
      to: Uint32Array.from({ length: 2000 }, (_, i) => i + 1),
    });
    expect(refusalOf(() => small.paths.allDistances(path)).code).toBe('MEMORY');
    expect(small.paths.breadthFirst(path, { source: 0 }).reached).toBe(2001);
    path.dispose();
    small.dispose();
  });

  test('graphs without weights below zero: Bellman and Ford take lists of edges', () => {
    const edges = { from: [0, 1, 2], to: [1, 2, 0], lengths: [1, -3, 1] };
    const { negativeCycle } = room.bellmanFord(edges, { source: 0 });
    expect(negativeCycle).toMatchObject({ length: -1 });
    expect([...negativeCycle!.nodes].sort()).toEqual([0, 1, 2]);
    expect(
      refusalOf(() => room.bellmanFord({ ...edges, lengths: [1, Infinity, 1] })).message,
    ).toMatch(/lengths/);
    expect(refusalOf(() => room.bellmanFord({ ...edges, to: [1] })).code).toBe('SHAPE');
    expect(room.bellmanFord({ from: [], to: [], lengths: [], nodeCount: 2 }).distances).toEqual(
      new Float64Array(2),
    );
  });

  test('what is no list of nodes is refused, also where it counts as false', () => {
    using graph = roads();
    for (const nodes of ['', Number.NaN, false, null] as unknown as Uint32Array[])
      expect(refusalOf(() => room.closeness(graph, { nodes })).argument).toBe('nodes');
    for (const nodes of [0, [0]] as unknown[] as Uint32Array[])
      expect(room.closeness(graph, { nodes }).scores.length).toBe(1);
  });

  test('wrong options are refused by name', () => {
    using graph = roads();
    const wrong: [() => unknown, RegExp][] = [
      [() => room.shortestPaths(graph, { source: [] }), /source/],
      [() => room.shortestPaths(graph, { source: 9 }), /source/],
      [() => room.shortestPaths(graph, { source: 0, maxDistance: -1 }), /maxDistance/],
      [() => room.shortestPaths(graph, { source: 0, maxDistance: Number.NaN }), /maxDistance/],
      [() => room.shortestPaths(graph, { source: 0, weighted: 1 as never }), /weighted/],
      [() => room.breadthFirst(graph, { source: 0, maxDepth: 0.5 }), /maxDepth/],
      [() => room.shortestSimplePaths(graph, { source: 0, target: 1, k: 0 }), /"k"/],
      [() => room.prepareRoutes(graph, { landmarks: 65 }), /landmarks/],
      [() => room.betweennessSampled(graph, { epsilon: 0 }), /epsilon/],
      [() => room.betweennessSampled(graph, { confidence: 1 }), /confidence/],
      [() => room.closeness(graph, { kind: 'near' as never }), /kind/],
      [() => room.closeness(graph, { nodes: [] }), /nodes/],
      [() => room.criticalPath(graph, { durations: [1] }), /durations/],
      [() => room.topologicalOrder(graph), /graph/],
      [() => room.diameter(graph, { maxTimeMs: 3 } as never), /maxTimeMs/],
      [() => room.diameter({} as Graph), /graph/],
      [() => room.pathTo(graph, {} as never, 0), /tree/],
    ];
    for (const [call, name] of wrong) expect(refusalOf(call).message).toMatch(name);
    expect(engine.stats().modules.length).toBeGreaterThan(0);
  });
});
