// Bandits where it takes many logs or long plays: regret, coverage of intervals, logs of a real system.
import { createEngine, type Engine } from 'sublinear';
import type { BanditRoom } from 'sublinear/bandit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasData, readData } from '../../bench/support/files.js';
import { random } from '../support/door.js';

let engine: Engine;
let room: BanditRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('bandit');
});
afterAll(() => engine.dispose());

test('the regret of Thompson sampling is near the bound of Lai and Robbins', {
  timeout: 600_000,
}, () => {
  const rounds = 100_000;
  for (const means of [
    [0.9, 0.8],
    [0.5, 0.45, 0.4, 0.3, 0.2],
    [0.1, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01],
  ]) {
    const best = Math.max(...means);
    const divergence = (p: number) =>
      p * Math.log(p / best) + (1 - p) * Math.log((1 - p) / (1 - best));
    const bound = means
      .filter((p) => p < best)
      .map((p) => ((best - p) / divergence(p)) * Math.log(rounds))
      .reduce((a, b) => a + b);
    let regret = 0;
    for (let seed = 0; seed < 20; seed++) {
      using bandit = room.betaThompson({ arms: means.map((_, arm) => arm), seed, samples: 0 });
      const draw = random(seed + 50);
      for (let t = 0; t < rounds; t++) {
        const { id, arm } = bandit.choose();
        const p = means[arm as number]!;
        regret += (best - p) / 20;
        bandit.reward(id, draw() < p ? 1 : 0);
      }
    }
    console.log(`regret ${regret.toFixed(0)}, bound ${bound.toFixed(0)}`);
    expect(regret).toBeLessThan(1.3 * bound + 10);
  }
});

test('estimates are unbiased, intervals at 95 % cover in 92 to 98 of 100 logs', {
  timeout: 900_000,
}, () => {
  const pays = [
    [0.1, 0.5, 0.9],
    [0.8, 0.2, 0.3],
    [0.4, 0.4, 0.6],
  ];
  const logs = [0.4, 0.35, 0.25];
  const asks = [
    [0.1, 0.2, 0.7],
    [0.6, 0.2, 0.2],
    [0.2, 0.2, 0.6],
  ];
  const truth =
    asks.flatMap((row, c) => row.map((p, arm) => p * pays[c]![arm]!)).reduce((a, b) => a + b) / 3;
  const [rows, count] = [1000, 1000];
  const draw = random(21);
  const sums = new Map<string, { sum: number; squares: number; covered: number }>();
  for (let n = 0; n < count; n++) {
    const actions = new Uint32Array(rows);
    const rewards = new Float64Array(rows);
    const propensities = new Float64Array(rows);
    const contexts = new Float64Array(3 * rows);
    for (let i = 0; i < rows; i++) {
      const c = Math.floor(3 * draw());
      const u = draw();
      const arm = u < logs[0]! ? 0 : u < logs[0]! + logs[1]! ? 1 : 2;
      actions[i] = arm;
      propensities[i] = logs[arm]!;
      contexts[3 * i + c] = 1;
      rewards[i] = draw() < pays[c]![arm]! ? 1 : 0;
    }
    const { estimates } = room.evaluate(
      { actions, rewards, propensities, contexts, dimension: 3 },
      (context) => asks[context.indexOf(1)]!,
      { arms: [0, 1, 2], resamples: 500, seed: n },
    );
    for (const { method, value, interval } of estimates) {
      const all = sums.get(method) ?? { sum: 0, squares: 0, covered: 0 };
      all.sum += value!;
      all.squares += value! ** 2;
      all.covered += interval![0] <= truth && truth <= interval![1] ? 1 : 0;
      sums.set(method, all);
    }
  }
  for (const [method, { sum, squares, covered }] of sums) {
    const mean = sum / count;
    const error = Math.sqrt((squares / count - mean ** 2) / count);
    console.log(
      `${method}: ${mean.toFixed(5)} +- ${error.toFixed(5)}, truth ${truth.toFixed(5)}, covered ${covered}`,
    );
    if (['ips', 'snips', 'dr'].includes(method)) {
      // Three tests of two standard errors each: one in seven would fail by chance, so that three are allowed.
      expect(Math.abs(mean - truth), method).toBeLessThan(3 * error);
      expect(covered / count, method).toBeGreaterThan(0.92);
      expect(covered / count, method).toBeLessThan(0.98);
    }
  }
});

// Logs of a shop: Saito, Aihara, Matsutani, Narita 2021, arXiv:2008.07146. Not part of the package.
const logOf = (name: string) => {
  const [header, ...lines] = readData(`open-bandit/${name}`).trim().split('\n');
  const names = header!.split(',');
  const column = (of: string) => {
    const at = names.indexOf(of);
    return lines.map((line) => Number(line.split(',')[at]));
  };
  return {
    actions: Uint32Array.from(column('item_id')),
    rewards: column('click'),
    propensities: column('propensity_score'),
  };
};

test('a log of Thompson sampling in a shop says what random choices earn', (context) => {
  if (!hasData('open-bandit/bts_men.csv')) {
    console.log('skipped: the logs of the Open Bandit dataset are not here');
    context.skip();
  }
  const log = logOf('bts_men.csv');
  const random = logOf('random_men.csv');
  const truth = random.rewards.reduce((a, b) => a + b) / random.rewards.length;
  const { estimates } = room.evaluate(log, 'uniform');
  const [ips, snips, clipped, dm, dr] = estimates;
  console.log(`truth ${truth}`, ...estimates.map((e) => JSON.stringify(e)));
  expect(truth).toBeCloseTo(0.0046, 6);
  expect(ips!.value).toBeCloseTo(0.00301, 5);
  expect(snips!.value).toBeCloseTo(0.00319, 5);
  expect(snips!.ess).toBeGreaterThan(650);
  expect(snips!.ess).toBeLessThan(660);
  expect(snips!.interval![0]).toBeLessThan(truth);
  expect(snips!.interval![1]).toBeGreaterThan(truth);
  for (const { value } of [clipped!, dm!, dr!])
    expect(Math.abs(value! - truth)).toBeLessThan(0.003);
  // One choice that was hardly ever made, as in the log of the women's campaign: weight 21,739.
  const propensities = log.propensities.slice();
  propensities[17] = 1 / 34 / 21739;
  for (const { refused, value, ess } of room.evaluate({ ...log, propensities }, 'uniform')
    .estimates) {
    expect([refused, value]).toEqual(['support', null]);
    expect(ess).toBeLessThan(4);
  }
});
