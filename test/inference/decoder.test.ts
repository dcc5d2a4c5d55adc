// Decoders as TypeScript users meet them. What both doors share is in decoder.cases.ts.
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import torch from '../vectors/inference/llama.json' with { type: 'json' };
import { safetensors } from './bert.cases.js';
import { cases, doors, llama, llamaGguf } from './decoder.cases.js';

describeCases(doors, cases);

describe('decoders', () => {
  const own = inRoom('inference');
  const bad = (value: unknown) => value as never;
  const of = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };

  test('GGUF and safetensors are the same model', () => {
    using one = own.room.Decoder.fromSafetensors(llama());
    using other = own.room.Decoder.fromGguf(llamaGguf());
    expect([other.vocabulary, other.maxTokens]).toEqual([one.vocabulary, one.maxTokens]);
    const [a, b] = [one, other].map((d) => d.append(torch.ids, { all: true }));
    a!.forEach((x, i) => {
      expect(Math.abs(x - b![i]!)).toBeLessThan(1e-5);
    });
    const count = torch.greedy.length - 3;
    other.truncate(0);
    expect(other.generate(torch.greedy.slice(0, 3), { count })).toEqual(
      Uint32Array.from(torch.greedy.slice(3)),
    );
  });

  test('a table that is the last matrix as well', () => {
    const { 'lm_head.weight': _, ...rest } = torch.weights;
    const tied = { ...torch.config, tie_word_embeddings: true };
    const twice = { ...rest, 'lm_head.weight': torch.weights['model.embed_tokens.weight'] };
    using one = own.room.Decoder.fromSafetensors({ weights: safetensors(rest), config: tied });
    using two = own.room.Decoder.fromSafetensors({
      weights: safetensors(twice),
      config: JSON.stringify(torch.config),
    });
    expect(one.append([1, 2, 3])).toEqual(two.append([1, 2, 3]));
  });

  test('in slices the same, and each token as it comes', async () => {
    using decoder = own.room.Decoder.fromSafetensors(llama());
    const options = { count: 25, temperature: 0.9, topP: 0.95, seed: 3 };
    const wanted = decoder.generate([4, 5], options);
    expect(decoder.length).toBe(2 + 24);
    decoder.truncate(0);
    const told: number[] = [];
    const onToken = (id: number) => void told.push(id);
    expect(await decoder.generateAsync([4, 5], { ...options, onToken })).toEqual(wanted);
    expect(told).toEqual(Array.from(wanted));
    decoder.truncate(0);
    const logits = decoder.append(torch.ids, { all: true });
    decoder.truncate(0);
    expect(await decoder.appendAsync(torch.ids, { all: true })).toEqual(logits);
    // A stop, and the end of what may be held.
    decoder.truncate(0);
    const stop = [wanted[4]!];
    expect(decoder.generate([4, 5], { ...options, stop }).at(-1)).toBe(stop[0]);
    decoder.truncate(0);
    expect(decoder.generate([4, 5], { ...options, count: 1000 }).length).toBe(99);
    expect(decoder.length).toBe(100);
    expect(of(() => decoder.append([1]))).toBe('RANGE ids');
  });

  test('can be aborted', async () => {
    using decoder = own.room.Decoder.fromSafetensors(llama());
    const controller = new AbortController();
    let tokens = 0;
    const running = decoder.generateAsync([1], {
      count: 90,
      signal: controller.signal,
      onToken: () => ++tokens === 5 && controller.abort(new Error('enough')),
    });
    expect(of(() => decoder.append([1]))).toMatch(/^BUSY/);
    await expect(running).rejects.toThrow('enough');
    expect(decoder.length).toBe(5);
    expect(tokens).toBe(5);
    decoder.truncate(0);
    expect(decoder.append([1, 2]).length).toBe(13);
  });

  test('refuses what is wrong', () => {
    const { Decoder } = own.room;
    const changed = (config: object) => () =>
      Decoder.fromSafetensors({ ...llama(), config: { ...torch.config, ...config } });
    expect(of(changed({ model_type: 'gpt2' }))).toBe('FORMAT config');
    expect(of(changed({ rope_scaling: { type: 'linear' } }))).toBe('FORMAT config');
    expect(of(changed({ attention_bias: true }))).toBe('FORMAT config');
    expect(of(changed({ hidden_act: 'gelu' }))).toBe('FORMAT config');
    expect(of(changed({ num_hidden_layers: 3 }))).toBe('FORMAT weights');
    expect(of(changed({ vocab_size: 14 }))).toBe('FORMAT weights');
    expect(of(changed({ num_hidden_layers: 0.5 }))).toBe('FORMAT config');
    expect(of(changed({ rms_norm_eps: -1 }))).toBe('OPTION epsilon');
    const gguf = (more: Record<string, string | number>) => () => Decoder.fromGguf(llamaGguf(more));
    expect(of(gguf({ 'general.architecture': 'bert' }))).toBe('FORMAT bytes');
    expect(of(gguf({ 'llama.rope.scaling.type': 'yarn' }))).toBe('FORMAT bytes');
    expect(of(gguf({ 'llama.expert_count': 8 }))).toBe('FORMAT bytes');
    expect(of(gguf({ 'llama.block_count': 3 }))).toBe('FORMAT bytes');
    expect(of(gguf({ 'llama.rope.dimension_count': 2 }))).toBe('FORMAT bytes');
    expect(of(() => Decoder.fromGguf(bad('a')))).toBe('TYPE bytes');
    expect(of(() => Decoder.fromSafetensors(llama(), { maxTokens: 101 }))).toBe('RANGE maxTokens');
    expect(of(() => Decoder.fromSafetensors(llama(), { precision: bad('int4') }))).toMatch(
      /precision$/,
    );
    using decoder = Decoder.fromSafetensors(llama());
    const generate = (options: object) => () => decoder.generate([1], bad(options));
    expect(of(generate({}))).toBe('TYPE count');
    expect(of(generate({ count: 1, temperature: -1 }))).toBe('OPTION temperature');
    expect(of(generate({ count: 1, temperature: 1, topP: 0 }))).toBe('OPTION topP');
    expect(of(generate({ count: 1, topK: 0 }))).toBe('RANGE topK');
    expect(of(generate({ count: 1, seed: 0.5 }))).toBe('RANGE seed');
    expect(of(() => decoder.truncate(99))).toBe('RANGE length');
    expect(of(() => decoder.append([1], bad({ every: true })))).toBe('TYPE every');
  });
});
