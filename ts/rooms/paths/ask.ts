// How every question of the room is put to the C core: eight numbers and a list of nodes go in, sixteen numbers come out
// (csrc/paths/paths.h).

import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import type { NodeList, NodeRef } from '../graph/types.js';

/** Option of everything that measures lengths. */
export interface LengthOptions {
  /** `false`: every edge has length 1. By default edges have their weights as lengths, where the graph has some. */
  weighted?: boolean;
}

/** Options of calls that have no time limit: their results are whole or nothing. */
export type Timeless<T> = T & { maxTimeMs?: never };

/** What all results have. */
export interface Work {
  /** Edges followed, and nodes looked at. */
  work: { edgeOperations: number };
}

/** Numbers of sl_paths_question. */
export const question = {
  tree: 0,
  route: 1,
  prepare: 2,
  simple: 3,
  order: 4,
  critical: 5,
  all: 6,
  eccentricity: 7,
  closeness: 8,
  betweenness: 9,
  sampled: 10,
} as const;

/** C's word for no node. */
export const NONE = 0xffff_ffff;

/** An answer: its numbers, and copies of the arrays whose addresses they are. */
export interface Answer {
  numbers: number[];
  f64(number: number, length: number): Float64Array<ArrayBuffer>;
  u32(number: number, length: number): Uint32Array<ArrayBuffer>;
}

/** Begins a question. The options of C that are not given are 0. */
export function ask<Options, Result>(
  { runtime, operation, scratch }: Call<Options>,
  graph: Graph,
  what: (typeof question)[keyof typeof question],
  given: { options?: number[]; nodes?: { address: number; length: number } },
  read: (answer: Answer) => Result,
): Begun<WorkProgress, Result> {
  const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
  const raw = graph.companion(runtime, 'paths', () =>
    runtime.made(operation, runtime.raw.Paths.create(rawGraph)),
  );
  const options = scratch.f64(8);
  runtime.f64.fill(0, options / 8, options / 8 + 8);
  runtime.f64.set(given.options ?? [], options / 8);
  const { address = 0, length = 0 } = given.nodes ?? {};
  runtime.check(operation, raw.begin(what, options, address, length));
  const result = () => {
    try {
      const at = scratch.f64(16);
      runtime.check(operation, raw.read(at));
      const numbers = Array.from(runtime.copyF64(at, 16));
      return read({
        numbers,
        f64: (number, count) => runtime.copyF64(numbers[number] as number, count),
        u32: (number, count) => runtime.copyU32(numbers[number] as number, count),
      });
    } finally {
      if (runtime.alive) raw.clear();
    }
  };
  return { raw, holds: [graph], result };
}

/** Whether weights count, as C reads it. */
export function weightedOf(
  runtime: Runtime,
  operation: string,
  graph: Graph,
  weighted: boolean | undefined,
): number {
  rawOf(runtime, operation, 'graph', graph, Graph);
  return Number(check.boolean(operation, 'weighted', weighted ?? true));
}

/** Node numbers of a node or a list of them, in scratch memory. */
export function nodesIn<Options>(
  { runtime, operation, scratch }: Call<Options>,
  graph: Graph,
  argument: string,
  nodes: NodeRef | NodeList,
): { address: number; length: number } {
  rawOf(runtime, operation, 'graph', graph, Graph);
  const single =
    typeof nodes === 'number' || typeof nodes === 'string' || typeof nodes === 'bigint';
  const list = single
    ? [graph.numberOf(operation, argument, nodes)]
    : graph.numbersOf(operation, argument, nodes);
  return scratch.indices(argument, list);
}
