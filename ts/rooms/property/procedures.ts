// Procedures over what other modules compute. The modules are the caller's: nothing of them is imported here but types.
import * as check from '../../runtime/validate.js';
import type { CommunitiesRoom } from '../communities/communities.js';
import type { DiffusionRoom } from '../diffusion/diffusion.js';
import type { Graph } from '../graph/class.js';
import type { Filter } from '../hnsw/filter.js';
import type { HnswRoom } from '../hnsw/hnsw.js';
import type { PathsRoom } from '../paths/paths.js';
import { type Access, bytesOfRows, type Host, type Rows } from './host.js';
import { type Files, ofFiles } from './load-text.js';
import {
  type Arrays,
  idsIn,
  type Part,
  type Projection,
  type Projections,
  partKeys,
  shortestOnly,
} from './projection.js';
import type { GraphValue, Parameter } from './types.js';

/** An index of vectors whose ids are those of nodes: `Hnsw`, `Flat`. */
export interface NodeIndex {
  search: (
    query: Float32Array,
    options: { k: number; filter?: Filter },
  ) => { readonly ids: Uint32Array; readonly distances: Float32Array };
}

/** What makes a vector of a text: the embedders of `sublinear/inference`, or a function of the same form. */
export interface TextVectors {
  embed: (
    text: string,
  ) => Float32Array | readonly number[] | Promise<Float32Array | readonly number[]>;
}

/** What {@link PropertyGraph.useProcedures} takes. Each part is optional: procedures are there for those that are given. */
export interface Modules {
  /** For `sublinear.pagerank` and `sublinear.personalized`: what `engine.use('diffusion')` gives. */
  diffusion?: Pick<
    DiffusionRoom,
    'Graph' | 'pageRank' | 'pageRankAsync' | 'personalizedPageRank' | 'personalizedPageRankAsync'
  >;
  /** For `sublinear.communities`. */
  communities?: Pick<CommunitiesRoom, 'Graph' | 'leiden' | 'leidenAsync'>;
  /** For `sublinear.shortestPath`. */
  paths?: Pick<PathsRoom, 'Graph' | 'shortestPath' | 'shortestPathAsync'>;
  /** For `sublinear.vectorSearch`: indexes by name. They stay the caller's. */
  indexes?: Readonly<Record<string, NodeIndex>>;
  /** For `sublinear.vectorSearchAmong`, with `indexes`: what `engine.use('hnsw')` gives. */
  hnsw?: Pick<HnswRoom, 'Filter'>;
  /** For `sublinear.embed`. */
  embedder?: TextVectors;
  /** For `sublinear.loadCsv` and `sublinear.loadJson`: gives text or bytes for a name. */
  files?: Files;
}

const keys = ['diffusion', 'communities', 'paths', 'indexes', 'hnsw', 'embedder', 'files'] as const;

type Settings = Part & Record<string, Parameter>;

/** The map that a procedure takes: options by name. */
function settingsOf<K extends string>(
  { operation }: Access,
  value: GraphValue | undefined,
  more: readonly K[],
): Part & Partial<Record<K, GraphValue>> {
  const given = (value ?? {}) as Settings;
  const read = check.options<Settings>(operation, given, [...partKeys, ...more]);
  for (const key of ['label', 'type', 'weight'] as const)
    if (read[key] !== undefined) check.string(operation, key, read[key]);
  if (read.directed !== undefined) check.boolean(operation, 'directed', read.directed);
  return read as never;
}

const present = (options: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

type GraphClass = Pick<typeof Graph, 'fromEdges'>;

/** Parallel relationships add up. */
const summed =
  (Class: GraphClass, { weight, directed = true }: Part) =>
  (arrays: Arrays): [Arrays, Graph] => {
    const { from, to, weights, nodes } = arrays;
    const nodeCount = nodes.length;
    const edges = { from, to, nodeCount, directed };
    return [arrays, Class.fromEdges(weight === undefined ? edges : { ...edges, weights })];
  };

/** Rows that were computed before from the same graph. */
function remembered(
  access: Access,
  { results }: Projection,
  name: string,
  compute: () => Rows | Promise<Rows>,
): Rows | Promise<Rows> {
  const found = results.get(name);
  if (found !== undefined) return found;
  const keep = (rows: Rows) => {
    const bytes = bytesOfRows(access.operation, 'rows', rows);
    results.set(name, bytes);
    return bytes;
  };
  const rows = compute();
  return 'then' in rows ? rows.then(keep) : keep(rows);
}

/** What comes of a value that may be a promise. */
const after = <T, R>(value: T | Promise<T>, then: (value: T) => R): R | Promise<R> =>
  value instanceof Promise ? value.then(then) : then(value);

const signalled = ({ signal }: Access) => (signal === undefined ? {} : { signal });

interface Scored {
  readonly nodes?: Uint32Array;
  readonly scores: ArrayLike<number>;
  readonly errorBound: number;
}

/** Rows of node, score and bound; those of `of` alone where there are such. */
function* scoredRows(
  { arrays }: Projection,
  { nodes, scores, errorBound }: Scored,
  of: readonly number[] | undefined,
): Generator<Parameter[]> {
  const wanted = of && new Set(of);
  for (let i = 0; i < scores.length; i++) {
    const id = arrays.nodes[nodes === undefined ? i : (nodes[i] as number)] as number;
    if (wanted === undefined || wanted.has(id)) yield [id, scores[i], errorBound];
  }
}

const SCORES = '(node :: NODE, score :: FLOAT, errorBound :: FLOAT)';

function ofDiffusion(
  room: NonNullable<Modules['diffusion']>,
  kept: Projections,
): Iterable<[string, Host]> {
  const more = ['damping', 'tolerance', 'topK', 'of'] as const;
  const pagerank: Host = (access, [given]) => {
    const { damping, tolerance, topK, of, ...part } = settingsOf(access, given, more);
    const ids = of === undefined ? undefined : idsIn(access.operation, 'of', of);
    const projection = kept.of(access, 'summed', part, summed(room.Graph, part));
    if (projection === undefined) return [];
    const options = present({ damping, tolerance, topK }) as { topK?: number };
    const name = JSON.stringify(['pagerank', options, ids]);
    return remembered(access, projection, name, () => {
      const { graph } = projection;
      const scores: Scored | Promise<Scored> = access.later
        ? room.pageRankAsync(graph, { ...options, ...signalled(access) })
        : room.pageRank(graph, options);
      return after(scores, (found) => [...scoredRows(projection, found, ids)]);
    });
  };
  const personalized: Host = (access, [source, given]) => {
    const { damping, tolerance, topK, of, ...part } = settingsOf(access, given, more);
    const ids = of === undefined ? undefined : idsIn(access.operation, 'of', of);
    const projection = kept.of(access, 'summed', part, summed(room.Graph, part));
    if (projection === undefined) return [];
    const { places } = projection.arrays;
    const nodes = idsIn(access.operation, 'source', source)
      .map((id) => places[id] ?? -1)
      .filter((place) => place >= 0);
    // Nodes that are not in this part of the graph reach nothing of it.
    if (nodes.length === 0) return [];
    const options = { source: { nodes }, ...present({ damping, tolerance, topK }) };
    const scores: Scored | Promise<Scored> = access.later
      ? room.personalizedPageRankAsync(projection.graph, { ...options, ...signalled(access) })
      : room.personalizedPageRank(projection.graph, options);
    return after(scores, (found) => [...scoredRows(projection, found, ids)]);
  };
  return [
    [`sublinear.pagerank(options :: MAP) :: ${SCORES}`, pagerank],
    [`sublinear.personalized(source :: ANY, options :: MAP) :: ${SCORES}`, personalized],
  ];
}

function ofCommunities(
  room: NonNullable<Modules['communities']>,
  kept: Projections,
): Iterable<[string, Host]> {
  const communities: Host = (access, [given]) => {
    const { resolution, seed, ...settings } = settingsOf(access, given, ['resolution', 'seed']);
    const part = { directed: false, ...settings };
    const projection = kept.of(access, 'summed', part, summed(room.Graph, part));
    if (projection === undefined) return [];
    const { nodes } = projection.arrays;
    const options = present({ resolution, seed }) as { seed?: number };
    const name = JSON.stringify(['communities', options]);
    return remembered(access, projection, name, () =>
      after(
        access.later
          ? room.leidenAsync(projection.graph, { ...options, ...signalled(access) })
          : room.leiden(projection.graph, options),
        ({ labels, quality }) =>
          Array.from(labels, (label, i): Parameter[] => [nodes[i], label, quality]),
      ),
    );
  };
  const outputs = '(node :: NODE, community :: INTEGER, modularity :: FLOAT)';
  return [[`sublinear.communities(options :: MAP) :: ${outputs}`, communities]];
}

function ofPaths(room: NonNullable<Modules['paths']>, kept: Projections): Iterable<[string, Host]> {
  const shortest: Host = (access, [source, target, given]) => {
    const { directed = true, ...rest } = settingsOf(access, given, []);
    const part = { ...rest, directed };
    const projection = kept.of(access, 'shortest', part, (all) => {
      const arrays = shortestOnly(all, directed);
      return [arrays, summed(room.Graph, part)(arrays)[1]];
    });
    if (projection === undefined) return [];
    const { arrays, graph } = projection;
    const [a, b] = [source, target].map((value, i) => {
      const [id, ...more] = idsIn(access.operation, i === 0 ? 'from' : 'to', value);
      if (id === undefined || more.length > 0)
        throw check.typeError(access.operation, i === 0 ? 'from' : 'to', 'one node', value);
      return arrays.places[id] ?? -1;
    }) as [number, number];
    if (a < 0 || b < 0) return [];
    const options = { source: a, target: b };
    return after(
      access.later
        ? room.shortestPathAsync(graph, { ...options, ...signalled(access) })
        : room.shortestPath(graph, options),
      ({ nodes, length }) =>
        nodes.length === 0 ? [] : [[pathOf(arrays, nodes, directed), length]],
    );
  };
  const given = '(from :: ANY, to :: ANY, options :: MAP)';
  return [[`sublinear.shortestPath${given} :: (path :: PATH, length :: FLOAT)`, shortest]];
}

/** The id of the first node, then those of the relationships between the nodes that follow each other. */
function pathOf({ ids, from, to, nodes }: Arrays, path: Uint32Array, directed: boolean): number[] {
  const found = [nodes[path[0] as number] as number];
  const steps = new Map<number, number>();
  for (let i = 1; i < path.length; i++)
    steps.set((path[i - 1] as number) * nodes.length + (path[i] as number), i);
  for (let i = 0; i < ids.length; i++) {
    const [a, b] = [from[i] as number, to[i] as number];
    const step =
      steps.get(a * nodes.length + b) ?? (directed ? undefined : steps.get(b * nodes.length + a));
    if (step !== undefined) found[step] = ids[i] as number;
  }
  return found;
}

function vectorIn(operation: string, value: GraphValue | undefined): Float32Array {
  if (!Array.isArray(value) || !value.every((x) => typeof x === 'number'))
    throw check.typeError(operation, 'query', 'a list of numbers', value);
  return Float32Array.from(value);
}

function ofIndexes(
  indexes: NonNullable<Modules['indexes']>,
  hnsw: Modules['hnsw'],
): [string, Host][] {
  const search = (
    { operation }: Access,
    [index, query, k]: GraphValue[],
    filter?: Filter,
  ): Rows => {
    const name = check.string(operation, 'index', index);
    const found = Object.hasOwn(indexes, name) ? indexes[name] : undefined;
    if (found === undefined)
      throw check.rangeError(operation, 'index', `one of ${Object.keys(indexes).join(', ')}`, name);
    const most = check.integer(operation, 'k', k as number, 0, 2 ** 30);
    if (most === 0) return [];
    const options = filter === undefined ? { k: most } : { k: most, filter };
    const { ids, distances } = found.search(vectorIn(operation, query), options);
    return Array.from(ids, (id, i): Parameter[] => [id, distances[i]]);
  };
  const given = 'index :: STRING, query :: ANY, k :: INTEGER';
  const outputs = '(node :: NODE, distance :: FLOAT)';
  const procedures: [string, Host][] = [
    [`sublinear.vectorSearch(${given}) :: ${outputs}`, (access, all) => search(access, all)],
  ];
  if (hnsw !== undefined)
    procedures.push([
      `sublinear.vectorSearchAmong(${given}, nodes :: LIST) :: ${outputs}`,
      (access, all) => {
        const ids = idsIn(access.operation, 'nodes', all[3]);
        if (ids.length === 0) return [];
        const filter = hnsw.Filter.from(ids);
        try {
          return search(access, all, filter);
        } finally {
          filter.dispose();
        }
      },
    ]);
  return procedures;
}

function ofEmbedder(embedder: TextVectors): [string, Host] {
  return [
    'sublinear.embed(text :: STRING) :: (vector :: LIST)',
    (access, [text]) =>
      after(embedder.embed(check.string(access.operation, 'text', text)), (vector) => [
        [Array.from(vector)],
      ]),
  ];
}

/** Signatures and functions of what the modules allow. `kept` is to be cleared with the graph. */
export function proceduresOf(
  operation: string,
  modules: Modules,
  kept: Projections,
): [string, Host][] {
  const given = check.options<Modules>(operation, modules, keys);
  for (const key of keys)
    if (given[key] !== undefined) {
      const expected = key === 'files' ? 'function' : 'object';
      if (typeof given[key] !== expected || given[key] === null)
        throw check.typeError(operation, key, expected, given[key]);
    }
  const { diffusion, communities, paths, indexes, hnsw, embedder, files } = given;
  return [
    ...(diffusion === undefined ? [] : ofDiffusion(diffusion, kept)),
    ...(communities === undefined ? [] : ofCommunities(communities, kept)),
    ...(paths === undefined ? [] : ofPaths(paths, kept)),
    ...(indexes === undefined ? [] : ofIndexes(indexes, hnsw)),
    ...(embedder === undefined ? [] : [ofEmbedder(embedder)]),
    ...(files === undefined ? [] : ofFiles(files)),
  ];
}
