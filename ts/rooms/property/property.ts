// Property graphs that are asked in openCypher.
import type { Runtime } from '../../runtime/runtime.js';
import { PropertyGraph } from './class.js';
import { PropertyQuery } from './query.js';
import { GraphSnapshot, GraphTransaction } from './views.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export { toArrow } from './arrow.js';
export { PropertyGraph } from './class.js';
export type { Files } from './load-text.js';
export type { Modules, NodeIndex, TextVectors } from './procedures.js';
export { PropertyQuery } from './query.js';
export type * from './types.js';
export { GraphSnapshot, GraphTransaction } from './views.js';

/** What `engine.use('property')` and `load()` give. */
export interface PropertyRoom {
  readonly PropertyGraph: typeof PropertyGraph;
  readonly PropertyQuery: typeof PropertyQuery;
  readonly GraphSnapshot: typeof GraphSnapshot;
  readonly GraphTransaction: typeof GraphTransaction;
}

/** @internal */
export function createRoom(runtime: Runtime): PropertyRoom {
  return {
    PropertyGraph: runtime.bind(PropertyGraph),
    PropertyQuery: runtime.bind(PropertyQuery),
    GraphSnapshot: runtime.bind(GraphSnapshot),
    GraphTransaction: runtime.bind(GraphTransaction),
  };
}
