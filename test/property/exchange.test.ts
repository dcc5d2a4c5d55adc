// Ways in and out: tables, JSON, graphology, arrays for the graphs of other modules.
import { MultiDirectedGraph, MultiGraph } from 'graphology';
import { createEngine, type Engine } from 'sublinear';
import type { PropertyGraph, PropertyRoom } from 'sublinear/property';
import { afterAll, beforeAll, expect, test } from 'vitest';

let engine: Engine;
let room: PropertyRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('property');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

const rowsOf = (graph: PropertyGraph, csv: string, options = '{}') => {
  graph.useProcedures({ files: () => csv });
  return graph
    .query(`CALL sublinear.loadCsv('x', ${options}) YIELD row RETURN row`)
    .rows.map(({ row }) => row);
};

test('tables come as maps of strings, or as lists', () => {
  const graph = room.PropertyGraph.create();
  const table =
    '\ufeffname,says\r\n"Ada, Countess","""hi"", she said"\r\n\r\nBob,\nCy,"two\nlines"';
  expect(rowsOf(graph, table)).toEqual([
    { name: 'Ada, Countess', says: '"hi", she said' },
    { name: 'Bob', says: null },
    { name: 'Cy', says: 'two\nlines' },
  ]);
  expect(rowsOf(graph, 'a;b\nc', "{headers: false, separator: ';'}")).toEqual([['a', 'b'], ['c']]);
  expect(rowsOf(graph, 'a,b\n1')).toEqual([{ a: '1', b: null }]);
  expect(rowsOf(graph, 'a,b\n,')).toEqual([{ a: null, b: null }]);
  expect(rowsOf(graph, 'a\n""')).toEqual([{ a: '' }]);
  expect(rowsOf(graph, '__proto__\n1')).toEqual([Object.fromEntries([['__proto__', '1']])]);
  for (const nothing of ['', '\n\n', 'a,b', '\ufeff']) expect(rowsOf(graph, nothing)).toEqual([]);
  expect(() => rowsOf(graph, 'a\nb\n"c')).toThrow(/line 3/);
  expect(() => rowsOf(graph, 'a', "{separator: ''}")).toThrow(/separator/);
  expect(() => rowsOf(graph, 'a', "{separator: '\"'}")).toThrow(/separator/);
  expect(() => rowsOf(graph, 'a', '{header: true}')).toThrow(/header/);
  graph.dispose();
});

test('LOAD CSV reads what the program gives, and nothing else', async () => {
  const graph = room.PropertyGraph.create();
  const load = "LOAD CSV WITH HEADERS FROM 'file:///etc/passwd' AS row RETURN row";
  const refused = (text: string) => {
    try {
      graph.query(text);
    } catch (error) {
      const { code, type, detail, column, message } = Object(error);
      return { code, type, detail, column, message };
    }
    return undefined;
  };
  expect(refused(load)).toMatchObject({
    code: 'PARSE',
    type: 'ProcedureError',
    detail: 'ProcedureNotFound',
    column: 1,
    message: expect.stringContaining('LOAD CSV takes rows of the procedure sublinear.loadCsv'),
  });
  const asked: string[] = [];
  graph.useProcedures({
    files: async (name) => {
      asked.push(name);
      if (name !== 'people.csv') throw new Error(`may not read ${name}`);
      return 'name|says\nAda|"a|b"\nBob|';
    },
  });
  await expect(graph.queryAsync(load)).rejects.toThrow('may not read file:///etc/passwd');
  const { rows } = await graph.queryAsync(
    `LOAD CSV WITH HEADERS FROM $file AS row FIELDTERMINATOR '|' WITH row WHERE row.says IS NOT NULL
     CREATE (p:Person {name: row.name, says: row.says}) RETURN p.says AS says`,
    { file: 'people.csv' },
  );
  expect([rows, asked]).toEqual([[{ says: 'a|b' }], ['file:///etc/passwd', 'people.csv']]);
  for (const [text, column] of [
    ['LOAD JSON FROM "x" AS row RETURN row', 6],
    ['LOAD CSV WITH FROM "x" AS row RETURN row', 15],
    ['LOAD CSV FROM "x" RETURN 1', 19],
    ['LOAD CSV FROM 5 AS row RETURN row', 15],
    ['LOAD CSV FROM "x" AS row FIELDTERMINATOR RETURN row', 42],
    ['MATCH (row) LOAD CSV FROM "x" AS row RETURN row', 34],
    ['MATCH (n) LOAD CSV FROM "x" AS row', 35],
  ] as const)
    expect(refused(text), text).toMatchObject({ code: 'PARSE', column });
  graph.dispose();
});

test('a table becomes a graph, from text, bytes and promises', async () => {
  const graph = room.PropertyGraph.create();
  const contents: Record<string, string> = {
    'people.csv': 'name,age\nAda,36\nBob,41\nCy,',
    'knows.json': '[{"from": "Ada", "to": "Bob"}, {"from": "Bob", "to": "Cy", "since": 2001}]',
  };
  const asked: string[] = [];
  graph.useProcedures({
    files: async (name) => {
      asked.push(name);
      return new TextEncoder().encode(contents[name] ?? 'no JSON');
    },
  });
  await graph.queryAsync(`CALL sublinear.loadCsv('people.csv', {}) YIELD row
    CREATE (:Person {name: row.name, age: toInteger(row.age)})`);
  await graph.queryAsync(
    `CALL sublinear.loadJson($file) YIELD value
    MATCH (a:Person {name: value.from}), (b:Person {name: value.to})
    CREATE (a)-[:KNOWS {since: value.since}]->(b)`,
    { file: 'knows.json' },
  );
  expect(asked).toEqual(['people.csv', 'knows.json']);
  expect(
    graph.query(
      `MATCH (a)-[k:KNOWS]->(b) RETURN a.name AS a, a.age AS age, k.since AS since, b.name AS b ORDER BY a`,
    ).rows,
  ).toEqual([
    { a: 'Ada', age: 36, since: null, b: 'Bob' },
    { a: 'Bob', age: 41, since: 2001, b: 'Cy' },
  ]);
  await expect(
    graph.queryAsync("CALL sublinear.loadJson('other') YIELD value RETURN value"),
  ).rejects.toThrow(/JSON/);
  graph.useProcedures({ files: bad(() => 5) });
  expect(() => graph.query("CALL sublinear.loadCsv('x', {}) YIELD row RETURN row")).toThrow(
    /content of x/,
  );
  expect(() => graph.useProcedures({ files: bad('x') })).toThrow(/files/);
  graph.dispose();
});

test('graphology there and back', () => {
  const source = new MultiGraph();
  source.addNode('a', { label: 'Person', age: 36 });
  source.addNode('b', { label: ['Person', 'Poet'], tags: ['x', 'y'] });
  source.addNode('c', {});
  source.addNode('d', { label: 'Person', name: 'Dov' });
  source.addEdge('a', 'b', { type: 'KNOWS', since: 2001 });
  source.addUndirectedEdge('b', 'c', { weight: 0.5 });
  source.addEdge('d', 'd', { type: 'KNOWS' });
  const graph = room.PropertyGraph.fromGraphology(source, { key: 'name' });
  expect(
    graph.query(
      'MATCH (n) RETURN n.name AS name, labels(n) AS labels, n.age AS age, n.tags AS tags ORDER BY name',
    ).rows,
  ).toEqual([
    { name: 'a', labels: ['Person'], age: 36, tags: null },
    { name: 'b', labels: ['Person', 'Poet'], age: null, tags: ['x', 'y'] },
    { name: 'c', labels: [], age: null, tags: null },
    { name: 'd', labels: ['Person'], age: null, tags: null },
  ]);
  expect(
    graph.query(
      'MATCH (a)-[r]->(b) RETURN a.name + b.name AS ends, type(r) AS type, properties(r) AS p ORDER BY ends',
    ).rows,
  ).toEqual([
    { ends: 'ab', type: 'KNOWS', p: { since: 2001 } },
    { ends: 'bc', type: 'EDGE', p: { weight: 0.5 } },
    { ends: 'dd', type: 'KNOWS', p: {} },
  ]);
  const other = graph.toGraphology(new MultiDirectedGraph());
  expect([other.order, other.size]).toEqual([4, 3]);
  const again = room.PropertyGraph.fromGraphology(other);
  const count =
    'MATCH (a:Person)-[r:KNOWS]->(b:Poet) RETURN a.name AS a, b.name AS b, r.since AS since';
  expect(again.query(count).rows).toEqual(graph.query(count).rows);
  expect(again.query(count).rows).toHaveLength(1);

  const empty = room.PropertyGraph.fromGraphology(new MultiGraph());
  expect(empty.nodeCount).toBe(0);
  const wrong = new MultiGraph();
  wrong.addNode('a', { label: 5 });
  expect(() => room.PropertyGraph.fromGraphology(wrong)).toThrow(/label of node a/);
  wrong.replaceNodeAttributes('a', { when: new Date() });
  expect(() => room.PropertyGraph.fromGraphology(wrong)).toThrow(/columns\.when/);
  expect(() => room.PropertyGraph.fromGraphology(bad({}))).toThrow(/graph/);
  expect(() => room.PropertyGraph.fromGraphology(wrong, bad({ weight: 'w' }))).toThrow(/weight/);
  expect(() => graph.toGraphology(bad({}))).toThrow(/into/);
  for (const each of [graph, again, empty]) each.dispose();
});

test('a part of the graph is a graph of the other modules', async () => {
  const { Graph, shortestPath } = await engine.use('paths');
  const graph = room.PropertyGraph.create();
  graph.query(`CREATE (:X), (a:Page {n: 0})-[:LINK {w: 2}]->(b:Page {n: 1})-[:LINK {w: 3}]->(c:Page {n: 2}), (a)-[:SEEN {w: 1}]->(c),
    (c)-[:LINK]->(:X)`);
  const { nodes, relationships, edges } = graph.project({
    label: 'Page',
    type: 'LINK',
    weight: 'w',
  });
  expect([...nodes]).toEqual([1, 2, 3]);
  expect([...relationships]).toHaveLength(2);
  expect(edges).toEqual({
    from: Uint32Array.of(0, 1),
    to: Uint32Array.of(1, 2),
    weights: Float64Array.of(2, 3),
    nodeCount: 3,
  });
  expect(shortestPath(Graph.fromEdges(edges), { source: 0, target: 2 }).length).toBe(5);
  expect(graph.project().edges.from).toHaveLength(4);
  expect(graph.project().edges).not.toHaveProperty('weights');
  expect(graph.project({ type: 'NONE' }).edges).toEqual({
    from: new Uint32Array(),
    to: new Uint32Array(),
    nodeCount: 5,
  });
  expect(() => graph.project(bad({ labels: 'x' }))).toThrow(/labels/);
  expect(() => graph.project(bad({ label: 5 }))).toThrow(/label/);
  graph.query('MATCH (n:Page {n: 1}) DETACH DELETE n');
  expect([...graph.project({ label: 'Page' }).nodes]).toEqual([1, 3]);
  graph.dispose();
});
