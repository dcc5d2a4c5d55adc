// Mixtures of experts as TypeScript users meet them. What both doors share is in experts.cases.ts.
import type { Expert } from 'sublinear/gemm';
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors, floats } from './experts.cases.js';

describeCases(doors, cases);

describe('mixtures of experts', () => {
  const own = inRoom('gemm');
  const bad = (value: unknown) => value as never;
  const [tokens, inputs, inner, experts] = [30, 5, 7, 3];
  const values = Array.from({ length: experts }, (_, e) => ({
    up: floats(3 * e + 1, inputs * inner),
    gate: floats(3 * e + 2, inputs * inner),
    down: floats(3 * e + 3, inner * inputs),
  }));
  const x = floats(50, tokens * inputs);

  /** A network of one token in float64. */
  const network = (row: Float32Array, e: number, gated: boolean) => {
    const times = (v: number[], m: Float32Array, columns: number) =>
      Array.from({ length: columns }, (_, j) =>
        v.reduce((sum, value, i) => sum + value * m[i * columns + j]!, 0),
      );
    const { up, gate, down } = values[e]!;
    const v = Array.from(row);
    const gates = times(v, gate, inner);
    const hidden = times(v, up, inner).map((value, j) =>
      gated ? (value * gates[j]!) / (1 + Math.exp(-gates[j]!)) : Math.max(0, value),
    );
    return times(hidden, down, inputs);
  };

  test('is the weighted sum of the networks that see a token', async () => {
    const { DenseMatrix, routeTokens, mixtureOfExperts, mixtureOfExpertsAsync } = own.room;
    const make = (m: Float32Array, rows: number, columns: number) =>
      DenseMatrix.from(m, { rows, columns, packed: true });
    const matrices = values.map(({ up, gate, down }) => ({
      up: make(up, inputs, inner),
      gate: make(gate, inputs, inner),
      down: make(down, inner, inputs),
    }));
    try {
      const logits = floats(51, tokens * experts);
      const routing = routeTokens(logits, { experts, top: 2, capacity: 15 });
      expect(routing.dropped.length).toBeGreaterThan(0);
      for (const gated of [true, false]) {
        const all: Expert[] = matrices.map(({ up, gate, down }) =>
          gated ? { up, gate, down } : { up, down, activation: 'relu' },
        );
        const found = mixtureOfExperts(x, routing, all);
        expect(await mixtureOfExpertsAsync(x, routing, all)).toEqual(found);
        for (let t = 0; t < tokens; t++) {
          const wanted = new Array(inputs).fill(0);
          for (const at of [2 * t, 2 * t + 1]) {
            if (routing.dropped.includes(at)) continue;
            const row = x.subarray(t * inputs, (t + 1) * inputs);
            for (const [j, y] of network(row, routing.experts[at]!, gated).entries())
              wanted[j] += routing.weights[at]! * y;
          }
          for (const [j, y] of wanted.entries())
            expect(Math.abs(found[t * inputs + j]! - y)).toBeLessThan(1e-5 * (1 + Math.abs(y)));
        }
      }
      const none = routeTokens([], { experts, top: 1 });
      expect(mixtureOfExperts([], none, matrices)).toEqual(new Float32Array(0));
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      const options = { signal: stop.signal };
      await expect(mixtureOfExpertsAsync(x, routing, matrices, options)).rejects.toThrow('enough');
    } finally {
      for (const each of matrices) for (const matrix of Object.values(each)) matrix.dispose();
    }
  });

  test('names what is wrong', () => {
    const { DenseMatrix, routeTokens, dispatchTokens, combineTokens, mixtureOfExperts } = own.room;
    const of = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    using up = DenseMatrix.from([1, 2], { rows: 1, columns: 2 });
    using down = DenseMatrix.from([1, 2], { rows: 2, columns: 1 });
    const routing = routeTokens([0, 1, 1, 0], { experts: 2, top: 1 });
    const good = { up, down };
    expect([
      of(() => routeTokens([1, 2, 3], { experts: 2, top: 1 })),
      of(() => routeTokens([1], bad({ top: 1 }))),
      of(() => routeTokens([1], { experts: 1, top: 1, capacity: -1 })),
      of(() => dispatchTokens([1, 2, 3], routing)),
      of(() => dispatchTokens([1, 2], bad({ ...routing, order: [0] }))),
      of(() => dispatchTokens([1, 2], { ...routing, order: Uint32Array.of(2) })),
      of(() => dispatchTokens([1, 2], { ...routing, rows: Uint32Array.of(2) })),
      of(() => combineTokens([1, 2, 3], routing)),
      of(() => mixtureOfExperts([1, 2], routing, [good])),
      of(() => mixtureOfExperts([1, 2], routing, [good, { up, down: up }])),
      of(() => mixtureOfExperts([1, 2], routing, [good, { up: down, down: up }])),
      of(() => mixtureOfExperts([1, 2], routing, [good, bad({ up })])),
      of(() =>
        mixtureOfExperts([1, 2], routing, [good, { ...good, gate: up, activation: 'relu' }]),
      ),
      of(() =>
        mixtureOfExperts([1, 2], { ...routing, offsets: Uint32Array.of(0, 2, 1) }, [good, good]),
      ),
    ]).toEqual([
      'SHAPE logits',
      'TYPE experts',
      'RANGE capacity',
      'SHAPE x',
      'TYPE order',
      'RANGE order',
      'SHAPE rows',
      'SHAPE rows',
      'SHAPE experts',
      'SHAPE down',
      'SHAPE up',
      'TYPE down',
      'RANGE activation',
      'RANGE offsets',
    ]);
  });
});
