// sublinear route examples.csv --features a,b --route label --queries new.csv
import type { ModelRouter, RouterRoom, Scorer, SemanticRouter } from '../rooms/router/router.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { print } from './output.js';
import { readTable, type TableFile } from './table-file.js';
import { CliError, count, digits, EXIT, interrupt, type Progress } from './terminal.js';

export interface RouteVerbOptions extends CommonOptions {
  features: string;
  route?: string;
  models?: string;
  queries?: string;
  scorer?: string;
  holdout: number;
  accuracy?: number;
  share?: number;
  quality?: number;
  alpha: number;
  seed: number;
}

export async function route(
  path: string,
  options: RouteVerbOptions,
  progress: Progress,
): Promise<void> {
  const { route: column, models, accuracy, share, quality } = options;
  if ((column === undefined) === (models === undefined))
    throw new CliError('one of --route (a column of labels) and --models (columns of values)');
  const aims = [accuracy, share, quality].filter((aim) => aim !== undefined);
  if (aims.length > 1) throw new CliError('one of --accuracy, --share and --quality');
  if (column !== undefined && quality !== undefined)
    throw new CliError('--quality: with --models; --accuracy goes with --route');
  if (models !== undefined && accuracy !== undefined)
    throw new CliError('--accuracy: with --route; --quality goes with --models');
  const features = listOf(options.features);
  const examples = vectorsOf(await readTable(path, progress), features);
  const queries =
    options.queries === undefined
      ? undefined
      : vectorsOf(await readTable(options.queries, progress), features);
  const engine = await engineFor(['router'], options);
  try {
    if (column !== undefined) await byLabel(engine.router, column, examples, queries, options);
    else await byValue(engine.router, models as string, examples, queries, options);
  } catch (error) {
    throw explain(error, { vectors: path, query: options.queries ?? path });
  } finally {
    engine.dispose();
  }
}

interface Vectors {
  table: TableFile;
  rows: Float64Array[];
}

const listOf = (text: string) => text.split(',').map((name) => name.trim());

function vectorsOf(table: TableFile, features: readonly string[]): Vectors {
  const columns = features.map((name) => table.numbers(name));
  const rows = Array.from({ length: table.rows }, (_, i) =>
    Float64Array.from(columns, (column) => column[i] as number),
  );
  return { table, rows };
}

const interval = ({ value, interval: [low, high] }: { value: number; interval: number[] }) =>
  `${digits(value)} (${digits(low as number)} to ${digits(high as number)})`;

/** How learning is asked for: what was not given is as the module has it. */
function learning<S extends string>(options: RouteVerbOptions) {
  const { scorer, holdout, seed } = options;
  return {
    holdout,
    seed,
    signal: interrupt.signal,
    ...(scorer !== undefined && { scorer: scorer as S }),
  };
}

async function byLabel(
  { SemanticRouter }: RouterRoom,
  column: string,
  { table, rows }: Vectors,
  queries: Vectors | undefined,
  options: RouteVerbOptions,
): Promise<void> {
  const labels = table.texts(column);
  const routes = [...new Set(labels)].sort().map((name) => ({
    name,
    vectors: rows.filter((_, i) => labels[i] === name),
  }));
  const router = await SemanticRouter.fitAsync(routes, learning<Scorer>(options));
  try {
    const { accuracy, share, alpha } = options;
    const aim =
      accuracy !== undefined ? { accuracy } : share !== undefined ? { coverage: share } : undefined;
    const found = aim && router.threshold(aim);
    if (found) router.minConfidence = found.threshold;
    const about = [
      ...aboutOf(router),
      ...(router.held > 0 ? [['right without a threshold', digits(router.accuracy)] as const] : []),
      ...(found
        ? [
            ['threshold', digits(found.threshold)] as const,
            ['routed', interval(found.coverage)] as const,
            ['right of these', interval(found.accuracy)] as const,
          ]
        : []),
      ...(found?.reached === false
        ? [['not reached', 'no threshold is that accurate; this is the best'] as const]
        : []),
    ];
    const decisions = queries?.rows.map((x) => router.route(x, { alpha }));
    print(
      {
        about,
        columns: ['query', 'route', 'p', 'set'],
        rows: (decisions ?? []).map(({ route: to, p, set }, i) => [
          i + 1,
          to ?? '',
          p,
          set.join(' '),
        ]),
        table:
          decisions?.map(({ route: to, p, set }, i) => [
            count(i + 1),
            to ?? '-',
            digits(p),
            set.join(' '),
          ]) ?? null,
        json: () => ({
          routes: router.routes,
          held: router.held,
          calibration: router.calibration,
          accuracy: router.accuracy,
          threshold: found ?? null,
          decisions: (decisions ?? []).map(({ route: to, reason, p, set }) => ({
            route: to,
            reason,
            p,
            set,
          })),
        }),
      },
      options,
    );
    if (found?.reached === false) process.exitCode = EXIT.notConverged;
  } finally {
    router.dispose();
  }
}

async function byValue(
  { ModelRouter }: RouterRoom,
  names: string,
  { table, rows }: Vectors,
  queries: Vectors | undefined,
  options: RouteVerbOptions,
): Promise<void> {
  const models = listOf(names).map((name) => ({ name, values: table.numbers(name) }));
  const router = await ModelRouter.fitAsync(rows, models, learning<'ridge' | 'fastgrnn'>(options));
  try {
    const { share, quality } = options;
    const aim =
      quality !== undefined
        ? { quality }
        : share !== undefined
          ? { strongShare: share }
          : undefined;
    const found = aim && router.threshold(aim);
    if (found) router.limit = found.threshold;
    const second = models[1]?.name ?? '';
    const about = [
      ...aboutOf(router),
      ...(found
        ? [
            ['threshold of the gain', digits(found.threshold)] as const,
            [`share of ${second}`, interval(found.strongShare)] as const,
            ['mean value', interval(found.quality)] as const,
          ]
        : []),
      ...(found?.reached === false
        ? [['not reached', 'no threshold is that good; this is the best'] as const]
        : []),
    ];
    const decisions = queries?.rows.map((x) => router.route(x));
    print(
      {
        about,
        columns: ['query', 'route', 'gain'],
        rows: (decisions ?? []).map(({ route: to, gain }, i) => [i + 1, to ?? '', gain]),
        table:
          decisions?.map(({ route: to, gain }, i) => [count(i + 1), to ?? '-', digits(gain)]) ??
          null,
        json: () => ({
          routes: router.routes,
          held: router.held,
          calibration: router.calibration,
          threshold: found ?? null,
          decisions: (decisions ?? []).map(({ route: to, reason, gain }) => ({
            route: to,
            reason,
            gain,
          })),
        }),
      },
      options,
    );
    if (found?.reached === false) process.exitCode = EXIT.notConverged;
  } finally {
    router.dispose();
  }
}

function aboutOf(router: SemanticRouter | ModelRouter): (readonly [string, string])[] {
  return [
    ['examples', `${count(router.trained)} learned from, ${count(router.held)} held out`],
    ['scorer', router.scorer],
    ['calibration', router.calibration],
  ];
}
