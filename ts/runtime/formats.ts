// What a file is, by its first bytes: readers refuse what says that it is something else.
import { SublinearError } from './errors.js';
import type { Head } from './pieces.js';

/** Formats that are known by their beginning. */
export type FormatName = keyof typeof names;

const names = {
  saved: 'a file that save() wrote',
  collection: 'a Collection that save() wrote',
  matrixMarket: 'a Matrix Market file',
  pajek: 'a Pajek network',
  graphml: 'GraphML',
  gexf: 'GEXF',
  xml: 'XML',
  html: 'an HTML page',
  json: 'JSON',
  gml: 'GML',
  dot: 'a graph of Graphviz (DOT)',
  dimacs: 'a DIMACS graph',
  gdf: 'a graph of GUESS (GDF)',
  graph6: 'in graph6, sparse6 or digraph6',
  leda: 'a LEDA graph',
  ucinet: 'a UCINET network (DL, VNA)',
  tulip: 'a Tulip graph',
  rtf: 'RTF',
  npy: 'a NumPy array (.npy)',
  zip: 'a zip file (.npz, .zip, .xlsx)',
  gzip: 'compressed by gzip',
  bzip2: 'compressed by bzip2',
  xz: 'compressed by xz',
  zstd: 'compressed by zstd',
  parquet: 'a Parquet file',
  arrow: 'an Arrow file',
  hdf5: 'an HDF5 file (.h5, .mat)',
  matlab: 'a MATLAB file (.mat)',
  sqlite: 'an SQLite database',
  pdf: 'a PDF',
  utf16: 'text in UTF-16',
  binary: 'no text: there are zero bytes in it',
} as const;

const magic: readonly (readonly [FormatName, readonly number[]])[] = [
  ['saved', [0x89, 0x73, 0x6c, 0x66]],
  ['collection', [0x73, 0x6c, 0x63, 0x6f, 0x6c, 0x0d, 0x0a]],
  ['npy', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['parquet', [0x50, 0x41, 0x52, 0x31]],
  ['arrow', [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]],
  ['arrow', [0xff, 0xff, 0xff, 0xff]],
  ['hdf5', [0x89, 0x48, 0x44, 0x46]],
  ['sqlite', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66, 0x6f, 0x72, 0x6d, 0x61, 0x74]],
  ['matlab', [0x4d, 0x41, 0x54, 0x4c, 0x41, 0x42, 0x20, 0x35]],
  ['pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['utf16', [0xff, 0xfe]],
  ['utf16', [0xfe, 0xff]],
];

// Of text that begins so, in any case, whatever blanks stand before it.
const beginnings: readonly (readonly [FormatName, RegExp])[] = [
  ['matrixMarket', /^%%MatrixMarket/i],
  ['pajek', /^(?:%[^\n]*\n\s*)*\*(?:vertices|network|arcs|edges|matrix)\b/i],
  ['html', /^<(?:!doctype\s+html|html)\b/i],
  ['graphml', /^<(?:\w+:)?graphml\b/i],
  ['gexf', /^<(?:\w+:)?gexf\b/i],
  // A name may begin with a bracket, and so may a line of names; an object or a list of objects is JSON.
  ['json', /^(?:\{\s*["}]|\[\s*[[{])/],
  // These have no reader. Their lines would pass as edges between whatever words stand in them.
  ['gml', /^(?:(?:creator|version|comment|#)[^\n]*\n\s*)*graph\s*\[/i],
  [
    'dot',
    /^(?:(?:\/\/|#)[^\n]*\n\s*|\/\*(?:(?!\*\/)[\s\S])*\*\/\s*)*(?:strict\s+)?(?:di)?graph\b(?:\s+(?:\w+|"[^"\n]*"))?\s*\{/i,
  ],
  ['dimacs', /^(?:c\b[^\n]*\n\s*)*p\s+[a-z]+\s+\d+\s+\d+/],
  ['gdf', /^nodedef\s*>/i],
  ['graph6', /^>>(?:graph6|sparse6|digraph6)<</],
  ['leda', /^LEDA\.GRAPH\b/],
  ['ucinet', /^(?:dl\s+n[rm]?\s*=|\*(?:node|tie)\s+(?:data|properties)\b)/i],
  ['tulip', /^\(tlp\s+"/],
  ['rtf', /^\{\\rtf\d/],
];

/** What may stand in front of the first element of XML. */
const prolog =
  /^(?:<\?[^>]*>|<!--[\s\S]*?-->|<!doctype\s+\w+(?:[^>["']|"[^"]*"|'[^']*')*(?:\[[^\]]*\]\s*)?>|\s+)+/i;

/** What bytes say that they are, or undefined when they could be any text. */
export function formatOf(bytes: Uint8Array): FormatName | undefined {
  for (const [name, start] of magic)
    if (bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte)) return name;
  const first = bytes.subarray(0, 4096);
  if (first.includes(0)) return 'binary';
  const text = new TextDecoder().decode(first).trimStart();
  const known = (begin: string) => beginnings.find(([, pattern]) => pattern.test(begin))?.[0];
  return (
    known(text) ?? known(text.replace(prolog, '')) ?? (/^<\?xml\b/i.test(text) ? 'xml' : undefined)
  );
}

/** How a format is called in a message. */
export function describe(name: FormatName): string {
  return names[name];
}

/** What to do about a file that is something else. `reader` is the class whose reader was asked. */
function remedyFor(name: FormatName): string {
  switch (name) {
    case 'saved':
      return 'load() reads it';
    case 'collection':
      return 'Collection.load() reads it';
    case 'matrixMarket':
      return 'SparseMatrix.fromMatrixMarket reads it, and Graph.readAsync as a graph';
    case 'pajek':
    case 'graphml':
    case 'gexf':
    case 'json':
      return 'Graph.readAsync reads it';
    case 'npy':
      return "readNpy of 'sublinear/npy' reads it";
    case 'zip':
      return "readNpzAsync of 'sublinear/npy' reads .npz; unpack others";
    case 'gzip':
      return 'the ...Async methods decompress it';
    case 'bzip2':
    case 'xz':
    case 'zstd':
      return 'decompress it first';
    case 'html':
      return 'is it the error page of a server?';
    case 'utf16':
      return 'save it as UTF-8';
    case 'parquet':
    case 'arrow':
    case 'hdf5':
    case 'matlab':
    case 'sqlite':
      return 'export it as CSV, Matrix Market or .npy';
    case 'gml':
    case 'dot':
    case 'dimacs':
    case 'gdf':
    case 'graph6':
    case 'leda':
    case 'ucinet':
    case 'tulip':
      return 'export it as GraphML, GEXF, Pajek, JSON or CSV';
    default:
      return 'expected text';
  }
}

/**
 * Refuses a source that is known to be something else.
 *
 * @param wanted - formats that are right; text of no known kind always is
 */
export function refuseOthers(
  operation: string,
  argument: string,
  { bytes }: Head,
  wanted: readonly FormatName[],
): void {
  const found = formatOf(bytes);
  if (found === undefined || wanted.includes(found)) return;
  const twice = found === 'gzip' && operation.endsWith('Async');
  const remedy = twice ? 'and twice; decompress it first' : remedyFor(found);
  const message = `"${argument}" is ${names[found]}: ${remedy}`;
  throw new SublinearError('FORMAT', operation, message, { argument });
}

/** The same for readers of text that take what is known to be one of `wanted`, and what is not known. */
export function refusing(operation: string, wanted: readonly FormatName[] = []) {
  return (head: Head): void => refuseOthers(operation, 'source', head, wanted);
}
