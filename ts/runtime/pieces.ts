// Where text and bytes come from: whatever a program has at hand, as an iterator over pieces.
import { bytesOf, isArrayBuffer, isShared, typedArray } from './brand.js';
import { SublinearError } from './errors.js';
import { show, typeError } from './validate.js';

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
function bytesIn(value: unknown, { operation, argument }: SourceKind): Uint8Array | undefined {
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

const TOTAL = Symbol('bytes in all');

/** Pieces of a source that another reader has opened: `total` tells how many bytes come, once the first is there. */
export function withTotal<T extends object>(pieces: T, total: () => number | undefined): T {
  return Object.assign(pieces, { [TOTAL]: total });
}

/** Bytes that a source will give in all, as `bytesTotal` of a progress: known of arrays, buffers and Blobs, unless compressed. */
export function totalOf(source: unknown, pieces: Unzipped): { bytesTotal?: number } {
  if (pieces.zipped || typeof source !== 'object' || source === null) return {};
  const told = (source as { [TOTAL]?: () => number | undefined })[TOTAL]?.();
  const bytes = bytesIn(source, kindOfBytes(''))?.length ?? (isBlob(source) ? source.size : told);
  return typeof bytes === 'number' ? { bytesTotal: bytes } : {};
}

interface BlobLike {
  size?: number;
  stream(): ReadableStream<Uint8Array>;
}

interface ResponseLike {
  ok: boolean;
  status: number;
  statusText: string;
  url: string;
  bodyUsed: boolean;
  body: ReadableStream<Uint8Array> | null;
}

const isBlob = (value: unknown): value is BlobLike =>
  (tagOf(value) === 'Blob' || tagOf(value) === 'File') &&
  typeof (value as BlobLike).stream === 'function';

const isResponse = (value: unknown): value is ResponseLike => tagOf(value) === 'Response';

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
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
  // Typed arrays and arrays of numbers are iterable too; their elements are refused one by one.
  if (typeof source === 'object' && source !== null && Symbol.iterator in source)
    return source as Iterable<unknown>;
  throw typeError(kind.operation, kind.argument, kind.expected, source);
}

function isAsyncIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || 'getReader' in value;
}

/** The pieces of a source that may still be coming. A promise is waited for when the first piece is asked for. */
export function asyncPiecesOf(source: unknown, kind: SourceKind): Pieces {
  if (isPromise(source)) return piecesOfPromise(source, kind);
  if (isBlob(source)) return piecesOfStream(source.stream());
  if (isResponse(source)) return piecesOfResponse(source, kind);
  const stream = source as Partial<ReadableStream<Piece>> | null | undefined;
  // Not by async iteration: WebKit's streams have none.
  if (typeof stream?.getReader === 'function')
    return piecesOfStream(stream as ReadableStream<Piece>);
  const iterable = source as Partial<AsyncIterable<Piece>> | null | undefined;
  if (typeof iterable?.[Symbol.asyncIterator] === 'function')
    return steady((iterable as AsyncIterable<Piece>)[Symbol.asyncIterator]());
  return steady(piecesOf(source, kind)[Symbol.iterator]() as Iterator<Piece>);
}

/** An iterator whose methods give promises of this realm, whatever the iterator's own give. */
export function steady<T>(iterator: Iterator<T> | AsyncIterator<T>) {
  return {
    next: async (): Promise<IteratorResult<T>> => iterator.next(),
    return: async (): Promise<IteratorResult<T>> =>
      (await iterator.return?.()) ?? { done: true, value: undefined },
  };
}

function piecesOfStream(stream: ReadableStream<Piece>): Pieces {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Piece>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function piecesOfResponse(response: ResponseLike, kind: SourceKind): Pieces {
  const { operation, argument } = kind;
  if (!response.ok) {
    const status = [response.status, response.statusText].filter(Boolean).join(' ');
    const message = `"${argument}": the server answered ${status}${response.url && ` for ${response.url}`}`;
    throw new SublinearError('LOAD_FAILED', operation, message, { argument });
  }
  if (response.bodyUsed)
    throw typeError(operation, argument, 'a Response whose body has not been read', response);
  if (response.body !== null) return piecesOfStream(response.body);
  return { next: async () => ({ done: true, value: undefined }) };
}

function piecesOfPromise(promise: PromiseLike<unknown>, kind: SourceKind): Pieces {
  let opened: Promise<Pieces> | undefined;
  let ended = false;
  const open = async () => {
    const pieces = asyncPiecesOf(await promise, kind);
    if (ended) void pieces.return?.().then(undefined, () => {});
    return pieces;
  };
  return {
    async next() {
      opened ??= open();
      return (await opened).next();
    },
    async return() {
      ended = true;
      return { done: true, value: undefined };
    },
  };
}

/** Pieces that have been taken, and then the rest. */
export function followedBy(taken: readonly Piece[], rest: Pieces): Pieces {
  let at = 0;
  return {
    next: async () =>
      at < taken.length ? { done: false, value: taken[at++] as Piece } : rest.next(),
    return: async () => (await rest.return?.()) ?? { done: true, value: undefined },
  };
}

const GZIP = [0x1f, 0x8b, 0x08];

/** Whether bytes begin as those of gzip do. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= GZIP.length && GZIP.every((byte, i) => bytes[i] === byte);
}

/** The same pieces, decompressed when they are gzip: looked at when the first one is asked for. */
export function unzipped(pieces: Pieces, kind: SourceKind): Unzipped {
  let opened: Pieces | undefined;
  let zipped = false;
  return {
    get zipped() {
      return zipped;
    },
    async next() {
      if (opened === undefined) ({ opened, zipped } = await openGzip(pieces, kind));
      return opened.next();
    },
    return: async () => (await (opened ?? pieces).return?.()) ?? { done: true, value: undefined },
  };
}

/** What comes out of {@link unzipped}. */
export interface Unzipped extends Pieces {
  /** Known from the first piece on. */
  readonly zipped: boolean;
}

async function openGzip(pieces: Pieces, kind: SourceKind) {
  const taken: Piece[] = [];
  const start: number[] = [];
  while (start.length < GZIP.length) {
    const { done, value } = await pieces.next();
    if (done) break;
    const piece = pieceOf(value, kind);
    taken.push(piece);
    if (typeof piece === 'string') break;
    start.push(...piece.subarray(0, GZIP.length));
  }
  const all = followedBy(taken, pieces);
  const zipped = isGzip(Uint8Array.from(start));
  return { opened: zipped ? decompressed(all, kind) : all, zipped };
}

/** Bytes through DecompressionStream. Errors of the source stay what they are. */
function decompressed(pieces: Pieces, kind: SourceKind): Pieces {
  const { operation, argument } = kind;
  let fault: { error: unknown } | undefined;
  const source = new ReadableStream<BufferSource>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (done) return controller.close();
        const piece = pieceOf(value, { ...kind, binary: true });
        controller.enqueue(piece as Uint8Array<ArrayBuffer>);
      } catch (error) {
        fault = { error };
        throw error;
      }
    },
    cancel: async () => {
      await pieces.return?.();
    },
  });
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
  return {
    async next() {
      try {
        return (await reader.read()) as IteratorResult<Piece>;
      } catch (cause) {
        if (fault !== undefined) throw fault.error;
        const message = `"${argument}": damaged, cut off, or several gzip files in one: ${reasonOf(cause)}`;
        throw new SublinearError('FORMAT', operation, message, { argument, cause });
      }
    },
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** All bytes of a source, decompressed when they are gzip. */
export async function gathered(
  source: unknown,
  kind: SourceKind,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = unzipped(asyncPiecesOf(source, kind), kind);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) break;
    const part = pieceOf(value, kind) as Uint8Array;
    parts.push(part);
    length += part.length;
  }
  return joined(parts, length);
}

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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : show(error);
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
