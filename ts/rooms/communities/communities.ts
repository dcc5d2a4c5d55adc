// Communities of graphs: partitions, what they are worth, how alike they are; positions for drawing, vectors of nodes.
// The functions stand in the other files of this folder, each with its part of the room's interface. Graphs live in another
// module than the searches; a copy is made at the first question and kept with the graph.

import type { Benchmark } from '../../runtime/benchmark.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/graph.js';
import { createEmbeddings, type EmbeddingFunctions } from './embedding.js';
import { createLayouts, type LayoutFunctions } from './layout.js';
import { createPartitions, type PartitionFunctions } from './partitions.js';
import { createQuality, type QualityFunctions } from './quality.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/graph.js';
export type { EdgeOptions, Work } from './ask.js';
export type * from './embedding.js';
export type {
  Layout,
  LayoutFunctions,
  LayoutOptions,
  LayoutStep,
  LayoutStepOptions,
} from './layout.js';
export type * from './partitions.js';
export type * from './quality.js';

/** What the module has. */
export interface CommunitiesRoom
  extends PartitionFunctions,
    QualityFunctions,
    LayoutFunctions,
    EmbeddingFunctions {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime): CommunitiesRoom {
  return {
    Graph: network.bind(Graph),
    ...createPartitions(runtime),
    ...createQuality(runtime),
    ...createLayouts(runtime),
    ...createEmbeddings(runtime),
  };
}

/** @internal */
export const benchmarks: Record<'leiden', Benchmark<CommunitiesRoom>> = {
  // Groups of 32 nodes, each with eight edges inside and one to another group.
  leiden: {
    defaultSize: 20_000,
    prepare(room, size) {
      const count = Math.max(64, 32 * Math.round(size / 32));
      const [from, to]: [number[], number[]] = [[], []];
      for (let at = 0; at < count; at++) {
        const group = at - (at % 32);
        for (let i = 1; i <= 8; i++) {
          from.push(at);
          to.push(group + ((at + i * 5) % 32));
        }
        from.push(at);
        to.push((at * 7919 + 13) % count);
      }
      const graph = room.Graph.fromEdges({ from, to, directed: false });
      return {
        run() {
          room.leiden(graph);
        },
        operations: 0,
        bytes: 0,
        dispose: () => graph.dispose(),
      };
    },
  },
};
