// The methods and the orders of elimination, and their numbers in the C core.

/** In the order of their numbers in csrc/direct/factor.h: the raw door of the tests takes those. */
export const methodNames = ['auto', 'cholesky', 'ldlt', 'lu'] as const;
const orderingNames = ['amd', 'natural', 'auto', 'columns', 'nested'] as const;

export const methods = numbered(methodNames);
export const orderings = numbered(orderingNames);

/**
 * How a matrix is factorised:
 *
 * - `'auto'` looks at the matrix: `'cholesky'` where it may be definite, `'ldlt'` where it is symmetric and no pivot has to
 *   be replaced, else `'lu'` (default)
 * - `'cholesky'` L L^T of a symmetric positive definite matrix
 * - `'ldlt'` L D L^T of a symmetric matrix, D with blocks of one and two rows; pivots that are too small are replaced
 * - `'lu'` L U of any matrix, block by block of its block triangular form, with threshold pivoting
 */
export type FactorMethod = (typeof methodNames)[number];

/**
 * The order in which unknowns are eliminated, which decides the fill:
 *
 * - `'auto'` (default) `'amd'`, or another one that is predicted to fill less where that is worth looking for
 * - `'amd'` approximate minimum degree; for `'lu'` on the pattern of each block and its transpose
 * - `'columns'` of `'lu'`: minimum degree on A A^T, without forming it, as COLAMD does. Fills little whatever the pivots are
 * - `'nested'` of `'cholesky'` and `'ldlt'`: nested dissection, for meshes
 * - `'natural'` as the rows stand; of `'lu'`, inside its blocks
 */
export type FactorOrdering = (typeof orderingNames)[number];

export function methodName(number: number): Exclude<FactorMethod, 'auto'> {
  return methodNames[number] as Exclude<FactorMethod, 'auto'>;
}

export function orderingName(number: number): Exclude<FactorOrdering, 'auto'> {
  return orderingNames[number] as Exclude<FactorOrdering, 'auto'>;
}

function numbered<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name, number) => [name, number])) as Record<Name, number>;
}
