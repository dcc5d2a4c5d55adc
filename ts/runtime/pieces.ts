// Where text and bytes come from: whatever a program has at hand, as an iterator over pieces. What has to be waited for is
// in coming.ts, which a page fetches when it is first needed.
import { bytesOf, isArrayBuffer, isShared, typedArray } from './brand.js';
import { typeError } from './validate.js';

/** What a piece can be; a buffer is taken as its bytes. */
export type Piece = string | Uint8Array;

/** The part of an iterator that is used. `return` tells the source that no more is wanted. */
export type Pieces = Pick<AsyncIterator<Piece>, 'next' | 'return'>;

/** What a source is called in messages, and what it may give. */
export interface SourceKind {
  operation: string;
  argument: string;
  expected: string;
  /** Strings are refused. */
  binary?: boolean;
}

export const kindOfText = (operation: string): SourceKind => ({
  operation,
  argument: 'source',
  expected: 'string, Uint8Array, ArrayBuffer or pieces of these',
});

export const kindOfBytes = (operation: string): SourceKind => ({
  operation,
  argument: 'bytes',
  expected: 'Uint8Array, ArrayBuffer or pieces of these',
  binary: true,
});

/** What `value` says that it is, also when it was made in another window or context. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** The bytes of an array of bytes or of a buffer, of any realm, without a copy; undefined for everything else. */
export function bytesIn(
  value: unknown,
  { operation, argument }: SourceKind,
): Uint8Array | undefined {
  if (isArrayBuffer(value) || isShared(value)) return bytesOf(operation, argument, value);
  return typedArray(operation, argument, value, 'Uint8Array');
}

/** A file that is there as one array or buffer. */
export function wholeBytes(source: unknown, operation: string): Uint8Array {
  const bytes = bytesIn(source, kindOfBytes(operation));
  if (bytes !== undefined) return bytes;
  throw typeError(operation, 'bytes', 'Uint8Array or ArrayBuffer', source);
}

/** How many bytes are known to come: those of a source that is one array or buffer, else 0. */
export function lengthOf(operation: string, source: unknown): number {
  return bytesIn(source, kindOfBytes(operation))?.length ?? 0;
}

export interface BlobLike {
  size?: number;
  stream(): ReadableStream<Uint8Array>;
}

export interface ResponseLike {
  ok: boolean;
  status: number;
  statusText: string;
  url: string;
  bodyUsed: boolean;
  body: ReadableStream<Uint8Array> | null;
}

export const isBlob = (value: unknown): value is BlobLike =>
  (tagOf(value) === 'Blob' || tagOf(value) === 'File') &&
  typeof (value as BlobLike).stream === 'function';

export const isResponse = (value: unknown): value is ResponseLike => tagOf(value) === 'Response';

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';

/** One piece, checked. */
export function pieceOf(value: unknown, kind: SourceKind): Piece {
  if (typeof value === 'string' && !kind.binary) return value;
  const piece = bytesIn(value, kind);
  if (piece !== undefined) return piece;
  const expected = kind.binary ? 'Uint8Array or pieces of these' : 'pieces of string or Uint8Array';
  throw typeError(kind.operation, kind.argument, expected, value);
}

/** The pieces of a source that is there. What has to be waited for is refused with the name of the method that waits. */
export function piecesOf(source: unknown, kind: SourceKind): Iterable<unknown> {
  if (typeof source === 'string' && !kind.binary) return [source];
  const bytes = bytesIn(source, kind);
  if (bytes !== undefined) return [bytes];
  const coming =
    isBlob(source) || isResponse(source) || isPromise(source) || isAsyncIterable(source);
  if (coming) {
    const remedy = `${kind.operation}Async takes it`;
    throw typeError(kind.operation, kind.argument, `${kind.expected}; ${remedy}`, source);
  }
  // Arrays of numbers are iterable too; their elements are refused one by one. Not other typed arrays, nor a proxy of one.
  const isArray = ArrayBuffer.isView(source) || source instanceof Uint8Array;
  if (typeof source === 'object' && source !== null && Symbol.iterator in source && !isArray)
    return source as Iterable<unknown>;
  throw typeError(kind.operation, kind.argument, kind.expected, source);
}

function isAsyncIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || 'getReader' in value;
}

export const GZIP = [0x1f, 0x8b, 0x08];

/** Whether bytes begin as those of gzip do. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= GZIP.length && GZIP.every((byte, i) => bytes[i] === byte);
}

/** What a server answers where it has no such file and a start page for all addresses. */
export function isPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doc|html)/i.test(String.fromCharCode(...bytes.subarray(0, 16)));
}

/** Said of such an answer. */
export const PAGE = 'is an HTML page: does the server have the file?';

/** Parts of `length` bytes together, one behind the other. */
export function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The beginning of a source, for a look at what it is. */
export interface Head {
  bytes: Uint8Array;
  /** Whether this is all. */
  ended: boolean;
}

const encoder = new TextEncoder();

/** Gathers the beginning while pieces are taken, until there is enough of it. */
export class HeadGatherer {
  readonly taken: Piece[] = [];
  #parts: Uint8Array[] = [];
  #length = 0;
  #ended = false;

  constructor(
    readonly kind: SourceKind,
    readonly enough: number,
  ) {}

  get full(): boolean {
    return this.#ended || this.#length >= this.enough;
  }

  take(value: unknown): void {
    const piece = pieceOf(value, this.kind);
    this.taken.push(piece);
    const left = this.enough - this.#length;
    const part =
      typeof piece === 'string' ? encoder.encode(piece.slice(0, left)) : piece.subarray(0, left);
    this.#parts.push(part);
    this.#length += part.length;
  }

  end(): void {
    this.#ended = true;
  }

  get head(): Head {
    const whole = this.taken.reduce((sum, { length }) => sum + length, 0) <= this.#length;
    const bytes = joined(this.#parts, this.#length);
    return { bytes, ended: this.#ended && whole };
  }
}
