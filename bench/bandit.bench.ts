// Bandits against plain JavaScript, and against what is known: regret against the bound of Lai and Robbins, off-policy estimates
// against the truth of a world that can be enumerated.
//
//   npm run bench -- bandit [--smoke] [--only TEXT]
import { createEngine } from 'sublinear';
import { benchmarks } from '../ts/benchmarks/bandit.js';
import type { BanditRoom } from '../ts/rooms/bandit/bandit.js';
import { openBench } from './support/harness.js';

const bench = openBench('bandit', 'Bandits');
const engine = await createEngine();
// The table of cases is written for the classes of ts/, of which the package has the built ones.
const room = (await engine.use('bandit')) as unknown as BanditRoom;

// Choose and reward: LinUCB of ten arms with 64 features.
{
  const rounds = bench.smoke ? 50 : 2000;
  const prepared = benchmarks.linUcb.prepare(room, rounds);
  const { contexts, rewardOf } = prepared;
  const plain = plainLinUcb(10, 64);
  const play = () => {
    let earned = 0;
    for (let t = 0; t < rounds; t++) {
      const x = contexts[t & 255] as Float64Array;
      const arm = plain.choose(x);
      const reward = rewardOf(arm, x);
      plain.reward(arm, x, reward);
      earned += reward;
    }
    return earned / rounds;
  };
  for (let i = 0; i < 1000 / rounds; i++) play();
  const best =
    Array.from({ length: rounds }, (_, t) =>
      Math.max(
        ...Array.from({ length: 10 }, (_, arm) => rewardOf(arm, contexts[t & 255] as Float64Array)),
      ),
    ).reduce((a, b) => a + b) / rounds;
  const result = await bench.compare({
    id: 'linucb',
    title: `${rounds} rounds of LinUCB, 10 arms, 64 features`,
    note: 'Each round chooses an arm and learns from its reward. Plain JavaScript keeps inverse matrices in typed arrays and updates them by the formula of Sherman and Morrison.',
    accuracy: 'reward lost a round against the best arm',
    contestants: [
      {
        name: 'sublinear',
        run: () => prepared.run(),
        accuracy: (earned: unknown) => best - (earned as number),
      },
      { name: 'plain JavaScript', run: play, accuracy: (earned: number) => best - earned },
    ],
    maxSeconds: 30,
  });
  const row = result?.rows[0];
  if (!bench.smoke && row?.medianMs !== undefined) {
    bench.claim({
      id: 'linucb-rate',
      text: 'LinUCB, rounds a second',
      value: (rounds / row.medianMs) * 1000,
      limit: 200_000,
      goal: 500_000,
      relation: '>=',
      unit: '/s',
    });
    const ratio = result?.rows[1]?.ratio;
    if (ratio !== undefined)
      bench.claim({
        id: 'linucb-plain',
        text: 'LinUCB, times faster than plain JavaScript',
        value: ratio,
        limit: 15,
        goal: 25,
        relation: '>=',
        unit: 'x',
      });
  }
  prepared.dispose();
}

// Regret of policies for Bernoulli rewards.
{
  const means = [0.5, 0.45, 0.4, 0.3, 0.2];
  const [rounds, seeds] = bench.smoke ? [1000, 2] : [100_000, 20];
  const best = Math.max(...means);
  const bound =
    Math.log(rounds) *
    means
      .filter((p) => p < best)
      .map((p) => (best - p) / divergence(p, best))
      .reduce((a, b) => a + b);
  const regretOf = (policy: 'betaThompson' | 'klUcb' | 'ucb1', seed: number) => {
    const arms = means.map((_, arm) => arm);
    using bandit = room[policy]({ arms, seed, ...(policy === 'betaThompson' && { samples: 0 }) });
    const draw = randomOf(seed + 1000);
    let regret = 0;
    for (let t = 0; t < rounds; t++) {
      const { id, arm } = bandit.choose();
      const p = means[arm as number] as number;
      regret += best - p;
      bandit.reward(id, draw() < p ? 1 : 0);
    }
    return regret;
  };
  const over = (policy: 'betaThompson' | 'klUcb' | 'ucb1', count: number) =>
    Array.from({ length: count }, (_, seed) => regretOf(policy, seed)).reduce((a, b) => a + b) /
    count;
  const result = await bench.compare({
    id: 'regret',
    title: `${rounds} rounds with Bernoulli rewards, means ${means.join(', ')}`,
    note: `Means of ${seeds} seeds for Thompson sampling and of 2 for the others. No consistent policy does better than log t times the bound of Lai and Robbins in the long run; over finite times good ones stay below it.`,
    accuracy: 'regret over the bound of Lai and Robbins',
    contestants: [
      {
        name: 'betaThompson',
        run: () => regretOf('betaThompson', 0),
        accuracy: () => over('betaThompson', seeds) / bound,
      },
      {
        name: 'klUcb',
        run: () => regretOf('klUcb', 0),
        accuracy: () => over('klUcb', 2) / bound,
      },
      { name: 'ucb1', run: () => regretOf('ucb1', 0), accuracy: () => over('ucb1', 2) / bound },
    ],
    maxSeconds: 20,
  });
  const value = result?.rows[0]?.accuracy;
  if (value !== undefined)
    bench.claim({
      id: 'regret',
      text: 'regret of Bernoulli Thompson sampling over the bound of Lai and Robbins',
      value,
      limit: 1.3,
      goal: 1.15,
      relation: '<=',
      unit: '',
    });
}

// Off-policy estimates.
{
  const rows = bench.smoke ? 500 : 10_000;
  const draw = randomOf(3);
  const pays = [0.1, 0.3, 0.6];
  const logs = [0.5, 0.3, 0.2];
  const asks = [0.1, 0.2, 0.7];
  const truth = pays.reduce((sum, p, arm) => sum + p * (asks[arm] as number), 0);
  const actions = Uint32Array.from({ length: rows }, () => {
    const u = draw();
    return u < 0.5 ? 0 : u < 0.8 ? 1 : 2;
  });
  const rewards = Float64Array.from(actions, (arm) => (draw() < (pays[arm] as number) ? 1 : 0));
  const propensities = Float64Array.from(actions, (arm) => logs[arm] as number);
  const log = { actions, rewards, propensities };
  const weights = Float64Array.from(
    actions,
    (arm) => (asks[arm] as number) / (logs[arm] as number),
  );
  const plain = () => {
    const next = randomOf(1);
    const means = new Float64Array(1000);
    for (let b = 0; b < means.length; b++) {
      let sum = 0;
      let total = 0;
      for (let i = 0; i < rows; i++) {
        const at = Math.floor(next() * rows);
        sum += (weights[at] as number) * (rewards[at] as number);
        total += weights[at] as number;
      }
      means[b] = sum / total;
    }
    means.sort();
    let value = 0;
    for (let i = 0; i < rows; i++) value += (weights[i] as number) * (rewards[i] as number);
    return value / weights.reduce((a, b) => a + b);
  };
  await bench.compare({
    id: 'evaluate',
    title: `SNIPS with 1,000 bootstrap samples of a log of ${rows} rows`,
    note: 'Three arms whose means are known. Plain JavaScript draws with a generator of the same kind.',
    accuracy: 'distance from the true value',
    contestants: [
      {
        name: 'sublinear',
        run: () => room.evaluate(log, asks, { methods: ['snips'] }).estimates[0]?.value ?? 0,
        accuracy: (value: number) => Math.abs(value - truth),
      },
      {
        name: 'plain JavaScript',
        run: plain,
        accuracy: (value: number) => Math.abs(value - truth),
      },
    ],
    maxSeconds: 20,
  });
}

await engine.dispose();
bench.close();

function divergence(p: number, q: number): number {
  return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** LinUCB as one would write it: inverses and weights of each arm in typed arrays. */
function plainLinUcb(arms: number, d: number) {
  const inverse = Array.from({ length: arms }, () => {
    const matrix = new Float64Array(d * d);
    for (let i = 0; i < d; i++) matrix[i * d + i] = 1;
    return matrix;
  });
  const weights = Array.from({ length: arms }, () => new Float64Array(d));
  const right = Array.from({ length: arms }, () => new Float64Array(d));
  const product = new Float64Array(d);
  return {
    choose(x: Float64Array): number {
      let best = Number.NEGATIVE_INFINITY;
      let chosen = 0;
      for (let arm = 0; arm < arms; arm++) {
        const matrix = inverse[arm] as Float64Array;
        const theta = weights[arm] as Float64Array;
        let mean = 0;
        let variance = 0;
        for (let i = 0; i < d; i++) {
          let sum = 0;
          const row = i * d;
          for (let j = 0; j < d; j++) sum += (matrix[row + j] as number) * (x[j] as number);
          variance += sum * (x[i] as number);
          mean += (theta[i] as number) * (x[i] as number);
        }
        const score = mean + Math.sqrt(variance);
        if (score > best) {
          best = score;
          chosen = arm;
        }
      }
      return chosen;
    },
    reward(arm: number, x: Float64Array, r: number): void {
      const matrix = inverse[arm] as Float64Array;
      const b = right[arm] as Float64Array;
      const theta = weights[arm] as Float64Array;
      let scale = 1;
      for (let i = 0; i < d; i++) {
        let sum = 0;
        for (let j = 0; j < d; j++) sum += (matrix[i * d + j] as number) * (x[j] as number);
        product[i] = sum;
        scale += sum * (x[i] as number);
        b[i] = (b[i] as number) + r * (x[i] as number);
      }
      for (let i = 0; i < d; i++) {
        const factor = (product[i] as number) / scale;
        let sum = 0;
        for (let j = 0; j < d; j++) {
          const entry = (matrix[i * d + j] as number) - factor * (product[j] as number);
          matrix[i * d + j] = entry;
          sum += entry * (b[j] as number);
        }
        theta[i] = sum;
      }
    },
  };
}
