// sublinear index documents.jsonl --text title,body -o documents.slv
// sublinear search documents.slv "quiet hotel"
import type { TextDocument, TextIndex } from '../rooms/text/text.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, chunks, nameOf, writeFile } from './files.js';
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

export interface TextOptions extends CommonOptions {
  output: string;
  text: readonly string[];
  keyword?: readonly string[];
  id?: string;
  language: 'english' | 'none';
}

export async function buildTextIndex(
  file: string,
  options: TextOptions,
  progress: Progress,
): Promise<void> {
  const { output, text, keyword = [], language } = options;
  await assertApart([file], { '--output': output });
  const { text: room } = await engineFor(['text'], options);
  const started = performance.now();
  let index: TextIndex;
  try {
    const fields = Object.fromEntries([
      ...text.map((name) => [name, {}] as const),
      ...keyword.map((name) => [name, { keyword: true }] as const),
    ]);
    if (Object.keys(fields).length < text.length + keyword.length)
      throw new CliError('--text and --keyword: expected each field once');
    index = room.TextIndex.create({ fields, language });
  } catch (error) {
    throw explain(error, {});
  }
  try {
    await index.addManyAsync(documents(file, options, progress), { signal: interrupt.signal });
    await index.optimizeAsync({ signal: interrupt.signal });
  } catch (error) {
    throw explain(error, {}, file);
  }
  const ms = performance.now() - started;
  progress.start(`writing ${output}`);
  let written = 0;
  function* pieces(): Generator<Uint8Array> {
    for (const piece of index.saveInPieces()) {
      written += piece.length;
      yield piece;
    }
  }
  await writeFile(output, pieces());
  progress.stop();
  const { documents: size, words } = index.stats();
  const about = {
    documents: nameOf(file),
    output,
    size,
    words,
    fields: [...text, ...keyword],
    language,
    bytesWritten: written,
    ms,
  };
  const lines: [string, string][] = [
    ['documents', `${nameOf(file)}: ${count(size)}, fields ${about.fields.join(', ')}`],
    ['words', `${count(words)} different ones, language: ${language}`],
    ['time', duration(ms)],
    ['written', `${output}: ${bytes(written)}`],
    ['search', `sublinear search ${output} 'some words'`],
  ];
  if (options.json) say(JSON.stringify(about), output === '-' ? process.stderr : process.stdout);
  else if (!options.quiet) say(facts(lines), process.stderr);
}

// Without an id a document is called by its place, from 0 on.
async function* documents(
  file: string,
  { text, keyword = [], id }: TextOptions,
  progress: Progress,
): AsyncGenerator<TextDocument> {
  let place = 0;
  for await (const line of objects(file, progress)) {
    const fields = textsOf(line, [...text, ...keyword]);
    const key = id === undefined ? (line.read.id ?? place) : line.read[id];
    if (typeof key !== 'string' && typeof key !== 'number')
      throw line.bad(`"${id ?? 'id'}": expected a text or a number`);
    place++;
    yield { id: key, fields };
  }
}

/** A document as it was read, and the error for what is wrong with it. */
export interface Line {
  read: Readonly<Record<string, unknown>>;
  bad(what: string): CliError;
}

/** A JSON object a line. */
export async function* objects(file: string, progress: Progress): AsyncGenerator<Line, undefined> {
  let number = 0;
  for await (const line of linesOf(file, progress)) {
    number++;
    if (line.trim() === '') continue;
    const place = `${nameOf(file)}:${number}`;
    const bad = (what: string) => new CliError(`${place}: ${what}`);
    let read: unknown;
    try {
      read = JSON.parse(line);
    } catch {
      throw bad('expected a JSON object');
    }
    if (typeof read !== 'object' || read === null || Array.isArray(read))
      throw bad('expected a JSON object');
    yield { read: read as Record<string, unknown>, bad };
  }
  return undefined;
}

/** The texts of a document. */
export function textsOf({ read, bad }: Line, names: readonly string[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const name of names) {
    const value = read[name];
    if (value === undefined || value === null) continue;
    const list = Array.isArray(value) ? value : [value];
    if (list.some((each) => typeof each === 'object'))
      throw bad(`"${name}": expected text, or an array of texts`);
    fields[name] = list.map(String);
  }
  return fields;
}

async function* linesOf(file: string, progress: Progress): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks(file, progress)) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() as string;
    yield* parts;
  }
  yield rest + decoder.decode();
}

export interface TextSearchOptions extends CommonOptions {
  top: number;
}

export async function searchTexts(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  words: string,
  options: TextSearchOptions,
  progress: Progress,
): Promise<void> {
  const { text } = await engineFor(['text'], options);
  let index: TextIndex;
  try {
    const how = { signal: interrupt.signal };
    index = await text.TextIndex.loadAsync(bytes, how);
  } catch (error) {
    throw explain(error, {}, file);
  }
  progress.stop();
  const started = performance.now();
  const { hits, count: found = 0 } = index.search(words, { k: options.top, count: true });
  const ms = performance.now() - started;
  const rows = (shown: (score: number) => string | number) =>
    hits.map(({ id, score }, i) => [i + 1, id, shown(score)]);
  const { size, fields } = index;
  print(
    {
      about: [
        ['index', `${nameOf(file)}: ${count(size)} documents, fields ${fields.join(', ')}`],
        ['question', words],
        ['matches', count(found)],
        ['time', duration(ms)],
      ],
      columns: ['place', 'id', 'score'],
      rows: rows((score) => score),
      table: rows(digits),
      json: () => ({ index: nameOf(file), size, query: words, count: found, ms, results: hits }),
    },
    options,
  );
}
