// One loaded WebAssembly module: its embind functions, its memory, and what becomes of it.

import type { Bundle, RoomName, Variant } from '../generated/bundles.js';
import { type OutcomeName, outcomes, statuses } from '../generated/codes.js';
import type { Raw } from '../generated/raw.js';
import { make } from './brand.js';
import { connect } from './embind.js';
import { type ErrorDetails, SublinearError, SublinearRangeError } from './errors.js';
import { Scratch } from './scratch.js';
import type { BundleSource } from './source.js';

/** A handle to a C object: what embind gives for a registered struct. */
export interface RawObject {
  delete(): void;
}

/** Where a class keeps the runtime that it belongs to; see bind.ts. */
export const RUNTIME = Symbol('runtime');

/** A copy in a module of an object that lives in another one. */
export interface Copy {
  readonly source: Runtime;
  bytes(): number;
  /** Frees it, with what was made from it, unless an asynchronous call is using it. */
  drop(): void;
}

export class Runtime {
  readonly bundle: BundleSource;
  readonly variant: Variant;
  /** Its functions are guarded: a trap in one poisons this runtime. */
  declare readonly raw: Raw;
  /** Address of 256 bytes that C functions write small results to (`double *out`). */
  declare readonly out: number;
  /** Milliseconds from asking for the module to having it. */
  loadMs = 0;
  /** The limit that was set; the C core keeps to it. */
  memoryLimit = 0;
  /** Objects that are not disposed. */
  objects = 0;
  /** How many asynchronous calls are running. */
  running = 0;
  /** The modules of the same engine, this one included: their objects may be passed to functions of each other. */
  group = new Set<Runtime>([this]);
  /** Copies that live here of objects of the others, and how many were ever made. */
  readonly copies = new Set<Copy>();
  copiesMade = 0;

  /** Loads bundles that its rooms may use (MAY_LOAD), by name; undefined where one cannot be had. Set by the engine. */
  readonly later = new Map<Bundle, () => Promise<Runtime | undefined>>();
  /** Code that its rooms want where another bundle is loaded as well. */
  readonly beside = new Map<Bundle, () => Promise<unknown>>();

  /** What its rooms that are loaded give, and loads rooms that these may use (MAY_USE). Set by the engine. */
  readonly rooms = new Map<string, unknown>();
  readonly laterRooms = new Map<string, () => Promise<unknown>>();

  /**
   * The module of this bundle that threads run on one memory; undefined where it cannot be had. Set by the engine.
   */
  shared: () => Promise<WebAssembly.Module | undefined> = async () => undefined;
  /** Runtimes over instances of that module. */
  readonly instances = new Set<Runtime>();

  #end: { code: 'CRASHED' | 'DISPOSED'; cause?: unknown } | undefined;
  #operation = 'load';
  #classes = new Map<unknown, unknown>();

  private constructor(bundle: BundleSource, variant: Variant) {
    this.bundle = bundle;
    this.variant = variant;
  }

  /** Starts a compiled module. */
  static start(
    bundle: BundleSource,
    variant: Variant,
    module: WebAssembly.Module,
  ): Promise<Runtime> {
    return Runtime.over(bundle, variant, (runtime) => connect(module, runtime));
  }

  /** The same over something else than an embind module: what `make` gives in its place. */
  static async over(
    bundle: BundleSource,
    variant: Variant,
    make: (runtime: Runtime) => Promise<Raw>,
  ): Promise<Runtime> {
    const runtime = new Runtime(bundle, variant);
    const raw = await make(runtime);
    return Object.assign(runtime, { raw, out: raw.out() });
  }

  // --- life ---------------------------------------------------------------------------------------------------------

  /** False after a trap or a dispose: nothing may be called any more. */
  get alive(): boolean {
    return this.#end === undefined;
  }

  get crashed(): boolean {
    return this.#end?.code === 'CRASHED';
  }

  /** Called when anything is thrown out of the module: its memory can no longer be trusted. */
  poison(cause: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { code: 'CRASHED', cause };
    // Its objects are lost, and nobody can use their copies any more.
    this.group.delete(this);
    for (const { copies } of this.group)
      for (const copy of copies) if (copy.source === this) copy.drop();
    this.copies.clear();
  }

  /** Refuses every later call. The memory goes when the last reference to this runtime does. */
  end(): void {
    this.#end ??= { code: 'DISPOSED' };
    for (const instance of this.instances) instance.end();
    this.instances.clear();
  }

  /** Throws when this runtime is at its end. The operation is remembered for the error of a trap. */
  assertAlive(operation: string): void {
    if (this.#end !== undefined) throw this.ended(operation);
    this.#operation = operation;
  }

  /** The error of every call after the end. */
  ended(operation = this.#operation): SublinearError {
    const { code, cause } = this.#end ?? { code: 'DISPOSED' };
    return code === 'CRASHED'
      ? new SublinearError(
          code,
          operation,
          'the WebAssembly module has crashed and its objects are lost; load it again (engine.use() or load()) and make new ones',
          { cause },
        )
      : new SublinearError(code, operation, 'the engine of this object was disposed');
  }

  /** The error of a call whose object went while its arguments were read. */
  disposedMeanwhile(): SublinearError {
    const message = 'an object of this call was disposed while the call read its arguments';
    return new SublinearError('DISPOSED', this.#operation, message);
  }

  /** Another module of the same engine, where it is loaded. */
  peer(bundle: Bundle): Runtime | undefined {
    for (const each of this.group) if (each.bundle.name === bundle && each.alive) return each;
    return undefined;
  }

  /** What a room of the same engine gives, where it is loaded. */
  room<Namespace>(name: RoomName): Namespace | undefined {
    for (const each of this.group)
      if (each.alive && each.rooms.has(name)) return each.rooms.get(name) as Namespace;
    return undefined;
  }

  // --- classes ------------------------------------------------------------------------------------------------------

  /**
   * The class of this runtime that stands for `Base`, always the same one. Rooms hand these out, so that a class works
   * on the memory it was loaded with, and `instanceof` holds for both.
   */
  bind<C>(Base: C): C {
    let bound = this.#classes.get(Base) as C | undefined;
    if (bound === undefined) {
      bound = subclass(Base, this);
      this.#classes.set(Base, bound);
    }
    return bound;
  }

  // --- results ------------------------------------------------------------------------------------------------------

  /** Throws the error that a failed call left behind. `status` is what the call returned. */
  check(operation: string, status: number): void {
    if (status !== 0) throw this.failure(operation);
  }

  /** The object that a call made; throws the error that it left when it made none. */
  made<T>(operation: string, object: T | null): T {
    if (object === null) throw this.failure(operation);
    return object;
  }

  /** The last error of the C core as the error to throw. */
  failure(operation: string): Error {
    const { raw } = this;
    const status = raw.errorStatus();
    const [code, meaning] = statuses[String(status) as keyof typeof statuses] ?? [
      'STATE',
      `status ${status}`,
    ];
    const name = camelCase(this.text(raw.errorArgument()));
    const position = raw.errorPosition();
    const expected = this.text(raw.errorExpected());
    if (code === 'MEMORY') return this.memoryError(operation, position);
    if (code === 'OVERFLOW' && name === 'size') {
      // Not an argument of the user's: the checked allocator was asked for more than an address can say.
      return new SublinearError(code, operation, `${meaning}: ${position} elements were wanted`);
    }
    const details: ErrorDetails = { argument: name, expected };
    // The group "untrusted bytes" counts lines of a text or bytes of a file, all others elements.
    const isText = status <= -60 && status > -80 && name !== 'bytes';
    if (position >= 0) details[isText ? 'line' : 'position'] = position;
    const where = position < 0 ? '' : isText ? ` in line ${position}` : ` at position ${position}`;
    const subject = name === '' ? operation : `"${name}"`;
    const message = `${subject}${where}: ${meaning}, expected ${expected}`;
    return status > -20
      ? new SublinearRangeError(code, operation, message, details)
      : new SublinearError(code, operation, message, details);
  }

  /** The error of an allocation that the limit forbids. */
  memoryError(operation: string, bytesWanted: number): SublinearError {
    const used = `${this.raw.bytesInUse()} in use, the limit is ${this.memoryLimit}`;
    return new SublinearError(
      'MEMORY',
      operation,
      `memory limit reached: ${bytesWanted} more bytes wanted, ${used}; raise it with createEngine({ memory })`,
      { bytesWanted },
    );
  }

  /** Name of an outcome, for results. */
  outcome(number: number): OutcomeName {
    return outcomes[number] as OutcomeName;
  }

  /** True for the outcome of a computation that has not ended. */
  isRunning(outcome: number): boolean {
    return outcomes[outcome] === 'running';
  }

  // --- memory -------------------------------------------------------------------------------------------------------
  // The views are made again when the memory grows: always read them from here, never keep one.

  get u8(): Uint8Array {
    return this.raw.HEAPU8;
  }
  get u32(): Uint32Array {
    return this.raw.HEAPU32;
  }
  get f32(): Float32Array {
    return this.raw.HEAPF32;
  }
  get f64(): Float64Array {
    return this.raw.HEAPF64;
  }

  /** Result number i of the out area, as written by a C function. */
  outF64(i = 0): number {
    return this.f64[this.out / 8 + i] as number;
  }
  outU32(i = 0): number {
    return this.u32[this.out / 4 + i] as number;
  }

  /** Copies of arrays in the module's memory. For short ones slice() takes half of what a view and its copy do. */
  copyF64(address: number, length: number): Float64Array<ArrayBuffer> {
    const from = address / 8;
    return make(this.#operation, 8 * length, () => this.f64.slice(from, from + length));
  }
  copyF32(address: number, length: number): Float32Array<ArrayBuffer> {
    const from = address / 4;
    return make(this.#operation, 4 * length, () => this.f32.slice(from, from + length));
  }
  copyU32(address: number, length: number): Uint32Array<ArrayBuffer> {
    const from = address / 4;
    return make(this.#operation, 4 * length, () => this.u32.slice(from, from + length));
  }

  /**
   * A new array outside the module. It counts against the limit all the same: who sets one for the module does not expect
   * a call to take gigabytes beside it.
   */
  array<T extends ArrayBufferView>(
    operation: string,
    Type: { new (length: number): T; readonly BYTES_PER_ELEMENT: number },
    length: number,
  ): T {
    const bytes = length * Type.BYTES_PER_ELEMENT;
    if (bytes > this.memoryLimit) throw this.memoryError(operation, bytes);
    return make(operation, bytes, () => new Type(length));
  }

  /** A C string: names and phrases of the C core are ASCII. */
  text(address: number): string {
    let text = '';
    for (let i = address; this.u8[i]; i++) text += String.fromCharCode(this.u8[i] as number);
    return text;
  }

  /** Runs `body` with scratch memory that is given back when it returns or throws. */
  scratch<T>(operation: string, body: (scratch: Scratch) => T): T {
    const scratch = new Scratch(this, operation);
    try {
      return body(scratch);
    } finally {
      scratch.release();
    }
  }
}

/**
 * A subclass of `Base`, with the same name, whose static methods and instances belong to `runtime`. `instanceof` holds for
 * all objects of the engine, whichever of its modules they live in.
 */
function subclass<C>(Base: C, runtime: Runtime): C {
  // biome-ignore lint/suspicious/noExplicitAny: a mixin over a class with a protected constructor has no other type
  const Class = class extends (Base as any) {};
  Object.defineProperty(Class, 'name', { value: (Base as { name: string }).name });
  Object.defineProperty(Class, RUNTIME, { value: runtime });
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // A class that a user derives from this one inherits the method.
      if (this !== Class) return ordinaryInstanceOf.call(this as () => void, value);
      // biome-ignore lint/suspicious/noExplicitAny: see above
      if (!(value instanceof (Base as any))) return false;
      const { [RUNTIME]: made } = (value as object).constructor as { [RUNTIME]?: Runtime };
      return made?.group === runtime.group;
    },
  });
  return Class as C;
}

const ordinaryInstanceOf = Function.prototype[Symbol.hasInstance];

/** row_pointers -> rowPointers */
function camelCase(name: string): string {
  return name.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
}
