// What indexes and collections take and give.
import type { IndexArray } from '../../runtime/scratch.js';
import type { FieldOptions, ScoreOptions, TextIndexOptions } from '../text/types.js';
import type { Codes, FlatCodes, Rerank } from './code-types.js';
import type { Key } from './collection-items.js';
import type { FilterObject } from './filter.js';
import type { Metadata, ShownText, Stored } from './metadata.js';
import type { SparseVector } from './sparse-types.js';
import type { Where } from './where.js';

/**
 * What "near" means, and what a distance is:
 *
 * - `'cosine'` 1 - cos of the angle, 0 to 2. Vectors are stored with length 1; a zero vector is refused
 * - `'dot'` the negated inner product: the largest product comes first
 * - `'euclidean'` length of the difference
 * - `'manhattan'` sum of the absolute differences
 * - `'hamming'` number of differing bits; vectors are Uint8Array, eight bits a byte
 * - `'poincare'` hyperbolic distance in the Poincare ball; vectors have a length below 1
 *
 * Products and squares are float32. Elements beyond 1e16 are refused. Products and squared differences of numbers below about 1e-19 lose
 * digits, and below 1e-23 they are 0: multiply data of that size by a constant first (`'cosine'` does).
 */
export type Metric = 'cosine' | 'dot' | 'euclidean' | 'manhattan' | 'hamming' | 'poincare';

/** One vector, or several one after another. Numbers are rounded to float32; `'hamming'` takes bytes. */
export type VectorArray = Float32Array | Float64Array | readonly number[] | Uint8Array;

/** What to do with an id that is in use: refuse it, or put the new vector in the place of the old one. */
export type Duplicates = 'error' | 'replace';

export interface AddOptions {
  /** `'error'` by default. */
  duplicates?: Duplicates;
}

export interface AddBatchOptions extends AddOptions {
  /** One for each vector: whole numbers from 0 to 2^32 - 1. */
  ids: IndexArray;
  /** The vectors, one after another: `ids.length * dimension` numbers. */
  vectors: VectorArray;
}

/** How far a batch has come. */
export interface AddProgress {
  added: number;
  total: number;
}

/** What one search and many have in common. */
export interface NeighbourOptions {
  /** How many neighbours, at least 1. 10 by default. */
  k?: number;
  /**
   * Candidates that an approximate search keeps, 64 by default, never less than `k`, and of codes `'rabitq2'` to `'rabitq8'` that
   * are ranked again than twice `k`. An exact index ignores it.
   */
  ef?: number;
  /** Only these ids may be returned. */
  filter?: FilterObject;
}

export interface SearchOptions extends NeighbourOptions {
  /** Only vectors that are at most so far away; all of them when `k` is not given. */
  radius?: number;
  /**
   * 0 to 1: how much it counts that results differ from each other (maximal marginal relevance). 0 keeps the nearest, 1
   * looks only at how far apart they are. The first result is the nearest all the same.
   */
  diversity?: number;
  /** With `diversity`: the nearest among which results are chosen, 4 `k` by default. */
  candidates?: number;
  /**
   * Where to write instead of new arrays, each of at least `k` elements, which has to be given then. The result's arrays are
   * views of the part that was written.
   */
  into?: { ids: Uint32Array; distances: Float32Array };
}

export interface SearchBatchOptions extends NeighbourOptions {
  /** Where to write instead of new arrays, each of `count * k` elements. */
  into?: { ids: Uint32Array; distances: Float32Array };
}

/** Neighbours, nearest first (with `diversity` in the order in which they were chosen). Fewer than `k` when no more may be returned. */
export interface SearchResult {
  ids: Uint32Array;
  distances: Float32Array;
}

/**
 * Neighbours of several queries: those of query q begin at `q * k`, and there are `found[q]` of them. Behind them, up to
 * `k`, stand the id 4294967295 and the distance `Infinity`.
 */
export interface BatchResult extends SearchResult {
  found: Uint32Array;
  k: number;
}

/** How a collection is loaded. */
export interface LoadCollectionOptions extends LoadOptions {
  /** The stemmer that its texts had, where they had one: a function cannot be saved. */
  stem?: (word: string) => string;
}

export interface LoadOptions {
  /** Compare checksums, true by default. Without it damaged numbers may go unseen; it is safe all the same. */
  verify?: boolean;
}

/** What an index needs to know from the beginning. */
export interface FlatOptions {
  metric: Metric;
  /** Numbers in a vector, 1 to 65,536; for `'hamming'` bits, a multiple of 8. */
  dimension: number;
  /** Vectors to make room for at once; the index grows beyond it by itself. 0 by default. */
  capacity?: number;
  /** For `'poincare'`: the curvature of the space is `-curvature`. 1 by default. */
  curvature?: number;
  /**
   * What vectors are compared by, `'none'` (the vectors themselves) by default; see {@link HnswOptions.codes}. `'sketch'` and
   * `'binary'` are for graphs only.
   *
   * `'pq'` is for this index only, and for cosine, dot and euclidean: product quantisation (doi:10.1109/TPAMI.2010.57). Four
   * bits for each four numbers say which of sixteen points, learned from the vectors by k-means, is nearest: a bit a dimension
   * as with `'rabitq'`, and nearer to the vectors where neighbouring numbers depend on each other. The points are learned from
   * the first vectors and again when there are four times as many, as long as that takes less than some hundred milliseconds; with
   * `rerank: 'none'` from at most 1024. How far a distance may be off is measured on vectors of the index, not proven: queries
   * should be like them.
   */
  codes?: FlatCodes;
  /**
   * What is looked at where the codes do not prove a vector too far away, `'float16'` by default: results are the nearest by
   * these, but for one in a hundred that the bound of the codes lets through. `'none'`: distances are those of the codes.
   */
  rerank?: Rerank;
}

/** What an HNSW index needs to know from the beginning. */
export interface HnswOptions extends Omit<FlatOptions, 'codes' | 'rerank'> {
  /** Links a vector on the upper levels, twice as many on the lowest: 2 to 128, 16 by default. More: better recall at high dimension, more memory. */
  m?: number;
  /** Candidates looked at for each insertion, `m` to 65,536, 200 by default. More: a better graph, slower to build. */
  efConstruction?: number;
  /** More vectors are refused; no limit by default. */
  maxElements?: number;
  /** Of the random levels; 42 by default. The same seed and calls give the same graph in every engine. */
  seed?: number;
  /**
   * What the graph is walked with. `'none'` (default): the vectors themselves. `'sketch'` keeps the vectors and a byte a number
   * beside them, which proves most candidates too far away without a look at the vector: the same answers to the bit as
   * `'none'`, faster where dimensions are many; not for manhattan and hamming (for poincare the sketch lies in the tangent space
   * of the origin, whose distances bound hyperbolic ones from below).
   *
   * The others hold less. For cosine, dot and euclidean, with a centre and a width for each dimension that are learned from the
   * vectors, so that an offset or a large dimension costs nothing:
   *
   * - `'int8'` a byte a number: less than half the memory and, ranked again, the recall of the vectors themselves
   * - `'float16'` two bytes a number: nearly the recall of the vectors, without ranking again
   * - `'rabitq4'` four bits a dimension (extended RaBitQ, arXiv:2409.09913): an eighth of the vectors, with an error bound that
   *   says what must be ranked again; `'rabitq2'` and `'rabitq8'` are the same with two and eight bits. From about 100 dimensions on
   * - `'rabitq'` a bit a dimension (RaBitQ, arXiv:2405.12497), for high dimensions and always with `rerank`
   * - `'binary'` the signs as they are, for cosine of vectors around zero: a coarse first pass
   *
   * `Hnsw.recallEstimate` says what they cost on your data.
   */
  codes?: Codes;
  /**
   * What the candidates of `'int8'`, `'rabitq'` (of any bits) and `'binary'` are ranked again with, `'float16'` by default: all of them that
   * the codes do not prove too far away, and more candidates than `ef`, up to four times as many, where the codes cannot tell
   * them apart. Beside `'int8'`, `'float16'` holds what the code has lost, and comes close to `'float32'`. `'none'` keeps nothing
   * but the codes. Beside `'float16'` codes only `'float32'` has an effect. `'rabitq4'` keeps four bits a dimension of what
   * `'rabitq2'`, `'rabitq4'` and `'rabitq8'` have lost: with `codes: 'rabitq4'` a byte a dimension in all, of which a search reads
   * half, and the rest of its candidates only. Such codes are measured from the centre of the first vectors for good.
   */
  rerank?: Rerank;
  /**
   * The graph is walked with the first `prefix` numbers of the vectors, 1 to `dimension - 1`, and what it finds is ranked again by
   * whole vectors (`rerank`, `'float16'` or `'float32'`): for embeddings that are trained so that a prefix is an embedding as well
   * (Matryoshka, arXiv:2205.13147; vectors of others say as much in any of their numbers). `ef` is the number of candidates that are
   * ranked again. Prefixes are compared by `metric`, under cosine scaled to length 1. For cosine, dot and euclidean, without `codes`.
   */
  prefix?: number;
}

/** See {@link Hnsw.recallEstimate}. */
export interface RecallEstimateOptions {
  /** How many neighbours, 10 by default. */
  k?: number;
  /** Candidates that a search keeps, 64 by default. */
  ef?: number;
  /** How many stored vectors are taken as queries, 100 by default, at most all. Not together with `queries`. */
  sample?: number;
  /** Queries of your own, one after another: better, where queries differ from the vectors. */
  queries?: VectorArray;
}

/** What {@link Hnsw.recallEstimate} found. */
export interface RecallEstimate {
  /** The share of the nearest that searches found; 1 where there was nothing to find. */
  recall: number;
  /** Standard error of the recall, from its spread over the queries. */
  standardError: number;
  /** Number of queries. */
  queries: number;
}

/** What {@link Hnsw.tuneFeatures} says of an index. */
export interface TuneFeatures {
  size: number;
  dimension: number;
  /** Of the data around stored vectors, from the distances to their neighbours; 0 where they are all equal. */
  intrinsicDimension: number;
  k: number;
  recall: number;
  [name: string]: number;
}

/** A `Chooser` of `sublinear/chooser` whose methods are values of `ef`, or anything that learns in the same way. */
export interface LearnedEf {
  readonly methods: readonly string[];
  readonly choose: (
    features: TuneFeatures,
    options: { eligible: readonly string[] },
  ) => { method: string; id: number };
  readonly report: (id: number, method: string, run: { cost: number; solved: boolean }) => void;
}

/** Options of {@link Hnsw.tune}. */
export interface TuneOptions extends Pick<RecallEstimateOptions, 'k' | 'sample' | 'queries'> {
  /** The share of the nearest that searches are to find, 0..1, 0.95 by default. */
  recall?: number;
  /**
   * A `Chooser` of `sublinear/chooser` whose methods are values of `ef` (`'16'`, `'32'`): it says from
   * {@link Hnsw.tuneFeatures} where to begin, and is told which values have reached the recall.
   */
  learn?: LearnedEf;
}

/** What {@link Hnsw.tune} found, with the estimate at that `ef`. */
export interface TunedEf extends RecallEstimate {
  ef: number;
  /** False: no value that was tried reaches the recall; `ef` is the largest. */
  reached: boolean;
  /** Estimates that were made. */
  estimates: number;
}

/** How far a repair has come. */
export interface RepairProgress {
  /** Places of vectors that are still to be looked at. */
  left: number;
  /** About how many there were. */
  places: number;
}

/** How far a removal has come. */
export interface RemoveProgress extends RepairProgress {
  removed: number;
  total: number;
}

/** What an index consists of; see {@link Hnsw.stats}. */
export interface HnswStats {
  /** Vectors. */
  size: number;
  /** Of them, those that equal another one: equal vectors are one node of the graph. */
  copies: number;
  /** Places of removed vectors that are not free yet. */
  removed: number;
  /** Free places. */
  free: number;
  /** Levels of the graph; 0 when it is empty. */
  levels: number;
  /** Nodes to which no links lead. `repair()`, `optimize()`, `save()` and loading link them. */
  unreachable: number;
  /** Repairs that ended since the index was made or loaded. */
  repairs: number;
}

export interface CollectionOptions extends Omit<HnswOptions, 'maxElements' | 'codes'> {
  /** See {@link HnswOptions.codes}, and {@link FlatOptions.codes} where `index` is `'flat'`. */
  codes?: Codes | FlatCodes;
  /** `'hnsw'` (default) or `'flat'`, the exact index, which takes no more than metric, dimension, capacity, codes and rerank. */
  index?: 'hnsw' | 'flat';
}

/** How a field of texts is searched, and whether its texts are kept. */
export interface TextFieldOptions extends FieldOptions {
  /** Keep the texts, so that matches show them; true by default. They live on the JavaScript side. */
  stored?: boolean;
}

/** What the texts of a collection are, and how they are made into words; see `TextIndexOptions` of `sublinear/text`. */
export interface TextOptions extends Omit<TextIndexOptions, 'fields'> {
  /** The fields of texts, 1 to 32: their names, or their names with options. */
  text: readonly string[] | Readonly<Record<string, TextFieldOptions>>;
}

/** Sparse vectors of a collection. */
export interface SparseOptions {
  /** True: items may have a sparse vector, in a {@link SparseIndex} of the collection. */
  sparse: true;
}

interface WithoutVectors {
  metric?: never;
  dimension?: never;
  index?: never;
}

/** Vectors, texts, sparse vectors, or any of them together. */
export type CreateCollectionOptions =
  | (CollectionOptions & Partial<TextOptions> & Partial<SparseOptions>)
  | (TextOptions & Partial<SparseOptions> & WithoutVectors)
  | (SparseOptions & Partial<TextOptions> & WithoutVectors);

/** The texts of an item, a field each; a single text where there is one field. What is missing, null or undefined is empty. */
export type ItemText =
  | string
  | Readonly<Record<string, string | readonly string[] | null | undefined>>;

/**
 * A vector, a sparse vector or texts with a key and what is known about them: what JSON can say, and dates, which are kept as ISO
 * text. Only in a collection with texts or sparse vectors an item may have no vector.
 */
export interface Item<Meta extends object = Metadata> {
  key: Key;
  vector?: VectorArray;
  sparse?: SparseVector;
  text?: ItemText;
  metadata?: Meta;
}

/** Words and meaning in one query: `text`, `vector`, `sparse` or several of them. */
export interface HybridQuery<Meta extends object = Metadata> {
  /** Words, with the signs of `TextIndex.search`. */
  text?: string;
  /** A vector. */
  vector?: VectorArray;
  /** A sparse vector. */
  sparse?: SparseVector;
  /** In the place of a vector, and of a sparse vector: those of this item, which is itself left out. */
  key?: Key;
  /** How words are looked for: the fields, all words or any, prefixes, misspelt words, boosts. */
  words?: ScoreOptions;
  /** How many, 10 by default. */
  k?: number;
  /** How many of the best to leave out in front of these, 0 by default. Pages fit together: no result is on two of them. */
  offset?: number;
  /** Only items whose metadata satisfy these conditions: no part looks at others. */
  where?: Where;
  /** Candidates of an approximate search, 64 by default. */
  ef?: number;
  /**
   * How the lists become one. `'rrf'` (default) adds weight / (60 + rank + 1) for ranks from 0 on: scores of any kind go
   * together. `'weighted'` adds weight times the score, stretched to 0 for the worst and 1 for the best of the list.
   */
  fuse?: 'rrf' | 'weighted';
  /** What each part counts, 0 or more; 1 by default. */
  weights?: { text?: number; vector?: number; sparse?: number };
  /**
   * Results of each part that are made into one list, 100 by default. Where more are asked for than these have, those that a look
   * four times as deep finds beside them follow, and so on: their scores may be higher again.
   */
  depth?: number;
  /**
   * 0 (default) to 1: how much it counts that results differ from each other, by the cosine of their vectors (maximal marginal
   * relevance).
   */
  diversity?: number;
  /** A field of the metadata: no more than `perGroup` matches have the same value, and those without one are left out. */
  groupBy?: string;
  /** 1 by default. */
  perGroup?: number;
  /** Fields of the metadata that matches have. All by default. */
  select?: readonly string[];
  /**
   * Gives each candidate a new score, in their order; the highest is the best then. It is called once for the candidates of the
   * first `depth`, and once for each look that is deeper. Not in a worker.
   */
  rerank?: (matches: readonly HybridMatch<Meta>[]) => readonly number[];
}

/** A question of several vectors for groups of items. */
export interface MaxSimOptions {
  /** The field of the metadata that says which items are one document; those that do not have it belong to none. */
  groupBy: string;
  /** How many groups, 10 by default. */
  k?: number;
  /** How many of the best to leave out in front of these, 0 by default. */
  offset?: number;
  /** Only items whose metadata satisfy these conditions. */
  where?: Where;
  /** Candidates of an approximate search, 64 by default. */
  ef?: number;
}

/** A group of items that was found by several vectors. */
export interface MaxSimMatch {
  /** The value of the field. */
  group: string | number | boolean;
  /** The sum of `similarity` over the vectors that were asked with. */
  score: number;
  /** For each vector the item of the group that is nearest to it: 1 - distance for cosine, the negated distance for others. */
  best: { key: Key; similarity: number }[];
}

/** A result of a query for words and meaning, with what each part has to do with it. */
export interface HybridMatch<Meta extends object = Metadata> {
  key: Key;
  /** The sum of what the parts add; with `rerank` what that gave. The highest is the best. */
  score: number;
  /** For each part that has found the item: its rank there from 0 on, the score or distance there, and what that adds. */
  parts: {
    text?: { rank: number; score: number; adds: number };
    vector?: { rank: number; distance: number; adds: number };
    sparse?: { rank: number; score: number; adds: number };
  };
  /** Its texts, those that are kept. */
  text?: ShownText;
  /** Shared with the collection and frozen: copy it to change it. */
  metadata?: Stored<Meta>;
}

export interface FindOptions {
  /** How many, 10 by default. */
  k?: number;
  /** How many of the nearest to leave out in front of these, 0 by default: the second page of ten has `offset: 10`. */
  offset?: number;
  /** Candidates of an approximate search, 64 by default. */
  ef?: number;
  /** Only items whose metadata satisfy these conditions. */
  where?: Where;
  /** Fields of the metadata that matches have, `'a.b'` for those of inner objects; `[]` for none. All by default. */
  select?: readonly string[];
}

export interface GroupOptions {
  /**
   * A field of the metadata: no more than `perGroup` matches have the same value of it, and those that do not have the
   * field, or a list or an object in it, are left out.
   */
  groupBy?: string;
  /** 1 by default. */
  perGroup?: number;
}

export interface Match<Meta extends object = Metadata> {
  key: Key;
  distance: number;
  /** Shared with the collection and frozen: copy it to change it. */
  metadata?: Stored<Meta>;
}

/** What {@link Collection.get} gives. */
export interface Known<Meta extends object = Metadata> {
  key: Key;
  /** Empty for an item without one. */
  vector: Float32Array | Uint8Array;
  /** Its sparse vector, where it has one. */
  sparse?: { indices: Uint32Array; values: Float32Array };
  /** Its texts, those that are kept. */
  text?: ShownText;
  /** Shared with the collection and frozen: copy it to change it. */
  metadata?: Stored<Meta>;
}

/** Options of {@link CollectionLog.open} beside those of a new collection. */
export interface CollectionLogOptions {
  /**
   * The log is compacted by itself when it is longer than this share of the snapshot, a number > 0; 0.5 by default. Opening makes
   * the changes of the log again, which takes as long as they took: less keeps opening short and writes more. `Infinity`: never.
   */
  compactRatio?: number;
  /** Shorter logs are left alone, in bytes; 1 MiB by default. */
  compactMinBytes?: number;
  /**
   * `true`: a log that is damaged before its end is opened up to the damage, and everything behind it is dropped. By default that
   * is an error.
   */
  salvage?: boolean;
}

/** What {@link CollectionLog.open} has found. */
export interface OpenedLog {
  /** Changes that were made again. */
  records: number;
  /** Bytes of the log up to the end of the last whole record. */
  bytes: number;
  /** Bytes behind it that were dropped: of a write that was cut off. 0 after an orderly end. */
  droppedBytes: number;
}
