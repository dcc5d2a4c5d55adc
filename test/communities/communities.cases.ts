// Communities through both doors. Reference answers come from networkx, igraph and leidenalg
// (test/vectors/communities/generate.py).
import type { CommunitiesRoom } from 'sublinear/communities';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { type EdgeArrays, graphOf, rawGraphCopy } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/communities/communities.json' with { type: 'json' };

interface Search {
  objective?: 'modularity' | 'cpm';
  resolution?: number;
  iterations?: number;
  randomness?: number;
  seed?: number;
  initial?: number[];
  weighted?: boolean;
}

interface Placing {
  dimensions?: 2 | 3;
  theta?: number;
  linLog?: boolean;
  strongGravity?: boolean;
  dissuadeHubs?: boolean;
  edgeWeightInfluence?: number;
  jitterTolerance?: number;
  seed?: number;
  initial?: number[];
  held?: number;
}

type Question =
  | ({ find: 'leiden' | 'louvain' } & Search)
  | { propagate: 'queue' | 'deterministic'; seed?: number; initial?: number[]; weighted?: boolean }
  | { embed: number; iterationWeights?: number[]; normalizationStrength?: number; seed?: number }
  | { layout: Placing; steps: number }
  | { quality: number[]; objective?: 'modularity' | 'cpm'; resolution?: number };

type Answer = Record<string, number | Uint32Array | Float32Array | Uint32Array[]>;

export interface CommunitiesDoor {
  ask: (graph: EdgeArrays, ...questions: Question[]) => Answer[];
  compare: (a: number[], b: number[]) => number[];
}

export const doors: RoomDoors<'communities', CommunitiesDoor> = {
  room: 'communities',
  bundle: 'communities',
  besides: ['network'],
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: CommunitiesRoom): CommunitiesDoor {
  return {
    ask(edges, ...questions) {
      using graph = graphOf(room.Graph, edges);
      return questions.map((question): Answer => {
        if ('find' in question) {
          const { find, ...search } = question;
          const { randomness, ...rest } = search;
          const found =
            find === 'leiden'
              ? room.leiden(graph, { ...search, hierarchy: true })
              : room.louvain(graph, { ...rest, hierarchy: true });
          const { labels, count, quality, iterations, hierarchy } = found;
          return { labels, count, quality, iterations, levels: hierarchy! };
        }
        if ('propagate' in question) {
          const { propagate: method, ...rest } = question;
          const { labels, count } = room.labelPropagation(graph, { method, ...rest });
          return { labels, count };
        }
        if ('embed' in question) {
          const { embed: dimension, ...rest } = question;
          return { vectors: room.fastRP(graph, { dimension, ...rest }).vectors };
        }
        if ('layout' in question) {
          const { held, ...how } = question.layout;
          using made = room.layout(graph, how);
          if (held !== undefined) made.place(held, undefined, { fixed: true });
          const { movement } = made.step(question.steps);
          return { positions: made.positions(), movement };
        }
        const { quality: labels, objective, resolution = 1 } = question;
        const of = objective === 'cpm' ? room.cpmQuality : room.modularity;
        return { quality: of(graph, labels, { resolution }) };
      });
    },
    compare(a, b) {
      const { nmi, adjustedRand, variationOfInformation, rand, counts } = room.compareLabels(a, b);
      return [nmi, adjustedRand, variationOfInformation, rand, ...counts];
    },
  };
}

/** Graphs are made in the other module, and come across as a host copies them. */
function rawDoor(module: RawModule, network?: RawModule): CommunitiesDoor {
  const { call } = module;

  const out = <T>(body: (at: number) => T): T => {
    const at = module.alloc(64);
    try {
      return body(at);
    } finally {
      call.sl_abi_free!(at);
    }
  };

  /** Asks, and gives the numbers of the answer to `read` while its arrays are there. */
  function put(
    communities: number,
    question: number,
    options: number[],
    labels: number[],
    read: (numbers: Float64Array) => Answer,
  ): Answer {
    const given = new Float64Array(16);
    given.set(options);
    module.with([given, new Uint32Array(labels)], (optionsAt, labelsAt) =>
      module.check(
        call.sl_abi_communities_begin!(communities, question, optionsAt!, labelsAt!, labels.length),
      ),
    );
    const answer = out((at) => {
      // Steps of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(communities, 77, at));
      while (module.u32(at, 1)[0] === 9);
      module.check(call.sl_abi_communities_read!(communities, at));
      return read(module.f64(at, 8));
    });
    module.check(call.sl_abi_communities_clear!(communities));
    return answer;
  }

  function place(graph: number, n: number, given: Placing, steps: number): Answer {
    const { dimensions = 2, theta = 1.2, edgeWeightInfluence = 1, jitterTolerance = 1 } = given;
    const { linLog, strongGravity, dissuadeHubs, seed = 0, initial = [], held } = given;
    const flags = [linLog, strongGravity, dissuadeHubs, true].map(Number);
    const numbers = [dimensions, 2, 1, theta, edgeWeightInfluence, jitterTolerance];
    const settings = [...numbers, ...flags.map((flag) => flag || 0), seed, 0];
    const made = module.with(
      [new Float64Array(settings), new Float32Array(initial)],
      (settingsAt, initialAt) =>
        module.made(call.sl_abi_layout_create!(graph, settingsAt!, initialAt!, initial.length)),
    );
    try {
      if (held !== undefined) module.check(call.sl_abi_layout_place!(made, held, 0, 1));
      module.check(call.sl_abi_layout_begin!(made, steps));
      return out((at) => {
        do module.check(call.sl_abi_job_step!(made, 333, at));
        while (module.u32(at, 1)[0] === 9);
        module.check(call.sl_abi_layout_read!(made, at));
        const [address, , movement] = module.f64(at, 8);
        return { positions: module.f32(address!, n * dimensions), movement: movement! };
      });
    } finally {
      module.check(call.sl_abi_layout_destroy!(made));
    }
  }

  function one(communities: number, graph: number, n: number, question: Question): Answer {
    const objective = Number('objective' in question && question.objective === 'cpm');
    if ('find' in question) {
      const { find, resolution = 1, randomness = 0.01, seed = 0, weighted = true } = question;
      const { initial = [], iterations = find === 'leiden' ? 2 : 1 } = question;
      const options = [Number(weighted), objective, resolution, iterations, randomness, seed, 1];
      return put(communities, find === 'leiden' ? 0 : 1, options, initial, (a) => ({
        labels: module.u32(a[4]!, n),
        count: a[2]!,
        quality: a[3]!,
        iterations: a[5]!,
        levels: Array.from({ length: a[6]! }, (_, i) => module.u32(a[7]! + 4 * n * i, n)),
      }));
    }
    if ('propagate' in question) {
      const { propagate, seed = 0, initial = [], weighted = true } = question;
      const options = [Number(weighted), Number(propagate !== 'queue'), seed, Infinity];
      return put(communities, 2, options, initial, (a) => ({
        labels: module.u32(a[4]!, n),
        count: a[2]!,
      }));
    }
    if ('embed' in question) {
      const { embed, iterationWeights = [0, 1, 1], normalizationStrength = 0, seed = 0 } = question;
      const options = [1, embed, normalizationStrength, seed, iterationWeights.length];
      return put(communities, 4, [...options, ...iterationWeights], [], (a) => ({
        vectors: module.f32(a[4]!, n * embed),
      }));
    }
    if ('layout' in question) return place(graph, n, question.layout, question.steps);
    const { quality, resolution = 1 } = question;
    return put(communities, 3, [1, objective, resolution], quality, (a) => ({ quality: a[3]! }));
  }

  return {
    ask(edges, ...questions) {
      const graph = rawGraphCopy(network as RawModule, edges, module);
      let communities = 0;
      try {
        communities = module.made(call.sl_abi_communities_create!(graph));
        return questions.map((question) => one(communities, graph, edges.nodeCount, question));
      } finally {
        if (communities) module.check(call.sl_abi_communities_destroy!(communities));
        module.check(call.sl_abi_graph_destroy!(graph));
      }
    },
    compare(a, b) {
      return module.with([new Uint32Array(a), new Uint32Array(b)], (aAt, bAt) =>
        out((at) => {
          module.check(call.sl_abi_compare_labels!(a.length, aAt!, bAt!, at));
          return Array.from(module.f64(at, 6));
        }),
      );
    },
  };
}

const near = (found: number, expected: number) =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(expected)));

/** Numbers by first appearance, so that partitions can be compared. */
function canonical(labels: Iterable<number>): number[] {
  const seen = new Map<number, number>();
  return Array.from(labels, (label) => {
    if (!seen.has(label)) seen.set(label, seen.size);
    return seen.get(label)!;
  });
}

const references = vectors.cases.map((reference): Case<CommunitiesDoor> => {
  const [first, second] = reference.labelings as {
    labels: number[];
    resolution: number;
    modularity?: number;
    potts: number;
  }[];
  const given = [first!, second!];
  return {
    name: `networkx, igraph, leidenalg: ${reference.name}`,
    run: ({ ask, compare }) => ({
      answers: ask(
        reference as EdgeArrays,
        ...given.flatMap(({ labels: quality, resolution }): Question[] => [
          { quality, resolution },
          { quality, resolution, objective: 'cpm' },
        ]),
        { propagate: 'deterministic' },
        ...Array.from(
          { length: 16 },
          (_, seed): Question => ({ find: 'leiden', iterations: 10, randomness: 0.1, seed }),
        ),
      ),
      alike: compare(first!.labels, second!.labels),
    }),
    check({ answers, alike }: { answers: Answer[]; alike: number[] }) {
      for (const [i, { modularity = 0, potts }] of given.entries()) {
        near(answers[2 * i]!.quality as number, modularity);
        near(answers[2 * i + 1]!.quality as number, potts);
      }
      near(alike[0]!, reference.alike.nmi);
      near(alike[1]!, reference.alike.adjustedRand ?? 1);
      near(alike[2]!, reference.alike.variationOfInformation);
      if (reference.propagated)
        expect(canonical(answers[4]!.labels as Uint32Array)).toEqual(
          canonical(reference.propagated),
        );
      if (reference.optimum !== undefined) {
        const best = Math.max(...answers.slice(5).map(({ quality }) => quality as number));
        expect(best).toBeLessThanOrEqual(reference.optimum + 1e-12);
        // A heuristic: of these graphs it finds the optimum in 16 attempts.
        near(best, reference.optimum);
      }
    },
  };
});

/** Groups of 20 nodes with edges inside, some between; fractional weights, a loop. */
function drawn(seed: number, n: number, directed: boolean, weighted: boolean): EdgeArrays {
  const next = random(seed);
  const from = Array.from({ length: 5 * n }, () => Math.floor(next() * n));
  const near = (u: number) => u - (u % 20) + Math.floor(next() * 20);
  const to = from.map((u) => (next() < 0.8 ? near(u) : Math.floor(next() * n)));
  const weights = from.map(() => 0.1 + next());
  return { nodeCount: n, from, to, directed, ...(weighted && { weights }) };
}

const many: Question[] = [
  { find: 'leiden' },
  { find: 'leiden', randomness: 0, seed: 5, iterations: Infinity },
  { find: 'leiden', objective: 'cpm', resolution: 0.05, seed: 1 },
  { find: 'leiden', initial: Array.from({ length: 200 }, (_, u) => (u * 7) % 11) },
  { find: 'louvain' },
  { find: 'louvain', resolution: 2, weighted: false, iterations: 3 },
  { propagate: 'queue', seed: 4 },
  { propagate: 'deterministic' },
  { quality: Array.from({ length: 200 }, (_, u) => Math.floor(u / 20)) },
  { embed: 7 },
  { embed: 64, iterationWeights: [1, 0.5, -2, 4], normalizationStrength: -0.5, seed: 9 },
  { layout: {}, steps: 30 },
  { layout: { dimensions: 3, theta: 0.5, strongGravity: true, seed: 2, held: 7 }, steps: 20 },
  { layout: { linLog: true, dissuadeHubs: true, edgeWeightInfluence: 0.5 }, steps: 10 },
  { layout: { theta: 0, initial: Array.from({ length: 400 }, (_, i) => (i * i) % 97) }, steps: 5 },
];

const path = { nodeCount: 3, from: [0, 1], to: [1, 2], directed: false };
const refusals: [string, Question][] = [
  ['labels for other nodes', { quality: [0, 0] }],
  ['resolution -1', { find: 'leiden', resolution: -1 }],
  ['resolution Infinity', { quality: [0, 0, 0], resolution: Infinity }],
  ['no iteration', { find: 'louvain', iterations: 0 }],
  ['a vector without numbers', { embed: 0 }],
  ['weights of nothing', { embed: 4, iterationWeights: [] }],
  ['a start without numbers', { layout: { initial: [0, 1, 2, Number.NaN, 4, 5] }, steps: 1 }],
  ['theta -1', { layout: { theta: -1 }, steps: 1 }],
  ['no jitter', { layout: { jitterTolerance: 0 }, steps: 1 }],
  ['randomness -1', { find: 'leiden', randomness: -1 }],
  ['a quality beyond f64', { quality: [0, 0, 0], objective: 'cpm', resolution: 1e308 }],
];

export const cases: Case<CommunitiesDoor>[] = [
  ...references,
  ...[true, false].flatMap((weighted) =>
    [true, false].map((directed, i) => ({
      name: `the same bits: ${weighted ? 'weighted' : 'unweighted'}, ${directed ? 'directed' : 'undirected'}`,
      run: ({ ask }: CommunitiesDoor) => ask(drawn(20 + i, 200, directed, weighted), ...many),
    })),
  ),
  ...refusals.map(
    ([name, question]): Case<CommunitiesDoor> => ({
      name: `refused: ${name}`,
      run: ({ ask }) => attempt(() => ask(path, question)),
      check: (result: unknown) => expect(result).toHaveProperty('refused'),
    }),
  ),
  {
    name: 'refused: no labels to compare',
    run: ({ compare }) => attempt(() => compare([], [])),
    check: (result: unknown) => expect(result).toHaveProperty('refused'),
  },
];
