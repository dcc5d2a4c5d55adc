// Scratch memory for one call: arrays go into the module's memory here and are freed when the call ends.
import { CHUNK, kindOf, lengthOfList, make, readList, typedArray } from './brand.js';
import { SublinearRangeError, SublinearTypeError } from './errors.js';
import { isList, show, typeError } from './validate.js';

/** Arrays of real numbers that every method takes. A `Vector` is used where it lies, everything else is copied. */
export type RealArray = Float64Array | Float32Array | readonly number[] | ArrayInMemory;

/** Arrays of indices that every method takes. */
export type IndexArray = Uint32Array | Int32Array | readonly number[];

/** Where an array lies in the module's memory. `type` is C's sl_dtype, which is sl_value_type as well. */
export interface Block {
  readonly address: number;
  readonly length: number;
  readonly type: typeof F32 | typeof F64;
}

/** Values of sl_dtype. */
export const F32 = 1;
export const F64 = 2;

/** How scratch memory knows an {@link ArrayInMemory}: a mark, not a class, so that it stands below all classes. */
export const IN_MEMORY = Symbol('array in memory');

/** An array that lies in an engine's memory already: a `Vector` of the room `dense`. */
export interface ArrayInMemory {
  /** @internal */
  readonly [IN_MEMORY]: true;
  /** @internal */
  readonly runtime: object;
  /** @internal */
  block(operation: string): Block;
  /** @internal Not to be disposed until `unpin()`: its address is in use. */
  pin(): void;
  /** @internal */
  unpin(): void;
  readonly disposed: boolean;
  dispose(): void;
  toArray(): Float32Array | Float64Array;
}

/** What scratch memory needs of a loaded module. */
export interface ScratchMemory {
  readonly raw: { alloc(bytes: number): number; free(address: number): void };
  readonly alive: boolean;
  readonly memoryLimit: number;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  failure(operation: string): Error;
  memoryError(operation: string, bytesWanted: number): Error;
}

export class Scratch {
  readonly #runtime: ScratchMemory;
  readonly #operation: string;
  // Made when there is something to put in: most calls have one or two of them.
  #blocks: number[] | undefined;
  #pinned: ArrayInMemory[] | undefined;
  #objects: { delete(): void }[] | undefined;

  constructor(runtime: ScratchMemory, operation: string) {
    this.#runtime = runtime;
    this.#operation = operation;
  }

  /** Uninitialised bytes. Memory may grow: read the runtime's views after the last call of this, not before. */
  bytes(count: number): number {
    // C would see more than 2^32 modulo that, and give a block that is too small.
    if (count > this.#runtime.memoryLimit || count > 0xffff_ffff)
      throw this.#runtime.memoryError(this.#operation, count);
    const address = this.#runtime.raw.alloc(count);
    if (address === 0) throw this.#runtime.failure(this.#operation);
    this.#blocks ??= [];
    this.#blocks.push(address);
    return address;
  }

  f64(count: number): number {
    return this.bytes(count * 8);
  }
  u32(count: number): number {
    return this.bytes(count * 4);
  }

  /** An array of real numbers in its own precision (number[] becomes f64). */
  reals(argument: string, value: RealArray): Block {
    if (this.#isHere(value)) return this.#pin(value);
    return this.#put(argument, value, kindOf(value) === 'Float32Array' ? F32 : F64);
  }

  /** An array of real numbers as f64, widened when it has another precision. */
  doubles(argument: string, value: RealArray): Block {
    return this.#as(F64, argument, value);
  }

  /** An array of real numbers as f32, rounded when it has another precision. */
  floats(argument: string, value: RealArray): Block {
    return this.#as(F32, argument, value);
  }

  #as(type: typeof F32 | typeof F64, argument: string, value: RealArray): Block {
    if (this.#isHere(value)) {
      const block = this.#pin(value);
      if (block.type === type) return block;
    }
    return this.#put(argument, value, type);
  }

  /** An array of whole numbers 0 .. 2^32 - 1. */
  indices(argument: string, value: IndexArray): { address: number; length: number } {
    const operation = this.#operation;
    const view = typedArray(operation, argument, value, 'Uint32Array', 'Int32Array');
    const list = view === undefined ? listOf(operation, argument, value, INDICES) : undefined;
    const length = view?.length ?? lengthOfList(operation, argument, list as unknown[]);
    const address = this.u32(length);
    if (view !== undefined) {
      this.#runtime.u32.set(view, address / 4);
      // The copy is looked at, not what another thread may be writing to.
      if (view instanceof Int32Array) {
        const copy = this.#runtime.u32.subarray(address / 4, address / 4 + length);
        const negative = copy.findIndex((index) => index > 0x7fff_ffff);
        if (negative >= 0)
          throw indexError(operation, argument, (copy[negative] as number) | 0, negative);
      }
      return { address, length };
    }
    const element = indexOf(operation, argument);
    const chunk = new Uint32Array(Math.min(CHUNK, length));
    readList(list as unknown[], length, chunk, element, (part, at) =>
      this.#runtime.u32.set(part, address / 4 + at),
    );
    return { address, length };
  }

  #isHere(value: unknown): value is ArrayInMemory {
    return isInMemory(value) && value.runtime === this.#runtime;
  }

  #pin(value: ArrayInMemory): Block {
    const block = value.block(this.#operation);
    value.pin();
    this.#pinned ??= [];
    this.#pinned.push(value);
    return block;
  }

  #put(argument: string, value: unknown, type: typeof F32 | typeof F64): Block {
    const operation = this.#operation;
    // A vector that must be converted, or that lies in another module's memory, is copied out first.
    const source = isInMemory(value) ? value.toArray() : value;
    const view = typedArray(operation, argument, source, 'Float64Array', 'Float32Array');
    const list = view === undefined ? listOf(operation, argument, source, REALS) : undefined;
    const length = view?.length ?? lengthOfList(operation, argument, list as unknown[]);
    const size = type === F64 ? 8 : 4;
    const address = this.bytes(length * size);
    const put = (part: Float64Array | Float32Array, at: number) => {
      const heap = type === F64 ? this.#runtime.f64 : this.#runtime.f32;
      heap.set(part, address / size + at);
    };
    if (view !== undefined) put(view, 0);
    else {
      const chunk = new Float64Array(Math.min(CHUNK, length));
      readList(list as unknown[], length, chunk, numberOf(operation, argument), put);
    }
    return { address, length, type };
  }

  /** A C object that lives for this call: freed when it ends, however it ends. */
  own<T extends { delete(): void }>(object: T): T {
    this.#objects ??= [];
    this.#objects.push(object);
    return object;
  }

  release(): void {
    const blocks = this.#blocks;
    const pinned = this.#pinned;
    const objects = this.#objects;
    this.#blocks = this.#pinned = this.#objects = undefined;
    // After a trap nothing may be called, and nothing has to be given back.
    if (objects && this.#runtime.alive) for (const object of objects) object.delete();
    if (pinned) for (const array of pinned) array.unpin();
    if (blocks && this.#runtime.alive)
      for (const address of blocks) this.#runtime.raw.free(address);
  }
}

/** Whether `value` is such an array, of whichever engine. */
export function isInMemory(value: unknown): value is ArrayInMemory {
  return typeof value === 'object' && value !== null && IN_MEMORY in value;
}

const REALS = 'Float64Array, Float32Array, number[] or Vector';
const INDICES = 'Uint32Array or number[]';

/** An array of numbers: a view of a typed array, or a copy of a list. Nobody else can change its length. */
export function realArray(
  operation: string,
  argument: string,
  value: unknown,
): Float64Array | Float32Array {
  return (
    typedArray(operation, argument, value, 'Float64Array', 'Float32Array') ??
    copied(operation, argument, listOf(operation, argument, value, REALS), numberOf, Float64Array)
  );
}

/** A list of places or ids, checked; a copy, unless it is a Uint32Array. */
export function indexArray(operation: string, argument: string, value: unknown): Uint32Array {
  const view = typedArray(operation, argument, value, 'Uint32Array', 'Int32Array');
  if (view instanceof Uint32Array) return view;
  const list = view ?? listOf(operation, argument, value, INDICES);
  return copied(operation, argument, list as readonly unknown[], indexOf, Uint32Array);
}

// The copy grows as the list is read: a list that says it is long and is not takes no memory.
function copied<T extends Float64Array | Uint32Array>(
  operation: string,
  argument: string,
  list: readonly unknown[],
  check: (operation: string, argument: string) => (value: unknown, i: number) => number,
  Type: new (length: number) => T,
): T {
  const length = lengthOfList(operation, argument, list);
  let copy = new Type(Math.min(length, CHUNK));
  const chunk = new Type(Math.min(length, CHUNK));
  readList(list, length, chunk, check(operation, argument), (part, at) => {
    if (at + part.length > copy.length) {
      const larger = Math.min(length, 2 * copy.length);
      const grown = make(operation, larger * copy.BYTES_PER_ELEMENT, () => new Type(larger));
      grown.set(copy);
      copy = grown;
    }
    copy.set(part, at);
  });
  return copy;
}

function listOf(
  operation: string,
  argument: string,
  value: unknown,
  expected: string,
): readonly unknown[] {
  if (!isList(value)) throw typeError(operation, argument, expected, value);
  return value;
}

function numberOf(operation: string, argument: string) {
  return (value: unknown, i: number): number => {
    if (typeof value !== 'number') throw elementError(operation, argument, 'number', value, i);
    return value;
  };
}

function indexOf(operation: string, argument: string) {
  return (value: unknown, i: number): number => {
    if (typeof value !== 'number')
      throw elementError(operation, argument, 'integer >= 0', value, i);
    if (value !== value >>> 0) throw indexError(operation, argument, value, i);
    return value;
  };
}

function indexError(operation: string, argument: string, value: number, position: number) {
  const message = `"${argument}[${position}]" expected integer in 0..4294967295, got ${value}`;
  return new SublinearRangeError('RANGE', operation, message, { argument, position });
}

function elementError(
  operation: string,
  argument: string,
  expected: string,
  value: unknown,
  position: number,
) {
  const message = `"${argument}[${position}]" expected ${expected}, got ${show(value)}`;
  return new SublinearTypeError(operation, message, { argument, position });
}
