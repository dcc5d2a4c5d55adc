// The same graph through both doors.
import type { Graph } from 'sublinear/graph';
import { RawModule } from './raw.js';

export interface EdgeArrays {
  nodeCount: number;
  from: number[];
  to: number[];
  weights?: number[] | null;
  directed?: boolean;
}

/** The handle of a graph in `module`. */
export function rawGraph(module: RawModule, edges: EdgeArrays): number {
  const { nodeCount, from, to, weights, directed } = edges;
  const arrays = [new Uint32Array(from), new Uint32Array(to), new Float64Array(weights ?? [])];
  return module.with(arrays, (fromAt, toAt, weightsAt) =>
    module.made(
      module.call.sl_abi_graph_from_edges!(
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

/** The handle of its copy in `module`, made in `home` first, as a host copies graphs from one module to another. */
export function rawGraphCopy(home: RawModule, edges: EdgeArrays, module: RawModule): number {
  const graph = rawGraph(home, edges);
  const copy = RawModule.copy('graph', home, graph, module);
  home.check(home.call.sl_abi_graph_destroy!(graph));
  return copy;
}

/** A graph of the module whose class this is, made as the raw ABI and networkx make it. */
export function graphOf(graphs: typeof Graph, edges: EdgeArrays): Graph {
  const { nodeCount, from, to, weights, directed = true } = edges;
  return graphs.fromEdges({
    nodeCount,
    from,
    to,
    directed,
    parallel: 'once',
    ...(weights && { weights }),
  });
}
