// Opening a log: the snapshot is loaded, and the changes behind it are made again.
import { isSublinearError, SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { yieldToOthers } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Store } from '../../store/common.js';
import { Collection } from './collection.js';
import { checksum } from './collection-file.js';
import { Hnsw } from './hnsw-index.js';
import { HEAD_BYTES, type LogHead, LogReader, logDamage, readChange } from './log-records.js';
import type { CreateCollectionOptions, OpenedLog } from './types.js';

/** Records that are replayed before other tasks run. */
const SLICE = 64;

export interface Read<Meta extends object> {
  collection: Collection<Meta>;
  head: LogHead;
  /** Number of the next record, and bytes of the log up to the end of the last one. */
  sequence: number;
  position: number;
  opened: OpenedLog;
}

export const logKey = (name: string) => `${name}.log`;
export const snapshotKey = (name: string, generation: number) => `${name}.${generation}`;

/** A stream as an iterable: not every browser lets streams be iterated. Who stops earlier cancels it. */
export async function* piecesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Snapshots of a name, by generation. */
async function snapshotsOf(store: Store, name: string): Promise<number[]> {
  const entries = await store.list(`${name}.`);
  const rests = entries.map(({ key }) => key.slice(name.length + 1));
  return rests.filter((rest) => /^[1-9]\d*$/.test(rest)).map(Number);
}

/** Those of before, and what a compaction that was cut off has left. One that stays goes the next time. */
export async function removeSnapshots(store: Store, name: string, but: number): Promise<void> {
  try {
    for (const generation of await snapshotsOf(store, name))
      if (generation !== but) await store.delete(snapshotKey(name, generation));
  } catch {
    // It takes room and nothing else.
  }
}

/** Loads the snapshot and makes the changes of the log; undefined where there is no collection yet. */
export async function readLog<Meta extends object>(
  runtime: Runtime,
  operation: string,
  store: Store,
  name: string,
  wanted: Partial<CreateCollectionOptions>,
  salvage: boolean,
): Promise<Read<Meta> | undefined> {
  const stream = await store.get(logKey(name));
  if (stream === undefined) {
    const [lost] = await snapshotsOf(store, name);
    if (lost === undefined) return undefined;
    const key = snapshotKey(name, lost);
    const message = `"${key}" is there without "${logKey(name)}", which has its later changes: put that back, or read the snapshot with Collection.loadAsync() and delete it`;
    throw new SublinearError('STATE', operation, message, { argument: 'name' });
  }
  const reader = new LogReader(runtime, operation);
  const pieces = stream.getReader();
  let collection: Collection<Meta> | undefined;
  let head: LogHead | undefined;
  let records = 0;
  try {
    for (let ended = false; !ended; ) {
      const { done, value } = await pieces.read();
      ended = done === true;
      if (value !== undefined) reader.add(value);
      head = reader.head(ended);
      if (head === undefined || head.generation === 0) continue;
      collection ??= await snapshot<Meta>(runtime, operation, store, name, head, wanted);
      for (;;) {
        const position = reader.position;
        const content = reader.next();
        if (content === undefined) break;
        make(operation, collection, content, position);
        if (++records % SLICE === 0) await yieldToOthers();
        runtime.assertAlive(operation);
      }
    }
    if (collection === undefined || head === undefined) {
      if (reader.left === 0) return undefined;
      throw logDamage('FORMAT', operation, 'has records and no snapshot', HEAD_BYTES);
    }
    reader.end(salvage);
    const { position, sequence, left } = reader;
    const opened = { records, bytes: position, droppedBytes: left };
    return { collection, head, sequence, position, opened };
  } catch (error) {
    collection?.dispose();
    await pieces.cancel().catch(() => {});
    throw error;
  }
}

async function snapshot<Meta extends object>(
  runtime: Runtime,
  operation: string,
  store: Store,
  name: string,
  head: LogHead,
  wanted: Partial<CreateCollectionOptions>,
): Promise<Collection<Meta>> {
  const key = snapshotKey(name, head.generation);
  const stream = await store.get(key);
  if (stream === undefined)
    throw logDamage('FORMAT', operation, `continues "${key}", which is not in the store`, 16);
  let [bytes, sum] = [0, 0];
  const counted = async function* () {
    for await (const piece of piecesOf(stream)) {
      bytes += piece.length;
      sum = checksum(runtime, operation, piece, sum);
      yield piece;
    }
  };
  const { stem } = wanted as { stem?: (word: string) => string };
  const collection = await runtime
    .bind(Collection)
    .loadAsync<Meta>(counted(), stem ? { stem } : {});
  try {
    if (bytes !== head.snapshotBytes || sum !== head.snapshotSum)
      throw logDamage('CHECKSUM', operation, `continues another "${key}" than there is`, 32);
    agree(operation, collection, wanted as Partial<Record<string, unknown>>);
    return collection;
  } catch (error) {
    collection.dispose();
    throw error;
  }
}

/** A collection that is there has what the caller asks for. */
function agree<Meta extends object>(
  operation: string,
  collection: Collection<Meta>,
  wanted: Partial<Record<string, unknown>>,
): void {
  const { index } = collection;
  const there: Record<string, unknown> = {
    metric: collection.metric,
    dimension: index.dimension,
    index: index instanceof Hnsw ? 'hnsw' : 'flat',
    sparse: collection.sparse !== undefined,
  };
  for (const [option, value] of Object.entries(there))
    if (wanted[option] !== undefined && wanted[option] !== value)
      throw check.rangeError(operation, option, `${value}, as the collection has`, wanted[option]);
  const { text } = wanted;
  if (text === undefined) return;
  const names = Array.isArray(text) ? (text as string[]) : Object.keys(text as object);
  const same = [...names].sort().join() === [...collection.textFields].sort().join();
  if (!same)
    throw check.rangeError(
      operation,
      'text',
      `fields ${collection.textFields.join(', ') || '(none)'}, as the collection has`,
      names.join(', '),
    );
}

/** Makes the change of a record. */
function make<Meta extends object>(
  operation: string,
  collection: Collection<Meta>,
  content: Uint8Array,
  position: number,
): void {
  const change = readChange(content);
  if (change === undefined)
    throw logDamage('FORMAT', operation, 'has a record that this library does not write', position);
  let cause: unknown;
  try {
    if (collection.replay(change)) return;
  } catch (error) {
    if (isSublinearError(error) && !refuses(error.code)) throw error;
    cause = error;
  }
  throw logDamage('FORMAT', operation, 'has a record that does not fit', position, cause);
}

/** Of errors that concern the machine and not the record. */
const refuses = (code: string) => !['MEMORY', 'CRASHED', 'DISPOSED', 'BUSY'].includes(code);
