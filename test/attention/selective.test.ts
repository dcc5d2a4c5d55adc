// Selective scans as TypeScript users meet them. What both doors share is in selective.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors, floats } from './selective.cases.js';

describeCases(doors, cases);

describe('selective scans', () => {
  const own = inRoom('attention');
  const bad = (value: unknown) => value as never;

  test('go on from where an abort or a fork left them', async () => {
    const { SelectiveScan } = own.room;
    const [tokens, channels, states] = [600, 64, 16];
    const a = floats(1, channels * states).map((x) => -Math.abs(x));
    const x = floats(2, tokens * channels);
    const [b, c] = [floats(3, tokens * states), floats(4, tokens * states)];
    const inputs = { delta: x.map(Math.abs), b, c };
    using scan = SelectiveScan.create({ channels, states, a });
    using fork = scan.fork();
    const all = fork.run(x, inputs);
    const stop = new AbortController();
    const running = scan.runAsync(x, {
      ...inputs,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    expect(refusalOf(() => scan.reset()).code).toBe('BUSY');
    await expect(running).rejects.toThrow('enough');
    const done = scan.length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(tokens);
    const rest = (y: Float32Array, each: number) => y.subarray(done * each);
    const last = await scan.runAsync(rest(x, channels), {
      delta: rest(inputs.delta, channels),
      b: rest(b, states),
      c: rest(c, states),
    });
    expect(last).toEqual(all.subarray(done * channels));
    expect(scan.state()).toEqual(fork.state());
    expect(scan.bytesUsed).toBe(fork.bytesUsed);
    expect(scan.reset().length).toBe(0);
  });

  test('name what is wrong', () => {
    const { SelectiveScan } = own.room;
    const of = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    const shape = { channels: 2, states: 1, a: [-1, -1] };
    using scan = SelectiveScan.create(shape);
    const good = { delta: [1, 1], b: [1], c: [1] };
    expect([
      of(() => SelectiveScan.create(bad({ states: 1, a: [] }))),
      of(() => SelectiveScan.create({ ...shape, a: [1] })),
      of(() => SelectiveScan.create({ ...shape, d: [1] })),
      of(() => SelectiveScan.create({ ...shape, deltaBias: [1] })),
      of(() => SelectiveScan.create({ ...shape, softplus: bad(1) })),
      of(() => SelectiveScan.create({ ...shape, batch: 2 ** 31 })),
      of(() => scan.run([1], good)),
      of(() => scan.run([1, 1], { ...good, delta: [1] })),
      of(() => scan.run([1, 1], { ...good, b: [1, 1], c: [1, 1] })),
      of(() => scan.run([1, 1], { ...good, c: [1, 1] })),
      of(() => scan.run([1, 1], { ...good, z: [1] })),
      of(() => scan.run([1, 1], bad({ ...good, gate: [1] }))),
      of(() => scan.setState([1])),
    ]).toEqual([
      'TYPE channels',
      'SHAPE a',
      'SHAPE d',
      'SHAPE deltaBias',
      'TYPE softplus',
      'OVERFLOW channels',
      'SHAPE delta',
      'SHAPE delta',
      'SHAPE b',
      'SHAPE c',
      'SHAPE z',
      'TYPE gate',
      'SHAPE state',
    ]);
    expect(scan.length).toBe(0);
  });
});
