// How a graph holds together and where it falls apart: parts, cores, triangles, colours, spanning forests, flows, cuts and
// matchings. The functions stand in the other files of this folder, each with its part of the room's interface. Graphs live
// in another module; a copy is made at the first question and kept with the graph.

import type { Benchmark } from '../../runtime/benchmark.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/graph.js';
import { createDensity, type DensityFunctions } from './density.js';
import { createFlows, type FlowFunctions } from './flows.js';
import { createMatchings, type MatchingFunctions } from './matchings.js';
import { createParts, type PartFunctions } from './parts.js';

export * from '../../runtime/errors.js';
export type { NodeScore } from '../../runtime/iterable.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/graph.js';
export type { Cut, WeightedEdges, Work } from './ask.js';
export type * from './density.js';
export type * from './flows.js';
export type * from './matchings.js';
export type * from './parts.js';

/** What the module has. */
export interface CutsRoom
  extends PartFunctions,
    DensityFunctions,
    FlowFunctions,
    MatchingFunctions {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime): CutsRoom {
  return {
    Graph: network.bind(Graph),
    ...createParts(runtime),
    ...createDensity(runtime),
    ...createFlows(runtime),
    ...createMatchings(runtime),
  };
}

/** @internal */
export const benchmarks: Record<'grid', Benchmark<CutsRoom>> = {
  // The flow between two corners of a square grid with capacities 1 .. 1000.
  grid: {
    defaultSize: 40_000,
    prepare(room, size) {
      const side = Math.max(2, Math.round(Math.sqrt(size)));
      const [from, to, weights]: [number[], number[], number[]] = [[], [], []];
      for (let at = 0; at < side * side; at++) {
        for (const next of [at % side === side - 1 ? -1 : at + 1, at + side]) {
          if (next < 0 || next >= side * side) continue;
          from.push(at);
          to.push(next);
          weights.push(1 + ((at * 7919 + next * 104729) % 1000));
        }
      }
      const graph = room.Graph.fromEdges({ from, to, weights, directed: false });
      return {
        run() {
          room.maxFlow(graph, { source: 0, target: side * side - 1 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
};
