// Low-rank adapters: small corrections of vectors and of frozen matrices, learned on the device.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { lora } from './generated/entry/lora.js';
import type { LoraRoom } from './rooms/lora/lora.js';

export * from './rooms/lora/lora.js';

/**
 * The module lora of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/lora';
 *
 * const { LoraAdapter } = await load();
 * using adapter = LoraAdapter.create({ inputs: 2, rank: 1 });
 * const vectors = [1, 0, 0, 1, 1, 1];
 * const { loss } = adapter.train({ vectors, targets: [1, 0, 0, 2, 1, 2] }, { epochs: 300, rate: 0.05, decay: 0 });
 * console.log(loss < 1e-3); // true
 * ```
 */
export function load(options?: EngineOptions): Promise<LoraRoom> {
  return loadRoom(lora, options);
}
