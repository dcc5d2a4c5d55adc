// The file of a collection (docs/format.md): a head, keys and metadata as JSON, then the file of the index.

import { make } from '../../runtime/brand.js';
import { asyncPiecesOf, totalOf, unzipped } from '../../runtime/coming.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource } from '../../runtime/file.js';
import { isPage, kindOfBytes, PAGE, pieceOf } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { abortOf } from '../../runtime/text-coming.js';
import { copyMetadata, type Metadata, type ShownText } from './metadata.js';

const MAGIC = [0x73, 0x6c, 0x63, 0x6f, 0x6c, 0x0d, 0x0a, 0x1a]; // "slcol", CR, LF, ctrl-Z
const HEAD = 32;
/** Versions of the format that say more than the first one. */
const [WITH_TEXT, WITH_SPARSE] = [2, 3];
/** Whose files the other kinds are. */
const owners: Record<string, string> = {
  GRPH: 'Graph',
  MTRX: 'SparseMatrix',
  SOLV: 'PreparedSolver',
  FACT: 'Factorization',
  BNDT: 'Bandit',
  FLAT: 'Flat',
  HNSW: 'Hnsw',
  SPIX: 'SparseIndex',
};
/** Characters of JSON that are written at once, and bytes that are summed at once. */
const PIECE = 1 << 18;

export type SavedItem = [
  row: number,
  key: string | number,
  metadata?: Metadata | null,
  shown?: ShownText,
];

/** What a file says of the texts beside their index. */
export interface SavedTexts {
  /** Fields whose texts are kept. */
  stored: string[];
  /** Whether the collection takes no vectors. */
  alone: boolean;
}

/** What a file says of the sparse vectors. */
export interface SavedSparse {
  /** Of the file of their index, the last one in front of that of the vectors. */
  bytes: number;
  /** Whether the collection takes no vectors. */
  alone: boolean;
}

/** What a file's JSON part holds. */
export interface Saved {
  index: 'hnsw' | 'flat';
  items: SavedItem[];
  /** With texts; their index is a file of its own. */
  text?: SavedTexts;
  /** With sparse vectors; their index is a file of its own. */
  sparse?: SavedSparse;
}

/** The JSON part, in pieces of whole items. */
export function* jsonPieces(
  index: Saved['index'],
  items: Iterable<SavedItem>,
  texts: SavedTexts | undefined,
  sparse: SavedSparse | undefined,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const encoder = new TextEncoder();
  const said = texts === undefined ? '' : `"text":${JSON.stringify(texts)},`;
  const also = sparse === undefined ? '' : `"sparse":${JSON.stringify(sparse)},`;
  let text = `{"index":"${index}",${said}${also}"items":[`;
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

/**
 * The head of a file whose JSON part is in these pieces; `beside` is the length of the indexes of texts and of sparse vectors, 0
 * without.
 */
export function headOf(
  runtime: Runtime,
  operation: string,
  json: Iterable<Uint8Array>,
  beside: number,
  hasSparse: boolean,
): Uint8Array<ArrayBuffer> {
  let [sum, length] = [0, 0];
  for (const piece of json) {
    sum = checksum(runtime, operation, piece, sum);
    length += piece.length;
  }
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setUint32(8, hasSparse ? WITH_SPARSE : beside > 0 ? WITH_TEXT : 1, true);
  view.setUint32(12, sum, true);
  view.setBigUint64(16, BigInt(length), true);
  view.setBigUint64(24, BigInt(beside), true);
  return head;
}

/** Pieces as one array; `more` are bytes of those that are still to be made. */
export function joined(
  operation: string,
  parts: readonly Iterable<Uint8Array>[],
  more = 0,
): Uint8Array<ArrayBuffer> {
  const [first = []] = parts;
  const size = [...first].reduce((sum, piece) => sum + piece.length, more);
  const bytes = make(operation, size, () => new Uint8Array(size));
  let at = 0;
  for (const part of parts)
    for (const piece of part) {
      bytes.set(piece, at);
      at += piece.length;
    }
  return bytes;
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
  /** The same of the indexes of texts and of sparse vectors, which follow. */
  #besideLeft = 0;
  readonly #beside: Uint8Array[] = [];
  #besideBytes = 0;

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
      [this.#left, this.#besideLeft] = this.#lengths();
      this.#besideBytes = this.#besideLeft;
    }
    const part = rest.subarray(0, this.#left);
    this.#json.push(part);
    this.#have += part.length;
    this.#left -= part.length;
    if (this.#left > 0) return undefined;
    rest = rest.subarray(part.length);
    const beside = rest.subarray(0, this.#besideLeft);
    if (beside.length > 0) this.#beside.push(beside);
    this.#have += beside.length;
    this.#besideLeft -= beside.length;
    return this.#besideLeft > 0 ? undefined : rest.subarray(beside.length);
  }

  /** The file of the index of texts, or of sparse vectors: the next bytes of those that are there, given once. */
  takeBeside(bytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (let left = bytes; left > 0; ) {
      const piece = this.#beside.shift() as Uint8Array;
      const part = piece.subarray(0, left);
      taken.push(part);
      if (part.length < piece.length) this.#beside.unshift(piece.subarray(part.length));
      left -= part.length;
    }
    return taken;
  }

  /** Bytes of the index of texts, where the front is complete and says this of sparse vectors. */
  textBytes(sparse: SavedSparse | undefined): number {
    return this.#besideBytes - (sparse?.bytes ?? 0);
  }

  get #version(): number {
    return new DataView(this.#head.buffer).getUint32(8, true);
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
    const { index, items, text, sparse } = (saved ?? {}) as Partial<Saved>;
    const hasSparse = this.#version === WITH_SPARSE;
    if (hasSparse && !isSparse(sparse, this.#besideBytes))
      throw damaged(operation, 'sparse vectors as this library writes them');
    const own = hasSparse ? sparse : undefined;
    const hasText = this.textBytes(own) > 0;
    const fits = (item: unknown) => isItem(item, hasText);
    if ((index !== 'hnsw' && index !== 'flat') || !Array.isArray(items) || !items.every(fits))
      throw damaged(operation, 'keys and metadata as this library writes them');
    if (hasText && !isTexts(text))
      throw damaged(operation, 'fields of texts as this library writes them');
    return {
      index,
      items,
      ...(hasText && { text: text as SavedTexts }),
      ...(own && { sparse: own }),
    };
  }

  /** Of the JSON, and of the indexes of texts and of sparse vectors. */
  #lengths(): [json: number, text: number] {
    const view = new DataView(this.#head.buffer);
    const operation = this.#operation;
    if (MAGIC.some((byte, i) => this.#head[i] !== byte)) {
      if (isPage(this.#head))
        throw new SublinearError('FORMAT', operation, `"bytes" ${PAGE}`, { argument: 'bytes' });
      // Other kinds begin alike: docs/format.md.
      const start = String.fromCharCode(...this.#head.subarray(0, 16));
      const owner = start.startsWith('\x89slf') ? owners[start.slice(12)] : undefined;
      throw damaged(operation, owner ? `${owner}.load() instead` : 'a collection of this library');
    }
    const [version, text] = [view.getUint32(8, true), view.getBigUint64(24, true)];
    if (version < 1 || version > WITH_SPARSE)
      throw damaged(operation, 'version 1, 2 or 3 of the format');
    if (version === 1 && text !== 0n) throw damaged(operation, 'zeros where nothing is said');
    if (version > 1 && text === 0n)
      throw damaged(operation, 'an index of texts or of sparse vectors in version 2 and 3');
    return [Number(view.getBigUint64(16, true)), Number(text)];
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

function isTexts(text: unknown): text is SavedTexts {
  const { stored, alone } = (text ?? {}) as Partial<SavedTexts>;
  if (typeof alone !== 'boolean' || !Array.isArray(stored)) return false;
  return stored.every((name) => typeof name === 'string');
}

function isSparse(sparse: unknown, most: number): sparse is SavedSparse {
  const { alone, bytes } = (sparse ?? {}) as Partial<SavedSparse>;
  return typeof alone === 'boolean' && Number.isInteger(bytes) && bytes! > 0 && bytes! <= most;
}

function isItem(item: unknown, withTexts: boolean): item is SavedItem {
  if (!Array.isArray(item) || item.length < 2 || item.length > (withTexts ? 4 : 3)) return false;
  const [row, key, metadata] = item as unknown[];
  if (!Number.isInteger(row) || (row as number) < 0 || (row as number) >= 2 ** 32) return false;
  if (typeof key !== 'string' && !Number.isFinite(key)) return false;
  // In front of texts.
  if (metadata === null && item.length === 4) {
    item[2] = undefined;
    return true;
  }
  try {
    // JSON has numbers that are not finite: 1e999
    if (metadata !== undefined) item[2] = copyMetadata('', metadata);
  } catch {
    return false;
  }
  return true;
}

/** CRC-32C; `before` is the sum of what came before. */
export function checksum(
  runtime: Runtime,
  operation: string,
  bytes: Uint8Array,
  before: number,
): number {
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
