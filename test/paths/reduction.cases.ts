// The transitive reduction through both doors, against networkx (test/vectors/paths/generate-reduction.py).
import type { PathsRoom } from 'sublinear/paths';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import { type EdgeArrays, graphOf, rawGraphCopy } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/paths/reduction.json' with { type: 'json' };

interface Reduced {
  from: Uint32Array;
  to: Uint32Array;
  weights?: Float64Array;
}

export type ReductionDoor = (edges: EdgeArrays) => Reduced;

export const doors: RoomDoors<'paths', ReductionDoor> = {
  room: 'paths',
  bundle: 'paths',
  besides: ['network'],
  table: 'paths-reduction',
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: PathsRoom): ReductionDoor {
  return (edges) => {
    using graph = graphOf(room.Graph, edges);
    const { work, ...found } = room.transitiveReduction(graph);
    expect(work.edgeOperations).toBeGreaterThan(0);
    return found;
  };
}

function rawDoor(module: RawModule, network?: RawModule): ReductionDoor {
  const { call } = module;
  return (edges) => {
    const graph = rawGraphCopy(network as RawModule, edges, module);
    const at = module.alloc(128);
    let paths = 0;
    try {
      paths = module.made(call.sl_abi_paths_create!(graph));
      module.with([new Float64Array(8)], (options) =>
        module.check(call.sl_abi_paths_begin!(paths, 11, options!, 0, 0)),
      );
      // Steps of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(paths, 7, at));
      while (module.u32(at, 1)[0] === 9);
      module.check(call.sl_abi_paths_read!(paths, at));
      const [, , count, from, to, weights] = module.f64(at, 16) as unknown as number[];
      return {
        from: module.u32(from!, count!),
        to: module.u32(to!, count!),
        ...(weights !== 0 && { weights: module.f64(weights!, count!) }),
      };
    } finally {
      call.sl_abi_free!(at);
      if (paths) module.check(call.sl_abi_paths_destroy!(paths));
      module.check(call.sl_abi_graph_destroy!(graph));
    }
  };
}

interface Reference {
  nodeCount: number;
  from: number[];
  to: number[];
  weights: number[];
  kept: [number, number, number][];
}

export const cases: Case<ReductionDoor>[] = [
  ...(vectors.cases as unknown as Reference[]).flatMap(({ kept, weights, ...edges }) =>
    [true, false].map(
      (weighted): Case<ReductionDoor> => ({
        name: `networkx: ${edges.nodeCount} nodes, ${edges.from.length} edges${weighted ? ' with weights' : ''}`,
        run: (reduce) => reduce({ ...edges, ...(weighted && { weights }), directed: true }),
        check({ from, to, weights: left }: Reduced) {
          expect(Array.from(from, (u, i) => [u, to[i]])).toEqual(kept.map(([u, v]) => [u, v]));
          expect(left && Array.from(left)).toEqual(weighted ? kept.map(([, , w]) => w) : undefined);
        },
      }),
    ),
  ),
  {
    name: 'a cycle, a loop and edges without a direction are refused',
    run: (reduce) =>
      [
        { nodeCount: 3, from: [0, 1, 2], to: [1, 2, 0], directed: true },
        { nodeCount: 2, from: [0, 1], to: [1, 1], directed: true },
        { nodeCount: 2, from: [0], to: [1], directed: false },
      ].map((edges) => attempt(() => reduce(edges))),
    check(results: unknown[]) {
      for (const result of results) expect(result).toMatchObject({ refused: 'UNSUPPORTED' });
    },
  },
];
