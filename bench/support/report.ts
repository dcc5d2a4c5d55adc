// Writes docs/benchmarks.md from bench/results/*.json. Nothing in that page is written by hand.
//
//   node --import tsx bench/support/report.ts
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type BenchResult,
  type ComparisonResult,
  type ContestantResult,
  short,
  type TableResult,
} from './harness.js';

/** The page for a folder of results; undefined when there is none. */
export function page(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const results = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as BenchResult);
  if (results.length === 0) return undefined;
  return `${[head(results), ...results.map(chapter)].join('\n\n')}\n`;
}

function head(results: BenchResult[]): string {
  const { cpu, cores, memoryGb, platform, node } = results[0]!.machine;
  return `# Benchmarks

Made from \`bench/results/*.json\` by \`npm run bench\`; do not edit.

Measured on: ${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}. One thread.

How to read the tables. The contestants of a table take turns within one run; a slice is one turn of each. **times
slower** is the median over the slices of (time of this line / time of the first line), with the quartiles in brackets:
it is what can be compared between machines, the milliseconds are not. The accuracy column is computed by independent
JavaScript routines from the result that was returned. A line that was not run says why.`;
}

function chapter(result: BenchResult): string {
  const parts = [`## ${result.title}`];
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
        claim.holds ? 'yes' : '**no**',
      ];
    });
    parts.push(markdown(['what', 'measured', 'asked', 'met'], rows, 'lrrl'));
  }
  for (const section of result.sections) {
    parts.push(`### ${section.title}`);
    if (section.note !== undefined) parts.push(section.note);
    parts.push(section.kind === 'comparison' ? comparison(section) : table(section));
  }
  return parts.join('\n\n');
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = page(fileURLToPath(new URL('../results', import.meta.url)));
  if (text === undefined) throw new Error('bench/results is empty: run npm run bench');
  writeFileSync(fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url)), text);
}
