// Minimum cuts of graphs that change, and matchings of largest weight, through both doors. Reference answers come from
// networkx (test/vectors/cuts/generate-changes.py).
import type { CutsRoom } from 'sublinear/cuts';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { type EdgeArrays, graphOf, rawGraphCopy } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/cuts/changes.json' with { type: 'json' };

interface Followed {
  /** Of the graph as it was, and after each change. */
  values: Float64Array;
  /** The cut at the end. */
  value: number;
  side: Uint32Array;
  from: Uint32Array;
  to: Uint32Array;
  weights: Float64Array;
}

interface Matched {
  size: number;
  mates: Uint32Array;
  weight: number;
  errorBound: number;
  nodes: Float64Array;
  setOf: Uint32Array;
  around: Uint32Array;
  sets: Float64Array;
  barrier?: Uint32Array;
}

export interface ChangesDoor {
  follow: (graph: EdgeArrays, from: number[], to: number[], changes: number[]) => Followed;
  match: (graph: EdgeArrays, maximumCardinality: boolean) => Matched;
}

export const doors: RoomDoors<'cuts', ChangesDoor> = {
  room: 'cuts',
  table: 'cuts-changes',
  bundle: 'cuts',
  besides: ['network'],
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: CutsRoom): ChangesDoor {
  return {
    follow(edges, from, to, changes) {
      using graph = graphOf(room.Graph, edges);
      using kept = room.dynamicMinimumCut(graph);
      const first = kept.value;
      const { values } = kept.apply({ from, to, changes });
      const { value, side, cut } = kept.cut();
      return { values: Float64Array.of(first, ...values), value, side, ...cut };
    },
    match(edges, maximumCardinality) {
      using graph = graphOf(room.Graph, edges);
      const { work, prices, ...found } = room.weightedMatching(graph, { maximumCardinality });
      expect(work.edgeOperations).toBeGreaterThan(0);
      return { ...found, ...prices };
    },
  };
}

function rawDoor(module: RawModule, network?: RawModule): ChangesDoor {
  const { call } = module;
  const out = <T>(body: (at: number) => T): T => {
    const at = module.alloc(128);
    try {
      return body(at);
    } finally {
      call.sl_abi_free!(at);
    }
  };
  const run = (job: number) =>
    out((at) => {
      // Steps of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(job, 7, at));
      while (module.u32(at, 1)[0] === 9);
    });
  const numbers = (read: (at: number) => unknown, count: number) =>
    out((at) => {
      module.check(read(at) as number);
      return module.f64(at, count);
    });
  const withGraph = <T>(edges: EdgeArrays, body: (graph: number) => T): T => {
    const graph = rawGraphCopy(network as RawModule, edges, module);
    try {
      return body(graph);
    } finally {
      module.check(call.sl_abi_graph_destroy!(graph));
    }
  };
  return {
    follow(edges, from, to, changes) {
      const kept = withGraph(edges, (graph) => module.made(call.sl_abi_dynamic_cut_create!(graph)));
      try {
        module.check(call.sl_abi_dynamic_cut_begin!(kept, 0, 0, 0, 0));
        run(kept);
        const first = numbers((at) => call.sl_abi_dynamic_cut_read!(kept, at), 12)[2]!;
        const lists = [Uint32Array.from(from), Uint32Array.from(to), Float64Array.from(changes)];
        module.with(lists, (a, b, c) =>
          module.check(call.sl_abi_dynamic_cut_begin!(kept, from.length, a!, b!, c!)),
        );
        run(kept);
        const read = numbers((at) => call.sl_abi_dynamic_cut_read!(kept, at), 12);
        const values = Float64Array.of(first, ...module.f64(read[4]!, read[3]!));
        const a = numbers((at) => call.sl_abi_dynamic_cut_side!(kept, at), 12);
        const marks = module.u32(a[3]!, edges.nodeCount);
        return {
          values,
          value: a[2]!,
          side: Uint32Array.from([...marks.entries()].flatMap(([u, mark]) => (mark ? [u] : []))),
          from: module.u32(a[5]!, a[4]!),
          to: module.u32(a[6]!, a[4]!),
          weights: module.f64(a[7]!, a[4]!),
        };
      } finally {
        module.check(call.sl_abi_dynamic_cut_destroy!(kept));
      }
    },
    match: (edges, maximumCardinality) =>
      withGraph(edges, (graph) => {
        const cuts = module.made(call.sl_abi_cuts_create!(graph));
        try {
          const options = new Float64Array(8);
          options[0] = Number(maximumCardinality);
          module.with([options], (at) =>
            module.check(call.sl_abi_cuts_begin!(cuts, 13, at!, 0, 0)),
          );
          run(cuts);
          const a = numbers((at) => call.sl_abi_cuts_read!(cuts, at), 16);
          const n = edges.nodeCount;
          return {
            size: a[2]!,
            mates: module.u32(a[3]!, n),
            weight: a[4]!,
            errorBound: a[5]!,
            nodes: module.f64(a[6]!, n),
            setOf: module.u32(a[8]!, n),
            around: module.u32(a[9]!, a[7]!),
            sets: module.f64(a[10]!, a[7]!),
            ...(maximumCardinality && { barrier: module.u32(a[12]!, a[11]!) }),
          };
        } finally {
          module.check(call.sl_abi_cuts_destroy!(cuts));
        }
      }),
  };
}

const NONE = 0xffff_ffff;

/** By duality: the prices bound every matching, and this one reaches them. */
function provesItself(edges: EdgeArrays, found: Matched, full: boolean) {
  const around = (node: number) => {
    const sets: number[] = [];
    for (let at = found.setOf[node]!; at !== NONE; at = found.around[at]!) sets.push(at);
    return sets;
  };
  const sizes = new Uint32Array(found.sets.length);
  for (let node = 0; node < edges.nodeCount; node++) for (const set of around(node)) sizes[set]!++;
  let bound = found.nodes.reduce((sum, price) => sum + price, 0);
  for (const [set, price] of found.sets.entries()) {
    expect(price).toBeGreaterThanOrEqual(0);
    expect(sizes[set]! % 2).toBe(1);
    bound += (price * (sizes[set]! - 1)) / 2;
  }
  for (const [i, u] of edges.from.entries()) {
    const v = edges.to[i]!;
    const outer = around(v);
    const price = around(u)
      .filter((set) => outer.includes(set))
      .reduce((sum, set) => sum + found.sets[set]!, found.nodes[u]! + found.nodes[v]!);
    expect(price).toBeGreaterThanOrEqual(edges.weights?.[i] ?? 1);
  }
  const free = [...found.mates.entries()].filter(([, mate]) => mate === NONE);
  const least = Math.min(...found.nodes);
  for (const [node] of free) expect(found.nodes[node]).toBe(full ? least : 0);
  // All matchings of that size leave as many nodes free.
  expect(found.weight).toBe(bound - free.length * (full ? least : 0));
  if (!full) expect(least).toBeGreaterThanOrEqual(0);
}

interface Sequence extends EdgeArrays {
  name: string;
  changes: [number[], number[], number[]];
  values: number[];
}

interface Reference extends EdgeArrays {
  name: string;
  heaviest: number;
  full: number;
  size: number;
}

/** What is left of a graph after all changes. */
function weightsAfter({ from, to, weights, changes }: Sequence): Map<string, number> {
  const left = new Map<string, number>();
  const add = (u: number, v: number, weight: number) => {
    const key = `${Math.min(u, v)} ${Math.max(u, v)}`;
    left.set(key, (left.get(key) ?? 0) + weight);
  };
  for (const [i, u] of from.entries()) add(u, to[i]!, weights![i]!);
  for (const [i, u] of changes[0].entries()) add(u, changes[1][i]!, changes[2][i]!);
  return left;
}

const sequences = (vectors.sequences as unknown as Sequence[]).map(
  (sequence): Case<ChangesDoor> => ({
    name: `networkx: ${sequence.changes[0].length} changes, ${sequence.name}`,
    run: ({ follow }) => follow(sequence, ...sequence.changes),
    check(found: Followed) {
      expect(Array.from(found.values)).toEqual(sequence.values);
      expect(found.value).toBe(sequence.values.at(-1));
      const left = weightsAfter(sequence);
      const side = new Set(found.side);
      expect(side.size % sequence.nodeCount).toBeGreaterThan(0);
      let sum = 0;
      for (const [key, weight] of left) {
        const [u, v] = key.split(' ').map(Number) as [number, number];
        if (side.has(u) !== side.has(v)) sum += weight;
      }
      expect(sum).toBe(found.value);
      expect(found.weights.reduce((a, b) => a + b, 0)).toBe(found.value);
      for (const [i, u] of found.from.entries()) {
        expect(side.has(u) && !side.has(found.to[i]!)).toBe(true);
        const key = [u, found.to[i]!].sort((a, b) => a - b).join(' ');
        expect(left.get(key)).toBe(found.weights[i]);
      }
    },
  }),
);

const matchings = (vectors.matchings as unknown as Reference[]).flatMap((reference) =>
  [false, true].map(
    (full): Case<ChangesDoor> => ({
      name: `networkx: the heaviest ${full ? 'of the largest matchings' : 'matching'}, ${reference.name}`,
      run: ({ match }) => match(reference, full),
      check(found: Matched) {
        expect(found.weight).toBe(full ? reference.full : reference.heaviest);
        if (full) expect(found.size).toBe(reference.size);
        expect(found.errorBound).toBe(0);
        provesItself(reference, found, full);
      },
    }),
  ),
);

const triangle: EdgeArrays = {
  nodeCount: 3,
  from: [0, 1, 2],
  to: [1, 2, 0],
  weights: [1, 2, 3],
  directed: false,
};
const refusals: [string, EdgeArrays, [number[], number[], number[]]][] = [
  ['a directed graph', { ...triangle, directed: true }, [[], [], []]],
  ['one node', { ...triangle, nodeCount: 1, from: [], to: [], weights: [] }, [[], [], []]],
  ['weights that are not whole', { ...triangle, weights: [1, 0.5, 1] }, [[], [], []]],
  ['weights beyond 2^53', { ...triangle, weights: [2 ** 52, 2 ** 52, 1] }, [[], [], []]],
  ['a node that is not there', triangle, [[0], [3], [1]]],
  ['a loop', triangle, [[1], [1], [1]]],
  ['half a weight', triangle, [[0], [1], [0.5]]],
  ['no change', triangle, [[0], [1], [0]]],
  ['no number', triangle, [[0], [1], [Number.NaN]]],
  [
    'more taken away than there is',
    triangle,
    [
      [0, 1],
      [1, 2],
      [1, -3],
    ],
  ],
  ['a sum beyond 2^53', triangle, [[0], [1], [2 ** 53 - 4]]],
];

/** Fractional weights, so that the two doors have to round alike. */
function fractional(seed: number, n: number): EdgeArrays {
  const next = random(seed);
  const from = Array.from({ length: 3 * n }, () => Math.floor(next() * n));
  return {
    nodeCount: n,
    from,
    to: from.map((u) => (u + 1 + Math.floor(next() * (n - 1))) % n),
    weights: from.map(() => 0.1 + next()),
    directed: false,
  };
}

export const cases: Case<ChangesDoor>[] = [
  ...sequences,
  ...matchings,
  ...[false, true].map(
    (full): Case<ChangesDoor> => ({
      name: `the same bits: a matching of fractional weights${full ? ', as many edges as can be' : ''}`,
      run: ({ match }) => match(fractional(5, 80), full),
      check: (found: Matched) => expect(found.errorBound).toBeLessThan(1e-10),
    }),
  ),
  ...refusals.map(
    ([name, graph, changes]): Case<ChangesDoor> => ({
      name: `refused: ${name}`,
      run: ({ follow }) => attempt(() => follow(graph, ...changes)),
      check: (result: unknown) => expect(result).toHaveProperty('refused'),
    }),
  ),
  {
    name: 'refused: a weighted matching of a directed graph',
    run: ({ match }) => attempt(() => match({ ...triangle, directed: true }, false)),
    check: (result: unknown) => expect(result).toMatchObject({ refused: 'UNSUPPORTED' }),
  },
];
