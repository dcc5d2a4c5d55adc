// Values as bytes, as `sl_wire` of csrc/property/property.h says.
import { asTyped, isPlain, kindOf, lengthOfList } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import { typeError } from '../../runtime/validate.js';
import type {
  GraphNode,
  GraphRelationship,
  GraphTemporal,
  GraphValue,
  Parameters,
} from './types.js';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const INT = 3;
const LONG = 4;
const FLOAT = 5;
const STRING = 6;
const LIST = 7;
const MAP = 8;
const NODE = 9;
const RELATIONSHIP = 10;
const PATH = 11;
const TEMPORAL = 12;

const KINDS = ['date', 'localtime', 'time', 'localdatetime', 'datetime', 'duration'] as const;

const MOST_NESTED = 60;
/** A list may say that it is longer than any memory. */
const MOST_BYTES = 2 ** 29;
const LONGEST_BY_HAND = 32;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes values into bytes that grow. */
export class WireWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  constructor(
    public operation: string,
    readonly argument: string,
  ) {}

  /** Begins again, in the memory that it has. */
  begin(operation: string): this {
    this.operation = operation;
    this.#at = 0;
    return this;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    if (this.#at + count > MOST_BYTES) {
      const message = `"${this.argument}" takes more than ${MOST_BYTES} bytes`;
      throw new SublinearError('MEMORY', this.operation, message, { argument: this.argument });
    }
    const more = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    more.set(this.#bytes);
    this.#bytes = more;
    this.#view = new DataView(more.buffer);
  }

  #tag(tag: number): void {
    this.#room(9);
    this.#bytes[this.#at++] = tag;
  }

  #count(count: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, count, true);
    this.#at += 4;
  }

  list(count: number): void {
    this.#tag(LIST);
    this.#count(count);
  }

  map(count: number): void {
    this.#tag(MAP);
    this.#count(count);
  }

  key(text: string): void {
    const { length } = text;
    this.#room(4 + 3 * length);
    if (length <= LONGEST_BY_HAND) {
      const bytes = this.#bytes;
      const begin = this.#at + 4;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) break;
        bytes[begin + i] = code;
      }
      if (i === length) {
        this.#view.setUint32(this.#at, length, true);
        this.#at = begin + length;
        return;
      }
    }
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#at + 4));
    this.#view.setUint32(this.#at, written, true);
    this.#at += 4 + written;
  }

  number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value === (value | 0)) {
        this.#tag(INT);
        this.#view.setInt32(this.#at, value, true);
        this.#at += 4;
        return;
      }
      this.#tag(LONG);
      this.#view.setBigInt64(this.#at, BigInt(value), true);
    } else {
      this.#tag(FLOAT);
      this.#view.setFloat64(this.#at, value, true);
    }
    this.#at += 8;
  }

  /** Nothing where there are none. */
  parameters(given: Parameters | undefined): void {
    if (given === undefined) return;
    if (!isPlain(given))
      throw typeError(this.operation, this.argument, 'an object with a value for each name', given);
    this.value(given);
  }

  value(value: unknown, depth = 0): void {
    switch (typeof value) {
      case 'undefined':
        this.#tag(NULL);
        return;
      case 'boolean':
        this.#tag(value ? TRUE : FALSE);
        return;
      case 'number':
        this.number(value);
        return;
      case 'bigint':
        if (BigInt.asIntN(64, value) !== value) break;
        this.#tag(LONG);
        this.#view.setBigInt64(this.#at, value, true);
        this.#at += 8;
        return;
      case 'string':
        this.#tag(STRING);
        this.key(value);
        return;
      case 'object':
        if (value === null) {
          this.#tag(NULL);
          return;
        }
        if (depth < MOST_NESTED && this.#object(value, depth)) return;
    }
    const expected = `booleans, numbers, bigints of 64 bits, strings, null, lists and plain objects of them, at most ${MOST_NESTED} deep`;
    throw typeError(this.operation, this.argument, expected, value);
  }

  #object(value: object, depth: number): boolean {
    if (Array.isArray(value) || kindOf(value) !== undefined) {
      const { operation, argument } = this;
      const kind = kindOf(value);
      const items = kind ? asTyped(operation, argument, value, kind) : (value as unknown[]);
      // What a getter or a proxy says later does not count.
      const length = kind ? items.length : lengthOfList(operation, argument, value as unknown[]);
      this.list(length);
      for (let i = 0; i < length; i++) this.value(items[i], depth + 1);
      return true;
    }
    if (!isPlain(value)) return false;
    const entries = Object.entries(value);
    this.map(entries.length);
    for (const [key, item] of entries) {
      this.key(key);
      this.value(item, depth + 1);
    }
    return true;
  }
}

const views = new WeakMap<Uint8Array, DataView>();

/** A view of the same bytes, made once for each. */
function viewOf(bytes: Uint8Array): DataView {
  let view = views.get(bytes);
  if (view === undefined) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    views.set(bytes, view);
  }
  return view;
}

/** Reads values out of the module's memory: nothing may allocate there meanwhile. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#at = at;
  }

  #count(): number {
    const count = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return count;
  }

  #text(): string {
    const length = this.#count();
    const begin = this.#at;
    const end = begin + length;
    this.#at = end;
    if (length > LONGEST_BY_HAND) return decoder.decode(this.#bytes.subarray(begin, end));
    let text = '';
    for (let i = begin; i < end; i++) {
      const byte = this.#bytes[i] as number;
      if (byte > 127) return decoder.decode(this.#bytes.subarray(begin, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  value(): GraphValue {
    switch (this.#bytes[this.#at++]) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case INT: {
        const value = this.#view.getInt32(this.#at, true);
        this.#at += 4;
        return value;
      }
      case LONG: {
        const value = this.#view.getBigInt64(this.#at, true);
        this.#at += 8;
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value;
      }
      case FLOAT: {
        const value = this.#view.getFloat64(this.#at, true);
        this.#at += 8;
        return value;
      }
      case STRING:
        return this.#text();
      case LIST:
        return Array.from({ length: this.#count() }, () => this.value());
      case MAP:
        return this.#entries();
      case NODE:
        return this.#node() as unknown as GraphValue;
      case RELATIONSHIP:
        return this.#relationship() as unknown as GraphValue;
      case PATH:
        return this.#path();
      case TEMPORAL: {
        const kind = KINDS[this.#bytes[this.#at++] as number] as GraphTemporal['kind'];
        return { kind, text: this.#text() };
      }
      default:
        return null;
    }
  }

  /** A property named __proto__ is one like any other. */
  #entries(): Record<string, GraphValue> {
    const entries: Record<string, GraphValue> = {};
    for (let i = this.#count(); i > 0; i--) put(entries, this.#text(), this.value());
    return entries;
  }

  #node(): GraphNode {
    const id = this.#count();
    const labels = Array.from({ length: this.#count() }, () => this.#text());
    return { id, labels, properties: this.#entries() };
  }

  #relationship(): GraphRelationship {
    const [id, from, to] = [this.#count(), this.#count(), this.#count()];
    return { id, type: this.#text(), from, to, properties: this.#entries() };
  }

  #path(): GraphValue {
    const length = this.#count();
    const path = { nodes: [this.value()], relationships: [] as GraphValue[] };
    for (let i = 0; i < length; i++) {
      path.relationships.push(this.value());
      path.nodes.push(this.value());
    }
    return path as unknown as GraphValue;
  }
}

/** Sets a key of any name as an own property. */
export function put<T>(object: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}
