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

test('so do filters, collections, and what is read from afar', async () => {
  const engine = await createEngine({ modules: ['graph', 'hnsw', 'text', 'format', 'inference'] });
  const { Collection, Filter } = engine.hnsw;
  expect(inspect(Filter.from([1, 5]))).toBe('Filter { size: 2 }');
  expect(inspect(engine.text.TextFilter.from(['a', 'b']))).toBe('TextFilter { size: 2 }');
  const films = Collection.create({ metric: 'dot', dimension: 2 });
  films.add({ key: 'Alien', vector: [1, 0] });
  expect(inspect(films)).toBe("Collection { size: 1, dimension: 2, metric: 'dot' }");
  films.dispose();
  expect(inspect(films)).toBe('Collection (disposed)');
  const { RemoteGraph, RemoteIndex, RemoteText } = engine.format;
  const { writeRemoteGraph, writeRemoteIndex, writeRemoteText } = engine.format;
  const index = await RemoteIndex.open(new Blob([writeRemoteIndex([1, 3], { dimension: 1 })]));
  expect(inspect(index)).toBe('RemoteIndex { size: 2, dimension: 1 }');
  const edge = engine.graph.Graph.fromEdges({ from: [0], to: [1] });
  const graph = await RemoteGraph.open(new Blob([writeRemoteGraph(edge)]));
  expect(inspect(graph)).toBe('RemoteGraph { nodes: 2, edges: 1 }');
  graph.dispose();
  expect(inspect(graph)).toBe('RemoteGraph (disposed)');
  const words = engine.text.TextIndex.create({ fields: ['text'] });
  const lists = await RemoteText.open(new Blob([writeRemoteText(words)]));
  expect(inspect(lists)).toBe("RemoteText { size: 0, fields: [ 'text' ] }");
  lists.dispose();
  expect(inspect(lists)).toBe('RemoteText (disposed)');
  const embedder = engine.inference.StaticEmbedder.fromWords({
    words: ['sea'],
    vectors: Float32Array.of(1, 2),
  });
  const texts = engine.inference.TextCollection.create({ embedder, Collection });
  expect(inspect(texts)).toBe('TextCollection { size: 0 }');
  engine.dispose();
});

test('what is no object itself is printed too', async () => {
  const engine = await createEngine({ modules: ['dense', 'format'] });
  const { Vector } = engine.dense;
  expect(inspect(Object.create(Vector.prototype))).toContain('Vector {}');
  const { RemoteIndex } = engine.format;
  expect(inspect(Object.create(RemoteIndex.prototype))).toContain('RemoteIndex {}');
  engine.dispose();
});
