// Messages as methods take them, on their way into the module's memory.
import { bytesOf } from '../../runtime/brand.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

/** A message: bytes of any typed array or buffer, or a text, which stands for its UTF-8. */
export type Bytes = Uint8Array | ArrayBuffer | ArrayBufferView | string;

/** Bytes that go into the module's memory at a time. */
export const PIECE = 1 << 16;

const encoder = new TextEncoder();

/** A message as bytes, without a copy where it is not a text. */
export function bytesArgument(operation: string, argument: string, value: unknown): Uint8Array {
  if (typeof value === 'string') return encoder.encode(value);
  const bytes = bytesOf(operation, argument, value);
  if (bytes === undefined)
    throw check.typeError(operation, argument, 'Uint8Array, ArrayBuffer or string', value);
  return bytes;
}

/** Bytes of a known length: keys, signatures and hashes, of which a text would be a mistake. */
export function fixedBytes(
  operation: string,
  argument: string,
  value: unknown,
  length: number,
): Uint8Array {
  const bytes = bytesOf(operation, argument, value);
  if (bytes === undefined)
    throw check.typeError(operation, argument, `Uint8Array of ${length} bytes`, value);
  if (bytes.length !== length) throw check.shapeError(operation, argument, length, bytes.length);
  return bytes;
}

/** A row of hashes of 32 bytes. */
export function hashesArgument(operation: string, argument: string, value: unknown): Uint8Array {
  const bytes = bytesOf(operation, argument, value);
  if (bytes === undefined)
    throw check.typeError(operation, argument, 'Uint8Array of hashes, 32 bytes each', value);
  if (bytes.length % 32 === 0) return bytes;
  const message = `"${argument}" expected a multiple of 32 bytes, got ${bytes.length}`;
  throw new SublinearRangeError('SHAPE', operation, message, { argument });
}

/** The elements of an array, each read once; one that is not there ends the reading, whatever the length says. */
export function listArgument<T>(
  operation: string,
  argument: string,
  value: readonly T[],
  of: string,
): readonly T[] {
  if (!Array.isArray(value)) throw check.typeError(operation, argument, `array of ${of}`, value);
  return Array.from(value as readonly (T | undefined)[], (each, i) => {
    if (each === undefined) throw check.typeError(operation, `${argument}[${i}]`, of, each);
    return each;
  });
}

/** Bytes in scratch memory. Memory may grow with the next block: addresses stay, views do not. */
export function put(runtime: Runtime, scratch: Scratch, bytes: Uint8Array): number {
  const address = scratch.bytes(bytes.length);
  runtime.u8.set(bytes, address);
  return address;
}

/** Copies of bytes of the module. */
export function take(runtime: Runtime, address: number, length: number): Uint8Array<ArrayBuffer> {
  return runtime.u8.slice(address, address + length) as Uint8Array<ArrayBuffer>;
}

/** Gives long bytes to the module piece by piece. */
export function feed(
  runtime: Runtime,
  operation: string,
  bytes: Uint8Array,
  call: (address: number, count: number) => number,
): void {
  runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(Math.min(PIECE, bytes.length));
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      runtime.u8.set(piece, address);
      runtime.check(operation, call(address, piece.length));
    }
  });
}

/** Messages one behind the other, as many as go together; calls `use` for each batch. */
export function inBatches<T>(
  runtime: Runtime,
  operation: string,
  items: readonly T[],
  message: (item: T, i: number) => Uint8Array,
  use: (batch: Batch) => void,
): void {
  for (let from = 0; from < items.length; )
    from = oneBatch(runtime, operation, items, from, message, use);
}

/** Messages `from`.. that lie in the module's memory. */
export interface Batch {
  readonly scratch: Scratch;
  readonly from: number;
  readonly count: number;
  readonly address: number;
  /** Of `count` + 1 numbers. */
  readonly offsets: number;
  readonly length: number;
}

const BATCH = 1 << 20;
const MOST = 4096;

/** One batch from number `from` on; where the next one begins. */
export function oneBatch<T>(
  runtime: Runtime,
  operation: string,
  items: readonly T[],
  from: number,
  message: (item: T, i: number) => Uint8Array,
  use: (batch: Batch) => void,
): number {
  const messages: Uint8Array[] = [];
  let length = 0;
  for (let i = from; i < items.length && messages.length < MOST; i++) {
    const bytes = message(items[i] as T, i);
    if (messages.length > 0 && length + bytes.length > BATCH) break;
    messages.push(bytes);
    length += bytes.length;
  }
  const count = messages.length;
  runtime.assertAlive(operation);
  runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(length);
    const offsets = scratch.u32(count + 1);
    let at = 0;
    messages.forEach((bytes, i) => {
      runtime.u32[offsets / 4 + i] = at;
      runtime.u8.set(bytes, address + at);
      at += bytes.length;
    });
    runtime.u32[offsets / 4 + count] = at;
    use({ scratch, from, count, address, offsets, length });
  });
  return from + count;
}
