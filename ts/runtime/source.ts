// What a bundle is to the engine: where its parts come from. The values are generated (ts/generated/bundle), one file
// each, so that a program carries only what it names.
import type { Bundle, RoomName, Variant } from '../generated/bundles.js';

/** One variant of a bundle: a file and its inline twin, or a module that was compiled when the program was deployed. */
export interface ModuleSource {
  file?: () => URL;
  /** The same bytes as JavaScript text (base64), for places where the file cannot be fetched. */
  twin?: () => Promise<{ default: string }>;
  compiled?: WebAssembly.Module;
}

export interface BundleSource {
  name: Bundle;
  /** Rooms whose code is in this bundle. */
  rooms: readonly RoomName[];
  modules: { readonly [V in Variant]?: ModuleSource };
  /** The module that several threads run on one memory (instance.ts). */
  shared?: ModuleSource;
}

/** Stands for the modules that are JavaScript text; `sublinear/inline` exports it as `inline`. */
export const INLINE: unique symbol = Symbol.for('sublinear.inline');
