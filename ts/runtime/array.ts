// Objects that are arrays in the module's memory: methods use them where they lie.
import { WasmObject } from './object.js';
import type { RawObject } from './runtime.js';
import { type ArrayInMemory, type Block, IN_MEMORY } from './scratch.js';

/** Classes whose instances are arrays extend this (see `Vector`). */
export abstract class WasmArray<R extends RawObject>
  extends WasmObject<R>
  implements ArrayInMemory
{
  /** @internal */
  readonly [IN_MEMORY] = true;
  /** @internal */
  abstract block(operation: string): Block;
  abstract toArray(): Float32Array | Float64Array;
}
