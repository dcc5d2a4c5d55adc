// How a graph holds together and where it falls apart. The functions stand in ts/rooms/cuts/, each file with its part of
// the room's interface.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { cuts } from './generated/entry/cuts.js';
import type { CutsRoom } from './rooms/cuts/cuts.js';

export * from './rooms/cuts/cuts.js';

/**
 * The module cuts of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/cuts';
 *
 * const { Graph, maxFlow } = await load();
 * using pipes = Graph.fromEdges({ from: ['A', 'A', 'B'], to: ['B', 'C', 'C'], weights: [3, 2, 1] });
 * const { value, cut } = maxFlow(pipes, { source: 'A', target: 'C' });
 * console.log(value, pipes.labelsOf(cut.from), pipes.labelsOf(cut.to)); // 3 [ 'A', 'B' ] [ 'C', 'C' ]
 * ```
 */
export function load(options?: EngineOptions): Promise<CutsRoom> {
  return loadRoom(cuts, options);
}
