// Holds the names of nodes and looks them up, away from the page: those of WordNet's 118 thousand meanings, and those of
// the edge list that the visitor has opened.
import { expose } from 'comlink';
import { fetched } from '../fetched.js';
import { type NamedEdges, readEdgeList } from './edge-list.js';

/** The names of a graph's nodes; a node may have several, and a name may stand for several nodes. */
class Names {
  #index: Map<string, number[]> | undefined;

  constructor(
    readonly lines: string[],
    readonly namesOf: (line: string) => string[],
  ) {}

  get index(): Map<string, number[]> {
    if (this.#index) return this.#index;
    const made = new Map<string, number[]>();
    for (const [node, line] of this.lines.entries())
      for (const name of this.namesOf(line)) {
        const key = name.toLowerCase();
        const known = made.get(key);
        if (known) known.push(node);
        else made.set(key, [node]);
      }
    this.#index = made;
    return made;
  }
}

const tables = new Map<string, Promise<Names>>();
const table = async (of: string) => {
  const names = await tables.get(of);
  if (!names) throw new Error(`There are no names for ${of}.`);
  return names;
};

const dictionary = {
  /** Fetches the names of WordNet. The page's address: the worker's own is another one. */
  async wordNet(address: string): Promise<void> {
    const load = async () => {
      const response = await fetched('wordnet.txt', address);
      const words = (line: string) => line.slice(0, line.indexOf('\t')).split(', ');
      return new Names((await response.text()).split('\n'), words);
    };
    if (!tables.has('wordnet')) tables.set('wordnet', load());
    await table('wordnet').catch((error) => {
      tables.delete('wordnet'); // so that it is tried again
      throw error;
    });
  },
  /** Reads an edge list and keeps the names of its nodes. */
  async open(of: string, file: File): Promise<Omit<NamedEdges, 'labels'> & { first: string }> {
    const { labels, ...edges } = readEdgeList(await file.text());
    tables.set(of, Promise.resolve(new Names(labels, (label) => [label])));
    return { ...edges, first: labels[0]! };
  },
  forget(of: string): void {
    tables.delete(of);
  },
  async labels(of: string, nodes: Uint32Array | number[]): Promise<string[]> {
    const { lines } = await table(of);
    return Array.from(nodes, (node) => lines[node]!.replace('\t', ' · '));
  },
  /** The nodes of a name; none when it is unknown. */
  async find(of: string, name: string): Promise<number[]> {
    return (await table(of)).index.get(name.trim().toLowerCase()) ?? [];
  },
  /** The first names that begin like this, the shortest first. */
  async suggest(of: string, start: string, most = 12): Promise<string[]> {
    const found: string[] = [];
    const wanted = start.toLowerCase();
    for (const name of (await table(of)).index.keys())
      if (name.startsWith(wanted)) {
        found.push(name);
        if (found.length === 400) break;
      }
    return found.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, most);
  },
};

export type Dictionary = typeof dictionary;
expose(dictionary);
