// Procedures that are functions, and those over other modules. Expected values are closed forms or counted by hand.
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

/** Two cycles of three with an edge between them, and a page without edges. */
async function pages(): Promise<PropertyGraph> {
  const graph = room.PropertyGraph.create();
  graph.addNodes({ label: 'Page', count: 7, columns: { name: [...'abcdefg'] } });
  graph.addEdges({
    type: 'LINK',
    from: [0, 1, 2, 3, 4, 5, 2],
    to: [1, 2, 0, 4, 5, 3, 3],
    columns: { cost: [1, 2, 4, 1, 1, 1, 8] },
  });
  graph.addEdges({ type: 'LINK', from: [2, 2], to: [3, 3], columns: { cost: [16, 2] } });
  graph.addEdges({ type: 'SEEN', from: [6, 0], to: [0, 5] });
  graph.useProcedures({
    diffusion: await engine.use('diffusion'),
    communities: await engine.use('communities'),
    paths: await engine.use('paths'),
  });
  return graph;
}

test('a function computes the rows of each call', async () => {
  const graph = room.PropertyGraph.create();
  graph.addNodes({ label: 'N', count: 5 });
  const calls: unknown[][] = [];
  graph.defineProcedure(
    'near(node :: ANY, by :: INTEGER) :: (other :: NODE, d :: FLOAT)',
    (...given) => {
      calls.push(given);
      const [node, by] = given.map(Number) as [number, number];
      return [
        [node + by, by / 2],
        [99, 0], // there is none
      ];
    },
  );
  const text =
    'MATCH (a:N) WHERE id(a) < 2 CALL near(a, 1 + 2) YIELD other, d RETURN id(a) AS a, id(other) AS b, d';
  const rows = [
    { a: 0, b: 3, d: 1.5 },
    { a: 1, b: 4, d: 1.5 },
  ];
  expect(graph.query(text).rows).toEqual(rows);
  expect((await graph.queryAsync(text)).rows).toEqual(rows);
  expect(calls).toEqual([
    [0, 3],
    [1, 3],
    [0, 3],
    [1, 3],
  ]);
  // Nodes within lists and maps come as ids as well.
  graph.defineProcedure('echo(x :: ANY) :: (y :: ANY)', (x) => [[x as never]]);
  expect(
    graph.query('MATCH (a:N) WHERE id(a) = 2 CALL echo({list: [a, [a]], x: 1.5}) YIELD y RETURN y')
      .rows,
  ).toEqual([{ y: { list: [2, [2]], x: 1.5 } }]);
  // Standalone, without rows, and another in its place.
  expect(graph.query('CALL echo(7)').rows).toEqual([{ y: 7 }]);
  graph.defineProcedure('echo(x :: ANY) :: (y :: ANY)', () => []);
  expect(graph.query('CALL echo(7)').rows).toEqual([]);
  graph.defineProcedure('echo(x :: ANY) :: (y :: ANY)', [[7, 8]]);
  expect(graph.query('CALL echo(7)').rows).toEqual([{ y: 8 }]);
  graph.dispose();
});

test('prepared queries ask their procedures again in each run, behind blocks of rows as well', () => {
  using graph = room.PropertyGraph.create();
  const count = 3000; // some blocks of a scan
  graph.addNodes({
    label: 'N',
    count,
    columns: { i: Int32Array.from({ length: count }, (_, i) => i) },
  });
  graph.addEdges({
    type: 'T',
    from: Uint32Array.from({ length: count }, (_, i) => i),
    to: Uint32Array.from({ length: count }, (_, i) => (i + 1) % count),
  });
  let calls = 0;
  graph.defineProcedure('twice(x :: INTEGER) :: (y :: INTEGER)', (x) => {
    calls++;
    return Number(x) % 2 === 0 ? [[Number(x)], [2 * Number(x)]] : [];
  });
  using each = graph.prepare(
    'MATCH (a:N)-[:T]->(b) WHERE a.i >= $least CALL twice(b.i) YIELD y RETURN count(*) AS n, sum(y) AS s',
  );
  const all = Array.from({ length: count }, (_, i) => i);
  for (const least of [0, 1, 2500, count]) {
    const even = all
      .filter((i) => i >= least)
      .map((i) => (i + 1) % count)
      .filter((i) => i % 2 === 0);
    const sum = even.reduce((total, i) => total + 3 * i, 0);
    for (let run = 0; run < 2; run++) {
      calls = 0;
      expect(each.run({ least }).rows).toEqual([{ n: 2 * even.length, s: sum }]);
      expect(calls).toBe(count - least);
    }
  }
  // What is prepared holds its procedures.
  const again = () => graph.defineProcedure('twice(x :: INTEGER) :: (y :: INTEGER)', () => [[1]]);
  expect(again).toThrow(/without prepared queries/);
});

test('promises are waited for by asynchronous queries, which can be aborted meanwhile', async () => {
  const graph = room.PropertyGraph.create();
  graph.defineProcedure('later(x :: INTEGER) :: (y :: INTEGER)', async (x) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return [[Number(x) + 1], [Number(x) + 2]];
  });
  const text = 'UNWIND [10, 20] AS x CALL later(x) YIELD y RETURN y';
  expect((await graph.queryAsync(text)).rows.map(({ y }) => y)).toEqual([11, 12, 21, 22]);
  expect(() => graph.query(text)).toThrow(/later.*asynchronous/);
  expect(graph.query('RETURN 1 AS one').rows).toEqual([{ one: 1 }]);

  graph.defineProcedure('never() :: (y :: INTEGER)', () => new Promise(() => {}));
  const controller = new AbortController();
  const running = graph.queryAsync(
    'CREATE (:X) WITH 1 AS i CALL never() YIELD y RETURN y',
    {},
    {
      signal: controller.signal,
    },
  );
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await expect(running).rejects.toThrow('enough');
  expect(graph.nodeCount).toBe(0);
  const ended = await graph.queryAsync('CALL never() YIELD y RETURN y', {}, { maxTimeMs: 5 });
  expect([ended.outcome, ended.rows]).toEqual(['timeLimit', []]);
  graph.dispose();
});

test('what a function does wrong ends the query and undoes it', async () => {
  const graph = room.PropertyGraph.create();
  const wrong: [signature: string, rows: () => unknown, message: RegExp][] = [
    [
      'f() :: (x :: ANY)',
      () => {
        throw new Error('mine');
      },
      /mine/,
    ],
    ['f() :: (x :: ANY)', () => Promise.reject(new Error('mine')), /mine|promise/],
    ['f() :: (x :: ANY)', () => undefined, /rows/],
    ['f() :: (x :: ANY)', () => [[1, 2]], /rows/],
    ['f() :: (x :: ANY)', () => [1], /rows/],
    ['f() :: (x :: NODE)', () => [['a']], /rows/],
    ['f() :: (x :: PATH)', () => [[[0, 9.5]]], /rows/],
    ['f() :: (x :: ANY)', () => [[Symbol('s')]], /f.*expected/],
    ['f() :: (x :: ANY)', () => graph.query('CREATE ()'), /in use/],
  ];
  for (const [signature, rows, message] of wrong) {
    graph.defineProcedure(signature, bad(rows));
    const text = 'CREATE (:A) WITH 1 AS i CALL f() YIELD x RETURN x';
    expect(() => graph.query(text)).toThrow(message);
    await expect(graph.queryAsync(text)).rejects.toThrow(message);
    using prepared = graph.prepare(text);
    expect(() => prepared.run()).toThrow(message);
    await expect(prepared.runAsync()).rejects.toThrow(message);
    // Nothing has happened, and others may go on.
    expect(graph.nodeCount).toBe(0);
    expect(graph.query('CREATE (n:B) DELETE n').changes.nodesCreated).toBe(0);
  }
  expect(() => graph.query('RETURN EXISTS { CALL f() YIELD x RETURN x } AS e')).toThrow(/subquery/);
  expect(() => graph.defineProcedure('g() :: (x :: ANY)', bad(5))).toThrow(/"?rows/);
  expect(() => graph.defineProcedure('g(', () => [])).toThrow(/signature/);
  graph.dispose();
});

test('PageRank joins with patterns, with its bound as a column', async () => {
  const graph = await pages();
  const { rows } = graph.query(`
    CALL sublinear.pagerank({type: 'LINK', damping: 0.5, tolerance: 1e-12}) YIELD node, score, errorBound
    MATCH (node)-[:SEEN]->(other)
    RETURN node.name AS name, score, errorBound, other.name AS other ORDER BY name`);
  expect(rows.map(({ name, other }) => [name, other])).toEqual([
    ['a', 'f'],
    ['g', 'a'],
  ]);
  // g has no edges of this type: (1 - d) / n and its share of its own mass; a = (1 - d)(1 + s)/7 + c/2/4 ...
  const score = new Map(
    graph
      .query(`
    CALL sublinear.pagerank({type: 'LINK', damping: 0.5, tolerance: 1e-12}) YIELD node, score
    RETURN node.name AS name, score`)
      .rows.map(({ name, score }) => [name, Number(score)]),
  );
  const get = (name: string) => score.get(name)!;
  const restart = (0.5 + 0.5 * get('g')) / 7;
  expect(get('g')).toBeCloseTo(restart, 11);
  expect(get('a')).toBeCloseTo(restart + (0.5 * get('c')) / 4, 11);
  expect(get('d')).toBeCloseTo(restart + 0.5 * (get('f') + (3 * get('c')) / 4), 11);
  for (const { errorBound } of rows) expect(Number(errorBound)).toBeLessThan(1e-11);
  expect([...score.values()].reduce((sum, x) => sum + x)).toBeCloseTo(1, 11);
  // Of some nodes alone; the best ones; of a part without nodes.
  expect(
    graph.query(`MATCH (n {name: 'g'}) CALL sublinear.pagerank({of: n, type: 'LINK', damping: 0.5})
    YIELD node RETURN node.name AS name`).rows,
  ).toEqual([{ name: 'g' }]);
  expect(
    graph.query('CALL sublinear.pagerank({topK: 2}) YIELD node RETURN node').rows,
  ).toHaveLength(2);
  expect(
    graph.query("CALL sublinear.pagerank({label: 'None'}) YIELD node RETURN node").rows,
  ).toEqual([]);
  // The answer follows the graph.
  graph.query("MATCH (n {name: 'd'}) DETACH DELETE n");
  expect(
    graph.query(
      'CALL sublinear.pagerank({}) YIELD node, score RETURN count(*) AS n, round(1000 * sum(score)) AS s',
    ).rows,
  ).toEqual([{ n: 6, s: 1000 }]);
  graph.dispose();
});

test('personalised PageRank, communities and shortest paths', async () => {
  const graph = await pages();
  const { rows } = await graph.queryAsync(`
    MATCH (s {name: 'd'})
    CALL sublinear.personalized(s, {type: 'LINK', damping: 0.5, tolerance: 1e-12}) YIELD node, score, errorBound
    RETURN node.name AS name, score, errorBound ORDER BY score DESC`);
  // A cycle of three: restarts at d.
  const d = 0.5 / (1 - 0.125);
  expect(rows.map(({ name }) => name)).toEqual(['d', 'e', 'f']);
  for (const [i, row] of rows.entries()) expect(Number(row.score)).toBeCloseTo(d / 2 ** i, 11);
  expect(
    graph.query(
      "MATCH (s {name: 'g'}) CALL sublinear.personalized([s], {label: 'None'}) YIELD node RETURN node",
    ).rows,
  ).toEqual([]);

  // Two triangles and what stands alone: without the edges between c and d, of which there are three.
  graph.query("MATCH ({name: 'c'})-[r:LINK]->({name: 'd'}) SET r.weight = 0.5");
  graph.query('MATCH ()-[r:LINK]->() WHERE r.weight IS NULL SET r.weight = 2');
  const groups = graph.query(`
    CALL sublinear.communities({type: 'LINK', weight: 'weight'}) YIELD node, community, modularity
    WITH community, collect(node.name) AS names, modularity
    RETURN names, modularity ORDER BY names[0]`).rows;
  expect(groups.map(({ names }) => (names as string[]).join(''))).toEqual(['abc', 'def', 'g']);
  // Of a weight of 13.5 there are 6 in each, and each has half of the ends.
  for (const { modularity } of groups) expect(modularity).toBeCloseTo(12 / 13.5 - 1 / 2, 12);

  const path = (options: string, from = 'a', to = 'f') =>
    graph.query(
      `
    MATCH (a {name: $from}), (b {name: $to})
    CALL sublinear.shortestPath(a, b, ${options}) YIELD path, length
    RETURN [n IN nodes(path) | n.name] AS names, [r IN relationships(path) | r.cost] AS costs, length`,
      { from, to },
    ).rows;
  // Of the three relationships from c to d the cheapest one.
  expect(path("{type: 'LINK', weight: 'cost'}")).toEqual([
    { names: ['a', 'b', 'c', 'd', 'e', 'f'], costs: [1, 2, 2, 1, 1], length: 7 },
  ]);
  expect(path('{}')[0]).toMatchObject({ names: ['a', 'f'], length: 1 });
  expect(path("{type: 'LINK', directed: false}", 'd', 'c')).toMatchObject([
    { names: ['d', 'c'], length: 1 },
  ]);
  expect(path("{type: 'LINK'}", 'f', 'a')).toEqual([]);
  expect(path("{type: 'LINK'}", 'a', 'a')).toEqual([{ names: ['a'], costs: [], length: 0 }]);
  graph.dispose();
});

test('vectors: search, search among the nodes of a pattern, vectors of texts', async () => {
  const graph = await pages();
  const hnsw = await engine.use('hnsw');
  const index = hnsw.Flat.create({ metric: 'euclidean', dimension: 2 });
  index.addBatch({ ids: [0, 1, 2, 3, 4], vectors: [0, 0, 1, 0, 2, 0, 3, 0, 4, 0] });
  const embedder = { embed: (text: string) => Float32Array.of(text.length, 0) };
  graph.useProcedures({ indexes: { places: index }, hnsw, embedder });
  expect(
    graph.query(
      `CALL sublinear.vectorSearch('places', $q, 2) YIELD node, distance
    MATCH (node)-[:LINK]->(next) RETURN DISTINCT node.name AS name, distance, next.name AS next`,
      { q: Float32Array.of(0.9, 0) },
    ).rows,
  ).toEqual([
    { name: 'b', distance: expect.closeTo(0.1, 6), next: 'c' },
    { name: 'a', distance: expect.closeTo(0.9, 6), next: 'b' },
  ]);
  expect(
    graph.query(`
    MATCH (:Page {name: 'c'})-[:LINK]->(p) WITH collect(DISTINCT p) AS among
    CALL sublinear.embed('x') YIELD vector
    CALL sublinear.vectorSearchAmong('places', vector, 5, among) YIELD node, distance
    RETURN node.name AS name, distance`).rows,
  ).toEqual([
    { name: 'a', distance: 1 },
    { name: 'd', distance: 2 },
  ]);
  expect(
    graph.query("CALL sublinear.vectorSearchAmong('places', [0, 0], 5, []) YIELD node RETURN node")
      .rows,
  ).toEqual([]);
  // Vectors of nodes that are not there any more are passed over.
  graph.query("MATCH (n {name: 'a'}) DETACH DELETE n");
  expect(
    graph.query(
      "CALL sublinear.vectorSearch('places', [0, 0], 2) YIELD node RETURN node.name AS name",
    ).rows,
  ).toEqual([{ name: 'b' }]);
  expect(() =>
    graph.query("CALL sublinear.vectorSearch('other', [0, 0], 2) YIELD node RETURN node"),
  ).toThrow(/index.*places/);
  expect(() =>
    graph.query("CALL sublinear.vectorSearch('places', [0, 'a'], 2) YIELD node RETURN node"),
  ).toThrow(/query/);
  expect(() =>
    graph.query("CALL sublinear.vectorSearch('places', [0], 2) YIELD node RETURN node"),
  ).toThrow(/query/);
  index.dispose();
  graph.dispose();
});

test('wrong modules and options are refused by name', async () => {
  const graph = await pages();
  expect(() => graph.useProcedures(bad({ pagerank: {} }))).toThrow(/pagerank/);
  expect(() => graph.useProcedures(bad({ diffusion: 5 }))).toThrow(/diffusion/);
  for (const [options, message] of [
    ['{dampin: 1}', /dampin/],
    ['{damping: 2}', /damping/],
    ['{type: 5}', /type/],
    ['{of: 1.5}', /of/],
    ["{weight: 'none'}", /weights/],
    ["{directed: 'yes'}", /directed/],
  ] as const) {
    const text = `CALL sublinear.pagerank(${options}) YIELD node RETURN node`;
    expect(() => graph.query(text)).toThrow(message);
    await expect(graph.queryAsync(text)).rejects.toThrow(message);
  }
  expect(() => graph.query('CALL sublinear.embed("x") YIELD vector RETURN vector')).toThrow(
    /procedure/,
  );
  expect(() =>
    graph.query('CALL sublinear.shortestPath([1, 2], 3, {}) YIELD path RETURN path'),
  ).toThrow(/from/);
  graph.dispose();
});

test('rows come while the query runs', async () => {
  const graph = room.PropertyGraph.create();
  graph.addNodes({ label: 'N', count: 1000 });
  const rows: unknown[] = [];
  for await (const row of graph.stream('UNWIND range(1, 1000000000) AS i RETURN i')) {
    rows.push(row.i);
    if (rows.length === 5) break;
  }
  expect(rows).toEqual([1, 2, 3, 4, 5]);
  expect(graph.nodeCount).toBe(1000); // it is free again

  using query = graph.prepare('MATCH (a:N), (b:N) RETURN id(a) AS a, id(b) AS b');
  const summary = { columns: ['a', 'b'], rowCount: 1_000_000, outcome: 'complete' };
  let sum = 0;
  const columns = query.streamColumns();
  for (let next = await columns.next(); ; next = await columns.next()) {
    if (next.done) {
      expect(next.value).toMatchObject(summary);
      break;
    }
    for (const a of next.value.a as Float64Array) sum += a;
  }
  expect(sum).toBe((1000 * 1000 * 999) / 2);

  // The query is busy until its last row; its graph is not, but cannot be disposed.
  const all = query.stream();
  await all.next();
  expect(() => query.run()).toThrow(/in use/);
  expect(() => graph.dispose()).toThrow(/in use/);
  expect(graph.nodeCount).toBe(1000);
  await all.return(undefined as never);
  expect(graph.nodeCount).toBe(1000);
  const three = query.stream({}, { maxRows: 3 });
  for (const b of [0, 1, 2]) expect((await three.next()).value).toEqual({ a: 0, b });
  expect(await three.next()).toMatchObject({
    done: true,
    value: { rowCount: 3, outcome: 'rowLimit' },
  });

  // Aborted: what was given stays given.
  const controller = new AbortController();
  const given: unknown[] = [];
  const running = async () => {
    for await (const row of query.stream({}, { signal: controller.signal })) {
      given.push(row);
      if (given.length === 10) controller.abort(new Error('enough'));
    }
  };
  await expect(running()).rejects.toThrow('enough');
  expect(given.length).toBeGreaterThanOrEqual(10);
  expect(graph.nodeCount).toBe(1000);
  graph.dispose();
});

test('a stream of a query that changes the graph gives its rows when it has ended', async () => {
  const graph = room.PropertyGraph.create();
  const rows = graph.stream('UNWIND range(1, 3) AS i CREATE (n:N {i: i}) RETURN n.i AS i');
  expect((await rows.next()).value).toEqual({ i: 1 });
  expect(graph.nodeCount).toBe(3);
  await rows.return(undefined as never);
  expect(graph.nodeCount).toBe(3);
  const failing = graph.stream('UNWIND [1, 0] AS i CREATE (n:N {i: 1 / i}) RETURN n.i AS i');
  await expect(failing.next()).rejects.toMatchObject({ code: 'ARGUMENT', type: 'ArithmeticError' });
  expect(graph.nodeCount).toBe(3);
  expect(() => graph.prepare('RETURN 1').stream({}, bad({ limit: 1 }))).toThrow(/limit/);
  await expect(graph.stream('RETURN x').next()).rejects.toMatchObject({ code: 'PARSE', column: 8 });
  const limited = graph.stream(
    'UNWIND range(1, 1000000000) AS i WITH i WHERE i < 0 RETURN i',
    {},
    { maxTimeMs: 20 },
  );
  expect(await limited.next()).toMatchObject({ done: true, value: { outcome: 'timeLimit' } });
  graph.dispose();
});

test('the time limit is told', async () => {
  const graph = room.PropertyGraph.create();
  const text = 'UNWIND range(1, 1000000000) AS i WITH i WHERE i < 0 RETURN i';
  expect(graph.query(text, {}, { maxTimeMs: 5 }).outcome).toBe('timeLimit');
  expect((await graph.queryAsync(text, {}, { maxTimeMs: 5 })).outcome).toBe('timeLimit');
  expect((await graph.prepare(text).columnsAsync({}, { maxTimeMs: 5 })).outcome).toBe('timeLimit');
});

test('an aborted query of one that was prepared leaves the graph to others', async () => {
  const graph = room.PropertyGraph.create();
  using query = graph.prepare('UNWIND range(1, 1000000000) AS i CREATE (:X)');
  const controller = new AbortController();
  const running = query.runAsync({}, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(graph.query('CREATE (:Y)').changes.nodesCreated).toBe(1);
  expect(graph.nodeCount).toBe(1);
  graph.dispose();
});
