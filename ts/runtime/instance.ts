// Instances of a module on a memory that threads share (csrc/base/instance.h). Each thread has an instance, with a region of
// the memory for its stack, its thread-local variables and its heap: no two of them ever write to the same place.
import type { Raw } from '../generated/raw.js';
import type { Runtime } from './runtime.js';

/** Where instances live; passes between threads as it is. */
export interface SharedPlace {
  readonly memory: WebAssembly.Memory;
  /** Address of the table of regions. */
  readonly regions: number;
}

type Call = (...args: number[]) => number;

const PAGE = 65536;
/** A region: the stack, which nothing in these modules needs deeper, and the beginning of the heap. */
const STACK = 2 * PAGE;
const REGION = 4 * PAGE;
/** Regions that the table knows: as many instances at once can have one that is used again after them. */
const REGIONS = 256;
/** Set in an entry of the table while an instance has the region. */
const TAKEN = 1;
/** Bytes for small results: as much as `Runtime.out` has, and the same again for the objects' own calls. */
const OUT = 256;

/** One instance, and what the runtime over it needs. */
export class Instance {
  readonly memory: WebAssembly.Memory;
  readonly #runtime: Runtime;
  readonly #home: Runtime;
  readonly #functions: Record<string, Call>;
  readonly #giveBack: () => void;
  readonly #out: number;
  #objects = 0;

  /**
   * Starts a module on a memory, beside the module `home` of the same bundle; without a table the instance is the first one,
   * which makes it.
   */
  static async start(
    module: WebAssembly.Module,
    runtime: Runtime,
    home: Runtime,
    memory: WebAssembly.Memory,
    regions?: number,
  ): Promise<Instance> {
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    return new Instance(exports, runtime, home, memory, regions);
  }

  private constructor(
    exports: WebAssembly.Exports,
    runtime: Runtime,
    home: Runtime,
    memory: WebAssembly.Memory,
    regions: number | undefined,
  ) {
    const { at, again, giveBack } = takeRegion(memory, regions);
    const { __stack_pointer, __tls_size } = exports as Record<string, WebAssembly.Global>;
    this.memory = memory;
    this.#runtime = runtime;
    this.#home = home;
    this.#functions = exports as unknown as Record<string, Call>;
    this.#giveBack = giveBack;
    (__stack_pointer as WebAssembly.Global).value = (at + STACK) | 0;
    const variables = at + STACK;
    this.call('__wasm_init_tls', variables);
    const heap = variables + Math.ceil((__tls_size as WebAssembly.Global).value / 64) * 64;
    this.call('sl_instance_begin', heap, at + REGION - heap, again ? 1 : 0);
    this.#out = this.call('sl_abi_alloc', 2 * OUT) >>> 0;
  }

  /** Calls a function of the module. A trap in it poisons the runtime: what the others have is not touched by that. */
  call(name: string, ...args: number[]): number {
    const runtime = this.#runtime;
    if (!runtime.alive) throw runtime.ended();
    try {
      return (this.#functions[name] as Call)(...args);
    } catch (cause) {
      runtime.poison(cause);
      // Its region stays taken: what lies there is not known any more.
      this.#home.instances.delete(runtime);
      throw runtime.ended();
    }
  }

  /** Calls a function that returns a status, and throws its error. */
  do(operation: string, name: string, ...args: number[]): void {
    this.#runtime.check(operation, this.call(name, ...args));
  }

  /** Calls a function that returns a handle, and throws its error. */
  make(operation: string, name: string, ...args: number[]): number {
    const handle = this.call(name, ...args) >>> 0;
    if (handle === 0) throw this.#runtime.failure(operation);
    return handle;
  }

  /** Result number i of the objects' own calls, which are given the address `results`. */
  get results(): number {
    return this.#out + OUT;
  }
  resultU32(i = 0): number {
    return this.#runtime.u32[this.results / 4 + i] as number;
  }
  resultF64(i = 0): number {
    return this.#runtime.f64[this.results / 8 + i] as number;
  }

  /** A table of regions in the memory of this instance, for those that come after it. */
  makeRegions(): number {
    const address = this.call('sl_abi_alloc', 4 * REGIONS) >>> 0;
    if (address === 0) throw this.#runtime.failure('share');
    this.#runtime.u8.fill(0, address, address + 4 * REGIONS);
    return address;
  }

  /** Objects hold the instance: when the last one is gone, its region is for another one. */
  hold(): void {
    this.#objects++;
  }
  letGo(): void {
    if (--this.#objects > 0 || !this.#runtime.alive) return;
    this.call('sl_abi_free', this.#out);
    const left = this.call('sl_abi_bytes_in_use');
    this.#runtime.end();
    this.#home.instances.delete(this.#runtime);
    // What has not been freed, a scratch of a call that goes on, would be another one's.
    if (left === 0) this.#giveBack();
  }

  /** What every module has, as the embind modules name it; a room adds its classes. */
  raw(classes: object): Raw {
    const { memory } = this;
    const call =
      (name: string) =>
      (...args: number[]) =>
        this.call(name, ...args);
    const address =
      (name: string) =>
      (...args: number[]) =>
        this.call(name, ...args) >>> 0;
    let buffer: ArrayBufferLike | undefined;
    let views: Record<string, ArrayBufferView> = {};
    // Another buffer once the memory has grown; what it has grown by in other threads may show later.
    const view = (name: string) => () => {
      if (memory.buffer !== buffer) {
        buffer = memory.buffer;
        views = {
          HEAPU8: new Uint8Array(buffer),
          HEAPU32: new Uint32Array(buffer),
          HEAP32: new Int32Array(buffer),
          HEAPF32: new Float32Array(buffer),
          HEAPF64: new Float64Array(buffer),
        };
      }
      return views[name];
    };
    const raw = {
      ...classes,
      out: () => this.#out,
      alloc: address('sl_abi_alloc'),
      free: call('sl_abi_free'),
      bytesInUse: address('sl_abi_bytes_in_use'),
      bytesPeak: address('sl_abi_bytes_peak'),
      setMemoryLimit: call('sl_abi_set_memory_limit'),
      errorStatus: call('sl_abi_last_error_status'),
      errorArgument: address('sl_abi_last_error_argument'),
      errorExpected: address('sl_abi_last_error_expected'),
      errorPosition: call('sl_abi_last_error_position'),
      crc32c: address('sl_instance_crc32c'),
    };
    for (const name of ['HEAPU8', 'HEAPU32', 'HEAP32', 'HEAPF32', 'HEAPF64'])
      Object.defineProperty(raw, name, { get: view(name), enumerable: true });
    return raw as unknown as Raw;
  }
}

interface Region {
  at: number;
  /** Another instance had it, whose heap lies there. */
  again: boolean;
  giveBack: () => void;
}

/** A region that is free, or a new one. Other threads do the same at the same time. */
function takeRegion(memory: WebAssembly.Memory, regions: number | undefined): Region {
  const none = () => {};
  if (regions === undefined) return { at: grow(memory), again: false, giveBack: none };
  const table = new Int32Array(memory.buffer, regions, REGIONS);
  for (let i = 0; i < REGIONS; i++) {
    const entry = Atomics.load(table, i);
    if (entry === 0 || entry & TAKEN) continue;
    if (Atomics.compareExchange(table, i, entry, entry | TAKEN) !== entry) continue;
    return { at: entry >>> 0, again: true, giveBack: () => Atomics.store(table, i, entry) };
  }
  const at = grow(memory);
  for (let i = 0; i < REGIONS; i++)
    if (Atomics.compareExchange(table, i, 0, at | TAKEN) === 0)
      return { at, again: false, giveBack: () => Atomics.store(table, i, at | 0) };
  return { at, again: false, giveBack: none };
}

function grow(memory: WebAssembly.Memory): number {
  return memory.grow(REGION / PAGE) * PAGE;
}

/** A new memory for one instance that fills it and others that read it, of at most so many bytes. */
export function sharedMemory(mostBytes: number): WebAssembly.Memory {
  // As much as the constants of a module take; the last page would end at 2^32.
  const initial = 4;
  const maximum = Math.max(64, Math.min(65535, Math.ceil(mostBytes / PAGE)));
  return new WebAssembly.Memory({ initial, maximum, shared: true });
}

/**
 * Whether threads can share memory here; in browsers the page must be cross-origin isolated. Tried out: a runtime may have
 * such memories and let none of them pass to another thread.
 */
export function canShare(): boolean {
  if (typeof SharedArrayBuffer !== 'function' || globalThis.crossOriginIsolated === false)
    return false;
  try {
    const memory = new WebAssembly.Memory({ initial: 0, maximum: 1, shared: true });
    return structuredClone(memory) instanceof WebAssembly.Memory;
  } catch {
    return false;
  }
}

/** Whether a value is a memory that threads share. */
export function isSharedMemory(value: unknown): value is WebAssembly.Memory {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Memory]';
}
