// sublinear search https://example.org/words.slvr --query "..."
import { open as openFile } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import type { RemoteIndex, RemoteSearchResult } from '../rooms/format/format.js';
import { isGzip } from '../runtime/pieces.js';
import { engineFor, explain } from './engine.js';
import { blobOf, nameOf } from './files.js';
import { outputFormat, print } from './output.js';
import type { SearchOptions } from './search.js';
import { bytes, CliError, count, digits, duration, interrupt, type Progress } from './terminal.js';
import { openVectors } from './vectors.js';

export const isAddress = (file: string) => /^https?:\/\//.test(file);

/** The kind of a saved or published file, four letters as `Bundle.kind` gives them; undefined for anything else. */
export async function kindOfFile(file: string): Promise<string | undefined> {
  if (file === '-') return undefined;
  try {
    const begin = Buffer.alloc(4096);
    const handle = await openFile(file);
    const { bytesRead } = await handle.read(begin, 0, 4096, 0).finally(() => handle.close());
    let first = begin.subarray(0, bytesRead);
    // As much of it as these bytes of a compressed file hold.
    if (isGzip(first)) first = gunzipSync(first, { finishFlush: constants.Z_SYNC_FLUSH });
    const word = first.toString('latin1', 0, 16);
    if (word.startsWith('slcol')) return 'COLL';
    if (word.startsWith('slemb')) return 'EMBC';
    return word.slice(1, 4) === 'slf' ? word.slice(12) : undefined;
  } catch {
    return undefined; // what is wrong with it is said by whoever reads it
  }
}

/** An address, or a file that begins as a published index does. */
export async function isRemoteIndex(file: string): Promise<boolean> {
  return isAddress(file) || (await kindOfFile(file)) === 'RIDX';
}

/** Files that another verb is for, by name. */
export async function assertIndex(file: string): Promise<void> {
  const kind = await kindOfFile(file);
  if (kind === 'GRPH' || kind === 'RGPH')
    throw new CliError(`${nameOf(file)} is a graph: sublinear rank ${file} --source <node>`);
  if (kind === 'PROP') throw new CliError(`${nameOf(file)} is a property graph: sublinear query`);
}

export async function searchRemote(
  file: string,
  options: SearchOptions & { probes?: number },
  progress: Progress,
): Promise<void> {
  const { query, queries, like, top, probes } = options;
  if (like !== undefined)
    throw new CliError(
      '--like: a published index has no vectors to ask for; expected --query or --queries',
    );
  if ((query === undefined) === (queries === undefined))
    throw new CliError('expected one of --query and --queries (see --help)');
  outputFormat(options);
  const engine = await engineFor(['format'], options);
  const started = performance.now();
  const results: { query: number; found: RemoteSearchResult }[] = [];
  using index = await answered(async () =>
    engine.format.RemoteIndex.open(isAddress(file) ? file : await blobOf(file), {
      signal: interrupt.signal,
    }),
  );
  if (query !== undefined) results.push({ query: 0, found: await ask(index, query) });
  else {
    const source = await openVectors(queries as string, {
      dimension: index.dimension,
      from: nameOf(file),
      bits: false,
      single: true,
      progress,
      label: 'searching',
    });
    for await (const { first, count: many, values } of source.batches) {
      const width = values.length / many;
      for (let i = 0; i < many; i++) {
        const part = Float32Array.from(values.subarray(i * width, (i + 1) * width));
        results.push({ query: first + i, found: await ask(index, part) });
      }
    }
  }
  progress.stop();
  const ms = performance.now() - started;
  const several = queries !== undefined;
  const sum = (of: 'requests' | 'bytes') =>
    index.opening[of] + results.reduce((all, { found }) => all + found[of], 0);
  const called = results[0]?.found.keys === undefined ? 'vector' : 'label';
  print(
    {
      about: [
        [
          'index',
          `${nameOf(file)}: ${count(index.size)} vectors of ${count(index.dimension)}, ${index.metric}`,
        ],
        ['question', `${count(results.length)} ${results.length === 1 ? 'query' : 'queries'}`],
        [
          'read',
          `${bytes(sum('bytes'))} of ${bytes(index.fileBytes)} in ${count(sum('requests'))} requests`,
        ],
        ['time', duration(ms)],
      ],
      columns: [...(several ? ['query'] : []), 'place', called, 'distance'],
      rows: rowsOf((distance) => distance),
      table: [...rowsOf(digits)],
      json: () => ({
        index: nameOf(file),
        size: index.size,
        dimension: index.dimension,
        metric: index.metric,
        kind: 'remote',
        top,
        bytes: sum('bytes'),
        requests: sum('requests'),
        ms,
        results: results.map(({ query: asked, found }) => ({
          query: asked,
          matches: Array.from(found.ids, (id, i) => ({
            ...(found.keys ? { label: found.keys[i] } : { id }),
            distance: found.distances[i],
          })),
        })),
      }),
    },
    options,
  );

  async function ask(from: RemoteIndex, vector: Float32Array): Promise<RemoteSearchResult> {
    if (vector.length !== from.dimension)
      throw new CliError(
        `--query: ${vector.length} numbers, but the vectors of ${nameOf(file)} have ${from.dimension}`,
      );
    return answered(() =>
      from.search(vector, {
        k: Math.min(top, 1000),
        exact: from.exact,
        ...(probes !== undefined && { probes }),
        ...(options.where !== undefined && { where: options.where }),
        signal: interrupt.signal,
      }),
    );
  }

  async function answered<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw explain(error, { query: '--query', bytes: file });
    }
  }

  function* rowsOf(shown: (distance: number) => string | number): Generator<(string | number)[]> {
    for (const { query: asked, found } of results)
      for (const [i, id] of found.ids.entries())
        yield [
          ...(several ? [asked] : []),
          i + 1,
          found.keys?.[i] ?? id,
          shown(found.distances[i] as number),
        ];
  }
}
