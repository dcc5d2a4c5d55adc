// A million vectors: building with two threads, one search after another, and memory, beside hnswlib as a native addon.
//
//   sh bench/peers/vector.sh      sets the peer up
//   node tools/bench.mjs million [--size 1000000]
//
// Each index lives in a process of its own (bench/million/one.ts), so that what it takes of memory is seen from outside. Building is
// measured once, by time and by processor time, one index after another; searches take turns, a group of queries each.
import { fork } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, openBench, quantile } from '../support/harness.js';
import { nearest } from '../support/plain.js';
import { installed, layered } from '../support/vectors.js';
import type { Asked, Built, Done, Found, Kind } from './one.js';

const [K, GROUP, SLICES] = [10, 50, 41];
const TARGETS = [0.95, 0.99];
/** Steps of a fifth: with wider ones, an index may be asked for far more recall than the other. */
const EFS = Array.from({ length: 24 }, (_, i) => Math.round(10 * 1.2 ** i));
/** Bytes that are written at once. */
const PIECE = 2 ** 26;
const MISSING = 'not installed: npm run bench:vector installs it';

const bench = openBench('million', 'A million vectors');
const { values } = parseArgs({ options: { size: { type: 'string' } }, strict: false });
const size = typeof values.size === 'string' ? Number(values.size) : 1_000_000;
const count = bench.size(size, 3000);
const queryCount = bench.size(500, 100);
const dimension = 128;

class Index {
  readonly #child;
  constructor(
    readonly name: string,
    readonly kind: Kind,
  ) {
    this.#child = fork(fileURLToPath(new URL('one.ts', import.meta.url)), [], {
      serialization: 'advanced',
    });
  }

  async ask(asked: Asked): Promise<Done> {
    const done = await new Promise<Done>((resolve, reject) => {
      const child = this.#child;
      const answered = (message: unknown) => {
        child.off('exit', ended);
        resolve(message as Done);
      };
      const ended = () => {
        child.off('message', answered);
        reject(new Error(`${this.name}: its process has ended`));
      };
      child.once('message', answered);
      child.once('exit', ended);
      child.send(asked);
    });
    if (done.did === 'failed') throw new Error(`${this.name}: ${done.message}`);
    return done;
  }

  async build(): Promise<Built> {
    const set = { file, count, queryCount, dimension };
    return (await this.ask({ do: 'build', kind: this.kind, set })) as Built;
  }

  async search(from: number, to: number, ef: number): Promise<Found> {
    return (await this.ask({ do: 'search', from, to, ef, k: K })) as Found;
  }

  close(): void {
    this.#child.disconnect();
  }
}

const all: { name: string; kind: Kind }[] = [
  { name: 'sublinear, two threads', kind: 'none' },
  { name: 'sublinear, two threads, float16', kind: 'float16' },
];
if (installed('hnswlib-node')) all.push({ name: 'hnswlib-node (native)', kind: 'hnswlib' });

bench.phase(`the ${K} nearest of ${queryCount} queries among ${count} vectors, by a plain scan`);
const set = layered(count, queryCount, dimension);
const truth = nearest(set.vectors, set.queries, { dimension, k: K, every: 1 });

const folder = mkdtempSync(join(tmpdir(), 'sublinear-million-'));
const file = join(folder, 'vectors.f32');
const handle = openSync(file, 'w');
// A piece at a time: one write has less than 2 GB.
for (const { buffer, byteOffset, byteLength } of [set.vectors, set.queries])
  for (let at = 0; at < byteLength; at += PIECE)
    writeSync(handle, new Uint8Array(buffer, byteOffset + at, Math.min(PIECE, byteLength - at)));
closeSync(handle);

const indexes: { index: Index; built: Built }[] = [];
for (const { name, kind } of all) {
  bench.phase(`building: ${name}`);
  const index = new Index(name, kind);
  indexes.push({ index, built: await index.build() });
}

function recallOf(ids: Uint32Array, from: number): number {
  let hits = 0;
  for (let at = 0; at < ids.length; at += K) {
    const right = new Set(truth.subarray(K * from + at, K * from + at + K));
    for (const id of ids.subarray(at, at + K)) hits += right.has(id) ? 1 : 0;
  }
  return hits / ids.length;
}

const peer = indexes.find(({ index }) => index.kind === 'hnswlib');
const title = `${count} vectors of ${dimension}, m = 16, efConstruction = 200`;
bench.table({
  id: 'million-build',
  title: `Building and memory: ${title}`,
  note: `Once each, one after another, each in a process of its own; processor time of all threads; memory is what the process takes more than before, which says something from some 100 MB on; ${availableParallelism()} threads run at once.`,
  columns: [
    'index',
    'seconds',
    'processor seconds',
    'MB of memory',
    'bytes a vector, its own count',
  ],
  rows: [
    ...indexes.map(({ index, built }) => [
      index.name,
      (built.ms / 1000).toFixed(1),
      (built.cpuMs / 1000).toFixed(1),
      (built.rss / 1e6).toFixed(0),
      built.bytes === undefined ? '' : (built.bytes / count).toFixed(0),
    ]),
    ...(peer ? [] : [['hnswlib-node (native)', MISSING, '', '', '']]),
  ],
});

const rows: (string | number)[][] = [];
for (const target of TARGETS) {
  bench.phase(`searching, recall@${K} >= ${target}`);
  const chosen: { ef: number; recall: number }[] = [];
  for (const { index } of indexes)
    for (const ef of EFS) {
      const recall = recallOf((await index.search(0, queryCount, ef)).ids, 0);
      if (recall < target && ef !== EFS.at(-1)) continue;
      chosen.push({ ef, recall });
      break;
    }
  const times = indexes.map((): number[] => []);
  const groups = indexes.map((): { ms: number; cpuMs: number }[] => []);
  for (let slice = 0; slice < bench.size(SLICES, 3); slice++) {
    const from = (slice * GROUP) % queryCount;
    for (let turn = 0; turn < indexes.length; turn++) {
      const at = (turn + slice) % indexes.length;
      const { index } = indexes[at]!;
      const to = Math.min(queryCount, from + GROUP);
      const { each, cpuMs } = await index.search(from, to, chosen[at]!.ef);
      times[at]!.push(...each);
      const ms = each.reduce((sum, one) => sum + one, 0);
      groups[at]!.push({ ms: ms / each.length, cpuMs: cpuMs / each.length });
    }
  }
  for (const [at, { index }] of indexes.entries())
    rows.push([
      `${index.name}, recall ${target}`,
      chosen[at]!.ef,
      chosen[at]!.recall.toFixed(4),
      (1000 * quantile(times[at]!, 0.5)).toFixed(1),
      (
        (1000 * groups[at]!.reduce((sum, { cpuMs }) => sum + cpuMs, 0)) /
        groups[at]!.length
      ).toFixed(1),
    ]);
  if (peer === undefined) continue;
  const theirs = indexes.indexOf(peer);
  for (const [at, { index }] of indexes.entries()) {
    if (at === theirs) continue;
    // Processor time is counted in steps that are longer than some groups: the sum tells more than the median.
    const cpu = (of: number) => groups[of]!.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
    const ratios = {
      ms: median(groups[at]!.map((own, slice) => groups[theirs]![slice]!.ms / own.ms)),
      cpuMs: cpu(theirs) / cpu(at),
    };
    for (const [what, words] of [
      ['ms', 'time'],
      ['cpuMs', 'processor time'],
    ] as const)
      bench.claim({
        id: `million-search-${index.kind}-${target}-${what}`,
        text: `search at recall@${K} ${target}: ${words} of hnswlib-node / ${index.name}`,
        value: ratios[what],
        limit: 1,
        goal: 1.3,
        relation: '>=',
      });
  }
}
bench.table({
  id: 'million-search',
  title: `One search after another: ${title}`,
  note: `Each with the fewest candidates that reach the recall, of ${queryCount} queries; groups of ${GROUP} queries take turns.`,
  columns: ['index', 'ef', `recall@${K}`, 'p50, us', 'processor us'],
  rows,
});

if (peer !== undefined)
  for (const { index, built } of indexes) {
    if (index === peer.index) continue;
    bench.claim({
      id: `million-build-${index.kind}`,
      text: `build: time of hnswlib-node in one thread / ${index.name}`,
      value: peer.built.ms / built.ms,
      limit: 1,
      goal: 1.5,
      relation: '>=',
    });
    bench.claim({
      id: `million-build-${index.kind}-cpu`,
      text: `build: processor time of hnswlib-node / ${index.name}`,
      value: peer.built.cpuMs / built.cpuMs,
      limit: 0.5,
      goal: 0.75,
      relation: '>=',
    });
    bench.claim({
      id: `million-memory-${index.kind}`,
      text: `memory of ${index.name} / hnswlib-node`,
      value: built.rss / peer.built.rss,
      limit: 1.1,
      goal: 0.8,
      relation: '<=',
    });
  }
for (const { index } of indexes) index.close();
rmSync(folder, { recursive: true });
bench.close();
