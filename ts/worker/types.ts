// The types of a worker's API, derived from those of the rooms: nothing here knows a room, a class or a method by name.
import type { Json } from '../rooms/hnsw/metadata.js';
import type { GraphValue, Parameter } from '../rooms/property/types.js';
import type { CallOptions } from './connection.js';

// biome-ignore lint/suspicious/noExplicitAny: any function at all
type AnyFunction = (...args: any) => any;

/** Objects that hold memory of an engine; in a worker they stay where they are, and a handle stands for them. */
interface Disposes {
  dispose(): void;
}

/** What passes between threads as it is. */
type Leaf =
  | AnyFunction
  | ArrayBufferView
  | ArrayBuffer
  | AbortSignal
  | Date
  | Error
  | { getReader: unknown }
  | { [Symbol.asyncIterator]: unknown };

/** What a value becomes when it comes from a worker. JSON and values of a query stay what they are, and their types have no end. */
export type RemoteValue<T> = T extends Leaf | Json | GraphValue
  ? T
  : T extends Disposes
    ? Remote<T>
    : T extends Iterator<infer P, unknown, unknown>
      ? AsyncIterableIterator<RemoteValue<P>>
      : T extends readonly unknown[]
        ? { [I in keyof T]: RemoteValue<T[I]> }
        : T extends object
          ? { [K in keyof T]: RemoteValue<T[K]> }
          : T;

/** What an argument becomes when it goes to a worker: handles stand for objects. */
export type RemoteArgument<T> = T extends Leaf | Parameter
  ? T
  : T extends Disposes
    ? Remote<T>
    : T extends readonly unknown[]
      ? { [I in keyof T]: RemoteArgument<T[I]> }
      : T extends { [Symbol.iterator]: unknown }
        ? T
        : T extends object
          ? { [K in keyof T]: RemoteArgument<T[K]> }
          : T;

type RemoteArguments<A> = { [I in keyof A]: RemoteArgument<A[I]> };

/** What is not a plain result. */
type Other =
  | Leaf
  | readonly unknown[]
  | RemoteHandle
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined;

type KeyOfAny<U> = U extends unknown ? keyof U : never;
type FieldOfAny<U, K extends PropertyKey> = U extends { readonly [P in K]: infer V } ? V : never;

/**
 * Results whose form depends on the options, as one form: what only some have is optional. (Options' own types do not get
 * through to here: TypeScript has no type for a generic function made of another.)
 */
type OneForm<U> = [Extract<U, Other>] extends [never]
  ? { [K in keyof U]: U[K] } & {
      [K in Exclude<KeyOfAny<U>, keyof U>]?: FieldOfAny<U, K>;
    }
  : U;

/** A function that is called in a worker. */
export type RemoteFunction<F> = F extends (...args: infer A) => infer R
  ? (...args: RemoteArguments<A>) => Promise<OneForm<RemoteValue<Awaited<R>>>>
  : never;

/** A member: the form in slices where there is one, since an abort reaches it; properties are promises. */
type RemoteMember<T, K extends keyof T> = T[K] extends AnyFunction
  ? `${K & string}Async` extends infer Twin extends keyof T
    ? RemoteFunction<T[Twin]>
    : RemoteFunction<T[K]>
  : Promise<RemoteValue<T[K]>>;

/** What can be said about calls before they are made. */
interface WithCallOptions {
  /**
   * The same, with options for all calls made through it: `graph.with({ signal }).components()`. Objects that such calls
   * return have them, too.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine();
   * const { Vector } = await engine.use('dense');
   * using v = await Vector.from([3, 4]);
   * const { signal } = new AbortController();
   * console.log(await v.with({ signal }).norm()); // 5
   * ```
   */
  with(options: CallOptions): this;
}

/** What a handle has by itself. */
export interface RemoteHandle extends WithCallOptions {
  /** True after `dispose()`, after the engine was disposed, and when the worker has ended. */
  readonly disposed: boolean;
  /**
   * Frees the object in the worker, after the calls that were made before. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { createWorkerEngine } from 'sublinear/worker';
   *
   * await using engine = await createWorkerEngine();
   * const { Vector } = await engine.use('dense');
   * const v = await Vector.from([3, 4]);
   * await v.dispose();
   * console.log(v.disposed); // true
   * ```
   */
  dispose(): Promise<void>;
  /** `using` and `await using` call these; both do what `dispose()` does. */
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): PromiseLike<void>;
}

/** A handle of an object in a worker: its methods return promises, and so do its properties. */
export type Remote<T> = {
  readonly [K in Exclude<keyof T, keyof RemoteHandle | symbol>]: RemoteMember<T, K>;
} & RemoteHandle;

/** A class whose objects live in a worker. */
export type RemoteClass<C> = {
  readonly [K in Exclude<keyof C, 'prototype'>]: RemoteMember<C, K>;
} & WithCallOptions & {
    [Symbol.hasInstance](value: unknown): boolean;
  };

/** A module in a worker. */
export type RemoteRoom<R> = {
  readonly [K in keyof R]: R[K] extends AnyFunction ? RemoteMember<R, K> : RemoteClass<R[K]>;
} & WithCallOptions;
