// Writing a graph into a file that is walked through without being downloaded.
import type { GraphPublish } from '../../generated/raw/format.js';
import type { NodeLabel } from '../../runtime/labels.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { composeFile, kinds, type Part, type SegmentType } from './directory.js';
import { labelBytes } from './graph-labels.js';

/** A `Graph` of the module `graph`. */
export interface GraphToWrite {
  readonly nodeCount: number;
  readonly directed: boolean;
  readonly labelOf: (node: number) => NodeLabel;
  readonly adjacency: () => {
    toCsr(): {
      rowPointers: Uint32Array;
      columns: Uint32Array;
      values?: Float64Array | Float32Array | undefined;
    };
    dispose(): void;
  };
}

const segments: readonly (readonly [name: string, type: SegmentType])[] = [
  ['graph', 'uint32'],
  ['levels', 'float64'],
  ['blocks', 'uint8'],
  ['pages', 'uint8'],
  ['rows.ends', 'uint64'],
  ['lookup.ends', 'uint64'],
  ['lookup.firsts', 'uint8'],
  ['lookup.hashes', 'uint8'],
  ['rows.hashes', 'uint8'],
  ['rows', 'uint8'],
  ['lookup', 'uint8'],
];
const hashLists = ['pages', 'lookup.hashes', 'rows.hashes'];
const bytesOfType = { uint8: 1, uint32: 4, uint64: 8, float64: 8 } as const;

/** The labels of all nodes as bytes, where they are not their numbers. */
function labelsOf(operation: string, graph: GraphToWrite) {
  const count = graph.nodeCount;
  let plain = true;
  const labels = Array.from({ length: count }, (_, node) => {
    const label = graph.labelOf(node);
    plain &&= label === node;
    return label;
  });
  if (plain) return undefined;
  const kind = labels.every((label) => typeof label === 'string') ? 1 : 2;
  const lengths = new Uint32Array(count);
  const pieces = labels.map((label, node) => {
    const bytes = labelBytes(kind, label) as Uint8Array;
    lengths[node] = bytes.length;
    if (bytes.length > 0xffff)
      throw check.rangeError(operation, 'graph', 'labels of at most 65,535 bytes', bytes.length);
    return bytes;
  });
  return { kind, lengths, pieces };
}

function prepare(runtime: Runtime, operation: string, graph: GraphToWrite): GraphPublish {
  if (typeof graph?.adjacency !== 'function' || typeof graph.labelOf !== 'function')
    throw check.typeError(operation, 'graph', 'Graph', graph);
  const { nodeCount, directed } = graph;
  const labels = labelsOf(operation, graph);
  const matrix = graph.adjacency();
  let csr: ReturnType<typeof matrix.toCsr>;
  try {
    csr = matrix.toCsr();
  } finally {
    matrix.dispose();
  }
  const { columns, values, rowPointers } = csr;
  const raw = runtime.scratch(operation, (scratch) => {
    const starts = scratch.indices('graph', rowPointers);
    const ends = scratch.indices('graph', columns);
    const weights = values === undefined ? 0 : scratch.doubles('graph', values).address;
    return runtime.made(
      operation,
      runtime.raw.GraphPublish.create(
        nodeCount,
        starts.address,
        ends.address,
        weights,
        columns.length,
        Number(directed),
      ),
    );
  });
  if (labels === undefined) return raw;
  try {
    runtime.scratch(operation, (scratch) => {
      const total = labels.pieces.reduce((sum, { length }) => sum + length, 0);
      const [bytes, sizes] = [scratch.bytes(total), scratch.indices('labels', labels.lengths)];
      let at = bytes;
      for (const piece of labels.pieces) {
        runtime.u8.set(piece, at);
        at += piece.length;
      }
      runtime.check(operation, raw.labels(bytes, total, sizes.address, labels.kind));
    });
    return raw;
  } catch (error) {
    if (runtime.alive) raw.delete();
    throw error;
  }
}

/** The file of a publish object that has ended. */
function fileOf(runtime: Runtime, operation: string, raw: GraphPublish) {
  const numbers = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(24);
    runtime.check(operation, raw.read(at));
    return runtime.copyF64(at, 24);
  });
  const parts: Part[] = segments.map(([name, type], i) => {
    const bytes = { address: numbers[2 * i] as number, length: numbers[2 * i + 1] as number };
    const elements = bytes.length / bytesOfType[type as keyof typeof bytesOfType];
    return {
      name,
      type,
      shape: hashLists.includes(name) ? [elements / 32, 32] : [elements],
      bytes,
    };
  });
  for (const name of ['rows', 'lookup']) {
    const part = parts.find((each) => each.name === name) as Part;
    Object.assign(part, { hashes: `${name}.hashes`, ends: `${name}.ends` });
  }
  return composeFile(runtime, operation, kinds.graph, parts);
}

/** The two forms of the function. */
export function createGraphPublish(runtime: Runtime) {
  return {
    writeRemoteGraph(graph: GraphToWrite): Uint8Array<ArrayBuffer> {
      const operation = 'writeRemoteGraph';
      runtime.assertAlive(operation);
      const raw = prepare(runtime, operation, graph);
      try {
        return runNow(runtime, operation, {}, () => {
          runtime.check(operation, raw.begin());
          return { raw, holds: [], result: () => fileOf(runtime, operation, raw) };
        });
      } finally {
        if (runtime.alive) raw.delete();
      }
    },
    async writeRemoteGraphAsync(
      graph: GraphToWrite,
      options?: AsyncOptions<WorkProgress>,
    ): Promise<Uint8Array<ArrayBuffer>> {
      const operation = 'writeRemoteGraphAsync';
      const { signal, onProgress } = check.options(operation, options, asyncKeys);
      runtime.assertAlive(operation);
      signal?.throwIfAborted?.();
      const raw = prepare(runtime, operation, graph);
      const how = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
      try {
        return await runLater<object, WorkProgress, Uint8Array<ArrayBuffer>>(
          runtime,
          operation,
          how,
          () => {
            runtime.check(operation, raw.begin());
            return { raw, holds: [], result: () => fileOf(runtime, operation, raw) };
          },
        );
      } finally {
        if (runtime.alive) raw.delete();
      }
    },
  };
}
