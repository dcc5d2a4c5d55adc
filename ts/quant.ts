// Smaller numbers: vectors as bytes, as bits, as 16-bit floats.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { quant } from './generated/entry/quant.js';
import type { QuantRoom } from './rooms/quant/quant.js';

export * from './rooms/quant/quant.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('quant')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/quant';
 *
 * const { fromFloat16, toFloat16 } = await load();
 * console.log(fromFloat16(toFloat16([0.5]))); // Float32Array(1) [ 0.5 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<QuantRoom> {
  return loadRoom(quant, options);
}
