// sublinear index documents.jsonl --text title,body -o documents.slv
// sublinear search documents.slv "quiet hotel"

import type { TextDocument, TextIndex } from '../rooms/text/text.js';
import { isSublinearError } from '../runtime/errors.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, opened, writeFile } from './files.js';
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
  const found = new Found(file);
  try {
    const coming = documents(objects(file, progress, found), options);
    await index.addManyAsync(coming, { signal: interrupt.signal });
    await index.optimizeAsync({ signal: interrupt.signal });
  } catch (error) {
    throw found.explain(error);
  }
  found.assertFields({ '--text': text, '--keyword': keyword });
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
  lines: AsyncIterable<Line>,
  { text, keyword = [], id }: TextOptions,
): AsyncGenerator<TextDocument> {
  let place = 0;
  for await (const line of lines) {
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

/** What has been read of a file of documents. */
export class Found {
  readonly #fields = new Set<string>();
  readonly #lines: number[] = [];

  constructor(readonly file: string) {}

  add(line: number, read: object): void {
    this.#lines.push(line);
    for (const name of Object.keys(read)) this.#fields.add(name);
  }

  /** Names of fields that no document has are slips of the pen: nothing would ever be found in them. */
  assertFields(given: Readonly<Record<string, readonly string[]>>): void {
    const name = nameOf(this.file);
    if (this.#lines.length === 0)
      throw new CliError(`${name}: is empty, expected a JSON object a line`);
    for (const [option, fields] of Object.entries(given)) {
      const missing = fields.find((field) => !this.#fields.has(field));
      if (missing === undefined) continue;
      const known = [...this.#fields].slice(0, 12).join(', ');
      throw new CliError(
        `${option} ${missing}: no document of ${name} has it; there are: ${known}`,
      );
    }
  }

  /** What an index said about the document at a position, with the line that it stands in. */
  explain(error: unknown): unknown {
    if (!isSublinearError(error) || error.position === undefined)
      return explain(error, {}, this.file);
    const { message, position } = error;
    const what = message.replace(/^"ids" at position \d+: |; \d+ \w+ were added$/g, '');
    return new CliError(`${nameOf(this.file)}:${this.#lines[position] ?? 0}: ${what}`);
  }
}

/** A JSON object a line. */
export async function* objects(
  file: string,
  progress: Progress,
  found: Found,
): AsyncGenerator<Line, undefined> {
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
    found.add(number, read);
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
  for await (const chunk of (await opened(file, progress)).bytes) {
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
