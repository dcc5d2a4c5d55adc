// Property graphs as TypeScript users meet them. What both doors share is in property.cases.ts.
import { createEngine, type Engine, isSublinearError } from 'sublinear';
import type { CypherErrorDetails, PropertyRoom } from 'sublinear/property';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { cases, doors } from './property.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: PropertyRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('property');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

test('parameters keep their types', () => {
  const graph = room.PropertyGraph.create();
  const given = {
    i: 5,
    big: 2n ** 60n,
    f: 0.5,
    zero: -0,
    nan: Number.NaN,
    s: 'Zoë 🎈',
    l: [1, [null, undefined], Float64Array.of(1, 2)],
    m: { a: { b: true } },
  };
  const { rows } = graph.query(
    'RETURN $i / 2 AS i, $big AS big, $f AS f, $nan AS nan, $s AS s, $l AS l, $m.a.b AS b, 1 / $zero AS inf',
    given,
  );
  expect(rows).toEqual([
    {
      i: 2,
      big: 2n ** 60n,
      f: 0.5,
      nan: Number.NaN,
      s: 'Zoë 🎈',
      l: [1, [null, null], [1, 2]],
      b: true,
      inf: Number.NEGATIVE_INFINITY,
    },
  ]);
  for (const x of [Symbol('s'), () => 1, 2n ** 64n, new Date()])
    expect(() => graph.query('RETURN $x', { x: bad(x) })).toThrow(TypeError);
  graph.dispose();
});

test('a parameter cannot become a part of the query', () => {
  const graph = room.PropertyGraph.create();
  graph.query("CREATE (:A {s: 'x'})");
  const s = "x'}) DETACH DELETE a //";
  expect(graph.query('MATCH (a:A {s: $s}) RETURN a', { s }).rows).toEqual([]);
  expect(graph.nodeCount).toBe(1);
  graph.dispose();
});

test('errors name type, detail and place', () => {
  const graph = room.PropertyGraph.create();
  const refusal = (text: string) => {
    try {
      graph.query(text);
    } catch (error) {
      if (!isSublinearError(error)) throw error;
      const { code, line, type, detail, column, message } = error as typeof error &
        CypherErrorDetails;
      return { code, line, type, detail, column, caret: message.split('\n')[2] };
    }
    return undefined;
  };
  expect(refusal('MATCH (a)\nRETURN b')).toEqual({
    code: 'PARSE',
    line: 2,
    column: 8,
    type: 'SyntaxError',
    detail: 'UndefinedVariable',
    caret: '       ^',
  });
  expect(refusal('RETURN 1 AS a,\n  $v AS b')).toEqual({
    code: 'ARGUMENT',
    line: 2,
    column: 3,
    type: 'ParameterMissing',
    detail: 'MissingParameter',
    caret: '  ^',
  });
  expect(refusal('RETURN [1][0.5]')).toMatchObject({ type: expect.stringMatching(/Error$/) });
  expect(refusal('CREATE (a)-[:R]->(b) DELETE a')).toMatchObject({
    code: 'ARGUMENT',
    detail: 'DeleteConnectedNode',
  });
  expect(graph.nodeCount).toBe(0);
  graph.dispose();
});

test('budgets end reading queries with what they have, and undo writing ones', async () => {
  const graph = room.PropertyGraph.create();
  graph.addNodes({ count: 300 });
  const some = graph.query('MATCH (a) RETURN id(a) AS id', {}, { maxRows: 7 });
  expect([some.rows.length, some.outcome]).toEqual([7, 'rowLimit']);
  expect(graph.query('MATCH (a) RETURN id(a) AS id', {}, { maxRows: 300 }).outcome).toBe(
    'complete',
  );
  const controller = new AbortController();
  const running = graph.queryAsync(
    'MATCH (a), (b), (c), (d) WITH a, b, c, d WHERE id(a) + id(b) + id(c) + id(d) < 0 CREATE (:X)',
    {},
    { signal: controller.signal },
  );
  expect(() => graph.nodeCount).toThrow(/use/);
  controller.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(graph.nodeCount).toBe(300);
  graph.dispose();
});

test('a row whose expressions never end is stopped as well', async () => {
  using graph = room.PropertyGraph.create();
  graph.query('UNWIND range(1, 60) AS i CREATE (:N {i: i})');
  const long = [
    'RETURN size([x IN range(1, 1500) WHERE any(y IN range(1, 1500) WHERE y = -x)]) AS n',
    'RETURN reduce(s = 0, x IN range(1, 1000) | s + reduce(t = 0, y IN range(1, 1000) | t + 1)) * 0 AS n',
    'RETURN COUNT { MATCH (a:N), (b:N), (c:N) WHERE a.i + b.i + c.i < 0 } AS n',
    'RETURN size([(a:N)--() | 1]) + size([x IN range(1, 600) WHERE EXISTS { MATCH (a:N), (b:N) WHERE a.i + b.i < -x }]) AS n',
  ];
  for (const text of long) {
    using query = graph.prepare(text);
    expect(query.run({}, { maxTimeMs: 1 })).toMatchObject({ outcome: 'timeLimit', rows: [] });
    expect((await query.runAsync({}, { maxTimeMs: 1 })).outcome).toBe('timeLimit');
    const stream = query.stream({}, { maxTimeMs: 1 });
    expect((await stream.next()).value).toMatchObject({ outcome: 'timeLimit', rowCount: 0 });
    const writing = `CREATE (:M) WITH 1 AS one ${text.replace('RETURN', 'MATCH (n:N) SET n.j =').replace(/ AS n$/, '')}`;
    expect(graph.query(writing, {}, { maxTimeMs: 1 }).outcome).toBe('timeLimit');
    expect(query.run({}, { maxTimeMs: Number.MAX_VALUE }).rows).toEqual([{ n: 0 }]);
    expect(query.run().rows).toEqual([{ n: 0 }]);
  }
  expect([graph.nodeCount, graph.kept.states]).toEqual([60, 0]);
  expect(graph.query('MATCH (n) RETURN count(n.j) AS n').rows).toEqual([{ n: 0 }]);
});

test('the size of a graph is known before it is made', () => {
  const { PropertyGraph } = room;
  const n = 40_000;
  const m = 90_000;
  for (const length of [1, 10, 300]) {
    using graph = PropertyGraph.create();
    const texts = Array.from({ length: n }, (_, i) => `${i}`.padStart(length, '-'));
    const values = Array.from({ length: n }, (_, i) => (i % 2 ? i : i % 3 === 0));
    graph.addNodes({ count: n, columns: { texts, same: texts, values } });
    const from = Uint32Array.from({ length: m }, (_, i) => (i * 7) % n);
    graph.addEdges({ type: 'R', from, to: from, columns: { b: new Uint8Array(m) } });
    graph.compact();
    const bytes = PropertyGraph.estimateBytes({
      nodeCount: n,
      edgeCount: m,
      nodes: { strings: 2, others: 1 },
      edges: { booleans: 1 },
      texts: { count: n, bytes: texts.join('').length },
    });
    expect(graph.bytesUsed).toBeLessThanOrEqual(bytes);
    expect(graph.bytesUsed).toBeGreaterThan((bytes * 2) / 3);
  }
  const wrong = (size: object) => () => PropertyGraph.estimateBytes(bad(size));
  expect(wrong({ edgeCount: 1 })).toThrow(/nodeCount/);
  expect(wrong({ nodeCount: 1, edgeCount: -1 })).toThrow(/edgeCount/);
  expect(wrong({ nodeCount: 1, edgeCount: 1, nodes: { texts: 1 } })).toThrow(/texts/);
  expect(wrong({ nodeCount: 1, edgeCount: 1, edges: { numbers: 0.5 } })).toThrow(/edges\.numbers/);
});

test('wrong arguments are refused by name', () => {
  const graph = room.PropertyGraph.create();
  expect(() => graph.addNodes({ count: -1 })).toThrow(/^"?count/);
  expect(() => graph.addNodes({ count: 2, columns: { x: [1] } })).toThrow(/columns\.x/);
  expect(() => graph.addNodes({ count: 1, columns: { x: bad(5) } })).toThrow(/columns\.x/);
  expect(() => graph.addNodes({ count: 1, label: '' })).toThrow(/label/);
  expect(() => graph.addEdges({ type: 'R', from: [0], to: [0] })).toThrow(/from/);
  expect(() => graph.addEdges({ type: '', from: [], to: [] })).toThrow(/type/);
  expect(() => graph.query(bad(5))).toThrow(/text/);
  expect(() => graph.query('RETURN 1', {}, bad({ limit: 5 }))).toThrow(/limit/);
  using one = graph.prepare('RETURN 1 AS one');
  for (let i = 0; i < 2; i++) {
    for (const given of [null, 5, 'x', [1], new Map(), new Uint8Array(1)]) {
      expect(() => one.run(bad(given))).toThrow(TypeError);
      expect(() => one.run(bad(given))).toThrow(/parameters" expected an object/);
    }
    expect(one.run().rows).toEqual([{ one: 1 }]); // the next run is one call of the module
  }
  expect(graph.nodeCount).toBe(0);
  graph.dispose();
});

test('an ordered index is made when ranges are asked for often, and follows what is undone', () => {
  const graph = room.PropertyGraph.create();
  graph.addNodes({
    label: 'N',
    count: 2000,
    columns: { x: Int32Array.from({ length: 2000 }, (_, i) => i) },
  });
  const few = graph.prepare('MATCH (n:N) WHERE $from <= n.x < $to RETURN n.x AS x');
  const found = (from: unknown, to: unknown) => few.run(bad({ from, to })).rows.map(({ x }) => x);
  expect(few.explain()).not.toContain('index');
  for (let i = 0; i < 100; i++) expect(found(i, i + 2)).toEqual([i, i + 1]);
  expect(few.explain()).toContain('Scan (n:N), ordered index of x, filtered');
  expect(() =>
    graph.query('MATCH (n:N) WHERE n.x < 9 SET n.x = n.x + 5000 WITH n RETURN 1 / 0'),
  ).toThrow(/zero/);
  expect(found(7, 10)).toEqual([7, 8, 9]);
  expect(found(5000, 6000)).toEqual([]);
  graph.query('MATCH (n:N) WHERE n.x < 9 SET n.x = n.x + 5000');
  expect(found(5003.5, 5006)).toEqual([5004, 5005]);
  expect([found(null, 5), found('a', 'b'), found(3, Number.NaN)]).toEqual([[], [], []]);
  few.dispose();
  graph.dispose();
});

test('a mean is the sum of the values over their number, also where the sum is no float', () => {
  const graph = room.PropertyGraph.create();
  const mean = (list: readonly number[]) =>
    graph.query('UNWIND $list AS x RETURN avg(x) AS mean', { list }).rows[0]!.mean;
  expect(mean([7, -9, 16, -5, -9, 1, -1])).toBe(0);
  expect(mean([1e308, 1e308])).toBe(1e308);
  expect(mean([Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE])).toBe(Number.MAX_VALUE / 3);
  expect(mean([Number.POSITIVE_INFINITY, 1])).toBe(Number.POSITIVE_INFINITY);
  expect(mean([0.1, 0.2, 0.3])).toBe((0.1 + 0.2 + 0.3) / 3);
  graph.dispose();
});

test('columns of any kind come back', () => {
  const graph = room.PropertyGraph.create();
  graph.addNodes({
    label: ['A', 'B'],
    count: 3,
    columns: {
      big: BigInt64Array.of(1n, -(2n ** 62n), 3n),
      flag: Uint8Array.of(1, 0, 1),
      single: Float32Array.of(0.5, 1.5, 2.5),
      text: ['a', null, 'b'],
      mixed: [1, 'x', [true]],
    },
  });
  const { values } = graph.queryColumns(
    'MATCH (a:A:B) RETURN a.big AS big, a.flag AS flag, a.single AS single, a.text AS text, a.mixed AS mixed',
  );
  expect(values).toEqual({
    big: [1, -(2n ** 62n), 3],
    flag: [true, false, true],
    single: Float64Array.of(0.5, 1.5, 2.5),
    text: ['a', null, 'b'],
    mixed: [1, 'x', [true]],
  });
  graph.dispose();
});

test('works in a worker, errors included', async () => {
  const worker = await createWorkerEngine();
  const { PropertyGraph } = await worker.use('property');
  const graph = await PropertyGraph.create();
  await graph.addNodes({ label: 'A', count: 5 });
  const { rows } = await graph.query('MATCH (a:A) RETURN count(*) AS n');
  expect(rows).toEqual([{ n: 5 }]);
  await expect(graph.query('RETURN x')).rejects.toMatchObject({
    code: 'PARSE',
    detail: 'UndefinedVariable',
    column: 8,
  });
  await worker.dispose();
});
