// Zip archives as NumPy writes them (.npz): what is stored, or deflated.
//
// Based on: PKWARE, ".ZIP File Format Specification", version 6.3.10, 2022, sections 4.3 and 4.5. Archives of one part,
// without encryption; entries of 4 GB and more are found by their Zip64 records.

import { gathered } from './coming.js';
import type { SourceKind } from './pieces.js';

export interface ZipEntry {
  name: string;
  /** The bytes, decompressed and checked against their sum. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** The record at the end and the longest comment behind it. */
const FARTHEST = 22 + 0xffff;

type Fail = (message: string) => Error;

/** The entries of an archive. */
export function zipEntries(file: Uint8Array, kind: SourceKind, fail: Fail): ZipEntry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const u16 = (at: number) => {
    if (at < 0 || at + 2 > file.length) throw fail('damaged zip archive');
    return view.getUint16(at, true);
  };
  const u32 = (at: number) => {
    if (at < 0 || at + 4 > file.length) throw fail('damaged zip archive');
    return view.getUint32(at, true);
  };
  const u64 = (at: number) => u32(at) + 2 ** 32 * u32(at + 4);

  let end = file.length - 22;
  while (end >= 0 && end > file.length - FARTHEST && u32(end) !== END) end--;
  if (end < 0 || u32(end) !== END) throw fail('no zip archive, or one that was cut off');
  let count = u16(end + 10);
  let at = u32(end + 16);
  if (end >= 20 && u32(end - 20) === LOCATOR64) {
    const end64 = u64(end - 12);
    if (u32(end64) !== END64) throw fail('damaged zip archive');
    count = u64(end64 + 32);
    at = u64(end64 + 48);
  }
  const entries: ZipEntry[] = [];
  for (let k = 0; k < count; k++) {
    if (u32(at) !== ENTRY) throw fail('damaged zip archive');
    const [flags, method, sum] = [u16(at + 8), u16(at + 10), u32(at + 16)];
    const [nameLength, extraLength, noteLength] = [u16(at + 28), u16(at + 30), u16(at + 32)];
    const sizes = [u32(at + 24), u32(at + 20), u32(at + 42)]; // plain, packed, where
    const extra = at + 46 + nameLength;
    zip64(u16, u64, extra, extraLength, sizes);
    const name = new TextDecoder().decode(file.slice(at + 46, extra));
    const [plain, packed, place] = sizes as [number, number, number];
    entries.push({
      name,
      async bytes() {
        if (flags & 1) throw fail(`${name} is encrypted`);
        if (u32(place) !== LOCAL) throw fail('damaged zip archive');
        const begin = place + 30 + u16(place + 26) + u16(place + 28);
        if (begin + packed > file.length) throw fail(`${name}: the archive was cut off`);
        const data = file.subarray(begin, begin + packed);
        if (method !== 0 && method !== 8)
          throw fail(`${name}: compression method ${method}, expected stored or deflated`);
        if (method === 0 && packed !== plain) throw fail(`${name}: damaged`);
        return method === 0 ? stored(data, sum, fail, name) : inflated(data, sum, plain, kind);
      },
    });
    at = extra + extraLength + noteLength;
  }
  return entries;
}

/** Sizes that do not fit into 32 bits stand in an extra field, in this order. */
function zip64(
  u16: (at: number) => number,
  u64: (at: number) => number,
  extra: number,
  length: number,
  sizes: number[],
): void {
  for (let at = extra; at + 4 <= extra + length; at += 4 + u16(at + 2)) {
    if (u16(at) !== 1) continue;
    let from = at + 4;
    for (let i = 0; i < sizes.length; i++) {
      if (sizes[i] !== 0xffff_ffff) continue;
      sizes[i] = u64(from);
      from += 8;
    }
  }
}

function stored(data: Uint8Array, sum: number, fail: Fail, name: string): Uint8Array<ArrayBuffer> {
  if (crc32(data) !== sum) throw fail(`${name}: damaged, its checksum is another`);
  // Not by slice(), which makes no copy of Node's buffers.
  return new Uint8Array(data);
}

// As a gzip file with the sum and the length that the archive tells: DecompressionStream checks both. Its raw form is newer.
async function inflated(
  data: Uint8Array,
  sum: number,
  plain: number,
  kind: SourceKind,
): Promise<Uint8Array<ArrayBuffer>> {
  const head = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
  const tail = new Uint8Array(8);
  const view = new DataView(tail.buffer);
  view.setUint32(0, sum, true);
  view.setUint32(4, plain % 2 ** 32, true);
  return gathered([head, data, tail], kind);
}

let table: Uint32Array | undefined;

/** The CRC-32 of zip and gzip. */
function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb8_8320 : sum >>> 1;
    return sum;
  });
  let sum = 0xffff_ffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 255] as number);
  return (sum ^ 0xffff_ffff) >>> 0;
}
