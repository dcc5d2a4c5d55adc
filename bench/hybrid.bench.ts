// Words and vectors in one query: what both together find that neither does alone, and queries beside orama
// (bench/peers/text.sh installs it).
//
//   npm run bench -- hybrid [--smoke] [--only TEXT]
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createEngine } from 'sublinear';
import type { HybridQuery } from 'sublinear/hnsw';
import { openBench } from './support/harness.js';
import { centred, Embedder, ndcg, reverseDictionary, synsets } from './support/wordnet.js';

const bench = openBench('hybrid', 'Words and vectors in one query');
const engine = await createEngine({ modules: ['text'] });
const { Collection } = await engine.use('hnsw');

// --- what is found ----------------------------------------------------------------------------------------------------

if (bench.wants('ndcg')) {
  const [count, asked] = bench.smoke ? [500, 20] : [10_000, 500];
  const { documents, questions } = reverseDictionary(count, asked);
  const options = { metric: 'cosine', dimension: 100, index: 'flat', text: ['text'] } as const;
  using dictionary = await Collection.createAsync(options);
  dictionary.addAll(documents);
  const words = { syntax: false };
  type Way = (question: (typeof questions)[0]) => HybridQuery;
  const ways: Record<string, Way> = {
    'words alone': ({ text }) => ({ text, words }),
    'vectors alone': ({ vector }) => ({ vector }),
    "both, fuse: 'weighted'": ({ text, vector }) => ({ text, words, vector, fuse: 'weighted' }),
    "both, fuse: 'rrf'": ({ text, vector }) => ({ text, words, vector }),
  };
  const rows = Object.entries(ways).map(([name, way]) => {
    const gains = questions.map((question) =>
      ndcg(
        dictionary.search(way(question)).map(({ key }) => key),
        question.answers,
      ),
    );
    return [name, gains.reduce((sum, gain) => sum + gain, 0) / gains.length] as const;
  });
  bench.table({
    id: 'ndcg',
    title: 'A dictionary in reverse: which word has this definition?',
    columns: ['', 'NDCG at 10'],
    rows: rows.map(([name, gain]) => [name, gain]),
    note: `${questions.length} definitions of WordNet 3.1; ${documents.length} frequent words, each with its synonyms and the words that WordNet relates it to, but no definition. Vectors: GloVe, of a definition the sum of its words', rare ones more. Weights of 1 for both parts.`,
  });
  const [text, vector, both] = rows.map(([, gain]) => gain) as [number, number, number];
  if (!bench.smoke)
    bench.claim({
      id: 'ndcg',
      text: 'NDCG at 10 of both, over the better of words and vectors alone',
      value: both / Math.max(text, vector),
      limit: 1.05,
      relation: '>=',
      unit: 'x',
    });
}

// --- how fast ---------------------------------------------------------------------------------------------------------

if (bench.wants('query')) {
  const glosses = Array.from(synsets().values(), ({ gloss }) => gloss);
  const embedder = new Embedder(bench.smoke ? 5000 : 60_000, glosses);
  const texts = glosses
    .filter((text) => embedder.ofText(text) !== undefined)
    .slice(0, bench.smoke ? 1000 : 100_000);
  const vectors = centred(texts.map((text) => embedder.ofText(text) as Float32Array));
  // Three words of a gloss, and the vector of another one near it: what a person and a model make of one question.
  const questions = Array.from({ length: bench.smoke ? 10 : 100 }, (_, i) => {
    const id = (i * 7919) % texts.length;
    const words = (texts[id] as string).match(/[a-z]{4,}/g) ?? [];
    return { id, text: words.slice(0, 3).join(' '), vector: vectors[id] as Float32Array };
  });
  using collection = await Collection.createAsync({
    metric: 'cosine',
    dimension: 100,
    text: { text: { stored: false } },
    language: 'none',
    capacity: texts.length,
  });
  await collection.addAllAsync(
    texts.map((text, key) => ({ key, text, vector: vectors[key] as Float32Array })),
  );
  collection.optimize();

  const folder = fileURLToPath(new URL('../build/text-peers/', import.meta.url));
  const manifest = `${folder}node_modules/@orama/orama/package.json`;
  const orama = existsSync(manifest)
    ? createRequire(`${folder}package.json`)('@orama/orama')
    : undefined;
  const version = orama && JSON.parse(readFileSync(manifest, 'utf8')).version;
  const peer = orama?.create({ schema: { text: 'string', vector: 'vector[100]' } });
  if (orama)
    await orama.insertMultiple(
      peer,
      texts.map((text, i) => ({
        id: String(i),
        text,
        vector: Array.from(vectors[i] as Float32Array),
      })),
      5000,
    );
  const inOrder = () => {
    let turn = 0;
    return () => questions[turn++ % questions.length] as (typeof questions)[0];
  };
  const [ours, theirs] = [inOrder(), inOrder()];
  type Answer = { id: number; found: number[] };
  const accuracy = ({ id, found }: Answer) => (found.includes(id) ? 0 : 1);
  const searched = await bench.compare({
    id: 'query',
    title: `The ten best of ${texts.length} documents for three words and a vector`,
    note: 'Glosses of WordNet 3.1 with vectors of 100 numbers. A question is three words of a gloss and its vector. sublinear: an HNSW graph (ef 64) and BM25, by ranks, 100 of each; orama: mode hybrid, which compares with every vector.',
    accuracy: 'whether the gloss that was asked for is missing (1) or not (0)',
    slices: bench.smoke ? 3 : 21,
    contestants: [
      {
        name: 'sublinear',
        calls: bench.smoke ? 5 : 20,
        run(): Answer {
          const { id, text, vector } = ours();
          return { id, found: collection.search({ text, vector }).map(({ key }) => Number(key)) };
        },
        accuracy,
      },
      {
        name: `@orama/orama ${version ?? ''}`.trim(),
        ...(orama === undefined && { skip: 'not installed: sh bench/peers/text.sh' }),
        calls: bench.smoke ? 2 : 3,
        async run(): Promise<Answer> {
          const { id, text, vector } = theirs();
          const { hits } = await orama.search(peer, {
            mode: 'hybrid',
            term: text,
            vector: { value: Array.from(vector), property: 'vector' },
            similarity: 0.5,
            limit: 10,
          });
          return { id, found: hits.map((hit: { id: string }) => Number(hit.id)) };
        },
        accuracy,
      },
    ],
    maxSeconds: 120,
  });
  const value = searched?.rows.find(({ name }) => name.startsWith('@orama'))?.ratio;
  if (value !== undefined && !bench.smoke)
    bench.claim({
      id: 'query',
      text: 'hybrid queries, times faster than orama',
      value,
      limit: 10,
      goal: 30,
      relation: '>=',
      unit: 'x',
    });
}

await engine.dispose();
bench.close();
