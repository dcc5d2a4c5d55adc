// One table of cases for hyperbolic attention and masks of directed graphs through both doors.
import type {
  AttentionRoom,
  DagMaskOptions,
  HyperbolicAttentionOptions,
} from 'sublinear/attention';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import numpy from '../vectors/attention/hyperbolic.json' with { type: 'json' };

type Sees = DagMaskOptions['sees'];
interface Edges {
  nodeCount: number;
  from: number[];
  to: number[];
  weights?: number[];
}
interface Mask {
  mask: number[];
  order: number[];
  longest: number[];
}

interface FormsDoor {
  hyperbolic: (
    given: readonly (readonly number[])[],
    options: HyperbolicAttentionOptions,
  ) => number[];
  dag: (edges: Edges, sees: Sees, side?: number[]) => Mask;
}

export const doors: RoomDoors<'attention', FormsDoor> = {
  room: 'attention',
  bundle: 'neural',
  table: 'attention-forms',
  embind: ({ hyperbolicAttention, dagMask }: AttentionRoom) => ({
    hyperbolic: ([q, k, v], options) => Array.from(hyperbolicAttention(q!, k!, v!, options)),
    dag(edges, sees, side) {
      const { mask, order, longest } = dagMask(edges, { sees, ...(side && { side }) });
      return { mask: Array.from(mask), order: Array.from(order), longest: Array.from(longest) };
    },
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): FormsDoor {
  const { call } = module;
  return {
    hyperbolic([q, k, v], options) {
      const { heads, kvHeads = heads, size, batch = 1, causal = false, mask } = options;
      const { model = 'poincare', beta = 1, curvature = 1 } = options;
      const [tokens, keys] = [
        q!.length / (batch * heads * size),
        k!.length / (batch * kvHeads * size),
      ];
      const numbers = Float64Array.of(
        ...[batch, tokens, keys, heads, kvHeads, size, Number(causal), Number(model === 'lorentz')],
        ...[beta, curvature, mask === undefined ? 0 : mask.length > tokens * keys ? 2 : 1],
      );
      const arrays = [q, k, v].map((x) => Float32Array.from(x!));
      const attention = module.made(call.sl_abi_hyperbolic_create!());
      try {
        return module.with(
          [
            numbers,
            ...arrays,
            mask ?? new Uint8Array(0),
            new Float32Array(q!.length),
            new Uint32Array(1),
          ],
          (asked, pq, pk, pv, pm, out, outcome) => {
            module.check(
              call.sl_abi_hyperbolic_begin!(attention, asked!, pq!, pk!, pv!, pm!, out!),
            );
            do module.check(call.sl_abi_job_step!(attention, 1, outcome!));
            while (module.u32(outcome!, 1)[0] === 9);
            return Array.from(module.f32(out!, q!.length));
          },
        );
      } finally {
        module.check(call.sl_abi_hyperbolic_destroy!(attention));
      }
    },
    dag({ nodeCount: nodes, from, to, weights }, sees, side = []) {
      const sight = ['ancestors', 'topological', 'criticalPath', 'cutGated'].indexOf(sees);
      const u32 = (x: number[]) => Uint32Array.from(x);
      return module.with(
        [
          u32([nodes, from.length, sight, Number(weights !== undefined), side.length]),
          ...[u32(from), u32(to), Float64Array.from(weights ?? []), u32(side)],
          ...[
            new Uint8Array(nodes > 2 ** 15 ? 0 : nodes * nodes),
            new Uint32Array(nodes),
            new Float64Array(nodes),
          ],
          new Uint32Array(1),
        ],
        (...at) => {
          module.check(call.sl_abi_dag_mask!(...at));
          const view = module.view();
          return {
            mask: Array.from({ length: nodes * nodes }, (_, i) => view.getUint8(at[5]! + i)),
            order: Array.from(module.u32(at[6]!, nodes)),
            longest: Array.from(module.f64(at[7]!, nodes)),
          };
        },
      );
    },
  };
}

/** A random graph whose edges go from smaller to larger numbers of a random order. */
function randomDag(seed: number, nodes: number, count: number): Edges {
  const next = random(seed);
  const names = Array.from({ length: nodes }, (_, i) => i);
  for (let i = nodes - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [names[i], names[j]] = [names[j]!, names[i]!];
  }
  const edges: Edges = { nodeCount: nodes, from: [], to: [], weights: [] };
  while (edges.from.length < count) {
    const [a, b] = [Math.floor(next() * nodes), Math.floor(next() * nodes)];
    if (a >= b) continue;
    edges.from.push(names[a]!);
    edges.to.push(names[b]!);
    edges.weights?.push(Math.floor(next() * 5));
  }
  return edges;
}

const graph = randomDag(3, 40, 90);
const half = graph.from.slice(0, 12);
const into = (node: number) =>
  graph.from.flatMap((source, e) =>
    graph.to[e] === node ? [{ source, length: graph.weights![e]! }] : [],
  );
const row = ({ mask }: Mask, node: number) => mask.slice(node * 40, (node + 1) * 40);

export const cases: Case<FormsDoor>[] = [
  ...numpy.map(
    ({ name, options, given, out }): Case<FormsDoor> => ({
      name: `hyperbolic, numpy in Klein's coordinates: ${name}`,
      run: ({ hyperbolic }) => hyperbolic(given, options as HyperbolicAttentionOptions),
      check(found: number[]) {
        expect(found.length).toBe(out.length);
        for (const [i, x] of out.entries())
          expect(Math.abs(found[i]! - x)).toBeLessThan(3e-6 * (1 + Math.abs(x)));
      },
    }),
  ),
  {
    name: 'hyperbolic: a mask, nothing seen, points at the boundary, no tokens',
    run: ({ hyperbolic }) => {
      const edge = 1 - 2 ** -24;
      const points = [
        [0, 0.1],
        [0.5, -0.5],
        [0.25, 0.75],
      ];
      const one = { heads: 1, size: 1 };
      return [
        hyperbolic(points, { ...one, mask: Uint8Array.of(0, 1, 0, 0) }),
        hyperbolic([[edge], [edge], [edge]], one),
        hyperbolic([[-edge], [edge, -edge], [edge, -edge]], one),
        hyperbolic([[], [], []], one),
        hyperbolic([[0, 0.5], [0.25], [0.75]], one),
        hyperbolic([[0, 0.5], [], []], one),
        hyperbolic(
          [
            [1, 0],
            [1, 0],
            [1, 0],
          ],
          { heads: 1, size: 2, model: 'lorentz', mask: Uint8Array.of(0) },
        ),
      ];
    },
    check([masked, edge, far, none, more, nothing, origin]: number[][]) {
      expect(masked).toEqual([0.75, 0]);
      expect(edge![0]).toBeCloseTo(1, 6);
      expect(Math.abs(edge![0]!)).toBeLessThan(1);
      expect(Math.abs(far![0]!)).toBeLessThan(1);
      expect(none).toEqual([]);
      expect(more).toEqual([0.75, 0.75]);
      expect(nothing).toEqual([0, 0]);
      expect(origin).toEqual([1, 0]);
    },
  },
  {
    name: 'hyperbolic: refuses by name',
    run: ({ hyperbolic }) => {
      const x = [[0.1], [0.1], [0.1]];
      const one = { heads: 1, size: 1 };
      const call = (given: number[][], options: object) =>
        attempt(() => hyperbolic(given, { ...one, ...options }));
      return [
        call([[0.1], [1], [0.1]], {}),
        call(
          [
            [0.1, 1.5],
            [0.1, 0.1],
            [0.1, 0.1],
          ],
          {},
        ),
        call([[0.1], [0.1], [Number.NaN]], {}),
        call(x, { beta: 0 }),
        call(x, { curvature: -1 }),
        call(x, { model: 'lorentz' }),
        call(
          [
            [1, 1],
            [1, 0],
            [1, 0],
          ],
          { model: 'lorentz', size: 2 },
        ),
        call([[0.1, 0.1], [0.1], [0.1]], { causal: true }),
      ];
    },
    check: (found: unknown[]) =>
      expect(found).toEqual([
        { refused: 'RANGE', argument: 'keys', at: 0 },
        { refused: 'RANGE', argument: 'queries', at: 1 },
        { refused: 'NOT_FINITE', argument: 'values', at: 0 },
        ...['beta', 'curvature', 'size'].map((argument) => ({
          refused: 'OPTION',
          argument,
          at: -1,
        })),
        { refused: 'RANGE', argument: 'queries', at: 0 },
        { refused: 'RANGE', argument: 'queries', at: -1 },
      ]),
  },
  {
    name: 'ancestors: every node from which a path leads',
    run: ({ dag }) => dag(graph, 'ancestors'),
    check(found: Mask) {
      for (let node = 0; node < 40; node++) {
        const reached = new Set([node]);
        for (const each of reached) for (const { source } of into(each)) reached.add(source);
        expect(row(found, node).flatMap((x, j) => (x === 1 ? [j] : []))).toEqual(
          [...reached].sort((a, b) => a - b),
        );
      }
    },
  },
  {
    name: 'topological: nodes that are not later, the smallest possible first',
    run: ({ dag }) => dag(graph, 'topological'),
    check(found: Mask) {
      const place = new Map(found.order.map((node, i) => [node, i]));
      const done = new Set<number>();
      for (const node of found.order) {
        const possible = Array.from({ length: 40 }, (_, i) => i).filter(
          (i) => !done.has(i) && into(i).every(({ source }) => done.has(source)),
        );
        expect(node).toBe(possible[0]);
        done.add(node);
        expect(row(found, node)).toEqual(
          Array.from({ length: 40 }, (_, j) => Number(place.get(j)! <= place.get(node)!)),
        );
      }
    },
  },
  {
    name: 'critical path: a path of the greatest length ends in each node',
    run: ({ dag }) => dag(graph, 'criticalPath'),
    check(found: Mask) {
      const longest = new Map<number, number>();
      for (const node of found.order) {
        const all = into(node).map(({ source, length }) => longest.get(source)! + length);
        longest.set(node, Math.max(0, ...all));
        expect(found.longest[node]).toBe(longest.get(node));
        const seen = found.order.filter((j) => row(found, node)[j] === 1);
        expect(seen.at(-1)).toBe(node);
        let length = 0;
        for (const [i, j] of seen.entries()) {
          if (i === 0) continue;
          const edges = into(j).filter(({ source }) => source === seen[i - 1]);
          expect(edges.length).toBeGreaterThan(0);
          length += Math.max(...edges.map((edge) => edge.length));
        }
        expect(length).toBe(longest.get(node));
      }
    },
  },
  {
    name: 'cut: ancestors, of those beyond it the ones that an edge leads from across it',
    run: ({ dag }) =>
      [half, [], half.concat(half)]
        .map((side) => dag(graph, 'cutGated', side))
        .concat(dag(graph, 'ancestors')),
    check(found: Mask[]) {
      const [gated, open, twice, all] = found as [Mask, Mask, Mask, Mask];
      const gates = new Set(
        graph.from.filter((node, e) => half.includes(node) !== half.includes(graph.to[e]!)),
      );
      let hidden = 0;
      for (let node = 0; node < 40; node++) {
        const wanted = row(all, node).map((x, j) =>
          half.includes(node) === half.includes(j) || gates.has(j) ? x : 0,
        );
        expect(row(gated, node)).toEqual(wanted);
        hidden += row(all, node).filter((x, j) => x !== wanted[j]).length;
      }
      expect(hidden).toBeGreaterThan(5);
      expect(open).toEqual(all);
      expect(twice).toEqual(gated);
    },
  },
  {
    name: 'no edges, one node, edges that are there twice; what is refused',
    run: ({ dag }) => [
      dag({ nodeCount: 2, from: [], to: [] }, 'ancestors'),
      dag({ nodeCount: 1, from: [], to: [] }, 'criticalPath'),
      dag({ nodeCount: 2, from: [1, 1], to: [0, 0] }, 'criticalPath'),
      attempt(() => dag({ nodeCount: 2, from: [0], to: [2] }, 'ancestors')),
      attempt(() => dag({ nodeCount: 2, from: [0], to: [1], weights: [-1] }, 'ancestors')),
      attempt(() => dag({ nodeCount: 2, from: [0], to: [1], weights: [1 / 0] }, 'ancestors')),
      attempt(() => dag({ nodeCount: 2, from: [0], to: [1] }, 'cutGated', [1, 2])),
      attempt(() => dag({ nodeCount: 2, from: [0], to: [1] }, 'ancestors', [1])),
      attempt(() => dag({ nodeCount: 40_000, from: [], to: [] }, 'ancestors')),
    ],
    check: (found: unknown[]) =>
      expect(found).toEqual([
        { mask: [1, 0, 0, 1], order: [0, 1], longest: [0, 0] },
        { mask: [1], order: [0], longest: [0] },
        { mask: [1, 1, 0, 1], order: [1, 0], longest: [1, 0] },
        { refused: 'INDEX', argument: 'to', at: 0 },
        { refused: 'RANGE', argument: 'weights', at: 0 },
        { refused: 'NOT_FINITE', argument: 'weights', at: 0 },
        { refused: 'INDEX', argument: 'side', at: 1 },
        { refused: 'OPTION', argument: 'side', at: -1 },
        { refused: 'OPTION', argument: 'nodeCount', at: -1 },
      ]),
  },
];
