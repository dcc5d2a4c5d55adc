// What the functions of the room take and give.

/**
 * How a chooser learns:
 *
 * - `'thompson'` a tree for each method whose leaves are contexts, and in each the posterior of its mean cost and of failing,
 *   from which exploring draws. For choices that are made and reported one by one (default)
 * - `'nearest'` the costs of the nearest tasks known
 * - `'forest'` a regression forest for each method. For tables of runs, with several features
 */
export type ChooserPolicy = 'thompson' | 'nearest' | 'forest';

/**
 * Features of a task: a number for each in the order of the chooser's, or by their names. What is missing or NaN is unknown;
 * of booleans true is 1. Names that the chooser does not know are passed over.
 */
export type Features =
  | Float64Array
  | Float32Array
  | readonly number[]
  | Readonly<Record<string, number | boolean | undefined>>;

export interface ChooserOptions {
  /** Names of 1 to 256 methods, all different. */
  methods: readonly string[];
  /** How many features a task has, or their names; 0 to 256. */
  features: number | readonly string[];
  /** Cost at which a run is given up, above 0. Runs that failed, or cost more, count as `penalty * timeout`. */
  timeout: number;
  policy?: ChooserPolicy;
  /** An integer in [0, 2^53); 1 by default. The same seed and calls make the same choices everywhere. */
  seed?: number;
  /** What a cost is, in a word: `'time'` by default (milliseconds), `'work'`, ... `solve` with `learn` reads it. */
  cost?: string;
  /** 10 by default: PAR10. In [1, 1000]. */
  penalty?: number;
  /** Runs that are kept of each method, a fair sample of all reported; 512 by default, 8 to 65536. */
  capacity?: number;
  /** With `'nearest'`: how many; 10 by default, 1 to 64. */
  neighbours?: number;
  /** With `'forest'`: how many; 48 by default, 1 to 256. */
  trees?: number;
  /**
   * Methods that may fail more often than this in a context, as far as `confidence` of it goes, are not chosen while another
   * is within the limit. 1 by default: no limit.
   */
  maxRisk?: number;
  /** Of the risk: 0.95 by default, in [0.5, 1). */
  confidence?: number;
  /** Runs that a context has at least; 6 by default. */
  minRuns?: number;
}

export interface ChooseOptions {
  /** Methods that may be chosen; all by default. */
  eligible?: readonly string[];
  /** Whether it tries what it is not sure of; true by default. Without it the choice is the one expected to cost least. */
  explore?: boolean;
  /** Whether short runs of other methods may come first; false by default. */
  schedule?: boolean;
}

/** What is known of one method for a task. */
export interface MethodScore {
  method: string;
  /**
   * Geometric mean of the costs of runs like this that did not fail, and `penalty * timeout` for the share that did; `Infinity`
   * where the method has never been run.
   */
  predicted: number;
  /** The probability of failing is at most this with the chooser's `confidence`, if runs of a context are alike. */
  risk: number;
  /** The cost that exploring has drawn; `predicted` without exploring. */
  drawn: number;
  /** Runs reported, for all tasks. */
  runs: number;
}

export interface Choice {
  method: string;
  /** For {@link Chooser.report}, as long as 1023 other decisions. */
  id: number;
  /** What to run in which order, and up to which cost each; the last one is `method`, with what is left of the timeout. */
  schedule: [method: string, budget: number][];
  /** Whether the method is within `maxRisk`. */
  safe: boolean;
  /** All methods, in their order. */
  scores: MethodScore[];
}

/** How a run ended. */
export interface RunReport {
  /** At least 0; of a run that was stopped, what it had cost by then. */
  cost: number;
  /** False: it ended without an answer. True by default. */
  solved?: boolean;
  /** It was stopped early, so that only `more than cost` is known. False by default. */
  censored?: boolean;
}

/** Runs of several methods for several tasks. */
export interface RunTable {
  /** A task each. */
  features: readonly Features[];
  /** A row for each task, in it a number for each method, in the chooser's order; NaN: not run. */
  costs: readonly (readonly number[] | Float64Array)[];
  /** The same for whether it was solved; without it, what cost less than the timeout. */
  solved?: readonly (readonly boolean[])[];
  /** The same for whether it was stopped early; none by default. */
  censored?: readonly (readonly boolean[])[];
}

export interface EvaluateOptions {
  /** Parts of the table that are chosen for by what the others teach; 10 by default, 2 to the number of tasks. */
  folds?: number;
  /** Of the parts and the interval; 1 by default. */
  seed?: number;
  /** Of the interval: 0.95 by default. */
  confidence?: number;
}

export interface Evaluation {
  /** (single best - chooser) / (single best - virtual best): 1 is perfect, 0 as good as one method for all. NaN where these are equal. */
  gapClosed: number;
  /** The same from 2000 samples of the tasks with replacement: percentiles. */
  interval: [number, number];
  /** Mean penalised cost of a task. */
  chooser: number;
  /** Of the method that costs least over the whole table, and of the cheapest method of each task. */
  singleBest: number;
  virtualBest: number;
  singleBestMethod: string;
  /** Tasks that some method has solved: only these count. */
  tasks: number;
  /** Of these, solved by the method chosen. */
  solved: number;
  /** The method for each task of the table. */
  choices: string[];
}

export interface CompileOptions {
  /** Most questions on a way down; 4 by default, 0 to 16. */
  depth?: number;
  /** Tasks of a leaf, at least; 5 by default. */
  minTasks?: number;
}

/** A leaf or a question of a compiled chooser. */
export type CompiledNode =
  | { method: string; costs: number[] }
  | { feature: number; atMost: number; missing: 'left' | 'right'; left: number; right: number };

/** A decision tree in plain data: JSON keeps it. {@link decide} follows it. */
export interface CompiledChooser {
  format: 'sublinear-chooser-1';
  methods: string[];
  /** Names, or how many. */
  features: number | string[];
  /** The first one is the root. */
  nodes: CompiledNode[];
  /** Known tasks that it was made from. */
  tasks: number;
  /** Mean of `log(cost of the tree's method / lowest cost)` over them, as the chooser predicts costs. */
  loss: number;
}

/** What {@link Chooser.accept} found. */
export interface Acceptance {
  /** False: it went back to the checkpoint. */
  accepted: boolean;
  /** Mean penalised cost of a held-out task with the checkpoint, and with what was learnt since. */
  before: number;
  after: number;
}

/** Facts of a chooser. */
export interface ChooserStats {
  policy: ChooserPolicy;
  reports: number;
  decisions: number;
  /** Runs kept. */
  runs: number;
  bytes: number;
  hasCheckpoint: boolean;
}

/** Takes the canonical bytes of each decision and report: docs/chooser.md says what they hold. */
export type Witness = (entry: Uint8Array<ArrayBuffer>) => void;
