// What Node prints for objects: what they are, not how they are made.
import { inspect } from 'node:util';
import { createEngine } from 'sublinear';
import { expect, test } from 'vitest';

test('objects say what they are when they are printed', async () => {
  const engine = await createEngine({ modules: ['graph', 'sparse', 'dense', 'solver', 'hnsw'] });
  const graph = engine.graph.Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 5], directed: false });
  const matrix = engine.sparse.SparseMatrix.identity(3);
  const vector = engine.dense.Vector.from([1, 2]);
  const index = engine.hnsw.Flat.create({ metric: 'dot', dimension: 2 });
  const prepared = engine.solver.prepare(matrix);
  expect(inspect(graph)).toBe('Graph { nodes: 6, edges: 3 }');
  expect(inspect({ graph })).toBe('{ graph: Graph { nodes: 6, edges: 3 } }');
  expect(inspect(matrix)).toBe("SparseMatrix { rows: 3, cols: 3, nnz: 3, dtype: 'float64' }");
  expect(inspect(vector)).toBe("Vector { length: 2, dtype: 'float32' }");
  expect(inspect(index)).toBe("Flat { size: 0, dimension: 2, metric: 'dot' }");
  expect(inspect(prepared)).toBe('PreparedSolver { size: 3 }');
  graph.dispose();
  expect(inspect(graph)).toBe('Graph (disposed)');
  engine.dispose();
  expect(inspect(matrix)).toBe('SparseMatrix (disposed)');
});
