// Contributions and pairs through both doors. Reference answers come from networkx
// (test/vectors/contributions/generate.py).
import type { ContributionsRoom } from 'sublinear/contributions';
import { expect } from 'vitest';
import type { Edges } from '../diffusion/diffusion.cases.js';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import { graphOf, rawGraphCopy } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/contributions/contributions.json' with { type: 'json' };

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

export interface ContributionsDoor {
  ask: (graph: Edges, ...questions: Question[]) => Answer[];
}

export const doors: RoomDoors<'contributions', ContributionsDoor> = {
  room: 'contributions',
  bundle: 'solver',
  besides: ['network'],
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: ContributionsRoom): ContributionsDoor {
  return {
    ask(edges, ...questions) {
      using graph = graphOf(room.Graph, edges);
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
  };
}

const NONE = 0xffff_ffff;

/** Graphs are made in the other module, and come across as a host copies them. */
function rawDoor(module: RawModule, network?: RawModule): ContributionsDoor {
  const { call } = module;

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
      // Steps of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(object, 777, out));
      while (module.u32(out, 1)[0] === 9);
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

  return {
    ask(edges, ...questions) {
      const graph = rawGraphCopy(network as RawModule, edges, module);
      try {
        return questions.map((question) => one(graph, question));
      } finally {
        call.sl_abi_graph_destroy!(graph);
      }
    },
  };
}

type Reference = (typeof vectors.cases)[number];

/** networkx iterates until no node changes by more than 1e-14; that leaves a multiple of it. */
const NETWORKX = 1e-11;

const references = vectors.cases.map((reference: Reference): Case<ContributionsDoor> => {
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

export const cases: Case<ContributionsDoor>[] = [
  ...references,
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
    ([name, question]): Case<ContributionsDoor> => ({
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
