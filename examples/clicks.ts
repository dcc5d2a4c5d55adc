// Search results that learn from clicks. The index of documents stays as it is; a small adapter for queries learns what the
// users of this device mean, and the documents that they click move up. Vectors of words from GloVe.
//
//   npx tsx examples/clicks.ts
import { getEngine } from 'sublinear';
import { readGlove } from './support/glove.js';

const { words, dimension, vectors } = readGlove(60_000);
const places = new Map(words.map((word, i) => [word, i]));
const rowOf = (word: string) => {
  const at = places.get(word) as number;
  return vectors.subarray(at * dimension, (at + 1) * dimension);
};

const engine = await getEngine();
const { Collection } = await engine.use('hnsw');
const { LoraAdapter } = await engine.use('lora');

// The documents are words. Here, who asks for an animal wants the sound of it, whatever the language at large says.
const documents =
  'bark roar purr chirp hiss buzz kennel lion kitten feather venom honey puppy tiger mouse nest lizard flower'
    .split(' ')
    .filter((word) => places.has(word));
const clicks: [query: string, clicked: string][] = [
  ['dog', 'bark'],
  ['dogs', 'bark'],
  ['lion', 'roar'],
  ['lions', 'roar'],
  ['cat', 'purr'],
  ['bird', 'chirp'],
  ['birds', 'chirp'],
  ['snake', 'hiss'],
  ['bee', 'buzz'],
];
const known = clicks.filter(([query, clicked]) => places.has(query) && documents.includes(clicked));

using index = Collection.create({ dimension, metric: 'cosine' });
for (const word of documents) index.add({ key: word, vector: rowOf(word) });

const joined = (list: string[]) => {
  const all = new Float32Array(list.length * dimension);
  for (const [i, word] of list.entries()) all.set(rowOf(word), i * dimension);
  return all;
};
const queries = joined(known.map(([query]) => query));
const clickedAt = known.map(([, clicked]) => documents.indexOf(clicked));

/** The mean place of the clicked document in the results. */
function meanPlace(adapted: Float32Array): number {
  let sum = 0;
  for (const [i, [, clicked]] of known.entries()) {
    const query = adapted.subarray(i * dimension, (i + 1) * dimension);
    const hits = index.search(query, { k: documents.length });
    sum += hits.findIndex(({ key }) => key === clicked) + 1;
  }
  return sum / known.length;
}

using adapter = LoraAdapter.create({ inputs: dimension, rank: 4, source: 'glove' });
console.log(
  `${known.length} clicks; the clicked document stands at place ${meanPlace(queries).toFixed(1)} on average`,
);
// What was shown above it and not clicked.
const skipped = known.map(([query, clicked]) => {
  const hits = index.search(rowOf(query), { k: documents.length }).map(({ key }) => String(key));
  return hits.slice(0, hits.indexOf(clicked)).map((word) => documents.indexOf(word));
});
const { loss, steps } = await adapter.trainAsync(
  { queries, documents: joined(documents), clicked: clickedAt, skipped },
  { epochs: 60, rate: 0.01 },
);
console.log(`learned in ${steps} steps, loss ${loss.toFixed(3)}`);
console.log(`after learning: place ${meanPlace(adapter.apply(queries)).toFixed(1)}`);
console.log(`the adapter takes ${adapter.save().length} bytes`);
