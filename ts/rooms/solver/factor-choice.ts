// When a sparse factorisation that was analysed is made: numbers only, in the units of choice.ts.
import type { MatrixFacts } from './choice.js';

/** A factorisation with its solve: for each operation, and for each entry of the factor. */
const factorCosts = { symmetric: [0.15, 30], general: [0.6, 50] } as const;
/** For each row, whatever it holds. */
const ROW = 200;
/** Multiplications between two looks at an analysis. */
export const ANALYSIS_STEP = 50_000;
/** Where the residual needs no more than this, an answer of a factor is not corrected at first. */
export const PLAIN_TOLERANCE = 1e-11;
/** Where there is no dominance, a factorisation of so many times its analysis is made before anything is iterated. */
const CHEAP = 4;
/** A solver that was prepared for many right-hand sides makes factors of up to so many operations. */
const MOST_FLOPS = 1e11;
/** What a solve that nothing else has answered may take. */
const LAST_FLOPS = 4e12;

export interface FactorPrediction {
  fill: number;
  flops: number;
}

/** What the factorisation costs once it is analysed. */
export function factorCost(facts: MatrixFacts, { fill, flops }: FactorPrediction): number {
  const [perFlop, perEntry] = factorCosts[facts.symmetric ? 'symmetric' : 'general'];
  return perFlop * flops + perEntry * fill + ROW * facts.rows;
}

/** Whether a factorisation follows at once, when its analysis came first. */
export function isCheap(cost: number, analysisCost: number): boolean {
  return cost <= CHEAP * analysisCost;
}

/** What a factorisation may take where there will be further right-hand sides, and where nothing else has helped. */
export function isWithin(flops: number, reason: 'prepared' | 'remains'): boolean {
  return flops <= (reason === 'remains' ? LAST_FLOPS : MOST_FLOPS);
}
