// Files of the C core (docs/format.md): written piece by piece by its Writer, read by its Reader.
import type { Reader, Writer } from '../generated/raw/solver.js';
import { make } from './brand.js';
import { lengthOf } from './pieces.js';
import type { RawObject, Runtime } from './runtime.js';
import type { AsyncOptions } from './steps.js';
import { type ReadProgress, readText, readTextAsync, type TextSource } from './text-source.js';

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

/** What to make of a whole file. `reader` is still alive in `wrap`. */
export interface Loading<Built extends RawObject, T> {
  /** Four letters. */
  kind: string;
  /** Bytes that are known to come, when `source` does not say it. */
  length?: number;
  /** For kinds whose `build` gives the pieces of the file back while it takes them over. */
  inPieces?: boolean;
  build: (reader: Reader) => Built | null;
  wrap: (built: Built, reader: Reader) => T;
}

function reading<Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: unknown,
  { kind, build, wrap, inPieces = false, ...given }: Loading<Built, T>,
) {
  // What is there as one array is known to come: no block has to grow.
  const length = given.length ?? lengthOf(operation, source);
  return {
    binary: true,
    open: () => {
      const reader = runtime.raw.Reader.create(tag(kind), length);
      if (inPieces) reader?.keepPieces();
      return reader;
    },
    close: build,
    wrap,
  };
}

export function loadFile<Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: BytesSource,
  loading: Loading<Built, T>,
): T {
  return readText(
    runtime,
    operation,
    source as TextSource,
    reading(runtime, operation, source, loading),
  );
}

export function loadFileAsync<Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: AsyncBytesSource,
  loading: Loading<Built, T>,
  options: LoadAsyncOptions,
): Promise<T> {
  return readTextAsync(
    runtime,
    operation,
    source,
    reading(runtime, operation, source, loading),
    options,
  );
}
