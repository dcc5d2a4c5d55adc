// A graph as an electrical network: effective resistances and potentials. Graphs live in another module than the systems
// that are solved here; a copy is made at the first question and kept with the graph.

import type { Benchmark } from '../../runtime/benchmark.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { createPotentials, type PotentialFunctions } from './potentials.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { EdgeResistance, NodeScore } from '../../runtime/iterable.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { QuestionProgress } from '../graph/question.js';
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
} from './potentials.js';

/** What the module has. */
export interface ResistanceRoom extends PotentialFunctions {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime): ResistanceRoom {
  return { Graph: network.bind(Graph), ...createPotentials(runtime) };
}

/** @internal */
export const benchmarks: Record<'pair' | 'copy', Benchmark<ResistanceRoom>> = {
  // The resistance between two corners of a square grid.
  pair: {
    defaultSize: 20_000,
    prepare(room, size) {
      const side = Math.max(2, Math.round(Math.sqrt(size)));
      const graph = room.Graph.fromEdges(grid(side));
      return {
        run() {
          room.effectiveResistance(graph, { source: 0, target: side * side - 1 });
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
  // A graph with so many edges comes into the solver's memory, which has grown before.
  copy: {
    defaultSize: 1_000_000,
    prepare(room, size) {
      const graph = room.Graph.fromEdges(cycle(size));
      const target = [...graph.runtime.group].find(({ bundle }) =>
        bundle.rooms.includes('resistance'),
      );
      return {
        run() {
          graph.copyIn(target as Runtime, 'benchmark', Graph.transfer);
          graph.dropCopyIn(target as Runtime);
        },
        operations: 0,
        bytes: graph.bytesUsed,
        dispose: () => graph.dispose(),
      };
    },
  },
};

function cycle(length: number) {
  const from = Uint32Array.from({ length }, (_, u) => u);
  return { from, to: from.map((u) => (u + 1) % length), directed: true };
}

function grid(side: number) {
  const [from, to]: [number[], number[]] = [[], []];
  for (let at = 0; at < side * side; at++) {
    if (at % side !== side - 1) {
      from.push(at);
      to.push(at + 1);
    }
    if (at + side < side * side) {
      from.push(at);
      to.push(at + side);
    }
  }
  return { from, to, directed: false };
}
