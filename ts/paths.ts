// Shortest paths and what rests on distances. The functions stand in ts/rooms/paths/, each file with its part of the room's
// interface.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { paths } from './generated/entry/paths.js';
import type { PathsRoom } from './rooms/paths/paths.js';

export * from './rooms/paths/paths.js';

/**
 * The module paths of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/paths';
 *
 * const { Graph, shortestPath } = await load();
 * using roads = Graph.fromEdges({ from: ['A', 'B', 'A'], to: ['B', 'C', 'C'], weights: [1, 2, 5] });
 * const { length, nodes } = shortestPath(roads, { source: 'A', target: 'C' });
 * console.log(length, roads.labelsOf(nodes)); // 3 [ 'A', 'B', 'C' ]
 * ```
 */
export function load(options?: EngineOptions): Promise<PathsRoom> {
  return loadRoom(paths, options);
}
