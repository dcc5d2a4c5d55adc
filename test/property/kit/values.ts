// Values of openCypher: what the engine gives and what the kit expects become one text.

type Entry = [string, Value];
export interface NodeValue {
  kind: 'node';
  id?: number;
  labels: string[];
  entries: Entry[];
}
export interface RelationshipValue {
  kind: 'relationship';
  id?: number;
  from?: number;
  to?: number;
  type: string;
  entries: Entry[];
}
interface PathValue {
  kind: 'path';
  items: (NodeValue | RelationshipValue)[];
  directions?: boolean[];
}
export type Value =
  | { kind: 'null' }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'integer'; value: bigint }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'list'; items: Value[] }
  | { kind: 'map'; entries: Entry[] }
  | NodeValue
  | RelationshipValue
  | PathValue;

/** Reads values as csrc/property/property.h writes them. */
class Wire {
  at = 0;
  readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes);
  }

  u32(): number {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }

  text(): string {
    const length = this.u32();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  many<T>(read: () => T): T[] {
    return Array.from({ length: this.u32() }, read);
  }

  properties(): Entry[] {
    return this.many((): Entry => [this.text(), this.value()]);
  }

  value(): Value {
    const tag = this.bytes[this.at++];
    switch (tag) {
      case 0:
        return { kind: 'null' };
      case 1:
      case 2:
        return { kind: 'boolean', value: tag === 2 };
      case 3:
        this.at += 4;
        return { kind: 'integer', value: BigInt(this.bytes.readInt32LE(this.at - 4)) };
      case 4:
        this.at += 8;
        return { kind: 'integer', value: this.bytes.readBigInt64LE(this.at - 8) };
      case 5:
        this.at += 8;
        return { kind: 'float', value: this.bytes.readDoubleLE(this.at - 8) };
      case 6:
        return { kind: 'string', value: this.text() };
      case 7:
        return { kind: 'list', items: this.many(() => this.value()) };
      case 8:
        return { kind: 'map', entries: this.properties() };
      case 9:
        return {
          kind: 'node',
          id: this.u32(),
          labels: this.many(() => this.text()),
          entries: this.properties(),
        };
      case 10:
        return {
          kind: 'relationship',
          id: this.u32(),
          from: this.u32(),
          to: this.u32(),
          type: this.text(),
          entries: this.properties(),
        };
      case 11: {
        const length = this.u32();
        return {
          kind: 'path',
          items: Array.from({ length: 2 * length + 1 }, () => this.value() as NodeValue),
        };
      }
      case 12: // dates, times and durations: a byte that says which, and the text
        this.at += 1;
        return { kind: 'string', value: this.text() };
      default:
        throw new Error(`a value of an unknown kind: ${tag}`);
    }
  }
}

/** What a query gave: the names of the columns and the rows, as values of csrc/property/property.h. */
export function readRows(columns: Uint8Array, rows: Uint8Array, count: number) {
  const names = new Wire(columns).value() as { items: { value: string }[] };
  const wire = new Wire(rows);
  return {
    columns: names.items.map((name) => name.value),
    rows: Array.from({ length: count }, () => names.items.map(() => wire.value())),
  };
}

/** Reads values as the kit writes them. */
class Notation {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  space(): void {
    while (this.text[this.at] === ' ') this.at++;
  }

  take(token: string): boolean {
    this.space();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  want(token: string): void {
    if (!this.take(token)) throw new Error(`expected ${token} at ${this.at} of ${this.text}`);
  }

  match(pattern: RegExp): string | null {
    this.space();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found?.[0] ?? null;
  }

  name(): string {
    if (!this.take('`')) return this.match(/[\p{L}_][\p{L}\p{N}_]*/uy) ?? '';
    const end = this.text.indexOf('`', this.at);
    const name = this.text.slice(this.at, end);
    this.at = end + 1;
    return name;
  }

  names(separator: string): string[] {
    const names: string[] = [];
    while (this.take(separator)) names.push(this.name());
    return names;
  }

  entries(): Entry[] {
    const entries: Entry[] = [];
    if (!this.take('{') || this.take('}')) return entries;
    do {
      const key = this.name();
      this.want(':');
      entries.push([key, this.value()]);
    } while (this.take(','));
    this.want('}');
    return entries;
  }

  node(): NodeValue {
    this.want('(');
    const node: NodeValue = { kind: 'node', labels: this.names(':'), entries: this.entries() };
    this.want(')');
    return node;
  }

  relationship(): RelationshipValue {
    this.want('[');
    const relationship: RelationshipValue = {
      kind: 'relationship',
      type: this.names(':')[0]!,
      entries: this.entries(),
    };
    this.want(']');
    return relationship;
  }

  path(): PathValue {
    const items: (NodeValue | RelationshipValue)[] = [this.node()];
    const directions: boolean[] = [];
    while (!this.take('>')) {
      const back = this.take('<');
      this.want('-');
      const relationship = this.relationship();
      this.want('-');
      if (!back) this.want('>');
      directions.push(back);
      items.push(relationship, this.node());
    }
    return { kind: 'path', items, directions };
  }

  list(): Value {
    this.want('[');
    const items: Value[] = [];
    if (this.take(']')) return { kind: 'list', items };
    do items.push(this.value());
    while (this.take(','));
    this.want(']');
    return { kind: 'list', items };
  }

  string(): Value {
    let value = '';
    for (this.at++; this.text[this.at] !== "'"; this.at++) {
      if (this.text[this.at] === '\\' && /['\\]/.test(this.text[this.at + 1] ?? '')) this.at++;
      value += this.text[this.at];
    }
    this.at++;
    return { kind: 'string', value };
  }

  value(): Value {
    this.space();
    const next = this.text[this.at];
    if (next === "'") return this.string();
    if (next === '(') return this.node();
    if (next === '<' && this.take('<')) return this.path();
    if (next === '[')
      return /^\[\s*:/.test(this.text.slice(this.at)) ? this.relationship() : this.list();
    if (next === '{') return { kind: 'map', entries: this.entries() };
    const word = this.match(/[-+\w.]+/y);
    if (word === 'null') return { kind: 'null' };
    if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true' };
    if (word !== null && /^-?\d+$/.test(word)) return { kind: 'integer', value: BigInt(word) };
    const special: Record<string, number> = { NaN: NaN, Inf: Infinity, '-Inf': -Infinity };
    return { kind: 'float', value: special[word ?? ''] ?? Number(word) };
  }
}

export const readNotation = (text: string): Value => new Notation(text).value();

const textOfEntries = (entries: Entry[], loose: boolean): string =>
  `{${entries
    .map(([key, value]) => `${JSON.stringify(key)}: ${textOf(value, loose)}`)
    .sort()
    .join(', ')}}`;

// Of each relationship of a path: is it followed backwards?
function directionsOf(path: PathValue): boolean[] {
  if (path.directions) return path.directions;
  return path.items.flatMap((item, i) =>
    item.kind === 'relationship' ? [item.from !== (path.items[i - 1] as NodeValue).id] : [],
  );
}

/** One text for equal values: without ids, maps and labels in order; `loose`: lists as well. */
export function textOf(value: Value, loose = false): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'float':
      return `float ${value.value === 0 ? 0 : value.value}`;
    case 'string':
      return JSON.stringify(value.value);
    case 'list': {
      const items = value.items.map((item) => textOf(item, loose));
      return `[${(loose ? items.sort() : items).join(', ')}]`;
    }
    case 'map':
      return textOfEntries(value.entries, loose);
    case 'node':
      return `(${[...value.labels].sort().join(':')} ${textOfEntries(value.entries, loose)})`;
    case 'relationship':
      return `[:${value.type} ${textOfEntries(value.entries, loose)}]`;
    case 'path':
      return `<${value.items.map((item) => textOf(item, loose)).join('')} ${directionsOf(value)}>`;
    default:
      return String(value.value);
  }
}
