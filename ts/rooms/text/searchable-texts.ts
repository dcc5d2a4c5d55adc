// What a text index can be asked.
import { fulltextQuestion } from '../../generated/fields/text.js';
import type { TextFilter as RawFilter, Fulltext as RawFulltext } from '../../generated/raw/text.js';
import { give } from '../../runtime/fields.js';
import { isInstance, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { isAscii, tokens } from './analysis.js';
import { writeText } from './feed.js';
import { type DocumentId, idAt, idText, textAt } from './ids.js';
import { type Question, readQuestion, writeClauses } from './query.js';
import { scoreKeys } from './score-keys.js';
import { StoredTexts } from './stored-texts.js';
import { rawFilter, TextFilter } from './text-filter.js';
import type {
  ExplainedPart,
  ExplainedScore,
  FacetValue,
  ScoreOptions,
  SearchTextOptions,
  Suggestion,
  SuggestOptions,
  TextRange,
  TextSearchResult,
} from './types.js';

/** SL_EXPLAINED, and SL_FULLTEXT_FACTS with the place of the one that says whether there are positions. */
const EXPLAINED = 10;
const FACTS = 10;
const POSITIONS_FACT = 9;

const searchKeys = [
  ...scoreKeys,
  'k',
  'offset',
  'filter',
  'count',
  'facets',
  'facetValues',
] as const;

/** Searching the documents of a {@link TextIndex}. */
export abstract class SearchableTexts extends StoredTexts {
  /**
   * The best documents for a query.
   *
   * A query is words and signs: `"several words"` is a phrase, `+word` must be there, `-word` must not, `field:word` looks in one
   * field, `word*` stands for all words that begin so, `word~` and `word~1` for those that are some edits away, `word^2` counts
   * twice. What is written together, as `well-known`, is a phrase. Signs that make no sense are passed over.
   * A query that only says what must not be finds nothing.
   *
   * @throws TypeError or RangeError for an option out of its domain, and for more than 1,024 words; SublinearError `UNSUPPORTED` for a phrase when positions are
   *   not kept, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: { text: {}, kind: { keyword: true } } });
   * const texts = ['the quick brown fox', 'a quick dog', 'brown bears', 'quick brown bread'];
   * index.addMany(texts.map((text, id) => ({ id, fields: { text, kind: id === 3 ? 'food' : 'animal' } })));
   * const ids = (query: string) => index.search(query).hits.map(({ id }) => id);
   * console.log(ids('quick brown'), ids('+quick -brown'), ids('"quick brown" -fox')); // [ 3, 0, 2, 1 ] [ 1 ] [ 3 ]
   * console.log(ids('bre*'), ids('+qiuck~2 +dog')); // [ 3 ] [ 1 ]
   * console.log(index.search('quick', { filter: [1, 2] }).hits.length); // 1
   * const { count, facets } = index.search('quick', { facets: ['kind'] });
   * console.log(count, facets?.kind?.[0]); // 3 { value: 'animal', count: 2 }
   * ```
   */
  search(query: string, options?: SearchTextOptions): TextSearchResult {
    const operation = 'TextIndex.search';
    const { runtime } = this;
    this.use(operation);
    const given = check.options(operation, options, searchKeys);
    const { k = 10, offset = 0, filter, facets, count = false, facetValues = 10 } = given;
    check.integer(operation, 'k', k, 1);
    check.integer(operation, 'offset', offset);
    check.integer(operation, 'facetValues', facetValues, 1, 1000);
    const question = readQuestion(operation, this.schema, this.#positions(operation), query, given);
    const fields = facets === undefined ? undefined : this.#facetFields(operation, facets);
    const counted = check.boolean(operation, 'count', count) || fields !== undefined;
    const own = filter !== undefined && !isInstance(filter, TextFilter);
    const chosen: RawFilter | null =
      filter === undefined
        ? null
        : own
          ? rawFilter(runtime, operation, filter as Iterable<DocumentId>)
          : rawOf(runtime, operation, 'filter', filter as TextFilter, TextFilter);
    try {
      const raw = this.use(operation);
      return runtime.scratch(operation, (scratch) => {
        const written = writeClauses(runtime, scratch, question.clauses);
        const boosts = this.#boosts(scratch.f64(question.boosts.length), question);
        const at = scratch.f64(5);
        const values = {
          k,
          offset,
          scorer: question.scorer,
          k1: question.k1,
          b: question.b,
          count: Number(counted),
        };
        runtime.check(
          operation,
          raw.search(
            written.clauses,
            question.clauses.length,
            written.text,
            written.bytes,
            give(runtime, fulltextQuestion, values),
            boosts,
            chosen,
            at,
          ),
        );
        const result = this.#hits(at);
        if (fields !== undefined)
          result.facets = this.#facets(operation, raw, fields, facetValues, at);
        return result;
      });
    } finally {
      if (own && runtime.alive) chosen?.delete();
    }
  }

  #positions(operation: string): boolean {
    return positionsOf(this.runtime, this.use(operation), this.schema.names.length);
  }

  #boosts(address: number, { boosts }: Question): number {
    this.runtime.f64.set(boosts, address / 8);
    return address;
  }

  #facetFields(operation: string, facets: readonly string[]): readonly string[] {
    if (!Array.isArray(facets))
      throw check.typeError(operation, 'facets', 'array of names', facets);
    for (const name of facets) {
      const field = this.schema.find(operation, 'facets', name);
      if (!this.schema.keywords[field])
        throw check.rangeError(operation, 'facets', 'fields with keyword: true', name);
    }
    return facets;
  }

  #hits(at: number): TextSearchResult {
    const { u8, u32, f64 } = this.runtime;
    const [found, count, scores, keys, pool] = f64.subarray(at / 8, at / 8 + 5) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    const hits = Array.from({ length: found }, (_, i) => {
      const key = keys / 4 + 2 * i;
      const id = idAt(u8, pool + (u32[key] as number), u32[key + 1] as number);
      return { id, score: f64[scores / 8 + i] as number };
    });
    return count < 0 ? { hits } : { hits, count };
  }

  #facets(
    operation: string,
    raw: RawFulltext,
    names: readonly string[],
    most: number,
    at: number,
  ): Record<string, FacetValue[]> {
    const { runtime } = this;
    const facets: Record<string, FacetValue[]> = {};
    for (const name of names) {
      runtime.check(operation, raw.facets(this.schema.find(operation, 'facets', name), most, at));
      facets[name] = this.#counted(at).map(([value, count]) => ({ value, count }));
    }
    return facets;
  }

  #counted(at: number): [string, number][] {
    const { u8, u32, f64 } = this.runtime;
    const [count, list, pool] = f64.subarray(at / 8, at / 8 + 3) as unknown as [
      number,
      number,
      number,
    ];
    return Array.from({ length: count }, (_, i) => {
      const place = list / 4 + 3 * i;
      const text = textAt(u8, pool + (u32[place + 1] as number), u32[place + 2] as number);
      return [text, u32[place] as number];
    });
  }

  /**
   * Why a document has its score: what each word adds to it.
   *
   * @throws RangeError `INDEX` for an id that is not there; as {@link SearchableTexts.search}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'red wine' } }).add({ id: 2, fields: { text: 'white wine' } });
   * const { score, parts } = index.explain(1, 'red wine');
   * console.log(parts.map(({ term }) => term), score === index.search('red wine').hits[0]?.score); // [ 'red', 'wine' ] true
   * ```
   */
  explain(id: DocumentId, query: string, options?: ScoreOptions): ExplainedScore {
    const operation = 'TextIndex.explain';
    const { runtime } = this;
    this.use(operation);
    const given = check.options(operation, options, scoreKeys);
    const question = readQuestion(operation, this.schema, this.#positions(operation), query, given);
    const key = idText(operation, 'id', id);
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const { address, bytes } = writeText(runtime, scratch, key);
      const written = writeClauses(runtime, scratch, question.clauses);
      const boosts = this.#boosts(scratch.f64(question.boosts.length), question);
      const at = scratch.f64(4);
      const { scorer, k1, b } = question;
      const values = { k: 1, offset: 0, scorer, k1, b, count: 0 };
      const { clauses, text, bytes: textBytes } = written;
      const asked = give(runtime, fulltextQuestion, values);
      const count = question.clauses.length;
      runtime.check(
        operation,
        raw.explain(address, bytes, clauses, count, text, textBytes, asked, boosts, at),
      );
      const { u8, f64 } = runtime;
      const [found, list, score, pool] = f64.subarray(at / 8, at / 8 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const parts = Array.from({ length: found }, (_, i): ExplainedPart => {
        const part = Array.from(
          f64.subarray(list / 8 + EXPLAINED * i, list / 8 + EXPLAINED * (i + 1)),
        );
        const [, field, frequency, length, documents, idf, weight, adds, word, wordBytes] =
          part as unknown as [
            number,
            number,
            number,
            number,
            number,
            number,
            number,
            number,
            number,
            number,
          ];
        const value = u8[pool + word] === 1 ? 1 : 0; // values begin with a mark
        return {
          term: textAt(u8, pool + word + value, wordBytes - value),
          field: this.schema.names[field],
          frequency,
          length,
          documents,
          idf,
          weight,
          score: adds,
        };
      });
      return { score: Number.isNaN(score) ? undefined : score, parts };
    });
  }

  /**
   * Words of documents that begin as the last word of the text does: those of most documents first, then the shorter ones.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * ['hotel by the sea', 'hotels', 'hot springs'].forEach((text, id) => index.add({ id, fields: { text } }));
   * console.log(index.suggest('quiet hot').map(({ word }) => word)); // [ 'hotel', 'hotels', 'hot' ]
   * ```
   */
  suggest(text: string, options?: SuggestOptions): Suggestion[] {
    const operation = 'TextIndex.suggest';
    const { runtime } = this;
    const given = check.options(operation, options, ['k', 'fields']);
    check.integer(operation, 'k', given.k ?? 10, 1, 1000);
    const bits = this.schema.bits(operation, given.fields);
    check.string(operation, 'text', text);
    const raw = this.use(operation);
    // Only the last word matters, folded as words are.
    const last = isAscii(text) ? text : (/[\p{L}\p{N}\p{M}'’ʼ]+$/u.exec(text)?.[0] ?? '');
    const folded = isAscii(last) ? last : ([...tokens(last)].at(-1)?.word ?? '');
    return runtime.scratch(operation, (scratch) => {
      const { address, bytes } = writeText(runtime, scratch, folded);
      const at = scratch.f64(3);
      runtime.check(operation, raw.suggest(address, bytes, bits, given.k ?? 10, at));
      return this.#counted(at).map(([word, documents]) => ({ word, documents }));
    });
  }

  /**
   * Where a text has words that a query means, in ascending order: for marks in a list of results. The text is the user's: the
   * index keeps none. Words of a phrase are given wherever they stand; values and what must not be are not looked for.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['text'] });
   * const text = 'Hotels in Zürich: a quiet hotel';
   * const ranges = index.highlight(text, 'zurich hotel');
   * console.log(ranges.map(({ start, end }) => text.slice(start, end))); // [ 'Hotels', 'Zürich', 'hotel' ]
   * ```
   */
  highlight(text: string, query: string, options?: ScoreOptions): TextRange[] {
    const operation = 'TextIndex.highlight';
    const { runtime, schema } = this;
    this.use(operation);
    const given = check.options(operation, options, scoreKeys);
    const { clauses } = readQuestion(operation, schema, true, query, given);
    check.string(operation, 'text', text);
    const words = [...tokens(text)];
    const prepared = words.map(({ word }) => schema.prepared(word).trim() || '-');
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      // A line each, so that it is known which word a mark belongs to.
      const { address, bytes } = writeText(runtime, scratch, prepared.join('\n'));
      const written = writeClauses(runtime, scratch, clauses);
      const at = scratch.f64(2);
      runtime.check(
        operation,
        raw.marks(address, bytes, written.clauses, clauses.length, written.text, written.bytes, at),
      );
      const { f64, u32, u8 } = runtime;
      const [count, list] = [f64[at / 8] as number, f64[at / 8 + 1] as number];
      const ranges: TextRange[] = [];
      let word = 0;
      let seen = address;
      for (let i = 0; i < count; i++) {
        const place = list / 4 + 3 * i;
        for (const end = address + (u32[place] as number); seen < end; seen++)
          if (u8[seen] === 10) word++;
        if (u32[place + 2] === 0) continue;
        const { start, end } = words[word] as TextRange;
        const last = ranges.at(-1);
        if (last !== undefined && start < last.end) last.end = Math.max(end, last.end);
        else ranges.push({ start, end });
      }
      return ranges;
    });
  }
}

/** Whether an index knows where words stand. */
export function positionsOf(runtime: Runtime, raw: RawFulltext, fields: number): boolean {
  return runtime.scratch('TextIndex', (scratch) => {
    const at = scratch.f64(FACTS + 2 * fields);
    raw.facts(at);
    return runtime.f64[at / 8 + POSITIONS_FACT] === 1;
  });
}
