// A graph as an electrical network: effective resistances and potentials.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { resistance } from './generated/entry/resistance.js';
import type { ResistanceRoom } from './rooms/resistance/resistance.js';

export * from './rooms/resistance/resistance.js';

/**
 * The module resistance of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/resistance';
 *
 * const { Graph, effectiveResistance } = await load();
 * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
 * console.log(effectiveResistance(path, { source: 0, target: 2 }).resistance.toFixed(3)); // 2.000
 * ```
 */
export function load(options?: EngineOptions): Promise<ResistanceRoom> {
  return loadRoom(resistance, options);
}
