// How a graph holds together and where it falls apart: parts, cores, triangles, colours, spanning forests, flows, cuts and
// matchings. The functions stand in the other files of this folder, each with its part of the room's interface. Graphs live
// in another module; a copy is made at the first question and kept with the graph.

import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { createDensity, type DensityFunctions } from './density.js';
import { createDynamic, type DynamicFunctions } from './dynamic.js';
import { createFlows, type FlowFunctions } from './flows.js';
import { createMatchings, type MatchingFunctions } from './matchings.js';
import { createParts, type PartFunctions } from './parts.js';
import { createWeighted, type WeightedFunctions } from './weighted.js';

export * from '../../runtime/errors.js';
export type { NodeScore } from '../../runtime/iterable.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { Cut, WeightedEdges, Work } from './ask.js';
export type * from './density.js';
export type * from './dynamic.js';
export type * from './flows.js';
export type * from './matchings.js';
export type * from './parts.js';
export type * from './weighted.js';

/** What the module has. */
export interface CutsRoom
  extends PartFunctions,
    DensityFunctions,
    FlowFunctions,
    MatchingFunctions,
    WeightedFunctions,
    DynamicFunctions {
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
    ...createWeighted(runtime),
    ...createDynamic(runtime),
  };
}
