// A collection that is kept in a store: a snapshot, and a log of what has changed since.
import { runtimeOf } from '../../runtime/bind.js';
import { messageOf } from '../../runtime/brand.js';
import { isSublinearError, SublinearError } from '../../runtime/errors.js';
import { notConstructible } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { Store, StoreLog } from '../../store/common.js';
import { Collection } from './collection.js';
import { checksum, joined } from './collection-file.js';
import type { Change, Journal } from './journal.js';
import {
  logKey,
  piecesOf,
  type Read,
  readLog,
  removeSnapshots,
  snapshotKey,
} from './log-opening.js';
import { HEAD_BYTES, type LogHead, LogReader, writeHead, writeRecord } from './log-records.js';
import type { Metadata } from './metadata.js';
import type { CollectionLogOptions, CreateCollectionOptions, OpenedLog } from './types.js';

/** Bytes of records that are written in one go. */
const MOST_AT_ONCE = 1 << 22;

// biome-ignore lint/correctness/noUnusedVariables: merged declarations have the same parameters
export interface CollectionLog<Meta extends object = Metadata> extends AsyncDisposable {}

/**
 * A collection in a store whose changes last: each is written behind the log in the store, and what `flush()` has confirmed
 * is there after a crash, a killed process or a power failure. Opening loads the last snapshot and makes the changes since
 * again; `compact()` makes a new snapshot. One program at a time has it open.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is defined below where the engine has the symbol
export class CollectionLog<Meta extends object = Metadata> {
  /** What is kept. Use it as any collection; {@link CollectionLog.close} disposes it. */
  readonly collection: Collection<Meta>;
  /** What opening has found. */
  readonly opened: Readonly<OpenedLog>;
  readonly #runtime: Runtime;
  readonly #store: Store;
  readonly #name: string;
  readonly #file: StoreLog;
  readonly #ratio: number;
  readonly #least: number;
  #head: LogHead;
  /** Records that are not in the file yet, the oldest first. */
  #pending: Uint8Array<ArrayBuffer>[] = [];
  #pendingBytes = 0;
  /** Number of the next record, and the one that waits for its change to be made. */
  #sequence: number;
  #staged: Uint8Array<ArrayBuffer> | undefined;
  /** Everything that touches the store, one after another. */
  #queue: Promise<unknown> = Promise.resolve();
  #scheduled = false;
  /** Why the last write failed; nothing more is taken until one succeeds. */
  #failure: unknown;
  #compactAbove = 0;
  /** Of the last snapshot that was begun. */
  #tried: number;
  /** It is not certain which log is in place: only a new snapshot and log make it so. */
  #torn = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  static {
    // Not every engine has the symbol yet.
    if (Symbol.asyncDispose !== undefined)
      Object.defineProperty(CollectionLog.prototype, Symbol.asyncDispose, {
        value: function (this: CollectionLog) {
          return this.close();
        },
        configurable: true,
        writable: true,
      });
  }

  /** @internal Made by {@link CollectionLog.open}. */
  protected constructor(parts: Parts<Meta>) {
    if (!(parts?.collection instanceof Collection)) throw notConstructible(new.target);
    this.collection = parts.collection;
    this.opened = Object.freeze(parts.opened);
    this.#runtime = parts.runtime;
    this.#store = parts.store;
    this.#name = parts.name;
    this.#file = parts.file;
    this.#ratio = parts.ratio;
    this.#least = parts.least;
    this.#head = parts.head;
    this.#sequence = parts.sequence;
    this.#tried = parts.head.generation;
    this.#decide();
    const journal: Journal = {
      stage: (operation, change) => this.#stage(operation, change),
      commit: () => this.#commit(),
      // The changes of the log would not lead to this state.
      undone: () => void this.#enqueue(() => this.#compact()).catch(() => {}),
    };
    this.collection.journal = journal;
  }

  /**
   * Opens the collection of a name, or makes an empty one. The store then has `<name>.log` and a snapshot `<name>.1`, `<name>.2`,
   * ..., which is a file as `Collection.save()` gives.
   *
   * What a write that was cut off has left behind the last whole record is dropped, and `opened.droppedBytes` says how much
   * it was.
   *
   * @param store - one that can append: `memoryStore`, `fileStore`, `opfsStore`, `indexedDBStore`
   * @param options - of a new collection, as `Collection.createAsync`. One that is there must have the `metric`, `dimension`, `index`, `sparse`
   *   and fields of `text` that are given, and keeps its other ones; `stem` is given each time
   * @throws SublinearError `BUSY` while somebody else has it open; `CHECKSUM`, `FORMAT` or `TRUNCATED` for a log that is
   *   damaged before its end or without its snapshot (`position` is the byte); `STORE`, `QUOTA`, `MEMORY`
   * @throws RangeError for options that the collection does not have; TypeError for a store that cannot append
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { memoryStore } from 'sublinear/store'; // fileStore of sublinear/store/node, opfsStore, indexedDBStore
   *
   * const { CollectionLog } = await load();
   * const store = memoryStore();
   * const first = await CollectionLog.open(store, 'notes', { metric: 'cosine', dimension: 2 });
   * first.collection.add({ key: 'a', vector: [1, 0] }).add({ key: 'b', vector: [0, 1] });
   * await first.flush(); // from here on both are safe
   * await first.close();
   *
   * const again = await CollectionLog.open(store, 'notes');
   * console.log(again.opened.records, again.collection.search([0, 1], { k: 1 })[0]?.key); // 2 b
   * await again.close();
   * ```
   */
  static async open<Meta extends object = Metadata>(
    store: Store,
    name: string,
    options: Partial<CreateCollectionOptions> & CollectionLogOptions = {},
  ): Promise<CollectionLog<Meta>> {
    const operation = 'CollectionLog.open';
    const runtime = runtimeOf(this, operation);
    check.string(operation, 'name', name);
    if (typeof store?.openLog !== 'function') {
      const expected =
        'a store that can append (memoryStore, fileStore, opfsStore, indexedDBStore)';
      throw check.typeError(operation, 'store', expected, store);
    }
    if (typeof options !== 'object' || options === null)
      throw check.typeError(operation, 'options', 'object', options);
    const { compactRatio = 0.5, compactMinBytes = 1 << 20, salvage = false, ...wanted } = options;
    check.number(operation, 'compactRatio', compactRatio);
    if (!(compactRatio > 0))
      throw check.rangeError(operation, 'compactRatio', 'number > 0', compactRatio);
    check.integer(operation, 'compactMinBytes', compactMinBytes, 0, Number.MAX_SAFE_INTEGER);
    check.boolean(operation, 'salvage', salvage);
    const file = await store.openLog(logKey(name));
    let read: Read<Meta> | undefined;
    try {
      read = await readLog<Meta>(runtime, operation, store, name, wanted, salvage);
      if (read === undefined) {
        const collection = await runtime
          .bind(Collection)
          .createAsync<Meta>(wanted as CreateCollectionOptions);
        read = { collection, head: NEW, sequence: 1, position: 0, opened: NOTHING };
      } else if (read.opened.droppedBytes > 0) {
        // What is cut off now is not there when the next record is written.
        const stream = await store.get(logKey(name));
        if (stream !== undefined) await file.replace(beginningOf(stream, read.position));
      }
      const { collection, head, sequence, opened } = read;
      const rest = { store, name, file, ratio: compactRatio, least: compactMinBytes };
      const Bound = runtime.bind(CollectionLog) as unknown as new (
        parts: Parts<Meta>,
      ) => CollectionLog<Meta>;
      const log = new Bound({ runtime, collection, head, sequence, opened, ...rest });
      // A new one says first that it is there: its snapshot must not be taken for one whose log was lost.
      if (head.generation === 0) {
        if (file.size === 0) await file.replace(writeHead(runtime, operation, head));
        await log.compact();
      } else await removeSnapshots(store, name, head.generation);
      return log;
    } catch (error) {
      read?.collection.dispose();
      await file.close().catch(() => {});
      throw error;
    }
  }

  /** What it is called in the store. */
  get name(): string {
    return this.#name;
  }

  /** Bytes of the log in the store, its head included. */
  get logBytes(): number {
    return this.#file.size;
  }

  /** Bytes of changes that are not in the store yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Which snapshot the log continues: it is `<name>.<generation>` in the store. */
  get generation(): number {
    return this.#head.generation;
  }

  /** True after `close()`. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Writes what is not written yet and waits until it lasts: all changes that were made before this call are safe when its
   * promise is fulfilled. Changes are written without it as well, a moment after they were made, but may still be lost.
   *
   * @throws SublinearError `QUOTA`, `STORE`: what was flushed before is safe, and a later flush tries again. Until one succeeds
   *   the collection refuses changes with the same code
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { memoryStore } from 'sublinear/store';
   *
   * const { CollectionLog } = await load();
   * const log = await CollectionLog.open(memoryStore(), 'a', { metric: 'dot', dimension: 1 });
   * log.collection.add({ key: 1, vector: [1] });
   * console.log(log.pendingBytes > 0); // true
   * await log.flush();
   * console.log(log.pendingBytes); // 0
   * await log.close();
   * ```
   */
  flush(): Promise<void> {
    const operation = 'CollectionLog.flush';
    return this.#next(operation, () => this.#flush());
  }

  /**
   * Writes a new snapshot and begins an empty log. It happens by itself, when the log is longer than `compactRatio` of the
   * snapshot. Until the new ones are in place the old ones are whole, so the store has room for both for a moment. Changes may
   * be made meanwhile; where there are none the snapshot is written piece by piece, else it is in memory as a whole once.
   *
   * @throws SublinearError `QUOTA`, `STORE`: everything is as before
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { memoryStore } from 'sublinear/store';
   *
   * const { CollectionLog } = await load();
   * const store = memoryStore();
   * const log = await CollectionLog.open(store, 'a', { metric: 'dot', dimension: 1 });
   * for (let i = 0; i < 100; i++) log.collection.add({ key: 1, vector: [i] });
   * await log.compact();
   * console.log(log.logBytes, (await store.list()).map(({ key }) => key)); // 48 [ 'a.2', 'a.log' ]
   * await log.close();
   * ```
   */
  compact(): Promise<void> {
    return this.#next('CollectionLog.compact', () => this.#compact());
  }

  /**
   * Flushes, lets others open it, and disposes the collection. Calling it again does nothing.
   *
   * @throws as {@link CollectionLog.flush}: it is closed then as well, and what was not flushed before is lost
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { memoryStore } from 'sublinear/store';
   *
   * const { CollectionLog } = await load();
   * const log = await CollectionLog.open(memoryStore(), 'a', { metric: 'dot', dimension: 1 });
   * await log.close();
   * console.log(log.closed, log.collection.disposed); // true true
   * ```
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    try {
      await this.#enqueue(() => this.#flush());
    } finally {
      this.collection.journal = undefined;
      this.collection.dispose();
      await this.#file.close();
    }
  }

  #stage(operation: string, change: Change): void {
    if (this.#closed) throw closed(operation, this.#name);
    if (this.#failure !== undefined) {
      const code = isSublinearError(this.#failure) ? this.#failure.code : 'STORE';
      const message = `the log could not be written (${messageOf(this.#failure)}), so nothing is changed: flush() tries again`;
      throw new SublinearError(code, operation, message, { cause: this.#failure });
    }
    this.#staged = writeRecord(this.#runtime, operation, this.#sequence, change);
  }

  #commit(): void {
    const record = this.#staged;
    if (record === undefined) return;
    this.#staged = undefined;
    this.#sequence++;
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Behind what runs now, so that a loop of changes is one write. Who wants to know of a failure flushes.
    void this.#enqueue(() => this.#drain()).catch(() => {});
  }

  /** Runs when everything before it has ended, however it did. */
  #enqueue<T>(body: () => Promise<T>): Promise<T> {
    const mine = this.#queue.then(body);
    this.#queue = mine.catch(() => {});
    return mine;
  }

  async #next(operation: string, body: () => Promise<void>): Promise<void> {
    if (this.#closed) throw closed(operation, this.#name);
    return this.#enqueue(body);
  }

  async #flush(): Promise<void> {
    if (this.#torn) return this.#compact();
    await this.#drain();
    await this.#file.sync();
  }

  /** Writes all that is pending. */
  async #drain(): Promise<void> {
    this.#scheduled = false;
    if (this.#torn) return;
    try {
      while (this.#pending.length > 0) {
        const batch: Uint8Array<ArrayBuffer>[] = [];
        let bytes = 0;
        for (const record of this.#pending) {
          if (batch.length > 0 && bytes + record.length > MOST_AT_ONCE) break;
          batch.push(record);
          bytes += record.length;
        }
        await this.#file.append(joined('CollectionLog.flush', [batch]));
        this.#forget(batch.length);
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#failure = undefined;
    if (this.#file.size <= this.#compactAbove || this.#closed || this.collection.disposed) return;
    // Where there is no room for a second snapshot the log is as good, and longer: twice as long, and it is tried again.
    this.#compactAbove *= 2;
    void this.#enqueue(() => this.#compact()).catch(() => {});
  }

  /** The first records are in the file. */
  #forget(count: number): void {
    for (const { length } of this.#pending.splice(0, count)) this.#pendingBytes -= length;
  }

  async #compact(): Promise<void> {
    const operation = 'CollectionLog.compact';
    const [store, runtime] = [this.#store, this.#runtime];
    // Never that of another attempt: its snapshot may be the one that counts.
    this.#tried++;
    const generation = this.#tried;
    const key = snapshotKey(this.#name, generation);
    /** Records that the snapshot has in it, and the number of the first one that it has not. */
    let inside = this.#pending.length;
    let first = this.#sequence;
    const told = { bytes: 0, sum: 0 };
    const counted = function* (pieces: Iterable<Uint8Array<ArrayBuffer>>) {
      for (const piece of pieces) {
        told.bytes += piece.length;
        told.sum = checksum(runtime, operation, piece, told.sum);
        yield piece;
      }
    };
    this.collection.settle();
    try {
      await store.put(key, counted(this.collection.saveInPieces()));
    } catch (error) {
      if (!isSublinearError(error) || error.code !== 'STATE') throw error;
      // It was changed between two pieces.
      this.collection.settle();
      [inside, first] = [this.#pending.length, this.#sequence];
      Object.assign(told, { bytes: 0, sum: 0 });
      await store.put(key, counted([this.collection.save()]));
    }
    const head = { generation, first, snapshotBytes: told.bytes, snapshotSum: told.sum };
    const later = this.#pending.slice(inside);
    try {
      await this.#file.replace([writeHead(runtime, operation, head), ...later]);
    } catch (error) {
      this.#torn = (await this.#inPlace().catch(() => undefined)) !== this.#head.generation;
      if (this.#torn) this.#failure = error;
      else await store.delete(key).catch(() => {});
      throw error;
    }
    // From here on the new ones count.
    this.#torn = false;
    this.#forget(inside + later.length);
    this.#head = head;
    this.#failure = undefined;
    this.#decide();
    await removeSnapshots(store, this.#name, generation);
  }

  /** Which snapshot the log in the store continues. */
  async #inPlace(): Promise<number | undefined> {
    const stream = await this.#store.get(logKey(this.#name));
    if (stream === undefined) return undefined;
    const reader = new LogReader(this.#runtime, 'CollectionLog.compact');
    for await (const piece of piecesOf(stream)) {
      reader.add(piece);
      const head = reader.head(false);
      if (head !== undefined) return head.generation;
    }
    return undefined;
  }

  /** From which length on the log is compacted. */
  #decide(): void {
    const share = this.#ratio * this.#head.snapshotBytes;
    this.#compactAbove = HEAD_BYTES + Math.max(this.#least, share);
  }
}

interface Parts<Meta extends object> extends Omit<Read<Meta>, 'position'> {
  runtime: Runtime;
  store: Store;
  name: string;
  file: StoreLog;
  ratio: number;
  least: number;
}

const NOTHING: OpenedLog = { records: 0, bytes: 0, droppedBytes: 0 };
const NEW: LogHead = { generation: 0, first: 1, snapshotBytes: 0, snapshotSum: 0 };

function closed(operation: string, name: string): SublinearError {
  const message = `the log ${check.show(name)} was closed`;
  return new SublinearError('DISPOSED', operation, message);
}

/** The first bytes of a stream. */
async function* beginningOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>, bytes: number) {
  let left = bytes;
  for await (const piece of piecesOf(stream)) {
    const part = piece.subarray(0, left);
    left -= part.length;
    yield part;
    if (left === 0) return;
  }
}
