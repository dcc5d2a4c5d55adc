// Vector through both doors. Expected values are computed here in plain JavaScript.
import type { DType, Norm, Vector } from 'sublinear/dense';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

/** What both doors can do, with vectors as opaque tokens. */
export interface DenseDoor {
  from: (values: number[], dtype: DType) => unknown;
  values: (vector: unknown) => number[];
  bytes: (vector: unknown) => number;
  dot: (x: unknown, y: unknown) => number;
  axpy: (y: unknown, alpha: number, x: unknown) => void;
  scale: (x: unknown, alpha: number) => void;
  fill: (x: unknown, value: number) => void;
  norm: (x: unknown, kind: Norm) => number;
  free: (vector: unknown) => void;
}

export const doors: RoomDoors<'dense', DenseDoor> = {
  room: 'dense',
  bundle: 'solver',
  embind: ({ Vector }) => {
    const v = (token: unknown) => token as Vector;
    return {
      from: (values, dtype) => Vector.from(values, { dtype }),
      values: (x) => Array.from(v(x).toArray()),
      bytes: (x) => v(x).bytesUsed,
      dot: (x, y) => v(x).dot(v(y)),
      axpy: (y, alpha, x) => void v(y).axpy(alpha, v(x)),
      scale: (x, alpha) => void v(x).scale(alpha),
      fill: (x, value) => void v(x).fill(value),
      norm: (x, kind) => v(x).norm(kind),
      free: (x) => v(x).dispose(),
    };
  },
  raw: rawDense,
};

const kinds: Record<Norm, number> = { 2: 0, 1: 1, infinity: 2 };

function rawDense(module: RawModule): DenseDoor {
  const { call } = module;
  const h = (token: unknown) => token as number;
  const info = (x: unknown) =>
    module.with([new Uint32Array(4)], (at) => {
      module.check(call.sl_abi_vector_info!(h(x), at, at + 4, at + 8, at + 12));
      const [data, length, dtype, bytes] = module.u32(at, 4) as unknown as number[];
      return { data, length, dtype, bytes } as Record<string, number>;
    });
  const out = (run: (at: number) => number) =>
    module.with([new Float64Array(1)], (at) => {
      module.check(run(at));
      return module.f64(at, 1)[0] as number;
    });
  return {
    from(values, dtype) {
      const handle = module.made(
        call.sl_abi_vector_create!(values.length, dtype === 'float32' ? 1 : 2),
      );
      const { data } = info(handle);
      const view = module.view();
      for (const [i, value] of values.entries()) {
        if (dtype === 'float32') view.setFloat32(data! + 4 * i, value, true);
        else view.setFloat64(data! + 8 * i, value, true);
      }
      return handle;
    },
    values(x) {
      const { data, length, dtype } = info(x);
      return Array.from(dtype === 1 ? module.f32(data!, length!) : module.f64(data!, length!));
    },
    bytes: (x) => info(x).bytes!,
    dot: (x, y) => out((at) => call.sl_abi_vector_dot!(h(x), h(y), at)),
    axpy: (y, alpha, x) => module.check(call.sl_abi_vector_axpy!(h(y), alpha, h(x))),
    scale: (x, alpha) => module.check(call.sl_abi_vector_scale!(h(x), alpha)),
    fill: (x, value) => module.check(call.sl_abi_vector_fill!(h(x), value)),
    norm: (x, kind) => out((at) => call.sl_abi_vector_norm!(h(x), kinds[kind], at)),
    free: (x) => module.check(call.sl_abi_vector_destroy!(h(x))),
  };
}

const dtypes: DType[] = ['float32', 'float64'];
const lengths = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 1000, 4099];

function numbers(length: number, seed: number): number[] {
  const next = random(seed);
  // Eight orders of magnitude, both signs: the order of summation shows in the bits.
  return Array.from({ length }, () => (next() - 0.5) * 10 ** Math.floor(next() * 8));
}

const rounded = (values: number[], dtype: DType) =>
  dtype === 'float32' ? values.map(Math.fround) : values;

/** Sum with a correction term (Neumaier): nearly exact. */
function sum(values: number[]): number {
  let [total, lost] = [0, 0];
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

const each = <T>(make: (dtype: DType, length: number) => T) =>
  dtypes.flatMap((dtype) => lengths.map((length) => make(dtype, length)));

function using<T>(door: DenseDoor, vectors: unknown[], run: () => T): T {
  try {
    return run();
  } finally {
    for (const vector of vectors) door.free(vector);
  }
}

export const cases: Case<DenseDoor>[] = [
  ...each((dtype, length): Case<DenseDoor> => {
    const a = rounded(numbers(length, 1), dtype);
    const b = rounded(numbers(length, 2), dtype);
    return {
      name: `${dtype}, n = ${length}: dot, norms, axpy, scale`,
      run(door) {
        const [x, y] = [door.from(a, dtype), door.from(b, dtype)];
        return using(door, [x, y], () => {
          const [dot, self] = [door.dot(x, y), door.dot(x, x)];
          const norms = ([2, 1, 'infinity'] as Norm[]).map((kind) => door.norm(x, kind));
          door.axpy(y, 0.1, x);
          door.scale(x, -3);
          return { dot, self, norms, y: door.values(y), x: door.values(x) };
        });
      },
      check({ dot, self, norms, y, x }: Record<string, number[]> & { dot: number; self: number }) {
        const products = a.map((value, i) => value * b[i]!);
        const tolerance = 1e-15 * (length + 16) * sum(products.map(Math.abs));
        expect(Math.abs(dot - sum(products))).toBeLessThanOrEqual(tolerance);
        expect(self).toBeCloseTo(norms![0]! ** 2, -Math.log10(1e-12 * (self || 1)));
        expect(norms![1]).toBeCloseTo(sum(a.map(Math.abs)), 3);
        expect(norms![2]).toBe(Math.max(0, ...a.map(Math.abs)));
        const round = dtype === 'float32' ? Math.fround : (value: number) => value;
        expect(y).toEqual(b.map((value, i) => round(value + round(round(0.1) * a[i]!))));
        expect(x).toEqual(a.map((value) => round(value * -3)));
      },
    };
  }),
  ...dtypes.map(
    (dtype): Case<DenseDoor> => ({
      name: `${dtype}: adding a vector to itself doubles it`,
      run(door) {
        const x = door.from([1, 2, 3, 4, 5, 6, 7, 8, 9], dtype);
        return using(door, [x], () => {
          door.axpy(x, 1, x);
          return door.values(x);
        });
      },
      check: (result: number[]) => expect(result).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]),
    }),
  ),
  {
    name: 'norm of huge and of tiny elements neither overflows nor vanishes',
    run(door) {
      const [x, y] = [
        door.from([3e200, -4e200], 'float64'),
        door.from([3e-200, -4e-200], 'float64'),
      ];
      return using(door, [x, y], () => [door.norm(x, 2), door.norm(y, 2)]);
    },
    check: ([big, small]: [number, number]) => {
      expect(big / 5e200).toBeCloseTo(1, 14);
      expect(small / 5e-200).toBeCloseTo(1, 14);
    },
  },
  {
    name: 'NaN and infinities propagate',
    run(door) {
      const x = door.from([1, Number.NaN, 3], 'float32');
      const y = door.from([1, Number.POSITIVE_INFINITY, 3], 'float64');
      return using(door, [x, y], () => [
        door.dot(x, x),
        ...([2, 1, 'infinity'] as Norm[]).flatMap((kind) => [
          door.norm(x, kind),
          door.norm(y, kind),
        ]),
      ]);
    },
    check: (result: number[]) => {
      expect(result.filter(Number.isNaN)).toHaveLength(4);
      expect(result.filter((value) => value === Number.POSITIVE_INFINITY)).toHaveLength(3);
    },
  },
  {
    name: 'rejects a vector of another length or dtype',
    run(door) {
      const all = [
        door.from([1, 2], 'float32'),
        door.from([1], 'float32'),
        door.from([1, 2], 'float64'),
      ];
      return using(door, all, () => [
        attempt(() => door.dot(all[0], all[1])),
        attempt(() => door.axpy(all[0], 1, all[1])),
        attempt(() => door.dot(all[0], all[2])),
        door.values(all[0]),
      ]);
    },
    check: (result: unknown[]) =>
      expect(result).toEqual([
        { refused: 'SHAPE', argument: 'other', at: -1 },
        { refused: 'SHAPE', argument: 'other', at: -1 },
        { refused: 'ARGUMENT', argument: 'other', at: -1 },
        [1, 2],
      ]),
  },
  {
    name: 'rejects factors that are not finite and leaves the vector alone',
    run(door) {
      const x = door.from([1, 2], 'float32');
      const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      return using(door, [x], () => [
        ...bad.flatMap((value) => [
          attempt(() => door.scale(x, value)),
          attempt(() => door.axpy(x, value, x)),
          attempt(() => door.fill(x, value)),
        ]),
        door.values(x),
      ]);
    },
    check: (result: { refused: string }[]) => {
      expect(result.slice(0, -1).map(({ refused }) => refused)).toEqual(
        Array(9).fill('NOT_FINITE'),
      );
      expect(result.at(-1)).toEqual([1, 2]);
    },
  },
  {
    name: 'fill rounds to the dtype',
    run(door) {
      const [x, y] = [door.from([0, 0], 'float32'), door.from([0, 0], 'float64')];
      return using(door, [x, y], () => {
        door.fill(x, 0.1);
        door.fill(y, 0.1);
        return [door.values(x), door.values(y)];
      });
    },
    check: (result: unknown) =>
      expect(result).toEqual([
        [Math.fround(0.1), Math.fround(0.1)],
        [0.1, 0.1],
      ]),
  },
  {
    name: 'bytes grow with the length',
    run(door) {
      const [x, y, z] = [
        door.from([], 'float32'),
        door.from([1, 2], 'float32'),
        door.from([1, 2], 'float64'),
      ];
      return using(door, [x, y, z], () => [x, y, z].map((each) => door.bytes(each)));
    },
    check: ([empty, two, wide]: number[]) => {
      expect(two! - empty!).toBe(8);
      expect(wide! - empty!).toBe(16);
    },
  },
];
