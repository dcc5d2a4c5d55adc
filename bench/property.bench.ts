// Questions to a property graph against loops over typed arrays that are written for each of them, and against Ladybug and
// kuzu-wasm where bench/peers/property.sh has installed them. The same graph and questions as bench/peers/property.c, which says
// what WebAssembly costs.
//
//   npm run bench -- property [--smoke] [--only TEXT]
import { execFileSync } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { getEngine } from 'sublinear';
import { peopleTables, peopleWho } from './support/graph-data.js';
import { type GraphPeer, openKuzu, openLadybug, type PeerRow } from './support/graph-peers.js';
import { type Contestant, median, openBench } from './support/harness.js';

const bench = openBench('property', 'Property graphs');
const engine = await getEngine();
const { PropertyGraph } = await engine.use('property');

const people = bench.size(100_000, 1000);
const edges = 10 * people;
const CITIES = 50;

const { ids, age, city, from, to, since } = peopleWho(people, CITIES);
const cities = Array.from(city, (c) => `City${c}`);
const start = bench.clock();
const graph = PropertyGraph.create();
graph.addNodes({ label: 'Person', count: people, columns: { id: ids, age, city: cities } });
graph.addEdges({ type: 'KNOWS', from, to, columns: { since } });
graph.compact();
const loading = bench.clock() - start;

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

// --- others -----------------------------------------------------------------------------------------------------------

const notInstalled = 'not installed: sh bench/peers/property.sh';
const peers: (GraphPeer | string)[] = [
  openLadybug() ?? 'Ladybug, native',
  (await openKuzu()) ?? 'kuzu-wasm',
];
const peerLoading: (number | string)[] = [];
for (const peer of peers) {
  if (typeof peer === 'string') {
    peerLoading.push(notInstalled);
    continue;
  }
  const tables = peopleTables({ ids, age, city, from, to, since });
  const began = bench.clock();
  await peer.load(tables);
  peerLoading.push(Math.round(bench.clock() - began));
}
/** What they make of a question, a few times: they take seconds. */
const others = <R>(
  text: string,
  ask: (run: (parameters: Record<string, unknown>) => PeerRow[] | Promise<PeerRow[]>) => Promise<R>,
  accuracy: (result: R) => number,
): Promise<Contestant[]> =>
  Promise.all(
    peers.map(async (peer) => {
      if (typeof peer === 'string') return { name: peer, run: () => 0, skip: notInstalled };
      const run = await peer.prepare(text);
      return { name: peer.name, run: () => ask(run), accuracy, calls: 1, most: 3 };
    }),
  );

bench.table({
  id: 'property-load',
  title: `A graph of ${people} nodes and ${edges} relationships: from typed arrays, and from CSV files`,
  columns: ['', 'ms', 'bytes'],
  rows: [
    ['sublinear', Math.round(loading), graph.bytesUsed],
    ...peers.map((peer, i): (string | number)[] => [
      typeof peer === 'string' ? peer : peer.name,
      peerLoading[i]!,
      '',
    ]),
  ],
});

interface Question {
  id: string;
  title: string;
  text: string;
  /** As the others have it: each node with its label, sums of their kinds. */
  theirs: string;
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
    theirs: `MATCH (a:Person)-[:KNOWS]->(b:Person)-[:KNOWS]->(c:Person)-[:KNOWS]->(d:Person) WHERE a.id < ${sources} RETURN count(*) AS n`,
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
    theirs:
      'MATCH (a:Person)-[:KNOWS]->(b:Person)-[:KNOWS]->(c:Person) WHERE a.age < 40 AND c.age > 50 RETURN count(*) AS n',
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
    theirs:
      'MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE k.since > 2010 WITH a.city AS city, count(*) AS n, avg(b.age) AS age RETURN sum(n * CAST(floor(age) AS INT64)) AS n',
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

for (const { id, title, text, theirs, plain } of questions) {
  const query = graph.prepare(text);
  const expected = plain();
  const error = (found: number) => Math.abs(found - expected);
  await bench.compare({
    id,
    title,
    note: `${people} nodes, ${edges} relationships, prepared. In Ladybug and kuzu-wasm a relationship may come twice in a path: where their answers differ, by that.`,
    accuracy: 'difference from a loop over arrays',
    contestants: [
      { name: 'sublinear', run: () => query.run().rows[0]!.n as number, accuracy: error },
      { name: 'typed arrays, by hand', run: plain, accuracy: error },
      ...(await others(theirs, async (run) => Number((await run({}))[0]!.n), error)),
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
    ...(await others(
      'MATCH (p:Person {id: $id}) RETURN p.age AS age',
      async (run) => {
        let sum = 0;
        for (const id of wanted) sum += Number((await run({ id }))[0]!.age);
        return sum;
      },
      (found: number) => Math.abs(found - ages),
    )),
  ],
});
look.dispose();

const triangles = graph.prepare(
  'MATCH (a)-[:KNOWS]->(b)-[:KNOWS]->(c)-[:KNOWS]->(a) RETURN count(*) AS n',
);
const path = graph.prepare(
  'MATCH (a:Person {id: $id}), (b:Person {id: 5}), p = shortestPath((a)-[:KNOWS*]->(b)) RETURN length(p) AS n',
);
const timed = async (run: () => unknown): Promise<number> => {
  const began = bench.clock();
  await run();
  return bench.clock() - began;
};
const rows: (string | number)[][] = [];
for (const [name, times, run, theirs] of [
  [
    'directed triangles',
    1,
    () => triangles.run(),
    'MATCH (a:Person)-[:KNOWS]->(b:Person)-[:KNOWS]->(c:Person)-[:KNOWS]->(a) RETURN count(*) AS n',
  ],
  [
    'a shortest path',
    100,
    () => path.run({ id: (rows.length * 7919 + 11) % people }),
    `MATCH p = (a:Person)-[:KNOWS* SHORTEST 1..10]->(b:Person) WHERE a.id = ${(7919 + 11) % people} AND b.id = 5 RETURN length(p) AS n`,
  ],
] as const) {
  run();
  const took: number[] = [];
  const theirTimes: number[][] = peers.map(() => []);
  for (let slice = 0; slice < bench.size(5, 1); slice++) {
    const ms = await timed(() => {
      for (let i = 0; i < times; i++) run();
    });
    took.push(ms / times);
    for (const [i, peer] of peers.entries())
      if (typeof peer !== 'string' && slice < 2)
        theirTimes[i]!.push(await timed(() => peer.ask(theirs)));
  }
  rows.push([
    name,
    Math.min(...took),
    ...theirTimes.map((each) => (each.length === 0 ? '' : Math.min(...each))),
  ]);
}
bench.table({
  id: 'property-other',
  title: 'Milliseconds: the shortest of five, and of two in the other engines',
  columns: ['question', 'sublinear', 'Ladybug, native', 'kuzu-wasm'],
  rows,
});

// A process for each, because what one has freed stays with it, and without what runs TypeScript here.
const script = fileURLToPath(new URL('../build/bench-memory/property-memory.mjs', import.meta.url));
buildSync({
  entryPoints: [fileURLToPath(new URL('./peers/property-memory.ts', import.meta.url))],
  outfile: script,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
});
const child = (args: string[]) =>
  JSON.parse(
    execFileSync(execPath, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
      .trim()
      .split('\n')
      .at(-1)!,
  ) as Record<'rss' | 'moduleBytes' | 'answer' | 'user' | 'system', number>;
const requiring = `const require = (await import('node:module')).createRequire(process.cwd() + '/build/property-peers/package.json');`;
const firstUses = [
  `const { load } = await import('sublinear/property');
   (await load()).PropertyGraph.create().query('CREATE (:First {x: 1})');`,
  `${requiring} const { Database, Connection } = require('@ladybugdb/core');
   const database = new Database(':memory:'); database.initSync();
   const connection = new Connection(database); connection.initSync();
   connection.querySync('CREATE NODE TABLE First(x INT64 PRIMARY KEY)');
   connection.querySync('CREATE (:First {x: 1})');`,
  `${requiring} const kuzu = require('kuzu-wasm/nodejs/sync'); await kuzu.init();
   const connection = new kuzu.Connection(new kuzu.Database(':memory:'));
   connection.query('CREATE NODE TABLE First(x INT64 PRIMARY KEY)');
   connection.query('CREATE (:First {x: 1})');`,
];
const memory = ['sublinear', 'ladybug', 'kuzu'].map((name, i): (string | number)[] => {
  const peer = i === 0 ? 'sublinear' : peers[i - 1]!;
  if (i > 0 && typeof peer === 'string') return [peer, notInstalled, '', ''];
  const { rss, moduleBytes, answer } = child(['--expose-gc', script, name, String(people)]);
  if (!(answer > 0)) throw new Error(`${name} has no graph`);
  const code = `const before = process.cpuUsage(); ${firstUses[i]}
    console.log(JSON.stringify(process.cpuUsage(before))); process.exit(0);`;
  const times = Array.from({ length: bench.size(5, 1) }, () => {
    const { user, system } = child(['--input-type=module', '-e', code]);
    return (user + system) / 1000;
  });
  return [
    typeof peer === 'string' ? peer : peer.name,
    Math.round(rss / 1e6),
    moduleBytes === 0 ? '' : Math.round(moduleBytes / 1e6),
    Math.round(median(times)),
  ];
});
bench.table({
  id: 'property-memory',
  title:
    'A process that holds the graph, and its first use: from the import to a statement that has written, the median of five',
  columns: [
    'engine',
    'the process, MB',
    'WebAssembly memory, MB',
    'first use, ms of processor time',
  ],
  rows: memory,
});
graph.dispose();
bench.close();
