// Hotels by words and by meaning: a text index and a collection of vectors, joined by their ranks.
import { getEngine } from 'sublinear';

const engine = await getEngine();
const { TextIndex, fuse } = await engine.use('text');
const { Collection } = await engine.use('hnsw');

// Vectors as a model would give them: near the sea, quiet, in town.
const hotels = [
  { id: 'miramar', text: 'Hotel Miramar, quiet rooms near the sea', vector: [0.9, 0.8, 0.1] },
  { id: 'station', text: 'Rooms by the station, breakfast included', vector: [0.0, 0.1, 0.9] },
  { id: 'lodge', text: 'A lodge on the cliffs, far from everything', vector: [0.8, 0.9, 0.0] },
  { id: 'sands', text: 'Sands: a hotel with a view', vector: [0.7, 0.3, 0.4] },
];
using texts = TextIndex.create({ fields: ['text'] });
using vectors = Collection.create({ metric: 'cosine', dimension: 3 });
for (const { id, text, vector } of hotels) {
  texts.add({ id, fields: { text } });
  vectors.add({ key: id, vector });
}

// What is asked for, and what a model makes of it.
const query = 'quiet hotel';
const embedded = [0.8, 0.7, 0.2];
const words = texts.search(query, { k: 50 }).hits;
const meaning = vectors.search(embedded, { k: 50 });
console.log(`by words: ${words.map(({ id }) => id).join(', ')}`);
console.log(`by meaning: ${meaning.map(({ key }) => key).join(', ')}`);

const hits = fuse([words, meaning], { k: 3 });
console.log(`together: ${hits.map(({ id }) => id).join(', ')}`);
const lists = ['words', 'meaning'];
const best = hits[0];
if (best === undefined) throw new Error('nothing was found');
const why = best.parts.map(({ list, rank }) => `${lists[list]} ${rank + 1}`).join(', ');
console.log(`why ${best.id}: ${why}`);
