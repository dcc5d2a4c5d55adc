// The measurements, in a worker of their own. Contenders take turns, round by round, so that a busy machine is busy for
// all of them; every time stands beside how right the answer was, judged by plain code that is nobody's.
import { expose } from 'comlink';
import { UndirectedGraph } from 'graphology';
import pagerank from 'graphology-metrics/centrality/pagerank.js';
import { HNSW } from 'hnsw';
import ngraph from 'ngraph.graph';
import ngraphPageRank from 'ngraph.pagerank';
import { createEngine } from 'sublinear';
import { benchmarks as diffusion } from '../../../../ts/benchmarks/diffusion.js';
import { benchmarks as hnsw } from '../../../../ts/benchmarks/hnsw.js';
import { benchmarks as solver } from '../../../../ts/benchmarks/solver.js';

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

/** A case of the package's table (ts/benchmarks/) once it is made for a size. */
interface Made<Data> {
  run: () => ArrayLike<number>;
  dispose: () => void;
  answer: {
    accuracyIs: string;
    accuracy: (answer: ArrayLike<number>) => number;
    plain: Contender;
  };
  data: Data;
}

/** The case against plain JavaScript and what else can be had from npm. */
async function race<Room, Data>(
  which: { title?: (size: number) => string; prepare: (room: Room, size: number) => Made<Data> },
  room: Room,
  size: number,
  rounds: number,
  peers: (data: Data, room: Room) => Contender[] | Promise<Contender[]>,
): Promise<Result> {
  const made = which.prepare(room, size);
  try {
    const { accuracyIs, accuracy, plain } = made.answer;
    const ours = { name: 'sublinear', run: made.run };
    const contenders = [ours, ...(await peers(made.data, room)), plain];
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
    return { title: which.title?.(size) ?? '', accuracyIs, rounds, rows };
  } finally {
    made.dispose();
  }
}

const loading = createEngine({ modules: ['diffusion', 'hnsw', 'solver'] });

const benchmarks = {
  async solve(rounds: number): Promise<Result> {
    return race(solver.grid, (await loading).solver, 40_000, rounds, () => []);
  },

  async pageRank(rounds: number): Promise<Result> {
    const room = (await loading).diffusion;
    return race(diffusion.pageRank, room, 20_000, rounds, ({ edges, damping, tolerance }) => {
      const { nodeCount, from, to } = edges;
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
      const inOrder = (scores: Record<string, number>) =>
        Float64Array.from({ length: nodeCount }, (_, node) => scores[node]!);
      return [
        { name: 'ngraph.pagerank', run: () => inOrder(ngraphPageRank(theirs, damping, tolerance)) },
        {
          name: 'graphology-metrics',
          run: () =>
            inOrder(
              pagerank(other, {
                alpha: damping,
                tolerance: tolerance / nodeCount,
                maxIterations: 1000,
                getEdgeWeight: null,
              }),
            ),
        },
      ];
    });
  },

  async vectors(rounds: number): Promise<Result> {
    const room = (await loading).hnsw;
    return race(hnsw.neighbours, room, 10_000, rounds, async (data, { Flat }) => {
      const { vectors, queries, dimension, k, ef, shape } = data;
      const split = (all: Float32Array) =>
        Array.from({ length: all.length / dimension }, (_, i) =>
          all.subarray(i * dimension, (i + 1) * dimension),
        );
      const rows = split(vectors);
      const flat = Flat.create({ metric: 'euclidean', dimension, capacity: rows.length });
      flat.addBatch({ ids: Uint32Array.from(rows, (_, i) => i), vectors });
      const other = new HNSW(shape.m, shape.efConstruction, dimension, 'euclidean');
      await other.buildIndex(rows.map((vector, id) => ({ id, vector })));
      const questions = split(queries);
      return [
        {
          name: 'hnsw (npm), as wide a search',
          run: () =>
            questions.flatMap((query) =>
              other.searchKNN(query, k, { efSearch: ef }).map(({ id }) => id),
            ),
        },
        { name: 'sublinear Flat (exact)', run: () => flat.searchBatch(queries, { k }).ids },
      ];
    });
  },
};

export type Benchmarks = typeof benchmarks;
expose(benchmarks);
