// The Poincare ball as TypeScript users meet it. What both doors share is in hyperbolic.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { HyperbolicRoom } from 'sublinear/hyperbolic';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './hyperbolic.cases.js';

describeCases(doors, cases);

describe('the ball', () => {
  let engine: Engine;
  let room: HyperbolicRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('hyperbolic');
  });
  afterAll(() => engine.dispose());
  const bad = (value: unknown) => value as never;

  test('names what is wrong', () => {
    const { expMap, logMap, mobiusAdd, poincareDistance } = room;
    refused(
      () => poincareDistance([0.1], [0.1, 0.2], { dimension: 1 }),
      RangeError,
      'SHAPE',
      'poincareDistance',
      /^"y" expected length 1, got 2/,
    );
    refused(
      () => mobiusAdd([0.1, 0, 0], [0, 0, 0], { dimension: 2 }),
      RangeError,
      'SHAPE',
      'mobiusAdd',
      /^"x" expected length 4, got 3/,
    );
    refused(() => expMap([0], [0], bad({})), TypeError, 'TYPE', 'expMap', /^"dimension"/);
    refused(
      () => logMap(bad('0'), [0], { dimension: 1 }),
      TypeError,
      'TYPE',
      'logMap',
      /^"points"/,
    );
    refused(
      () => poincareDistance([0], [0], bad({ dimension: 1, c: 1 })),
      TypeError,
      'TYPE',
      'poincareDistance',
      /^"c" is not an option/,
    );
  });

  test('leaves points near the rim where they are', () => {
    const { expMap, mobiusAdd, poincareDistance } = room;
    const last = [0.99999994, 0];
    expect([...expMap(last, [0, 0], { dimension: 2 })]).toEqual(last.map(Math.fround));
    expect([...mobiusAdd(last, [0, 0], { dimension: 2 })]).toEqual(last.map(Math.fround));
    const end = expMap([0, 0], [3e5, 4e5], { dimension: 2 });
    expect(Math.hypot(...end)).toBeGreaterThan(1 - 2e-7);
    expect(Number.isFinite(poincareDistance(end, [0, 0], { dimension: 2 })[0])).toBe(true);
  });

  // A binary tree laid out in the disc: children continue their parent's way, apart by an angle that halves.
  test('its distances are those of an index with metric poincare', async () => {
    const nodes: number[] = [];
    const grow = (angle: number, spread: number, radius: number, depth: number) => {
      const reach = Math.tanh(radius / 2);
      nodes.push(reach * Math.cos(angle), reach * Math.sin(angle));
      if (depth === 0) return;
      grow(angle - spread, spread / 2, radius + 0.9, depth - 1);
      grow(angle + spread, spread / 2, radius + 0.9, depth - 1);
    };
    grow(0, Math.PI / 2, 0, 8);
    const count = nodes.length / 2;
    const { Hnsw } = await engine.use('hnsw');
    using index = Hnsw.create({ metric: 'poincare', dimension: 2, curvature: 2 });
    index.addBatch({ ids: Uint32Array.from({ length: count }, (_, i) => i), vectors: nodes });
    const next = random(4);
    let hits = 0;
    for (let trial = 0; trial < 50; trial++) {
      const [length, angle] = [0.95 * next(), 2 * Math.PI * next()];
      const query = [length * Math.cos(angle), length * Math.sin(angle)];
      const repeated = Array.from({ length: count }, () => query).flat();
      const exact = room.poincareDistance(repeated, nodes, { dimension: 2, curvature: 2 });
      const order = Array.from(exact.keys()).sort((a, b) => exact[a]! - exact[b]!);
      const { ids, distances } = index.search(query, { k: 10, ef: 100 });
      const right = new Set(order.slice(0, 10));
      for (const id of ids) hits += right.has(id) ? 1 : 0;
      expect(distances[0]).toBeCloseTo(exact[order[0]!]!, 4);
    }
    expect(hits).toBeGreaterThan(480);
  });
});
