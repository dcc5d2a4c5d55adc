// Learning on graphs. The functions stand in ts/rooms/gnn/.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { gnn } from './generated/entry/gnn.js';
import type { GnnRoom } from './rooms/gnn/gnn.js';

export * from './rooms/gnn/gnn.js';

/**
 * The module gnn of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/gnn';
 *
 * const { Graph, labelSpread } = await load();
 * using friends = Graph.fromEdges({ from: ['Ada', 'Bob', 'Cleo'], to: ['Bob', 'Cleo', 'Dan'], directed: false });
 * const { labels } = labelSpread(friends, { classes: 2, nodes: [0, 3], labels: [0, 1] });
 * console.log(labels[friends.nodeOf('Bob')!]); // 0
 * ```
 */
export function load(options?: EngineOptions): Promise<GnnRoom> {
  return loadRoom(gnn, options);
}
