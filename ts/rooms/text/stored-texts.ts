// What a text index holds: documents that come and go.
import type { Fulltext as RawFulltext } from '../../generated/raw/text.js';
import type { SublinearError } from '../../runtime/errors.js';
import { WasmObject } from '../../runtime/object.js';
import {
  type AsyncOptions,
  asyncKeys,
  asyncOptions,
  type Begun,
  runAsync,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { BATCH_DOCUMENTS, Batch, isPromise, iteratorOf } from './batch.js';
import { writeText } from './feed.js';
import { type DocumentId, idAt, idText } from './ids.js';
import type { Schema } from './schema.js';
import { writeIds } from './text-filter.js';
import type { AddProgress, TextDocument, TextStats } from './types.js';

/** SL_FULLTEXT_FACTS */
const FACTS = 10;

/** Documents of an index; what can be asked of them is in {@link TextIndex}. */
export abstract class StoredTexts extends WasmObject<RawFulltext> {
  #schema: Schema | undefined;

  /** @internal What its fields are called; given once, by who makes it. */
  get schema(): Schema {
    return this.#schema as Schema;
  }
  /** @internal */
  set schema(schema: Schema) {
    this.#schema ??= schema;
  }

  /** @internal */
  protected override facts() {
    return { size: this.size, fields: this.fields.join(', ') };
  }

  /** Documents that can be found. */
  get size(): number {
    return this.use('TextIndex.size').size();
  }

  /** Bytes held in the module's memory. */
  get bytesUsed(): number {
    return this.use('TextIndex.bytesUsed').bytes();
  }

  /** Names of the fields. */
  get fields(): readonly string[] {
    this.use('TextIndex.fields');
    return [...this.schema.names];
  }

  /**
   * Adds a document. Only fields of the index may be named; `null`, `undefined` and what is missing is an empty field. O(length).
   *
   * @throws RangeError `ARGUMENT` when the id is in use, `RANGE` for an id or field that cannot be; SublinearError `MEMORY`. The
   *   index is the same then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['title', 'body'] });
   * index.add({ id: 'a1', fields: { title: 'Quiet hotels', body: 'Rooms near the sea.' } });
   * console.log(index.search('hotel').hits[0]?.id); // a1
   * ```
   */
  add(document: TextDocument): this {
    this.#put('TextIndex.add', [document], false);
    return this;
  }

  /**
   * Adds many documents, faster than one call each. At an error those before it are in the index, and the error tells how many.
   *
   * @throws as {@link StoredTexts.add}; `position` is the document
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.addMany(['one fish', 'two fish'].map((text, id) => ({ id, fields: { text } })));
   * console.log(index.size); // 2
   * ```
   */
  addMany(documents: Iterable<TextDocument>): this {
    const operation = 'TextIndex.addMany';
    if (typeof documents?.[Symbol.iterator] !== 'function')
      throw check.typeError(operation, 'documents', 'documents', documents);
    this.#put(operation, documents, false);
    return this;
  }

  /**
   * {@link StoredTexts.addMany} in slices of about 8 ms that let other tasks run; documents may come from a stream. The index is
   * busy meanwhile. After an abort, those that were added stay.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * async function* documents() {
   *   for (let id = 0; id < 100; id++) yield { id, fields: { text: `page ${id}` } };
   * }
   * await index.addManyAsync(documents());
   * console.log(index.search('77').hits[0]?.id); // 77
   * ```
   */
  async addManyAsync(
    documents: Iterable<TextDocument> | AsyncIterable<TextDocument>,
    options?: AsyncOptions<AddProgress>,
  ): Promise<this> {
    const operation = 'TextIndex.addManyAsync';
    const raw = this.use(operation);
    const how = asyncOptions(operation, check.options(operation, options, asyncKeys));
    const source = iteratorOf(operation, documents);
    let added = 0;
    let coming: Promise<unknown> | undefined;
    let next: IteratorResult<TextDocument> | undefined;
    // Documents that have come by themselves are taken until enough work is done; what is late is waited for.
    const step = (work: number) => {
      const batch: TextDocument[] = [];
      let units = 0;
      let ended = false;
      while (units < work && batch.length < BATCH_DOCUMENTS) {
        const result = next ?? source.next();
        next = undefined;
        if (isPromise(result)) {
          coming = result.then((come) => {
            next = come;
          });
          break;
        }
        if (result.done) {
          ended = true;
          break;
        }
        batch.push(result.value);
        units += 1000;
      }
      if (batch.length > 0) added += this.#put(operation, batch, false, added, raw);
      return ended;
    };
    const pending = () => {
      const wait = coming;
      coming = undefined;
      return wait;
    };
    const { runtime } = this;
    try {
      await runAsync(
        { runtime, operation, step, progress: () => ({ added }), pending },
        [this],
        how,
      );
    } catch (error) {
      // The source is told that no more is wanted; what it says to that must not hold up an abort.
      Promise.resolve(source.return?.()).catch(() => {});
      throw error;
    }
    return this;
  }

  /**
   * Puts a document in place of the one with the same id; where there is none it is added. The old one stays until the new one
   * is in. Words of the old one count in statistics until {@link StoredTexts.optimize}.
   *
   * @throws as {@link StoredTexts.add}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'draft' } });
   * index.update({ id: 1, fields: { text: 'final' } });
   * console.log(index.search('draft').hits.length, index.search('final').hits.length); // 0 1
   * ```
   */
  update(document: TextDocument): this {
    this.#put('TextIndex.update', [document], true);
    return this;
  }

  /**
   * Removes documents: they are not found any more. Their words count in statistics, and take memory, until
   * {@link StoredTexts.optimize}.
   *
   * @throws RangeError `INDEX` for an id that is not there; those before it are removed
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'old' } }).remove(1);
   * console.log(index.size, index.has(1)); // 0 false
   * ```
   */
  remove(id: DocumentId | Iterable<DocumentId>): this {
    const operation = 'TextIndex.remove';
    const many = typeof id === 'object' && id !== null;
    const texts = writeIds(operation, many ? 'ids' : 'id', many ? id : [id]);
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const { address, bytes, lengths } = texts.write(runtime, scratch);
      const list = scratch.u32(lengths.length);
      runtime.u32.set(lengths, list / 4);
      const status = raw.remove(address, bytes, list, lengths.length, runtime.out);
      if (status !== 0) throw this.#failure(operation, lengths.length, 0, 'removed');
    });
    return this;
  }

  /**
   * Whether there is a document of this id.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 5, fields: { text: 'five' } });
   * console.log(index.has(5), index.has('5')); // true false
   * ```
   */
  has(id: DocumentId): boolean {
    const operation = 'TextIndex.has';
    const text = idText(operation, 'id', id);
    const raw = this.use(operation);
    return this.runtime.scratch(operation, (scratch) => {
      const { address, bytes } = writeText(this.runtime, scratch, text);
      return raw.has(address, bytes);
    });
  }

  /** The ids of all documents, oldest first. */
  get ids(): DocumentId[] {
    const operation = 'TextIndex.ids';
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const count = raw.size();
      const lengths = scratch.u32(count);
      raw.keys(0, lengths);
      let bytes = 0;
      for (const length of runtime.u32.subarray(lengths / 4, lengths / 4 + count)) bytes += length;
      const keys = scratch.bytes(bytes);
      raw.keys(keys, lengths);
      let at = keys;
      return Array.from(runtime.copyU32(lengths, count), (length) => {
        const id = idAt(runtime.u8, at, length);
        at += length;
        return id;
      });
    });
  }

  /**
   * Leaves removed documents behind and gives back memory that growing has reserved: afterwards all statistics are those of the
   * documents that are there. Results keep their order but for what the statistics change. Needs as much memory again while it
   * runs. O(postings).
   *
   * @throws SublinearError `MEMORY`; the index is the same then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.addMany([1, 2, 3].map((id) => ({ id, fields: { text: `number ${id}` } }))).remove(2);
   * console.log(index.stats().removed, index.optimize().stats().removed); // 1 0
   * ```
   */
  optimize(): this {
    const operation = 'TextIndex.optimize';
    return runNow(this.runtime, operation, {}, () => this.#optimizing(operation));
  }

  /**
   * {@link StoredTexts.optimize} in slices of about 8 ms that let other tasks run. The index is busy meanwhile; after an abort it
   * is as it was.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'a' } }).remove(1);
   * await index.optimizeAsync();
   * console.log(index.stats().words); // 0
   * ```
   */
  async optimizeAsync(options?: AsyncOptions<WorkProgress>): Promise<this> {
    const operation = 'TextIndex.optimizeAsync';
    const given = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, () => this.#optimizing(operation));
  }

  #optimizing(operation: string): Begun<WorkProgress, this> {
    const raw = this.use(operation);
    this.runtime.check(operation, raw.optimize());
    return { raw, holds: [this], result: () => this };
  }

  /**
   * What the index consists of. Numbers of words and averages count removed documents until {@link StoredTexts.optimize}.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'running runs' } });
   * const { documents, words, stems } = index.stats();
   * console.log(documents, words, stems); // 1 2 1
   * ```
   */
  stats(): TextStats {
    const operation = 'TextIndex.stats';
    const { runtime } = this;
    const raw = this.use(operation);
    const { names } = this.schema;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(FACTS + 2 * names.length);
      raw.facts(at);
      const facts = runtime.copyF64(at, FACTS + 2 * names.length);
      const [documents, removed, words, stems, , postings] = facts as unknown as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const fields = Object.fromEntries(
        names.map((name, i) => {
          const having = facts[FACTS + 2 * i] as number;
          const total = facts[FACTS + 2 * i + 1] as number;
          return [name, { documents: having, averageLength: having === 0 ? 0 : total / having }];
        }),
      );
      return { documents, removed, words, stems, postings, fields };
    });
  }

  // ---- adding --------------------------------------------------------------------------------------------------------

  // Documents to the module, many at a time. Returns how many.
  #put(
    operation: string,
    documents: Iterable<TextDocument>,
    replace: boolean,
    before = 0,
    held?: RawFulltext,
  ): number {
    let batch = new Batch(this.schema);
    let added = 0;
    // Reading a document may run its getters: the index is looked at anew for each batch.
    if (held === undefined) this.use(operation);
    const flush = () => {
      added += this.#send(operation, batch, replace, before + added, held);
      batch = new Batch(this.schema);
    };
    for (const document of documents) {
      try {
        batch.add(operation, document, before + added + batch.count);
      } catch (error) {
        // Those before it are added first, as is said.
        flush();
        throw error;
      }
      if (batch.isFull) flush();
    }
    flush();
    return added;
  }

  #send(
    operation: string,
    batch: Batch,
    replace: boolean,
    before: number,
    held: RawFulltext | undefined,
  ): number {
    const { count } = batch;
    if (count === 0) return 0;
    const { runtime } = this;
    const raw = held ?? this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const parts = scratch.u32(3 * batch.kinds.length);
      const { address, bytes, lengths } = batch.texts.write(runtime, scratch);
      const { u32 } = runtime;
      let at = 0;
      batch.kinds.forEach((kind, i) => {
        const length = lengths[i] as number;
        const place = parts / 4 + 3 * i;
        u32[place] = kind;
        u32[place + 1] = at;
        u32[place + 2] = length;
        at += length;
      });
      const status = raw.add(address, bytes, parts, batch.kinds.length, replace, runtime.out);
      if (status !== 0) throw this.#failure(operation, count, before, 'added');
    });
    return count;
  }

  #failure(operation: string, total: number, before: number, done: string): Error {
    const { runtime } = this;
    const made = before + runtime.outU32();
    const error = runtime.failure(operation) as SublinearError & { position?: number };
    if (total + before > 1) {
      const from = error.position;
      if (from !== undefined) {
        error.message = error.message.replace(`position ${from}`, `position ${from + before}`);
        error.position = from + before;
      }
      error.message = `${error.message}; ${made} documents were ${done}`;
    }
    return error;
  }
}
