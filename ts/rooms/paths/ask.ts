// How every question of the room is put to the C core (csrc/paths/paths.h).

import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { type Answer, askIn, type Given } from '../graph/questions.js';

export { NONE, nodesIn, type Timeless, type Work } from '../graph/questions.js';

/** Option of everything that measures lengths. */
export interface LengthOptions {
  /** `false`: every edge has length 1. By default edges have their weights as lengths, where the graph has some. */
  weighted?: boolean;
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
  reduction: 11,
} as const;

/** Begins a question. */
export function ask<Options, Result>(
  call: Call<Options>,
  graph: Graph,
  what: (typeof question)[keyof typeof question],
  given: Given,
  read: (answer: Answer) => Result,
): Begun<WorkProgress, Result> {
  const { runtime, operation } = call;
  const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
  const raw = graph.companion(runtime, 'paths', () =>
    runtime.made(operation, runtime.raw.Paths.create(rawGraph)),
  );
  return askIn(call, graph, raw, what, given, read);
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
