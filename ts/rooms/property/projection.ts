// A part of a property graph as a graph of another module.

import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { writeText } from './bytes.js';
import type { Access } from './host.js';
import type { GraphValue } from './types.js';

/** SL_PROPERTY_FACTS */
const FACTS = 12;
/** Graphs that are kept at a time. */
const MOST_KEPT = 4;

/** Which part of the graph a procedure works on. */
export interface Part {
  /** Nodes with this label, and the relationships between them; all by default. */
  label?: string;
  /** Relationships of this type; all by default. */
  type?: string;
  /** The property of relationships that is their weight, a number > 0; each counts 1 by default. */
  weight?: string;
  /** Whether directions count. */
  directed?: boolean;
}

export const partKeys = ['label', 'type', 'weight', 'directed'] as const;

/** A part as arrays: nodes by their places among those that take part. */
export interface Arrays {
  /** Ids of nodes. */
  nodes: Uint32Array;
  /** The place of each id, -1 where it does not take part. */
  places: Int32Array;
  /** Ids of relationships, the places of their ends, their weights. */
  ids: Uint32Array;
  from: Uint32Array;
  to: Uint32Array;
  weights: Float64Array;
}

/** Node and relationship counts, ids given, and the number of the last change. */
function sizes({ runtime, operation, graph }: Access): Float64Array {
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(FACTS);
    graph.facts(at);
    return runtime.copyF64(at, FACTS);
  });
}

export function arraysOf(access: Access, { label, type, weight }: Part): Arrays {
  const { runtime, operation, graph } = access;
  const facts = sizes(access);
  const [nodeCount, edgeCount] = facts as unknown as [number, number];
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.bytes(4 * nodeCount + 4);
    const labelled = writeText(runtime, scratch, label ?? '');
    graph.listNodes(labelled.address, labelled.bytes, at, runtime.out);
    const nodes = runtime.copyU32(at, runtime.outU32());
    const places = new Int32Array(facts[5] as number).fill(-1);
    for (const [place, id] of nodes.entries()) places[id] = place;

    const [a, b, c] = [0, 0, 0].map(() => scratch.bytes(4 * edgeCount + 4)) as [
      number,
      number,
      number,
    ];
    const w = scratch.f64(edgeCount + 1);
    const [typed, key] = [type ?? '', weight ?? ''].map((text) =>
      writeText(runtime, scratch, text),
    ) as [typeof labelled, typeof labelled];
    const { out } = runtime;
    graph.listRelationships(typed.address, typed.bytes, key.address, key.bytes, a, b, c, w, out);
    const count = runtime.outU32();
    const [ids, from, to] = [a, b, c].map((place) => runtime.copyU32(place, count)) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    const weights = runtime.copyF64(w, count);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const [begin, end] = [places[from[i] as number] as number, places[to[i] as number] as number];
      if (begin < 0 || end < 0) continue;
      ids[kept] = ids[i] as number;
      from[kept] = begin;
      to[kept] = end;
      weights[kept++] = weights[i] as number;
    }
    const first = <A extends Uint32Array | Float64Array>(list: A) => list.subarray(0, kept) as A;
    return {
      nodes,
      places,
      ids: first(ids),
      from: first(from),
      to: first(to),
      weights: first(weights),
    };
  });
}

/** Of parallel relationships the shortest one, as paths need it. */
export function shortestOnly(arrays: Arrays, directed: boolean): Arrays {
  const { from, to, weights, nodes } = arrays;
  const best = new Map<number, number>();
  for (let i = 0; i < from.length; i++) {
    let [a, b] = [from[i] as number, to[i] as number];
    if (!directed && a > b) [a, b] = [b, a];
    const pair = a * nodes.length + b;
    const before = best.get(pair);
    if (before === undefined || (weights[i] as number) < (weights[before] as number))
      best.set(pair, i);
  }
  if (best.size === from.length) return arrays;
  const places = Uint32Array.from(best.values());
  const pick = (list: Uint32Array) => places.map((place) => list[place] as number);
  return {
    ...arrays,
    ids: pick(arrays.ids),
    from: pick(from),
    to: pick(to),
    weights: Float64Array.from(places, (place) => weights[place] as number),
  };
}

/** A part as a graph, and what was computed from it. */
export interface Projection {
  arrays: Arrays;
  graph: Graph;
  /** Results as bytes, by what was asked. */
  results: Map<string, Uint8Array>;
}

/** Projections of a graph, until it changes. */
export class Projections {
  #version = -1;
  readonly #kept = new Map<string, Projection>();

  clear(): void {
    for (const { graph } of this.#kept.values()) graph.dispose();
    this.#kept.clear();
  }

  /** Undefined: no node takes part. `kind` tells those apart that are made of the same part in other ways. */
  of(
    access: Access,
    kind: string,
    part: Part,
    make: (arrays: Arrays) => [Arrays, Graph],
  ): Projection | undefined {
    const version = sizes(access)[9] as number;
    if (version !== this.#version) this.clear();
    this.#version = version;
    const name = JSON.stringify([kind, part.label, part.type, part.weight, part.directed]);
    let found = this.#kept.get(name);
    if (found?.graph.disposed === false) return found;
    const oldest = this.#kept.keys().next().value;
    if (oldest !== undefined && this.#kept.size >= MOST_KEPT) {
      this.#kept.get(oldest)?.graph.dispose();
      this.#kept.delete(oldest);
    }
    const all = arraysOf(access, part);
    if (all.nodes.length === 0) return undefined;
    const [arrays, graph] = make(all);
    found = { arrays, graph, results: new Map() };
    this.#kept.set(name, found);
    return found;
  }
}

/** The ids that stand in an argument: a node's, or those of a list. */
export function idsIn(
  operation: string,
  argument: string,
  value: GraphValue | undefined,
): number[] {
  const list = Array.isArray(value) ? (value as GraphValue[]) : [value];
  for (const id of list)
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0)
      throw check.typeError(operation, argument, 'a node, an id or a list of them', id);
  return list as number[];
}
