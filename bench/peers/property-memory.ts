// What a process takes that holds the graph of bench/property.bench.ts in one engine, and nothing of what it was made of. A process
// for each, started by that benchmark as JavaScript: what runs TypeScript takes 40 MB itself. Prints a line of JSON.
//
//   node --expose-gc build/bench-memory/property-memory.mjs sublinear|ladybug|kuzu [people]
import { argv } from 'node:process';
import type { PropertyGraph } from 'sublinear/property';
import { peopleTables, peopleWho } from '../support/graph-data.js';
import { openKuzu, openLadybug } from '../support/graph-peers.js';

const [, , engine, count = '100000'] = argv;
const people = Number(count);
const text = 'MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE a.age < 40 RETURN count(*) AS n';
let moduleBytes = 0;
let answer: unknown;

/** What it is made of is garbage when this returns. */
function load(graph: PropertyGraph): void {
  const { ids, age, city, from, to, since } = peopleWho(people, 50);
  const cities = Array.from(city, (c) => `City${c}`);
  graph.addNodes({ label: 'Person', count: people, columns: { id: ids, age, city: cities } });
  graph.addEdges({ type: 'KNOWS', from, to, columns: { since } });
  graph.compact();
}

if (engine === 'sublinear') {
  const { createEngine } = await import('sublinear');
  const opened = await createEngine();
  const graph = (await opened.use('property')).PropertyGraph.create();
  load(graph);
  answer = graph.query(text).rows[0]!.n;
  moduleBytes = opened.stats().modules[0]!.memoryBytes;
} else {
  const peer = engine === 'ladybug' ? openLadybug() : await openKuzu();
  if (peer === undefined) throw new Error(`${engine} is not installed: sh bench/peers/property.sh`);
  await peer.load(peopleTables(peopleWho(people, 50)));
  answer = (await peer.ask(text))[0]!.n;
}
// Buffers of arrays go with the turn after the one in which their arrays do.
for (let i = 0; i < 3; i++) {
  (globalThis as { gc?: () => void }).gc?.();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const rss = process.memoryUsage().rss;
console.log(JSON.stringify({ rss, moduleBytes, answer: Number(answer) }));
process.exit(0);
