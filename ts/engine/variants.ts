// Which variant of a bundle runs best here.

import { relaxedSimd, simd } from 'wasm-feature-detect';
import { ships } from '#wasm-source';
import { type Bundle, bundles, type ModuleName, type Variant } from '../generated/bundles.js';

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

/** The variant asked for, or the best that the bundle has; not every bundle has a relaxed one. */
export async function bestVariant(bundle: Bundle, wanted?: Variant): Promise<Variant> {
  const variants: readonly string[] = bundles[bundle].variants;
  if (wanted !== undefined && variants.includes(wanted)) return wanted;
  const { simd, relaxedSimd } = await probe();
  const has = (variant: string) =>
    variants.includes(variant) && ships(`${bundle}.${variant}` as ModuleName);
  const best = relaxedSimd && has('relaxed') ? 'relaxed' : simd ? 'simd' : 'scalar';
  return best as Variant;
}
