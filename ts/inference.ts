// Vectors of texts: a sentence encoder and tables of word vectors.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { inference } from './generated/entry/inference.js';
import type { InferenceRoom } from './rooms/inference/inference.js';

export * from './rooms/inference/inference.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('inference')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/inference';
 *
 * const { StaticEmbedder } = await load();
 * using e = StaticEmbedder.fromWords({ words: ['sea'], vectors: Float32Array.of(3, 4) }, { centred: false, precision: 'float32' });
 * console.log(Array.from(e.embed('the sea'), (x) => x.toFixed(1))); // [ '0.6', '0.8' ]
 * ```
 */
export function load(options?: EngineOptions): Promise<InferenceRoom> {
  return loadRoom(inference, options);
}
