// Sparse feed-forward layers as TypeScript users meet them. What both doors share is in sparse.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors, floats, layer, tokens } from './sparse.cases.js';

describeCases(doors, cases);

describe('sparse feed-forward layers', () => {
  const own = inRoom('gemm');
  const bad = (value: unknown) => value as never;

  test('in slices the same; an abort leaves the layer usable', async () => {
    using sparse = own.room.SparseFeedForward.create(layer(0.1));
    const found = sparse.run(tokens, { top: 6 });
    expect(await sparse.runAsync(tokens, { top: 6 })).toEqual(found);
    const long = floats(1, 12 * 20_000);
    const stop = new AbortController();
    const running = sparse.runAsync(long, {
      top: 20,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    expect(refusalOf(() => sparse.run(tokens, { top: 6 })).code).toBe('BUSY');
    await expect(running).rejects.toThrow('enough');
    expect(sparse.run(tokens, { top: 6 })).toEqual(found);
    expect(sparse.bytesUsed).toBeGreaterThan(4 * 40 * (12 + 7));
  });

  test('name what is wrong', () => {
    const { SparseFeedForward } = own.room;
    const of = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    const good = { width: 1, inner: 2, up: [1, 2], down: [1, 1], reduce: [1], expand: [1, 2] };
    using sparse = SparseFeedForward.create(good);
    expect([
      of(() => SparseFeedForward.create({ ...good, width: 0 })),
      of(() => SparseFeedForward.create(bad({ ...good, up: undefined }))),
      of(() => SparseFeedForward.create({ ...good, down: [1, 1, 1] })),
      of(() => SparseFeedForward.create({ ...good, bias: [1] })),
      of(() => SparseFeedForward.create({ ...good, reduce: [] })),
      of(() => SparseFeedForward.create(bad({ ...good, rank: 1 }))),
      of(() => sparse.run([1], bad({}))),
      of(() => sparse.run([1], { top: 0 })),
    ]).toEqual([
      'RANGE width',
      'TYPE up',
      'SHAPE down',
      'SHAPE bias',
      'SHAPE reduce',
      'TYPE rank',
      'TYPE top',
      'RANGE top',
    ]);
  });
});
