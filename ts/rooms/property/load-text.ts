// Tables and JSON as procedures: the caller gives the bytes for a name.
import { SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import type { Access, Host } from './host.js';
import type { GraphValue, Parameter } from './types.js';
import { put } from './wire.js';

/** What gives the content of a file for its name. There is no way to files and networks but this. */
export type Files = (name: string) => string | Uint8Array | Promise<string | Uint8Array>;

/** Records of a table with fields as RFC 4180 has them: quotes, doubled within; lines end with LF or CRLF. */
function* readTable(
  operation: string,
  text: string,
  separator: string,
): Generator<(string | null)[]> {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  while (at < text.length) {
    const record: (string | null)[] = [];
    for (;;) {
      let field: string | null;
      if (text[at] === '"') {
        const begun = at;
        field = '';
        for (at++; ; ) {
          const end = text.indexOf('"', at);
          if (end < 0) {
            const line = text.slice(0, begun).split('\n').length;
            const message = `line ${line}: a quoted field without its end`;
            throw new SublinearError('PARSE', operation, message, { argument: 'name', line });
          }
          field += text.slice(at, end);
          at = end + 1;
          if (text[at] !== '"') break;
          field += '"';
          at++;
        }
      } else field = null;
      const begin = at;
      while (at < text.length && text[at] !== separator && text[at] !== '\n') at++;
      let rest = text.slice(begin, at);
      if (rest.endsWith('\r') && (at >= text.length || text[at] === '\n')) rest = rest.slice(0, -1);
      if (rest !== '') field = (field ?? '') + rest;
      record.push(field);
      if (text[at] !== separator || at >= text.length) break;
      at++;
    }
    at++; // the end of the line
    if (record.length > 1 || record[0] !== null) yield record;
  }
}

const tableKeys = ['headers', 'separator'] as const;

function* recordsOf(
  operation: string,
  text: string,
  options: GraphValue | undefined,
): Generator<Parameter[]> {
  const given = check.options<{ headers?: boolean; separator?: string }>(
    operation,
    (options ?? {}) as object,
    tableKeys,
  );
  const { headers = true, separator = ',' } = given;
  check.boolean(operation, 'headers', headers);
  check.string(operation, 'separator', separator);
  if (separator.length !== 1 || separator === '"' || separator === '\n')
    throw check.rangeError(operation, 'separator', 'one character', separator);
  let names: (string | null)[] | undefined;
  for (const record of readTable(operation, text, separator)) {
    if (!headers) yield [record];
    else if (names === undefined) names = record;
    else {
      const row: Record<string, string | null> = {};
      for (const [i, name] of names.entries()) put(row, name ?? '', record[i] ?? null);
      yield [row];
    }
  }
}

/** Procedures that read what `files` gives. */
export function ofFiles(files: Files): [string, Host][] {
  const reading =
    (then: (operation: string, text: string, options: GraphValue | undefined) => Parameter[][]) =>
    (access: Access, [name, options]: GraphValue[]) => {
      const { operation } = access;
      const content = files(check.string(operation, 'name', name));
      const read = (value: string | Uint8Array) => {
        if (typeof value !== 'string' && !(value instanceof Uint8Array))
          throw check.typeError(operation, `content of ${String(name)}`, 'text or bytes', value);
        const text = typeof value === 'string' ? value : new TextDecoder().decode(value);
        return then(operation, text, options);
      };
      return content instanceof Promise ? content.then(read) : read(content);
    };
  const json = (operation: string, text: string): Parameter[][] => {
    let value: Parameter;
    try {
      value = JSON.parse(text) as Parameter;
    } catch (error) {
      throw check.rangeError(operation, 'name', 'the name of JSON', (error as Error).message);
    }
    return (Array.isArray(value) ? value : [value]).map((each) => [each as Parameter]);
  };
  return [
    [
      'sublinear.loadCsv(name :: STRING, options :: MAP) :: (row :: ANY)',
      reading((operation, text, options) => [...recordsOf(operation, text, options)]),
    ],
    ['sublinear.loadJson(name :: STRING) :: (value :: ANY)', reading(json)],
  ];
}
