// How every question of the room is put to the C core: sixteen numbers and labels go in, eight numbers come out
// (csrc/communities/communities.h).

import type { OutcomeName } from '../../generated/codes.js';
import { rawOf } from '../../runtime/object.js';
import type { IndexArray } from '../../runtime/scratch.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';

/** Option of everything that reads edges. */
export interface EdgeOptions {
  /** `false`: every edge has weight 1. By default edges have their weights, where the graph has some. */
  weighted?: boolean;
}

/** What all results have. */
export interface Work {
  /** Edges followed, and nodes looked at. */
  work: { edgeOperations: number };
}

/** Numbers of sl_communities_question. */
export const question = {
  leiden: 0,
  louvain: 1,
  propagation: 2,
  quality: 3,
  embedding: 4,
} as const;

/** An answer: its numbers, and copies of the arrays whose addresses they are. */
export interface Answer {
  numbers: number[];
  outcome: OutcomeName;
  work: { edgeOperations: number };
  labels: () => Uint32Array<ArrayBuffer>;
  u32: (address: number, length: number) => Uint32Array<ArrayBuffer>;
  f32: (address: number, length: number) => Float32Array<ArrayBuffer>;
}

/** Begins a question. The options of C that are not given are 0. */
export function ask<Options, Result>(
  { runtime, operation, scratch }: Call<Options>,
  graph: Graph,
  what: (typeof question)[keyof typeof question],
  options: number[],
  labels: { address: number; length: number } | undefined,
  read: (answer: Answer) => Result,
): Begun<WorkProgress, Result> {
  const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
  const raw = graph.companion(runtime, 'communities', () =>
    runtime.made(operation, runtime.raw.Communities.create(rawGraph)),
  );
  const { nodeCount } = graph;
  const given = scratch.f64(16);
  runtime.f64.fill(0, given / 8, given / 8 + 16);
  runtime.f64.set(options, given / 8);
  const { address = 0, length = 0 } = labels ?? {};
  runtime.check(operation, raw.begin(what, given, address, length));
  const result = () => {
    try {
      const at = scratch.f64(8);
      runtime.check(operation, raw.read(at));
      const numbers = Array.from(runtime.copyF64(at, 8));
      return read({
        numbers,
        outcome: runtime.outcome(numbers[0] as number),
        work: { edgeOperations: numbers[1] as number },
        labels: () => runtime.copyU32(numbers[4] as number, nodeCount),
        u32: (start, count) => runtime.copyU32(start, count),
        f32: (start, count) => runtime.copyF32(start, count),
      });
    } finally {
      if (runtime.alive) raw.clear();
    }
  };
  return { raw, holds: [graph], result };
}

/** Whether weights count, as C reads it. */
export function weightedOf<Options>(
  { runtime, operation }: Call<Options>,
  graph: Graph,
  weighted: boolean | undefined,
): number {
  rawOf(runtime, operation, 'graph', graph, Graph);
  return Number(check.boolean(operation, 'weighted', weighted ?? true));
}

/** One label a node, in scratch memory. */
export function labelsIn<Options>(
  { runtime, operation, scratch }: Call<Options>,
  graph: Graph,
  argument: string,
  labels: IndexArray,
): { address: number; length: number } {
  rawOf(runtime, operation, 'graph', graph, Graph);
  const given = scratch.indices(argument, labels);
  if (given.length !== graph.nodeCount)
    throw check.shapeError(operation, argument, graph.nodeCount, given.length);
  return given;
}
