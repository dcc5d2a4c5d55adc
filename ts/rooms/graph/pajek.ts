// Networks as Pajek writes them (.net).
//
// Based on: A. Mrvar and V. Batagelj, "Pajek: Programs for Analysis and Visualization of Very Large Networks, Reference
// Manual", 2022, section 4: *Vertices, *Arcs, *Edges, their lists and *Matrix. Coordinates, colours and times are skipped.

import { show } from '../../runtime/validate.js';
import { EdgeGatherer } from './gather.js';
import type { EdgesInput, GraphFileOptions } from './types.js';

type Section = 'vertices' | 'arcs' | 'edges' | 'arcslist' | 'edgeslist' | 'matrix' | 'skipped';

const sections: ReadonlySet<string> = new Set([
  'vertices',
  'arcs',
  'edges',
  'arcslist',
  'edgeslist',
  'matrix',
]);

/** Words of a line; those in quotes are one each. */
function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '');
}

/** The edges of a network. Vertices are called by their labels, or by their numbers with `label: 'id'`. */
export function pajekEdges(operation: string, text: string, given: GraphFileOptions): EdgesInput {
  const gather = new EdgeGatherer(operation, 'source', { ...given, label: 'label' });
  const byNumber = given.label === 'id';
  if (given.label !== undefined && !byNumber && given.label !== 'label')
    throw gather.fault(`Pajek has no ${show(given.label)}: label is 'label' or 'id'`);
  const seen = new Map<string, number>();
  let count: number | undefined;
  let section: Section = 'skipped';
  let row = 0;

  const nodeIn = (word: string | undefined, line: number): number => {
    const node = Number(word);
    if (Number.isInteger(node) && node >= 1 && node <= (count ?? 0)) return node;
    throw gather.fault(`${show(word)}, expected a vertex from 1 to ${count ?? 0}`, line);
  };
  // A line value of 0 or below is no weight that a graph here can have.
  const weightIn = (word: string | undefined, line: number) =>
    word === undefined || gather.weightName === null ? undefined : gather.weightIn(word, line);

  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = i + 1;
    const trimmed = i === 0 ? raw.replace(/^\ufeff/, '').trim() : raw.trim();
    if (trimmed === '' || trimmed.startsWith('%')) continue;
    const words = wordsOf(trimmed);
    if (trimmed.startsWith('*')) {
      const name = (words[0] as string).slice(1).toLowerCase();
      section = sections.has(name) ? (name as Section) : 'skipped';
      if (section === 'vertices') {
        if (count !== undefined) throw gather.fault('a second network, expected one', line);
        count = Number(words[1]);
        // Vertices need no lines of their own, so a short file may say any number.
        if (!Number.isInteger(count) || count < 1 || count > 2 ** 20 + text.length)
          throw gather.fault(`${show(words[1])}, expected a number of vertices`, line);
        for (let node = 1; node <= count; node++)
          gather.node(node, byNumber ? node : String(node), line);
      } else if (section !== 'skipped' && count === undefined) {
        throw gather.fault('expected *Vertices first', line);
      }
      continue;
    }
    const [first, second, third] = words;
    switch (section) {
      case 'vertices': {
        const node = nodeIn(first, line);
        if (byNumber || second === undefined) break;
        const before = seen.get(second);
        if (before !== undefined)
          throw gather.fault(
            `vertices ${before} and ${node} are both called ${show(second)}: label: 'id' numbers them`,
            line,
          );
        seen.set(second, node);
        gather.call(node - 1, second);
        break;
      }
      case 'arcs':
      case 'edges':
        gather.edge(
          nodeIn(first, line),
          nodeIn(second, line),
          weightIn(third, line),
          section === 'arcs',
        );
        break;
      case 'arcslist':
      case 'edgeslist': {
        const from = nodeIn(first, line);
        for (const word of words.slice(1))
          gather.edge(from, nodeIn(word, line), undefined, section === 'arcslist');
        break;
      }
      case 'matrix': {
        row++;
        if (words.length !== count || row > count)
          throw gather.fault(`expected ${count} rows of ${count} numbers`, line);
        for (const [j, word] of words.entries())
          if (Number(word) !== 0) gather.edge(row, j + 1, weightIn(word, line), true);
        break;
      }
    }
  }
  if (count === undefined) throw gather.fault('expected *Vertices');
  return gather.input(1);
}
