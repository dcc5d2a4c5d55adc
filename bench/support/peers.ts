// The npm packages that the foundation's table compares with, each at its best: its fastest applicable method, with its
// own data structure built before the clock starts unless building is what is measured.
//
// sublinear-time-solver: what its documented API can do with a large sparse system is little. SublinearSolver scans all
// entries for each diagonal element, and its Neumann series adds the terms where it should alternate their signs, so it
// converges to another system's solution. SolverTools.solve takes flat dense matrices to an inner conjugate-gradient
// loop, which is right and fast for its size. The strongest code in the package is
// HighPerformanceConjugateGradientSolver, compressed rows and typed arrays, which the package does not export: it is
// reached here by its path.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UndirectedGraph } from 'graphology';
import type { Csr, Edges } from './generators.js';

const require = createRequire(import.meta.url);

/** "name 1.2.3" of an installed package. */
export function versionOf(name: string): string {
  return `${name} ${JSON.parse(readFileSync(manifestOf(name), 'utf8')).version}`;
}

// Not every package exports its package.json: the folders of node_modules are searched instead.
function manifestOf(name: string): string {
  const candidates = (require.resolve.paths(name) ?? []).map((at) =>
    join(at, name, 'package.json'),
  );
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

interface DenseTools {
  solve(options: object): Promise<{ solution: number[]; converged: boolean; method: string }>;
}

interface DocumentedSolver {
  solve(matrix: object, b: number[]): Promise<{ solution: number[]; converged: boolean }>;
}

/** What is used of npm sublinear-time-solver. */
export interface SublinearTimeSolver {
  tools: DenseTools;
  Solver: new (options: object) => DocumentedSolver;
  /** Conjugate gradients on its own compressed rows; `solve` may be called again and again. */
  conjugateGradient(matrix: Csr, tolerance: number): { solve(b: Float64Array): Float64Array };
}

/** Loads it, and takes `console` away from it: it prints lines for each solver it makes, also later. */
export async function sublinearTimeSolver(): Promise<SublinearTimeSolver> {
  for (const name of ['log', 'warn'] as const) console[name] = () => {};
  const folder = join(dirname(manifestOf('sublinear-time-solver')), 'dist');
  const load = (path: string) => import(pathToFileURL(join(folder, path)).href);
  const inner = await load('core/high-performance-solver.js');
  const { SolverTools } = await load('mcp/tools/solver.js');
  const { SublinearSolver } = await load('core/solver.js');
  return {
    tools: SolverTools,
    Solver: SublinearSolver,
    conjugateGradient({ values, columns, rowPointers, rows }, tolerance) {
      const matrix = new inner.OptimizedSparseMatrix(values, columns, rowPointers, rows, rows);
      const solver = new inner.HighPerformanceConjugateGradientSolver({
        tolerance,
        maxIterations: 10_000,
      });
      return { solve: (b) => solver.solve(matrix, b).solution };
    },
  };
}

/** A graph in ngraph.graph's form. PageRank is defined on links with a direction, so both are added. */
export function ngraph(edges: Edges): unknown {
  const graph = require('ngraph.graph')();
  for (let u = 0; u < edges.nodeCount; u++) graph.addNode(u);
  for (let e = 0; e < edges.from.length; e++) {
    graph.addLink(edges.from[e], edges.to[e]);
    if (!edges.directed) graph.addLink(edges.to[e], edges.from[e]);
  }
  return graph;
}

/** Scores of ngraph.pagerank in node order. `tolerance` is the L1 change of its last iteration. */
export function ngraphPageRank(graph: unknown, damping: number, tolerance: number): Float64Array {
  const scores = require('ngraph.pagerank')(graph, damping, tolerance) as Record<string, number>;
  return inNodeOrder(scores);
}

/** A graph in graphology's form. */
export function graphology(edges: Edges): UndirectedGraph {
  const graph = new UndirectedGraph();
  for (let u = 0; u < edges.nodeCount; u++) graph.addNode(u);
  for (let e = 0; e < edges.from.length; e++) graph.addEdge(edges.from[e], edges.to[e]);
  return graph;
}

/** Scores of graphology-metrics in node order. Its own tolerance is per node; here it is the L1 change as above. */
export function graphologyPageRank(
  graph: UndirectedGraph,
  damping: number,
  tolerance: number,
): Float64Array {
  const options = {
    alpha: damping,
    tolerance: tolerance / graph.order,
    maxIterations: 1000,
    getEdgeWeight: null,
  };
  return inNodeOrder(require('graphology-metrics/centrality/pagerank')(graph, options));
}

function inNodeOrder(scores: Record<string, number>): Float64Array {
  const result = new Float64Array(Object.keys(scores).length);
  for (const node in scores) result[Number(node)] = scores[node]!;
  return result;
}
