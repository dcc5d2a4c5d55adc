// Files of the C core (docs/format.md), written piece by piece by its Writer. Reading them is in loading.ts.
import type { Writer } from '../generated/raw/solver.js';
import { make } from './brand.js';
import type { Runtime } from './runtime.js';
import type { AsyncOptions } from './steps.js';
import type { ReadProgress } from './text-source.js';

/** Bytes that are there: one array or buffer, or pieces of a file in their order, cut anywhere. */
export type BytesSource = Uint8Array | ArrayBuffer | Iterable<Uint8Array>;

/**
 * Bytes that may still be coming: a `Response`, a `Blob` or `File`, a stream (of the web or of Node), anything iterable, or
 * a promise of one of these (`fetch(url)`). Where a file is loaded, one that is compressed by gzip is decompressed.
 */
export type AsyncBytesSource =
  | BytesSource
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | PromiseLike<
      BytesSource | Blob | Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>
    >;

/** How loading of a stream is stopped and watched; `bytesRead` counts the bytes of the file. */
export type LoadAsyncOptions = AsyncOptions<ReadProgress>;

/** Bytes a piece. */
const PIECE = 1 << 20;

/** Four letters as the number that stands in a file. */
export function tag(letters: string): number {
  return [...letters].reduce((sum, letter, i) => sum + letter.charCodeAt(0) * 256 ** i, 0);
}

/** The file that `open` begins, piece by piece. `assertUsable` throws when what is saved is gone. */
export function* savePieces(
  runtime: Runtime,
  operation: string,
  open: () => Writer | null,
  assertUsable: () => unknown,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  assertUsable();
  const writer = runtime.made(operation, open());
  try {
    for (let left = writer.size(); left > 0; ) {
      assertUsable();
      const piece = runtime.scratch(operation, (scratch) => {
        const capacity = Math.min(PIECE, left);
        const buffer = scratch.bytes(capacity);
        runtime.check(operation, writer.next(buffer, capacity, runtime.out));
        return runtime.u8.slice(buffer, buffer + runtime.outU32());
      });
      left -= piece.length;
      yield piece;
    }
  } finally {
    if (runtime.alive) writer.delete();
  }
}

/** The same as one array, behind `room` zeros: one copy of the file. */
export function saveWhole(
  runtime: Runtime,
  operation: string,
  open: () => Writer | null,
  room = 0,
): Uint8Array<ArrayBuffer> {
  const writer = runtime.made(operation, open());
  try {
    const size = room + writer.size();
    const bytes = make(operation, size, () => new Uint8Array(size));
    runtime.scratch(operation, (scratch) => {
      const buffer = scratch.bytes(Math.min(PIECE, bytes.length));
      for (let at = room; at < bytes.length; ) {
        const capacity = Math.min(PIECE, bytes.length - at);
        runtime.check(operation, writer.next(buffer, capacity, runtime.out));
        bytes.set(runtime.u8.subarray(buffer, buffer + runtime.outU32()), at);
        at += runtime.outU32();
      }
    });
    return bytes;
  } finally {
    if (runtime.alive) writer.delete();
  }
}
