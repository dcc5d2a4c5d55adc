// Feeds text to the C core's readers in pieces, so that a file is never in memory as a whole unless the caller has it so.

import { statuses } from '../generated/codes.js';
import { kindOf, typedArray } from './brand.js';
import { SublinearError } from './errors.js';
import type { RawObject, Runtime } from './runtime.js';
import { Scratch } from './scratch.js';
import { type AsyncOptions, asyncOptions, runAsync } from './steps.js';
import { show, typeError } from './validate.js';

/** Text that is there: a string, UTF-8 bytes, or pieces of either, cut anywhere. */
export type TextSource = string | Uint8Array | Iterable<string | Uint8Array>;

/** Text that may still be coming: a stream (`response.body`, `blob.stream()`, a Node stream) or anything iterable. */
export type AsyncTextSource =
  | TextSource
  | ReadableStream<string>
  | ReadableStream<Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/** Where reading is. */
export interface ReadProgress {
  /** Bytes of text read so far. */
  bytesRead: number;
}

/** What every reader of the C core looks like; `found` is the address of a text: readers of files have none. */
export interface RawReader extends RawObject {
  feed(address: number, length: number): number;
  found?(): number;
}

/** How to open a reader and what to make of it at the end; `close` gives null when it failed. */
export interface Reading<R extends RawReader, Built extends RawObject, T> {
  open: () => R | null;
  /** True for files: strings are refused. */
  binary?: boolean;
  close: (reader: R) => Built | null;
  /** `reader` is still alive. */
  wrap: (built: Built, reader: R) => T;
}

/** Bytes a piece: large enough that the calls cost nothing, small enough to be a step. */
const PIECE = 1 << 16;
/** Characters a piece: each takes at most three bytes of UTF-8. */
const CHARACTERS = Math.floor(PIECE / 3);

/** Reads text that is there. */
export function readText<R extends RawReader, Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: TextSource,
  reading: Reading<R, Built, T>,
): T {
  const pieces = piecesOf(source);
  if (pieces === undefined) throw sourceError(operation, source, reading.binary);
  const feeder = new Feeder(runtime, operation, reading);
  try {
    for (const piece of pieces) {
      feeder.start(piece);
      while (!feeder.step());
    }
    return feeder.finish();
  } finally {
    feeder.release();
  }
}

/** Reads text that is coming. An abort rejects with the signal's reason, also while waiting, and stops the source. */
export async function readTextAsync<R extends RawReader, Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: AsyncTextSource,
  reading: Reading<R, Built, T>,
  options: AsyncOptions<ReadProgress>,
): Promise<T> {
  const { signal, onProgress } = asyncOptions(operation, options);
  const pieces = asyncPiecesOf(source);
  if (pieces === undefined) throw sourceError(operation, source, reading.binary);
  const feeder = new Feeder(runtime, operation, reading);
  const abort = abortOf(signal);
  const progress = () => ({ bytesRead: feeder.bytesRead });
  const job = { runtime, operation, progress, step: (work: number) => feeder.step(work) };
  runtime.running++;
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await Promise.race([pieces.next(), abort.promise]);
      runtime.assertAlive(operation);
      if (done) break;
      feeder.start(value);
      await runAsync(job, [], options);
      onProgress?.(progress());
    }
    ended = true;
    return feeder.finish();
  } finally {
    runtime.running--;
    abort.release();
    feeder.release();
    // A source that was left before its end is told so; what it answers concerns nobody any more.
    if (!ended) void pieces.return?.().then(undefined, () => {});
  }
}

class Feeder<R extends RawReader, Built extends RawObject, T> {
  bytesRead = 0;
  readonly #runtime: Runtime;
  readonly #operation: string;
  readonly #reading: Reading<R, Built, T>;
  readonly #reader: R;
  readonly #scratch: Scratch;
  readonly #buffer: number;
  #piece: string | Uint8Array = '';
  #at = 0;

  constructor(runtime: Runtime, operation: string, reading: Reading<R, Built, T>) {
    this.#runtime = runtime;
    this.#operation = operation;
    this.#reading = reading;
    this.#scratch = new Scratch(runtime, operation);
    this.#buffer = this.#scratch.bytes(PIECE);
    try {
      this.#reader = runtime.made(operation, reading.open());
    } catch (error) {
      this.#scratch.release();
      throw error;
    }
  }

  start(piece: string | Uint8Array): void {
    const binary = this.#reading.binary === true;
    const [name, expected] = binary
      ? ['bytes', 'Uint8Array or pieces of these']
      : ['source', 'pieces of string or Uint8Array'];
    const text = !binary && typeof piece === 'string' ? piece : undefined;
    const taken = text ?? typedArray(this.#operation, name, piece, 'Uint8Array');
    if (taken === undefined) throw typeError(this.#operation, name, expected, piece);
    this.#piece = taken;
    this.#at = 0;
  }

  /** Feeds at least `bytes` of the piece, or a buffer full of them; true when the piece is used up. */
  step(bytes = 1): boolean {
    const end = this.bytesRead + bytes;
    while (this.#at < this.#piece.length && this.bytesRead < end) {
      const length = this.#fill();
      this.bytesRead += length;
      if (this.#reader.feed(this.#buffer, length) !== 0) throw this.#failure();
    }
    return this.#at >= this.#piece.length;
  }

  finish(): T {
    const built = this.#reading.close(this.#reader);
    if (built === null) throw this.#failure();
    return this.#reading.wrap(built, this.#reader);
  }

  release(): void {
    this.#scratch.release();
    if (this.#runtime.alive) this.#reader.delete();
  }

  /** Copies the next bytes into the buffer and says how many. */
  #fill(): number {
    const target = this.#runtime.u8.subarray(this.#buffer, this.#buffer + PIECE);
    if (typeof this.#piece !== 'string') {
      const bytes = this.#piece.subarray(this.#at, this.#at + PIECE);
      target.set(bytes);
      this.#at += bytes.length;
      return bytes.length;
    }
    const text = this.#piece.slice(this.#at, this.#at + CHARACTERS);
    this.#at += text.length;
    return encoder.encodeInto(text, target).written;
  }

  #failure(): Error {
    const { raw } = this.#runtime;
    if (this.#reader.found === undefined) return this.#runtime.failure(this.#operation);
    const found = this.#runtime.text(this.#reader.found());
    const status = raw.errorStatus();
    if (status > -60 && found === '') return this.#runtime.failure(this.#operation);
    const [code] = statuses[String(status) as keyof typeof statuses];
    const line = raw.errorPosition();
    const expected = this.#runtime.text(raw.errorExpected());
    const argument = this.#runtime.text(raw.errorArgument());
    const plain = found === '' || found === 'end of line' || found === 'end of input';
    const got = found === '' ? '' : `, got ${plain ? found : show(found)}`;
    const message = `line ${line}: expected ${expected}${got}`;
    return new SublinearError(code, this.#operation, message, { argument, line, expected });
  }
}

const encoder = new TextEncoder();

function piecesOf(source: unknown): Iterable<string | Uint8Array> | undefined {
  if (typeof source === 'string' || kindOf(source) === 'Uint8Array') return [source as Uint8Array];
  const iterable = source as Partial<Iterable<string | Uint8Array>> | null | undefined;
  // Typed arrays and arrays of numbers are iterable too; their elements are refused one by one.
  return typeof iterable?.[Symbol.iterator] === 'function'
    ? (iterable as Iterable<string | Uint8Array>)
    : undefined;
}

type Pieces = Pick<AsyncIterator<string | Uint8Array>, 'next' | 'return'>;

/** The pieces of a source, or undefined when it is none. `return` tells it that no more are wanted. */
export function asyncPiecesOf(source: AsyncTextSource): Pieces | undefined {
  const stream = source as Partial<ReadableStream<string | Uint8Array>> | null | undefined;
  // Not by async iteration: WebKit's streams have none.
  if (typeof stream?.getReader === 'function') {
    const reader = stream.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<string | Uint8Array>>,
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  }
  const iterable = source as Partial<AsyncIterable<string | Uint8Array>> | null | undefined;
  if (typeof iterable?.[Symbol.asyncIterator] === 'function') {
    return steady((iterable as AsyncIterable<string | Uint8Array>)[Symbol.asyncIterator]());
  }
  const iterator = piecesOf(source)?.[Symbol.iterator]();
  return iterator && steady(iterator);
}

/** An iterator whose methods give promises of this realm, whatever the iterator's own give. */
export function steady<T>(iterator: Iterator<T> | AsyncIterator<T>) {
  return {
    next: async (): Promise<IteratorResult<T>> => iterator.next(),
    return: async (): Promise<IteratorResult<T>> =>
      (await iterator.return?.()) ?? { done: true, value: undefined },
  };
}

function sourceError(operation: string, source: unknown, binary = false) {
  return binary
    ? typeError(operation, 'bytes', 'Uint8Array or pieces of these', source)
    : typeError(operation, 'source', 'string, Uint8Array or pieces of these', source);
}

/** A promise that is rejected when the signal is aborted, and never otherwise. */
export function abortOf(signal: AbortSignal | undefined) {
  let release = () => {};
  const promise = new Promise<never>((_, reject) => {
    if (!signal) return;
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    release = () => signal.removeEventListener('abort', onAbort);
  });
  // Nobody may be waiting when it happens.
  promise.catch(() => {});
  return { promise, release };
}
