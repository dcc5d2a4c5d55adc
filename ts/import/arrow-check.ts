// Whether the lengths in an Arrow file are possible. The library that reads it believes them: a changed byte would keep it busy, or
// fill the memory.
//
// Based on: Apache Arrow, "Arrow Columnar Format", version 1.5, sections on the IPC streaming and file formats, with Message.fbs,
// Schema.fbs and File.fbs; FlatBuffers, "Internals": tables, their list of fields, vectors.

/** Deeper than any schema is. */
const DEEPEST = 64;
const CONTINUATION = 0xffff_ffff;
/** Kinds of Message.header. */
const [SCHEMA, DICTIONARY, BATCH] = [1, 2, 3];
/** Bytes of the records of a vector: FieldNode and Buffer, Block, references. */
const [PAIR, BLOCK, REFERENCE] = [16, 24, 4];
/** "ARROW1", which a file begins and ends with. */
const MAGIC = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31];

/** What is wrong with a file. */
class Impossible extends Error {}

/** Throws where a length or a place is impossible. O(bytes). */
export function checkArrow(bytes: Uint8Array): void {
  new Checker(bytes).all();
}

class Checker {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Parts that may still be looked at: tables can be referred to again and again. */
  #left: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = bytes.length;
  }

  all(): void {
    const { length } = this.#bytes;
    const isFile = MAGIC.every((byte, i) => this.#bytes[i] === byte);
    if (!isFile) {
      for (let at = 0; at + 4 <= length; ) {
        const next = this.#message(at);
        if (next === undefined) return;
        at = next;
      }
      return;
    }
    // ... footer, its length, magic
    const size = this.#i32(length - 10);
    const begin = length - 10 - size;
    if (size <= 0 || begin < 8) throw new Impossible('a footer of an impossible length');
    const footer = this.#root(begin);
    this.#schema(this.#table(footer, 1));
    for (const field of [2, 3])
      for (const block of this.#vector(footer, field, BLOCK)) {
        const [at, body] = [this.#i64(block), this.#i64(block + 16)];
        if (at + body > length) throw new Impossible('a block behind the end');
        this.#message(at);
      }
  }

  /** Where the next message begins; undefined at the end of a stream. */
  #message(at: number): number | undefined {
    let from = at;
    let size = this.#u32(from);
    // Before version 0.15 there was no mark in front.
    if (size === CONTINUATION) {
      from += 4;
      size = this.#u32(from);
    }
    if (size === 0) return undefined;
    const begin = from + 4;
    this.#need(begin, size);
    const message = this.#root(begin);
    const body = this.#number(message, 3);
    const end = begin + size + body;
    if (end > this.#bytes.length) throw new Impossible('a message that goes beyond the end');
    const kind = this.#byte(message, 1);
    const header = this.#table(message, 2);
    if (header === undefined) throw new Impossible('a message without content');
    if (kind === SCHEMA) this.#schema(header);
    if (kind === BATCH) this.#batch(header, body);
    if (kind === DICTIONARY) {
      const batch = this.#table(header, 1);
      if (batch !== undefined) this.#batch(batch, body);
    }
    return end;
  }

  #batch(batch: number, body: number): void {
    const compressed = this.#table(batch, 3) !== undefined;
    const rows = this.#number(batch, 0);
    // A bit a row at least, unless all of them are null.
    const most = 8 * (body + 64) * (compressed ? 1024 : 1);
    if (rows > most) throw new Impossible(`${rows} rows in ${body} bytes`);
    for (const node of this.#vector(batch, 1, PAIR)) {
      if (this.#i64(node) > most * 1024) throw new Impossible('a column that is too long');
      this.#i64(node + 8);
    }
    for (const buffer of this.#vector(batch, 2, PAIR))
      if (this.#i64(buffer) + this.#i64(buffer + 8) > body)
        throw new Impossible('a buffer behind the end of its message');
    this.#vector(batch, 4, 8);
  }

  #schema(schema: number | undefined): void {
    if (schema === undefined) throw new Impossible('no schema');
    this.#pairs(schema, 2);
    for (const field of this.#tables(schema, 1)) this.#field(field, 0);
  }

  #field(field: number, depth: number): void {
    if (depth === DEEPEST) throw new Impossible('columns in columns without an end');
    this.#vector(field, 0, 1);
    this.#pairs(field, 6);
    for (const child of this.#tables(field, 5)) this.#field(child, depth + 1);
  }

  /** Keys and values. */
  #pairs(table: number, field: number): void {
    for (const pair of this.#tables(table, field))
      for (const text of [0, 1]) this.#vector(pair, text, 1);
  }

  // FlatBuffers: a table begins with the distance back to the list of its fields, which has two lengths, then the place of each
  // field in the table, 0 for one that is not there.
  #root(begin: number): number {
    return begin + this.#u32(begin);
  }

  #place(table: number, field: number): number | undefined {
    if (--this.#left < 0) throw new Impossible('more parts than bytes');
    const fields = table - this.#i32(table);
    const entry = 4 + 2 * field;
    if (entry + 2 > this.#u16(fields)) return undefined;
    const offset = this.#u16(fields + entry);
    return offset === 0 ? undefined : table + offset;
  }

  #table(table: number, field: number): number | undefined {
    const place = this.#place(table, field);
    if (place === undefined) return undefined;
    const there = place + this.#u32(place);
    this.#need(there, 4);
    return there;
  }

  #byte(table: number, field: number): number {
    const place = this.#place(table, field);
    if (place === undefined) return 0;
    this.#need(place, 1);
    return this.#view.getUint8(place);
  }

  #number(table: number, field: number): number {
    const place = this.#place(table, field);
    return place === undefined ? 0 : this.#i64(place);
  }

  /** The places of a vector's elements of so many bytes. */
  #vector(table: number, field: number, size: number): Iterable<number> {
    const place = this.#place(table, field);
    if (place === undefined) return [];
    const begin = place + this.#u32(place);
    const count = this.#u32(begin);
    this.#need(begin + 4, count * size);
    // Bytes of a text are not looked at one by one.
    return size < REFERENCE ? [] : Array.from({ length: count }, (_, i) => begin + 4 + i * size);
  }

  /** The tables that a vector refers to. */
  *#tables(table: number, field: number): Generator<number> {
    for (const reference of this.#vector(table, field, REFERENCE)) {
      const there = reference + this.#u32(reference);
      this.#need(there, 4);
      yield there;
    }
  }

  #need(at: number, length: number): void {
    if (!(at >= 0 && at + length <= this.#bytes.length))
      throw new Impossible('a part behind the end');
  }

  #u16(at: number): number {
    this.#need(at, 2);
    return this.#view.getUint16(at, true);
  }

  #u32(at: number): number {
    this.#need(at, 4);
    return this.#view.getUint32(at, true);
  }

  #i32(at: number): number {
    this.#need(at, 4);
    return this.#view.getInt32(at, true);
  }

  /** A length or a place: not negative, and not so large that it is not exact. */
  #i64(at: number): number {
    this.#need(at, 8);
    const high = this.#view.getInt32(at + 4, true);
    if (high < 0 || high >= 2 ** 21) throw new Impossible('a negative or impossible length');
    return this.#view.getUint32(at, true) + 2 ** 32 * high;
  }
}
