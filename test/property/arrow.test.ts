// Columns as Arrow streams, read by the package apache-arrow.
import { Bool, Float64, Int64, Null, tableFromIPC, Utf8 } from 'apache-arrow';
import { createEngine, type Engine } from 'sublinear';
import { type PropertyRoom, type RowColumns, toArrow } from 'sublinear/property';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../support/door.js';

let engine: Engine;
let room: PropertyRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('property');
});
afterAll(() => engine.dispose());

const read = (values: RowColumns) => {
  const table = tableFromIPC(toArrow(values));
  const columns = Object.fromEntries(
    table.schema.fields.map(({ name }) => [name, [...table.getChild(name)!]]),
  );
  return { table, columns };
};

test('columns of a query have types', () => {
  const graph = room.PropertyGraph.create();
  graph.query(
    "UNWIND [1, 2, 3, null] AS i CREATE (:N {i: i, f: i / 2.0, s: 'ä' + i, b: i > 1, big: i * 9007199254740993})",
  );
  const { values } = graph.queryColumns(
    `MATCH (n:N) RETURN n.i AS i, n.f AS f, n.s AS s, n.b AS b, n.big AS big, n.none AS none,
     date('2020-01-0' + coalesce(n.i, 9)) AS day, [n.i, 'x'] AS list, id(n) AS id, n AS node`,
  );
  const { table, columns } = read(values);
  expect(table.numRows).toBe(4);
  expect(table.schema.fields.map(({ type }) => type)).toEqual([
    new Float64(),
    new Float64(),
    new Utf8(),
    new Bool(),
    new Int64(),
    new Null(),
    new Utf8(),
    new Utf8(),
    new Float64(),
    new Utf8(),
  ]);
  expect(columns).toMatchObject({
    i: [1, 2, 3, null],
    f: [0.5, 1, 1.5, null],
    s: ['ä1', 'ä2', 'ä3', null],
    b: [false, true, true, null],
    big: [9007199254740993n, 18014398509481986n, 27021597764222979n, null],
    none: [null, null, null, null],
    day: ['2020-01-01', '2020-01-02', '2020-01-03', '2020-01-09'],
    list: ['[1,"x"]', '[2,"x"]', '[3,"x"]', '[null,"x"]'],
    id: [0, 1, 2, 3],
  });
  expect(JSON.parse(columns.node![0] as string)).toMatchObject({ id: 0, labels: ['N'] });
  graph.dispose();
});

test('streams of columns are batches each', async () => {
  const graph = room.PropertyGraph.create();
  let sum = 0;
  const query = graph.prepare('UNWIND range(1, 5000) AS i RETURN i');
  for await (const part of query.streamColumns())
    for (const i of read(part).columns.i!) sum += i as number;
  expect(sum).toBe(12_502_500);
  query.dispose();
  graph.dispose();
});

test('any columns come back', () => {
  const next = random(5);
  for (const count of [0, 1, 7, 8, 9, 64, 1000]) {
    for (const share of [0, 0.3, 1]) {
      const some = <T>(make: () => T) =>
        Array.from({ length: count }, () => (next() < share ? null : make()));
      const values: RowColumns = {
        numbers: Float64Array.from({ length: count }, () => next() - 0.5),
        '': some(() => next()),
        booleans: some(() => next() < 0.5),
        words: some(() => '🎈é'.repeat(Math.floor(next() * 5))),
        integers: some(() => BigInt(Math.floor(next() * 2 ** 52)) - 2n ** 62n),
        [`long name ${'x'.repeat(count % 50)}`]: some(() => 'x'),
      };
      const { table, columns } = read(values);
      expect(table.numRows).toBe(count);
      expect(Object.keys(columns)).toEqual(Object.keys(values));
      for (const [name, list] of Object.entries(values)) expect(columns[name]).toEqual([...list]);
    }
  }
  expect(read({}).table.numCols).toBe(0);
  expect(read({ x: [1, 2n ** 60n, 0.5] }).columns.x).toEqual([1, 2 ** 60, 0.5]);
});

test('wrong columns are refused by name', () => {
  const bad = (value: unknown) => value as never;
  expect(() => toArrow(bad(5))).toThrow(/values/);
  expect(() => toArrow({ a: [1], b: [1, 2] })).toThrow(/values\.b/);
  expect(() => toArrow({ a: bad('text') })).toThrow(/values\.a/);
});
