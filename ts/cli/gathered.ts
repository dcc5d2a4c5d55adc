// What needs all vectors before the first one is in an index: building with several threads, and choosing codes.
import type {
  BuildOptions,
  Codes,
  HnswRoom,
  Metric,
  RecommendedCodes,
  SharedIndex,
} from '../rooms/hnsw/hnsw.js';
import { CliError, count, interrupt, type Progress } from './terminal.js';

/** So many vectors are tried with each kind of codes, drawn evenly from all. */
const SAMPLE = 5000;
/** The share of the nearest that searches are to find. */
export const RECALL = 0.95;

/** Vectors one after another. */
export interface Vectors {
  readonly length: number;
  subarray(from: number, to: number): ArrayLike<number>;
}

/** Lets a pool of so many workers build an index or a collection. */
export async function withThreads(
  size: number,
  vectors: number,
  progress: Progress,
  build: (options: BuildOptions) => Promise<SharedIndex>,
): Promise<SharedIndex> {
  const { createPool } = await import('../worker/pool.js');
  const pool = await createPool({ size, modules: ['hnsw'] });
  try {
    progress.start(`linking ${count(vectors)} vectors`, vectors);
    const onProgress = ({ added }: { added: number }) => progress.update(added);
    return await build({ pool, signal: interrupt.signal, onProgress });
  } finally {
    progress.stop();
    await pool.dispose();
  }
}

/** The codes that `--codes auto` takes. */
export async function chosenCodes(
  hnsw: HnswRoom,
  metric: Metric,
  dimension: number,
  vectors: Vectors,
  recall: number,
  progress: Progress,
): Promise<RecommendedCodes> {
  if (metric !== 'cosine' && metric !== 'dot' && metric !== 'euclidean')
    throw new CliError(`--codes auto: not with --metric ${metric}, whose codes it cannot compare`);
  const held = vectors.length / dimension;
  if (held < 100)
    throw new CliError(`--codes auto: expected at least 100 vectors, got ${count(held)}`);
  const taken = Math.min(SAMPLE, held);
  const sample = new Float32Array(taken * dimension);
  for (let i = 0; i < taken; i++) {
    const from = Math.floor((i * held) / taken) * dimension;
    sample.set(vectors.subarray(from, from + dimension), i * dimension);
  }
  progress.start(`trying codes on ${count(taken)} vectors`);
  try {
    const { signal } = interrupt;
    const asked = { metric, dimension, vectors: sample, recall, count: held, signal };
    return await hnsw.recommendCodes(asked);
  } finally {
    progress.stop();
  }
}

/** What was chosen and why, in a line. */
export function saidOf(chosen: RecommendedCodes, vectors: number, wanted: number): string {
  const name = ({ codes, rerank }: { codes: Codes; rerank: string }) =>
    rerank === 'none' || codes === 'none' ? codes : `${codes}, ranked again: ${rerank}`;
  const share = ({ recall, standardError }: { recall: number; standardError: number }) =>
    `finds ${recall.toFixed(3)} +- ${standardError.toFixed(3)}`;
  const size = (all: number) => `${count(Math.round(all / Math.max(1, vectors)))} bytes a vector`;
  const plain = chosen.trials.find(({ codes }) => codes === 'none');
  const beside = plain && chosen.codes !== 'none' ? `, of ${size(plain.bytes)} without codes` : '';
  const why = chosen.reached
    ? `the fewest bytes of those that reach ${wanted}`
    : `none reach ${wanted} for certain, these find most`;
  return `${name(chosen)} (${why}; ${share(chosen)}, ${size(chosen.bytes)}${beside})`;
}
