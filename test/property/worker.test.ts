// Procedures that are functions of the program while the graph is in a worker.
import { createWorkerEngine, type WorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';

let worker: WorkerEngine;
beforeAll(async () => {
  worker = await createWorkerEngine();
});
afterAll(() => worker.dispose());

const withPages = async () => {
  const { PropertyGraph } = await worker.use('property');
  const graph = await PropertyGraph.create();
  await graph.addNodes({ label: 'Page', count: 3, columns: { title: ['a', 'b', 'c'] } });
  return graph;
};

test('they run in the thread that defined them, with values of every kind, at once or later', async () => {
  const graph = await withPages();
  const given: unknown[] = [];
  await graph.defineProcedure(
    'next(page :: ANY, more :: MAP) :: (page :: NODE, n :: ANY)',
    (page, more) => {
      given.push(page, more);
      return [
        [Number(page) + 1, 2n ** 60n],
        [0, { list: [1, null, 'x'] }],
      ];
    },
  );
  await graph.defineProcedure('later(n :: INTEGER) :: (m :: INTEGER)', async (n) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return (function* () {
      for (let i = 0; i < Number(n); i++) yield [i];
    })();
  });
  const { rows } = await graph.query(
    "MATCH (p:Page {title: 'b'}) CALL next(p, {k: [true]}) YIELD page, n RETURN page.title AS title, n",
  );
  expect(rows).toEqual([
    { title: 'c', n: 2n ** 60n },
    { title: 'a', n: { list: [1, null, 'x'] } },
  ]);
  expect(given).toEqual([1, { k: [true] }]);
  // Asked for again and again, by prepared queries and streams too.
  const query = await graph.prepare(
    'UNWIND range(1, 4) AS i CALL later(i) YIELD m RETURN sum(m) AS sum',
  );
  for (let i = 0; i < 3; i++) expect((await query.run()).rows).toEqual([{ sum: 10 }]);
  const streamed: unknown[] = [];
  for await (const { m } of await graph.stream('CALL later(3) YIELD m RETURN m')) streamed.push(m);
  expect(streamed).toEqual([0, 1, 2]);
  await graph.dispose();
});

test('what they throw, and rows that are none, fail the query and nothing else', async () => {
  const graph = await withPages();
  let rows: unknown = [];
  await graph.defineProcedure('given() :: (n :: INTEGER)', () => {
    if (rows instanceof Error) throw rows;
    return rows as never;
  });
  const ask = async () => (await graph.query('CALL given() YIELD n RETURN n')).rows;
  rows = new RangeError('no such page');
  await expect(ask()).rejects.toThrow('no such page');
  rows = [[1, 2]];
  await expect(ask()).rejects.toMatchObject({ code: 'FORMAT' });
  rows = undefined;
  await expect(ask()).rejects.toThrow(/rows/);
  rows = [[() => 1]];
  await expect(ask()).rejects.toThrow(TypeError);
  rows = [[7]];
  expect(await ask()).toEqual([{ n: 7 }]);
  await graph.dispose();
});

test('an abort does not wait for them', async () => {
  const graph = await withPages();
  const controller = new AbortController();
  await graph.defineProcedure('never() :: (n :: INTEGER)', () => {
    setTimeout(() => controller.abort(new Error('enough')), 5);
    return new Promise<never>(() => {});
  });
  await expect(
    graph.query('CALL never() YIELD n RETURN n', {}, { signal: controller.signal }),
  ).rejects.toThrow('enough');
  expect((await graph.query('MATCH (p) RETURN count(*) AS n')).rows).toEqual([{ n: 3 }]);
  await graph.dispose();
});

test('a graph that has gone asks for nothing, and one of the same call has its own functions', async () => {
  const [one, other] = [await withPages(), await withPages()];
  await one.defineProcedure('who() :: (n :: INTEGER)', () => [[1]]);
  await other.defineProcedure('who() :: (n :: INTEGER)', () => [[2]]);
  const ask = async (graph: typeof one) => (await graph.query('CALL who()')).rows;
  expect([await ask(one), await ask(other)]).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  await one.dispose();
  expect(await ask(other)).toEqual([{ n: 2 }]);
  await other.defineProcedure('who() :: (n :: INTEGER)', () => [[3]]);
  expect(await ask(other)).toEqual([{ n: 3 }]);
  await other.dispose();
});
