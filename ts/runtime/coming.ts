// Sources that are still coming: streams, Blobs, Responses, promises of them, and what is compressed by gzip.
import { SublinearError } from './errors.js';
import {
  bytesIn,
  GZIP,
  isBlob,
  isGzip,
  isPromise,
  isResponse,
  joined,
  kindOfBytes,
  type Piece,
  type Pieces,
  pieceOf,
  piecesOf,
  type ResponseLike,
  type SourceKind,
} from './pieces.js';
import { show, typeError } from './validate.js';

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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : show(error);
}
