// Retrieval with the Vercel AI SDK and no service: embeddings are made here, notes are searched here. `generateText({ tools: { search } })`
// lets a language model ask.
//
//   node --import tsx examples/ai-sdk.ts
import { embedMany } from 'ai';
import { getEngine } from 'sublinear';
import { embeddingModel, searchTool } from './support/ai-sdk.js';
import { readGlove } from './support/glove.js';

const engine = await getEngine();
const { Collection } = await engine.use('hnsw');
const { StaticEmbedder } = await engine.use('inference');

// Vectors of the 20,000 most frequent English words; a model of sentences takes their place.
const { words, vectors } = readGlove(20_000);
using embedder = StaticEmbedder.fromWords({ words, vectors });
const model = embeddingModel(embedder);

const notes = [
  'The ferry to the island leaves at noon from the old harbour',
  'Breakfast is served until ten on the terrace',
  'Dogs are welcome in the garden, not in the restaurant',
  'The doctor of the village answers at night as well',
];
const { embeddings } = await embedMany({ model, values: notes });
using collection = await Collection.createAsync({
  metric: 'cosine',
  dimension: embedder.dimensions,
  text: ['note'],
});
for (const [i, note] of notes.entries())
  collection.add({ key: i, vector: embeddings[i] as number[], text: { note } });

const search = searchTool(collection, model);
for (const question of ['a boat across the sea', 'a nurse for a patient']) {
  const found = await search.execute?.({ question }, { toolCallId: '1', messages: [] });
  console.log(`${question}: ${(found as { text: string }[])[0]?.text}`);
}
