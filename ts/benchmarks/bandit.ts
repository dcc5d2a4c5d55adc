// Benchmark cases of bandit.

import type { Bandit, BanditRoom } from '../rooms/bandit/bandit.js';
import type { Case, PreparedCase } from './case.js';

/** Ten arms, contexts of 64 numbers, a thousand rewards seen: choose and reward. */
export interface PreparedBandit extends PreparedCase {
  bandit: Bandit;
  contexts: Float64Array[];
  rewardOf: (arm: number, context: Float64Array) => number;
}

const DIMENSION = 64;
const ARMS = 10;

export const benchmarks: {
  linUcb: Case<BanditRoom, PreparedBandit>;
  thompson: Case<BanditRoom>;
} = {
  // So many choices with their rewards.
  linUcb: {
    defaultSize: 1000,
    prepare({ linUcb }, size) {
      let seed = 1;
      const draw = () => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        return seed / 2 ** 31 - 1;
      };
      const contexts = Array.from({ length: 256 }, () =>
        Float64Array.from({ length: DIMENSION }, draw),
      );
      const weights = Array.from({ length: ARMS }, () =>
        Float64Array.from({ length: DIMENSION }, draw),
      );
      // A loop: reduce() would take a tenth of the time that is measured.
      const rewardOf = (arm: number, context: Float64Array) => {
        const own = weights[arm] as Float64Array;
        let sum = 0;
        for (let i = 0; i < DIMENSION; i++) sum += (own[i] as number) * (context[i] as number);
        return sum;
      };
      const bandit = linUcb({
        arms: Array.from({ length: ARMS }, (_, arm) => arm),
        dimension: DIMENSION,
      });
      const options = { into: new Float64Array(ARMS) };
      const run = (rounds = size) => {
        let earned = 0;
        for (let t = 0; t < rounds; t++) {
          const context = contexts[t & 255] as Float64Array;
          const { id, arm } = bandit.choose(context, options);
          const reward = rewardOf(arm as number, context);
          bandit.reward(id, reward);
          earned += reward;
        }
        return earned / rounds;
      };
      run(1000);
      return {
        run,
        // A forward substitution for each arm, an update of one.
        operations: size * (ARMS * DIMENSION * DIMENSION + 2 * DIMENSION * DIMENSION),
        bytes: 0,
        dispose: () => bandit.dispose(),
        bandit,
        contexts,
        rewardOf,
      };
    },
  },
  // So many choices of Thompson sampling among ten arms, with their rewards.
  thompson: {
    defaultSize: 10_000,
    prepare({ betaThompson }, size) {
      const bandit = betaThompson({
        arms: Array.from({ length: ARMS }, (_, arm) => arm),
        samples: 0,
      });
      return {
        run() {
          for (let t = 0; t < size; t++) {
            const { id, arm } = bandit.choose();
            bandit.reward(id, (t * 7) % 10 < (arm as number) ? 1 : 0);
          }
        },
        operations: 0,
        bytes: 0,
        dispose: () => bandit.dispose(),
      };
    },
  },
};
