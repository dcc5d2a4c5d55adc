// Choosers as TypeScript users meet them: names, tables, checkpoints, compiled trees, logs, asynchronous forms.
import { createHash } from 'node:crypto';
import { createEngine, type Engine } from 'sublinear';
import { type Chooser, type ChooserRoom, type CompiledChooser, decide } from 'sublinear/chooser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './chooser.cases.js';

describeCases(doors, cases);

const POLICIES = ['thompson', 'nearest', 'forest'] as const;

describe('choosers in TypeScript', () => {
  let engine: Engine;
  let room: ChooserRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('chooser');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  const two = (options: object = {}): Chooser =>
    room.Chooser.create({ methods: ['a', 'b'], features: ['n'], timeout: 100, ...options });

  /** Tasks with two features; 'a' is cheap below 20, 'b' above, and each is sometimes given up. */
  const table = (tasks: number) => {
    const next = random(3);
    const features = Array.from({ length: tasks }, () => ({ n: 40 * next(), flag: next() < 0.5 }));
    return { features, costs: features.map(({ n }) => [n < 36 ? n : 150, 20 + 4 * next()]) };
  };

  test('features go by name or by place; what is missing is unknown', () => {
    using c = room.Chooser.create({ methods: ['a', 'b'], features: ['n', 'flag'], timeout: 100 });
    for (let n = 0; n < 60; n++) {
      c.report({ n, flag: true, other: 3 }, 'a', { cost: n });
      c.report([n, 1], 'b', { cost: 30 });
    }
    const by = (features: Parameters<Chooser['choose']>[0]) =>
      c.choose(features, { explore: false }).method;
    expect([
      by({ n: 5, flag: true }),
      by([5, 1]),
      by(Float64Array.of(55, 1)),
      by({ n: 55 }),
    ]).toEqual(['a', 'a', 'b', 'b']);
    expect(['a', 'b']).toContain(by({}));
    expect(refusalOf(() => c.choose([1]))).toMatchObject({ code: 'SHAPE', argument: 'features' });
    expect(refusalOf(() => c.choose({ n: 'x' } as never))).toMatchObject({
      argument: 'features.n',
    });
    expect(refusalOf(() => c.choose(3 as never))).toMatchObject({ argument: 'features' });
    using plain = two({ features: 1 });
    expect(refusalOf(() => plain.choose({ n: 1 }))).toMatchObject({ argument: 'features' });
  });

  test('methods are known by their names', () => {
    using c = two();
    expect(refusalOf(() => c.report([1], 'c', { cost: 1 }))).toMatchObject({
      code: 'RANGE',
      argument: 'method',
    });
    expect(refusalOf(() => c.choose([1], { eligible: ['c'] }))).toMatchObject({
      argument: 'eligible[0]',
    });
    expect(refusalOf(() => c.choose([1], { eligible: [] }))).toMatchObject({ code: 'EMPTY' });
    expect(refusalOf(() => two({ methods: ['a', 'a'] }))).toMatchObject({
      code: 'RANGE',
      argument: 'methods',
    });
    expect(refusalOf(() => two({ methods: [] }))).toMatchObject({
      code: 'OPTION',
      argument: 'methods',
    });
    expect(refusalOf(() => two({ timeout: undefined }))).toMatchObject({
      code: 'OPTION',
      argument: 'timeout',
    });
    expect(refusalOf(() => two({ policy: 'best' }))).toMatchObject({ argument: 'policy' });
    expect(refusalOf(() => two({ sede: 1 }))).toMatchObject({ argument: 'sede' });
    expect(refusalOf(() => c.addMethods(['b']))).toMatchObject({ code: 'RANGE' });
    c.addMethods(['c']);
    expect(c.methods).toEqual(['a', 'b', 'c']);
    using again = room.Chooser.load(c.save());
    expect(again.methods).toEqual(['a', 'b', 'c']);
  });

  test('a decision is known while 1023 others follow', () => {
    using c = two();
    const { id } = c.choose([1]);
    for (let i = 0; i < 1023; i++) c.choose([2]);
    c.report(id, 'a', { cost: 1 });
    c.choose([2]);
    expect(refusalOf(() => c.report(id, 'a', { cost: 1 }))).toMatchObject({
      code: 'INDEX',
      argument: 'id',
    });
    expect(refusalOf(() => c.report(0, 'a', { cost: 1 }))).toMatchObject({ argument: 'id' });
  });

  test.each(POLICIES)('%s closes the gap of a table', (policy) => {
    using c = room.Chooser.create({
      methods: ['a', 'b'],
      features: ['n', 'flag'],
      timeout: 100,
      policy,
    });
    const found = c.evaluate(table(200));
    expect(found.singleBestMethod).toBe('b');
    expect(found.gapClosed).toBeGreaterThan(0.8);
    expect(found.interval[0]).toBeLessThanOrEqual(found.gapClosed);
    expect(found.interval[1]).toBeGreaterThanOrEqual(found.gapClosed);
    expect([found.tasks, found.choices.length, c.stats().reports]).toEqual([200, 200, 0]);
    // By hand: the same sums.
    const { costs } = table(200);
    const paid = (task: number, m: number) => (costs[task]![m]! < 100 ? costs[task]![m]! : 1000);
    const sum = (of: (task: number) => number) => costs.reduce((all, _, i) => all + of(i), 0) / 200;
    expect(found.virtualBest).toBeCloseTo(
      sum((i) => Math.min(paid(i, 0), paid(i, 1))),
      9,
    );
    expect(found.singleBest).toBeCloseTo(
      sum((i) => paid(i, 1)),
      9,
    );
    expect(found.chooser).toBeCloseTo(
      sum((i) => paid(i, Number(found.choices[i] === 'b'))),
      9,
    );
  });

  test('tables are checked whole before anything is taken in', () => {
    using c = two();
    const good = {
      features: [[1], [2]],
      costs: [
        [1, 2],
        [3, 4],
      ],
    };
    const refused = (change: object) => refusalOf(() => c.fit({ ...good, ...change } as never));
    expect(refused({ costs: [[1, 2]] })).toMatchObject({ code: 'SHAPE', argument: 'costs' });
    expect(refused({ costs: [[1, 2], [3]] })).toMatchObject({
      code: 'SHAPE',
      argument: 'costs[1]',
    });
    expect(
      refused({
        costs: [
          [1, 2],
          [3, -4],
        ],
      }),
    ).toMatchObject({ code: 'RANGE', argument: 'cost' });
    expect(refused({ features: [[1], [2, 3]] })).toMatchObject({
      code: 'SHAPE',
      argument: 'features[1]',
    });
    expect(refused({ solved: [[true, true]] })).toMatchObject({
      code: 'SHAPE',
      argument: 'solved',
    });
    expect(
      refused({
        solved: [
          [true, 1],
          [true, true],
        ],
      }),
    ).toMatchObject({ argument: 'solved[0][1]' });
    expect(refused({ colour: 1 })).toMatchObject({ argument: 'colour' });
    expect(c.stats().reports).toBe(0);
    c.fit(good);
    c.fit({ features: [], costs: [] });
    c.fit({ features: [[3]], costs: [[Number.NaN, 5]], solved: [[false, true]] });
    expect(c.stats().reports).toBe(5);
    expect(refusalOf(() => c.evaluate(good, { folds: 3 }))).toMatchObject({ argument: 'folds' });
    expect(
      refusalOf(() =>
        c.evaluate({
          features: [[1], [2]],
          costs: [
            [100, 200],
            [300, 100],
          ],
        }),
      ),
    ).toMatchObject({ argument: 'table' });
  });

  test('a checkpoint stays unless the hold-out gets no worse', () => {
    using c = two({ features: 0 });
    const holdout = { features: [[]], costs: [[3, 6]] };
    expect(refusalOf(() => c.rollback())).toMatchObject({ code: 'STATE' });
    expect(refusalOf(() => c.accept(holdout))).toMatchObject({ code: 'STATE' });
    c.report([], 'a', { cost: 3 });
    c.report([], 'b', { cost: 6 });
    c.checkpoint();
    for (let i = 0; i < 9; i++) c.report([], 'b', { cost: 0.1 });
    expect(c.choose([], { explore: false }).method).toBe('b');
    expect(c.accept(holdout)).toEqual({ accepted: false, before: 3, after: 6 });
    expect(c.choose([], { explore: false }).method).toBe('a');
    expect(c.stats()).toMatchObject({ reports: 2, hasCheckpoint: true });
    c.report([], 'a', { cost: 2 });
    expect(c.accept(holdout)).toEqual({ accepted: true, before: 3, after: 3 });
    c.clear();
    c.rollback();
    expect(c.stats().reports).toBe(3);
  });

  test.each(POLICIES)('%s: a compiled tree is plain data that says the same', (policy) => {
    using c = two({ policy });
    const features = Array.from({ length: 90 }, (_, n) => [n]);
    c.fit({ features, costs: features.map(([n]) => [n!, 40]) });
    const compiled = JSON.parse(JSON.stringify(c.compile({ depth: 3 }))) as CompiledChooser;
    const chosen = features.map((row) => c.choose(row, { explore: false }).method);
    const same = features.filter((row, i) => decide(compiled, row).method === chosen[i]).length;
    expect(same).toBeGreaterThanOrEqual(87);
    expect(decide(compiled, { n: 80 }).costs).toHaveLength(2);
    expect(['a', 'b']).toContain(decide(compiled, {}).method);
    for (const bad of [{}, { format: 'sublinear-chooser-1', nodes: [] }, null])
      expect(refusalOf(() => decide(bad as never, []))).toMatchObject({ argument: 'compiled' });
    const loop = {
      ...compiled,
      nodes: [{ feature: 0, atMost: 1, missing: 'left' as const, left: 0, right: 0 }],
    };
    expect(refusalOf(() => decide(loop, [1]))).toMatchObject({ argument: 'compiled' });
  });

  test('decisions and reports give canonical bytes, which can be chained', () => {
    const head = () => {
      using c = two();
      let chain = Buffer.alloc(32);
      c.onDecision = (entry) => {
        chain = createHash('sha256').update(chain).update(entry).digest();
      };
      for (let i = 0; i < 20; i++) {
        const { id, method } = c.choose([i]);
        c.report(id, method, { cost: i });
      }
      c.report([-0], 'a', { cost: 1 });
      return chain.toString('hex');
    };
    expect(head()).toBe(head());
    const entries: Uint8Array[] = [];
    using c = two();
    c.onDecision = (entry) => entries.push(entry);
    const { id } = c.choose([2]);
    c.report(id, 'b', { cost: 3, censored: true });
    c.report([5], 'a', { cost: 4, solved: false });
    expect(entries.map(({ length }) => length)).toEqual([25, 26, 34]);
    expect([entries[0]![0], ...entries[1]!.subarray(0, 2), ...entries[2]!.subarray(0, 2)]).toEqual([
      1, 2, 2, 2, 1,
    ]);
  });

  test('asynchronous forms give the same, and stop when they are told to', async () => {
    using now = two({ policy: 'forest' });
    using later = two({ policy: 'forest' });
    const features = Array.from({ length: 60 }, (_, n) => [n]);
    const runs = { features, costs: features.map(([n]) => [n!, 40]) };
    now.fit(runs);
    await later.fitAsync(runs);
    expect(later.save()).toEqual(now.save());
    expect(await later.compileAsync()).toEqual(now.compile());
    expect(await later.evaluateAsync(runs, { folds: 3 })).toEqual(now.evaluate(runs, { folds: 3 }));
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(later.fitAsync(runs, { signal: stopped })).rejects.toThrow('enough');
    await expect(later.evaluateAsync(runs, { signal: stopped })).rejects.toThrow('enough');
    // In the middle of it: what was known before is still there to go back to.
    using halfway = two({ policy: 'forest' });
    halfway.fit(runs);
    halfway.checkpoint();
    const known = halfway.choose([50], { explore: false }).method;
    const many = Array.from({ length: 20_000 }, (_, n) => [n % 60]);
    const control = new AbortController();
    const onProgress = () => control.abort(new Error('enough'));
    const other = { features: many, costs: many.map(([n]) => [40, n!]) };
    await expect(halfway.fitAsync(other, { signal: control.signal, onProgress })).rejects.toThrow(
      'enough',
    );
    halfway.rollback();
    expect(halfway.choose([50], { explore: false }).method).toBe(known);
    const busy = later.fitAsync(runs);
    expect(refusalOf(() => later.choose([1]))).toMatchObject({ code: 'BUSY' });
    await busy;
    expect(later.stats().reports).toBe(240);
    using again = await room.Chooser.loadAsync(new Blob([later.save()]).stream());
    expect(again.save()).toEqual(later.save());
  });

  test('files with other names than methods are refused', () => {
    using c = two();
    const bytes = c.save();
    const text = new TextDecoder('latin1').decode(bytes);
    const at = text.indexOf('"methods"');
    const changed = bytes.slice();
    changed[at + 1] = 'M'.charCodeAt(0);
    expect(refusalOf(() => room.Chooser.load(changed))).toMatchObject({ code: 'CHECKSUM' });
    expect(refusalOf(() => room.Chooser.load(bytes.subarray(0, 50)))).toMatchObject({
      code: 'TRUNCATED',
    });
  });

  test('a hundred thousand reports are no more than the last ones in memory', () => {
    using c = two({ capacity: 32 });
    const next = random(9);
    for (let i = 0; i < 1000; i++) c.report([next()], 'a', { cost: next() });
    const early = c.stats().bytes;
    for (let i = 0; i < 100_000; i++) c.report([next()], i % 2 ? 'a' : 'b', { cost: next() });
    const { bytes, runs, reports } = c.stats();
    expect([runs, reports]).toEqual([64, 101_000]);
    expect(bytes).toBeLessThan(3 * early);
  });
});
