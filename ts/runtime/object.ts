// What all objects that hold C memory have in common: dispose, use after dispose, use while busy.
import './globals.js';
import { runtimeOf } from './bind.js';
import { SublinearError, SublinearTypeError } from './errors.js';
import { INSPECT, type Inspect, printed } from './inspect.js';
import type { Copy, RawObject, Runtime } from './runtime.js';
import { type Copied, copyAcross, type Transfer } from './transfer.js';
import { typeError } from './validate.js';

// The safety net for objects that nobody disposed. What it holds must not lead back to the object.
// What it threw would end the process.
const registry = new FinalizationRegistry<Held>((held) => {
  try {
    free(held);
  } catch {
    // A module that traps while it frees is marked as crashed, and says so at the next call.
  }
});

/** The C object that `adopt` is making an object of. A constructor that is called by anybody else does not have it. */
let adopted: RawObject | undefined;

interface Held {
  readonly raw: RawObject;
  readonly runtime: Runtime;
  /** See `companion()`. In the order in which they were made: each may point at the object and at those before it. */
  companions: Companion[];
  /** How many asynchronous calls use the object. */
  busy: number;
}

interface Companion {
  readonly name: string;
  /** The module that it lives in. */
  readonly runtime: Runtime;
  readonly raw: RawObject;
  /** When it is a copy of the object for the rooms of that module. */
  readonly copy?: Copy;
}

function free(held: Held): void {
  freeCompanions(held, () => true);
  const { raw, runtime } = held;
  if (!runtime.alive) return;
  runtime.objects--;
  raw.delete();
}

/** Frees the companions that are meant, the last one first. */
function freeCompanions(held: Held, meant: (companion: Companion) => boolean): void {
  const gone = held.companions.filter(meant);
  held.companions = held.companions.filter((companion) => !meant(companion));
  for (const { raw, runtime, copy } of gone.reverse()) {
    if (copy) runtime.copies.delete(copy);
    if (runtime.alive) raw.delete();
  }
}

/** What a module knows of a copy that it holds. */
function copyOf(held: Held, runtime: Runtime, raw: Copied): Copy {
  return {
    source: held.runtime,
    bytes: () => raw.bytes(),
    // Whatever else lives there for the object may point at the copy.
    drop() {
      if (held.busy === 0) freeCompanions(held, (companion) => companion.runtime === runtime);
    },
  };
}

const COPY = 'copy';

/**
 * An object in the memory of a loaded module. Memory of a module is not collected like JavaScript's: call `dispose()`
 * when you are done, or write `using graph = ...`. What is forgotten is freed some time after it became unreachable.
 */
export abstract class WasmObject<R extends RawObject> {
  /** @internal */
  declare readonly runtime: Runtime;
  /** `using` calls it; does what `dispose()` does. */
  declare [Symbol.dispose]: () => void;
  #raw: R | undefined;
  readonly #held: Held;
  #pins = 0;

  static {
    // WebKit has no Symbol.dispose yet.
    if (Symbol.dispose !== undefined) {
      Object.defineProperty(WasmObject.prototype, Symbol.dispose, {
        value: function (this: WasmObject<RawObject>) {
          this.dispose();
        },
        configurable: true,
        writable: true,
      });
    }
  }

  /** Made by the static methods of the class, which pass a C object that is alive. */
  protected constructor(raw: R) {
    if (raw === undefined || raw !== adopted) throw notConstructible(new.target);
    adopted = undefined;
    const runtime = runtimeOf(new.target, new.target.name);
    Object.defineProperty(this, 'runtime', { value: runtime });
    this.#raw = raw;
    runtime.objects++;
    this.#held = { raw, runtime, companions: [], busy: 0 };
    registry.register(this, this.#held, this);
  }

  /** True after `dispose()`, after the engine was disposed, and after its module crashed. */
  get disposed(): boolean {
    if (!(#raw in this)) throw notItself('disposed');
    return this.#raw === undefined || !this.runtime.alive;
  }

  /**
   * Frees the memory of this object. Calling it again does nothing. Throws `BUSY` during a running `...Async` call.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dense';
   *
   * const { Vector } = await load();
   * const v = Vector.from([3, 4]);
   * console.log(v.norm()); // 5
   * v.dispose();
   * console.log(v.disposed); // true
   * ```
   */
  dispose(): void {
    if (!(#raw in this)) throw notItself('dispose');
    if (this.#raw === undefined) return;
    const { busy, companions } = this.#held;
    const alive = this.runtime.alive || companions.some(({ runtime }) => runtime.alive);
    if (alive && busy > 0) throw this.#busyError('dispose');
    if (alive && this.#pins > 0) throw this.#busyError('dispose', 'a call');
    free(this.#held);
    this.#raw = undefined;
    registry.unregister(this);
  }

  /**
   * A few facts that say what the object is, for printing. Called while it is usable.
   *
   * @internal
   */
  protected facts(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** @internal */
  [INSPECT](_depth: number, options: object, inspect?: Inspect): string {
    const { name } = this.constructor;
    // A prototype, or a proxy: printing throws nothing.
    if (!(#raw in this)) return `${name} {}`;
    if (this.disposed) return `${name} (disposed)`;
    if (this.#held.busy > 0) return `${name} (busy)`;
    return printed(name, this.facts(), options, inspect);
  }

  /**
   * The C object, for the operation named. Throws DISPOSED, CRASHED or BUSY.
   *
   * @internal
   */
  use(operation: string): R {
    if (!(#raw in this)) throw notItself(operation);
    this.runtime.assertAlive(operation);
    if (this.#raw === undefined)
      throw new SublinearError('DISPOSED', operation, 'this object was disposed');
    if (this.#held.busy > 0) throw this.#busyError(operation);
    return this.#raw;
  }

  /**
   * A C object in the memory of `runtime` that belongs to this one: made at the first call, kept for the next ones, freed
   * with it.
   *
   * @internal
   */
  companion<T extends RawObject>(runtime: Runtime, name: string, make: () => T): T {
    return this.#companion(runtime, name, make, () => undefined);
  }

  /**
   * This object in the memory of another module: its arrays are copied at the first call. Objects that can cross never
   * change, so the copy stays right.
   *
   * @internal
   */
  copyIn(runtime: Runtime, operation: string, transfer: Transfer<R & Copied>): R {
    const raw = this.use(operation) as R & Copied;
    const held = this.#held;
    return this.#companion(
      runtime,
      COPY,
      () => copyAcross(operation, held.runtime, raw, runtime, transfer),
      (made) => copyOf(held, runtime, made),
    );
  }

  /** @internal Bytes that copies of this object take in other modules. */
  get bytesCopied(): number {
    const copies = this.#held.companions.filter(({ runtime }) => runtime.alive);
    return copies.reduce((sum, { copy }) => sum + (copy?.bytes() ?? 0), 0);
  }

  /**
   * Frees a companion before its object. Nothing happens when there is none.
   *
   * @internal
   */
  dropCompanion(name: string): void {
    if (#held in this) freeCompanions(this.#held, (companion) => companion.name === name);
  }

  /**
   * Frees the copy of this object in another module, for a call that needs it once.
   *
   * @internal
   */
  dropCopyIn(runtime: Runtime): void {
    freeCompanions(
      this.#held,
      (companion) => companion.runtime === runtime && companion.copy !== undefined,
    );
  }

  #companion<T extends RawObject>(
    runtime: Runtime,
    name: string,
    make: () => T,
    copy: (made: T) => Copy | undefined,
  ): T {
    const held = this.#held;
    // A module that crashed and was loaded again has none of them.
    freeCompanions(held, (companion) => !companion.runtime.alive);
    const found = held.companions.find((each) => each.name === name && each.runtime === runtime);
    if (found !== undefined) return found.raw as T;
    const raw = make();
    const known = copy(raw);
    if (known) runtime.copies.add(known);
    held.companions.push({ name, runtime, raw, ...(known && { copy: known }) });
    return raw;
  }

  /** @internal Its address is in use: until `unpin()` it may be used, and not disposed. */
  pin(): void {
    this.#pins++;
  }

  /** @internal */
  unpin(): void {
    this.#pins--;
  }

  /** @internal Used by the runner of asynchronous calls. */
  hold(): void {
    this.#held.busy++;
  }

  /** @internal */
  letGo(): void {
    this.#held.busy--;
  }

  /** @internal For the asynchronous call that holds it: `body` may use it. */
  lend<T>(body: () => T): T {
    const held = this.#held;
    const { busy } = held;
    held.busy = 0;
    try {
      return body();
    } finally {
      held.busy = busy;
    }
  }

  #busyError(operation: string, by = 'an asynchronous call'): SublinearError {
    return new SublinearError(
      'BUSY',
      operation,
      `this object is in use by ${by} that has not ended`,
    );
  }
}

/**
 * The C object of an argument: `value` must be a live `Class` of the same engine. Where another module holds it, a copy is
 * made here and kept with it.
 *
 * @internal
 */
export function rawOf<R extends RawObject>(
  runtime: Runtime,
  operation: string,
  argument: string,
  value: unknown,
  Class: { prototype: WasmObject<R>; name: string; transfer?: Transfer<R & Copied> },
  name = Class.name,
): R {
  if (!isInstance(value, Class)) throw typeError(operation, argument, name, value);
  if ((value.runtime as Runtime | undefined) === undefined) throw notItself(operation);
  if (value.runtime.group !== runtime.group) {
    throw new SublinearTypeError(operation, `"${argument}" belongs to another engine`, {
      argument,
    });
  }
  const raw = value.use(operation);
  if (value.runtime === runtime) return raw;
  runtime.assertAlive(operation);
  if (Class.transfer === undefined) throw typeError(operation, argument, name, value);
  return value.copyIn(runtime, operation, Class.transfer);
}

/**
 * An object of the runtime's class for a C object that a call has made. `raw` is null when the call failed: its error is
 * thrown.
 *
 * @internal
 */
export function adopt<T>(
  runtime: Runtime,
  operation: string,
  Class: { prototype: T },
  raw: RawObject | null,
): T {
  const Bound = runtime.bind(Class) as unknown as new (raw: RawObject) => T;
  adopted = runtime.made(operation, raw);
  return new Bound(adopted);
}

// Frameworks put proxies in front of what is given to them, and a proxy has no private fields.
function notItself(operation: string): SublinearTypeError {
  const reason =
    'this is not the object itself but a proxy of it, or something made from its prototype; keep the object out of reactive state (Vue: markRaw() or shallowRef())';
  return new SublinearTypeError(operation, reason);
}

/** The error of `new Graph(...)`: it names the calls that make one. */
export function notConstructible(Class: { name: string }): Error {
  const makers = new Set<string>();
  for (let at: object = Class; at !== Function.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at))
      if (/^(from|create|load|zeros|identity)(?!.*Async$)/.test(name))
        makers.add(`${Class.name}.${name}()`);
  const remedy = [...makers].join(', ') || 'the functions of its room make one';
  const message = `new ${Class.name}() makes no object, as its memory is the module's: call ${remedy}`;
  return new SublinearTypeError(`new ${Class.name}`, message);
}

/**
 * The same by the class of an engine itself: what `this` is in a static method, and `constructor` of an object.
 *
 * @internal
 */
export function adoptAs<T>(
  runtime: Runtime,
  operation: string,
  Bound: unknown,
  raw: RawObject | null,
): T {
  adopted = runtime.made(operation, raw);
  return new (Bound as new (raw: RawObject) => T)(adopted);
}

// The classes have protected constructors, which TypeScript's instanceof does not take as a parameter.
export function isInstance<T>(value: unknown, Class: { prototype: T }): value is T {
  return value instanceof (Class as unknown as new () => T & object);
}

/** What a function makes of an object that is disposed afterwards. `using` would ask for Symbol.dispose, which WebKit has not. */
export function disposing<T extends { dispose(): void }, Result>(
  object: T,
  use: (object: T) => Result,
): Result {
  try {
    return use(object);
  } finally {
    object.dispose();
  }
}
