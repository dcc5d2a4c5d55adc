// Tables of vectors whose sums stand for texts. S. Arora, Y. Liang, T. Ma, "A simple but tough-to-beat baseline for sentence
// embeddings" (ICLR 2017): weights a / (a + p); in place of the first component of the texts the mean of the table is taken away.

/**
 * The vectors with the table's mean taken away, times their weights.
 *
 * @param likely - how likely each piece is; `total` false: as probabilities, else in any unit
 */
export function weighted(
  vectors: Float32Array,
  likely: Float64Array,
  { a, centred }: { a: number; centred: boolean },
  total = true,
): Float32Array {
  const rows = likely.length;
  const dimension = vectors.length / rows;
  const mean = new Float64Array(dimension);
  if (centred)
    for (let i = 0; i < vectors.length; i++)
      mean[i % dimension] = (mean[i % dimension] as number) + (vectors[i] as number) / rows;
  const sum = total ? likely.reduce((s, p) => s + p, 0) : 1;
  const out = new Float32Array(vectors.length);
  for (let row = 0; row < rows; row++) {
    const p = sum > 0 ? (likely[row] as number) / sum : 0;
    const weight = a === Number.POSITIVE_INFINITY ? 1 : a / (a + p);
    for (let j = 0; j < dimension; j++) {
      const at = row * dimension + j;
      out[at] = weight * ((vectors[at] as number) - (mean[j] as number));
    }
  }
  return out;
}
