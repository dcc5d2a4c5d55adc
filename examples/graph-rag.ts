// Notes with links between them: what means nearly the same as a question, what stands near to that, and by which pattern, in one
// query. "Graph RAG" calls this what it gives to a language model as context.
//
//   npm run build && node --import tsx examples/graph-rag.ts [folder of Markdown]
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { getEngine } from 'sublinear';

const notes: Record<string, string> = {
  boats:
    'Sailing boats carry people over the sea by wind. See [harbours](harbours.md) and [winds](winds.md).',
  harbours:
    'A harbour shelters ships from waves; [boats](boats.md) are moored there. Needs [lighthouses](lighthouses.md).',
  lighthouses:
    'A lamp on a tower that shows sailors at sea where the coast is. Belongs to [harbours](harbours.md).',
  winds: 'Air that moves from high pressure to low. [Storms](storms.md) are its strongest form.',
  storms: 'Strong wind with rain and high waves at sea. Made by [winds](winds.md).',
  bread: 'Flour, water and salt, baked. Rises with [yeast](yeast.md).',
  yeast: 'A fungus that makes dough rise, and [bread](bread.md) light.',
};
const [, , folder] = process.argv;
if (folder !== undefined) {
  for (const name of Object.keys(notes)) delete notes[name];
  for (const file of readdirSync(folder, { recursive: true }).map(String))
    if (file.endsWith('.md'))
      notes[basename(file, '.md')] = readFileSync(join(folder, file), 'utf8');
}

const engine = await getEngine();
const { PropertyGraph } = await engine.use('property');
const hnsw = await engine.use('hnsw');
using graph = PropertyGraph.create();

// Notes and links as nodes and relationships.
const names = Object.keys(notes);
const texts = Object.values(notes);
graph.addNodes({ label: 'Note', count: names.length, columns: { name: names, text: texts } });
const from: number[] = [];
const to: number[] = [];
for (const [id, text] of texts.entries())
  for (const { 1: target = '' } of text.matchAll(/\]\(([\w-]+)\.md/g))
    if (names.includes(target)) {
      from.push(id);
      to.push(names.indexOf(target));
    }
graph.addEdges({ type: 'LINK', from, to });

// Vectors from the letters of words, so that this program needs no model; sublinear/inference has embedders that know meanings.
const DIMENSION = 256;
function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSION);
  for (const word of text.toLowerCase().match(/[a-z]{3,}/g) ?? [])
    for (let i = 0; i + 3 <= word.length; i++) {
      let hash = 0;
      for (const letter of word.slice(i, i + 3)) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
      vector[hash % DIMENSION]! += 1 / word.length;
    }
  return vector;
}
using index = hnsw.Hnsw.create({ metric: 'cosine', dimension: DIMENSION });
for (const [id, text] of texts.entries()) index.add(id, embed(`${names[id]} ${text}`));

graph.useProcedures({
  diffusion: await engine.use('diffusion'),
  indexes: { notes: index },
  embedder: { embed },
});

const question = 'Which lamp helps sailors on the sea?';
const { rows } = graph.query(
  `CALL sublinear.embed($question) YIELD vector
   CALL sublinear.vectorSearch('notes', vector, 2) YIELD node
   WITH collect(node) AS found
   CALL sublinear.personalized(found, {type: 'LINK', directed: false}) YIELD node AS note, score, errorBound
   OPTIONAL MATCH (note)-[:LINK]->(next:Note)
   RETURN note.name AS name, note IN found AS found, score, errorBound, collect(next.name) AS links
   ORDER BY score DESC LIMIT 4`,
  { question },
);
console.log(question);
for (const { name, found, score, errorBound, links } of rows)
  console.log(
    `  ${String(name).padEnd(12)} ${found ? 'found ' : 'linked'}  ${Number(score).toFixed(3)} +- ${Number(errorBound).toExponential(0)}  -> ${String(links)}`,
  );
