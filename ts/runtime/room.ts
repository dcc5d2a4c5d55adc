// What a room is to the engine. The values are generated: ts/generated/room and entry, one file each.
import type { Bundle, RoomName } from '../generated/bundles.js';
import type { Runtime } from './runtime.js';
import type { BundleSource } from './source.js';

/** What the code of a room exports for the engine; hidden from users by its TSDoc tag. */
interface RoomCode<Namespace> {
  /** Makes the namespace for a loaded module; called once for each. Then come the modules of `besides`, in order. */
  createRoom: (...runtimes: [Runtime, ...Runtime[]]) => Namespace;
}

export interface Room<Name extends RoomName, Namespace> {
  name: Name;
  bundle: BundleSource;
  /** Other bundles that it needs: those whose objects it takes. */
  besides?: readonly BundleSource[];
  /**
   * Bundles that it uses where they are there, and may load later: where each comes from, or no bundle where nothing can be
   * loaded later.
   */
  mayLoad?: { readonly [B in Bundle]?: () => Promise<{ bundle: BundleSource | undefined }> };
  /**
   * Rooms whose classes it uses where they are loaded, and may load later: imports what has the room under its name, or has not
   * where nothing can be loaded later.
   */
  mayUse?: { readonly [R in RoomName]?: () => Promise<object> };
  /** Imported when the room is asked for, not with the engine. */
  code: () => Promise<RoomCode<Namespace>>;
  /** Its benchmark cases (ts/benchmarks/), imported when one is run. */
  benchmarks?: () => Promise<{ benchmarks: Readonly<Record<string, unknown>> }>;
}
