// What a process takes that holds the graph of bench/property.bench.ts in one engine, and how long its first use took. A process
// for each, started by that benchmark; prints a line of JSON.
//
//   node --expose-gc --import tsx bench/peers/property-memory.ts sublinear|ladybug|kuzu [people]
import { argv } from 'node:process';
import { peopleTables, peopleWho } from '../support/graph-data.js';
import { openKuzu, openLadybug } from '../support/graph-peers.js';

const [, , engine, count = '100000'] = argv;
const people = Number(count);
const text = 'MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE a.age < 40 RETURN count(*) AS n';
/** Milliseconds of processor time since this file began: other work on the machine does not count. */
const atStart = process.cpuUsage();
const clock = () => {
  const { user, system } = process.cpuUsage(atStart);
  return (user + system) / 1000;
};
let firstMs: number;
let loadMs: number;
let moduleBytes = 0;
let answer: unknown;
if (engine === 'sublinear') {
  const { createEngine } = await import('sublinear');
  const opened = await createEngine();
  const { PropertyGraph } = await opened.use('property');
  const graph = PropertyGraph.create();
  graph.query('CREATE (:First {x: 1})');
  graph.query('MATCH (n:First) DELETE n');
  firstMs = clock();
  const { ids, age, city, from, to, since } = peopleWho(people, 50);
  const cities = Array.from(city, (c) => `City${c}`);
  const start = clock();
  const base = graph.addNodes({
    label: 'Person',
    count: people,
    columns: { id: ids, age, city: cities },
  });
  const shifted = (nodes: Uint32Array) => nodes.map((node) => node + base);
  graph.addEdges({ type: 'KNOWS', from: shifted(from), to: shifted(to), columns: { since } });
  graph.compact();
  loadMs = clock() - start;
  answer = graph.query(text).rows[0]!.n;
  moduleBytes = opened.stats().modules[0]!.memoryBytes;
} else {
  const peer = engine === 'ladybug' ? openLadybug() : await openKuzu();
  if (peer === undefined) throw new Error(`${engine} is not installed: sh bench/peers/property.sh`);
  await peer.ask('CREATE NODE TABLE First(x INT64 PRIMARY KEY)');
  await peer.ask('CREATE (:First {x: 1})');
  firstMs = clock();
  const tables = peopleTables(peopleWho(people, 50));
  const start = clock();
  await peer.load(tables);
  loadMs = clock() - start;
  answer = (await peer.ask(text))[0]!.n;
}
(globalThis as { gc?: () => void }).gc?.();
const rss = process.memoryUsage().rss;
console.log(JSON.stringify({ rss, moduleBytes, firstMs, loadMs, answer: Number(answer) }));
process.exit(0);
