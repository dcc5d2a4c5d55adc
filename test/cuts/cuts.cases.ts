// Cuts through both doors. Reference answers come from networkx and scipy (test/vectors/cuts/generate.py).
import type { CutsRoom, Graph } from 'sublinear/cuts';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { type EdgeArrays, graphOf, rawGraphCopy } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/cuts/cuts.json' with { type: 'json' };

const colourings = ['largestFirst', 'smallestLast', 'saturation'] as const;

type Question =
  | { ask: 'components' | 'blocks' | 'sides' | 'cores' | 'triangles' }
  | { ask: 'minimum' | 'tree' | 'matching' | 'cover' }
  | { ask: 'strong' }
  | { ask: 'colours'; order: 0 | 1 | 2 }
  | { ask: 'spanning'; maximum: boolean }
  | { ask: 'flow'; source: number; target: number };

type Answer = Record<string, number | string | Uint32Array | Float64Array | Uint32Array[]>;

interface Matrix {
  rows: number;
  columns: number;
  costs: number[];
  maximum?: boolean;
}

export interface CutsDoor {
  ask: (graph: EdgeArrays, ...questions: Question[]) => Answer[];
  assign: (matrix: Matrix) => Answer;
}

export const doors: RoomDoors<'cuts', CutsDoor> = {
  room: 'cuts',
  bundle: 'cuts',
  besides: ['network'],
  embind: embindDoor,
  raw: rawDoor,
};

/** Fields of fields, so that results of both doors have one shape. */
function flat(answer: object): Answer {
  const found: Answer = {};
  for (const [name, value] of Object.entries(answer)) {
    if (name === 'work' || value === undefined) continue;
    if (typeof value === 'boolean') found[name] = Number(value);
    else if (value?.constructor === Object) {
      for (const [inner, part] of Object.entries(value)) found[`${name}.${inner}`] = part as never;
    } else found[name] = value;
  }
  return found;
}

function embindDoor(room: CutsRoom): CutsDoor {
  function one(graph: Graph, question: Question): Answer {
    switch (question.ask) {
      case 'components':
        return flat(room.connectedComponents(graph));
      case 'strong':
        return flat(room.stronglyConnectedComponents(graph, { condensation: true }));
      case 'blocks':
        return flat(room.biconnectedComponents(graph));
      case 'sides':
        return flat(room.bipartition(graph));
      case 'cores':
        return flat(room.coreNumbers(graph));
      case 'triangles':
        return flat(room.triangles(graph));
      case 'colours':
        return flat(room.colouring(graph, { order: colourings[question.order] }));
      case 'spanning':
        return flat(room.spanningForest(graph, { maximum: question.maximum }));
      case 'flow': {
        const { source, target } = question;
        return flat(room.maxFlow(graph, { source, target }));
      }
      case 'minimum':
        return flat(room.minimumCut(graph));
      case 'tree':
        return flat(room.cutTree(graph));
      case 'matching':
        return flat(room.maximumMatching(graph));
      case 'cover':
        return flat(room.vertexCover(graph));
    }
  }
  return {
    ask(edges, ...questions) {
      using graph = graphOf(room.Graph, edges);
      return questions.map((question) => one(graph, question));
    },
    assign: ({ maximum = false, rows, columns: cols, costs }) =>
      flat(room.assignment({ rows, cols, costs }, { maximum })),
  };
}

/** Graphs are made in the other module, and come across as a host copies them. */
function rawDoor(module: RawModule, network?: RawModule): CutsDoor {
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
      do module.check(call.sl_abi_job_step!(job, 77, at));
      while (module.u32(at, 1)[0] === 9);
    });

  function put(cuts: number, question: number, options: number[], nodes: number[]): Float64Array {
    const given = new Float64Array(8);
    given.set(options);
    module.with([given, new Uint32Array(nodes)], (optionsAt, nodesAt) =>
      module.check(call.sl_abi_cuts_begin!(cuts, question, optionsAt!, nodesAt!, nodes.length)),
    );
    run(cuts);
    return out((at) => {
      module.check(call.sl_abi_cuts_read!(cuts, at));
      return module.f64(at, 16);
    });
  }

  function one(cuts: number, n: number, question: Question): Answer {
    const u32 = (at: number | undefined, length: number) => module.u32(at!, length);
    const f64 = (at: number | undefined, length: number) => module.f64(at!, length);
    const edges = (a: Float64Array, at: number, name = '') => ({
      [`${name}from`]: u32(a[at + 1], a[at]!),
      [`${name}to`]: u32(a[at + 2], a[at]!),
      [`${name}weights`]: f64(a[at + 3], a[at]!),
    });
    const side = (at: number | undefined) =>
      Uint32Array.from([...u32(at, n).entries()].flatMap(([node, mark]) => (mark ? [node] : [])));
    switch (question.ask) {
      case 'components': {
        const a = put(cuts, 0, [], []);
        return { count: a[2]!, labels: u32(a[3], n), sizes: u32(a[4], a[2]!) };
      }
      case 'strong': {
        const a = put(cuts, 1, [1], []);
        return {
          count: a[2]!,
          labels: u32(a[3], n),
          sizes: u32(a[4], a[2]!),
          'condensation.from': u32(a[6], a[5]!),
          'condensation.to': u32(a[7], a[5]!),
        };
      }
      case 'blocks': {
        const a = put(cuts, 2, [], []);
        const offsets = u32(a[3], a[2]! + 1);
        const nodes = u32(a[4], offsets[a[2]!]!);
        return {
          blocks: Array.from({ length: a[2]! }, (_, i) => nodes.slice(offsets[i], offsets[i + 1])),
          articulationPoints: u32(a[6], a[5]!),
          'bridges.from': u32(a[8], a[7]!),
          'bridges.to': u32(a[9], a[7]!),
          twoEdgeComponents: u32(a[11], n),
          twoEdgeCount: a[10]!,
        };
      }
      case 'sides': {
        const a = put(cuts, 3, [], []);
        if (a[2] === 0) return { bipartite: 1, sides: u32(a[4], n) };
        return { bipartite: 0, oddCycle: u32(a[3], a[2]!) };
      }
      case 'cores': {
        const a = put(cuts, 4, [], []);
        return { cores: u32(a[3], n), degeneracy: a[2]!, order: u32(a[4], n) };
      }
      case 'triangles': {
        const a = put(cuts, 5, [], []);
        return {
          total: a[2]!,
          counts: f64(a[3], n),
          scores: f64(a[4], n),
          averageClustering: a[5]!,
          transitivity: a[6]!,
        };
      }
      case 'colours': {
        const a = put(cuts, 6, [question.order], []);
        return { colours: u32(a[3], n), count: a[2]! };
      }
      case 'spanning': {
        const a = put(cuts, 7, [Number(question.maximum)], []);
        return { ...edges(a, 2), total: a[6]!, trees: a[7]! };
      }
      case 'flow': {
        const a = put(cuts, 8, [], [question.source, question.target]);
        return {
          value: a[2]!,
          errorBound: a[3]!,
          side: side(a[4]),
          ...edges(a, 5, 'flow.'),
          ...edges(a, 9, 'cut.'),
        };
      }
      case 'minimum': {
        const a = put(cuts, 9, [], []);
        return { value: a[2]!, errorBound: a[3]!, side: side(a[4]), ...edges(a, 5, 'cut.') };
      }
      case 'tree': {
        const a = put(cuts, 10, [], []);
        return { parents: u32(a[2], n), values: f64(a[3], n), errorBound: a[4]! };
      }
      case 'matching': {
        const a = put(cuts, 11, [], []);
        return {
          size: a[2]!,
          mates: u32(a[3], n),
          'proof.kind': a[4] ? 'cover' : 'barrier',
          'proof.nodes': u32(a[6], a[5]!),
        };
      }
      case 'cover': {
        const a = put(cuts, 12, [], []);
        return { nodes: u32(a[3], a[2]!), lowerBound: a[4]! };
      }
    }
  }

  return {
    ask(given, ...questions) {
      const graph = rawGraphCopy(network as RawModule, given, module);
      let cuts = 0;
      try {
        cuts = module.made(call.sl_abi_cuts_create!(graph));
        return questions.map((question) => one(cuts, given.nodeCount, question));
      } finally {
        if (cuts) module.check(call.sl_abi_cuts_destroy!(cuts));
        module.check(call.sl_abi_graph_destroy!(graph));
      }
    },
    assign({ rows, columns, costs, maximum = false }) {
      const made = module.with([new Float64Array(costs)], (at) =>
        module.made(call.sl_abi_assignment_create!(rows, columns, at!, Number(maximum))),
      );
      try {
        run(made);
        return out((at) => {
          module.check(call.sl_abi_assignment_read!(made, at));
          const a = module.f64(at, 8);
          return {
            columns: module.u32(a[4]!, rows),
            value: a[2]!,
            errorBound: a[3]!,
            rowPrices: module.f64(a[5]!, rows),
            columnPrices: module.f64(a[6]!, columns),
          };
        });
      } finally {
        module.check(call.sl_abi_assignment_destroy!(made));
      }
    },
  };
}

const list = (value: unknown) => Array.from(value as Uint32Array | Float64Array);

/** Sets of nodes by their labels, sorted as networkx's are written. */
function setsOf(labels: unknown): number[][] {
  const sets = new Map<number, number[]>();
  for (const [node, label] of list(labels).entries())
    sets.set(label, [...(sets.get(label) ?? []), node]);
  return sorted([...sets.values()]);
}
const sorted = (sets: number[][]) =>
  sets.sort((a, b) => {
    for (const [i, value] of a.entries()) {
      if (b[i] === undefined) return 1;
      if (value !== b[i]) return value - b[i]!;
    }
    return a.length - b.length;
  });

const closeTo = (found: unknown, expected: readonly number[]) => {
  for (const [i, value] of list(found).entries())
    expect(Math.abs(value - expected[i]!), `entry ${i}`).toBeLessThanOrEqual(1e-12);
};

interface Reference extends EdgeArrays {
  name: string;
  components: number[][];
  between: [number, number, number][];
  strong?: number[][];
  condensed?: number;
  blocks: number[][];
  points: number[];
  bridges: number[][];
  bipartite: boolean;
  cores: number[];
  triangles: number[];
  clustering: number[];
  average: number;
  transitivity: number;
  dsatur: number | null;
  least: number;
  largest: number;
  matching: number;
  minimum: number | null;
}

const undirected: Question[] = [
  { ask: 'components' },
  { ask: 'blocks' },
  { ask: 'sides' },
  { ask: 'cores' },
  { ask: 'triangles' },
  { ask: 'spanning', maximum: false },
  { ask: 'spanning', maximum: true },
  { ask: 'matching' },
  { ask: 'cover' },
  { ask: 'tree' },
];

/** The least value on the way between two nodes of a tree of cuts. */
function leastBetween(tree: Answer, u: number, v: number): number {
  const parents = tree.parents as Uint32Array;
  const values = tree.values as Float64Array;
  const above = (node: number) => {
    const path: number[] = [];
    for (let at = node; at !== 0xffff_ffff; at = parents[at]!) path.push(at);
    return path;
  };
  const [a, b] = [above(u), above(v)];
  const way = [...a.filter((node) => !b.includes(node)), ...b.filter((node) => !a.includes(node))];
  return Math.min(...way.map((node) => values[node]!));
}

const references = (vectors.cases as unknown as Reference[]).map(
  (reference): Case<CutsDoor> => ({
    name: `networkx: ${reference.name}`,
    run({ ask }) {
      const flows = reference.between.map(
        ([source, target]): Question => ({ ask: 'flow', source, target }),
      );
      if (reference.directed)
        return ask(reference, { ask: 'components' }, { ask: 'strong' }, ...flows);
      const more: Question[] = reference.nodeCount > 1 ? [{ ask: 'minimum' }] : [];
      return ask(reference, ...undirected, ...more, ...flows);
    },
    check(answers: Answer[]) {
      const flows = answers.slice(answers.length - reference.between.length);
      for (const [i, [, , value]] of reference.between.entries()) {
        expect(flows[i]!.value).toBe(value);
        expect(flows[i]!.errorBound).toBe(0);
      }
      expect(setsOf(answers[0]!.labels)).toEqual(reference.components);
      if (reference.directed) {
        expect(setsOf(answers[1]!.labels)).toEqual(reference.strong);
        expect(answers[1]!['condensation.from']).toHaveLength(reference.condensed!);
        return;
      }
      const [, blocks, sides, cores, triangles, least, largest, matching, cover, tree, minimum] =
        answers as [
          Answer,
          Answer,
          Answer,
          Answer,
          Answer,
          Answer,
          Answer,
          Answer,
          Answer,
          Answer,
          Answer,
        ];
      expect(sorted((blocks.blocks as Uint32Array[]).map(list))).toEqual(reference.blocks);
      expect(list(blocks.articulationPoints)).toEqual(reference.points);
      const to = list(blocks['bridges.to']);
      expect(list(blocks['bridges.from']).map((u, i) => [u, to[i]])).toEqual(reference.bridges);
      expect(sides.bipartite).toBe(Number(reference.bipartite));
      expect(list(cores.cores)).toEqual(reference.cores);
      expect(list(triangles.counts)).toEqual(reference.triangles);
      closeTo(triangles.scores, reference.clustering);
      closeTo([triangles.averageClustering as number], [reference.average]);
      closeTo([triangles.transitivity as number], [reference.transitivity]);
      expect(least.total).toBe(reference.least);
      expect(largest.total).toBe(reference.largest);
      expect(matching.size).toBe(reference.matching);
      expect((cover.nodes as Uint32Array).length).toBeLessThanOrEqual(
        2 * (cover.lowerBound as number),
      );
      for (const [u, v, value] of reference.between) expect(leastBetween(tree, u, v)).toBe(value);
      if (reference.minimum !== null) expect(minimum.value).toBe(reference.minimum);
    },
  }),
);

/** A graph of many edges with fractional or whole weights. */
function drawn(seed: number, n: number, whole: boolean, directed: boolean): EdgeArrays {
  const next = random(seed);
  const from = Array.from({ length: 3 * n }, () => Math.floor(next() * n));
  return {
    nodeCount: n,
    from,
    to: from.map((u) => (u + 1 + Math.floor(next() * (n - 1))) % n),
    weights: from.map(() => (whole ? 1 + Math.floor(next() * 100) : 0.1 + next())),
    directed,
  };
}

const many: Question[] = [
  { ask: 'flow', source: 0, target: 99 },
  { ask: 'flow', source: 40, target: 7 },
  { ask: 'strong' },
  { ask: 'sides' },
];
const manyUndirected: Question[] = [
  ...many,
  ...undirected,
  { ask: 'minimum' },
  ...([0, 1, 2] as const).map((order): Question => ({ ask: 'colours', order })),
];

const path = { nodeCount: 3, from: [0, 1], to: [1, 2], weights: [1, 2], directed: false };
const onlyUndirected = ['blocks', 'cores', 'triangles', 'minimum', 'tree', 'matching', 'cover'];
const refusals: [string, Question, EdgeArrays?][] = [
  ['a source that is no node', { ask: 'flow', source: 3, target: 0 }],
  ['a target that is no node', { ask: 'flow', source: 0, target: 3 }],
  ['a flow to its source', { ask: 'flow', source: 1, target: 1 }],
  ['colours with a loop', { ask: 'colours', order: 1 }, { ...path, to: [1, 1] }],
  [
    'a cut of one node',
    { ask: 'minimum' },
    { ...path, nodeCount: 1, from: [], to: [], weights: [] },
  ],
  [
    'capacities that overflow',
    { ask: 'flow', source: 0, target: 1 },
    { ...path, weights: [1e308, 1e308] },
  ],
  ['weights that overflow', { ask: 'minimum' }, { ...path, weights: [1e308, 1e308] }],
  ...onlyUndirected.map((ask): [string, Question, EdgeArrays] => [
    `${ask} of a directed graph`,
    { ask } as Question,
    { ...path, directed: true },
  ]),
];

export const cases: Case<CutsDoor>[] = [
  ...references,
  ...[true, false].flatMap((whole) =>
    [true, false].map((directed, i) => ({
      name: `the same bits: ${whole ? 'whole' : 'fractional'} weights, ${directed ? 'directed' : 'undirected'}`,
      run: ({ ask }: CutsDoor) =>
        ask(drawn(10 + i, 100, whole, directed), ...(directed ? many : manyUndirected)),
    })),
  ),
  ...refusals.map(
    ([name, question, edges = path]): Case<CutsDoor> => ({
      name: `refused: ${name}`,
      run: ({ ask }) => attempt(() => ask(edges, question)),
      check: (result: unknown) => expect(result).toHaveProperty('refused'),
    }),
  ),
  ...(vectors.assignments as (Matrix & { value: number })[]).map(
    ({ value, ...matrix }): Case<CutsDoor> => ({
      name: `scipy: ${matrix.rows} rows, ${matrix.columns} columns, the ${matrix.maximum ? 'largest' : 'least'} sum`,
      run: ({ assign }) => assign(matrix),
      check(found: Answer) {
        expect(found.value).toBe(value);
        expect(found.errorBound).toBe(0);
      },
    }),
  ),
  {
    name: 'an assignment that must use what must not be is refused, as are costs that are no numbers',
    run: ({ assign }) => [
      attempt(() => assign({ rows: 2, columns: 2, costs: [1, Infinity, 2, Infinity] })),
      attempt(() => assign({ rows: 2, columns: 2, costs: [1, Number.NaN, 2, 3] })),
      assign({ rows: 2, columns: 2, costs: [1, Infinity, 2, 3] }),
    ],
    check([impossible, wrong, found]: Answer[]) {
      expect(impossible).toMatchObject({ refused: 'UNSUPPORTED', argument: 'costs' });
      expect(wrong).toMatchObject({ refused: 'NOT_FINITE', argument: 'costs', at: 1 });
      expect(list(found!.columns)).toEqual([0, 1]);
    },
  },
  {
    name: 'capacities of every size: the bound says what rounding can do',
    run: ({ ask }) =>
      ask(
        {
          nodeCount: 4,
          from: [0, 1, 2, 0],
          to: [1, 2, 3, 3],
          weights: [1e300, 3e-300, 1e300, 2e-300],
        },
        { ask: 'flow', source: 0, target: 3 },
      ),
    check([found]: Answer[]) {
      expect(found!.value).toBe(3e-300 + 2e-300);
      expect(found!.errorBound).toBeLessThan(1e-314);
      expect(list(found!.side)).toEqual([0, 1]);
    },
  },
];
