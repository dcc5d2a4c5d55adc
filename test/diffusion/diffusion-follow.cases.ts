// Rankings that follow the changes of their graph, through both doors, against rankings of the changed graph from nothing.
import type { DiffusionRoom } from 'sublinear/diffusion';
import { expect } from 'vitest';
import { type Case, type RoomDoors, random } from '../support/door.js';
import { graphOf, rawGraph } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import type { Edges } from './diffusion.cases.js';

interface Answer {
  outcome: string;
  errorBound: number;
  nodes?: Uint32Array;
  scores?: Float64Array;
}

interface Changes {
  remove?: [number[], number[]];
  add?: [number[], number[], number[]?];
  nodeCount?: number;
}

export interface FollowDoor {
  /** Scores from a source (undefined: every node) after each of the changes, and of the edited graph from nothing. */
  follow: (
    graph: Edges,
    source: number | undefined,
    tolerance: number,
    changes: Changes[],
  ) => { kept: Answer; fresh: Answer }[];
}

export const doors: RoomDoors<'diffusion', FollowDoor> = {
  room: 'diffusion',
  bundle: 'network',
  table: 'diffusion-follow',
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: DiffusionRoom): FollowDoor {
  const make = (edges: Edges) => graphOf(room.Graph, edges);
  return {
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

function rawDoor(module: RawModule): FollowDoor {
  const { call } = module;

  function finish(rank: number, dense: boolean, nodeCount: number): Answer {
    const out = module.alloc(80 + 8 * nodeCount);
    try {
      // Steps of another size than the other door's: the result must be the same.
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
    follow(edges, source, tolerance, changes) {
      const graphs = [rawGraph(module, edges)];
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

export const cases = [true, false].flatMap((directed) =>
  [undefined, 3].flatMap((source) =>
    [false, true].map((weighted): Case<FollowDoor> => {
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
