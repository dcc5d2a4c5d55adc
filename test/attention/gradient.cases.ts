// One table of cases for gradients of attention through both doors, against torch.
import type { AttentionRoom, GradientOptions } from 'sublinear/attention';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/attention/gradient.json' with { type: 'json' };

type Arrays = readonly (readonly number[])[];

interface GradientDoor {
  /** Of queries, keys, values, upstream: derivatives of the first three. */
  run: (given: Arrays, options: GradientOptions) => number[][];
}

export const doors: RoomDoors<'attention', GradientDoor> = {
  room: 'attention',
  bundle: 'neural',
  table: 'attention-gradient',
  embind: ({ attentionGradient }: AttentionRoom) => ({
    run([q, k, v, upstream], options) {
      const { queries, keys, values } = attentionGradient(q!, k!, v!, upstream!, options);
      return [queries, keys, values].map((x) => Array.from(x));
    },
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): GradientDoor {
  const { call } = module;
  return {
    run([q, k, v, upstream], options) {
      const { heads, kvHeads = heads, size, batch = 1, causal, window = 0, scale = 0 } = options;
      const numbers = Float64Array.of(
        ...[batch, q!.length / (batch * heads * size), k!.length / (batch * kvHeads * size)],
        ...[heads, kvHeads, size, Number(causal ?? false), window, scale],
      );
      const arrays = [q, upstream, k, v, q, k, k].map((x) => Float32Array.from(x!));
      const gradient = module.made(call.sl_abi_attention_gradient_create!());
      try {
        return module.with([numbers, ...arrays, new Uint32Array(1)], (asked, ...at) => {
          const places = at.slice(0, 7) as [number, number, number, number, number, number, number];
          module.check(call.sl_abi_attention_gradient_begin!(gradient, asked!, ...places));
          do module.check(call.sl_abi_job_step!(gradient, 1, at[7]!));
          while (module.u32(at[7]!, 1)[0] === 9);
          return [q, k, v].map((x, i) => Array.from(module.f32(at[4 + i]!, x!.length)));
        });
      } finally {
        module.check(call.sl_abi_attention_gradient_destroy!(gradient));
      }
    },
  };
}

const one = [[1], [1], [1], [1]];

export const cases: Case<GradientDoor>[] = [
  ...torch.map(
    ({ name, options, given, gradients }): Case<GradientDoor> => ({
      name: `torch: ${name}`,
      run: (door) => door.run(given, options),
      check(found: number[][]) {
        gradients.forEach((wanted, i) => {
          expect(found[i]!.length).toBe(wanted.length);
          wanted.forEach((x, j) => {
            expect(Math.abs(found[i]![j]! - x)).toBeLessThan(1e-5);
          });
        });
      },
    }),
  ),
  {
    name: 'no queries, and what is refused',
    run: (door) => [
      door.run([[], [1, 2], [3, 4], []], { heads: 1, size: 1 }),
      attempt(() => door.run(one, { heads: 3, kvHeads: 2, size: 0 })) !== undefined,
      door.run([[1, 2], [1], [1], [1, 2]], { heads: 1, size: 1 }),
      door.run([[1, 2], [], [], [1, 2]], { heads: 1, size: 1 }),
      attempt(() => door.run([[1, 2], [1], [1], [1, 2]], { heads: 1, size: 1, causal: true })),
      attempt(() =>
        door.run(
          [
            [1, 2, 3],
            [1, 2],
            [1, 2],
            [1, 2, 3],
          ],
          { heads: 3, kvHeads: 2, size: 1 },
        ),
      ),
    ],
    check: (found: unknown[]) =>
      expect(found).toEqual([
        [[], [0, 0], [0, 0]],
        true,
        [[0, 0], [0], [3]],
        [[0, 0], [], []],
        { refused: 'RANGE', argument: 'queries', at: -1 },
        { refused: 'OPTION', argument: 'heads', at: -1 },
      ]),
  },
];
