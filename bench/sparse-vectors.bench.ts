// Sparse vectors: the ten largest inner products, beside lists added up in plain JavaScript and products of SciPy (Debian's
// python3-scipy).
//
//   npm run bench -- sparse-vectors [--smoke] [--only TEXT]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
import type { SparseVector } from 'sublinear/hnsw';
import { benchmarks } from '../ts/benchmarks/hnsw.js';
import { NativePeer } from './peers/native.js';
import { openBench } from './support/harness.js';

const bench = openBench('sparse-vectors', 'Sparse vectors');
const engine = await createEngine();
const { SparseIndex } = await engine.use('hnsw');
const room = await engine.use('hnsw');

const count = bench.smoke ? 2000 : 100_000;
// The case of `sublinear bench`, and its data.
const made = benchmarks.sparse.prepare(room, count);
const { vectors, queries } = made.data;
const truth = made.answer.plain.run() as Uint32Array;

using index = SparseIndex.create();
index.addBatch({ ids: Uint32Array.from(vectors, (_, i) => i), vectors });
index.shrink();
const { values } = index.stats();

const folder = mkdtempSync(join(tmpdir(), 'sparse-vectors-'));
const python =
  !bench.smoke && spawnSync('/usr/bin/python3', ['-c', 'import scipy']).status === 0
    ? new NativePeer('scipy', '/usr/bin/python3', ['bench/peers/sparse_vectors.py'])
    : undefined;
write('', vectors);
write('q', queries);
await python?.load(folder);

function write(prefix: string, rows: SparseVector[]): void {
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach(({ indices }, i) => {
    starts[i + 1] = (starts[i] as number) + indices.length;
  });
  const put = (name: string, array: Uint32Array | Float32Array) =>
    writeFileSync(join(folder, prefix + name), array);
  put('starts.u32', starts);
  put('indices.u32', Uint32Array.from(rows.flatMap(({ indices }) => [...indices])));
  put('values.f32', Float32Array.from(rows.flatMap(({ values }) => [...values])));
}

type Answer = { q: number; ids: ArrayLike<number> };
/** Share of the ten that is missing; float32 sums may confuse what is nearly equal. */
const accuracy = ({ q, ids }: Answer) => {
  const right = new Set(truth.subarray(10 * q, 10 * q + 10));
  return Array.from(ids).filter((id) => !right.has(id)).length / 10;
};
const inOrder = () => {
  let turn = 0;
  return () => turn++ % queries.length;
};
const turns = [inOrder(), inOrder(), inOrder(), inOrder()] as const;
let last = 0;
const scipy = (method: string, turn: () => number) => ({
  name: `scipy, ${method} (one thread)`,
  ...(python === undefined && { skip: 'it needs python3-scipy, and is not in a smoke run' }),
  calls: 3,
  async run() {
    last = turn();
    return { q: last, ...(await python!.run(method, last)) };
  },
  elapsed: ({ ms }: { ms: number }) => ms,
  accuracy: async ({ q }: { q: number }) => accuracy({ q, ids: await python!.result() }),
});
const result = await bench.compare({
  id: 'search',
  title: `The ten largest inner products of ${count} sparse vectors of about 110 values`,
  note: `Vectors as a learned sparse encoder gives them: half of their indices are frequent ones of 30,000, half belong to one of 300 subjects; queries of about 27 values. The index holds ${(index.bytesUsed / values).toFixed(1)} bytes a value. Plain JavaScript adds up the lists of the query's indices; scipy takes their columns of a CSC matrix, or multiplies all rows of a CSR matrix, in float32.`,
  accuracy: 'share of the ten that is not found',
  slices: bench.smoke ? 3 : 21,
  maxSeconds: 120,
  contestants: [
    {
      name: 'sublinear SparseIndex',
      calls: bench.smoke ? 2 : 50,
      run(): Answer {
        const q = turns[0]();
        return { q, ids: index.search(queries[q] as SparseVector).ids };
      },
      accuracy,
    },
    {
      name: 'plain JavaScript, lists added up',
      calls: 3,
      run(): Answer {
        const q = turns[1]();
        return { q, ids: made.one(q) };
      },
      accuracy,
    },
    scipy('columns', turns[2]),
    scipy('rows', turns[3]),
  ],
});
python?.stop();
rmSync(folder, { recursive: true });
made.dispose();
const ratio = (name: string) => result?.rows.find((row) => row.name.startsWith(name))?.ratio;
for (const [id, name, limit] of [
  ['plain', 'plain', 3],
  ['scipy', 'scipy, columns', 1.5],
] as const) {
  const value = ratio(name);
  if (value !== undefined && !bench.smoke)
    bench.claim({
      id,
      text: `sparse vectors: times faster than ${name}`,
      value,
      limit,
      relation: '>=',
      unit: 'x',
    });
}
await engine.dispose();
bench.close();
