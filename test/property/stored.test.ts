// Graphs in stores: what has changed is saved, cut files leave what was saved before, and two writers do not mix.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from 'sublinear';
import type { PropertyGraph, PropertyRoom } from 'sublinear/property';
import { memoryStore, type Store } from 'sublinear/store';
import { fileStore } from 'sublinear/store/node';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { keepsGraphs } from '../support/stored-graph.js';

let engine: Engine;
let room: PropertyRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('property');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;
const bytesOf = async (store: Store, key: string) =>
  new Uint8Array(await new Response((await store.get(key))!).arrayBuffer());
const keysOf = async (store: Store) => (await store.list()).map(({ key }) => key);
const numbers = (graph: Pick<PropertyGraph, 'query'>) =>
  graph.query('MATCH (n) RETURN n.i AS i ORDER BY i').rows.map(({ i }) => i);

test('random changes, saves and openings in memory', () =>
  keepsGraphs(room, memoryStore(), 10_000));

test('the same in files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sublinear-graph-'));
  try {
    await keepsGraphs(room, fileStore(folder), 1000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a change costs what it changes, ids stay, and older files go when the graph is saved whole', async () => {
  const store = memoryStore();
  using graph = room.PropertyGraph.create();
  const n = 20_000;
  graph.addNodes({
    label: 'A',
    count: n,
    columns: { i: Int32Array.from({ length: n }, (_, i) => i) },
  });
  graph.addEdges({ type: 'R', from: [1, 2, 3], to: [2, 3, 4], columns: { w: [1, 2, 3] } });
  const whole = await graph.saveIn(store, 'g');
  expect(whole.whole).toBe(true);
  expect(await graph.saveIn(store, 'g')).toEqual({ bytes: 0, whole: false });
  graph.query('MATCH (a {i: 9}) SET a.i = -9, a:B');
  graph.query('MATCH (a {i: 2}) DETACH DELETE a');
  const part = await graph.saveIn(store, 'g');
  expect(part.whole).toBe(false);
  expect(part.bytes).toBeLessThan(1000);
  using again = await room.PropertyGraph.openIn(store, 'g');
  expect(again.query('MATCH (a:B) RETURN id(a) AS id, a.i AS i').rows).toEqual([{ id: 9, i: -9 }]);
  expect(again.query('MATCH (a)-[r]->(b) RETURN id(r) AS r, id(a) AS a, r.w AS w').rows).toEqual([
    { r: 2, a: 3, w: 3 },
  ]);
  expect(again.query('CREATE (n) RETURN id(n) AS id').rows).toEqual([{ id: n }]);
  for (let round = 0; round < 8; round++) {
    again.query('MATCH (a) SET a.i = a.i + 1');
    await again.saveIn(store, 'g');
  }
  const files = (await keysOf(store)).filter((key) => key.startsWith('g/g'));
  expect(new Set(files.map((key) => key.split('-')[0])).size).toBe(1);
  expect(files.length).toBeLessThan(4);
  expect(await keysOf(store)).toHaveLength(files.length + 1);
});

test('a file that is cut anywhere leaves the graph of the save before', async () => {
  const store = memoryStore();
  using graph = await room.PropertyGraph.openIn(store, 'g');
  const states: unknown[][] = [];
  const made: string[] = [];
  for (let i = 0; i < 3; i++) {
    graph.query("CREATE (:A {i: $i, s: 'x' + $i})-[:R]->(:B {i: 10 + $i})", { i });
    if (i > 0) graph.query('MATCH (a:A {i: $i}) DETACH DELETE a', { i: i - 1 });
    await graph.saveIn(store, 'g');
    states.push(numbers(graph));
    made.push(...(await keysOf(store)).filter((key) => key.includes('/g') && !made.includes(key)));
  }
  expect(made).toHaveLength(3);
  const [, , last] = made as [string, string, string];
  const bytes = await bytesOf(store, last);
  for (let cut = 0; cut <= bytes.length; cut++) {
    await store.put(last, bytes.subarray(0, cut));
    const damaged: string[] = [];
    using opened = await room.PropertyGraph.openIn(store, 'g', {
      onDamaged: (key) => damaged.push(key),
    });
    expect(numbers(opened)).toEqual(states[cut < bytes.length ? 1 : 2]);
    expect(damaged).toEqual(cut < bytes.length ? [last] : []);
  }
  // It goes on from there, and what was damaged is not read any more.
  for (let at = 0; at < bytes.length; at += 7) {
    const other = memoryStore();
    for (const key of made) await other.put(key, await bytesOf(store, key));
    const wrong = bytes.slice();
    wrong[at]! ^= 1;
    await other.put(last, wrong);
    using opened = await room.PropertyGraph.openIn(other, 'g');
    expect(numbers(opened)).toEqual(states[1]);
    opened.query('CREATE (:New {i: 99})');
    await opened.saveIn(other, 'g');
    using again = await room.PropertyGraph.openIn(other, 'g', {
      onDamaged: () => expect.unreachable(),
    });
    expect(numbers(again)).toEqual([...states[1]!, 99]);
  }
  // What others build on is not left out.
  await store.put(made[1]!, (await bytesOf(store, made[1]!)).subarray(0, 100));
  await expect(room.PropertyGraph.openIn(store, 'g')).rejects.toMatchObject({ code: 'TRUNCATED' });
});

test('a whole file that is cut leaves the files before', async () => {
  const files = memoryStore();
  let cut = -1;
  // The process ends in the middle of a put into a place that does not keep its promise, and deletes nothing any more.
  const store: Store = {
    ...files,
    async put(key, source, options) {
      if (!/-0-\d+-[0-9a-f]+$/.test(key) || cut < 0) return files.put(key, source, options);
      const bytes = new Uint8Array(await new Response(new Blob(await parts(source))).arrayBuffer());
      await files.put(key, bytes.subarray(0, cut));
      throw new Error('ended');
    },
  };
  const parts = async (source: unknown) => {
    const all: Uint8Array<ArrayBuffer>[] = [];
    for (const piece of source as Iterable<Uint8Array<ArrayBuffer>>) all.push(piece);
    return all;
  };
  for (const at of [0, 1, 40, 500, 5000]) {
    cut = -1;
    using graph = await room.PropertyGraph.openIn(store, `g${at}`);
    graph.query('UNWIND range(0, 299) AS i CREATE (:A {i: i})');
    await graph.saveIn(store, `g${at}`);
    cut = at;
    for (let i = 0; i < 100; i++) {
      graph.query("MATCH (a:A) SET a.i = a.i + 1, a.s = 'much text that makes the changes large'");
      const before = numbers(graph);
      const failed = await graph.saveIn(store, `g${at}`).then(
        () => false,
        () => true,
      );
      if (!failed) continue;
      using opened = await room.PropertyGraph.openIn(store, `g${at}`);
      expect(numbers(opened)).toEqual(before.map((n) => Number(n) - 1));
      cut = -1;
      expect(await graph.saveIn(store, `g${at}`)).toMatchObject({ whole: true });
      using again = await room.PropertyGraph.openIn(store, `g${at}`);
      expect(numbers(again)).toEqual(before);
      break;
    }
    expect(cut).toBe(-1);
  }
});

test('the second of two writers is refused, and loses nothing of the first one', async () => {
  const store = memoryStore();
  using first = await room.PropertyGraph.openIn(store, 'g');
  first.query('CREATE ({i: 1})');
  await first.saveIn(store, 'g');
  using second = await room.PropertyGraph.openIn(store, 'g');
  first.query('CREATE ({i: 2})');
  await first.saveIn(store, 'g');
  second.query('CREATE ({i: 3})');
  const refused = {
    code: 'CHANGED',
    argument: 'key',
    message: expect.stringMatching(/Open it again/),
  };
  await expect(second.saveIn(store, 'g')).rejects.toMatchObject(refused);
  first.query('CREATE ({i: 4})');
  await first.saveIn(store, 'g');
  using third = await room.PropertyGraph.openIn(store, 'g');
  expect(numbers(third)).toEqual([1, 2, 4]);
  third.query('CREATE ({i: 5})');
  await third.saveIn(store, 'g');
  // The first one has been relieved.
  first.query('CREATE ({i: 6})');
  await expect(first.saveIn(store, 'g')).rejects.toMatchObject(refused);
  await expect(first.saveIn(store, 'g')).rejects.toMatchObject(refused);
  using fourth = await room.PropertyGraph.openIn(store, 'g');
  expect(numbers(fourth)).toEqual([1, 2, 4, 5]);
  // A graph that was not opened there takes the place of what is there.
  using other = room.PropertyGraph.create();
  other.query('CREATE ({i: 7})');
  expect(await other.saveIn(store, 'g')).toMatchObject({ whole: true });
  using fifth = await room.PropertyGraph.openIn(store, 'g');
  expect(numbers(fifth)).toEqual([7]);
  fourth.query('CREATE ({i: 8})');
  await expect(fourth.saveIn(store, 'g')).rejects.toMatchObject(refused);
});

test('whatever the order of what writers do: what was saved stays saved', async () => {
  const next = random(3);
  let won = 0;
  let lost = 0;
  for (let round = 0; round < 60; round++) {
    const files = memoryStore();
    // Each call waits its turn, in an order that is drawn, and some writers end in the middle.
    const waiting: { go: () => void; dead: () => boolean }[] = [];
    const storeOf = (writer: { dead: boolean }): Store => {
      const slow =
        <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
        (...given: A) =>
          new Promise<R>((resolve, reject) => {
            waiting.push({
              go: () => void call(...given).then(resolve, reject),
              dead: () => writer.dead,
            });
          });
      return { ...files, put: slow(files.put), delete: slow(files.delete), list: slow(files.list) };
    };
    const base = room.PropertyGraph.create();
    base.query('CREATE ({i: 0})');
    await base.saveIn(files, 'g');
    base.dispose();
    const acknowledged: number[] = [];
    const graphs: PropertyGraph[] = [];
    const writers = [1, 2, 3].map(async (who) => {
      const writer = { dead: false };
      const store = storeOf(writer);
      for (let i = 0; i < 3 && !writer.dead; i++) {
        const graph = await room.PropertyGraph.openIn(store, 'g');
        graphs.push(graph);
        for (let k = 0; k < 2; k++) {
          const number = who * 1000 + i * 10 + k + 1;
          graph.query('CREATE ({i: $number})', { number });
          const saved = await graph.saveIn(store, 'g').then(
            () => true,
            (error) => {
              expect(error.code).toBe('CHANGED');
              return false;
            },
          );
          if (saved) {
            acknowledged.push(number);
            won++;
          } else {
            lost++;
            break;
          }
        }
      }
      writer.dead = true;
    });
    let left = 3;
    for (const writer of writers) void writer.finally(() => left--);
    while (left > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const [turn] = waiting.splice(Math.floor(next() * waiting.length), 1);
      turn?.go();
    }
    await Promise.all(writers);
    using opened = await room.PropertyGraph.openIn(files, 'g');
    const there = new Set(numbers(opened));
    expect(acknowledged.filter((number) => !there.has(number))).toEqual([]);
    for (const graph of graphs) graph.dispose();
  }
  expect(won).toBeGreaterThan(60);
  expect(lost).toBeGreaterThan(20);
});

test('saves are made one after another, of the graph at the time of each call', async () => {
  const store = memoryStore();
  using graph = await room.PropertyGraph.openIn(store, 'g');
  const saves = [1, 2, 3, 4].map((i) => {
    graph.query('CREATE ({i: $i})', { i });
    return graph.saveIn(store, 'g');
  });
  graph.query('CREATE ({i: 5})');
  expect(() => graph.dispose()).toThrow(/use/);
  expect((await Promise.all(saves)).map(({ whole }) => whole)).toEqual([true, false, false, false]);
  using opened = await room.PropertyGraph.openIn(store, 'g');
  expect(numbers(opened)).toEqual([1, 2, 3, 4]);
  await graph.saveIn(store, 'g');
  using again = await room.PropertyGraph.openIn(store, 'g');
  expect(numbers(again)).toEqual([1, 2, 3, 4, 5]);
});

test('a save that fails is made good by the next one', async () => {
  const files = memoryStore();
  let fails = false;
  const store: Store = {
    ...files,
    put: (key, bytes, options) =>
      fails ? Promise.reject(new Error('full')) : files.put(key, bytes, options),
  };
  using graph = await room.PropertyGraph.openIn(store, 'g');
  graph.query('CREATE ({i: 1})');
  await graph.saveIn(store, 'g');
  graph.query('CREATE ({i: 2})');
  fails = true;
  await expect(graph.saveIn(store, 'g')).rejects.toThrow('full');
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  fails = false;
  await expect(graph.saveIn(store, 'g', { signal: controller.signal })).rejects.toThrow('enough');
  graph.query('CREATE ({i: 3})');
  expect(await graph.saveIn(store, 'g')).toMatchObject({ whole: false });
  using opened = await room.PropertyGraph.openIn(store, 'g');
  expect(numbers(opened)).toEqual([1, 2, 3]);
  // Only what was saved last is kept.
  expect(graph.kept.states).toBeLessThan(2);
});

test('procedures can be defined for a graph that was opened', async () => {
  const store = memoryStore();
  using graph = await room.PropertyGraph.openIn(store, 'g');
  graph.query('CREATE ({i: 1})');
  await graph.saveIn(store, 'g');
  using opened = await room.PropertyGraph.openIn(store, 'g');
  opened.defineProcedure('twice(x :: ANY) :: (y :: ANY)', (x) => [[Number(x) * 2]]);
  using snapshot = opened.snapshot();
  for (const of of [opened, snapshot])
    expect(of.query('MATCH (n) CALL twice(n.i) YIELD y RETURN y').rows).toEqual([{ y: 2 }]);
});

test('a store of another thread is refused by name', async () => {
  const worker = await createWorkerEngine();
  const { PropertyGraph } = await worker.use('property');
  const graph = await PropertyGraph.create();
  await expect(graph.saveIn(memoryStore(), 'k')).rejects.toMatchObject({
    code: 'TYPE',
    argument: 'store',
    message: expect.stringMatching(/of this thread/),
  });
  await worker.dispose();
});

test('wrong arguments are refused by name', async () => {
  using graph = room.PropertyGraph.create();
  await expect(graph.saveIn(bad({}), 'g')).rejects.toThrow(/store/);
  await expect(graph.saveIn(memoryStore(), bad(5))).rejects.toThrow(/key/);
  await expect(graph.saveIn(memoryStore(), '')).rejects.toThrow(/key/);
  await expect(graph.saveIn(memoryStore(), 'g', bad({ whole: true }))).rejects.toThrow(/whole/);
  await expect(room.PropertyGraph.openIn(bad(undefined), 'g')).rejects.toThrow(/store/);
  const store = memoryStore();
  await graph.saveIn(store, 'g');
  const [file] = (await keysOf(store)).filter((key) => key.startsWith('g/g'));
  const bytes = await bytesOf(store, file!);
  expect(() => room.PropertyGraph.load(bytes)).toThrow(expect.objectContaining({ code: 'FORMAT' }));
});
