// What the automatic choice (automatic.ts) and solving by a factorisation (factoring.ts) know of each other: the one is always
// there, the other comes with the module that makes factorisations.
import type { Runtime } from '../../runtime/runtime.js';
import type { MatrixFacts } from './choice.js';
import type { SparseFactor, Why } from './factor.js';
import type { AnswerMethod, FurtherMethodName } from './methods.js';
import type { Found, FurtherSolver, Leg, Question, Trials } from './trials.js';

/** The module that makes factorisations. */
export const BUNDLE = 'direct';

/** A solve that is under way. */
export interface Host {
  readonly question: Question;
  /** How many unknowns there are. */
  readonly n: number;
  readonly facts: MatrixFacts;
  /** What has been tried, and what came of it. */
  readonly trials: Trials;
  stage: 'iterate' | 'load' | 'factor' | 'further' | 'ended';
  /** The solver that iterates, or would if there were no factor. */
  leg: Leg | undefined;
  /** Edge operations of it after which it is looked at. */
  look: number;
  /** What has answered and how, where it is not what the last solver says of itself. */
  method: AnswerMethod | undefined;
  outcome: number | undefined;
  /** The module of factorisations, where it is loaded. */
  peer(): Runtime | undefined;
  work(): number;
  stop(why: number): number;
  /** Begins to iterate with the first solver. */
  restart(): void;
  /** What an analysis of the matrix costs. */
  readonly analysisCost: number;
  /** What is left by the last iterations costs; undefined while nothing has been iterated. */
  costLeft(): number | undefined;
  /** Goes on iterating for as long as something of this cost would take. */
  iterateFor(cost: number): void;
  collect(leg: Leg, found: Found): void;
  /** The next of the methods that the core's choice leaves out. */
  tryNext(): number;
  /** Nothing has answered: the best iterate. */
  giveBest(outcome?: number): number;
  /** The first solver has the answer. */
  end(): number;
}

/** Solving by a method of the room `leastsquares`, as one of the ways of a solve. */
export interface Further {
  /** What is at work. */
  readonly method: FurtherMethodName | undefined;
  work(): number;
  /** 0: it has begun; the number of a budget that leaves nothing; undefined where there is no room for it. */
  begin(method: FurtherMethodName): number | undefined;
  /** With what an earlier right-hand side has made. */
  solveWith(solver: FurtherSolver): void;
  step(work: number): number;
  /** Ends it: what it has reached, or the best of all iterates. */
  stop(why: number): number;
}

/** Solving by a factorisation, as one of the ways of a solve. */
export interface Factoring {
  /** What it has a factorisation of, or is making; undefined when it was given up. */
  readonly method: AnswerMethod | undefined;
  work(): number;
  expected(): number;
  analyse(peer: Runtime, why: Why): number;
  /** Makes the factorisation that was analysed, where it costs less than `left`; undefined when none was analysed. */
  cheaper(left: number): number | undefined;
  /** Makes the factorisation that was analysed, as nothing else has helped; undefined when none was analysed. */
  remaining(): number | undefined;
  step(work: number): number;
  solveWith(factor: SparseFactor): number;
  stop(): void;
}
