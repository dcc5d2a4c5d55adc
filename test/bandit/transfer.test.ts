// What is carried from one task to another, and when it is refused.
import { createEngine } from 'sublinear';
import type { Bandit } from 'sublinear/bandit';
import { afterAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';

const engine = await createEngine();
const { linUcb, betaThompson, transfer } = await engine.use('bandit');
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

const ARMS = ['a', 'b', 'c'];
const D = 6;

/** Linear rewards: `weights` for each arm, and noise. */
function domain(weights: number[][], seed: number) {
  const draw = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const context = () => Float64Array.from({ length: D }, () => 2 * draw() - 1);
  const mean = (arm: number, x: Float64Array) =>
    x.reduce((s, xi, i) => s + xi * weights[arm]![i]!, 0);
  return {
    learn(bandit: Bandit, rows: number) {
      for (let i = 0; i < rows; i++) {
        const [x, arm] = [context(), i % 3];
        bandit.learn(ARMS[arm]!, x, mean(arm, x) + normal());
      }
    },
    heldOut(rows: number) {
      const contexts = Array.from({ length: rows }, context);
      return {
        contexts: contexts.flatMap((x) => [...x]),
        rewards: contexts.flatMap((x) => ARMS.map((_, arm) => mean(arm, x))),
      };
    },
  };
}

/** Weights of arms, and those of a domain that differs by `by`. */
function related(seed: number, by: number) {
  const draw = random(seed);
  const one = ARMS.map(() => Array.from({ length: D }, () => 2 * draw() - 1));
  const two = one.map((w) => w.map((x) => x + by * (2 * draw() - 1)));
  return [domain(one, seed + 1), domain(two, seed + 2)] as const;
}

const make = () => linUcb({ arms: ARMS, dimension: D });

describe('between two related domains', () => {
  const domains = related(1, 0.2);
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const)
    test(`from ${from} to ${to}: accepted, and the regret of rows seen by nobody falls`, () => {
      using source = make();
      using target = make();
      domains[from].learn(source, 600);
      domains[to].learn(target, 12);
      const kept = source.save();
      const found = transfer(target, source, domains[to].heldOut(200));
      expect(found.accepted).toBe(true);
      expect(found.bound).toBeGreaterThan(0);
      expect(found.after).toBeLessThan(0.5 * found.before);
      expect(source.save()).toEqual(kept);
      // A third set of rows: the same bandit without what was carried has more regret.
      using without = make();
      const fresh = domains[to].heldOut(300);
      expect(transfer(without, target, fresh).accepted).toBe(true);
    });
});

test('between domains that contradict each other it is refused, and nothing changes', () => {
  const draw = random(5);
  const one = ARMS.map(() => Array.from({ length: D }, () => 2 * draw() - 1));
  const opposite = domain(
    one.map((w) => w.map((x) => -x)),
    6,
  );
  const same = domain(one, 7);
  using source = make();
  using target = make();
  opposite.learn(source, 600);
  same.learn(target, 60);
  const kept = target.save();
  const found = transfer(target, source, same.heldOut(200), { weights: [0.1, 1] });
  expect(found).toMatchObject({ accepted: false });
  expect(found.after).toBeGreaterThan(found.before);
  expect(target.save()).toEqual(kept);
});

test('where nothing is to be gained it is refused: no more than one in twenty by chance', () => {
  let accepted = 0;
  for (let trial = 0; trial < 60; trial++) {
    // Both have learned nothing but noise about arms of the same worth.
    const draw = random(100 + trial);
    using source = betaThompson({ arms: ARMS });
    using target = betaThompson({ arms: ARMS });
    for (let i = 0; i < 60; i++)
      for (const bandit of [source, target])
        bandit.learn(ARMS[i % 3]!, undefined, Number(draw() < 0.5));
    const rewards = Array.from({ length: 3 * 120 }, () => Number(draw() < 0.5));
    accepted += Number(transfer(target, source, { rewards }, { weights: [1] }).accepted);
  }
  // Binomial(60, 0.05): more than 9 has a probability below 1e-3.
  expect(accepted).toBeLessThan(10);
});

test('arms are matched by their names', () => {
  using source = betaThompson({ arms: ['x', 'b', 'a'] });
  using target = betaThompson({ arms: ['a', 'b'] });
  for (let i = 0; i < 10; i++) source.learn('a', undefined, 1);
  expect(target.carry(source, 0.5)).toBe(2);
  expect([...target.estimates().means]).toEqual([6 / 7, 0.5]);
});

test('what is wrong is refused by name', async () => {
  using bandit = make();
  const rows = { contexts: new Float64Array(100 * D), rewards: new Float64Array(300) };
  const refused = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };
  expect(refused(() => transfer(bad({}), bandit, rows))).toBe('TYPE target');
  expect(refused(() => transfer(bandit, bad(null), rows))).toBe('TYPE source');
  const other = { ...rows, rewards: new Float64Array(301) };
  expect(refused(() => transfer(bandit, bandit, other))).toBe('RANGE rewards');
  expect(refused(() => transfer(bandit, bandit, { rewards: new Float64Array(300) }))).toBe(
    'SHAPE contexts',
  );
  expect(
    refused(() => transfer(bandit, bandit, { ...rows, rewards: new Float64Array(300).fill(NaN) })),
  ).toBe('RANGE rewards[0]');
  const few = { contexts: new Float64Array(59 * D), rewards: new Float64Array(3 * 59) };
  expect(refused(() => transfer(bandit, bandit, few))).toBe('RANGE rewards');
  expect(refused(() => transfer(bandit, bandit, rows, { confidence: 0.5 }))).toBe(
    'RANGE confidence',
  );
  expect(refused(() => transfer(bandit, bandit, rows, { weights: [] }))).toBe('TYPE weights');
  expect(refused(() => transfer(bandit, bandit, rows, { weights: [2] }))).toBe('OPTION weight');
  const elsewhere = await createEngine();
  using stranger = (await elsewhere.use('bandit')).linUcb({ arms: ARMS, dimension: D });
  expect(refused(() => bandit.carry(stranger, 1))).toBe('TYPE from');
  stranger.dispose();
  elsewhere.dispose();
});
