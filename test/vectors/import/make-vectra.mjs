// Writes the folders of Vectra that test/import reads:
//
//   npm install vectra@VERSION && node make-vectra.mjs .
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import { LocalDocumentIndex, LocalIndex } from 'vectra';

const folder = argv[2] ?? '.';
const films = [
  { id: 'alien', vector: [1, 0, 0], metadata: { year: 1979, title: 'Alien' } },
  { id: 'amelie', vector: [0, 1, 0], metadata: { year: 2001, title: 'Amelie' } },
  { id: 'aliens', vector: [0.9, 0.1, 0], metadata: { year: 1986, title: 'Aliens' } },
];
const items = join(folder, 'vectra-items');
await rm(items, { recursive: true, force: true });
const index = new LocalIndex(items);
// Only the year stands in index.json; the rest in a file for each item.
await index.createIndex({ version: 1, metadata_config: { indexed: ['year'] } });
for (const film of films) await index.insertItem(film);

// A vector for each part: how often it has a, e and o.
const embeddings = {
  maxTokens: 8000,
  createEmbeddings: async (inputs) => ({
    status: 'success',
    output: [inputs].flat().map((text) => ['a', 'e', 'o'].map((letter) => text.split(letter).length)),
  }),
};
const documents = join(folder, 'vectra-documents');
await rm(documents, { recursive: true, force: true });
const texts = new LocalDocumentIndex({
  folderPath: documents,
  embeddings,
  chunkingConfig: { chunkSize: 8, chunkOverlap: 0 },
});
await texts.createIndex({ version: 1 });
await texts.upsertDocument(
  'sea.txt',
  'Quiet rooms near the sea.\n\nBreakfast is served on the terrace over the harbour.\n\nA ferry leaves at noon.',
);
await texts.upsertDocument('hills.txt', 'A lodge on the cliffs, far from everything.');
