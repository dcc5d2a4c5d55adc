// Questions to a property graph against loops over typed arrays that are written for each of them. The same graph and
// questions as bench/peers/property.c, which says what WebAssembly costs.
//
//   npm run bench -- property [--smoke] [--only TEXT]
import { getEngine } from 'sublinear';
import { openBench } from './support/harness.js';

const bench = openBench('property', 'Property graphs');
const { PropertyGraph } = await (await getEngine()).use('property');

const people = bench.size(100_000, 1000);
const edges = 10 * people;
const CITIES = 50;

let state = 1;
function next(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

const ids = Int32Array.from({ length: people }, (_, i) => i);
const age = new Int32Array(people);
const city = new Int32Array(people);
for (let i = 0; i < people; i++) {
  age[i] = next() * 80;
  city[i] = next() * CITIES;
}
const from = new Uint32Array(edges);
const to = new Uint32Array(edges);
const since = new Int32Array(edges);
for (let e = 0; e < edges; e++) {
  from[e] = next() * people;
  to[e] = next() ** 2 * people;
  since[e] = 1990 + Math.floor(next() * 35);
}

const cities = Array.from(city, (c) => `City${c}`);
const start = performance.now();
const graph = PropertyGraph.create();
graph.addNodes({ label: 'Person', count: people, columns: { id: ids, age, city: cities } });
graph.addEdges({ type: 'KNOWS', from, to, columns: { since } });
graph.compact();
const loading = performance.now() - start;

// Rows of neighbours, by counting.
const begin = new Uint32Array(people + 1);
for (const u of from) begin[u + 1]!++;
for (let u = 0; u < people; u++) begin[u + 1]! += begin[u]!;
const place = begin.slice();
const target = new Uint32Array(edges);
const sinceAt = new Int32Array(edges);
for (let e = 0; e < edges; e++) {
  const i = place[from[e]!]!++;
  target[i] = to[e]!;
  sinceAt[i] = since[e]!;
}

bench.table({
  id: 'property-load',
  title: `A graph of ${people} nodes and ${edges} relationships from typed arrays`,
  columns: ['ms', 'bytes'],
  rows: [[Math.round(loading), graph.bytesUsed]],
});

interface Question {
  id: string;
  title: string;
  text: string;
  plain: () => number;
}

const sources = Math.min(100, people);

/** Walks of a length from a node; where one edge comes twice, which only loops and ways back make, it is left out. */
function walks(node: number, length: number, used: number[]): number {
  if (length === 1) {
    let count = begin[node + 1]! - begin[node]!;
    for (const e of used) if (e >= begin[node]! && e < begin[node + 1]!) count--;
    return count;
  }
  let count = 0;
  for (let e = begin[node]!; e < begin[node + 1]!; e++)
    if (!used.includes(e)) count += walks(target[e]!, length - 1, [...used, e]);
  return count;
}

const questions: Question[] = [
  {
    id: 'property-hops',
    title: `All paths of three relationships from ${sources} nodes`,
    text: `MATCH (a:Person)-[:KNOWS]->()-[:KNOWS]->()-[:KNOWS]->(d) WHERE a.id < ${sources} RETURN count(*) AS n`,
    plain() {
      let count = 0;
      for (let u = 0; u < sources; u++) count += walks(u, 3, []);
      return count;
    },
  },
  {
    id: 'property-ends',
    title: 'All paths of two relationships with conditions on both ends',
    text: 'MATCH (a:Person)-[:KNOWS]->(b)-[:KNOWS]->(c:Person) WHERE a.age < 40 AND c.age > 50 RETURN count(*) AS n',
    plain() {
      let count = 0;
      for (let a = 0; a < people; a++) {
        if (age[a]! >= 40) continue;
        for (let e = begin[a]!; e < begin[a + 1]!; e++) {
          const b = target[e]!;
          for (let f = begin[b]!; f < begin[b + 1]!; f++)
            if (f !== e && age[target[f]!]! > 50) count++;
        }
      }
      return count;
    },
  },
  {
    id: 'property-groups',
    title:
      'Relationships with a condition, in groups, and a mean of each; the sum of the numbers of each group',
    text: 'MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE k.since > 2010 WITH a.city AS city, count(*) AS n, avg(b.age) AS age RETURN sum(n * toInteger(age)) AS n',
    plain() {
      const counts = new Float64Array(CITIES);
      const sums = new Float64Array(CITIES);
      for (let a = 0; a < people; a++)
        for (let e = begin[a]!; e < begin[a + 1]!; e++) {
          if (sinceAt[e]! <= 2010) continue;
          counts[city[a]!]!++;
          sums[city[a]!]! += age[target[e]!]!;
        }
      return counts.reduce((sum, n, i) => sum + (n === 0 ? 0 : n * Math.floor(sums[i]! / n)), 0);
    },
  },
];

for (const { id, title, text, plain } of questions) {
  const query = graph.prepare(text);
  const expected = plain();
  const error = (found: number) => Math.abs(found - expected);
  await bench.compare({
    id,
    title,
    note: `${people} nodes, ${edges} relationships, prepared.`,
    accuracy: 'difference from a loop over arrays',
    contestants: [
      { name: 'sublinear', run: () => query.run().rows[0]!.n as number, accuracy: error },
      { name: 'typed arrays, by hand', run: plain, accuracy: error },
    ],
  });
  query.dispose();
}

const look = graph.prepare('MATCH (p:Person {id: $id}) RETURN p.age AS age');
const byId = new Map(Array.from(ids, (id) => [id, id]));
const wanted = Array.from({ length: 1000 }, (_, i) => (i * 7919) % people);
const ages = wanted.reduce((sum, id) => sum + age[id]!, 0);
await bench.compare({
  id: 'property-lookups',
  title: 'A thousand prepared look-ups of a node by a property',
  accuracy: 'difference of the sum of the answers',
  contestants: [
    {
      name: 'sublinear',
      run: () => wanted.reduce((sum, id) => sum + (look.run({ id }).rows[0]!.age as number), 0),
      accuracy: (found: number) => Math.abs(found - ages),
    },
    {
      name: 'a Map of places',
      run: () => wanted.reduce((sum, id) => sum + age[byId.get(id)!]!, 0),
      accuracy: (found: number) => Math.abs(found - ages),
    },
  ],
});
look.dispose();

const triangles = graph.prepare(
  'MATCH (a)-[:KNOWS]->(b)-[:KNOWS]->(c)-[:KNOWS]->(a) RETURN count(*) AS n',
);
const path = graph.prepare(
  'MATCH (a:Person {id: $id}), (b:Person {id: 5}), p = shortestPath((a)-[:KNOWS*]->(b)) RETURN length(p) AS n',
);
const timed = (run: () => void): number => {
  const began = performance.now();
  run();
  return performance.now() - began;
};
const rows: (string | number)[][] = [];
for (const [name, times, run] of [
  ['directed triangles', 1, () => triangles.run()],
  ['a shortest path', 100, () => path.run({ id: (rows.length * 7919 + 11) % people })],
] as const) {
  run();
  const took = Array.from({ length: bench.size(5, 1) }, () =>
    timed(() => {
      for (let i = 0; i < times; i++) run();
    }),
  );
  rows.push([name, Math.min(...took) / times]);
}
bench.table({
  id: 'property-other',
  title: 'Without a loop to compare with: the shortest of five',
  columns: ['question', 'ms'],
  rows,
});
graph.dispose();
bench.close();
