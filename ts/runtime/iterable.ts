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

/** What a result is iterated by: one of the functions below. */
export type ResultIterator = (this: never) => Iterator<unknown>;

export function* nodeScores(this: Scores): Generator<NodeScore, void, undefined> {
  const { nodes, scores } = this;
  for (let i = 0; i < scores.length; i++)
    yield { node: nodes ? (nodes[i] as number) : i, score: scores[i] as number };
}

export function* potentials(this: {
  readonly potentials: Float64Array;
}): Generator<NodeScore, void, undefined> {
  for (const [node, score] of this.potentials.entries()) yield { node, score };
}

export function* edges(this: Edges): Generator<EdgeResistance, void, undefined> {
  for (const [i, resistance] of this.resistances.entries())
    yield { from: this.from[i] as number, to: this.to[i] as number, resistance };
}

/** The rows of {@link Rankings}. */
export function* rankings(this: Rankings): Generator<object, void, undefined> {
  for (let row = 0; row + 1 < this.offsets.length; row++) yield rankingOf(this, row);
}

/** Rows of several rankings, as columns: what `personalizedPageRankBatch` gives. */
interface Rankings {
  readonly offsets: Uint32Array;
  readonly nodes: Uint32Array;
  readonly scores: Float64Array | Float32Array;
  readonly errorBounds: Float64Array;
  readonly outcomes: readonly string[];
  readonly methods: readonly string[];
  readonly iterations: Uint32Array;
  readonly touchedNodes: Uint32Array;
  readonly edgeOperations: Float64Array;
  readonly provedPlaces: Uint32Array;
}

/** One row as `personalizedPageRank` gives it, with arrays of its own. */
function rankingOf(table: Rankings, row: number): object {
  const [start, end] = [table.offsets[row] as number, table.offsets[row + 1] as number];
  const ranking = {
    nodes: table.nodes.slice(start, end),
    scores: table.scores.slice(start, end),
    provedPlaces: table.provedPlaces[row] as number,
    outcome: table.outcomes[row] as string,
    errorBound: table.errorBounds[row] as number,
    errorBoundNorm: 1,
    method: table.methods[row] as string,
    iterations: table.iterations[row] as number,
    work: {
      touchedNodes: table.touchedNodes[row] as number,
      edgeOperations: table.edgeOperations[row] as number,
    },
  };
  return withIterator(ranking, nodeScores);
}

/** Iterators that say more than the one they stand for. */
const standIns = new WeakMap<object, ResultIterator>();

/** What a result is iterated by, also where another function stands for it. */
export function iteratorOf(result: object): unknown {
  const own = Object.getOwnPropertyDescriptor(result, Symbol.iterator)?.value;
  return standIns.get(own) ?? own;
}

/** Adds an iterator. */
export function withIterator<T extends object>(result: T, value: ResultIterator): T {
  return Object.defineProperty(result, Symbol.iterator, { value });
}

/** Adds an iterator of this thread; elsewhere the one that it stands for takes its place. */
export function withOwnIterator<T extends object>(
  result: T,
  value: () => Iterator<unknown>,
  standsFor: ResultIterator,
): T {
  standIns.set(value, standsFor);
  return withIterator(result, value);
}

/** Adds `rows`: what the iterator gives, made when it is first asked for; it is no field, so that it does not travel. */
export function withRows<T extends object>(result: T): T {
  const iterate = (result as Iterable<unknown>)[Symbol.iterator];
  let made: unknown[] | undefined;
  const get = () => {
    made ??= [...{ [Symbol.iterator]: () => iterate.call(result) }];
    return made;
  };
  return Object.defineProperty(result, 'rows', { get, configurable: true });
}
