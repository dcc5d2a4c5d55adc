// PROFILE and EXPLAIN as programs meet them: plans as objects, through both doors, in columns, streams and workers. The numbers
// are counted by hand; test/native/property_profile.c has more of them.
import { createEngine, type Engine } from 'sublinear';
import type { PlanStep, PropertyGraph, PropertyRoom } from 'sublinear/property';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { distFile } from '../support/door.js';
import { RawModule } from '../support/raw.js';

let engine: Engine;
let room: PropertyRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('property');
});
afterAll(() => engine.dispose());

// Three people and two cities: 0 knows 1 and 2, 1 knows 2.
const made = `CREATE (a:Person {name: 'a'}), (b:Person {name: 'b'}), (c:Person {name: 'c'}), (:City), (:City),
  (a)-[:KNOWS]->(b), (a)-[:KNOWS]->(c), (b)-[:KNOWS]->(c)`;
const step = (
  operator: string,
  details: string,
  rows: number,
  hits: number,
  children: PlanStep[] = [],
) => ({ operator, details, rows, hits, children });

const asked = 'MATCH (a:Person) OPTIONAL MATCH (a)-[:KNOWS]->(b) RETURN a.name AS a, b.name AS b';
// The two that know somebody have 2 and 1 rows, the third one of nulls.
const optional = (rows: number[], hits: number[]) => [
  step('Scan', '(a:Person)', rows[0]!, hits[0]!),
  step('Optional', '', rows[1]!, 0, [step('Expand', '(a)-[:KNOWS]->(b)', rows[2]!, hits[1]!)]),
  step('Project', '', rows[1]!, 0),
];

const withGraph = <T>(body: (graph: PropertyGraph) => T): T => {
  const graph = room.PropertyGraph.create();
  try {
    graph.query(made);
    graph.compact();
    return body(graph);
  } finally {
    graph.dispose();
  }
};

test('PROFILE gives the rows and the plan with what each operator gave', () => {
  withGraph((graph) => {
    const { rows, plan } = graph.query(`PROFILE ${asked}`);
    expect(rows).toHaveLength(4);
    expect(plan).toEqual(optional([3, 4, 3], [5, 3]));
    expect(graph.queryColumns(`profile ${asked}`).plan).toEqual(plan);
    // Without the word a result has no plan; the numbers are there nevertheless, of the last run alone.
    const query = graph.prepare(asked);
    expect(query.profile()).toEqual(optional([0, 0, 0], [0, 0]));
    for (let i = 0; i < 3; i++) {
      expect(query.run()).not.toHaveProperty('plan');
      expect(query.profile()).toEqual(plan);
    }
    query.dispose();
  });
});

test('a prepared PROFILE has its plan each time, and what a budget cut off is not in it', () => {
  withGraph((graph) => {
    const query = graph.prepare('PROFILE UNWIND range(1, $n) AS i RETURN i');
    expect(query.run({ n: 4 }).plan).toEqual([step('Unwind', '', 4, 0)]);
    expect(query.run({ n: 7 }).plan).toEqual([step('Unwind', '', 7, 0)]);
    const some = query.run({ n: 1e9 }, { maxRows: 2 });
    expect([some.outcome, some.rowCount]).toEqual(['rowLimit', 2]);
    expect(some.plan?.[0]?.rows).toBe(3); // one more, to know that there are more
    query.dispose();
  });
});

test('EXPLAIN runs nothing', () => {
  withGraph((graph) => {
    const { rows, columns, changes, plan } = graph.query(
      'EXPLAIN MATCH (a:Person) WHERE a.name = $name DETACH DELETE a RETURN 1 AS one',
    );
    expect([rows, columns, changes.nodesDeleted]).toEqual([[], ['one'], 0]);
    expect(plan?.map(({ operator }) => operator)).toEqual(['Seek', 'Delete', 'Project']);
    expect(graph.nodeCount).toBe(5);
    expect(() => graph.query('EXPLAIN MATCH (a) RETURN b')).toThrow(/not defined/);
  });
});

test('streams and workers have it as well', async () => {
  const graph = room.PropertyGraph.create();
  graph.query(made);
  graph.compact();
  const rows = graph.stream(`PROFILE ${asked}`);
  let last = await rows.next();
  while (!last.done) last = await rows.next();
  expect(last.value.plan).toEqual(optional([3, 4, 3], [5, 3]));
  graph.dispose();
  const worker = await createWorkerEngine();
  const { PropertyGraph } = await worker.use('property');
  const there = await PropertyGraph.create();
  await there.query(made);
  await there.compact();
  expect((await there.query(`PROFILE ${asked}`)).plan).toEqual(optional([3, 4, 3], [5, 3]));
  await worker.dispose();
});

test.each(['scalar', 'simd'])('raw %s: the same list, as values and as text', async (variant) => {
  const module = await RawModule.open(await distFile(`raw/property.${variant}.wasm`));
  const { call } = module;
  const graph = module.made(call.sl_abi_property_create!());
  const prepare = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    return module.with([bytes], (at) =>
      module.made(call.sl_abi_property_prepare!(graph, at!, bytes.length)),
    );
  };
  const run = (query: number) => {
    module.check(call.sl_abi_property_begin!(query, 0, 0, 1e15, 0, 0));
    module.with([new Uint32Array(1)], (at) => module.check(call.sl_abi_job_step!(query, 1e6, at!)));
  };
  const bytesOf = (write: (at: number) => number) =>
    module.with([new Float64Array(2)], (to) => {
      module.check(write(to!));
      const [at, bytes] = module.f64(to!, 2) as unknown as [number, number];
      return new Uint8Array(module.view().buffer, at, bytes).slice();
    });
  const make = prepare(made);
  run(make);
  const query = prepare('PROFILE MATCH (c:City) RETURN c');
  run(query);
  expect(new TextDecoder().decode(bytesOf((at) => call.sl_abi_property_explain!(query, at)))).toBe(
    'Scan (c:City) rows=2 hits=5\n',
  );
  const text = [...new TextEncoder().encode('Scan (c:City)')];
  const int = (n: number) => [3, n, 0, 0, 0];
  // A list of one list: depth 0, the text, rows, hits.
  expect([...bytesOf((at) => call.sl_abi_property_profile!(query, at))]).toEqual(
    [
      [7, 1, 0, 0, 0],
      [7, 4, 0, 0, 0],
      int(0),
      [6, text.length, 0, 0, 0],
      text,
      int(2),
      int(5),
    ].flat(),
  );
  for (const each of [make, query]) module.check(call.sl_abi_property_query_destroy!(each));
  module.check(call.sl_abi_property_destroy!(graph));
  expect(call.sl_abi_bytes_in_use!()).toBe(0);
});
