// Files of graphs of every format that is known.

import { asyncPiecesOf, followedBy, totalOf, unzipped, withTotal } from '../../runtime/coming.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { describe, type FormatName, formatOf, refuseOthers } from '../../runtime/formats.js';
import {
  type Head,
  kindOfText,
  type Pieces,
  pieceOf,
  type SourceKind,
} from '../../runtime/pieces.js';
import { ambient, asyncKeys, asyncOptions, yieldToOthers } from '../../runtime/steps.js';
import { abortOf, headOf } from '../../runtime/text-coming.js';
import type { AsyncTextSource } from '../../runtime/text-source.js';
import { options as checkOptions, choice, rangeError } from '../../runtime/validate.js';
import { separatorOf } from './columns.js';
import { graphFileKeys } from './gather.js';
import { csvKeys, edgeListKeys } from './lines.js';
import { markupReader } from './markup.js';
import { nodeLinkEdges } from './node-link.js';
import { pajekEdges } from './pajek.js';
import type {
  Async,
  CsvOptions,
  EdgeListOptions,
  EdgesInput,
  GraphFileOptions,
  GraphFormat,
  GraphMarketOptions,
  MetisOptions,
  ReadGraphOptions,
} from './types.js';

/** What is used of the class of graphs. */
interface GraphMethods<T> {
  fromEdges(input: EdgesInput): T;
  fromEdgeListAsync(text: AsyncTextSource, options: Async<EdgeListOptions>): Promise<T>;
  fromCsvAsync(text: AsyncTextSource, options: Async<CsvOptions>): Promise<T>;
  fromMetisAsync(text: AsyncTextSource, options: Async<MetisOptions>): Promise<T>;
  fromMatrixMarketAsync(text: AsyncTextSource, options: Async<GraphMarketOptions>): Promise<T>;
  loadAsync(bytes: AsyncBytesSource, options: LoadAsyncOptions): Promise<T>;
}

/** What each format's reader takes. */
const keys = {
  edgeList: edgeListKeys,
  csv: csvKeys,
  metis: ['dtype'],
  matrixMarket: ['directed', 'dtype'],
  json: graphFileKeys,
  graphml: graphFileKeys,
  gexf: graphFileKeys,
  pajek: graphFileKeys,
  saved: [],
} as const satisfies Record<GraphFormat, readonly string[]>;

const allKeys = ['format', ...new Set([...csvKeys, ...graphFileKeys]), ...asyncKeys] as const;

/** The format that the first bytes say. */
export function graphFormatOf(operation: string, head: Head): GraphFormat {
  const known = formatOf(head.bytes);
  if (known === undefined) return separatorOf(head) === undefined ? 'edgeList' : 'csv';
  if (known in keys) return known as GraphFormat;
  refuseOthers(operation, 'source', head, []);
  throw new SublinearError('FORMAT', operation, `"source" is ${describe(known)}`);
}

/** A format that was asked for, unless the bytes say that they are something else. */
function agreed(operation: string, format: GraphFormat, head: Head): GraphFormat {
  choice(operation, 'format', format, keys);
  const named: readonly string[] = ['json', 'graphml', 'gexf', 'pajek', 'matrixMarket', 'saved'];
  refuseOthers(operation, 'source', head, named.includes(format) ? [format as FormatName] : []);
  return format;
}

export async function readAsync<T>(
  operation: string,
  Bound: GraphMethods<T>,
  source: AsyncTextSource,
  options: Async<ReadGraphOptions> | undefined,
): Promise<T> {
  const given = checkOptions(operation, options, allKeys);
  const { signal = ambient.signal, onProgress } = asyncOptions(operation, given);
  const kind = kindOfText(operation);
  const pieces = unzipped(asyncPiecesOf(source, kind), kind);
  const abort = abortOf(signal);
  const next = () => Promise.race([pieces.next(), abort.promise]);
  let taken = false;
  try {
    const { head, taken: begun } = await headOf(kind, next);
    const format =
      given.format === undefined
        ? graphFormatOf(operation, head)
        : agreed(operation, given.format, head);
    const { format: _, signal: _signal, onProgress: _progress, ...rest } = given;
    const known: readonly string[] = keys[format];
    const unknown = Object.keys(rest).find((key) => !known.includes(key));
    if (unknown !== undefined)
      throw rangeError(operation, unknown, `no option for ${format}`, rest[unknown as 'directed']);
    const all = followedBy(begun, { next, return: async () => pieces.return?.() as never });
    const how = {
      ...rest,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    } as Async<ReadGraphOptions>;
    const total = totalOf(source, pieces);
    const stream = withTotal({ [Symbol.asyncIterator]: () => all }, () => total.bytesTotal);
    switch (format) {
      case 'edgeList':
        taken = true;
        return await Bound.fromEdgeListAsync(stream as AsyncIterable<string>, {
          compactIds: true,
          ...how,
        });
      case 'csv':
        taken = true;
        return await Bound.fromCsvAsync(stream as AsyncIterable<string>, {
          compactIds: true,
          ...how,
        });
      case 'metis':
        taken = true;
        return await Bound.fromMetisAsync(stream as AsyncIterable<string>, how);
      case 'saved':
        taken = true;
        return await Bound.loadAsync(stream as AsyncIterable<Uint8Array>, how);
      case 'matrixMarket':
        taken = true;
        return await Bound.fromMatrixMarketAsync(stream as AsyncIterable<string>, how);
      default: {
        const input = await gathered(operation, format, rest, all, kind, (bytesRead) =>
          onProgress?.({ bytesRead, ...total }),
        );
        taken = true;
        return Bound.fromEdges(input);
      }
    }
  } finally {
    abort.release();
    if (!taken) void pieces.return?.().then(undefined, () => {});
  }
}

/** The edges of a file that is read by JavaScript. */
async function gathered(
  operation: string,
  format: 'json' | 'graphml' | 'gexf' | 'pajek',
  given: GraphFileOptions,
  pieces: Pieces,
  kind: SourceKind,
  onRead: (bytesRead: number) => void,
): Promise<EdgesInput> {
  const reader = readerOf(operation, format, given);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (bytes?: Uint8Array) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch (cause) {
      const message = '"source" is not UTF-8';
      throw new SublinearError('PARSE', operation, message, { argument: 'source', cause });
    }
  };
  let bytesRead = 0;
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) break;
    const piece = pieceOf(value, kind);
    // In parts that are short enough for others to run between them.
    for (let at = 0; at < piece.length; at += PART) {
      const part = piece.slice(at, at + PART);
      reader.write(typeof part === 'string' ? part : decoded(part));
      bytesRead += part.length;
      onRead(bytesRead);
      if (piece.length > PART) await yieldToOthers();
    }
  }
  reader.write(decoded());
  return reader.end();
}

const PART = 1 << 18;

function readerOf(
  operation: string,
  format: 'json' | 'graphml' | 'gexf' | 'pajek',
  given: GraphFileOptions,
): { write(piece: string): void; end(): EdgesInput } {
  if (format === 'graphml' || format === 'gexf') return markupReader(operation, format, given);
  const parts: string[] = [];
  return {
    write: (piece) => parts.push(piece),
    end: () =>
      format === 'pajek'
        ? pajekEdges(operation, parts.join(''), given)
        : nodeLinkEdges(operation, parts.join(''), given),
  };
}
