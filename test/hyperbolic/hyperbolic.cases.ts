// One table of cases for the Poincare ball through both doors, against closed forms in float64.
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

interface BallDoor {
  distance: (x: Float32Array, y: Float32Array, dimension: number, curvature: number) => number[];
  add: (x: Float32Array, y: Float32Array, dimension: number) => number[];
  exp: (x: Float32Array, v: Float32Array, dimension: number) => number[];
  log: (x: Float32Array, y: Float32Array, dimension: number) => number[];
}

export const doors: RoomDoors<'hyperbolic', BallDoor> = {
  room: 'hyperbolic',
  bundle: 'vector',
  variants: ['scalar', 'simd', 'relaxed'],
  embind: (room) => ({
    distance: (x, y, dimension, curvature) =>
      Array.from(room.poincareDistance(x, y, { dimension, curvature })),
    add: (x, y, dimension) => Array.from(room.mobiusAdd(x, y, { dimension })),
    exp: (x, v, dimension) => Array.from(room.expMap(x, v, { dimension })),
    log: (x, y, dimension) => Array.from(room.logMap(x, y, { dimension })),
  }),
  raw: rawBall,
};

function rawBall(module: RawModule): BallDoor {
  const { call } = module;
  const map = (name: string) => (x: Float32Array, y: Float32Array, dimension: number) =>
    module.with([x, y, new Float32Array(x.length)], (from, to, out) => {
      module.check(call[name]!(from!, to!, x.length / dimension, dimension, out!));
      return Array.from(module.f32(out!, x.length));
    });
  return {
    distance: (x, y, dimension, curvature) =>
      module.with([x, y, new Float64Array(x.length / dimension)], (from, to, out) => {
        const count = x.length / dimension;
        module.check(call.sl_abi_poincare_distance!(from!, to!, count, dimension, curvature, out!));
        return Array.from(module.f64(out!, count));
      }),
    add: map('sl_abi_poincare_add'),
    exp: map('sl_abi_poincare_exp'),
    log: map('sl_abi_poincare_log'),
  };
}

const COUNT = 60;

function points(seed: number, dimension: number, radius: number): Float32Array {
  const next = random(seed);
  const all = new Float32Array(COUNT * dimension);
  for (let i = 0; i < COUNT; i++) {
    const row = Array.from({ length: dimension }, () => next() - 0.5);
    const scale = (radius * next()) / Math.hypot(...row);
    for (const [j, value] of row.entries()) all[i * dimension + j] = value * scale;
  }
  return all;
}

const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
const row = (all: ArrayLike<number>, i: number, dimension: number) =>
  Array.from({ length: dimension }, (_, j) => all[i * dimension + j]!);

/** Moebius addition by its definition. */
function sum(x: number[], y: number[]): number[] {
  const [xx, yy, xy] = [dot(x, x), dot(y, y), dot(x, y)];
  const below = 1 + 2 * xy + xx * yy;
  return x.map((value, j) => ((1 + 2 * xy + yy) * value + (1 - xx) * y[j]!) / below);
}

export const cases: Case<BallDoor>[] = [
  ...[1, 2, 3, 8, 50].map(
    (dimension): Case<BallDoor> => ({
      name: `dimension ${dimension}: distance, addition, exponential and logarithm by their formulas`,
      run(door) {
        const [x, y, v] = [1, 2, 3].map((seed) => points(seed, dimension, seed === 3 ? 2 : 0.9));
        return {
          distance: door.distance(x!, y!, dimension, 2.5),
          add: door.add(x!, y!, dimension),
          exp: door.exp(x!, v!, dimension),
          log: door.log(x!, y!, dimension),
        };
      },
      check({ distance, add, exp, log }: Record<string, number[]>) {
        const [x, y, v] = [1, 2, 3].map((seed) => points(seed, dimension, seed === 3 ? 2 : 0.9));
        for (let i = 0; i < COUNT; i++) {
          const [a, b, t] = [x!, y!, v!].map((all) => row(all, i, dimension)) as [
            number[],
            number[],
            number[],
          ];
          const between = sum(
            a.map((value) => -value),
            b,
          );
          const length = Math.hypot(...between);
          expect(distance![i]).toBeCloseTo((2 * Math.atanh(length)) / Math.sqrt(2.5), 9);
          const same = (found: number[], expected: number[]) => {
            for (const [j, value] of expected.entries())
              expect(Math.abs(found[i * dimension + j]! - value)).toBeLessThan(
                1e-6 * (1 + Math.abs(value)),
              );
          };
          same(add!, sum(a, b));
          const half = Math.hypot(...t) / (1 - dot(a, a));
          same(
            exp!,
            sum(
              a,
              t.map((value) => (Math.tanh(half) * value) / Math.hypot(...t)),
            ),
          );
          same(
            log!,
            between.map((value) => ((1 - dot(a, a)) * Math.atanh(length) * value) / length),
          );
        }
      },
    }),
  ),
  {
    name: 'the origin, equal points, nothing',
    run: (door) => [
      door.distance(Float32Array.of(0, 0), Float32Array.of(0.5, 0), 2, 1),
      door.distance(Float32Array.of(0.3, 0.4), Float32Array.of(0.3, 0.4), 2, 1),
      door.add(Float32Array.of(0.25, 0), Float32Array.of(0, 0), 2),
      door.exp(Float32Array.of(0.25, 0), Float32Array.of(0, 0), 2),
      door.log(Float32Array.of(0.25, 0), Float32Array.of(0.25, 0), 2),
      door.distance(new Float32Array(0), new Float32Array(0), 3, 1),
    ],
    check: (result: number[][]) => {
      expect(result[0]![0]).toBeCloseTo(Math.log(3), 14);
      expect(result.slice(1)).toEqual([[0], [0.25, 0], [0.25, 0], [0, 0], []]);
    },
  },
  {
    name: 'refuses what is no point, and curvatures that are none',
    run(door) {
      const [inside, edge] = [Float32Array.of(0.1, 0, 0.2, 0), Float32Array.of(0.1, 0, 1, 0)];
      const broken = Float32Array.of(0, Number.NaN, 0, 0);
      return [
        attempt(() => door.distance(inside, edge, 2, 1)),
        attempt(() => door.distance(broken, inside, 2, 1)),
        attempt(() => door.distance(inside, inside, 2, 0)),
        attempt(() => door.distance(inside, inside, 2, Number.POSITIVE_INFINITY)),
        attempt(() => door.add(edge, inside, 2)),
        attempt(() => door.exp(edge, inside, 2)),
        attempt(() => door.exp(inside, broken, 2)),
        attempt(() => door.log(inside, edge, 2)),
      ];
    },
    check: (result: unknown[]) =>
      expect(result).toEqual([
        { refused: 'RANGE', argument: 'y', at: 1 },
        { refused: 'NOT_FINITE', argument: 'x', at: 0 },
        { refused: 'OPTION', argument: 'curvature', at: -1 },
        { refused: 'OPTION', argument: 'curvature', at: -1 },
        { refused: 'RANGE', argument: 'x', at: 1 },
        { refused: 'RANGE', argument: 'points', at: 1 },
        { refused: 'NOT_FINITE', argument: 'tangents', at: 0 },
        { refused: 'RANGE', argument: 'targets', at: 1 },
      ]),
  },
];
