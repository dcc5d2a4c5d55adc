// What the Vercel AI SDK needs to search: an embedding model that runs here, and a tool that a language model can call.
import { type EmbeddingModel, embed, jsonSchema, tool } from 'ai';
import type { Collection } from 'sublinear/hnsw';
import type { Embedder } from 'sublinear/inference';

/** An embedder as an embedding model of the AI SDK: nothing leaves the machine, nothing is paid for. */
export function embeddingModel(embedder: Embedder): Exclude<EmbeddingModel, string> {
  return {
    specificationVersion: 'v3',
    provider: 'sublinear',
    modelId: embedder.modelId,
    maxEmbeddingsPerCall: 256,
    // One thread: calls would wait for each other.
    supportsParallelCalls: false,
    async doEmbed({ values, abortSignal }) {
      const width = embedder.dimensions;
      const all = await embedder.embedAsync(values, {
        ...(abortSignal && { signal: abortSignal }),
      });
      const embeddings = values.map((_, i) => Array.from(all.subarray(i * width, (i + 1) * width)));
      return { embeddings, warnings: [] };
    },
  };
}

/** A tool that finds notes by words and by meaning. */
export function searchTool(notes: Collection, model: EmbeddingModel) {
  return tool({
    description: 'Finds notes about a question.',
    inputSchema: jsonSchema<{ question: string }>({
      type: 'object',
      properties: { question: { type: 'string' } },
      required: ['question'],
    }),
    execute: async ({ question }) => {
      const { embedding } = await embed({ model, value: question });
      const found = notes.search({ text: question, vector: embedding, k: 3 });
      return found.map(({ key, text, score }) => ({ key, text: String(text?.note), score }));
    },
  });
}
