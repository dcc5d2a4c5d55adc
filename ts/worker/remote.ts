// Handles of objects in a worker, and the classes and functions of its rooms, made from what the worker says it has.
import type { RoomName } from '../generated/bundles.js';
import * as check from '../runtime/validate.js';
import { typeError } from '../runtime/validate.js';
import type { CallOptions, Connection, Handles, Ref } from './connection.js';
import type { ClassShape, RoomShape, Target } from './protocol.js';

const refs = new WeakMap<object, Ref>();

/** Handles of one connection. */
export function createHandles(): Handles & { classOf(name: string): typeof RemoteObject } {
  const classes = new Map<string, typeof RemoteObject>();
  const classOf = (name: string) => {
    let found = classes.get(name);
    if (found === undefined) {
      found = class extends RemoteObject {};
      Object.defineProperty(found, 'name', { value: name });
      classes.set(name, found);
    }
    return found;
  };
  return {
    classOf,
    make: (ref, className, options) => new (classOf(className))(ref, options),
    iterate: (ref, options) => new RemoteIterator(ref, options),
    refOf: (value) => refs.get(value),
    shape({ name, methods, getters }) {
      const { prototype } = classOf(name);
      define(prototype, methods, getters, (self, action, member, args) =>
        (self as RemoteObject).invoke(action, member, args),
      );
    },
  };
}

/** A handle of an object in a worker. */
export class RemoteObject {
  readonly #ref: Ref;
  readonly #options: CallOptions;

  static {
    // WebKit has neither symbol yet.
    for (const symbol of [Symbol.dispose, Symbol.asyncDispose]) {
      if (symbol === undefined) continue;
      Object.defineProperty(RemoteObject.prototype, symbol, {
        value(this: RemoteObject) {
          const disposed = this.dispose();
          if (symbol === Symbol.asyncDispose) return disposed;
          disposed.catch(() => {});
        },
        configurable: true,
        writable: true,
      });
    }
  }

  constructor(ref: Ref, options: CallOptions) {
    this.#ref = ref;
    this.#options = options;
    refs.set(this, ref);
  }

  get disposed(): boolean {
    const { connection, epoch, disposed } = this.#ref;
    return disposed || connection.disposed || epoch !== connection.epoch;
  }

  async dispose(): Promise<void> {
    const ref = this.#ref;
    if (this.disposed) return;
    const operation = `${this.constructor.name}.dispose`;
    const done = ref.connection.call(operation, ref, 'dispose', 'dispose', [], {});
    ref.disposed = true;
    // An object that has gone with its worker has gone.
    await done.catch((error) => {
      if (!['CRASHED', 'DISPOSED'].includes(error?.code)) throw error;
    });
  }

  with(options: CallOptions): RemoteObject {
    const merged = mergeOptions(this.#options, options);
    return new (this.constructor as typeof RemoteObject)(this.#ref, merged);
  }

  invoke(action: 'call' | 'get', name: string, args: readonly unknown[]): Promise<unknown> {
    const ref = this.#ref;
    const operation = `${this.constructor.name}.${name}`;
    return ref.connection.call(operation, ref, action, name, args, this.#options);
  }
}

/** A generator that runs in a worker. */
class RemoteIterator {
  readonly #ref: Ref;
  readonly #options: CallOptions;

  constructor(ref: Ref, options: CallOptions) {
    this.#ref = ref;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<unknown> {
    return this.#ref.connection.call('next', this.#ref, 'call', 'next', [], this.#options);
  }

  return(): Promise<unknown> {
    return this.#ref.connection.call('return', this.#ref, 'call', 'return', [], this.#options);
  }
}

/** The classes and functions of a room. They belong to no particular worker: after a crash they work on. */
export function makeRoom(
  connection: Connection,
  classOf: (name: string) => typeof RemoteObject,
  room: RoomName,
  shape: RoomShape,
  options: CallOptions,
): object {
  const made = {};
  const call = (target: Target, prefix: string, own: CallOptions) =>
    ((_, action, name, args) =>
      connection.call(prefix + name, target, action, name, args, own)) satisfies Invoke;
  define(made, shape.functions, [], call({ kind: 'room', room }, '', options), true);
  for (const described of shape.classes) {
    const withOptions = (own: CallOptions): object => {
      const { name, methods, getters } = described;
      const made = {};
      define(
        made,
        methods,
        getters,
        call({ kind: 'room', room, className: name }, `${name}.`, own),
      );
      Object.defineProperties(made, {
        name: { value: name },
        [Symbol.hasInstance]: { value: (value: unknown) => value instanceof classOf(name) },
        with: { value: (more: CallOptions) => withOptions(mergeOptions(own, more)) },
      });
      return Object.freeze(made);
    };
    Object.assign(made, { [described.name]: withOptions(options) });
  }
  Object.defineProperty(made, 'with', {
    value: (more: CallOptions) =>
      makeRoom(connection, classOf, room, shape, mergeOptions(options, more)),
  });
  return Object.freeze(made);
}

/** Checks options of calls and puts them over others. */
export function mergeOptions(under: CallOptions, over: CallOptions): CallOptions {
  const operation = 'with';
  const { signal, transfer } = check.options(operation, over, ['signal', 'transfer']);
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
    throw typeError(operation, 'signal', 'AbortSignal', signal);
  if (transfer !== undefined) check.boolean(operation, 'transfer', transfer);
  return { ...under, ...over };
}

type Invoke = (
  self: object,
  action: 'call' | 'get',
  name: string,
  args: readonly unknown[],
) => Promise<unknown>;

function define(
  owner: object,
  methods: ClassShape['methods'],
  getters: ClassShape['getters'],
  invoke: Invoke,
  enumerable = false,
): void {
  for (const name of methods) {
    const value = function (this: object, ...args: unknown[]) {
      return invoke(this, 'call', name, args);
    };
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(owner, name, { value, enumerable, configurable: true });
  }
  for (const name of getters) {
    const get = function (this: object) {
      return invoke(this, 'get', name, []);
    };
    Object.defineProperty(owner, name, { get, enumerable, configurable: true });
  }
}
