// Algorithm selection that learns: which of several methods to use for a task.
import type { Runtime } from '../../runtime/runtime.js';
import { Chooser } from './class.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export { Chooser } from './class.js';
export { type Decision, decide } from './compiled.js';
export type * from './types.js';

/** What `engine.use('chooser')` and `load()` give. */
export interface ChooserRoom {
  readonly Chooser: typeof Chooser;
}

/** @internal */
export function createRoom(runtime: Runtime): ChooserRoom {
  return { Chooser: runtime.bind(Chooser) };
}
