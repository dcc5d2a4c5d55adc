// The measurements, in a worker of their own. Contenders take turns, round by round, so that a busy machine is busy for
// all of them; every time stands beside how right the answer was, judged by plain code that is nobody's.
import { expose } from 'comlink';
import { UndirectedGraph } from 'graphology';
import pagerank from 'graphology-metrics/centrality/pagerank.js';
import { HNSW } from 'hnsw';
import ngraph from 'ngraph.graph';
import ngraphPageRank from 'ngraph.pagerank';
import { createEngine } from 'sublinear';
import {
  adjacency,
  barabasiAlbert,
  conjugateGradient,
  gridLaplacian,
  incoming,
  l1Distance,
  powerIteration,
  random,
  randomVector,
  relativeResidual,
  rowIndices,
} from '../../../../ts/cli/workload.js';

export interface Row {
  name: string;
  /** Median of the rounds, in milliseconds. */
  time: number;
  /** Its time divided by ours, median over the rounds. */
  ratio: number;
  accuracy: number;
}
export interface Result {
  title: string;
  accuracyIs: string;
  rounds: number;
  rows: Row[];
}
interface Contender {
  name: string;
  run: () => ArrayLike<number>;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** The first contender is ours. */
function race(
  title: string,
  accuracyIs: string,
  rounds: number,
  contenders: Contender[],
  accuracy: (answer: ArrayLike<number>) => number,
): Result {
  const times = contenders.map(() => [] as number[]);
  const accuracies = contenders.map(({ run }) => accuracy(run())); // and a round to warm up
  for (let round = 0; round < rounds; round++)
    for (const [i, { run }] of contenders.entries()) {
      const start = performance.now();
      run();
      times[i]!.push(performance.now() - start);
    }
  const rows = contenders.map(({ name }, i) => ({
    name,
    time: median(times[i]!),
    ratio: median(times[i]!.map((time, round) => time / times[0]![round]!)),
    accuracy: accuracies[i]!,
  }));
  return { title, accuracyIs, rounds, rows };
}

const loading = createEngine({ modules: ['diffusion', 'graph', 'hnsw', 'solver'] });
const DAMPING = 0.85;

const benchmarks = {
  async solve(rounds: number): Promise<Result> {
    const { SparseMatrix, solve } = (await loading).solver;
    const a = gridLaplacian(200, 200, 0.01);
    const b = randomVector(a.rows, 1);
    const tolerance = 1e-8;
    const { rows, columns, values } = a;
    const entries = { rows, cols: rows, rowIndices: rowIndices(a), columnIndices: columns, values };
    using matrix = SparseMatrix.fromCoo(entries);
    return race(
      'Solve: grid of 200 × 200, Laplacian + 0.01 I, residual 1e-8, set-up included',
      'relative residual',
      rounds,
      [
        { name: 'sublinear', run: () => solve(matrix, b, { tolerance }).solution },
        {
          name: 'plain JavaScript conjugate gradients',
          run: () => conjugateGradient(a, b, tolerance),
        },
      ],
      (x) => relativeResidual(a, x, b),
    );
  },

  async pageRank(rounds: number): Promise<Result> {
    const { Graph, pageRank } = (await loading).diffusion;
    const edges = barabasiAlbert(20_000, 5, 1);
    const { nodeCount, from, to } = edges;
    const tolerance = 1e-6;
    using graph = Graph.fromEdges({ nodeCount, from, to, directed: false, parallel: 'once' });
    const theirs = ngraph();
    const other = new UndirectedGraph();
    for (let u = 0; u < nodeCount; u++) {
      theirs.addNode(u);
      other.addNode(u);
    }
    for (let e = 0; e < from.length; e++) {
      theirs.addLink(from[e]!, to[e]!);
      theirs.addLink(to[e]!, from[e]!);
      other.mergeEdge(from[e], to[e]);
    }
    const plain = incoming(adjacency(edges));
    const start = new Float64Array(nodeCount).fill(1 / nodeCount);
    const inOrder = (scores: Record<string, number>) =>
      Float64Array.from({ length: nodeCount }, (_, node) => scores[node]!);
    const exact = powerIteration(plain, start, DAMPING, 1e-12);
    return race(
      'PageRank of all nodes: Barabási–Albert, 20,000 nodes, to 1e-6, graphs built before',
      'sum of all errors',
      rounds,
      [
        { name: 'sublinear', run: () => pageRank(graph, { damping: DAMPING, tolerance }).scores },
        { name: 'ngraph.pagerank', run: () => inOrder(ngraphPageRank(theirs, DAMPING, tolerance)) },
        {
          name: 'graphology-metrics',
          run: () =>
            inOrder(
              pagerank(other, {
                alpha: DAMPING,
                tolerance: tolerance / nodeCount,
                maxIterations: 1000,
                getEdgeWeight: null,
              }),
            ),
        },
        {
          name: 'plain JavaScript power iteration',
          run: () => powerIteration(plain, start, DAMPING, tolerance),
        },
      ],
      (scores) => l1Distance(scores, exact),
    );
  },

  async vectors(rounds: number): Promise<Result> {
    const { Flat, Hnsw } = (await loading).hnsw;
    const [count, dimension, queryCount, k] = [10_000, 64, 50, 10];
    const next = random(1);
    const centres = Float32Array.from({ length: 200 * dimension }, () => next() - 0.5);
    const cloud = (points: number) =>
      Float32Array.from({ length: points * dimension }, (_, i) => {
        const centre = (Math.floor(i / dimension) * 7919) % 200;
        return centres[centre * dimension + (i % dimension)]! + 0.6 * (next() - 0.5);
      });
    const vectors = cloud(count);
    const queries = cloud(queryCount);
    const ids = Uint32Array.from({ length: count }, (_, i) => i);
    const shape = { m: 16, efConstruction: 200 };
    using index = Hnsw.create({ metric: 'euclidean', dimension, capacity: count, ...shape });
    using flat = Flat.create({ metric: 'euclidean', dimension, capacity: count });
    index.addBatch({ ids, vectors });
    flat.addBatch({ ids, vectors });
    const split = (all: Float32Array) =>
      Array.from({ length: all.length / dimension }, (_, i) =>
        all.subarray(i * dimension, (i + 1) * dimension),
      );
    const other = new HNSW(shape.m, shape.efConstruction, dimension, 'euclidean');
    await other.buildIndex(split(vectors).map((vector, id) => ({ id, vector })));
    const questions = split(queries);
    const scan = () => scanAll(vectors, queries, dimension, k);
    const exact = scan();
    return race(
      'The ten nearest of 10,000 vectors with 64 dimensions, 50 queries',
      'share of the true ten that is found',
      rounds,
      [
        {
          name: 'sublinear Hnsw (ef 64)',
          run: () => index.searchBatch(queries, { k, ef: 64 }).ids,
        },
        {
          name: 'hnsw (npm), as wide a search',
          run: () =>
            questions.flatMap((query) =>
              other.searchKNN(query, k, { efSearch: 64 }).map(({ id }) => id),
            ),
        },
        { name: 'sublinear Flat (exact)', run: () => flat.searchBatch(queries, { k }).ids },
        { name: 'plain JavaScript scan (exact)', run: scan },
      ],
      (found) => {
        let right = 0;
        for (let q = 0; q < queryCount; q++) {
          const sure = new Set(exact.subarray(q * k, q * k + k));
          for (let i = 0; i < k; i++) if (sure.has(found[q * k + i]!)) right++;
        }
        return right / (queryCount * k);
      },
    );
  },
};

/** The k nearest of each query, by looking at every vector. */
function scanAll(
  vectors: Float32Array,
  queries: Float32Array,
  dimension: number,
  k: number,
): Uint32Array {
  const count = vectors.length / dimension;
  const found = new Uint32Array((queries.length / dimension) * k);
  const best = new Float64Array(k);
  for (let q = 0; q * dimension < queries.length; q++) {
    best.fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let j = 0; j < dimension; j++) {
        const d = queries[q * dimension + j]! - vectors[i * dimension + j]!;
        sum += d * d;
      }
      if (sum >= best[k - 1]!) continue;
      let at = k - 1;
      for (; at > 0 && best[at - 1]! > sum; at--) {
        best[at] = best[at - 1]!;
        found[q * k + at] = found[q * k + at - 1]!;
      }
      best[at] = sum;
      found[q * k + at] = i;
    }
  }
  return found;
}

export type Benchmarks = typeof benchmarks;
expose(benchmarks);
