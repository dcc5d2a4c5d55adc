// The repair of an HNSW graph, a part at a time.
import type { Hnsw as RawHnsw } from '../../generated/raw/vector.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RepairProgress } from './types.js';

/** A repair under way, and how much of it is left. */
export class Repairing {
  #left = 0;

  constructor(
    readonly runtime: Runtime,
    readonly operation: string,
    readonly raw: RawHnsw,
    private places: number,
  ) {}

  /** True when nothing is left. */
  step(work: number): boolean {
    const { runtime } = this;
    runtime.check(this.operation, this.raw.repairStep(work, runtime.out));
    this.#left = runtime.outU32();
    // Places are looked at twice where vectors have to be linked again.
    this.places = Math.max(this.places, this.#left);
    return this.#left === 0;
  }

  progress(): RepairProgress {
    return { left: this.#left, places: this.places };
  }
}
