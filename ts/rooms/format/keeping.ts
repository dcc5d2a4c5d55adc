// Blocks of remote files in a store of the caller's: what was read once, on any day, is not read from the server again.
import type { Store } from '../../store/common.js';

/** Names of all blocks in the store begin so; the hash of their file follows. */
const ROOT = 'remote/';
const HEAD = 'head';

/** Blocks of one file, and the bytes of all files together. */
export class Keeping {
  readonly #store: Store;
  readonly #most: number;
  /** Everything that is kept, of other files as well, the oldest first. */
  readonly #sizes: Map<string, number>;
  #bytes: number;
  #prefix = '';
  /** One after another: an answer does not wait for them. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(store: Store, most: number, sizes: Map<string, number>) {
    this.#store = store;
    this.#most = most;
    this.#sizes = sizes;
    this.#bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Looks at what is there. A store that fails keeps nothing: whatever it holds is on the server too. */
  static async of(store: Store, most: number): Promise<Keeping> {
    const entries = await store.list(ROOT).catch(() => []);
    return new Keeping(store, most, new Map(entries.map(({ key, size }) => [key, size])));
  }

  /** Is there the head of any file? */
  get hasHeads(): boolean {
    return [...this.#sizes.keys()].some((key) => key.endsWith(`/${HEAD}`));
  }

  /** From now on blocks are those of this file. */
  use(hash: string): void {
    this.#prefix = `${ROOT}${hash.slice(0, 32)}/`;
  }

  head(): Promise<Uint8Array | undefined> {
    return this.get(HEAD);
  }

  putHead(bytes: Uint8Array): void {
    this.put(HEAD, bytes);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const name = this.#prefix + key;
    if (!this.#sizes.has(name)) return undefined;
    try {
      const stream = await this.#store.get(name);
      if (stream !== undefined) return new Uint8Array(await new Response(stream).arrayBuffer());
    } catch {
      // As if it were not there.
    }
    this.#forget(name);
    return undefined;
  }

  put(key: string, bytes: Uint8Array): void {
    const name = this.#prefix + key;
    if (bytes.length > this.#most || this.#sizes.has(name)) return;
    this.#sizes.set(name, bytes.length);
    this.#bytes += bytes.length;
    const gone = this.#excess(name);
    const copy = bytes.slice();
    this.#writing = this.#writing.then(async () => {
      try {
        for (const old of gone) await this.#store.delete(old);
        await this.#store.put(name, copy);
      } catch {
        this.#forget(name);
      }
    });
  }

  /** Is wrong, or was. */
  drop(key: string): void {
    const name = this.#prefix + key;
    this.#forget(name);
    this.#writing = this.#writing.then(async () => {
      await this.#store.delete(name).catch(() => {});
    });
  }

  /** What has to go: of other files first, then the oldest. */
  #excess(name: string): string[] {
    if (this.#bytes <= this.#most) return [];
    const all = [...this.#sizes.keys()].filter((key) => key !== name);
    const others = all.filter((key) => !key.startsWith(this.#prefix));
    const own = all.filter((key) => key.startsWith(this.#prefix));
    const gone: string[] = [];
    for (const key of [...others, ...own]) {
      if (this.#bytes <= this.#most) break;
      this.#forget(key);
      gone.push(key);
    }
    return gone;
  }

  #forget(name: string): void {
    this.#bytes -= this.#sizes.get(name) ?? 0;
    this.#sizes.delete(name);
  }
}
