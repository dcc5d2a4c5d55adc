// The one harness of bench/*.bench.ts.
//
// Machines are noisy, so absolute times mean little. Every comparison is interleaved: a slice runs each contestant once
// (in rotating order), the ratio of two contestants is taken inside the slice, and what is reported is the median ratio
// with its quartiles. An accuracy stands beside every time; a time without one is refused.
//
//   const bench = openBench('local', 'Local answers');
//   await bench.compare({
//     id: 'grid-1e6', title: 'One entry of the grid system, n = 10^6', accuracy: 'largest error',
//     contestants: [
//       { name: 'sublinear', run: () => solveEntries(...), accuracy: (r) => error(r) },
//       { name: 'full solve', run: () => solve(...), accuracy: (r) => error(r) },
//     ],
//   });
//   bench.table({ id: 'growth', title: 'Touched rows', columns: ['n', 'rows'], rows: [['10^4', 689]] });
//   bench.curve({ id: 'recall', title: 'Recall', x: { key: 'recall', label: 'recall at 10' },
//     y: { key: 'qps', label: 'queries a second', scale: 'log' }, series: [{ name: 'a', points: [{ recall: 0.9, qps: 1 }] }] });
//   bench.claim({ id: 'touched', text: 'touched rows are the same at each n', value: 0, limit: 0, relation: '<=' });
//   bench.close();                                   // writes bench/results/local.json
//
// The first contestant is the one the others are compared with: ratio = its competitor's time / its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Progress } from '../../ts/cli/terminal.js';

/** One way to do the work of a comparison. */
// biome-ignore lint/suspicious/noExplicitAny: each contestant of a comparison has a result type of its own.
export interface Contestant<R = any> {
  name: string;
  /** Does the work once. Everything it must not be charged for happens before, in a closure or in `prepare`. */
  run(): R | Promise<R>;
  /** Runs before each timed call, untimed: for work that changes what `run` reads. */
  prepare?(): void | Promise<void>;
  /** Releases what a call returned (wasm objects), untimed. */
  release?(result: R): void;
  /** The error of one result by an independent computation. Same measure for all contestants of a comparison. */
  accuracy?(result: R): number | Promise<number>;
  /** Why it is not run; it then stands in the table with this reason. */
  skip?: string;
  /** A remark for the table, fixed or about a result. */
  note?: string | ((result: R) => string);
  /** Milliseconds that a call says it took by its own clock, for peers in another process. */
  elapsed?(result: R): number;
  /** Calls a slice; measured when absent, so that a slice takes at least `sliceMs`. */
  calls?: number;
  /** Slices it takes part in at most, the first ones: for those that take many seconds a call. */
  most?: number;
}

/** A comparison: the same work done by several contestants. */
export interface Comparison {
  id: string;
  title: string;
  /** One plain paragraph: data, seed, settings, what is and is not timed. */
  note?: string;
  /** What the accuracy column shows, for instance "true relative residual". */
  accuracy: string;
  contestants: Contestant[];
  /** Interleaved slices; 11 when absent, 3 in a smoke run. */
  slices?: number;
  /** Least time of one contestant in one slice; 4 ms when absent. */
  sliceMs?: number;
  /** Time that all slices together may take; 60 s when absent. At least three slices always run. */
  maxSeconds?: number;
}

/** When something was measured, and with which state of the sources. */
export interface Origin {
  /** Year-month-day, UTC. */
  date: string;
  /** Short hash; with "+" behind it where files of the sources differed from it; "unknown" without git. */
  commit: string;
}

/** What was measured of one contestant. Times are milliseconds a call. */
export interface ContestantResult {
  name: string;
  medianMs?: number;
  p99Ms?: number;
  /** Time / time of the first contestant: median and quartiles over the slices. 1 for the first itself. */
  ratio?: number;
  ratioLow?: number;
  ratioHigh?: number;
  accuracy?: number;
  slices?: number;
  calls?: number;
  note?: string;
  skipped?: string;
}

export interface ComparisonResult {
  kind: 'comparison';
  id: string;
  title: string;
  note?: string;
  /** Absent in results from before this was recorded. */
  measured?: Origin;
  accuracy: string;
  rows: ContestantResult[];
}

/** A free table: work counts, growth, sizes. */
export interface TableResult {
  kind: 'table';
  id: string;
  title: string;
  note?: string;
  /** Absent in results from before this was recorded. */
  measured?: Origin;
  columns: string[];
  rows: (string | number)[][];
}

/** An axis of a curve: the property of a point that stands on it. */
interface Axis {
  key: string;
  label: string;
  /** 'linear' when absent. */
  scale?: 'linear' | 'log';
  /** Largest value first. */
  reverse?: boolean;
}

/** Curves over common axes; the report draws them, one picture a section, one field a panel. */
export interface CurveResult {
  kind: 'curve';
  id: string;
  title: string;
  note?: string;
  /** Absent in results from before this was recorded. */
  measured?: Origin;
  x: Axis;
  y: Axis;
  series: {
    name: string;
    /** The field of the picture it belongs to; all in one when absent. */
    panel?: string;
    points: Record<string, number>[];
    /** Drawn thin and grey: something to compare with. */
    reference?: boolean;
  }[];
  /** Places worth a word in the picture. */
  marks?: { panel?: string; point: Record<string, number>; text: string }[];
}

/** A measured number against its limit. */
export interface Claim {
  id: string;
  text: string;
  value: number;
  limit: number;
  relation: '<=' | '>=';
  unit?: string;
  /** A second, better mark to compare with; missing it is no failure. */
  goal?: number;
}

export interface BenchResult {
  bench: string;
  title: string;
  smoke: boolean;
  machine: { cpu: string; cores: number; memoryGb: number; platform: string; node: string };
  seconds: number;
  sections: (ComparisonResult | TableResult | CurveResult)[];
  claims: (Claim & { holds: boolean })[];
}

/** The middle of the values (mean of the two middle ones), without changing their order. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear interpolation between order statistics. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (at - below);
}

/**
 * Opens a bench; `--smoke` on the command line means tiny data and few slices, `--only TEXT` picks ids, and `--update` puts
 * what was picked into the results that are there. `--cpu` measures processor time instead of time, for a machine that does
 * other things as well; times of native peers are then processor times too.
 */
export function openBench(name: string, title: string): Bench {
  const { values } = parseArgs({
    options: {
      smoke: { type: 'boolean' },
      only: { type: 'string' },
      update: { type: 'boolean' },
      results: { type: 'string' },
      force: { type: 'boolean' },
      cpu: { type: 'boolean' },
    },
    strict: false,
  });
  if (values.cpu === true) process.env.SUBLINEAR_PEER_CLOCK = 'cpu';
  return new Bench(name, title, {
    cpu: values.cpu === true,
    smoke: values.smoke === true,
    only: typeof values.only === 'string' ? values.only : undefined,
    update: values.update === true,
    force: values.force === true,
    results: typeof values.results === 'string' ? values.results : undefined,
  });
}

export class Bench {
  /** True in a smoke run: choose data that takes seconds in all. */
  readonly smoke: boolean;
  /** The text that the ids to run contain; all when absent. */
  readonly only: string | undefined;
  private readonly update: boolean;
  private readonly folder: string;
  private readonly force: boolean;
  /** Milliseconds of time, or with --cpu of processor time, from some moment on. */
  readonly clock: () => number;
  private readonly origin = origin();
  private readonly started = performance.now();
  private readonly result: BenchResult;

  constructor(
    name: string,
    title: string,
    options: {
      smoke?: boolean;
      only?: string | undefined;
      update?: boolean;
      results?: string | undefined;
      force?: boolean;
      cpu?: boolean;
    } = {},
  ) {
    this.clock = options.cpu ? processorTime : () => performance.now();
    this.smoke = options.smoke ?? false;
    this.only = options.only;
    this.update = options.update ?? false;
    this.force = options.force ?? false;
    this.folder = options.results ?? fileURLToPath(new URL('../results/', import.meta.url));
    this.result = {
      bench: name,
      title,
      smoke: this.smoke,
      machine: machine(),
      seconds: 0,
      sections: [],
      claims: [],
    };
  }

  /** `full` in a real run, `tiny` in a smoke run. */
  size<T>(full: T, tiny: T): T {
    return this.smoke ? tiny : full;
  }

  /** False when `--only` names something else: lets a bench skip building data nobody asked for. */
  wants(id: string): boolean {
    return this.only === undefined || id.includes(this.only);
  }

  /** Runs a comparison and records it. Returns undefined when `--only` excludes it. */
  async compare(comparison: Comparison): Promise<ComparisonResult | undefined> {
    if (!this.wants(comparison.id)) return undefined;
    const slices = this.smoke ? 3 : (comparison.slices ?? 11);
    const sliceMs = this.smoke ? 0.5 : (comparison.sliceMs ?? 4);
    const maxMs = 1000 * (this.smoke ? 5 : (comparison.maxSeconds ?? 60));
    say(`${comparison.title}`);

    const rows: ContestantResult[] = comparison.contestants.map((c) => ({ name: c.name }));
    const running: {
      contestant: Contestant;
      row: ContestantResult;
      calls: number;
      times: number[];
    }[] = [];
    for (const [i, contestant] of comparison.contestants.entries()) {
      const row = rows[i]!;
      if (contestant.skip !== undefined) {
        row.skipped = contestant.skip;
        say(`  ${contestant.name}: skipped, ${contestant.skip}`);
        continue;
      }
      const calls = await this.warmUp(contestant, row, sliceMs);
      running.push({ contestant, row, calls, times: [] });
    }

    bar.start('  slices', slices);
    const begin = performance.now();
    for (let slice = 0; slice < slices; slice++) {
      if (slice >= 3 && performance.now() - begin > maxMs) break;
      for (let k = 0; k < running.length; k++) {
        const entry = running[(k + slice) % running.length]!;
        if (slice >= (entry.contestant.most ?? Infinity)) continue;
        entry.times.push(await timeSlice(entry.contestant, entry.calls, this.clock));
      }
      bar.update(slice + 1, comparison.title);
    }
    bar.stop();

    const first = running[0];
    for (const { row, times, calls } of running) {
      const ratios = times.map((t, s) => t / first!.times[s]!);
      row.medianMs = median(times);
      row.p99Ms = quantile(times, 0.99);
      row.ratio = median(ratios);
      row.ratioLow = quantile(ratios, 0.25);
      row.ratioHigh = quantile(ratios, 0.75);
      row.slices = times.length;
      row.calls = calls;
      say(
        `  ${row.name}: ${short(row.medianMs)} ms, x ${short(row.ratio)} [${short(row.ratioLow)}, ${short(row.ratioHigh)}], ${comparison.accuracy} ${short(row.accuracy ?? Number.NaN)}${row.note ? ` (${row.note})` : ''}`,
      );
    }
    const { id, title, note, accuracy } = comparison;
    const section: ComparisonResult = {
      kind: 'comparison',
      id,
      title,
      ...(note === undefined ? {} : { note }),
      measured: this.origin,
      accuracy,
      rows,
    };
    this.result.sections.push(section);
    return section;
  }

  /** Tells whoever watches what comes next, and when. */
  phase(text: string): void {
    say(`[${Math.round((performance.now() - this.started) / 1000)} s] ${text}`);
  }

  /** Records a table that the bench measured itself. */
  table(table: Omit<TableResult, 'kind' | 'measured'>): void {
    if (!this.wants(table.id)) return;
    this.result.sections.push({ kind: 'table', ...table, measured: this.origin });
    say(table.title);
    say(`  ${table.columns.join(' | ')}`);
    for (const row of table.rows)
      say(`  ${row.map((v) => (typeof v === 'number' ? short(v) : v)).join(' | ')}`);
  }

  /** Records curves that the bench measured itself. */
  curve(curve: Omit<CurveResult, 'kind' | 'measured'>): void {
    if (!this.wants(curve.id)) return;
    this.result.sections.push({ kind: 'curve', ...curve, measured: this.origin });
    say(curve.title);
    for (const { name, panel, points } of curve.series) {
      const text = points
        .slice(0, 12)
        .map((point) => `${short(point[curve.x.key]!)}: ${short(point[curve.y.key]!)}`);
      say(`  ${panel === undefined ? '' : `${panel}, `}${name}: ${text.join(', ')}`);
    }
  }

  /** Records a number beside what it should be, and returns whether it holds. */
  claim(claim: Claim): boolean {
    const holds = claim.relation === '<=' ? claim.value <= claim.limit : claim.value >= claim.limit;
    this.result.claims.push({ ...claim, holds });
    const unit = claim.unit === undefined ? '' : ` ${claim.unit}`;
    say(
      `  ${holds ? 'holds' : 'MISSED'}: ${claim.text}: ${short(claim.value)}${unit} (${claim.relation} ${short(claim.limit)}${unit})`,
    );
    return holds;
  }

  /**
   * Writes bench/results/<name>.json; a smoke run writes only into a folder named by `--results`. Results in which more
   * contestants ran are not replaced, unless `--force` says so: a peer that is not installed would be lost unnoticed.
   * Then what was measured goes into build/bench-refused, and this throws.
   */
  close(): BenchResult {
    this.result.seconds = Math.round((performance.now() - this.started) / 100) / 10;
    const defaultFolder = this.folder === fileURLToPath(new URL('../results/', import.meta.url));
    if ((this.only === undefined || this.update) && !(this.smoke && defaultFolder)) {
      const file = `${this.folder}/${this.result.bench}.json`;
      const before = existsSync(file)
        ? (JSON.parse(readFileSync(file, 'utf8')) as BenchResult)
        : undefined;
      const whole =
        this.only !== undefined && before !== undefined ? this.merged(before) : this.result;
      const [had, has] = [before === undefined ? 0 : contestants(before), contestants(whole)];
      if (had > has && !this.force) {
        const aside = fileURLToPath(new URL('../../build/bench-refused/', import.meta.url));
        write(aside, whole);
        throw new Error(
          `${file} holds ${had} contestants that ran, this run has ${has}: not replaced. Install what is missing, or give --force. What was measured now: ${aside}${whole.bench}.json`,
        );
      }
      write(this.folder, whole);
    }
    return this.result;
  }

  // The results in a file, with the sections and claims that were measured now in place of those with the same ids. New ones
  // come last.
  private merged(before: BenchResult): BenchResult {
    const { sections, claims } = this.result;
    const put = <T extends { id: string }>(old: T[], made: T[]): T[] => {
      const key = ({ id, ...rest }: T) => `${id} ${'text' in rest ? rest.text : ''}`;
      const fresh = new Map(made.map((entry) => [key(entry), entry]));
      const kept = old.map((entry) => fresh.get(key(entry)) ?? entry);
      return [...kept, ...made.filter((entry) => !kept.includes(entry))];
    };
    return {
      ...before,
      sections: put(before.sections, sections),
      claims: put(before.claims, claims),
    };
  }

  // At least one call that is not recorded: the engine's tiers settle, the accuracy is taken, the number of calls that
  // fill a slice is found.
  private async warmUp(
    contestant: Contestant,
    row: ContestantResult,
    sliceMs: number,
  ): Promise<number> {
    bar.start(`  warming up ${contestant.name}`);
    await contestant.prepare?.();
    const first = performance.now();
    let result = await contestant.run();
    const firstMs = performance.now() - first;
    if (contestant.accuracy === undefined)
      throw new Error(`${contestant.name}: a time without an accuracy says nothing`);
    row.accuracy = await contestant.accuracy(result);
    if (contestant.note !== undefined)
      row.note = typeof contestant.note === 'string' ? contestant.note : contestant.note(result);
    contestant.release?.(result);
    // What takes a second has warmed up by itself.
    if (contestant.calls !== undefined || firstMs > 1000) return contestant.calls ?? 1;
    let fastest = Number.POSITIVE_INFINITY;
    const until = performance.now() + (this.smoke ? 5 : 150);
    for (let k = 0; k < 200 && (k === 0 || performance.now() < until); k++) {
      await contestant.prepare?.();
      const begin = this.clock();
      result = await contestant.run();
      fastest = Math.min(fastest, contestant.elapsed?.(result) ?? this.clock() - begin);
      contestant.release?.(result);
    }
    return Math.max(1, Math.min(1000, Math.ceil(sliceMs / Math.max(fastest, 1e-4))));
  }
}

// Mean time of `calls` calls, in ms. What prepare and release take is not counted.
async function timeSlice(
  contestant: Contestant,
  calls: number,
  clock: () => number,
): Promise<number> {
  let total = 0;
  for (let k = 0; k < calls; k++) {
    if (contestant.prepare !== undefined) await contestant.prepare();
    const begin = clock();
    let result = contestant.run();
    if (result instanceof Promise) result = await result;
    const took = clock() - begin;
    total += contestant.elapsed?.(result) ?? took;
    contestant.release?.(result);
  }
  return total / calls;
}

/** Milliseconds that this process has computed, its collections of garbage and its compilations included. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function write(folder: string, result: BenchResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${result.bench}.json`, `${JSON.stringify(result, null, 1)}\n`);
}

/** How many contestants ran, in all comparisons. */
function contestants({ sections }: BenchResult): number {
  return sections.reduce(
    (sum, section) =>
      section.kind === 'comparison'
        ? sum + section.rows.filter(({ skipped }) => skipped === undefined).length
        : sum,
    0,
  );
}

function origin(): Origin {
  const git = (...args: string[]) =>
    spawnSync('git', args, {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      encoding: 'utf8',
    });
  const head = git('rev-parse', '--short=10', 'HEAD');
  // What a run writes itself is no change of the sources.
  const changed = git('status', '--porcelain', '--untracked-files=no', ':!bench/results', ':!docs');
  const hash = head.status === 0 ? head.stdout.trim() : 'unknown';
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${hash}${changed.status === 0 && changed.stdout.trim() !== '' ? '+' : ''}`,
  };
}

function machine(): BenchResult['machine'] {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
}

/** Three significant digits, exponent form for the very small and the very large. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return 'none';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return String(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** One line for whoever watches; benches print nowhere else. */
function say(line: string): void {
  bar.stop();
  process.stderr.write(`${line}\n`);
}

/** For whoever watches a terminal; nothing elsewhere. */
const bar = new Progress();
