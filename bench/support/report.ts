// Writes docs/benchmarks.md, docs/charts/*.svg and what README.md and guides quote (blocks.ts) from bench/results/*.json. Nothing
// in them is written by hand.
//
//   npm run bench:report [-- --check]     --check: writes nothing, tells what would change, and fails when something would
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table as asText } from '../../ts/cli/terminal.js';
import { fill, quoting } from './blocks.js';
import { type Picture, pictures } from './charts.js';
import {
  type BenchResult,
  type Claim,
  type ComparisonResult,
  type ContestantResult,
  type CurveResult,
  type Origin,
  short,
  type TableResult,
} from './harness.js';
import { summary } from './summary.js';

/** What is made of a folder of results; undefined when there is none. */
export interface Report {
  /** docs/benchmarks.md */
  page: string;
  /** docs/charts/ */
  pictures: Picture[];
  /** The metrics of one table: name, value, where it was measured. */
  summary: string[][];
}

export function report(folder: string): Report | undefined {
  const results = readResults(folder);
  if (results.length === 0) return undefined;
  const drawn = pictures(results);
  const metrics = summary(results);
  const chapters = results.map((result) => chapter(result, drawn));
  return {
    page: `${[head(results), ...overview(metrics), ...chapters].join('\n\n')}\n`,
    pictures: drawn,
    summary: metrics,
  };
}

/** The results in a folder, by name. */
export function readResults(folder: string): BenchResult[] {
  if (!existsSync(folder)) return [];
  return (
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as BenchResult)
      // matrix.json lies there as well; it has a page of its own.
      .filter((result) => 'bench' in result)
  );
}

function overview(metrics: string[][]): string[] {
  if (metrics.length === 0) return [];
  return ['## In one table', markdown(['what', 'measured', 'where'], metrics, 'lrl')];
}

function head(results: BenchResult[]): string {
  const { cpu, cores, memoryGb, platform, node } = results[0]!.machine;
  return `# Benchmarks

Made from \`bench/results/*.json\` by \`npm run bench:report\`; do not edit. How to measure again: [bench/README.md](../bench/README.md).

Measured on: ${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}. One thread.

How to read the tables. The contestants of a table take turns within one run; a slice is one turn of each. **times
slower** is the median over the slices of (time of this line / time of the first line), with the quartiles in brackets:
it is what can be compared between machines, the milliseconds are not. The accuracy column is computed by independent
JavaScript routines from the result that was returned. A line that was not run says why. Where a section was measured at
another time than the rest of its chapter, it says so; "+" behind a commit: with changes on top of it.`;
}

function chapter(result: BenchResult, drawn: readonly Picture[]): string {
  const parts = [`## ${result.title}`];
  const show = (section?: string) => {
    for (const picture of drawn)
      if (picture.bench === result.bench && picture.section === section)
        parts.push(`![${picture.alt.replaceAll(/[[\]]/g, '')}](charts/${picture.name}.svg)`);
  };
  show();
  if (result.smoke) parts.push('**A smoke run: tiny data, the figures mean nothing.**');
  if (result.claims.length > 0) {
    const rows = result.claims.map((claim) => {
      const unit = claim.unit === undefined ? '' : ` ${claim.unit}`;
      const sign = claim.relation === '<=' ? 'at most' : 'at least';
      const goal = claim.goal === undefined ? '' : ` (goal ${short(claim.goal)})`;
      return [
        claim.text,
        `${short(claim.value)}${unit}`,
        `${sign} ${short(claim.limit)}${unit}${goal}`,
        met(claim),
      ];
    });
    parts.push(markdown(['what', 'measured', 'asked', 'met'], rows, 'lrrl'));
  }
  const usual = mostly(result.sections.map(from).filter((text) => text !== ''));
  if (usual !== undefined) parts.splice(1, 0, usual);
  for (const section of result.sections) {
    parts.push(`### ${section.title}`);
    const measured = from(section);
    if (measured !== usual && measured !== '') parts.push(measured);
    if (section.note !== undefined) parts.push(section.note);
    show(section.id);
    if (section.kind === 'comparison') parts.push(comparison(section));
    else if (section.kind === 'table') parts.push(table(section));
    else parts.push(...marks(section));
  }
  return parts.join('\n\n');
}

/** A limit that holds is no failure, whatever the goal. */
function met({ holds, relation, value, goal }: Claim & { holds: boolean }): string {
  if (!holds) return '**no**';
  const good = goal === undefined || (relation === '<=' ? value <= goal : value >= goal);
  return good ? 'yes' : 'yes, goal not yet';
}

function from({ measured }: { measured?: Origin }): string {
  return measured === undefined ? '' : `Measured at ${measured.commit}, ${measured.date}.`;
}

/** The most frequent text; the first of several. */
function mostly(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function comparison(section: ComparisonResult): string {
  const remarks = section.rows.some((row) => row.note !== undefined || row.skipped !== undefined);
  const header = [
    '',
    'median',
    'p99',
    'times slower',
    section.accuracy,
    ...(remarks ? ['remark'] : []),
  ];
  const rows = section.rows.map((row) => [
    ...contestant(row),
    ...(remarks ? [row.skipped ?? row.note ?? ''] : []),
  ]);
  return markdown(header, rows, 'lrrrrl');
}

function contestant(row: ContestantResult): string[] {
  if (row.skipped !== undefined) return [row.name, 'not run', '', '', ''];
  const ratio =
    row.ratio === 1 && row.ratioLow === 1
      ? '1'
      : `${short(row.ratio!)} [${short(row.ratioLow!)}, ${short(row.ratioHigh!)}]`;
  return [
    row.name,
    time(row.medianMs!),
    time(row.p99Ms!),
    ratio,
    short(row.accuracy ?? Number.NaN),
  ];
}

function table(section: TableResult): string {
  const rows = section.rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? short(cell) : cell)),
  );
  const align = section.columns
    .map((_, column) => (section.rows.some((row) => typeof row[column] === 'number') ? 'r' : 'l'))
    .join('');
  return markdown(section.columns, rows, align);
}

// A curve is a picture; what can be said of it in words stands below.
function marks(section: CurveResult): string[] {
  if (section.marks === undefined || section.marks.length === 0) return [];
  const { x } = section;
  const rows = section.marks.map(({ panel, point, text }) => [
    panel ?? '',
    text,
    short(point[x.key]!),
  ]);
  return [markdown(['', 'where', x.label], rows, 'llr')];
}

function time(ms: number): string {
  if (ms >= 1000) return `${short(ms / 1000)} s`;
  return ms >= 0.1 ? `${short(ms)} ms` : `${short(ms * 1000)} us`;
}

function markdown(header: string[], rows: string[][], align: string): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = header.map((_, i) => (align[i] === 'r' ? '---:' : '---'));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What stands in each file that is made from the results: path in the project and text. */
export function made(): { report: Report; files: Map<string, string> } {
  const folder = `${root}bench/results`;
  const whole = report(folder);
  if (whole === undefined) throw new Error('bench/results is empty: run npm run bench');
  const files = new Map([['docs/benchmarks.md', whole.page]]);
  for (const { name, svg } of whole.pictures) files.set(`docs/charts/${name}.svg`, svg);
  for (const page of quoting)
    files.set(page, fill(readFileSync(root + page, 'utf8'), readResults(folder)));
  return { report: whole, files };
}

/** Pictures that nothing draws any more. */
function idle(files: ReadonlyMap<string, string>): string[] {
  const charts = existsSync(`${root}docs/charts`) ? readdirSync(`${root}docs/charts`) : [];
  return charts.map((name) => `docs/charts/${name}`).filter((path) => !files.has(path));
}

/** Lines of `text` that `before` does not have. */
function differing(before: string, text: string): string[] {
  const known = new Set(before.split('\n'));
  return text.split('\n').filter((line) => !known.has(line));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  const { report: whole, files } = made();
  let changed = 0;
  for (const [path, text] of files) {
    const before = existsSync(root + path) ? readFileSync(root + path, 'utf8') : '';
    if (before === text) continue;
    changed++;
    if (!check) {
      mkdirSync(dirname(root + path), { recursive: true });
      writeFileSync(root + path, text);
    } else if (path.endsWith('.svg')) process.stderr.write(`${path} differs\n`);
    else for (const line of differing(before, text)) process.stderr.write(`${path}: ${line}\n`);
  }
  for (const path of idle(files)) {
    changed++;
    if (check) process.stderr.write(`${path} is drawn no more\n`);
    else rmSync(root + path);
  }
  process.stdout.write(`${asText(['what', 'measured', 'where'], whole.summary)}\n`);
  process.stderr.write(
    `${files.size} files are made from bench/results, ${changed} ${check ? 'differ' : 'were written'}\n`,
  );
  if (check && changed > 0) process.exitCode = 1;
}
