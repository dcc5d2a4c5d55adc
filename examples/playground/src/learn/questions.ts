// Questions for two models, made by a formula: how probable a right answer is, is known here.

export interface Question {
  /** Its length and its share of rare words, each from 0 to 1. */
  vector: [length: number, rare: number];
  /** Probability that the answer of each model is right. */
  small: number;
  large: number;
  /** Whether it was. */
  smallRight: number;
  largeRight: number;
}

/** Pseudo-random numbers in [0, 1): a 32-bit counter, mixed as in splitmix. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The small model fails where questions are long and have rare words; a few are too hard for the large one as well. */
export function questions(count: number, seed: number): Question[] {
  const next = random(seed);
  return Array.from({ length: count }, () => {
    const vector: [number, number] = [next(), next()];
    const hard = 0.6 * vector[0] + 0.4 * vector[1];
    const small = 0.95 / (1 + Math.exp(9 * (hard - 0.55)));
    const large = 0.95 - 0.15 * hard ** 2;
    return {
      vector,
      small,
      large,
      smallRight: Number(next() < small),
      largeRight: Number(next() < large),
    };
  });
}
