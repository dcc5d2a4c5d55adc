// sublinear publish documents.slv -o documents.sltx
// sublinear search https://example.org/documents.sltx "quiet hotel"
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, blobOf, chunks, nameOf, writeFile } from './files.js';
import { print } from './output.js';
import { isAddress, kindOfFile } from './search-remote.js';
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

/** An address, or a file that begins as a published index of texts does. */
export async function isRemoteText(file: string): Promise<boolean> {
  return isAddress(file) || (await kindOfFile(file)) === 'RTXT';
}

/** An index of texts that was saved, as a file that is searched on a server. */
export async function publishTexts(
  file: string,
  options: CommonOptions & { output: string },
  progress: Progress,
): Promise<void> {
  const { output } = options;
  await assertApart([file], { '--output': output });
  const engine = await engineFor(['text', 'format'], options);
  const started = performance.now();
  let written: Uint8Array;
  try {
    const { signal } = interrupt;
    using index = await engine.text.TextIndex.loadAsync(chunks(file, progress), { signal });
    written = engine.format.writeRemoteText(index);
  } catch (error) {
    throw explain(error, {}, file);
  }
  using remote = await engine.format.RemoteText.open(
    new Blob([written as Uint8Array<ArrayBuffer>]),
  );
  const ms = performance.now() - started;
  progress.start(`writing ${output}`);
  await writeFile(output, [written]);
  progress.stop();
  const { size, fields, hash, opening } = remote;
  const about = {
    documents: nameOf(file),
    ...{ output, size, fields, hash, bytesWritten: written.length, bytesToOpen: opening.bytes, ms },
  };
  const rows: [string, string][] = [
    ['documents', `${nameOf(file)}: ${count(size)}, fields ${fields.join(', ')}`],
    ['time', duration(ms)],
    [
      'written',
      `${output}: ${bytes(written.length)}, of which opening reads ${bytes(opening.bytes)}`,
    ],
    ['hash', hash],
  ];
  if (options.json) say(JSON.stringify(about), output === '-' ? process.stderr : process.stdout);
  else if (!options.quiet) say(facts(rows), process.stderr);
}

export async function searchTextsRemote(
  file: string,
  words: string,
  options: CommonOptions & { top: number } & Partial<
      Record<'query' | 'queries' | 'like' | 'sparse' | 'where', unknown>
    >,
): Promise<void> {
  for (const name of ['query', 'queries', 'like', 'sparse', 'where'] as const)
    if (options[name] !== undefined)
      throw new CliError(`--${name}: ${nameOf(file)} is searched by words alone`);
  const { format } = await engineFor(['format', 'text'], options);
  const started = performance.now();
  const { signal } = interrupt;
  try {
    const source = isAddress(file) ? file : await blobOf(file);
    using index = await format.RemoteText.open(source, { signal });
    const found = await index.search(words, { k: options.top, count: true, signal });
    const ms = performance.now() - started;
    const { size, fields, opening, fileBytes } = index;
    const { hits, count: all = 0 } = found;
    const [requests, read] = [opening.requests + found.requests, opening.bytes + found.bytes];
    const rows = (shown: (score: number) => string | number) =>
      hits.map(({ id, score }, i) => [i + 1, id, shown(score)]);
    print(
      {
        about: [
          ['index', `${nameOf(file)}: ${count(size)} documents, fields ${fields.join(', ')}`],
          ['question', words],
          ['matches', count(all)],
          ['read', `${bytes(read)} of ${bytes(fileBytes)} in ${count(requests)} requests`],
          ['time', duration(ms)],
        ],
        columns: ['place', 'id', 'score'],
        rows: rows((score) => score),
        table: rows(digits),
        json: () => ({
          ...{ index: nameOf(file), size, query: words, count: all, ms },
          ...{ bytes: read, requests, results: hits },
        }),
      },
      options,
    );
  } catch (error) {
    throw explain(error, {}, file);
  }
}
