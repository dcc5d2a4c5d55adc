// Iterators that results carry out of sight of printing and comparing. They read what the result holds, so that a result
// which has been to another thread can be given its iterator again by name.

/** A node and its score. */
export interface NodeScore {
  node: number;
  score: number;
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
};

/** Which of the iterators a result has. */
export function iteratorName(result: object): string | undefined {
  const own = Object.getOwnPropertyDescriptor(result, Symbol.iterator)?.value;
  return Object.entries(iterators).find(([, iterator]) => iterator === own)?.[0];
}

/** Adds the iterator of this name. */
export function withIterator<T extends object>(result: T, name: string): T {
  const value = iterators[name as keyof typeof iterators];
  return Object.defineProperty(result, Symbol.iterator, { value });
}
