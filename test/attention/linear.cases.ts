// One table of cases for linear attention through both doors: against torch, and against the formulas in float64.
import type { AttentionRoom, LinearStateOptions } from 'sublinear/attention';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/attention/linear.json' with { type: 'json' };

type Numbers = readonly number[] | Float32Array;
interface Asked {
  heads: number;
  chunk?: number;
}
/** What happens to a state, one after another. */
type Step =
  | { append: [Numbers, Numbers] }
  | { attend: Numbers; asked: Asked }
  | { decode: [Numbers, Numbers, Numbers]; asked: Asked };
interface GradientAsked {
  heads: number;
  size: number;
  kvHeads?: number;
  batch?: number;
  causal?: boolean;
}

interface LinearDoor {
  /** Answers, and last the random vectors. */
  run: (options: LinearStateOptions, steps: Step[]) => number[][];
  /** Of queries, keys, values, upstream. */
  gradient: (given: readonly Numbers[], options: GradientAsked) => number[][];
}

export const doors: RoomDoors<'attention', LinearDoor> = {
  room: 'attention',
  bundle: 'neural',
  table: 'attention-linear',
  embind: ({ LinearState, linearAttentionGradient }: AttentionRoom) => ({
    run(options, steps) {
      using state = LinearState.create(options);
      const answers = steps.flatMap((step) => {
        if ('append' in step) state.append(of(step.append[0]), of(step.append[1]));
        if ('attend' in step) return [Array.from(state.attend(of(step.attend), step.asked))];
        if ('append' in step) return [];
        const [q, k, v] = step.decode;
        return [Array.from(state.decode(of(q), of(k), of(v), step.asked))];
      });
      return [...answers, Array.from(state.projection())];
    },
    gradient([q, k, v, upstream], options) {
      const found = linearAttentionGradient(of(q!), of(k!), of(v!), of(upstream!), options);
      return [found.queries, found.keys, found.values].map((x) => Array.from(x));
    },
  }),
  raw: rawDoor,
};

function of(x: Numbers): Float32Array {
  return x instanceof Float32Array ? x : Float32Array.from(x);
}

function rawDoor(module: RawModule): LinearDoor {
  const { call } = module;
  const finish = (job: number, outcome: number) => {
    do module.check(call.sl_abi_job_step!(job, 1, outcome));
    while (module.u32(outcome, 1)[0] === 9);
  };
  return {
    run(options, steps) {
      const { size, kvHeads = 1, batch = 1, features = 'elu', seed = 0 } = options;
      const favor = features === 'favor';
      const { featureCount = favor ? 4 * size : 0 } = options;
      const shape = Uint32Array.of(batch, kvHeads, size, Number(favor), featureCount, seed);
      const state = module.with([shape], (at) =>
        module.made(call.sl_abi_linear_state_create!(at!)),
      );
      const ask = (q: Numbers, k: Numbers, v: Numbers, heads: number, causal: boolean, chunk = 0) =>
        module.with(
          [
            Float64Array.of(
              q.length / (batch * heads * size),
              heads,
              k.length / (batch * kvHeads * size),
              Number(causal),
              chunk,
            ),
            ...[of(q), of(k), of(v), new Float32Array(q.length)],
            new Uint32Array(1),
          ],
          (asked, queries, keys, values, out, outcome) => {
            module.check(
              call.sl_abi_linear_state_begin!(state, asked!, queries!, keys!, values!, out!),
            );
            finish(state, outcome!);
            return Array.from(module.f32(out!, q.length));
          },
        );
      try {
        const answers = steps.flatMap((step) => {
          if ('append' in step) {
            ask([], ...step.append, kvHeads, false);
            return [];
          }
          const { heads, chunk } = step.asked;
          if ('attend' in step) return [ask(step.attend, [], [], heads, false, chunk)];
          return [ask(...step.decode, heads, true, chunk)];
        });
        const projection = module.with([new Float64Array(4)], (out) => {
          module.check(call.sl_abi_linear_state_info!(state, out!));
          const [, count, , address] = module.f64(out!, 4) as unknown as number[];
          return address === 0 ? [] : Array.from(module.f32(address!, count! * size));
        });
        return [...answers, projection];
      } finally {
        module.check(call.sl_abi_linear_state_destroy!(state));
      }
    },
    gradient([q, k, v, upstream], options) {
      const { heads, kvHeads = heads, size, batch = 1, causal = false } = options;
      const numbers = Float64Array.of(
        ...[batch, q!.length / (batch * heads * size), k!.length / (batch * kvHeads * size)],
        ...[heads, kvHeads, size, Number(causal)],
      );
      const arrays = [q, upstream, k, v, q, k, k].map((x) => Float32Array.from(x!));
      const gradient = module.made(call.sl_abi_linear_gradient_create!());
      try {
        return module.with([numbers, ...arrays, new Uint32Array(1)], (asked, ...at) => {
          const places = at.slice(0, 7) as [number, number, number, number, number, number, number];
          module.check(call.sl_abi_linear_gradient_begin!(gradient, asked!, ...places));
          finish(gradient, at[7]!);
          return [q, k, v].map((x, i) => Array.from(module.f32(at[4 + i]!, x!.length)));
        });
      } finally {
        module.check(call.sl_abi_linear_gradient_destroy!(gradient));
      }
    },
  };
}

export function floats(seed: number, length: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

/** Attention with any weights of a query and a key, in float64, the whole matrix at once; keys and values one head. */
export function weighted(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  size: number,
  weight: (query: number[], key: number[]) => number,
): number[] {
  const rows = (x: Numbers) =>
    Array.from({ length: x.length / size }, (_, i) =>
      Array.from(x).slice(i * size, (i + 1) * size),
    );
  const [keys, values] = [rows(k), rows(v)];
  return rows(q).flatMap((query, i) => {
    const weights = keys.slice(0, i + 1).map((key) => weight(query, key));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return Array.from({ length: size }, (_, d) =>
      weights.reduce((sum, w, j) => sum + (w / total) * values[j]![d]!, 0),
    );
  });
}

const dot = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, a, i) => sum + a * y[i]!, 0);

const near = (found: readonly number[], wanted: readonly number[], within: number) => {
  expect(found.length).toBe(wanted.length);
  for (const [i, x] of wanted.entries()) expect(Math.abs(found[i]! - x)).toBeLessThan(within);
};

const [TOKENS, HEADS, SIZE] = [90, 4, 8];
const [q, k, v] = [HEADS, 2, 2].map((heads, i) => floats(i + 1, TOKENS * heads * SIZE)) as [
  Float32Array,
  Float32Array,
  Float32Array,
];
const part = (array: Float32Array, heads: number, from: number, to: number) =>
  array.slice(from * heads * SIZE, to * heads * SIZE);
const decode = (count: number, chunk: number): Step[] =>
  Array.from({ length: TOKENS / count }, (_, i) => {
    const [from, to] = [i * count, (i + 1) * count];
    return {
      decode: [part(q, HEADS, from, to), part(k, 2, from, to), part(v, 2, from, to)],
      asked: { heads: HEADS, chunk },
    };
  });
const one = { size: SIZE, kvHeads: 1 };
const single = [q, k, v].map((x) => x.slice(0, 40 * SIZE)) as [
  Float32Array,
  Float32Array,
  Float32Array,
];

export const cases: Case<LinearDoor>[] = [
  ...torch.flatMap(({ name, options, given, out, gradients }): Case<LinearDoor>[] => [
    {
      name: `torch: ${name}`,
      run(door) {
        const { heads, size, kvHeads, batch } = options;
        const causal = 'causal' in options && options.causal === true;
        const [q, k, v] = given as [number[], number[], number[]];
        return door.run(
          { size, kvHeads, batch },
          causal
            ? [{ decode: [q, k, v], asked: { heads } }]
            : [{ append: [k, v] }, { attend: q, asked: { heads } }],
        );
      },
      check: ([found]: number[][]) => near(found!, out, 2e-6),
    },
    {
      name: `torch: gradients of ${name}`,
      run: (door) => door.gradient(given, options as GradientAsked),
      check(found: number[][]) {
        for (const [i, wanted] of gradients.entries()) near(found[i]!, wanted, 1e-5);
      },
    },
  ]),
  ...(['elu', 'favor'] as const).map(
    (features): Case<LinearDoor> => ({
      name: `${features}: token by token, in pieces and at once, in chunks of any length`,
      run: (door) =>
        [
          [1, 1],
          [6, 4],
          [90, 64],
          [90, 256],
        ].map(([count, chunk]) =>
          door
            .run({ size: SIZE, kvHeads: 2, features }, decode(count!, chunk!))
            .slice(0, -1)
            .flat(),
        ),
      check([first, ...others]: number[][]) {
        for (const other of others) near(other, first!, 2e-5);
      },
    }),
  ),
  {
    name: 'random features: the formula in float64, with the vectors that were drawn',
    run: (door) =>
      door.run({ ...one, features: 'favor', featureCount: 20, seed: 7 }, [
        { decode: single, asked: { heads: 1 } },
      ]),
    check([found, projection]: [number[], number[]]) {
      expect(projection.length).toBe(20 * SIZE);
      const rows = Array.from({ length: 20 }, (_, i) => projection.slice(i * SIZE, (i + 1) * SIZE));
      for (let i = 0; i < SIZE; i++)
        for (let j = 0; j < i; j++) expect(Math.abs(dot(rows[i]!, rows[j]!))).toBeLessThan(1e-5);
      const feature = (x: number[], w: number[]) => {
        const y = x.map((each) => each / SIZE ** 0.25);
        return Math.exp(dot(w, y) - dot(y, y) / 2);
      };
      const weight = (a: number[], b: number[]) =>
        rows.reduce((sum, w) => sum + feature(a, w) * feature(b, w), 0);
      near(found, weighted(...single, SIZE, weight), 2e-6);
    },
  },
  {
    name: 'more random features come closer to softmax attention',
    run: (door) =>
      [64, 8192].map((featureCount) =>
        door.run({ ...one, features: 'favor', featureCount, seed: 3 }, [
          { decode: single, asked: { heads: 1 } },
        ]),
      ),
    check(found: number[][][]) {
      const exact = weighted(...single, SIZE, (a, b) => Math.exp(dot(a, b) / Math.sqrt(SIZE)));
      const [few, many] = found.map(([x]) =>
        Math.sqrt(x!.reduce((sum, y, i) => sum + (y - exact[i]!) ** 2, 0) / x!.length),
      );
      expect(many).toBeLessThan(0.01);
      expect(few).toBeGreaterThan(many!);
    },
  },
  {
    name: 'keys of any size with random features; what cannot be weighed gives zeros; NaN spoils',
    run: (door) => {
      const of = (...keys: number[]): Step[] => [
        { append: [keys, keys] },
        { attend: [1], asked: { heads: 1 } },
      ];
      return [
        // The second key is so much larger that the first one's features vanish beside it, and back.
        door.run({ size: 1, features: 'favor', featureCount: 3 }, [...of(1), ...of(40), ...of(2)]),
        door.run({ size: 1 }, [{ attend: [1], asked: { heads: 1 } }, ...of(-200), ...of(3, -3)]),
        door.run({ size: 1 }, of(Number.NaN)),
        door.run({ size: 1 }, [
          { append: [[], []] },
          { decode: [[], [], []], asked: { heads: 1 } },
        ]),
      ];
    },
    check([large, none, broken, empty]: number[][][]) {
      for (const [x] of large!.slice(0, 3)) expect(Number.isFinite(x)).toBe(true);
      expect(large![0]![0]).toBeCloseTo(1, 5);
      expect(none!.slice(0, 2)).toEqual([[0], [0]]);
      expect(none![2]![0]).toBeCloseTo((4 * 3 - 3 * Math.exp(-3)) / (4 + Math.exp(-3)), 5);
      expect(broken![0]![0]).toBeNaN();
      expect(empty![0]).toEqual([]);
    },
  },
  {
    name: 'nothing to derive, and what is refused',
    run: (door) => [
      door.gradient([[], [1, 2], [3, 4], []], { heads: 1, size: 1 }),
      door.gradient([[1], [], [], [1]], { heads: 1, size: 1 }),
      attempt(() => door.run({ size: 2 ** 17 }, [])),
      attempt(() => door.run({ size: 1, features: 'favor', featureCount: 2 ** 17 }, [])),
      attempt(() => door.run({ size: 1 }, [{ attend: [1], asked: { heads: 1, chunk: 257 } }])),
      attempt(() =>
        door.run({ size: 1, kvHeads: 2 }, [{ attend: [1, 2, 3], asked: { heads: 3 } }]),
      ),
      attempt(() => door.run({ size: 1 }, [{ decode: [[1, 2], [1], [1]], asked: { heads: 1 } }])),
      attempt(() => door.gradient([[1, 2], [1], [1], [1, 2]], { heads: 1, size: 1, causal: true })),
    ],
    check: (found: unknown[]) =>
      expect(found).toEqual([
        [[], [0, 0], [0, 0]],
        [[0], [], []],
        ...['size', 'features', 'chunk', 'heads'].map((argument) => ({
          refused: 'OPTION',
          argument,
          at: -1,
        })),
        { refused: 'RANGE', argument: 'queries', at: -1 },
        { refused: 'RANGE', argument: 'queries', at: -1 },
      ]),
  },
];
