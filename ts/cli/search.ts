// sublinear search words.slv --like coffee
import type { Flat, Hnsw, SparseVector, VectorArray, Where } from '../rooms/hnsw/hnsw.js';
import { searchCollection } from './collections.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { opened as fileOpened, nameOf } from './files.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, interrupt, type Progress } from './terminal.js';
import { searchTexts } from './texts.js';
import { openVectors, vectorError } from './vectors.js';

export interface SearchOptions extends CommonOptions {
  query?: Float32Array;
  queries?: string;
  like?: string;
  sparse?: SparseVector;
  where?: Where;
  top: number;
  ef: number;
}

/** A vector by the name that the index has for it: a label, or the row of the file it came from. */
type Name = string | number;
interface Match {
  name: Name;
  distance: number;
}

/** An index with or without labels. */
interface Opened {
  index: Flat | Hnsw;
  labelled: boolean;
  find(vector: VectorArray, k: number): Match[];
  /** Undefined when there is no such vector. */
  get(name: string): { name: Name; vector: VectorArray } | undefined;
}

/** Between two looks at the clock while many queries are answered. */
const SLICE_MS = 10;

/** Words are for texts, the other questions for vectors; of a collection several may be asked at once. */
export async function searchParts(
  file: string,
  words: string | undefined,
  options: SearchOptions,
  progress: Progress,
): Promise<void> {
  const { query, queries, like } = options;
  if (queries !== undefined)
    throw new CliError(
      `expected ${words === undefined ? '--sparse' : 'words'} or --queries, not both`,
    );
  const { head, bytes } = await fileOpened(file, progress);
  if (isCollection(head.bytes)) return searchCollection(file, bytes, words, options, progress);
  if (words === undefined || options.sparse !== undefined)
    throw new CliError(
      `--sparse: ${nameOf(file)} has no sparse vectors; "sublinear index --sparse" keeps some`,
    );
  if (query !== undefined || like !== undefined)
    throw new CliError(
      'expected words, or one of --query and --like: both only of an index that was made with --text and --vector',
    );
  refuseWhere(file, options);
  await searchTexts(file, bytes, words, options, progress);
}

function isCollection(begin: Uint8Array): boolean {
  return Buffer.from(begin.subarray(0, 5)).toString('latin1') === 'slcol';
}

/** Only collections know more of an item than its vector or its words. */
function refuseWhere(file: string, { where }: SearchOptions): void {
  if (where !== undefined)
    throw new CliError(
      `--where: ${nameOf(file)} has no metadata; "sublinear index --vector" keeps some`,
    );
}

export async function search(
  file: string,
  options: SearchOptions,
  progress: Progress,
): Promise<void> {
  const { query, queries, like, top, ef } = options;
  if ([query, queries, like].filter((given) => given !== undefined).length !== 1)
    throw new CliError('expected words, or one of --query, --queries and --like (see --help)');
  if (file === '-' && queries === '-')
    throw new CliError('only one of index and queries can come from standard input');
  outputFormat(options);
  const engine = await engineFor(['hnsw'], options);
  const opened = await open();
  const { metric, dimension, size } = opened.index;
  const bits = metric === 'hamming';
  const exact = opened.index instanceof engine.hnsw.Flat;

  let ms = 0;
  const results: { query: Name; matches: Match[] }[] = [];
  if (like !== undefined) results.push({ query: like, matches: alike(like) });
  else if (query !== undefined) results.push({ query: 0, matches: near(query) });
  else await searchFile(queries as string);
  progress.stop();
  const called = opened.labelled ? 'label' : 'vector';
  // One question needs no column that says which.
  const several = queries !== undefined;
  print(
    {
      about: about(),
      columns: [...(several ? ['query'] : []), 'place', called, 'distance'],
      rows: rowsOf((distance) => distance),
      table: [...rowsOf(digits)],
      json: asJson,
    },
    options,
  );

  async function open(): Promise<Opened> {
    const { Collection, Flat, Hnsw } = engine.hnsw;
    const how = { signal: interrupt.signal };
    try {
      const { head, bytes } = await fileOpened(file, progress);
      const begin = Buffer.from(head.bytes);
      if (begin.length === 0) throw new CliError(`${nameOf(file)}: is empty, expected an index`);
      if (begin.toString('latin1', 0, 5) === 'slcol') {
        const collection = await Collection.loadAsync(bytes, how);
        // Of texts alone, or of items none of which has a vector.
        if (collection.size > 0 && collection.index.size === 0)
          throw new CliError(`${nameOf(file)} has no vectors: search it by words or --sparse`);
        return {
          index: collection.index,
          labelled: true,
          find: (vector, k) =>
            collection
              .search(vector, { k, ef, ...(options.where && { where: options.where }) })
              .map(({ key, distance }) => ({ name: key, distance })),
          get(name) {
            const found = collection.get(name) ?? collection.get(Number(name));
            return found && { name: found.key, vector: found.vector };
          },
        };
      }
      refuseWhere(file, options);
      // The kind of file, docs/format.md.
      const flat = begin.toString('latin1', 12, 16) === 'FLAT';
      const index = await (flat ? Flat.loadAsync(bytes, how) : Hnsw.loadAsync(bytes, how));
      return {
        index,
        labelled: false,
        find(vector, k) {
          const { ids, distances } = index.search(vector, { k, ef });
          return Array.from(ids, (name, i) => ({ name, distance: distances[i] as number }));
        },
        get(name) {
          const id = /^\d+$/.test(name) ? Number(name) : -1;
          return id >= 0 && id < 2 ** 32 && index.has(id)
            ? { name: id, vector: index.get(id) }
            : undefined;
        },
      };
    } catch (error) {
      throw explain(error, {}, file);
    }
  }

  function find(vector: VectorArray, k: number): Match[] {
    const started = performance.now();
    const matches = opened.find(vector, Math.min(k, Math.max(1, size)));
    ms += performance.now() - started;
    return matches;
  }

  /** Numbers from the command line. */
  function near(numbers: Float32Array): Match[] {
    if (numbers.length !== dimension) {
      const unit = bits ? 'bits' : 'numbers';
      throw new CliError(
        `--query: ${numbers.length} ${unit}, but the vectors of ${nameOf(file)} have ${dimension}`,
      );
    }
    try {
      return find(bits ? packed(numbers) : numbers, top);
    } catch (error) {
      throw explain(error, { query: '--query', queries: '--query' });
    }
  }

  /** The neighbours of a stored vector, without itself. */
  function alike(wanted: string): Match[] {
    const stored = opened.get(wanted);
    if (stored === undefined) {
      const kind = opened.labelled
        ? 'label'
        : 'vector: the index has no labels, its vectors are called by their numbers from 0 on';
      throw new CliError(`--like ${wanted}: ${nameOf(file)} has no such ${kind}`);
    }
    if (stored.vector.length === 0)
      throw new CliError(`--like ${wanted}: ${nameOf(file)} has no vector of it, only its texts`);
    return find(stored.vector, top + 1)
      .filter(({ name }) => name !== stored.name)
      .slice(0, top);
  }

  async function searchFile(path: string): Promise<void> {
    const source = await openVectors(path, {
      dimension,
      from: nameOf(file),
      bits,
      single: true,
      progress,
      label: 'searching',
    });
    let due = performance.now() + SLICE_MS;
    for await (const { first, count: many, values } of source.batches) {
      const width = values.length / many;
      for (let i = 0; i < many; i++) {
        try {
          const matches = find(values.subarray(i * width, (i + 1) * width), top);
          results.push({ query: first + i, matches });
        } catch (error) {
          throw explain(vectorError(error, path, first + i), {});
        }
        if (performance.now() < due) continue;
        await new Promise((resolve) => setImmediate(resolve));
        interrupt.signal.throwIfAborted();
        due = performance.now() + SLICE_MS;
      }
    }
  }

  function asJson(): object {
    const name = opened.labelled ? 'label' : 'id';
    return {
      index: nameOf(file),
      size,
      dimension,
      metric,
      kind: exact ? 'flat' : 'hnsw',
      top,
      ...(!exact && { ef: Math.max(ef, top) }),
      ms,
      results: results.map(({ query: asked, matches }) => ({
        query: asked,
        matches: matches.map((match) => ({ [name]: match.name, distance: match.distance })),
      })),
    };
  }

  function* rowsOf(shown: (distance: number) => string | number): Generator<(string | number)[]> {
    for (const { query: asked, matches } of results)
      for (const [i, { name, distance }] of matches.entries())
        yield [...(several ? [asked] : []), i + 1, name, shown(distance)];
  }

  function about(): [string, string][] {
    const question =
      like !== undefined
        ? `nearest to ${like}, which is not counted`
        : `${count(results.length)} ${results.length === 1 ? 'query' : 'queries'}`;
    const how = exact ? 'exact' : `HNSW, approximate, ef = ${Math.max(ef, top)}`;
    return [
      [
        'index',
        `${nameOf(file)}: ${count(size)} vectors of ${count(dimension)}, ${metric}, ${how}`,
      ],
      ['question', question],
      [
        'time',
        `${duration(ms)}${results.length > 1 ? `, ${duration(ms / results.length)} each` : ''}`,
      ],
    ];
  }
}

/** Ones and zeros as the bits of bytes, the first in the lowest bit of the first byte. */
function packed(numbers: Float32Array): Uint8Array {
  const bytes = new Uint8Array(numbers.length / 8);
  for (const [i, value] of numbers.entries()) {
    if (value !== 0 && value !== 1)
      throw new CliError(`--query: expected bits, 0 or 1, got ${value}`);
    bytes[i >> 3] = (bytes[i >> 3] as number) | (value << (i & 7));
  }
  return bytes;
}
