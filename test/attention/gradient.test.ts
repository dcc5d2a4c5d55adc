// Gradients of attention as TypeScript users meet them. What both doors share is in gradient.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './gradient.cases.js';

describeCases(doors, cases);

describe('gradients of attention', () => {
  const own = inRoom('attention');
  const bad = (value: unknown) => value as never;
  const of = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };
  const next = random(3);
  const floats = (length: number) => Float32Array.from({ length }, () => 2 * next() - 1);

  test('are what attention changes by', () => {
    const options = { heads: 4, kvHeads: 2, size: 8, causal: true };
    const given = [floats(12 * 32), floats(15 * 16), floats(15 * 16), floats(12 * 32)] as const;
    const [q, k, v, upstream] = given;
    const { queries, keys, values } = own.room.attentionGradient(q, k, v, upstream, options);
    const total = (q: Float32Array, k: Float32Array, v: Float32Array) =>
      own.room.attention(q, k, v, options).reduce((sum, x, i) => sum + x * upstream[i]!, 0);
    for (const [which, slope] of [queries, keys, values].entries()) {
      const along = floats(slope.length);
      const moved = (by: number) => {
        const arrays = [q, k, v].map((x, i) =>
          i === which ? x.map((y, j) => y + by * along[j]!) : x,
        ) as [Float32Array, Float32Array, Float32Array];
        return total(...arrays);
      };
      const wanted = slope.reduce((sum, x, i) => sum + x * along[i]!, 0);
      expect((moved(0.005) - moved(-0.005)) / 0.01).toBeCloseTo(wanted, 2);
    }
  });

  test('in slices the same, and can be aborted', async () => {
    const options = { heads: 2, size: 16, causal: true };
    const [q, k, v, upstream] = [0, 0, 0, 0].map(() => floats(600 * 32));
    const all = own.room.attentionGradient(q!, k!, v!, upstream!, options);
    expect(await own.room.attentionGradientAsync(q!, k!, v!, upstream!, options)).toEqual(all);
    const controller = new AbortController();
    const running = own.room.attentionGradientAsync(q!, k!, v!, upstream!, {
      ...options,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
  });

  test('refuses what is wrong', () => {
    const { attentionGradient } = own.room;
    const one = [1];
    const call = (options: object, upstream = one, values = one) =>
      of(() => attentionGradient(one, one, values, upstream, bad(options)));
    expect(call({ heads: 1, size: 1, mask: new Uint8Array(1) })).toBe('TYPE mask');
    expect(call({ size: 1 })).toBe('TYPE heads');
    expect(call({ heads: 1, size: 1, scale: 0 })).toBe('RANGE scale');
    expect(call({ heads: 1, size: 1, window: 0 })).toBe('RANGE window');
    expect(call({ heads: 1, size: 1, causal: 1 })).toBe('TYPE causal');
    expect(call({ heads: 1, size: 2 })).toBe('SHAPE queries');
    expect(call({ heads: 1, size: 1 }, [1, 2])).toBe('SHAPE upstream');
    expect(call({ heads: 1, size: 1 }, one, [1, 2])).toBe('SHAPE values');
  });
});
