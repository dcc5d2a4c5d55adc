// Routers as TypeScript users meet them. What both doors share is in router.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { RouterRoom } from 'sublinear/router';
import { CircuitBreaker } from 'sublinear/router';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './router.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: RouterRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('router');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

const around = (angle: number, count: number, seed: number) => {
  const draw = random(seed);
  return Array.from({ length: count }, () => {
    const at = angle + 0.9 * (draw() - 0.5);
    return [Math.cos(at), Math.sin(at)];
  });
};
const three = (count: number) => [
  { name: 'east', vectors: around(0, count, 1) },
  { name: 'between', vectors: around(0.7, count, 2), cost: 0.1 },
  { name: 'north', vectors: around(1.4, count, 3), cost: 0.3 },
];

describe('semantic routes', () => {
  test('take what is worth most and may be taken', () => {
    using router = room.SemanticRouter.fit(three(60));
    expect(router.routes).toEqual(['east', 'between', 'north']);
    expect([router.scorer, router.calibration, router.dimension]).toEqual([
      'similarity',
      'temperature',
      2,
    ]);
    expect([router.trained, router.held]).toEqual([135, 45]);
    expect(router.bytesUsed).toBeGreaterThan(135 * 16);
    const free = { costs: { between: 0, north: 0 } };
    const first = router.route([0, 1], free);
    expect(first).toMatchObject({ route: 'north', reason: 'chosen', insteadOf: null });
    expect(first.p).toBe(first.probabilities[2]);
    expect(first.set[0]).toBe('north');
    expect(first.runnerUp!.route).toBe('between');
    expect(router.route([0, 1], { ...free, unavailable: ['north'] })).toMatchObject({
      route: 'between',
      insteadOf: 'north',
      reason: 'chosen',
    });
    expect(router.route([0, 1], { maxCost: 0.2, costs: { between: 0 } })).toMatchObject({
      route: 'between',
    });
    expect(router.route([0, 1], { maxCost: -1 })).toMatchObject({
      route: null,
      reason: 'cost',
      p: 0,
      runnerUp: null,
    });
    expect(router.route([0, 1], { unavailable: router.routes })).toMatchObject({
      route: null,
      reason: 'unavailable',
    });
    expect(router.route([0, 1], { minConfidence: 2 })).toMatchObject({
      route: null,
      reason: 'abstain',
      p: router.route([0, 1]).p,
    });
    // North costs more than what is gained.
    expect(router.route([0, 1], { costs: { north: 5, between: 0 } }).route).toBe('between');
  });

  test('a threshold abstains, is saved, and the set holds the right route', () => {
    using router = room.SemanticRouter.fit(three(400), { scorer: 'logistic' });
    expect(router.calibration).toBe('isotonic');
    const found = router.threshold({ accuracy: 0.98 });
    expect(found.reached).toBe(true);
    expect(found.accuracy.value).toBeGreaterThanOrEqual(0.98);
    expect(found.accuracy.interval[0]).toBeLessThanOrEqual(found.accuracy.value);
    expect(found.coverage.value).toBeLessThan(1);
    router.minConfidence = found.threshold;
    let answered = 0;
    let right = 0;
    let held = 0;
    let sizes = 0;
    const fresh = three(1).flatMap((_, k) =>
      around([0, 0.7, 1.4][k]!, 300, 50 + k).map((x) => [x, router.routes[k]!] as const),
    );
    for (const [x, name] of fresh) {
      const { route, set, p } = router.route(x, { alpha: 0.05, costs: { between: 0, north: 0 } });
      if (route === null) expect(p).toBeLessThan(found.threshold);
      answered += Number(route !== null);
      right += Number(route === name);
      held += Number(set.includes(name));
      sizes += set.length;
    }
    expect(answered / fresh.length).toBeCloseTo(found.coverage.value, 0);
    expect(right / answered).toBeGreaterThan(0.95);
    expect(held / fresh.length).toBeGreaterThan(0.92);
    expect(sizes / fresh.length).toBeLessThan(2);
    using copy = room.SemanticRouter.load(router.save());
    expect(copy.minConfidence).toBe(router.minConfidence);
    expect(copy.route([1, 0.3])).toEqual(router.route([1, 0.3]));
    expect([...copy.save()]).toEqual([...router.save()]);
    expect(refusalOf(() => room.ModelRouter.load(router.save())).code).toBe('FORMAT');
  });

  test('texts go through embed', async () => {
    const embed = (text: string) => [text.length, 10];
    const routes = [
      { name: 'short', texts: ['a', 'bc'] },
      {
        name: 'long',
        texts: ['a rather long text', 'another text that is long'],
        vectors: [[30, 10]],
      },
    ];
    using router = room.SemanticRouter.fit(routes, { embed });
    expect(router.route('this is a long text too').route).toBe('long');
    expect(router.explain('x').examples[0]).toEqual({
      example: 0,
      similarity: expect.closeTo(1, 6),
    });
    const later = async (text: string) => embed(text);
    using same = await room.SemanticRouter.fitAsync(routes, { embed: later });
    expect((await same.routeAsync('ab')).route).toBe('short');
    expect(refusalOf(() => same.route('ab')).code).toBe('STATE');
    expect(refusalOf(() => room.SemanticRouter.fit(routes, { embed: later })).argument).toBe(
      'embed',
    );
    using loaded = room.SemanticRouter.load(router.save(), { embed });
    expect(loaded.route('ab').route).toBe('short');
    using without = await room.SemanticRouter.loadAsync(new Blob([router.save()]).stream());
    expect(refusalOf(() => without.route('ab')).argument).toBe('query');
    expect((await without.routeAsync([1, 10])).route).toBe('short');
  });

  test('explanations say which examples, or which coordinates', () => {
    using near = room.SemanticRouter.fit(three(5));
    const { examples, routes, coordinates } = near.explain([0, 1]);
    expect(routes[0]!.route).toBe('north');
    expect(coordinates).toEqual([]);
    for (const { example } of examples) expect(example).toBeGreaterThanOrEqual(10);
    expect(near.nearest([0, 1], 'east').every(({ example }) => example < 5)).toBe(true);
    using linear = room.SemanticRouter.fit(three(40), { scorer: 'logistic' });
    const parts = linear.explain([0, 1]);
    expect(parts.examples).toEqual([]);
    expect(parts.coordinates[0]!.coordinate).toBe(1);
    expect(parts.coordinates[0]!.part).toBeGreaterThan(0);
    expect(refusalOf(() => linear.nearest([0, 1], 'east')).code).toBe('UNSUPPORTED');
  });

  test('the asynchronous fit gives the same and can be stopped', async () => {
    const routes = three(500);
    using router = room.SemanticRouter.fit(routes);
    using same = await room.SemanticRouter.fitAsync(routes);
    expect([...same.save()]).toEqual([...router.save()]);
    const control = new AbortController();
    await expect(
      room.SemanticRouter.fitAsync(routes, {
        scorer: 'fastgrnn',
        iterations: 1_000_000,
        signal: control.signal,
        onProgress: () => control.abort(new Error('enough')),
      }),
    ).rejects.toThrow('enough');
  });

  test('what is wrong is named', () => {
    using router = room.SemanticRouter.fit(three(5));
    const { SemanticRouter } = room;
    for (const [call, code, argument] of [
      [() => SemanticRouter.fit(bad(7)), 'TYPE', 'routes'],
      [() => SemanticRouter.fit([]), 'EMPTY', 'vectors'],
      [() => SemanticRouter.fit([{ name: 'a' }, { name: 'a' }]), 'RANGE', 'routes'],
      [() => SemanticRouter.fit([bad({ vectors: [[1]] })]), 'TYPE', 'routes[0].name'],
      [
        () =>
          SemanticRouter.fit([
            { name: 'a', vectors: [[1]] },
            { name: 'b', vectors: [[1, 2]] },
          ]),
        'SHAPE',
        'vectors[1]',
      ],
      [() => SemanticRouter.fit([{ name: 'a', texts: ['x'] }]), 'TYPE', 'embed'],
      [() => SemanticRouter.fit(three(5), { scorer: bad('magic') }), 'RANGE', 'scorer'],
      [() => SemanticRouter.fit(three(5), bad({ neighbors: 3 })), 'TYPE', 'neighbors'],
      [() => router.route([1]), 'SHAPE', 'query'],
      [() => router.route([0, 0]), 'RANGE', 'vector'],
      [() => router.route([1, Number.NaN]), 'NOT_FINITE', 'vector'],
      [() => router.route([1, 1], { alpha: 0 }), 'OPTION', 'alpha'],
      [() => router.route([1, 1], { costs: { west: 1 } }), 'INDEX', 'costs'],
      [() => router.route([1, 1], { unavailable: ['west'] }), 'INDEX', 'unavailable[0]'],
      [() => router.threshold({ accuracy: 0.9 }), 'STATE', 'holdout'],
      [() => router.threshold(bad({})), 'TYPE', 'aim'],
      [() => router.nearest([1, 1], 'west'), 'INDEX', 'route'],
    ] as const) {
      const error = refusalOf(call);
      expect([error.code, error.argument]).toEqual([code, argument]);
    }
  });
});

describe('models', () => {
  const n = 600;
  const draw = random(9);
  const vectors = Array.from({ length: n }, () => [draw(), draw()]);
  const weak = vectors.map(([x]) => Number(draw() < 1 - x!));
  const strong = vectors.map(() => Number(draw() < 0.9));
  const models = [
    { name: 'weak', values: weak },
    { name: 'strong', values: strong, cost: 0.3 },
  ];

  test('the strong one answers where it gains more than it costs', () => {
    using router = room.ModelRouter.fit(vectors, models);
    expect([router.scorer, router.calibration, router.held]).toEqual(['ridge', 'isotonic', 150]);
    expect(router.route([0.05, 0.5])).toMatchObject({ route: 'weak', gain: 0 });
    const hard = router.route([0.95, 0.5]);
    expect(hard.route).toBe('strong');
    expect(hard.gain).toBeGreaterThan(0.5);
    expect(router.route([0.95, 0.5], { costs: { strong: 2 } }).route).toBe('weak');
    expect(router.route([0.95, 0.5], { unavailable: ['strong'] })).toMatchObject({
      route: 'weak',
      insteadOf: 'strong',
    });
  });

  test('thresholds give the share and the quality that they say', () => {
    using router = room.ModelRouter.fit(vectors, models, { holdout: 0.4 });
    const { threshold, strongShare, quality } = router.threshold({ strongShare: 0.25 });
    expect(strongShare.value).toBe(0.25);
    router.limit = threshold;
    const { gains, weak: w, strong: s } = router.heldOut();
    const taken = gains.filter((gain) => gain > threshold).length;
    expect(taken / gains.length).toBe(0.25);
    const mean =
      gains.reduce((sum, gain, i) => sum + (gain > threshold ? s[i]! : w[i]!), 0) / gains.length;
    expect(quality.value).toBeCloseTo(mean, 12);
    expect(quality.interval[0]).toBeLessThan(mean);
    using copy = room.ModelRouter.load(router.save());
    expect(copy.limit).toBe(router.limit);
    expect(copy.route([0.9, 0.1])).toEqual(router.route([0.9, 0.1]));
    const best = router.threshold({ quality: 2 });
    expect(best.reached).toBe(false);
    const least = router.threshold({ quality: quality.value });
    expect(least.strongShare.value).toBeLessThanOrEqual(0.25);
    router.limit = Number.NEGATIVE_INFINITY;
    expect(router.route([0.01, 0]).route).toBe('strong');
    expect(router.route([0.01, 0], { maxCost: 0.1 }).route).toBe('weak');
    router.limit = null;
    expect(router.route([0.01, 0]).route).toBe('weak');
    expect(refusalOf(() => room.SemanticRouter.load(router.save())).code).toBe('FORMAT');
  });

  test('three models have no single threshold', () => {
    const third = { name: 'third', values: strong, cost: 0.01 };
    using router = room.ModelRouter.fit(vectors, [...models, third]);
    expect(router.route([0.95, 0.5]).route).toBe('third');
    expect(refusalOf(() => router.threshold({ strongShare: 0.5 })).code).toBe('UNSUPPORTED');
    expect(refusalOf(() => router.route([0, 0], { threshold: 1 })).argument).toBe('threshold');
    expect(
      refusalOf(() => {
        router.limit = 1;
      }).argument,
    ).toBe('limit');
  });

  test('what is wrong is named', () => {
    const { ModelRouter } = room;
    for (const [call, code, argument] of [
      [() => ModelRouter.fit(bad(1), models), 'TYPE', 'vectors'],
      [() => ModelRouter.fit(vectors.slice(1), models), 'SHAPE', 'models[0].values'],
      [() => ModelRouter.fit(vectors, models.slice(1)), 'OPTION', 'routes'],
      [() => ModelRouter.fit(vectors, models, { scorer: bad('logistic') }), 'OPTION', 'scorer'],
      [
        () => ModelRouter.fit(vectors, [models[0]!, { name: 'b', values: strong, cost: Infinity }]),
        'RANGE',
        'models[1].cost',
      ],
    ] as const) {
      const error = refusalOf(call);
      expect([error.code, error.argument]).toEqual([code, argument]);
    }
  });
});

describe('circuit breakers', () => {
  test('open after failures in a row, try one call, and close or open anew', () => {
    const breaker = new CircuitBreaker({ failures: 3, cooldownMs: 100, successes: 2 });
    const trace: string[] = [];
    const report = (ok: boolean, now: number) => {
      breaker.report(ok, now);
      trace.push(breaker.state(now));
    };
    report(false, 0);
    report(false, 1);
    report(true, 2);
    report(false, 3);
    report(false, 4);
    report(false, 5);
    expect(trace).toEqual(['closed', 'closed', 'closed', 'closed', 'closed', 'open']);
    expect([breaker.allows(104), breaker.allows(105), breaker.allows(106)]).toEqual([
      false,
      true,
      false,
    ]);
    report(false, 110);
    expect(breaker.state(209)).toBe('open');
    expect(breaker.allows(210)).toBe(true);
    report(true, 211);
    expect(breaker.allows(212)).toBe(true);
    report(true, 213);
    expect(breaker.state(213)).toBe('closed');
  });

  test('go on from a snapshot; what comes late changes nothing', () => {
    const breaker = new CircuitBreaker({ failures: 1 });
    breaker.report(false, 10);
    breaker.report(true, 20);
    expect(breaker.state(30)).toBe('open');
    const again = new CircuitBreaker(
      { failures: 1 },
      JSON.parse(JSON.stringify(breaker.snapshot())),
    );
    expect(again.state(30_009)).toBe('open');
    expect(again.allows(30_010)).toBe(true);
    expect(refusalOf(() => breaker.state(Number.NaN)).argument).toBe('now');
    expect(refusalOf(() => new CircuitBreaker({ failures: 0 })).argument).toBe('failures');
    expect(refusalOf(() => new CircuitBreaker({}, bad({ failures: 1 }))).argument).toBe(
      'snapshot.successes',
    );
  });
});

describe('in a worker', () => {
  test('routers learn and route', async () => {
    const worker = await createWorkerEngine();
    try {
      const { SemanticRouter } = await worker.use('router');
      const router = await SemanticRouter.fit(three(20));
      expect((await router.route([1, 0.1])).route).toBe('east');
      await router.dispose();
    } finally {
      await worker.dispose();
    }
  });
});
