// The file of a collection (docs/format.md): a head, keys and metadata as JSON, then the file of the index.

import { asyncPiecesOf, totalOf, unzipped } from '../../runtime/coming.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource } from '../../runtime/file.js';
import { kindOfBytes, pieceOf } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { abortOf } from '../../runtime/text-coming.js';
import { copyMetadata, type Metadata } from './metadata.js';

const MAGIC = [0x73, 0x6c, 0x63, 0x6f, 0x6c, 0x0d, 0x0a, 0x1a]; // "slcol", CR, LF, ctrl-Z
const HEAD = 32;
/** Whose files the other kinds are. */
const owners: Record<string, string> = {
  GRPH: 'Graph',
  MTRX: 'SparseMatrix',
  SOLV: 'PreparedSolver',
  FACT: 'Factorization',
  BNDT: 'Bandit',
  FLAT: 'Flat',
  HNSW: 'Hnsw',
};
/** Characters of JSON that are written at once, and bytes that are summed at once. */
const PIECE = 1 << 18;

export type SavedItem = [row: number, key: string | number, metadata?: Metadata];

/** What a file's JSON part holds. */
export interface Saved {
  index: 'hnsw' | 'flat';
  items: SavedItem[];
}

/** The JSON part, in pieces of whole items. */
export function* jsonPieces(
  index: Saved['index'],
  items: Iterable<SavedItem>,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const encoder = new TextEncoder();
  let text = `{"index":"${index}","items":[`;
  let comma = '';
  for (const item of items) {
    text += comma + JSON.stringify(item);
    comma = ',';
    if (text.length < PIECE) continue;
    yield encoder.encode(text);
    text = '';
  }
  yield encoder.encode(`${text}]}`);
}

/** The head of a file whose JSON part is in these pieces. */
export function headOf(
  runtime: Runtime,
  operation: string,
  json: Iterable<Uint8Array>,
): Uint8Array<ArrayBuffer> {
  let [sum, length] = [0, 0];
  for (const piece of json) {
    sum = checksum(runtime, operation, piece, sum);
    length += piece.length;
  }
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setUint32(8, 1, true);
  view.setUint32(12, sum, true);
  view.setBigUint64(16, BigInt(length), true);
  return head;
}

/** Everything in front of the index, from pieces of a file that are cut anywhere. */
export class Front {
  readonly #runtime: Runtime;
  readonly #operation: string;
  readonly #head = new Uint8Array(HEAD);
  #have = 0;
  /** Bytes of JSON that are still to come; taken from the head when that is there. */
  #left = 0;
  readonly #json: Uint8Array[] = [];

  constructor(runtime: Runtime, operation: string) {
    this.#runtime = runtime;
    this.#operation = operation;
  }

  /** Bytes that have come. */
  get length(): number {
    return this.#have;
  }

  /** What of a piece belongs to the index; undefined while the front is not complete. */
  take(piece: Uint8Array): Uint8Array | undefined {
    let rest = piece;
    if (this.#have < HEAD) {
      const part = rest.subarray(0, HEAD - this.#have);
      this.#head.set(part, this.#have);
      this.#have += part.length;
      rest = rest.subarray(part.length);
      if (this.#have < HEAD) return undefined;
      this.#left = this.#jsonLength();
    }
    const part = rest.subarray(0, this.#left);
    this.#json.push(part);
    this.#have += part.length;
    this.#left -= part.length;
    return this.#left > 0 ? undefined : rest.subarray(part.length);
  }

  /** The file ended before the front did. */
  short(): SublinearError {
    const message = '"bytes": input ends too early, expected a whole file';
    return new SublinearError('TRUNCATED', this.#operation, message, { argument: 'bytes' });
  }

  /** What the front says, when it is complete. */
  read(verify: boolean): Saved {
    const [runtime, operation] = [this.#runtime, this.#operation];
    const wanted = new DataView(this.#head.buffer).getUint32(12, true);
    if (
      verify &&
      this.#json.reduce((sum, part) => checksum(runtime, operation, part, sum), 0) !== wanted
    ) {
      const message = '"bytes": checksum does not match, expected keys with a valid checksum';
      throw new SublinearError('CHECKSUM', operation, message, { argument: 'bytes' });
    }
    let saved: unknown;
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      let text = '';
      for (const part of this.#json) text += decoder.decode(part, { stream: true });
      saved = JSON.parse(text + decoder.decode());
    } catch {
      throw damaged(operation, 'keys and metadata as JSON');
    }
    const { index, items } = (saved ?? {}) as Partial<Saved>;
    if ((index !== 'hnsw' && index !== 'flat') || !Array.isArray(items) || !items.every(isItem))
      throw damaged(operation, 'keys and metadata as this library writes them');
    return { index, items };
  }

  #jsonLength(): number {
    const view = new DataView(this.#head.buffer);
    const operation = this.#operation;
    if (MAGIC.some((byte, i) => this.#head[i] !== byte)) {
      // Other kinds begin alike: docs/format.md.
      const start = String.fromCharCode(...this.#head.subarray(0, 16));
      const owner = start.startsWith('\x89slf') ? owners[start.slice(12)] : undefined;
      throw damaged(operation, owner ? `${owner}.load() instead` : 'a collection of this library');
    }
    if (view.getUint32(8, true) !== 1) throw damaged(operation, 'version 1 of the format');
    if (view.getBigUint64(24, true) !== 0n) throw damaged(operation, 'zeros where nothing is said');
    return Number(view.getBigUint64(16, true));
  }
}

/** The front of a file that is coming, and what comes behind it. An abort stops the source, also while waiting. */
export async function frontOf(
  runtime: Runtime,
  operation: string,
  source: AsyncBytesSource,
  signal: AbortSignal | undefined,
): Promise<{ front: Front; rest: AsyncIterable<Uint8Array>; total: { bytesTotal?: number } }> {
  const kind = kindOfBytes(operation);
  const pieces = unzipped(asyncPiecesOf(source, kind), kind);
  const front = new Front(runtime, operation);
  const abort = abortOf(signal);
  let first: Uint8Array | undefined;
  try {
    while (first === undefined) {
      const { done, value } = await Promise.race([pieces.next(), abort.promise]);
      runtime.assertAlive(operation);
      if (done) throw front.short();
      first = front.take(pieceOf(value, kind) as Uint8Array);
    }
  } catch (error) {
    // What a source that was left answers concerns nobody any more.
    void pieces.return?.().then(undefined, () => {});
    throw error;
  } finally {
    abort.release();
  }
  // Not an asynchronous generator: its return() would wait for a source that gives nothing any more.
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    if (first === undefined) return pieces.next() as Promise<IteratorResult<Uint8Array>>;
    const value = first;
    first = undefined;
    return { done: false, value };
  };
  const stop = async (): Promise<IteratorResult<Uint8Array>> => {
    await pieces.return?.();
    return { done: true, value: undefined };
  };
  const rest = { [Symbol.asyncIterator]: () => ({ next, return: stop }) };
  return { front, rest, total: totalOf(source, pieces) };
}

export function damaged(operation: string, expected: string): SublinearError {
  const message = `"bytes": unknown or unsupported format, expected ${expected}`;
  return new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
}

function isItem(item: unknown): item is SavedItem {
  if (!Array.isArray(item) || item.length < 2 || item.length > 3) return false;
  const [row, key, metadata] = item as unknown[];
  if (!Number.isInteger(row) || (row as number) < 0 || (row as number) >= 2 ** 32) return false;
  if (typeof key !== 'string' && !Number.isFinite(key)) return false;
  try {
    // JSON has numbers that are not finite: 1e999
    if (metadata !== undefined) item[2] = copyMetadata('', metadata);
  } catch {
    return false;
  }
  return true;
}

/** CRC-32C; `before` is the sum of what came before. */
function checksum(runtime: Runtime, operation: string, bytes: Uint8Array, before: number): number {
  return runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(Math.min(PIECE, bytes.length));
    let sum = before;
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      runtime.u8.set(piece, address);
      sum = runtime.raw.crc32c(sum, address, piece.length) >>> 0;
    }
    return sum;
  });
}
