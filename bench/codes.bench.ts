// What each kind of codes costs and gains on six sets of vectors: bytes held, recall, and queries a second at equal recall
// against the vectors themselves; and 8-bit integers of usearch beside them.
import { createEngine } from 'sublinear';
import type { Codes, FlatCodes, Rerank } from 'sublinear/hnsw';
import { hardSets, type NamedSet } from './support/hard-sets.js';
import { median, openBench } from './support/harness.js';
import { took } from './support/took.js';
import { glove, installed, layered, type PeerIndex, usearchIn } from './support/vectors.js';

const bench = openBench('codes', 'Codes of vectors');
const { Flat, Hnsw } = await (await createEngine({ modules: ['hnsw'] })).use('hnsw');
const [M, EF_CONSTRUCTION, K] = [16, 200, 10];
const [COUNT, QUERIES, ROUNDS] = [
  bench.size(10_000, 600),
  bench.size(500, 20),
  bench.size(5, 1),
] as const;
const EFS = bench.smoke ? [20, 64] : [10, 14, 20, 28, 40, 64, 90, 128, 180, 256];
const [SHOWN, TARGETS] = [64, [0.95, 0.99]] as const;
const PEER = 'usearch, i8';

const kinds: [codes: Codes, rerank: Rerank][] = [
  ['none', 'none'],
  ['float16', 'none'],
  ['int8', 'float16'],
  ['int8', 'none'],
  ['rabitq8', 'none'],
  ['rabitq4', 'float16'],
  ['rabitq4', 'rabitq4'],
  ['rabitq4', 'none'],
  ['rabitq2', 'rabitq4'],
  ['rabitq', 'float16'],
];

/** Of vectors whose first numbers say most. */
const prefixes: [prefix: number, rerank: Rerank][] = [
  [96, 'float16'],
  [192, 'float16'],
  [384, 'float16'],
  [192, 'float32'],
];

/** Of the exact index. */
const flatKinds: [codes: FlatCodes, rerank: Rerank][] = [
  ['none', 'none'],
  ['int8', 'float16'],
  ['rabitq4', 'float16'],
  ['rabitq', 'float16'],
  ['pq', 'float16'],
  ['rabitq', 'none'],
  ['pq', 'none'],
];

const named = (set: ReturnType<typeof glove>, id: string): NamedSet => ({
  ...set,
  id,
  metric: 'dot',
  k: K,
});
/** Some of the sets of bench/recall.bench.ts, and two that are longer. */
function sets(): [id: string, make: () => NamedSet | undefined][] {
  const hard = new Map(hardSets(bench.smoke));
  const cut = (id: string) => (): NamedSet | undefined => {
    const set = hard.get(id)?.();
    if (set === undefined) return undefined;
    const { dimension, vectors, queries } = set;
    const [count, queryCount] = [Math.min(COUNT, set.count), Math.min(QUERIES, set.queryCount)];
    return {
      ...set,
      name: set.name.replace(String(set.count), String(count)),
      count,
      queryCount,
      vectors: vectors.subarray(0, count * dimension),
      queries: queries.subarray(0, queryCount * dimension),
    };
  };
  return [
    ['layered', () => named(layered(COUNT, QUERIES, 768), 'layered')],
    ['mnist', cut('mnist')],
    ['clusters', cut('clusters')],
    ['glove', () => named(glove(COUNT, QUERIES), 'glove')],
    ['outlier', cut('outlier')],
    ['offset', cut('offset')],
  ];
}

interface Entry {
  name: string;
  index: PeerIndex;
  bytes?: number;
  recall: number[];
  times: Map<number, number[]>;
  end(): void;
}

function ours(set: NamedSet, codes: Codes, rerank: Rerank, prefix?: number): Entry {
  const { dimension, metric, count, queries, vectors } = set;
  const index = Hnsw.create({
    metric,
    dimension,
    m: M,
    efConstruction: EF_CONSTRUCTION,
    codes,
    rerank,
    ...(prefix !== undefined && { prefix }),
  });
  index.addBatch({ ids: Uint32Array.from({ length: count }, (_, i) => i), vectors });
  index.shrink();
  const walked = prefix === undefined ? codes : `prefix ${prefix}`;
  let ef = SHOWN as number;
  return {
    name: rerank === 'none' ? walked : `${walked}, ${rerank} rerank`,
    bytes: index.bytesUsed,
    recall: [],
    times: new Map(),
    end: () => index.dispose(),
    index: {
      add: () => {},
      setEf(value) {
        ef = value;
      },
      search(q, k, ids, at) {
        const query = queries.subarray(q * dimension, (q + 1) * dimension);
        ids.set(index.search(query, { k, ef }).ids, at);
      },
    },
  };
}

function peer(set: NamedSet): Entry {
  const metric = set.metric === 'euclidean' ? 'l2sq' : 'ip';
  const index = usearchIn(metric, set, M, EF_CONSTRUCTION, SHOWN, 'i8');
  index.add(0, set.count);
  return { name: PEER, recall: [], times: new Map(), end: () => {}, index };
}

/** The nearest by Flat, which compares with every vector. */
function truthOf(set: NamedSet): Set<number>[] {
  const { metric, dimension, count, vectors, queries } = set;
  const flat = Flat.create({ metric, dimension, capacity: count });
  flat.addBatch({ ids: Uint32Array.from({ length: count }, (_, i) => i), vectors });
  const { ids } = flat.searchBatch(queries, { k: K });
  flat.dispose();
  return Array.from(
    { length: set.queryCount },
    (_, q) => new Set(ids.subarray(q * K, (q + 1) * K)),
  );
}

function ask({ index }: Entry, set: NamedSet, ef: number): Uint32Array {
  const found = new Uint32Array(set.queryCount * K);
  index.setEf(ef);
  for (let q = 0; q < set.queryCount; q++) index.search(q, K, found, q * K);
  return found;
}

/** The exact index with each of its codes, asked in turn. */
function flatRows(set: NamedSet, truth: Set<number>[]): (string | number)[][] {
  const { metric, dimension, count, vectors, queries } = set;
  const ids = Uint32Array.from({ length: count }, (_, i) => i);
  const entries = flatKinds.map(([codes, rerank]) => {
    const index = Flat.create({ metric, dimension, codes, rerank });
    index.addBatch({ ids, vectors });
    index.shrink();
    const name = rerank === 'none' ? codes : `${codes}, ${rerank} rerank`;
    return { name, index, bytes: index.bytesUsed, hits: 0, times: [] as number[] };
  });
  for (let round = 0; round < ROUNDS; round++)
    for (const entry of entries) {
      entry.hits = 0;
      const found: Uint32Array[] = [];
      const ms = took(() => {
        for (let q = 0; q < set.queryCount; q++)
          found.push(
            entry.index.search(queries.subarray(q * dimension, (q + 1) * dimension), { k: K }).ids,
          );
      });
      entry.times.push(ms);
      for (const [q, near] of found.entries())
        for (const id of near) entry.hits += Number(truth[q]?.has(id));
    }
  const [plain] = entries as [(typeof entries)[number]];
  for (const { index } of entries) index.dispose();
  return entries.map(({ name, bytes, hits, times }) => [
    `${set.name}, ${dimension}`,
    name,
    (bytes / plain.bytes).toFixed(2),
    (hits / (set.queryCount * K)).toFixed(3),
    median(plain.times.map((time, i) => time / (times[i] as number))).toFixed(2),
  ]);
}

const reached = ({ recall }: Entry, target: number) =>
  EFS[recall.findIndex((value) => value >= target)];

const rows: (string | number)[][] = [];
const scans: (string | number)[][] = [];
const cuts: (string | number)[][] = [];
for (const [id, make] of sets()) {
  if (!bench.wants(id)) continue;
  const set = make();
  if (set === undefined) continue; // not installed
  bench.phase(`${set.name}: building`);
  const truth = truthOf(set);
  scans.push(...flatRows(set, truth));
  const entries = kinds.map(([codes, rerank]) => ours(set, codes, rerank));
  if (installed('usearch')) entries.push(peer(set));
  const cut = id !== 'layered' ? [] : prefixes.map(([n, rerank]) => ours(set, 'none', rerank, n));
  entries.push(...cut);
  bench.phase(`${set.name}: searching`);
  for (const entry of entries)
    for (const ef of EFS) {
      const found = ask(entry, set, ef);
      let hits = 0;
      for (const [i, one] of found.entries()) hits += Number(truth[Math.floor(i / K)]?.has(one));
      entry.recall.push(hits / found.length);
    }
  // In turn, so that the machine's moods fall on all alike.
  for (let round = 0; round < ROUNDS; round++)
    for (const target of TARGETS)
      for (const entry of entries) {
        const ef = reached(entry, target);
        if (ef === undefined) continue;
        const ms = took(() => ask(entry, set, ef));
        entry.times.set(target, [...(entry.times.get(target) ?? []), ms]);
      }
  const [plain] = entries as [Entry];
  /** How many times as many queries a second as `over`, at a recall. */
  const faster = (entry: Entry, over: Entry, target: number): number | undefined => {
    const [own, other] = [entry.times.get(target), over.times.get(target)];
    if (own === undefined || other === undefined) return undefined;
    return median(other.map((time, i) => time / (own[i] as number)));
  };
  const shown = (value: number | undefined) => value?.toFixed(2) ?? 'not reached';
  for (const entry of entries)
    (cut.includes(entry) ? cuts : rows).push([
      `${set.name}, ${set.dimension}`,
      entry.name,
      entry.bytes === undefined ? '' : (entry.bytes / (plain.bytes as number)).toFixed(2),
      (entry.recall[EFS.indexOf(SHOWN)] as number).toFixed(3),
      ...TARGETS.map((target) => shown(faster(entry, plain, target))),
    ]);
  const find = (name: string) => entries.find((entry) => entry.name === name);
  const four = find('rabitq4, rabitq4 rerank') as Entry;
  const gain = faster(four, plain, 0.95);
  if (id === 'layered' && gain !== undefined) {
    const what = `4 bits a dimension and 4 more to rank again, ${set.count} vectors of ${set.dimension}`;
    const bytes = (four.bytes as number) / (plain.bytes as number);
    bench.claim({
      id: 'four-bits-bytes',
      text: `bytes of codes and graph / of our f32 index, ${what}`,
      value: bytes,
      limit: 0.35,
      goal: 0.25,
      relation: '<=',
    });
    bench.claim({
      id: 'four-bits-speed',
      text: `search at recall@10 0.95: queries a second / of our f32 index, ${what}`,
      value: gain,
      limit: 1.2,
      goal: 1.8,
      relation: '>=',
    });
    const other = find(PEER);
    const over = other && faster(four, other, 0.95);
    if (over !== undefined)
      bench.claim({
        id: 'four-bits-usearch',
        text: `search at recall@10 0.95: time of usearch with 8-bit integers / ours, ${what}`,
        value: over,
        limit: 1.5,
        goal: 2.5,
        relation: '>=',
      });
  }
  for (const entry of entries) entry.end();
}
bench.table({
  id: 'sets',
  title: 'Codes on six sets',
  note: `${COUNT} vectors each, m = ${M}, efConstruction = ${EF_CONSTRUCTION}, every index shrunk, k = ${K}, one query a call; bytes are all that the index holds in memory; queries a second with the fewest candidates of ${EFS.join(', ')} that reach the recall.`,
  columns: [
    'set, dimension',
    'codes',
    'bytes / f32',
    `recall at ef ${SHOWN}`,
    ...TARGETS.map((target) => `queries a second / f32, recall ${target}`),
  ],
  rows,
});
bench.table({
  id: 'prefix',
  title: 'Searching by prefixes',
  note: 'Vectors whose numbers vary less and less, number j with a variance of 1 / j, as above: the graph is walked by the first numbers, and candidates are ranked again by all.',
  columns: [
    'set, dimension',
    'walked by',
    'bytes / f32',
    `recall at ef ${SHOWN}`,
    ...TARGETS.map((target) => `queries a second / f32, recall ${target}`),
  ],
  rows: cuts,
});
bench.table({
  id: 'flat',
  title: 'Codes of the exact index on the same sets',
  note: 'As above, without a graph: every code is compared, and what it does not prove too far away is ranked again.',
  columns: ['set, dimension', 'codes', 'bytes / f32', 'recall', 'queries a second / f32'],
  rows: scans,
});
bench.close();
