// A few eigenpairs of large sparse symmetric problems, and what graphs learn from them.
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, asyncKeys, type Call, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { later, limitKeys, now, problem } from './pairs.js';
import type {
  EigenLimits,
  EigenOptions,
  EigenPairs,
  EmbeddingOptions,
  FiedlerPair,
  SingularOptions,
  SingularTriplets,
  SpectralEmbedding,
} from './types.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { SparseMatrix } from '../sparse/matrix.js';
export type {
  EigenLimits,
  EigenMethod,
  EigenOptions,
  EigenPairs,
  EigenWhich,
  EmbeddingOptions,
  FiedlerPair,
  SingularOptions,
  SingularTriplets,
  SpectralEmbedding,
} from './types.js';

/** What `engine.use('eigen')` and `load()` give. */
export interface EigenRoom {
  readonly SparseMatrix: typeof SparseMatrix;
  readonly Graph: typeof Graph;

  /**
   * A few eigenpairs of A x = lambda x, or of A x = lambda B x with a mass matrix B: the smallest, the largest, or those
   * nearest to sigma. Each comes with proved bounds, computed for the numbers that are returned. Eigenvalues that occur
   * several times are found as often. The matrices are copied.
   *
   * Lanczos with thick restarts on a sparse factor of A - sigma B, or without a factor; LOBPCG with an incomplete one where
   * there is no room. O(n k) memory beside the factor. Wu, Simon 2000, doi:10.1137/S0895479898334605; Grimes, Lewis, Simon
   * 1994, doi:10.1137/S0895479888151111; Knyazev 2001, doi:10.1137/S1064827500366124.
   *
   * @param matrix - n x n, exactly symmetric
   * @throws SublinearError `NOT_SQUARE`, `NOT_SYMMETRIC` (matrix, mass), `NOT_DEFINITE` (mass; `position`: the row whose pivot
   *   is not positive), `MEMORY`; RangeError `OPTION` (k, tolerance, maxIterations, skipNull: no Laplacian), `SHAPE` (mass,
   *   initial), `NOT_FINITE` (initial)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { eigenpairs, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 3, cols: 3, values: [2, -1, 0, -1, 2, -1, 0, -1, 2] });
   * const { values, errorBounds, certified } = eigenpairs(matrix, { k: 2 });
   * console.log(Array.from(values, (value) => value.toFixed(6))); // [ '0.585786', '2.000000' ]
   * console.log(errorBounds.every((bound) => bound < 1e-12), certified); // true 2
   * ```
   */
  eigenpairs(matrix: SparseMatrix, options?: EigenOptions): EigenPairs;

  /**
   * {@link eigenpairs} in slices of about 8 ms that let other tasks run; an abort takes at most 50 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { eigenpairsAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDiagonal([3, 5, 1]);
   * const { values } = await eigenpairsAsync(matrix, { k: 1, which: 'largest' });
   * console.log(values[0]?.toFixed(6)); // 5.000000
   * ```
   */
  eigenpairsAsync(
    matrix: SparseMatrix,
    options?: EigenOptions & AsyncOptions<WorkProgress>,
  ): Promise<EigenPairs>;

  /**
   * The algebraic connectivity of an undirected graph and its Fiedler vector: the second smallest eigenpair of the Laplacian
   * D - W. The signs of the vector cut the graph in two at a narrow place.
   *
   * M. Fiedler 1973, Czechoslovak Math. J. 23.
   *
   * @param graph - undirected, at least two nodes
   * @throws SublinearError `UNSUPPORTED` (directed), `MEMORY`; RangeError `OPTION` (one node)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { fiedler, Graph } = await load();
   * // Two triangles that one edge connects.
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3, 4, 5, 2], to: [1, 2, 0, 4, 5, 3, 3], directed: false });
   * const { value, vector, components } = fiedler(graph);
   * console.log(value.toFixed(6), components); // 0.438447 1
   * const side = Math.sign(vector[0] ?? 0);
   * console.log(Array.from(vector, (x) => Math.sign(x) === side)); // [ true, true, true, false, false, false ]
   * ```
   */
  fiedler(graph: Graph, options?: EigenLimits): FiedlerPair;

  /**
   * {@link fiedler} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { fiedlerAsync, Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 2], to: [1, 3], directed: false });
   * const { value, components } = await fiedlerAsync(graph);
   * console.log(value, components); // 0 2
   * ```
   */
  fiedlerAsync(
    graph: Graph,
    options?: EigenLimits & AsyncOptions<WorkProgress>,
  ): Promise<FiedlerPair>;

  /**
   * Coordinates for the nodes of an undirected graph from the smallest eigenvalues of its Laplacian other than 0: nodes that
   * many short ways connect lie near to each other. For clustering and for drawing.
   *
   * Belkin, Niyogi 2003, doi:10.1162/089976603321780317.
   *
   * @throws SublinearError `UNSUPPORTED` (directed), `MEMORY`; RangeError `OPTION` (dimensions: `k` in the message; there are
   *   as many as nodes less components)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { spectralEmbedding, Graph } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * const { embedding, values } = spectralEmbedding(path, { dimensions: 1 });
   * console.log(values[0]?.toFixed(6), embedding.length); // 0.500000 4
   * ```
   */
  spectralEmbedding(graph: Graph, options?: EmbeddingOptions): SpectralEmbedding;

  /**
   * {@link spectralEmbedding} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { spectralEmbeddingAsync, Graph } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * const { embedding } = await spectralEmbeddingAsync(path, { dimensions: 2, normalized: false });
   * console.log(embedding.length); // 8
   * ```
   */
  spectralEmbeddingAsync(
    graph: Graph,
    options?: EmbeddingOptions & AsyncOptions<WorkProgress>,
  ): Promise<SpectralEmbedding>;

  /**
   * The largest singular values of a sparse matrix of any shape, with their vectors: Lanczos on [0 A; A^T 0], whose
   * eigenvalues they are. The matrix is copied.
   *
   * Golub, Kahan 1965, doi:10.1137/0702016.
   *
   * @param matrix - m x n
   * @throws SublinearError `MEMORY`, `OVERFLOW`; RangeError `OPTION` (k, tolerance, maxIterations)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { singularTriplets, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 3, values: [3, 0, 0, 0, 0, 4] });
   * const { values, left, right } = singularTriplets(matrix, { k: 2 });
   * console.log(Array.from(values, (value) => value.toFixed(6)), left.length, right.length); // [ '4.000000', '3.000000' ] 4 6
   * ```
   */
  singularTriplets(matrix: SparseMatrix, options?: SingularOptions): SingularTriplets;

  /**
   * {@link singularTriplets} in slices of about 8 ms.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/eigen';
   *
   * const { singularTripletsAsync, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 1, cols: 2, values: [3, 4] });
   * console.log((await singularTripletsAsync(matrix)).values[0]?.toFixed(6)); // 5.000000
   * ```
   */
  singularTripletsAsync(
    matrix: SparseMatrix,
    options?: SingularOptions & AsyncOptions<WorkProgress>,
  ): Promise<SingularTriplets>;
}

const pairKeys = [...limitKeys, 'k', 'which', 'sigma', 'mass', 'initial', 'skipNull'] as const;
const singularKeys = [...limitKeys, 'k'] as const;
const embeddingKeys = [...limitKeys, 'dimensions', 'normalized'] as const;

function limitsOf<Options extends EigenLimits & AsyncOptions<WorkProgress>>(
  options: Options,
): EigenLimits & AsyncOptions<WorkProgress> {
  const keys = [...limitKeys, ...asyncKeys];
  return Object.fromEntries(
    keys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime, solver: Runtime): EigenRoom {
  const pairsOf = (matrix: SparseMatrix, options: EigenOptions) => (call: Call<EigenLimits>) => {
    const { operation, scratch } = call;
    const { sigma, mass, initial, skipNull = false } = options;
    const { which = sigma === undefined ? 'smallest' : 'nearest' } = options;
    if (sigma !== undefined && which !== 'nearest')
      throw check.rangeError(operation, 'sigma', "which: 'nearest' with it", sigma);
    const from = initial === undefined ? undefined : scratch.doubles('initial', initial);
    const { k = Math.min(6, rows(operation, matrix)) } = options;
    const at = problem(call, k, which, sigma ?? 0, skipNull);
    const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
    const rawMass =
      mass === undefined ? null : rawOf(runtime, operation, 'mass', mass, SparseMatrix);
    const made = runtime.raw.Eigen.create(raw, rawMass, at, from?.address ?? 0, from?.length ?? 0);
    // The problem has copies of its own.
    matrix.dropCopyIn(runtime);
    mass?.dropCopyIn(runtime);
    return made;
  };
  const graphPairs =
    (graph: Graph, k: number, skipNull: boolean, normalized: boolean) =>
    (call: Call<EigenLimits>) => {
      const { operation } = call;
      const at = problem(call, k, 'smallest', 0, skipNull);
      const raw = rawOf(runtime, operation, 'graph', graph, Graph);
      const made = runtime.raw.Eigen.createGraph(raw, normalized, at);
      graph.dropCopyIn(runtime);
      return made;
    };
  const triplets =
    (matrix: SparseMatrix, given: SingularOptions, shape: Shape) => (call: Call<EigenLimits>) => {
      const { operation } = call;
      rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
      shape.rows = matrix.rows;
      const { k = Math.min(6, matrix.rows, matrix.cols) } = given;
      const at = problem(call, k, 'largest', 0, false);
      const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
      const made = runtime.raw.Eigen.createSingular(raw, at);
      matrix.dropCopyIn(runtime);
      return made;
    };
  const coordinates = (operation: string, options: EmbeddingOptions) => ({
    dimensions: check.integer(operation, 'dimensions', options.dimensions ?? 2, 1, 0xffff_ffff),
    normalized: check.boolean(operation, 'normalized', options.normalized ?? true),
  });
  const rows = (operation: string, matrix: SparseMatrix) => {
    rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
    return matrix.rows;
  };

  return {
    SparseMatrix: solver.bind(SparseMatrix),
    Graph: network.bind(Graph),
    eigenpairs(matrix, options) {
      const operation = 'eigenpairs';
      const given = check.options<EigenOptions>(operation, options, pairKeys);
      return now(runtime, operation, limitsOf(given), pairsOf(matrix, given), (pairs) => pairs);
    },
    async eigenpairsAsync(matrix, options) {
      const operation = 'eigenpairsAsync';
      const keys = [...pairKeys, ...asyncKeys];
      const given = check.options<EigenOptions & AsyncOptions<WorkProgress>>(
        operation,
        options,
        keys,
      );
      return later(runtime, operation, limitsOf(given), pairsOf(matrix, given), (pairs) => pairs);
    },
    fiedler(graph, options) {
      const operation = 'fiedler';
      const given = check.options<EigenLimits>(operation, options, limitKeys);
      return now(runtime, operation, limitsOf(given), graphPairs(graph, 2, false, false), second);
    },
    async fiedlerAsync(graph, options) {
      const operation = 'fiedlerAsync';
      const keys = [...limitKeys, ...asyncKeys];
      const given = check.options<EigenLimits & AsyncOptions<WorkProgress>>(
        operation,
        options,
        keys,
      );
      const make = graphPairs(graph, 2, false, false);
      return later(runtime, operation, limitsOf(given), make, second);
    },
    spectralEmbedding(graph, options) {
      const operation = 'spectralEmbedding';
      const given = check.options<EmbeddingOptions>(operation, options, embeddingKeys);
      const { dimensions, normalized } = coordinates(operation, given);
      const make = graphPairs(graph, dimensions, true, normalized);
      return now(runtime, operation, limitsOf(given), make, asRows(dimensions));
    },
    async spectralEmbeddingAsync(graph, options) {
      const operation = 'spectralEmbeddingAsync';
      const keys = [...embeddingKeys, ...asyncKeys];
      const given = check.options<EmbeddingOptions & AsyncOptions<WorkProgress>>(
        operation,
        options,
        keys,
      );
      const { dimensions, normalized } = coordinates(operation, given);
      const make = graphPairs(graph, dimensions, true, normalized);
      return later(runtime, operation, limitsOf(given), make, asRows(dimensions));
    },
    singularTriplets(matrix, options) {
      const operation = 'singularTriplets';
      const given = check.options<SingularOptions>(operation, options, singularKeys);
      const shape: Shape = { rows: 0 };
      const make = triplets(matrix, given, shape);
      return now(runtime, operation, limitsOf(given), make, apart(shape));
    },
    async singularTripletsAsync(matrix, options) {
      const operation = 'singularTripletsAsync';
      const keys = [...singularKeys, ...asyncKeys];
      const given = check.options<SingularOptions & AsyncOptions<WorkProgress>>(
        operation,
        options,
        keys,
      );
      const shape: Shape = { rows: 0 };
      const make = triplets(matrix, given, shape);
      return later(runtime, operation, limitsOf(given), make, apart(shape));
    },
  };
}

/** Rows of the matrix whose singular values are sought: known when its call begins. */
interface Shape {
  rows: number;
}

/** [u; v] / sqrt(2) taken apart. */
const apart =
  (shape: Shape) =>
  (pairs: EigenPairs, n: number): SingularTriplets => {
    const { values, vectors, residuals, errorBounds, outcome, converged } = pairs;
    const { certified, iterations } = pairs;
    const { rows } = shape;
    const cols = n - rows;
    const left = new Float64Array(rows * values.length);
    const right = new Float64Array(cols * values.length);
    for (let j = 0; j < values.length; j++) {
      const whole = vectors.subarray(j * n, (j + 1) * n).map((x) => x * Math.SQRT2);
      left.set(whole.subarray(0, rows), j * rows);
      right.set(whole.subarray(rows), j * cols);
    }
    return {
      // Singular values are not negative; the eigenvalue of the same size is as near.
      values: values.map(Math.abs),
      left,
      right,
      residuals,
      errorBounds,
      outcome,
      converged,
      ...(certified !== undefined && { certified }),
      iterations,
    };
  };

/** The second pair; where a budget ended the work before there was one, the residual says so. */
function second(pairs: EigenPairs, n: number): FiedlerPair {
  const { values, vectors, residuals, errorBounds, angleBounds, outcome, iterations } = pairs;
  const { certified, components = 0 } = pairs;
  return {
    value: values[1] ?? 0,
    vector: values.length > 1 ? vectors.slice(n) : new Float64Array(n),
    errorBound: errorBounds[1] ?? Number.POSITIVE_INFINITY,
    angleBound: angleBounds[1] ?? 1,
    residual: residuals[1] ?? Number.POSITIVE_INFINITY,
    components,
    outcome,
    ...(certified !== undefined && { certified }),
    iterations,
  };
}

const asRows =
  (dimensions: number) =>
  (pairs: EigenPairs, n: number): SpectralEmbedding => {
    const { values, vectors, errorBounds, outcome, certified, components = 0, iterations } = pairs;
    const embedding = new Float64Array(n * dimensions);
    for (let j = 0; j < values.length; j++) {
      for (let i = 0; i < n; i++) embedding[i * dimensions + j] = vectors[j * n + i] as number;
    }
    return {
      embedding,
      dimensions,
      values,
      errorBounds,
      components,
      outcome,
      ...(certified !== undefined && { certified }),
      iterations,
    };
  };
