// Graphs in the engine's memory.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { graph } from './generated/entry/graph.js';
import type { GraphRoom } from './rooms/graph/graph.js';

export * from './rooms/graph/graph.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('graph')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/graph';
 *
 * const { Graph } = await load();
 * console.log(Graph.fromEdges({ from: [0], to: [1] }).nodeCount); // 2
 * ```
 */
export function load(options?: EngineOptions): Promise<GraphRoom> {
  return loadRoom(graph, options);
}
