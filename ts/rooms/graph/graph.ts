// Graphs in the engine's memory: the class, with the readers of all files of graphs.

import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from './class.js';
import { readers } from './readers.js';
import { reading } from './reading.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { NodeLabel } from '../../runtime/labels.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { AsyncTextSource, ReadProgress, TextSource } from '../../runtime/text-source.js';
export type { DType } from '../dense/dense.js';
export { Graph } from './class.js';
export type { GraphologyLike } from './graphology.js';
export type { GraphNodes } from './nodes.js';
export type { GraphParts } from './parts.js';
export type * from './types.js';

/** What `engine.use('graph')` and `load()` give. */
export interface GraphRoom {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime): GraphRoom {
  readers.give(reading);
  return { Graph: runtime.bind(Graph) };
}
