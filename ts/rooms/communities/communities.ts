// Communities of graphs: partitions, what they are worth, how alike they are; positions for drawing, vectors of nodes.
// The functions stand in the other files of this folder, each with its part of the room's interface. Graphs live in another
// module than the searches; a copy is made at the first question and kept with the graph.

import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { createEmbeddings, type EmbeddingFunctions } from './embedding.js';
import { createLayouts, type LayoutFunctions } from './layout.js';
import { createPartitions, type PartitionFunctions } from './partitions.js';
import { createQuality, type QualityFunctions } from './quality.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
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
