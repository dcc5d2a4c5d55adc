// The JavaScript side of embind, for what bindings/common.hpp registers: numbers, booleans and C structs as classes. One for
// all modules, where Emscripten writes one for each, and the calls are guarded here instead of once more around those.
//
// When a module starts, it calls the functions of `env` below once for each type, class and function that it has. Their
// parameters are those of Emscripten's `embind.h`; addresses arrive as signed numbers.
import type { Raw } from '../generated/raw.js';

/** What guards the calls of a module: its runtime. */
export interface Guard {
  /** False when nothing may be called any more. */
  readonly alive: boolean;
  /** The error of calls after the end. */
  ended(): Error;
  /** Called with what came out of the module as an exception: a trap, or a stack overflow. */
  poison(cause: unknown): void;
  /** The error of a call with an object that is gone: a getter of a user's arguments may dispose it. */
  disposedMeanwhile(): Error;
}

type Call = (...args: unknown[]) => number;

/** How the functions of a module are registered. */
type Named = [
  namedAt: number,
  count: number,
  listAt: number,
  signature: number,
  invoker: number,
  context: number,
];

/** A C struct in the module's memory. */
class Handle {
  /** 0: it is gone. */
  declare address: number;
}

type HandleClass = { new (): Handle } & Record<string, unknown>;

/** How a value arrives: `made` of what the module returned. Of objects, `Class` is their class. */
interface Type {
  readonly Class?: HandleClass;
  readonly made: (wire: number) => unknown;
}

/** The address of an object that is an argument; null is 0. */
function addressOf(value: unknown, { Class }: Type, guard: Guard): number {
  if (value === null) return 0;
  // Nothing is derived from these classes, and asking what an object is an instance of takes ten times as long.
  const address =
    (value as Handle | undefined)?.constructor === Class ? (value as Handle).address : 0;
  if (address === 0) throw guard.disposedMeanwhile();
  return address;
}

const PAGE = 65536;
/** As far as the 32 bits of an address go, in whole pages. */
const MOST_BYTES = 2 ** 32 - PAGE;
/** Memory grows by a fifth, and by no more than this, ahead of what is asked for. */
const MOST_AHEAD = 96 * 2 ** 20;

/** Starts a module and gives what it registers. */
export async function connect(module: WebAssembly.Module, guard: Guard): Promise<Raw> {
  const raw: Record<string, unknown> = {};
  const types = new Map<number, Type>();
  // What types a function has is looked up when all are there.
  const waiting: (() => void)[] = [];
  let memory: WebAssembly.Memory;
  let table: WebAssembly.Table;

  const views = () => {
    const { buffer } = memory;
    raw.HEAPU8 = new Uint8Array(buffer);
    raw.HEAPU32 = new Uint32Array(buffer);
    raw.HEAP32 = new Int32Array(buffer);
    raw.HEAPF32 = new Float32Array(buffer);
    raw.HEAPF64 = new Float64Array(buffer);
  };
  const define = (owner: object, key: string, value: unknown) =>
    Object.defineProperty(owner, key, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  const at = (pointer: number) => table.get(pointer) as Call;
  const type = (number: number, made: Type['made']) => types.set(number, { made });
  const classOf = (number: number) => (types.get(number) as Type).Class as HandleClass;
  const prototypeOf = (number: number) => classOf(number).prototype as object;

  /** The C string at an address, up to the bracket that begins the types of its arguments. */
  const nameAt = (address: number) => {
    let name = '';
    for (let i = address >>> 0; ; i++) {
      const letter = (raw.HEAPU8 as Uint8Array)[i] as number;
      if (letter === 0 || letter === 40) return name;
      name += String.fromCharCode(letter);
    }
  };

  /**
   * Puts a function into `owner()`, with the parameters of embind's registrations. The first of its types is that of its result.
   * `self`: it is a method, and the second one is that of `this`.
   */
  const add = (
    owner: () => object,
    self: boolean,
    namedAt: number,
    count: number,
    listAt: number,
    _signature: number,
    invoker: number,
    context: number,
  ) => {
    const name = nameAt(namedAt);
    const numbers = (raw.HEAP32 as Int32Array).slice(listAt >>> 2, (listAt >>> 2) + count);
    waiting.push(() => {
      const [result, ...takes] = Array.from(numbers, (number) => types.get(number));
      // One with a type that this module has not cannot be called.
      if (result && takes.every(Boolean))
        define(owner(), name, guarded(result, takes as Type[], self, at(invoker), context));
    });
  };

  const guarded = (result: Type, takes: Type[], self: boolean, call: Call, context: number) => {
    const [own] = takes;
    const objects = takes.slice(self ? 1 : 0).flatMap(({ Class }, i) => (Class ? [i] : []));
    const { made } = result;
    const list = self ? takes.slice(1) : takes;
    const failed = (cause: unknown) => {
      guard.poison(cause);
      return guard.ended();
    };
    // Small calls are made often: most get along without lists of arguments. A module takes no notice of those that
    // it does not have.
    if (objects.length === 0 && list.length <= 5) {
      if (!self)
        return (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) => {
          if (!guard.alive) throw guard.ended();
          try {
            return made(call(context, a, b, c, d, e));
          } catch (cause) {
            throw failed(cause);
          }
        };
      return function (this: unknown, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) {
        if (!guard.alive) throw guard.ended();
        const address = addressOf(this, own as Type, guard);
        try {
          return made(call(context, address, a, b, c, d, e));
        } catch (cause) {
          throw failed(cause);
        }
      };
    }
    return function (this: unknown, ...args: unknown[]) {
      if (!guard.alive) throw guard.ended();
      for (const i of objects) args[i] = addressOf(args[i], list[i] as Type, guard);
      const address = self && addressOf(this, own as Type, guard);
      try {
        return made(self ? call(context, address, ...args) : call(context, ...args));
      } catch (cause) {
        throw failed(cause);
      }
    };
  };

  const env = {
    _embind_register_void: (number: number) => type(number, () => undefined),
    _embind_register_bool: (number: number) => type(number, Boolean),
    _embind_register_float: (number: number) => type(number, (wire) => wire),
    // int, unsigned int and unsigned long: of four bytes all.
    _embind_register_integer: (number: number, _name: number, _size: number, least: number) =>
      type(number, least === 0 ? (wire) => wire >>> 0 : (wire) => wire),
    // The types of an object, of pointers to one and to a constant one; the tenth of the others is the name, the last one the
    // destructor.
    _embind_register_class(...given: number[]) {
      const Class = class extends Handle {} as unknown as HandleClass;
      const own = { Class, made: (wire: number) => wire };
      const destroy = guarded(
        own,
        [own],
        true,
        (_, address) => at(given[12] as number)(address),
        0,
      );
      define(Class.prototype, 'delete', function (this: Handle) {
        try {
          destroy.call(this);
        } finally {
          this.address = 0;
        }
      });
      const made = (address: number) => {
        if (address === 0) return null;
        const handle = new Class();
        handle.address = address;
        return handle;
      };
      for (const each of given.slice(0, 3)) types.set(each, { made, Class });
      define(raw, nameAt(given[10] as number), Class);
    },
    _embind_register_class_property(
      number: number,
      namedAt: number,
      result: number,
      _signature: number,
      getter: number,
      context: number,
    ) {
      const name = nameAt(namedAt);
      waiting.push(() => {
        const own = types.get(number) as Type;
        const get = guarded(types.get(result) as Type, [own], true, at(getter), context);
        Object.defineProperty(prototypeOf(number), name, {
          get,
          enumerable: true,
          configurable: true,
        });
      });
    },
    _embind_register_function: (...given: Named) => add(() => raw, false, ...given),
    _embind_register_class_class_function: (number: number, ...given: Named) =>
      add(() => classOf(number), false, ...given),
    _embind_register_class_function: (number: number, ...given: Named) =>
      add(() => prototypeOf(number), true, ...given),
    emscripten_resize_heap(wanted: number) {
      const least = wanted >>> 0;
      const now = memory.buffer.byteLength;
      // With less ahead, when there is no more.
      for (let part = 0.2; least <= MOST_BYTES && part >= 0.05; part /= 2) {
        const ahead = Math.min(now * (1 + part), least + MOST_AHEAD);
        const pages = Math.ceil(Math.min(MOST_BYTES, Math.max(least, ahead)) / PAGE);
        try {
          memory.grow(pages - now / PAGE);
          views();
          return 1;
        } catch {}
      }
      return 0;
    },
    _abort_js() {
      throw new WebAssembly.RuntimeError('aborted');
    },
  };

  // Asynchronous because older browsers refuse to do it at once for modules of this size on the main thread.
  const { exports } = await WebAssembly.instantiate(module, {
    env,
    wasi_snapshot_preview1: env,
  });
  const { __indirect_function_table, __wasm_call_ctors } = exports;
  memory = exports.memory as WebAssembly.Memory;
  table = __indirect_function_table as WebAssembly.Table;
  views();
  (__wasm_call_ctors as () => void)();
  for (const link of waiting) link();
  return raw as unknown as Raw;
}
