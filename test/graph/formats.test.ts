// Graphs out of files of many formats. What is in them is what networkx reads there: vectors/graph-files/generate.py.
import { gzipSync } from 'node:zlib';
import { MultiGraph, UndirectedGraph } from 'graphology';
import { createEngine, type Engine, SublinearError } from 'sublinear';
import type { GraphRoom, Graph as GraphType } from 'sublinear/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refused } from '../support/refused.js';
import files from '../vectors/graph-files/files.json' with { type: 'json' };

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

/** The edges by the names of their ends, sorted, as the script writes them. */
function edgesOf(graph: GraphType): [string, string, number][] {
  const { from, to, weights } = graph.toEdges();
  const named = Array.from(from, (u, k): [string, string, number] => {
    const pair = [String(graph.labelOf(u)), String(graph.labelOf(to[k]!))] as [string, string];
    if (!graph.directed) pair.sort((a, b) => (a < b ? -1 : 1));
    return [...pair, weights?.[k] ?? 1];
  });
  const text = (edge: unknown[]) => JSON.stringify(edge);
  return named.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
const sorted = (edges: unknown[][]) =>
  [...edges].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const bytes = (text: string) => new TextEncoder().encode(text);

describe.each(Object.entries(files.graphs))('as networkx wrote it: %s', (_, wanted) => {
  const formats = Object.entries(wanted.files);
  test.each(formats)('%s', async (format, text) => {
    const small = async function* () {
      const all = bytes(text);
      for (let at = 0; at < all.length; at += 7) yield all.subarray(at, at + 7);
    };
    for (const source of [text, new Blob([text]), gzipSync(text), small()]) {
      using graph = await Graph.readAsync(source);
      expect([graph.directed, graph.weighted]).toEqual([
        wanted.directed,
        // networkx writes the weight 1 where there is none, and Pajek's default is 1.
        format === 'pajek' || graph.weighted ? graph.weighted : wanted.weighted,
      ]);
      const names = Array.from({ length: graph.nodeCount }, (_, node) =>
        String(graph.labelOf(node)),
      );
      expect(names.sort()).toEqual([...wanted.nodes].sort());
      expect(edgesOf(graph)).toEqual(sorted(wanted.edges));
    }
  });

  test('a file cut at any place is refused or says what is missing', async () => {
    for (const format of ['graphml', 'gexf', 'json'] as const) {
      const whole = bytes(wanted.files[format].trimEnd());
      for (let length = 0; length < whole.length; length += 3) {
        const code = await Graph.readAsync(whole.slice(0, length), { format }).then(
          () => 'read',
          (error) => error.code,
        );
        expect(code, `${format}, ${length} bytes`).toMatch(/PARSE|EMPTY|FORMAT/);
      }
    }
  });

  test('a file with bytes changed is a graph or an error, and leaves nothing behind', async () => {
    const next = random(11);
    for (const [format, text] of formats) {
      const whole = bytes(text);
      for (let trial = 0; trial < 150; trial++) {
        const changed = whole.slice();
        for (let k = 0; k <= trial % 4; k++)
          changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
        await Graph.readAsync(changed, { format: format as 'json' }).then(
          (graph) => graph.dispose(),
          (error) => expect(error).toHaveProperty('code'),
        );
      }
    }
    expect(engine.stats().modules[0]!.objects ?? 0).toBe(0);
  });
});

test.each(Object.entries(files.markets))('Matrix Market, %s', async (name, { file, edges }) => {
  for (const graph of [await Graph.readAsync(file), Graph.fromMatrixMarket(file)]) {
    expect([graph.directed, graph.edgeCount]).toEqual([name === 'general', edges]);
    graph.dispose();
  }
});

describe('formats are known by their first bytes', () => {
  const market = '%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 0.5\n2 3 1\n';
  const known: [string, string | Uint8Array, RegExp][] = [
    ['Matrix Market', market, /Matrix Market.*fromMatrixMarket/],
    ['GraphML', '<?xml version="1.0"?>\n<graphml/>', /GraphML.*readAsync/],
    ['JSON', '{"nodes": [], "links": []}', /JSON.*readAsync/],
    ['Pajek', '*Vertices 3\n', /Pajek.*readAsync/],
    ['HTML', '<!doctype html><p>404', /HTML.*error page/],
    ['NumPy', Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0), /NumPy.*readNpy/],
    ['zip', Uint8Array.of(0x50, 0x4b, 3, 4, 0), /zip/],
    ['gzip', gzipSync('0 1\n'), /gzip.*Async/],
    ['Parquet', 'PAR1', /Parquet.*export/],
    ['Arrow', 'ARROW1\0\0', /Arrow/],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x30, 0), /UTF-16.*UTF-8/],
    ['zero bytes', '0 1\0\n', /zero bytes/],
  ];
  test.each(known)('%s is refused by the readers of lines, with the remedy', (_, text, message) => {
    for (const name of ['fromEdgeList', 'fromCsv', 'fromMetis'] as const)
      refused(() => Graph[name](text), SublinearError, 'FORMAT', `Graph.${name}`, message);
  });

  test('what asks for one format refuses another', async () => {
    const saved = Graph.fromEdges({ from: [0], to: [1] });
    const file = saved.save();
    saved.dispose();
    await expect(Graph.readAsync('0 1\n', { format: 'graphml' })).rejects.toThrow(
      /no element|text/,
    );
    await expect(Graph.readAsync(market, { format: 'csv' })).rejects.toThrow(/Matrix Market/);
    await expect(Graph.readAsync(market, { format: 'saved' })).rejects.toThrow(/Matrix Market/);
    await expect(Graph.readAsync(new Uint8Array([0x50, 0x41, 0x52, 0x31]))).rejects.toThrow(
      /Parquet/,
    );
    using again = await Graph.readAsync(file);
    expect(again.edgeCount).toBe(1);
    await expect(Graph.readAsync(market, { separator: ',' })).rejects.toThrow(/"separator"/);
    using metis = await Graph.readAsync('3 2\n2\n1 3\n2\n', { format: 'metis' });
    expect(metis.directed).toBe(false);
    const { SparseMatrix } = await engine.use('sparse');
    refused(
      () => SparseMatrix.fromMatrixMarket('{"a": 1}'),
      SublinearError,
      'FORMAT',
      'SparseMatrix.fromMatrixMarket',
      /JSON/,
    );
  });

  // Lines of these would be edges between the words in them: "p edge 3 2" from p to edge.
  test.each([
    ['GML', 'graph [\n  directed 1\n  node [\n    id 0\n  ]\n]\n'],
    ['GML', 'Creator "igraph"\nVersion 1\ngraph\n[\n  node\n  [\n    id 0\n  ]\n]\n'],
    ['DOT', 'digraph G {\n  a -> b;\n}\n'],
    ['DOT', '// made by hand\nstrict graph "my graph" {\n a -- b\n}\n'],
    ['DOT', '/* of two\nlines */ graph{a -- b}\n'],
    ['DIMACS', 'c a comment\nc\np edge 3 2\ne 1 2\ne 2 3\n'],
    ['DIMACS', 'p sp 3 2\na 1 2 5\n'],
    ['GDF', 'nodedef>name VARCHAR\na\nedgedef>node1 VARCHAR,node2 VARCHAR\na,a\n'],
    ['graph6', '>>graph6<<A_\n'],
    ['LEDA', 'LEDA.GRAPH\nstring\nint\n-1\n'],
    ['UCINET', 'dl n=3 format=edgelist1\ndata:\n1 2\n'],
    ['UCINET', '*Node data\nID name\n1 a\n*Tie data\nfrom to\n1 2\n'],
    ['Tulip', '(tlp "2.3"\n(nodes 0..2)\n(edge 0 0 1)\n)\n'],
    ['RTF', '{\\rtf1\\ansi hello}'],
  ])('%s is no list of edges', async (name, text) => {
    const all = { compactIds: true };
    const said = new RegExp(`^"source" is .*${name}.*: ex`);
    const list = () => Graph.fromEdgeList(text, all);
    refused(list, SublinearError, 'FORMAT', 'Graph.fromEdgeList', said);
    refused(() => Graph.fromCsv(text, all), SublinearError, 'FORMAT', 'Graph.fromCsv', said);
    await expect(Graph.readAsync(text)).rejects.toThrow(said);
  });

  test('a beginning of many comments is looked at once', () => {
    // A pattern that may divide them in several ways would try all 2^1000.
    for (const comment of ['/**/', '// \n', '#\n', '%\n', 'c\n', '<!---->', '<?a?>']) {
      const data = `${comment.repeat(1000)}a b\n`;
      const options = { compactIds: true, header: false };
      try {
        Graph.fromEdgeList(data, options).dispose();
      } catch (error) {
        expect(error).toBeInstanceOf(SublinearError);
      }
    }
  });

  test('names may be the words with which other formats begin', async () => {
    for (const text of ['graph digraph\nstrict graph\n', 'p edge\nc p\n', 'dl n\nnodedef a\n']) {
      using graph = Graph.fromEdgeList(text, { compactIds: true, header: false });
      expect(graph.edgeCount).toBe(2);
    }
    for (const format of ['', 0, null] as never[])
      await expect(Graph.readAsync('a b\n', { format })).rejects.toThrow(/^"format" expected/);
    const twice = Graph.readAsync(gzipSync(gzipSync('a b\n')));
    await expect(twice).rejects.toThrow(/gzip: and twice/);
  });

  test('edge lists and CSV are told apart, and names begin with anything', async () => {
    const of = async (text: string) => {
      using graph = await Graph.readAsync(text);
      return edgesOf(graph);
    };
    expect(await of('ann bob\nbob cay\n')).toEqual([
      ['ann', 'bob', 1],
      ['bob', 'cay', 1],
    ]);
    expect(await of('a b,c\nc,d e\n')).toEqual([
      ['a b', 'c', 1],
      ['c', 'd e', 1],
    ]);
    expect(await of('[deleted] x\nx <y>\n')).toEqual([
      ['[deleted]', 'x', 1],
      ['x', '<y>', 1],
    ]);
    expect(await of('source\ttarget\n7\t9\n')).toEqual([['7', '9', 1]]);
  });
});

describe('sources', () => {
  const list = '0 1\n1 2\n';
  test('of every kind are read', async () => {
    const file = new File([list], 'edges.txt');
    const sources: [string, () => unknown][] = [
      ['text', () => list],
      ['bytes', () => bytes(list)],
      ['ArrayBuffer', () => bytes(list).buffer],
      ['Blob', () => new Blob([list])],
      ['File', () => file],
      ['Response', () => new Response(list)],
      ['stream', () => new Blob([list]).stream()],
      ['promise of a Response', () => Promise.resolve(new Response(list))],
      ['promise of bytes', () => Promise.resolve(bytes(list))],
      ['pieces that are buffers', () => [bytes('0 1').buffer, bytes('\n1 2\n')]],
      ['gzip', () => gzipSync(list)],
      ['gzip in a Response', () => new Response(gzipSync(list))],
      ['gzip in pieces of a byte', () => Array.from(gzipSync(list), (byte) => Uint8Array.of(byte))],
    ];
    for (const [name, make] of sources) {
      using graph = await Graph.fromEdgeListAsync(make() as Blob);
      expect(graph.edgeCount, name).toBe(2);
    }
    using there = Graph.fromEdgeList(bytes(list).buffer);
    expect(there.edgeCount).toBe(2);
  });

  test('saved files are loaded from them too', async () => {
    using graph = Graph.fromEdges({ from: ['Ada', 'Bob'], to: ['Bob', 'Éva'], weights: [1, 2] });
    const file = graph.save();
    for (const source of [
      file.buffer,
      new Blob([file]),
      new Response(file),
      Promise.resolve(new Response(gzipSync(file))),
    ]) {
      using again = await Graph.loadAsync(source);
      expect(edgesOf(again)).toEqual(edgesOf(graph));
      expect(again.nodeOf('Éva')).toBe(2);
    }
    using again = Graph.load(file.buffer);
    expect(again.labelOf(0)).toBe('Ada');
  });

  test('what is not there yet, or went wrong, is named', async () => {
    refused(
      () => Graph.fromEdgeList(new Blob([list]) as never),
      TypeError,
      'TYPE',
      'Graph.fromEdgeList',
      /fromEdgeListAsync takes it/,
    );
    refused(
      () => Graph.load(new Response('') as never),
      TypeError,
      'TYPE',
      'Graph.load',
      /loadAsync takes it/,
    );
    const gone = new Response('gone', { status: 404, statusText: 'Not Found' });
    await expect(Graph.fromEdgeListAsync(gone)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: expect.stringMatching(/404 Not Found/),
    });
    const used = new Response(list);
    await used.text();
    await expect(Graph.fromEdgeListAsync(used)).rejects.toThrow(/has not been read/);
    await expect(Graph.fromEdgeListAsync(Promise.reject(new Error('offline')))).rejects.toThrow(
      'offline',
    );
    await expect(Graph.fromEdgeListAsync(Promise.resolve(7) as never)).rejects.toThrow(/"source"/);
    const zipped = gzipSync(list.repeat(100));
    for (const cut of [4, 12, zipped.length - 9, zipped.length - 1])
      await expect(Graph.fromEdgeListAsync(zipped.subarray(0, cut))).rejects.toMatchObject({
        code: 'FORMAT',
      });
    const broken = zipped.slice();
    broken[zipped.length - 6]! ^= 1;
    await expect(Graph.fromEdgeListAsync(broken)).rejects.toMatchObject({ code: 'FORMAT' });
    async function* failing() {
      yield zipped.subarray(0, 20);
      throw new Error('the line is down');
    }
    await expect(Graph.fromEdgeListAsync(failing())).rejects.toThrow('the line is down');
  });

  test('a source that is left is told so', async () => {
    let left = 0;
    const endless = (first: Uint8Array) =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          controller.enqueue(first);
        },
        cancel: () => void left++,
      });
    const controller = new AbortController();
    const read = Graph.fromEdgeListAsync(endless(bytes('0 1\n')), { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(read).rejects.toMatchObject({ name: 'AbortError' });
    await expect(Graph.readAsync(endless(bytes('PAR1'.padEnd(70_000))))).rejects.toThrow(/Parquet/);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(left).toBe(2);
  });
});

describe('names', () => {
  test('stand for nodes in arrays, in the order in which they appear', () => {
    using graph = Graph.fromEdges({ from: ['Ada', 'Cay'], to: ['Bob', 'Ada'], directed: false });
    expect(graph.labelsOf([0, 1, 2])).toEqual(['Ada', 'Bob', 'Cay']);
    expect(graph.labelsOf(graph.neighbors('Ada'))).toEqual(['Bob', 'Cay']);
    expect([graph.degree('Cay'), graph.nodeOf('Zoe')]).toEqual([1, undefined]);
    refused(() => graph.neighbors('Zoe'), RangeError, 'INDEX', 'Graph.neighbors', /"node".*"Zoe"/);
    using plain = Graph.fromEdges({ from: [0], to: [1] });
    refused(() => plain.neighbors('Ada'), RangeError, 'INDEX', 'Graph.neighbors', /no names/);
  });

  test('numbers can be ids, and labels can be given', () => {
    using compact = Graph.fromEdges({ from: [4e9, 7], to: [7, 2 ** 40], compactIds: true });
    expect(compact.labelsOf([0, 1, 2])).toEqual([7, 4e9, 2 ** 40]);
    using wide = Graph.fromEdges({ from: [2n ** 63n], to: [1n] });
    expect(wide.labelsOf([0, 1])).toEqual([1, 2n ** 63n]);
    using given = Graph.fromEdges({ from: [2], to: [0], labels: ['x', 'y', 'z'] });
    expect([given.nodeCount, given.labelOf(2)]).toEqual([3, 'z']);
    using listed = Graph.fromEdges({ from: ['z'], to: ['x'], labels: ['x', 'y', 'z'] });
    expect(listed.neighbors('z')).toEqual(Uint32Array.of(0));
    const edges = { from: ['z'], to: ['w'], labels: ['x', 'z'] };
    refused(() => Graph.fromEdges(edges), RangeError, 'INDEX', 'Graph.fromEdges', /"to\[0\]".*"w"/);
    const twice = { from: [0], to: [1], labels: ['x', 'x'] };
    refused(() => Graph.fromEdges(twice), RangeError, 'ARGUMENT', 'Graph.fromEdges', /"labels"/);
    const few = { from: [0], to: [1], labels: ['x', 'y'], nodeCount: 3 };
    refused(() => Graph.fromEdges(few), RangeError, 'SHAPE', 'Graph.fromEdges', /labels/);
    const mixed = { from: ['a', {}], to: ['b', 'c'] } as never;
    refused(() => Graph.fromEdges(mixed), TypeError, 'TYPE', 'Graph.fromEdges', /"from\[1\]"/);
    for (const from of [[-1], [0.5], [2n ** 64n]])
      refused(
        () => Graph.fromEdges({ from, to: [1], compactIds: true }),
        RangeError,
        'RANGE',
        'Graph.fromEdges',
        /"from\[0\]"/,
      );
    using csr = Graph.fromCsr({ rowPointers: [0, 1, 1], columns: [1], labels: ['p', 'q'] });
    expect(csr.labelOf(1)).toBe('q');
  });

  test('are kept by changes, and new ones become nodes', () => {
    using graph = Graph.fromEdges({ from: ['Ada'], to: ['Bob'], directed: false });
    using more = graph.edited({ add: { from: ['Bob', 'Cay'], to: ['Cay', 'Dan'] } });
    expect(more.labelsOf([0, 1, 2, 3])).toEqual(['Ada', 'Bob', 'Cay', 'Dan']);
    using less = more.edited({ remove: { from: ['Bob'], to: ['Ada'] } });
    expect([less.edgeCount, less.degree('Ada'), less.labelOf(3)]).toEqual([2, 0, 'Dan']);
    // Where edges have weights, one without counts 1: as many as were given, or one more.
    using twice = Graph.fromEdges({ from: ['a', 'a'], to: ['b', 'b'] });
    using thrice = twice.edited({ add: { from: ['a', 'b'], to: ['b', 'c'] } });
    expect(thrice.toEdges().weights).toEqual(Float64Array.of(3, 1));
  });

  test('are sources of questions, and come back in results', async () => {
    const { personalizedPageRank } = await engine.use('diffusion');
    const { effectiveResistance, edgeResistances } = await engine.use('resistance');
    using graph = Graph.fromEdges({
      from: ['Ada', 'Bob', 'Cay'],
      to: ['Bob', 'Cay', 'Ada'],
      directed: false,
    });
    const near = personalizedPageRank(graph, { source: 'Bob', topK: 1 });
    expect([...near].map(({ label }) => label)).toEqual(['Bob']);
    const both = personalizedPageRank(graph, { source: { nodes: ['Ada', 'Cay'] }, dense: true });
    expect(both.scores[0]).toBeCloseTo(both.scores[2]!, 12);
    const { resistance } = effectiveResistance(graph, { source: 'Ada', target: 'Cay' });
    expect(resistance).toBeCloseTo(2 / 3, 6);
    const [first] = edgeResistances(graph, { epsilon: 0.5 });
    expect(first).toMatchObject({ fromLabel: 'Ada', toLabel: 'Bob' });
  });

  test('a text of Latin-1 is refused, one of UTF-8 is not', () => {
    const latin = Uint8Array.of(0xc9, 0x76, 0x61, 0x20, 0x78, 0x0a);
    refused(
      () => Graph.fromEdgeList(latin, { compactIds: true }),
      SublinearError,
      'PARSE',
      'Graph.fromEdgeList',
      /UTF-8/,
    );
    using graph = Graph.fromEdgeList('Éva x\nx ann\n', { compactIds: true });
    expect(graph.labelsOf([0, 1, 2])).toEqual(['Éva', 'x', 'ann']);
  });
});

describe('columns of CSV', () => {
  const read = (text: string, options?: Parameters<typeof Graph.fromCsv>[1]) => {
    using graph = Graph.fromCsv(text, { compactIds: true, ...options });
    return edgesOf(graph);
  };

  test('are found by well-known names, or by their places', () => {
    const one = [['0', '1', 1.5]];
    expect(read('Source,Target,Type,Id,Label,Weight\n0,1,Undirected,0,,1.5\n')).toEqual(one);
    expect(read(',source,target,weight\n5,0,1,1.5\n')).toEqual(one);
    expect(read('weight;dst;src\n1.5;1;0\n')).toEqual(one);
    expect(read('0\t1\t1.5\n')).toEqual(one);
    expect(read('a|b|c\n0|1|1.5\n')).toEqual(one);
    expect(read('"from" , "to" , "weight"\n"0","1","1.5"\n')).toEqual(one);
    expect(read('0,1,\n')).toEqual([['0', '1', 1]]);
    expect(read('source,target,date\n0,1,2024\n')).toEqual([['0', '1', 1]]);
    expect(read('source,target,color\n0,1,red\n')).toEqual([['0', '1', 1]]);
  });

  test('of Gephi say whether edges are directed', () => {
    using graph = Graph.fromCsv('Source,Target,Type\n0,1,Undirected\n1,2,Undirected\n');
    expect(graph.directed).toBe(false);
    using mixed = Graph.fromCsv('Source,Target,Type\n0,1,Undirected\n1,2,Directed\n');
    expect(mixed.directed).toBe(true);
  });

  test('are chosen by name or number', () => {
    const text = 'when,who,whom,amount\n2024-01-31,ann,"b, c",3\n2024-02-01,ann,dan,4\n';
    const ends = { fromColumn: 'who', toColumn: 'Whom' };
    expect(read(text, { ...ends, weightColumn: 'amount' })).toEqual([
      ['ann', 'b, c', 3],
      ['ann', 'dan', 4],
    ]);
    const timed = { ...ends, timeColumn: 'when' };
    expect(read(text, { ...timed, since: new Date('2024-02-01') })).toEqual([['ann', 'dan', 1]]);
    expect(read(text, { ...timed, until: new Date('2024-02-01') })).toEqual([['ann', 'b, c', 1]]);
    expect(read('1,9,2\n3,9,4\n', { fromColumn: 0, toColumn: 2, header: false })).toEqual([
      ['1', '2', 1],
      ['3', '4', 1],
    ]);
    using list = Graph.fromEdgeList('0 1 100\n1 2 200\n', { timeColumn: 2, since: 150 });
    expect([list.edgeCount, list.weighted]).toEqual([1, false]);
  });

  test('a header is told from an edge, or has to be said', () => {
    expect(read('ann,bob\nbob,cay\n')).toHaveLength(2);
    expect(read('ann,bob\n')).toHaveLength(1);
    expect(read('person,friend,strength\nann,bob,2\n')).toEqual([['ann', 'bob', 2]]);
    const text = 'person,friend\nann,bob\n';
    refused(
      () => read(text),
      RangeError,
      'OPTION',
      'Graph.fromCsv',
      /"header" has to be said.*"person"/,
    );
    expect(read(text, { header: true })).toEqual([['ann', 'bob', 1]]);
    expect(read(text, { header: false })).toHaveLength(2);
    expect(read('source,target\n', { header: false })).toEqual([['source', 'target', 1]]);
  });

  test('options that contradict are refused by name', () => {
    const bad: [object, RegExp][] = [
      [{ fromColumn: 'nobody' }, /"fromColumn" "nobody" is no column; .*"source"/],
      [{ fromColumn: 'source', header: false }, /"fromColumn" is a number/],
      [{ since: 1 }, /"since" needs timeColumn/],
      [{ weightColumn: 'source', weights: 'ignore' }, /"weightColumn"/],
      [{ fromColumn: 1, toColumn: 1 }, /"toColumn"/],
    ];
    for (const [options, message] of bad)
      refused(
        () => read('source,target\n1,2\n', options),
        RangeError,
        'OPTION',
        'Graph.fromCsv',
        message,
      );
    refused(
      () => Graph.fromEdgeList('ann;bob\nbob;cay\n', { compactIds: true }),
      SublinearError,
      'FORMAT',
      'Graph.fromEdgeList',
      /";".*fromCsv/,
    );
  });

  test('ids are names when that is asked for', () => {
    using graph = Graph.fromEdgeList('7 07\n', { compactIds: 'names' });
    expect(graph.labelsOf([0, 1])).toEqual(['7', '07']);
    refused(
      () => Graph.fromEdgeList('7 07\nx 1\n', { compactIds: true }),
      SublinearError,
      'PARSE',
      'Graph.fromEdgeList',
      /leading zeros.*'names'/,
    );
  });
});

describe('parallel edges without weights', () => {
  const edges = { from: [0, 0, 0, 1], to: [1, 1, 2, 0] };
  test('count as often as they are given, or once', () => {
    using twice = Graph.fromEdges(edges);
    using ones = Graph.fromEdges({ ...edges, weights: [1, 1, 1, 1] });
    expect(twice.toEdges()).toEqual(ones.toEdges());
    using narrow = Graph.fromEdges({ ...edges, dtype: 'float32' });
    expect(narrow.toEdges().weights).toBeInstanceOf(Float32Array);
    using once = Graph.fromEdges({ ...edges, parallel: 'once' });
    expect([once.weighted, once.edgeCount]).toEqual([false, 3]);
    const multi = new MultiGraph();
    for (const key of ['a', 'b']) multi.addNode(key);
    multi.addUndirectedEdge('a', 'b');
    multi.addUndirectedEdge('b', 'a');
    using merged = Graph.fromGraphology(multi);
    expect(merged.neighborWeights('a')).toEqual(Float64Array.of(2));
    const text = '0 1\n0 1\n';
    using file = Graph.fromEdgeList(text);
    using added = Graph.fromEdgeList(text, { parallel: 'add' });
    expect([file.weighted, added.neighborWeights(0)[0]]).toEqual([false, 2]);
  });
});

test('JSON with a byte order mark', async () => {
  const text = '\ufeff{"nodes":[{"id":"a"},{"id":"b"}],"links":[{"source":"a","target":"b"}]}';
  using read = Graph.fromJson(text);
  using coming = await Graph.readAsync(text);
  using ofBytes = await Graph.readAsync(bytes(text));
  for (const graph of [read, coming, ofBytes]) expect(graph.nodeOf('b')).toBe(1);
});

test('JSON of other libraries', () => {
  const of = (data: unknown, options?: Parameters<typeof Graph.fromJson>[1]) => {
    using graph = Graph.fromJson(data, options);
    return [graph.directed, edgesOf(graph)];
  };
  const source = new UndirectedGraph();
  source.addNode('a');
  source.addNode('b');
  source.addEdge('a', 'b', { weight: 2 });
  expect(of(source.export())).toEqual([false, [['a', 'b', 2]]]);
  const cytoscape = {
    elements: {
      nodes: [{ data: { id: 'a' } }, { data: { id: 'b' } }],
      edges: [{ data: { source: 'a', target: 'b', w: 3 } }],
    },
  };
  expect(of(cytoscape, { weight: 'w', directed: false })).toEqual([false, [['a', 'b', 3]]]);
  const d3 = { nodes: [{ name: 'x' }, { name: 'y' }], links: [{ source: 1, target: 0, value: 4 }] };
  expect(of(d3, { weight: 'value', label: 'name' })).toEqual([true, [['y', 'x', 4]]]);
  expect(of({ nodes: ['a', 'b'], edges: [['a', 'b']] })).toEqual([true, [['a', 'b', 1]]]);
  const bad: [unknown, RegExp][] = [
    ['{"nodes": [', /no JSON/],
    [{ nodes: [] }, /"edges" or "links"/],
    [{ nodes: ['a'], edges: [['a', 'b']] }, /"b", which is no node/],
    [{ nodes: ['a', 'a'], edges: [] }, /"a" twice/],
    [{ nodes: ['a'], edges: [{ source: 'a' }] }, /edge 0 has no "source" and "target"/],
    [{ nodes: ['a'], edges: [{ source: 'a', target: 'a', weight: 'x' }] }, /edge 0: "weight"/],
    [[1, 2], /object with nodes/],
  ];
  for (const [data, message] of bad)
    refused(() => Graph.fromJson(data), SublinearError, 'PARSE', 'Graph.fromJson', message);
});

test('XML that is none, or no graph, is refused with its line', async () => {
  const bad: [string, RegExp][] = [
    ['<graphml>\n<graph>\n<node id="a"></graph></graphml>', /line 3: .*<\/graph> closes <node>/],
    ['<graphml><graph><node/></graph></graphml>', /<node> has no id/],
    ['<graphml><graph><node id="a&who;"/></graph></graphml>', /unknown entity &who;/],
    ['<graphml><graph><node id="a" id="b"/></graph></graphml>', /twice/],
    ['<graphml><graph><hyperedge/></graph></graphml>', /hyperedge/],
    ['<graphml><graph/><graph/></graphml>', /second graph/],
    ['<graphml><graph><edge source="a" target="b"/><node id="a"/></graph></graphml>', /"b"/],
    ['<graphml></graphml>', /no <graph>/],
    ['<graphml/><graphml/>', /after the end/],
  ];
  for (const [text, message] of bad)
    await expect(Graph.readAsync(text), text).rejects.toThrow(message);
  const entity = `<!DOCTYPE graphml [<!ENTITY who "x">]>
    <graphml><!-- a > comment --><graph edgedefault="undirected"><node id="a"/><node id='&#x62;'/>
    <edge source="a" target="b"><data key="w"><![CDATA[2]]></data></edge></graph>
    <key id="w" attr.name="weight"/></graphml>`;
  using graph = await Graph.readAsync(entity);
  expect([graph.edgeCount, graph.nodeOf('b')]).toEqual([1, 1]);
});
