// Labels of nodes as they stand in a file (labels.ts).
import { idLabels, listedLabels, type NodeLabel, type NodeLabels } from './labels.js';

/** Labels as `save` gave them, or undefined when these bytes are no labels of so many nodes. */
export function loadLabels(
  tag: string,
  bytes: Uint8Array<ArrayBuffer>,
  nodeCount: number,
): NodeLabels | undefined {
  if (tag === 'LIDS') {
    if (bytes.length !== 8 * nodeCount) return undefined;
    const ids = new BigUint64Array(bytes.buffer);
    // They are found by bisection.
    const ascend = ids.every((id, i) => i === 0 || id > (ids[i - 1] as bigint));
    return ascend ? idLabels(ids) : undefined;
  }
  try {
    const saved: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!Array.isArray(saved) || saved.length !== nodeCount) return undefined;
    return listedLabels(saved.map(readLabel));
  } catch {
    return undefined;
  }
}

/** The label that was written so; throws where none was. */
export function readLabel(saved: unknown): NodeLabel {
  if (typeof saved === 'string' || typeof saved === 'number') return saved;
  if (!Array.isArray(saved) || typeof saved[0] !== 'string') throw new TypeError('no label');
  if (saved.length === 1) return BigInt(saved[0]);
  if (saved.length !== 2 || saved[1] !== 0) throw new TypeError('no label');
  return Number(saved[0]);
}
