// Hnsw.tune: the smallest ef that reaches a recall, found alone and with a chooser.
import { createEngine, type Engine } from 'sublinear';
import type { Hnsw, HnswRoom } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refused } from '../support/refused.js';

const uniform = (count: number, seed = 1) => {
  const next = random(seed);
  return Float32Array.from({ length: count }, next);
};

describe('tuning', () => {
  let engine: Engine;
  let room: HnswRoom;
  let index: Hnsw;
  beforeAll(async () => {
    engine = await createEngine({ modules: ['hnsw', 'chooser'] });
    room = await engine.use('hnsw');
    // Poorly linked on purpose: small ef miss some.
    index = room.Hnsw.create({ metric: 'euclidean', dimension: 8, m: 4, efConstruction: 10 });
    const count = 3000;
    index.addBatch({
      ids: Uint32Array.from({ length: count }, (_, i) => i),
      vectors: uniform(8 * count),
    });
  });
  afterAll(() => {
    index.dispose();
    engine.dispose();
  });

  /** Less what chance may have added. */
  const sure = (ef: number, k: number) => {
    const { recall, standardError } = index.recallEstimate({ k, ef });
    return recall - 1.645 * standardError;
  };

  test.each([0.5, 0.8, 0.9, 0.97])('finds the smallest ef of its list, recall %d', (recall) => {
    const { ef, reached, estimates, ...estimate } = index.tune({ recall, k: 10 });
    expect(reached).toBe(true);
    expect(estimate).toEqual(index.recallEstimate({ k: 10, ef }));
    expect(sure(ef, 10)).toBeGreaterThanOrEqual(recall);
    const efs = [10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];
    const before = efs[efs.indexOf(ef) - 1];
    if (before !== undefined) expect(sure(before, 10)).toBeLessThan(recall);
    expect(estimates).toBeLessThanOrEqual(6);
  });

  test('says when nothing reaches it', () => {
    using hard = room.Hnsw.create({ metric: 'euclidean', dimension: 2 });
    expect(hard.tune()).toMatchObject({ ef: 10, reached: true, queries: 0 });
    const { methods, choose, report } = fixed(['10', '11'], '10');
    const found = index.tune({ recall: 1, k: 10, learn: { methods, choose, report } });
    expect(found).toMatchObject({ ef: 11, reached: false });
  });

  /** A chooser that always says the same, and keeps what it is told. */
  function fixed(methods: string[], method: string) {
    const reports: [number, string, { cost: number; solved: boolean }][] = [];
    return {
      methods,
      reports,
      choose: (_features: object, { eligible }: { eligible: readonly string[] }) => ({
        id: 7,
        method: eligible.includes(method) ? method : (eligible[0] as string),
      }),
      report: (id: number, name: string, run: { cost: number; solved: boolean }) => {
        reports.push([id, name, run]);
      },
    };
  }

  test('begins where a chooser says, and finds the same', () => {
    const efs = ['10', '12', '16', '24', '32', '48', '64', '96', '128', '192', '256', '512'];
    const { ef } = index.tune({ recall: 0.9, k: 10 });
    for (const first of ['10', String(ef), '512']) {
      const learn = fixed(efs, first);
      expect(index.tune({ recall: 0.9, k: 10, learn }).ef).toBe(ef);
      for (const [id, name, { cost, solved }] of learn.reports) {
        expect([id, String(cost)]).toEqual([7, name]);
        expect(solved).toBe(sure(cost, 10) >= 0.9);
      }
    }
  });

  test('teaches a chooser to begin in the right place', async () => {
    const { Chooser } = await engine.use('chooser');
    const efs = ['10', '16', '32', '64', '128', '256', '512'];
    using chooser = Chooser.create({
      methods: efs,
      features: Object.keys(index.tuneFeatures({ k: 10, recall: 0.9 })),
      timeout: 10_000,
      cost: 'ef',
      seed: 3,
    });
    const estimates = Array.from(
      { length: 40 },
      () => index.tune({ recall: 0.9, k: 10, sample: 50, learn: chooser }).estimates,
    );
    // The place itself and the one below it; each method is tried some times before.
    expect(estimates.slice(-5)).toEqual([2, 2, 2, 2, 2]);
  });

  test('tells the intrinsic dimension of data', () => {
    using flat = room.Hnsw.create({ metric: 'euclidean', dimension: 5 });
    const next = random(4);
    for (let i = 0; i < 4000; i++) {
      const [x, y] = [next(), next()];
      flat.add(i, [x, y, x + y, x - y, 1]);
    }
    const plane = flat.tuneFeatures({ k: 10, recall: 0.95 });
    expect(plane.intrinsicDimension).toBeGreaterThan(1.5);
    expect(plane.intrinsicDimension).toBeLessThan(2.8);
    expect(plane).toMatchObject({ size: 4000, dimension: 5, k: 10, recall: 0.95 });
    using copies = room.Hnsw.create({ metric: 'euclidean', dimension: 1 });
    for (let i = 0; i < 100; i++) copies.add(i, [1]);
    expect(copies.tuneFeatures({ k: 1, recall: 1 }).intrinsicDimension).toBe(0);
  });

  test('refuses what it cannot use, by name', () => {
    const learn = (methods: string[]) => ({ learn: fixed(methods, '') });
    const bad = (value: unknown) => value as never;
    refused(() => index.tune({ recall: 2 }), RangeError, 'RANGE', 'Hnsw.tune', /^"recall"/);
    refused(
      () => index.tune({ recall: Number.NaN }),
      RangeError,
      'RANGE',
      'Hnsw.tune',
      /^"recall"/,
    );
    refused(() => index.tune({ k: 0 }), RangeError, 'RANGE', 'Hnsw.tune', /^"k"/);
    refused(() => index.tune(learn(['few'])), RangeError, 'RANGE', 'Hnsw.tune', /^"learn"/);
    refused(() => index.tune(learn(['4'])), RangeError, 'RANGE', 'Hnsw.tune', /^"learn"/);
    refused(() => index.tune(bad({ learn: 1 })), TypeError, 'TYPE', 'Hnsw.tune', /^"learn"/);
    // What is asked for in a worker comes later, if at all.
    for (const choice of [undefined, Promise.resolve(), { id: 1, method: '77' }]) {
      const late = { ...fixed(['10', '20'], '10'), choose: () => choice };
      refused(() => index.tune(bad({ learn: late })), TypeError, 'TYPE', 'Hnsw.tune', /^"learn"/);
    }
    refused(() => index.tune(bad({ ef: 1 })), TypeError, 'TYPE', 'Hnsw.tune', /"ef"/);
  });
});
