// Columns of a CSV file with a header, for verbs whose data is a table.
import { nameOf, opened } from './files.js';
import { CliError, type Progress } from './terminal.js';

/** A table: texts as they stand in the file, column by column. */
export interface TableFile {
  readonly header: readonly string[];
  readonly rows: number;
  /** The texts of a column. */
  texts(name: string): readonly string[];
  /** Its numbers; what is none is refused with its line. */
  numbers(name: string): Float64Array;
}

/** Reads a file with commas, semicolons or tabs between fields (RFC 4180: quotes, line ends within them). */
export async function readTable(path: string, progress: Progress): Promise<TableFile> {
  const { bytes } = await opened(path, progress);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
  text += decoder.decode();
  const [header, ...rows] = parse(path, text.replace(/^\ufeff/, ''));
  if (header === undefined || rows.length === 0)
    throw new CliError(`${nameOf(path)}: expected a line of names and one of data at least`);
  const lines = rows.map(({ line }) => line);
  const columns = new Map<string, string[]>();
  for (const [place, name] of header.fields.entries()) {
    const texts: string[] = new Array(rows.length);
    for (const [i, { fields, line }] of rows.entries()) {
      const field = fields[place];
      if (field === undefined || fields.length !== header.fields.length)
        throw new CliError(
          `${nameOf(path)}:${line}: expected ${header.fields.length} fields, got ${fields.length}`,
        );
      texts[i] = field;
    }
    columns.set(name.trim(), texts);
  }
  const texts = (name: string) => {
    const found = columns.get(name);
    if (found !== undefined) return found;
    const known = [...columns.keys()].slice(0, 12).join(', ');
    throw new CliError(`${nameOf(path)}: expected a column "${name}"; there are: ${known}`);
  };
  return {
    header: [...columns.keys()],
    rows: rows.length,
    texts,
    numbers: (name) =>
      Float64Array.from(texts(name), (field, i) => {
        const number = field.trim() === '' ? Number.NaN : Number(field);
        if (!Number.isNaN(number)) return number;
        throw new CliError(
          `${nameOf(path)}:${lines[i]}: expected a number in column "${name}", got "${field}"`,
        );
      }),
  };
}

interface Line {
  fields: string[];
  line: number;
}

function parse(path: string, text: string): Line[] {
  const end = text.indexOf('\n');
  const separator = separatorOf(end < 0 ? text : text.slice(0, end));
  const found: Line[] = [];
  let line = 1;
  let fields: string[] = [];
  let begun = 1;
  for (let at = 0; at < text.length; ) {
    let field = '';
    if (text[at] === '"') {
      // A quoted field; two quotes are one.
      for (at++; ; ) {
        const quote = text.indexOf('"', at);
        if (quote < 0) throw new CliError(`${nameOf(path)}:${begun}: a quote is not closed`);
        field += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        field += '"';
        at++;
      }
      line += field.split('\n').length - 1;
    }
    let stop = at;
    while (stop < text.length && text[stop] !== separator && text[stop] !== '\n') stop++;
    field += text.slice(at, stop).replace(/\r$/, '');
    fields.push(field);
    at = stop + 1;
    if (text[stop] === separator) {
      if (at < text.length) continue;
      fields.push(''); // the file ends with a separator
    }
    if (fields.length > 1 || fields[0] !== '') found.push({ fields, line: begun });
    fields = [];
    line++;
    begun = line;
  }
  return found;
}

/** The one that the header has most of. */
function separatorOf(header: string): string {
  const counted = [',', ';', '\t'].map((mark) => [mark, header.split(mark).length] as const);
  return counted.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
