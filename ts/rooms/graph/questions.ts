// How questions about a graph are put to the C core: eight numbers and a list of nodes go in, sixteen numbers come out
// (csrc/paths/paths.h, csrc/cuts/cuts.h).

import type { Job as RawJob } from '../../generated/raw/network.js';
import { rawOf } from '../../runtime/object.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import { Graph } from './graph.js';
import type { NodeList, NodeRef } from './types.js';

/** Options of calls that have no time limit: their results are whole or nothing. */
export type Timeless<T> = T & { maxTimeMs?: never };

/** What all results have. */
export interface Work {
  /** Edges followed, and nodes looked at. */
  work: { edgeOperations: number };
}

/** C's word for no node. */
export const NONE = 0xffff_ffff;

/** An answer: its numbers, and copies of the arrays whose addresses they are. */
export interface Answer {
  numbers: number[];
  f64(number: number, length: number): Float64Array<ArrayBuffer>;
  u32(number: number, length: number): Uint32Array<ArrayBuffer>;
}

/** The C object that is asked. */
export interface Asked {
  job(): RawJob | null;
  begin(question: number, options: number, nodes: number, count: number): number;
  read(numbers: number): number;
  clear(): void;
}

/** What C is given: the options that are not are 0. */
export interface Given {
  options?: number[];
  nodes?: { address: number; length: number };
}

/** Begins a question. */
export function askIn<Options, Result>(
  { runtime, operation, scratch }: Call<Options>,
  graph: Graph,
  raw: Asked,
  what: number,
  given: Given,
  read: (answer: Answer) => Result,
): Begun<WorkProgress, Result> {
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

/** Numbers of a source and a target, in scratch memory. */
export function endsIn<Options extends { source: NodeRef; target: NodeRef }>(
  { runtime, operation, options, scratch }: Call<Options>,
  graph: Graph,
): { address: number; length: number } {
  rawOf(runtime, operation, 'graph', graph, Graph);
  // By name where one of them is wrong.
  const [source, target] = (['source', 'target'] as const).map((name) =>
    graph.numberOf(operation, name, options[name]),
  ) as [number, number];
  return scratch.indices('nodes', Uint32Array.of(source, target));
}
