// Paths through both doors. Reference answers come from networkx (test/vectors/paths/generate.py).
import type { PathsRoom } from 'sublinear/paths';
import { expect } from 'vitest';
import type { Edges } from '../diffusion/diffusion.cases.js';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { graphOf } from '../support/graphs.js';
import { RawModule } from '../support/raw.js';
import vectors from '../vectors/paths/paths.json' with { type: 'json' };

type Question =
  | { tree: number[]; limit?: number; reverse?: boolean }
  | { levels: number[]; limit?: number; reverse?: boolean }
  | { route: [number, number] }
  | { landmarks: number }
  | { simple: [number, number]; k: number }
  | { order: true }
  | { critical: true; durations?: number[] }
  | { all: true }
  | { extent: true }
  | { closeness: 'closeness' | 'harmonic'; reverse?: boolean; nodes?: number[] }
  | { betweenness: true }
  | { sampled: number; confidence: number; seed: number }
  | { hierarchy: [number, number]; sources: number[]; targets: number[] };

type Answer = Record<string, number | Float64Array | Uint32Array | number[] | Uint32Array[]>;

export interface PathsDoor {
  ask: (graph: Edges, ...questions: Question[]) => Answer[];
  signed: (
    edges: { from: number[]; to: number[]; lengths: number[]; nodeCount: number },
    source?: number,
  ) => Answer;
}

export const doors: RoomDoors<'paths', PathsDoor> = {
  room: 'paths',
  bundle: 'paths',
  besides: ['network'],
  embind: embindDoor,
  raw: rawDoor,
};

const plain = (answer: object): Answer => {
  const { work, outcome, ...rest } = answer as Record<string, unknown>;
  return rest as Answer;
};

function embindDoor(room: PathsRoom): PathsDoor {
  return {
    ask(edges, ...questions) {
      using graph = graphOf(room.Graph, edges);
      return questions.map((question): Answer => {
        if ('tree' in question) {
          const { tree: source, limit: maxDistance = Infinity, reverse = false } = question;
          return plain(room.shortestPaths(graph, { source, maxDistance, reverse }));
        }
        if ('levels' in question) {
          const { levels: source, limit, reverse = false } = question;
          const depth = limit === undefined ? {} : { maxDepth: limit };
          return plain(room.breadthFirst(graph, { source, reverse, ...depth }));
        }
        if ('route' in question) {
          const [source, target] = question.route;
          const { length, nodes } = room.shortestPath(graph, { source, target });
          return { length, nodes };
        }
        if ('landmarks' in question) return plain(room.prepareRoutes(graph, question));
        if ('simple' in question) {
          const [source, target] = question.simple;
          const { paths } = room.shortestSimplePaths(graph, { source, target, k: question.k });
          return {
            lengths: paths.map(({ length }) => length),
            paths: paths.map(({ nodes }) => nodes),
          };
        }
        if ('order' in question) {
          const { order, cycle } = room.topologicalOrder(graph);
          return order ? { order } : { cycle };
        }
        if ('critical' in question) {
          const { durations } = question;
          return plain(room.criticalPath(graph, durations ? { durations } : {}));
        }
        if ('all' in question) return { distances: room.allDistances(graph).distances };
        if ('extent' in question) {
          const found = room.eccentricities(graph);
          const { diameter, radius, centre, eccentricities, connected } = found;
          return { diameter, radius, centre, eccentricities, connected: Number(connected) };
        }
        if ('closeness' in question) {
          const { closeness: kind, nodes, reverse } = question;
          const direction = reverse ? ('out' as const) : ('in' as const);
          const given = { kind, direction, ...(nodes && { nodes }) };
          return { scores: room.closeness(graph, given).scores };
        }
        if ('betweenness' in question) return { scores: room.betweenness(graph).scores };
        if ('hierarchy' in question) {
          const { hierarchy, sources, targets } = question;
          using made = room.buildHierarchy(graph);
          const { length, nodes, settledNodes } = made.route(...hierarchy);
          const { distances } = made.distances(sources, targets);
          const { shortcuts, coreNodes } = made;
          return { length, nodes, settledNodes, distances, shortcuts, coreNodes };
        }
        const { sampled: epsilon, confidence, seed } = question;
        const found = room.betweennessSampled(graph, { epsilon, confidence, seed });
        return { scores: found.scores, halfWidth: found.halfWidth, samples: found.samples };
      });
    },
    signed(edges, source) {
      const { distances, predecessors, negativeCycle } = room.bellmanFord(
        edges,
        source === undefined ? {} : { source },
      );
      return {
        distances,
        predecessors,
        cycle: negativeCycle?.edges ?? new Uint32Array(0),
        length: negativeCycle?.length ?? 0,
      };
    },
  };
}

/** Graphs are made in the other module, and come across as a host copies them. */
function rawDoor(module: RawModule, network?: RawModule): PathsDoor {
  const { call } = module;

  function makeGraph({ nodeCount, from, to, weights, directed }: Edges): number {
    const home = network as RawModule;
    const arrays = [new Uint32Array(from), new Uint32Array(to), new Float64Array(weights ?? [])];
    const graph = home.with(arrays, (fromAt, toAt, weightsAt) =>
      home.made(
        home.call.sl_abi_graph_from_edges!(
          nodeCount,
          from.length,
          fromAt!,
          toAt!,
          weights ? weightsAt! : 0,
          weights ? 2 : 0,
          directed === false ? 0 : 1,
        ),
      ),
    );
    const copy = RawModule.copy('graph', home, graph, module);
    home.check(home.call.sl_abi_graph_destroy!(graph));
    return copy;
  }

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

  /** Asks, and gives the numbers of the answer to `read` while its arrays are there. */
  function put(
    paths: number,
    question: number,
    options: number[],
    nodes: number[],
    read: (numbers: Float64Array) => Answer,
  ): Answer {
    const given = new Float64Array(8);
    given.set(options);
    module.with([given, new Uint32Array(nodes)], (optionsAt, nodesAt) =>
      module.check(call.sl_abi_paths_begin!(paths, question, optionsAt!, nodesAt!, nodes.length)),
    );
    run(paths);
    const answer = out((at) => {
      module.check(call.sl_abi_paths_read!(paths, at));
      return read(module.f64(at, 16));
    });
    module.check(call.sl_abi_paths_clear!(paths));
    return answer;
  }

  function one(paths: number, graph: number, n: number, question: Question): Answer {
    const { f64, u32 } = {
      f64: (at: number | undefined, length: number) => module.f64(at!, length),
      u32: (at: number | undefined, length: number) => module.u32(at!, length),
    };
    if ('tree' in question || 'levels' in question) {
      const { limit = Infinity, reverse = false } = question;
      const weighted = Number('tree' in question);
      const nodes = 'tree' in question ? question.tree : question.levels;
      return put(paths, 0, [weighted, Number(reverse), limit, weighted], nodes, (a) => ({
        ...(weighted ? { distances: f64(a[3], n) } : { levels: u32(a[3], n) }),
        predecessors: u32(a[4], n),
        sources: u32(a[5], n),
        reached: a[2]!,
      }));
    }
    if ('route' in question)
      return put(paths, 1, [1], question.route, (a) => ({
        length: a[2]!,
        nodes: u32(a[4], a[3]!),
      }));
    if ('landmarks' in question)
      return put(paths, 2, [1, question.landmarks], [], (a) => ({ landmarks: a[2]! }));
    if ('simple' in question)
      return put(paths, 3, [1, question.k], question.simple, (a) => {
        const offsets = u32(a[4], a[2]! + 1);
        const nodes = u32(a[5], offsets[a[2]!]!);
        const lengths = Array.from(f64(a[3], a[2]!));
        return { lengths, paths: lengths.map((_, i) => nodes.slice(offsets[i], offsets[i + 1])) };
      });
    if ('order' in question)
      return put(
        paths,
        4,
        [],
        [],
        (a): Answer => (a[4] === 0 ? { order: u32(a[3], n) } : { cycle: u32(a[5], a[4]!) }),
      );
    if ('critical' in question) {
      const { durations } = question;
      return module.with([new Float64Array(durations ?? [])], (at) =>
        put(paths, 5, [1, durations ? at! : 0, durations ? 0 : 1], [], (a) => ({
          length: a[2]!,
          nodes: u32(a[4], a[3]!),
          earliest: f64(a[5], n),
          latest: f64(a[6], n),
          slack: f64(a[7], n),
        })),
      );
    }
    if ('all' in question) return put(paths, 6, [1], [], (a) => ({ distances: f64(a[2], n * n) }));
    if ('extent' in question)
      return put(paths, 7, [1, 2], [], (a) => ({
        diameter: a[2]!,
        radius: a[5]!,
        centre: a[6]!,
        eccentricities: f64(a[8], n),
        connected: a[9]!,
      }));
    if ('closeness' in question) {
      const { closeness: kind, reverse = false, nodes = [] } = question;
      return put(paths, 8, [1, Number(reverse)], nodes, (a) => {
        if (kind === 'harmonic') return { scores: f64(a[4], a[2]!) };
        const reached = u32(a[5], a[2]!);
        return {
          scores: f64(a[3], a[2]!).map((sum, i) => {
            const others = reached[i]! - 1;
            return sum > 0 ? (others / sum) * (others / (n - 1)) : 0;
          }),
        };
      });
    }
    if ('betweenness' in question)
      return put(paths, 9, [1], [], (a) => ({
        scores: f64(a[2], n).map((score) => score / Math.max(1, (n - 1) * (n - 2))),
      }));
    if ('hierarchy' in question) return hierarchy(graph, question);
    const { sampled, confidence, seed } = question;
    return put(paths, 10, [1, sampled, confidence, seed], [], (a) => ({
      scores: f64(a[2], n),
      halfWidth: a[3]!,
      samples: a[4]!,
    }));
  }

  function hierarchy(
    graph: number,
    {
      hierarchy: [source, target],
      sources,
      targets,
    }: Extract<Question, { hierarchy: [number, number] }>,
  ): Answer {
    const made = module.made(call.sl_abi_hierarchy_create!(graph, 1));
    try {
      run(made);
      const [, , , , shortcuts, coreNodes] = out((at) => {
        module.check(call.sl_abi_hierarchy_facts!(made, at));
        return module.f64(at, 6);
      }) as unknown as number[];
      const route = out((at) => {
        module.check(call.sl_abi_hierarchy_route!(made, source, target, at));
        const [length, count, nodes, settledNodes] = module.f64(at, 4) as unknown as number[];
        return { length: length!, nodes: module.u32(nodes!, count!), settledNodes: settledNodes! };
      });
      module.with([new Uint32Array(sources), new Uint32Array(targets)], (from, to) =>
        module.check(
          call.sl_abi_hierarchy_begin_table!(made, from!, sources.length, to!, targets.length),
        ),
      );
      run(made);
      const distances = out((at) => {
        module.check(call.sl_abi_hierarchy_read_table!(made, at));
        return module.f64(module.f64(at, 4)[2]!, sources.length * targets.length);
      });
      return { ...route, distances, shortcuts: shortcuts!, coreNodes: coreNodes! };
    } finally {
      module.check(call.sl_abi_hierarchy_destroy!(made));
    }
  }

  return {
    ask(edges, ...questions) {
      const graph = makeGraph(edges);
      let paths = 0;
      try {
        paths = module.made(call.sl_abi_paths_create!(graph));
        return questions.map((question) => one(paths, graph, edges.nodeCount, question));
      } finally {
        if (paths) module.check(call.sl_abi_paths_destroy!(paths));
        module.check(call.sl_abi_graph_destroy!(graph));
      }
    },
    signed({ from, to, lengths, nodeCount }, source = 0xffff_ffff) {
      const arrays = [new Uint32Array(from), new Uint32Array(to), new Float64Array(lengths)];
      const made = module.with(arrays, (fromAt, toAt, lengthsAt) =>
        module.made(
          call.sl_abi_bellman_ford_create!(
            nodeCount,
            from.length,
            fromAt!,
            toAt!,
            lengthsAt!,
            source,
          ),
        ),
      );
      try {
        run(made);
        return out((at) => {
          module.check(call.sl_abi_bellman_ford_read!(made, at));
          const a = module.f64(at, 8);
          return {
            distances: module.f64(a[2]!, nodeCount),
            predecessors: module.u32(a[3]!, nodeCount),
            cycle: module.u32(a[6]!, a[5]!),
            length: a[7]!,
          };
        });
      } finally {
        module.check(call.sl_abi_bellman_ford_destroy!(made));
      }
    },
  };
}

const closeTo = (found: Iterable<number>, expected: readonly number[]) => {
  for (const [i, value] of Array.from(found).entries())
    if (value !== expected[i])
      expect(Math.abs(value - expected[i]!), `entry ${i}`).toBeLessThanOrEqual(1e-12);
};
const orInfinity = (values: (number | null)[]) => values.map((value) => value ?? Infinity);

const everyNode = (n: number) => Array.from({ length: n }, (_, i) => i);

const references = vectors.cases.map((reference): Case<PathsDoor> => {
  const { target, nodeCount: n } = reference;
  const longer = target !== 0;
  return {
    name: `networkx: ${reference.name}`,
    run: ({ ask }) =>
      ask(
        reference as unknown as Edges,
        { tree: [0] },
        { all: true },
        { extent: true },
        { closeness: 'closeness' },
        { closeness: 'harmonic' },
        { closeness: 'closeness', nodes: [n - 1, 0] },
        { betweenness: true },
        { route: [0, target] },
        { landmarks: 3 },
        { route: [0, target] },
        ...(longer ? [{ simple: [0, target] as [number, number], k: 6 }] : []),
        ...(reference.directed ? [{ order: true as const }] : []),
        ...(reference.order ? [{ critical: true as const }] : []),
        { hierarchy: [0, target], sources: everyNode(n), targets: everyNode(n) },
      ),
    check(answers: Answer[]) {
      const [tree, all, extent, closeness, harmonic, some, betweenness, route, , guided] = answers;
      const rest = answers.slice(10);
      const hierarchy = rest.pop()!;
      closeTo(hierarchy.distances as Float64Array, reference.distances.flatMap(orInfinity));
      expect(hierarchy.length).toBe(reference.distances[0]![target] ?? Infinity);
      expect(Array.from(tree!.distances as Float64Array)).toEqual(
        orInfinity(reference.distances[0]!),
      );
      expect(Array.from(tree!.predecessors as Uint32Array)).toEqual(
        reference.predecessors.map((u) => u ?? 0xffff_ffff),
      );
      expect(Array.from(all!.distances as Float64Array)).toEqual(
        reference.distances.flatMap(orInfinity),
      );
      expect(Array.from(extent!.eccentricities as Float64Array)).toEqual(reference.eccentricities);
      expect(extent!.diameter).toBe(Math.max(...reference.eccentricities));
      expect(extent!.radius).toBe(Math.min(...reference.eccentricities));
      closeTo(closeness!.scores as Float64Array, reference.closeness);
      closeTo(some!.scores as Float64Array, [reference.closeness[n - 1]!, reference.closeness[0]!]);
      closeTo(harmonic!.scores as Float64Array, reference.harmonic);
      closeTo(betweenness!.scores as Float64Array, reference.betweenness);
      for (const path of [route, guided])
        expect(path!.length).toBe(reference.distances[0]![target] ?? Infinity);
      if (longer) expect(rest.shift()!.lengths).toEqual(reference.simple);
      if (!reference.directed) return;
      const order = rest.shift()!;
      if (!reference.order) return expect(order.order).toBeUndefined();
      expect(Array.from(order.order as Uint32Array)).toEqual(reference.order);
      expect(rest.shift()!.length).toBe(reference.longest);
    },
  };
});

/** A graph of many edges with fractional or whole weights. */
function drawn(seed: number, n: number, whole: boolean, directed: boolean): Edges {
  const next = random(seed);
  const node = () => Math.floor(next() * n);
  const from = Array.from({ length: 3 * n }, node);
  return {
    nodeCount: n,
    from,
    to: from.map(node),
    weights: from.map(() => (whole ? 1 + Math.floor(next() * 100) : 0.1 + next())),
    directed,
  };
}

const many: Question[] = [
  { tree: [3, 50] },
  { tree: [7], limit: 1.5, reverse: true },
  { levels: [1] },
  { levels: [2, 3], limit: 2, reverse: true },
  { route: [0, 99] },
  { landmarks: 4 },
  { route: [0, 99] },
  { route: [20, 70] },
  { simple: [0, 99], k: 12 },
  { extent: true },
  { closeness: 'closeness', reverse: true },
  { closeness: 'harmonic', nodes: [5, 9] },
  { betweenness: true },
  { sampled: 0.1, confidence: 0.9, seed: 3 },
  { hierarchy: [0, 99], sources: [5, 6, 5], targets: [9, 90, 50, 0] },
];

const tree = { nodeCount: 3, from: [0, 1], to: [1, 2], weights: [1, 2] };
const refusals: [string, Question, Edges?][] = [
  ['a source that is no node', { tree: [0, 3] }],
  ['no source', { tree: [] }],
  ['a target that is no node', { route: [0, 3] }],
  ['a path to its source', { simple: [1, 1], k: 2 }],
  ['a node that is none', { closeness: 'harmonic', nodes: [0, 9] }],
  ['an order of an undirected graph', { order: true }, { ...tree, directed: false }],
  ['a critical path with a cycle', { critical: true }, { ...tree, from: [0, 1], to: [1, 0] }],
  ['a negative duration', { critical: true, durations: [1, -1, 2] }],
  ['a hierarchy asked for a node that is none', { hierarchy: [0, 3], sources: [0], targets: [0] }],
  ['a table without targets', { hierarchy: [0, 1], sources: [0], targets: [] }],
  ['a table of a node that is none', { hierarchy: [0, 1], sources: [0, 9], targets: [0] }],
  ['epsilon 1', { sampled: 1, confidence: 0.9, seed: 0 }],
  ['confidence 0', { sampled: 0.1, confidence: 0, seed: 0 }],
  ['weights that overflow', { tree: [0] }, { ...tree, weights: [1e308, 1e308] }],
  [
    'landmarks beyond the range of floats',
    { landmarks: 2 },
    { ...tree, weights: [1e-200, 1e-200], directed: false },
  ],
];

export const cases: Case<PathsDoor>[] = [
  ...references,
  ...[true, false].flatMap((whole) =>
    [true, false].map((directed, i) => ({
      name: `the same bits: ${whole ? 'whole' : 'fractional'} weights, ${directed ? 'directed' : 'undirected'}`,
      run: ({ ask }: PathsDoor) => ask(drawn(10 + i, 100, whole, directed), ...many),
    })),
  ),
  ...refusals.map(
    ([name, question, edges = tree]): Case<PathsDoor> => ({
      name: `refused: ${name}`,
      run: ({ ask }) => attempt(() => ask(edges, question)),
      check: (result: unknown) => expect(result).toHaveProperty('refused'),
    }),
  ),
  {
    name: 'durations: slack of what may wait',
    run: ({ ask }) =>
      ask(
        { nodeCount: 4, from: [0, 0, 1, 2], to: [1, 2, 3, 3] },
        { critical: true, durations: [1, 5, 2, 1] },
      ),
    check([found]: Answer[]) {
      expect(found!.length).toBe(7);
      expect(found!.slack).toEqual(Float64Array.of(0, 0, 3, 0));
      expect(found!.latest).toEqual(Float64Array.of(0, 1, 4, 6));
    },
  },
  {
    name: 'negative lengths: distances, and the cycle that proves that there are none',
    run: ({ signed }) => {
      const edges = { from: [0, 1, 2, 3], to: [1, 2, 1, 0], nodeCount: 5 };
      return [
        signed({ ...edges, lengths: [4, -2, 2, 1] }, 0),
        signed({ ...edges, lengths: [4, -2, 1, 1] }, 0),
        signed({ ...edges, lengths: [4, -2, 1, 1] }, 4),
        signed({ ...edges, lengths: [-4, 2, 1, -1] }),
        attempt(() => signed({ ...edges, lengths: [4, Number.NaN, 2, 1] }, 0)),
        attempt(() => signed({ ...edges, lengths: [4, 1, 2, 1] }, 5)),
        attempt(() => signed({ ...edges, to: [1, 2, 7, 0], lengths: [4, 1, 2, 1] })),
      ];
    },
    check([distances, cycle, apart, every]: Answer[]) {
      expect(distances!.distances).toEqual(Float64Array.of(0, 4, 2, Infinity, Infinity));
      expect(cycle!.length).toBe(-1);
      expect(Array.from(cycle!.cycle as Uint32Array).sort()).toEqual([1, 2]);
      expect(apart!.length).toBe(0);
      expect(every!.distances).toEqual(Float64Array.of(-1, -5, -3, 0, 0));
    },
  },
];
