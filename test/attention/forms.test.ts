// Hyperbolic attention and masks of directed graphs as TypeScript users meet them. What both doors share is in
// forms.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './forms.cases.js';

describeCases(doors, cases);

const own = inRoom('attention');
const bad = (value: unknown) => value as never;
const of = (call: () => unknown) => {
  const { code, argument } = refusalOf(call);
  return `${code} ${argument}`;
};

describe('hyperbolic attention', () => {
  test('in slices the same, and can be aborted', async () => {
    const { hyperbolicAttention, hyperbolicAttentionAsync } = own.room;
    const x = Float32Array.from({ length: 700 * 16 }, (_, i) => Math.sin(i) / 5);
    const options = { heads: 1, size: 16, causal: true };
    const all = hyperbolicAttention(x, x, x, options);
    expect(await hyperbolicAttentionAsync(x, x, x, options)).toEqual(all);
    const stop = new AbortController();
    const running = hyperbolicAttentionAsync(x, x, x, {
      ...options,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
  });

  test('names what is wrong', () => {
    const { hyperbolicAttention } = own.room;
    const one = { heads: 1, size: 1 };
    const call = (options: object) =>
      of(() => hyperbolicAttention([0.1], [0.1], [0.1], bad({ ...one, ...options })));
    expect([
      call({ heads: undefined }),
      call({ model: 'klein' }),
      call({ beta: '1' }),
      call({ mask: [1] }),
      call({ mask: new Uint8Array(2) }),
      call({ window: 3 }),
      of(() => hyperbolicAttention([0.1], [0.1], [0.1, 0.1], one)),
    ]).toEqual([
      'TYPE heads',
      'RANGE model',
      'TYPE beta',
      'TYPE mask',
      'SHAPE mask',
      'TYPE window',
      'SHAPE values',
    ]);
  });
});

describe('masks of directed graphs', () => {
  test('of a Graph, and for attention', async () => {
    const { Graph } = await own.engine.use('graph');
    const { attention, dagMask } = own.room;
    using graph = Graph.fromEdges({ from: [0, 1], to: [2, 2], directed: true });
    const { mask } = dagMask(graph, { sees: 'ancestors' });
    const zero = new Float32Array(3);
    expect(attention(zero, zero, [1, 2, 6], { heads: 1, size: 1, mask })).toEqual(
      Float32Array.of(1, 2, 3),
    );
    using both = Graph.fromEdges({ from: [0], to: [1], directed: false });
    expect(of(() => dagMask(both, { sees: 'ancestors' }))).toBe('UNSUPPORTED graph');
  });

  test('gated by a minimum cut', async () => {
    const { Graph } = await own.engine.use('graph');
    const { minimumCut } = await own.engine.use('cuts');
    // Two triangles and the edge 2 -> 3 between them.
    const [from, to] = [
      [0, 0, 1, 2, 3, 3, 4],
      [1, 2, 2, 3, 4, 5, 5],
    ];
    using graph = Graph.fromEdges({ from, to, directed: false });
    const { side } = minimumCut(graph);
    const { mask } = own.room.dagMask({ nodeCount: 6, from, to }, { sees: 'cutGated', side });
    expect(Array.from(mask.slice(12, 18))).toEqual([1, 1, 1, 0, 0, 0]);
    expect(Array.from(mask.slice(30))).toEqual([0, 0, 1, 1, 1, 1]);
  });

  test('a cycle is named', () => {
    const { dagMask } = own.room;
    const ring = { nodeCount: 6, from: [0, 1, 4, 2, 4, 5], to: [1, 4, 2, 1, 5, 3] };
    const error = refusalOf(() => dagMask(ring, { sees: 'topological' }));
    expect([error.code, error.argument]).toEqual(['UNSUPPORTED', 'graph']);
    const named = /got (.*)$/.exec(error.message)?.[1]?.split(' -> ').map(Number) ?? [];
    expect([...named.slice(1)].sort()).toEqual([1, 2, 4]);
    for (const [i, node] of named.slice(0, -1).entries())
      expect(ring.from.some((s, e) => s === node && ring.to[e] === named[i + 1])).toBe(true);
    const loop = { nodeCount: 2, from: [1], to: [1] };
    expect(refusalOf(() => dagMask(loop, { sees: 'ancestors' })).message).toContain('1 -> 1');
    const long = Array.from({ length: 100 }, (_, i) => i);
    const circle = { nodeCount: 100, from: long, to: long.map((i) => (i + 1) % 100) };
    expect(refusalOf(() => dagMask(circle, { sees: 'ancestors' })).message).toMatch(/\.\.\.$/);
  });

  test('name what is wrong', () => {
    const { dagMask } = own.room;
    const good = { nodeCount: 2, from: [0], to: [1] };
    expect([
      of(() => dagMask(good, bad({}))),
      of(() => dagMask(good, bad({ sees: 'all' }))),
      of(() => dagMask(good, { sees: 'cutGated' })),
      of(() => dagMask(good, { sees: 'cutGated', side: [2] })),
      of(() => dagMask(good, { sees: 'ancestors', side: [0] })),
      of(() => dagMask(bad(null), { sees: 'ancestors' })),
      of(() => dagMask({ ...good, nodeCount: 0 }, { sees: 'ancestors' })),
      of(() => dagMask({ ...good, to: [1, 1] }, { sees: 'ancestors' })),
      of(() => dagMask({ ...good, weights: [1, 1] }, { sees: 'ancestors' })),
      of(() => dagMask({ ...good, from: [-1] }, { sees: 'ancestors' })),
    ]).toEqual([
      'TYPE sees',
      'RANGE sees',
      'TYPE side',
      'INDEX side',
      'OPTION side',
      'TYPE graph',
      'RANGE nodeCount',
      'SHAPE to',
      'SHAPE weights',
      'RANGE from',
    ]);
  });
});
