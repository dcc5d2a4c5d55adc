// Fields of many items as columns of numbers: what conditions read.
//
// A column is made when a condition first asks for its field, and follows changes from then on. Each item has a kind (a byte)
// and a number: its value, or for a string its place in the list of strings that occur, which is sorted bit by bit when an
// order is asked for. So a condition is a loop over one typed array.
import { isPlain } from '../../runtime/brand.js';
import type { Json, Metadata } from './metadata.js';

/** Kinds of values in a column. */
export const ABSENT = 0;
export const NULL = 1;
export const FALSE = 2;
export const TRUE = 3;
export const NUMBER = 4;
export const STRING = 5;
/** A list or an object: equal to nothing. */
export const OTHER = 6;

/** Strings that a condition sorts, at most: to sort hundreds of thousands at once would stop the thread. */
const RUN = 8192;

/** Columns that are kept; the one that was asked for longest ago goes first. */
const MOST_COLUMNS = 32;

/** Where the items stand. */
export interface Places {
  /** Places are below this. */
  readonly end: number;
  metadataAt(place: number): Metadata | undefined;
}

/** The value of a field: of this very name, or else `a.b` inside the object `a`. */
export function fieldOf(metadata: Metadata | undefined, field: string): Json | undefined {
  if (metadata === undefined) return undefined;
  if (Object.hasOwn(metadata, field)) return metadata[field];
  for (let dot = field.indexOf('.'); dot >= 0; dot = field.indexOf('.', dot + 1)) {
    const name = field.slice(0, dot);
    const inner = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (!isPlain(inner)) continue;
    const found = fieldOf(inner as Metadata, field.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

export class Column {
  kinds = new Uint8Array(64);
  /** NaN where the field is no number: no comparison holds then. */
  numbers = new Float64Array(64).fill(Number.NaN);
  /** Places in `strings`, -1 where the field is no string. */
  codes = new Int32Array(64).fill(-1);
  readonly strings: string[] = [];
  /** The first of `strings`, `RUN` to a list, each in its order; those that came later are looked at one by one. */
  readonly #runs: Int32Array[] = [];
  readonly #codes = new Map<string, number>();
  /**
   * Which places hold a list with a value. Arrays, which are made several times as fast as sets;
   * those from which a place goes become sets.
   */
  readonly #members = new Map<Json, number[] | Set<number>>();
  readonly #places: Places;
  readonly #field: string;

  constructor(places: Places, field: string) {
    this.#places = places;
    this.#field = field;
    if (places.end > 0) this.#grow(places.end); // once, not again and again
    for (let place = 0; place < places.end; place++) this.set(place, places.metadataAt(place));
  }

  /** The place of a string among those that occur, -1 when it does not. */
  codeOf(text: string): number {
    return this.#codes.get(text) ?? -1;
  }

  /** Takes the field over from the metadata of a place; `before` is what was there. */
  set(place: number, metadata: Metadata | undefined, before?: Metadata): void {
    if (place >= this.kinds.length) this.#grow(place + 1);
    const value = fieldOf(metadata, this.#field);
    this.kinds[place] = kindOf(value);
    this.numbers[place] = typeof value === 'number' ? value : Number.NaN;
    this.codes[place] = typeof value === 'string' ? this.#code(value) : -1;
    for (const each of elements(fieldOf(before, this.#field))) this.#drop(place, each);
    this.#put(place, value);
  }

  /**
   * A byte for each string, 1 for those that lie in a range: not before the first for which `from` holds, and before the first
   * of these for which `until` does. Both hold for all strings behind one for which they hold.
   */
  between(from: (text: string) => boolean, until: (text: string) => boolean): Uint8Array {
    const { strings } = this;
    let sorted = this.#sorted();
    if (strings.length - sorted > 64 + Math.min(sorted, RUN) / 8) sorted = this.#sortMore(sorted);
    const inside = new Uint8Array(strings.length);
    for (const run of this.#runs) {
      const first = (holds: (text: string) => boolean, low: number) => {
        let high = run.length;
        while (low < high) {
          const middle = (low + high) >>> 1;
          if (holds(strings[run[middle] as number] as string)) high = middle;
          else low = middle + 1;
        }
        return low;
      };
      const begin = first(from, 0);
      for (let i = begin, end = first(until, begin); i < end; i++) inside[run[i] as number] = 1;
    }
    for (let code = sorted; code < strings.length; code++) {
      const text = strings[code] as string;
      inside[code] = from(text) && !until(text) ? 1 : 0;
    }
    return inside;
  }

  /** How many strings are sorted. */
  #sorted(): number {
    const last = this.#runs.length - 1;
    return last < 0 ? 0 : last * RUN + (this.#runs[last] as Int32Array).length;
  }

  /** Sorts a run more, or the last one anew with what has come: a bounded part of a call. Gives how many are sorted then. */
  #sortMore(sorted: number): number {
    const { strings } = this;
    const start = sorted - (sorted % RUN);
    const end = Math.min(strings.length, start + RUN);
    const order = Array.from({ length: end - start }, (_, i) => start + i);
    const before = (a: number, b: number) =>
      (strings[a] as string) < (strings[b] as string) ? -1 : 1;
    this.#runs[start / RUN] = Int32Array.from(order.sort(before));
    return end;
  }

  /** Places whose list holds the value. */
  holding(value: Json): Iterable<number> | undefined {
    return this.#members.get(value);
  }

  /** Only of a place that has a list or an object. */
  isList(place: number): boolean {
    return Array.isArray(fieldOf(this.#places.metadataAt(place), this.#field));
  }

  /** True when most of what is kept belongs to values that are gone: then a new column is smaller. */
  get stale(): boolean {
    const most = 1024 + 2 * this.#places.end;
    return this.strings.length > most || this.#members.size > most;
  }

  #put(place: number, value: Json | undefined): void {
    const members = this.#members;
    if (!Array.isArray(value)) return;
    for (const each of value) {
      if (each !== null && typeof each === 'object') continue;
      const places = members.get(each);
      if (places === undefined) members.set(each, [place]);
      else if (!Array.isArray(places)) places.add(place);
      // A list that holds a value twice counts once.
      else if (places[places.length - 1] !== place) places.push(place);
    }
  }

  #drop(place: number, value: Json): void {
    const members = this.#members;
    let places = members.get(value);
    if (Array.isArray(places)) {
      places = new Set(places);
      members.set(value, places);
    }
    places?.delete(place);
  }

  #code(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    this.#codes.set(text, this.strings.length);
    return this.strings.push(text) - 1;
  }

  /** Makes sure of so many places. */
  reach(length: number): void {
    if (this.kinds.length < length) this.#grow(length);
  }

  #grow(length: number): void {
    const room = Math.max(length, Math.ceil(1.5 * this.kinds.length));
    const [kinds, numbers, codes] = [this.kinds, this.numbers, this.codes];
    this.kinds = new Uint8Array(room);
    this.kinds.set(kinds);
    this.numbers = new Float64Array(room).fill(Number.NaN, numbers.length);
    this.numbers.set(numbers);
    this.codes = new Int32Array(room).fill(-1, codes.length);
    this.codes.set(codes);
  }
}

function kindOf(value: Json | undefined): number {
  switch (typeof value) {
    case 'number':
      return NUMBER;
    case 'string':
      return STRING;
    case 'boolean':
      return value ? TRUE : FALSE;
    case 'undefined':
      return ABSENT;
    default:
      return value === null ? NULL : OTHER;
  }
}

// The scalars of a list.
function elements(value: Json | undefined): Json[] {
  return Array.isArray(value)
    ? value.filter((each) => each === null || typeof each !== 'object')
    : [];
}

/** The columns that were asked for. */
export class Columns {
  readonly #places: Places;
  readonly #columns = new Map<string, Column>();
  #length = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  /** The metadata of a place were replaced. O(columns). */
  set(place: number, metadata: Metadata | undefined, before: Metadata | undefined): void {
    for (const [field, column] of this.#columns) {
      column.set(place, metadata, before);
      if (column.stale) this.#columns.delete(field);
    }
  }

  /** The same columns, each with at least so many places. */
  upTo(length: number): this {
    this.#length = length;
    return this;
  }

  /** O(1) for a field that was asked for before, else O(items). */
  of(field: string): Column {
    const column = this.#columns.get(field) ?? new Column(this.#places, field);
    column.reach(this.#length);
    this.#columns.delete(field);
    this.#columns.set(field, column); // the last one asked for stands last
    if (this.#columns.size > MOST_COLUMNS) {
      const [oldest] = this.#columns.keys();
      this.#columns.delete(oldest as string);
    }
    return column;
  }
}
