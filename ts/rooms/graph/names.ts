// Edges between nodes that are called something: what users write becomes node numbers and labels.

import { asTyped, kindOf, lengthOfList } from '../../runtime/brand.js';
import { SublinearRangeError, SublinearTypeError } from '../../runtime/errors.js';
import { idLabels, listedLabels, type NodeLabel, type NodeLabels } from '../../runtime/labels.js';
import type { IndexArray } from '../../runtime/scratch.js';
import { shapeError, show, typeError } from '../../runtime/validate.js';
import type { NodeList } from './types.js';

/** Ends of edges as node numbers, and what the nodes are called where they are called something. */
export interface NumberedEnds {
  from: IndexArray;
  to: IndexArray;
  labels?: NodeLabels;
}

const LARGEST_ID = 2n ** 64n - 1n;

export function isName(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'bigint';
}

/** True for a list in which something is called by a name. */
function hasNames(list: unknown): boolean {
  return (Array.isArray(list) && holds(list, isName)) || kindOf(list) === 'BigUint64Array';
}

/** A label as users may give it. */
export function labelIn(operation: string, argument: string, value: unknown): NodeLabel {
  if (isName(value) || (typeof value === 'number' && !Number.isNaN(value)))
    return value as NodeLabel;
  throw new SublinearTypeError(
    operation,
    `"${argument}" expected string, number or bigint, got ${show(value)}`,
    { argument: argument.replace(/\[\d+\]$/, '') },
  );
}

/** A list, and how many elements it has: asked once. */
function listIn(operation: string, argument: string, list: unknown): [ArrayLike<unknown>, number] {
  const kind = kindOf(list);
  if (kind !== undefined) {
    const view = asTyped(operation, argument, list, kind);
    return [view, view.length];
  }
  if (Array.isArray(list)) return [list, lengthOfList(operation, argument, list)];
  throw typeError(operation, argument, 'node numbers or names', list);
}

/** The labels that a user gives for all nodes, checked. */
export function labelsIn(operation: string, labels: unknown): NodeLabel[] {
  if (!Array.isArray(labels)) throw typeError(operation, 'labels', 'an array of labels', labels);
  const seen = new Map<NodeLabel, number>();
  return Array.from(labels, (value, i) => {
    const label = labelIn(operation, `labels[${i}]`, value);
    const before = seen.get(label);
    if (before !== undefined) {
      const message = `"labels" at position ${i}: ${show(label)} stands at position ${before} already`;
      throw new SublinearRangeError('ARGUMENT', operation, message, {
        argument: 'labels',
        position: i,
      });
    }
    seen.set(label, i);
    return label;
  });
}

/** Refuses labels that are not one for each node. */
export function labelsFor(
  operation: string,
  labels: readonly NodeLabel[],
  nodeCount: number,
): NodeLabels {
  if (labels.length === nodeCount) return listedLabels(labels);
  const message = `"labels" expected one for each of ${nodeCount} nodes, got ${labels.length}`;
  throw new SublinearRangeError('SHAPE', operation, message, { argument: 'labels' });
}

/** Numbers names in the order in which they come. */
export class NameTable {
  readonly labels: NodeLabel[] = [];
  readonly #nodes = new Map<NodeLabel, number>();

  place(label: NodeLabel): number {
    const known = this.#nodes.get(label);
    if (known !== undefined) return known;
    const node = this.labels.length;
    this.#nodes.set(label, node);
    this.labels.push(label);
    return node;
  }
}

/** Both ends of each edge through `place`, edge by edge: so nodes are numbered in the order in which they appear. */
function placed(
  operation: string,
  from: unknown,
  to: unknown,
  place: (label: NodeLabel, argument: string) => number,
): { from: Uint32Array<ArrayBuffer>; to: Uint32Array<ArrayBuffer> } {
  const [starts, count] = listIn(operation, 'from', from);
  const [ends, others] = listIn(operation, 'to', to);
  if (others !== count) throw shapeError(operation, 'to', count, others);
  // They grow with what is read: a length that is not true is no reason to take memory.
  const placed = { from: [] as number[], to: [] as number[] };
  const put = (side: 'from' | 'to', value: unknown, i: number) => {
    const name = `${side}[${i}]`;
    placed[side].push(place(labelIn(operation, name, value), name));
  };
  for (let i = 0; i < count; i++) {
    put('from', starts[i], i);
    put('to', ends[i], i);
  }
  return { from: Uint32Array.from(placed.from), to: Uint32Array.from(placed.to) };
}

/** Whole numbers as ids: only those that occur become nodes, in ascending order. */
function compacted(operation: string, from: unknown, to: unknown): NumberedEnds {
  const table = new NameTable();
  const id = (label: NodeLabel, argument: string) => {
    const whole = typeof label === 'bigint' || Number.isInteger(label);
    if (!whole || BigInt(label) < 0n || BigInt(label) > LARGEST_ID) {
      const message = `"${argument}" expected a whole number from 0 to 2^64 - 1, got ${show(label)}`;
      throw new SublinearRangeError('RANGE', operation, message, { argument });
    }
    return table.place(BigInt(label));
  };
  const ends = placed(operation, from, to, id);
  const ids = BigUint64Array.from(table.labels as bigint[]).sort();
  const order = new Map<bigint, number>();
  for (const [node, label] of ids.entries()) order.set(label, node);
  const nodes = (table.labels as bigint[]).map((label) => order.get(label) as number);
  const renumber = (list: Uint32Array<ArrayBuffer>) => list.map((at) => nodes[at] as number);
  return { from: renumber(ends.from), to: renumber(ends.to), labels: idLabels(ids) };
}

/** Ends of edges as a user gives them. */
export function numberedEnds(
  operation: string,
  from: NodeList,
  to: NodeList,
  compactIds: boolean,
  labels: readonly NodeLabel[] | undefined,
): NumberedEnds {
  const named = hasNames(from) || hasNames(to);
  if (labels !== undefined) {
    const given = listedLabels(labels);
    if (!named && !compactIds)
      return { from: from as IndexArray, to: to as IndexArray, labels: given };
    const find = (label: NodeLabel, argument: string) => {
      const node = given.find(label);
      if (node !== undefined) return node;
      const message = `"${argument}" expected one of "labels", got ${show(label)}`;
      throw new SublinearRangeError('INDEX', operation, message, { argument });
    };
    return { ...placed(operation, from, to, find), labels: given };
  }
  const texts = [from, to].some(
    (list) => Array.isArray(list) && holds(list, (each) => typeof each === 'string'),
  );
  if (!texts && (compactIds || named)) return compacted(operation, from, to);
  if (!named) return { from: from as IndexArray, to: to as IndexArray };
  const table = new NameTable();
  const place = (label: NodeLabel) => table.place(label);
  return { ...placed(operation, from, to, place), labels: listedLabels(table.labels) };
}

/** Whether such a value stands in a list. One with a gap is refused later, and not read to its end, which may be far. */
export function holds(list: readonly unknown[], is: (each: unknown) => boolean): boolean {
  for (const each of list) {
    if (is(each)) return true;
    if (each === undefined) return false;
  }
  return false;
}
