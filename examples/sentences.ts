// Sentences that mean the same: a few dozen of them, found by their vectors. With the model of sh bench/peers/inference.sh (or
// one that `npx sublinear model` wrote, in SUBLINEAR_MODEL) by a transformer and a table distilled from it; always by GloVe's word
// vectors.
//
//   npx tsx examples/sentences.ts "a bank of a river"
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { getEngine } from 'sublinear';
import type { Embedder } from 'sublinear/inference';
import { readGlove } from './support/glove.js';

const query = process.argv[2] ?? 'a bank of a river';
const sentences = [
  'The shore of a stream',
  'Money in the savings account',
  'Willows grow along the water',
  'He robbed a branch office and fled with the cash',
  'The loan was refused',
  'Fish swim under the bridge',
  'Interest rates went up again',
  'A boat is tied to the jetty',
  'The dog sleeps in front of the fire',
  'A puppy is taking a nap',
  'Two cats chase a mouse',
  'The train leaves at nine',
  'My flight was delayed by fog',
  'She cooks soup for the whole family',
  'Dinner is ready',
  'A recipe for bread without yeast',
  'The match ended in a draw',
  'Our team lost the final',
  'He plays the violin in an orchestra',
  'The concert was sold out',
  'It will rain tomorrow',
  'A storm is coming from the west',
  'The court found him guilty',
  'The law was changed last year',
];

const engine = await getEngine();
const { Collection } = await engine.use('hnsw');
const { StaticEmbedder, TextCollection, TextEmbedder } = await engine.use('inference');

function show(name: string, embedder: Embedder): void {
  using texts = TextCollection.create({ embedder, Collection, index: 'flat' });
  for (const text of sentences) texts.add({ key: text, text });
  texts.search(query);
  const start = performance.now();
  const found = texts.search(query, { k: 3 });
  const ms = performance.now() - start;
  console.log(`\n${name}: ${(embedder.bytesUsed / 1e6).toFixed(1)} MB, ${ms.toFixed(2)} ms`);
  for (const { key, distance } of found) console.log(`  ${(1 - distance).toFixed(3)}  ${key}`);
}

/** The transformer, where somebody has put it. */
function model() {
  const file = process.env.SUBLINEAR_MODEL;
  if (file !== undefined) return TextEmbedder.load(readFileSync(file));
  const name = 'model-embeddings-en';
  const peers = new URL('../build/inference-peers/node_modules/', import.meta.url);
  const folder = new URL(`@energetic-ai/${name}/dist/`, peers);
  if (!existsSync(folder)) return undefined;
  const read = (name: string) => readFileSync(new URL(name, folder));
  const shards = readdirSync(folder).filter((name) => name.startsWith('group1-'));
  return TextEmbedder.fromTfjs({
    model: read('model.json').toString(),
    vocabulary: read('vocab.json').toString(),
    shards: Object.fromEntries(shards.map((name) => [name, read(name)])),
  });
}

console.log(`nearest to "${query}" of ${sentences.length} sentences`);
const { words, vectors } = readGlove(20000);
using byWords = StaticEmbedder.fromWords({ words, vectors });
show('words of GloVe, frequent ones count less', byWords);
using plain = StaticEmbedder.fromWords(
  { words, vectors },
  { a: Number.POSITIVE_INFINITY, centred: false },
);
show('the same, all words alike', plain);
const transformer = model();
if (transformer === undefined) {
  console.log('\nno transformer here: sh bench/peers/inference.sh installs its weights');
} else {
  show('transformer, int8', transformer);
  if (process.argv.includes('--distil')) {
    using table = StaticEmbedder.distil(transformer);
    show('distilled from it', table);
  }
  transformer.dispose();
}
