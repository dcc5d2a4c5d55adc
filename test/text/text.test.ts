// Full-text search as TypeScript users meet it. What both doors share is in text.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { DocumentId, FusedHit, TextIndex, TextRoom } from 'sublinear/text';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import vectors from '../vectors/text/text.json' with { type: 'json' };
import { cases, doors } from './text.cases.js';

describeCases(doors, cases);

describe('text in TypeScript', () => {
  let engine: Engine;
  let room: TextRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('text');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  const plain = (texts: readonly string[], language: 'english' | 'none' = 'none') =>
    room.TextIndex.create({ fields: ['text'], language }).addMany(
      texts.map((text, id) => ({ id, fields: { text } })),
    );
  const ids = (index: TextIndex, query: string, options = {}): DocumentId[] =>
    index.search(query, { k: 100, ...options }).hits.map(({ id }) => id);

  // --- against others -----------------------------------------------------------------------------------------------

  test('scores and ranking of one word or phrase are those of SQLite FTS5', () => {
    using index = plain(vectors.documents);
    const N = vectors.documents.length;
    for (const { query, ids: wanted, scores } of vectors.found) {
      const asked = query.replaceAll(' OR ', ' ').replace(/^(\w+) AND (\w+)$/, '+$1 +$2');
      const { hits } = index.search(asked, { k: 1000 });
      expect(hits, query).toHaveLength(wanted.length);
      // The same but for the idf: Robertson's, not below 1e-6, in the place of Lucene's.
      const score = (id: DocumentId) =>
        index.explain(id, asked).parts.reduce((sum, { score: adds, idf, documents: n }) => {
          const robertson = Math.log((N - n + 0.5) / (n + 0.5));
          return sum + (adds / idf) * (robertson <= 0 ? 1e-6 : robertson);
        }, 0);
      wanted.forEach((id, i) => {
        expect(Math.abs(score(id) / scores[i]! - 1), `${query} ${id}`).toBeLessThan(1e-12);
      });
      if (!query.includes('OR') && !query.includes('AND')) {
        // Equal scores: SQLite's order by rounding is not ours.
        const ranks = hits.map(({ id }) => scores[wanted.indexOf(id as number)]!);
        ranks.forEach((value, i) => {
          if (i > 0) expect(value).toBeLessThanOrEqual(ranks[i - 1]! * (1 + 1e-12));
        });
      }
    }
  });

  test('stems are those of Snowball', () => {
    for (const [word, stem] of vectors.stems as [string, string][]) {
      // A word is found by its stem alone where that is a word with the same stem; words of one stem find each other.
      const others = (vectors.stems as [string, string][])
        .filter(([, other]) => other === stem)
        .map(([other]) => other);
      using index = plain([word], 'english');
      for (const other of others) expect(ids(index, other), `${word} ${other}`).toEqual([0]);
      const strangers = (vectors.stems as [string, string][]).filter(([, other]) => other !== stem);
      for (const [other] of strangers) expect(ids(index, other), `${word} ${other}`).toEqual([]);
    }
  });

  test('BM25 and BM25F equal their formulas in 40 cases', () => {
    const next = random(5);
    const word = () => `w${Math.floor(14 * next() ** 2)}`;
    const documents = Array.from({ length: 120 }, (_, id) => ({
      id,
      fields: {
        a: Array.from({ length: Math.floor(9 * next()) }, word),
        b: Array.from({ length: Math.floor(30 * next()) }, word),
      },
    }));
    using index = room.TextIndex.create({ fields: { a: { boost: 3 }, b: {} }, language: 'none' });
    for (const { id, fields } of documents)
      index.add({ id, fields: { a: fields.a.join(' '), b: fields.b.join(' ') } });
    const boosts = { a: 3, b: 1 };
    const N = documents.length;
    const averages = Object.fromEntries(
      (['a', 'b'] as const).map((f) => {
        const having = documents.filter(({ fields }) => fields[f].length > 0);
        return [f, having.reduce((sum, { fields }) => sum + fields[f].length, 0) / having.length];
      }),
    );
    for (let i = 0; i < 40; i++) {
      const words = Array.from({ length: 1 + (i % 3) }, word);
      const [k1, b] = [i % 5 === 0 ? 2 : 1.2, i % 7 === 0 ? 0.3 : 0.75];
      const scorer = i % 2 === 0 ? ('bm25' as const) : ('bm25f' as const);
      const scores = documents.map(({ id, fields }) => {
        let score = 0;
        for (const wanted of words) {
          let t = 0;
          let most = 0;
          for (const f of ['a', 'b'] as const) {
            const tf = fields[f].filter((each) => each === wanted).length;
            const n = documents.filter((each) => each.fields[f].includes(wanted)).length;
            most = Math.max(n, most);
            const B = 1 - b + (b * fields[f].length) / averages[f]!;
            const idf = Math.log(1 + (N - n + 0.5) / (n + 0.5));
            if (tf > 0) t += (boosts[f] * tf) / B;
            if (scorer === 'bm25') score += (boosts[f] * idf * (k1 + 1) * tf) / (tf + k1 * B);
          }
          const idf = Math.log(1 + (N - most + 0.5) / (most + 0.5));
          if (scorer === 'bm25f') score += (idf * (k1 + 1) * t) / (t + k1);
        }
        return { id, score };
      });
      const wanted = scores.filter(({ score }) => score > 0).sort((x, y) => y.score - x.score);
      const { hits, count } = index.search(words.join(' '), {
        k: 1000,
        scorer,
        k1,
        b,
        count: true,
      });
      expect(count).toBe(wanted.length);
      hits.forEach(({ id, score }, rank) => {
        expect(Math.abs(score / wanted[rank]!.score - 1)).toBeLessThan(1e-12);
        expect(Math.abs(score / scores[id as number]!.score - 1)).toBeLessThan(1e-12);
      });
    }
  });

  // --- queries ------------------------------------------------------------------------------------------------------

  test('signs of queries', () => {
    const texts = [
      'red fox',
      'quick red fox',
      'quick dog',
      'the well-known fox',
      'known well',
      'color colour',
    ];
    using index = plain(texts);
    expect(ids(index, '+red +quick')).toEqual([1]);
    expect(ids(index, 'red quick', { operator: 'and' })).toEqual([1]);
    expect(ids(index, 'fox -quick').sort()).toEqual([0, 3]);
    expect(ids(index, '"red fox" -quick')).toEqual([0]);
    expect(ids(index, '"red fox')).toHaveLength(2); // a quote that nobody closes
    expect(ids(index, 'well-known')).toEqual([3]);
    expect(ids(index, 'well-known', { syntax: false })).toEqual([3]);
    expect(ids(index, 'qui*').sort()).toEqual([1, 2]);
    expect(ids(index, 'qui', { prefix: true }).sort()).toEqual([1, 2]);
    expect(ids(index, 'quack~')).toHaveLength(2);
    expect(ids(index, 'quakc~1')).toEqual([]);
    expect(ids(index, 'colr~1')).toEqual([5]);
    expect(ids(index, 'dgo', { fuzzy: 2 })).toContain(2);
    expect(ids(index, 'dg', { fuzzy: 'auto' })).toEqual([]);
    expect(ids(index, 'text:dog')).toEqual([2]);
    expect(ids(index, 'nofield:dog')).toEqual([]); // a phrase of two words, then
    const [first] = index.search('dog^5 red').hits;
    expect(first?.id).toBe(2);
    for (const query of [
      '',
      '   ',
      '"',
      '""',
      '+',
      '-',
      '*',
      '~',
      '^2',
      ':',
      'text:',
      '+-"',
      '-quick',
      'the^0',
      '()&|!',
    ])
      expect(index.search(query, { count: true }).hits.length, query).toBeLessThan(7);
    expect(ids(index, '-quick')).toEqual([]);
  });

  test('words of all scripts', () => {
    const texts = [
      'Zürich, Łódź, Ærø and Straße',
      'ΣΊΣΥΦΟΣ και Ἀθῆναι',
      'Съешь ещё',
      '東京都の天気',
      '서울에서 만나요',
      'ﬁne ﬂour １２３ ½',
      'مُحَمَّد',
      'party 🎉 time 👩‍👩‍👧',
      'naïve café’s',
      'हिन्दी में',
    ];
    using index = plain(texts);
    const finds: [string, number][] = [
      ['zurich', 0],
      ['ŁODZ', 0],
      ['strasse', 0],
      ['aero', 0],
      ['σισυφος', 1],
      ['αθηναι', 1],
      ['еще', 2],
      ['東京', 3],
      ['京都', 3],
      ['天', 3],
      ['서울', 4],
      ['fine', 5],
      ['123', 5],
      ['محمد', 6],
      ['🎉', 7],
      ['👧', 7],
      ["cafe's", 8],
      ['NAIVE', 8],
      ['हिन्दी', 9],
    ];
    for (const [query, id] of finds) expect(ids(index, query), query).toEqual([id]);
    expect(ids(index, '都天')).toEqual([]);
    expect(ids(index, 'तन')).toEqual([]);
    for (const [i, text] of texts.entries()) {
      // Every word that a text consists of finds it, and is marked where it stands.
      const ranges = index.highlight(text, text, { syntax: false });
      expect(ranges.length, text).toBeGreaterThan(0);
      for (const { start, end } of ranges) expect(end).toBeGreaterThan(start);
      expect(ids(index, text, { syntax: false }), text).toContain(i);
    }
  });

  test('a stemmer of the user, and stop words', () => {
    const stem = (word: string) => word.replace(/(en|e|n)$/, '');
    using index = room.TextIndex.create({ fields: ['text'], stem, stopWords: ['der', 'die'] });
    index.add({ id: 1, fields: { text: 'Die schönen Häuser der Straßen' } });
    expect(ids(index, 'schöne straße')).toEqual([1]);
    expect(ids(index, 'der die')).toEqual([]);
    expect(ids(index, '"die schönen häuser"')).toEqual([1]);
    const bytes = index.save();
    using again = room.TextIndex.load(bytes, { stem });
    expect(ids(again, 'schöne')).toEqual([1]);
    expect(refusalOf(() => room.TextIndex.load(bytes)).argument).toBe('stem');
    using other = room.TextIndex.create({ fields: ['text'], stopWords: true });
    other.add({ id: 1, fields: { text: 'to be or not to be' } });
    expect(other.search('to be or not to be', { count: true }).count).toBe(0);
    expect(other.stats().postings).toBe(0);
  });

  test('pages are stable, and filters hold', () => {
    using index = plain(
      Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 'same words' : 'same other words')),
    );
    const all = ids(index, 'same', { k: 300 });
    const pages = [0, 100, 200].flatMap((offset) => ids(index, 'same', { k: 100, offset }));
    expect(pages).toEqual(all);
    expect(new Set(pages).size).toBe(300);
    expect(ids(index, 'same', { offset: 300 })).toEqual([]);
    using filter = room.TextFilter.from([5, 6, 7, 'x', 10 ** 9]);
    expect(filter.size).toBe(5);
    expect(ids(index, 'same', { filter })).toEqual([6, 5, 7]);
    index.remove(6);
    expect(ids(index, 'same', { filter })).toEqual([5, 7]);
    index.optimize();
    expect(ids(index, 'same', { filter })).toEqual([5, 7]);
    expect(ids(index, 'same', { filter: [] })).toEqual([]);
    expect(ids(index, 'same', { filter: new Set([9]) })).toEqual([9]);
  });

  test('statistics are those of the living documents after optimize', () => {
    using index = plain(['apple', 'apple pie', 'plum']);
    using fresh = plain(['apple pie', 'plum']);
    index.remove(0);
    const [wanted] = fresh.search('apple').hits;
    expect(index.search('apple').hits[0]!.score).not.toBe(wanted!.score);
    expect(index.stats().removed).toBe(1);
    index.optimize();
    expect(index.search('apple').hits[0]!.score).toBe(wanted!.score);
    expect(index.stats()).toEqual(fresh.stats());
  });

  // --- what surprises -----------------------------------------------------------------------------------------------

  test('documents of every kind', () => {
    using index = room.TextIndex.create({ fields: { a: {}, b: {}, v: { keyword: true } } });
    const long = 'x'.repeat(10_000);
    index.add({ id: 0, fields: {} });
    index.add({ id: '0', fields: { a: null, b: undefined } });
    index.add({
      id: 2 ** 32 - 1,
      fields: { a: '\ud800 lone \udc00', v: ['\ud800', 'two\nlines', ''] },
    });
    index.add({ id: 'ü/\u0001', fields: { a: long, b: [`${long}y`, 'second'] } });
    index.add({ id: 5, fields: { a: `${'word '.repeat(100_000)}end` } });
    expect(index.size).toBe(5);
    expect(index.ids).toEqual([0, '0', 2 ** 32 - 1, 'ü/\u0001', 5]);
    expect(ids(index, 'lone')).toEqual([2 ** 32 - 1]);
    expect(ids(index, 'v:"two lines"')).toEqual([2 ** 32 - 1]);
    expect(ids(index, `${long}z`)).toEqual(['ü/\u0001']); // of long words the beginning counts
    expect(index.explain(5, 'word').parts[0]).toMatchObject({
      frequency: 100_000,
      length: 100_001,
    });
    expect(ids(index, '"word end"')).toEqual([5]);
    index.add({ id: 6, fields: { a: 'term', v: 'end' } });
    expect(ids(index, 'end')).toEqual([5]);
    using again = room.TextIndex.load(index.save());
    expect(again.ids).toEqual(index.ids);
    expect(again.search('word lone end', { count: true })).toEqual(
      index.search('word lone end', { count: true }),
    );
  });

  test('one word in all documents, and many different words', () => {
    using index = room.TextIndex.create({ fields: ['text'], language: 'none' });
    index.addMany(
      (function* () {
        for (let id = 0; id < 20_000; id++)
          yield { id, fields: { text: `all u${id.toString(36)} n${id}x n${id}y n${id}z` } };
      })(),
    );
    expect(index.stats().words).toBeGreaterThan(75_000);
    expect(index.search('all', { count: true }).count).toBe(20_000);
    expect(ids(index, 'all', { k: 3 })).toEqual([0, 1, 2]);
    expect(ids(index, 'all n777y')[0]).toBe(777);
    expect(index.search('n7*', { count: true }).count).toBe(countOf('7', 20_000));
    expect(ids(index, 'n12345x~1')).toContain(12_345);
    expect(index.suggest('n1999', { k: 3 })).toHaveLength(3);
  });

  const countOf = (prefix: string, end: number) => {
    let count = 0;
    for (let i = 0; i < end; i++) count += String(i).startsWith(prefix) ? 1 : 0;
    return count;
  };

  test('what is wrong says what and how to mend it, and changes nothing', () => {
    using index = plain(['one']);
    const { TextIndex } = room;
    const refused = (call: () => unknown) => {
      const { argument } = refusalOf(call);
      return argument;
    };
    expect(refused(() => TextIndex.create({ fields: [] }))).toBe('fields');
    expect(refused(() => TextIndex.create({ fields: ['a', 'a'] }))).toBe('fields');
    expect(refused(() => TextIndex.create({ fields: ['a b'] }))).toBe('fields');
    expect(refused(() => TextIndex.create({ fields: { a: { boost: -1 } } }))).toBe('boost');
    expect(refused(() => TextIndex.create({ fields: ['a'], language: 'klingon' as never }))).toBe(
      'language',
    );
    expect(
      refused(() => TextIndex.create({ fields: ['a'], language: 'english', stem: (w) => w })),
    ).toBe('stem');
    expect(refused(() => index.add({ id: 0, fields: { text: 'again' } }))).toBe('ids');
    expect(refused(() => index.add({ id: -1, fields: {} }))).toBe('id');
    expect(refused(() => index.add({ id: 1.5, fields: {} }))).toBe('id');
    expect(refused(() => index.add({ id: '', fields: {} }))).toBe('id');
    expect(refused(() => index.add({ id: '\ud800', fields: {} }))).toBe('id');
    expect(refused(() => index.add({ id: 9, fields: { other: 'x' } }))).toBe('fields');
    expect(refused(() => index.add({ id: 9, fields: { text: 5 as never } }))).toBe('fields.text');
    expect(refused(() => index.remove(77))).toBe('ids');
    expect(refused(() => index.search(5 as never))).toBe('query');
    expect(refused(() => index.search('a '.repeat(1025)))).toBe('query');
    expect(refused(() => index.search('a-'.repeat(1025)))).toBe('query');
    expect(index.search('a '.repeat(1024)).hits).toEqual([]);
    expect(refused(() => index.search('a', { k: 0 }))).toBe('k');
    expect(refused(() => index.search('a', { k1: -1 }))).toBe('k1');
    expect(refused(() => index.search('a', { b: Number.NaN }))).toBe('b');
    expect(refused(() => index.search('a', { boosts: { text: -2 } }))).toBe('boosts.text');
    expect(refused(() => index.search('a', { boosts: { none: 1 } }))).toBe('boosts');
    expect(refused(() => index.search('a', { fields: ['none'] }))).toBe('fields');
    expect(refused(() => index.search('a', { facets: ['text'] }))).toBe('facets');
    expect(refused(() => index.search('a', { fuzzy: 3 as never }))).toBe('fuzzy');
    expect(refused(() => index.explain(8, 'one'))).toBe('id');
    const many = [
      { id: 1, fields: {} },
      { id: 2, fields: {} },
      { id: 0, fields: {} },
      { id: 3, fields: {} },
    ];
    const error = refusalOf(() => index.addMany(many)) as Error & { position?: number };
    expect([error.position, error.message.includes('2 documents were added')]).toEqual([2, true]);
    expect(index.ids).toEqual([0, 1, 2]);
    expect(ids(index, 'one')).toEqual([0]);
  });

  test('a file that is cut or changed anywhere is refused', () => {
    using index = plain(['one two', 'two three']);
    const bytes = index.save();
    for (let cut = 0; cut < bytes.length; cut++)
      expect(refusalOf(() => room.TextIndex.load(bytes.subarray(0, cut))).code).toBe('TRUNCATED');
    for (let at = 0; at < bytes.length; at += 3) {
      const wrong = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 16 : byte));
      expect(() => room.TextIndex.load(wrong).dispose(), `byte ${at}`).toThrow();
    }
  });

  test('when memory ends in the middle, what was there is there', async () => {
    const small = await createEngine({ memory: 3_000_000 });
    const { TextIndex } = await small.use('text');
    const index = TextIndex.create({ fields: ['text'], language: 'none' });
    let added = 0;
    const documents = (function* () {
      for (let id = 0; ; id++)
        yield { id, fields: { text: `common ${id.toString(36)} word${id} other${id}` } };
    })();
    const error = refusalOf(() => {
      for (const document of documents) {
        index.add(document);
        added++;
      }
    });
    expect(error.code).toBe('MEMORY');
    expect(index.size).toBe(added);
    index.remove(Array.from({ length: added - 10 }, (_, i) => i));
    index.optimize();
    expect(index.search('common', { count: true }).count).toBe(10);
    index.add({ id: 'more', fields: { text: 'common again' } });
    index.dispose();
    expect(small.stats().modules.every(({ bytesInUse }) => bytesInUse === 0)).toBe(true);
    small.dispose();
  });

  // --- asynchronous forms -------------------------------------------------------------------------------------------

  test('asynchronous forms add, optimize, load, and stop when they are told to', async () => {
    using index = room.TextIndex.create({ fields: ['text'] });
    async function* documents(count: number) {
      for (let id = 0; id < count; id++) {
        if (id % 100 === 0) await null;
        yield { id, fields: { text: `page ${id} of many` } };
      }
    }
    const seen: number[] = [];
    const adding = index.addManyAsync(documents(3000), {
      onProgress: ({ added }) => seen.push(added),
    });
    expect(refusalOf(() => index.search('page')).code).toBe('BUSY');
    await adding;
    expect(index.size).toBe(3000);
    expect(seen.every((added, i) => added >= (seen[i - 1] ?? 0))).toBe(true);
    index.remove(Array.from({ length: 2000 }, (_, i) => i));
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(index.optimizeAsync({ signal: controller.signal })).rejects.toThrow('enough');
    expect(index.stats().removed).toBe(2000);
    await index.optimizeAsync();
    expect(index.stats()).toMatchObject({ removed: 0, documents: 1000 });
    using again = await room.TextIndex.loadAsync(new Blob([index.save()]).stream());
    expect(again.search('2500').hits[0]!.id).toBe(2500);
    await expect(index.addManyAsync(documents(3000))).rejects.toThrow('in use');
    const stopped = new AbortController();
    const more = index.addManyAsync(documents(1e9), {
      signal: stopped.signal,
      onProgress: () => stopped.abort(),
    });
    await expect(more).rejects.toThrow();
  });

  // --- lists as one -------------------------------------------------------------------------------------------------

  test('lists of results become one', () => {
    const words = [
      { id: 'a', score: 10 },
      { id: 'b', score: 5 },
      { id: 'c', score: 0 },
    ];
    const near = { ids: ['c', 'b', 'd'], distances: [1, 2, 5] };
    const shown = (hits: FusedHit[]) => hits.map(({ id, score }) => [id, score]);
    expect(shown(room.fuse([words, near]))).toEqual([
      ['c', 1 / 63 + 1 / 61],
      ['b', 1 / 62 + 1 / 62],
      ['a', 1 / 61],
      ['d', 1 / 63],
    ]);
    expect(shown(room.fuse([words, near], { method: 'weighted', weights: [1, 3], k: 2 }))).toEqual([
      ['c', 3],
      ['b', 0.5 + 3 * 0.75],
    ]);
    expect(room.fuse([[], []])).toEqual([]);
    expect(refusalOf(() => room.fuse([words], { weights: [-1] })).argument).toBe('weights');
    expect(refusalOf(() => room.fuse([5 as never])).argument).toBe('lists[0]');
  });
});
