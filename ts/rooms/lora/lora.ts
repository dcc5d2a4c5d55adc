// Low-rank adapters.

import type { Runtime } from '../../runtime/runtime.js';
import { LoraAdapter } from './class.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export { LoraAdapter } from './class.js';
export type { LowRank } from './low-rank.js';
export type * from './types.js';

/** What `engine.use('lora')` and `load()` give. */
export interface LoraRoom {
  readonly LoraAdapter: typeof LoraAdapter;
}

/** @internal */
export function createRoom(runtime: Runtime): LoraRoom {
  return { LoraAdapter: runtime.bind(LoraAdapter) };
}
