// Linear attention as TypeScript users meet it. What both doors share is in linear.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors, floats } from './linear.cases.js';

describeCases(doors, cases);

describe('linear attention', () => {
  const own = inRoom('attention');
  const bad = (value: unknown) => value as never;
  const [q, k, v] = [floats(1, 9 * 4 * 8), floats(2, 9 * 2 * 8), floats(3, 9 * 2 * 8)];

  test('is that of a state, in slices as well', async () => {
    const { linearAttention, linearAttentionAsync, LinearState } = own.room;
    const options = { heads: 4, kvHeads: 2, size: 8, features: 'favor', seed: 5 } as const;
    const { heads, ...shape } = options;
    const all = linearAttention(q, k, v, options);
    using state = LinearState.create(shape).append(k, v);
    expect(state.attend(q, { heads })).toEqual(all);
    const causal = linearAttention(q, k, v, { ...options, causal: true });
    expect(await linearAttentionAsync(q, k, v, { ...options, causal: true })).toEqual(causal);
    state.reset();
    expect(await state.decodeAsync(q, k, v, { heads })).toEqual(causal);
    using fork = state.fork();
    expect([fork.length, fork.bytesUsed > 0]).toEqual([9, true]);
    expect(fork.attend(q, { heads })).toEqual(state.attend(q, { heads }));
    expect(linearAttention(q, k, v, { ...options, seed: 6 })).not.toEqual(all);
  });

  test('gradients are what it changes by', async () => {
    const options = { heads: 4, kvHeads: 2, size: 8, causal: true };
    const upstream = floats(4, q.length);
    const found = own.room.linearAttentionGradient(q, k, v, upstream, options);
    const later = own.room.linearAttentionGradientAsync(q, k, v, upstream, options);
    expect(await later).toEqual(found);
    for (const [which, slope] of [found.queries, found.keys, found.values].entries()) {
      const along = floats(9, slope.length);
      const moved = (by: number) => {
        const [a, b, c] = [q, k, v].map((x, i) =>
          i === which ? x.map((y, j) => y + by * along[j]!) : x,
        ) as [Float32Array, Float32Array, Float32Array];
        const y = own.room.linearAttention(a, b, c, options);
        return y.reduce((sum, x, i) => sum + x * upstream[i]!, 0);
      };
      const wanted = slope.reduce((sum, x, i) => sum + x * along[i]!, 0);
      expect((moved(0.005) - moved(-0.005)) / 0.01).toBeCloseTo(wanted, 2);
    }
  });

  test('an abort leaves whole chunks', async () => {
    const { LinearState, linearAttentionGradientAsync } = own.room;
    const x = floats(1, 4000 * 64);
    const stop = new AbortController();
    const options = { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) };
    using state = LinearState.create({ size: 64, features: 'favor' });
    const running = state.decodeAsync(x, x, x, { heads: 1, ...options });
    expect(refusalOf(() => state.append([], [])).code).toBe('BUSY');
    await expect(running).rejects.toThrow('enough');
    expect(state.length).toBeGreaterThan(0);
    expect(state.length % 64).toBe(0);
    const held = 64 * state.length;
    using other = LinearState.create({ size: 64, features: 'favor' });
    other.append(x.subarray(0, held), x.subarray(0, held));
    expect(state.attend(x.subarray(0, 64), { heads: 1 })).toEqual(
      other.attend(x.subarray(0, 64), { heads: 1 }),
    );
    await expect(
      linearAttentionGradientAsync(x, x, x, x, { heads: 1, size: 64, ...options }),
    ).rejects.toThrow('enough');
  });

  test('names what is wrong', () => {
    const { linearAttention, linearAttentionGradient, LinearState } = own.room;
    const of = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    const x = [1, 2, 3, 4];
    const shape = { heads: 1, size: 2 };
    using state = LinearState.create({ size: 2 });
    expect([
      of(() => linearAttention(x, x, x, bad({ size: 2 }))),
      of(() => linearAttention(x, x, x, bad({ heads: 1 }))),
      of(() => linearAttention(x, [1], [1], shape)),
      of(() => linearAttention(x, x, [1, 2], shape)),
      of(() => linearAttention(x, x, x, { ...shape, featureCount: 8 })),
      of(() => linearAttention(x, x, x, { ...shape, features: bad('relu') })),
      of(() => linearAttention(x, x, x, { ...shape, chunk: 0 })),
      of(() => linearAttention(x, x, x, bad({ ...shape, casual: true }))),
      of(() => linearAttentionGradient(x, x, x, [1], shape)),
      of(() => linearAttentionGradient(x, x, x, x, bad({ ...shape, features: 'favor' }))),
      of(() => state.decode([1], x, x, { heads: 1 })),
      of(() => state.attend(x, bad({}))),
      of(() => LinearState.create({ size: 60_000, kvHeads: 2 ** 20 })),
    ]).toEqual([
      'TYPE heads',
      'TYPE size',
      'SHAPE keys',
      'SHAPE values',
      'RANGE featureCount',
      'RANGE features',
      'RANGE chunk',
      'TYPE casual',
      'SHAPE upstream',
      'TYPE features',
      'SHAPE queries',
      'TYPE heads',
      'OVERFLOW kvHeads',
    ]);
  });
});
