// Bandits as TypeScript users meet them. What both doors share is in bandit.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { BanditRoom, LogRow, Method } from 'sublinear/bandit';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './bandit.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: BanditRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('bandit');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

describe('bandits', () => {
  test('arms have names, and arrays their order', () => {
    using bandit = room.epsilonGreedy({ arms: ['a', 7, 'c'], epsilon: 0 });
    expect(bandit.arms).toEqual(['a', 7, 'c']);
    bandit.removeArm(7);
    bandit.learn('c', undefined, 1);
    expect(bandit.arms).toEqual(['a', 'c']);
    expect(bandit.choose().arm).toBe('c');
    expect([...bandit.choose().scores]).toEqual([0, 0.5]);
    expect([...bandit.probabilities(undefined, { cost: [0, 0.6] })]).toEqual([1, 0]);
    bandit.addArm('d');
    expect(bandit.arms).toEqual(['a', 'd', 'c']);
    expect([...bandit.estimates().means]).toEqual([0, 0, 0.5]);
    expect(bandit.policy).toBe('epsilonGreedy');
    expect(bandit.bytesUsed).toBeGreaterThan(100);
  });

  test('the same seed gives the same choices, another one others', () => {
    const play = (seed: number) => {
      using bandit = room.betaThompson({ arms: [0, 1, 2, 3], seed, samples: 0 });
      return Array.from({ length: 40 }, () => bandit.choose().arm).join('');
    };
    expect(play(1)).toBe(play(1));
    expect(play(1)).not.toBe(play(2));
  });

  test('probabilities of Thompson sampling cost no choice', () => {
    const play = (samples: number) => {
      using bandit = room.betaThompson({ arms: [0, 1, 2], samples });
      return Array.from({ length: 20 }, () => bandit.choose().arm).join('');
    };
    expect(play(0)).toBe(play(50));
    using bandit = room.betaThompson({ arms: [0, 1, 2], samples: 0 });
    expect(bandit.choose().propensity).toBeNaN();
    expect(refusalOf(() => bandit.probabilities()).code).toBe('STATE');
  });

  test('goes on from a file as the original would', () => {
    using bandit = room.linTs({ arms: ['x', 'y', 'z'], dimension: 3, window: 5 });
    const draw = random(1);
    const play = (b: typeof bandit, rounds: number) => {
      const trace: unknown[] = [];
      for (let t = 0; t < rounds; t++) {
        const { id, arm, propensity } = b.choose([t % 2, t % 3, 1]);
        trace.push(arm, propensity);
        if (t % 4 > 0) b.reward(id, t % 5);
      }
      return trace;
    };
    play(bandit, 30 + Math.floor(draw()));
    bandit.removeArm('y');
    using copy = room.Bandit.load(bandit.save());
    expect(copy.arms).toEqual(['x', 'z']);
    expect([copy.choices, copy.rewards, copy.waiting]).toEqual([
      bandit.choices,
      bandit.rewards,
      bandit.waiting,
    ]);
    expect(play(copy, 40)).toEqual(play(bandit, 40));
    expect([...copy.save()]).toEqual([...bandit.save()]);
  });

  test('goes on while its file is written', () => {
    using bandit = room.linUcb({ arms: ['x', 'y'], dimension: 400 });
    const x = new Float64Array(400).fill(0.1);
    bandit.reward(bandit.choose(x).id, 1);
    const whole = bandit.save();
    expect(whole.length).toBeGreaterThan(1 << 20);
    const pieces: Uint8Array[] = [];
    for (const piece of bandit.saveInPieces()) {
      pieces.push(piece);
      for (let i = 0; i < 20; i++) bandit.choose(x);
      bandit.addArm(`z${pieces.length}`);
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
    expect(room.Bandit.load(pieces).arms).toEqual(['x', 'y']);
  });

  test('files with other names than arms are refused', () => {
    using bandit = room.ucb1({ arms: ['ab', 'cd'] });
    const bytes = bandit.save();
    const at = Buffer.from(bytes).indexOf('["ab","cd"]');
    expect(at).toBeGreaterThan(0);
    const changed = bytes.slice();
    changed[at + 2] = 'c'.charCodeAt(0);
    expect(refusalOf(() => room.Bandit.load(changed)).code).toBe('CHECKSUM');
    expect(refusalOf(() => room.Bandit.load(bytes.subarray(0, 90))).code).toBe('TRUNCATED');
    expect(refusalOf(() => room.Bandit.load(new Uint8Array(64))).code).toBe('FORMAT');
  });

  test('what is wrong is named', () => {
    for (const [call, code, argument] of [
      [() => room.linUcb(bad({})), 'OPTION', 'dimension'],
      [() => room.linUcb({ dimension: 0 }), 'OPTION', 'dimension'],
      [() => room.linUcb({ dimension: 2, alpha: -1 }), 'OPTION', 'alpha'],
      [() => room.linUcb({ dimension: 2, ridge: 0 }), 'OPTION', 'ridge'],
      [() => room.linUcb({ dimension: 2, shared: 1, window: 4 }), 'OPTION', 'window'],
      [() => room.linTs({ dimension: 2, v: Number.NaN }), 'OPTION', 'v'],
      [() => room.epsilonGreedy({ epsilon: 1.5 }), 'OPTION', 'epsilon'],
      [() => room.softmax({ temperature: 0 }), 'OPTION', 'temperature'],
      [() => room.gaussianThompson({ priorPrecision: 0 }), 'OPTION', 'priorPrecision'],
      [() => room.betaThompson({ decay: 2 }), 'OPTION', 'decay'],
      [() => room.betaThompson({ decay: 0.9, window: 3 }), 'OPTION', 'window'],
      [() => room.ucb1(bad({ epsilon: 1 })), 'TYPE', 'epsilon'],
      [() => room.ucb1(bad({ arms: 'ab' })), 'TYPE', 'arms'],
      [() => room.ucb1(bad({ arms: ['a', null] })), 'TYPE', 'arms[1]'],
      [() => room.ucb1({ arms: ['a', 'a'] }), 'RANGE', 'arms[1]'],
      [() => room.ucb1({ arms: [Number.NaN] }), 'TYPE', 'arms[0]'],
      [() => room.ucb1({ seed: -1 }), 'RANGE', 'seed'],
    ] as const) {
      const error = refusalOf(call);
      expect([error.code, error.argument]).toEqual([code, argument]);
    }
    using bandit = room.linUcb({ arms: ['a', 'b'], dimension: 2 });
    using none = room.ucb1();
    for (const [call, code, argument] of [
      [() => none.choose(), 'EMPTY', 'arms'],
      [() => none.choose([1]), 'SHAPE', 'context'],
      [() => bandit.choose(), 'SHAPE', 'context'],
      [() => bandit.choose([1]), 'SHAPE', 'context'],
      [() => bandit.choose(bad('12')), 'TYPE', 'context'],
      [() => bandit.choose([1, 2], { eligible: [] }), 'EMPTY', 'eligible'],
      [() => bandit.choose([1, 2], { eligible: ['c'] }), 'INDEX', 'eligible[0]'],
      [() => bandit.choose([1, 2], { cost: [1] }), 'SHAPE', 'cost'],
      [() => bandit.choose([1, 2], { cost: [1, Number.NaN] }), 'NOT_FINITE', 'cost'],
      [() => bandit.choose([1, 2], { shared: [1] }), 'SHAPE', 'shared'],
      [() => bandit.choose([1, 2], { into: new Float64Array(3) }), 'SHAPE', 'into'],
      [() => bandit.choose([1, 2], { into: bad(new Float32Array(2)) }), 'TYPE', 'into'],
      [() => bandit.probabilities([1, 2], bad({ into: new Float64Array(2) })), 'TYPE', 'into'],
      [() => bandit.choose([1, 2], bad({ price: 1 })), 'TYPE', 'price'],
      [() => bandit.addArm('a'), 'RANGE', 'arm'],
      [() => bandit.removeArm('c'), 'INDEX', 'arm'],
      [() => bandit.learn('c', [1, 2], 1), 'INDEX', 'arm'],
      [() => bandit.learn('a', [1, 2], bad('1')), 'TYPE', 'reward'],
      [() => bandit.reward(1, 1), 'INDEX', 'id'],
      [() => none.weights('a'), 'INDEX', 'arm'],
    ] as const) {
      const error = refusalOf(call);
      expect([error.code, error.argument]).toEqual([code, argument]);
    }
    const gone = room.ucb1();
    gone.dispose();
    expect(refusalOf(() => gone.choose()).code).toBe('DISPOSED');
  });

  test('write scores into an array that is given', () => {
    using bandit = room.linUcb({ arms: ['a', 'b', 'c'], dimension: 2 });
    bandit.learn('c', [1, 2], 3);
    bandit.removeArm('a');
    const into = new Float64Array(2);
    const { scores } = bandit.choose([1, 1], { into });
    expect(scores).toBe(into);
    expect(into).toEqual(bandit.choose([1, 1]).scores);
    // Refused before anything is chosen.
    refusalOf(() => bandit.choose([1, 1], { into: new Float64Array(3) }));
    expect(bandit.choose([1, 1], { eligible: ['b'], into }).id).toBe(3);
    expect([...into]).toEqual([bandit.choose([1, 1]).scores[0], Number.NaN]);
  });

  test('hold to the memory limit', async () => {
    const small = await createEngine({ memory: 2_000_000 });
    try {
      const { linUcb } = await small.use('bandit');
      expect(refusalOf(() => linUcb({ dimension: 4096 })).code).toBe('MEMORY');
      using bandit = linUcb({ arms: ['a'], dimension: 300 });
      const error = refusalOf(() => {
        for (let i = 0; i < 10; i++) bandit.addArm(i);
      });
      expect(error.code).toBe('MEMORY');
      const x = new Float64Array(300).fill(1);
      expect(bandit.reward(bandit.choose(x).id, 1)).toBe(true);
    } finally {
      small.dispose();
    }
  });
});

describe('evaluation', () => {
  /** A log of two arms, of which b pays 1 and a nothing; the arms have the same probability. */
  const rows = (n: number): LogRow[] =>
    Array.from({ length: n }, (_, i) => ({
      action: i % 2 ? 'b' : 'a',
      reward: i % 2,
      propensity: 0.5,
      context: [1, i % 3],
    }));

  test('rows and columns, functions and arrays are the same', () => {
    const log = rows(200);
    const columns = {
      actions: log.map(({ action }) => action),
      rewards: log.map(({ reward }) => reward),
      propensities: log.map(({ propensity }) => propensity),
      contexts: log.flatMap(({ context }) => [...context!]),
      dimension: 2,
    };
    const first = room.evaluate(log, [0.25, 0.75]);
    expect(first.arms).toEqual(['a', 'b']);
    expect(first.rows).toBe(200);
    expect(room.evaluate(columns, () => [0.25, 0.75])).toEqual(first);
    expect(first.estimates.map(({ method }) => method)).toEqual([
      'ips',
      'snips',
      'clipped',
      'dm',
      'dr',
    ]);
    for (const { value, interval, support } of first.estimates) {
      expect(value).toBeCloseTo(0.75, 1);
      expect(interval![0]).toBeLessThanOrEqual(interval![1]);
      expect(support).toBeCloseTo(1, 12);
    }
    const named = room.evaluate(log, () => 'a', { arms: ['b', 'a'], methods: ['snips', 'ips'] });
    expect(named.arms).toEqual(['b', 'a']);
    expect(named.estimates.map(({ method, value }) => [method, value])).toEqual([
      ['snips', 0],
      ['ips', 0],
    ]);
  });

  test('a bandit is a policy like others', () => {
    using bandit = room.epsilonGreedy({ arms: ['b', 'a'], epsilon: 0.2 });
    bandit.learn('b', undefined, 1);
    const log = rows(100).map(({ context: _, ...row }) => row);
    const [found] = room.evaluate(log, bandit, { methods: ['snips'] }).estimates;
    expect(found!.value).toBeCloseTo(0.9, 12);
    using other = room.ucb1({ arms: ['a', 'c'] });
    expect(refusalOf(() => room.evaluate(log, other)).argument).toBe('actions');
  });

  test('the async form gives the same and can be stopped', async () => {
    const log = rows(500);
    const target = [0.9, 0.1];
    expect(await room.evaluateAsync(log, target)).toEqual(room.evaluate(log, target));
    const control = new AbortController();
    const running = room.evaluateAsync(log, target, {
      resamples: 1_000_000,
      signal: control.signal,
      onProgress: ({ edgeOperations, expectedOperations }) => {
        expect(edgeOperations).toBeLessThan(expectedOperations!);
        control.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
  });

  test('logs that say too little are refused', () => {
    const log = rows(40).map((row, i) => ({ ...row, propensity: i === 3 ? 1e-5 : 0.9 }));
    for (const estimate of room.evaluate(log, 'uniform').estimates) {
      expect(estimate).toMatchObject({ refused: 'support', value: null, interval: null });
      expect(estimate.ess).toBeLessThan(2);
      expect(estimate.maxWeight).toBeGreaterThan(6);
    }
  });

  test('what is wrong is named', () => {
    const log = rows(10);
    const without = log.map(({ propensity: _, ...row }) => row);
    const mixed = log.map((row, i) => (i === 4 ? without[4]! : row));
    for (const [call, code, argument] of [
      [() => room.evaluate(bad(without), 'uniform'), 'UNSUPPORTED', 'propensities'],
      [
        () => room.evaluate(bad({ actions: [1], rewards: [1] }), 'uniform'),
        'UNSUPPORTED',
        'propensities',
      ],
      [() => room.evaluate(bad(mixed), 'uniform'), 'RANGE', 'propensities'],
      [() => room.evaluate([], 'uniform'), 'EMPTY', 'rewards'],
      [() => room.evaluate(bad(7), 'uniform'), 'TYPE', 'log'],
      [() => room.evaluate(bad([null]), 'uniform'), 'TYPE', 'log[0]'],
      [() => room.evaluate(log, bad('greedy')), 'TYPE', 'target'],
      [() => room.evaluate(log, [1]), 'SHAPE', 'target'],
      [() => room.evaluate(log, [0.5, 0.4]), 'RANGE', 'target'],
      [() => room.evaluate(log, () => 'c'), 'RANGE', 'target(row 0)'],
      [() => room.evaluate(log, 'uniform', { arms: ['a'] }), 'INDEX', 'actions'],
      [() => room.evaluate(log, 'uniform', { arms: ['a', 'b', 'a'] }), 'RANGE', 'arms'],
      [() => room.evaluate(log, 'uniform', { clip: 0 }), 'RANGE', 'clip'],
      [() => room.evaluate(log, 'uniform', { folds: 1 }), 'OPTION', 'folds'],
      [() => room.evaluate(log, 'uniform', { confidence: 1 }), 'OPTION', 'confidence'],
      [() => room.evaluate(log, 'uniform', { methods: [] }), 'OPTION', 'methods'],
      [() => room.evaluate(log, 'uniform', { methods: ['mse' as Method] }), 'RANGE', 'methods[0]'],
    ] as const) {
      const error = refusalOf(call);
      expect([error.code, error.argument]).toEqual([code, argument]);
    }
  });
});

describe('in a worker', () => {
  test('bandits choose and learn, logs are evaluated', async () => {
    const worker = await createWorkerEngine();
    try {
      const { betaThompson, evaluate } = await worker.use('bandit');
      const bandit = await betaThompson({ arms: ['a', 'b'] });
      const { id, arm } = await bandit.choose();
      expect(await bandit.reward(id, 1)).toBe(true);
      expect(['a', 'b']).toContain(arm);
      await bandit.dispose();
      const n = 100;
      const log = {
        actions: Uint32Array.from({ length: n }, (_, i) => i % 2),
        rewards: Float64Array.from({ length: n }, (_, i) => i % 2),
        propensities: new Float64Array(n).fill(0.5),
      };
      const { estimates } = await evaluate(log, [0, 1], { methods: ['snips'] });
      expect(estimates[0]!.value).toBe(1);
    } finally {
      await worker.dispose();
    }
  });
});
