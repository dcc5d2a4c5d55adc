// The file of a collection (docs/format.md): a head, keys and metadata as JSON, then the file of the index.

import { make } from '../../runtime/brand.js';
import { asyncPiecesOf, totalOf, unzipped } from '../../runtime/coming.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource } from '../../runtime/file.js';
import { kindOfBytes, pieceOf } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { abortOf } from '../../runtime/text-coming.js';
import { copyMetadata, type Metadata, type ShownText } from './metadata.js';

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

/** What a file's JSON part holds. */
export interface Saved {
  index: 'hnsw' | 'flat';
  items: SavedItem[];
  /** With texts; their index is a file of its own. */
  text?: SavedTexts;
}

/** The JSON part, in pieces of whole items. */
export function* jsonPieces(
  index: Saved['index'],
  items: Iterable<SavedItem>,
  texts: SavedTexts | undefined,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const encoder = new TextEncoder();
  const said = texts === undefined ? '' : `"text":${JSON.stringify(texts)},`;
  let text = `{"index":"${index}",${said}"items":[`;
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

/** The head of a file whose JSON part is in these pieces; `textBytes` is the length of the index of texts, 0 without. */
export function headOf(
  runtime: Runtime,
  operation: string,
  json: Iterable<Uint8Array>,
  textBytes: number,
): Uint8Array<ArrayBuffer> {
  let [sum, length] = [0, 0];
  for (const piece of json) {
    sum = checksum(runtime, operation, piece, sum);
    length += piece.length;
  }
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setUint32(8, textBytes > 0 ? 2 : 1, true);
  view.setUint32(12, sum, true);
  view.setBigUint64(16, BigInt(length), true);
  view.setBigUint64(24, BigInt(textBytes), true);
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
  /** The same of the index of texts, which follows. */
  #textLeft = 0;
  readonly #text: Uint8Array[] = [];

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
      [this.#left, this.#textLeft] = this.#lengths();
    }
    const part = rest.subarray(0, this.#left);
    this.#json.push(part);
    this.#have += part.length;
    this.#left -= part.length;
    if (this.#left > 0) return undefined;
    rest = rest.subarray(part.length);
    const text = rest.subarray(0, this.#textLeft);
    if (text.length > 0) this.#text.push(text);
    this.#have += text.length;
    this.#textLeft -= text.length;
    return this.#textLeft > 0 ? undefined : rest.subarray(text.length);
  }

  /** The file of the index of texts, when everything is there; given once. */
  takeText(): Uint8Array[] {
    return this.#text.splice(0);
  }

  /** Whether the collection has texts, once the head is there. */
  get hasText(): boolean {
    return new DataView(this.#head.buffer).getUint32(8, true) === 2;
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
    const { index, items, text } = (saved ?? {}) as Partial<Saved>;
    const { hasText } = this;
    const fits = (item: unknown) => isItem(item, hasText);
    if ((index !== 'hnsw' && index !== 'flat') || !Array.isArray(items) || !items.every(fits))
      throw damaged(operation, 'keys and metadata as this library writes them');
    if (!hasText) return { index, items };
    if (!isTexts(text)) throw damaged(operation, 'fields of texts as this library writes them');
    return { index, items, text };
  }

  /** Of the JSON and of the index of texts. */
  #lengths(): [json: number, text: number] {
    const view = new DataView(this.#head.buffer);
    const operation = this.#operation;
    if (MAGIC.some((byte, i) => this.#head[i] !== byte)) {
      // Other kinds begin alike: docs/format.md.
      const start = String.fromCharCode(...this.#head.subarray(0, 16));
      const owner = start.startsWith('\x89slf') ? owners[start.slice(12)] : undefined;
      throw damaged(operation, owner ? `${owner}.load() instead` : 'a collection of this library');
    }
    const [version, text] = [view.getUint32(8, true), view.getBigUint64(24, true)];
    if (version !== 1 && version !== 2) throw damaged(operation, 'version 1 or 2 of the format');
    if (version === 1 && text !== 0n) throw damaged(operation, 'zeros where nothing is said');
    if (version === 2 && text === 0n) throw damaged(operation, 'an index of texts in version 2');
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
