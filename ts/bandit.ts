// Bandits: policies that choose and learn, and off-policy evaluation of their logs.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { bandit } from './generated/entry/bandit.js';
import type { BanditRoom } from './rooms/bandit/bandit.js';

export * from './rooms/bandit/bandit.js';

/**
 * The module bandit of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/bandit';
 *
 * const { betaThompson } = await load();
 * using bandit = betaThompson({ arms: ['blue', 'green'] });
 * const { id, arm, propensity } = bandit.choose();
 * bandit.reward(id, 1);
 * console.log(bandit.arms.includes(arm), propensity > 0); // true true
 * ```
 */
export function load(options?: EngineOptions): Promise<BanditRoom> {
  return loadRoom(bandit, options);
}
