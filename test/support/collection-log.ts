// A small collection in a store, changed at random beside a plain model, and logs that are damaged.
import type { Collection, HnswRoom, Item } from 'sublinear/hnsw';
import { memoryStore, type Store } from 'sublinear/store';
import { read } from './store.js';

const WORDS = 'sea lake hotel quiet station food red old new town river stone'.split(' ');

export const schemas = {
  vectors: { metric: 'cosine', dimension: 4 },
  flat: { metric: 'euclidean', dimension: 4, index: 'flat' },
  codes: { metric: 'euclidean', dimension: 16, codes: 'int8' },
  bits: { metric: 'hamming', dimension: 32 },
  texts: {
    metric: 'cosine',
    dimension: 4,
    text: { title: { boost: 2 }, body: { stored: false }, tags: { keyword: true } },
  },
  words: { text: ['body'] },
  sparse: { metric: 'cosine', dimension: 4, text: ['title', 'body', 'tags'], sparse: true },
} as const;
export type Schema = keyof typeof schemas;

/** What a collection should hold: by key in the order in which they came. */
export type Model = Map<string | number, Record<string, unknown>>;

export class Changes {
  readonly #next: () => number;
  readonly #schema: Schema;

  constructor(schema: Schema, next: () => number) {
    this.#schema = schema;
    this.#next = next;
  }

  #pick = (most: number) => Math.floor(this.#next() * most);

  vector(): Float32Array | Uint8Array | number[] {
    if (this.#schema === 'bits') return Uint8Array.from({ length: 4 }, () => this.#pick(256));
    // Few different numbers: copies and equal distances, where ids decide.
    const length = this.#schema === 'codes' ? 16 : 4;
    const numbers = Array.from({ length }, () => this.#pick(4) - 1.5);
    return this.#pick(2) === 0 ? numbers : Float32Array.from(numbers);
  }

  sparse() {
    const indices = Uint32Array.from(new Set(Array.from({ length: 5 }, () => this.#pick(9))));
    return { indices, values: Array.from(indices, () => this.#pick(4) - 1.5 + 0.1) };
  }

  text(): Record<string, string | string[]> {
    const words = (many: number) =>
      Array.from({ length: many }, () => WORDS[this.#pick(WORDS.length)]).join(' ');
    if (this.#schema === 'words') return { body: `${words(4)} \ud800 é` };
    return { title: words(2), body: words(6), tags: [words(1), words(1)] };
  }

  #item(): Partial<Item> {
    const vectors = this.#schema !== 'words';
    const texts = ['words', 'texts', 'sparse'].includes(this.#schema);
    const both = this.#pick(3);
    const item: Partial<Item> = {};
    if (vectors && (!texts || both < 2)) item.vector = this.vector();
    if (texts && (!vectors || both > 0)) item.text = this.text();
    if (this.#schema === 'sparse' && this.#pick(2) > 0) item.sparse = this.sparse();
    if (this.#pick(3) > 0) item.metadata = { year: 2000 + this.#pick(8), 'ü "': [null, 'x'] };
    return item;
  }

  /** One change, made to both. */
  make(collection: Collection, model: Model, keys = 40): void {
    const drawn = this.#pick(keys);
    const key = drawn % 2 === 0 ? drawn : `key ${drawn}`;
    const what = this.#pick(100);
    if (what < 60) {
      const item = this.#item();
      collection.add({ key, ...item } as Item);
      model.set(key, { metadata: item.metadata, ...item });
    } else if (what < 80) {
      const before = model.get(key);
      if (before === undefined) return;
      const item = this.#item();
      if (item.metadata === undefined) delete item.metadata;
      collection.update(key, item as never);
      Object.assign(before, item);
    } else if (what < 97) {
      if (collection.remove(key) !== model.delete(key)) throw new Error(`remove ${key}`);
    } else if (what < 99) {
      const year = 2000 + this.#pick(8);
      collection.removeWhere({ year });
      for (const [key, { metadata }] of model)
        if ((metadata as { year?: number } | undefined)?.year === year) model.delete(key);
    } else collection.optimize();
  }
}

/** Everything that a collection holds and what it answers, to be compared. */
export function stateOf(collection: Collection, schema: Schema, changes: Changes): unknown {
  const items = collection.keys.map((key) => collection.get(key));
  if (collection.size === 0) return { items };
  const answers =
    schema === 'words'
      ? ['sea lake', 'old'].map((text) => collection.search({ text, k: 12 }))
      : Array.from({ length: 4 }, () => collection.search(changes.vector(), { k: 12 }));
  const both =
    schema === 'texts' || schema === 'sparse'
      ? collection.search({ text: 'sea old', vector: [1, 0, 0, 1] })
      : [];
  if (schema === 'sparse') both.push(...collection.search({ sparse: changes.sparse(), k: 12 }));
  return { items, answers, both };
}

export type Files = Record<string, Uint8Array<ArrayBuffer>>;

/** What a store holds. */
export async function filesOf(store: Store): Promise<Files> {
  const entries = await store.list();
  const files = entries.map(async ({ key }) => [key, await read(store, key)] as const);
  return Object.fromEntries(await Promise.all(files)) as Files;
}

export async function storeOf(files: Files): Promise<Store> {
  const store = memoryStore();
  for (const [key, bytes] of Object.entries(files)) await store.put(key, bytes);
  return store;
}

/** Where the records of a log begin, and its end. */
export function bordersOf(log: Uint8Array): number[] {
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const borders = [48];
  for (let at = 48; at < log.length; ) {
    at += 16 + view.getUint32(at + 4, true);
    borders.push(at);
  }
  return borders;
}

/**
 * A log with some records, and what the collection held after each of them: of `states`, `0` is that of the snapshot.
 */
export async function recorded(
  room: HnswRoom,
  schema: Schema,
  count: number,
  next: () => number,
): Promise<{ files: Files; states: string[] }> {
  const store = memoryStore();
  const log = await room.CollectionLog.open(store, 'c', schemas[schema] as never);
  const changes = new Changes(schema, next);
  const model: Model = new Map();
  const held = () => JSON.stringify(log.collection.keys.map((key) => log.collection.get(key)));
  const states = [held()];
  while (states.length <= count) {
    const before = log.pendingBytes;
    changes.make(log.collection, model, 6);
    if (log.pendingBytes > before) states.push(held());
  }
  await log.flush();
  const files = await filesOf(store);
  await log.close();
  return { files, states };
}

/**
 * Opens a log that somebody has changed: it either says an error of ours or has the state after some of the records, with what
 * was behind them dropped. Gives how many, or the error's code.
 */
export async function opening(
  room: HnswRoom,
  files: Files,
  states: readonly string[],
  salvage = false,
): Promise<{ records: number; dropped: number } | string> {
  const store = await storeOf(files);
  let log: Awaited<ReturnType<HnswRoom['CollectionLog']['open']>>;
  try {
    log = await room.CollectionLog.open(store, 'c', { salvage });
  } catch (error) {
    const { code, operation } = error as { code?: string; operation?: string };
    if (operation === undefined || code === undefined) throw error;
    return code;
  }
  try {
    const { collection, opened } = log;
    const held = JSON.stringify(collection.keys.map((key) => collection.get(key)));
    if (held !== states[opened.records]) throw new Error(`not the state after ${opened.records}`);
    return { records: opened.records, dropped: opened.droppedBytes };
  } finally {
    await log.close();
  }
}
