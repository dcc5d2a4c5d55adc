// Scratch memory for one call: arrays go into the module's memory here and are freed when the call ends.
import { SublinearTypeError } from './errors.js';
import { rangeError, show, typeError } from './validate.js';

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
  readonly disposed: boolean;
  dispose(): void;
  toArray(): Float32Array | Float64Array;
}

/** What scratch memory needs of a loaded module. */
export interface ScratchMemory {
  readonly raw: { alloc(bytes: number): number; free(address: number): void };
  readonly alive: boolean;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  failure(operation: string): Error;
}

export class Scratch {
  readonly #runtime: ScratchMemory;
  readonly #operation: string;
  #blocks: number[] = [];

  constructor(runtime: ScratchMemory, operation: string) {
    this.#runtime = runtime;
    this.#operation = operation;
  }

  /** Uninitialised bytes. Memory may grow: read the runtime's views after the last call of this, not before. */
  bytes(count: number): number {
    const address = this.#runtime.raw.alloc(count);
    if (address === 0) throw this.#runtime.failure(this.#operation);
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
    if (this.#isHere(value)) return value.block(this.#operation);
    const source = this.#elements(argument, value);
    return source instanceof Float32Array ? this.#put(source, F32) : this.#put(source, F64);
  }

  /** An array of real numbers as f64, widened when it has another precision. */
  doubles(argument: string, value: RealArray): Block {
    if (this.#isHere(value)) {
      const block = value.block(this.#operation);
      if (block.type === F64) return block;
    }
    return this.#put(this.#elements(argument, value), F64);
  }

  /** An array of whole numbers 0 .. 2^32 - 1. */
  indices(argument: string, value: IndexArray): { address: number; length: number } {
    const source = indexArray(this.#operation, argument, value);
    const address = this.u32(source.length);
    this.#runtime.u32.set(source, address / 4);
    return { address, length: source.length };
  }

  #isHere(value: unknown): value is ArrayInMemory {
    return isInMemory(value) && value.runtime === this.#runtime;
  }

  // A vector that must be widened, or that lies in another module's memory, is copied out first.
  #elements(argument: string, value: unknown): Float64Array | Float32Array | readonly number[] {
    if (!isInMemory(value)) return realArray(this.#operation, argument, value);
    value.block(this.#operation);
    return value.toArray();
  }

  #put(source: ArrayLike<number>, type: typeof F32 | typeof F64): Block {
    const size = type === F64 ? 8 : 4;
    const address = this.bytes(source.length * size);
    const view = type === F64 ? this.#runtime.f64 : this.#runtime.f32;
    view.set(source, address / size);
    return { address, length: source.length, type };
  }

  release(): void {
    // After a trap nothing may be called, and nothing has to be given back.
    if (this.#runtime.alive) for (const address of this.#blocks) this.#runtime.raw.free(address);
    this.#blocks = [];
  }
}

/** Whether `value` is such an array, of whichever engine. */
export function isInMemory(value: unknown): value is ArrayInMemory {
  return typeof value === 'object' && value !== null && IN_MEMORY in value;
}

/** Checks an array of numbers; what a JavaScript array holds is looked at one by one. */
export function realArray(
  operation: string,
  argument: string,
  value: unknown,
): Float64Array | Float32Array | readonly number[] {
  if (value instanceof Float64Array || value instanceof Float32Array) return value;
  if (!Array.isArray(value))
    throw typeError(operation, argument, 'Float64Array, Float32Array, number[] or Vector', value);
  for (let i = 0; i < value.length; i++) {
    if (typeof value[i] !== 'number') throw elementError(operation, argument, 'number', value, i);
  }
  return value;
}

/** A list of places or ids as it can be copied in, checked. */
export function indexArray(
  operation: string,
  argument: string,
  value: unknown,
): Uint32Array | Int32Array | readonly number[] {
  if (value instanceof Uint32Array) return value;
  const isArray = Array.isArray(value);
  if (!isArray && !(value instanceof Int32Array))
    throw typeError(operation, argument, 'Uint32Array or number[]', value);
  for (let i = 0; i < value.length; i++) {
    const index: unknown = value[i];
    if (typeof index !== 'number')
      throw elementError(operation, argument, 'integer >= 0', value, i);
    if (index !== index >>> 0) {
      const error = rangeError(operation, `${argument}[${i}]`, 'integer in 0..4294967295', index);
      throw Object.assign(error, { argument, position: i });
    }
  }
  return value;
}

function elementError(
  operation: string,
  argument: string,
  expected: string,
  value: ArrayLike<unknown>,
  i: number,
) {
  return new SublinearTypeError(
    operation,
    `"${argument}[${i}]" expected ${expected}, got ${show(value[i])}`,
    {
      argument,
      position: i,
    },
  );
}
