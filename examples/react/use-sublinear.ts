// React hooks: a collection that lives as long as a component does, and what it finds while somebody types.
//
//   const { collection, error } = useCollection(() => Collection.loadAsync(fetch('/hotels.slv')), []);
//   const found = useSearch(collection, words);
import { type DependencyList, useDeferredValue, useEffect, useMemo, useState } from 'react';
import type { Collection, HybridMatch, HybridQuery } from 'sublinear/hnsw';

export interface LoadedCollection {
  /** Undefined until it is there. */
  collection?: Collection;
  /** Why it is not there. */
  error?: unknown;
}

/** Makes a collection when the component comes or `dependencies` change, and frees its memory when it goes. */
export function useCollection(
  make: () => Promise<Collection>,
  dependencies: DependencyList,
): LoadedCollection {
  const [state, setState] = useState<LoadedCollection>({});
  useEffect(() => {
    let gone = false;
    let mine: Collection | undefined;
    setState({});
    make().then(
      (collection) => {
        // Nobody waits for it any more: StrictMode mounts twice, users leave.
        if (gone) return collection.dispose();
        mine = collection;
        setState({ collection });
      },
      (error: unknown) => {
        if (!gone) setState({ error });
      },
    );
    return () => {
      gone = true;
      mine?.dispose();
    };
    // What `make` depends on the caller says, as with useEffect.
  }, dependencies);
  return state;
}

/** What is found for the words; an input stays fluent, since React may search for older words while newer ones are typed. */
export function useSearch(
  collection: Collection | undefined,
  words: string,
  options?: Omit<HybridQuery, 'text'>,
): HybridMatch[] {
  const text = useDeferredValue(words);
  // Options are often written where the hook is called: what they say counts, not which object says it.
  const how = JSON.stringify(options ?? {});
  return useMemo(() => {
    if (collection === undefined || collection.disposed || text.trim() === '') return [];
    return collection.search({ ...(JSON.parse(how) as typeof options), text });
  }, [collection, text, how]);
}
