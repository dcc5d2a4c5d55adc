// One table of cases for selective scans through both doors, against torch.
import type { AttentionRoom, SelectiveScanOptions } from 'sublinear/attention';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/attention/selective.json' with { type: 'json' };

interface Piece {
  x: Float32Array;
  delta: Float32Array;
  b: Float32Array;
  c: Float32Array;
  z?: Float32Array;
}

interface ScanDoor {
  /** Outputs of each piece, and the state at the end. */
  run: (options: SelectiveScanOptions, pieces: Piece[], state?: Float32Array) => number[][];
}

export const doors: RoomDoors<'attention', ScanDoor> = {
  room: 'attention',
  bundle: 'neural',
  table: 'attention-selective',
  embind: ({ SelectiveScan }: AttentionRoom) => ({
    run(options, pieces, state) {
      using scan = SelectiveScan.create(options);
      if (state) scan.setState(state);
      const outputs = pieces.map(({ x, ...inputs }) => Array.from(scan.run(x, inputs)));
      return [...outputs, Array.from(scan.state())];
    },
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): ScanDoor {
  const { call } = module;
  const f32 = (x: unknown) => Float32Array.from((x ?? []) as number[]);
  return {
    run(options, pieces, state) {
      const { batch = 1, channels, states, groups = 1, softplus = false } = options;
      const shape = Uint32Array.of(
        ...[batch, channels, states, groups, Number(softplus)],
        ...[Number(options.d !== undefined), Number(options.deltaBias !== undefined)],
      );
      const arrays = [f32(options.a), f32(options.d), f32(options.deltaBias)];
      const scan = module.with([shape, ...arrays], (at, a, d, bias) =>
        module.made(call.sl_abi_selective_create!(at!, a!, d!, bias!)),
      );
      try {
        if (state)
          module.with([state], (at) =>
            module.check(call.sl_abi_selective_write!(scan, at!, state.length)),
          );
        const outputs = pieces.map(({ x, delta, b, c, z }) =>
          module.with(
            [x, delta, b, c, z ?? f32([]), new Float32Array(x.length), new Uint32Array(1)],
            (px, pd, pb, pc, pz, out, outcome) => {
              const tokens = x.length / (batch * channels);
              const gate = z ? pz! : 0;
              module.check(
                call.sl_abi_selective_begin!(scan, tokens, px!, pd!, pb!, pc!, gate, out!),
              );
              do module.check(call.sl_abi_job_step!(scan, 1, outcome!));
              while (module.u32(outcome!, 1)[0] === 9);
              return Array.from(module.f32(out!, x.length));
            },
          ),
        );
        const length = batch * channels * states;
        const last = module.with([new Float32Array(length)], (out) => {
          module.check(call.sl_abi_selective_read!(scan, out!));
          return Array.from(module.f32(out!, length));
        });
        return [...outputs, last];
      } finally {
        module.check(call.sl_abi_selective_destroy!(scan));
      }
    },
  };
}

const near = (found: readonly number[], wanted: readonly number[], within: number) => {
  expect(found.length).toBe(wanted.length);
  for (const [i, x] of wanted.entries())
    expect(Math.abs(found[i]! - x)).toBeLessThan(within * (1 + Math.abs(x)));
};
export function floats(seed: number, length: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

const [TOKENS, CHANNELS, STATES] = [60, 6, 16];
const shape = { channels: CHANNELS, states: STATES, softplus: true };
const a = floats(1, CHANNELS * STATES).map((x) => -Math.abs(x) - 0.1);
const whole: Piece = {
  x: floats(2, TOKENS * CHANNELS),
  delta: floats(3, TOKENS * CHANNELS),
  b: floats(4, TOKENS * STATES),
  c: floats(5, TOKENS * STATES),
  z: floats(6, TOKENS * CHANNELS),
};
const pieces = (count: number): Piece[] =>
  Array.from({ length: TOKENS / count }, (_, i) => {
    const part = (x: Float32Array, each: number) =>
      x.slice(i * count * each, (i + 1) * count * each);
    return {
      x: part(whole.x, CHANNELS),
      delta: part(whole.delta, CHANNELS),
      b: part(whole.b, STATES),
      c: part(whole.c, STATES),
      z: part(whole.z!, CHANNELS),
    };
  });
const token = (x: number, delta = 1): Piece => ({
  x: Float32Array.of(x),
  delta: Float32Array.of(delta),
  b: Float32Array.of(1),
  c: Float32Array.of(1),
});

export const cases: Case<ScanDoor>[] = [
  ...torch.map((each): Case<ScanDoor> => {
    const f32 = (x: readonly number[]) => Float32Array.from(x);
    return {
      name: `torch: ${each.name}`,
      run(door) {
        const { a, d, deltaBias, x, delta, b, c, z } = each;
        return door.run({ ...each.shape, a, ...(d && { d }), ...(deltaBias && { deltaBias }) }, [
          { x: f32(x), delta: f32(delta), b: f32(b), c: f32(c), ...(z && { z: f32(z) }) },
        ]);
      },
      check([y, state]: [number[], number[]]) {
        near(y, each.y, 2e-6);
        near(state, each.state, 2e-6);
      },
    };
  }),
  {
    name: 'a sequence, pieces of it and token by token: the same bits',
    run: (door) =>
      [60, 12, 1].map((count) => {
        const found = door.run({ ...shape, a }, pieces(count));
        return [found.slice(0, -1).flat(), found.at(-1)];
      }),
    check([first, ...others]: number[][][]) {
      for (const other of others) expect(other).toEqual(first);
    },
  },
  {
    name: 'paces of any size, a state that is given, nothing, NaN',
    run: (door) => {
      const one = { channels: 1, states: 1, a: [-1] };
      return [
        door.run({ ...one, softplus: true }, [token(1, 80), token(1, -80), token(1, 0)]),
        door.run(one, [token(0, 0)], Float32Array.of(3)),
        door.run(one, [
          { ...token(0), x: floats(1, 0), delta: floats(1, 0), b: floats(1, 0), c: floats(1, 0) },
        ]),
        door.run(one, [token(Number.NaN)]),
      ];
    },
    check([paces, given, nothing, broken]: number[][][]) {
      // log(1 + e^80) = 80 forgets all and takes in 80 x; log(1 + e^-80) = 0 keeps all.
      const half = Math.LN2;
      near(paces!.flat(), [80, 80, 80 * Math.exp(-half) + half, 80 * Math.exp(-half) + half], 1e-6);
      expect(given).toEqual([[3], [3]]);
      expect(nothing).toEqual([[], [0]]);
      expect(broken![0]![0]).toBeNaN();
    },
  },
  {
    name: 'refuses by name',
    run: (door) => {
      const one = { channels: 2, states: 1, a: [-1, -1] };
      return [
        attempt(() => door.run({ ...one, states: 2000, a: new Float32Array(4000) }, [])),
        attempt(() => door.run({ ...one, channels: 2, groups: 3 }, [])),
        attempt(() => door.run(one, [], floats(1, 3))),
      ];
    },
    check: (found: { argument: string }[]) =>
      expect(found.map(({ argument }) => argument)).toEqual(['states', 'groups', 'state']),
  },
];
