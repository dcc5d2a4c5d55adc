// What says how words are looked for, in the order of ScoreOptions.
import type { ScoreOptions } from './types.js';

export const scoreKeys = [
  'fields',
  'boosts',
  'operator',
  'prefix',
  'fuzzy',
  'syntax',
  'scorer',
  'k1',
  'b',
] as const satisfies readonly (keyof ScoreOptions)[];
