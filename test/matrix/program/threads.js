// The program of the cells that try the worker engine, in place of program.js: an engine in a worker ranks the nodes of a
// graph and searches a vector index.
import { isSublinearError, version } from 'sublinear';
import { createWorkerEngine } from 'sublinear/worker';

function equal(name, actual, expected, tolerance = 0) {
  const right =
    actual.length === expected.length &&
    expected.every((value, i) => Math.abs(actual[i] - value) <= tolerance);
  if (!right) throw new Error(`${name}: expected ${expected}, got ${Array.from(actual)}`);
}

async function run(start) {
  const engine = await createWorkerEngine();
  const { Graph } = await engine.use('graph');
  const { personalizedPageRank } = await engine.use('diffusion');
  // On a directed circle of three, a walk that starts at 0 is at node i with probability (1 - d) d^i / (1 - d^3).
  const graph = await Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0], directed: true });
  const ask = { source: 0, damping: 0.5, topK: 3, tolerance: 1e-12 };
  const { nodes, scores } = await personalizedPageRank(graph, ask);
  equal('nodes', nodes, [0, 1, 2]);
  equal('scores', scores, [4 / 7, 2 / 7, 1 / 7], 1e-11);
  const firstAnswerMs = performance.now() - start;

  const { Flat } = await engine.use('hnsw');
  const index = await Flat.create({ metric: 'euclidean', dimension: 2 });
  for (let i = 0; i < 10; i++) await index.add(i, [i, 0]);
  equal('nearest', (await index.search([4.4, 0], { k: 3 })).ids, [4, 5, 3]);
  const { modules } = await engine.stats();
  await graph.dispose();
  await index.dispose();
  await engine.dispose();
  if (modules.length !== 2) throw new Error(`${modules.length} modules in the worker`);
  return { ok: true, version, firstAnswerMs, variants: modules.map((module) => module.variant) };
}

/** As in program.js. */
export async function program(start) {
  try {
    return await run(start);
  } catch (error) {
    const { name, code, message } = error;
    return { ok: false, ours: isSublinearError(error), name, code, message };
  }
}
