// Which variant of a bundle runs best here.

import { relaxedSimd, simd } from 'wasm-feature-detect';
import { rareVariants, type Variant } from '../generated/bundles.js';
import type { BundleSource } from '../runtime/source.js';

/** What the engine that runs this program can do. */
export interface Capabilities {
  /** 128-bit SIMD; without it the `scalar` variants are loaded. */
  simd: boolean;
  relaxedSimd: boolean;
  /** SharedArrayBuffer may be shared between threads (in browsers: the page is cross-origin isolated). */
  sharedMemory: boolean;
}

let probed: Promise<Capabilities> | undefined;

export function probe(): Promise<Capabilities> {
  probed ??= (async () => ({
    simd: await simd(),
    relaxedSimd: await relaxedSimd(),
    sharedMemory:
      typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false,
  }))();
  return probed;
}

/**
 * The variant asked for, or the best that the bundle has here; not every bundle has a relaxed one. A variant that other
 * bundles have is taken as a wish, one that this platform does not ship is left to the loader to refuse.
 */
export async function bestVariant(bundle: BundleSource, wanted?: Variant): Promise<Variant> {
  if (wanted !== undefined && (rareVariants[wanted]?.includes(bundle.name) ?? true)) return wanted;
  const { simd, relaxedSimd } = await probe();
  if (relaxedSimd && 'relaxed' in bundle.modules) return 'relaxed';
  return simd ? 'simd' : 'scalar';
}
