// The engine in a worker: the same API, every call a promise, off the thread that made it.
import '../runtime/globals.js';
import {
  type CreateEngineOptions,
  checkEngineOptions,
  type EngineStats,
} from '../engine/engine.js';
import type { WasmSource } from '../engine/loader.js';
import type { Capabilities } from '../engine/variants.js';
import { type RoomName, roomNames, version } from '../generated/bundles.js';
import type { Rooms } from '../generated/rooms.js';
import type { BenchmarkOptions, BenchmarkResult } from '../runtime/benchmark.js';
import { isURL } from '../runtime/brand.js';
import { SublinearError } from '../runtime/errors.js';
import * as check from '../runtime/validate.js';
import { type CallOptions, Connection } from './connection.js';
import type { RoomShape } from './protocol.js';
import { createHandles, makeRoom, mergeOptions } from './remote.js';
import type { RemoteRoom } from './types.js';

/** A worker of this runtime: a `Worker` of browsers or of `node:worker_threads`. */
export interface WorkerLike {
  terminate(): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the two kinds do not agree on more
  postMessage(message: any, transfer?: any): void;
}

/** Options of {@link createWorkerEngine}. */
export interface WorkerEngineOptions<M extends RoomName = RoomName> extends CreateEngineOptions<M> {
  /**
   * Where the worker's program is, or a function that makes a worker with it: for pages that must serve it from a place of
   * their own, and for options of the worker. The program is the file `dist/worker/thread.js` of this package in
   * browsers and `dist/worker/thread.node.js` in Node; by default it is found by itself.
   */
  worker?: string | URL | (() => WorkerLike | Promise<WorkerLike>);
}

/** What the engines of one connection share. */
interface WorkerCore {
  connection: Connection;
  handles: ReturnType<typeof createHandles>;
  shapes: Map<RoomName, RoomShape>;
  rooms: Map<RoomName, object>;
}

/** The modules of a {@link WorkerEngine}. */
export type RemoteRooms = { readonly [R in RoomName]: RemoteRoom<Rooms[R]> };

/**
 * An engine that lives in a worker. Rooms, classes and methods are those of `Engine`; all methods and properties give
 * promises, objects are handles, and arrays are copied on their way in (unless `with({ transfer: true })` moves them) and
 * moved on their way out. Calls run in the order in which they were made, one at a time.
 */
class WorkerEngine {
  /** Version of this package. */
  readonly version: string = version;
  readonly #core: WorkerCore;
  readonly #options: CallOptions;

  static {
    for (const room of Object.keys(roomNames) as RoomName[]) {
      Object.defineProperty(WorkerEngine.prototype, room, {
        get(this: WorkerEngine) {
          return this.#loaded(room);
        },
      });
    }
    for (const symbol of [Symbol.dispose, Symbol.asyncDispose]) {
      if (symbol === undefined) continue;
      Object.defineProperty(WorkerEngine.prototype, symbol, {
        value(this: WorkerEngine) {
          const disposed = this.dispose();
          return symbol === Symbol.asyncDispose ? disposed : undefined;
        },
        configurable: true,
        writable: true,
      });
    }
  }

  /** `using` and `await using` call these; both do what `dispose()` does. */
  declare [Symbol.dispose]: () => void;
  declare [Symbol.asyncDispose]: () => Promise<void>;

  /** @internal */
  constructor(core: WorkerCore, options: CallOptions = {}) {
    this.#core = core;
    this.#options = options;
  }

  /**
   * Loads a module in the worker and returns its classes and functions. They outlive the worker: after a crash the next call of
   * one of them starts a fresh worker.
   *
   * @throws SublinearError `LOAD_FAILED`, `DISPOSED`
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine();
   * const { Graph } = await engine.use('graph');
   * using graph = await Graph.fromEdges({ from: [0, 1], to: [1, 2] });
   * console.log(await graph.nodeCount, await graph.neighbors(1)); // 3 Uint32Array(1) [ 2 ]
   * ```
   */
  async use<R extends RoomName>(room: R): Promise<RemoteRoom<Rooms[R]>> {
    const operation = 'engine.use';
    if (typeof room !== 'string') throw check.typeError(operation, 'room', 'string', room);
    check.choice(operation, 'room', room, roomNames);
    const { connection, shapes } = this.#core;
    if (!shapes.has(room)) {
      const target = { kind: 'engine' } as const;
      const shape = await connection.call(operation, target, 'describe', room, [], this.#options);
      shapes.set(room, shape as RoomShape);
    }
    return this.#room(room) as RemoteRoom<Rooms[R]>;
  }

  /**
   * The same engine with options for all calls made through what it gives.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine();
   * const { Vector } = await engine.with({ transfer: true }).use('dense');
   * const values = new Float64Array([3, 4]);
   * using v = await Vector.from(values);
   * console.log(await v.norm(), values.length); // 5 0
   * ```
   */
  with(options: CallOptions): this {
    return new WorkerEngine(this.#core, mergeOptions(this.#options, options)) as this;
  }

  /**
   * What is loaded in the worker and how much memory it holds.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine({ modules: ['dense'] });
   * const { modules } = await engine.stats();
   * console.log(modules[0]?.objects); // 0
   * ```
   */
  stats(): Promise<EngineStats> {
    return this.#call('stats', []) as Promise<EngineStats>;
  }

  /**
   * What the JavaScript engine of the worker can do.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine();
   * console.log((await engine.capabilities()).simd); // true
   * ```
   */
  capabilities(): Promise<Capabilities> {
    return this.#call('capabilities', []) as Promise<Capabilities>;
  }

  /**
   * Measures one kernel in the worker, as `engine.benchmark()` of an engine of this thread does.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine();
   * const { medianMs } = await engine.benchmark('dense.dot', { size: 1000, minTimeMs: 5 });
   * console.log(medianMs > 0); // true
   * ```
   */
  benchmark(name: string, options?: BenchmarkOptions): Promise<BenchmarkResult> {
    return this.#call('benchmark', [name, options]) as Promise<BenchmarkResult>;
  }

  /**
   * Ends the worker at once, whatever it does. Calls that wait for it are rejected with `CRASHED`, and so are later ones on
   * its objects; the next call of a class or function starts a fresh worker. For work that does not listen to an abort.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine();
   * const { Vector } = await engine.use('dense');
   * const lost = await Vector.zeros(3);
   * engine.terminate();
   * const code = await lost.norm().catch((error) => error.code);
   * using v = await Vector.from([3, 4]); // in a fresh worker
   * console.log(code, await v.norm()); // CRASHED 5
   * ```
   */
  terminate(): void {
    this.#core.connection.terminate();
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.#core.connection.disposed;
  }

  /**
   * Ends the worker for good. Calls that wait for it are rejected with `DISPOSED`. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * const engine = await createWorkerEngine();
   * await engine.dispose();
   * console.log(engine.disposed); // true
   * ```
   */
  dispose(): Promise<void> {
    return this.#core.connection.dispose();
  }

  /** @internal Which worker it is: another number after one has ended. */
  get epoch(): number {
    return this.#core.connection.epoch;
  }

  /** @internal Calls that are made before other tasks run go to the worker in one message. */
  gather(): void {
    this.#core.connection.gather();
  }

  /** @internal Bytes of arrays that calls have taken to workers so far. */
  get bytesSent(): number {
    return this.#core.connection.bytesSent;
  }

  /** @internal How many workers there have been. */
  get starts(): number {
    return this.#core.connection.starts;
  }

  #call(name: string, args: unknown[]): Promise<unknown> {
    const { connection } = this.#core;
    const given = args.filter((arg) => arg !== undefined);
    return connection.call(
      `engine.${name}`,
      { kind: 'engine' },
      'call',
      name,
      given,
      this.#options,
    );
  }

  #room(room: RoomName): object {
    const { connection, handles, rooms, shapes } = this.#core;
    const shape = shapes.get(room) as RoomShape;
    const isPlain = Object.keys(this.#options).length === 0;
    const known = isPlain ? rooms.get(room) : undefined;
    if (known !== undefined) return known;
    const made = makeRoom(connection, handles.classOf, room, shape, this.#options);
    if (isPlain) rooms.set(room, made);
    return made;
  }

  #loaded(room: RoomName): unknown {
    const operation = `engine.${room}`;
    if (this.disposed)
      throw new SublinearError('DISPOSED', operation, 'this worker engine was disposed');
    if (!this.#core.shapes.has(room)) {
      const fix = `await engine.use('${room}'), or createWorkerEngine({ modules: ['${room}'] })`;
      throw new SublinearError('NOT_LOADED', operation, `the room "${room}" is not loaded: ${fix}`);
    }
    return this.#room(room);
  }
}

export type { WorkerEngine };

/** A worker engine whose modules M are loaded. */
export type WorkerEngineWith<M extends RoomName> = WorkerEngine & Pick<RemoteRooms, M>;

const optionKeys = ['memory', 'variant', 'wasm', 'modules', 'worker'] as const;

/** @internal The engine over a connection that may share its WebAssembly with others. */
export async function openWorkerEngine<M extends RoomName>(
  operation: string,
  options: WorkerEngineOptions<M>,
  files = new Map<string, Promise<Uint8Array | WebAssembly.Module>>(),
): Promise<WorkerEngineWith<M>> {
  const { modules = [], worker, ...rest } = options;
  if (!Array.isArray(modules))
    throw check.typeError(operation, 'modules', 'array of room names', modules);
  for (const room of modules) check.choice(operation, 'modules', room, roomNames);
  checkEngineOptions(operation, rest);
  const { memory, variant, wasm } = rest;
  if (worker !== undefined && !['string', 'function'].includes(typeof worker) && !isURL(worker))
    throw check.typeError(operation, 'worker', 'URL or function that makes a worker', worker);
  const handles = createHandles();
  const given = { memory, variant, wasm: wasm as WasmSource | undefined, worker };
  const connection = new Connection(given, handles, files);
  const engine = new WorkerEngine({ connection, handles, shapes: new Map(), rooms: new Map() });
  try {
    await connection.start();
    for (const room of modules as readonly M[]) await engine.use(room);
  } catch (error) {
    await engine.dispose();
    throw error;
  }
  return engine as WorkerEngineWith<M>;
}

/**
 * A new engine in a worker of its own: a module worker in browsers, `worker_threads` in Node, Deno and Bun. See
 * `docs/workers.md`.
 *
 * - An abort stops the work within 50 ms and leaves worker and objects usable. A method has a form in slices when there is
 *   an `...Async` twin of it; that form runs, whichever name is called. Other methods cannot be interrupted: the promise is
 *   rejected, the call goes on to its end and its result is dropped; `terminate()` is the way to stop it.
 * - When the worker ends (out of memory, a trap in WebAssembly, `terminate()`), all calls that wait are rejected with
 *   `CRASHED`, its objects are lost, and the next call starts a fresh one.
 * - A program may end while an engine is idle: it keeps no process alive.
 *
 * @throws SublinearError `LOAD_FAILED` when the worker cannot be started, `UNSUPPORTED` where there are none
 *
 * @example
 * ```ts
 * import { createWorkerEngine } from 'sublinear/worker';
 *
 * await using engine = await createWorkerEngine({ modules: ['solver'] });
 * const { SparseMatrix, solve } = engine.solver;
 * using matrix = await SparseMatrix.fromDense({ rows: 2, cols: 2, values: [4, 1, 1, 3] });
 * const { solution, outcome } = await solve(matrix, [1, 2], { signal: AbortSignal.timeout(1000) });
 * console.log(outcome, solution.length); // converged 2
 * ```
 */
export async function createWorkerEngine<M extends RoomName = never>(
  options?: WorkerEngineOptions<M>,
): Promise<WorkerEngineWith<M>> {
  const operation = 'createWorkerEngine';
  return openWorkerEngine(operation, check.options(operation, options, optionKeys));
}
