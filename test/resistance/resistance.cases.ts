// Resistances and potentials through both doors. Reference answers come from networkx and scipy
// (test/vectors/contributions/generate.py).
import type { ResistanceRoom } from 'sublinear/resistance';
import { expect } from 'vitest';
import type { Edges } from '../diffusion/diffusion.cases.js';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import { graphOf, rawGraphCopy } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/resistance/resistances.json' with { type: 'json' };

type Question =
  | { between: [number, number]; tolerance?: number; maxWork?: number }
  | { epsilon: number; confidence: number; seed: number }
  | { boundary: number[]; values: number[]; tolerance?: number };

interface Answer {
  outcome: string;
  errorBound: number;
  value?: number;
  scores?: Float64Array;
}

export interface ResistanceDoor {
  ask: (graph: Edges, ...questions: Question[]) => Answer[];
}

export const doors: RoomDoors<'resistance', ResistanceDoor> = {
  room: 'resistance',
  bundle: 'solver',
  besides: ['network'],
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: ResistanceRoom): ResistanceDoor {
  return {
    ask(edges, ...questions) {
      using graph = graphOf(room.Graph, edges);
      return questions.map((question): Answer => {
        if ('between' in question) {
          const { between, ...options } = question;
          const [source, target] = between;
          const found = room.effectiveResistance(graph, { ...options, source, target });
          const { resistance: value, errorBound, outcome } = found;
          return { value, errorBound, outcome };
        }
        if ('epsilon' in question) {
          const found = room.edgeResistances(graph, question);
          const { relativeError: errorBound, outcome, resistances: scores } = found;
          return { errorBound, outcome, scores };
        }
        const { boundary: nodes, values, ...options } = question;
        const found = room.harmonicPotentials(graph, { ...options, boundary: { nodes, values } });
        const { errorBound, outcome, potentials: scores } = found;
        return { errorBound, outcome, scores };
      });
    },
  };
}

const NONE = 0xffff_ffff;

/** Graphs are made in the other module, and come across as a host copies them. */
function rawDoor(module: RawModule, network?: RawModule): ResistanceDoor {
  const { call } = module;

  function one(graph: number, question: Question): Answer {
    const out = module.alloc(96);
    const name = (outcome: number) => module.text(call.sl_abi_outcome_name!(outcome));
    let object = 0;
    try {
      const boundary = 'boundary' in question ? question.boundary : [];
      const values = 'boundary' in question ? question.values : [];
      const [s, t] = 'between' in question ? question.between : [NONE, NONE];
      const tolerance = 'epsilon' in question ? question.epsilon : (question.tolerance ?? 1e-6);
      const [confidence, seed] =
        'epsilon' in question ? [question.confidence, question.seed] : [0, 0];
      const maxWork = 'maxWork' in question ? (question.maxWork ?? 0) : 0;
      module.with(
        [
          new Uint32Array(boundary),
          new Float64Array(values),
          new Float64Array([tolerance, confidence, seed, maxWork]),
        ],
        (at, valuesAt, options) => {
          object = module.made(call.sl_abi_potentials_create!(graph, at!, boundary.length));
          const given = boundary.length > 0 ? valuesAt! : 0;
          module.check(call.sl_abi_potentials_begin!(object, s, t, options!, given));
        },
      );
      // Steps of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(object, 777, out));
      while (module.u32(out, 1)[0] === 9);
      module.check(call.sl_abi_potentials_read!(object, out));
      const found = module.f64(out, 9);
      const answer = { errorBound: found[2]!, outcome: name(found[0]!) };
      if ('between' in question) return { ...answer, value: found[1]! };
      return { ...answer, scores: module.f64(found[8]!, found[7]!) };
    } finally {
      if (object) module.check(call.sl_abi_potentials_destroy!(object));
      call.sl_abi_free!(out);
    }
  }

  return {
    ask(edges, ...questions) {
      const graph = rawGraphCopy(network as RawModule, edges, module);
      try {
        return questions.map((question) => one(graph, question));
      } finally {
        module.check(call.sl_abi_graph_destroy!(graph));
      }
    },
  };
}

const references = vectors.cases.map((reference): Case<ResistanceDoor> => {
  const pairs = reference.pairs as [number, number][];
  return {
    name: `networkx and scipy: ${reference.name}`,
    run: ({ ask }) =>
      ask(reference as Edges, ...pairs.map((between) => ({ between, tolerance: 1e-10 })), {
        boundary: reference.boundary,
        values: reference.values,
      }),
    check(answers: Answer[]) {
      for (const [i, exact] of reference.resistances.entries()) {
        const { value, errorBound, outcome } = answers[i]!;
        expect(outcome).toBe('converged');
        if (exact === null) expect(value).toBe(Infinity);
        else expect(Math.abs(value! - exact)).toBeLessThanOrEqual(errorBound + 1e-12);
      }
      const { scores, errorBound } = answers.at(-1)!;
      for (const [u, exact] of reference.potentials.entries()) {
        if (exact === null) expect(scores![u]).toBeNaN();
        else expect(Math.abs(scores![u]! - exact)).toBeLessThanOrEqual(errorBound + 1e-12);
      }
    },
  };
});

const square: Edges = {
  nodeCount: 4,
  from: [0, 1, 2, 3],
  to: [1, 2, 3, 0],
  directed: false,
};

const refusals: [string, Question, Edges?][] = [
  ['a node that does not exist', { between: [0, 4] }],
  ['tolerance 1', { between: [0, 1], tolerance: 1 }],
  ['a directed graph', { between: [0, 1] }, { ...square, directed: true }],
  ['a boundary node twice', { boundary: [1, 1], values: [0, 1] }],
  ['a boundary node that does not exist', { boundary: [0, 4], values: [0, 1] }],
  ['a boundary value that is not finite', { boundary: [0, 1], values: [0, Number.NaN] }],
  ['a sketch with confidence 1', { epsilon: 0.5, confidence: 1, seed: 0 }],
];

export const cases: Case<ResistanceDoor>[] = [
  ...references,
  {
    name: 'resistances of all edges of a square, by a sketch',
    run: ({ ask }) => ask(square, { epsilon: 0.5, confidence: 0.99, seed: 3 }),
    check([{ scores, errorBound, outcome }]: [Answer]) {
      expect([outcome, errorBound <= 0.5]).toEqual(['converged', true]);
      for (const resistance of scores!)
        expect(Math.abs(resistance - 0.75)).toBeLessThanOrEqual(0.75 * errorBound);
    },
  },
  ...refusals.map(
    ([name, question, graph = square]): Case<ResistanceDoor> => ({
      name: `refuses ${name} and stays usable`,
      run: ({ ask }) => [attempt(() => ask(graph, question)), ask(square, { between: [0, 2] })],
      check([refusal]: [{ refused: string }]) {
        expect(refusal.refused).toMatch(/^(OPTION|INDEX|ARGUMENT|NOT_FINITE|UNSUPPORTED)$/);
      },
    }),
  ),
];
