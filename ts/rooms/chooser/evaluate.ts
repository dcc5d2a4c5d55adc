// How good a chooser's choices are on a table of runs: each part is chosen for by what the other parts teach.
import * as check from '../../runtime/validate.js';
import { penalised, type ReadTable } from './table.js';
import type { Evaluation } from './types.js';

/** Samples of the interval. */
const RESAMPLES = 2000;

/** Numbers for parts and samples: mulberry32, seeded. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }
}

/** The part of each task: parts of equal size, tasks in random order. */
export function parts(tasks: number, folds: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: tasks }, (_, i) => i);
  const random = new Random(seed);
  for (let i = tasks - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
  const part = new Uint32Array(tasks);
  for (const [k, task] of order.entries()) part[task] = k % folds;
  return part;
}

export interface Settings {
  timeout: number;
  penalty: number;
  names: readonly string[];
  seed: number;
  confidence: number;
}

/** What the choices are worth. */
export function judge(
  operation: string,
  table: ReadTable,
  choices: readonly number[],
  { timeout, penalty, names, seed, confidence }: Settings,
): Evaluation {
  const worst = penalty * timeout;
  const rows: { ours: number; best: number; all: number[] }[] = [];
  for (let i = 0; i < table.tasks; i++) {
    const all = names.map((_, m) => penalised(table, i, m, timeout, penalty));
    const best = Math.min(...all);
    if (best < worst) rows.push({ ours: all[choices[i] as number] as number, best, all });
  }
  if (rows.length === 0)
    throw check.rangeError(operation, 'table', 'a task that some method has solved', table.tasks);
  const mean = (of: (row: (typeof rows)[number]) => number, from = rows) =>
    from.reduce((sum, row) => sum + of(row) / from.length, 0);
  const means = names.map((_, m) => mean(({ all }) => all[m] as number));
  const single = means.indexOf(Math.min(...means));
  const gap = (from: typeof rows) => {
    const reference = mean(({ all }) => all[single] as number, from);
    const whole = reference - mean(({ best }) => best, from);
    return (reference - mean(({ ours }) => ours, from)) / whole;
  };
  const random = new Random(seed + 1);
  const samples: number[] = [];
  for (let k = 0; k < RESAMPLES; k++) {
    const value = gap(rows.map(() => rows[random.below(rows.length)] as (typeof rows)[number]));
    if (Number.isFinite(value)) samples.push(value);
  }
  samples.sort((a, b) => a - b);
  const at = (share: number) =>
    samples[Math.min(samples.length - 1, Math.floor(share * samples.length))] ?? Number.NaN;
  const singleBest = means[single] as number;
  const virtualBest = mean(({ best }) => best);
  return {
    gapClosed: singleBest > virtualBest ? gap(rows) : Number.NaN,
    interval: [at((1 - confidence) / 2), at((1 + confidence) / 2)],
    chooser: mean(({ ours }) => ours),
    singleBest,
    virtualBest,
    singleBestMethod: names[single] as string,
    tasks: rows.length,
    solved: rows.filter(({ ours }) => ours < worst).length,
    choices: choices.map((m) => names[m] as string),
  };
}
