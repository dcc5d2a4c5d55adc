// One table of cases for the routing of tokens to experts through both doors, against the formulas in float64.
import type { GemmRoom, RouteOptions } from 'sublinear/gemm';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

interface Found {
  experts: number[];
  weights: number[];
  rows: number[];
  order: number[];
  offsets: number[];
}

interface ExpertsDoor {
  route: (logits: Float32Array, options: RouteOptions) => Found;
  /** Rows of one number each, combined by a routing. */
  combine: (from: Float32Array, routing: Found, top: number) => number[];
}

const DROPPED = 2 ** 32 - 1;

export const doors: RoomDoors<'gemm', ExpertsDoor> = {
  room: 'gemm',
  bundle: 'neural',
  table: 'gemm-experts',
  embind: ({ routeTokens, combineTokens }: GemmRoom) => ({
    route(logits, options) {
      const { experts, weights, rows, order, offsets } = routeTokens(logits, options);
      const plain = { experts, weights, rows, order, offsets };
      return Object.fromEntries(
        Object.entries(plain).map(([name, x]) => [name, Array.from(x)]),
      ) as unknown as Found;
    },
    combine(from, { experts, weights, rows, order, offsets }, top) {
      const u32 = (x: number[]) => Uint32Array.from(x);
      const routing = {
        ...{ tokens: rows.length / top, top, experts: u32(experts), rows: u32(rows) },
        ...{ weights: Float32Array.from(weights), order: u32(order), offsets: u32(offsets) },
        dropped: u32([]),
      };
      return Array.from(combineTokens(from, routing));
    },
  }),
  raw: (module: RawModule) => ({
    route(logits, { experts, top, capacity = DROPPED, renormalize = true }) {
      const tokens = logits.length / experts;
      const count = tokens * top;
      const u32 = () => new Uint32Array(count);
      return module.with(
        [
          Uint32Array.of(tokens, experts, top, capacity, Number(renormalize)),
          ...[logits, u32(), new Float32Array(count), u32(), u32()],
          ...[new Uint32Array(experts + 1), new Float32Array(experts)],
        ],
        (...at) => {
          module.check(module.call.sl_abi_route!(...at));
          const [, , chosen, weights, rows, order, offsets] = at as [
            ...[number, number, number, number, number, number, number],
          ];
          const starts = Array.from(module.u32(offsets, experts + 1));
          return {
            experts: Array.from(module.u32(chosen, count)),
            weights: Array.from(module.f32(weights, count)),
            rows: Array.from(module.u32(rows, count)),
            order: Array.from(module.u32(order, starts.at(-1)!)),
            offsets: starts,
          };
        },
      );
    },
    combine(from, { rows, weights }, top) {
      const tokens = rows.length / top;
      return module.with(
        [
          Uint32Array.of(from.length, 1, tokens, top),
          ...[from, Uint32Array.from(rows), Float32Array.from(weights), new Float32Array(tokens)],
        ],
        (...at) => {
          module.check(module.call.sl_abi_combine!(...at));
          return Array.from(module.f32(at[4]!, tokens));
        },
      );
    },
  }),
};

export function floats(seed: number, length: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => 4 * next() - 2);
}

const [TOKENS, EXPERTS] = [40, 6];
const logits = floats(1, TOKENS * EXPERTS);

/** Choices of every token, sorted, with their probabilities. */
const sorted = (t: number) => {
  const row = Array.from(logits.subarray(t * EXPERTS, (t + 1) * EXPERTS));
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return row
    .map((x, expert) => ({ expert, likely: Math.exp(x) / total }))
    .sort((a, b) => b.likely - a.likely);
};

export const cases: Case<ExpertsDoor>[] = [
  ...[true, false].map(
    (renormalize): Case<ExpertsDoor> => ({
      name: `the most likely experts, ${renormalize ? 'weights that sum to 1' : 'their probabilities'}`,
      run: ({ route }) => route(logits, { experts: EXPERTS, top: 3, renormalize }),
      check({ experts, weights, rows, order, offsets }: Found) {
        expect(offsets[0]).toBe(0);
        expect(offsets.at(-1)).toBe(3 * TOKENS);
        for (let t = 0; t < TOKENS; t++) {
          const best = sorted(t).slice(0, 3);
          const sum = renormalize ? best.reduce((s, { likely }) => s + likely, 0) : 1;
          for (const [k, { expert, likely }] of best.entries()) {
            const at = 3 * t + k;
            expect(experts[at]).toBe(expert);
            expect(Math.abs(weights[at]! - likely / sum)).toBeLessThan(1e-6);
            expect(order[rows[at]!]).toBe(t);
            expect(rows[at]).toBeGreaterThanOrEqual(offsets[expert]!);
            expect(rows[at]).toBeLessThan(offsets[expert + 1]!);
          }
        }
        expect(new Set(rows).size).toBe(rows.length);
      },
    }),
  ),
  {
    name: 'a capacity: first choices before second ones, in the order of the tokens',
    run: ({ route }) => route(logits, { experts: EXPERTS, top: 2, capacity: 9 }),
    check({ rows, offsets }: Found) {
      const held = new Array(EXPERTS).fill(0);
      for (const k of [0, 1])
        for (let t = 0; t < TOKENS; t++) {
          const { expert } = sorted(t)[k]!;
          expect(rows[2 * t + k] === DROPPED).toBe(held[expert] >= 9);
          if (rows[2 * t + k] !== DROPPED) held[expert]++;
        }
      expect(rows).toContain(DROPPED);
      for (const [e, count] of held.entries()) expect(offsets[e + 1]! - offsets[e]!).toBe(count);
    },
  },
  {
    name: 'no capacity, no tokens, ties, experts that are forbidden',
    run: ({ route }) => [
      route(Float32Array.of(1, 2), { experts: 2, top: 1, capacity: 0 }),
      route(new Float32Array(0), { experts: 2, top: 2 }),
      route(Float32Array.of(3, 3, 3), { experts: 3, top: 2 }),
      route(Float32Array.of(-1 / 0, 3, -1 / 0), { experts: 3, top: 2 }),
    ],
    check([none, empty, ties, forbidden]: Found[]) {
      expect(none).toMatchObject({ experts: [1], rows: [DROPPED], order: [], offsets: [0, 0, 0] });
      expect(empty).toMatchObject({ experts: [], weights: [], rows: [], offsets: [0, 0, 0] });
      expect(ties).toMatchObject({ experts: [0, 1], weights: [0.5, 0.5], order: [0, 0] });
      expect(forbidden).toMatchObject({ experts: [1, 0], weights: [1, 0], rows: [0, DROPPED] });
    },
  },
  {
    name: 'rows come back weighed, without those that were dropped',
    run: ({ route, combine }) => {
      const routing = route(logits, { experts: EXPERTS, top: 2, capacity: 9 });
      const from = Float32Array.from(routing.order, (_, row) => row + 1);
      return [combine(from, routing, 2), routing];
    },
    check([found, { rows, weights }]: [number[], Found]) {
      for (let t = 0; t < TOKENS; t++) {
        const wanted = [2 * t, 2 * t + 1].reduce(
          (sum, at) => sum + (rows[at] === DROPPED ? 0 : weights[at]! * (rows[at]! + 1)),
          0,
        );
        expect(Math.abs(found[t]! - wanted)).toBeLessThan(1e-5 * (1 + wanted));
      }
    },
  },
  {
    name: 'refuses by name',
    run: ({ route, combine }) => [
      attempt(() => route(Float32Array.of(1, 2), { experts: 2, top: 3 })),
      attempt(() => route(Float32Array.of(1, 2, Number.NaN, 0), { experts: 2, top: 1 })),
      attempt(() => route(Float32Array.of(1 / 0, 2), { experts: 2, top: 1 })),
      attempt(() => route(Float32Array.of(1, 2, -1 / 0, -1 / 0), { experts: 2, top: 1 })),
      attempt(() =>
        combine(
          Float32Array.of(1),
          { experts: [0], weights: [1], rows: [1], order: [0], offsets: [0, 1] },
          1,
        ),
      ),
    ],
    check: (found: unknown[]) =>
      expect(found).toEqual([
        { refused: 'OPTION', argument: 'top', at: -1 },
        { refused: 'NOT_FINITE', argument: 'logits', at: 1 },
        { refused: 'NOT_FINITE', argument: 'logits', at: 0 },
        { refused: 'NOT_FINITE', argument: 'logits', at: 1 },
        { refused: 'INDEX', argument: 'rows', at: 0 },
      ]),
  },
];
