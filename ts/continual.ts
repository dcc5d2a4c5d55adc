// Continual learning: a small network that goes on learning without forgetting, and can go back.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { continual } from './generated/entry/continual.js';
import type { ContinualRoom } from './rooms/continual/continual.js';

export * from './rooms/continual/continual.js';

/**
 * The module continual of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/continual';
 *
 * const { ContinualLearner } = await load();
 * using learner = ContinualLearner.create({ inputs: 2, outputs: 2, learningRate: 0.1 });
 * learner.learn([1, 0, 0, 1], [0, 1], { epochs: 20 });
 * console.log(learner.predict([0, 2]).labels); // Uint32Array(1) [ 1 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<ContinualRoom> {
  return loadRoom(continual, options);
}
