// PageRank through both doors. Reference scores come from networkx and a dense solve
// (test/vectors/diffusion/generate.py).
import type {
  DiffusionRoom,
  PageRankMethod,
  PageRankOptions,
  PersonalizedPageRankOptions,
} from 'sublinear/diffusion';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/diffusion/pagerank.json' with { type: 'json' };

/** A graph as edges. */
export interface Edges {
  nodeCount: number;
  from: number[];
  to: number[];
  weights?: number[] | null;
  directed?: boolean;
  float32?: boolean;
}

/** Sources as pairs of arrays; undefined for every node. */
interface Query extends Omit<PageRankOptions, 'maxTimeMs' | 'output'> {
  nodes?: number[];
  weights?: number[];
  dense?: boolean;
  /** Asks for the heat kernel. */
  time?: number;
}

interface Answer {
  outcome: string;
  method: string;
  iterations: number;
  errorBound: number;
  touchedNodes: number;
  edgeOperations: number;
  provedPlaces?: number;
  nodes?: Uint32Array;
  scores: Float64Array;
}

/** What both doors can do: queries on one graph, which lives as long as they last. */
export interface DiffusionDoor {
  ask: (graph: Edges, ...queries: Query[]) => Answer[];
  sweepCut: (
    graph: Edges,
    nodes: number[],
    scores: number[],
    limits?: { maxNodes?: number; maxVolume?: number },
  ) => unknown;
  /** The graph goes first; then a step is asked for. */
  orphan: (graph: Edges) => void;
}

const methodNames = ['auto', 'push', 'power', 'gaussSeidel', 'conjugateGradient', 'series'];

export const doors: RoomDoors<'diffusion', DiffusionDoor> = {
  room: 'diffusion',
  bundle: 'network',
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: DiffusionRoom): DiffusionDoor {
  const { Graph, pageRank, personalizedPageRank, heatKernel, sweepCut } = room;
  const make = ({ nodeCount, from, to, weights, directed, float32 }: Edges) =>
    Graph.fromEdges({
      nodeCount,
      from,
      to,
      directed: directed ?? true,
      ...(weights && { weights: float32 ? new Float32Array(weights) : weights }),
    });
  return {
    ask(edges, ...queries) {
      using graph = make(edges);
      return queries.map(({ nodes, weights, dense = false, time, ...options }) => {
        const source = { nodes: nodes ?? [], ...(weights && { weights }) };
        const given: PersonalizedPageRankOptions = { ...options, source, dense };
        const { work, errorBoundNorm, ...rest } =
          time !== undefined
            ? heatKernel(graph, { ...given, time })
            : nodes
              ? personalizedPageRank(graph, given)
              : pageRank(graph, options);
        expect(errorBoundNorm).toBe(1);
        return { ...rest, ...work } as Answer;
      });
    },
    sweepCut(edges, nodes, scores, limits) {
      using graph = make(edges);
      return sweepCut(graph, { nodes, scores }, limits);
    },
    orphan(edges) {
      const graph = make(edges);
      graph.dispose();
      personalizedPageRank(graph, { source: 0 });
    },
  };
}

function rawDoor(module: RawModule): DiffusionDoor {
  const { call } = module;

  function withGraph<T>(
    { nodeCount, from, to, weights, directed, float32 }: Edges,
    run: (graph: number) => T,
  ): T {
    const values = float32 ? new Float32Array(weights ?? []) : new Float64Array(weights ?? []);
    const type = weights ? (float32 ? 1 : 2) : 0;
    const graph = module.with(
      [new Uint32Array(from), new Uint32Array(to), values],
      (fromAt, toAt, weightsAt) =>
        module.made(
          call.sl_abi_graph_from_edges!(
            nodeCount,
            from.length,
            fromAt!,
            toAt!,
            weights ? weightsAt! : 0,
            type,
            directed === false ? 0 : 1,
          ),
        ),
    );
    try {
      return run(graph);
    } finally {
      call.sl_abi_graph_destroy!(graph);
    }
  }

  /** `run`: of a heat kernel for a query with a time, else of PageRank. */
  function once(run: number, nodeCount: number, query: Query): Answer {
    const of = query.time === undefined ? 'pagerank' : 'heat_kernel';
    const { nodes, weights, damping = 0.85, tolerance, method = 'auto', topK = 0 } = query;
    const number = methodNames.indexOf(method);
    const settles = nodes && topK > 0 && tolerance === undefined && number < 2 ? 1 : 0;
    const ranking = query.proveRanking ? 2 : settles;
    const arrays = [
      new Uint32Array(nodes ?? []),
      new Float64Array(weights ?? []),
      new Float64Array(10),
      new Float64Array(nodeCount),
    ];
    return module.with(arrays, (nodesAt, weightsAt, out, scoresAt) => {
      const limits = [query.maxIterations ?? 0, query.maxWork ?? 0] as const;
      const error = tolerance ?? (query.proveRanking ? 1e-2 : 1e-6);
      const given = [nodesAt!, weights ? weightsAt! : 0, nodes?.length ?? 0] as const;
      module.check(
        query.time !== undefined
          ? call.sl_abi_heat_kernel_begin!(run, query.time, ...given, error, topK, limits[1])
          : nodes
            ? call.sl_abi_pagerank_begin!(
                run,
                ...given,
                damping,
                error,
                number,
                topK,
                ranking,
                ...limits,
              )
            : call.sl_abi_pagerank_begin_global!(
                run,
                damping,
                error,
                number,
                topK,
                ranking,
                ...limits,
              ),
      );
      // Slices of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(run, 777, out!));
      while (module.u32(out!, 1)[0] === 9);
      module.check(call[`sl_abi_${of}_finish`]!(run, out!, out! + 64, out! + 68));
      const [outcome, ran, iterations, errorBound, touchedNodes, edgeOperations, places, count] =
        module.f64(out!, 8) as unknown as number[];
      const [listAt, listScoresAt] = module.u32(out! + 64, 2);
      const dense = query.dense ?? (!nodes && topK === 0);
      if (dense) module.check(call[`sl_abi_${of}_scores`]!(run, scoresAt!));
      const answer = {
        outcome: module.text(call.sl_abi_outcome_name!(outcome!)),
        method: methodNames[ran!] as string,
        iterations: iterations!,
        errorBound: errorBound!,
        touchedNodes: touchedNodes!,
        edgeOperations: edgeOperations!,
      };
      if (dense) return { ...answer, scores: module.f64(scoresAt!, nodeCount) };
      return {
        ...answer,
        provedPlaces: places!,
        nodes: module.u32(listAt!, count!),
        scores: module.f64(listScoresAt!, count!),
      };
    });
  }

  return {
    ask: (edges, ...queries) =>
      withGraph(edges, (graph) => {
        const run = module.made(call.sl_abi_pagerank_create!(graph));
        const heat = module.made(call.sl_abi_heat_kernel_create!(graph));
        try {
          return queries.map((query) =>
            once(query.time === undefined ? run : heat, edges.nodeCount, query),
          );
        } finally {
          module.check(call.sl_abi_pagerank_destroy!(run));
          module.check(call.sl_abi_heat_kernel_destroy!(heat));
        }
      }),
    sweepCut: (edges, nodes, scores, { maxNodes = 0, maxVolume = Infinity } = {}) =>
      withGraph(edges, (graph) => {
        const run = module.made(call.sl_abi_pagerank_create!(graph));
        const arrays = [new Uint32Array(nodes), new Float64Array(scores), new Float64Array(4)];
        try {
          return module.with([...arrays, new Uint32Array(nodes)], (at, scoresAt, out, order) => {
            const list = [at!, scoresAt!, nodes.length] as const;
            module.check(call.sl_abi_sweep_cut!(run, ...list, maxNodes, maxVolume, order!, out!));
            const [size, conductance, cut, volume] = module.f64(out!, 4);
            return { nodes: module.u32(order!, size!), conductance, cut, volume };
          });
        } finally {
          module.check(call.sl_abi_pagerank_destroy!(run));
        }
      }),
    orphan(edges) {
      let run = 0;
      withGraph(edges, (graph) => {
        run = module.made(call.sl_abi_pagerank_create!(graph));
      });
      try {
        module.with([new Float64Array(1)], (at) =>
          module.check(call.sl_abi_job_step!(run, 1, at!)),
        );
      } finally {
        module.check(call.sl_abi_pagerank_destroy!(run));
      }
    },
  };
}

type Reference = (typeof vectors.cases)[number];

const methodsFor = (directed: boolean): PageRankMethod[] =>
  directed
    ? ['auto', 'push', 'power', 'gaussSeidel']
    : ['auto', 'push', 'power', 'gaussSeidel', 'conjugateGradient'];

/** Each reference graph by each method, at a fine and a coarse tolerance. */
const referenceCases = vectors.cases.map((reference: Reference): Case<DiffusionDoor> => {
  const { damping, directed } = reference;
  const source = reference.source as [number, number][] | null;
  const from = source && { nodes: source.map(([u]) => u), weights: source.map(([, w]) => w) };
  const base = { damping, ...from, dense: true };
  const methods = methodsFor(directed);
  return {
    name: `networkx: ${reference.name}`,
    run: ({ ask }) =>
      ask(
        reference as Edges,
        ...methods.flatMap((method) => [
          { ...base, method, tolerance: 1e-11 },
          { ...base, method, tolerance: 0.01 },
        ]),
      ),
    check(answers: Answer[]) {
      for (const { outcome, scores, errorBound } of answers) {
        expect(outcome).toBe('converged');
        let error = 0;
        for (const [u, score] of scores.entries())
          error += Math.abs(score - (reference.scores[u] as number));
        // The reference itself is a float64 solve.
        expect(error).toBeLessThanOrEqual(errorBound + 1e-14);
      }
    },
  };
});

/** A ring with chords, weighted. */
function ring(nodeCount: number, directed: boolean): Edges {
  const next = random(nodeCount);
  const from: number[] = [];
  const to: number[] = [];
  const weights: number[] = [];
  for (let u = 0; u < nodeCount; u++) {
    for (const v of [(u + 1) % nodeCount, Math.floor(next() * nodeCount)]) {
      from.push(u);
      to.push(v);
      weights.push(0.25 + next());
    }
  }
  return { nodeCount, from, to, weights, directed };
}

const small: Edges = { nodeCount: 3, from: [0, 1, 2], to: [1, 2, 0] };

/** What both doors refuse with the same words. */
const refusals: [string, Query][] = [
  ...[0, 1, -0.5, Number.NaN, Infinity].flatMap((damping): [string, Query][] => [
    [`damping ${damping}`, { damping, nodes: [0] }],
    [`damping ${damping}, global`, { damping }],
  ]),
  ...[0, -1e-6, Number.NaN, Infinity].map((tolerance): [string, Query] => [
    `tolerance ${tolerance}`,
    { tolerance, nodes: [0] },
  ]),
  ['a source that does not exist', { nodes: [3] }],
  ['a source beyond all nodes', { nodes: [0, 4294967295] }],
  ['no sources', { nodes: [] }],
  ['a negative weight', { nodes: [0, 1], weights: [1, -1] }],
  ['a NaN weight', { nodes: [0, 1], weights: [Number.NaN, 1] }],
  ['an infinite weight', { nodes: [0, 1], weights: [1, Infinity] }],
  ['weights that are all zero', { nodes: [0, 1], weights: [0, 0] }],
  ['weights whose sum overflows', { nodes: [0, 1], weights: [1e308, 1e308] }],
  ['topK above the number of nodes', { nodes: [0], topK: 4 }],
  ['conjugate gradients on a directed graph', { nodes: [0], method: 'conjugateGradient' }],
];

export const cases: Case<DiffusionDoor>[] = [
  ...referenceCases,
  ...[true, false].map(
    (directed): Case<DiffusionDoor> => ({
      name: `ranking, sparse and dense results, float32 and float64 weights, ${directed}`,
      run({ ask }) {
        const graph = ring(3000, directed);
        const queries: Query[] = [
          { nodes: [7], topK: 20 },
          { nodes: [7], topK: 20, tolerance: 1e-6 },
          { nodes: [7], topK: 20, method: 'power' },
          { nodes: [7], tolerance: 0.3 },
          { nodes: [7, 9, 7], weights: [1, 0, 2], tolerance: 1e-3 },
          { nodes: [7], tolerance: 1e-9, dense: true },
          { topK: 5 },
          {},
          { nodes: [7], maxWork: 500, tolerance: 1e-9 },
          { nodes: [7], maxIterations: 2, method: 'gaussSeidel', tolerance: 1e-9 },
          { nodes: [7], tolerance: 1e-25, dense: true },
        ];
        return [ask(graph, ...queries), ask({ ...graph, float32: true }, ...queries)];
      },
      check([wide, narrow]: [Answer[], Answer[]]) {
        for (const answers of [wide, narrow]) {
          const outcomes = answers.map(({ outcome }) => outcome);
          expect(outcomes.slice(1, 8)).toEqual(Array(7).fill('converged'));
          expect(outcomes.slice(8)).toEqual(['workLimit', 'iterationLimit', 'stagnated']);
          const exact = answers[5]!.scores;
          const sum = exact.reduce((total, score) => total + score);
          expect(Math.abs(sum - 1)).toBeLessThanOrEqual(answers[5]!.errorBound);
          const [fast, sure, power, sparse] = answers as [Answer, Answer, Answer, Answer];
          expect(sure.nodes).toEqual(power.nodes);
          expect(sure.provedPlaces).toBeGreaterThan(10);
          expect(fast.provedPlaces).toBe(0);
          const same = Array.from(fast.nodes!).filter((node) => sure.nodes!.includes(node));
          expect(same.length).toBeGreaterThanOrEqual(19);
          for (const { nodes, scores, errorBound } of [sparse, answers[8]!]) {
            let error = exact.reduce((total, score) => total + score);
            for (const [i, node] of nodes!.entries())
              error += Math.abs(scores[i]! - exact[node]!) - exact[node]!;
            expect(error).toBeLessThanOrEqual(errorBound + 1e-9);
          }
          expect(sparse.touchedNodes).toBeLessThan(1500);
        }
      },
    }),
  ),
  ...refusals.map(
    ([name, query]): Case<DiffusionDoor> => ({
      name: `refuses ${name} and stays usable`,
      run: ({ ask }) => [
        attempt(() => ask(small, query)),
        attempt(() => ask(small, { nodes: [1], dense: true }, query)),
        ask(small, { nodes: [1], dense: true }),
      ],
      check([refusal]: [{ refused: string }]) {
        expect(refusal.refused).toMatch(
          /^(OPTION|INDEX|EMPTY|NOT_POSITIVE|NOT_FINITE|UNSUPPORTED)$/,
        );
      },
    }),
  ),
  {
    name: 'heat kernel of an edge, closed form',
    run: ({ ask }) =>
      ask(
        { nodeCount: 2, from: [0], to: [1], directed: false },
        ...[0.01, 0.5, 3, 40].map((time) => ({ nodes: [0], time, dense: true, tolerance: 1e-11 })),
        { nodes: [0], time: 3, topK: 1 },
      ),
    check(answers: Answer[]) {
      for (const [i, time] of [0.01, 0.5, 3, 40].entries()) {
        const { scores, method, outcome } = answers[i]!;
        expect([method, outcome]).toEqual(['series', 'converged']);
        expect(Math.abs(scores[0]! - 0.5 - 0.5 * Math.exp(-2 * time))).toBeLessThan(1e-11);
        expect(Math.abs(scores[1]! - 0.5 + 0.5 * Math.exp(-2 * time))).toBeLessThan(1e-11);
      }
      expect(Array.from(answers[4]!.nodes!)).toEqual([0]);
    },
  },
  {
    name: 'heat kernel and proved ranking on a ring with chords',
    run: ({ ask }) => [
      ask(
        ring(500, false),
        { nodes: [3], time: 5, tolerance: 1e-10, dense: true },
        { nodes: [3, 9], time: 5, tolerance: 1e-3 },
        { nodes: [3], topK: 12, proveRanking: true },
        { nodes: [3], topK: 12, method: 'power', tolerance: 1e-12 },
        { topK: 7, proveRanking: true },
        { topK: 7, tolerance: 1e-12 },
      ),
      ask(ring(500, true), { nodes: [3], topK: 12, proveRanking: true }),
    ],
    check([answers]: [Answer[]]) {
      const [heat, , proved, power, proof, global] = answers as Answer[];
      const total = heat!.scores.reduce((sum, score) => sum + score);
      expect(Math.abs(total - 1)).toBeLessThanOrEqual(1e-10);
      expect(proved!.provedPlaces).toBe(12);
      expect(proved!.nodes).toEqual(power!.nodes);
      expect(proof!.provedPlaces).toBe(7);
      expect(proof!.nodes).toEqual(global!.nodes);
    },
  },
  ...[0, -1, 501, Number.NaN, Infinity].map(
    (time): Case<DiffusionDoor> => ({
      name: `refuses heat kernel time ${time}`,
      run: ({ ask }) => attempt(() => ask(small, { nodes: [0], time })),
      check: (refusal: object) =>
        expect(refusal).toMatchObject({ refused: 'OPTION', argument: 'time' }),
    }),
  ),
  {
    name: 'sweep cut of two complete graphs joined by an edge',
    run: ({ sweepCut }) => {
      const from: number[] = [4];
      const to: number[] = [5];
      for (let u = 0; u < 10; u++)
        for (let v = u < 5 ? 0 : 5; v < u; v++) {
          from.push(u);
          to.push(v);
        }
      const graph = { nodeCount: 10, from, to, directed: false };
      const nodes = [...Array(10).keys()];
      const scores = nodes.map((u) => (u < 5 ? 10 - u : 1));
      return [
        sweepCut(graph, nodes, scores),
        sweepCut(graph, nodes, scores, { maxNodes: 4 }),
        sweepCut(graph, nodes, scores, { maxVolume: 20.5 }),
        sweepCut(graph, nodes, scores, { maxNodes: 5, maxVolume: 21 }),
        sweepCut(graph, nodes, scores, { maxVolume: 3 }),
        attempt(() => sweepCut(graph, [], [])),
        attempt(() => sweepCut(graph, [0, 10], [1, 1])),
        attempt(() => sweepCut(graph, [1, 1], [1, 1])),
        attempt(() => sweepCut(graph, [0, 1], [1, Number.NaN])),
        attempt(() => sweepCut(graph, [0, 1], [1, -1])),
        attempt(() => sweepCut({ ...graph, directed: true }, nodes, scores)),
        attempt(() => sweepCut(graph, nodes, scores, { maxVolume: Number.NaN })),
        attempt(() => sweepCut(graph, nodes, scores, { maxVolume: 0 })),
      ];
    },
    check([cut, few, light, met, none, ...refusals]: { nodes: Uint32Array; refused: string }[]) {
      expect(cut).toMatchObject({ cut: 1, volume: 21, conductance: 1 / 21 });
      expect(Array.from(cut!.nodes).sort()).toEqual([0, 1, 2, 3, 4]);
      expect(few).toMatchObject({ cut: 4, volume: 16, conductance: 0.25 });
      expect(few!.nodes.length).toBe(4);
      expect(light).toEqual(few);
      expect(met).toEqual(cut);
      expect(none).toMatchObject({ cut: 0, volume: 0, conductance: 1 });
      expect(none!.nodes.length).toBe(0);
      const words = ['EMPTY', 'INDEX', 'ARGUMENT', 'NOT_FINITE', 'NOT_POSITIVE', 'UNSUPPORTED'];
      expect(refusals.map(({ refused }) => refused)).toEqual([...words, 'OPTION', 'OPTION']);
    },
  },
  {
    name: 'refuses weights that cannot be inverted',
    run: ({ ask }) => attempt(() => ask({ ...small, weights: [1, 1e-300, 1] }, { nodes: [0] })),
    check(refusal: object) {
      expect(refusal).toMatchObject({ refused: 'RANGE', argument: 'graph', at: 1 });
    },
  },
  {
    name: 'notices a graph that is gone',
    run: ({ orphan }) => (attempt(() => orphan(small)) as { refused: string }).refused.length > 0,
    check: (noticed: boolean) => expect(noticed).toBe(true),
  },
];
