// Contributions, pairs and updates through both doors. Reference answers come from networkx
// (test/vectors/diffusion/generate_questions.py).
import type { DiffusionRoom } from 'sublinear/diffusion';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/diffusion/questions.json' with { type: 'json' };
import type { Edges } from './diffusion.cases.js';

interface Question {
  target: number;
  source?: number;
  damping?: number;
  tolerance?: number;
  confidence?: number;
  seed?: number;
  pushWork?: number;
  maxWork?: number;
}

interface Answer {
  outcome: string;
  errorBound: number;
  value?: number;
  halfWidth?: number;
  nodes?: Uint32Array;
  scores?: Float64Array;
}

interface Changes {
  remove?: [number[], number[]];
  add?: [number[], number[], number[]?];
  nodeCount?: number;
}

export interface QuestionDoor {
  ask: (graph: Edges, ...questions: Question[]) => Answer[];
  /** Scores from a source (undefined: every node) after each of the changes, and of the edited graph from nothing. */
  follow: (
    graph: Edges,
    source: number | undefined,
    tolerance: number,
    changes: Changes[],
  ) => { kept: Answer; fresh: Answer }[];
}

export const doors: RoomDoors<'diffusion', QuestionDoor> = {
  room: 'diffusion',
  bundle: 'network',
  table: 'diffusion-questions',
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: DiffusionRoom): QuestionDoor {
  const make = ({ nodeCount, from, to, weights, directed }: Edges) =>
    room.Graph.fromEdges({
      nodeCount,
      from,
      to,
      directed: directed ?? true,
      parallel: 'once', // as the raw ABI and networkx take them
      ...(weights && { weights }),
    });
  return {
    ask(edges, ...questions) {
      using graph = make(edges);
      return questions.map((question): Answer => {
        const { source, ...rest } = question;
        if (source === undefined) {
          const { nodes, scores, errorBound, outcome } = room.contributions(graph, rest);
          return { nodes, scores, errorBound, outcome };
        }
        const found = room.pairPageRank(graph, { ...rest, source });
        const { score: value, errorBound, outcome, interval } = found;
        return { value, errorBound, outcome, halfWidth: interval?.halfWidth ?? Infinity };
      });
    },
    follow(edges, source, tolerance, changes) {
      const graphs = [make(edges)];
      const options = { tolerance, ...(source !== undefined && { source }) };
      const tracker = room.trackPageRank(graphs[0]!, options);
      const read = ({ nodes, scores, errorBound, outcome }: Partial<Answer>): Answer => ({
        ...(nodes && { nodes }),
        scores: scores!,
        errorBound: errorBound!,
        outcome: outcome!,
      });
      try {
        return changes.map(({ remove, add, nodeCount }) => {
          const next = graphs.at(-1)!.edited({
            ...(remove && { remove: { from: remove[0], to: remove[1] } }),
            ...(add && {
              add: { from: add[0], to: add[1], ...(add[2] && { weights: add[2] }) },
            }),
            ...(nodeCount && { nodeCount }),
          });
          graphs.push(next);
          const kept = read(tracker.update(next) as Partial<Answer>);
          const again =
            source === undefined
              ? room.pageRank(next, { tolerance })
              : room.personalizedPageRank(next, { source, tolerance });
          return { kept, fresh: read(again as Partial<Answer>) };
        });
      } finally {
        for (const graph of graphs) graph.dispose();
      }
    },
  };
}

const NONE = 0xffff_ffff;

function rawDoor(module: RawModule): QuestionDoor {
  const { call } = module;

  function makeGraph({ nodeCount, from, to, weights, directed }: Edges): number {
    const arrays = [new Uint32Array(from), new Uint32Array(to), new Float64Array(weights ?? [])];
    return module.with(arrays, (fromAt, toAt, weightsAt) =>
      module.made(
        call.sl_abi_graph_from_edges!(
          nodeCount,
          from.length,
          fromAt!,
          toAt!,
          weights ? weightsAt! : 0,
          weights ? 2 : 0,
          directed === false ? 0 : 1,
        ),
      ),
    );
  }

  /** Steps of another size than the other door's: the result must be the same. */
  function run(object: number, out: number): void {
    do module.check(call.sl_abi_job_step!(object, 777, out));
    while (module.u32(out, 1)[0] === 9);
  }

  function one(graph: number, question: Question): Answer {
    const out = module.alloc(96);
    const name = (outcome: number) => module.text(call.sl_abi_outcome_name!(outcome));
    let object = 0;
    try {
      const { target, source = NONE, damping = 0.85, tolerance = 1e-6 } = question;
      const { confidence = 0, seed = 0, pushWork = 0, maxWork = 0 } = question;
      object = module.made(call.sl_abi_contributions_create!(graph, damping));
      const options = new Float64Array([tolerance, confidence, seed, pushWork, maxWork]);
      module.with([options], (at) =>
        module.check(call.sl_abi_contributions_begin!(object, source, target, at!)),
      );
      run(object, out);
      module.check(call.sl_abi_contributions_read!(object, out));
      const found = module.f64(out, 11);
      const answer = { errorBound: found[3]!, outcome: name(found[0]!) };
      if (source !== NONE) return { ...answer, value: found[2]!, halfWidth: found[4]! };
      const nodes = module.u32(found[9]!, found[8]!);
      return { ...answer, nodes, scores: module.f64(found[10]!, found[8]!) };
    } finally {
      if (object) module.check(call.sl_abi_contributions_destroy!(object));
      call.sl_abi_free!(out);
    }
  }

  function finish(rank: number, dense: boolean, nodeCount: number): Answer {
    const out = module.alloc(80 + 8 * nodeCount);
    try {
      do module.check(call.sl_abi_job_step!(rank, 777, out));
      while (module.u32(out, 1)[0] === 9);
      module.check(call.sl_abi_pagerank_finish!(rank, out, out + 64, out + 68));
      const found = module.f64(out, 8);
      const [nodesAt, scoresAt] = module.u32(out + 64, 2) as unknown as [number, number];
      const outcome = module.text(call.sl_abi_outcome_name!(found[0]!));
      const errorBound = found[3]!;
      if (dense) {
        module.check(call.sl_abi_pagerank_scores!(rank, out + 80));
        return { outcome, errorBound, scores: module.f64(out + 80, nodeCount) };
      }
      const nodes = module.u32(nodesAt, found[7]!);
      return { outcome, errorBound, nodes, scores: module.f64(scoresAt, found[7]!) };
    } finally {
      call.sl_abi_free!(out);
    }
  }

  return {
    ask(edges, ...questions) {
      const graph = makeGraph(edges);
      try {
        return questions.map((question) => one(graph, question));
      } finally {
        call.sl_abi_graph_destroy!(graph);
      }
    },
    follow(edges, source, tolerance, changes) {
      const graphs = [makeGraph(edges)];
      const ranks: number[] = [];
      let nodeCount = edges.nodeCount;
      const begin = (rank: number) =>
        module.with([new Uint32Array([source ?? 0])], (at) =>
          module.check(
            source === undefined
              ? call.sl_abi_pagerank_begin_global!(rank, 0.85, tolerance, 0, 0, 0, 0, 0)
              : call.sl_abi_pagerank_begin!(rank, at!, 0, 1, 0.85, tolerance, 0, 0, 0, 0, 0),
          ),
        );
      const make = (graph: number) => {
        const rank = module.made(call.sl_abi_pagerank_create!(graph));
        ranks.push(rank);
        return rank;
      };
      const dense = source === undefined;
      try {
        let previous = make(graphs[0]!);
        begin(previous);
        finish(previous, dense, nodeCount);
        return changes.map(({ remove = [[], []], add = [[], []], nodeCount: grown }) => {
          nodeCount = grown ?? nodeCount;
          const weights = add[2] ?? (edges.weights ? [] : undefined);
          const arrays = [...remove, add[0], add[1]].map((list) => new Uint32Array(list));
          const next = module.with(
            [...arrays, new Float64Array(weights ?? [])],
            (goneFrom, goneTo, newFrom, newTo, weightsAt) =>
              module.made(
                call.sl_abi_graph_edit!(
                  graphs.at(-1)!,
                  nodeCount,
                  remove[0].length,
                  goneFrom!,
                  goneTo!,
                  add[0].length,
                  newFrom!,
                  newTo!,
                  weights ? weightsAt! : 0,
                  weights ? 2 : 0,
                ),
              ),
          );
          graphs.push(next);
          const rank = make(next);
          const from = previous;
          module.check(call.sl_abi_pagerank_follow!(rank, from, 0.85, tolerance, 0, 0, 0, 0, 0));
          const kept = finish(rank, dense, nodeCount);
          const again = make(next);
          begin(again);
          previous = rank;
          return { kept, fresh: finish(again, dense, nodeCount) };
        });
      } finally {
        for (const rank of ranks) module.check(call.sl_abi_pagerank_destroy!(rank));
        for (const graph of graphs) module.check(call.sl_abi_graph_destroy!(graph));
      }
    },
  };
}

type Reference = (typeof vectors.cases)[number];

/** networkx iterates until no node changes by more than 1e-14; that leaves a multiple of it. */
const NETWORKX = 1e-11;

const references = vectors.cases.map((reference: Reference): Case<QuestionDoor> => {
  const { damping, target, nodeCount } = reference;
  const source = nodeCount >> 1;
  return {
    name: `networkx: ${reference.name}`,
    run: ({ ask }) =>
      ask(
        reference as Edges,
        { target, damping, tolerance: 1e-10 },
        { target, damping, tolerance: 1e-3 },
        { target, source, damping, tolerance: 1e-10 },
      ),
    check(answers: Answer[]) {
      for (const { nodes, scores, errorBound, outcome } of answers.slice(0, 2)) {
        expect(outcome).toBe('converged');
        const found = new Float64Array(nodeCount);
        for (const [i, node] of nodes!.entries()) found[node] = scores![i]!;
        for (const [u, score] of found.entries())
          expect(Math.abs(score - reference.contributions[u]!)).toBeLessThanOrEqual(
            errorBound + NETWORKX,
          );
      }
      const pair = answers[2]!;
      expect(Math.abs(pair.value! - reference.contributions[source]!)).toBeLessThanOrEqual(
        pair.errorBound + NETWORKX,
      );
    },
  };
});

/** Changes one after the other: some of the edges go, others come. */
function changesOf(edges: Edges, rounds: number): Changes[] {
  const next = random(edges.nodeCount);
  const at = () => Math.floor(next() * edges.nodeCount);
  return Array.from({ length: rounds }, (_, round) => ({
    // Each round takes away edges of the beginning that no other one does.
    remove: [
      edges.from.filter((_, k) => k % 7 === round && k < 60),
      edges.to.filter((_, k) => k % 7 === round && k < 60),
    ],
    add: [[at(), at()], [at(), at()], ...(edges.weights ? [[1 + next(), 2 + next()]] : [])],
  })) as Changes[];
}

/** A ring with chords: no two edges alike. */
function ring(nodeCount: number, directed: boolean, weighted: boolean): Edges {
  const [from, to]: [number[], number[]] = [[], []];
  for (let u = 0; u < nodeCount; u++)
    for (const step of [1, 7]) {
      from.push(u);
      to.push((u + step) % nodeCount);
    }
  return {
    nodeCount,
    from,
    to,
    directed,
    weights: weighted ? from.map((u) => 1 + (u % 5)) : null,
  };
}

const updates = [true, false].flatMap((directed) =>
  [undefined, 3].flatMap((source) =>
    [false, true].map((weighted): Case<QuestionDoor> => {
      const graph = ring(200, directed, weighted);
      const name = `${directed ? 'directed' : 'undirected'}, ${weighted ? 'weighted' : 'plain'}`;
      return {
        name: `updates agree with computing anew: ${name}, from ${source ?? 'every node'}`,
        run: ({ follow }) => [
          ...follow(graph, source, 1e-8, changesOf(graph, 5)),
          ...follow(graph, source, 1e-3, [{}, { nodeCount: 205 }]),
        ],
        check(rounds: { kept: Answer; fresh: Answer }[]) {
          for (const { kept, fresh } of rounds) {
            expect([kept.outcome, fresh.outcome]).toEqual(['converged', 'converged']);
            const [a, b] = [kept, fresh].map(({ nodes, scores }) => {
              const all = new Float64Array(300);
              for (const [i, score] of scores!.entries()) all[nodes ? nodes[i]! : i] = score;
              return all;
            }) as [Float64Array, Float64Array];
            const apart = a.reduce((sum, score, u) => sum + Math.abs(score - b[u]!), 0);
            expect(apart).toBeLessThanOrEqual(kept.errorBound + fresh.errorBound);
          }
        },
      };
    }),
  ),
);

const square: Edges = {
  nodeCount: 4,
  from: [0, 1, 2, 3],
  to: [1, 2, 3, 0],
  directed: false,
};

const refusals: [string, Question][] = [
  ...[0, 1, Number.NaN].map((damping): [string, Question] => [
    `damping ${damping}`,
    { target: 0, damping },
  ]),
  ...[0, -1, Number.NaN, Infinity].map((tolerance): [string, Question] => [
    `tolerance ${tolerance}`,
    { target: 0, tolerance },
  ]),
  ['a target that does not exist', { target: 4 }],
  ['a source that does not exist', { target: 0, source: 4 }],
  ['confidence 1', { target: 0, source: 1, confidence: 1 }],
];

export const cases: Case<QuestionDoor>[] = [
  ...references,
  ...updates,
  {
    name: 'walks between two nodes of a ring with chords',
    run: ({ ask }) =>
      [1, 2, 3].flatMap((seed) => [
        ...ask(
          ring(60, true, true),
          { source: 0, target: 9, tolerance: 0.01, confidence: 0.9, seed, pushWork: 1 },
          { source: 0, target: 9, tolerance: 1e-10 },
        ),
      ]),
    check(answers: Answer[]) {
      for (const i of [0, 2, 4]) {
        const [likely, proved] = [answers[i]!, answers[i + 1]!];
        const apart = Math.abs(likely.value! - proved.value!);
        expect(apart).toBeLessThanOrEqual(likely.errorBound + proved.errorBound);
        expect(apart).toBeLessThanOrEqual(Math.min(likely.halfWidth!, likely.errorBound) + 1e-10);
      }
    },
  },
  ...refusals.map(
    ([name, question]): Case<QuestionDoor> => ({
      name: `refuses ${name} and stays usable`,
      run: ({ ask }) => [
        attempt(() => ask(square, question)),
        ask(square, { target: 2, tolerance: 1e-9 }),
      ],
      check([refusal]: [{ refused: string }]) {
        expect(refusal.refused).toMatch(/^(OPTION|INDEX)$/);
      },
    }),
  ),
];
