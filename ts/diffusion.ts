// Scores of nodes by walks on a graph: the PageRank family, heat kernel, sweep cuts. The functions stand in
// ts/rooms/diffusion/, each file with its part of the room's interface.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { diffusion } from './generated/entry/diffusion.js';
import type { DiffusionRoom } from './rooms/diffusion/diffusion.js';

export * from './rooms/diffusion/diffusion.js';

/**
 * The module diffusion of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/diffusion';
 *
 * const { Graph, pageRank } = await load();
 * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 0] });
 * console.log(pageRank(graph).scores[0]?.toFixed(4)); // 0.5000
 * ```
 */
export function load(options?: EngineOptions): Promise<DiffusionRoom> {
  return loadRoom(diffusion, options);
}
