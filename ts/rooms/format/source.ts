// Where the bytes of a file that is read by ranges come from: a server, a Blob, an array, or a reader of the caller's.
import { bytesOf, isURL, messageOf } from '../../runtime/brand.js';
import { isSublinearError, SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import type { Store } from '../../store/common.js';
import { HttpSource } from './http.js';
import { type LocalFile, localFile, type OpenedFile } from './local-file.js';
import type { Source, Traffic } from './traffic.js';

/**
 * Reads ranges from wherever the file lies: an R2 binding, a file handle. Fewer bytes than asked for mean that the file ends
 * there.
 */
export interface RangeReader {
  /**
   * The bytes from `offset` on.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { Bundle, writeBundle } = await load();
   * const file = writeBundle({ a: new Uint8Array([1, 2, 3]) });
   * const reader = { read: async (offset: number, length: number) => file.slice(offset, offset + length) };
   * const bundle = await Bundle.open(reader);
   * console.log((await bundle.read('a')).data); // Uint8Array(3) [ 1, 2, 3 ]
   * ```
   */
  read(
    offset: number,
    length: number,
    options: { signal?: AbortSignal },
  ): Promise<Uint8Array | ArrayBuffer>;
}

/**
 * Where a file is: the address of a server, a `Blob` or `File`, its bytes, something that reads ranges of it, or a file of this
 * machine ({@link LocalFile}).
 */
export type RemoteSource = string | URL | Blob | Uint8Array | ArrayBuffer | RangeReader | LocalFile;

/** Options of everything that is opened by its address. */
export interface SourceOptions {
  /** What makes requests, in place of the global `fetch`: for headers of your own, for tests. */
  fetch?: typeof globalThis.fetch;
  /** `false`: hashes of what arrives are not compared. `true` by default. */
  verify?: boolean;
  /** Bytes of the file that are kept in memory. 16 MiB by default; 0: none. */
  cacheBytes?: number;
  /** Milliseconds that one request may take. 30,000 by default. */
  timeoutMs?: number;
  /** The hash that the file must have, as `hash` of an opened file says: what it holds is then known beforehand. */
  hash?: string;
  /** Aborting it rejects the promise with `signal.reason`. */
  signal?: AbortSignal;
}

/** Options of files that are searched or walked through. */
export interface RemoteOptions extends SourceOptions {
  /**
   * Where blocks are kept beyond this program, a store of `sublinear/store`: what was read before is not read from the server
   * again, and a file that is opened again costs a request of 64 bytes, with `hash` none. Blocks from the store are compared
   * with their hashes as those from the server are.
   */
  store?: Store;
  /** Bytes that the blocks of all remote files may take in the store; the oldest ones go. 256 MiB by default. */
  storeBytes?: number;
}

export const sourceKeys = ['fetch', 'verify', 'cacheBytes', 'timeoutMs', 'hash', 'signal'] as const;

export const remoteKeys = [...sourceKeys, 'store', 'storeBytes'] as const;

export interface CheckedOptions {
  readonly verify: boolean;
  readonly cacheBytes: number;
  readonly store?: Store | undefined;
  readonly storeBytes?: number;
  readonly hash: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Checks where a file is and how it is to be read. */
export function openSource(
  operation: string,
  given: unknown,
  options: RemoteOptions,
): { source: Source; how: CheckedOptions } {
  const { fetch = globalThis.fetch, verify = true, timeoutMs = 30_000, hash, signal } = options;
  const { cacheBytes = 1 << 24, store, storeBytes = 1 << 28 } = options;
  check.boolean(operation, 'verify', verify);
  check.integer(operation, 'cacheBytes', cacheBytes, 0, Number.MAX_SAFE_INTEGER);
  check.integer(operation, 'storeBytes', storeBytes, 0, Number.MAX_SAFE_INTEGER);
  if (store !== undefined && !isStore(store))
    throw check.typeError(operation, 'store', 'a store (sublinear/store)', store);
  check.number(operation, 'timeoutMs', timeoutMs);
  if (!(timeoutMs > 0)) throw check.rangeError(operation, 'timeoutMs', 'number > 0', timeoutMs);
  if (hash !== undefined) check.string(operation, 'hash', hash);
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
    throw check.typeError(operation, 'signal', 'AbortSignal', signal);
  if (typeof fetch !== 'function')
    throw check.typeError(operation, 'fetch', 'function', options.fetch);
  signal?.throwIfAborted();
  const how = { verify, cacheBytes, hash, signal, store, storeBytes };
  if (typeof given === 'string' || isURL(given)) {
    return { source: new HttpSource(operation, String(given), fetch, timeoutMs), how };
  }
  if (isBlob(given)) return { source: new BlobSource(operation, given), how };
  const file = localFile(operation, given);
  if (file !== undefined) return { source: new ReaderSource(operation, file, file), how };
  if (isReader(given)) return { source: new ReaderSource(operation, given), how };
  const bytes = wholeOf(operation, given);
  return { source: new BytesSource(bytes), how };
}

/** What was opened for a file that cannot be used is closed. */
export async function orClosed<T>(source: Source, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    source.close?.();
    throw error;
  }
}

const isStore = (given: Partial<Store> | null) =>
  [given?.get, given?.put, given?.list, given?.delete].every((each) => typeof each === 'function');

function wholeOf(operation: string, given: unknown): Uint8Array {
  const bytes = bytesOf(operation, 'source', given);
  if (bytes !== undefined) return bytes;
  const expected = 'URL, Blob, Uint8Array, open file, { store, key } or { read(offset, length) }';
  throw check.typeError(operation, 'source', expected, given);
}

function isBlob(given: unknown): given is Blob {
  const tag = Object.prototype.toString.call(given);
  return tag === '[object Blob]' || tag === '[object File]';
}

function isReader(given: unknown): given is RangeReader {
  return (
    typeof given === 'object' &&
    given !== null &&
    typeof (given as { read?: unknown }).read === 'function'
  );
}

class BytesSource implements Source {
  readonly name = 'the bytes';
  readonly local = true;
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get length(): number {
    return this.#bytes.length;
  }
  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.#bytes.subarray(offset, offset + length);
  }
  forget(): void {}
}

/** A failure of what the caller gave. */
async function reading<T>(
  operation: string,
  name: string,
  read: () => Promise<T>,
  code: 'NETWORK' | 'STORE' = 'NETWORK',
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    // A file that was replaced is opened again.
    if (isSublinearError(cause) && cause.code === 'CHANGED') throw cause;
    const message = `${name} could not be read: ${messageOf(cause)}`;
    throw new SublinearError(code, operation, message, { cause });
  }
}

class BlobSource implements Source {
  readonly name = 'the Blob';
  readonly local = true;
  readonly #operation: string;
  readonly #blob: Blob;
  constructor(operation: string, blob: Blob) {
    this.#operation = operation;
    this.#blob = blob;
  }
  get length(): number {
    return this.#blob.size;
  }
  async read(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    traffic: Traffic,
  ): Promise<Uint8Array> {
    traffic.requests++;
    const part = this.#blob.slice(offset, offset + length);
    const bytes = await reading(this.#operation, this.name, () => part.arrayBuffer());
    signal?.throwIfAborted();
    traffic.bytes += bytes.byteLength;
    return new Uint8Array(bytes);
  }
  forget(): void {}
}

class ReaderSource implements Source {
  readonly name: string;
  readonly local: boolean;
  readonly length = undefined;
  readonly #operation: string;
  readonly #reader: RangeReader;
  readonly #file: OpenedFile | undefined;
  /** `file`: the same, where it is a file of this machine. */
  constructor(operation: string, reader: RangeReader, file?: OpenedFile) {
    this.#operation = operation;
    this.#reader = reader;
    this.#file = file;
    this.name = file?.name ?? 'the reader';
    this.local = file !== undefined;
  }
  async read(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    traffic: Traffic,
  ): Promise<Uint8Array> {
    traffic.requests++;
    const given = await reading(
      this.#operation,
      this.name,
      () => this.#reader.read(offset, length, signal ? { signal } : {}),
      this.local ? 'STORE' : 'NETWORK',
    );
    signal?.throwIfAborted();
    const bytes = wholeOf(this.#operation, given);
    traffic.bytes += bytes.length;
    return bytes.subarray(0, length);
  }
  forget(): void {
    this.#file?.leave();
  }
  close(): void {
    this.#file?.leave();
  }
}

/** A part of a file that is wanted. */
export interface Range {
  offset: number;
  length: number;
}

/** Gaps up to so many bytes are read as well: a request costs more than they do. */
export const GAP = 16_384;

/** Ranges in their order, those near each other as one. */
export function merged(ranges: readonly Range[], gap = GAP): Range[] {
  const all: Range[] = [];
  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = all.at(-1);
    if (last !== undefined && offset <= last.offset + last.length + gap)
      last.length = Math.max(last.length, offset + length - last.offset);
    else all.push({ offset, length });
  }
  return all;
}

const nothing = new Uint8Array(0);

/**
 * Reads all of them at once; the answers have the order of the ranges. One round. `wanted` are the requests for it, those of
 * {@link merged} where nothing else is said.
 */
export async function readAll(
  operation: string,
  source: Source,
  ranges: readonly Range[],
  signal: AbortSignal | undefined,
  traffic: Traffic,
  wanted: readonly Range[] = merged(ranges),
): Promise<Uint8Array[]> {
  if (ranges.length === 0) return [];
  const before = traffic.requests;
  // When one of them fails the others are of no use.
  // One for each: Node warns of signals with many listeners.
  const stops = wanted.map(() => new AbortController());
  const stop = (reason: unknown) => {
    for (const each of stops) each.abort(reason);
  };
  const abort = () => stop(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    signal?.throwIfAborted();
    const came = await Promise.all(
      // Nothing is asked for nothing: HTTP has no empty range.
      wanted.map(({ offset, length }, i) =>
        length === 0 ? nothing : source.read(offset, length, stops[i]?.signal, traffic),
      ),
    );
    if (traffic.requests > before) traffic.rounds++;
    return ranges.map(({ offset, length }) => {
      let i = wanted.length - 1;
      while ((wanted[i] as Range).offset > offset) i--;
      const from = offset - (wanted[i] as Range).offset;
      const bytes = (came[i] as Uint8Array).subarray(from, from + length);
      if (bytes.length < length) throw truncated(operation, source, offset + bytes.length);
      return bytes;
    });
  } catch (error) {
    stop(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function truncated(operation: string, source: Source, position: number): SublinearError {
  const message = `${source.name} ends too early, at byte ${position}: is the whole file there?`;
  return new SublinearError('TRUNCATED', operation, message, { argument: 'bytes', position });
}
