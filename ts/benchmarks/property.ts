// Benchmark cases of property.

import type { PropertyGraph } from '../rooms/property/class.js';
import type { PropertyRoom } from '../rooms/property/property.js';
import type { Case } from './case.js';

/** Ten edges a node, always the same. */
function people({ PropertyGraph }: PropertyRoom, count: number): PropertyGraph {
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const graph = PropertyGraph.create();
  const columns = {
    id: Int32Array.from({ length: count }, (_, i) => i),
    age: Int32Array.from({ length: count }, () => next(80)),
  };
  graph.addNodes({ label: 'Person', count, columns });
  const ends = () => Uint32Array.from({ length: 10 * count }, () => next(count));
  graph.addEdges({ type: 'KNOWS', from: ends(), to: ends() });
  graph.compact();
  return graph;
}

const running =
  (text: string, times: number): Case<PropertyRoom>['prepare'] =>
  (room, size) => {
    const graph = people(room, size);
    const query = graph.prepare(text);
    return {
      run() {
        for (let i = 0; i < times; i++) query.run({ id: i % size });
      },
      operations: 0,
      bytes: 0,
      dispose() {
        query.dispose();
        graph.dispose();
      },
    };
  };

export const benchmarks: Record<'lookups' | 'paths' | 'triangles', Case<PropertyRoom>> = {
  // A thousand nodes by the value of a property.
  lookups: {
    defaultSize: 10_000,
    prepare: running('MATCH (p:Person {id: $id}) RETURN p.age AS age', 1000),
  },
  // All paths of two edges with conditions on both ends.
  paths: {
    defaultSize: 10_000,
    prepare: running(
      'MATCH (a:Person)-[:KNOWS]->()-[:KNOWS]->(c) WHERE a.age > 40 AND c.age < 40 RETURN count(*) AS n',
      1,
    ),
  },
  triangles: {
    defaultSize: 10_000,
    prepare: running('MATCH (a)-[:KNOWS]->(b)-[:KNOWS]->(c)-[:KNOWS]->(a) RETURN count(*) AS n', 1),
  },
};
