// A graph in a file on a server, of which a question reads what it needs.
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import type { NodeLabel } from '../../runtime/labels.js';
import { ambient } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { type OpenedGraph, openGraph } from './graph-head.js';
import { rankFrom } from './graph-rank.js';
import type {
  RemoteHops,
  RemoteHopsOptions,
  RemoteNeighbors,
  RemotePath,
  RemotePathOptions,
  RemoteRankOptions,
  RemoteRanks,
  RemoteReadOptions,
} from './graph-types.js';
import { GraphQuestion } from './graph-walk.js';
import type { Held } from './held.js';
import { openRemote, RemoteFile } from './remote-file.js';
import { type RemoteOptions, type RemoteSource, remoteKeys } from './source.js';
import type { Traffic } from './traffic.js';

/** Steps after which a search for a path ends. */
const HOPS_MOST = 1e6;

/**
 * A graph in a file on any host of static files: neighbours, walks of some steps, shortest paths and personalised PageRank
 * read the rows that they need. Files are written by {@link FormatRoom.writeRemoteGraph}. Nodes are called what the graph called
 * them: names, or numbers where it had none. Everything that arrives is compared with the hashes in the file's head.
 */
export class RemoteGraph extends RemoteFile {
  readonly #held: Held<OpenedGraph>;

  /** @internal Made by {@link RemoteGraph.open}. */
  protected constructor(held: Held<OpenedGraph>, opening: Traffic) {
    super(held, opening);
    this.#held = held;
  }

  /** @internal */
  protected override facts(): object {
    const { nodeCount: nodes, edgeCount: edges } = this;
    return { nodes, edges };
  }

  /**
   * Opens a file, in one request or two: its head is read, which says where the rows of which nodes are.
   *
   * @throws SublinearError `NETWORK` (the message says what the server did and what to change), `FORMAT`, `CHECKSUM`,
   * `TRUNCATED`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { RemoteGraph, writeRemoteGraph } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: ['a', 'b', 'c'], to: ['b', 'c', 'd'], directed: false });
   * const file = writeRemoteGraph(graph);
   * using remote = await RemoteGraph.open(new Blob([file])); // or its address: 'https://example.org/words.slgr'
   * console.log(remote.nodeCount, (await remote.neighbors('b')).nodes.sort()); // 4 [ 'a', 'c' ]
   * ```
   */
  static async open(source: RemoteSource, options?: RemoteOptions): Promise<RemoteGraph> {
    const operation = 'RemoteGraph.open';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, remoteKeys);
    const held = await openRemote(runtime, operation, source, given, openGraph);
    const Bound = runtime.bind(RemoteGraph) as unknown as new (...parts: unknown[]) => RemoteGraph;
    return new Bound(...held);
  }

  /** How many nodes. */
  get nodeCount(): number {
    return this.#held.use('RemoteGraph.nodeCount').facts.nodes;
  }
  /** How many edges; undirected ones and loops are counted once. */
  get edgeCount(): number {
    return this.#held.use('RemoteGraph.edgeCount').facts.edges;
  }
  /** Whether edges lead one way only. */
  get directed(): boolean {
    return this.#held.use('RemoteGraph.directed').facts.directed;
  }
  /** Whether edges have weights. */
  get weighted(): boolean {
    return this.#held.use('RemoteGraph.weighted').facts.weighted;
  }
  /** Bytes of the file that are kept in memory, its head not counted. */
  get cachedBytes(): number {
    return this.#held.use('RemoteGraph.cachedBytes').cache.bytes;
  }

  /**
   * Is there a node of that name, as the file's table of names says? Two requests the first time, then one or none.
   *
   * @throws as {@link RemoteGraph.neighbors}, without `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { RemoteGraph, writeRemoteGraph } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: ['Ada'], to: ['Bob'] });
   * using remote = await RemoteGraph.open(writeRemoteGraph(graph));
   * console.log(await remote.has('Ada'), await remote.has('Cay')); // true false
   * ```
   */
  async has(node: NodeLabel, options?: Pick<RemoteReadOptions, 'signal'>): Promise<boolean> {
    const operation = 'RemoteGraph.has';
    const given = check.options(operation, options, ['signal']);
    const { answer } = await this.#ask(operation, given, async (question) => {
      const [place] = await question.lookup.find('node', [node]);
      return place !== undefined;
    });
    return answer;
  }

  /**
   * The nodes that edges from `node` lead to, and the weights of these edges, in the order of the file. Three rounds or fewer: the
   * node, its row, the names of its neighbours, which lie near it as a rule.
   *
   * @throws RangeError `INDEX` (no such node); SublinearError as {@link RemoteGraph.open}, and `CHANGED`, `DISPOSED`
   * @throws the `signal`'s reason after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { RemoteGraph, writeRemoteGraph } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: [0, 2], to: [1, 1], weights: [3, 4], directed: false });
   * using remote = await RemoteGraph.open(writeRemoteGraph(graph));
   * const { nodes, weights, complete } = await remote.neighbors(0);
   * console.log(nodes, weights, complete); // [ 1 ] Float64Array(1) [ 3 ] true
   * ```
   */
  async neighbors(node: NodeLabel, options?: RemoteReadOptions): Promise<RemoteNeighbors> {
    const operation = 'RemoteGraph.neighbors';
    const given = check.options(operation, options, ['maxBytes', 'signal']);
    const { answer, traffic } = await this.#ask(operation, given, async (question) => {
      const [place] = await this.#places(operation, question, 'node', [node]);
      await question.readBlocks([place as number]);
      if (question.label(place as number) === undefined)
        return { nodes: [], weights: new Float64Array(0), complete: false };
      const row = question.row(place as number);
      await question.readBlocks([...row.nodes]);
      const named = this.#named(question, row.nodes);
      const kept = named.map(({ i }) => row.weights[i] as number);
      return {
        nodes: named.map(({ label }) => label),
        weights: Float64Array.from(kept),
        complete: question.reader.complete,
      };
    });
    return { ...answer, ...traffic };
  }

  /**
   * All nodes that are at most some steps away, and how many: a breadth-first walk, a round for each step and one for the names.
   *
   * @throws as {@link RemoteGraph.neighbors}; RangeError `RANGE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { RemoteGraph, writeRemoteGraph } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: ['a', 'b', 'c'], to: ['b', 'c', 'd'] });
   * using remote = await RemoteGraph.open(writeRemoteGraph(graph));
   * const { nodes, distances } = await remote.hops('a', { hops: 2 });
   * console.log(nodes, distances); // [ 'a', 'b', 'c' ] Uint32Array(3) [ 0, 1, 2 ]
   * ```
   */
  async hops(
    source: NodeLabel | readonly NodeLabel[],
    options?: RemoteHopsOptions,
  ): Promise<RemoteHops> {
    const operation = 'RemoteGraph.hops';
    const given = check.options(operation, options, ['hops', 'maxBytes', 'signal']);
    const { hops = 1 } = given;
    check.integer(operation, 'hops', hops, 0, HOPS_MOST);
    const { answer, traffic } = await this.#ask(operation, given, async (question) => {
      const from = await this.#places(operation, question, 'source', listOf(source));
      question.begin((graph, at, count) => this.#raw(operation).hops(graph, at, count, 0, 0), from);
      let done = 0;
      for (; done < hops && question.numbers()[8] === 0; done++) {
        const { runtime } = this.#held;
        runtime.check(operation, question.raw.next(0));
        if (!(await question.settle())) break;
      }
      const all = question.results(question.numbers()[0] as number);
      await question.readBlocks([...all.nodes]);
      const named = this.#named(question, all.nodes);
      return {
        nodes: named.map(({ label }) => label),
        distances: Uint32Array.from(named, ({ i }) => all.values[i] as number),
        complete: question.reader.complete,
      };
    });
    return { ...answer, ...traffic };
  }

  /**
   * A path with the fewest edges. In an undirected graph it is looked for from both ends, so that it reads two small
   * neighbourhoods in place of a large one. Each of its edges is in the row of the node that it leaves; that there is none
   * with fewer assumes there that the file has each edge in both of its rows.
   *
   * @throws as {@link RemoteGraph.hops}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { RemoteGraph, writeRemoteGraph } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: ['a', 'b', 'c'], to: ['b', 'c', 'd'], directed: false });
   * using remote = await RemoteGraph.open(writeRemoteGraph(graph));
   * const { hops, nodes } = await remote.path('a', 'd');
   * console.log(hops, nodes); // 3 [ 'a', 'b', 'c', 'd' ]
   * ```
   */
  async path(from: NodeLabel, to: NodeLabel, options?: RemotePathOptions): Promise<RemotePath> {
    const operation = 'RemoteGraph.path';
    const given = check.options(operation, options, ['maxHops', 'maxBytes', 'signal']);
    const { maxHops = HOPS_MOST } = given;
    check.integer(operation, 'maxHops', maxHops, 0, HOPS_MOST);
    const { answer, traffic } = await this.#ask(operation, given, async (question) => {
      const [begin] = await this.#places(operation, question, 'from', [from]);
      const [end] = await this.#places(operation, question, 'to', [to]);
      question.begin(
        (graph, at, count, scratch) => {
          const target = scratch.indices('to', [end as number]);
          return this.#raw(operation).hops(graph, at, count, target.address, 1);
        },
        [begin as number],
      );
      const { runtime } = this.#held;
      const taken = () => {
        const numbers = question.numbers();
        return { final: numbers[8] === 1, steps: (numbers[5] ?? 0) + (numbers[6] ?? 0) };
      };
      for (let at = taken(); !at.final && at.steps < maxHops; at = taken()) {
        runtime.check(operation, question.raw.next(0));
        if (!(await question.settle())) break;
      }
      const shortest = question.numbers()[7] as number;
      const { final } = taken();
      const known = shortest < 0xffffffff && shortest <= maxHops && final;
      const nodes = known ? question.path(shortest) : new Uint32Array(0);
      await question.readBlocks([...nodes]);
      question.assertPath(nodes);
      const named = this.#named(question, nodes);
      return {
        hops: known ? shortest : Number.POSITIVE_INFINITY,
        nodes: named.length === nodes.length ? named.map(({ label }) => label) : [],
        complete: question.reader.complete,
      };
    });
    return { ...answer, ...traffic };
  }

  /**
   * Personalised PageRank by push: only nodes with a score that matters are read. Scores come with bounds of their errors,
   * rounding included, from a residual that is computed anew from the rows that were read. `errorBound` assumes nothing of the
   * rows that were not read. Where `bounds` are below it, in undirected graphs, they assume that the file is one of
   * {@link FormatRoom.writeRemoteGraph}: each edge in both of its rows, degrees not above those that it has. A row that is read
   * and contradicts what another one says of its degree is refused.
   *
   * Without `tolerance` a node is followed while its residual is at least `epsilon` times its degree (in units of the graph's mean
   * weight): what is read depends on `epsilon` and `damping`, not on the size of the graph, and in such an undirected graph no
   * score is off by more than that. With `tolerance` it goes on until the sum of all errors is at most that, which in most large
   * graphs means reading much of them.
   *
   * @throws as {@link RemoteGraph.neighbors}; RangeError `OPTION`, `EMPTY`, `NOT_FINITE`, `NOT_POSITIVE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   * import { load as loadGraph } from 'sublinear/graph';
   *
   * const { RemoteGraph, writeRemoteGraph } = await load();
   * const { Graph } = await loadGraph();
   * using graph = Graph.fromEdges({ from: ['a', 'b', 'c'], to: ['b', 'c', 'd'], directed: false });
   * using remote = await RemoteGraph.open(writeRemoteGraph(graph));
   * const { nodes, scores, errorBound } = await remote.personalizedPageRank({ source: 'a', topK: 2, tolerance: 1e-6 });
   * console.log(nodes, scores[0]!.toFixed(3), errorBound <= 1e-6); // [ 'b', 'a' ] 0.358 true
   * ```
   */
  async personalizedPageRank(options: RemoteRankOptions): Promise<RemoteRanks> {
    const operation = 'RemoteGraph.personalizedPageRank';
    const given = check.options(operation, options, [
      'source',
      'damping',
      'epsilon',
      'tolerance',
      'topK',
      'maxBytes',
      'signal',
    ]);
    const { answer, traffic } = await this.#ask(operation, given, (question) =>
      rankFrom(question, given, (labels) => this.#places(operation, question, 'source', labels)),
    );
    return { ...answer, ...traffic };
  }

  #raw(operation: string) {
    this.#held.use(operation);
    return this.#held.runtime.raw.GraphWalk;
  }

  /** Answers a question, once more where the file was replaced meanwhile. */
  async #ask<A>(
    operation: string,
    options: RemoteReadOptions,
    answer: (question: GraphQuestion) => Promise<A>,
  ): Promise<{ answer: A; traffic: Traffic }> {
    const { maxBytes = Number.POSITIVE_INFINITY, signal = ambient.signal } = options;
    check.number(operation, 'maxBytes', maxBytes);
    if (!(maxBytes >= 0)) throw check.rangeError(operation, 'maxBytes', 'number >= 0', maxBytes);
    if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
      throw check.typeError(operation, 'signal', 'AbortSignal', signal);
    signal?.throwIfAborted();
    const traffic: Traffic = { requests: 0, bytes: 0, rounds: 0 };
    const { runtime, source, how } = this.#held;
    const { verify } = how;
    const asked = { runtime, operation, source, verify, signal, traffic, maxBytes };
    const given = await this.#held.ask(operation, signal, traffic, async (opened) => {
      const question = new GraphQuestion(asked, opened);
      try {
        const found = await answer(question);
        question.assertNames();
        return found;
      } finally {
        question.end();
      }
    });
    return { answer: given, traffic };
  }

  /** Where nodes are; throws INDEX for those that are not there. */
  async #places(
    operation: string,
    question: GraphQuestion,
    argument: string,
    labels: readonly NodeLabel[],
  ): Promise<number[]> {
    const places = await question.lookup.find(argument, labels);
    return places.map((place, i) => {
      if (place !== undefined) {
        question.asked.set(place, labels[i] as NodeLabel);
        return place;
      }
      const message = `"${argument}": expected a node of the graph, got ${check.show(labels[i])}`;
      throw new SublinearRangeError('INDEX', operation, message, { argument, position: i });
    });
  }

  /** What nodes are called, of those whose blocks are here. */
  #named(question: GraphQuestion, nodes: Uint32Array): { i: number; label: NodeLabel }[] {
    return Array.from(nodes).flatMap((node, i) => {
      const label = question.label(node);
      return label === undefined ? [] : [{ i, label }];
    });
  }
}

function listOf(source: NodeLabel | readonly NodeLabel[]): readonly NodeLabel[] {
  return Array.isArray(source) ? source : [source as NodeLabel];
}
