// Hyperbolic space in the Poincare ball: distances, translations, and the maps to and from tangent vectors. Indexes of
// points are `Hnsw` and `Flat` of the module `hnsw` with `metric: 'poincare'`.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { hyperbolic } from './generated/entry/hyperbolic.js';
import type { HyperbolicRoom } from './rooms/hyperbolic/hyperbolic.js';

export * from './rooms/hyperbolic/hyperbolic.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('hyperbolic')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/hyperbolic';
 *
 * const { poincareDistance } = await load();
 * console.log(poincareDistance([0.2], [0.2], { dimension: 1 })); // Float64Array(1) [ 0 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<HyperbolicRoom> {
  return loadRoom(hyperbolic, options);
}
