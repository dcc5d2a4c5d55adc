// One index of bench/million/million.ts, in a process of its own: it is built and searched when a message asks for it.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { load } from 'sublinear/hnsw';
import { createPool } from 'sublinear/worker';
import { hnswlibRows, type VectorSet } from '../support/vectors.js';

export type Kind = 'none' | 'float16' | 'hnswlib';
export type Asked =
  | { do: 'build'; kind: Kind; set: Shape }
  | { do: 'search'; from: number; to: number; ef: number; k: number };
/** Where the vectors stand, and the queries behind them. */
interface Shape {
  file: string;
  count: number;
  queryCount: number;
  dimension: number;
}
export interface Built {
  did: 'build';
  ms: number;
  cpuMs: number;
  /** Bytes that the process takes more than before, vectors that were given apart. */
  rss: number;
  /** What the index itself says it takes. */
  bytes?: number;
}
export interface Found {
  did: 'search';
  ids: Uint32Array;
  /** Milliseconds of each query. */
  each: Float64Array;
  cpuMs: number;
}
export type Done = Built | Found | { did: 'failed'; message: string };

const [M, EF_CONSTRUCTION, THREADS] = [16, 200, 2];

let set: VectorSet;
let search: (query: Float32Array, k: number, ef: number) => ArrayLike<number>;

async function ours(codes: 'none' | 'float16'): Promise<number> {
  const { Hnsw } = await load();
  // Vectors have length 1: the order of the inner products is that of the cosine.
  const options = { metric: 'dot', m: M, efConstruction: EF_CONSTRUCTION, codes } as const;
  const ids = Uint32Array.from({ length: set.count }, (_, i) => i);
  const { dimension, vectors } = set;
  const pool = await createPool({ size: THREADS, modules: ['hnsw'] });
  const shared = await Hnsw.buildShared({ ...options, dimension }, { ids, vectors }, { pool });
  await pool.dispose();
  const index = await Hnsw.openShared(shared);
  search = (query, k, ef) => index.search(query, { k, ef }).ids;
  return shared.bytes;
}

const used = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
// What is freed goes back a little later.
const rss = async () => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await setTimeout(100);
  }
  return process.memoryUsage.rss();
};

async function build(kind: Kind, { file, ...shape }: Shape) {
  // Read, not made: what making them leaves behind would be counted as memory that comes back.
  const { buffer, byteOffset } = readFileSync(file);
  const [all, rest] = [shape.count, shape.queryCount].map((rows) => rows * shape.dimension);
  set = {
    ...shape,
    name: file,
    vectors: new Float32Array(buffer, byteOffset, all),
    queries: new Float32Array(buffer, byteOffset + 4 * (all as number), rest),
  };
  const before = await rss();
  const [began, cpu] = [performance.now(), used()];
  let bytes: number | undefined;
  if (kind === 'hnswlib') search = hnswlibRows(set, M, EF_CONSTRUCTION);
  else bytes = await ours(kind);
  const [ms, cpuMs] = [performance.now() - began, used() - cpu];
  return { did: 'build', ms, cpuMs, rss: (await rss()) - before, ...(bytes && { bytes }) } as Built;
}

function found(from: number, to: number, ef: number, k: number): Found {
  const ids = new Uint32Array(k * (to - from));
  const each = new Float64Array(to - from);
  const cpu = used();
  for (let q = from; q < to; q++) {
    const query = set.queries.subarray(q * set.dimension, (q + 1) * set.dimension);
    const began = performance.now();
    const own = search(query, k, ef);
    each[q - from] = performance.now() - began;
    ids.set(own, k * (q - from));
  }
  return { did: 'search', ids, each, cpuMs: used() - cpu };
}

process.on('message', async (asked: Asked) => {
  const answer = (done: Done) => process.send?.(done);
  try {
    if (asked.do === 'build') answer(await build(asked.kind, asked.set));
    else answer(found(asked.from, asked.to, asked.ef, asked.k));
  } catch (error) {
    answer({ did: 'failed', message: String((error as Error).stack) });
  }
});
