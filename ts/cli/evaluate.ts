// sublinear evaluate log.csv --action item --reward click --propensity pscore
import type { ArmId, LogColumns, Method, Target } from '../rooms/bandit/bandit.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { print } from './output.js';
import { readTable, type TableFile } from './table-file.js';
import { CliError, count, digits, EXIT, interrupt, type Progress } from './terminal.js';

export interface EvaluateOptions extends CommonOptions {
  action: string;
  reward: string;
  propensity: string;
  context?: string;
  target: string;
  methods?: string;
  clip?: number;
  folds: number;
  resamples: number;
  confidence: number;
  seed: number;
}

export async function evaluate(
  path: string,
  options: EvaluateOptions,
  progress: Progress,
): Promise<void> {
  const table = await readTable(path, progress);
  const { action, reward, propensity } = options;
  // As the file writes them: 7 and 07 are two arms.
  const actions = table.texts(action);
  const arms = [...new Set(actions)].sort(byName);
  const { contexts, dimension } = contextsOf(table, options.context);
  const log: LogColumns = {
    actions,
    rewards: table.numbers(reward),
    propensities: table.numbers(propensity),
    ...(dimension > 0 && { contexts, dimension }),
  };
  const engine = await engineFor(['bandit'], options);
  try {
    const found = await engine.bandit.evaluateAsync(log, targetOf(table, options.target, arms), {
      arms,
      ...(options.methods !== undefined && { methods: listOf(options.methods) as Method[] }),
      ...(options.clip !== undefined && { clip: options.clip }),
      folds: options.folds,
      resamples: options.resamples,
      confidence: options.confidence,
      seed: options.seed,
      signal: interrupt.signal,
    });
    const [first] = found.estimates;
    const refused = first?.refused !== undefined;
    print(
      {
        about: [
          ['log', `${count(found.rows)} choices of ${count(arms.length)} arms`],
          ['effective sample size', digits(first?.ess ?? 0)],
          ['largest weight', digits(first?.maxWeight ?? 0)],
          ['mean weight', `${digits(first?.support ?? 0)}, near 1 where the log covers the target`],
          ...(refused
            ? [['refused', 'support: the log says too little about this policy'] as const]
            : []),
        ],
        columns: ['method', 'value', 'stderr', 'low', 'high'],
        rows: found.estimates.map(({ method, value, stderr, interval }) => [
          method,
          value ?? '',
          stderr ?? '',
          interval?.[0] ?? '',
          interval?.[1] ?? '',
        ]),
        table: refused
          ? null
          : found.estimates.map(({ method, value, stderr, interval }) => [
              method,
              ...[value, stderr, interval?.[0], interval?.[1]].map((number) =>
                number === null || number === undefined ? '' : digits(number),
              ),
            ]),
        json: () => found,
      },
      options,
    );
    if (refused) process.exitCode = EXIT.notConverged;
  } catch (error) {
    throw explain(error, { propensities: path, rewards: path, contexts: path, actions: path });
  } finally {
    engine.dispose();
  }
}

const listOf = (text: string) => text.split(',').map((name) => name.trim());

/** Numbers by size, other names by letters. */
function byName(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? (a < b ? -1 : 1) : x - y;
}

function contextsOf(table: TableFile, names: string | undefined) {
  const columns = names === undefined ? [] : listOf(names).map((name) => table.numbers(name));
  const dimension = columns.length;
  const contexts = new Float64Array(table.rows * dimension);
  for (const [j, column] of columns.entries())
    for (let i = 0; i < table.rows; i++) contexts[i * dimension + j] = column[i] as number;
  return { contexts, dimension };
}

/** `uniform`, the name of an arm, or columns with the probability of each arm, in the order of their names. */
function targetOf(table: TableFile, target: string, arms: readonly ArmId[]): Target {
  if (target === 'uniform') return 'uniform';
  if (arms.includes(target)) return () => target;
  const names = listOf(target);
  if (names.length !== arms.length)
    throw new CliError(
      `--target expected "uniform", an arm of the log, or ${arms.length} columns, one for each arm; got "${target}"`,
    );
  const columns = names.map((name) => table.numbers(name));
  const all = new Float64Array(table.rows * arms.length);
  for (const [j, column] of columns.entries())
    for (let i = 0; i < table.rows; i++) all[i * arms.length + j] = column[i] as number;
  return all;
}
