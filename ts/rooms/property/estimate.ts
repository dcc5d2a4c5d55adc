// How much memory a graph takes, before it is made.
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { PropertiesSize, PropertyGraphSize } from './types.js';

/** SL_PROPERTY_SIZE */
const SIZE = 13;
const kinds = ['booleans', 'strings', 'numbers', 'others'] as const;

function columnsOf(operation: string, argument: string, given: PropertiesSize | undefined) {
  const size = check.options<PropertiesSize>(operation, given, kinds);
  return kinds.map((kind) => check.integer(operation, `${argument}.${kind}`, size[kind] ?? 0));
}

export function bytesOfProperties(
  runtime: Runtime,
  operation: string,
  given: PropertyGraphSize,
): number {
  const keys = ['nodeCount', 'edgeCount', 'types', 'nodes', 'edges', 'texts'] as const;
  const size = check.options<PropertyGraphSize>(operation, given, keys);
  const texts = check.options(operation, size.texts, ['count', 'bytes']);
  const numbers = [
    check.integer(operation, 'nodeCount', size.nodeCount),
    check.integer(operation, 'edgeCount', size.edgeCount),
    check.integer(operation, 'types', size.types ?? 1),
    ...columnsOf(operation, 'nodes', size.nodes),
    ...columnsOf(operation, 'edges', size.edges),
    check.integer(operation, 'texts.count', texts.count ?? 0),
    check.integer(operation, 'texts.bytes', texts.bytes ?? 0),
  ];
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(SIZE);
    runtime.f64.set(numbers, at / 8);
    return runtime.raw.estimatePropertyBytes(at);
  });
}
