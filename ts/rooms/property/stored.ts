// Graphs in a store: one whole file, then files of what has changed, each all or nothing as the store keeps them.
//
//   <key>/g<generation>-<number>-<epoch>-<writer>   number 0: the whole graph; then what has changed since the number before
//   <key>/w<epoch>-<writer>                         who writes: the highest epoch
//
// A writer claims an epoch above all that it sees, once, before its first file, and looks again behind each: a file counts as saved
// when no higher claim was there after it. Who claims later sees it, then, and goes on from it; a file of a lower epoch that comes
// too late stands beside one of a higher epoch, which is the one that is read.
import { SublinearError } from '../../runtime/errors.js';
import { typeError } from '../../runtime/validate.js';
import type { Store } from '../../store/common.js';

/** Files of changes are at most as large as the whole one, or this, before the graph is saved whole again. */
const LEAST = 1 << 16;
const MOST_FILES = 256;

export interface Segment {
  key: string;
  size: number;
  generation: number;
  number: number;
  epoch: number;
  writer: string;
}

/** What a store has of a graph. */
export interface Listing {
  /** Of each generation, the highest first, the files that follow each other from 0. */
  chains: Segment[][];
  files: Segment[];
  claims: { key: string; epoch: number; writer: string }[];
}

const FILE = /^g(\d+)-(\d+)-(\d+)-([0-9a-f]+)$/;
const CLAIM = /^w(\d+)-([0-9a-f]+)$/;

export async function listed(operation: string, store: Store, key: string): Promise<Listing> {
  const prefix = `${key}/`;
  const files: Segment[] = [];
  const claims: Listing['claims'] = [];
  const entries: unknown = await store.list(prefix);
  // Functions that were passed to a worker give nothing back.
  if (!Array.isArray(entries))
    throw typeError(operation, 'store', 'Store of this thread, whose list() gives a list', store);
  for (const entry of entries as Awaited<ReturnType<Store['list']>>) {
    const name = entry.key.slice(prefix.length);
    const file = FILE.exec(name);
    const claim = CLAIM.exec(name);
    if (file !== null) {
      const [generation, number, epoch] = file.slice(1, 4).map(Number) as [number, number, number];
      const writer = file[4] as string;
      files.push({ key: entry.key, size: entry.size, generation, number, epoch, writer });
    } else if (claim !== null)
      claims.push({ key: entry.key, epoch: Number(claim[1]), writer: claim[2] as string });
  }
  return { chains: chainsOf(files), files, claims };
}

function chainsOf(files: readonly Segment[]): Segment[][] {
  const chains = new Map<number, Segment[]>();
  // Of those with one number the highest epoch comes last, and stays.
  for (const file of [...files].sort((a, b) => a.epoch - b.epoch)) {
    const chain = chains.get(file.generation) ?? [];
    chains.set(file.generation, chain);
    chain[file.number] = file;
  }
  return [...chains]
    .sort(([a], [b]) => b - a)
    .map(([, chain]) => {
      const gap = Array.from(chain).indexOf(undefined as never);
      return gap < 0 ? chain : chain.slice(0, gap);
    })
    .filter((chain) => chain.length > 0);
}

/** What is written next. */
export interface Turn {
  /** What has changed, not all. */
  since: boolean;
  segment: Omit<Segment, 'size'>;
}

/** One graph under one key of a store, as this program last knew it. */
export class Link {
  readonly #store: Store;
  readonly #key: string;
  readonly #writer = crypto.randomUUID().slice(0, 8);
  /** The files that make the graph as it was saved last; none: it is saved whole. */
  #chain: readonly Segment[];
  /** The last file that was there when it was opened; null: whatever is there is replaced. */
  readonly #last: Segment | undefined | null;
  #epoch: number | undefined;
  /** One save after another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    store: Store,
    key: string,
    opened?: { chain: readonly Segment[]; last: Segment | undefined },
  ) {
    this.#store = store;
    this.#key = key;
    this.#chain = opened?.chain ?? [];
    this.#last = opened ? opened.last : null;
  }

  /** Runs `body` when those before it have ended. */
  inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(body);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Makes sure that nobody else has written, and says what comes next. */
  async prepare(operation: string): Promise<Turn> {
    let listing = await listed(operation, this.#store, this.#key);
    if (this.#epoch === undefined) {
      this.#check(operation, listing);
      const known = [...listing.files, ...listing.claims].map(({ epoch }) => epoch);
      const epoch = 1 + Math.max(0, ...known);
      const claim = `${this.#key}/w${epoch}-${this.#writer}`;
      await this.#store.put(claim, new Uint8Array(1));
      listing = await listed(operation, this.#store, this.#key);
      this.#epoch = epoch;
      try {
        this.#check(operation, listing);
        this.#checkClaims(operation, listing);
      } catch (error) {
        this.#epoch = undefined;
        await this.#store.delete(claim);
        throw error;
      }
      for (const { key, epoch: other } of listing.claims)
        if (other < epoch) await this.#store.delete(key);
    } else this.#checkClaims(operation, listing);
    return this.#next(listing);
  }

  #next({ files }: Listing): Turn {
    const chain = this.#chain;
    const whole = chain[0]?.size ?? 0;
    const changes = chain.reduce((sum, { size }) => sum + size, 0) - whole;
    const since =
      chain.length > 0 && chain.length < MOST_FILES && changes <= Math.max(LEAST, whole);
    const generation = since
      ? (chain[0] as Segment).generation
      : 1 + Math.max(0, ...files.map((file) => file.generation));
    const number = since ? chain.length : 0;
    const [epoch, writer] = [this.#epoch as number, this.#writer];
    const key = `${this.#key}/g${generation}-${number}-${epoch}-${writer}`;
    return { since, segment: { key, generation, number, epoch, writer } };
  }

  /** After a file was put: whether it counts. Takes away what is not needed any more. */
  async settle(operation: string, { since, segment }: Turn, size: number): Promise<void> {
    const listing = await listed(operation, this.#store, this.#key);
    this.#checkClaims(operation, listing);
    this.#chain = [...(since ? this.#chain : []), { ...segment, size }];
    if (since) return;
    for (const { key, generation } of listing.files)
      if (generation < segment.generation) await this.#store.delete(key);
  }

  /** Refuses what somebody else has written since. */
  #check(operation: string, { chains }: Listing): void {
    if (this.#last !== null && this.#last?.key !== chains[0]?.at(-1)?.key)
      throw this.#refusal(operation);
  }

  #checkClaims(operation: string, { claims }: Listing): void {
    const epoch = this.#epoch as number;
    if (claims.some((claim) => claim.epoch >= epoch && claim.writer !== this.#writer))
      throw this.#refusal(operation);
  }

  #refusal(operation: string): SublinearError {
    const message = `"key" ${JSON.stringify(this.#key)} was saved by another writer since this graph was opened or saved; nothing of theirs was replaced. Open it again, and do the changes there`;
    return new SublinearError('CHANGED', operation, message, { argument: 'key' });
  }
}
