// Blocks of a file that one question reads: each is checked when it comes, kept for the others, and counted against a budget.
import type { Runtime } from '../../runtime/runtime.js';
import type { Cache } from './cache.js';
import { checkLeaf, type Entry, malformed } from './directory.js';
import type { Keeping } from './keeping.js';
import { GAP, merged, type Range, readAll } from './source.js';
import type { Source, Traffic } from './traffic.js';

/** A block that is to be read. `check` throws when it is not what it must be. */
export interface Wanted {
  key: string;
  range: Range;
  check: (bytes: Uint8Array) => void;
}

/** What a question is asked with. */
export interface Asked {
  readonly runtime: Runtime;
  readonly operation: string;
  readonly source: Source;
  readonly verify: boolean;
  readonly signal: AbortSignal | undefined;
  readonly traffic: Traffic;
  readonly maxBytes: number;
}

export class Reader {
  readonly asked: Asked;
  readonly #cache: Cache;
  readonly #keeping: Keeping | undefined;
  /** Blocks that this question uses, whether the cache keeps them or not. */
  readonly #blocks = new Map<string, Uint8Array>();
  /** Bytes that may still be read. */
  left: number;
  /** False once the budget has left something out. */
  complete = true;

  constructor(asked: Asked, { cache, keeping }: { cache: Cache; keeping: Keeping | undefined }) {
    this.asked = asked;
    this.#cache = cache;
    this.#keeping = keeping;
    this.left = asked.maxBytes;
  }

  /** A block that is here: of this question, or kept from another. */
  known(key: string): Uint8Array | undefined {
    const known = this.#blocks.get(key) ?? this.#cache.get(key);
    if (known !== undefined) this.#blocks.set(key, known);
    return known;
  }

  /** A block that was read before. */
  block(key: string): Uint8Array {
    return this.#blocks.get(key) as Uint8Array;
  }

  has(key: string): boolean {
    return this.#blocks.has(key);
  }

  /**
   * Reads, checks and keeps blocks, in the order given: from the store where they are there, else from the server in one
   * round. Gaps of up to `gap` bytes are read as well.
   */
  async fetch(wanted: readonly Wanted[], gap: number = GAP): Promise<void> {
    const { runtime, operation, signal } = this.asked;
    const stored = new Map<string, Uint8Array>();
    if (this.#keeping !== undefined) {
      const found = await Promise.all(wanted.map(({ key }) => this.#keeping?.get(key)));
      signal?.throwIfAborted();
      runtime.assertAlive(operation);
      for (const [i, { key, range }] of wanted.entries())
        if (found[i]?.length === range.length) stored.set(key, found[i]);
    }
    try {
      await this.#take(wanted, stored, gap);
    } catch (error) {
      // Damaged in the store: read from the server.
      if (stored.size === 0 || (error as { code?: string }).code !== 'CHECKSUM') throw error;
      for (const key of stored.keys()) this.#keeping?.drop(key);
      await this.#take(wanted, new Map(), gap);
    }
  }

  async #take(
    wanted: readonly Wanted[],
    stored: ReadonlyMap<string, Uint8Array>,
    gap: number,
  ): Promise<void> {
    const { runtime, operation, source, signal, traffic } = this.asked;
    const ranges = wanted.filter(({ key }) => !stored.has(key)).map(({ range }) => range);
    const size = (parts: readonly Range[]) => parts.reduce((sum, { length }) => sum + length, 0);
    // Bytes between ranges are not worth a budget.
    let parts = merged(ranges, gap);
    if (size(parts) > this.left) parts = merged(ranges, 0);
    this.left -= size(parts);
    const came = await readAll(operation, source, ranges, signal, traffic, parts);
    runtime.assertAlive(operation);
    let next = 0;
    for (const { key, check } of wanted) {
      const bytes = stored.get(key) ?? (came[next++] as Uint8Array);
      check(bytes);
      // A copy: what arrived is one array with its neighbours.
      const own = stored.has(key) ? bytes : bytes.slice();
      this.#blocks.set(key, own);
      this.#cache.set(key, own);
      if (!stored.has(key)) this.#keeping?.put(key, own);
    }
  }

  /** Small segments that are one block each, by their names. */
  async fetchTables(entries: readonly Entry[]): Promise<void> {
    const { runtime, operation, verify } = this.asked;
    const check = (entry: Entry) => (bytes: Uint8Array) => {
      if (entry.hashes !== undefined) throw malformed(operation, 'tables that are one block');
      if (verify && bytes.length > 0) checkLeaf(runtime, operation, bytes, entry.root);
    };
    await this.fetch(
      entries
        .filter(({ name }) => !this.known(name))
        .map((entry) => ({ key: entry.name, range: entry, check: check(entry) })),
    );
  }

  /** Runs a function of C on bytes that are copied into its memory. */
  withBytes(bytes: Uint8Array, call: (address: number, length: number) => number): void {
    const { runtime, operation } = this.asked;
    runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(bytes.length);
      runtime.u8.set(bytes, address);
      runtime.check(operation, call(address, bytes.length));
    });
  }

  /** Bytes in memory that is to be freed. */
  put(bytes: Uint8Array): number {
    const { runtime, operation } = this.asked;
    const address = runtime.raw.alloc(bytes.length);
    if (address === 0) throw runtime.failure(operation);
    runtime.u8.set(bytes, address);
    return address;
  }
}
