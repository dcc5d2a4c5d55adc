// How every question of the room is put to the C core (csrc/cuts/cuts.h).

import { rawOf } from '../../runtime/object.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import { Graph } from '../graph/class.js';
import { type Answer, askIn, type Given } from '../graph/questions.js';

export type { Timeless, Work } from '../graph/questions.js';

/** Numbers of sl_cuts_question. */
export const question = {
  components: 0,
  strong: 1,
  blocks: 2,
  bipartite: 3,
  cores: 4,
  triangles: 5,
  colouring: 6,
  spanning: 7,
  flow: 8,
  minimum: 9,
  tree: 10,
  matching: 11,
  cover: 12,
  weighted: 13,
} as const;

/** Edges with their weights, each by its ends. */
export interface WeightedEdges {
  from: Uint32Array<ArrayBuffer>;
  to: Uint32Array<ArrayBuffer>;
  weights: Float64Array<ArrayBuffer>;
}

/** A cut: two sides, and what leads from one to the other. */
export interface Cut {
  /** Nodes on the one side, ascending; all others are on the other. */
  side: Uint32Array<ArrayBuffer>;
  /** The edges between the sides: `from` on this side, `to` on the other. */
  cut: WeightedEdges;
}

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
  const raw = graph.companion(runtime, 'cuts', () =>
    runtime.made(operation, runtime.raw.Cuts.create(rawGraph)),
  );
  return askIn(call, graph, raw, what, given, read);
}

/** The nodes whose number is 1. */
export function sideOf(marks: Uint32Array): Uint32Array<ArrayBuffer> {
  const side: number[] = [];
  for (const [node, mark] of marks.entries()) if (mark === 1) side.push(node);
  return Uint32Array.from(side);
}

/** Edges whose number, ends and weights begin at this place of an answer. */
export function edgesIn({ numbers, u32, f64 }: Answer, at: number): WeightedEdges {
  const count = numbers[at] as number;
  return { from: u32(at + 1, count), to: u32(at + 2, count), weights: f64(at + 3, count) };
}
