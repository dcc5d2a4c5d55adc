// Vectors in a file on a server, searched without downloading it.
import { runtimeOf } from '../../runtime/bind.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { Metadata } from '../hnsw/metadata.js';
import { readWhere, type Where } from '../hnsw/where.js';
import { type Opened, openIndex } from './head.js';
import type { Held } from './held.js';
import { metrics, type RemoteKey, type RemoteMetric } from './publish.js';
import { openRemote, RemoteFile } from './remote-file.js';
import { type Question, Search } from './search.js';
import { type RemoteOptions, type RemoteSource, remoteKeys } from './source.js';
import type { Traffic } from './traffic.js';

/** Options of {@link RemoteIndex.search}. */
export interface RemoteSearchOptions {
  /** How many neighbours, 1 .. 1,000. 10 by default. */
  k?: number;
  /**
   * How many cells are read. `'auto'`, the default: as few as found `recall` of the neighbours of vectors that were looked
   * for when the file was written, 64 at most.
   */
  probes?: number | 'auto';
  /** For `probes: 'auto'`, above 0 to 1. 0.95 by default. */
  recall?: number;
  /**
   * Bytes that may be read for this search. No limit by default; what does not fit is left out, and `complete` is false. Tables
   * of the metadata, which the first search with `where` reads, count but are always read.
   */
  maxBytes?: number;
  /**
   * Requests that the two rounds of a search may take together, an integer >= 2; 16 by default, 1,000 for a file of this machine,
   * a `Blob` or bytes. Where the nearest cells lie in more places of the file than that, others that lie beside them are read
   * instead of the farthest ones. Requests for metadata and for `exact` come on top.
   */
  maxRequests?: number;
  /** Conditions on the metadata: only what satisfies them is found, in the cells that are read. */
  where?: Where;
  /** `true`: the metadata of what is found are read as well. */
  metadata?: boolean;
  /**
   * `true`: the best by their codes, 2 k + 10 of them, are compared by their own vectors, which are read in a third round (a
   * fourth the first time): distances are exact. For files that were written with `exact: true`.
   */
  exact?: boolean;
  /** Aborting it rejects the promise with `signal.reason`. */
  signal?: AbortSignal;
}

/** What a search in a remote index gives. */
export interface RemoteSearchResult extends Traffic {
  /** Numbers of the vectors as they were written, from 0; the nearest first. */
  ids: Uint32Array;
  /** Distances, from codes of 8 bits a number; with `exact: true` those of the vectors. */
  distances: Float32Array;
  /** Names of the vectors, where the file has some. */
  keys?: RemoteKey[];
  /** With `metadata: true`. */
  metadata?: Metadata[];
  /** Cells that were read, or known already. */
  cells: number;
  /** False where `maxBytes` left something out. */
  complete: boolean;
  /**
   * Share of the ten nearest that the nearest cells held, as many as were read without leaving one out, measured when the file was written, for up to 200 of its own vectors.
   * Queries that are unlike the vectors find less. Absent with `where`.
   */
  expectedRecall?: number;
}

const searchKeys = [
  'k',
  'probes',
  'recall',
  'maxBytes',
  'maxRequests',
  'where',
  'metadata',
  'exact',
  'signal',
] as const;
const K_MOST = 1000;
/** Of a search, on a server and on this machine. */
const REQUESTS = 16;
const READS = 1000;

/**
 * Vector search in a file on any host of static files: nothing is downloaded but what a query needs. Files are written by
 * {@link FormatRoom.writeRemoteIndex}. Everything that arrives is compared with the hashes in the file's head.
 */
export class RemoteIndex extends RemoteFile {
  readonly #held: Held<Opened>;

  /** @internal Made by {@link RemoteIndex.open}. */
  protected constructor(held: Held<Opened>, opening: Traffic) {
    super(held, opening);
    this.#held = held;
  }

  /** @internal */
  protected override facts(): object {
    const { size, dimension } = this;
    return { size, dimension };
  }

  /**
   * Opens a file, in one request or two: its head is read, which has the centres of the cells.
   *
   * @throws SublinearError `NETWORK` (the message says what the server did and what to change), `FORMAT`, `CHECKSUM`,
   * `TRUNCATED`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { RemoteIndex, writeRemoteIndex } = await load();
   * const file = writeRemoteIndex([0, 0, 3, 4, 6, 8], { dimension: 2, metric: 'euclidean', keys: ['a', 'b', 'c'] });
   * using index = await RemoteIndex.open(new Blob([file])); // or its address: 'https://example.org/words.slvr'
   * const { keys, distances } = await index.search([0, 1], { k: 2 });
   * console.log(keys, distances[0]!.toFixed(2)); // [ 'a', 'b' ] 1.00
   * ```
   */
  static async open(source: RemoteSource, options?: RemoteOptions): Promise<RemoteIndex> {
    const operation = 'RemoteIndex.open';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, remoteKeys);
    const held = await openRemote(runtime, operation, source, given, openIndex);
    const Bound = runtime.bind(RemoteIndex) as unknown as new (...parts: unknown[]) => RemoteIndex;
    return new Bound(...held);
  }

  #use(operation: string): Opened {
    return this.#held.use(operation);
  }

  /** How many vectors. */
  get size(): number {
    return this.#use('RemoteIndex.size').facts.rows;
  }
  /** Numbers in a vector. */
  get dimension(): number {
    return this.#use('RemoteIndex.dimension').facts.dimension;
  }
  get metric(): RemoteMetric {
    const { metric } = this.#use('RemoteIndex.metric').facts;
    return Object.keys(metrics)[metric] as RemoteMetric;
  }
  /** How many cells. */
  get cells(): number {
    return this.#use('RemoteIndex.cells').facts.cells;
  }
  /** Whether the file has the vectors themselves, for searches with `exact: true`. */
  get exact(): boolean {
    return this.#use('RemoteIndex.exact').directory.entries.has('vectors');
  }
  /** Bytes of the file that are kept in memory, its head not counted. */
  get cachedBytes(): number {
    return this.#use('RemoteIndex.cachedBytes').cache.bytes;
  }

  /**
   * The nearest vectors, in two rounds: the cells nearest to the query, then details of the best candidates, each with all
   * its requests at once. What was read lately is not read again. Where the file was replaced meanwhile it is opened again, once.
   *
   * @throws SublinearError as {@link RemoteIndex.open}, and `CHANGED`, `DISPOSED`; RangeError `SHAPE`, `RANGE`, `NOT_FINITE`
   * @throws the `signal`'s reason after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { RemoteIndex, writeRemoteIndex } = await load();
   * const file = writeRemoteIndex([1, 0, 0.9, 0.1, 0, 1], {
   *   dimension: 2,
   *   keys: ['x', 'nearly x', 'y'],
   *   metadata: [{ year: 1999 }, { year: 2005 }, { year: 2010 }],
   * });
   * using index = await RemoteIndex.open(file);
   * const found = await index.search([1, 0], { k: 1, where: { year: { gt: 2000 } }, metadata: true });
   * console.log(found.keys, found.metadata, found.complete); // [ 'nearly x' ] [ { year: 2005 } ] true
   * ```
   */
  async search(query: RealArray, options?: RemoteSearchOptions): Promise<RemoteSearchResult> {
    const operation = 'RemoteIndex.search';
    const given = check.options(operation, options, searchKeys);
    const opened = this.#use(operation);
    const question = readQuestion(
      operation,
      opened,
      this.#held.source.local === true,
      query,
      given,
    );
    const { signal } = given;
    if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
      throw check.typeError(operation, 'signal', 'AbortSignal', signal);
    const traffic: Traffic = { requests: 0, bytes: 0, rounds: 0 };
    signal?.throwIfAborted();
    const { runtime, source, how } = this.#held;
    const { verify } = how;
    const { maxBytes } = question;
    const asked = { runtime, operation, source, verify, signal, traffic, maxBytes };
    const answer = await this.#held.ask(
      operation,
      signal,
      traffic,
      (from) => new Search(asked, from).answer(question),
      (now, before) => now.facts.dimension === before.facts.dimension,
    );
    const { facts } = this.#use(operation);
    const measured = facts.recalls[Math.min(answer.leading, facts.recalls.length) - 1];
    return {
      ids: answer.ids,
      distances: answer.distances,
      ...(answer.keys && { keys: answer.keys }),
      ...(answer.metadata && { metadata: answer.metadata }),
      ...traffic,
      cells: answer.cells,
      complete: answer.complete,
      ...(question.where === undefined && { expectedRecall: measured ?? 0 }),
    };
  }
}

function readQuestion(
  operation: string,
  { facts, directory }: Opened,
  local: boolean,
  query: RealArray,
  options: RemoteSearchOptions,
): Question {
  const { k = 10, probes = 'auto', recall = 0.95, maxBytes = Number.POSITIVE_INFINITY } = options;
  const { where, metadata = false, exact = false } = options;
  const { maxRequests = local ? READS : REQUESTS } = options;
  check.integer(operation, 'maxRequests', maxRequests, 2);
  check.integer(operation, 'k', k, 1, K_MOST);
  check.boolean(operation, 'metadata', metadata);
  check.boolean(operation, 'exact', exact);
  if (exact && !directory.entries.has('vectors'))
    throw check.rangeError(
      operation,
      'exact',
      'false for a file that was written without it',
      exact,
    );
  check.number(operation, 'maxBytes', maxBytes);
  if (!(maxBytes >= 0)) throw check.rangeError(operation, 'maxBytes', 'number >= 0', maxBytes);
  check.number(operation, 'recall', recall);
  if (!(recall > 0 && recall <= 1))
    throw check.rangeError(operation, 'recall', 'number > 0, at most 1', recall);
  const numbers = realArray(
    operation,
    'query',
    typeof (query as { toArray?: unknown })?.toArray === 'function'
      ? (query as { toArray(): Float64Array }).toArray()
      : query,
  );
  if (numbers.length !== facts.dimension)
    throw check.shapeError(operation, 'query', facts.dimension, numbers.length);
  const found = facts.recalls.findIndex((share) => share >= recall);
  const auto = found < 0 ? Math.max(1, facts.recalls.length) : found + 1;
  if (probes !== 'auto') check.integer(operation, 'probes', probes, 1);
  return {
    query: numbers,
    k,
    probes: Math.min(probes === 'auto' ? auto : probes, facts.cells),
    maxRequests,
    maxBytes,
    where: where === undefined ? undefined : readWhere(operation, where).conditions,
    metadata,
    exact,
    metric: Object.keys(metrics)[facts.metric] as RemoteMetric,
  };
}
