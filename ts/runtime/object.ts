// What all objects that hold C memory have in common: dispose, use after dispose, use while busy.
import './globals.js';
import { runtimeOf } from './bind.js';
import { SublinearError, SublinearTypeError } from './errors.js';
import type { RawObject, Runtime } from './runtime.js';
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
  /** See `companion()`. */
  companions?: Map<string, RawObject>;
}

function free({ raw, runtime, companions }: Held): void {
  if (!runtime.alive) return;
  runtime.objects--;
  // They point at the object: first they go, then it.
  for (const companion of companions?.values() ?? []) companion.delete();
  raw.delete();
}

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
  #busy = 0;
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
    this.#held = { raw, runtime };
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
    const { runtime } = this;
    if (runtime.alive && this.#busy > 0) throw this.#busyError('dispose');
    if (runtime.alive && this.#pins > 0) throw this.#busyError('dispose', 'a call');
    free(this.#held);
    this.#raw = undefined;
    registry.unregister(this);
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
    if (this.#busy > 0) throw this.#busyError(operation);
    return this.#raw;
  }

  /**
   * A C object that belongs to this one: made at the first call, kept for the next ones, freed with it.
   *
   * @internal
   */
  companion<T extends RawObject>(name: string, make: () => T): T {
    this.#held.companions ??= new Map();
    let found = this.#held.companions.get(name) as T | undefined;
    if (found === undefined) {
      found = make();
      this.#held.companions.set(name, found);
    }
    return found;
  }

  /**
   * Frees a companion before its object. Nothing happens when there is none.
   *
   * @internal
   */
  dropCompanion(name: string): void {
    const found = this.#held.companions?.get(name);
    if (found === undefined) return;
    this.#held.companions?.delete(name);
    if (!this.disposed) found.delete();
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
    this.#busy++;
  }

  /** @internal */
  letGo(): void {
    this.#busy--;
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
 * The C object of an argument: `value` must be a live `Class` of the same engine.
 *
 * @internal
 */
export function rawOf<R extends RawObject>(
  runtime: Runtime,
  operation: string,
  argument: string,
  value: unknown,
  Class: { prototype: WasmObject<R>; name: string },
): R {
  if (!isInstance(value, Class)) throw typeError(operation, argument, Class.name, value);
  if (value.runtime !== runtime) {
    throw new SublinearTypeError(operation, `"${argument}" belongs to another engine`, {
      argument,
    });
  }
  return value.use(operation);
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
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && /^(from|create|load|zeros|identity)/.test(name))
        makers.add(`${Class.name}.${name}()`);
  const calls = [...makers].filter((name) => !name.endsWith('Async()'));
  const remedy = calls.length > 0 ? calls.join(', ') : 'the functions of its room make one';
  const message = `new ${Class.name}() makes no object, as its memory is the module's: call ${remedy}`;
  return new SublinearTypeError(`new ${Class.name}`, message);
}

// The classes have protected constructors, which TypeScript's instanceof does not take as a parameter.
function isInstance<T>(value: unknown, Class: { prototype: T }): value is T {
  return value instanceof (Class as unknown as new () => T & object);
}
