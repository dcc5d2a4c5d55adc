// What every cell of the matrix runs, as a user would write it: loads every room of the package, ranks the nodes of a
// graph, solves a system, searches a vector index, and compares the numbers with closed forms.
import { getEngine, isSublinearError, version } from 'sublinear';
import { load } from 'sublinear/diffusion';
// The bundle table of the build: { bundle: [room, ...] }.
import table from './table.js';

function equal(name, actual, expected, tolerance = 0) {
  const right =
    actual.length === expected.length &&
    expected.every((value, i) => Math.abs(actual[i] - value) <= tolerance);
  if (!right) throw new Error(`${name}: expected ${expected}, got ${Array.from(actual)}`);
}

/** One question to each bundle whose answer is known without it. */
const questions = {
  // A diagonal matrix divides.
  solver({ SparseMatrix, solve }) {
    const matrix = SparseMatrix.fromDiagonal([2, 4]);
    equal('solution', solve(matrix, [1, 1]).solution, [1 / 2, 1 / 4], 1e-9);
    matrix.dispose();
  },
  // On a directed circle of three, a walk that starts at 0 is at node i with probability (1 - d) d^i / (1 - d^3).
  network({ Graph, personalizedPageRank }) {
    const graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0], directed: true });
    const { nodes, scores } = personalizedPageRank(graph, {
      source: 0,
      damping: 0.5,
      topK: 3,
      tolerance: 1e-12,
    });
    equal('nodes', nodes, [0, 1, 2]);
    equal('scores', scores, [4 / 7, 2 / 7, 1 / 7], 1e-11);
    graph.dispose();
  },
  direct({ SparseMatrix, factorize }) {
    const matrix = SparseMatrix.fromDiagonal([2, 4]);
    const factor = factorize(matrix);
    equal('solution', factor.solve([1, 1]).solution, [1 / 2, 1 / 4]);
    factor.dispose();
    matrix.dispose();
  },
  // The way round is longer.
  paths({ Graph, shortestPath }) {
    const graph = Graph.fromEdges({ from: [0, 1, 0], to: [1, 2, 2], weights: [1, 2, 5] });
    equal('path', shortestPath(graph, { source: 0, target: 2 }).nodes, [0, 1, 2]);
    graph.dispose();
  },
  // Two pipes leave the source; one that leads to the target is narrow.
  cuts({ Graph, maxFlow }) {
    const graph = Graph.fromEdges({ from: [0, 0, 1], to: [1, 2, 2], weights: [3, 2, 1] });
    const { value, side } = maxFlow(graph, { source: 0, target: 2 });
    equal('flow', [value, ...side], [3, 0, 1]);
    graph.dispose();
  },
  // Two triangles that one edge joins.
  communities({ Graph, leiden }) {
    const from = [0, 0, 1, 2, 3, 3, 4];
    const graph = Graph.fromEdges({ from, to: [1, 2, 2, 3, 4, 5, 5], directed: false });
    equal('communities', leiden(graph).labels, [0, 0, 0, 1, 1, 1]);
    graph.dispose();
  },
  // One word is in both, the other one in the second.
  text({ TextIndex }) {
    const index = TextIndex.create({ fields: ['text'] });
    index.addMany(['a hotel', 'hotels by the sea'].map((text, id) => ({ id, fields: { text } })));
    const found = index.search('sea hotel').hits.map(({ id }) => id);
    equal('found', found, [1, 0]);
    index.dispose();
  },
  // Two classes spread from the ends of a path. One reward of 2 with the feature 1 and a ridge of 1: a mean of 1.
  learning({ Graph, labelSpread, linUcb, SemanticRouter }) {
    const graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
    const { labels } = labelSpread(graph, { classes: 2, nodes: [0, 3], labels: [0, 1] });
    equal('classes', labels, [0, 0, 1, 1]);
    graph.dispose();
    const bandit = linUcb({ arms: ['a', 'b'], dimension: 1 });
    bandit.learn('b', [1], 2);
    equal('bandit', bandit.estimates([1]).means, [0, 1]);
    bandit.dispose();
    const routes = ['a', 'b'].map((name, i) => ({ name, vectors: [[i, 1 - i]] }));
    const router = SemanticRouter.fit(routes);
    equal('router', router.route([3, 0]).scores, [0, 1]);
    router.dispose();
  },
  // A = (1 1), B = (10 0)': ten times the sum is added to the first number.
  training({ LoraAdapter }) {
    const adapter = LoraAdapter.create({ inputs: 2, rank: 1, alpha: 1 });
    adapter.setParameters([1, 1, 10, 0]);
    equal('adapted', adapter.apply([1, 2]), [31, 2]);
    adapter.dispose();
  },
  // 2024 is a leap year.
  dates({ DateSet }) {
    const february = DateSet.range('2024-02-01', '2024-02-29');
    equal('days', [february.size], [29]);
    february.dispose();
  },
  // The check value of CRC-32C, the first bytes of SHA-256 of "abc" (FIPS 180-4).
  trust({ crc32c, hash }) {
    const [first, second] = hash('sha256', 'abc');
    equal('digests', [crc32c('123456789'), first, second], [0xe3069283, 0xba, 0x78]);
  },
  // The first bytes of a file. An endless loop whose fuel ends.
  format({ meter, writeRemoteIndex }) {
    const file = writeRemoteIndex([1, 0, 0, 1], { dimension: 2 });
    equal('file', [file[1], file[2], file[3], file[8]], [115, 108, 102, 2]);
    const types = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1];
    const code = [7, 5, 1, 1, 0x66, 0, 0, 10, 9, 1, 7, 0, 3, 0x40, 12, 0, 11, 11];
    const endless = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, ...types, ...code);
    equal('metered', [meter(endless).instructions], [1]);
  },
  // Rows of a matrix, summed up.
  neural({ matmul }) {
    const x = { data: Float32Array.of(1, 2, 3, 4), rows: 2, columns: 2 };
    const ones = { data: Float32Array.of(1, 1), rows: 2, columns: 1 };
    equal('sums', matmul(x, ones), [3, 7]);
  },
  // The second is cheaper where the feature is large.
  chooser({ Chooser }) {
    const options = { methods: ['a', 'b'], features: 1, timeout: 99, policy: 'nearest' };
    const chooser = Chooser.create(options);
    const rows = Array.from({ length: 20 }, (_, i) => [i]);
    chooser.fit({ features: rows, costs: rows.map(([x]) => [x, 10]) });
    const chosen = [2, 17].map((x) => chooser.choose([x], { explore: false }).method === 'b');
    equal('chosen', chosen.map(Number), [0, 1]);
    chooser.dispose();
  },
  // 2 x + y = 3 and x + 3 y = 4.
  linalg({ lu }) {
    const decomposed = lu([
      [2, 1],
      [1, 3],
    ]);
    equal('solution', decomposed.solve([3, 4]).solution, [1, 1]);
    equal('determinant', [decomposed.determinant()], [5]);
    decomposed.dispose();
  },
  // Who is two steps away?
  property({ PropertyGraph }) {
    const graph = PropertyGraph.create();
    graph.addNodes({ label: 'P', count: 4 });
    graph.addEdges({ type: 'K', from: [0, 1, 2], to: [1, 2, 3] });
    const { rows } = graph.query('MATCH (a:P)-[:K]->()-[:K]->(b) RETURN id(a) * 10 + id(b) AS n');
    equal('pairs', rows.map(({ n }) => n).sort(), [13, 2]);
    graph.dispose();
  },
  // Points on a line: the nearest to 41.4 are 41, 42 and 40, and squares of their distances are known.
  vector({ Hnsw }) {
    const index = Hnsw.create({ metric: 'euclidean', dimension: 2 });
    for (let i = 0; i < 100; i++) index.add(i, [i, 0]);
    const { ids } = index.search([41.4, 0], { k: 3 });
    equal('nearest', ids, [41, 42, 40]);
    index.dispose();
  },
};

async function run(start) {
  const { personalizedPageRank } = await load();
  const engine = await getEngine();
  const { Graph } = await engine.use('graph');
  questions.network({ Graph, personalizedPageRank });
  const firstAnswerMs = performance.now() - start;

  const all = {};
  for (const [bundle, rooms] of Object.entries(table)) {
    for (const room of rooms) Object.assign(all, await engine.use(room));
    if (questions[bundle] === undefined)
      throw new Error(`no question is known to bundle "${bundle}"`);
    questions[bundle](all);
  }
  const { modules } = engine.stats();
  if (modules.length !== Object.keys(table).length) throw new Error('bundles are missing');
  const held = modules.filter((module) => module.objects > 0);
  if (held.length > 0) throw new Error(`objects were left: ${JSON.stringify(held)}`);
  return { ok: true, version, firstAnswerMs, variants: modules.map((module) => module.variant) };
}

/** Plain data: what was measured, or the error with what a user can see of it. `start`: before the import of this file. */
export async function program(start) {
  try {
    return await run(start);
  } catch (error) {
    const { name, code, message } = error;
    return { ok: false, ours: isSublinearError(error), name, code, message };
  }
}
