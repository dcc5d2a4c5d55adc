// Algorithm selection that learns from the costs of runs.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { chooser } from './generated/entry/chooser.js';
import type { ChooserRoom } from './rooms/chooser/chooser.js';

export * from './rooms/chooser/chooser.js';

/**
 * The module chooser of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/chooser';
 *
 * const { Chooser } = await load();
 * using chooser = Chooser.create({ methods: ['quick', 'merge'], features: ['length'], timeout: 1000 });
 * const { id, method } = chooser.choose({ length: 100 });
 * chooser.report(id, method, { cost: 0.25 });
 * console.log(method, chooser.stats().reports); // quick 1
 * ```
 */
export function load(options?: EngineOptions): Promise<ChooserRoom> {
  return loadRoom(chooser, options);
}
