// The vector store of LangChain.js, with the real @langchain/core: what its MemoryVectorStore would answer, and what it promises
// of every store.
import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import { RunnableLambda } from '@langchain/core/runnables';
import { cosineSimilarity, maximalMarginalRelevance } from '@langchain/core/utils/math';
import { VectorStore } from '@langchain/core/vectorstores';
import { createEngine, isSublinearError } from 'sublinear';
import { SublinearVectorStore } from 'sublinear/langchain';
import { describe, expect, test } from 'vitest';

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** How often each letter stands in a text, and a little that no text is without. */
class Letters extends Embeddings {
  calls = 0;
  constructor() {
    super({});
  }
  vector(text: string): number[] {
    const counts = new Array(26).fill(0.01);
    for (const letter of text.toLowerCase()) {
      const at = letter.charCodeAt(0) - 97;
      if (at >= 0 && at < 26) counts[at]++;
    }
    return counts;
  }
  async embedDocuments(texts: string[]) {
    this.calls++;
    return texts.map((text) => this.vector(text));
  }
  async embedQuery(text: string) {
    return this.vector(text);
  }
}

const embeddings = new Letters();
const words = [
  'sea',
  'sand',
  'harbour',
  'lodge',
  'cliff',
  'station',
  'garden',
  'tower',
  'river',
  'bridge',
];
const next = random(17);
const texts = Array.from({ length: 80 }, () =>
  Array.from({ length: 6 }, () => words[Math.floor(next() * words.length)]).join(' '),
);
const documents = texts.map(
  (pageContent, i) =>
    new Document({
      id: `d${i}`,
      pageContent,
      metadata: { year: 1950 + i, loc: { lines: { from: i } } },
    }),
);

/** The nearest by LangChain's own arithmetic. */
function exact(query: string, k: number, allowed = documents): [string, number][] {
  const vectors = allowed.map(({ pageContent }) => embeddings.vector(pageContent));
  const [scores = []] = cosineSimilarity([embeddings.vector(query)], vectors);
  return allowed
    .map(({ id }, i) => [id as string, scores[i] as number] as [string, number])
    .sort((a, b) => b[1] - a[1])
    .slice(0, k);
}

async function thrown(call: () => Promise<unknown>) {
  try {
    await call();
  } catch (error) {
    if (!isSublinearError(error)) throw error;
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('SublinearVectorStore', () => {
  test('finds what exact arithmetic finds, with the same scores', async () => {
    const store = await SublinearVectorStore.fromDocuments(documents, embeddings, {
      index: 'flat',
    });
    expect(store).toBeInstanceOf(VectorStore);
    for (const query of ['sea and sand', 'a bridge over the river', 'tower', 'zzz']) {
      const found = await store.similaritySearchWithScore(query, 7);
      const scores = exact(query, 7).map(([, score]) => score);
      expect(found.map(([, score]) => score.toFixed(5))).toEqual(scores.map((s) => s.toFixed(5)));
      const [[document] = []] = found;
      expect(document).toBeInstanceOf(Document);
      expect(texts[Number(document?.id?.slice(1))]).toBe(document?.pageContent);
      const plain = await store.similaritySearch(query, 7);
      expect(plain.map(({ id }) => id)).toEqual(found.map(([{ id }]) => id));
    }
    expect((await store.similaritySearch('sea')).length).toBe(4);
    store.dispose();
    expect(store.disposed).toBe(true);
  });

  test('filters are conditions on metadata', async () => {
    const store = await SublinearVectorStore.fromDocuments(documents, embeddings, {
      index: 'flat',
    });
    const filter = { year: { gte: 2000 }, 'loc.lines.from': { lt: 60 } };
    const allowed = documents.filter((_, i) => i >= 50 && i < 60);
    const found = await store.similaritySearchWithScore('sea', 20, filter);
    expect(found.length).toBe(10);
    const wanted = exact('sea', 20, allowed);
    expect(found.map(([{ id }]) => id).sort()).toEqual(wanted.map(([id]) => id).sort());
    for (const [{ metadata }] of found) expect(metadata.year).toBeGreaterThanOrEqual(2000);
    const error = await thrown(() =>
      store.similaritySearch('sea', 1, { year: { above: 1 } } as never),
    );
    expect([error.code, error.message]).toEqual(['TYPE', expect.stringContaining('above')]);
    store.dispose();
  });

  test('maximal marginal relevance chooses as LangChain defines it', async () => {
    const store = await SublinearVectorStore.fromDocuments(documents, embeddings, {
      index: 'flat',
    });
    for (const lambda of [0, 0.3, 1]) {
      const near = await store.similaritySearch('sea and harbour', 15);
      const vectors = near.map(({ pageContent }) => embeddings.vector(pageContent));
      const query = embeddings.vector('sea and harbour');
      const wanted = maximalMarginalRelevance(query, vectors, lambda, 5).map(
        (at) => near[at]?.pageContent,
      );
      const found = await store.maxMarginalRelevanceSearch('sea and harbour', {
        k: 5,
        fetchK: 15,
        lambda,
      });
      expect(found.map(({ pageContent }) => pageContent)).toEqual(wanted);
    }
    const filter = { year: { lt: 1960 } };
    const found = await store.maxMarginalRelevanceSearch('sea', { k: 3, filter });
    expect(found.every(({ metadata }) => metadata.year < 1960)).toBe(true);
    store.dispose();
  });

  test('ids: given, of the documents, or new; an id that is there is replaced, and deleted', async () => {
    const store = new SublinearVectorStore(embeddings, { metric: 'euclidean' });
    expect(await store.similaritySearch('sea')).toEqual([]);
    expect(await store.addDocuments([])).toEqual([]);
    const plain = new Document({
      pageContent: 'sea',
      metadata: { n: 1, none: undefined, at: new Date(0) },
    });
    const own = new Document({ id: 'own', pageContent: 'sand', metadata: {} });
    const ids = await store.addDocuments([plain, own]);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).toBe('own');
    expect(await store.addDocuments([plain], { ids: ['given'] })).toEqual(['given']);
    const [[found, score] = []] = await store.similaritySearchWithScore('sea', 1);
    expect([found?.pageContent, score]).toEqual(['sea', -0]);
    expect(found?.metadata).toEqual({ n: 1, at: '1970-01-01T00:00:00.000Z' });
    // What comes after a store may write into what it was given.
    if (found) found.metadata.seen = true;
    await store.addDocuments([new Document({ pageContent: 'tower', metadata: {} })], {
      ids: ['given'],
    });
    expect((await store.similaritySearch('tower', 1))[0]?.id).toBe('given');
    expect(store.collection?.size).toBe(3);
    await store.delete({ ids: ['given', 'nobody'] });
    await store.delete({ filter: { n: 1 } });
    expect(store.collection?.keys).toEqual(['own']);
    for (const params of [{}, undefined, { ids: [], filter: {} }])
      expect((await thrown(() => store.delete(params))).argument).toBe('params');
    expect((await thrown(() => store.addVectors([[1]], []))).argument).toBe('documents');
    expect((await thrown(() => store.addDocuments([own], { ids: [] }))).argument).toBe('ids');
    expect((await thrown(() => store.addVectors([[1, 2]], [own]))).code).toBe('SHAPE');
    store.dispose();
  });

  test('documents that come at once go into one collection', async () => {
    const store = new SublinearVectorStore(embeddings);
    await Promise.all(documents.map((document) => store.addDocuments([document])));
    expect(store.collection?.size).toBe(documents.length);
    store.dispose();
  });

  test('saved and loaded, as bytes or as a stream; what is no store is refused', async () => {
    const metadatas = texts.map((_, i) => ({ i }));
    const store = await SublinearVectorStore.fromTexts(texts, metadatas, embeddings);
    const bytes = store.save();
    for (const source of [bytes, new Blob([bytes]).stream()]) {
      const again = await SublinearVectorStore.load(source, embeddings);
      const query = 'garden by the river';
      expect(await again.similaritySearchWithScore(query, 5)).toEqual(
        await store.similaritySearchWithScore(query, 5),
      );
      await again.addDocuments([new Document({ pageContent: 'new', metadata: {} })]);
      expect(again.collection?.size).toBe(81);
      again.dispose();
    }
    const { Collection } = await (await createEngine()).use('hnsw');
    using other = Collection.create({ metric: 'dot', dimension: 2 });
    const load = (file: Uint8Array) => () => SublinearVectorStore.load(file, embeddings);
    expect((await thrown(load(other.save()))).code).toBe('FORMAT');
    expect((await thrown(load(bytes.subarray(0, 100)))).code).toBe('TRUNCATED');
    expect((await thrown(async () => new SublinearVectorStore(embeddings).save())).code).toBe(
      'STATE',
    );
    store.dispose();
  });

  test('words and meaning at once', async () => {
    const store = await SublinearVectorStore.fromTexts(
      ['a quiet hotel', 'the hotel at the station', 'tuqei tohle'],
      { source: 'guide' },
      embeddings,
      { language: 'none' },
    );
    // By its letters the last one is as near as the first; only one has the words.
    const [[best] = []] = await store.hybridSearch('quiet hotel', { k: 1 });
    expect([best?.pageContent, best?.metadata]).toEqual(['a quiet hotel', { source: 'guide' }]);
    expect((await store.hybridSearch('hotel', { where: { source: 'other' } })).length).toBe(0);
    store.dispose();
  });

  test('a retriever in a chain, and one by marginal relevance', async () => {
    const store = await SublinearVectorStore.fromDocuments(documents, embeddings, {
      index: 'flat',
    });
    const joined = RunnableLambda.from((found: Document[]) => found.map(({ id }) => id).join(','));
    const chain = store.asRetriever({ k: 3, filter: { year: { lt: 1980 } } }).pipe(joined);
    const ids = (await chain.invoke('sea')).split(',');
    expect(ids.length).toBe(3);
    expect(ids.every((id) => Number(id.slice(1)) < 30)).toBe(true);
    const diverse = store.asRetriever({
      k: 4,
      searchType: 'mmr',
      searchKwargs: { fetchK: 20, lambda: 0.1 },
    });
    expect((await diverse.invoke('sea')).length).toBe(4);
    store.dispose();
  });

  test('an engine of its own', async () => {
    const engine = await createEngine();
    const { Collection } = await engine.use('hnsw');
    const store = await SublinearVectorStore.fromTexts(['sea'], {}, embeddings, {
      Collection,
      codes: 'int8',
    });
    expect(store.collection).toBeInstanceOf(Collection);
    engine.dispose();
  });
});
