// Methods of solving and orders of rows: their names, and the numbers that C has for them.

// In the order of their numbers in csrc/solver/solver.h, which a test compares.
export const methodNames = [
  'auto',
  'cg',
  'gaussSeidel',
  'bicgstab',
  'lu',
  'amg',
  'approximateCholesky',
  'gmres',
  'symmetricGaussSeidel',
  'incompleteCholesky',
  'cholesky',
  'bicgstabIlu',
] as const;

export const methods = Object.fromEntries(methodNames.map((name, number) => [name, number]));

export const orderings = { auto: 0, natural: 1, reverseCuthillMckee: 2, topological: 3 } as const;

/**
 * In which order the rows of a matrix are worked on:
 *
 * - `'auto'` another order than the matrix's own where it is found to pay (default)
 * - `'natural'` as the rows come
 * - `'reverseCuthillMckee'` rows that are coupled lie close together, which the caches like and an incomplete
 *   factorisation, too: with `'amg'`, `'symmetricGaussSeidel'` and `'incompleteCholesky'`
 * - `'topological'` each row after those it depends on, as far as there are no cycles: with `'gaussSeidel'`, which then
 *   needs few sweeps on a matrix that is triangular, or nearly so, but for the order of its rows
 */
export type RowOrdering = keyof typeof orderings;

/** What `'auto'` may choose beside the methods that have a name of their own: factorisations of `sublinear/direct`. */
export type FactorMethodName = 'direct-cholesky' | 'direct-ldlt' | 'direct-lu';

/**
 * How a system is solved:
 *
 * - `'auto'` looks at the matrix and chooses; when a method fails, the next sensible one goes on (default). Where
 *   `sublinear/direct` can be had, its factorisations are among them
 * - `'cg'` conjugate gradients with the diagonal as preconditioner: symmetric, positive or negative definite
 * - `'gaussSeidel'` sweeps: dominant in rows or columns, or symmetric definite
 * - `'bicgstab'` stabilised bi-conjugate gradients: any matrix, without a promise
 * - `'bicgstabIlu'` the same with an incomplete LU factor in place of the diagonal
 * - `'gmres'` restarted minimal residuals with an incomplete LU factor: any matrix, without a promise
 * - `'amg'` conjugate gradients with algebraic multigrid: as `'cg'`, several times faster on meshes and grids
 * - `'symmetricGaussSeidel'` conjugate gradients with a symmetric sweep: as `'cg'`, about half the iterations
 * - `'incompleteCholesky'` conjugate gradients with an incomplete factor without fill, IC(0), its diagonal shifted where
 *   it breaks down: as `'cg'`, about a third of the iterations on meshes
 * - `'approximateCholesky'` conjugate gradients with a randomised factorisation: symmetric, diagonally dominant
 *   matrices of any structure, such as Laplacians of social graphs
 * - `'cholesky'` dense factorisation: symmetric, definite or semidefinite, of at most 400 rows; half the work of `'lu'`
 * - `'lu'` dense factorisation with partial pivoting: any matrix of at most 400 rows
 */
export type SolveMethod = (typeof methodNames)[number];

/** What `'auto'` may try last where `sublinear/direct` can be had: methods of `sublinear/leastsquares`. */
export type FurtherMethodName = 'cgIct' | 'gmresIlut' | 'minres' | 'lsmr';

/** What has solved a system: a method, a factorisation of `sublinear/direct`, or a method of `sublinear/leastsquares`. */
export type AnswerMethod = Exclude<SolveMethod, 'auto'> | FactorMethodName | FurtherMethodName;
