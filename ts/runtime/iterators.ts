// The iterators of results by name, for those that go to another thread. All of them: who makes results names the one it needs.
import {
  edges,
  iteratorOf,
  nodeScores,
  potentials,
  type ResultIterator,
  rankings,
  withIterator,
  withRows,
} from './iterable.js';

const iterators: Readonly<Record<string, ResultIterator>> = {
  nodeScores,
  potentials,
  rankings,
  edges,
};

/** Which of the iterators a result has. */
export function iteratorName(result: object): string | undefined {
  const own = iteratorOf(result);
  return Object.entries(iterators).find(([, iterator]) => iterator === own)?.[0];
}

/** Adds the iterator of this name. */
export function withNamedIterator<T extends object>(result: T, name: string): T {
  const found = withIterator(result, iterators[name] as ResultIterator);
  return name === 'rankings' ? withRows(found) : found;
}
