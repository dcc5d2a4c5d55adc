// Filtered search against the exact scan of what is allowed, over how much is allowed and how that goes with the query; and
// the recall of codes on sets that codes may find hard, beside native libraries at the same candidates.
import { createEngine } from 'sublinear';
import type { Codes, Metric, Rerank } from 'sublinear/hnsw';
import { random } from './support/generators.js';
import { hardSets, type NamedSet } from './support/hard-sets.js';
import { median, openBench } from './support/harness.js';
import { nearest } from './support/plain.js';
import { took } from './support/took.js';
import { installed, overHnswlibIn, usearchIn } from './support/vectors.js';

const bench = openBench('filters', 'Filters and codes');
const { Flat, Hnsw, Filter } = await (await createEngine({ modules: ['hnsw'] })).use('hnsw');
const K = 10;

interface Coded {
  name: string;
  codes: Codes;
  rerank: Rerank;
}

const kinds: Coded[] = [
  { name: 'f32', codes: 'none', rerank: 'none' },
  { name: 'int8, float16 rerank', codes: 'int8', rerank: 'float16' },
  { name: 'int8, float32 rerank', codes: 'int8', rerank: 'float32' },
  { name: 'float16', codes: 'float16', rerank: 'none' },
  { name: 'rabitq, float32 rerank', codes: 'rabitq', rerank: 'float32' },
];

const wants = (id: string) => bench.only === undefined || bench.only.startsWith(id);
if (wants('grid') || wants('filter')) grid();
if (wants('codes') || wants('int8')) codes();
bench.close();

/** Queries that lie around one direction, so that one filter is near to all of them, or far from all. */
function grid(): void {
  const [count, asked, rounds] = bench.smoke ? [2000, 4, 2] : [50_000, 16, 15];
  const dimension = 64;
  const next = random(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const vectors = Float32Array.from({ length: count * dimension }, normal);
  const centre = Float32Array.from({ length: dimension }, normal);
  const queries = Array.from({ length: asked }, () =>
    centre.map((value) => value + 0.3 * normal()),
  );
  const ids = Uint32Array.from({ length: count }, (_, i) => i);
  const made = { metric: 'euclidean', dimension, capacity: count } as const;
  using exact = Flat.create(made).addBatch({ ids, vectors });
  using walked = Hnsw.create({ ...made, m: 16, efConstruction: 100 }).addBatch({ ids, vectors });
  const distances = Float64Array.from(ids, (i) => {
    let sum = 0;
    for (let j = 0; j < dimension; j++)
      sum += ((vectors[i * dimension + j] as number) - (centre[j] as number)) ** 2;
    return sum;
  });
  const byDistance = Array.from(ids).sort(
    (a, b) => (distances[a] as number) - (distances[b] as number),
  );
  const shuffled = Array.from(ids);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as number, shuffled[i] as number];
  }
  const orders = {
    correlated: byDistance,
    random: shuffled,
    'anti-correlated': [...byDistance].reverse(),
  };
  let worst = 0;
  const rows: (string | number)[][] = [];
  for (const share of [0.0001, 0.001, 0.01, 0.1, 0.39, 0.41, 0.6, 0.9, 0.99]) {
    const allowed = Math.max(1, Math.round(share * count));
    for (const [kind, order] of Object.entries(orders)) {
      using filter = Filter.from(Uint32Array.from(order.slice(0, allowed)));
      const how = { k: K, ef: 64, filter };
      const time = (index: typeof exact | typeof walked) =>
        took(() => {
          for (const query of queries) index.search(query, how);
        }) / asked;
      let [hits, wanted] = [0, 0];
      for (const query of queries) {
        const truth = new Set(exact.search(query, how).ids);
        for (const id of walked.search(query, how).ids) hits += truth.has(id) ? 1 : 0;
        wanted += truth.size;
      }
      // Turn by turn, so that the machine's moods fall on both alike.
      const turns = Array.from({ length: rounds }, (_, turn) => {
        if (turn % 2 === 0) {
          const scan = time(exact);
          return [time(walked), scan] as const;
        }
        return [time(walked), time(exact)] as const;
      });
      const ratio = median(turns.map(([search, scan]) => search / scan));
      worst = Math.max(worst, ratio);
      rows.push([
        `${+(100 * share).toFixed(2)} %`,
        kind,
        median(turns.map(([search]) => search)).toFixed(4),
        median(turns.map(([, scan]) => scan)).toFixed(4),
        ratio.toFixed(2),
        (hits / wanted).toFixed(4),
      ]);
    }
  }
  bench.table({
    id: 'grid',
    title: `Filtered search against the exact scan of the allowed, ${count} vectors x ${dimension}`,
    note: `Normal vectors, seed 11, Euclidean; queries around one point, and filters that allow what is nearest to it, anything, or what is farthest. m = 16, efConstruction = 100, ef = 64, k = ${K}; both with the same filter, in turns, the median of the ratios.`,
    columns: ['allowed', 'filter', 'Hnsw, ms', 'Flat, ms', 'ratio', `recall@${K}`],
    rows,
  });
  bench.claim({
    id: 'filter-worst',
    text: 'filtered Hnsw over the exact scan of the allowed, worst of the grid',
    value: worst,
    limit: 2,
    relation: '<=',
  });
}

/** Recall at the same candidates: every kind of codes here, and float32 in the native libraries. */
function codes(): void {
  const efs = [16, 32, 64, 128];
  const rows: (string | number)[][] = [];
  for (const set of hardSets(bench.smoke)) {
    const truth = truthOf(set);
    const of = new Map<string, number[]>();
    for (const { name, codes, rerank } of kinds) {
      using index = Hnsw.create({
        metric: set.metric as Metric,
        dimension: set.dimension,
        m: 16,
        efConstruction: 200,
        codes,
        rerank,
        capacity: set.count,
      });
      const ids = Uint32Array.from({ length: set.count }, (_, i) => i);
      index.addBatch({ ids, vectors: set.vectors });
      index.optimize();
      of.set(
        name,
        efs.map((ef) => recall(index.searchBatch(set.queries, { k: K, ef }).ids, truth)),
      );
    }
    const space = set.metric === 'euclidean' ? 'l2' : 'ip';
    if (installed('hnswlib-node')) {
      const peer = overHnswlibIn(space, set, 16, 200);
      peer.add(0, set.count);
      of.set(
        'hnswlib-node',
        efs.map((ef) => {
          peer.setEf(ef);
          return recallOf(peer, set, truth);
        }),
      );
    }
    if (installed('usearch')) {
      of.set(
        'usearch',
        efs.map((ef) => {
          const peer = usearchIn(space === 'l2' ? 'l2sq' : 'ip', set, 16, 200, ef);
          peer.add(0, set.count);
          return recallOf(peer, set, truth);
        }),
      );
    }
    for (const [name, values] of of)
      rows.push([set.name, name, ...values.map((value) => value.toFixed(4))]);
    const [f32, int8] = [of.get('f32') as number[], of.get('int8, float16 rerank') as number[]];
    bench.claim({
      id: `int8-${set.id}`,
      text: `recall that int8 with rerank loses to f32 at equal ef, worst, ${set.name}`,
      value: Math.max(...f32.map((value, i) => value - (int8[i] as number))),
      limit: 0.005,
      relation: '<=',
    });
  }
  bench.table({
    id: 'codes',
    title: `Recall@${K} of codes at equal candidates`,
    note: 'm = 16, efConstruction = 200; every index optimised after it was built; the peers hold float32.',
    columns: ['set', 'index', ...efs.map((ef) => `ef ${ef}`)],
    rows,
  });
}

function truthOf(set: NamedSet): Uint32Array {
  if (set.metric !== 'euclidean')
    return nearest(set.vectors, set.queries, { dimension: set.dimension, k: K, every: 1 });
  // In float64: with a large offset float32 distances have no digits left.
  const found = new Uint32Array(set.queryCount * K);
  const { dimension, vectors } = set;
  for (let q = 0; q < set.queryCount; q++) {
    const distances = Float64Array.from({ length: set.count }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < dimension; j++)
        sum +=
          ((vectors[i * dimension + j] as number) - (set.queries[q * dimension + j] as number)) **
          2;
      return sum;
    });
    const order = Uint32Array.from({ length: set.count }, (_, i) => i).sort(
      (a, b) => (distances[a] as number) - (distances[b] as number) || a - b,
    );
    found.set(order.subarray(0, K), q * K);
  }
  return found;
}

function recallOf(
  peer: { search(q: number, k: number, ids: Uint32Array, at: number): void },
  set: NamedSet,
  truth: Uint32Array,
): number {
  const found = new Uint32Array(set.queryCount * K);
  for (let q = 0; q < set.queryCount; q++) peer.search(q, K, found, q * K);
  return recall(found, truth);
}

function recall(found: Uint32Array, truth: Uint32Array): number {
  let hits = 0;
  for (let at = 0; at < truth.length; at += K) {
    const right = new Set(truth.subarray(at, at + K));
    for (let i = at; i < at + K; i++) hits += right.has(found[i] as number) ? 1 : 0;
  }
  return hits / truth.length;
}
