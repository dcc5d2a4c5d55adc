// Texts of a collection embedded by a model of transformers.js.
import type { Collection, Item } from 'sublinear/hnsw';

/** What `await pipeline('feature-extraction', model)` of transformers.js gives, as far as it is used here. */
export type FeatureExtraction = (
  texts: string[],
  options: { pooling: 'mean' | 'cls'; normalize: boolean },
) => Promise<{ dims: number[]; data: ArrayLike<number> }>;

/** Vectors of texts, a batch at a time: a model pads all texts of a batch to the longest. */
export async function embeddings(
  extract: FeatureExtraction,
  texts: readonly string[],
  batch = 16,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let first = 0; first < texts.length; first += batch) {
    const part = texts.slice(first, first + batch);
    const { dims, data } = await extract(part, { pooling: 'mean', normalize: true });
    const [rows, width] = dims;
    if (rows !== part.length || width === undefined)
      throw new Error(`the model gave ${dims.join(' x ')} numbers for ${part.length} texts`);
    for (let i = 0; i < rows; i++)
      vectors.push(Float32Array.from({ length: width }, (_, j) => data[i * width + j] as number));
  }
  return vectors;
}

/** A collection of texts, searched by words and by what the model makes of them. */
export async function embedded(
  Class: typeof Collection,
  extract: FeatureExtraction,
  texts: readonly string[],
): Promise<Collection> {
  const vectors = await embeddings(extract, texts);
  const dimension = vectors[0]?.length ?? 1;
  const collection = await Class.createAsync({ metric: 'cosine', dimension, text: ['note'] });
  const items = texts.map(
    (note, key): Item => ({ key, vector: vectors[key] as Float32Array, text: { note } }),
  );
  await collection.addAllAsync(items);
  return collection;
}
