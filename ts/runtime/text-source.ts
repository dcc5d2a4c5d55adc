// Feeds text to the C core's readers in pieces, so that a file is never in memory as a whole unless the caller has it so.

import { statuses } from '../generated/codes.js';
import { type CodedError, SublinearError } from './errors.js';
import { type FormatName, refuseOthers } from './formats.js';
import {
  asyncPiecesOf,
  followedBy,
  type Head,
  HeadGatherer,
  isGzip,
  kindOfBytes,
  kindOfText,
  type Piece,
  type Pieces,
  pieceOf,
  piecesOf,
  type SourceKind,
  totalOf,
  unzipped,
} from './pieces.js';
import type { RawObject, Runtime } from './runtime.js';
import { Scratch } from './scratch.js';
import { type AsyncOptions, asyncOptions, runAsync } from './steps.js';
import { show } from './validate.js';

/** Text that is there: a string, UTF-8 bytes, a buffer of them, or pieces of these, cut anywhere. */
export type TextSource = string | Uint8Array | ArrayBuffer | Iterable<string | Uint8Array>;

/**
 * Text that may still be coming: a `Response`, a `Blob` or `File`, a stream (of the web or of Node), anything iterable, or
 * a promise of one of these (`fetch(url)`). What begins as gzip does is decompressed.
 */
export type AsyncTextSource =
  | TextSource
  | Blob
  | Response
  | ReadableStream<string>
  | ReadableStream<Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | PromiseLike<
      | TextSource
      | Blob
      | Response
      | ReadableStream<string>
      | ReadableStream<Uint8Array>
      | AsyncIterable<string | Uint8Array>
    >;

/** Where reading is. */
export interface ReadProgress {
  /** Bytes of text read so far. */
  bytesRead: number;
  /** All that will come; left out where it is not known: of streams, strings and compressed files. */
  bytesTotal?: number;
}

/** What every reader of the C core looks like; `found` is the address of a text: readers of files have none. */
export interface RawReader extends RawObject {
  feed(address: number, length: number): number;
  found?(): number;
}

/** How to open a reader and what to make of it at the end; `close` gives null when it failed. */
export interface Reading<R extends RawReader, Built extends RawObject, T> {
  /** `head` is the beginning of the text, for readers that look at it. */
  open: (head: Head) => R | null;
  /** True for files: strings are refused. */
  binary?: boolean;
  /** Formats that a text may be known to have; one without a known one always may. */
  formats?: readonly FormatName[];
  close: (reader: R) => Built | null;
  /** `reader` is still alive. */
  wrap: (built: Built, reader: R) => T;
  /** What to add to the message of an error that the reader reported. */
  remedy?: (code: string, expected: string) => string;
}

/** So much of a text is looked at before it is read, and of a file. */
const HEAD = 1 << 16;
const BINARY_HEAD = 16;

/** Bytes a piece: large enough that the calls cost nothing, small enough to be a step. */
const PIECE = 1 << 16;
/** Characters a piece: each takes at most three bytes of UTF-8. */
const CHARACTERS = Math.floor(PIECE / 3);

function kindOf(operation: string, binary = false): SourceKind {
  return binary ? kindOfBytes(operation) : kindOfText(operation);
}

function gathererFor(kind: SourceKind, enough = kind.binary ? BINARY_HEAD : HEAD): HeadGatherer {
  return new HeadGatherer(kind, enough);
}

function refuseHead(kind: SourceKind, head: Head, formats: readonly FormatName[] = []): void {
  const { operation, argument, binary } = kind;
  // Of files the C core knows better what is wrong with them.
  if (!binary || isGzip(head.bytes)) refuseOthers(operation, argument, head, formats);
}

/** Reads text that is there. */
export function readText<R extends RawReader, Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: TextSource,
  reading: Reading<R, Built, T>,
): T {
  const kind = kindOf(operation, reading.binary);
  const pieces = piecesOf(source, kind)[Symbol.iterator]();
  let ended = false;
  try {
    const begun = gathererFor(kind);
    while (!begun.full) {
      const { done, value } = pieces.next();
      if (done) begun.end();
      else begun.take(value);
    }
    const { head, taken } = begun;
    refuseHead(kind, head, reading.formats);
    const feeder = new Feeder(runtime, operation, reading, head);
    try {
      const feed = (piece: Piece) => {
        feeder.start(piece);
        while (!feeder.step());
      };
      for (const piece of taken) feed(piece);
      for (;;) {
        const { done, value } = pieces.next();
        if (done) break;
        feed(pieceOf(value, kind));
      }
      ended = true;
      return feeder.finish();
    } finally {
      feeder.release();
    }
  } finally {
    if (!ended) pieces.return?.();
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
  const kind = kindOf(operation, reading.binary);
  const pieces = unzipped(asyncPiecesOf(source, kind), kind);
  const abort = abortOf(signal);
  let feeder: Feeder<R, Built, T> | undefined;
  runtime.running++;
  let ended = false;
  try {
    const next = () => Promise.race([pieces.next(), abort.promise]);
    const { head, taken } = await headOf(kind, next);
    runtime.assertAlive(operation);
    refuseHead(kind, head, reading.formats);
    const feeding = new Feeder(runtime, operation, reading, head);
    feeder = feeding;
    const total = totalOf(source, pieces);
    const progress = () => ({ bytesRead: feeding.bytesRead, ...total });
    const job = { runtime, operation, progress, step: (work: number) => feeding.step(work) };
    const all = followedBy(taken, { next });
    for (;;) {
      const { done, value } = await all.next();
      runtime.assertAlive(operation);
      if (done) break;
      feeding.start(pieceOf(value, kind));
      await runAsync(job, [], options);
      onProgress?.(progress());
    }
    ended = true;
    return feeding.finish();
  } finally {
    runtime.running--;
    abort.release();
    feeder?.release();
    // A source that was left before its end is told so; what it answers concerns nobody any more.
    if (!ended) void pieces.return?.().then(undefined, () => {});
  }
}

/** The beginning of what `next` gives. */
export async function headOf(
  kind: SourceKind,
  next: Pieces['next'],
  enough?: number,
): Promise<HeadGatherer> {
  const begun = gathererFor(kind, enough);
  while (!begun.full) {
    const { done, value } = await next();
    if (done) begun.end();
    else begun.take(value);
  }
  return begun;
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

  constructor(runtime: Runtime, operation: string, reading: Reading<R, Built, T>, head: Head) {
    this.#runtime = runtime;
    this.#operation = operation;
    this.#reading = reading;
    this.#scratch = new Scratch(runtime, operation);
    this.#buffer = this.#scratch.bytes(PIECE);
    try {
      this.#reader = runtime.made(operation, reading.open(head));
    } catch (error) {
      this.#scratch.release();
      throw error;
    }
  }

  start(piece: Piece): void {
    this.#piece = piece;
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

  /** The same error with what the reading can advise. */
  #advised(error: Error): Error {
    const { code, expected = '' } = error as Partial<CodedError>;
    error.message += this.#reading.remedy?.(code ?? '', expected) ?? '';
    return error;
  }

  #failure(): Error {
    const { raw } = this.#runtime;
    if (this.#reader.found === undefined)
      return this.#advised(this.#runtime.failure(this.#operation));
    const found = this.#runtime.text(this.#reader.found());
    const status = raw.errorStatus();
    if (status > -60 && found === '') return this.#advised(this.#runtime.failure(this.#operation));
    const [code] = statuses[String(status) as keyof typeof statuses];
    const line = raw.errorPosition();
    const expected = this.#runtime.text(raw.errorExpected());
    const argument = this.#runtime.text(raw.errorArgument());
    const plain = found === '' || found === 'end of line' || found === 'end of input';
    const got = found === '' ? '' : `, got ${plain ? found : show(found)}`;
    const remedy = this.#reading.remedy?.(code, expected) ?? '';
    const message = `line ${line}: expected ${expected}${got}${remedy}`;
    return new SublinearError(code, this.#operation, message, { argument, line, expected });
  }
}

const encoder = new TextEncoder();

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
