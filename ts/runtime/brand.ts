// What a value is, asked of the slots that the JavaScript engine itself keeps. `instanceof` says no to arrays of another
// realm (an iframe, vm, Jest, jsdom), and what a property says can be overridden by whoever made the object: a subclass
// with a `length` of its own must not lead to a write past the end of a block.
//
// So a typed array is looked at once, here, and goes on as a view of this realm on the same memory, with the length that
// it had then. A list is copied out once, element by element: reading one may run a getter or a proxy.
import { SublinearError, SublinearTypeError } from './errors.js';
import { rangeError, show, typeError } from './validate.js';

/** Typed arrays that methods take, by the name that the engine gives them. */
interface Kinds {
  Float64Array: Float64Array;
  Float32Array: Float32Array;
  Uint32Array: Uint32Array;
  Int32Array: Int32Array;
  Uint16Array: Uint16Array;
  Int16Array: Int16Array;
  Uint8Array: Uint8Array;
  Uint8ClampedArray: Uint8ClampedArray;
  Int8Array: Int8Array;
  BigUint64Array: BigUint64Array;
  BigInt64Array: BigInt64Array;
}
export type ArrayKind = keyof Kinds;

// Taken when the module is loaded: what is put in their place later is not asked.
const { apply } = Reflect;
const { isView } = ArrayBuffer;
const constructors = {
  Float64Array,
  Float32Array,
  Uint32Array,
  Int32Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  BigUint64Array,
  BigInt64Array,
} as const;
const prototype: object = /* @__PURE__ */ Object.getPrototypeOf(Uint8Array.prototype);
const kind = /* @__PURE__ */ getter<string | undefined>(prototype, Symbol.toStringTag);
const lengthOf = /* @__PURE__ */ getter<number>(prototype, 'length');
const offsetOf = /* @__PURE__ */ getter<number>(prototype, 'byteOffset');
const bytes = /* @__PURE__ */ getter<number>(prototype, 'byteLength');
const bufferOf = /* @__PURE__ */ getter<ArrayBufferLike>(prototype, 'buffer');
const viewOffset = /* @__PURE__ */ getter<number>(DataView.prototype, 'byteOffset');
const viewLength = /* @__PURE__ */ getter<number>(DataView.prototype, 'byteLength');
const viewBuffer = /* @__PURE__ */ getter<ArrayBufferLike>(DataView.prototype, 'buffer');
const bufferLength = /* @__PURE__ */ getter<number>(ArrayBuffer.prototype, 'byteLength');
const sharedLength =
  typeof SharedArrayBuffer === 'function'
    ? /* @__PURE__ */ getter<number>(SharedArrayBuffer.prototype, 'byteLength')
    : undefined;
// It throws for a view whose memory has gone, or no longer reaches as far as the view; the length of such a view reads as 0.
const { keys } = prototype as { keys: () => unknown };

function getter<T>(owner: object, key: PropertyKey): (value: unknown) => T {
  const { get } = Object.getOwnPropertyDescriptor(owner, key) as { get: () => T };
  return (value) => apply(get, value, []);
}

/** The kind of a typed array of any realm, undefined for everything else. A Node Buffer is a Uint8Array. */
export function kindOf(value: unknown): ArrayKind | undefined {
  return kind(value) as ArrayKind | undefined;
}

/**
 * A typed array of one of these kinds as a view of this realm on the same memory, of the length that it has now; undefined
 * for everything else. Throws for one without memory: its length would read as 0.
 */
export function typedArray<K extends ArrayKind>(
  operation: string,
  argument: string,
  value: unknown,
  ...kinds: K[]
): Kinds[K] | undefined {
  const name = kind(value) as K | undefined;
  if (name === undefined || !kinds.includes(name)) return undefined;
  try {
    const length = lengthOf(value);
    if (length === 0) apply(keys, value, []);
    const Constructor = constructors[name] as Float64ArrayConstructor;
    return new Constructor(bufferOf(value), offsetOf(value), length) as Kinds[K];
  } catch {
    throw detached(operation, argument, name);
  }
}

/** The same, where nothing else will do. */
export function asTyped<K extends ArrayKind>(
  operation: string,
  argument: string,
  value: unknown,
  ...kinds: K[]
): Kinds[K] {
  const view = typedArray(operation, argument, value, ...kinds);
  if (view === undefined) throw typeError(operation, argument, kinds.join(' or '), value);
  return view;
}

/** The bytes of a typed array, a DataView or a buffer of any realm, undefined for everything else. */
export function bytesOf(
  operation: string,
  argument: string,
  value: unknown,
): Uint8Array | undefined {
  const isBuffer = !isView(value) && (isArrayBuffer(value) || isShared(value));
  if (!isBuffer && !isView(value)) return undefined;
  const parts = isBuffer ? undefined : partsOf(value as ArrayBufferView);
  try {
    if (parts === undefined) return new Uint8Array(value as ArrayBufferLike);
    if (!parts.lost) return new Uint8Array(parts.buffer, parts.byteOffset, parts.byteLength);
  } catch {
    // as below
  }
  throw detached(operation, argument, show(value));
}

/** Where a view lies, and whether it still has its memory. */
export function partsOf(view: ArrayBufferView): {
  buffer: ArrayBufferLike;
  byteOffset: number;
  byteLength: number;
  lost: boolean;
} {
  const name = kind(view) as ArrayKind | undefined;
  const buffer = name === undefined ? viewBuffer(view) : bufferOf(view);
  try {
    if (name !== undefined) apply(keys, view, []);
    const [offset, length] = name === undefined ? [viewOffset, viewLength] : [offsetOf, bytes];
    return { buffer, byteOffset: offset(view), byteLength: length(view), lost: false };
  } catch {
    return { buffer, byteOffset: 0, byteLength: 0, lost: true };
  }
}

/** A typed array of this realm and of the same kind as `like` on another buffer; bytes where the kind is not known here. */
export function sameKind(like: unknown, buffer: ArrayBufferLike): Uint8Array {
  const Constructor = constructors[kind(like) as ArrayKind] ?? namedInGlobal(kind(like));
  return new (Constructor as Uint8ArrayConstructor)(buffer);
}

function namedInGlobal(name: string | undefined): unknown {
  return (globalThis as unknown as Record<string, unknown>)[name ?? ''] ?? Uint8Array;
}

/** True for `{ ... }` of any realm: no array, no instance of a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return answers(bufferLength, value);
}

export function isShared(value: unknown): value is SharedArrayBuffer {
  return sharedLength !== undefined && answers(sharedLength, value);
}

/** Maps and sets, by the slots that their methods ask for. */
export function isMapOrSet(value: unknown): boolean {
  return answers(mapSize, value) || answers(setSize, value);
}
const mapSize = /* @__PURE__ */ getter<number>(Map.prototype, 'size');
const setSize = /* @__PURE__ */ getter<number>(Set.prototype, 'size');

/** An address, of any realm. */
export function isURL(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  // Node's own tag is inherited; linkedom, jsdom and whatwg-url have the same one.
  return Object.prototype.toString.call(value) === '[object URL]' && 'href' in value;
}

/** What an error of any realm says, and whatever else was thrown as text. */
export function messageOf(error: unknown): string {
  const message: unknown = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}

/** Anything that was thrown and looks like an error: DOMException of jsdom is no Error of the realm it is thrown in. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  return (
    value instanceof Error ||
    (typeof (value as Error).message === 'string' && typeof (value as Error).name === 'string')
  );
}

function answers(get: (value: unknown) => unknown, value: unknown): boolean {
  try {
    get(value);
    return true;
  } catch {
    return false;
  }
}

function detached(operation: string, argument: string, name: string): SublinearTypeError {
  const reason = `"${argument}" expected an array that has its memory, got a ${name} without (detached or cut short: it was moved to another thread, or shows WebAssembly memory that has grown since)`;
  return new SublinearTypeError(operation, reason, { argument });
}

// --- lists ----------------------------------------------------------------------------------------------------------

/** Elements that are copied at once. */
export const CHUNK = 4096;

/** How many elements a list has: asked once, and as much as a list can have. */
export function lengthOfList(
  operation: string,
  argument: string,
  value: readonly unknown[],
): number {
  // A true array cannot lie; a proxy of one can.
  const length: unknown = value.length;
  if (typeof length !== 'number' || !(length >= 0 && length <= 0xffff_ffff && length % 1 === 0))
    throw rangeError(operation, `${argument}.length`, 'integer in 0..4294967295', length);
  return length;
}

/**
 * Reads a list from front to back, each element once, and hands over what was read a chunk at a time. Between two chunks
 * the code of a getter or a proxy may have run: what moves or ends meanwhile is for `put` to see.
 */
export function readList<T extends Float64Array | Uint32Array>(
  value: readonly unknown[],
  length: number,
  chunk: T,
  element: (value: unknown, i: number) => number,
  put: (part: T, at: number) => void,
): void {
  for (let at = 0; at < length; at += chunk.length) {
    const count = Math.min(chunk.length, length - at);
    for (let i = 0; i < count; i++) chunk[i] = element(value[at + i], at + i);
    put((count === chunk.length ? chunk : chunk.subarray(0, count)) as T, at);
  }
}

/** A new array outside the module's memory; when there is none for it, the error says so and has a code. */
export function make<T>(operation: string, bytes: number, create: () => T): T {
  try {
    return create();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `no memory for an array of ${bytes} bytes outside the module`;
    throw new SublinearError('MEMORY', operation, message, { bytesWanted: bytes, cause });
  }
}
