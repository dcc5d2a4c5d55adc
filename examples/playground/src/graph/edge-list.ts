// Edge lists as people have them: a line for each edge with two names or numbers and perhaps a weight; commas, semicolons,
// tabs or blanks between; with or without a first line of titles.
import { dsvFormat } from 'd3-dsv';

export interface NamedEdges {
  from: Uint32Array<ArrayBuffer>;
  to: Uint32Array<ArrayBuffer>;
  weights: Float64Array<ArrayBuffer>;
  nodeCount: number;
  /** What a column `Type` says of all edges, as Gephi writes it. */
  directed?: boolean;
  /** Of each node, numbered in the order in which they come. */
  labels: string[];
}

const titles = {
  from: /^(source|from|src|start|tail|node ?1|u|origin)$/i,
  to: /^(target|to|dst|end|head|node ?2|v|destination)$/i,
  weight: /^(weight|count|value)$/i,
  type: /^type$/i,
};
const isNumber = (text: string | undefined) => !!text && !Number.isNaN(Number(text));

/** The rows of the text, one for each line: comments and empty lines have no fields. */
function rowsOf(text: string): string[][] {
  // Comments become empty lines, so that lines keep their numbers and a comma in a comment separates nothing.
  const bare = text.replace(/^[ \t]*[#%].*$/gm, '');
  const first = /\S.*/.exec(bare)?.[0] ?? '';
  const separator = ['\t', ',', ';'].find((one) => first.includes(one));
  const rows = separator
    ? dsvFormat(separator).parseRows(bare)
    : bare.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.map((row) => {
    const fields = row.map((field) => field.trim());
    return fields.some(Boolean) ? fields : [];
  });
}

/** Which columns hold what, when the row holds titles instead of an edge. */
function titled(row: string[], next: string[]) {
  const column = (title: RegExp) => row.findIndex((field) => title.test(field));
  const named = {
    from: column(titles.from),
    to: column(titles.to),
    weight: column(titles.weight),
    type: column(titles.type),
  };
  if (named.from >= 0 && named.to >= 0) return named;
  const [a, b, weight] = row;
  const isTitle =
    (weight !== undefined && !isNumber(weight) && isNumber(next[2])) ||
    (!isNumber(a) && !isNumber(b) && isNumber(next[0]) && isNumber(next[1]));
  return isTitle ? { from: 0, to: 1, weight: 2, type: -1 } : undefined;
}

/** Errors name the line. */
export function readEdgeList(text: string): NamedEdges {
  const rows = rowsOf(text);
  const start = rows.findIndex((row) => row.length > 0);
  if (start < 0) throw new SyntaxError('The file has no line with an edge.');
  const next = rows.find((row, i) => i > start && row.length > 0) ?? [];
  const titlesAt = titled(rows[start]!, next);
  const column = titlesAt ?? { from: 0, to: 1, weight: 2, type: -1 };

  const numbers = new Map<string, number>();
  const numberOf = (name: string) => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, numbers.size);
    return numbers.size - 1;
  };
  const [from, to, weights]: [number[], number[], number[]] = [[], [], []];
  const types = new Set<string>();
  for (let i = titlesAt ? start + 1 : start; i < rows.length; i++) {
    const row = rows[i]!;
    if (row.length === 0) continue;
    const [a, b] = [row[column.from], row[column.to]];
    const weight = row[column.weight] || '1';
    if (!a || !b) throw new SyntaxError(`line ${i + 1} expected two names, got "${row.join(' ')}"`);
    if (!(Number(weight) > 0))
      throw new SyntaxError(`line ${i + 1} expected a weight above 0, got "${weight}"`);
    from.push(numberOf(a));
    to.push(numberOf(b));
    weights.push(Number(weight));
    types.add((row[column.type] ?? '').toLowerCase());
  }
  if (from.length === 0) throw new SyntaxError('The file has no line with an edge.');
  const type = types.size === 1 ? [...types][0] : undefined;
  return {
    ...(type === 'directed' && { directed: true }),
    ...(type === 'undirected' && { directed: false }),
    from: Uint32Array.from(from),
    to: Uint32Array.from(to),
    weights: Float64Array.from(weights),
    nodeCount: numbers.size,
    labels: [...numbers.keys()],
  };
}
