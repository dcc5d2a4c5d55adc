// sublinear index documents.jsonl --text title,body --vector embedding -o documents.slv
// sublinear search documents.slv "quiet hotel" --where 'year>2020'
// sublinear index documents.jsonl --sparse splade -o documents.slv
import type {
  Collection,
  CreateCollectionOptions,
  HybridMatch,
  HybridQuery,
  Item,
  Metadata,
  RecommendedCodes,
  SparseVector,
  Where,
} from '../rooms/hnsw/hnsw.js';
import { checkCodes, type IndexOptions } from './build-index.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, writeFile } from './files.js';
import { chosenCodes, RECALL, saidOf, withThreads } from './gathered.js';
import { print } from './output.js';
import {
  bytes,
  CliError,
  count,
  digits,
  duration,
  facts,
  interrupt,
  type Progress,
  say,
} from './terminal.js';
import { Found, type Line, objects, type TextOptions, textsOf } from './texts.js';

export interface CollectionIndexOptions
  extends Omit<TextOptions, 'text'>,
    Omit<IndexOptions, 'output' | 'labels'> {
  text?: readonly string[];
  /** The field with the sparse vector. */
  sparse?: string;
  /** The field with the vector. */
  vector?: string;
  /** Fields that are kept for conditions; all others by default. */
  metadata?: readonly string[];
}

/** Vectors, texts and metadata of documents in one file. */
export async function buildCollection(
  file: string,
  options: CollectionIndexOptions,
  progress: Progress,
): Promise<void> {
  const { output, text = [], keyword = [], vector, sparse, language } = options;
  if (options.text === undefined && keyword.length > 0)
    throw new CliError('--keyword: only with --text');
  checkCodes(options);
  await assertApart([file], { '--output': output });
  if ([...text, ...keyword].length > new Set([...text, ...keyword]).size)
    throw new CliError('--text and --keyword: expected each field once');
  const withText = options.text !== undefined;
  const { hnsw } = await engineFor(withText ? ['hnsw', 'text'] : ['hnsw'], options);
  const started = performance.now();
  const found = new Found(file);
  const lines = objects(file, progress, found);
  // How long vectors are is known from the first one.
  const first: Line[] = [];
  let dimension: number | undefined;
  while (vector !== undefined && dimension === undefined) {
    const { value, done } = await lines.next();
    if (done) throw new CliError(`--vector ${vector}: no document of ${nameOf(file)} has one`);
    first.push(value);
    dimension = numbers(value, vector)?.length;
  }
  let place = 0;
  async function* items(): AsyncGenerator<Item> {
    async function* all() {
      yield* first;
      yield* lines;
    }
    for await (const line of all()) yield itemOf(line, options, place++);
  }
  const { threads, recall = RECALL } = options;
  let source: AsyncIterable<Item> | Item[] = items();
  let chosen: RecommendedCodes | undefined;
  if (dimension !== undefined && (threads !== undefined || options.codes === 'auto'))
    source = await listed(source);
  if (dimension !== undefined && options.codes === 'auto')
    chosen = await chosenCodes(
      ...([hnsw, options.metric, dimension] as const),
      ...([joined(source as Item[], dimension, file), recall, progress] as const),
    );
  let shape: CreateCollectionOptions;
  let collection: Collection;
  try {
    const fields = {
      ...Object.fromEntries(text.map((name) => [name, {}])),
      ...Object.fromEntries(keyword.map((name) => [name, { keyword: true }])),
    };
    shape = {
      ...vectors(options, dimension, chosen),
      ...(withText && { text: fields, language }),
      ...(sparse !== undefined && { sparse: true }),
    } as CreateCollectionOptions;
    collection = hnsw.Collection.create(shape);
  } catch (error) {
    throw explain(error, { dimension: '--vector' });
  }
  try {
    if (threads === undefined) {
      await collection.addAllAsync(source, { signal: interrupt.signal });
      collection.optimize();
    } else {
      collection.dispose();
      const all = source as Item[];
      const shared = await withThreads(threads, all.length, progress, (how) =>
        hnsw.Collection.buildShared(shape, all, how),
      );
      collection = await hnsw.Collection.openShared(shared);
    }
  } catch (error) {
    throw found.explain(error);
  }
  found.assertFields({
    '--text': text,
    '--keyword': keyword,
    '--sparse': sparse === undefined ? [] : [sparse],
    '--metadata': options.metadata ?? [],
  });
  const ms = performance.now() - started;
  progress.start(`writing ${output}`);
  let written = 0;
  function* pieces(): Generator<Uint8Array> {
    for (const piece of collection.saveInPieces()) {
      written += piece.length;
      yield piece;
    }
  }
  await writeFile(output, pieces());
  progress.stop();
  const { size, index, metric } = collection;
  const few = collection.sparse?.stats();
  const about = {
    documents: nameOf(file),
    output,
    size,
    vectors: index.size,
    ...(dimension !== undefined && { dimension, metric }),
    ...(threads !== undefined && { threads }),
    ...(chosen && { recommended: { wanted: recall, ...chosen } }),
    ...(few && { sparse: few.size, sparseValues: few.values }),
    ...(withText && { fields: [...text, ...keyword], language }),
    bytesWritten: written,
    ms,
  };
  const rows: [string, string][] = [
    [
      'documents',
      `${nameOf(file)}: ${count(size)}${withText ? `, fields ${[...text, ...keyword].join(', ')}` : ''}`,
    ],
    [
      'vectors',
      dimension === undefined ? 'none' : `${count(index.size)} of ${count(dimension)}, ${metric}`,
    ],
    ...(chosen ? [['codes', saidOf(chosen, index.size, recall)] as [string, string]] : []),
    ...(few
      ? [
          ['sparse', `${count(few.size)} vectors of ${count(few.values)} values`] as [
            string,
            string,
          ],
        ]
      : []),
    ['time', duration(ms)],
    ['written', `${output}: ${bytes(written)}`],
    [
      'search',
      `sublinear search ${output} ${withText ? "'some words'" : '--sparse 1:0.5,7:2'} --where 'field=value'`,
    ],
  ];
  if (options.json) say(JSON.stringify(about), output === '-' ? process.stderr : process.stdout);
  else if (!options.quiet) say(facts(rows), process.stderr);
}

async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The vectors of all items that have one, one after another. */
function joined(items: readonly Item[], dimension: number, file: string): Float32Array {
  const own = items.filter(({ vector }) => vector !== undefined);
  const values = new Float32Array(own.length * dimension);
  for (const [i, { key, vector }] of own.entries()) {
    const numbers = vector as ArrayLike<number>;
    if (numbers.length !== dimension)
      throw new CliError(
        `${nameOf(file)}: document ${JSON.stringify(key)}: expected a vector of ${count(dimension)} numbers, got ${count(numbers.length)}`,
      );
    values.set(numbers, i * dimension);
  }
  return values;
}

function vectors(
  options: CollectionIndexOptions,
  dimension: number | undefined,
  chosen: RecommendedCodes | undefined,
) {
  if (dimension === undefined) return {};
  const { metric, exact, m, efConstruction, seed, prefix } = options;
  const { codes, rerank } = chosen ?? options;
  const again = rerank && { rerank };
  if (metric === 'hamming') throw new CliError('--metric hamming: not with --vector');
  if (exact) return { metric, dimension, index: 'flat', codes, ...again };
  return {
    metric,
    dimension,
    m,
    efConstruction,
    seed,
    codes,
    ...again,
    ...(prefix !== undefined && { prefix }),
  };
}

/** The vector of a document; undefined where there is none. */
function numbers({ read, bad }: Line, field: string): number[] | undefined {
  const value = read[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'number'))
    throw bad(`"${field}": expected an array of numbers`);
  return value;
}

/** The sparse vector of a document; undefined where there is none. */
function sparseOf({ read, bad }: Line, field: string): SparseVector | undefined {
  const value = read[field];
  if (value === undefined || value === null) return undefined;
  const expected = `"${field}": expected { "indices": [...], "values": [...] }, or values by index`;
  if (typeof value !== 'object' || Array.isArray(value)) throw bad(expected);
  const { indices, values } = value as { indices?: unknown; values?: unknown };
  const isList = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((each) => typeof each === 'number');
  if (isList(indices) && isList(values)) return { indices, values };
  const pairs = Object.entries(value as Readonly<Record<string, unknown>>);
  const numbers = pairs.map(([, each]) => each);
  if (!pairs.every(([index]) => /^\d+$/.test(index)) || !isList(numbers)) throw bad(expected);
  return { indices: pairs.map(([index]) => Number(index)), values: numbers };
}

function itemOf(line: Line, options: CollectionIndexOptions, place: number): Item {
  const { text = [], keyword = [], vector, sparse, metadata, id } = options;
  const { read, bad } = line;
  const key = id === undefined ? (read.id ?? place) : read[id];
  if (typeof key !== 'string' && typeof key !== 'number')
    throw bad(`"${id ?? 'id'}": expected a text or a number`);
  const own = vector === undefined ? undefined : numbers(line, vector);
  const few = sparse === undefined ? undefined : sparseOf(line, sparse);
  const left = new Set([...text, vector, sparse, id ?? 'id']);
  const kept = Object.entries(read).filter(([name]) =>
    metadata === undefined ? !left.has(name) : metadata.includes(name),
  );
  return {
    key,
    ...(own && { vector: own }),
    ...(few && { sparse: few }),
    ...(options.text && { text: textsOf(line, [...text, ...keyword]) }),
    ...(kept.length > 0 && { metadata: Object.fromEntries(kept) as Metadata }),
  };
}

export interface CollectionSearchOptions extends CommonOptions {
  query?: Float32Array;
  like?: string;
  sparse?: SparseVector;
  where?: Where;
  top: number;
  ef: number;
}

/** Words, a sparse vector, a vector or an item that others are like, or several of these. */
export async function searchCollection(
  file: string,
  source: AsyncIterable<Uint8Array>,
  words: string | undefined,
  options: CollectionSearchOptions,
  progress: Progress,
): Promise<void> {
  const { query, like, sparse, where, top: k, ef } = options;
  if (query !== undefined && like !== undefined)
    throw new CliError('expected one of --query and --like beside words and --sparse');
  const { hnsw } = await engineFor(['hnsw'], options);
  let collection: Collection;
  let matches: HybridMatch[];
  let ms: number;
  try {
    collection = await hnsw.Collection.loadAsync(source, { signal: interrupt.signal });
  } catch (error) {
    throw explain(error, {}, file);
  }
  progress.stop();
  try {
    const asked: HybridQuery = { k, ef, ...(where && { where }) };
    if (words !== undefined) asked.text = words;
    if (sparse !== undefined) asked.sparse = sparse;
    if (query !== undefined) asked.vector = query;
    if (like !== undefined) {
      const found = [like, Number(like)].find((key) => collection.has(key));
      if (found === undefined)
        throw new CliError(`--like ${like}: ${nameOf(file)} has no such label`);
      asked.key = found;
    }
    const started = performance.now();
    matches = collection.search(asked);
    ms = performance.now() - started;
  } catch (error) {
    throw explain(error, {
      query: '--query',
      queries: '--query',
      sparse: '--sparse',
      indices: '--sparse',
      values: '--sparse',
      text: 'words',
    });
  }
  const rank = (part: { rank: number } | undefined) => (part === undefined ? '-' : part.rank + 1);
  const rows = (shown: (score: number) => string | number) =>
    matches.map(({ key, score, parts }, i) => [
      i + 1,
      key,
      shown(score),
      rank(parts.text),
      rank(parts.vector),
      ...(collection.sparse ? [rank(parts.sparse)] : []),
    ]);
  const { size, textFields } = collection;
  print(
    {
      about: [
        [
          'index',
          `${nameOf(file)}: ${count(size)} items, texts ${textFields.join(', ') || 'none'}`,
        ],
        ...(words === undefined ? [] : [['question', words] as [string, string]]),
        ['time', duration(ms)],
      ],
      columns: [
        ...['place', 'id', 'score', 'words', 'vector'],
        ...(collection.sparse ? ['sparse'] : []),
      ],
      rows: rows((score) => score),
      table: rows(digits),
      json: () => ({ index: nameOf(file), size, query: words ?? null, ms, results: matches }),
    },
    options,
  );
}
