// Transactions, snapshots, and rows that come while the graph is changed, as TypeScript users meet them.
import { createEngine, type Engine } from 'sublinear';
import type {
  GraphSnapshot,
  GraphTransaction,
  PropertyGraph,
  PropertyRoom,
} from 'sublinear/property';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../support/door.js';

let engine: Engine;
let room: PropertyRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('property');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;
const count = (of: Pick<PropertyGraph, 'query'>, pattern = '(n)') =>
  of.query(`MATCH ${pattern} RETURN count(*) AS n`).rows[0]!.n;

test('a function that throws, or whose promise is rejected, has changed nothing', async () => {
  using graph = room.PropertyGraph.create();
  expect(graph.transaction((t) => t.query('CREATE (:A)').changes.nodesCreated)).toBe(1);
  expect(() =>
    graph.transaction((t) => {
      t.query('CREATE (:A)');
      throw new Error('no');
    }),
  ).toThrow('no');
  const later = graph.transaction(async (t) => {
    await t.queryAsync('UNWIND range(1, 10) AS i CREATE (:A {i: i})');
    return count(t);
  });
  expect(count(graph)).toBe(1);
  expect(await later).toBe(11);
  expect(count(graph)).toBe(11);
  await expect(
    graph.transaction(async (t) => {
      await t.queryAsync('MATCH (n) DETACH DELETE n');
      t.query('RETURN 1 / 0');
    }),
  ).rejects.toMatchObject({ code: 'ARGUMENT' });
  expect(count(graph)).toBe(11);
  // A statement that fails does nothing; the transaction goes on.
  graph.transaction((t) => {
    t.query('CREATE (:B)');
    expect(() => t.query('MATCH (n) SET n.x = 1 CREATE (:B) WITH n RETURN 1 / 0')).toThrow(/zero/);
  });
  expect([count(graph), count(graph, '(n:B)')]).toEqual([12, 1]);
  expect(graph.kept).toEqual({ states: 0, bytes: expect.any(Number) });
});

test('what is not allowed says why', () => {
  using graph = room.PropertyGraph.create();
  const transaction = graph.begin();
  const refusal = (body: () => unknown) => {
    try {
      body();
    } catch (error) {
      const { code, argument, message } = error as Error & { code: string; argument: string };
      return [code, argument, message];
    }
    return undefined;
  };
  const open = ['STATE', 'graph', expect.stringMatching(/transaction/)];
  expect(refusal(() => graph.begin())).toEqual(open);
  expect(refusal(() => graph.query('CREATE ()'))).toEqual(open);
  expect(refusal(() => graph.addNodes({ count: 1 }))).toEqual(open);
  expect(refusal(() => graph.compact())).toEqual(open);
  expect(graph.query('RETURN 1 AS one').rows).toEqual([{ one: 1 }]);
  using snapshot = graph.snapshot();
  expect(refusal(() => snapshot.query('CREATE ()'))).toEqual([
    'STATE',
    'graph',
    expect.stringMatching(/snapshot/),
  ]);
  transaction.commit();
  const ended = ['STATE', 'transaction', expect.stringMatching(/ended/)];
  expect(refusal(() => transaction.commit())).toEqual(ended);
  expect(refusal(() => transaction.rollback())).toEqual(ended);
  expect(refusal(() => transaction.query('RETURN 1'))).toEqual(ended);
  expect(transaction.nodeCount).toBe(0);
  transaction.dispose();
  expect(() => transaction.query('RETURN 1')).toThrow(/disposed/);
  expect(() => graph.transaction(bad(5))).toThrow(/body/);
  using other = room.PropertyGraph.create();
  const left = other.begin();
  left.query('CREATE ()');
  left.dispose();
  expect(other.nodeCount).toBe(0);
  other.query('CREATE ()');
});

test('rows that are coming are those of the graph at the first one', async () => {
  using graph = room.PropertyGraph.create();
  const n = 3000;
  graph.addNodes({
    label: 'A',
    count: n,
    columns: { i: Int32Array.from({ length: n }, (_, i) => i) },
  });
  graph.addEdges({
    type: 'R',
    from: Array.from({ length: n }, (_, i) => i),
    to: Array.from({ length: n }, (_, i) => (i + 1) % n),
  });
  graph.compact();
  let rows = 0;
  let sum = 0;
  for await (const { a, b } of graph.stream('MATCH (a:A)-[:R]->(b:A) RETURN a.i AS a, b.i AS b')) {
    sum += Number(a) + Number(b);
    if (rows % 500 === 0) {
      graph.query('MATCH (a:A) WHERE a.i % 7 = $k SET a.i = a.i + 100000 REMOVE a:A', {
        k: rows / 500,
      });
      graph.query('MATCH (a)-[r:R]->() WHERE id(a) > 2000 + $rows / 10 DELETE r', { rows });
      graph.addEdges({ type: 'R', from: [0, 1], to: [2, 3] });
      graph.compact();
    }
    rows++;
  }
  expect([rows, sum]).toEqual([n, n * (n - 1)]);
  expect(graph.kept.states).toBe(0);
  // Indexes that are made and dropped are none of its business.
  const coming = graph.stream('MATCH (a:A) WHERE a.i >= 0 RETURN a.i AS i');
  const before = count(graph, '(a:A)');
  expect((await coming.next()).done).toBe(false);
  graph.query('CREATE INDEX by_i FOR (a:A) ON (a.i)');
  graph.query('MATCH (a:A) WHERE a.i > 100 SET a.i = -1');
  graph.query('DROP INDEX by_i');
  let more = 1;
  for await (const { i } of coming) if (Number(i) >= 0) more++;
  expect(more).toBe(before);
  // Left in the middle: nothing is kept.
  for await (const row of graph.stream('MATCH (a), (b) RETURN id(a) AS id')) {
    graph.query('CREATE ()');
    expect(graph.kept.states).toBe(1);
    expect(() => graph.dispose()).toThrow(/use/);
    if (row) break;
  }
  expect(graph.kept.states).toBe(0);
});

test('a query in slices and a transaction go on beside each other', async () => {
  using graph = room.PropertyGraph.create();
  graph.addNodes({ label: 'A', count: 400 });
  const running = graph.queryAsync(
    'MATCH (a:A), (b:A), (c:A) WHERE id(c) < 20 RETURN count(*) AS n',
  );
  graph.transaction((t) => {
    t.query('MATCH (a:A) WHERE id(a) < 300 DELETE a');
    t.query('CREATE (:A)');
  });
  expect(count(graph, '(a:A)')).toBe(101);
  expect((await running).rows).toEqual([{ n: 400 * 400 * 20 }]);
});

test('procedures work on the state that the query sees', async () => {
  using graph = room.PropertyGraph.create();
  graph.query("CREATE (a:P {s: 'a'})-[:L]->(b:P {s: 'b'})-[:L]->(a), (:P {s: 'c'})-[:L]->(b)");
  graph.useProcedures({ diffusion: await engine.use('diffusion') });
  graph.defineProcedure('twice(x :: ANY) :: (y :: ANY)', (x) => [[Number(x) * 2]]);
  using snapshot = graph.snapshot();
  using transaction = graph.begin();
  transaction.query("MATCH (p:P {s: 'b'}) DETACH DELETE p");
  const first = (of: Pick<PropertyGraph, 'query'>) =>
    of
      .query(
        'CALL sublinear.pagerank({}) YIELD node, score RETURN node.s AS s ORDER BY score DESC, s',
      )
      .rows.map(({ s }) => s);
  for (let i = 0; i < 2; i++) {
    expect(first(snapshot)).toEqual(['b', 'a', 'c']);
    expect(first(transaction)).toEqual(['a', 'c']);
    expect(first(graph)).toEqual(['b', 'a', 'c']);
  }
  expect(transaction.query('CALL twice(4) YIELD y RETURN y').rows).toEqual([{ y: 8 }]);
});

test('a snapshot can be saved, and is read with indexes of its own', () => {
  using graph = room.PropertyGraph.create();
  const names = Array.from({ length: 500 }, (_, i) => `n${i}`);
  graph.addNodes({ label: 'A', count: 500, columns: { name: names } });
  using find = graph.prepare('MATCH (a:A {name: $name}) RETURN id(a) AS id');
  expect(find.run({ name: 'n77' }).rows).toEqual([{ id: 77 }]);
  using snapshot = graph.snapshot();
  using findThen = snapshot.prepare('MATCH (a:A {name: $name}) RETURN id(a) AS id');
  graph.query("MATCH (a:A) SET a.name = 'x' + a.name");
  for (let i = 0; i < 3; i++) {
    expect(find.run({ name: 'n77' }).rows).toEqual([]);
    expect(find.run({ name: 'xn77' }).rows).toEqual([{ id: 77 }]);
    expect(findThen.run({ name: 'n77' }).rows).toEqual([{ id: 77 }]);
    expect(findThen.run({ name: 'xn77' }).rows).toEqual([]);
  }
  using again = room.PropertyGraph.load(snapshot.save());
  expect(count(again, "(a {name: 'n77'})")).toBe(1);
  expect(snapshot.project({ label: 'A' }).nodes.length).toBe(500);
});

test('many snapshots and transactions see what a plain model sees', () => {
  const next = random(5);
  const below = (n: number) => Math.floor(next() * n);
  using graph = room.PropertyGraph.create();
  let now = new Map<number, number>();
  let before = now;
  let transaction: GraphTransaction | undefined;
  const kept: { snapshot: GraphSnapshot; model: Map<number, number> }[] = [];
  const seen = (of: Pick<PropertyGraph, 'query'>) =>
    of.query('MATCH (n:N) RETURN n.k AS k, n.v AS v ORDER BY k').rows.map(({ k, v }) => [k, v]);
  const sorted = (model: Map<number, number>) => [...model].sort(([a], [b]) => a - b);
  for (let step = 0; step < 1500; step++) {
    const writer = transaction ?? graph;
    const [what, k, v] = [below(12), below(40), below(100)];
    if (what < 5) {
      writer.query('MERGE (n:N {k: $k}) SET n.v = $v', { k, v });
      now = new Map(now).set(k, v);
    } else if (what < 7) {
      writer.query('MATCH (n:N {k: $k}) DELETE n', { k });
      now = new Map(now);
      now.delete(k);
    } else if (what === 7) {
      if (kept.length < 5)
        kept.push({ snapshot: graph.snapshot(), model: transaction ? before : now });
      else kept.splice(below(5), 1)[0]!.snapshot.dispose();
    } else if (what === 8) {
      if (transaction === undefined) {
        transaction = graph.begin();
        before = now;
      } else {
        if (below(2)) transaction.commit();
        else now = before;
        transaction.dispose();
        transaction = undefined;
      }
    } else if (what === 9) {
      for (const { snapshot, model } of kept) expect(seen(snapshot)).toEqual(sorted(model));
    } else {
      expect(seen(graph)).toEqual(sorted(transaction ? before : now));
      if (transaction) expect(seen(transaction)).toEqual(sorted(now));
    }
  }
  for (const { snapshot } of kept) snapshot.dispose();
  transaction?.dispose();
  expect(graph.kept.states).toBe(0);
});

test('works in a worker', async () => {
  const worker = await createWorkerEngine();
  const { PropertyGraph } = await worker.use('property');
  const graph = await PropertyGraph.create();
  await graph.addNodes({ label: 'A', count: 5 });
  const snapshot = await graph.snapshot();
  const transaction = await graph.begin();
  await transaction.query('MATCH (a:A) DELETE a');
  const found = async (of: { query(text: string): Promise<{ rows: unknown[] }> }) =>
    (await of.query('MATCH (a:A) RETURN count(*) AS n')).rows;
  expect(await found(graph)).toEqual([{ n: 5 }]);
  expect(await found(transaction)).toEqual([{ n: 0 }]);
  expect((await transaction.commit()).nodesDeleted).toBe(5);
  await expect(transaction.query('RETURN 1')).rejects.toMatchObject({ code: 'STATE' });
  expect(await found(graph)).toEqual([{ n: 0 }]);
  expect(await found(snapshot)).toEqual([{ n: 5 }]);
  await worker.dispose();
});

test('indexes are those of the graph, whatever state is read', () => {
  using graph = room.PropertyGraph.create();
  graph.query('UNWIND range(0, 999) AS i CREATE (:P {i: i})');
  using snapshot = graph.snapshot();
  const names = (of: Pick<PropertyGraph, 'query'>) =>
    of.query('SHOW INDEXES YIELD name').rows.map(({ name }) => name);
  const found = (of: Pick<PropertyGraph, 'query'>) =>
    of.query('MATCH (p:P) WHERE p.i >= 990 RETURN count(*) AS n').rows[0]!.n;
  graph.query('CREATE INDEX one FOR (p:P) ON (p.i)');
  graph.query('MATCH (p:P {i: 995}) DELETE p');
  expect([found(graph), found(snapshot)]).toEqual([9, 10]);
  expect(() => snapshot.query('CREATE INDEX two FOR (p:P) ON (p.j)')).toThrow(/not in a snapshot/);
  expect([names(graph), names(snapshot)]).toEqual([['one'], ['one']]);
  graph.transaction((t) => {
    t.query('CREATE (:P {i: 5000})');
    t.query('CREATE INDEX two FOR (p:P) ON (p.j)');
    t.query('DROP INDEX one');
    expect([found(t), found(graph), found(snapshot)]).toEqual([10, 9, 10]);
  });
  expect([names(graph), names(snapshot)]).toEqual([['two'], ['two']]);
  // A reader whose rows still come keeps the index of its state.
  graph.query('CREATE INDEX one FOR (p:P) ON (p.i)');
  using rows = graph.prepare('MATCH (p:P) WHERE p.i >= 0 RETURN p.i AS i');
  const first = rows.run().rows.length;
  graph.query('DROP INDEX one');
  expect(rows.run().rows.length).toBe(first);
  expect([found(graph), found(snapshot)]).toEqual([10, 10]);
});
