// Search by meaning with a model of transformers.js, and by words at once.
//
//   npm install @huggingface/transformers
//   node --import tsx examples/transformers.ts
//
// The model, 23 MB, is fetched by transformers.js the first time. Without the package the program says what to install.
import { load } from 'sublinear/hnsw';
import { embedded, embeddings, type FeatureExtraction } from './support/transformers.js';

/** The part of transformers.js that is used; it is no dependency of this repository. */
interface Transformers {
  pipeline(task: 'feature-extraction', model: string): Promise<FeatureExtraction>;
}

const transformers = '@huggingface/transformers';
const library = (await import(transformers).catch(() => undefined)) as Transformers | undefined;
if (library === undefined) {
  console.log(`npm install ${transformers}`);
} else {
  const extract = await library.pipeline('feature-extraction', 'Xenova/all-MiniLM-L6-v2');
  const { Collection } = await load();
  using notes = await embedded(Collection, extract, [
    'The ferry to the island leaves at noon from the old harbour',
    'Breakfast is served until ten on the terrace',
    'Dogs are welcome in the garden, not in the restaurant',
    'The doctor of the village answers at night as well',
  ]);
  const text = 'a boat across the sea';
  const [vector] = await embeddings(extract, [text]);
  const [best] = notes.search({ text, k: 1, ...(vector && { vector }) });
  console.log(`${text}: ${best?.text?.note}`);
}
