// Benchmark cases of chooser.

import type { ChooserRoom } from '../rooms/chooser/chooser.js';
import type { Case } from './case.js';

const METHODS = ['a', 'b', 'c', 'd'];
const FEATURES = 8;

/** Numbers in [0, 1), always the same. */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A chooser that has been taught, and a task. */
function taught({ Chooser }: ChooserRoom, policy: 'thompson' | 'nearest' | 'forest') {
  const next = numbers();
  const chooser = Chooser.create({ methods: METHODS, features: FEATURES, timeout: 100, policy });
  const features = Array.from({ length: 400 }, () => Float64Array.from({ length: FEATURES }, next));
  const costs = features.map((row) => METHODS.map((_, m) => 1 + 9 * (row[m] as number)));
  chooser.fit({ features, costs });
  return { chooser, row: features[0] as Float64Array };
}

export const benchmarks: Record<'thompson' | 'forest', Case<ChooserRoom>> = {
  // So many decisions, each reported.
  thompson: {
    defaultSize: 1000,
    prepare(room, size) {
      const { chooser, row } = taught(room, 'thompson');
      return {
        run() {
          for (let i = 0; i < size; i++) {
            const { id, method } = chooser.choose(row);
            chooser.report(id, method, { cost: 1 });
          }
        },
        operations: 0,
        bytes: 0,
        dispose: () => chooser.dispose(),
      };
    },
  },
  // So many choices without exploring.
  forest: {
    defaultSize: 1000,
    prepare(room, size) {
      const { chooser, row } = taught(room, 'forest');
      return {
        run() {
          for (let i = 0; i < size; i++) chooser.choose(row, { explore: false });
        },
        operations: 0,
        bytes: 0,
        dispose: () => chooser.dispose(),
      };
    },
  },
};
