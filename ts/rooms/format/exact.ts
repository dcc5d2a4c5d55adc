// The vectors themselves in a file of vectors: a segment of rows in blocks, of which a search reads those of its candidates.

import { make } from '../../runtime/brand.js';
import type { Runtime } from '../../runtime/runtime.js';
import { checkLeaf, type Entry, hashLeaf, malformed, type Part } from './directory.js';
import type { Reader, Wanted } from './reader.js';

/** Bytes of a block: the table of their hashes is 0.2 percent of the vectors. */
const BLOCK = 16_384;
const HASHES = 'vectors.hashes';

interface Rows {
  dimension: number;
  count: number;
  rows(from: number, to: number): Float32Array | Float64Array;
}

export function vectorParts(runtime: Runtime, operation: string, input: Rows): Part[] {
  const { count, dimension } = input;
  const numbers = make(operation, 4 * count * dimension, () => new Float32Array(count * dimension));
  const step = Math.max(1, Math.floor((1 << 18) / dimension));
  for (let from = 0; from < count; from += step)
    numbers.set(input.rows(from, Math.min(count, from + step)), from * dimension);
  const bytes = new Uint8Array(numbers.buffer);
  const blocks = Math.ceil(bytes.length / BLOCK);
  const hashes = new Uint8Array(32 * blocks);
  for (let at = 0; at < blocks; at++)
    hashes.set(hashLeaf(runtime, operation, bytes.subarray(at * BLOCK, (at + 1) * BLOCK)), 32 * at);
  return [
    { name: HASHES, type: 'uint8', shape: [blocks, 32], bytes: hashes },
    {
      ...{ name: 'vectors', type: 'float32', shape: [count, dimension], bytes },
      ...{ block: BLOCK, hashes: HASHES },
    },
  ];
}

/** What of the file the vectors are; undefined where it has none. */
export interface ExactTable {
  readonly vectors: Entry;
  readonly hashes: Entry;
}

export function exactTable(
  operation: string,
  entries: ReadonlyMap<string, Entry>,
  rows: number,
  dimension: number,
): ExactTable | undefined {
  const [vectors, hashes] = [entries.get('vectors'), entries.get(HASHES)];
  if (vectors === undefined) return undefined;
  const fits =
    vectors.type === 'float32' &&
    vectors.length === 4 * rows * dimension &&
    vectors.hashes === HASHES &&
    vectors.ends === undefined &&
    vectors.block > 0 &&
    hashes?.length === 32 * Math.ceil(vectors.length / vectors.block);
  if (!fits || hashes === undefined) throw malformed(operation, 'a vector for each row');
  return { vectors, hashes };
}

/** Reads the vectors of some rows, as far as the budget goes; by row. One round, and one for the hashes the first time. */
export async function readVectors(
  reader: Reader,
  { vectors, hashes }: ExactTable,
  dimension: number,
  rows: readonly number[],
): Promise<Map<number, Float32Array>> {
  const { runtime, operation, verify } = reader.asked;
  if (verify) await reader.fetchTables([hashes]);
  const { block, offset, length } = vectors;
  const bytesOf = 4 * dimension;
  const blocksOf = (row: number) => {
    const [first, last] = [row * bytesOf, (row + 1) * bytesOf - 1].map((at) =>
      Math.floor(at / block),
    ) as [number, number];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  };
  const wanted = new Map<string, Wanted>();
  let left = reader.left;
  const allowed = rows.filter((row) => {
    const more = blocksOf(row).filter((at) => !reader.known(`v${at}`) && !wanted.has(`v${at}`));
    const ranges = more.map((at) => ({
      offset: offset + at * block,
      length: Math.min(block, length - at * block),
    }));
    const bytes = ranges.reduce((sum, { length }) => sum + length, 0);
    if (bytes > left) {
      reader.complete = false;
      return false;
    }
    left -= bytes;
    for (const [i, at] of more.entries()) {
      const check = (bytes: Uint8Array) => {
        if (!verify) return;
        const hash = reader.block(HASHES).subarray(32 * at, 32 * at + 32);
        checkLeaf(runtime, operation, bytes, hash);
      };
      wanted.set(`v${at}`, { key: `v${at}`, range: ranges[i] as never, check });
    }
    return true;
  });
  // No gaps: blocks are large already.
  await reader.fetch([...wanted.values()], 0);
  const found = new Map<number, Float32Array>();
  for (const row of allowed) {
    const bytes = new Uint8Array(bytesOf);
    for (const at of blocksOf(row)) {
      const from = row * bytesOf - at * block;
      const part = reader.block(`v${at}`).subarray(Math.max(0, from), from + bytesOf);
      bytes.set(part, Math.max(0, -from));
    }
    found.set(row, new Float32Array(bytes.buffer));
  }
  return found;
}

/** As a `Flat` index would say, to the rounding of float32. */
export function exactDistance(
  metric: 'cosine' | 'dot' | 'euclidean',
  query: ArrayLike<number>,
  vector: ArrayLike<number>,
): number {
  let [dot, own, other, sum] = [0, 0, 0, 0];
  for (let i = 0; i < query.length; i++) {
    const [x, y] = [query[i] as number, vector[i] as number];
    dot += x * y;
    own += x * x;
    other += y * y;
    sum += (x - y) ** 2;
  }
  if (metric === 'dot') return -dot;
  if (metric === 'euclidean') return Math.sqrt(sum);
  return 1 - dot / Math.sqrt(own * other || 1);
}
