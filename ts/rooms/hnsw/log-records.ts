// The log of a collection (docs/format.md): a head that says which snapshot it continues, and a record for each change.
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { checksum } from './collection-file.js';
import type { Key } from './collection-items.js';
import type { Change } from './journal.js';
import type { SparseVector } from './sparse-types.js';

const MAGIC = [0x73, 0x6c, 0x6c, 0x6f, 0x67, 0x0d, 0x0a, 0x1a]; // "sllog", CR, LF, ctrl-Z
export const HEAD_BYTES = 48;
/** In front of the content of a record: checksum, length, sequence number. */
const FRAME = 16;
/** In front of the JSON in a content. */
const FIXED = 16;
/** A record that says it is longer is none. */
const MOST = 2 ** 30;

/** What the head of a log says. */
export interface LogHead {
  /** Which snapshot the records continue; 0: none yet, and no records. */
  generation: number;
  /** Sequence number of the first record. */
  first: number;
  /** Of the snapshot, so that no other one is taken for it. */
  snapshotBytes: number;
  snapshotSum: number;
}

export function writeHead(runtime: Runtime, operation: string, head: LogHead) {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, 1, true);
  view.setBigUint64(16, BigInt(head.generation), true);
  view.setBigUint64(24, BigInt(head.first), true);
  view.setBigUint64(32, BigInt(head.snapshotBytes), true);
  view.setUint32(40, head.snapshotSum, true);
  view.setUint32(12, checksum(runtime, operation, bytes.subarray(16), 0), true);
  return bytes;
}

function readHead(runtime: Runtime, operation: string, bytes: Uint8Array): LogHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  if (MAGIC.some((byte, i) => bytes[i] !== byte))
    throw logDamage('FORMAT', operation, 'is none of a collection: it begins otherwise', 0);
  if (view.getUint32(8, true) !== 1)
    throw logDamage('FORMAT', operation, 'is of a version that this one does not know', 8);
  if (checksum(runtime, operation, bytes.subarray(16, HEAD_BYTES), 0) !== view.getUint32(12, true))
    throw logDamage('CHECKSUM', operation, 'has a damaged head: its checksum does not match', 12);
  const numbers = [16, 24, 32].map((at) => Number(view.getBigUint64(at, true)));
  const [generation, first, snapshotBytes] = numbers as [number, number, number];
  if (!numbers.every(Number.isSafeInteger) || view.getUint32(44, true) !== 0)
    throw logDamage('FORMAT', operation, 'has a head that this library does not write', 16);
  return { generation, first, snapshotBytes, snapshotSum: view.getUint32(40, true) };
}

export function logDamage(
  code: 'FORMAT' | 'CHECKSUM' | 'TRUNCATED',
  operation: string,
  what: string,
  position: number,
  cause?: unknown,
): SublinearError {
  return new SublinearError(code, operation, `the log ${what} (byte ${position})`, {
    argument: 'name',
    position,
    ...(cause !== undefined && { cause }),
  });
}

const kinds = ['add', 'update', 'remove', 'removeAll', 'optimize'] as const;

const encoder = new TextEncoder();

/** A change as the content of a record. */
function contentOf(change: Change): { fixed: Uint8Array; json: Uint8Array; vector: Uint8Array } {
  const {
    kind,
    id = 0,
    vector,
    sparse,
    ...rest
  } = change as { kind: Change['kind'] } & Partial<Extract<Change, { kind: 'add' }>>;
  // What is undefined is not written.
  const lists = sparse && {
    indices: Array.from(sparse.indices),
    values: Array.from(sparse.values),
  };
  const json = encoder.encode(JSON.stringify({ ...rest, sparse: lists }));
  const fixed = new Uint8Array(FIXED);
  const view = new DataView(fixed.buffer);
  fixed[0] = kinds.indexOf(kind) + 1;
  view.setUint32(4, id, true);
  view.setUint32(8, json.length, true);
  if (vector === undefined) return { fixed, json, vector: new Uint8Array(0) };
  const bits = Object.prototype.toString.call(vector) === '[object Uint8Array]';
  // The index takes them in as float32 as well.
  const numbers = bits ? (vector as Uint8Array) : Float32Array.from(vector);
  fixed[1] = bits ? 2 : 1;
  view.setUint32(12, numbers.length, true);
  return {
    fixed,
    json,
    vector: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  };
}

/** The record of a change. */
export function writeRecord(
  runtime: Runtime,
  operation: string,
  sequence: number,
  change: Change,
): Uint8Array<ArrayBuffer> {
  const { fixed, json, vector } = contentOf(change);
  const length = FIXED + json.length + vector.length;
  if (length > MOST)
    throw new SublinearError('MEMORY', operation, `one change of ${length} bytes is too large`);
  const bytes = new Uint8Array(FRAME + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, length, true);
  view.setBigUint64(8, BigInt(sequence), true);
  bytes.set(fixed, FRAME);
  bytes.set(json, FRAME + FIXED);
  bytes.set(vector, FRAME + FIXED + json.length);
  view.setUint32(0, checksum(runtime, operation, bytes.subarray(4), 0), true);
  return bytes;
}

/** The change of a content whose checksum was right; undefined for one that this library does not write. */
export function readChange(content: Uint8Array): Change | undefined {
  if (content.length < FIXED) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const [kind, form] = [kinds[(content[0] as number) - 1], content[1] as number];
  const [id, jsonBytes, count] = [4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  const vectorBytes = form === 1 ? 4 * count : count;
  if (kind === undefined || form > 2 || view.getUint16(2, true) !== 0) return undefined;
  if (FIXED + jsonBytes + vectorBytes !== content.length || (form === 0 && count > 0))
    return undefined;
  let said: Record<string, unknown>;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    said = JSON.parse(decoder.decode(content.subarray(FIXED, FIXED + jsonBytes)));
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { key, keys, sparse, text, metadata } = said;
  if (kind === 'optimize') return { kind };
  if (kind === 'removeAll')
    return Array.isArray(keys) && keys.every(isKey) ? { kind, keys } : undefined;
  if (!isKey(key)) return undefined;
  if (kind === 'remove') return { kind, key };
  // A copy: floats must begin at a multiple of four.
  const raw = content.slice(FIXED + jsonBytes);
  const item = {
    key,
    ...(form > 0 && { vector: form === 1 ? new Float32Array(raw.buffer) : raw }),
    ...(sparse !== undefined && { sparse: sparse as SparseVector }),
    ...(text !== undefined && { text: text as Record<string, string> }),
    ...(metadata !== undefined && { metadata: metadata as Record<string, never> }),
  };
  return kind === 'add' ? { kind, id, ...item } : { kind, ...item };
}

const isKey = (key: unknown): key is Key =>
  typeof key === 'string' || (typeof key === 'number' && Number.isFinite(key));

/**
 * Whole records of a log that comes in pieces. What stands behind the last whole one is a write that was cut off, unless a
 * whole record follows: then the log was damaged later, which is an error.
 */
export class LogReader {
  readonly #runtime: Runtime;
  readonly #operation: string;
  #buffer = new Uint8Array(1 << 16);
  #from = 0;
  #to = 0;
  /** In the file, of the byte at `#from`. */
  #position = 0;
  #sequence = 0;
  #head: LogHead | undefined;

  constructor(runtime: Runtime, operation: string) {
    this.#runtime = runtime;
    this.#operation = operation;
  }

  /** Sequence number of the record that would come next. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Bytes up to the end of the last whole record. */
  get position(): number {
    return this.#position;
  }

  /** Bytes behind it. */
  get left(): number {
    return this.#to - this.#from;
  }

  add(piece: Uint8Array): void {
    const needed = this.left + piece.length;
    if (this.#to + piece.length > this.#buffer.length) {
      const before = this.#buffer.subarray(this.#from, this.#to);
      if (needed > this.#buffer.length) this.#buffer = new Uint8Array(Math.ceil(1.5 * needed));
      // Of the same memory where it was large enough.
      this.#buffer.set(before);
      [this.#from, this.#to] = [0, before.length];
    }
    this.#buffer.set(piece, this.#to);
    this.#to += piece.length;
  }

  /** The head, when it is there. */
  head(ended: boolean): LogHead | undefined {
    if (this.#head !== undefined) return this.#head;
    if (this.left < HEAD_BYTES) {
      if (!ended) return undefined;
      throw logDamage('TRUNCATED', this.#operation, 'ends in its head', this.left);
    }
    const bytes = this.#buffer.subarray(this.#from, this.#from + HEAD_BYTES);
    this.#head = readHead(this.#runtime, this.#operation, bytes);
    this.#sequence = this.#head.first;
    this.#skip(HEAD_BYTES);
    return this.#head;
  }

  /** The content of the next whole record, until more is added or read. */
  next(): Uint8Array | undefined {
    const length = this.#lengthAt(this.#from, this.#sequence, this.#sequence);
    if (length === undefined) return undefined;
    const content = this.#buffer.subarray(this.#from + FRAME, this.#from + FRAME + length);
    this.#skip(FRAME + length);
    this.#sequence++;
    return content;
  }

  /** When everything was added and read: throws where what is left has a whole record in it. */
  end(salvage: boolean): void {
    if (salvage) return;
    // There can be no more records than this.
    const last = this.#sequence + Math.floor(this.left / FRAME);
    for (let at = this.#from + 1; at + FRAME <= this.#to; at++) {
      if (this.#lengthAt(at, this.#sequence + 1, last) === undefined) continue;
      const what = `is damaged before its end: record ${this.#sequence} is not whole and later ones are. { salvage: true } opens what is before it and drops the rest`;
      throw logDamage('CHECKSUM', this.#operation, what, this.#position);
    }
  }

  #skip(bytes: number): void {
    this.#from += bytes;
    this.#position += bytes;
  }

  /** Length of the content of a whole record at a place of the buffer, with a number of this range. */
  #lengthAt(at: number, least: number, most: number): number | undefined {
    if (at + FRAME > this.#to) return undefined;
    const { buffer } = this.#buffer;
    const view = new DataView(buffer, at, FRAME);
    const [low, high] = [view.getUint32(8, true), view.getUint32(12, true)];
    const sequence = low + 2 ** 32 * high;
    if (sequence < least || sequence > most) return undefined;
    const length = view.getUint32(4, true);
    if (length > MOST || at + FRAME + length > this.#to) return undefined;
    const covered = this.#buffer.subarray(at + 4, at + FRAME + length);
    const sum = checksum(this.#runtime, this.#operation, covered, 0);
    return sum === view.getUint32(0, true) ? length : undefined;
  }
}
