// Full-text search in a file that is read by ranges: what a question needs is read, and it is answered as in memory.
import { runtimeOf } from '../../runtime/bind.js';
import { isSublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import type { SearchTextOptions, TextSearchResult } from '../text/types.js';
import type { Held } from './held.js';
import { type Asked, Reader } from './reader.js';
import { openRemote, RemoteFile } from './remote-file.js';
import { type RemoteOptions, type RemoteSource, remoteKeys } from './source.js';
import { bytesOf, type OpenedText, openText, unread } from './text-file.js';
import type { Traffic } from './traffic.js';

/** How a file of texts is opened. */
export interface RemoteTextOptions extends RemoteOptions {
  /** The stemmer that the index was made with: a function is not in a file. */
  stem?: (word: string) => string;
}

/** How it is searched: as `TextIndex.search`, without facets. */
export interface RemoteTextSearchOptions extends Omit<SearchTextOptions, 'facets' | 'facetValues'> {
  /** Aborting it rejects the promise with `signal.reason`. */
  signal?: AbortSignal;
}

/** What `TextIndex.search` gives, and what it has cost. */
export interface RemoteTextResult extends TextSearchResult, Traffic {}

const searchKeys = [
  ...['fields', 'boosts', 'operator', 'prefix', 'fuzzy', 'syntax', 'scorer', 'k1', 'b'],
  ...['k', 'offset', 'filter', 'count', 'signal'],
] as const as readonly (keyof RemoteTextSearchOptions)[];

/**
 * Full-text search in a file on any host of static files, or on this machine: the words and the keys of documents are in memory, and of
 * the lists of documents those are read that a question needs. Files are written by {@link FormatRoom.writeRemoteText}. Everything
 * that arrives is compared with the hashes in the file's head.
 */
export class RemoteText extends RemoteFile {
  readonly #held: Held<OpenedText>;

  /** @internal Made by {@link RemoteText.open}. */
  protected constructor(held: Held<OpenedText>, opening: Traffic) {
    super(held, opening);
    this.#held = held;
  }

  /** @internal */
  protected override facts(): object {
    const { size, fields } = this;
    return { size, fields };
  }

  /**
   * Opens a file, in one request or two: its head is read, which has all words, the keys of documents and their lengths. Takes the
   * module `text`, which is fetched where it is not there.
   *
   * @throws SublinearError `NETWORK`, `FORMAT`, `CHECKSUM`, `TRUNCATED`, `MEMORY`, `LOAD_FAILED`, and `NOT_LOADED` where nothing can be fetched
   *   later: `load()` of `sublinear/text` brings it there; TypeError without the stemmer that the index had
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadText } from 'sublinear/text';
   *
   * const { RemoteText, writeRemoteText } = await load();
   * const { TextIndex } = await loadText();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 'a', fields: { text: 'Quiet rooms by the sea' } }).add({ id: 'b', fields: { text: 'A lodge' } });
   * using remote = await RemoteText.open(new Blob([writeRemoteText(index)])); // or its address: 'https://example.org/docs.sltx'
   * console.log((await remote.search('sea')).hits[0]?.id); // a
   * ```
   */
  static async open(source: RemoteSource, options?: RemoteTextOptions): Promise<RemoteText> {
    const operation = 'RemoteText.open';
    const runtime = runtimeOf(this, operation);
    const { stem, ...given } = check.options(operation, options, [...remoteKeys, 'stem']);
    const open = openText(stem === undefined ? {} : { stem });
    const held = await openRemote(runtime, operation, source, given, open);
    const Bound = runtime.bind(RemoteText) as unknown as new (...parts: unknown[]) => RemoteText;
    return new Bound(...held);
  }

  #use(operation: string): OpenedText {
    return this.#held.use(operation);
  }

  /** Documents that can be found. */
  get size(): number {
    return this.#use('RemoteText.size').head.size;
  }
  /** Names of the fields. */
  get fields(): readonly string[] {
    return this.#use('RemoteText.fields').head.fields;
  }
  /** Bytes that the lists in memory take; no more than `cacheBytes` between questions. */
  get cachedBytes(): number {
    return this.#use('RemoteText.cachedBytes').head.listBytes;
  }
  /** Bytes held in memory: words, keys, lengths, and the lists that are there. */
  get bytesUsed(): number {
    return this.#use('RemoteText.bytesUsed').head.bytesUsed;
  }

  /**
   * The best documents for a query: the hits and the scores of `TextIndex.search`, bit for bit. The lists of its words are read in
   * one round, with all requests at once; those that are in memory are not read again. Where the file was replaced meanwhile it is
   * opened again, once.
   *
   * @throws as `TextIndex.search`; SublinearError as {@link RemoteText.open}, and `CHANGED`, `DISPOSED`
   * @throws the `signal`'s reason after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadText } from 'sublinear/text';
   *
   * const { RemoteText, writeRemoteText } = await load();
   * const { TextIndex } = await loadText();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'red wine' } }).add({ id: 2, fields: { text: 'white wine' } });
   * using remote = await RemoteText.open(writeRemoteText(index));
   * const { hits, requests } = await remote.search('wine -red');
   * console.log(hits.map(({ id }) => id), requests); // [ 2 ] 0
   * ```
   */
  async search(query: string, options?: RemoteTextSearchOptions): Promise<RemoteTextResult> {
    const operation = 'RemoteText.search';
    const { signal, ...given } = check.options(operation, options, searchKeys);
    if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
      throw check.typeError(operation, 'signal', 'AbortSignal', signal);
    const traffic: Traffic = { requests: 0, bytes: 0, rounds: 0 };
    signal?.throwIfAborted();
    const { runtime, source, how } = this.#held;
    const asked: Asked = {
      ...{ runtime, operation, source, verify: how.verify, signal, traffic },
      maxBytes: Number.POSITIVE_INFINITY,
    };
    const found = await this.#held.ask(operation, signal, traffic, (opened) =>
      answer(asked, opened, query, given, how.cacheBytes),
    );
    return { ...found, ...traffic };
  }
}

async function answer(
  asked: Asked,
  opened: OpenedText,
  query: string,
  options: SearchTextOptions,
  cacheBytes: number,
): Promise<TextSearchResult> {
  const { operation, runtime, signal } = asked;
  const { head } = opened;
  const { k: _, offset: __, filter: ___, count: ____, ...score } = options;
  const reader = new Reader(asked, opened);
  const wanted = () => head.wanted(operation, query, score);
  const missing = () => wanted().filter(({ held }) => held === 0);
  // Meanwhile another question may have let lists go.
  for (let blocks = unread(reader, opened, missing()); blocks.length > 0; ) {
    await reader.fetch(blocks);
    signal?.throwIfAborted();
    runtime.assertAlive(operation);
    blocks = unread(reader, opened, missing());
  }
  for (const lists of missing()) head.give(operation, lists.term, bytesOf(reader, opened, lists));
  try {
    return head.search(query, options);
  } catch (error) {
    if (isSublinearError(error)) Object.assign(error, { operation });
    throw error;
  } finally {
    if (!head.disposed) head.keep(operation, wanted(), cacheBytes);
  }
}
