// The C objects of an instance on shared memory, as the embind modules show them: each method is a function of the raw ABI.
import type {
  Filter as RawFilter,
  Flat as RawFlat,
  Hnsw as RawHnsw,
} from '../../generated/raw/vector.js';
import type { Instance } from '../../runtime/instance.js';

/** What can be shared, by the name that the raw ABI has for it. */
export interface RawKinds {
  hnsw: RawHnsw;
  flat: RawFlat;
}

/** A C object by its handle. */
class Handle {
  readonly instance: Instance;
  readonly kind: string;
  readonly handle: number;

  constructor(instance: Instance, kind: string, handle: number) {
    this.instance = instance;
    this.kind = kind;
    this.handle = handle;
    instance.hold();
  }

  call(name: string, ...args: (number | Handle | null)[]): number {
    const given = args.map((arg) => (arg instanceof Handle ? arg.handle : (arg ?? 0)));
    return this.instance.call(`sl_abi_${this.kind}_${name}`, this.handle, ...given);
  }

  delete(): void {
    this.call('destroy');
    this.instance.letGo();
  }
}

/** The methods whose arguments are those of the function, and whose result is its status. */
const statuses = {
  reserve: 'reserve',
  freeze: 'freeze',
  add: 'add',
  stage: 'stage',
  addStaged: 'add_staged',
  remove: 'remove',
  removeMany: 'remove_many',
  repair: 'repair',
  repairStep: 'repair_step',
  optimize: 'optimize',
  shrink: 'shrink',
  stats: 'stats',
  search: 'search',
  searchRadius: 'search_radius',
  diversify: 'diversify',
  recall: 'recall',
  get: 'get',
  ids: 'ids',
  save: 'save',
} as const satisfies Partial<Record<keyof RawHnsw, string>>;

/** A view of a frozen index: nothing of it changes but its scratch. */
class SharedIndex extends Handle {
  readonly #metric: number;
  readonly #dimension: number;
  readonly #size: number;
  readonly #dead: number;
  /** Addresses that `info` takes between the number of vectors and the bytes. */
  readonly #between: number[];

  static {
    for (const [name, called] of Object.entries(statuses))
      Object.defineProperty(SharedIndex.prototype, name, {
        value(this: SharedIndex, ...args: (number | Handle | null)[]) {
          return this.call(called, ...args);
        },
      });
  }

  constructor(instance: Instance, kind: keyof RawKinds, handle: number) {
    super(instance, kind, handle);
    const at = instance.results;
    this.call('shape', at, at + 4);
    [this.#metric, this.#dimension] = [instance.resultU32(0), instance.resultU32(1)];
    const between = kind === 'hnsw' ? [at + 4] : [];
    this.call('info', at, ...between, 0, 0);
    this.#size = instance.resultU32(0);
    this.#dead = kind === 'hnsw' ? instance.resultU32(1) : 0;
    this.#between = between.map(() => 0);
  }

  metric(): number {
    return this.#metric;
  }
  dimension(): number {
    return this.#dimension;
  }
  size(): number {
    return this.#size;
  }
  dead(): number {
    return this.#dead;
  }
  frozen(): boolean {
    return true;
  }
  has(id: number): boolean {
    const { instance } = this;
    this.call('has', id, instance.results);
    return instance.resultU32() !== 0;
  }
  bytes(): number {
    const { instance } = this;
    this.call('info', 0, ...this.#between, instance.results, 0);
    return instance.resultF64();
  }
  fileSize(): number {
    const { instance } = this;
    this.call('info', 0, ...this.#between, 0, instance.results);
    return instance.resultF64();
  }
}

class SharedFilter extends Handle {
  constructor(instance: Instance, handle: number) {
    super(instance, 'filter', handle);
  }

  get count(): number {
    const { instance } = this;
    this.call('info', instance.results, 0);
    return instance.resultU32();
  }
  bytes(): number {
    const { instance } = this;
    this.call('info', 0, instance.results);
    return instance.resultF64();
  }
  ids(address: number): void {
    this.call('ids', address);
  }
}

/** A view of the frozen index at an address; null when there is no memory for it. */
export function viewOf<K extends keyof RawKinds>(
  instance: Instance,
  address: number,
  kind: K,
): RawKinds[K] | null {
  const handle = instance.call(`sl_instance_${kind}_view`, address) >>> 0;
  return handle === 0 ? null : (new SharedIndex(instance, kind, handle) as unknown as RawKinds[K]);
}

/** What the room's classes call by name to make objects there. */
export function sharedClasses(instance: Instance): object {
  const make = (name: string) => (address: number, count: number) => {
    const handle = instance.call(name, address, count) >>> 0;
    return handle === 0 ? null : (new SharedFilter(instance, handle) as unknown as RawFilter);
  };
  return {
    Filter: { create: make('sl_abi_filter_create'), fromBits: make('sl_abi_filter_from_bits') },
  };
}
