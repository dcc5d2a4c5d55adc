// The engine: loads rooms on demand, knows what is loaded, and lets it go. It names no room: those come from their
// descriptors (ts/generated/room), so that a program carries only the rooms that it imports.
import {
  type Bundle,
  type RoomName,
  roomNames,
  type Variant,
  variants,
  version,
} from '../generated/bundles.js';
import type { Rooms } from '../generated/rooms.js';
import type { BenchmarkOptions, BenchmarkResult } from '../runtime/benchmark.js';
import { isShared, messageOf } from '../runtime/brand.js';
import { SublinearError } from '../runtime/errors.js';
import type { Room } from '../runtime/room.js';
import type { Runtime } from '../runtime/runtime.js';
import type { BundleSource } from '../runtime/source.js';
import * as check from '../runtime/validate.js';
import { isOneFile, loadBundle, loadShared, type WasmSource, withoutImport } from './loader.js';
import { type Capabilities, probe } from './variants.js';

/** Names for the most memory that the objects of a bundle may hold together: 4 MB, 2 GB, 4 GB. */
export type MemoryProfile = 'embedded' | 'default' | 'server';

const memoryProfiles = { embedded: 4 * 2 ** 20, default: 2 ** 31, server: 2 ** 32 } as const;

/** How an engine loads WebAssembly. */
export interface EngineOptions {
  /**
   * The most memory that the objects of a bundle may hold together: a profile or a number of bytes (up to 4 GB). A call
   * that would need more throws `MEMORY` and changes nothing. Modules start with about 1 MB and grow.
   */
  memory?: MemoryProfile | number;
  /** Which build of the code to load; by default the fastest one that runs here. All give the same bits. */
  variant?: Variant;
  /** Where to get the WebAssembly from; by default from the package's own files. */
  wasm?: WasmSource;
}

type AnyRoom = Room<RoomName, unknown>;

type MayLoad = NonNullable<NonNullable<AnyRoom['mayLoad']>[Bundle]>;

/** The descriptors of the rooms that an engine can load. */
export type RoomTable = { readonly [R in RoomName]?: Room<R, Rooms[R]> };

/** Options of `createEngine`. */
export interface CreateEngineOptions<M extends RoomName = RoomName> extends EngineOptions {
  /** Modules to load before the promise resolves; they become properties of the engine. */
  modules?: readonly M[];
}

/** What `engine.stats()` gives. */
export interface EngineStats {
  version: string;
  /** The loaded bundles: WebAssembly modules, each with a memory of its own. */
  modules: {
    /** The package's modules that are in this bundle. */
    rooms: string[];
    variant: Variant;
    /** Bytes that live objects hold now, and the most they ever held together. */
    bytesInUse: number;
    bytesPeak: number;
    memoryLimit: number;
    /** Size of the bundle's memory; it never shrinks. */
    memoryBytes: number;
    /** The memory is shared with other threads (`Hnsw.share`); what is in use and the limit are those of this thread. */
    shared?: true;
    /** Objects that have not been disposed. */
    objects: number;
    /**
     * Copies of objects that live in other bundles: how many there are, the bytes they hold (part of `bytesInUse`), and how
     * many were ever made.
     */
    copies: { count: number; bytes: number; made: number };
    /** From requesting the bundle to having it loaded. */
    loadMs: number;
  }[];
}

export const optionKeys = ['memory', 'variant', 'wasm'] as const;

/**
 * The loaded modules and their objects. Made by {@link getEngine} or {@link createEngine}. Objects of one engine cannot
 * be passed to another.
 */
export class Engine {
  /** Version of this package. */
  readonly version: string = version;
  readonly #options: EngineOptions;
  readonly #memoryLimit: number;
  readonly #loading = new Map<string, Promise<Runtime>>();
  readonly #loaded = new Map<string, Runtime>();
  readonly #rooms = new Map<RoomName, { runtimes: Runtime[]; namespace: unknown }>();
  /** The loaded modules: what each of them knows of the others. */
  readonly #group = new Set<Runtime>();
  #table: RoomTable;
  #disposed = false;

  static {
    for (const room of Object.keys(roomNames) as RoomName[]) {
      Object.defineProperty(Engine.prototype, room, {
        get(this: Engine) {
          return this.#room(room);
        },
      });
    }
  }

  /** @internal */
  constructor(options: EngineOptions, operation: string, table: RoomTable) {
    this.#memoryLimit = memoryBytes(operation, options.memory);
    const { variant } = options;
    if (variant !== undefined) check.choice(operation, 'variant', variant, variants);
    this.#options = options;
    this.#table = table;
  }

  /**
   * Loads a module and returns its classes and functions: always the same object, so that `instanceof` works. The first module
   * of a bundle fetches and compiles it; after a failure the next call tries again, and after a crash (`CRASHED`) it
   * loads the bundle afresh, with new classes.
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Vector } = await engine.use('dense');
   * using v = Vector.from([3, 4]);
   * console.log(v.norm()); // 5
   * ```
   */
  async use<R extends RoomName>(room: R): Promise<Rooms[R]> {
    const operation = 'engine.use';
    if (typeof room !== 'string') throw check.typeError(operation, 'room', 'string', room);
    check.choice(operation, 'room', room, roomNames);
    return (await this.load(this.#known(room))) as Rooms[R];
  }

  /** @internal Loads a room from its descriptor. */
  async load<N>(room: Room<RoomName, N>): Promise<N> {
    const operation = 'engine.use';
    this.#assertUsable(operation);
    const [code, runtime, ...besides] = await Promise.all([
      codeOf(room),
      this.#load(room.bundle),
      ...(room.besides ?? []).map((bundle) => this.#load(bundle)),
    ]);
    this.#assertUsable(operation);
    const runtimes = [runtime, ...besides];
    this.#offer(room, runtime);
    const known = this.#rooms.get(room.name);
    if (known?.runtimes.every((each, i) => each === runtimes[i])) {
      await this.#complete();
      return known.namespace as N;
    }
    const namespace = Object.freeze(code.createRoom(runtime, ...besides));
    this.#rooms.set(room.name, { runtimes, namespace });
    runtime.rooms.set(room.name, namespace);
    await this.#complete();
    return namespace;
  }

  /** Brings the code that rooms want where other bundles are loaded too. They do without what cannot be imported. */
  async #complete(): Promise<void> {
    const wanted = [...this.#group].flatMap(({ beside }) =>
      [...beside].filter(([bundle]) => this.#loaded.has(bundle)).map(([, bring]) => bring()),
    );
    await Promise.allSettled(wanted);
  }

  /** @internal The shared engine may be made by the entry of one room, and be asked for all of them later. */
  know(table: RoomTable): void {
    this.#table = table;
  }

  /**
   * What is loaded and how much memory it holds.
   *
   * @example
   * ```ts
   * import { createEngine } from 'sublinear';
   *
   * const engine = await createEngine({ modules: ['dense'] });
   * using v = engine.dense.Vector.zeros(1000);
   * const [module] = engine.stats().modules;
   * console.log(module?.bytesInUse === v.bytesUsed); // true
   * ```
   */
  stats(): EngineStats {
    this.#assertUsable('engine.stats');
    const live = [...this.#loaded.values()]
      .flatMap((runtime) => [runtime, ...runtime.instances])
      .filter((runtime) => runtime.alive);
    return {
      version,
      modules: live.map((runtime) => ({
        rooms: [...runtime.bundle.rooms],
        variant: runtime.variant,
        bytesInUse: runtime.raw.bytesInUse(),
        bytesPeak: runtime.raw.bytesPeak(),
        memoryLimit: runtime.memoryLimit,
        memoryBytes: runtime.raw.HEAPU8.byteLength,
        ...(isShared(runtime.raw.HEAPU8.buffer) && { shared: true as const }),
        objects: runtime.objects,
        copies: {
          count: runtime.copies.size,
          bytes: [...runtime.copies].reduce((sum, copy) => sum + copy.bytes(), 0),
          made: runtime.copiesMade,
        },
        loadMs: runtime.loadMs,
      })),
    };
  }

  /**
   * What the JavaScript engine that runs this program can do; decides which variant is loaded.
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const { simd } = await (await getEngine()).capabilities();
   * console.log(simd); // true
   * ```
   */
  async capabilities(): Promise<Capabilities> {
    this.#assertUsable('engine.capabilities');
    return { ...(await probe()) };
  }

  /**
   * Measures one benchmark case here and now. Names are `<room>.<case>`, for instance `'dense.dot'`; an unknown name is a
   * `RangeError` with the list. Cases with whole answers (`solver.grid`, `diffusion.pageRank`) say how right the answer is. Holds the thread for `minTimeMs` (200) after a warm-up of 11 runs, and longer where five
   * more runs take longer: the data is made, and at least 16 runs are done, whatever `minTimeMs` is.
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { medianMs, operationsPerSecond } = await engine.benchmark('dense.dot', { size: 10_000, minTimeMs: 20 });
   * console.log(`${medianMs} ms, ${operationsPerSecond / 1e9} Gflop/s`);
   * ```
   */
  async benchmark(name: string, options?: BenchmarkOptions): Promise<BenchmarkResult> {
    const { benchmark } = await import('./benchmark.js');
    // One by one: as a value, the whole module would be carried.
    const checks = {
      integer: check.integer,
      number: check.number,
      options: check.options,
      rangeError: check.rangeError,
      string: check.string,
    };
    return benchmark(checks, roomNames, name, options, async (room) => {
      const descriptor = this.#known(room);
      const { benchmarks } = (await descriptor.benchmarks?.()) ?? { benchmarks: {} };
      const load = async () => {
        const namespace = await this.load(descriptor);
        return { namespace, runtime: this.#loaded.get(descriptor.bundle.name) as Runtime };
      };
      return { benchmarks, load };
    });
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * Frees all bundles; their objects can no longer be used. Throws `BUSY` while an `...Async` call is running.
   * Calling it again does nothing. After it, `getEngine()` makes a new engine.
   *
   * @example
   * ```ts
   * import { createEngine } from 'sublinear';
   *
   * const engine = await createEngine({ modules: ['dense'] });
   * const v = engine.dense.Vector.zeros(3);
   * engine.dispose();
   * console.log(v.disposed); // true
   * ```
   */
  dispose(): void {
    if (this.#disposed) return;
    for (const runtime of this.#loaded.values()) {
      if (runtime.alive && runtime.running > 0) {
        throw new SublinearError(
          'BUSY',
          'engine.dispose',
          'an asynchronous call has not ended; await or abort it',
        );
      }
    }
    this.#disposed = true;
    for (const runtime of this.#loaded.values()) runtime.end();
    this.#loaded.clear();
    this.#group.clear();
    this.#loading.clear();
    this.#rooms.clear();
  }

  /** @internal Throws when `options` ask for something else than this engine was made with. */
  assertSame(operation: string, options: EngineOptions): void {
    for (const key of optionKeys) {
      if (options[key] !== undefined && options[key] !== this.#options[key]) {
        throw new SublinearError(
          'STATE',
          operation,
          `"${key}" differs from what the shared engine was made with; make another one with createEngine()`,
          { argument: key },
        );
      }
    }
  }

  #room(room: RoomName): unknown {
    const operation = `engine.${room}`;
    this.#assertUsable(operation);
    const known = this.#rooms.get(room);
    if (known === undefined) {
      const fix = `await engine.use('${room}'), or createEngine({ modules: ['${room}'] })`;
      throw new SublinearError('NOT_LOADED', operation, `the room "${room}" is not loaded: ${fix}`);
    }
    for (const runtime of known.runtimes) runtime.assertAlive(operation);
    return known.namespace;
  }

  #known(room: RoomName): AnyRoom {
    return this.#table[room] as AnyRoom;
  }

  #load(bundle: BundleSource): Promise<Runtime> {
    const { name } = bundle;
    const before = this.#loading.get(name);
    if (before !== undefined && !this.#loaded.get(name)?.crashed) return before;
    this.#loaded.delete(name);
    const { variant, wasm } = this.#options;
    const loading = loadBundle({ bundle, variant, wasm, memoryLimit: this.#memoryLimit }).then(
      (runtime) => {
        if (this.#disposed) runtime.end();
        else {
          this.#loaded.set(name, runtime);
          let shared: Promise<WebAssembly.Module | undefined> | undefined;
          runtime.shared = () => {
            shared ??= loadShared(bundle, wasm);
            shared.catch(() => {
              shared = undefined;
            });
            return shared;
          };
          runtime.group = this.#group.add(runtime);
        }
        return runtime;
      },
      (error) => {
        this.#loading.delete(name);
        throw error;
      },
    );
    this.#loading.set(name, loading);
    return loading;
  }

  /** Tells a module what its rooms may load later. */
  #offer(
    { mayLoad = {}, mayUse = {} }: Pick<AnyRoom, 'mayLoad' | 'mayUse'>,
    runtime: Runtime,
  ): void {
    // A file that the user gave is that of one bundle.
    const { wasm } = this.#options;
    if (isOneFile(wasm)) return;
    for (const [name, find] of Object.entries(mayLoad) as [Bundle, MayLoad][]) {
      if (runtime.later.has(name)) continue;
      // Whether it is there is asked once: a room does without it, and a failure is no error.
      let loading: Promise<Runtime | undefined> | undefined;
      const load = async () => {
        const { bundle } = await find();
        if (!bundle || this.#disposed) return undefined;
        const loaded = await this.#load(bundle);
        await this.#complete();
        return loaded;
      };
      runtime.later.set(name, () => {
        loading ??= load().catch(() => undefined);
        return loading;
      });
    }
    for (const [name, find] of Object.entries(mayUse))
      runtime.laterRooms.set(name, async () => {
        const room = ((await find()) as Readonly<Record<string, AnyRoom>>)[name];
        return room && !this.#disposed ? this.load(room) : undefined;
      });
  }

  #assertUsable(operation: string): void {
    if (this.#disposed) throw new SublinearError('DISPOSED', operation, 'this engine was disposed');
  }
}

let shared: Engine | undefined;

/** The shared engine, made with these options or compared with them. */
export function sharedEngine(options: EngineOptions | undefined, operation: string): Engine {
  const checked = check.options(operation, options, optionKeys);
  if (shared === undefined || shared.disposed) shared = new Engine(checked, operation, {});
  else shared.assertSame(operation, checked);
  return shared;
}

/** The code of a room; where it cannot be imported the error says what can be done. */
async function codeOf<N>(room: Room<RoomName, N>) {
  try {
    return await room.code();
  } catch (cause) {
    const reason = `its code could not be imported: ${messageOf(cause)}${withoutImport(room.name)}`;
    throw new SublinearError('LOAD_FAILED', 'load', `${room.name}: ${reason}`, { cause });
  }
}

/** What `load()` of a room's entry does. */
export async function loadRoom<N>(
  room: Room<RoomName, N>,
  options: EngineOptions | undefined,
): Promise<N> {
  return sharedEngine(options, 'load').load(room);
}

/**
 * Throws what an engine with these options would throw.
 *
 * @internal
 */
export function checkEngineOptions(operation: string, options: EngineOptions): void {
  new Engine(options, operation, {});
}

function memoryBytes(operation: string, memory: MemoryProfile | number = 'default'): number {
  const bytes =
    typeof memory === 'number'
      ? check.integer(operation, 'memory', memory, 0, 2 ** 32)
      : check.choice(operation, 'memory', memory, memoryProfiles);
  return Math.min(bytes, 0xffff_ffff);
}
