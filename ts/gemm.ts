// Products of dense matrices in float32, float64, int8 and 4-bit weights, and the functions that neural networks put between
// them.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { gemm } from './generated/entry/gemm.js';
import type { GemmRoom } from './rooms/gemm/gemm.js';

export * from './rooms/gemm/gemm.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('gemm')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/gemm';
 *
 * const { matmul } = await load();
 * const x = { data: Float32Array.of(1, 2, 3, 4), rows: 2, columns: 2 };
 * console.log(matmul(x, x)); // Float32Array(4) [ 7, 10, 15, 22 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<GemmRoom> {
  return loadRoom(gemm, options);
}
