// Indexes in files of this machine with a quarter of their bytes as memory, and collections whose changes last.
//
//   npm run bench -- disk [--smoke] [--only TEXT]
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
import { fileStore } from 'sublinear/store/node';
import { random } from './support/generators.js';
import { median, openBench } from './support/harness.js';
import { glove, nearestByCosine, type VectorSet } from './support/vectors.js';

const bench = openBench('disk', 'On disk');
const wants = (id: string) => bench.only === undefined || id.includes(bench.only);
const folder = await mkdtemp(join(tmpdir(), 'sublinear-disk-'));
const K = 10;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const kB = (bytes: number) => Math.round(bytes / 1e3);

try {
  if (wants('search')) await search(glove(bench.smoke ? 5000 : 100_000, bench.smoke ? 20 : 200));
  if (wants('log')) await log(bench.smoke ? 500 : 20_000, 128);
} finally {
  await rm(folder, { recursive: true });
}
bench.close();

/** The file is in the cache of the system: what is measured is reading, checking and comparing, not the disk. */
async function search(set: VectorSet) {
  const { dimension, queries, queryCount } = set;
  const builder = await createEngine();
  const { writeRemoteIndexAsync } = await builder.use('format');
  const bytes = await writeRemoteIndexAsync(set.vectors, { dimension });
  builder.dispose();
  const path = join(folder, 'words.slvr');
  await writeFile(path, bytes);
  const truth = nearestByCosine(set, K);
  const memory = Math.floor(bytes.length / 4);
  const engine = await createEngine({ memory });
  const { RemoteIndex } = await engine.use('format');
  const rows: (string | number)[][] = [];
  let documented = 0;
  for (const [recall, cacheBytes] of [
    [0.9, 0],
    [0.95, 0],
    [0.95, 1 << 24],
    [0.98, 0],
  ] as const) {
    const handle = await open(path);
    const index = await RemoteIndex.open(handle, { cacheBytes });
    const [ms, read, requests]: [number[], number[], number[]] = [[], [], []];
    let hits = 0;
    for (let q = 0; q < queryCount; q++) {
      const query = queries.subarray(q * dimension, (q + 1) * dimension);
      const started = performance.now();
      const found = await index.search(query, { k: K, recall });
      ms.push(performance.now() - started);
      read.push(found.bytes);
      requests.push(found.requests);
      hits += [...found.ids].filter((id) => truth[q]?.has(id)).length;
    }
    const share = hits / K / queryCount;
    if (recall === 0.95 && cacheBytes === 0) documented = share;
    rows.push([
      recall,
      kB(cacheBytes),
      share.toFixed(3),
      kB(mean(read)),
      mean(requests).toFixed(0),
      median(ms).toFixed(1),
      kB(index.cachedBytes),
    ]);
    index.dispose();
    await handle.close();
  }
  bench.table({
    id: 'search',
    title: `${set.count} GloVe words of ${dimension} numbers in a file of ${kB(bytes.length)} kB, with ${kB(memory)} kB of memory, ${queryCount} queries, top ${K}`,
    note: 'Files are read through the cache of the operating system. `recall` is what the search was asked for.',
    columns: ['recall', 'cache kB', 'found', 'kB read', 'reads', 'ms', 'kept kB'],
    rows,
  });
  if (!bench.smoke)
    bench.claim({
      id: 'disk-recall',
      text: 'recall with a quarter of the file as memory',
      value: documented,
      limit: 0.92,
      relation: '>=',
    });
  engine.dispose();
}

/** Adding with and without a log, in one process, slice by slice; then opening it again. */
async function log(count: number, dimension: number) {
  const engine = await createEngine();
  const { Collection, CollectionLog } = await engine.use('hnsw');
  const next = random(1);
  const vectors = Float32Array.from({ length: count * dimension }, () => next() - 0.5);
  const options = { metric: 'cosine', dimension, index: 'flat' } as const;
  const store = fileStore(folder);
  const logged = await CollectionLog.open(store, 'bench', {
    ...options,
    compactRatio: Number.POSITIVE_INFINITY,
  });
  const plain = Collection.create(options);
  const [without, with_]: [number[], number[]] = [[], []];
  const [ownCpu, loggedCpu]: [number[], number[]] = [[], []];
  const slice = Math.ceil(count / 20);
  const timed = async (body: () => unknown, cpu: number[] = []) => {
    const [started, used] = [performance.now(), process.cpuUsage()];
    await body();
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / slice);
    return performance.now() - started;
  };
  for (let from = 0; from < count; from += slice) {
    const add = (to: typeof plain) => {
      for (let i = from; i < Math.min(count, from + slice); i++)
        to.add({
          key: `item ${i}`,
          vector: vectors.subarray(i * dimension, (i + 1) * dimension),
          metadata: { year: i % 50 },
        });
    };
    without.push(await timed(() => add(plain), ownCpu));
    with_.push(
      await timed(async () => {
        add(logged.collection);
        await logged.flush();
      }, loggedCpu),
    );
  }
  const bytes = logged.logBytes;
  const flushes: number[] = [];
  for (let i = 0; i < (bench.smoke ? 5 : 100); i++) {
    logged.collection.update(`item ${i}`, { metadata: { year: -1 } });
    flushes.push(await timed(() => logged.flush()));
  }
  await logged.close();
  const started = performance.now();
  const again = await CollectionLog.open(store, 'bench');
  const opening = performance.now() - started;
  const compacting = await timed(() => again.compact());
  const { records } = again.opened;
  const same = again.collection.size === plain.size;
  await again.close();
  plain.dispose();
  const perSecond = (ms: readonly number[]) => Math.round((1000 * slice) / median(ms));
  bench.table({
    id: 'log',
    title: `${count} items with vectors of ${dimension} numbers, exact index, a log in a folder, flushed every ${slice}`,
    note: `The log has ${kB(bytes)} kB. Whether everything was there again: ${same}.`,
    columns: ['what', 'value'],
    rows: [
      ['items a second, in memory alone', perSecond(without)],
      ['items a second, with the log, flushed', perSecond(with_)],
      ['us of processor time an item, in memory alone', median(ownCpu).toFixed(1)],
      ['us of processor time an item, with the log, flushed', median(loggedCpu).toFixed(1)],
      ['bytes of the log an item', Math.round(bytes / count)],
      ['ms of a flush of one change, median', median(flushes).toFixed(2)],
      ['records a second, replayed', Math.round((1000 * records) / opening)],
      ['ms of compacting', Math.round(compacting)],
    ],
  });
  engine.dispose();
}
