// One table of cases for the block in integers through both doors, against a model in Python's integers.
import type { AttentionRoom, FixedBlockOptions, FixedScale } from 'sublinear/attention';
import { expect } from 'vitest';
import { hash } from '../support/bits.js';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import python from '../vectors/attention/fixed.json' with { type: 'json' };

interface FixedDoor {
  run: (options: FixedBlockOptions, x: Int32Array) => number[];
}

const parts = ['query', 'key', 'value', 'output', 'up', 'down'] as const;

export const doors: RoomDoors<'attention', FixedDoor> = {
  room: 'attention',
  bundle: 'neural',
  table: 'attention-fixed',
  embind: ({ FixedBlock }: AttentionRoom) => ({
    run(options, x) {
      using block = FixedBlock.create(options);
      return Array.from(block.run(x));
    },
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): FixedDoor {
  const { call } = module;
  const bytes = (x: Int8Array | Int32Array) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  return {
    run({ width, heads, inner, causal = false, scores, weights }, x) {
      const shape = Uint32Array.of(
        ...[width, heads, inner, Number(causal), scores.multiplier, scores.shift],
      );
      const block = module.with([shape], (at) => module.made(call.sl_abi_fixed_block_create!(at!)));
      try {
        for (const [part, name] of parts.entries()) {
          const { values, bias = new Int32Array(0), multiplier, shift } = weights[name];
          const asked = Uint32Array.of(part, values.length, bias.length, multiplier, shift);
          module.with([asked, bytes(values), bytes(bias)], (at, pv, pb) =>
            module.check(call.sl_abi_fixed_block_set!(block, at!, pv!, pb!)),
          );
        }
        return module.with([bytes(x), new Uint32Array(1)], (at, outcome) => {
          module.check(call.sl_abi_fixed_block_begin!(block, at!, x.length, x.length / width));
          do module.check(call.sl_abi_job_step!(block, 1, outcome!));
          while (module.u32(outcome!, 1)[0] === 9);
          return Array.from(new Int32Array(module.u32(at!, x.length).buffer));
        });
      } finally {
        module.check(call.sl_abi_fixed_block_destroy!(block));
      }
    },
  };
}

/** The generator of fixed.py. */
export function generator(seed: number) {
  let state = seed;
  return (least: number, most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return least + ((state >>> 8) % (most - least + 1));
  };
}

type Model = (typeof python)[number];

/** A block and its input, as fixed.py makes them. */
export function drawn({ shape, tokens, seed, largest, scores, scales }: Model) {
  const next = generator(seed);
  const weights = Object.fromEntries(
    parts.map((name, i) => {
      const inputs = name === 'down' ? shape.inner : shape.width;
      const outputs = name === 'up' ? shape.inner : shape.width;
      const values = Int8Array.from({ length: inputs * outputs }, () => next(-127, 127));
      const bias = Int32Array.from({ length: outputs }, () => next(-2000, 2000));
      const [multiplier, shift] = scales[i] as [number, number];
      return [name, { values, bias, multiplier, shift }];
    }),
  ) as FixedBlockOptions['weights'];
  const x = Int32Array.from({ length: tokens * shape.width }, () => next(-largest, largest));
  return { options: { ...shape, scores, weights } as FixedBlockOptions, x };
}

const one = (value: number, scale: FixedScale) => ({ values: Int8Array.of(value), ...scale });
const single = (change: object = {}): FixedBlockOptions => {
  const part = one(1, { multiplier: 1, shift: 0 });
  return {
    ...{ width: 1, heads: 1, inner: 1, scores: { multiplier: 1, shift: 0 } },
    weights: { query: part, key: part, value: part, output: part, up: part, down: part },
    ...change,
  };
};

export const cases: Case<FixedDoor>[] = [
  ...python.map(
    (model): Case<FixedDoor> => ({
      name: `the integers of Python: ${model.name}`,
      run(door) {
        const { options, x } = drawn(model);
        return door.run(options, x);
      },
      check(found: number[]) {
        expect(found.slice(0, 8)).toEqual(model.first);
        expect(hash(found.join())).toBe(model.hash);
      },
    }),
  ),
  {
    name: 'no tokens, and what is refused',
    run: ({ run }) => [
      run(single(), new Int32Array(0)),
      attempt(() => run(single({ heads: 2 }), new Int32Array(0))),
      attempt(() => run(single({ scores: { multiplier: 1, shift: 63 } }), new Int32Array(0))),
      attempt(() => run(single({ scores: { multiplier: 2 ** 31, shift: 0 } }), new Int32Array(0))),
      attempt(() => {
        const { weights } = single();
        const up = one(-128, { multiplier: 1, shift: 0 });
        return run(single({ weights: { ...weights, up } }), new Int32Array(0));
      }),
      attempt(() => run(single(), Int32Array.of(0, 2 ** 22 + 1))),
    ],
    check: (found: unknown[]) =>
      expect(found).toEqual([
        [],
        { refused: 'OPTION', argument: 'heads', at: -1 },
        { refused: 'OPTION', argument: 'shift', at: -1 },
        { refused: 'OPTION', argument: 'multiplier', at: -1 },
        { refused: 'RANGE', argument: 'values', at: 0 },
        { refused: 'RANGE', argument: 'x', at: 1 },
      ]),
  },
];
