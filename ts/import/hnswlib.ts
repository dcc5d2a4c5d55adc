// Indexes of hnswlib, as hnswlib-node, the Python package and the C++ library write them.
//
// Based on: hnswlib 0.8, HierarchicalNSW::saveIndex and BruteforceSearch::saveIndex on a machine of 64 bits, little-endian. A
// graph: eight fields of 8 bytes and two of 4 between them, mult, efConstruction; then for each element its links on the lowest
// level, its vector and its label (8 bytes); then for each element the length of its upper links and these. The links are
// skipped: the graph is built anew, so that nothing in a file can lead a search astray.
import { loadRoom } from '../engine/engine.js';
import { hnsw } from '../generated/entry/hnsw.js';
import type { Hnsw } from '../rooms/hnsw/hnsw-index.js';
import type { AddProgress, HnswOptions } from '../rooms/hnsw/types.js';
import { SublinearError } from '../runtime/errors.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import type { AsyncOptions } from '../runtime/steps.js';
import * as check from '../runtime/validate.js';
import { blamed, bytesOf, damaged, given } from './collect.js';

export interface HnswlibOptions
  extends Partial<Omit<HnswOptions, 'metric' | 'dimension' | 'capacity'>>,
    AsyncOptions<AddProgress> {
  /** The space that the index was made with, which its file does not say. */
  space: 'l2' | 'ip' | 'cosine';
  /** The class that the index is made with: that of an engine of your own. That of the shared engine by default. */
  Hnsw?: typeof Hnsw;
}

const metrics = { l2: 'euclidean', ip: 'dot', cosine: 'cosine' } as const;

/** What the front of a file says of its elements. */
interface Layout {
  count: number;
  /** Elements that the file has room for: the other kind writes all of its room. */
  stored: number;
  /** Bytes of an element, and where in it its vector and its label begin. */
  size: number;
  vector: number;
  label: number;
  /** Where the first element begins. */
  begin: number;
  /** For a graph: links and candidates that it was made with. */
  m?: number;
  efConstruction?: number;
}

const GRAPH_HEAD = 96;
const FLAT_HEAD = 24;
/** Elements that go in together. */
const SLICE = 4096;

/**
 * An index of the vectors in a file of hnswlib: what `writeIndex` of hnswlib-node, `save_index` of Python and `saveIndex` of C++
 * wrote, of `HierarchicalNSW` or `BruteforceSearch`, with numbers of 4 bytes. Ids are the labels; what was marked as deleted is
 * left out. `m` and `efConstruction` are the file's unless they are given. The graph is built anew: O(count log count).
 *
 * @throws SublinearError `FORMAT` or `TRUNCATED` for a file that is damaged or holds something else, and for labels above
 *   4,294,967,295; rejects with `signal.reason` after an abort
 *
 * @example
 * ```ts
 * import { fromHnswlib } from 'sublinear/import';
 *
 * // BruteforceSearch: most elements, bytes of each, how many there are; then vectors of numbers, each with its label.
 * const file = new DataView(new ArrayBuffer(24 + 16));
 * [1n, 16n, 1n].forEach((field, i) => file.setBigUint64(8 * i, field, true));
 * [3, 4].forEach((number, i) => file.setFloat32(24 + 4 * i, number, true));
 * file.setBigUint64(32, 7n, true);
 * using index = await fromHnswlib(new Uint8Array(file.buffer), { space: 'l2' });
 * const { ids, distances } = index.search([0, 0]);
 * console.log(ids[0], distances[0]); // 7 5
 * ```
 */
export async function fromHnswlib(
  source: AsyncBytesSource,
  options: HnswlibOptions,
): Promise<Hnsw> {
  const operation = 'fromHnswlib';
  const { space, Hnsw, signal, onProgress, ...rest } = given(operation, options);
  const metric = check.choice(operation, 'space', space, metrics);
  const bytes = await bytesOf(operation, source);
  const layout = layoutOf(operation, bytes);
  const { count, vector, label } = layout;
  const dimension = (label - vector) / 4;
  signal?.throwIfAborted();
  const Class = Hnsw ?? (await loadRoom(hnsw, undefined)).Hnsw;
  const { m, efConstruction } = layout;
  const index = Class.create({
    ...(m !== undefined && { m: Math.min(128, Math.max(2, m)) }),
    ...(efConstruction !== undefined && {
      efConstruction: Math.min(65_536, Math.max(efConstruction, m ?? 0, rest.m ?? 2)),
    }),
    ...rest,
    metric,
    dimension,
    capacity: count,
  });
  try {
    for (let first = 0; first < count; first += SLICE) {
      const last = Math.min(count, first + SLICE);
      const batch = sliceOf(operation, bytes, layout, first, last);
      await index.addBatchAsync(batch, {
        ...(signal && { signal }),
        ...(onProgress && {
          onProgress: ({ added }: AddProgress) =>
            onProgress({ added: first + added, total: count }),
        }),
      });
    }
    return index;
  } catch (error) {
    index.dispose();
    throw blamed(operation, error);
  }
}

/** Labels and vectors of some elements, without those that are marked as deleted. */
function sliceOf(
  operation: string,
  bytes: Uint8Array,
  { size, vector, label, begin, m }: Layout,
  first: number,
  last: number,
): { ids: Uint32Array; vectors: Float32Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = label - vector;
  const ids = new Uint32Array(last - first);
  const numbers = new Uint8Array((last - first) * width);
  let kept = 0;
  for (let i = first; i < last; i++) {
    const from = begin + i * size;
    // In front of the links of a graph: their number in two bytes, then the marks.
    if (m !== undefined && (view.getUint8(from + 2) & 1) === 1) continue;
    if (view.getUint32(from + label + 4, true) !== 0)
      throw damaged(operation, `element ${i} has a label above 4294967295, which is no id here`);
    ids[kept] = view.getUint32(from + label, true);
    numbers.set(bytes.subarray(from + vector, from + label), kept * width);
    kept++;
  }
  return {
    ids: ids.subarray(0, kept),
    vectors: new Float32Array(numbers.buffer, 0, (kept * width) / 4),
  };
}

/** Reads and checks the front of a file, and that its elements are all there. */
function layoutOf(operation: string, bytes: Uint8Array): Layout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = (wanted: number) =>
    new SublinearError(
      'TRUNCATED',
      operation,
      `"bytes": a file of hnswlib that ends too early: ${bytes.length} bytes, expected ${wanted} at least`,
      { argument: 'bytes' },
    );
  if (bytes.length < FLAT_HEAD) throw short(FLAT_HEAD);
  // Beyond 2^53 a number is not exact, and no file is that long.
  const u64 = (at: number) => view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + 4, true);
  // The first field of a graph is where its lowest level begins in an element, 0; that of the other kind is its room.
  const isGraph = u64(0) === 0;
  if (isGraph && bytes.length < GRAPH_HEAD) throw short(GRAPH_HEAD);
  const layout = isGraph ? graphLayout(view, u64) : flatLayout(u64);
  const { count, stored, size, vector, label, begin } = layout;
  const dimension = (label - vector) / 4;
  const fits =
    size === label + 8 &&
    Number.isInteger(dimension) &&
    dimension >= 1 &&
    dimension <= 65_536 &&
    count <= (isGraph ? u64(8) : u64(0));
  if (!fits)
    throw damaged(
      operation,
      'no index of hnswlib with numbers of 4 bytes and labels of 8, as hnswlib-node and Python write them',
    );
  const end = begin + stored * size;
  if (bytes.length < end) throw short(end);
  const rest = isGraph ? upperLinks(view, end, count) : end;
  if (rest === undefined || bytes.length < rest) throw short(rest ?? bytes.length + 1);
  if (bytes.length > rest)
    throw damaged(operation, `${bytes.length - rest} bytes behind the last element`);
  return layout;
}

function flatLayout(u64: (at: number) => number): Layout {
  const size = u64(8);
  return { count: u64(16), stored: u64(0), size, vector: 0, label: size - 8, begin: FLAT_HEAD };
}

function graphLayout(view: DataView, u64: (at: number) => number): Layout {
  // offsetLevel0, max_elements, count, size, label, offsetData, maxlevel (4), enterpoint (4), maxM, maxM0, M, mult, efConstruction
  const [maxM0, m] = [u64(64), u64(72)];
  const [size, label, vector] = [u64(24), u64(32), u64(40)];
  const fits = vector === 4 + 4 * maxM0 && m <= 10_000 && view.getFloat64(80, true) > 0;
  return {
    count: u64(16),
    stored: u64(16),
    size: fits ? size : -1,
    vector,
    label,
    begin: GRAPH_HEAD,
    m,
    efConstruction: u64(88),
  };
}

/** Where the links of upper levels end; undefined where the file ends before. */
function upperLinks(view: DataView, begin: number, count: number): number | undefined {
  let at = begin;
  for (let i = 0; i < count; i++) {
    if (at + 4 > view.byteLength) return undefined;
    at += 4 + view.getUint32(at, true);
  }
  return at;
}
