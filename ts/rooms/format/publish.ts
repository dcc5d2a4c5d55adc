// Writing a file of vectors that is searched without being downloaded.
import type { Publish } from '../../generated/raw/format.js';
import { lengthOfList } from '../../runtime/brand.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { copyMetadata, type Metadata } from '../hnsw/metadata.js';
import { composeFile, kinds, type Part, type SegmentType } from './directory.js';
import { vectorParts } from './exact.js';
import { metadataParts } from './metadata.js';

/** How distances are measured: 1 - cos, the negated inner product, the length of the difference. */
export type RemoteMetric = 'cosine' | 'dot' | 'euclidean';

export const metrics = { cosine: 0, dot: 1, euclidean: 2 } as const;

/** A name of a vector. */
export type RemoteKey = string | number;

/** Options of {@link FormatRoom.writeRemoteIndex}. */
export interface WriteIndexOptions {
  /** Numbers in a vector. Needed for an array of numbers; an index knows its own. */
  dimension?: number;
  /** `'cosine'` by default, or that of the index. */
  metric?: RemoteMetric;
  /** Cells, 1 .. 65,536: 1.6 times the root of the number of vectors by default. More make a query smaller and opening larger. */
  cells?: number;
  /** In how many cells each vector is. 2 by default; 1 makes the file half as large and needs twice the cells for the same recall. */
  copies?: 1 | 2;
  /** Seed of the cells, an integer >= 0. 0 by default. */
  seed?: number;
  /** A name for each vector, strings or numbers, at most 65,535 bytes each. A collection has its own. */
  keys?: readonly RemoteKey[];
  /** What is known about each vector, for conditions. A collection has its own. */
  metadata?: readonly (object | undefined)[];
  /** `true`: the vectors themselves stand in the file, too, as float32, for searches with `exact: true`. */
  exact?: boolean;
}

/** A `Flat` or `Hnsw` of the module `hnsw`. */
export interface VectorsById {
  readonly metric: string;
  readonly dimension: number;
  readonly ids: Uint32Array;
  readonly get: (id: number) => ArrayLike<number>;
}

/** A `Collection` of the module `hnsw`. */
export interface VectorsByKey {
  readonly index: { readonly metric: string; readonly dimension: number };
  readonly keys: readonly RemoteKey[];
  readonly get: (
    key: RemoteKey,
  ) => { vector: ArrayLike<number>; metadata?: object | undefined } | undefined;
}

export type VectorsToWrite = RealArray | VectorsById | VectorsByKey;

const keysOfOptions = [
  'dimension',
  'metric',
  'cells',
  'copies',
  'seed',
  'keys',
  'metadata',
  'exact',
] as const;

/** Numbers that are copied at a time. */
const CHUNK = 1 << 18;

interface Input {
  dimension: number;
  metric: RemoteMetric;
  count: number;
  /** Rows `from` to `to`, as an array of numbers. */
  rows(from: number, to: number): Float32Array | Float64Array;
  keys: readonly RemoteKey[] | undefined;
  metadata: readonly (Metadata | undefined)[] | undefined;
  exact?: boolean;
}

const hasGet = (value: unknown): value is { get: unknown } =>
  typeof value === 'object' && value !== null && typeof (value as VectorsById).get === 'function';

function inputOf(operation: string, vectors: VectorsToWrite, options: WriteIndexOptions): Input {
  const { metadata } = options;
  if (metadata !== undefined && !Array.isArray(metadata))
    throw check.typeError(operation, 'metadata', 'array', metadata);
  // Read once it is known how many vectors there are: a list may say that it is longer than any memory.
  const given = (count: number) => {
    if (metadata === undefined) return { keys: options.keys, metadata };
    const length = lengthOfList(operation, 'metadata', metadata);
    if (length !== count) throw check.shapeError(operation, 'metadata', count, length);
    const copies = Array.from({ length }, (_, i) =>
      copyMetadata(operation, metadata[i] ?? undefined),
    );
    return { keys: options.keys, metadata: copies };
  };
  if (hasGet(vectors) && 'index' in vectors) return ofCollection(operation, vectors, options);
  if (hasGet(vectors) && 'ids' in vectors)
    return {
      ...ofIndex(operation, vectors, options),
      ...withIds(vectors, given(vectors.ids.length)),
    };
  const { dimension, metric = 'cosine' } = options;
  check.integer(operation, 'dimension', dimension, 1);
  const width = dimension as number;
  const source = isVector(vectors) ? vectors.toArray() : vectors;
  const all = realArray(operation, 'vectors', source);
  const count = Math.floor(all.length / width);
  if (count * width !== all.length || count === 0)
    throw check.shapeError(operation, 'vectors', (count + 1) * width, all.length);
  return {
    dimension: width,
    metric,
    count,
    rows: (from, to) => all.subarray(from * width, to * width),
    ...given(count),
  };
}

const isVector = (value: unknown): value is { toArray(): Float32Array | Float64Array } =>
  typeof (value as { toArray?: unknown } | null)?.toArray === 'function';

function metricOf(operation: string, metric: string): RemoteMetric {
  check.choice(operation, 'metric', metric, metrics);
  return metric as RemoteMetric;
}

function gathered(dimension: number, vectorAt: (i: number) => ArrayLike<number>) {
  return (from: number, to: number) => {
    const rows = new Float32Array((to - from) * dimension);
    for (let i = from; i < to; i++) rows.set(vectorAt(i), (i - from) * dimension);
    return rows;
  };
}

function ofIndex(operation: string, index: VectorsById, options: WriteIndexOptions): Input {
  const { ids, dimension } = index;
  if (ids.length === 0) throw check.rangeError(operation, 'vectors', 'at least one vector', 0);
  return {
    dimension,
    metric: metricOf(operation, options.metric ?? index.metric),
    count: ids.length,
    rows: gathered(dimension, (i) => index.get(ids[i] as number)),
    keys: undefined,
    metadata: undefined,
  };
}

// Ids that are not the numbers of the rows become keys.
function withIds(
  { ids }: VectorsById,
  given: { keys: Input['keys']; metadata: Input['metadata'] },
) {
  const plain = ids.every((id, i) => id === i);
  return { ...given, keys: given.keys ?? (plain ? undefined : Array.from(ids)) };
}

function ofCollection(
  operation: string,
  collection: VectorsByKey,
  options: WriteIndexOptions,
): Input {
  const { keys } = collection;
  const { dimension, metric } = collection.index;
  if (keys.length === 0) throw check.rangeError(operation, 'vectors', 'at least one vector', 0);
  const itemAt = (i: number) => collection.get(keys[i] as RemoteKey);
  const metadata = keys.map((key) => collection.get(key)?.metadata as Metadata | undefined);
  return {
    dimension,
    metric: metricOf(operation, options.metric ?? metric),
    count: keys.length,
    rows: gathered(dimension, (i) => itemAt(i)?.vector ?? []),
    keys,
    metadata,
  };
}

/** Keys as bytes: texts, or JSON where numbers are among them. */
function keyBytes(operation: string, keys: readonly RemoteKey[], count: number) {
  if (!Array.isArray(keys)) throw check.typeError(operation, 'keys', 'array', keys);
  if (keys.length !== count) throw check.shapeError(operation, 'keys', count, keys.length);
  const texts = keys.every((key) => typeof key === 'string');
  const encoder = new TextEncoder();
  const lengths = new Uint32Array(count);
  const pieces = Array.from(keys, (key, i) => {
    if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key)))
      throw check.typeError(operation, `keys[${i}]`, 'string or finite number', key);
    const bytes = encoder.encode(texts ? (key as string) : JSON.stringify(key));
    lengths[i] = bytes.length;
    return bytes;
  });
  return { pieces, lengths, kind: texts ? 1 : 2 };
}

/** A publish object with its vectors and keys; freed by the caller. */
function fill(runtime: Runtime, operation: string, raw: Publish, input: Input): void {
  const { count, dimension, keys, metadata } = input;
  if (metadata !== undefined && metadata.length !== count)
    throw check.shapeError(operation, 'metadata', count, metadata.length);
  const step = Math.max(1, Math.floor(CHUNK / dimension));
  for (let from = 0; from < count; from += step) {
    const rows = input.rows(from, Math.min(count, from + step));
    runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(4 * rows.length);
      runtime.f32.set(rows, address / 4);
      try {
        runtime.check(operation, raw.add(address, rows.length / dimension));
      } catch (error) {
        if (from === 0 || (error as { position?: number }).position === undefined) throw error;
        const { position } = error as { position: number };
        const message = (error as Error).message.replace(
          `position ${position}`,
          `position ${from + position}`,
        );
        throw Object.assign(error as Error, { position: from + position, message });
      }
    });
  }
  if (keys === undefined) return;
  const { pieces, lengths, kind } = keyBytes(operation, keys, count);
  runtime.scratch(operation, (scratch) => {
    const total = pieces.reduce((sum, { length }) => sum + length, 0);
    const [bytes, sizes] = [scratch.bytes(total), scratch.indices('keys', lengths).address];
    let at = bytes;
    for (const piece of pieces) {
      runtime.u8.set(piece, at);
      at += piece.length;
    }
    runtime.check(operation, raw.keys(bytes, total, sizes, kind));
  });
}

const segments: readonly (readonly [name: string, type: SegmentType])[] = [
  ['index', 'uint32'],
  ['widths', 'float32'],
  ['scales', 'float32'],
  ['counts', 'uint32'],
  ['centroids', 'int8'],
  ['cells.ends', 'uint64'],
  ['details.ends', 'uint64'],
  ['recall', 'float32'],
  ['cells.hashes', 'uint8'],
  ['cells', 'uint8'],
  ['details', 'uint8'],
];
const bytesOfType = { uint8: 1, int8: 1, uint32: 4, float32: 4, uint64: 8 } as const;

/** The file of a publish object that has ended. */
function fileOf(runtime: Runtime, operation: string, raw: Publish, input: Input) {
  const numbers = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(26);
    runtime.check(operation, raw.read(at));
    return runtime.copyF64(at, 26);
  });
  const number = (i: number) => numbers[i] as number;
  const cells = number(24);
  const parts: Part[] = segments.map(([name, type], i) => {
    const bytes = { address: number(2 * i), length: number(2 * i + 1) };
    const elements = bytes.length / bytesOfType[type as keyof typeof bytesOfType];
    const rows = name === 'centroids' || name === 'cells.hashes' ? cells : 0;
    const shape = rows > 0 ? [rows, elements / rows] : [elements];
    return { name, type, shape, bytes };
  });
  Object.assign(parts[9] as Part, { hashes: 'cells.hashes', ends: 'cells.ends' });
  const root = number(25);
  Object.assign(parts[10] as Part, { root: runtime.u8.slice(root, root + 32) });
  if (input.metadata !== undefined) {
    const entries = runtime.copyU32(number(22), number(23));
    const counts = runtime.copyU32(number(6), cells);
    parts.push(...metadataParts(runtime, operation, input.metadata, entries, counts));
  }
  if (input.exact === true) parts.push(...vectorParts(runtime, operation, input));
  return composeFile(runtime, operation, kinds.index, parts);
}

function prepare(
  runtime: Runtime,
  operation: string,
  vectors: VectorsToWrite,
  options: WriteIndexOptions,
): { raw: Publish; input: Input } {
  const { cells = 0, copies = 2, seed = 0, exact = false } = options;
  check.boolean(operation, 'exact', exact);
  const input = { ...inputOf(operation, vectors, options), exact };
  const metric = check.choice(operation, 'metric', input.metric, metrics);
  const numbers = [metric, cells, copies, seed];
  for (const [i, name] of (['metric', 'cells', 'copies', 'seed'] as const).entries())
    check.number(operation, name, numbers[i]);
  if (options.cells !== undefined) check.integer(operation, 'cells', cells, 1);
  const raw = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(4);
    runtime.f64.set(numbers, at / 8);
    return runtime.made(operation, runtime.raw.Publish.create(input.count, input.dimension, at));
  });
  try {
    fill(runtime, operation, raw, input);
    return { raw, input };
  } catch (error) {
    if (runtime.alive) raw.delete();
    throw error;
  }
}

/** The two forms of the function. */
export function createPublish(runtime: Runtime) {
  return {
    writeRemoteIndex(
      vectors: VectorsToWrite,
      options?: WriteIndexOptions,
    ): Uint8Array<ArrayBuffer> {
      const operation = 'writeRemoteIndex';
      const given = check.options(operation, options, keysOfOptions);
      runtime.assertAlive(operation);
      const { raw, input } = prepare(runtime, operation, vectors, given);
      try {
        return runNow(runtime, operation, {}, () => {
          runtime.check(operation, raw.begin());
          return { raw, holds: [], result: () => fileOf(runtime, operation, raw, input) };
        });
      } finally {
        if (runtime.alive) raw.delete();
      }
    },
    async writeRemoteIndexAsync(
      vectors: VectorsToWrite,
      options?: WriteIndexOptions & AsyncOptions<WorkProgress>,
    ): Promise<Uint8Array<ArrayBuffer>> {
      const operation = 'writeRemoteIndexAsync';
      const { signal, onProgress, ...given } = check.options(operation, options, [
        ...keysOfOptions,
        ...asyncKeys,
      ]);
      runtime.assertAlive(operation);
      signal?.throwIfAborted?.();
      const { raw, input } = prepare(runtime, operation, vectors, given);
      const how = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
      try {
        return await runLater<object, WorkProgress, Uint8Array<ArrayBuffer>>(
          runtime,
          operation,
          how,
          () => {
            runtime.check(operation, raw.begin());
            return { raw, holds: [], result: () => fileOf(runtime, operation, raw, input) };
          },
        );
      } finally {
        if (runtime.alive) raw.delete();
      }
    },
  };
}
