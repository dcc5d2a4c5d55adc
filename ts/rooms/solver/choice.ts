// When a sparse factorisation is looked at, and when it is made: numbers only, no objects. The same matrix, right-hand side and
// options lead to the same choice on every machine: nothing here reads a clock.

import type { FurtherMethodName } from './methods.js';

/** What is known of a matrix before anything is tried. */
export interface MatrixFacts {
  rows: number;
  entries: number;
  symmetric: boolean;
  /** Smallest slack of a row or a column, in parts of its diagonal entry; the larger of the two. */
  slack: number;
}

// Nanoseconds on the machine they were taken from (2.6 GHz, SIMD); only their ratios matter. An edge operation is one entry
// multiplied, with its share of the work on vectors.
const EDGE = 2;
/** Order and counts, for each entry and row. */
const ANALYSIS = 150;

/** Edge operations that iterations may take before the rest is predicted, for each entry and row: an eighth of an analysis. */
const FIRST_LOOK = 9;
/** The same where multigrid is expected to converge: what its setup and a dozen iterations take, and a third more. */
const FIRST_LOOK_DOMINANT = 110;
/** What rounding may take of a slack of 0. */
const ROUNDING = 1e-12;
/** Below this nothing is worth another module's time. */
export const FEW_ROWS = 64;
/** Loading the other module, unless it is there. */
const LOADING = 5e6;
/** Iterations that are left are worth an analysis when they cost so many times as much. */
const WORTH = 2.5;

/** What an analysis costs. */
export function analysisCost({ rows, entries }: MatrixFacts): number {
  return ANALYSIS * (rows + entries);
}

/** Whether an analysis comes before anything else. */
export function isDirectFirst({ rows, entries, symmetric, slack }: MatrixFacts): boolean {
  // Dominant systems are iterated well. Of the others, symmetric ones mostly, too; but what is nearly a tree hardly fills.
  if (rows < FEW_ROWS || slack >= -ROUNDING) return false;
  return !symmetric || (entries - rows) / 2 - rows <= 0.4 * rows;
}

/** Edge operations after which iterations are looked at for the first time. */
export function firstLook({ rows, entries, symmetric, slack }: MatrixFacts): number {
  if (rows < FEW_ROWS) return Number.POSITIVE_INFINITY;
  return (symmetric && slack >= -ROUNDING ? FIRST_LOOK_DOMINANT : FIRST_LOOK) * (rows + entries);
}

/** What the remaining iterations will cost: `edges` of them. */
export function iterationCost(edges: number): number {
  return EDGE * edges;
}

/** Edge operations that cost as much. */
export function edgesFor(cost: number): number {
  return cost / EDGE;
}

/** Whether it is worth while to find out what a factorisation takes. */
export function isWorthAnalysing(facts: MatrixFacts, left: number, isLoaded: boolean): boolean {
  return left > (isLoaded ? 0 : LOADING) + WORTH * analysisCost(facts);
}

/**
 * Edge operations that are left to a relative residual of `target`, if it goes on shrinking as it did over `edges` of them:
 * from `before` to `now`.
 */
export function edgesLeft(edges: number, before: number, now: number, target: number): number {
  if (!(now > target)) return 0;
  const gain = Math.log(before / now);
  return gain > 0.01 ? (edges * Math.log(now / target)) / gain : Number.POSITIVE_INFINITY;
}

/** Methods of the module that makes factorisations, each with how well it does where the others have failed. */
const further = ['cgIct', 'gmresIlut', 'minres', 'lsmr'] as const;

/** Whether a method needs that module. */
export function isFurther(method: string): method is FurtherMethodName {
  return (further as readonly string[]).includes(method);
}

/** Methods that are left when the C core's choice has ended without an answer, in this order: what needs few iterations first. */
export function remaining({ symmetric }: MatrixFacts): readonly string[] {
  const general = ['gmresIlut', 'bicgstabIlu', 'gmres', 'bicgstab', 'gaussSeidel'];
  return symmetric
    ? [
        ...['cgIct', 'incompleteCholesky', 'symmetricGaussSeidel', 'amg', 'cg'],
        ...[...general, 'minres', 'lsmr'],
      ]
    : [...general, 'lsmr'];
}
