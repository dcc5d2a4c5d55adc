// Shortest paths and what rests on distances: trees, routes, orders of acyclic graphs, measures of nodes.
// The functions stand in the other files of this folder, each with its part of the room's interface. Graphs live in another
// module than the searches; a copy is made at the first question and kept with the graph.

import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { createHierarchies, type HierarchyFunctions } from './hierarchy.js';
import { createMeasures, type MeasureFunctions } from './measures.js';
import { createOrders, type OrderFunctions } from './orders.js';
import { createRoutes, type RouteFunctions } from './routes.js';
import { createTrees, type TreeFunctions } from './trees.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { NodeScore } from '../../runtime/iterable.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { LengthOptions, Work } from './ask.js';
export type * from './hierarchy.js';
export type * from './measures.js';
export type * from './orders.js';
export type * from './routes.js';
export type * from './trees.js';

/** What the module has. */
export interface PathsRoom
  extends TreeFunctions,
    RouteFunctions,
    HierarchyFunctions,
    OrderFunctions,
    MeasureFunctions {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime): PathsRoom {
  return {
    Graph: network.bind(Graph),
    ...createTrees(runtime),
    ...createRoutes(runtime),
    ...createHierarchies(runtime),
    ...createOrders(runtime),
    ...createMeasures(runtime),
  };
}
