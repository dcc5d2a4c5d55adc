// Holds the names of WordNet's 118 thousand meanings and looks words up in them, away from the page.
import { expose } from 'comlink';

let names: Promise<string[]> | undefined;
let index: Map<string, number[]> | undefined;

let base = '';

const load = () => {
  names ??= fetch(new URL('data/wordnet.txt', base))
    .then((response) => response.text())
    .then((text) => text.split('\n'));
  return names;
};
async function words(): Promise<Map<string, number[]>> {
  if (index) return index;
  const made = new Map<string, number[]>();
  for (const [node, line] of (await load()).entries())
    for (const word of line.slice(0, line.indexOf('\t')).toLowerCase().split(', ')) {
      const known = made.get(word);
      if (known) known.push(node);
      else made.set(word, [node]);
    }
  index = made;
  return made;
}

const dictionary = {
  /** Where the page lies: the worker's own address is another one. */
  open(address: string): void {
    base = address;
  },
  async labels(nodes: Uint32Array | number[]): Promise<string[]> {
    const all = await load();
    return Array.from(nodes, (node) => all[node]!.replace('\t', ' · '));
  },
  /** The meanings of a word; none when it is unknown. */
  async meanings(word: string): Promise<number[]> {
    return (await words()).get(word.trim().toLowerCase()) ?? [];
  },
  /** The first words that begin like this, the shortest first. */
  async suggest(start: string, most = 12): Promise<string[]> {
    const found: string[] = [];
    const wanted = start.toLowerCase();
    for (const word of (await words()).keys())
      if (word.startsWith(wanted)) {
        found.push(word);
        if (found.length === 400) break;
      }
    return found.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, most);
  },
  /** Numbers the names of an edge list in the order in which they come. Lines that begin with # or % are comments. */
  readNames(text: string): NamedEdges {
    const numbers = new Map<string, number>();
    const numberOf = (name: string) => {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, numbers.size);
      return numbers.size - 1;
    };
    const [from, to, weights]: [number[], number[], number[]] = [[], [], []];
    for (const [i, line] of text.split(/\r?\n/).entries()) {
      if (/^\s*([#%]|$)/.test(line)) continue;
      const [a, b, weight = '1'] = line.trim().split(/\s*,\s*|\s+/);
      if (!a || !b) throw new SyntaxError(`line ${i + 1} expected two names, got "${line}"`);
      if (!(Number(weight) > 0))
        throw new SyntaxError(`line ${i + 1} expected a weight above 0, got "${weight}"`);
      from.push(numberOf(a));
      to.push(numberOf(b));
      weights.push(Number(weight));
    }
    return {
      from: Uint32Array.from(from),
      to: Uint32Array.from(to),
      weights: Float64Array.from(weights),
      labels: [...numbers.keys()],
    };
  },
};

export interface NamedEdges {
  from: Uint32Array;
  to: Uint32Array;
  weights: Float64Array;
  labels: string[];
}
export type Dictionary = typeof dictionary;
expose(dictionary);
