// Scores of nodes by walks on a graph, and what electrical networks say: PageRank, heat kernel, resistances, potentials.
// The functions stand in ts/internal/diffusion-*.ts, each file with its part of the room's interface.
import { Graph } from './graph.js';
import { type EngineOptions, getEngine } from './index.js';
import type { Benchmark } from './internal/benchmark.js';
import {
  type ContributionFunctions,
  createContributions,
} from './internal/diffusion-contributions.js';
import { createPageRank, type PageRankFunctions } from './internal/diffusion-pagerank.js';
import { createPotentials, type PotentialFunctions } from './internal/diffusion-potentials.js';
import { createRuns, type RunFunctions } from './internal/diffusion-runs.js';
import type { Runtime } from './internal/runtime.js';

export type { Graph } from './graph.js';
export type { OutcomeName } from './internal/codes.js';
export type {
  ContributionFunctions,
  Contributions,
  ContributionsOptions,
  PairPageRank,
  PairPageRankOptions,
} from './internal/diffusion-contributions.js';
export type {
  DenseScores,
  HeatKernelOptions,
  PageRankFunctions,
  PageRankMethod,
  PageRankOptions,
  PageRankProgress,
  PageRankResult,
  PersonalizedPageRankOptions,
  PersonalizedPageRankResult,
  ScoresInfo,
  Source,
  SparseScores,
  SweepCut,
} from './internal/diffusion-pagerank.js';
export type {
  EdgeResistances,
  EdgeResistancesOptions,
  HarmonicPotentials,
  PotentialFunctions,
  PotentialsOptions,
  Resistance,
  ResistanceOptions,
  Resistances,
  ResistancesOptions,
} from './internal/diffusion-potentials.js';
export type { QuestionProgress } from './internal/diffusion-question.js';
export type {
  BatchOptions,
  BatchScores,
  PageRankTracker,
  RunFunctions,
  TrackOptions,
} from './internal/diffusion-runs.js';
export * from './internal/errors.js';
export type { EdgeResistance, NodeScore } from './internal/iterable.js';
export type { IndexArray, RealArray } from './internal/scratch.js';
export type { AsyncOptions } from './internal/steps.js';

/** The namespace of the room. */
export interface DiffusionRoom
  extends PageRankFunctions,
    RunFunctions,
    ContributionFunctions,
    PotentialFunctions {
  readonly Graph: typeof Graph;
}

/**
 * The diffusion room of the shared engine, loaded on the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/diffusion';
 *
 * const { Graph, pageRank } = await load();
 * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 0] });
 * console.log(pageRank(graph).scores[0]?.toFixed(4)); // 0.5000
 * ```
 */
export async function load(options?: EngineOptions): Promise<DiffusionRoom> {
  return (await getEngine(options)).use('diffusion');
}

/** @internal */
export function createRoom(runtime: Runtime): DiffusionRoom {
  return {
    Graph: runtime.bind(Graph),
    ...createPageRank(runtime),
    ...createRuns(runtime),
    ...createContributions(runtime),
    ...createPotentials(runtime),
  };
}

/** @internal */
export const benchmarks: Record<'top50', Benchmark<DiffusionRoom>> = {
  // The 50 nodes nearest to one node of a scale-free graph with ten edges a node.
  top50: {
    defaultSize: 20_000,
    prepare(room, size) {
      const graph = room.Graph.fromEdges(scaleFree(Math.max(60, size), 10));
      let source = 0;
      return {
        run() {
          source = (source + 7919) % graph.nodeCount;
          room.personalizedPageRank(graph, { source, topK: 50 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
};

/** Each node links to `links` ends of earlier edges: degrees fall by a power law. */
function scaleFree(nodeCount: number, links: number) {
  const from: number[] = [];
  const to: number[] = [];
  let state = 1;
  for (let node = 1; node < nodeCount; node++) {
    for (let i = 0; i < links; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const edge = Math.floor((state / 2 ** 32) * from.length);
      from.push(node);
      to.push(edge % 2 === 0 ? (to[edge] ?? 0) : (from[edge] ?? 0));
    }
  }
  return { from, to, directed: false };
}
