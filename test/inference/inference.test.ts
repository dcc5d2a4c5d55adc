// Embedders as TypeScript users meet them. What both doors share is in inference.cases.ts.
import { createEngine } from 'sublinear';
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors, tfjs } from './inference.cases.js';

describeCases(doors, cases);

describe('embedders', () => {
  const own = inRoom('inference');
  const bad = (value: unknown) => value as never;
  const of = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

  test('one text, many, and in slices give the same bits', async () => {
    using e = own.room.TextEmbedder.fromTfjs(tfjs());
    const texts = [
      'the river bank',
      'a cat',
      '',
      'sea \ud800',
      'x'.repeat(300),
      'the sea '.repeat(99),
    ];
    const all = e.embed(texts);
    expect(all.length).toBe(texts.length * e.dimensions);
    texts.forEach((text, i) => {
      expect(e.embed(text)).toEqual(all.slice(i * e.dimensions, (i + 1) * e.dimensions));
    });
    expect(await e.embedAsync(texts)).toEqual(all);
    const into = new Float32Array(all.length);
    expect(e.embed(texts, { into })).toBe(into);
    expect(into).toEqual(all);
  });

  test('halves of pairs do not join', () => {
    using e = own.room.TextEmbedder.fromTfjs(tfjs());
    const apart = e.embed(['\ud83d', '\ude00']);
    expect(apart.slice(0, e.dimensions)).toEqual(e.embed('\ud83d'));
    expect(apart.slice(e.dimensions)).toEqual(e.embed('\ude00'));
    expect(e.tokens('\ud83d')).toEqual(e.tokens('\ufffd'));
  });

  test('long texts are cut, and it is said; or refused', () => {
    using e = own.room.TextEmbedder.fromTfjs(tfjs());
    const long = 'the sea '.repeat(65);
    expect(e.maxTokens).toBe(128);
    expect(e.tokens(long).cut).toBe(true);
    expect(e.tokens(long).ids.length).toBe(128);
    expect(e.tokens('the sea').cut).toBe(false);
    expect(e.embed(long)).toEqual(e.embed(`${long} and a cat`));
    expect(of(() => e.embed(['a', long], { longTexts: 'refuse' }))).toBe('RANGE texts[1]');
    expect(e.embed(['a'], { longTexts: 'refuse' })).toEqual(e.embed('a'));
    // A word of a million letters, and a million of words.
    expect(e.tokens('a'.repeat(1e6)).ids.length).toBeLessThanOrEqual(128);
    expect(e.tokens('a '.repeat(5e5)).cut).toBe(true);
  });

  test('can be aborted, and used again', async () => {
    using e = own.room.TextEmbedder.fromTfjs(tfjs());
    const controller = new AbortController();
    const texts = Array.from({ length: 20000 }, (_, i) => `the sea ${i}`);
    const running = e.embedAsync(texts, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect(of(() => e.embed('a'))).toBe('BUSY undefined');
    await expect(running).rejects.toThrow('enough');
    expect(e.embed('a').length).toBe(12);
  });

  test('files know what they are', async () => {
    const { TextEmbedder, StaticEmbedder } = own.room;
    using e = TextEmbedder.fromTfjs(tfjs(), { precision: 'float32' });
    using rounded = TextEmbedder.fromTfjs(tfjs());
    using table = StaticEmbedder.distil(rounded);
    using later = await StaticEmbedder.distilAsync(rounded);
    expect(later.modelId).toBe(table.modelId);
    expect(new Set([e, rounded, table].map(({ modelId }) => modelId)).size).toBe(3);
    expect([e.precision, rounded.precision, table.maxTokens]).toEqual(['float32', 'int8', 2 ** 30]);
    const file = rounded.save();
    expect(refusalOf(() => StaticEmbedder.load(file)).message).toMatch(
      'TextEmbedder.load() instead',
    );
    expect(refusalOf(() => TextEmbedder.load(table.save())).message).toMatch(
      'StaticEmbedder.load()',
    );
    using again = await TextEmbedder.loadAsync(new Blob([file]).stream());
    expect(again.modelId).toBe(rounded.modelId);
    file[file.length - 30]! ^= 1;
    expect(refusalOf(() => TextEmbedder.load(file)).code).toBe('CHECKSUM');
  });

  test('words with weights: what is frequent counts less', () => {
    const { StaticEmbedder } = own.room;
    const words = ['the', 'sea', 'tax', 'İstanbul'.toLowerCase(), "'"];
    const vectors = Float32Array.of(1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1);
    using plain = StaticEmbedder.fromWords(
      { words, vectors },
      { a: Number.POSITIVE_INFINITY, centred: false, precision: 'float32' },
    );
    expect(Array.from(plain.embed('tax'))).toEqual([0, 0, 1, 0]);
    expect(dot(plain.embed('the sea'), plain.embed('THE, sea?'))).toBeCloseTo(1, 6);
    expect(plain.tokens('İSTANBUL tax’ nothing').ids.length).toBeGreaterThan(0);
    using weighted = StaticEmbedder.fromWords(
      { words, vectors, frequencies: [1e6, 1, 1, 1, 1] },
      { centred: false, precision: 'float32' },
    );
    expect(dot(weighted.embed('the sea'), weighted.embed('sea'))).toBeGreaterThan(0.999);
    expect(dot(plain.embed('the sea'), plain.embed('sea'))).toBeLessThan(0.95);
    using centred = StaticEmbedder.fromWords(
      { words: ['a', 'b'], vectors: Float32Array.of(1, 3, 1, 1) },
      { precision: 'float32' },
    );
    expect(Array.from(centred.embed('a'))).toEqual([0, 1]);
  });

  test('collections of texts keep the id of their model', async () => {
    const { Collection } = await own.engine.use('hnsw');
    const { TextEmbedder, TextCollection } = own.room;
    using embedder = TextEmbedder.fromTfjs(tfjs());
    using other = TextEmbedder.fromTfjs(tfjs(), { precision: 'float32' });
    using notes = TextCollection.create<{ at: number }>({ embedder, Collection, index: 'flat' });
    const texts = ['the river bank', 'a cat sat', 'the sea', 'money'];
    await notes.addAllAsync(texts.map((text, at) => ({ key: text, text, metadata: { at } })));
    for (const text of texts) expect(notes.search(text, { k: 1 })[0]?.key).toBe(text);
    expect(notes.add({ key: 'money', text: 'the sea', metadata: { at: 9 } }).size).toBe(4);
    expect(notes.search('the sea', { where: { at: 9 } })[0]?.distance).toBeCloseTo(0, 6);
    const file = notes.save();
    using again = TextCollection.load(file, { embedder, Collection });
    expect(again.search('the river')).toEqual(notes.search('the river'));
    const message = refusalOf(() =>
      TextCollection.load(file, { embedder: other, Collection }),
    ).message;
    expect(message).toContain(embedder.modelId);
    expect(message).toContain(other.modelId);
    for (const length of [0, 5, 20, 40, 60, 90, file.length - 1])
      expect(
        refusalOf(() => TextCollection.load(file.slice(0, length), { embedder, Collection })).code,
      ).toMatch(/FORMAT|TRUNCATED/);
    expect([
      of(() => TextCollection.create(bad({ embedder: {}, Collection }))),
      of(() => TextCollection.create(bad({ embedder }))),
      of(() => notes.add(bad({ key: 'a' }))),
      of(() => notes.add(bad(undefined))),
      of(() => notes.search(bad([1]))),
      of(() => new (bad(TextCollection) as new () => object)()),
    ]).toEqual([
      'TYPE embedder',
      'TYPE Collection',
      'TYPE text',
      'TYPE item',
      'TYPE text',
      'TYPE undefined',
    ]);
    await expect(notes.addAllAsync(bad('x'))).rejects.toThrow('items');
    const controller = new AbortController();
    const adding = notes.addAllAsync(
      Array.from({ length: 500 }, (_, i) => ({ key: i, text: `cat ${i}` })),
      { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) },
    );
    await expect(adding).rejects.toThrow('enough');
    expect(notes.size).toBe(4 + 32);
  });

  test('tables of Model2Vec', async () => {
    const { writeSafetensors } = await own.engine.use('format');
    const { StaticEmbedder } = own.room;
    const data = Float32Array.of(9, 9, 1, 0, 0, 1, 1, 1, 2, 0);
    const vocab = { '[UNK]': 0, run: 1, '##ning': 2, "'": 3, 日: 4 };
    const normalizer = { type: 'BertNormalizer', lowercase: true };
    const tokenizer = { model: { type: 'WordPiece', vocab }, normalizer };
    const weights = writeSafetensors({
      embeddings: { data, shape: [5, 2] },
      other: Uint8Array.of(1),
    });
    using e = StaticEmbedder.fromModel2Vec({ weights, tokenizer }, { precision: 'float32' });
    expect(Array.from(e.tokens("RUNNING? it's Rún 日日\u0000").ids)).toEqual([1, 2, 3, 1, 4, 4]);
    expect(Array.from(e.embed('running'))).toEqual([
      Math.fround(Math.SQRT1_2),
      Math.fround(Math.SQRT1_2),
    ]);
    const halves = Uint16Array.of(0, 0, 0x3c00, 0x8000, 0, 0x3c00, 0x3800, 0x4000, 0x0001, 0xbc00);
    const file = writeSafetensors({ embeddings: { data: halves, shape: [5, 2], type: 'float16' } });
    using half = StaticEmbedder.fromModel2Vec(
      { weights: file, tokenizer },
      { precision: 'float32' },
    );
    expect(half.embed("'")[1]).toBeCloseTo(2 / Math.hypot(2, 0.5), 6);
    expect(half.modelId).not.toBe(e.modelId);
    const withHeader = (text: string) => {
      const length = Number(new DataView(file.buffer).getBigUint64(0, true));
      const json = new TextEncoder().encode(text);
      const out = new Uint8Array(8 + json.length + file.length - 8 - length);
      new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
      out.set(json, 8);
      out.set(file.subarray(8 + length), 8 + json.length);
      return out;
    };
    const cut = (
      change: (header: Record<string, { data_offsets: number[]; dtype: string }>) => void,
    ) => {
      const length = Number(new DataView(file.buffer).getBigUint64(0, true));
      const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
      change(header);
      return withHeader(JSON.stringify(header));
    };
    // The same name twice, the second time written otherwise; braces and names within strings are none.
    const entry = '{"dtype":"F16","shape":[5,2],"data_offsets":[0,20]}';
    const odd = `"__metadata__":{"embeddings":"}\\"{","a":"\\\\"}`;
    const named = (...names: string[]) =>
      withHeader(`{${odd},${names.map((name) => `"${name}":${entry}`).join()}}`);
    using once = StaticEmbedder.fromModel2Vec({ weights: named('embeddings'), tokenizer });
    expect(once.dimensions).toBe(2);
    const refuse = (bytes: Uint8Array, other: object = tokenizer) =>
      of(() => StaticEmbedder.fromModel2Vec({ weights: bytes, tokenizer: other }));
    for (const bytes of [
      file.subarray(0, 5),
      file.subarray(0, 50),
      file.subarray(0, file.length - 1),
      new Uint8Array(90).fill(255),
      cut((h) => (h.embeddings!.data_offsets = [0, 19])),
      cut((h) => (h.embeddings!.data_offsets = [-1, 20])),
      cut((h) => (h.embeddings!.dtype = 'I16')),
      named('embeddings', 'embeddings'),
      named('embeddings', '\\u0065mbeddings'),
      cut((h) => (h.again = h.embeddings!)),
      cut((h) => (h.mapping = { data_offsets: [20, 20], dtype: 'I64' })),
    ])
      expect(refuse(bytes)).toBe('FORMAT weights');
    for (const other of [
      {},
      { ...tokenizer, normalizer: { type: 'BertNormalizer', lowercase: false } },
      { ...tokenizer, model: { type: 'Unigram', vocab } },
      { ...tokenizer, model: { type: 'WordPiece', vocab: { a: 5 } } },
    ])
      expect(refuse(file, other)).toBe('FORMAT tokenizer');
    expect(of(() => StaticEmbedder.fromModel2Vec(bad({ weights: 5, tokenizer })))).toBe(
      'TYPE weights',
    );
  });

  test('names what is wrong', () => {
    const { TextEmbedder, StaticEmbedder } = own.room;
    using e = TextEmbedder.fromTfjs(tfjs());
    const model = tfjs();
    const manifest = JSON.parse(model.model as string);
    const without = (name: string) => {
      const copy = structuredClone(manifest);
      copy.weightsManifest[0].weights.find((w: { name: string }) => w.name.includes(name)).name =
        'x';
      return { ...model, model: copy };
    };
    const words = { words: ['a'], vectors: Float32Array.of(1) };
    expect([
      of(() => e.embed(bad(5))),
      of(() => e.embed(bad(['a', 5]))),
      of(() => e.embed('a', bad({ long: 1 }))),
      of(() => e.embed('a', { longTexts: bad('drop') })),
      of(() => e.embed('a', { into: new Float32Array(3) })),
      of(() => e.embed('a', { into: bad([1]) })),
      of(() => e.tokens(bad(undefined))),
      of(() => TextEmbedder.fromTfjs(model, { precision: bad('int4') })),
      of(() => TextEmbedder.fromTfjs({ ...model, model: '{' })),
      of(() => TextEmbedder.fromTfjs({ ...model, model: {} })),
      of(() => TextEmbedder.fromTfjs(without('qkv_transform_single/bias'))),
      of(() => TextEmbedder.fromTfjs({ ...model, vocabulary: [['a', Number.NaN]] })),
      of(() => TextEmbedder.fromTfjs({ ...model, vocabulary: Array(99).fill(['a', 0]) })),
      of(() => TextEmbedder.fromTfjs({ ...model, shards: {} })),
      of(() =>
        TextEmbedder.fromTfjs({ ...model, shards: { ...model.shards, b: new Uint8Array(4) } }),
      ),
      of(() => StaticEmbedder.fromWords({ ...words, words: [] })),
      of(() => StaticEmbedder.fromWords({ ...words, words: bad([1]) })),
      of(() => StaticEmbedder.fromWords({ ...words, vectors: bad([1]) })),
      of(() => StaticEmbedder.fromWords({ words: ['a', 'b'], vectors: new Float32Array(3) })),
      of(() => StaticEmbedder.fromWords({ ...words, vectors: Float32Array.of(Number.NaN) })),
      of(() => StaticEmbedder.fromWords({ ...words, frequencies: [1, 2] })),
      of(() => StaticEmbedder.fromWords({ words: ['a'.repeat(256)], vectors: Float32Array.of(1) })),
      of(() => StaticEmbedder.fromWords(words, { a: 0 })),
      of(() => StaticEmbedder.distil(bad(words))),
    ]).toEqual([
      'TYPE texts',
      'TYPE texts[1]',
      'TYPE long',
      'RANGE longTexts',
      'SHAPE into',
      'TYPE into',
      'TYPE text',
      'RANGE precision',
      'FORMAT model',
      'FORMAT model',
      'FORMAT model',
      'FORMAT vocabulary',
      'FORMAT vocabulary',
      'FORMAT shards',
      'FORMAT shards',
      'TYPE words',
      'TYPE words[0]',
      'TYPE vectors',
      'SHAPE vectors',
      'NOT_FINITE vectors',
      'SHAPE frequencies',
      'RANGE pieces',
      'RANGE a',
      'TYPE embedder',
    ]);
  });

  test('a limit of memory costs nothing but the call', async () => {
    const small = await createEngine({ memory: 3 << 20 });
    try {
      const { TextEmbedder } = await small.use('inference');
      using e = TextEmbedder.fromTfjs(tfjs());
      const { bytesInUse } = small.stats().modules[0]!;
      const many = Array.from({ length: 100000 }, () => 'the sea');
      expect(refusalOf(() => e.embed(many)).code).toBe('MEMORY');
      expect(small.stats().modules[0]!.bytesInUse).toBe(bytesInUse);
      expect(e.embed('a').length).toBe(12);
    } finally {
      small.dispose();
    }
  });
});
