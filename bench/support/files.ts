// Public graphs for the benches. They are not part of the project: a folder beside the checkout holds them, or the one
// that SUBLINEAR_DATA names; benches skip what is not there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adjacency, type Csr, type Edges } from './generators.js';

const folder =
  process.env.SUBLINEAR_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Whether the file is there. */
export function hasData(file: string): boolean {
  return existsSync(join(folder, file));
}

/** Where a folder of them is. */
export function dataFolder(name: string): string {
  return join(folder, name);
}

/** The text of a file. */
export function readData(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

/** A METIS graph (.graph) or an edge list (blanks or commas between two numbers; # comments). */
export function readEdges(file: string, directed = false): Edges {
  const text = readFileSync(join(folder, file), 'utf8');
  return file.endsWith('.graph') ? metis(text) : edgeList(text, directed);
}

function metis(text: string): Edges {
  const lines = text.split('\n').filter((line) => !line.startsWith('%'));
  const nodeCount = Number(lines[0]!.trim().split(/\s+/)[0]);
  const from: number[] = [];
  const to: number[] = [];
  for (let u = 0; u < nodeCount; u++) {
    for (const word of lines[u + 1]!.trim().split(/\s+/)) {
      const v = Number(word) - 1;
      if (word === '' || v < u) continue; // each edge stands twice
      from.push(u);
      to.push(v);
    }
  }
  return { nodeCount, from: Uint32Array.from(from), to: Uint32Array.from(to), directed: false };
}

// Node numbers are made dense, in order of appearance.
function edgeList(text: string, directed: boolean): Edges {
  const nodes = new Map<string, number>();
  const node = (word: string) => {
    const known = nodes.get(word) ?? nodes.size;
    nodes.set(word, known);
    return known;
  };
  const from: number[] = [];
  const to: number[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/[\s,]+/);
    if (words.length < 2 || line.startsWith('#')) continue;
    from.push(node(words[0]!));
    to.push(node(words[1]!));
  }
  return {
    nodeCount: nodes.size,
    from: Uint32Array.from(from),
    to: Uint32Array.from(to),
    directed,
  };
}

/** Laplacian of an undirected graph, unweighted, loops left out, plus `shift` on the diagonal. */
export function laplacian(edges: Edges, shift: number): Csr {
  const graph = adjacency(edges);
  const rows = graph.rows;
  const rowPointers = new Uint32Array(rows + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let u = 0; u < rows; u++) {
    let diagonal = -1;
    let degree = 0;
    for (let k = graph.rowPointers[u]!; k < graph.rowPointers[u + 1]!; k++) {
      const v = graph.columns[k]!;
      if (v === u) continue;
      if (v > u && diagonal < 0) {
        diagonal = columns.push(u) - 1;
        values.push(0);
      }
      columns.push(v);
      values.push(-1);
      degree++;
    }
    if (diagonal < 0) {
      diagonal = columns.push(u) - 1;
      values.push(0);
    }
    values[diagonal] = degree + shift;
    rowPointers[u + 1] = columns.length;
  }
  return {
    rows,
    rowPointers,
    columns: Uint32Array.from(columns),
    values: Float64Array.from(values),
  };
}
