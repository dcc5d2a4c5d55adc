// Kernels in files that cannot escape: signed WebAssembly, metered, on memory of its own.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { kernelpack } from './generated/entry/kernelpack.js';
import type { KernelpackRoom } from './rooms/kernelpack/kernelpack.js';

export * from './rooms/kernelpack/kernelpack.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('kernelpack')`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { load } from 'sublinear/kernelpack';
 *
 * const { KernelPack, writePack } = await load();
 * const description = JSON.parse(await readFile('examples/kernels/nearest.json', 'utf8'));
 * const file = writePack(await readFile('examples/kernels/nearest.wasm'), description);
 * const hashes = ['00'.repeat(32)]; // packs that are trusted
 * const refused = await KernelPack.open(file, { hashes }).catch((error) => error.code);
 * console.log(refused); // UNTRUSTED
 * ```
 */
export function load(options?: EngineOptions): Promise<KernelpackRoom> {
  return loadRoom(kernelpack, options);
}
