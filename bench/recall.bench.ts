// Recall and queries a second at equal candidates, and at equal recall, on sets that codes and graphs may find hard: every kind
// of codes here, and float32 in native libraries.
import { createEngine } from 'sublinear';
import type { Codes, Rerank } from 'sublinear/hnsw';
import { hardSets, type NamedSet } from './support/hard-sets.js';
import { median, openBench } from './support/harness.js';
import { took } from './support/took.js';
import { installed, overHnswlibIn, type PeerIndex, usearchIn } from './support/vectors.js';

const bench = openBench('recall', 'Recall');
const { Hnsw } = await (await createEngine({ modules: ['hnsw'] })).use('hnsw');
const [M, EF_CONSTRUCTION] = [16, 200];
const EFS = bench.smoke ? [16, 64] : [16, 24, 32, 48, 64, 96, 128, 256];
const SHOWN = EFS.filter((ef) => [16, 32, 64, 128].includes(ef));
const ROUNDS = bench.smoke ? 1 : 3;
const LOST = 0.005;

const kinds: [name: string, codes: Codes, rerank: Rerank][] = [
  ['f32', 'none', 'none'],
  ['int8, float16 rerank', 'int8', 'float16'],
  ['float16', 'float16', 'none'],
  ['rabitq, float32 rerank', 'rabitq', 'float32'],
];

/** One of this package's indexes, as the peers are driven. */
function ours(set: NamedSet, codes: Codes, rerank: Rerank): PeerIndex & { end(): void } {
  const { dimension, metric, count, queries, vectors } = set;
  const made = { metric, dimension, m: M, efConstruction: EF_CONSTRUCTION, capacity: count };
  const index = Hnsw.create({ ...made, codes, rerank });
  let ef = 64;
  return {
    add(from, to) {
      const ids = Uint32Array.from({ length: to - from }, (_, i) => from + i);
      index.addBatch({ ids, vectors: vectors.subarray(from * dimension, to * dimension) });
      index.optimize();
    },
    setEf(value) {
      ef = value;
    },
    search(q, k, ids, at) {
      const query = queries.subarray(q * dimension, (q + 1) * dimension);
      ids.set(index.search(query, { k, ef }).ids, at);
    },
    end: () => index.dispose(),
  };
}

/**
 * In float64, since with a large offset float32 distances have no digits left. Inner products are negated. Squared distances end
 * where they pass `limit`.
 */
function distance(
  { dimension, metric, vectors, queries }: NamedSet,
  q: number,
  id: number,
  limit: number,
): number {
  const [a, b] = [id * dimension, q * dimension];
  let sum = 0;
  if (metric === 'dot') {
    for (let j = 0; j < dimension; j++) sum -= vectors[a + j]! * queries[b + j]!;
    return sum;
  }
  for (let from = 0; from < dimension && sum <= limit; from += 32) {
    const end = Math.min(dimension, from + 32);
    for (let j = from; j < end; j++) {
      const d = vectors[a + j]! - queries[b + j]!;
      sum += d * d;
    }
  }
  return sum;
}

/** The distance of each query's k-th nearest: whatever is not farther counts as found, since copies are as good as each other. */
function limitsOf(set: NamedSet): Float64Array {
  return Float64Array.from({ length: set.queryCount }, (_, q) => {
    const best: number[] = [];
    for (let id = 0; id < set.count; id++) {
      const worst = best.length === set.k ? (best[set.k - 1] as number) : Number.POSITIVE_INFINITY;
      const d = distance(set, q, id, worst);
      if (d >= worst) continue;
      const at = best.findIndex((other) => other > d);
      best.splice(at < 0 ? best.length : at, 0, d);
      if (best.length > set.k) best.pop();
    }
    const last = best[set.k - 1] as number;
    return last + 1e-9 * Math.abs(last);
  });
}

function recallOf(set: NamedSet, found: Uint32Array, limits: Float64Array): number {
  let hits = 0;
  for (let q = 0; q < set.queryCount; q++) {
    const ids = new Set(found.subarray(q * set.k, (q + 1) * set.k));
    const limit = limits[q] as number;
    for (const id of ids) if (id < set.count && distance(set, q, id, limit) <= limit) hits++;
  }
  return hits / (set.queryCount * set.k);
}

interface Entry {
  name: string;
  index: PeerIndex;
  recall: number[];
  qps: number[];
}

function entriesOf(set: NamedSet): Entry[] {
  const entries: Entry[] = [];
  const enter = (name: string, index: PeerIndex) => {
    bench.phase(`${set.name}: building ${name}`);
    index.add(0, set.count);
    entries.push({ name, index, recall: [], qps: [] });
  };
  for (const [name, codes, rerank] of kinds) enter(name, ours(set, codes, rerank));
  const euclidean = set.metric === 'euclidean';
  if (installed('hnswlib-node'))
    enter('hnswlib-node', overHnswlibIn(euclidean ? 'l2' : 'ip', set, M, EF_CONSTRUCTION));
  if (installed('usearch'))
    enter('usearch', usearchIn(euclidean ? 'l2sq' : 'ip', set, M, EF_CONSTRUCTION, 64));
  return entries;
}

const rows: (string | number)[][] = [];
const equal: (string | number)[][] = [];
for (const [id, make] of hardSets(bench.smoke)) {
  if (!bench.wants(id)) continue;
  bench.phase(`${id}: the exact answers`);
  const set = make();
  if (set === undefined) continue; // not installed
  const limits = limitsOf(set);
  const entries = entriesOf(set);
  bench.phase(`${set.name}: searching`);
  for (const ef of EFS) {
    const times = entries.map((): number[] => []);
    // In turn, so that the machine's moods fall on all alike.
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, { index, recall }] of entries.entries()) {
        const found = new Uint32Array(set.queryCount * set.k);
        index.setEf(ef);
        const ms = took(() => {
          for (let q = 0; q < set.queryCount; q++) index.search(q, set.k, found, q * set.k);
        });
        times[i]?.push(ms);
        if (round === 0) recall.push(recallOf(set, found, limits));
      }
    for (const [i, { qps }] of entries.entries())
      qps.push((1000 * set.queryCount) / median(times[i] as number[]));
  }
  for (const { name, recall, qps } of entries) {
    const at = (ef: number) => EFS.indexOf(ef);
    const shown = SHOWN.map((ef) => `${recall[at(ef)]?.toFixed(4)} (${qps[at(ef)]?.toFixed(0)})`);
    rows.push([set.name, name, ...shown]);
    for (const target of [0.95, 0.99]) {
      const reached = recall.findIndex((value) => value >= target);
      if (reached < 0) equal.push([set.name, target, name, 'not reached', '']);
      else equal.push([set.name, target, name, EFS[reached] as number, qps[reached]!.toFixed(0)]);
    }
  }
  const [f32, int8] = entries as [Entry, Entry];
  bench.claim({
    id: `int8-${id}`,
    text: `recall that int8 with rerank loses to f32 at equal ef, worst, ${set.name}`,
    value: Math.max(...f32.recall.map((value, i) => value - (int8.recall[i] as number))),
    limit: LOST,
    relation: '<=',
  });
  for (const { index } of entries) (index as Partial<{ end(): void }>).end?.();
}
const how = `m = ${M}, efConstruction = ${EF_CONSTRUCTION}, k = 10 (one-hot: 1); every index optimised after it was built; the peers hold float32. A vector as near as the k-th counts as found.`;
bench.table({
  id: 'equal-candidates',
  title: 'Recall at equal candidates, and queries a second',
  note: how,
  columns: ['set', 'index', ...SHOWN.map((ef) => `ef ${ef}`)],
  rows,
});
bench.table({
  id: 'equal-recall',
  title: 'The fewest candidates that reach a recall, and queries a second',
  note: `${how} Candidates: ${EFS.join(', ')}.`,
  columns: ['set', 'recall', 'index', 'ef', 'queries a second'],
  rows: equal,
});
bench.close();
