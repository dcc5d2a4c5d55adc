// Header and directory of a file that is read by ranges (docs/format.md, version 2; csrc/format/segments.h). The C core
// checks and completes them, this reads and writes their fields.
import { make } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import { tag } from '../../runtime/file.js';
import type { Runtime } from '../../runtime/runtime.js';

export const HEADER = 64;
const ENTRY = 128;
const HASH = 32;
/** Bytes of a block where nothing else says so. */
export const BLOCK = 65_536;

/** Types of elements by their numbers, sl_segment_type. */
const types = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
  'bool',
  'text',
] as const;

/** What the elements of a segment are. */
export type SegmentType = (typeof types)[number];

export const sizes: Readonly<Record<SegmentType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  bool: 1,
  text: 1,
};

export const kinds = {
  index: tag('RIDX'),
  bundle: tag('BNDL'),
  graph: tag('RGPH'),
  text: tag('RTXT'),
};

/** What they are, and what opens them. */
const opens = new Map([
  [kinds.index, 'vectors (RemoteIndex)'],
  [kinds.bundle, 'tensors (Bundle)'],
  [kinds.graph, 'a graph (RemoteGraph)'],
  [kinds.text, 'texts (RemoteText)'],
]);

/** An entry of a directory that was checked. */
export interface Entry {
  readonly name: string;
  readonly type: SegmentType;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
  /** Bytes in a block, 0: the whole segment is one, or `ends` says where they end. */
  readonly block: number;
  /** Names of the segments with hashes and ends of blocks. */
  readonly hashes: string | undefined;
  readonly ends: string | undefined;
  readonly root: Uint8Array;
  /** Of a file that save() wrote, in place of a root: its CRC-32C, that this stands behind it, or that there is none. */
  readonly crc?: number | 'behind' | 'none';
}

export interface Directory {
  /** Four letters. */
  readonly kind: string;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Length of the file. */
  readonly length: number;
  /** SHA-256 of header and directory, which hold the hashes of everything: what the file is. Files of save() have none. */
  readonly hash: string | undefined;
}

export const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Bytes that header and directory take, from the first ones of a file. */
export function headBytes(bytes: Uint8Array): number {
  if (bytes.length < HEADER) return HEADER;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return HEADER + ENTRY * Math.min(view.getUint32(20, true), 4096);
}

/** Reads header and directory, as far as they are there. `length` of the file, 0 where it is not known. */
export function readDirectory(
  runtime: Runtime,
  operation: string,
  bytes: Uint8Array,
  kind: number,
  length: number,
): Directory {
  runtime.scratch(operation, (scratch) => {
    const count = Math.min(bytes.length, headBytes(bytes));
    const address = scratch.bytes(count);
    runtime.u8.set(bytes.subarray(0, count), address);
    runtime.check(operation, runtime.raw.segmentsCheck(address, count, 0, length));
  });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const own = view.getUint32(12, true);
  if (kind !== 0 && own !== kind)
    throw malformed(
      operation,
      `${opens.get(kind)}, got ${opens.get(own) ?? 'a file of another kind'}`,
    );
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const count = view.getUint32(20, true);
  const name = (i: number) => {
    const at = HEADER + i * ENTRY;
    let text = '';
    for (let j = at; bytes[j]; j++) text += String.fromCharCode(bytes[j] as number);
    return text;
  };
  const other = (i: number) => (i === 0 ? undefined : name(i - 1));
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i++) {
    const at = HEADER + i * ENTRY;
    entries.set(name(i), {
      name: name(i),
      type: types[view.getUint32(at + 32, true)] as SegmentType,
      shape: Array.from({ length: view.getUint32(at + 36, true) }, (_, d) => u64(at + 40 + 8 * d)),
      offset: u64(at + 72),
      length: u64(at + 80),
      block: view.getUint32(at + 88, true),
      hashes: other(view.getUint16(at + 92, true)),
      ends: other(view.getUint16(at + 94, true)),
      root: bytes.slice(at + 96, at + ENTRY),
    });
  }
  const letters = String.fromCharCode(...bytes.subarray(12, 16));
  return { kind: letters, entries, length: u64(24), hash: hex(bytes.subarray(32, HEADER)) };
}

/** A segment that is to be written; its bytes are here, or at an address in the module's memory. */
export interface Part {
  name: string;
  type: SegmentType;
  shape: readonly number[];
  bytes: Uint8Array | { address: number; length: number };
  /** Names of segments with the hashes, and the ends, of its blocks. */
  hashes?: string;
  ends?: string;
  block?: number;
  /** Where it is known: else it is that of one block. */
  root?: Uint8Array;
}

/** The root over blocks of one size, and the hashes of these. Bytes go through scratch memory piece by piece. */
export function hashBlocks(
  runtime: Runtime,
  operation: string,
  bytes: Uint8Array,
  block: number,
): { root: Uint8Array; hashes: Uint8Array } {
  const count = Math.ceil(bytes.length / block);
  const hashes = make(operation, HASH * count, () => new Uint8Array(HASH * count));
  return runtime.scratch(operation, (scratch) => {
    const at = Math.min(bytes.length, Math.max(1, Math.floor((1 << 20) / block)) * block);
    const [piece, own, out] = [scratch.bytes(at), scratch.bytes(hashes.length), runtime.out];
    for (let from = 0; from < bytes.length; from += at) {
      const part = bytes.subarray(from, from + at);
      runtime.u8.set(part, piece);
      const to = own + HASH * (from / block);
      runtime.check(operation, runtime.raw.hashTreeBlocks(piece, part.length, block, to, out));
    }
    runtime.raw.hashTreeRoot(own, count, out);
    hashes.set(runtime.u8.subarray(own, own + hashes.length));
    return { hashes, root: runtime.u8.slice(out, out + HASH) };
  });
}

/** The hash of one block. */
export function hashLeaf(runtime: Runtime, operation: string, bytes: Uint8Array): Uint8Array {
  return hashBlocks(runtime, operation, bytes, Math.max(1, bytes.length)).root;
}

/** Throws CHECKSUM unless the hash is that of the bytes. */
export function checkLeaf(
  runtime: Runtime,
  operation: string,
  bytes: Uint8Array,
  hash: Uint8Array,
): void {
  runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(bytes.length + HASH);
    runtime.u8.set(bytes, address);
    runtime.u8.set(hash, address + bytes.length);
    const { raw } = runtime;
    runtime.check(operation, raw.hashTreeCheck(address, bytes.length, address + bytes.length));
  });
}

/** Throws CHECKSUM unless these are the hashes that the root stands for. */
export function checkRoot(
  runtime: Runtime,
  operation: string,
  hashes: Uint8Array,
  root: Uint8Array,
): void {
  const own = runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(hashes.length);
    runtime.u8.set(hashes, address);
    runtime.raw.hashTreeRoot(address, hashes.length / HASH, runtime.out);
    return runtime.u8.slice(runtime.out, runtime.out + HASH);
  });
  if (own.every((byte, i) => byte === root[i])) return;
  const message = '"bytes": checksum does not match, expected the hashes that the root belongs to';
  throw new SublinearError('CHECKSUM', operation, message, { argument: 'bytes' });
}

/** The file of these segments. */
export function composeFile(
  runtime: Runtime,
  operation: string,
  kind: number,
  parts: readonly Part[],
): Uint8Array<ArrayBuffer> {
  const place = new Map(parts.map(({ name }, i) => [name, i + 1]));
  const headLength = HEADER + ENTRY * parts.length;
  const head = new Uint8Array(headLength);
  const view = new DataView(head.buffer);
  for (const [i, part] of parts.entries()) {
    const at = HEADER + ENTRY * i;
    head.set(new TextEncoder().encode(part.name).subarray(0, 32), at);
    view.setUint32(at + 32, types.indexOf(part.type), true);
    view.setUint32(at + 36, part.shape.length, true);
    for (const [d, size] of part.shape.entries())
      view.setBigUint64(at + 40 + 8 * d, BigInt(size), true);
    view.setUint32(at + 88, part.block ?? 0, true);
    view.setUint16(at + 92, part.hashes === undefined ? 0 : (place.get(part.hashes) ?? 0), true);
    view.setUint16(at + 94, part.ends === undefined ? 0 : (place.get(part.ends) ?? 0), true);
    head.set(part.root ?? rootOf(runtime, operation, part, parts), at + 96);
  }
  runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(headLength);
    runtime.u8.set(head, address);
    runtime.check(operation, runtime.raw.segmentsSeal(address, kind, parts.length));
    head.set(runtime.u8.subarray(address, address + headLength));
  });
  const length = Number(view.getBigUint64(24, true));
  const file = make(operation, length, () => new Uint8Array(length));
  file.set(head);
  for (const [i, { bytes }] of parts.entries()) {
    const offset = Number(view.getBigUint64(HEADER + ENTRY * i + 72, true));
    file.set(
      'address' in bytes ? runtime.u8.subarray(bytes.address, bytes.address + bytes.length) : bytes,
      offset,
    );
  }
  return file;
}

function rootOf(
  runtime: Runtime,
  operation: string,
  part: Part,
  parts: readonly Part[],
): Uint8Array {
  const { bytes } = part;
  const { out, raw } = runtime;
  if (part.hashes !== undefined) {
    const hashes = parts.find(({ name }) => name === part.hashes)?.bytes ?? new Uint8Array(0);
    return runtime.scratch(operation, (scratch) => {
      let address = scratch.bytes(hashes.length);
      if ('address' in hashes) address = hashes.address;
      else runtime.u8.set(hashes, address);
      raw.hashTreeRoot(address, hashes.length / HASH, out);
      return runtime.u8.slice(out, out + HASH);
    });
  }
  if (!('address' in bytes)) return hashLeaf(runtime, operation, bytes);
  const { address, length } = bytes;
  runtime.check(operation, raw.hashTreeBlocks(address, length, Math.max(1, length), 0, out));
  return runtime.u8.slice(out, out + HASH);
}

/** Ends of blocks as a file has them. */
export function endsOf(lengths: readonly number[]): Uint8Array {
  let sum = 0;
  const ends = BigUint64Array.from(lengths, (length) => {
    sum += length;
    return BigInt(sum);
  });
  return new Uint8Array(ends.buffer);
}

/** The error of a file whose contents are not what they must be. */
export function malformed(operation: string, expected: string): SublinearError {
  const message = `"bytes": unknown or unsupported format, expected ${expected}`;
  return new SublinearError('FORMAT', operation, message, { argument: 'bytes', expected });
}
