// Benchmark cases of vectors of texts: the parts that need no model.
import type { InferenceRoom } from '../rooms/inference/inference.js';
import type { Case } from './case.js';

const LETTERS = 'etaoinshrdlu';

export const benchmarks: Record<'words', Case<InferenceRoom>> = {
  // Texts of 20 words by a table of word vectors.
  words: {
    defaultSize: 100,
    prepare({ StaticEmbedder }, size) {
      const word = (i: number) =>
        Array.from({ length: 5 }, (_, j) => LETTERS[Math.floor(i / 6 ** j) % 12]).join('');
      const words = [...new Set(Array.from({ length: 2000 }, (_, i) => word(7 * i)))];
      const dimension = 64;
      const vectors = Float32Array.from({ length: words.length * dimension }, (_, i) =>
        Math.sin(i),
      );
      const embedder = StaticEmbedder.fromWords({ words, vectors });
      const texts = Array.from({ length: size }, (_, i) =>
        Array.from({ length: 20 }, (__, j) => words[(31 * i + 7 * j) % words.length]).join(' '),
      );
      const into = new Float32Array(size * dimension);
      return {
        run: () => embedder.embed(texts, { into }),
        operations: 20 * size * dimension,
        bytes: 20 * size * dimension,
        dispose: () => embedder.dispose(),
      };
    },
  },
};
