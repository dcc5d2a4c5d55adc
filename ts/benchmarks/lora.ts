// Benchmark cases of lora.

import type { LoraAdapter, LoraRoom } from '../rooms/lora/lora.js';
import type { Case, PreparedCase } from './case.js';

/** What is learned from: vectors, and targets that differ by a matrix of rank one. */
interface PreparedLora extends PreparedCase {
  adapter: LoraAdapter;
  dimension: number;
  rows: number;
  vectors: Float32Array;
  targets: Float32Array;
}

const ROWS = 64;
const STEPS = 16;
const RANK = 8;

/** Numbers in [-1, 1), always the same. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Steps of AdamW over a batch of 64 rows; the size is the length of a vector. */
const train: Case<LoraRoom, PreparedLora> = {
  defaultSize: 512,
  prepare({ LoraAdapter }, size) {
    const vectors = numbers(ROWS * size, 1);
    const [u, v] = [numbers(size, 2), numbers(size, 3)];
    const targets = vectors.slice();
    for (let i = 0; i < ROWS; i++) {
      let along = 0;
      for (let j = 0; j < size; j++) along += (v[j] as number) * (vectors[i * size + j] as number);
      for (let j = 0; j < size; j++)
        targets[i * size + j] =
          (targets[i * size + j] as number) + (along * (u[j] as number)) / size;
    }
    const adapter = LoraAdapter.create({ inputs: size, rank: RANK });
    const data = { vectors, targets };
    const options = { epochs: STEPS, batch: ROWS };
    return {
      run: () => adapter.train(data, options).loss,
      operations: 2 * 3 * STEPS * ROWS * RANK * 2 * size,
      bytes: 0,
      dispose: () => adapter.dispose(),
      adapter,
      dimension: size,
      rows: ROWS,
      vectors,
      targets,
    };
  },
};

/** A thousand vectors through an adapter; the size is the length of a vector. */
const apply: Case<LoraRoom> = {
  defaultSize: 512,
  prepare({ LoraAdapter }, size) {
    const vectors = numbers(1000 * size, 1);
    const adapter = LoraAdapter.create({ inputs: size, rank: RANK });
    return {
      run: () => adapter.apply(vectors),
      operations: 2 * 1000 * RANK * 2 * size,
      bytes: 2 * 4 * 1000 * size,
      dispose: () => adapter.dispose(),
    };
  },
};

export const benchmarks: { train: typeof train; apply: typeof apply } = { train, apply };
