// Names of the nodes of a graph file: found by bisection of a table in blocks, and read with the rows of their nodes.
import { type NodeLabel, otherForm, writtenLabel } from '../../runtime/labels.js';
import { readLabel } from '../../runtime/labels-file.js';
import * as check from '../../runtime/validate.js';
import { checkLeaf, checkRoot, malformed } from './directory.js';
import type { OpenedGraph } from './graph-head.js';
import { entryOf } from './head.js';
import type { Reader } from './reader.js';

const TEXTS = 1;

/** A label as bytes of a file with texts (1) or JSON (2); undefined where such a file has none of its kind. */
export function labelBytes(kind: number, label: NodeLabel): Uint8Array | undefined {
  if (kind === TEXTS && typeof label !== 'string') return undefined;
  const text = kind === TEXTS ? (label as string) : JSON.stringify(writtenLabel(label));
  return new TextEncoder().encode(text);
}

/** The label that these bytes are. */
export function labelOf(operation: string, kind: number, bytes: Uint8Array): NodeLabel {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return kind === TEXTS ? text : readLabel(JSON.parse(text));
  } catch {
    throw malformed(operation, 'labels that are texts or numbers');
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const least = Math.min(a.length, b.length);
  for (let i = 0; i < least; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

/** Where nodes are, as blocks of the segment `lookup`. */
export class Lookup {
  readonly #reader: Reader;
  readonly #opened: OpenedGraph;

  constructor(reader: Reader, opened: OpenedGraph) {
    this.#reader = reader;
    this.#opened = opened;
  }

  /** The places of nodes in the file, undefined for those that it does not have. Two rounds, or one. */
  async find(argument: string, labels: readonly NodeLabel[]): Promise<(number | undefined)[]> {
    const { operation } = this.#reader.asked;
    const { facts } = this.#opened;
    const isLabel = (label: unknown) =>
      typeof label === 'string' ||
      typeof label === 'bigint' ||
      (typeof label === 'number' && !Number.isNaN(label));
    for (const label of labels)
      if (!isLabel(label))
        throw check.typeError(operation, argument, 'string, number or bigint', label);
    if (facts.labels === 0) return this.#numbers(labels);
    const places = await this.#names(labels);
    // '7' and 7 are the same node where only one of them is there.
    const others = labels.map((label, i) =>
      places[i] === undefined ? otherForm(label) : undefined,
    );
    if (others.every((other) => other === undefined)) return places;
    const more = await this.#names(others);
    return places.map((place, i) => place ?? more[i]);
  }

  async #numbers(labels: readonly NodeLabel[]): Promise<(number | undefined)[]> {
    const { nodes } = this.#opened.facts;
    const numbers = labels.map((label) => {
      const number =
        typeof label === 'string' ? Number(otherForm(label) ?? Number.NaN) : Number(label);
      return Number.isInteger(number) && number >= 0 && number < nodes ? number : undefined;
    });
    const ends = await this.#ends();
    const blockOf = (number: number) => ends.findIndex((end) => 4 * number < end);
    await this.#readBlocks(
      numbers.flatMap((n) => (n === undefined ? [] : [blockOf(n)])),
      ends,
    );
    return numbers.map((number) => {
      if (number === undefined) return undefined;
      const i = blockOf(number);
      const bytes = this.#reader.block(`l${i}`);
      const at = 4 * number - (ends[i - 1] ?? 0);
      if (at < 0 || at + 4 > bytes.length) throw this.#malformed();
      return this.#place(bytes, at);
    });
  }

  async #names(labels: readonly (NodeLabel | undefined)[]): Promise<(number | undefined)[]> {
    const ends = await this.#ends();
    const firsts = this.#firsts(ends.length);
    const keys = labels.map((label) =>
      label === undefined ? undefined : labelBytes(this.#opened.facts.labels, label),
    );
    const blocks = keys.map((key) => {
      if (key === undefined) return -1;
      let low = -1;
      let high = firsts.length;
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (compare(firsts[middle] as Uint8Array, key) <= 0) low = middle;
        else high = middle;
      }
      return low;
    });
    await this.#readBlocks(
      blocks.filter((block) => block >= 0),
      ends,
    );
    return keys.map((key, i) => {
      const block = blocks[i] as number;
      return key === undefined || block < 0
        ? undefined
        : this.#inBlock(this.#reader.block(`l${block}`), key);
    });
  }

  #inBlock(bytes: Uint8Array, key: Uint8Array): number | undefined {
    for (let at = 0; at < bytes.length; ) {
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        if (byte === undefined || shift > 14) throw this.#malformed();
        length |= (byte & 127) << shift;
        if (byte < 128) break;
      }
      if (at + length + 4 > bytes.length) throw this.#malformed();
      if (compare(bytes.subarray(at, at + length), key) === 0)
        return this.#place(bytes, at + length);
      at += length + 4;
    }
    return undefined;
  }

  #place(bytes: Uint8Array, at: number): number {
    const place = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
    if (place >= this.#opened.facts.nodes) throw this.#malformed();
    return place;
  }

  /** The tables that say where blocks end, and how they begin; read once. */
  async #ends(): Promise<number[]> {
    const { operation, runtime, verify } = this.#reader.asked;
    const { directory } = this.#opened;
    const entry = entryOf(operation, directory, 'lookup');
    const names = ['lookup.ends', 'lookup.firsts', 'lookup.hashes'];
    const fresh = this.#reader.known('lookup.hashes') === undefined;
    await this.#reader.fetchTables(names.map((name) => entryOf(operation, directory, name)));
    const hashes = this.#reader.block('lookup.hashes');
    if (fresh && verify) checkRoot(runtime, operation, hashes, entry.root);
    const bytes = this.#reader.block('lookup.ends');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const ends = Array.from({ length: bytes.length / 8 }, (_, i) =>
      Number(view.getBigUint64(8 * i, true)),
    );
    if (
      hashes.length !== 4 * bytes.length ||
      ends.at(-1) !== entry.length ||
      ends.some((end, i) => end <= (ends[i - 1] ?? 0))
    )
      throw this.#malformed();
    return ends;
  }

  #firsts(count: number): Uint8Array[] {
    const bytes = this.#reader.block('lookup.firsts');
    let at = 0;
    const firsts = Array.from({ length: count }, () => {
      const length = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      at += 2 + length;
      if (at > bytes.length) throw this.#malformed();
      return bytes.subarray(at - length, at);
    });
    if (at !== bytes.length) throw this.#malformed();
    return firsts;
  }

  async #readBlocks(blocks: readonly number[], ends: readonly number[]): Promise<void> {
    const { operation, runtime, verify } = this.#reader.asked;
    const { offset } = entryOf(operation, this.#opened.directory, 'lookup');
    const hashes = this.#reader.block('lookup.hashes');
    const fresh = [...new Set(blocks)].filter((block) => !this.#reader.known(`l${block}`));
    await this.#reader.fetch(
      fresh.map((i) => {
        const from = ends[i - 1] ?? 0;
        return {
          key: `l${i}`,
          range: { offset: offset + from, length: (ends[i] as number) - from },
          check: (bytes) => {
            if (verify) checkLeaf(runtime, operation, bytes, hashes.subarray(32 * i, 32 * i + 32));
          },
        };
      }),
    );
  }

  #malformed() {
    return malformed(this.#reader.asked.operation, 'a table of nodes');
  }
}
