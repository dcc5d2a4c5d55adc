// The texts of a collection: an index of the room `text` over them, and those that are kept to be shown.
import { isPlain } from '../../runtime/brand.js';
import { isSublinearError, SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { TextRoom } from '../text/text.js';
import type { TextFilter } from '../text/text-filter.js';
import type { TextIndex } from '../text/text-index.js';
import type { DocumentId, ScoreOptions, TextHit } from '../text/types.js';
import type { SavedTexts } from './collection-file.js';
import type { Items } from './collection-items.js';
import type { ShownText } from './metadata.js';
import type { ItemText, TextFieldOptions, TextOptions } from './types.js';
import type { Where } from './where.js';

/** The texts of an item, read and checked: those for the index, and those that are shown. */
export interface ReadText {
  fields: Record<string, string | string[]>;
  shown: ShownText | undefined;
}

const remedy =
  "await Collection.createAsync() or loadAsync(), which fetch it, or load() of 'sublinear/text' before";

function notLoaded(operation: string): SublinearError {
  const message = `texts need the module "text", which is not loaded: ${remedy}`;
  return new SublinearError('NOT_LOADED', operation, message);
}

/** The room `text`, which must be loaded. */
export function textRoom(runtime: Runtime, operation: string): TextRoom {
  const room = runtime.room<TextRoom>('text');
  if (room === undefined) throw notLoaded(operation);
  return room;
}

/** Loads the room `text` unless it is there. */
export async function bringTextRoom(runtime: Runtime, operation: string): Promise<TextRoom> {
  const room =
    runtime.room<TextRoom>('text') ?? (await runtime.laterRooms.get('text')?.()) ?? undefined;
  runtime.assertAlive(operation);
  if (room === undefined) throw notLoaded(operation);
  return room as TextRoom;
}

export class ItemTexts {
  readonly #room: TextRoom;
  readonly index: TextIndex;
  readonly names: readonly string[];
  /** Whether there are no vectors beside them. */
  readonly alone: boolean;
  readonly #stored: ReadonlySet<string>;
  readonly #shown = new Map<number, ShownText>();

  constructor(room: TextRoom, index: TextIndex, saved: SavedTexts) {
    this.#room = room;
    this.index = index;
    this.names = index.fields;
    this.alone = saved.alone;
    this.#stored = new Set(saved.stored);
  }

  /** For a new collection. */
  static create(
    room: TextRoom,
    operation: string,
    options: TextOptions,
    alone: boolean,
  ): ItemTexts {
    const { text, ...rest } = options;
    const names = Array.isArray(text)
      ? Array.from(text, (name) => check.string(operation, 'text', name))
      : undefined;
    if (names === undefined && !isPlain(text))
      throw check.typeError(operation, 'text', 'array of names, or names with options', text);
    const given = names ? names.map((name) => [name, {}] as const) : Object.entries(text as object);
    const stored: string[] = [];
    const fields: [string, object][] = [];
    for (const [name, each] of given) {
      if (typeof each !== 'object' || each === null)
        throw check.typeError(operation, `text.${name}`, 'object', each);
      const { stored: keep = true, ...how } = each as TextFieldOptions;
      if (check.boolean(operation, `text.${name}.stored`, keep)) stored.push(name);
      fields.push([name, how]);
    }
    if (names !== undefined && new Set(names).size < names.length)
      throw check.rangeError(operation, 'text', 'each name once', names.length);
    const index = named(operation, () =>
      room.TextIndex.create({ fields: Object.fromEntries(fields), ...rest }),
    );
    return new ItemTexts(room, index, { stored, alone });
  }

  get saved(): SavedTexts {
    return { stored: [...this.#stored], alone: this.alone };
  }

  /** Reads the texts of an item: what they run while they are read has run afterwards. */
  read(operation: string, text: ItemText): ReadText {
    const { names } = this;
    let given: Readonly<Record<string, unknown>>;
    if (typeof text === 'string') {
      if (names.length !== 1)
        throw check.typeError(operation, 'text', `object of fields (${names.join(', ')})`, text);
      given = { [names[0] as string]: text };
    } else if (isPlain(text)) given = text as Readonly<Record<string, unknown>>;
    else throw check.typeError(operation, 'text', 'object of fields, or text', text);
    const fields: ReadText['fields'] = {};
    const shown: [string, string | readonly string[]][] = [];
    for (const [name, value] of Object.entries(given)) {
      if (!names.includes(name))
        throw check.rangeError(operation, 'text', `fields of ${names.join(', ')}`, name);
      if (value === undefined || value === null) continue;
      const texts = Array.isArray(value)
        ? Array.from(value, (each) => check.string(operation, `text.${name}`, each))
        : check.string(operation, `text.${name}`, value);
      fields[name] = texts;
      if (this.#stored.has(name))
        shown.push([name, typeof texts === 'string' ? texts : Object.freeze(texts.slice())]);
    }
    return {
      fields,
      shown: shown.length > 0 ? Object.freeze(Object.fromEntries(shown)) : undefined,
    };
  }

  /** Puts the texts of an item in, in place of those that it had. */
  put(operation: string, id: number, { fields, shown }: ReadText): void {
    named(operation, () => this.index.update({ id, fields }));
    this.show(id, shown);
  }

  show(id: number, shown: ShownText | undefined): void {
    if (shown === undefined) this.#shown.delete(id);
    else this.#shown.set(id, shown);
  }

  shownOf(id: number): ShownText | undefined {
    return this.#shown.get(id);
  }

  /** Removes the texts of items, where they have some. */
  remove(operation: string, ids: Iterable<number>): void {
    const there = [...ids].filter((id) => this.index.has(id));
    if (there.length > 0) named(operation, () => this.index.remove(there));
    for (const id of there) this.#shown.delete(id);
  }

  /** The best by words, ids of items. */
  search(
    operation: string,
    query: string,
    k: number,
    items: Items,
    where: Where | undefined,
    options: ScoreOptions | undefined,
  ): TextHit[] {
    const { TextFilter: Class } = this.#room;
    const filter =
      where === undefined
        ? undefined
        : items.setOf<TextFilter>('t', operation, where, (ids) => Class.from(ids));
    // A careless k must not take memory: there are no more results than documents.
    const most = Math.min(k, Math.max(1, this.index.size));
    const how = { ...options, k: most, ...(filter && { filter }) };
    return named(operation, () => this.index.search(query, how)).hits;
  }

  /** Takes what a file says is shown of an item. False when it cannot be. */
  restore(id: number, shown: unknown): boolean {
    if (shown === undefined) return true;
    if (!isPlain(shown)) return false;
    const entries = Object.entries(shown as Readonly<Record<string, unknown>>);
    for (const [name, value] of entries) {
      if (!this.#stored.has(name)) return false;
      if (!isText(value)) return false;
      if (typeof value !== 'string') Object.freeze(value);
    }
    this.#shown.set(id, Object.freeze(shown as ShownText));
    return this.index.has(id as DocumentId);
  }

  dispose(): void {
    this.index.dispose();
  }
}

function isText(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** What the text index refuses is refused by the method that was called. */
function named<T>(operation: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (isSublinearError(error)) Object.assign(error, { operation });
    throw error;
  }
}
