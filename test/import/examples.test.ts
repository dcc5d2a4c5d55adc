// The programs of examples/ that stand beside other libraries, with these libraries: the AI SDK, React, transformers.js.
import { generateText, stepCountIs } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import { parseHTML } from 'linkedom';
import { act, createElement, StrictMode } from 'react';
import { createEngine, getEngine } from 'sublinear';
import type { Collection } from 'sublinear/hnsw';
import { beforeAll, describe, expect, test } from 'vitest';
import { useCollection, useSearch } from '../../examples/react/use-sublinear.js';
import { embeddingModel, searchTool } from '../../examples/support/ai-sdk.js';
import { embedded, embeddings } from '../../examples/support/transformers.js';
import { run } from '../support/examples.js';

const words = ['sea', 'ocean', 'boat', 'ship', 'doctor', 'nurse', 'garden', 'dog'];
// Each pair of words means about the same.
const table = {
  words,
  vectors: Float32Array.from(
    words.flatMap((_, i) => [0, 1, 2, 3].map((j) => +(i >> 1 === j) + 0.01 * i)),
  ),
};
const notes = ['A ship leaves', 'The nurse comes', 'Every dog is welcome'];

describe('the AI SDK', () => {
  test('a language model calls the tool, and gets what is nearest in meaning', async () => {
    const engine = await getEngine();
    const { Collection } = await engine.use('hnsw');
    const { StaticEmbedder } = await engine.use('inference');
    using embedder = StaticEmbedder.fromWords(table, { centred: false });
    const model = embeddingModel(embedder);
    using collection = await Collection.createAsync({
      metric: 'cosine',
      dimension: 4,
      text: ['note'],
    });
    const { embedMany } = await import('ai');
    const { embeddings: vectors } = await embedMany({ model, values: notes });
    expect(vectors.map(({ length }) => length)).toEqual([4, 4, 4]);
    for (const [key, note] of notes.entries())
      collection.add({ key, vector: vectors[key] as number[], text: { note } });
    // The service behind it is what stands in here: it asks, then repeats what it was told.
    const usage = {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    };
    const finish = (unified: 'tool-calls' | 'stop') => ({ unified, raw: unified });
    const service = new MockLanguageModelV3({
      doGenerate: async ({ prompt }) => {
        const last = prompt.at(-1);
        if (last?.role === 'tool') {
          const text = JSON.stringify(last.content);
          return {
            content: [{ type: 'text', text }],
            finishReason: finish('stop'),
            usage,
            warnings: [],
          };
        }
        const input = JSON.stringify({ question: 'a boat' });
        const call = { type: 'tool-call', toolCallId: '1', toolName: 'search', input } as const;
        return { content: [call], finishReason: finish('tool-calls'), usage, warnings: [] };
      },
    });
    const { text, steps } = await generateText({
      model: service,
      tools: { search: searchTool(collection, model) },
      prompt: 'How do I get there?',
      stopWhen: stepCountIs(2),
    });
    expect(steps.length).toBe(2);
    const [{ output }] = JSON.parse(text);
    expect(output.value[0]).toMatchObject({ key: 0, text: 'A ship leaves' });
  });

  test('the program', () => {
    const { status, stdout, stderr } = run('ai-sdk.ts');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^a boat across the sea: The ferry/m);
    expect(stdout).toMatch(/^a nurse for a patient: The doctor/m);
  });
});

describe('transformers.js', () => {
  test('a pipeline makes the vectors, batch after batch', async () => {
    const engine = await getEngine();
    const { Collection } = await engine.use('hnsw');
    const { StaticEmbedder } = await engine.use('inference');
    using embedder = StaticEmbedder.fromWords(table, { centred: false });
    const asked: number[] = [];
    // In the place of a model that would be fetched: an embedder of this package, behind the form of a pipeline.
    const extract = async (texts: string[]) => {
      asked.push(texts.length);
      return { dims: [texts.length, 4], data: embedder.embed(texts) };
    };
    const many = Array.from({ length: 20 }, (_, i) => `${words[i % 8]} ${i}`);
    using collection = await embedded(Collection, extract, many);
    expect(asked).toEqual([16, 4]);
    expect(collection.size).toBe(20);
    const [vector] = await embeddings(extract, ['a nurse']);
    const found = collection.search({ text: 'nurse', k: 2, ...(vector && { vector }) });
    expect(found.map(({ text }) => text?.note)).toEqual(['nurse 5', 'nurse 13']);
    const wrong = async () => ({ dims: [1], data: [1] });
    await expect(embeddings(wrong, ['a', 'b'])).rejects.toThrow('1 numbers for 2 texts');
  });

  test('the program says what it needs', () => {
    const { status, stdout } = run('transformers.ts');
    expect([status, stdout]).toEqual([0, 'npm install @huggingface/transformers\n']);
  });
});

describe('React', () => {
  let root: typeof import('react-dom/client');
  beforeAll(async () => {
    const { window, document } = parseHTML('<html><body></body></html>');
    Object.assign(globalThis, { window, document, IS_REACT_ACT_ENVIRONMENT: true });
    // React looks at both when it is loaded; Node 20 has no navigator, and linkedom no location.
    globalThis.navigator ??= window.navigator;
    Object.assign(globalThis.window, {
      location: new URL('http://127.0.0.1/'),
      __REACT_DEVTOOLS_GLOBAL_HOOK__: { isDisabled: true },
    });
    root = await import('react-dom/client');
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve));

  test('a component makes its collection, shows what is found, and frees it when it goes', async () => {
    const engine = await createEngine();
    const { Collection } = await engine.use('hnsw');
    const made: Collection[] = [];
    const make = async () => {
      const collection = await Collection.createAsync({ text: ['note'] });
      made.push(collection);
      for (const [key, note] of notes.entries())
        collection.add({ key, text: { note }, metadata: { key } });
      return collection;
    };
    function Notes({ text, least }: { text: string; least: number }) {
      const { collection, error } = useCollection(make, []);
      const found = useSearch(collection, text, { where: { key: { gte: least } } });
      if (error !== undefined) return createElement('p', null, String(error));
      const items = found.map(({ key, text }) => createElement('li', { key }, String(text?.note)));
      return createElement('ul', null, collection === undefined ? 'loading' : items);
    }
    const place = document.createElement('div');
    const tree = root.createRoot(place);
    const show = (text: string, least = 0) =>
      act(async () => {
        tree.render(createElement(StrictMode, null, createElement(Notes, { text, least })));
        await settled();
      });
    await show('');
    for (let i = 0; i < 100 && place.textContent === 'loading'; i++) await act(settled);
    expect(place.innerHTML).toBe('<ul></ul>');
    await show('dog');
    expect(place.innerHTML).toBe('<ul><li>Every dog is welcome</li></ul>');
    await show('the nurse');
    expect(place.innerHTML).toBe('<ul><li>The nurse comes</li></ul>');
    await show('the nurse', 2);
    expect(place.innerHTML).toBe('<ul></ul>');
    // StrictMode has mounted twice: the first is gone already.
    expect(made.map(({ disposed }) => disposed)).toEqual([true, false]);
    await act(async () => tree.unmount());
    expect(made.map(({ disposed }) => disposed)).toEqual([true, true]);
    engine.dispose();
  });

  test('a collection that cannot be made is an error to show', async () => {
    function Notes() {
      const { error } = useCollection(() => Promise.reject(new Error('no such file')), []);
      return createElement('p', null, error === undefined ? '' : String(error));
    }
    const place = document.createElement('div');
    const tree = root.createRoot(place);
    await act(async () => {
      tree.render(createElement(Notes));
      await settled();
    });
    expect(place.innerHTML).toBe('<p>Error: no such file</p>');
    await act(async () => tree.unmount());
  });
});
