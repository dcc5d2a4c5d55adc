// The little of FlatBuffers (https://flatbuffers.dev/internals) that the metadata of an Arrow stream needs: tables, strings,
// lists. Written from the end to the beginning, so that what is referred to is there already.

/** Where something begins, in bytes from the end. */
export type Place = number;

/** A field of a table; its number in the schema is its place in the list. */
export type TableField =
  | { readonly size: 1 | 2 | 4; readonly value: number }
  | { readonly size: 8; readonly value: number }
  | { readonly at: Place }
  | undefined;

export class FlatBuffer {
  #bytes = new Uint8Array(1024);
  #used = 0;

  /** So that a value of this size, which follows `more` bytes, lies at a multiple of it. */
  #align(size: number, more = 0): void {
    this.#room(size + more);
    while ((this.#used + more) % size !== 0) this.#used++;
  }

  #room(count: number): void {
    if (this.#used + count + 8 <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#bytes.length + count + 8));
    larger.set(this.#bytes.subarray(this.#bytes.length - this.#used), larger.length - this.#used);
    this.#bytes = larger;
  }

  #put(size: 1 | 2 | 4 | 8, value: number): Place {
    this.#align(size);
    this.#used += size;
    const view = new DataView(this.#bytes.buffer);
    const at = this.#bytes.length - this.#used;
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setInt16(at, value, true);
    else if (size === 4) view.setInt32(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
    return this.#used;
  }

  #refer(place: Place): Place {
    this.#align(4);
    return this.#put(4, this.#used + 4 - place);
  }

  string(text: string): Place {
    const bytes = new TextEncoder().encode(text);
    this.#align(4, bytes.length + 1);
    this.#room(bytes.length + 1);
    this.#used += bytes.length + 1; // a zero byte ends it
    this.#bytes.set(bytes, this.#bytes.length - this.#used);
    return this.#put(4, bytes.length);
  }

  list(places: readonly Place[]): Place {
    this.#align(4, 4 * places.length);
    for (const place of [...places].reverse()) this.#refer(place);
    return this.#put(4, places.length);
  }

  /** A list of structs of two numbers of 64 bits. */
  pairs(pairs: readonly (readonly [number, number])[]): Place {
    this.#align(4, 16 * pairs.length);
    this.#align(8, 16 * pairs.length);
    for (const [a, b] of [...pairs].reverse()) {
      this.#put(8, b);
      this.#put(8, a);
    }
    return this.#put(4, pairs.length);
  }

  table(fields: readonly TableField[]): Place {
    const begun = this.#used;
    const places = fields.map(() => 0);
    const sizeOf = (field: TableField) =>
      field === undefined ? 0 : 'at' in field ? 4 : field.size;
    // The largest ones first: no gaps.
    for (const size of [8, 4, 2, 1])
      for (const [i, field] of fields.entries())
        if (field !== undefined && sizeOf(field) === size)
          places[i] = 'at' in field ? this.#refer(field.at) : this.#put(field.size, field.value);
    const table = this.#put(4, 0);
    for (const place of [...places].reverse()) this.#put(2, place === 0 ? 0 : table - place);
    this.#put(2, table - begun);
    const layout = this.#put(2, 2 * (fields.length + 2));
    const view = new DataView(this.#bytes.buffer);
    view.setInt32(this.#bytes.length - table, layout - table, true);
    return table;
  }

  /** All bytes, a multiple of eight, that begin with where the table is. */
  finish(root: Place): Uint8Array<ArrayBuffer> {
    this.#align(8, 4);
    this.#refer(root);
    return this.#bytes.slice(this.#bytes.length - this.#used);
  }
}
