// Named segments of a file, each read without the others.
import { runtimeOf } from '../../runtime/bind.js';
import { make } from '../../runtime/brand.js';
import { notConstructible } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { Cache } from './cache.js';
import { crc32c } from './crc.js';
import {
  checkLeaf,
  checkRoot,
  type Directory,
  type Entry,
  hex,
  malformed,
  type SegmentType,
} from './directory.js';
import { framed } from './frame.js';
import { openDirectory } from './head.js';
import { checkSection, damaged } from './saved.js';
import {
  type CheckedOptions,
  openSource,
  type RemoteSource,
  readAll,
  type SourceOptions,
  sourceKeys,
} from './source.js';
import { type Tensor, tensorOf } from './tensors.js';
import type { Source, Traffic } from './traffic.js';

/** What a file says of a segment. */
export interface SegmentInfo {
  name: string;
  type: SegmentType;
  shape: readonly number[];
  /** Bytes. */
  length: number;
  /** Where it begins in the file. */
  offset: number;
  /**
   * SHA-256 (RFC 6962) of the segment, or the root of the Merkle tree over its blocks, in hexadecimal. Absent in files of `save()`,
   * whose sections have a CRC-32C.
   */
  root?: string;
}

/** Options of {@link Bundle.read}. */
export interface ReadOptions {
  /** Rows from this one on, of the first dimension. 0 by default. */
  from?: number;
  /** Rows up to this one, which is not read. All by default. */
  to?: number;
  /** Aborting it rejects the promise with `signal.reason`. */
  signal?: AbortSignal;
}

/**
 * A file of named segments, of which each is read alone, by ranges. Any file of this package can be opened: those of
 * {@link FormatRoom.writeBundle} and {@link FormatRoom.writeRemoteIndex}, of which every block that arrives is compared with its
 * hash, and the hashes with the root in the directory; and whatever `save()` wrote, of which a section is compared with its CRC-32C.
 */
export class Bundle {
  readonly #runtime: Runtime;
  readonly #source: Source;
  readonly #how: CheckedOptions;
  readonly #directory: Directory;
  readonly #tables: Cache;
  /** What was read until now. */
  readonly traffic: Readonly<Traffic>;

  /** @internal Made by {@link Bundle.open}. */
  protected constructor(
    runtime: Runtime,
    source: Source,
    how: CheckedOptions,
    directory: Directory,
    traffic: Traffic,
  ) {
    if (!(directory?.entries instanceof Map)) throw notConstructible(new.target);
    this.#runtime = runtime;
    this.#source = source;
    this.#how = how;
    this.#directory = directory;
    this.#tables = new Cache(how.cacheBytes);
    this.traffic = traffic;
  }

  /**
   * Reads header and directory of a file. Of a file of `save()` the segments are its sections, by their tags
   * (docs/format.md): `rowp`, `cols`, ...; those of a collection are `items`, `vectors.ids`, ...
   *
   * @throws SublinearError `NETWORK`, `FORMAT`, `CHECKSUM`, `TRUNCATED`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { Bundle, writeBundle } = await load();
   * const file = writeBundle({
   *   weights: { data: new Float32Array([1, 2, 3, 4]), shape: [2, 2] },
   *   'read.me': 'two rows',
   * });
   * const bundle = await Bundle.open(file); // or its address, or a Blob
   * console.log(bundle.segments.map(({ name }) => name)); // [ 'weights', 'read.me' ]
   * console.log((await bundle.read('weights', { from: 1 })).data); // Float32Array(2) [ 3, 4 ]
   * ```
   */
  static async open(source: RemoteSource, options?: SourceOptions): Promise<Bundle> {
    const operation = 'Bundle.open';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, sourceKeys);
    const { source: from, how } = openSource(operation, source, given);
    const traffic = { requests: 0, bytes: 0, rounds: 0 };
    const { directory } = await openDirectory(runtime, operation, from, 0, how, traffic);
    const Bound = runtime.bind(Bundle) as unknown as new (...parts: unknown[]) => Bundle;
    return new Bound(runtime, from, { ...how, signal: undefined }, directory, traffic);
  }

  /** The segments in the order of the file, those with hashes of others left out. */
  get segments(): SegmentInfo[] {
    const entries = [...this.#directory.entries.values()];
    const tables = new Set(entries.flatMap(({ hashes, ends }) => [hashes, ends]));
    return entries
      .filter(({ name }) => !tables.has(name))
      .map(({ name, type, shape, length, offset, root, crc }) => ({
        name,
        type,
        shape,
        length,
        offset,
        ...(crc === undefined && { root: hex(root) }),
      }));
  }

  /**
   * SHA-256 of header and directory, in hexadecimal: it stands for everything in the file. `undefined` of a file of `save()`, until
   * {@link FormatRoom.writeRemoteFile} has given it one.
   */
  get hash(): string | undefined {
    return this.#directory.hash;
  }

  /**
   * What the file is, in four letters: `BNDL` tensors, `RIDX` a remote index, `RGPH` a remote graph; of what `save()` wrote `GRPH`,
   * `MTRX`, `HNSW`, ..., `COLL` a collection, `EMBC` a collection of texts.
   */
  get kind(): string {
    return this.#directory.kind;
  }

  /** Length of the file. */
  get fileBytes(): number {
    return this.#directory.length;
  }

  /**
   * Is there a segment of that name?
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { Bundle, writeBundle } = await load();
   * const bundle = await Bundle.open(writeBundle({ a: new Uint8Array(3) }));
   * console.log(bundle.has('a'), bundle.has('b')); // true false
   * ```
   */
  has(name: string): boolean {
    return this.#directory.entries.has(name);
  }

  /**
   * Reads a segment, or some of its rows: then only the blocks that these lie in are read (64 KiB each in files of
   * `writeBundle`), and compared with their hashes. A section of a file of `save()` has one checksum: to read some of its rows
   * all of it is read, unless `verify` is `false`.
   *
   * @throws SublinearError `NETWORK`, `CHECKSUM`, `TRUNCATED`, `CHANGED` (open it again); RangeError `RANGE` (no such segment, rows)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { Bundle, writeBundle } = await load();
   * const bundle = await Bundle.open(writeBundle({ names: 'Ada\nBob', ages: new Uint8Array([36, 41]) }));
   * const { data, type } = await bundle.read('names');
   * console.log(type, data.length); // text 7
   * ```
   */
  async read(name: string, options?: ReadOptions): Promise<Tensor> {
    const operation = 'Bundle.read';
    const given = check.options(operation, options, ['from', 'to', 'signal']);
    const { signal } = given;
    const entry = this.#entry(operation, name);
    const { shape, type, length } = entry;
    const rows = shape[0] ?? 1;
    const { from = 0, to = rows } = given;
    check.integer(operation, 'to', to, 0, rows);
    check.integer(operation, 'from', from, 0, to);
    if (from === 0 && to === rows)
      return tensorOf(operation, entry, await this.#bytes(operation, entry, 0, length, signal));
    if (type === 'text')
      throw check.rangeError(operation, 'from', 'no rows of a text', given.from ?? given.to);
    const width = length / rows;
    const bytes = await this.#bytes(operation, entry, from * width, to * width, signal);
    return tensorOf(operation, entry, bytes, [to - from, ...shape.slice(1)]);
  }

  /**
   * The bytes that `save()` wrote, from its file or from one of {@link FormatRoom.writeRemoteFile}: what `load()` and `loadAsync()`
   * of their class take. Reads everything. O(bytes).
   *
   * @throws SublinearError `FORMAT` (no such file), and as {@link Bundle.read}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { Bundle, writeRemoteFile } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2] });
   * const bundle = await Bundle.open(writeRemoteFile(graph.save())); // or its address
   * using again = await Graph.loadAsync(bundle.saved());
   * console.log(again.edgeCount); // 2
   * ```
   */
  async saved(options?: { signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer>> {
    const operation = 'Bundle.saved';
    const { signal } = check.options(operation, options, ['signal']);
    this.#runtime.assertAlive(operation);
    const { entries, hash, length } = this.#directory;
    if (hash === undefined) {
      const whole = [{ offset: 0, length }];
      const [bytes] = await readAll(operation, this.#source, whole, signal, this.traffic);
      return make(operation, length, () => (bytes as Uint8Array).slice());
    }
    const frame = framed(operation, entries);
    const read = (entry: Entry) => this.#bytes(operation, entry, 0, entry.length, signal);
    const between = await read(frame.bytes);
    const ends = frame.endsOf((await read(frame.ends)).slice());
    const size = frame.sections.reduce((sum, each) => sum + each.length, between.length);
    const file = make(operation, size, () => new Uint8Array(size));
    let [from, to] = [0, 0];
    for (const [i, end] of ends.entries()) {
      file.set(between.subarray(from, end), to);
      to += end - from;
      from = end;
      const section = frame.sections[i];
      if (section === undefined) continue;
      file.set(await read(section), to);
      to += section.length;
    }
    return file;
  }

  #entry(operation: string, name: unknown): Entry {
    this.#runtime.assertAlive(operation);
    const entry = this.#directory.entries.get(check.string(operation, 'name', name));
    if (entry === undefined) {
      const names = this.segments.map((segment) => segment.name).join(', ');
      throw check.rangeError(operation, 'name', `one of ${names}`, name);
    }
    return entry;
  }

  /** Bytes `from` to `to` of a segment, of which the blocks that hold them are checked. */
  async #bytes(
    operation: string,
    entry: Entry,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    if (to <= from) return new Uint8Array(0);
    if (entry.crc !== undefined) return this.#section(operation, entry, from, to, signal);
    const blocks = await this.#blocks(operation, entry, from, to, signal);
    const [first, last] = [blocks[0], blocks.at(-1)] as [Block, Block];
    const range = { offset: entry.offset + first.from, length: last.to - first.from };
    const [bytes] = await readAll(operation, this.#source, [range], signal, this.traffic);
    this.#runtime.assertAlive(operation);
    const all = bytes as Uint8Array;
    if (this.#how.verify)
      for (const block of blocks)
        checkLeaf(
          this.#runtime,
          operation,
          all.subarray(block.from - first.from, block.to - first.from),
          block.hash,
        );
    return all.subarray(from - first.from, to - first.from);
  }

  /** Bytes of a section that save() wrote: its checksum is that of all of it, so that all of it is read to check some. */
  async #section(
    operation: string,
    { offset, length, crc }: Entry,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const verify = this.#how.verify && crc !== 'none';
    const range = verify
      ? { offset, length: length + (crc === 'behind' ? 4 : 0) }
      : { offset: offset + from, length: to - from };
    const [bytes] = await readAll(operation, this.#source, [range], signal, this.traffic);
    this.#runtime.assertAlive(operation);
    const all = bytes as Uint8Array;
    if (!verify) return all;
    if (crc === 'behind') checkSection(operation, all, offset);
    else if (typeof crc === 'number' && crc32c(all) !== crc) throw damaged(operation, offset);
    return all.subarray(from, to);
  }

  /** The blocks that hold these bytes, with their hashes. */
  async #blocks(
    operation: string,
    entry: Entry,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<Block[]> {
    const { length, block, root } = entry;
    if (entry.hashes === undefined) return [{ from: 0, to: length, hash: root }];
    const hashes = await this.#table(operation, entry.hashes, signal);
    if (this.#how.verify) checkRoot(this.#runtime, operation, hashes, root);
    const hashAt = (i: number) => hashes.subarray(32 * i, 32 * i + 32);
    const found: Block[] = [];
    if (entry.ends === undefined) {
      for (let i = Math.floor(from / block); i * block < to; i++)
        found.push({ from: i * block, to: Math.min(length, (i + 1) * block), hash: hashAt(i) });
      return found;
    }
    const ends = await this.#table(operation, entry.ends, signal);
    const view = new DataView(ends.buffer, ends.byteOffset, ends.byteLength);
    let before = 0;
    for (let i = 0; i < ends.length / 8; i++) {
      const end = Number(view.getBigUint64(8 * i, true));
      if (end < before || end > length) throw malformed(operation, 'ends of blocks in order');
      if (end > from && before < to) found.push({ from: before, to: end, hash: hashAt(i) });
      before = end;
    }
    if (before !== length) throw malformed(operation, 'blocks that fill their segment');
    return found;
  }

  /** A segment that says something of others; it is one block. */
  async #table(
    operation: string,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const entry = this.#entry(operation, name);
    if (entry.hashes !== undefined) throw malformed(operation, 'tables that are one block');
    const bytes = (await this.#bytes(operation, entry, 0, entry.length, signal)).slice();
    this.#tables.set(name, bytes);
    return bytes;
  }
}

interface Block {
  from: number;
  to: number;
  hash: Uint8Array;
}
