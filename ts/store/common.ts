// What the adapters of sublinear/store share: keys, pieces of one size, streams and errors.
import { isError, messageOf } from '../runtime/brand.js';
import { asyncPiecesOf } from '../runtime/coming.js';
import { SublinearError, SublinearRangeError } from '../runtime/errors.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import { kindOfBytes, pieceOf } from '../runtime/pieces.js';
import { options as checkOptions, show, string, typeError } from '../runtime/validate.js';

/** One entry of a store. */
export interface StoreEntry {
  key: string;
  /** Bytes. */
  size: number;
}

export interface StorePutOptions {
  /** Aborting it rejects the promise with `signal.reason`; what was stored before stays. */
  signal?: AbortSignal;
}

/**
 * Keeps files under names. Every adapter gives the same promises:
 *
 * - `put` is all or nothing. Whatever ends it in the middle (an error, a full disk, an abort, the end of the process or the
 *   tab) leaves what was stored before, whole. Once its promise is fulfilled the new file is there.
 * - Files go through in pieces, in and out: neither is ever in memory as a whole, except in a memory store.
 * - A key is any text of up to 200 bytes, where each byte that is not one of a-z, 0-9, `-` and `_` counts three times.
 *   Keys never lead out of the store: `../x` is a name like any other.
 *
 * Errors are `SublinearError`: `QUOTA` when the place is full, `STORE` when it fails, `CHANGED` when what is being read was
 * replaced meanwhile.
 */
export interface Store {
  /**
   * Stores a file under `key` in place of what was there.
   *
   * @param bytes - one array or buffer, pieces (`graph.saveInPieces()`), an async iterable, a stream, a `Blob`, a `Response`,
   *   or a promise of one of these
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * await store.put('notes/today', new TextEncoder().encode('rain'));
   * console.log(await store.list()); // [ { key: 'notes/today', size: 4 } ]
   * ```
   */
  put(key: string, bytes: AsyncBytesSource, options?: StorePutOptions): Promise<void>;
  /**
   * The file as a stream, for `Graph.loadAsync` and its like; undefined when there is none.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * await store.put('notes', new TextEncoder().encode('rain'));
   * console.log(await new Response(await store.get('notes')).text()); // rain
   * console.log(await store.get('others')); // undefined
   * ```
   */
  get(key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined>;
  /**
   * Removes a file; false when there was none.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * await store.put('notes', new Uint8Array(3));
   * console.log(await store.delete('notes'), await store.delete('notes')); // true false
   * ```
   */
  delete(key: string): Promise<boolean>;
  /**
   * The entries whose keys begin with `prefix` (all by default), in the order of their keys' UTF-8 bytes.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * await store.put('graphs/b', new Uint8Array(1));
   * await store.put('graphs/a', new Uint8Array(2));
   * await store.put('notes', new Uint8Array(3));
   * console.log((await store.list('graphs/')).map(({ key }) => key)); // [ 'graphs/a', 'graphs/b' ]
   * ```
   */
  list(prefix?: string): Promise<StoreEntry[]>;
  /**
   * Removes what puts that were cut off have left behind, and says how much it was (bytes, pieces or files); nothing else is
   * touched.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * console.log(await store.clean()); // 0
   * ```
   */
  clean(): Promise<number>;
  /**
   * Opens the file of a key for writing at its end, by one writer at a time: what `CollectionLog` needs. KV and R2 cannot, and a
   * store of your own need not.
   *
   * @throws SublinearError `BUSY` while somebody else has it open, in this program or in another one
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * const log = await store.openLog!('days');
   * await log.replace(new TextEncoder().encode('Monday'));
   * await log.append(new TextEncoder().encode(' Tuesday'));
   * await log.sync();
   * console.log(log.size, await new Response(await store.get('days')).text()); // 14 Monday Tuesday
   * await log.close();
   * ```
   */
  openLog?(key: string): Promise<StoreLog>;
  /**
   * Opens a file for reading parts of it: what `RemoteIndex.open({ store, key })` needs. undefined when there is none. KV cannot, and
   * a store of your own need not.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * await store.put('notes', new TextEncoder().encode('sun and rain'));
   * const file = (await store.openFile!('notes'))!;
   * console.log(file.size, new TextDecoder().decode(await file.read(8, 100))); // 12 rain
   * await file.close();
   * ```
   */
  openFile?(key: string): Promise<StoreFile | undefined>;
}

/** A file of a store that is read in parts. It is the one that was there when it was opened. */
export interface StoreFile {
  readonly size: number;
  /**
   * At most `length` bytes from `offset` on, fewer where the file ends.
   *
   * @throws SublinearError `CHANGED` when it was replaced and the store cannot keep the old one; `STORE`
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * await store.put('a', new Uint8Array([1, 2, 3, 4]));
   * const file = (await store.openFile!('a'))!;
   * console.log(await file.read(1, 2), (await file.read(3, 9)).length); // Uint8Array(2) [ 2, 3 ] 1
   * await file.close();
   * ```
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Nothing more will be read.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * await store.put('a', new Uint8Array(4));
   * const file = await store.openFile!('a');
   * await file?.close();
   * ```
   */
  close(): Promise<void>;
}

/** A file of a store that is written at its end, held by one writer. The calls come one after another. */
export interface StoreLog {
  /** Bytes that are there; 0 while there is no file. */
  readonly size: number;
  /**
   * Writes at the end of a file that is there. After a failure `size` is as before, and the next call writes at that place.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const log = await memoryStore().openLog!('a');
   * await log.replace(new Uint8Array(8));
   * await log.append(new Uint8Array(3));
   * console.log(log.size); // 11
   * await log.close();
   * ```
   */
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /**
   * Once it is fulfilled, what was appended lasts as after a `put`.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const log = await memoryStore().openLog!('a');
   * await log.replace(new Uint8Array(8));
   * await log.append(new Uint8Array(3));
   * await log.sync();
   * await log.close();
   * ```
   */
  sync(): Promise<void>;
  /**
   * Puts another file in its place, all or nothing, as `put` does.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const log = await memoryStore().openLog!('a');
   * console.log(log.size); // 0
   * await log.replace([new Uint8Array(8), new Uint8Array(2)]);
   * console.log(log.size); // 10
   * await log.close();
   * ```
   */
  replace(bytes: AsyncBytesSource): Promise<void>;
  /**
   * Lets others open it.
   *
   * @example
   * ```ts
   * import { memoryStore } from 'sublinear/store';
   *
   * const store = memoryStore();
   * const log = await store.openLog!('a');
   * await log.close();
   * await (await store.openLog!('a')).close();
   * ```
   */
  close(): Promise<void>;
}

/** Somebody else writes to a log. */
export function busy(operation: string, key: string, holder: string): SublinearError {
  const message = `the log ${show(key)} is open for writing ${holder}: a log has one writer. Close it there first`;
  return new SublinearError('BUSY', operation, message, { argument: 'key' });
}

/** Longest name that is given to a file system or a service. */
const MOST = 200;

/** The signal of a put's options. */
export function signalOf(operation: string, options: StorePutOptions | undefined) {
  const { signal } = checkOptions(operation, options, ['signal']);
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
    throw typeError(operation, 'signal', 'AbortSignal', signal);
  return signal;
}

/** The key as a name of [a-z0-9_-%] that every place takes as it is, whatever it thinks of case, dots and slashes. */
export function nameOf(operation: string, key: unknown): string {
  string(operation, 'key', key);
  let name: string;
  try {
    name = encodeURIComponent(key as string).replace(
      /%([0-9A-F]{2})|[^a-z0-9_-]/g,
      (found, hex: string | undefined) =>
        hex === undefined ? `%${found.charCodeAt(0).toString(16)}` : `%${hex.toLowerCase()}`,
    );
  } catch {
    name = ''; // half of a surrogate pair: it would be stored as another key
  }
  // Windows gives these names to devices, whatever stands around them.
  if (/^(con|prn|aux|nul|com\d|lpt\d)$/.test(name))
    name = `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
  if (name === '' || name.length > MOST) {
    const message = `"key" expected well-formed text of 1 to ${MOST} bytes (all but a-z, 0-9, - and _ counts three times), got ${show(key)}`;
    throw new SublinearRangeError('RANGE', operation, message, { argument: 'key' });
  }
  return name;
}

/** The key of a name that `nameOf` gave; undefined for any other. */
export function keyOf(name: string): string | undefined {
  try {
    const key = decodeURIComponent(name);
    return nameOf('', key) === name ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Entries in the order of their keys, without those of another prefix. */
export function sorted(operation: string, prefix: unknown, entries: StoreEntry[]): StoreEntry[] {
  const wanted = string(operation, 'prefix', prefix);
  const points = ({ key }: StoreEntry) => Array.from(key, (c) => c.codePointAt(0) as number);
  return entries
    .filter(({ key }) => key.startsWith(wanted))
    .map((entry) => ({ entry, points: points(entry) }))
    .sort((a, b) => {
      const at = a.points.findIndex((point, i) => point !== b.points[i]);
      return at < 0
        ? a.points.length - b.points.length
        : (a.points[at] ?? -1) - (b.points[at] ?? -1);
    })
    .map(({ entry }) => entry);
}

/** What a source threw: told to the caller as it is, not as a failure of the store. */
class SourceError {
  constructor(readonly cause: unknown) {}
}

/** The bytes of a source in arrays of exactly `size` (the last may be shorter), each of its own memory. */
export async function* chunksOf(
  operation: string,
  source: AsyncBytesSource,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const kind = kindOfBytes(operation);
  const pieces = asyncPiecesOf(source, kind);
  const abort = aborted(signal);
  let chunk = new Uint8Array(0);
  let filled = 0;
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = pieces.next().catch((cause) => {
        throw new SourceError(cause);
      });
      const { done, value } = await Promise.race([next, abort.promise]);
      if (done) break;
      const piece = pieceOf(value, kind) as Uint8Array;
      for (let at = 0; at < piece.length; ) {
        if (filled === chunk.length) {
          // Grown as the bytes come: a small file takes little.
          const larger = new Uint8Array(
            Math.min(size, Math.max(2 * filled, piece.length - at, 4096)),
          );
          larger.set(chunk);
          chunk = larger;
        }
        const part = piece.subarray(at, at + chunk.length - filled);
        chunk.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < size) continue;
        yield chunk;
        signal?.throwIfAborted();
        chunk = new Uint8Array(0);
        filled = 0;
      }
    }
    ended = true;
    if (filled > 0) yield chunk.slice(0, filled);
  } finally {
    abort.release();
    if (!ended) void pieces.return?.().then(undefined, () => {});
  }
}

function aborted(signal: AbortSignal | undefined) {
  let release = () => {};
  const promise = new Promise<never>((_, reject) => {
    if (signal === undefined) return;
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    release = () => signal.removeEventListener('abort', onAbort);
  });
  promise.catch(() => {});
  return { promise, release };
}

/** A stream of what `next` gives until it gives undefined; `close` is called once, however it ends. */
export function streamOf(
  next: () => Promise<Uint8Array<ArrayBuffer> | undefined>,
  close: () => Promise<void> = async () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const piece = await next();
          if (piece !== undefined) return controller.enqueue(piece);
          await close();
          controller.close();
        } catch (error) {
          await close().catch(() => {});
          controller.error(error);
        }
      },
      cancel: close,
    },
    // Nothing is read before it is asked for.
    { highWaterMark: 0 },
  );
}

/** Runs `body`; what it throws becomes an error of ours, with what `codeOf` says about it. */
export async function guarded<T>(
  operation: string,
  body: () => Promise<T>,
  codeOf: (error: unknown) => 'QUOTA' | 'CHANGED' | undefined = domCode,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof SourceError) throw error.cause;
    if (isOurs(error) || (signal?.aborted && error === signal.reason)) throw error;
    const code = codeOf(error) ?? 'STORE';
    const said = messageOf(error);
    const message =
      code === 'QUOTA'
        ? `the store is full (${said}); what was stored before is still there. Delete something, or ask for more room`
        : code === 'CHANGED'
          ? `what is being read was replaced or deleted (${said}); get it again`
          : `the store failed: ${said}`;
    throw new SublinearError(code, operation, message, { cause: error });
  }
}

function isOurs(error: unknown): boolean {
  return isError(error) && 'operation' in error && 'code' in error;
}

/** What browsers say. */
function domCode(error: unknown): 'QUOTA' | 'CHANGED' | undefined {
  const { name } = (error ?? {}) as { name?: string };
  if (name === 'QuotaExceededError') return 'QUOTA';
  return name === 'NotReadableError' || name === 'NotFoundError' ? 'CHANGED' : undefined;
}

export function changed(operation: string): SublinearError {
  const message = 'what is being read was replaced or deleted; get it again';
  return new SublinearError('CHANGED', operation, message);
}

/** A name that no other put has: when it began, and something random. They sort by time. */
export function generation(): string {
  const time = Date.now().toString(36).padStart(9, '0');
  return `${time}-${crypto.randomUUID().slice(0, 18)}`;
}

/** Age of a generation in milliseconds. */
export function ageOf(generation: string): number {
  return Date.now() - Number.parseInt(generation.slice(0, 9), 36);
}

/** After this time a put that nobody knows is taken for a dead one. */
export const DAY = 86_400_000;

/**
 * Holds the lock of a log, which ends with its tab or worker, until the function that it gives is called; undefined where
 * somebody else holds it.
 */
export async function holdLock(operation: string, name: string): Promise<(() => void) | undefined> {
  if (globalThis.navigator?.locks === undefined) {
    const message =
      'there are no Web Locks here, by which a second writer is noticed: a log needs a secure page (https)';
    throw new SublinearError('LOAD_FAILED', operation, message);
  }
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) return resolve(undefined);
        return new Promise<void>((release) => resolve(() => release()));
      })
      .catch(reject);
  });
}

/** Other tabs see by the lock that a put is alive. Where there are no locks (an insecure page) its age must do. */
export async function whileLocked(name: string, body: () => Promise<void>): Promise<void> {
  if (globalThis.navigator?.locks === undefined) return body();
  return navigator.locks.request(name, body);
}
