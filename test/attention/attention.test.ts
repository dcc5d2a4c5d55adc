// Attention as TypeScript users meet it. What both doors share is in attention.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './attention.cases.js';

describeCases(doors, cases);

describe('attention', () => {
  const own = inRoom('attention');
  const bad = (value: unknown) => value as never;
  const floats = (seed: number, length: number) => {
    const next = random(seed);
    return Float32Array.from({ length }, () => 2 * next() - 1);
  };

  test('is that of a cache that has all keys', async () => {
    const { attention, attentionAsync, KvCache } = own.room;
    const [q, k, v] = [floats(1, 6 * 4 * 8), floats(2, 6 * 2 * 8), floats(3, 6 * 2 * 8)];
    const options = { heads: 4, causal: true, window: 3 };
    const found = attention(q, k, v, { ...options, kvHeads: 2, size: 8 });
    using cache = KvCache.create({ kvHeads: 2, size: 8 }).append(k, v);
    expect(cache.attend(q, options)).toEqual(found);
    expect(await cache.attendAsync(q, options)).toEqual(found);
    expect(await attentionAsync(q, k, v, { ...options, kvHeads: 2, size: 8 })).toEqual(found);
    const into = new Float32Array(found.length);
    expect(attention(q, k, v, { ...options, kvHeads: 2, size: 8, into })).toBe(into);
    expect(into).toEqual(found);
  });

  test('names what is wrong', () => {
    const { attention, KvCache } = own.room;
    const of = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    const x = [1, 2, 3, 4];
    using cache = KvCache.create({ size: 2 }).append(x, x);
    expect([
      of(() => attention(x, x, x, bad({ size: 2 }))),
      of(() => attention(x, x, x, bad({ heads: 1 }))),
      of(() => attention(x, [1], x, { heads: 1, size: 2 })),
      of(() => attention(x, x, [1, 2], { heads: 1, size: 2 })),
      of(() => attention([1], x, x, { heads: 1, size: 2 })),
      of(() => attention(x, [1, 2], [1, 2], { heads: 1, size: 2, causal: true })),
      of(() => attention(x, x, x, { heads: 2, kvHeads: 3, size: 2 })),
      of(() => attention(x, x, x, { heads: 1, size: 2, block: 10 })),
      of(() => attention(x, x, x, { heads: 1, size: 2, window: 0 })),
      of(() => attention(x, x, x, { heads: 1, size: 2, scale: 0 })),
      of(() => attention(x, x, x, { heads: 1, size: 2, mask: bad([1]) })),
      of(() => attention(x, x, x, { heads: 1, size: 2, mask: new Uint8Array(3) })),
      of(() => attention(x, x, x, { heads: 1, size: 2, bias: [1] })),
      of(() => attention(x, x, x, { heads: 1, size: 2, into: new Float32Array(3) })),
      of(() => attention(x, x, x, bad({ heads: 1, size: 2, casual: true }))),
      of(() => cache.append(x, [1, 2])),
      of(() => cache.append([1], [1])),
      of(() => cache.truncate(3)),
      of(() => cache.attend([1], { heads: 1 })),
      of(() => KvCache.create({ size: 2 ** 30, batch: 2 ** 30 })),
    ]).toEqual([
      'TYPE heads',
      'TYPE size',
      'SHAPE keys',
      'SHAPE values',
      'SHAPE queries',
      'RANGE queries',
      'SHAPE keys',
      'OPTION block',
      'RANGE window',
      'RANGE scale',
      'TYPE mask',
      'SHAPE mask',
      'SHAPE bias',
      'SHAPE into',
      'TYPE casual',
      'SHAPE values',
      'SHAPE keys',
      'RANGE length',
      'SHAPE queries',
      'OPTION size',
    ]);
    expect(cache.length).toBe(2);
  });

  test('memory ends in the middle: the cache is as it was', () => {
    const { KvCache } = own.room;
    using cache = KvCache.create({ size: 1024, kvHeads: 4 });
    const x = new Float32Array(1024 * 4 * 64);
    let length = 0;
    const append = () => {
      for (;;) {
        cache.append(x, x);
        length += 64;
      }
    };
    expect(refusalOf(append).code).toBe('MEMORY');
    expect(cache.length).toBe(length);
    expect(length).toBeGreaterThan(1000);
  });

  test('an abort leaves the cache usable', async () => {
    const { attentionAsync, KvCache } = own.room;
    const tokens = 900;
    const x = floats(1, tokens * 64);
    const stop = new AbortController();
    const options = { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) };
    using cache = KvCache.create({ size: 64 }).append(x, x);
    await expect(cache.attendAsync(x, { heads: 1, ...options })).rejects.toThrow('enough');
    await expect(attentionAsync(x, x, x, { heads: 1, size: 64, ...options })).rejects.toThrow();
    const running = cache.attendAsync(x, { heads: 1 });
    expect(refusalOf(() => cache.append([], [])).code).toBe('BUSY');
    expect(await running).toEqual(cache.attend(x, { heads: 1 }));
  });

  test('forks go on by themselves', () => {
    const { KvCache } = own.room;
    using cache = KvCache.create({ size: 1, window: 4 }).append([1, 2], [1, 2]);
    using fork = cache.fork();
    fork.append([3], [3]);
    expect([cache.length, fork.length, fork.firstPosition]).toEqual([2, 3, 0]);
    expect(fork.bytesUsed).toBeGreaterThan(0);
    cache.dispose();
    expect(fork.attend([0], { heads: 1 })).toEqual(Float32Array.of(2));
  });
});
