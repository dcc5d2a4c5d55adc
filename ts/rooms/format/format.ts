// Files that are read by ranges: vectors that are searched where they lie, and bundles of named tensors.
import type { Runtime } from '../../runtime/runtime.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { TextIndex } from '../text/text-index.js';
import { Bundle } from './bundle.js';
import { createRemoteFiles, type WriteProgress } from './frame.js';
import { createGraphPublish, type GraphToWrite } from './graph-publish.js';
import { createPublish, type VectorsToWrite, type WriteIndexOptions } from './publish.js';
import { RemoteGraph } from './remote-graph.js';
import { RemoteIndex } from './remote-index.js';
import { RemoteText } from './remote-text.js';
import { bundleOf, safetensorsOf, type TensorInput } from './tensors.js';
import { textFileOf } from './text-file.js';

export * from '../../runtime/errors.js';
export type { NodeLabel } from '../../runtime/labels.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Json, Metadata } from '../hnsw/metadata.js';
export type { FieldCondition, Scalar, Where } from '../hnsw/where.js';
export { Bundle, type ReadOptions, type SegmentInfo } from './bundle.js';
export type { SegmentType } from './directory.js';
export type { WriteProgress } from './frame.js';
export type { GraphToWrite } from './graph-publish.js';
export type {
  RemoteAnswer,
  RemoteHops,
  RemoteHopsOptions,
  RemoteNeighbors,
  RemotePath,
  RemotePathOptions,
  RemoteRankOptions,
  RemoteRanks,
  RemoteReadOptions,
} from './graph-types.js';
export type {
  BrowserFile,
  LocalFile,
  NodeFile,
  StoredFile,
  SyncAccessFile,
} from './local-file.js';
export type {
  RemoteKey,
  RemoteMetric,
  VectorsById,
  VectorsByKey,
  VectorsToWrite,
  WriteIndexOptions,
} from './publish.js';
export type { RemoteFile } from './remote-file.js';
export { RemoteGraph } from './remote-graph.js';
export { RemoteIndex, type RemoteSearchOptions, type RemoteSearchResult } from './remote-index.js';
export {
  RemoteText,
  type RemoteTextOptions,
  type RemoteTextResult,
  type RemoteTextSearchOptions,
} from './remote-text.js';
export type { RangeReader, RemoteOptions, RemoteSource, SourceOptions } from './source.js';
export type { Tensor, TensorData, TensorInput } from './tensors.js';
export type { Traffic } from './traffic.js';

/** What `engine.use('format')` and `load()` give. */
export interface FormatRoom {
  readonly RemoteIndex: typeof RemoteIndex;
  readonly RemoteGraph: typeof RemoteGraph;
  readonly RemoteText: typeof RemoteText;
  readonly Bundle: typeof Bundle;

  /**
   * The file of vectors that {@link RemoteIndex} searches by ranges, about 2.4 bytes a number with two copies. Vectors are an
   * array of numbers with `dimension`, or an index or a collection of the module `hnsw`, whose keys and metadata come with it. The
   * same input gives the same bytes on every device. O(vectors cells dimension).
   *
   * @throws RangeError `SHAPE`, `RANGE`, `NOT_FINITE`, `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { RemoteIndex, writeRemoteIndex } = await load();
   * const vectors = Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i * i));
   * const file = writeRemoteIndex(vectors, { dimension: 4, metric: 'euclidean' });
   * using index = await RemoteIndex.open(file);
   * console.log(index.size, (await index.search(vectors.subarray(40, 44), { k: 1 })).ids[0]); // 500 10
   * ```
   */
  writeRemoteIndex(vectors: VectorsToWrite, options?: WriteIndexOptions): Uint8Array<ArrayBuffer>;

  /**
   * {@link FormatRoom.writeRemoteIndex} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { writeRemoteIndexAsync } = await load();
   * const file = await writeRemoteIndexAsync([1, 0, 0, 1], { dimension: 2 });
   * console.log(file instanceof Uint8Array); // true
   * ```
   */
  writeRemoteIndexAsync(
    vectors: VectorsToWrite,
    options?: WriteIndexOptions & AsyncOptions<WorkProgress>,
  ): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * The file of a graph that {@link RemoteGraph} walks through by ranges. Nodes are put into an order in which neighbours lie
   * near each other; with each edge stands how many edges its head has, so that a walk reads the rows that it follows
   * and no others. The same graph gives the same bytes on every device. O((nodes + edges) log nodes) as a rule.
   *
   * @throws TypeError; RangeError `RANGE`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { RemoteGraph, writeRemoteGraph } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0] });
   * using remote = await RemoteGraph.open(writeRemoteGraph(graph));
   * console.log(remote.nodeCount, remote.edgeCount, remote.directed); // 3 3 true
   * ```
   */
  writeRemoteGraph(graph: GraphToWrite): Uint8Array<ArrayBuffer>;

  /**
   * {@link FormatRoom.writeRemoteGraph} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { writeRemoteGraphAsync } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: [0], to: [1] });
   * console.log((await writeRemoteGraphAsync(graph)) instanceof Uint8Array); // true
   * ```
   */
  writeRemoteGraphAsync(
    graph: GraphToWrite,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * A file of named tensors that {@link Bundle} reads one by one. Names are of a-z, 0-9, '.', '-' and '_', at most 31 letters.
   * O(bytes).
   *
   * @throws TypeError; RangeError `RANGE` (names, types), `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { writeBundle } = await load();
   * const file = writeBundle({ numbers: new Float64Array(100_000), about: 'zeros' });
   * console.log(file.length > 800_000); // true
   * ```
   */
  writeBundle(tensors: Readonly<Record<string, TensorInput>>): Uint8Array<ArrayBuffer>;

  /**
   * What `save()` of any class of this package wrote (graphs, matrices, indexes, collections, models, ...) as a file that is read by
   * ranges: its sections are segments that {@link Bundle} reads one by one, each block with a hash. {@link Bundle.saved} gives
   * back what was saved, byte for byte. `RemoteIndex` and `RemoteGraph` search other files, those of
   * {@link FormatRoom.writeRemoteIndex} and {@link FormatRoom.writeRemoteGraph}. O(bytes).
   *
   * @throws TypeError; SublinearError `FORMAT`, `CHECKSUM`, `TRUNCATED`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadMatrix } from 'sublinear/sparse';
   *
   * const { Bundle, writeRemoteFile } = await load();
   * const { SparseMatrix } = await loadMatrix();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [2, 0, 1, 3] });
   * const bundle = await Bundle.open(writeRemoteFile(matrix.save())); // or its address
   * console.log(bundle.kind, bundle.segments.length); // MTRX 6
   * console.log((await bundle.read('vals')).data); // Float64Array(3) [ 2, 1, 3 ]
   * ```
   */
  writeRemoteFile(saved: Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer>;

  /**
   * {@link FormatRoom.writeRemoteFile} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { writeRemoteFileAsync } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: [0], to: [1] });
   * console.log((await writeRemoteFileAsync(graph.save())) instanceof Uint8Array); // true
   * ```
   */
  writeRemoteFileAsync(
    saved: Uint8Array | ArrayBuffer,
    options?: AsyncOptions<WriteProgress>,
  ): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * The file of a full-text index that {@link RemoteText} searches by ranges, about as long as that of `save()`. O(bytes).
   *
   * @throws TypeError for what is no index of the module `text`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadText } from 'sublinear/text';
   *
   * const { Bundle, writeRemoteText } = await load();
   * const { TextIndex } = await loadText();
   * using index = TextIndex.create({ fields: ['text'] });
   * index.add({ id: 1, fields: { text: 'kept on a server' } });
   * console.log((await Bundle.open(writeRemoteText(index))).kind); // RTXT
   * ```
   */
  writeRemoteText(index: TextIndex): Uint8Array<ArrayBuffer>;

  /**
   * Tensors as a safetensors file, as other libraries read it; texts become its metadata. O(bytes).
   *
   * @throws TypeError; RangeError `RANGE` (types), `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { Bundle, writeBundle, writeSafetensors } = await load();
   * const bundle = await Bundle.open(writeBundle({ w: { data: new Float32Array(6), shape: [2, 3] } }));
   * const file = writeSafetensors({ w: await bundle.read('w') });
   * console.log(new TextDecoder().decode(file.subarray(8, 60))); // {"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,
   * ```
   */
  writeSafetensors(tensors: Readonly<Record<string, TensorInput>>): Uint8Array<ArrayBuffer>;
}

/** @internal */
export function createRoom(runtime: Runtime): FormatRoom {
  return {
    RemoteIndex: runtime.bind(RemoteIndex),
    RemoteGraph: runtime.bind(RemoteGraph),
    RemoteText: runtime.bind(RemoteText),
    Bundle: runtime.bind(Bundle),
    ...createPublish(runtime),
    ...createGraphPublish(runtime),
    writeBundle: (tensors) => bundleOf(runtime, 'writeBundle', tensors),
    ...createRemoteFiles(runtime),
    writeRemoteText: (index) => textFileOf(runtime, 'writeRemoteText', index),
    writeSafetensors: (tensors) => safetensorsOf('writeSafetensors', tensors),
  };
}
