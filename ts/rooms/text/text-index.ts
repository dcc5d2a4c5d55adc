// Full-text search.
import { fulltextOptions } from '../../generated/fields/text.js';
import type { Fulltext as RawFulltext } from '../../generated/raw/text.js';
import { runtimeOf } from '../../runtime/bind.js';
import { make } from '../../runtime/brand.js';
import { give } from '../../runtime/fields.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { asyncKeys } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { writeText } from './feed.js';
import { schemaOf, stopWordsOf } from './schema.js';
import { savedSchema } from './schema-saved.js';
import { SearchableTexts } from './searchable-texts.js';
import type { LoadTextOptions, TextIndexOptions } from './types.js';

const languages = { none: 0, english: 1 } as const;

/**
 * An index of documents that finds them by their words: BM25 over several fields, phrases, prefixes, misspelt words, filters and
 * facets. Documents may be added, replaced and removed at any time. The texts themselves are not kept.
 *
 * Case and accents do not matter. Words of Chinese, Japanese and Korean are pairs of characters; those of Thai, Lao, Khmer and
 * Burmese are found by `Intl.Segmenter` where the engine has it.
 */
export class TextIndex extends SearchableTexts {
  /**
   * An empty index.
   *
   * @throws TypeError or RangeError for an option out of its domain; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: { title: { boost: 2 }, body: {}, tags: { keyword: true } } });
   * index.add({ id: 1, fields: { title: 'Zürich', body: 'A city by a lake', tags: ['city', 'lake'] } });
   * index.add({ id: 2, fields: { title: 'Lakes', body: 'Of Zurich', tags: 'lake' } });
   * console.log(index.search('zurich lake').hits.map(({ id }) => id)); // [ 2, 1 ]
   * console.log(index.search('+zurich -tags:city').hits.length); // 1
   * ```
   */
  static create(options: TextIndexOptions): TextIndex {
    const operation = 'TextIndex.create';
    const runtime = runtimeOf(this, operation);
    const keys = ['fields', 'language', 'stem', 'stopWords', 'positions'] as const;
    const given = check.options(operation, options, keys);
    const { language = given.stem === undefined ? 'english' : 'none', positions = true } = given;
    const schema = schemaOf(operation, given);
    const number = check.choice(operation, 'language', language, languages);
    if (schema.stem !== undefined && number !== languages.none)
      throw check.rangeError(
        operation,
        'stem',
        "nothing beside a language; language: 'none'",
        schema.stem,
      );
    const words = stopWordsOf(operation, given, schema);
    const raw = runtime.scratch(operation, (scratch) => {
      const { address, bytes } = writeText(runtime, scratch, JSON.stringify(schema));
      const values = {
        fields: schema.names.length,
        language: number,
        positions: Number(check.boolean(operation, 'positions', positions)),
      };
      return runtime.raw.Fulltext.create(give(runtime, fulltextOptions, values), address, bytes);
    });
    const index = adopt(runtime, operation, TextIndex, raw);
    index.schema = schema;
    try {
      runtime.scratch(operation, (scratch) => {
        const { address, bytes } = writeText(runtime, scratch, words);
        runtime.check(operation, index.use(operation).leaveOut(address, bytes));
      });
    } catch (error) {
      index.dispose();
      throw error;
    }
    return index;
  }

  /**
   * The index as bytes: `TextIndex.load` takes them, in every engine and on every machine. Removed documents that still count are
   * in the file; {@link StoredTexts.optimize} before it makes it smaller.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'kept' } });
   * using again = TextIndex.load(index.save());
   * console.log(again.search('kept').hits.length); // 1
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'TextIndex.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.Fulltext.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB.
   *
   * @throws SublinearError `STATE` when the index is changed between two pieces
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * let bytes = 0;
   * for (const piece of index.saveInPieces()) bytes += piece.length;
   * console.log(bytes === index.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'TextIndex.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.Fulltext.save(use()), use);
  }

  /** @internal The two parts of a file that is read by ranges: everything but the lists of words, and these. */
  parts(operation: string): { head: Uint8Array<ArrayBuffer>; lists: Uint8Array<ArrayBuffer> } {
    const { runtime } = this;
    const raw = this.use(operation);
    const head = saveWhole(runtime, operation, () => runtime.raw.Fulltext.saveHead(raw));
    return { head, lists: listsOf(runtime, operation, raw) };
  }

  /**
   * An index from the bytes that {@link TextIndex.save} gave: it answers with the same bits. Untrusted bytes are safe.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`; TypeError without the stemmer that the index had
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * using again = TextIndex.load(index.saveInPieces());
   * console.log(again.size, again.fields); // 0 [ 'text' ]
   * ```
   */
  static load(bytes: BytesSource, options?: LoadTextOptions): TextIndex {
    const operation = 'TextIndex.load';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['stem']);
    return loadFile(runtime, operation, bytes, indexFile(runtime, operation, given));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * using again = await TextIndex.loadAsync(new Blob([index.save()]).stream());
   * console.log(again.size); // 0
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadTextOptions & LoadAsyncOptions,
  ): Promise<TextIndex> {
    const operation = 'TextIndex.loadAsync';
    const runtime = runtimeOf(this, operation);
    const { stem, ...given } = check.options(operation, options, ['stem', ...asyncKeys]);
    const file = indexFile(runtime, operation, stem === undefined ? {} : { stem });
    return loadFileAsync(runtime, operation, bytes, file, given);
  }
}

function listsOf(runtime: Runtime, operation: string, raw: RawFulltext): Uint8Array<ArrayBuffer> {
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(2);
    runtime.check(operation, raw.lists(at));
    const [address, bytes] = [runtime.f64[at / 8] as number, runtime.f64[at / 8 + 1] as number];
    return make(operation, bytes, () => runtime.u8.slice(address, address + bytes));
  });
}

function indexFile(
  runtime: Runtime,
  operation: string,
  given: LoadTextOptions,
): Loading<RawFulltext, TextIndex> {
  return {
    kind: 'TEXT',
    build: (reader) => runtime.raw.Fulltext.load(reader),
    wrap: (raw) => {
      const index = adopt(runtime, operation, TextIndex, raw);
      try {
        index.schema = savedSchema(runtime, operation, raw, given);
      } catch (error) {
        index.dispose();
        throw error;
      }
      return index;
    },
  };
}
