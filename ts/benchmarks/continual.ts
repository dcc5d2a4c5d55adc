// Benchmark cases of continual.

import type { ContinualLearner, ContinualRoom } from '../rooms/continual/continual.js';
import type { Case, PreparedCase } from './case.js';

/** What is learned from, for other contestants. */
interface PreparedLearner extends PreparedCase {
  learner: ContinualLearner;
  vectors: Float32Array;
  labels: Uint32Array;
}

const ROWS = 256;
const INPUTS = 64;
const CLASSES = 10;

/** Numbers in [-1, 1), always the same. */
function numbers(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function data(room: ContinualRoom, width: number, replay: number): PreparedLearner {
  const vectors = numbers(ROWS * INPUTS);
  const labels = Uint32Array.from({ length: ROWS }, (_, i) => i % CLASSES);
  const learner = room.ContinualLearner.create({
    inputs: INPUTS,
    outputs: CLASSES,
    hidden: [width],
    replay,
  });
  const rows = replay > 0 ? 2 * ROWS : ROWS;
  return {
    run: () => learner.learn(vectors, labels).loss,
    operations: 2 * 3 * rows * learner.parameterCount,
    bytes: 0,
    dispose: () => learner.dispose(),
    learner,
    vectors,
    labels,
  };
}

/** Eight updates of 32 examples each; the size is the width of the layer between. */
const learn: Case<ContinualRoom, PreparedLearner> = {
  defaultSize: 256,
  prepare: (room, size) => data(room, size, 0),
};

/** The same with as many earlier examples beside each batch. */
const replay: Case<ContinualRoom, PreparedLearner> = {
  defaultSize: 256,
  prepare: (room, size) => data(room, size, 1000),
};

export const benchmarks: { learn: typeof learn; replay: typeof replay } = { learn, replay };
