// The metadata of many rows, a column a field: what conditions read.
import type { Json, Metadata } from './metadata.js';

/** A column is an array from here on, if it has gaps of no more than three of four places. */
const DENSE = 32;

/**
 * One field of all rows. A field that most rows have is an array by row, any other a map: rows come from files, and one
 * that is called 4,000,000,000 must take no more memory than one that is called 0.
 */
export class Column {
  #count = 0;
  /** Not below any row that has the field. */
  #last = 0;
  #dense: (Json | undefined)[] | undefined;
  #sparse = new Map<number, Json>();

  /** Number of rows that have the field. */
  get count(): number {
    return this.#count;
  }

  /** Undefined where the field is absent. */
  get(row: number): Json | undefined {
    return this.#dense === undefined ? this.#sparse.get(row) : this.#dense[row];
  }

  set(row: number, value: Json): void {
    if (this.get(row) === undefined) this.#count++;
    this.#last = Math.max(this.#last, row);
    const worth = this.#count >= DENSE && this.#last < 4 * this.#count;
    if (this.#dense !== undefined && row >= this.#dense.length && !worth) this.#thin();
    else if (this.#dense === undefined && worth) this.#fill();
    if (this.#dense === undefined) {
      this.#sparse.set(row, value);
      return;
    }
    while (this.#dense.length <= row) this.#dense.push(undefined);
    this.#dense[row] = value;
  }

  delete(row: number): void {
    if (this.get(row) === undefined) return;
    this.#count--;
    if (this.#dense === undefined) {
      this.#sparse.delete(row);
      return;
    }
    this.#dense[row] = undefined;
    if (this.#dense.length > DENSE + 16 * this.#count) this.#thin();
  }

  #fill(): void {
    this.#dense = [];
    for (let row = 0; row <= this.#last; row++) this.#dense.push(this.#sparse.get(row));
    this.#sparse = new Map();
  }

  #thin(): void {
    this.#last = 0;
    for (const [row, value] of this.#dense?.entries() ?? []) {
      if (value === undefined) continue;
      this.#sparse.set(row, value);
      this.#last = row;
    }
    this.#dense = undefined;
  }
}

const nothing = new Column();

/** The fields of all rows. Memory is proportional to what they hold now, not to what they ever held. */
export class Columns {
  readonly #columns = new Map<string, Column>();

  /** Replaces the fields of a row; `before` are those it had. O(fields). */
  set(row: number, metadata: Metadata | undefined, before?: Metadata): void {
    for (const field of Object.keys(before ?? {})) {
      const column = this.#columns.get(field);
      column?.delete(row);
      if (column?.count === 0) this.#columns.delete(field);
    }
    for (const [field, value] of Object.entries(metadata ?? {})) {
      let column = this.#columns.get(field);
      if (column === undefined) {
        column = new Column();
        this.#columns.set(field, column);
      }
      column.set(row, value);
    }
  }

  /** Empty for a field that no row has. */
  of(field: string): Column {
    return this.#columns.get(field) ?? nothing;
  }
}
