// Policies as TypeScript users meet them. What both doors share is in policy.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { ContinualRoom, PolicyLearner } from 'sublinear/continual';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CartPoles, measure, train } from '../../examples/support/cartpole.js';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './policy.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: ContinualRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('continual');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

test('the pole on the cart: PPO keeps it up', () => {
  using policy = room.PolicyLearner.create({ inputs: 4, actions: 2, seed: 1 });
  const before = measure(policy, new CartPoles(20, random(100)));
  const poles = new CartPoles(policy.environments, random(1));
  const updates = [...train(policy, poles, 70)];
  expect(updates.every(({ outcome }) => outcome === 'converged')).toBe(true);
  expect(before).toBeLessThan(100);
  expect(measure(policy, new CartPoles(20, random(100)))).toBeGreaterThan(400);
});

test('the pole falls as the equations of motion say', () => {
  // One step to the right from rest, by hand: theta'' = -cos(0) F / (m (4/3 - m_p / m)) / l.
  const poles = new CartPoles(1, () => 0.5);
  poles.step([1]);
  const turning = -(10 / 1.1) / (0.5 * (4 / 3 - 0.1 / 1.1));
  const faster = 10 / 1.1 - (0.05 * turning) / 1.1;
  expect([...poles.observations]).toEqual([
    0,
    expect.closeTo(0.02 * faster, 12),
    0,
    expect.closeTo(0.02 * turning, 12),
  ]);
});

test('in slices: the same result; after an abort the policy can be used', async () => {
  const [now, later] = [1, 1].map((seed) => {
    const policy = room.PolicyLearner.create({
      inputs: 4,
      actions: 2,
      steps: 512,
      epochs: 4,
      seed,
    });
    const poles = new CartPoles(policy.environments, random(1));
    for (let full = false; !full; ) {
      poles.step(policy.act(poles.observations));
      full = policy.reward(poles.rewards, poles.next, poles.ended);
    }
    return policy;
  }) as [PolicyLearner, PolicyLearner];
  const seen: number[] = [];
  const onProgress = ({ edgeOperations }: { edgeOperations: number }) => seen.push(edgeOperations);
  const update = now.update();
  expect(await later.updateAsync({ onProgress })).toEqual(update);
  expect(seen.length).toBeGreaterThan(0);
  expect(later.parameters()).toEqual(now.parameters());
  expect(now.collected).toBe(0);
  // Given up in the middle: nothing is collected any more, and it goes on.
  const poles = new CartPoles(8, random(2));
  for (let t = 0; t < 512; t++) {
    poles.step(now.act(poles.observations));
    now.reward(poles.rewards, poles.next, poles.ended);
  }
  const before = now.parameters();
  const control = new AbortController();
  const running = now.updateAsync({
    signal: control.signal,
    onProgress({ edgeOperations }) {
      if (edgeOperations > 2e7) control.abort(new Error('enough'));
    },
  });
  expect(refusalOf(() => now.act(poles.observations)).code).toBe('BUSY');
  await expect(running).rejects.toThrow('enough');
  expect(now.collected).toBe(0);
  expect(now.parameters()).not.toEqual(before);
  expect(now.act(poles.observations)).toHaveLength(8);
  for (const policy of [now, later]) policy.dispose();
});

test('what becomes infinite ends as breakdown, and nothing is lost', () => {
  using policy = room.PolicyLearner.create({
    inputs: 1,
    actions: 2,
    environments: 1,
    hidden: [3, 3, 3, 3],
    activation: 'relu',
  });
  const before = new Float32Array(policy.parameterCount).fill(1e6);
  policy.setParameters(before);
  policy.act([1]);
  policy.reward([1], [1]);
  const { outcome, updates, valueLoss } = policy.update();
  expect([outcome, updates]).toEqual(['breakdown', 0]);
  expect(valueLoss).toBeNaN();
  expect(policy.parameters()).toEqual(before);
});

test('what is wrong is refused by name', () => {
  const refused = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };
  const { PolicyLearner, advantages } = room;
  expect(refused(() => PolicyLearner.create(bad({ inputs: 1 })))).toBe('TYPE actions');
  expect(refused(() => PolicyLearner.create(bad({ inputs: 1, actions: 2, method: 'dqn' })))).toBe(
    'RANGE method',
  );
  expect(
    refused(() => PolicyLearner.create({ inputs: 1, actions: 2, method: 'reinforce', clip: 0.1 })),
  ).toBe('RANGE clip');
  using policy = PolicyLearner.create({ inputs: 2, actions: 2, environments: 2 });
  expect(refused(() => policy.act([1, 2, 3]))).toBe('SHAPE observations');
  policy.act([1, 2, 3, 4]);
  expect(refused(() => policy.reward([1], [1, 2, 3, 4]))).toBe('SHAPE rewards');
  expect(refused(() => policy.reward([1, 1], [1, 2]))).toBe('SHAPE next');
  expect(refused(() => policy.reward([1, 1], [1, 2, 3, 4], [1]))).toBe('SHAPE ended');
  expect(refused(() => policy.chances([1]))).toBe('RANGE observations');
  expect(refused(() => policy.update(bad({ factor: '1' })))).toBe('TYPE factor');
  const data = { rewards: [1, 2, 3], values: [0, 0, 0], next: [0, 0, 0], discount: 1, lambda: 1 };
  expect(refused(() => advantages({ ...data, environments: 2 }))).toBe('RANGE rewards');
  expect(refused(() => advantages({ ...data, values: [1] }))).toBe('SHAPE values');
});

test('in a worker', async () => {
  await using worker = await createWorkerEngine();
  const { PolicyLearner } = await worker.use('continual');
  const options = { inputs: 4, actions: 3, environments: 2, steps: 1, seed: 9 };
  await using there = await PolicyLearner.create(options);
  using here = room.PolicyLearner.create(options);
  const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  expect(await there.act(x)).toEqual(here.act(x));
  expect(await there.reward([1, 2], x)).toBe(here.reward([1, 2], x));
  expect(await there.update()).toEqual(here.update());
  expect(await there.best(x)).toEqual(here.best(x));
});
