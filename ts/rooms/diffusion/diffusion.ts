// Scores of nodes by walks on a graph: the PageRank family, heat kernel, sweep cuts.
// The functions stand in the other files of this folder, each with its part of the room's interface.

import type { Benchmark } from '../../runtime/benchmark.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { createPageRank, type PageRankFunctions } from './pagerank.js';
import { createRuns, type RunFunctions } from './runs.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { IntoOption } from '../../runtime/into.js';
export type { NodeScore } from '../../runtime/iterable.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { PageRankMethod } from './methods.js';
export type { PageRankFunctions } from './pagerank.js';
export type {
  BatchOptions,
  BatchScores,
  PageRankTracker,
  RunFunctions,
  TrackOptions,
} from './runs.js';
export type {
  DenseScores,
  HeatKernelOptions,
  PageRankOptions,
  PageRankProgress,
  PageRankResult,
  PersonalizedPageRankOptions,
  PersonalizedPageRankResult,
  ScoresInfo,
  Source,
  SparseScores,
  SweepCut,
  SweepCutOptions,
} from './types.js';

/** What the module has. */
export interface DiffusionRoom extends PageRankFunctions, RunFunctions {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime): DiffusionRoom {
  return { Graph: runtime.bind(Graph), ...createPageRank(runtime), ...createRuns(runtime) };
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
