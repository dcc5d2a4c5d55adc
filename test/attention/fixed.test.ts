// The block in integers as TypeScript users meet it. What both doors share is in fixed.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import python from '../vectors/attention/fixed.json' with { type: 'json' };
import { cases, doors, drawn } from './fixed.cases.js';

describeCases(doors, cases);

describe('a block in integers', () => {
  const own = inRoom('attention');
  const bad = (value: unknown) => value as never;
  const { options, x } = drawn(python[2]!);

  test('in slices the same; what was given stays; an abort leaves it usable', async () => {
    using block = own.room.FixedBlock.create(options);
    const given = x.slice();
    const found = block.run(x);
    expect(x).toEqual(given);
    expect(await block.runAsync(x)).toEqual(found);
    const long = new Int32Array(1000 * 64).map((_, i) => (i * 7919) % 3001);
    const stop = new AbortController();
    const running = block.runAsync(long, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    expect(refusalOf(() => block.run(x)).code).toBe('BUSY');
    await expect(running).rejects.toThrow('enough');
    expect(block.run(x)).toEqual(found);
    expect(block.bytesUsed).toBeGreaterThan(4 * 64 * 64 + 2 * 64 * 128);
  });

  test('stands for the block in real numbers', () => {
    for (const model of python) {
      if (!('error' in model) || model.error === undefined) continue;
      const [error, change] = model.error as [number, number];
      expect(error / change).toBeLessThan(0.05);
    }
  });

  test('scales are the nearest ones', () => {
    const { FixedBlock } = own.room;
    for (const by of [2 ** -32, 1e-6, 1 / 3, 0.75, 1, 1.9999999999, 12345.678, 2 ** 30]) {
      const { multiplier, shift } = FixedBlock.scale(by);
      expect(Number.isInteger(multiplier) && multiplier < 2 ** 31 && shift <= 62).toBe(true);
      expect(Math.abs(multiplier / 2 ** shift / by - 1)).toBeLessThanOrEqual(2 ** -31);
    }
    for (const by of [0, -1, Number.NaN, 2 ** 31, 2 ** -40])
      expect(['RANGE', 'TYPE', 'NOT_FINITE']).toContain(refusalOf(() => FixedBlock.scale(by)).code);
  });

  test('names what is wrong', () => {
    const { FixedBlock } = own.room;
    const of = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    const { weights } = options;
    const change = (part: object) =>
      of(() =>
        FixedBlock.create({
          ...options,
          weights: { ...weights, up: { ...weights.up, ...part } as never },
        }),
      );
    using block = FixedBlock.create(options);
    expect([
      of(() => FixedBlock.create({ ...options, width: 0 })),
      of(() => FixedBlock.create({ ...options, scores: bad(1) })),
      of(() => FixedBlock.create({ ...options, causal: bad(1) })),
      of(() => FixedBlock.create({ ...options, weights: bad({ ...weights, norm: weights.up }) })),
      change({ values: [1] }),
      change({ values: Int8Array.of(1) }),
      change({ bias: Int32Array.of(1) }),
      change({ shift: 99 }),
      change({ multiplier: 1.5 }),
      of(() => block.run(Int32Array.of(1))),
      of(() => block.run(bad(new Float32Array(64)))),
    ]).toEqual([
      'RANGE width',
      'TYPE scores',
      'TYPE causal',
      'TYPE norm',
      'TYPE values',
      'SHAPE values',
      'SHAPE bias',
      'OPTION shift',
      'RANGE multiplier',
      'SHAPE x',
      'TYPE x',
    ]);
  });
});
