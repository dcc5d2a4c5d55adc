// Hotels by words and by meaning: a collection of texts and vectors, asked for both at once.
import { getEngine } from 'sublinear';

const engine = await getEngine();
const { Collection } = await engine.use('hnsw');

// Vectors as a model would give them: near the sea, quiet, in town.
const hotels = [
  { id: 'miramar', text: 'Hotel Miramar, quiet rooms near the sea', vector: [0.9, 0.8, 0.1] },
  { id: 'station', text: 'Rooms by the station, breakfast included', vector: [0.0, 0.1, 0.9] },
  { id: 'lodge', text: 'A lodge on the cliffs, far from everything', vector: [0.8, 0.9, 0.0] },
  { id: 'sands', text: 'Sands: a hotel with a view', vector: [0.7, 0.3, 0.4] },
];
// The module of texts is fetched now, as this collection has some.
using collection = await Collection.createAsync({
  metric: 'cosine',
  dimension: 3,
  text: ['text'],
});
for (const { id, text, vector } of hotels) collection.add({ key: id, vector, text });
collection.add({ key: 'annex', text: 'The annex has no vector yet' });

// What is asked for, and what a model makes of it.
const text = 'quiet hotel';
const vector = [0.8, 0.7, 0.2];
const keys = (found: readonly { key: string | number }[]) => found.map(({ key }) => key).join(', ');
console.log(`by words: ${keys(collection.search({ text }))}`);
console.log(`by meaning: ${keys(collection.search(vector))}`);
const found = collection.search({ text, vector, k: 3 });
console.log(`together: ${keys(found)}`);
const [best] = found;
if (best === undefined) throw new Error('nothing was found');
const place = (part: { rank: number } | undefined) => (part === undefined ? '-' : part.rank + 1);
console.log(
  `why ${best.key}: words ${place(best.parts.text)}, meaning ${place(best.parts.vector)}`,
);
console.log(`its text: ${best.text?.text}`);

// One file has all of it.
using again = await Collection.loadAsync(collection.saveInPieces());
console.log(`again: ${keys(again.search({ text, vector, k: 3 }))}`);

// What a sparse encoder (SPLADE) makes of texts: some indices of its vocabulary with a value each. Exact, and a part like the others.
using sparse = Collection.create({ metric: 'cosine', dimension: 3, sparse: true });
const [sea, quiet, hotel, train] = [2712, 4251, 3309, 3345];
const encoded = [
  { indices: [hotel, quiet, sea], values: [1.1, 1.4, 1.9] },
  { indices: [train, hotel], values: [2.1, 0.3] },
  { indices: [quiet, sea], values: [1.6, 0.4] },
  { indices: [hotel], values: [1.7] },
];
hotels.forEach(({ id, vector }, i) => {
  sparse.add({ key: id, vector, ...(encoded[i] && { sparse: encoded[i] }) });
});
const asked = { indices: [quiet, hotel], values: [1.2, 0.9] };
console.log(`by a sparse encoder: ${keys(sparse.search({ sparse: asked, k: 3 }))}`);
console.log(`and by meaning: ${keys(sparse.search({ sparse: asked, vector, k: 3 }))}`);
