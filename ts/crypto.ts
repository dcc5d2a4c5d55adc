// Hashes, Merkle trees, strict verification of Ed25519 signatures, witness chains.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { crypto } from './generated/entry/crypto.js';
import type { CryptoRoom } from './rooms/crypto/crypto.js';

export * from './rooms/crypto/crypto.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('crypto')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/crypto';
 *
 * const { hash, toHex } = await load();
 * console.log(toHex(hash('shake256', 'abc', { length: 8 }))); // 483366601360a877
 * ```
 */
export function load(options?: EngineOptions): Promise<CryptoRoom> {
  return loadRoom(crypto, options);
}
