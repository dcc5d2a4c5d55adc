// Feeds text and files to the C core's readers in pieces, so that a file is never in memory as a whole unless the caller has it so.

import { statuses } from '../generated/codes.js';
import { type CodedError, SublinearError } from './errors.js';
import {
  type Head,
  HeadGatherer,
  kindOfBytes,
  kindOfText,
  type Piece,
  pieceOf,
  piecesOf,
  type SourceKind,
} from './pieces.js';
import type { RawObject, Runtime } from './runtime.js';
import { Scratch } from './scratch.js';
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
  /** Throws for what begins as something else does. */
  refuse: (head: Head) => void;
  close: (reader: R) => Built | null;
  /** `reader` is still alive. */
  wrap: (built: Built, reader: R) => T;
  /** What to add to the message of an error that the reader reported. */
  remedy?: (code: string, expected: string) => string;
}

/** Added where a text is a single word that ends as names of files do. */
const NAME = '; give the text of a file, not its name';

/** So much of a text is looked at before it is read, and of a file. */
const HEAD = 1 << 16;
const BINARY_HEAD = 16;

/** Bytes a piece: large enough that the calls cost nothing, small enough to be a step. */
const PIECE = 1 << 16;
/** Characters a piece: each takes at most three bytes of UTF-8. */
const CHARACTERS = Math.floor(PIECE / 3);

export function kindOf(operation: string, binary = false): SourceKind {
  return binary ? kindOfBytes(operation) : kindOfText(operation);
}

export function gathererFor(
  kind: SourceKind,
  enough = kind.binary ? BINARY_HEAD : HEAD,
): HeadGatherer {
  return new HeadGatherer(kind, enough);
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
    reading.refuse(head);
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

export class Feeder<R extends RawReader, Built extends RawObject, T> {
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

  /** Whether all that was given is what a file is called. */
  #isName(): boolean {
    const piece = this.#piece;
    if (typeof piece !== 'string' || this.bytesRead > 1024) return false;
    return /^\s*[^\s,;|]+\.[a-z]\w{0,7}\s*$/i.test(piece);
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
    const remedy = this.#isName() ? NAME : (this.#reading.remedy?.(code, expected) ?? '');
    const message = `line ${line}: expected ${expected}${got}${remedy}`;
    return new SublinearError(code, this.#operation, message, { argument, line, expected });
  }
}

const encoder = new TextEncoder();
