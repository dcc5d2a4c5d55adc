// One table of cases for sparse feed-forward layers through both doors, against the whole layer in float64.
import type { GemmRoom, SparseFeedForwardOptions } from 'sublinear/gemm';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

interface Found {
  output: number[];
  chosen: number[];
  bounds: number[];
}

interface SparseDoor {
  run: (layer: SparseFeedForwardOptions, x: Float32Array, top: number) => Found;
}

export const doors: RoomDoors<'gemm', SparseDoor> = {
  room: 'gemm',
  bundle: 'neural',
  table: 'gemm-sparse',
  embind: ({ SparseFeedForward }: GemmRoom) => ({
    run(options, x, top) {
      using layer = SparseFeedForward.create(options);
      const { output, chosen, bounds } = layer.run(x, { top });
      return { output: Array.from(output), chosen: Array.from(chosen), bounds: Array.from(bounds) };
    },
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): SparseDoor {
  const { call } = module;
  const f32 = (x: unknown) => Float32Array.from((x ?? []) as number[]);
  return {
    run({ width, inner, up, bias, down, reduce, expand }, x, top) {
      const arrays = [up, bias, down, reduce, expand].map(f32);
      const outputs = Math.max(1, Math.ceil(arrays[2]!.length / inner));
      const rank = Math.max(1, Math.ceil(arrays[3]!.length / width));
      const shape = Uint32Array.of(width, inner, outputs, rank, ...arrays.map((a) => a.length));
      const layer = module.with([shape, ...arrays], (...at) =>
        module.made(call.sl_abi_sparse_forward_create!(...at)),
      );
      try {
        const tokens = x.length / width;
        return module.with(
          [
            ...[Uint32Array.of(x.length, tokens, top), x, new Float32Array(tokens * outputs)],
            ...[new Uint32Array(tokens * top), new Float64Array(tokens), new Uint32Array(1)],
          ],
          (...at) => {
            const [asked, px, out, chosen, bounds, outcome] = at as [
              ...[number, number, number, number, number, number],
            ];
            module.check(call.sl_abi_sparse_forward_begin!(layer, asked, px, out, chosen, bounds));
            do module.check(call.sl_abi_job_step!(layer, 1, outcome));
            while (module.u32(outcome, 1)[0] === 9);
            return {
              output: Array.from(module.f32(out, tokens * outputs)),
              chosen: Array.from(module.u32(chosen, tokens * top)),
              bounds: Array.from(module.f64(bounds, tokens)),
            };
          },
        );
      } finally {
        module.check(call.sl_abi_sparse_forward_destroy!(layer));
      }
    },
  };
}

export function floats(seed: number, length: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

const [WIDTH, INNER, OUTPUTS, RANK, TOKENS] = [12, 40, 7, 5, 9];

/** Weights near a product of low rank, `noise` from it, and that product as the predictor. */
export function layer(noise: number): SparseFeedForwardOptions {
  const [reduce, expand] = [floats(1, RANK * WIDTH), floats(2, INNER * RANK)];
  const off = floats(3, INNER * WIDTH);
  const up = off.map((x, at) => {
    const [i, j] = [Math.floor(at / WIDTH), at % WIDTH];
    let sum = noise * x;
    for (let k = 0; k < RANK; k++) sum += expand[i * RANK + k]! * reduce[k * WIDTH + j]!;
    return sum;
  });
  return {
    ...{ width: WIDTH, inner: INNER, up, bias: floats(4, INNER) },
    ...{ down: floats(5, INNER * OUTPUTS), reduce, expand },
  };
}
export const tokens = floats(6, TOKENS * WIDTH);

/** The sum over the inner elements that `which` lets in, in float64. */
export function exact(
  { up, bias, down }: SparseFeedForwardOptions,
  token: number,
  which: (i: number) => boolean,
): number[] {
  const out = new Array(OUTPUTS).fill(0);
  for (let i = 0; i < INNER; i++) {
    if (!which(i)) continue;
    let value = (bias as Float32Array)[i]!;
    for (let j = 0; j < WIDTH; j++)
      value += (up as Float32Array)[i * WIDTH + j]! * tokens[token * WIDTH + j]!;
    if (value > 0)
      for (let o = 0; o < OUTPUTS; o++) out[o] += value * (down as Float32Array)[i * OUTPUTS + o]!;
  }
  return out;
}

const one = { width: 1, inner: 2, up: [1, 2], down: [1, 1], reduce: [1], expand: [1, 2] };

export const cases: Case<SparseDoor>[] = [
  ...[0, 0.02, 1].map(
    (noise): Case<SparseDoor> => ({
      name: `what was chosen is summed, and what was not is bounded: predictor ${noise} from the weights`,
      run: (door) => [4, 15, 40].map((top) => door.run(layer(noise), tokens, top)),
      check(found: Found[]) {
        for (const [n, { output, chosen, bounds }] of found.entries()) {
          const top = [4, 15, 40][n]!;
          for (let t = 0; t < TOKENS; t++) {
            const own = chosen.slice(t * top, (t + 1) * top);
            expect(own).toEqual([...new Set(own)].sort((a, b) => a - b));
            const wanted = exact(layer(noise), t, (i) => own.includes(i));
            const whole = exact(layer(noise), t, () => true);
            let lost = 0;
            for (let o = 0; o < OUTPUTS; o++) {
              expect(Math.abs(output[t * OUTPUTS + o]! - wanted[o]!)).toBeLessThan(1e-5);
              lost += (whole[o]! - wanted[o]!) ** 2;
            }
            expect(Math.sqrt(lost)).toBeLessThanOrEqual(bounds[t]!);
            if (top === INNER) expect(bounds[t]).toBe(0);
          }
        }
        // The bound of a predictor that is exact is the sum of what it left, and not much more.
        if (noise === 0) {
          const [{ bounds, chosen }] = found as [Found];
          for (let t = 0; t < TOKENS; t++) {
            let sum = 0;
            for (let i = 0; i < INNER; i++)
              if (!chosen.slice(t * 4, t * 4 + 4).includes(i))
                sum += Math.hypot(...exact(layer(0), t, (other) => other === i));
            expect(bounds[t]).toBeGreaterThanOrEqual(sum * (1 - 1e-6));
            expect(bounds[t]).toBeLessThan(sum * (1 + 1e-3) + 1e-4);
          }
        }
      },
    }),
  ),
  {
    name: 'the largest scores are chosen, of equal ones the first',
    run: ({ run }) => {
      const six = { ...one, inner: 6, down: [1, 1, 1, 1, 1, 1] };
      const values = [1, 5, 5, -3, 5, 2];
      const found = run({ ...six, up: values, expand: values }, Float32Array.of(1, -1, 0), 2);
      return found.chosen;
    },
    check: (chosen: number[]) => expect(chosen).toEqual([1, 2, 0, 3, 0, 1]),
  },
  {
    name: 'no tokens, numbers beyond float32, what is refused',
    run: ({ run }) => [
      run(one, new Float32Array(0), 1),
      run({ ...one, expand: [1e38, -1e38], reduce: [1e38] }, Float32Array.of(3), 1).bounds,
      attempt(() => run(one, Float32Array.of(1), 3)),
      attempt(() => run(one, Float32Array.of(1, Number.NaN), 1)),
      attempt(() => run({ ...one, up: [1] }, new Float32Array(0), 1)),
      attempt(() => run({ ...one, expand: [1] }, new Float32Array(0), 1)),
      attempt(() => run({ ...one, down: [1, 1 / 0] }, new Float32Array(0), 1)),
    ],
    check: ([none, bounds, ...refused]: [Found, number[], ...unknown[]]) => {
      expect(none).toEqual({ output: [], chosen: [], bounds: [] });
      expect(bounds).toEqual([Number.POSITIVE_INFINITY]);
      expect(refused).toEqual([
        { refused: 'OPTION', argument: 'top', at: -1 },
        { refused: 'NOT_FINITE', argument: 'x', at: 1 },
        { refused: 'SHAPE', argument: 'up', at: -1 },
        { refused: 'SHAPE', argument: 'expand', at: -1 },
        { refused: 'NOT_FINITE', argument: 'down', at: 1 },
      ]);
    },
  },
];
