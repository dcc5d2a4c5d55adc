// One table of cases for recurrent layers through both doors, against torch.
import type { GemmRoom, RecurrentState, RecurrentWeights } from 'sublinear/gemm';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/gemm/recurrent.json' with { type: 'json' };

type Type = 'lstm' | 'gru';
interface Given {
  type: Type;
  size: number;
  batch?: number;
  weights: RecurrentWeights[];
}
interface Found {
  output: number[];
  hidden: number[];
  cell: number[];
}

interface RecurrentDoor {
  /** Pieces of a sequence, one after another: `first` is what the first one begins with. */
  run: (layer: Given, pieces: Float32Array[], first?: readonly (readonly number[])[]) => Found[];
}

export const doors: RoomDoors<'gemm', RecurrentDoor> = {
  room: 'gemm',
  bundle: 'neural',
  table: 'gemm-recurrent',
  embind: ({ RecurrentLayer }: GemmRoom) => ({
    run({ type, size, batch = 1, weights }, pieces, [hidden, cell] = []) {
      const all = weights as [RecurrentWeights, RecurrentWeights];
      using layer = RecurrentLayer.create({ type, size, weights: all });
      let state: RecurrentState = {
        ...(hidden && { hidden: hidden as number[] }),
        ...(cell && { cell: cell as number[] }),
      };
      return pieces.map((x) => {
        const found = layer.run(x, { batch, ...state });
        state = {
          hidden: Array.from(found.hidden),
          ...(type === 'lstm' && { cell: Array.from(found.cell) }),
        };
        const { output, hidden, cell } = found;
        return { output: Array.from(output), hidden: Array.from(hidden), cell: Array.from(cell) };
      });
    },
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): RecurrentDoor {
  const { call } = module;
  const f32 = (x: unknown) => Float32Array.from((x ?? []) as number[]);
  return {
    run({ type, size, batch = 1, weights }, pieces, first = []) {
      const gates = type === 'lstm' ? 4 : 3;
      const inputs = Math.max(1, Math.ceil(f32(weights[0]!.input).length / (gates * size)));
      const layer = module.made(
        call.sl_abi_recurrent_create!(Number(type === 'gru'), inputs, size, weights.length),
      );
      try {
        for (const [direction, one] of weights.entries()) {
          const arrays = [one.input, one.own, one.inputBias, one.ownBias].map(f32);
          const counts = Uint32Array.from(arrays, ({ length }) => length);
          module.with([counts, ...arrays], (n, a, b, c, d) =>
            module.check(call.sl_abi_recurrent_set!(layer, direction, n!, a!, b!, c!, d!)),
          );
        }
        const states = weights.length * batch * size;
        const given = (i: number): Float32Array =>
          first[i] ? f32(first[i]) : new Float32Array(states);
        let [hidden, cell] = [given(0), given(1)];
        return pieces.map((x) => {
          const tokens = x.length / (batch * inputs);
          const count = batch * tokens * weights.length * size;
          const shape = Uint32Array.of(batch, tokens, x.length, hidden.length);
          return module.with(
            [shape, x, new Float32Array(count), hidden, cell, new Uint32Array(1)],
            (at, px, out, ph, pc, outcome) => {
              module.check(call.sl_abi_recurrent_begin!(layer, at!, px!, out!, ph!, pc!));
              do module.check(call.sl_abi_job_step!(layer, 1, outcome!));
              while (module.u32(outcome!, 1)[0] === 9);
              [hidden, cell] = [module.f32(ph!, states), module.f32(pc!, states)];
              return {
                output: Array.from(module.f32(out!, count)),
                hidden: Array.from(hidden),
                cell: type === 'lstm' ? Array.from(cell) : [],
              };
            },
          );
        });
      } finally {
        module.check(call.sl_abi_recurrent_destroy!(layer));
      }
    },
  };
}

export function floats(seed: number, length: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

const near = (found: readonly number[], wanted: readonly number[]) => {
  expect(found.length).toBe(wanted.length);
  for (const [i, x] of wanted.entries()) expect(Math.abs(found[i]! - x)).toBeLessThan(1e-5);
};

/** A layer so deep that its products are sums of blocks. */
const deep = (type: Type): Given => {
  const rows = (type === 'lstm' ? 4 : 3) * 20;
  return {
    type,
    size: 20,
    weights: [
      { input: floats(1, rows * 300), own: floats(2, rows * 20), ownBias: floats(3, rows) },
    ],
  };
};
const one = { type: 'gru', size: 1, weights: [{ input: [0, 0, 0], own: [0, 0, 0] }] } as const;
const gru = { ...one, weights: [...one.weights] } as unknown as Given;

export const cases: Case<RecurrentDoor>[] = [
  ...torch.map(
    (each, i): Case<RecurrentDoor> => ({
      name: `torch: ${each.type}, ${i + 1}`,
      run({ run }) {
        const { type, size, batch, weights, x, first } = each;
        return run({ type: type as Type, size, batch, weights }, [Float32Array.from(x)], first);
      },
      check([found]: Found[]) {
        near(found!.output, each.output);
        near(found!.hidden, each.hidden);
        near(found!.cell, each.cell);
      },
    }),
  ),
  ...(['lstm', 'gru'] as const).map(
    (type): Case<RecurrentDoor> => ({
      name: `${type}: pieces and single tokens have the bits of the whole`,
      run: ({ run }) => {
        const x = floats(4, 70 * 300);
        const pieces = (count: number) =>
          Array.from({ length: 70 / count }, (_, i) =>
            x.slice(i * count * 300, (i + 1) * count * 300),
          );
        return [70, 35, 1].map((count) => {
          const found = run(deep(type), pieces(count));
          return [found.flatMap(({ output }) => output), found.at(-1)!.hidden, found.at(-1)!.cell];
        });
      },
      check([whole, ...others]: unknown[]) {
        for (const other of others) expect(other).toEqual(whole);
      },
    }),
  ),
  {
    name: 'an item has the bits that it has in a batch',
    run: ({ run }) => {
      const items = [5, 6, 7, 8, 9].map((seed) => floats(seed, 4 * 300));
      const together = Float32Array.from(items.flatMap((x) => Array.from(x)));
      return [
        run({ ...deep('lstm'), batch: 5 }, [together])[0]!.output,
        items.flatMap((x) => run(deep('lstm'), [x])[0]!.output),
      ];
    },
    check: ([together, alone]: number[][]) => expect(together).toEqual(alone),
  },
  {
    name: 'no tokens; NaN; what is refused',
    run: ({ run }) => [
      run(gru, [new Float32Array(0)], [[3]]),
      run(gru, [Float32Array.of(Number.NaN)])[0]!.output,
      attempt(() => run({ ...gru, size: 2 ** 17 }, [])),
      attempt(() => run({ ...gru, weights: [{ input: [0, 0, 0], own: [0, 0] }] }, [])),
      attempt(() => run({ ...gru, weights: [{ input: [0, 0, 0, 0], own: [0, 0, 0] }] }, [])),
      attempt(() =>
        run({ ...gru, weights: [{ input: [0, 0, 0], own: [0, 0, 0], inputBias: [1] }] }, []),
      ),
    ],
    check: ([none, broken, ...refused]: [Found[], number[], ...{ argument: string }[]]) => {
      expect(none).toEqual([{ output: [], hidden: [3], cell: [] }]);
      expect(broken).toEqual([Number.NaN]);
      expect(refused.map(({ argument }) => argument)).toEqual([
        'hidden',
        'own',
        'input',
        'inputBias',
      ]);
    },
  },
];
