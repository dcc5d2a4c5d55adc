// Saving what has changed of a graph into a store, and opening it again.
import { isSublinearError, SublinearError } from '../../runtime/errors.js';
import { savePieces } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { runMadeAsync } from '../../runtime/making.js';
import * as check from '../../runtime/validate.js';
import type { Store } from '../../store/common.js';
import type { Raw } from './queries.js';
import type { GraphState } from './reading.js';
import { Link, listed, type Segment } from './stored.js';
import type { GraphOpenOptions, GraphSaved, GraphSaveOptions } from './types.js';
import { GraphSnapshot } from './views.js';

/** Times that a graph is looked for again when its files were replaced while they were read. */
const TRIES = 5;

/** A place of a graph, and what was saved there last. */
interface Place {
  link: Link;
  before?: GraphSnapshot;
}

const known = new WeakMap<GraphState, WeakMap<Store, Map<string, Place>>>();

function placesOf(graph: GraphState, store: Store): Map<string, Place> {
  const stores = known.get(graph) ?? new WeakMap<Store, Map<string, Place>>();
  known.set(graph, stores);
  const places = stores.get(store) ?? new Map<string, Place>();
  if (!stores.has(store)) {
    stores.set(store, places);
    // What was saved last is kept as a snapshot until the graph is disposed.
    const name = `saved ${crypto.randomUUID()}`;
    graph.companion(graph.runtime, name, () => ({
      delete() {
        for (const { before } of places.values()) before?.dispose();
      },
    }));
  }
  return places;
}

function checkPlace(operation: string, store: Store, key: string): void {
  if (typeof store?.put !== 'function' || typeof store?.list !== 'function')
    throw check.typeError(operation, 'store', 'Store', store);
  if (check.string(operation, 'key', key) === '')
    throw check.rangeError(operation, 'key', 'a name', key);
}

export async function saveIn(
  operation: string,
  graph: GraphState,
  store: Store,
  key: string,
  options: GraphSaveOptions | undefined,
): Promise<GraphSaved> {
  checkPlace(operation, store, key);
  const { signal } = check.options<GraphSaveOptions>(operation, options, ['signal']);
  signal?.throwIfAborted();
  const places = placesOf(graph, store);
  const place = places.get(key) ?? { link: new Link(store, key) };
  places.set(key, place);
  const snapshot = GraphSnapshot.of(operation, graph);
  graph.pin();
  let kept = false;
  try {
    return await place.link.inTurn(async () => {
      if (place.before?.version === snapshot.version) return { bytes: 0, whole: false };
      const turn = await place.link.prepare(operation);
      const raw = turn.since ? (place.before?.use(operation) ?? null) : null;
      const use = () => snapshot.use(operation);
      const { runtime } = graph;
      let bytes = 0;
      const pieces = function* () {
        const open = () => runtime.raw.PropertyGraph.saveSince(use(), raw);
        for (const piece of savePieces(runtime, operation, open, use)) {
          bytes += piece.length;
          yield piece;
        }
      };
      await store.put(turn.segment.key, pieces(), signal && { signal });
      await place.link.settle(operation, turn, bytes);
      place.before?.dispose();
      place.before = snapshot;
      kept = true;
      return { bytes, whole: !turn.since };
    });
  } finally {
    graph.unpin();
    if (!kept) snapshot.dispose();
  }
}

const isDamage = (error: unknown) =>
  isSublinearError(error) && ['TRUNCATED', 'CHECKSUM', 'FORMAT'].includes(error.code);

/** A file was replaced between the list and its reading. */
const isChange = (error: unknown) => isSublinearError(error) && error.code === 'CHANGED';

interface Opening<G extends GraphState> {
  operation: string;
  create: () => G;
  store: Store;
  options: GraphOpenOptions;
}

/** The graph that these files make. `at`: where it failed. */
async function loaded<G extends GraphState>(
  { operation, create, store, options: { signal } }: Opening<G>,
  chain: readonly Segment[],
  at: { number: number },
): Promise<G> {
  const graph = create();
  return runMadeAsync(graph, async () => {
    for (const { key } of chain) {
      signal?.throwIfAborted();
      const stream = await store.get(key);
      if (stream === undefined)
        throw new SublinearError('CHANGED', operation, `${key} was deleted while it was opened`);
      const raw = graph.use(operation) as Raw;
      await loadFileAsync(
        graph.runtime,
        operation,
        stream,
        {
          kind: 'PRSG',
          build: (reader) => (raw.apply(reader) === 0 ? raw : null),
          wrap: () => undefined,
        },
        signal ? { signal } : {},
      );
      at.number++;
    }
    return graph;
  });
}

/** The newest graph that is whole. */
async function newest<G extends GraphState>(opening: Opening<G>, key: string) {
  const { chains } = await listed(opening.operation, opening.store, key);
  const last = chains[0]?.at(-1);
  const { onDamaged } = opening.options;
  for (const [i, chain] of chains.entries()) {
    const at = { number: 0 };
    try {
      return { graph: await loaded(opening, chain, at), last, chain: i === 0 ? chain : [] };
    } catch (error) {
      // The last file of all may have been cut off; where others follow, what they build on is lost.
      const isLast = at.number === chain.length - 1 && (at.number > 0 || i + 1 < chains.length);
      if (!isDamage(error) || !isLast) throw error;
      onDamaged?.((chain[at.number] as Segment).key, error);
      if (at.number === 0) continue;
      const rest = chain.slice(0, -1);
      const graph = await loaded(opening, rest, { number: 0 });
      return { graph, last, chain: i === 0 ? rest : [] };
    }
  }
  return { graph: opening.create(), last, chain: [] };
}

export async function openIn<G extends GraphState>(
  operation: string,
  create: () => G,
  store: Store,
  key: string,
  given: GraphOpenOptions | undefined,
): Promise<G> {
  checkPlace(operation, store, key);
  const options = check.options<GraphOpenOptions>(operation, given, ['signal', 'onDamaged']);
  const opening = { operation, create, store, options };
  for (let tries = 1; ; tries++) {
    try {
      const { graph, last, chain } = await newest(opening, key);
      const place: Place = { link: new Link(store, key, { chain, last }) };
      if (chain.length > 0) place.before = GraphSnapshot.of(operation, graph);
      placesOf(graph, store).set(key, place);
      return graph;
    } catch (error) {
      if (!isChange(error) || tries === TRIES) throw error;
    }
  }
}
