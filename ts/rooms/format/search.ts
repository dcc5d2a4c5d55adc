// One search in a remote index: which cells are read, then which details, and what becomes of them.
import type { Remote, RemoteSearch } from '../../generated/raw/format.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Json, Metadata } from '../hnsw/metadata.js';
import type { Conditions } from '../hnsw/where.js';
import { checkLeaf, type Entry, malformed } from './directory.js';
import { exactDistance, exactTable, readVectors } from './exact.js';
import { entryOf, type Opened } from './head.js';
import { allowedBy, fieldNames, fieldsRead, metadataOf, valuesOf } from './metadata.js';
import type { RemoteKey, RemoteMetric } from './publish.js';
import { type Asked, Reader, type Wanted } from './reader.js';
import { GAP, merged, type Range } from './source.js';

/** What is asked. */
export interface Question {
  readonly query: Float32Array | Float64Array;
  readonly k: number;
  readonly probes: number;
  readonly maxRequests: number;
  readonly maxBytes: number;
  readonly where: Conditions | undefined;
  readonly metadata: boolean;
  /** Whether the best are compared by their own vectors. */
  readonly exact: boolean;
  readonly metric: RemoteMetric;
}

/** What is found. */
export interface Answer {
  ids: Uint32Array;
  distances: Float32Array;
  keys: RemoteKey[] | undefined;
  metadata: Metadata[] | undefined;
  cells: number;
  /** The nearest of these without a gap: for what the recall was measured. */
  leading: number;
  complete: boolean;
}

/** Of a budget this share is for cells, the rest for details. */
const FOR_CELLS = 0.75;
/** The same of requests. */
const REQUESTS_FOR_CELLS = 0.625;
/** Gaps between details that are read as well where there are more than requests allow. */
const WIDE_GAP = 65_536;
/** So many times as many cells are looked at as are read, for cells beside others in the file. */
const CANDIDATES = 4;
/** So many candidates are compared by their own vectors for k results. */
const EXACT_FACTOR = 2;
const EXACT_MORE = 10;

type Values = readonly (Json | undefined)[];

export class Search {
  readonly #reader: Reader;
  readonly #opened: Opened;

  constructor(asked: Asked, opened: Opened) {
    this.#reader = new Reader(asked, opened);
    this.#opened = opened;
  }

  get #runtime(): Runtime {
    return this.#reader.asked.runtime;
  }
  get #operation(): string {
    return this.#reader.asked.operation;
  }

  get #remote(): Remote {
    return this.#opened.head.use(this.#operation);
  }

  async answer(question: Question): Promise<Answer> {
    const raw = this.#begin(question.query);
    try {
      return await this.#answer(raw, question);
    } finally {
      if (this.#runtime.alive) raw.delete();
    }
  }

  #begin(query: Float32Array | Float64Array): RemoteSearch {
    const [runtime, operation] = [this.#runtime, this.#operation];
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(4 * query.length);
      runtime.f32.set(query, address / 4);
      const made = runtime.raw.RemoteSearch.create(this.#remote, address, query.length);
      return runtime.made(operation, made);
    });
  }

  async #answer(raw: RemoteSearch, question: Question): Promise<Answer> {
    const [runtime, operation] = [this.#runtime, this.#operation];
    const { k, where } = question;
    const near = runtime.scratch(operation, (scratch) => {
      const most = CANDIDATES * question.probes;
      const at = scratch.u32(most);
      runtime.check(operation, raw.cells(most, at, runtime.out));
      return Array.from(runtime.copyU32(at, runtime.outU32()));
    });
    const columns = where === undefined ? undefined : await this.#columns(where);
    const { cells, leading } = this.#affordable(near, columns ?? [], question);
    const before = this.#reader.asked.traffic.requests;
    await this.#readCells(cells, columns ?? []);
    const used = this.#reader.asked.traffic.requests - before;
    for (const cell of cells) {
      const allowed = where && this.#allowed(where, columns ?? [], cell);
      this.#reader.withBytes(this.#reader.block(`c${cell}`), (address, length) => {
        const mask = allowed === undefined ? 0 : this.#reader.put(allowed);
        try {
          return raw.scan(cell, address, length, mask);
        } finally {
          if (mask !== 0) runtime.raw.free(mask);
        }
      });
    }
    const picked = this.#pick(raw, k);
    await this.#readGroups(raw, picked, Math.max(1, question.maxRequests - used));
    const found = question.exact
      ? await this.#exactly(question, this.#results(raw, EXACT_FACTOR * k + EXACT_MORE))
      : this.#results(raw, k);
    const metadata = question.metadata ? await this.#metadata(found) : undefined;
    return {
      ids: Uint32Array.from(found, ({ id }) => id),
      distances: Float32Array.from(found, ({ distance }) => distance),
      keys: this.#keys(found),
      metadata,
      cells: cells.length,
      leading,
      complete: this.#reader.complete,
    };
  }

  // --- cells --------------------------------------------------------------------------------------------------------

  #place(cell: number): Range & { details: number; entries: number } {
    const [runtime, operation] = [this.#runtime, this.#operation];
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(4);
      runtime.check(operation, this.#remote.place(cell, at));
      const [offset, length, details, entries] = runtime.copyF64(at, 4) as unknown as number[];
      return { offset, length, details, entries } as Range & { details: number; entries: number };
    });
  }

  /**
   * The nearest cells that the budgets allow, in the order of the file. A cell that would need one request more than there may
   * be gives way to the next ones beside others that are read.
   */
  #affordable(
    near: readonly number[],
    columns: readonly Column[],
    { probes, maxRequests }: Question,
  ): { cells: number[]; leading: number } {
    const cells: number[] = [];
    const ranges: Range[] = [];
    const most = Math.max(1, Math.ceil(REQUESTS_FOR_CELLS * maxRequests));
    let left = this.#reader.left * FOR_CELLS;
    let leading = 0;
    for (const [i, cell] of near.entries()) {
      if (cells.length === probes) break;
      const fresh = this.#reader.known(`c${cell}`) ? [] : [this.#place(cell)];
      const more: Range[] = [...fresh];
      for (const column of columns)
        if (!this.#reader.known(column.key(cell))) more.push(column.range(cell));
      const bytes = more.reduce((sum, { length }) => sum + length, 0);
      if (bytes > left) {
        this.#reader.complete = false;
        break;
      }
      // Columns of metadata are beside each other where cells are.
      if (merged([...ranges, ...fresh]).length > most) continue;
      left -= bytes;
      ranges.push(...fresh);
      cells.push(cell);
      if (leading === i) leading++;
    }
    return { cells: cells.sort((a, b) => a - b), leading };
  }

  async #readCells(cells: readonly number[], columns: readonly Column[]): Promise<void> {
    const wanted: Wanted[] = [];
    for (const cell of cells) {
      if (!this.#reader.known(`c${cell}`))
        wanted.push({
          key: `c${cell}`,
          range: this.#place(cell),
          check: (bytes) =>
            this.#reader.withBytes(bytes, (address, length) =>
              this.#remote.checkCell(cell, address, length),
            ),
        });
      for (const column of columns) wanted.push(...this.#wantedOf(column, cell));
    }
    await this.#reader.fetch(wanted);
  }

  // --- details ------------------------------------------------------------------------------------------------------

  #pick(raw: RemoteSearch, k: number): Place[] {
    const [runtime, operation] = [this.#runtime, this.#operation];
    const most = 4 * k + 20;
    return runtime.scratch(operation, (scratch) => {
      const [cells, entries] = [scratch.u32(most), scratch.u32(most)];
      runtime.check(operation, raw.pick(k, most, cells, entries, runtime.out));
      const count = runtime.outU32();
      const entryAt = runtime.copyU32(entries, count);
      return Array.from(runtime.copyU32(cells, count), (cell, i) => ({
        cell,
        entry: entryAt[i] as number,
      }));
    });
  }

  #groupKey({ cell, entry }: Place): string {
    return `d${cell}:${Math.floor(entry / this.#opened.facts.group)}`;
  }

  /** Details of the candidates, the best ones first as far as the budget goes. */
  async #readGroups(raw: RemoteSearch, picked: readonly Place[], most: number): Promise<void> {
    const [runtime, operation] = [this.#runtime, this.#operation];
    const groups = new Map<string, { cell: number; group: number }>();
    for (const place of picked) {
      const group = Math.floor(place.entry / this.#opened.facts.group);
      groups.set(this.#groupKey(place), { cell: place.cell, group });
    }
    const wanted: Wanted[] = [];
    let ranges: Range[] = [];
    let gap = GAP;
    let left = this.#reader.left;
    for (const [key, { cell, group }] of groups) {
      if (this.#reader.known(key)) continue;
      const block = this.#reader.block(`c${cell}`);
      const place = runtime.scratch(operation, (scratch) => {
        const at = scratch.f64(4);
        this.#reader.withBytes(block, (address, length) =>
          this.#remote.group(cell, address, length, group, at),
        );
        return runtime.copyF64(at, 2);
      });
      const range = { offset: place[0] as number, length: place[1] as number };
      if (range.length > left) {
        this.#reader.complete = false;
        continue;
      }
      // Far from the better ones, and so not worth a request more than there may be.
      const more = [...ranges, range];
      if (merged(more, gap).length > most) gap = WIDE_GAP;
      if (merged(more, gap).length > most) continue;
      ranges = more;
      left -= range.length;
      const check = (bytes: Uint8Array) =>
        this.#reader.withBytes(block, (address, length) => {
          const own = this.#reader.put(bytes);
          try {
            return this.#remote.checkGroup(cell, address, length, group, own, bytes.length);
          } finally {
            runtime.raw.free(own);
          }
        });
      wanted.push({ key, range, check });
    }
    await this.#reader.fetch(wanted, gap);
    for (const [key, { cell, group }] of groups) {
      const bytes = this.#reader.known(key);
      if (bytes !== undefined)
        this.#reader.withBytes(bytes, (address, length) =>
          raw.refine(cell, group, address, length),
        );
    }
  }

  /** The best by their own vectors, of those that are the best by their codes. */
  async #exactly({ query, k, metric }: Question, found: readonly Hit[]): Promise<Hit[]> {
    const { directory, facts } = this.#opened;
    const { rows, dimension } = facts;
    const table = exactTable(this.#operation, directory.entries, rows, dimension);
    if (table === undefined) return found.slice(0, k);
    const ids = found.map(({ id }) => id);
    const vectors = await readVectors(this.#reader, table, dimension, ids);
    const asked = Float32Array.from(query);
    return found
      .flatMap((hit) => {
        const vector = vectors.get(hit.id);
        if (vector === undefined) return [];
        return [{ ...hit, distance: exactDistance(metric, asked, vector) }];
      })
      .sort((a, b) => a.distance - b.distance || a.id - b.id)
      .slice(0, k);
  }

  // --- results ------------------------------------------------------------------------------------------------------

  #results(raw: RemoteSearch, k: number): Hit[] {
    const [runtime, operation] = [this.#runtime, this.#operation];
    // Those whose details the budget did not allow are left out.
    const most = 4 * k + 20;
    const hits = runtime.scratch(operation, (scratch) => {
      const [ids, distances] = [scratch.u32(most), scratch.u32(most)];
      const [cells, entries] = [scratch.u32(most), scratch.u32(most)];
      runtime.check(operation, raw.results(most, ids, distances, cells, entries, runtime.out));
      const count = runtime.outU32();
      const all = [ids, cells, entries].map((at) => runtime.copyU32(at, count));
      const at = runtime.copyF32(distances, count);
      return Array.from({ length: count }, (_, i) => ({
        id: all[0]?.[i] as number,
        cell: all[1]?.[i] as number,
        entry: all[2]?.[i] as number,
        distance: at[i] as number,
      }));
    });
    return hits.filter((hit) => this.#reader.has(this.#groupKey(hit))).slice(0, k);
  }

  #keys(hits: readonly Hit[]): RemoteKey[] | undefined {
    const [runtime, operation] = [this.#runtime, this.#operation];
    const { keys } = this.#opened.facts;
    if (keys === 0) return undefined;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return hits.map((hit) => {
      const bytes = this.#reader.block(this.#groupKey(hit));
      const place = runtime.scratch(operation, (scratch) => {
        const at = scratch.f64(4);
        this.#reader.withBytes(bytes, (address, length) =>
          this.#remote.key(hit.cell, hit.entry, address, length, at),
        );
        return runtime.copyF64(at, 2);
      });
      const from = place[0] as number;
      try {
        const text = decoder.decode(bytes.subarray(from, from + (place[1] as number)));
        const key: unknown = keys === 1 ? text : JSON.parse(text);
        if (typeof key === 'string' || typeof key === 'number') return key;
      } catch {
        // as below
      }
      throw malformed(operation, 'keys that are texts or numbers');
    });
  }

  // --- metadata -----------------------------------------------------------------------------------------------------

  #wantedOf(column: Column, cell: number): Wanted[] {
    const key = column.key(cell);
    if (this.#reader.known(key)) return [];
    const check = (bytes: Uint8Array) => {
      const [runtime, operation] = [this.#runtime, this.#operation];
      if (this.#reader.asked.verify) checkLeaf(runtime, operation, bytes, column.hash(cell));
    };
    return [{ key, range: column.range(cell), check }];
  }

  /** The columns that conditions read, or all; the tables that lead to them are read once. */
  async #columns(where?: Conditions): Promise<Column[]> {
    const operation = this.#operation;
    const { directory, facts } = this.#opened;
    if (!directory.entries.has('columns')) return [];
    const small = [...directory.entries.values()].filter(
      ({ name }) => name === 'columns' || /^column\.\d+\.(ends|hashes)$/.test(name),
    );
    await this.#reader.fetchTables(small);
    const names = fieldNames(operation, this.#reader.block('columns'));
    const read = where === undefined ? new Set(names) : fieldsRead(where, names);
    return names
      .map((name, i) => ({ name, i }))
      .filter(({ name }) => read.has(name))
      .map(({ name, i }) => {
        const entry = entryOf(operation, directory, `column.${i}`);
        const { hashes, ends } = entry;
        if (ends === undefined || hashes === undefined)
          throw malformed(operation, 'columns in blocks');
        const [endBytes, hashBytes] = [this.#reader.known(ends), this.#reader.known(hashes)];
        if (endBytes?.length !== 8 * facts.cells || hashBytes?.length !== 32 * facts.cells)
          throw malformed(operation, 'a block of each column for each cell');
        return new Column(operation, name, i, entry, endBytes, hashBytes);
      });
  }

  #values(columns: readonly Column[], cell: number): Map<string, Values> {
    const { entries } = this.#place(cell);
    return new Map(
      columns.map((column) => [
        column.name,
        valuesOf(this.#operation, this.#reader.block(column.key(cell)), entries),
      ]),
    );
  }

  #allowed(where: Conditions, columns: readonly Column[], cell: number): Uint8Array {
    return allowedBy(where, this.#values(columns, cell), this.#place(cell).entries);
  }

  async #metadata(hits: readonly Hit[]): Promise<Metadata[]> {
    const columns = await this.#columns();
    const cells = new Set(hits.map(({ cell }) => cell));
    await this.#reader.fetch(
      [...cells].flatMap((cell) => columns.flatMap((column) => this.#wantedOf(column, cell))),
    );
    const values = new Map([...cells].map((cell) => [cell, this.#values(columns, cell)]));
    return hits.map(({ cell, entry }) =>
      metadataOf(values.get(cell) as Map<string, Values>, entry),
    );
  }
}

interface Place {
  cell: number;
  entry: number;
}

interface Hit extends Place {
  id: number;
  distance: number;
}

/** A field of the metadata. */
class Column {
  readonly name: string;
  readonly #i: number;
  readonly #entry: Entry;
  readonly #ends: DataView;
  readonly #hashes: Uint8Array;

  constructor(
    operation: string,
    name: string,
    i: number,
    entry: Entry,
    ends: Uint8Array,
    hashes: Uint8Array,
  ) {
    this.name = name;
    this.#i = i;
    this.#entry = entry;
    this.#ends = new DataView(ends.buffer, ends.byteOffset, ends.byteLength);
    this.#hashes = hashes;
    for (let cell = 0, before = 0; cell < ends.length / 8; cell++) {
      const end = this.#end(cell);
      if (end < before || end > entry.length)
        throw malformed(operation, 'blocks of columns in order');
      before = end;
    }
  }

  #end(cell: number): number {
    return Number(this.#ends.getBigUint64(8 * cell, true));
  }

  key(cell: number): string {
    return `m${this.#i}:${cell}`;
  }

  range(cell: number): Range {
    const from = cell === 0 ? 0 : this.#end(cell - 1);
    return { offset: this.#entry.offset + from, length: this.#end(cell) - from };
  }

  hash(cell: number): Uint8Array {
    return this.#hashes.subarray(32 * cell, 32 * cell + 32);
  }
}
