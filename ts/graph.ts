// Graphs in the engine's memory.
import { type EngineOptions, getEngine } from './engine/engine.js';
import type { GraphRoom } from './rooms/graph/graph.js';

export * from './rooms/graph/graph.js';

/**
 * Loads this room into the shared engine: the same object as `(await getEngine()).use('graph')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/graph';
 *
 * const { Graph } = await load();
 * console.log(Graph.fromEdges({ from: [0], to: [1] }).nodeCount); // 2
 * ```
 */
export async function load(options?: EngineOptions): Promise<GraphRoom> {
  return (await getEngine(options)).use('graph');
}
