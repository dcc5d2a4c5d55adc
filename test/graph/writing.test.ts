// Graphs as text for other programs: what is written is read back, here, by graphology, and by networkx where it is installed.
import { spawnSync } from 'node:child_process';
import { UndirectedGraph } from 'graphology';
import { createEngine, type Engine, SublinearRangeError, SublinearTypeError } from 'sublinear';
import type { GraphRoom, GraphTextFormat, Graph as GraphType } from 'sublinear/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refused } from '../support/refused.js';

let engine: Engine;
let Graph: GraphRoom['Graph'];
beforeAll(async () => {
  engine = await createEngine();
  ({ Graph } = await engine.use('graph'));
});
afterAll(() => {
  expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
  engine.dispose();
});

const formats: GraphTextFormat[] = ['graphml', 'gexf', 'nodeLink', 'graphology', 'cytoscape'];

/** Everything that a reader can know of a graph. */
function known(graph: GraphType) {
  const { from, to, weights } = graph.toEdges();
  return {
    directed: graph.directed,
    names: Array.from({ length: graph.nodeCount }, (_, u) => String(graph.labelOf(u))),
    edges: Array.from(from, (u, k) => [u, to[k], weights?.[k] ?? 1]),
    weighted: graph.weighted,
  };
}

function* graphs(): Generator<[string, GraphType]> {
  const next = random(3);
  for (const directed of [true, false])
    for (const weighted of [true, false]) {
      const count = 60;
      const pick = () => Math.floor(next() * 20);
      const ends = () => Array.from({ length: count }, pick);
      const [from, to] = [ends(), ends()];
      const weights = { weights: from.map(() => next() * 10 ** (pick() - 10)) };
      const how = { from, to, nodeCount: 21, directed, parallel: 'once' as const };
      const name = `${directed ? 'directed' : 'undirected'}, ${weighted ? 'weighted' : 'plain'}`;
      yield [`${name}, numbers`, Graph.fromEdges({ ...how, ...(weighted && weights) })];
      const labels = Array.from({ length: 21 }, (_, u) => `<${u}> & "x'${u}"\n\t\u00e9\u{1f600}`);
      yield [`${name}, names`, Graph.fromEdges({ ...how, ...(weighted && weights), labels })];
    }
  yield ['a node alone', Graph.fromEdges({ from: [], to: [], nodeCount: 1 })];
  yield ['ids above 2^53', Graph.fromEdges({ from: [2n ** 60n], to: [2n ** 60n + 1n] })];
}

test('what is written is read back', async () => {
  for (const [name, graph] of graphs()) {
    for (const format of formats) {
      const text = graph.write(format, { nodes: { score: new Float64Array(graph.nodeCount) } });
      expect([...graph.writeInPieces(format)].join(''), name).toBe(graph.write(format));
      using again = await Graph.readAsync(text);
      expect(known(again), `${name}, ${format}`).toEqual(known(graph));
    }
    graph.dispose();
  }
});

describe('columns', () => {
  const columns = {
    nodes: {
      community: Uint32Array.of(0, 0, 7),
      rank: Float32Array.of(0.5, Number.POSITIVE_INFINITY, 0.25),
      title: ['A & B', null, '<c>'],
      core: [true, false, true],
      big: [2n ** 62n, 1n, undefined],
      x: [1, 2.5, -3],
      y: [0, 1, 2],
    },
    edges: { flow: [0.5, 2], cut: [false, true] },
  };
  const make = () =>
    Graph.fromEdges({
      from: ['ann', 'bob'],
      to: ['bob', 'cay'],
      weights: [2, 0.1],
      directed: false,
    });

  test('graphology imports them by name', () => {
    using graph = make();
    const other = new UndirectedGraph();
    other.import(JSON.parse(graph.write('graphology', columns)));
    expect([other.type, other.order, other.size]).toEqual(['undirected', 3, 2]);
    expect(other.getNodeAttributes('cay')).toEqual({
      community: 7,
      rank: 0.25,
      title: '<c>',
      core: true,
      x: -3,
      y: 2,
    });
    expect(other.getNodeAttributes('ann').big).toBe(String(2n ** 62n));
    expect(other.getNodeAttributes('bob')).not.toHaveProperty('rank');
    expect(other.getEdgeAttributes(other.edge('cay', 'bob'))).toEqual({
      weight: 0.1,
      flow: 2,
      cut: true,
    });
    using again = Graph.fromGraphology(other);
    expect(known(again)).toEqual(known(graph));
  });

  test('Cytoscape takes elements with data and positions', () => {
    using graph = make();
    const { elements, directed } = JSON.parse(graph.write('cytoscape', columns));
    expect(directed).toBe(false);
    expect(elements.nodes[2]).toEqual({
      data: { id: 'cay', community: 7, rank: 0.25, title: '<c>', core: true, x: -3, y: 2 },
      position: { x: -3, y: 2 },
    });
    expect(elements.edges[0]).toEqual({
      data: { source: 'ann', target: 'bob', weight: 2, flow: 0.5, cut: false },
    });
  });

  test('GraphML declares each with its type', async () => {
    using graph = make();
    const text = graph.write('graphml', columns);
    for (const key of [
      'for="edge" attr.name="weight" attr.type="double"',
      'for="node" attr.name="community" attr.type="long"',
      'for="node" attr.name="rank" attr.type="double"',
      'for="node" attr.name="core" attr.type="boolean"',
      'for="edge" attr.name="flow" attr.type="double"',
    ])
      expect(text).toContain(key);
    expect(text).toContain(
      '<node id="bob"><data key="n0">0</data><data key="n3">false</data><data key="n4">1</data><data key="n5">2.5</data><data key="n6">1</data></node>',
    );
    // A column can be what the reader takes for weights or names.
    using flows = await Graph.readAsync(text, { weight: 'flow' });
    expect(flows.neighborWeights('cay')).toEqual(Float64Array.of(2));
    const titled = graph.write('graphml', { nodes: { title: ['one', 'two', 'three'] } });
    using named = await Graph.readAsync(titled, { label: 'title' });
    expect(named.labelsOf([0, 1, 2])).toEqual(['one', 'two', 'three']);
  });

  test('GEXF has them as attributes, and where nodes are drawn', async () => {
    using graph = make();
    const text = graph.write('gexf', columns);
    expect(text).toContain('<attribute id="1" title="rank" type="double"/>');
    expect(text).toContain('<attvalue for="2" value="A &amp; B"/>');
    expect(text).toContain('<viz:position x="2.5" y="1" z="0"/>');
    using flows = await Graph.readAsync(text, { weight: 'flow' });
    expect(flows.neighborWeights('cay')).toEqual(Float64Array.of(2));
  });
});

const script = `
import io, json, sys
import networkx as nx
for name, text in json.load(sys.stdin):
    data = io.BytesIO(text.encode())
    g = (nx.read_graphml(data) if name == 'graphml' else nx.read_gexf(data) if name == 'gexf'
         else nx.node_link_graph(json.loads(text), **({'edges': 'edges'} if nx.__version__ >= '3.4' else {'link': 'edges'})))
    print(json.dumps([g.is_directed(), g.is_multigraph(), sorted(g.nodes),
        [g.nodes[u].get('rank') for u in sorted(g.nodes)], sum(d['weight'] for _, _, d in g.edges(data=True)), g.size()]))
`;
const networkx = spawnSync('python3', ['-c', 'import networkx']).status === 0;
if (!networkx) console.info('graphs as networkx reads them: skipped, it is not installed');

test.skipIf(!networkx)('networkx reads the same graph, with the results', () => {
  const names = ['a & <b>', 'Bob', 'Cay', 'alone "x"\n'];
  const rank = [0.5, 1e-9, Number.NaN, 4];
  const wanted = [
    ...names.map((name, u) => [name, Number.isNaN(rank[u]) ? null : rank[u]] as const),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const directed of [true, false]) {
    using graph = Graph.fromEdges({
      from: [names[0]!, 'Bob', 'Cay', 'Bob'],
      to: ['Bob', 'Cay', names[0]!, 'Bob'],
      weights: [1.5, 2, 0.25, 7],
      labels: names,
      directed,
    });
    const files = (['graphml', 'gexf', 'nodeLink'] as const).map((format) => [
      format,
      graph.write(format, { nodes: { rank } }),
    ]);
    const { stdout, stderr } = spawnSync('python3', ['-c', script], {
      input: JSON.stringify(files),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(files.length);
    for (const line of lines)
      expect(JSON.parse(line)).toEqual([
        directed,
        false,
        wanted.map(([name]) => name),
        wanted.map(([, value]) => value),
        10.75,
        4,
      ]);
  }
});

test('what cannot be written is refused by name', () => {
  using graph = Graph.fromEdges({ from: ['a\u0001'], to: ['b'] });
  const write = (format: string, options?: object) => () =>
    graph.write(format as GraphTextFormat, options);
  const at = 'Graph.write';
  refused(write('dot'), SublinearRangeError, 'RANGE', at, /"format" expected 'graphml' or 'gexf'/);
  refused(write('gexf', { nodes: { r: [1] } }), SublinearRangeError, 'SHAPE', at, /nodes\.r.*2/);
  refused(
    write('nodeLink', { nodes: { id: [1, 2] } }),
    SublinearRangeError,
    'OPTION',
    at,
    /nodes\.id.*something else/,
  );
  refused(
    write('cytoscape', { edges: { weight: [1] } }),
    SublinearRangeError,
    'OPTION',
    at,
    /edges\.weight/,
  );
  refused(
    write('gexf', { nodes: { r: [1, 'x'] } }),
    SublinearTypeError,
    'TYPE',
    at,
    /nodes\.r\[1\]/,
  );
  refused(write('gexf', { nodes: { r: 5 } }), SublinearTypeError, 'TYPE', at, /nodes\.r/);
  refused(write('gexf', { colours: 5 }), SublinearTypeError, 'TYPE', at, /colours/);
  refused(write('graphml'), SublinearRangeError, 'ARGUMENT', at, /XML cannot hold/);
  expect(JSON.parse(graph.write('nodeLink')).nodes[0].id).toBe('a\u0001');
  using both = Graph.fromEdges({ from: [0], to: [1], labels: [7, '7'] });
  const twice = () => both.write('cytoscape');
  refused(twice, SublinearRangeError, 'ARGUMENT', at, /two nodes are called/);
});
