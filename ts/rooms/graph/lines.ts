// How the C core reads edges that stand in lines.

import { edgeListOptions } from '../../generated/fields/graph.js';
import type {
  EdgeListReader,
  MatrixMarketReader,
  MetisReader,
  Graph as RawGraph,
} from '../../generated/raw/network.js';
import { SublinearError } from '../../runtime/errors.js';
import { give } from '../../runtime/fields.js';
import { refusing } from '../../runtime/formats.js';
import { idLabels, listedLabels, type NodeLabels } from '../../runtime/labels.js';
import { adoptAs } from '../../runtime/object.js';
import type { Head } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Reading } from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import { dtypes } from '../../runtime/values.js';
import type { DType } from '../dense/dense.js';
import { parallelChoices } from './arrays.js';
import { planColumns } from './columns.js';
import type { GraphNodes } from './nodes.js';
import type { CsvOptions, GraphClass } from './types.js';

export const edgeListKeys = [
  'directed',
  'compactIds',
  'weights',
  'fromColumn',
  'toColumn',
  'weightColumn',
  'timeColumn',
  'since',
  'until',
  'header',
  'nodeCount',
  'parallel',
  'dtype',
] as const;
export const csvKeys = [...edgeListKeys, 'separator'] as const;

const weightChoices = { auto: false, ignore: true } as const;
/** SL_IDS_NODES, SL_IDS_NAMES and SL_IDS_AUTO of csrc/graph/node_ids.h. */
const idKinds = { false: 0, names: 2, true: 3 } as const;
/** SL_HEADER_NONE and SL_HEADER_SKIP of csrc/graph/edge_list.h. */
const [NO_HEADER, SKIP_HEADER] = [1, 2];

/** What an error of the reader calls for. */
function remedyOf(compactIds: boolean | 'names') {
  return (code: string, expected: string): string => {
    if ((code === 'MEMORY' || code === 'OVERFLOW') && compactIds === false)
      return '; ids are node numbers here: with compactIds: true only those that occur become nodes';
    if (expected.startsWith('a node id, 0 to 4294967293'))
      return '; compactIds: true takes larger ids and names';
    if (expected.startsWith('a node id, 0 to 2^64') || expected.includes('leading zeros'))
      return "; compactIds: 'names' takes any text";
    if (expected === 'a finite number above 0' || expected === 'a finite number')
      return "; weightColumn chooses another column, weights: 'ignore' none";
    return '';
  };
}

/** What the reader has found nodes to be called. Throws where names are no UTF-8. */
function labelsOf(
  runtime: Runtime,
  operation: string,
  reader: EdgeListReader,
  count: number,
): NodeLabels {
  const ids = reader.ids();
  if (ids !== 0) {
    const bytes = runtime.u8.slice(ids, ids + 8 * count);
    return idLabels(new BigUint64Array(bytes.buffer));
  }
  const ends = runtime.copyU32(reader.nameEnds(), count);
  const begin = reader.nameText();
  const bytes = runtime.u8.slice(begin, begin + (ends[count - 1] ?? 0));
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const text = decoder.decode(bytes);
    // One decoding where a byte is a character; else each name has its own.
    const name =
      text.length === bytes.length
        ? (from: number, to: number) => text.slice(from, to)
        : (from: number, to: number) => decoder.decode(bytes.subarray(from, to));
    return listedLabels(Array.from(ends, (end, k) => name(ends[k - 1] ?? 0, end)));
  } catch (cause) {
    const message =
      '"source" has names that are not UTF-8: decode it first, as in new TextDecoder("latin1").decode(bytes)';
    throw new SublinearError('PARSE', operation, message, { argument: 'source', cause });
  }
}

/** The reader of edge lists, or of separated values. `Bound` is the class of the engine. */
export function edgeListReading<T extends GraphNodes>(
  runtime: Runtime,
  operation: string,
  given: CsvOptions,
  separated: boolean,
  Bound: GraphClass<T>,
): Reading<EdgeListReader, RawGraph, T> {
  const { compactIds = false, weights = 'auto', nodeCount, dtype, parallel = 'once' } = given;
  if (given.directed !== undefined) check.boolean(operation, 'directed', given.directed);
  if (compactIds !== 'names') check.boolean(operation, 'compactIds', compactIds);
  check.choice(operation, 'weights', weights, weightChoices);
  if (nodeCount !== undefined) check.integer(operation, 'nodeCount', nodeCount, 1);
  const type = check.choice(operation, 'dtype', dtype ?? 'float64', dtypes);
  const countParallel = check.choice(operation, 'parallel', parallel, parallelChoices);
  const { EdgeListReader: RawReader } = runtime.raw;
  return {
    refuse: refusing(operation),
    open(head: Head) {
      const plan = planColumns(operation, given, head, separated);
      const options = give(runtime, edgeListOptions, {
        directed: given.directed ?? plan.directed ?? true,
        ids: idKinds[String(compactIds) as keyof typeof idKinds],
        // Where the weights are, `weightColumn` says.
        ignoreWeights: false,
        nodeCount: nodeCount ?? 0,
        separator: plan.separator,
        valueType: type,
        countParallel,
        header: plan.header ? (SKIP_HEADER as number) : (NO_HEADER as number),
        fromColumn: plan.from,
        toColumn: plan.to,
        weightColumn: plan.weight,
        timeColumn: plan.time,
        dates: plan.dates,
        since: plan.since,
        until: plan.until,
      });
      return RawReader.create(options);
    },
    close: (reader) => RawReader.finish(reader),
    remedy: remedyOf(compactIds),
    wrap(built, reader) {
      const graph = adoptAs<T>(runtime, operation, Bound, built);
      if (compactIds === false) return graph;
      try {
        return graph.withLabels(labelsOf(runtime, operation, reader, graph.nodeCount));
      } catch (error) {
        graph.dispose();
        throw error;
      }
    },
  };
}

/**
 * The reader of Matrix Market files as graphs: entry (u, v) is an edge. A matrix that its file calls symmetric is an
 * undirected graph, unless `directed` says otherwise.
 */
export function matrixMarketReading<T>(
  runtime: Runtime,
  operation: string,
  { directed, dtype = 'float64' }: Pick<CsvOptions, 'directed' | 'dtype'>,
  Bound: GraphClass<T>,
): Reading<MatrixMarketReader, RawGraph, T> {
  if (directed !== undefined) check.boolean(operation, 'directed', directed);
  const type = check.choice(operation, 'dtype', dtype, dtypes);
  const { MatrixMarketReader: RawReader, Graph: RawGraphs } = runtime.raw;
  let symmetric = false;
  return {
    refuse: refusing(operation, ['matrixMarket']),
    open({ bytes }) {
      const [banner = ''] = new TextDecoder().decode(bytes.subarray(0, 1024)).split('\n');
      symmetric = /\ssymmetric\s*$/i.test(banner);
      return RawReader.create(type);
    },
    close(reader) {
      const matrix = RawReader.finish(reader);
      if (matrix === null) return null;
      try {
        return RawGraphs.fromMatrix(matrix, directed ?? !symmetric);
      } finally {
        matrix.delete();
      }
    },
    wrap: (built) => adoptAs<T>(runtime, operation, Bound, built),
  };
}

export function metisReading<T>(
  runtime: Runtime,
  operation: string,
  dtype: DType = 'float64',
  Bound: GraphClass<T>,
): Reading<MetisReader, RawGraph, T> {
  const type = check.choice(operation, 'dtype', dtype, dtypes);
  const { MetisReader: RawReader } = runtime.raw;
  return {
    refuse: refusing(operation),
    open: () => RawReader.create(type),
    close: (reader) => RawReader.finish(reader),
    wrap: (built) => adoptAs<T>(runtime, operation, Bound, built),
  };
}
