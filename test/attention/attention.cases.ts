// One table of cases for attention through both doors, against numpy.
import type { AskOptions, AttentionRoom, KvCacheOptions } from 'sublinear/attention';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import numpy from '../vectors/attention/numpy.json' with { type: 'json' };

/** What happens to a cache, one after another. */
type Step =
  | { append: [Float32Array, Float32Array] }
  | { attend: [Float32Array, AskOptions] }
  | { truncate: number };

interface AttentionDoor {
  /** A cache, and what attention gave. */
  run: (cache: KvCacheOptions, steps: Step[]) => number[][];
}

export const doors: RoomDoors<'attention', AttentionDoor> = {
  room: 'attention',
  bundle: 'neural',
  embind: ({ KvCache }: AttentionRoom) => ({
    run(options, steps) {
      using cache = KvCache.create(options);
      return steps.flatMap((step) => {
        if ('append' in step) cache.append(...step.append);
        if ('truncate' in step) cache.truncate(step.truncate);
        return 'attend' in step ? [Array.from(cache.attend(...step.attend))] : [];
      });
    },
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): AttentionDoor {
  const { call } = module;
  const attend = (
    cache: number,
    options: KvCacheOptions,
    [q, asked]: [Float32Array, AskOptions],
  ) => {
    const { batch = 1, size } = options;
    const { heads, causal = false, window = 0, global = 0, mask, bias, scale = 0 } = asked;
    const tokens = q.length / (batch * heads * size);
    const length = module.with([new Float64Array(3)], (out) => {
      module.check(call.sl_abi_kv_cache_info!(cache, out!));
      return module.f64(out!, 1)[0]!;
    });
    const pairs = tokens * length;
    const masks = mask === undefined ? 0 : mask.length > pairs ? 2 : 1;
    const given = (bias as Float32Array | undefined)?.length ?? 0;
    const biases = given === 0 ? 0 : given > heads * pairs ? 3 : given > pairs ? 2 : 1;
    const numbers = Float64Array.of(
      tokens,
      heads,
      Number(causal),
      window,
      global,
      masks,
      biases,
      scale,
    );
    const arrays = [
      numbers,
      q,
      mask ?? new Uint8Array(0),
      (bias as Float32Array | undefined) ?? new Float32Array(0),
      new Float32Array(q.length),
      new Uint32Array(1),
    ];
    return module.with(arrays, (at, queries, seen, added, out, outcome) => {
      module.check(call.sl_abi_kv_cache_attend!(cache, at!, queries!, seen!, added!, out!));
      do module.check(call.sl_abi_job_step!(cache, 100, outcome!));
      while (module.u32(outcome!, 1)[0] === 9);
      return Array.from(module.f32(out!, q.length));
    });
  };
  return {
    run(options, steps) {
      const { size, kvHeads = 1, batch = 1, block = 64, window = 0 } = options;
      const cache = module.with([Uint32Array.of(batch, kvHeads, size, block, window)], (shape) =>
        module.made(call.sl_abi_kv_cache_create!(shape!)),
      );
      try {
        return steps.flatMap((step) => {
          if ('append' in step)
            module.with(step.append, (k, v) =>
              module.check(
                call.sl_abi_kv_cache_append!(
                  cache,
                  k!,
                  v!,
                  step.append[0].length / (batch * kvHeads * size),
                ),
              ),
            );
          if ('truncate' in step)
            module.check(call.sl_abi_kv_cache_truncate!(cache, step.truncate));
          return 'attend' in step ? [attend(cache, options, step.attend)] : [];
        });
      } finally {
        call.sl_abi_kv_cache_destroy!(cache);
      }
    },
  };
}

function floats(seed: number, length: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

const [TOKENS, HEADS, SIZE] = [90, 4, 8];
const [q, k, v] = [4, 2, 2].map((heads, i) => floats(i + 1, TOKENS * heads * SIZE)) as [
  Float32Array,
  Float32Array,
  Float32Array,
];
const part = (array: Float32Array, heads: number, from: number, to: number) =>
  array.slice(from * heads * SIZE, to * heads * SIZE);

/** Appends and asks `count` tokens at a time. */
const decode = (count: number): Step[] =>
  Array.from({ length: TOKENS / count }, (_, i): Step[] => {
    const [from, to] = [i * count, (i + 1) * count];
    return [
      { append: [part(k, 2, from, to), part(v, 2, from, to)] },
      { attend: [part(q, HEADS, from, to), { heads: HEADS, causal: true }] },
    ];
  }).flat();

export const cases: Case<AttentionDoor>[] = [
  ...numpy.flatMap((each) =>
    [8, 64].map(
      (block): Case<AttentionDoor> => ({
        name: `${each.name}, as numpy has it, in blocks of ${block}`,
        run(door) {
          const { size, batch, kvHeads, ...asked } = each.options;
          const f32 = Float32Array.from;
          const options = {
            ...asked,
            ...('mask' in each && { mask: Uint8Array.from(each.mask as number[]) }),
            ...('bias' in each && { bias: f32.call(Float32Array, each.bias as number[]) }),
          } as AskOptions;
          const of = (values: number[]) => Float32Array.from(values);
          return door.run({ size, batch, kvHeads, block }, [
            { append: [of(each.k), of(each.v)] },
            { attend: [of(each.q), options] },
          ]);
        },
        check([result]: number[][]) {
          for (const [i, value] of each.out.entries())
            expect(Math.abs(result![i]! - value)).toBeLessThan(2e-6);
        },
      }),
    ),
  ),
  ...[undefined, 13].map(
    (window): Case<AttentionDoor> => ({
      name: `token by token, in groups and at once${window ? ' in a ring' : ''}: the same bits`,
      run(door) {
        const cache = { size: SIZE, kvHeads: 2, block: 16, ...(window && { window }) };
        return [1, 6, 90].map((count) => door.run(cache, decode(count)).flat());
      },
      check([one, six, all]: number[][]) {
        expect(six).toEqual(one);
        expect(all).toEqual(one);
      },
    }),
  ),
  {
    name: 'what was truncated is forgotten',
    run: (door) => {
      const last: Step = { attend: [part(q, HEADS, 0, 1), { heads: HEADS }] };
      const keep = (to: number): Step => ({ append: [part(k, 2, 0, to), part(v, 2, 0, to)] });
      const cache = { size: SIZE, kvHeads: 2 };
      return [
        door.run(cache, [keep(10), last]),
        door.run(cache, [keep(10), keep(90), { truncate: 10 }, last]),
      ];
    },
    check: ([plain, cut]: number[][][]) => expect(cut).toEqual(plain),
  },
  {
    name: 'a query that sees nothing gives zeros; scores of any size',
    run: (door) => {
      const append: Step = { append: [Float32Array.of(1, 2), Float32Array.of(3, 4)] };
      const ask = (x: number[], options: AskOptions): Step => ({
        attend: [Float32Array.from(x), options],
      });
      return door.run({ size: 1 }, [
        append,
        ask([1, 1], { heads: 1, mask: Uint8Array.of(0, 0, 1, 0) }),
        ask([3e38, -3e38], { heads: 1 }),
        ask([Number.NaN, 0], { heads: 1 }),
        ask([], { heads: 1 }),
      ]);
    },
    check: (result: number[][]) =>
      expect(result).toEqual([[0, 3], [Number.NaN, 3], [Number.NaN, 3.5], []]),
  },
  {
    name: 'more queries than keys: each sees what it sees alone',
    run: (door) => {
      const cache = { size: SIZE, kvHeads: 2 };
      const append: Step = { append: [part(k, 2, 0, 3), part(v, 2, 0, 3)] };
      const ask = (from: number, to: number): Step => ({
        attend: [
          part(q, HEADS, from, to),
          { heads: HEADS, mask: new Uint8Array(3 * (to - from)).fill(1) },
        ],
      });
      const alone = Array.from({ length: TOKENS }, (_, t) => ask(t, t + 1));
      const none: Step = { attend: [Float32Array.of(1, 2), { heads: 1 }] };
      return [
        ...door.run(cache, [append, ask(0, TOKENS), ...alone]),
        ...door.run({ size: 1 }, [none]),
      ];
    },
    check([all, ...each]: number[][]) {
      const none = each.pop();
      expect(all).toEqual(each.flat());
      expect(none).toEqual([0, 0]);
    },
  },
  {
    name: 'refuses by name',
    run: (door) => {
      const append: Step = { append: [floats(1, 8), floats(2, 8)] };
      const ask = (x: number, options: AskOptions): Step => ({ attend: [floats(3, x), options] });
      const cache = { size: 2, kvHeads: 2 };
      return [
        attempt(() => door.run({ ...cache, block: 12 }, [])),
        attempt(() => door.run(cache, [append, ask(6, { heads: 3 })])),
        attempt(() => door.run(cache, [append, ask(12, { heads: 2, causal: true })])),
        attempt(() => door.run(cache, [append, ask(4, { heads: 2, scale: Number.NaN })])),
        attempt(() => door.run(cache, [append, { truncate: 3 }])),
        attempt(() => door.run({ ...cache, window: 2 }, [append, ask(4, { heads: 2, window: 3 })])),
        attempt(() => door.run({ ...cache, window: 2 }, [append, ask(4, { heads: 2, global: 1 })])),
      ];
    },
    check: (result: { argument: string }[]) =>
      expect(result.map(({ argument }) => argument)).toEqual([
        'block',
        'heads',
        'queries',
        'scale',
        'length',
        'window',
        'global',
      ]),
  },
];
