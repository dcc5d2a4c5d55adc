// Learners as TypeScript users meet them. What both doors share is in continual.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { ContinualRoom, LearnerOptions } from 'sublinear/continual';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './continual.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: ContinualRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('continual');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

/** Vectors of which the class is the place of the largest number. */
function largest(inputs: number, rows: number, seed: number) {
  const draw = random(seed);
  const x = Float32Array.from({ length: inputs * rows }, () => 2 * draw() - 1);
  const labels = Uint32Array.from({ length: rows }, (_, i) => {
    const row = x.subarray(i * inputs, (i + 1) * inputs);
    return row.indexOf(Math.max(...row));
  });
  return { x, labels };
}

const options: LearnerOptions = {
  inputs: 8,
  outputs: 8,
  hidden: [32],
  learningRate: 0.01,
  replay: 100,
};

describe('learning', () => {
  test('in slices: the same result and progress', async () => {
    const { x, labels } = largest(8, 400, 1);
    using now = room.ContinualLearner.create(options);
    using later = room.ContinualLearner.create(options);
    const seen: number[] = [];
    const learned = now.learn(x, labels, { epochs: 5 });
    expect(
      await later.learnAsync(x, labels, {
        epochs: 5,
        onProgress: ({ edgeOperations, expectedOperations }) => {
          seen.push(edgeOperations);
          expect(expectedOperations).toBeGreaterThanOrEqual(edgeOperations);
        },
      }),
    ).toEqual(learned);
    expect(learned).toMatchObject({ outcome: 'converged', rows: 400, updates: 65 });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(later.parameters()).toEqual(now.parameters());
    now.consolidate(x);
    await later.consolidateAsync(x);
    expect(later.fisher()).toEqual(now.fisher());
    expect(await later.evaluateAsync(x, labels)).toEqual(now.evaluate(x, labels));
    expect(await later.predictAsync(x)).toEqual(now.predict(x));
    expect(now.evaluate(x, labels).accuracy).toBeGreaterThan(0.8);
  });

  test('after an abort it has learned so far, and goes on', async () => {
    const { x, labels } = largest(8, 400, 1);
    using learner = room.ContinualLearner.create(options);
    const before = learner.parameters();
    const control = new AbortController();
    const running = learner.learnAsync(x, labels, {
      epochs: 1e6,
      signal: control.signal,
      onProgress({ edgeOperations }) {
        if (edgeOperations > 1e6) control.abort(new Error('enough'));
      },
    });
    expect(refusalOf(() => learner.predict(x)).code).toBe('BUSY');
    await expect(running).rejects.toThrow('enough');
    expect(learner.parameters()).not.toEqual(before);
    expect(learner.examplesSeen).toBeGreaterThan(0);
    expect(learner.learn(x, labels).outcome).toBe('converged');
    // What was measured or consolidated in part changes nothing.
    const kept = learner.save();
    const stop = { signal: AbortSignal.abort(new Error('no')) };
    await expect(learner.consolidateAsync(x, stop)).rejects.toThrow('no');
    expect(learner.save()).toEqual(kept);
    expect(learner.fisher()).toHaveLength(0);
  });

  test('an error in onProgress leaves nothing running', async () => {
    const { x, labels } = largest(8, 400, 1);
    using learner = room.ContinualLearner.create(options);
    await expect(
      learner.learnAsync(x, labels, {
        epochs: 1e6,
        onProgress: () => {
          throw new Error('mine');
        },
      }),
    ).rejects.toThrow('mine');
    expect(learner.predict(x).labels).toHaveLength(400);
  });

  test('a time limit keeps the updates that were made', () => {
    const { x, labels } = largest(8, 400, 1);
    using learner = room.ContinualLearner.create(options);
    const { outcome, updates } = learner.learn(x, labels, { epochs: 1e6, maxTimeMs: 20 });
    expect(outcome).toBe('timeLimit');
    expect(updates).toBeGreaterThan(0);
  });

  test('a rate that is too large ends as breakdown, and nothing is lost', () => {
    using learner = room.ContinualLearner.create({
      inputs: 1,
      outputs: 1,
      loss: 'squared',
      optimizer: 'sgd',
      learningRate: 100,
    });
    const before = learner.parameters();
    const learned = learner.learn([1e3, 2e3], [1, 2], { epochs: 1000 });
    expect(learned.outcome).toBe('breakdown');
    expect(learned.loss).toBeNaN();
    expect(learner.parameters()).toEqual(before);
    expect(learner.examplesSeen).toBe(0);
  });

  test('classes that never came have probability 0', () => {
    using learner = room.ContinualLearner.create({ inputs: 2, outputs: 5, learningRate: 0.1 });
    expect([...learner.predict([0, 0]).values].every((p) => p > 0)).toBe(true);
    learner.learn([1, 0, 0, 1], [1, 3], { epochs: 30 });
    const { values, labels } = learner.predict([1, 0, 0, 1]);
    expect([...labels]).toEqual([1, 3]);
    expect([0, 2, 4].map((k) => values[k])).toEqual([0, 0, 0]);
    expect(learner.classesSeen).toBe(2);
  });
});

describe('going back', () => {
  test('a review keeps what is good and takes back what is not', async () => {
    const { x, labels } = largest(8, 400, 1);
    const held = largest(8, 200, 2);
    using learner = room.ContinualLearner.create({ ...options, replay: 0 });
    learner.learn(x, labels, { epochs: 5 });
    const good = learner.review(held.x, held.labels);
    expect(good).toMatchObject({ rolledBack: false, checkpoint: { id: 1, examples: 400 } });
    const parameters = learner.parameters();
    // Everything is called the same from now on.
    learner.learn(x, new Uint32Array(400), { epochs: 5 });
    const worse = await learner.reviewAsync(held.x, held.labels, { tolerance: 0.1 });
    expect(worse.rolledBack).toBe(true);
    expect(worse.loss).toBeGreaterThan(1.1 * good.loss);
    expect(worse.checkpoint).toEqual(good.checkpoint);
    expect(learner.parameters()).toEqual(parameters);
  });

  test('files: streams, pieces, and what is cut or changed', async () => {
    const { x, labels } = largest(8, 40, 1);
    using learner = room.ContinualLearner.create({ ...options, hidden: [3], replay: 3 });
    learner.learn(x, labels);
    learner.consolidate(x);
    learner.checkpoint(0.5);
    const bytes = learner.save();
    expect([...learner.saveInPieces()].flatMap((piece) => [...piece])).toEqual([...bytes]);
    using again = await room.ContinualLearner.loadAsync(new Blob([bytes]).stream());
    expect(again.save()).toEqual(bytes);
    expect([again.inputs, again.outputs, again.parameterCount]).toEqual([8, 8, 59]);
    expect(again.bytesUsed).toBeGreaterThan(bytes.length);
    for (let at = 0; at < bytes.length; at++) {
      const cut = refusalOf(() => room.ContinualLearner.load(bytes.subarray(0, at)));
      expect(cut.code).toBe('TRUNCATED');
    }
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 0x41;
      const { code } = refusalOf(() => room.ContinualLearner.load(flipped));
      expect(['FORMAT', 'TRUNCATED', 'CHECKSUM', 'MEMORY', 'OVERFLOW']).toContain(code);
    }
  });
});

test('what is wrong is refused by name', () => {
  const { ContinualLearner } = room;
  const refused = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };
  expect(refused(() => ContinualLearner.create(bad({ inputs: 2 })))).toBe('TYPE outputs');
  expect(refused(() => ContinualLearner.create(bad({ ...options, loss: 'hinge' })))).toBe(
    'RANGE loss',
  );
  expect(refused(() => ContinualLearner.create(bad({ ...options, replay: {} })))).toBe(
    'TYPE replay.perClass',
  );
  expect(() => ContinualLearner.create(bad({ ...options, optimiser: 'adam' }))).toThrow(
    'not an option',
  );
  using learner = ContinualLearner.create({ inputs: 2, outputs: 2 });
  expect(refused(() => learner.learn([1, 2, 3], [0]))).toBe('RANGE inputs');
  expect(refused(() => learner.learn([1, 2], [0, 1]))).toBe('SHAPE answers');
  expect(refused(() => learner.learn([1, 2], bad(undefined)))).toBe('TYPE answers');
  expect(refused(() => learner.learn([1, 2], [0.5]))).toMatch(/answers/);
  expect(refused(() => learner.review([1, 2], [0], { tolerance: -1 }))).toBe('RANGE tolerance');
  expect(refused(() => learner.checkpoint(Number.POSITIVE_INFINITY))).toBe('NOT_FINITE loss');
});

test('in a worker', async () => {
  await using worker = await createWorkerEngine();
  const { ContinualLearner } = await worker.use('continual');
  const { x, labels } = largest(8, 100, 1);
  await using there = await ContinualLearner.create(options);
  using here = room.ContinualLearner.create(options);
  expect(await there.learn(x, labels, { epochs: 2 })).toEqual(here.learn(x, labels, { epochs: 2 }));
  expect(await there.predict(x)).toEqual(here.predict(x));
});
