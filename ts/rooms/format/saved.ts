// Files that save() wrote (docs/format.md, version 1) as segments: where each section lies and what is in it. A collection is
// the file of its items and of its indexes one behind another.
import { SublinearError } from '../../runtime/errors.js';
import { crc32c } from './crc.js';
import { type Entry, malformed, type SegmentType, sizes } from './directory.js';
import type { Range } from './source.js';

const HEAD = 32;
const ENTRY = 16;
const MOST_SECTIONS = 1022;
/** Of a collection the JSON that says which model its texts were embedded by. */
const MODEL_MOST = 200;

/** A file and what is in it. */
export interface Layout {
  /** Four letters; `COLL` of a collection, `EMBC` of a collection of texts. */
  readonly kind: string;
  readonly length: number;
  readonly entries: Entry[];
}

/** What is wanted next of a file; given its bytes, fewer where the file ends. */
export type Looking<T> = Generator<Range, T, Uint8Array>;

const container = [0x89, 0x73, 0x6c, 0x66, 0x0d, 0x0a, 0x1a, 0x0a];
const collection = [0x73, 0x6c, 0x63, 0x6f, 0x6c, 0x0d, 0x0a, 0x1a];
const embedded = [0x73, 0x6c, 0x65, 0x6d, 0x62, 0x0d, 0x0a, 0x1a];

const begins = (bytes: Uint8Array, magic: readonly number[]) =>
  bytes.length >= 12 && magic.every((byte, i) => bytes[i] === byte);
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);

/** Is this the beginning of a file that save() wrote? */
export function isSaved(bytes: Uint8Array): boolean {
  if (begins(bytes, container)) return viewOf(bytes).getUint32(8, true) === 1;
  return begins(bytes, collection) || begins(bytes, embedded);
}

/** Looks for the sections of a file. Reads heads and tables, and of some kinds a small section with their sizes. */
export function* layoutOf(operation: string): Looking<Layout> {
  const entries: Entry[] = [];
  const first = yield { offset: 0, length: HEAD };
  if (begins(first, container)) {
    const { kind, end } = yield* sections(operation, 0, '', entries);
    return { kind, length: end, entries };
  }
  if (begins(first, collection)) {
    const length = yield* items(operation, 0, entries);
    return { kind: 'COLL', length, entries };
  }
  const view = viewOf(first);
  const bytes = first.length < 16 ? 0 : view.getUint32(12, true);
  if (first.length < 16) throw cut(operation, first.length);
  if (view.getUint32(8, true) !== 1 || bytes > MODEL_MOST)
    throw malformed(operation, 'a collection of texts of version 1');
  entries.push({ ...entryOf('model', 'text', [bytes], 16, bytes), crc: 'none' });
  const length = yield* items(operation, 16 + bytes, entries);
  return { kind: 'EMBC', length, entries };
}

/** The file of a collection from `at` on; gives where it ends. */
function* items(operation: string, at: number, entries: Entry[]): Looking<number> {
  const head = yield { offset: at, length: HEAD };
  if (head.length < HEAD) throw cut(operation, at + head.length);
  const view = viewOf(head);
  const version = view.getUint32(8, true);
  const [bytes, texts] = [size(operation, view, 16), size(operation, view, 24)];
  if (!begins(head, collection) || (version !== 1 && version !== 2))
    throw malformed(operation, 'a collection of version 1 or 2');
  if ((version === 2) !== texts > 0)
    throw malformed(operation, 'an index of texts in version 2, and none in version 1');
  const crc = view.getUint32(12, true);
  entries.push({ ...entryOf('items', 'text', [bytes], at + HEAD, bytes), crc });
  let end = at + HEAD + bytes;
  if (texts > 0) {
    const { kind, end: after } = yield* sections(operation, end, 'text.', entries);
    if (kind !== 'TEXT' || after !== end + texts)
      throw malformed(operation, 'an index of texts of the length that the collection says');
    end = after;
  }
  const vectors = yield* sections(operation, end, 'vectors.', entries);
  return vectors.end;
}

/** The sections of one file from `at` on. */
function* sections(
  operation: string,
  at: number,
  prefix: string,
  entries: Entry[],
): Looking<{ kind: string; end: number }> {
  const head = yield { offset: at, length: HEAD };
  if (head.length < HEAD) throw cut(operation, at + head.length);
  const view = viewOf(head);
  if (!begins(head, container) || view.getUint32(8, true) !== 1)
    throw malformed(operation, 'a file of version 1');
  const count = view.getUint32(16, true);
  if (count < 1 || count > MOST_SECTIONS)
    throw malformed(operation, `1 to ${MOST_SECTIONS} sections`);
  const table = yield { offset: at + HEAD, length: ENTRY * count };
  if (table.length < ENTRY * count) throw cut(operation, at + HEAD + table.length);
  // The checksum stands in the middle of what it covers.
  const covered = new Uint8Array(28 + table.length);
  covered.set(head.subarray(0, 20));
  covered.set(head.subarray(24), 20);
  covered.set(table, 28);
  if (crc32c(covered) !== view.getUint32(20, true)) throw damaged(operation, at + 20);
  const rows = viewOf(table);
  const kind = letters(head, 12);
  const names = new Map<string, number>();
  const found: { tag: string; offset: number; length: number }[] = [];
  let end = at + HEAD + table.length;
  for (let i = 0; i < count; i++) {
    const length = size(operation, rows, ENTRY * i + 8);
    const tag = letters(table, ENTRY * i);
    if (!/^[A-Z][A-Z0-9.]* *$/.test(tag) || rows.getUint32(ENTRY * i + 4, true) !== 0)
      throw malformed(operation, 'sections with names of letters');
    found.push({ tag, offset: end, length });
    names.set(tag, (names.get(tag) ?? 0) + 1);
    end = Math.ceil((end + length + 4 - at) / 16) * 16 + at;
    if (!Number.isSafeInteger(end)) throw malformed(operation, 'less than 2^53 bytes');
  }
  if (at + size(operation, view, 24) !== end) throw malformed(operation, 'the length of the file');
  const meta = found[0] as (typeof found)[number];
  // So small that it is read with the head.
  const facts =
    kindsWithSizes.has(kind) && meta.tag === 'META' && meta.length >= 48 && meta.length <= 128
      ? yield* checked(operation, meta)
      : undefined;
  const types = typesOf(kind, found, facts && viewOf(facts));
  const places = new Map<string, number>();
  for (const [i, { tag, offset, length }] of found.entries()) {
    const place = places.get(tag) ?? 0;
    places.set(tag, place + 1);
    const name = prefix + tag.trimEnd().toLowerCase();
    const { type, shape } = types[i] as Typed;
    const only = names.get(tag) === 1;
    entries.push({
      ...entryOf(only ? name : `${name}.${place}`, type, shape, offset, length),
      crc: 'behind',
    });
  }
  return { kind, end };
}

/** A section that was compared with its checksum. */
function* checked(
  operation: string,
  { offset, length }: Range,
): Generator<Range, Uint8Array, Uint8Array> {
  const bytes = yield { offset, length: length + 4 };
  if (bytes.length < length + 4) throw cut(operation, offset + bytes.length);
  checkSection(operation, bytes, offset);
  return bytes.subarray(0, length);
}

/** Throws CHECKSUM unless the last four bytes are the CRC-32C of those before them. */
export function checkSection(operation: string, bytes: Uint8Array, offset: number): void {
  const length = bytes.length - 4;
  if (crc32c(bytes.subarray(0, length)) !== viewOf(bytes).getUint32(length, true))
    throw damaged(operation, offset);
}

export function damaged(operation: string, position: number): SublinearError {
  const message = '"bytes": checksum does not match, expected bytes as save() wrote them';
  return new SublinearError('CHECKSUM', operation, message, { argument: 'bytes', position });
}

function cut(operation: string, position: number): SublinearError {
  const message = `the file ends too early, at byte ${position}: is the whole file there?`;
  return new SublinearError('TRUNCATED', operation, message, { argument: 'bytes', position });
}

function size(operation: string, view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > 2n ** 53n - 1n) throw malformed(operation, 'less than 2^53 bytes');
  return Number(value);
}

const letters = (bytes: Uint8Array, at: number) =>
  String.fromCharCode(...bytes.subarray(at, at + 4));

const noRoot = new Uint8Array(0);
const entryOf = (
  name: string,
  type: SegmentType,
  shape: readonly number[],
  offset: number,
  length: number,
): Entry => ({
  name,
  type,
  shape,
  offset,
  length,
  block: 0,
  hashes: undefined,
  ends: undefined,
  root: noRoot,
});

// --- what the sections hold ---------------------------------------------------------------------------------------------

interface Typed {
  type: SegmentType;
  shape: readonly number[];
}

const [u8, u32, u64, i32] = ['uint8', 'uint32', 'uint64', 'int32'] as const;
const [f32, f64, text] = ['float32', 'float64', 'text'] as const;

/** Types of sections, with the numbers in a row where that is always the same. What is not here is bytes. */
type Table = Record<string, SegmentType | readonly [SegmentType, number]>;

const matrix: Table = { 'CSR ': u32, ROWP: u32, COLS: u32 };
const tables: Record<string, Table> = {
  MTRX: matrix,
  GRPH: { ...matrix, META: u32, LIDS: u64, LTXT: text },
  SOLV: matrix,
  FACT: {
    ...matrix,
    ...{ META: u32, ORDR: u32, DIAG: f64, PAIR: f64, XCHG: u32, PNLS: f64 },
    ...{ RWST: u32, RORD: u32, CORD: u32, BLCK: u32, PLCE: u32, CBAS: i32, REXP: i32, CEXP: i32 },
    ...{ PVOT: f64, LSTA: u64, LIDX: u32, LVAL: f64, USTA: u64, UIDX: u32, UVAL: f64, OVAL: f64 },
  },
  CHRY: {
    ...{ META: u32, NODE: u32, UROW: u32, UHDS: u32, UMID: u32, ULEN: f64 },
    ...{ DROW: u32, DHDS: u32, DMID: u32, DLEN: f64 },
  },
  BNDT: { FACT: f64, COMM: f64, WROW: f64, LROW: f64, LABL: text },
  ROUT: {
    ...{ PARA: f64, BEGN: u32, EXMP: f32, 'IDS ': u32, KBEG: u32, LEVL: f64, LABL: text },
    ...{ KNOT: [f64, 2], TABL: [f64, 3] },
  },
  TEXT: { META: u32, SCHM: text },
  GNNW: { LAYR: [u32, 6], PARA: f32 },
  LREG: { PARA: f64 },
  LORA: { PARA: f32, LABL: text },
  CHSR: { LABL: text, COST: f64, FEAT: f64, TARG: f64, SCAL: f64, ROOT: u32 },
  PROP: { META: u32, SETS: u32, NODE: u32, FROM: u32, 'TO..': u32, TYPE: u32 },
  ENCO: { META: u32, LENS: u32, PIEC: text, SCOR: f64 },
  WTNS: { TYPE: u32, OFFS: u64, HEAD: [u8, 32] },
  FLAT: { 'IDS ': u32 },
  HNSW: { 'IDS ': u32, LNK0: u32, LNKU: u32 },
};

/** Kinds whose first section says what the rows of others are. */
const kindsWithSizes = new Set(['FLAT', 'HNSW', 'ENCO']);
const HAMMING = 4;

function typesOf(
  kind: string,
  found: readonly { tag: string; length: number }[],
  facts: DataView | undefined,
): Typed[] {
  const table = tables[kind] ?? {};
  const lengthOf = (tag: string) => found.find((each) => each.tag === tag)?.length ?? 0;
  return found.map(({ tag, length }) => {
    const given = table[tag];
    if (tag === 'VALS' && table === tables[kind] && 'COLS' in table)
      return typed(length, length === lengthOf('COLS') ? f32 : f64);
    if (facts !== undefined && kind === 'ENCO' && tag === 'TENS')
      return typed(length, facts.getUint32(24, true) === 1 ? f32 : u8);
    if (facts !== undefined && (tag === 'ROWS' || tag === 'EXCT'))
      return rowsOf(facts, tag, length);
    if (given === undefined) return typed(length, u8);
    return typeof given === 'string' ? typed(length, given) : typed(length, ...given);
  });
}

/** Vectors of an index, where they are no codes. */
function rowsOf(facts: DataView, tag: string, length: number): Typed {
  const [dimension, used] = [facts.getUint32(8, true), facts.getUint32(12, true)];
  const bits = facts.getUint32(4, true) === HAMMING;
  const type = bits ? u8 : f32;
  const width = bits ? dimension / 8 : dimension;
  const codes = facts.byteLength < 72 ? 0 : facts.getUint32(64, true);
  const exact = facts.byteLength < 72 ? 0 : facts.getUint32(68, true);
  const plain = tag === 'ROWS' ? codes === 0 || codes === 3 : exact === 2;
  if (!plain || length !== used * width * sizes[type]) return typed(length, u8);
  return { type, shape: [used, width] };
}

/** Bytes where the length does not fit. */
function typed(length: number, type: SegmentType, width = 0): Typed {
  const count = length / sizes[type];
  if (width > 0 && Number.isInteger(count / width)) return { type, shape: [count / width, width] };
  if (width === 0 && Number.isInteger(count)) return { type, shape: [count] };
  return { type: u8, shape: [length] };
}
