// Iterators that results carry out of sight of printing and comparing. They read what the result holds, so that a result
// which has been to another thread can be given its iterator again by name.

import type { NodeLabel } from './labels.js';

/** A node and its score. */
export interface NodeScore {
  node: number;
  score: number;
  /** What the graph calls the node, when it has labels; they do not go to another thread. */
  label?: NodeLabel;
}

/** One edge and its resistance. */
export interface EdgeResistance {
  from: number;
  to: number;
  resistance: number;
  /** What the graph calls the ends, when it has labels; they do not go to another thread. */
  fromLabel?: NodeLabel;
  toLabel?: NodeLabel;
}

interface Edges {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly resistances: Float64Array;
}

interface Scores {
  readonly nodes?: Uint32Array;
  readonly scores: Float64Array | Float32Array;
}

const iterators = {
  nodeScores: function* (this: Scores): Generator<NodeScore, void, undefined> {
    const { nodes, scores } = this;
    for (let i = 0; i < scores.length; i++)
      yield { node: nodes ? (nodes[i] as number) : i, score: scores[i] as number };
  },
  potentials: function* (this: { readonly potentials: Float64Array }): Generator<
    NodeScore,
    void,
    undefined
  > {
    for (const [node, score] of this.potentials.entries()) yield { node, score };
  },
  rows: function* (this: { readonly rows: readonly unknown[] }) {
    yield* this.rows;
  },
  edges: function* (this: Edges): Generator<EdgeResistance, void, undefined> {
    for (const [i, resistance] of this.resistances.entries())
      yield { from: this.from[i] as number, to: this.to[i] as number, resistance };
  },
};

/** Iterators that say more than the named one they stand for. */
const standIns = new WeakMap<object, string>();

/** Which of the iterators a result has. */
export function iteratorName(result: object): string | undefined {
  const own = Object.getOwnPropertyDescriptor(result, Symbol.iterator)?.value;
  if (standIns.has(own)) return standIns.get(own);
  return Object.entries(iterators).find(([, iterator]) => iterator === own)?.[0];
}

/** Adds the iterator of this name. */
export function withIterator<T extends object>(result: T, name: string): T {
  const value = iterators[name as keyof typeof iterators];
  return Object.defineProperty(result, Symbol.iterator, { value });
}

/** Adds an iterator of this thread; elsewhere the one of this name takes its place. */
export function withOwnIterator<T extends object>(
  result: T,
  value: () => Iterator<unknown>,
  name?: string,
): T {
  if (name !== undefined) standIns.set(value, name);
  return Object.defineProperty(result, Symbol.iterator, { value });
}
