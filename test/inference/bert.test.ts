// Encoders of the form of BERT as TypeScript users meet them. What both doors share is in bert.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import torch from '../vectors/inference/bert.json' with { type: 'json' };
import tokenizers from '../vectors/inference/wordpiece.json' with { type: 'json' };
import { bert, cases, doors, type Given, safetensors, weights } from './bert.cases.js';

describeCases(doors, cases);

describe('encoders of the form of BERT', () => {
  const own = inRoom('inference');
  const of = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };
  const filled = (shape: number[], value: number): Given => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  });

  /** The smallest network that has this vocabulary. */
  const small = (vocabulary: string[]) => {
    const at = 'encoder.layer.0';
    const linear = ['self.query', 'self.key', 'self.value', 'output.dense'];
    const layers = [
      ...linear.map((name) => `attention.${name}`),
      'intermediate.dense',
      'output.dense',
    ];
    const norms = ['embeddings', `${at}.attention.output`, `${at}.output`];
    return {
      weights: safetensors({
        'embeddings.word_embeddings.weight': filled([vocabulary.length, 1], 1),
        'embeddings.position_embeddings.weight': filled([400, 1], 0),
        'embeddings.token_type_embeddings.weight': filled([2, 1], 0),
        ...Object.fromEntries(
          norms.flatMap((name) => [
            [`${name}.LayerNorm.weight`, filled([1], 1)],
            [`${name}.LayerNorm.bias`, filled([1], 0)],
          ]),
        ),
        ...Object.fromEntries(
          layers.flatMap((name) => [
            [`${at}.${name}.weight`, filled([1, 1], 0)],
            [`${at}.${name}.bias`, filled([1], 0)],
          ]),
        ),
      }),
      config: {
        ...{ hidden_size: 1, num_hidden_layers: 1, num_attention_heads: 1 },
        ...{ intermediate_size: 1, max_position_embeddings: 400 },
      },
    };
  };
  const tokenizerOf = (vocabulary: string[]) => ({
    normalizer: { type: 'BertNormalizer', lowercase: true, strip_accents: null },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'TemplateProcessing' },
    added_tokens: [{ id: 0, content: '[PAD]' }],
    model: {
      ...{ type: 'WordPiece', unk_token: '[UNK]', max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(vocabulary.map((piece, i) => [piece, i])),
    },
  });

  test('pieces of 3,000 texts are those of Hugging Face', () => {
    const { vocabulary, texts, ids } = tokenizers;
    const tokenizer = JSON.stringify(tokenizerOf(vocabulary));
    using e = own.room.TextEmbedder.fromBert({ ...small(vocabulary), tokenizer });
    texts.forEach((written, i) => {
      const text = written.replace(/\\u\{(d[89a-f]..)\}/g, (_, half) =>
        String.fromCharCode(Number.parseInt(half, 16)),
      );
      const { ids: found, cut } = e.tokens(text);
      expect([i, text, ...found]).toEqual([i, text, ...ids[i]!]);
      expect(cut).toBe(false);
    });
    using lines = own.room.TextEmbedder.fromBert({
      ...small(vocabulary),
      vocabulary: `${vocabulary.join('\r\n')}\r\n`,
    });
    expect(lines.modelId).toBe(e.modelId);
  });

  test('long texts are cut, and it is said; or refused', () => {
    using e = own.room.TextEmbedder.fromBert(bert());
    const long = 'the river '.repeat(8);
    expect(e.maxTokens).toBe(16);
    expect(e.tokens(long)).toEqual({
      ids: Uint32Array.of(2, ...new Array(7).fill([5, 6]).flat(), 3),
      cut: true,
    });
    expect(e.tokens('the river '.repeat(7)).cut).toBe(false);
    expect(e.embed(long)).toEqual(e.embed('the river '.repeat(7)));
    expect(of(() => e.embed(['cat', long], { longTexts: 'refuse' }))).toBe('RANGE texts[1]');
    expect(e.tokens('a'.repeat(1e6)).ids).toEqual(Uint32Array.of(2, 1, 3));
    expect(e.tokens('a '.repeat(5e5)).cut).toBe(true);
    using short = own.room.TextEmbedder.fromBert(bert(), { maxTokens: 5 });
    expect(short.tokens('the river bank of a cat').ids).toEqual(Uint32Array.of(2, 5, 6, 7, 3));
    expect(short.modelId).not.toBe(e.modelId);
  });

  test('one text, many, and in slices give the same bits', async () => {
    using e = own.room.TextEmbedder.fromBert(bert());
    const texts = ['the river bank', 'a cat', '', '\ud800', 'x'.repeat(300), 'the sea '.repeat(99)];
    const all = e.embed(texts);
    texts.forEach((text, i) => {
      expect(e.embed(text)).toEqual(all.slice(i * e.dimensions, (i + 1) * e.dimensions));
    });
    expect(await e.embedAsync(texts)).toEqual(all);
  });

  test('a table of its pieces', () => {
    using e = own.room.TextEmbedder.fromBert(bert(), { precision: 'float32' });
    const options = { a: Number.POSITIVE_INFINITY, centred: false, precision: 'float32' } as const;
    using table = own.room.StaticEmbedder.distil(e, options);
    expect(table.tokens('The river zebra').ids).toEqual(Uint32Array.of(5, 6));
    const [one, same] = [e.embed('river'), table.embed('river')];
    one.forEach((x, i) => {
      expect(same[i]).toBeCloseTo(x, 6);
    });
    using weighted = own.room.StaticEmbedder.distil(e);
    expect(weighted.embed('river').length).toBe(12);
  });

  test('elements of 16 bits, names with a prefix, old names, tensors that are not used', () => {
    // Numbers that both kinds have.
    const round = (bits: number) =>
      Object.fromEntries(
        Object.entries(weights).map(([name, { shape, data }]) => {
          const few = Float32Array.from(data);
          const words = new Uint32Array(few.buffer);
          words.forEach((word, i) => {
            words[i] = word & ~((1 << bits) - 1);
          });
          return [name, { shape, data: few }];
        }),
      );
    const half = (x: number) => {
      const word = new Uint32Array(Float32Array.of(x).buffer)[0]!;
      const exponent = ((word >>> 23) & 255) - 112;
      if (exponent <= 0) return (word >>> 31) << 15;
      return ((word >>> 31) << 15) | (exponent << 10) | ((word >>> 13) & 1023);
    };
    const narrow = (of16: (x: number) => number, dtype: string, tensors: Record<string, Given>) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, { shape, data }]) => [
          name,
          { shape, dtype, data: new Uint8Array(Uint16Array.from(Array.from(data), of16).buffer) },
        ]),
      );
    const id = (tensors: Record<string, Given>) => {
      using e = own.room.TextEmbedder.fromBert({ ...bert(), weights: safetensors(tensors) });
      return e.modelId;
    };
    const brain = (x: number) => new Uint32Array(Float32Array.of(x).buffer)[0]! >>> 16;
    expect(id(narrow(brain, 'BF16', round(16)))).toBe(id(round(16)));
    // Numbers below 2^-14 become 0 by `half` alone.
    const large = Object.fromEntries(
      Object.entries(round(13)).map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((x) => (Math.abs(x) < 1e-4 ? 0 : x)) },
      ]),
    );
    expect(id(narrow(half, 'F16', large))).toBe(id(large));
    const renamed = Object.fromEntries(
      Object.entries(weights).map(([name, tensor]) => [
        `bert.${name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')}`,
        tensor,
      ]),
    );
    const unused: Record<string, Given> = {
      'bert.embeddings.position_ids': { shape: [1, 2], dtype: 'I64', data: new Uint8Array(16) },
      'bert.pooler.dense.weight': filled([12, 12], 1),
    };
    expect(id({ ...renamed, ...unused })).toBe(id(weights));
  });

  test('files of other networks are refused by name', () => {
    const { TextEmbedder } = own.room;
    const from = (changed: object, options?: object) =>
      of(() => TextEmbedder.fromBert({ ...bert(), ...changed }, options));
    const config = (changed: object) => from({ config: { ...torch.config, ...changed } });
    for (const changed of [
      { model_type: 'roberta' },
      { hidden_act: 'gelu_new' },
      { position_embedding_type: 'relative_key' },
      { is_decoder: true },
      { layer_norm_eps: -1 },
      { layer_norm_eps: '1e-12' },
      { hidden_size: 0 },
      { num_hidden_layers: 1.5 },
      { num_attention_heads: '3' },
    ])
      expect(config(changed)).toBe('FORMAT config');
    expect(config({ num_attention_heads: 5 })).toBe('OPTION heads');
    expect(config({ hidden_size: 8 })).toBe('FORMAT weights');
    expect(config({ num_hidden_layers: 4 })).toBe('FORMAT weights');
    expect(config({ max_position_embeddings: 17 })).toBe('FORMAT weights');
    expect(from({ config: '{' })).toBe('FORMAT config');
    expect(from({ config: '[]' })).toBe('FORMAT config');
    for (const name of Object.keys(weights)) {
      const { [name]: left, ...rest } = weights;
      expect(from({ weights: safetensors(rest) })).toBe('FORMAT weights');
      const longer = filled([...left!.shape.slice(0, -1), left!.shape.at(-1)! + 1], 1);
      expect(from({ weights: safetensors({ ...weights, [name]: longer }) })).toBe('FORMAT weights');
    }
    const wild = filled([12], Number.NaN);
    expect(from({ weights: safetensors({ ...weights, 'embeddings.LayerNorm.bias': wild }) })).toBe(
      'NOT_FINITE values',
    );
    expect(from({ vocabulary: undefined })).toBe('FORMAT tokenizer');
    expect(from({ tokenizer: tokenizerOf(torch.vocabulary) })).toBe('FORMAT tokenizer');
    expect(from({ vocabulary: [...torch.vocabulary, 'one', 'more'] })).toBe('FORMAT vocabulary');
    expect(from({ vocabulary: torch.vocabulary.map((p) => (p === 'cat' ? 'Cat' : p)) })).toBe(
      'FORMAT vocabulary',
    );
    expect(from({ vocabulary: torch.vocabulary.filter((p) => p !== '[SEP]') })).toBe(
      'OPTION pieces',
    );
    expect(from({ vocabulary: 5 })).toBe('FORMAT vocabulary');
    expect(from({}, { maxTokens: 17 })).toBe('RANGE maxTokens');
    expect(from({}, { maxTokens: 1 })).toBe('RANGE maxTokens');
    expect(from({}, { pooling: 'max' })).toBe('RANGE pooling');
    expect(from({}, { precision: 'int4' })).toBe('RANGE precision');
    expect(() => TextEmbedder.fromBert(undefined as never)).toThrow(TypeError);
    expect(() => TextEmbedder.fromBert({ ...bert(), weights: 5 as never })).toThrow(TypeError);
    const tokenizer = (changed: object) =>
      from({ vocabulary: undefined, tokenizer: { ...tokenizerOf(torch.vocabulary), ...changed } });
    const { model } = tokenizerOf(torch.vocabulary);
    for (const changed of [
      { model: { ...model, type: 'BPE' } },
      { model: { ...model, unk_token: '<unk>' } },
      { model: { ...model, max_input_chars_per_word: 50 } },
      { normalizer: { type: 'BertNormalizer', lowercase: false } },
      { normalizer: { type: 'BertNormalizer', lowercase: true, strip_accents: false } },
      { pre_tokenizer: { type: 'ByteLevel' } },
      { post_processor: { type: 'RobertaProcessing' } },
      { added_tokens: [{ id: 4, content: '<extra>' }] },
    ])
      expect(tokenizer(changed)).toBe('FORMAT tokenizer');
  });

  test('files of weights that are no safetensors, or are damaged', () => {
    const good = safetensors(weights);
    const given = { ...bert() };
    const from = (bytes: Uint8Array) =>
      of(() => own.room.TextEmbedder.fromBert({ ...given, weights: bytes }));
    for (let length = 0; length < good.length; length += 1 + (length >> 3))
      expect(from(good.slice(0, length))).toBe('FORMAT weights');
    expect(from(new Uint8Array([...good, 0]))).toBe('FORMAT weights');
    const headed = (header: string, bytes: number) => {
      const text = new TextEncoder().encode(header);
      const file = new Uint8Array(8 + text.length + bytes);
      new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
      file.set(text, 8);
      return from(file);
    };
    const tensor = (more: object) => ({ dtype: 'F32', shape: [1], data_offsets: [0, 4], ...more });
    for (const header of [
      '',
      '{',
      '[]',
      'null',
      JSON.stringify({ a: null }),
      JSON.stringify({ a: tensor({ shape: [2] }) }),
      JSON.stringify({ a: tensor({ shape: [-1] }) }),
      JSON.stringify({ a: tensor({ shape: [2 ** 40, 2 ** 40] }) }),
      JSON.stringify({ a: tensor({ dtype: 'Q9' }) }),
      JSON.stringify({ a: tensor({ dtype: 'constructor' }) }),
      JSON.stringify({ a: tensor({ data_offsets: [4, 0] }) }),
      JSON.stringify({ a: tensor({ data_offsets: [4, 8] }) }),
      JSON.stringify({ a: tensor({}), b: tensor({}) }),
      `{"a":${JSON.stringify(tensor({}))},"a":${JSON.stringify(tensor({}))}}`,
    ])
      expect(headed(header, 4)).toBe('FORMAT weights');
    const huge = new Uint8Array(20).fill(255);
    expect(from(huge)).toBe('FORMAT weights');
  });
});
