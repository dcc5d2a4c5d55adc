// The file of a graph (docs/format.md, kind GRPH) on its way in. `Bound` is the class of an engine.

import type { Graph as RawGraph } from '../../generated/raw/network.js';
import type { Reader } from '../../generated/raw/solver.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError } from '../../runtime/errors.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  tag,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { loadLabels } from '../../runtime/labels-file.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adoptAs } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import { asyncKeys } from '../../runtime/steps.js';
import { options as checkOptions } from '../../runtime/validate.js';
import type { NamedNodes } from './named.js';
import type { GraphNodes } from './nodes.js';
import type { GraphClass } from './types.js';

function graphFile<T extends GraphNodes>(
  runtime: Runtime,
  operation: string,
  Bound: GraphClass<T>,
): Loading<RawGraph, T> {
  return {
    kind: 'GRPH',
    build: (reader) => runtime.raw.Graph.load(reader),
    wrap: (built, reader) =>
      withSavedLabels(operation, adoptAs<T>(runtime, operation, Bound, built), reader),
  };
}

/** What was made of a file, with the names that the file has left. */
export function withSavedLabels<T extends NamedNodes<RawObject>>(
  operation: string,
  made: T,
  reader: Reader,
): T {
  const { runtime } = made;
  const found = reader.peek(runtime.out);
  if (found === 0) return made;
  const letters = found === tag('LIDS') ? 'LIDS' : 'LTXT';
  const at = runtime.outU32(1);
  const bytes = runtime.u8.slice(at, at + runtime.outU32(2));
  const labels = loadLabels(letters, bytes, made.nodeCount);
  if (labels !== undefined) return made.withLabels(labels);
  made.dispose();
  const message = '"bytes": unknown or unsupported format, expected a label for each node';
  throw new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
}

export function load<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  bytes: BytesSource,
): T {
  const runtime = runtimeOf(Bound, operation);
  return loadFile(runtime, operation, bytes, graphFile(runtime, operation, Bound));
}

export async function loadAsync<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  bytes: AsyncBytesSource,
  options: LoadAsyncOptions | undefined,
): Promise<T> {
  const runtime = runtimeOf(Bound, operation);
  const given = checkOptions(operation, options, asyncKeys);
  return loadFileAsync(runtime, operation, bytes, graphFile(runtime, operation, Bound), given);
}
