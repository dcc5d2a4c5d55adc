// Nodes by name: every method that takes nodes takes what they are called, at graphs and at all that is made of them and
// kept, and gives what it gives for their numbers.
import { createEngine } from 'sublinear';
import type { Graph } from 'sublinear/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const open = () =>
  createEngine({
    modules: [
      'graph',
      'paths',
      'cuts',
      'communities',
      'gnn',
      'diffusion',
      'contributions',
      'resistance',
    ],
  });
type Engine = Awaited<ReturnType<typeof open>>;
let engine: Engine;
beforeAll(async () => {
  engine = await open();
});
afterAll(() => engine.dispose());

// Not in the order of the alphabet, one that looks like a number, one that would be a property of any object.
const names = ['Ada', '7', 'Übel', 'constructor', 'Ben', ''];
const edges = { from: [0, 1, 2, 3, 4, 5, 2], to: [1, 2, 0, 4, 5, 3, 3] };
const weights = [1, 2, 3, 1, 2, 3, 1];
const graphs = {
  'graphs with names': () =>
    engine.graph.Graph.fromEdges({ ...edges, weights, directed: false, labels: names }),
  'graphs without': () => engine.graph.Graph.fromEdges({ ...edges, weights, directed: false }),
};
/** Given to ask for node 0 .. 5. */
type Node = (number: number) => number | string;
const features = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));

/** What takes nodes, and the argument that is named when the first of them is unknown. */
const questions: [string, string, (engine: Engine, graph: Graph, node: Node) => unknown][] = [
  ['neighbors', 'node', (_, g, n) => g.neighbors(n(2))],
  ['neighborWeights', 'node', (_, g, n) => g.neighborWeights(n(2))],
  ['degree', 'node', (_, g, n) => g.degree(n(2))],
  ['outDegree', 'node', (_, g, n) => g.outDegree(n(2))],
  ['inDegree', 'node', (_, g, n) => g.inDegree(n(2))],
  [
    'forEachNeighbor',
    'node',
    (_, g, n) => {
      const seen: [number, number][] = [];
      g.forEachNeighbor(n(2), (neighbor, weight) => seen.push([neighbor, weight]));
      return seen;
    },
  ],
  [
    'edited',
    'remove.from[0]',
    (_, g, n) => g.edited({ remove: { from: [n(2)], to: [n(3)] } as never }).toEdges(),
  ],
  ['breadthFirst', 'source', ({ paths }, g, n) => paths.breadthFirst(g, { source: n(1) })],
  [
    'breadthFirst, several',
    'source[0]',
    ({ paths }, g, n) => paths.breadthFirst(g, { source: [n(1), n(5)] as string[] }),
  ],
  ['shortestPaths', 'source', ({ paths }, g, n) => paths.shortestPaths(g, { source: n(1) })],
  [
    'pathTo',
    'node',
    ({ paths }, g, n) => paths.pathTo(g, paths.shortestPaths(g, { source: 0 }), n(5)),
  ],
  [
    'shortestPath',
    'source',
    ({ paths }, g, n) => paths.shortestPath(g, { source: n(0), target: n(5) }),
  ],
  [
    'shortestSimplePaths',
    'source',
    ({ paths }, g, n) => paths.shortestSimplePaths(g, { source: n(0), target: n(5), k: 3 }),
  ],
  [
    'closeness',
    'nodes[0]',
    ({ paths }, g, n) => paths.closeness(g, { nodes: [n(0), n(5)] as string[] }).scores,
  ],
  [
    'ContractionHierarchy.route',
    'source',
    ({ paths }, g, n) => paths.buildHierarchy(g).route(n(0), n(5)),
  ],
  [
    'ContractionHierarchy.distances',
    'sources[0]',
    ({ paths }, g, n) =>
      paths.buildHierarchy(g).distances([n(0), n(2)] as string[], [n(5), n(1)] as string[]),
  ],
  [
    'ContractionHierarchy.distancesAsync',
    'sources[0]',
    ({ paths }, g, n) =>
      paths.buildHierarchy(g).distancesAsync([n(0), n(2)] as string[], [n(5)] as string[]),
  ],
  ['maxFlow', 'source', ({ cuts }, g, n) => cuts.maxFlow(g, { source: n(0), target: n(5) })],
  [
    'minimumCutBetween',
    'source',
    ({ cuts }, g, n) => cuts.minimumCutBetween(g, cuts.cutTree(g), { source: n(0), target: n(5) }),
  ],
  [
    'DynamicMinimumCut.insert',
    'from',
    ({ cuts }, g, n) => {
      const cut = cuts.dynamicMinimumCut(g);
      return [cut.insert(n(0), n(5), 4), cut.cut()];
    },
  ],
  [
    'DynamicMinimumCut.remove',
    'from',
    ({ cuts }, g, n) => cuts.dynamicMinimumCut(g).remove(n(2), n(3)),
  ],
  [
    'DynamicMinimumCut.weight',
    'from',
    ({ cuts }, g, n) => cuts.dynamicMinimumCut(g).weight(n(2), n(1)),
  ],
  [
    'DynamicMinimumCut.apply',
    'from[0]',
    ({ cuts }, g, n) =>
      cuts
        .dynamicMinimumCut(g)
        .apply({ from: [n(0), n(4)] as string[], to: [n(4), n(1)] as string[] }),
  ],
  [
    'DynamicMinimumCut.applyAsync',
    'from[0]',
    ({ cuts }, g, n) =>
      cuts.dynamicMinimumCut(g).applyAsync({ from: [n(0)] as string[], to: [n(4)] as string[] }),
  ],
  [
    'Layout.place',
    'node',
    ({ communities }, g, n) =>
      communities.layout(g, { seed: 1 }).place(n(4), [3, 4], { fixed: true }).positions(),
  ],
  [
    'labelSpread',
    'nodes[0]',
    ({ gnn }, g, n) =>
      gnn.labelSpread(g, { classes: 2, nodes: [n(0), n(5)] as string[], labels: [0, 1] }),
  ],
  [
    'correctAndSmooth',
    'nodes[0]',
    ({ gnn }, g, n) =>
      gnn.correctAndSmooth(g, features.map(Math.abs), {
        classes: 2,
        nodes: [n(0), n(5)] as string[],
        labels: [0, 1],
      }),
  ],
  [
    'GraphNetwork.train',
    'training.nodes[0]',
    ({ gnn }, g, n) =>
      gnn.GraphNetwork.train(g, features, {
        training: { nodes: [n(0), n(5)] as string[], labels: [0, 1] },
        validation: { nodes: [n(1)] as string[], labels: [0] },
        epochs: 5,
      }).history,
  ],
  [
    'GraphNetwork.train, to validate',
    'validation.nodes[0]',
    ({ gnn }, g, n) =>
      gnn.GraphNetwork.train(g, features, {
        training: { nodes: [0, 5], labels: [0, 1] },
        validation: { nodes: [n(1)] as string[], labels: [0] },
        epochs: 5,
      }).history,
  ],
  [
    'GraphNetwork.predict',
    'nodes[0]',
    ({ gnn }, g, n) =>
      gnn.GraphNetwork.fromLayers([
        { type: 'gcn', inputs: 2, outputs: 1, weights: [1, 2] },
      ]).predict(g, features, { nodes: [n(3), n(1)] as string[] }),
  ],
  [
    'GraphNetwork.predictAsync',
    'nodes[0]',
    ({ gnn }, g, n) =>
      gnn.GraphNetwork.fromLayers([
        { type: 'gcn', inputs: 2, outputs: 1, weights: [1, 2] },
      ]).predictAsync(g, features, { nodes: [n(3)] as string[] }),
  ],
  [
    'personalizedPageRank',
    'source',
    ({ diffusion }, g, n) =>
      diffusion.personalizedPageRank(g, { source: n(3), tolerance: 1e-6 }).scores,
  ],
  [
    'personalizedPageRank, several',
    'source.nodes[0]',
    ({ diffusion }, g, n) =>
      diffusion.personalizedPageRank(g, {
        source: { nodes: [n(3), n(1)] as string[] },
        tolerance: 1e-6,
      }).scores,
  ],
  [
    'personalizedPageRankBatch',
    'source',
    ({ diffusion }, g, n) =>
      diffusion.personalizedPageRankBatch(g, { sources: [n(3), n(1)], tolerance: 1e-6 }).scores,
  ],
  [
    'trackPageRank',
    'source',
    ({ diffusion }, g, n) => diffusion.trackPageRank(g, { source: n(3) }).result.scores,
  ],
  [
    'heatKernel',
    'source',
    ({ diffusion }, g, n) =>
      diffusion.heatKernel(g, { source: n(3), time: 1, tolerance: 1e-6 }).scores,
  ],
  [
    'sweepCut',
    'nodes[0]',
    ({ diffusion }, g, n) =>
      diffusion.sweepCut(g, { nodes: [n(0), n(1), n(2)] as string[], scores: [3, 2, 1] }).nodes,
  ],
  [
    'contributions',
    'target',
    ({ contributions }, g, n) => contributions.contributions(g, { target: n(3) }).scores,
  ],
  [
    'pairPageRank',
    'source',
    ({ contributions }, g, n) => contributions.pairPageRank(g, { source: n(0), target: n(3) }),
  ],
  [
    'effectiveResistance',
    'source',
    ({ resistance }, g, n) => resistance.effectiveResistance(g, { source: n(0), target: n(3) }),
  ],
  [
    'effectiveResistances',
    'from[0]',
    ({ resistance }, g, n) =>
      resistance.effectiveResistances(g, {
        from: [n(0), n(1)] as string[],
        to: [n(3), n(5)] as string[],
      }),
  ],
  [
    'harmonicPotentials',
    'boundary.nodes[0]',
    ({ resistance }, g, n) =>
      resistance.harmonicPotentials(g, {
        boundary: { nodes: [n(0), n(5)] as string[], values: [0, 1] },
      }).potentials,
  ],
];

describe.each(questions)('%s', (_, argument, ask) => {
  test('by name as by number', async () => {
    using named = graphs['graphs with names']();
    using plain = graphs['graphs without']();
    const expected = await ask(engine, plain, (number) => number);
    expect(await ask(engine, named, (number) => names[number]!)).toEqual(expected);
    // Numbers are node numbers where there are names, too.
    expect(await ask(engine, named, (number) => number)).toEqual(expected);
  });

  test.each(Object.entries(graphs))('refuses an unknown name, %s', async (_kind, make) => {
    using graph = make();
    const asked = (async () => ask(engine, graph, () => 'nobody'))();
    await expect(asked).rejects.toMatchObject({ code: 'INDEX', argument });
    await expect(asked).rejects.toThrow(/got "nobody"/);
    await expect(asked).rejects.toBeInstanceOf(RangeError);
  });
});

describe('what is made of a graph keeps the names', () => {
  test('after the graph has gone, and tells them', () => {
    const graph = graphs['graphs with names']();
    const kept = [
      engine.paths.buildHierarchy(graph),
      engine.cuts.dynamicMinimumCut(graph),
      engine.communities.layout(graph),
    ];
    graph.dispose();
    for (const object of kept) {
      expect(object.nodeCount).toBe(6);
      expect(object.labelsOf([0, 5, 3])).toEqual(['Ada', '', 'constructor']);
      expect([object.labelOf(2), object.nodeOf('Ben'), object.nodeOf('nobody')]).toEqual([
        'Übel',
        4,
        undefined,
      ]);
      expect(() => object.labelOf(6)).toThrow(/"node".*out of range/);
      object.dispose();
      expect(() => object.labelOf(0)).toThrow(/disposed/);
    }
  });

  test('numbers of nodes beyond 32 bits are none', () => {
    using graph = graphs['graphs with names']();
    using drawing = engine.communities.layout(graph, { seed: 1 });
    const before = drawing.positions();
    for (const node of [2 ** 32, 2 ** 32 + 1, 2 ** 40, 6])
      expect(() => drawing.place(node, [9, 9])).toThrow(/"node"/);
    expect(drawing.positions()).toEqual(before);
  });

  test('ids, too: numbers stay node numbers, bigints and texts are ids', () => {
    const ids = { from: [700, 900], to: [900, 2 ** 40], compactIds: true, directed: false };
    using graph = engine.graph.Graph.fromEdges(ids);
    using hierarchy = engine.paths.buildHierarchy(graph);
    expect(hierarchy.labelsOf(hierarchy.route(700n, '900').nodes)).toEqual([700, 900]);
    expect(hierarchy.labelsOf(hierarchy.route(0, 2).nodes)).toEqual([700, 900, 2 ** 40]);
    expect(() => hierarchy.route(701, 0)).toThrow(/"source": index out of range/);
    const drawing = engine.communities.layout(graph);
    for (const ask of [() => hierarchy.route(700, 0), () => drawing.place(700, [1, 1])]) {
      expect(ask).toThrow(
        /expected a node number below 3, got 700; the node of this name is '700'/,
      );
      expect(ask).toThrow(expect.objectContaining({ code: 'INDEX' }));
    }
    expect(() => graph.neighbors(900)).toThrow(/the node of this name is '900'/);
    expect([...graph.neighbors('700')]).toEqual([1]);
  });

  test.each([
    ['names', { from: names, to: [...names.slice(1), 'Ada'] }],
    ['ids', { from: [700n, 900n, 2n ** 60n], to: [900n, 2n ** 60n, 700n] }],
    ['numbers', { from: [0, 1], to: [1, 2] }],
  ])('in a saved hierarchy: %s', async (_, given) => {
    using graph = engine.graph.Graph.fromEdges(given);
    using hierarchy = engine.paths.buildHierarchy(graph);
    const { ContractionHierarchy } = engine.paths;
    const file = hierarchy.save();
    const all = Uint32Array.from({ length: graph.nodeCount }, (_each, node) => node);
    const pieces = [...hierarchy.saveInPieces()];
    for (const again of [
      ContractionHierarchy.load(file),
      ContractionHierarchy.load(pieces),
      await ContractionHierarchy.loadAsync(new Blob([file]).stream()),
    ]) {
      expect(again.labelsOf(all)).toEqual(graph.labelsOf(all));
      const [first, last] = [graph.labelOf(0), graph.labelOf(2)];
      if (typeof first === 'string')
        expect(again.route(first, last).nodes).toEqual(hierarchy.route(0, 2).nodes);
      expect(again.save()).toEqual(file);
      again.dispose();
    }
  });

  test('in a saved hierarchy with a core', () => {
    // All of ninety with each other, and a node at each of them.
    const [from, to]: [string[], string[]] = [[], []];
    for (let i = 0; i < 90; i++) {
      for (let j = 0; j < i; j++) from.push(`hub ${i}`) && to.push(`hub ${j}`);
      from.push(`hub ${i}`);
      to.push(`leaf ${i}`);
    }
    using graph = engine.graph.Graph.fromEdges({ from, to, directed: false });
    using hierarchy = engine.paths.buildHierarchy(graph);
    using again = engine.paths.ContractionHierarchy.load(hierarchy.save());
    expect([hierarchy.coreNodes, again.coreNodes]).toEqual([90, 90]);
    const found = again.route('leaf 3', 'leaf 80');
    expect(found).toEqual(hierarchy.route('leaf 3', 'leaf 80'));
    expect(again.labelsOf(found.nodes)).toEqual(['leaf 3', 'hub 3', 'hub 80', 'leaf 80']);
  });

  test('a saved hierarchy with labels for other nodes is refused', () => {
    using graph = engine.graph.Graph.fromEdges({ from: ['a'], to: ['b'] });
    using hierarchy = engine.paths.buildHierarchy(graph);
    // What writes it is our own: a file whose sums are right, and whose labels are of one node.
    const one = { save: () => ({ tag: 'LTXT', bytes: new TextEncoder().encode('["a"]') }) };
    (hierarchy as unknown as { withLabels(labels: object): void }).withLabels(one);
    expect(() => engine.paths.ContractionHierarchy.load(hierarchy.save())).toThrow(
      /expected a label for each node/,
    );
  });
});

describe('bellmanFord', () => {
  const money = {
    from: ['EUR', 'USD', 'EUR'],
    to: ['USD', 'GBP', 'GBP'],
    lengths: [-0.5, 0.25, 0],
  };

  test('takes names and gives them back', () => {
    const { bellmanFord } = engine.paths;
    const found = bellmanFord(money, { source: 'USD' });
    expect(found.labels).toEqual(['EUR', 'USD', 'GBP']);
    expect(found.distances).toEqual(Float64Array.of(Number.POSITIVE_INFINITY, 0, 0.25));
    const numbers = { from: [0, 1, 0], to: [1, 2, 2], lengths: money.lengths };
    const { labels: _, ...rest } = found;
    expect(bellmanFord(numbers, { source: 1 })).toEqual(rest);
    expect(bellmanFord({ ...money, nodeCount: 5 }, { source: 'EUR' }).distances.length).toBe(5);
  });

  test('refuses names that are none', () => {
    const { bellmanFord } = engine.paths;
    expect(() => bellmanFord(money, { source: 'JPY' })).toThrow(
      /"source" expected a node of an edge, got "JPY"/,
    );
    expect(() => bellmanFord({ from: [0], to: [1], lengths: [1] }, { source: 'EUR' })).toThrow(
      /no names/,
    );
    expect(() => bellmanFord({ ...money, nodeCount: 2 })).toThrow(/"(from|to|nodeCount)"/);
  });
});
