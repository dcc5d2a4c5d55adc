// Types of the room `text`.
import type { DocumentId } from './ids.js';
import type { TextFilter } from './text-filter.js';

export type { DocumentId } from './ids.js';

/** How a field is searched. */
export interface FieldOptions {
  /** What a match in this field counts, above 0; 1 by default. Searches may choose others. */
  boost?: number;
  /**
   * The field has values (tags, a category, a language) rather than text: each is found as a whole only, exactly as it is
   * written, by `field:value`, and can be counted as a facet.
   */
  keyword?: boolean;
}

/** What an index needs to know from the beginning. */
export interface TextIndexOptions {
  /** The fields of documents, 1 to 32: their names, or their names with options. */
  fields: readonly string[] | Readonly<Record<string, FieldOptions>>;
  /** `'english'` (default) stems words by the Snowball stemmer (Porter2); `'none'` leaves them as they are. */
  language?: 'english' | 'none';
  /**
   * A stemmer of another language, with `language: 'none'`: it gets a word whose case and accents are folded, and gives its
   * stem. A function cannot be saved: `load` takes it again.
   */
  stem?: (word: string) => string;
  /** Words that are left out: `true` for a short list of English ones. None by default. With `stem`, words of their stems. */
  stopWords?: boolean | readonly string[];
  /** Keep where words stand, for phrases; true by default. Costs about a byte a word. */
  positions?: boolean;
}

/** A document: the texts of its fields, those that it has. A field may have several texts. */
export interface TextDocument {
  id: DocumentId;
  fields: Readonly<Record<string, string | readonly string[] | null | undefined>>;
}

/** How a query is understood and scored. */
export interface ScoreOptions {
  /** Fields that are searched; all by default. */
  fields?: readonly string[];
  /** What matches in fields count in this search, above 0; those of the index by default. */
  boosts?: Readonly<Record<string, number>>;
  /** `'or'` (default): documents with any of the words; `'and'`: with all of them. */
  operator?: 'or' | 'and';
  /** Whether each word stands for all words that begin with it, as if it had a `*`: search as you type. */
  prefix?: boolean;
  /** Edits that a word may be away, as if it had a `~`. `'auto'`: none up to 2 letters, 1 up to 5, 2 above. 0 by default. */
  fuzzy?: 0 | 1 | 2 | 'auto';
  /** Whether signs in the query mean something; true by default. Without it all of it is words. */
  syntax?: boolean;
  /** `'bm25'` (default) adds the scores of fields; `'bm25f'` adds their frequencies first, so that a word counts once. */
  scorer?: 'bm25' | 'bm25f';
  /** How much the repetition of a word counts, 1.2 by default. */
  k1?: number;
  /** How much the length of a field counts, 0 to 1, 0.75 by default. */
  b?: number;
}

export interface SearchTextOptions extends ScoreOptions {
  /** Results, 10 by default. */
  k?: number;
  /** Results that are passed over, 0 by default: pages are stable, since equal scores have an order. */
  offset?: number;
  /** Documents that may be found. A {@link TextFilter} is made once for many searches; ids are looked up for this one. */
  filter?: TextFilter | Iterable<DocumentId>;
  /** Count all matches. Nothing can be passed over then: slower where words are frequent. False by default. */
  count?: boolean;
  /** Keyword fields whose values are counted among all matches. */
  facets?: readonly string[];
  /** Values of each facet, the most frequent ones: 10 by default, up to 1,000. */
  facetValues?: number;
}

/** A document that was found. */
export interface TextHit {
  id: DocumentId;
  score: number;
}

export interface FacetValue {
  value: string;
  count: number;
}

/** What {@link SearchableTexts.search} gives. */
export interface TextSearchResult {
  /** The best first; of equal scores the older document. */
  hits: TextHit[];
  /** All matches, with `count` or `facets`. */
  count?: number;
  /** With `facets`: for each the values of matches, the most frequent first. */
  facets?: Record<string, FacetValue[]>;
}

/** What one word adds to the score of a document. */
export interface ExplainedPart {
  /** The word of the index that matched; of a phrase its first one. */
  term: string;
  /** Where; undefined for several fields together, with `'bm25f'`. */
  field: string | undefined;
  /** How often it is there. */
  frequency: number;
  /** Words of the field. */
  length: number;
  /** Documents that have the word there. */
  documents: number;
  idf: number;
  /** Boosts, and for prefixes and fuzzy words how near the word is. */
  weight: number;
  score: number;
}

export interface ExplainedScore {
  /** Undefined when the document does not match. */
  score: number | undefined;
  /** In the order in which they are added. */
  parts: ExplainedPart[];
}

export interface SuggestOptions {
  /** Words, 10 by default, up to 1,000. */
  k?: number;
  /** Fields where they occur; all by default. */
  fields?: readonly string[];
}

export interface Suggestion {
  /** A word of a document, its case and accents folded. */
  word: string;
  /** Documents that have a word of the same stem in one field. */
  documents: number;
}

/** Part of a text, in UTF-16 units: `text.slice(start, end)`. */
export interface TextRange {
  start: number;
  end: number;
}

export interface TextStats {
  /** Documents that can be found. */
  documents: number;
  /** Documents that were removed or replaced and still count in statistics, until `optimize`. */
  removed: number;
  /** Different words, and their stems. */
  words: number;
  stems: number;
  /** Pairs of a stem and a field of a document. */
  postings: number;
  /** For each field: documents that have it, and the words of these on the average. */
  fields: Record<string, { documents: number; averageLength: number }>;
}

export interface LoadTextOptions {
  /** The stemmer that the index was made with, where it had one. */
  stem?: (word: string) => string;
}

/** Where adding of many documents is. */
export interface AddProgress {
  added: number;
}
