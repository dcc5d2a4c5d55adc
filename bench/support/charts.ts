// Which pictures are made of which results. A picture stands in the page above the section it shows.
import { barChart, dotChart, lineChart } from './chart.js';
import {
  type BenchResult,
  type ComparisonResult,
  type CurveResult,
  short,
  type TableResult,
} from './harness.js';

export interface Picture {
  /** docs/charts/<name>.svg */
  name: string;
  /** For those who do not see it. */
  alt: string;
  svg: string;
  /** The bench and the section above which it stands; without a section at the head of the bench. */
  bench: string;
  section?: string;
}

/** All pictures for a set of results. */
export function pictures(results: readonly BenchResult[]): Picture[] {
  return results.flatMap((result) => [
    ...peers(result),
    ...packages(result),
    ...result.sections.flatMap((section) => [
      ...(section.kind === 'curve' ? [curve(result, section)] : []),
      ...(section.kind === 'table' && section.id === 'sizes' ? [sizes(result, section)] : []),
    ]),
  ]);
}

function curve({ bench }: BenchResult, section: CurveResult): Picture {
  const panels = [...new Set(section.series.map(({ panel }) => panel))];
  const at = (point: Record<string, number>) =>
    [point[section.x.key]!, point[section.y.key]!] as const;
  const positive = ([x, y]: readonly [number, number]) =>
    (section.x.scale !== 'log' || x > 0) && (section.y.scale !== 'log' || y > 0);
  const ends = section.series.map(({ name, panel, points }) => {
    const last = points.at(-1);
    const where = panel === undefined ? name : `${name} (${panel})`;
    return last === undefined
      ? `${where}: none`
      : `${where} ends at ${short(at(last)[0])}, ${short(at(last)[1])}`;
  });
  const description = `${section.y.label} against ${section.x.label}. ${ends.join('; ')}.`;
  return {
    name: `${bench}-${section.id}`,
    alt: description,
    bench,
    section: section.id,
    svg: lineChart({
      title: section.title,
      description,
      x: section.x,
      y: section.y,
      panels: panels.map((title) => ({
        ...(title === undefined ? {} : { title }),
        lines: section.series
          .filter(({ panel }) => panel === title)
          .map(({ name, points, reference }) => ({
            name,
            points: points.map(at).filter(positive),
            reference: reference ?? false,
          })),
        marks: (section.marks ?? [])
          .filter(({ panel }) => panel === title)
          .map(({ point }) => ({ x: at(point)[0], y: at(point)[1] })),
      })),
    }),
  };
}

// Speed against native libraries: claims in "x" whose contestants are in the comparison of the same id.
function peers(result: BenchResult): Picture[] {
  if (result.bench !== 'peers') return [];
  const groups = [
    { title: 'Solves and PageRank: time of the peer / ours (more is better)', rows: [] as Row[] },
    { title: 'Automatic choice / our best fixed method (less is better)', rows: [] as Row[] },
    { title: 'Time of the same C, native / WebAssembly (1 is native speed)', rows: [] as Row[] },
  ];
  for (const { id, text, value, limit, goal, relation, unit } of result.claims) {
    if (unit !== 'x') continue;
    const group = id.startsWith('auto-') ? 1 : id.startsWith('wasm-native') ? 2 : 0;
    const row = rowOf(result, id);
    groups[group]!.rows.push({
      label: label(text),
      value,
      floor: limit,
      ...(relation === '<=' ? { most: true } : {}),
      ...(goal === undefined ? {} : { goal }),
      ...(row?.ratioLow === undefined ? {} : { low: row.ratioLow, high: row.ratioHigh! }),
    });
  }
  const filled = groups.filter(({ rows }) => rows.length > 0);
  if (filled.length === 0) return [];
  const rows = filled.flatMap((group) => group.rows);
  const missed = rows.filter(({ value, floor, most }) => (most ? value > floor! : value < floor!));
  const description = `Ratios of times with the quartiles, on a logarithmic axis, against the floor that was asked and the goal. ${rows.length - missed.length} of ${rows.length} meet their floor; missed: ${missed.map((row) => row.label).join('; ') || 'none'}.`;
  return [
    {
      name: 'peers-ratios',
      alt: description,
      bench: 'peers',
      svg: dotChart({
        title: 'Against native libraries: ratios of times, interleaved runs',
        description,
        x: 'ratio of times',
        groups: filled,
      }),
    },
  ];
}

interface Row {
  label: string;
  value: number;
  low?: number;
  high?: number;
  floor?: number;
  most?: boolean;
  goal?: number;
}

function rowOf(result: BenchResult, id: string) {
  for (const section of result.sections) {
    if (section.kind !== 'comparison') continue;
    const row = section.rows.find(({ name }) => id === `${section.id}-${name}`);
    if (row !== undefined) return row;
  }
  return undefined;
}

function label(text: string): string {
  return text
    .replace(/ \/ ours$/, '')
    .replace(/^(automatic choice \/ our best fixed method|native C \/ WebAssembly), /, '')
    .replace(
      /(?:2-D grid Laplacian \+ 0.01 I, n = |grid-)(\d+)/,
      (_, n) => `grid ${Number(n).toLocaleString('en-US')}`,
    )
    .replace('Personalised PageRank', 'PPR')
    .replace('Laplacian + 0.001 I, ', '')
    .replace(
      ', certified to 1e-2 max|b| / slack, grid + 0.4 I, n = 1000000',
      ', grid 10^6: full solve',
    )
    .replace(', 10 entries a row, 10 % slack', '');
}

// npm packages and plain JavaScript: every contestant that ran, against ours.
function packages(result: BenchResult): Picture[] {
  if (result.bench !== 'foundation') return [];
  const groups = result.sections
    .filter((section): section is ComparisonResult => section.kind === 'comparison')
    .filter(({ id }) => id !== 'local-entry-expander')
    .map((section) => ({
      title: section.title,
      rows: section.rows
        .slice(1)
        .filter(({ skipped }) => skipped === undefined)
        .map(({ name, ratio, ratioLow, ratioHigh }) => ({
          label: name.replace('sublinear-time-solver', 'sublinear-time-s.'),
          value: ratio!,
          low: ratioLow!,
          high: ratioHigh!,
        })),
    }))
    .filter(({ rows }) => rows.length > 0);
  if (groups.length === 0) return [];
  const description = `How many times slower than sublinear: ${groups.map(({ title, rows }) => `${title}: ${rows.map((row) => `${row.label} ${short(row.value)}`).join(', ')}`).join('; ')}.`;
  return [
    {
      name: 'foundation-ratios',
      alt: description,
      bench: 'foundation',
      svg: dotChart({
        title: 'Against npm packages and plain JavaScript: how many times slower than sublinear',
        description,
        x: 'time / time of sublinear, same run, same machine',
        groups,
      }),
    },
  ];
}

const HARD_LIMIT = 200_000;

function sizes({ bench }: BenchResult, section: TableResult): Picture {
  const groups = section.rows
    .filter(([name]) => /^(wasm|internal)\//.test(String(name)))
    .map(([name, ...bytes]) => ({
      label: String(name).replace(/^(wasm|internal\/raw)\//, ''),
      bars: section.columns.slice(1).map((kind, i) => ({ kind, value: Number(bytes[i]) })),
    }));
  const kb = (value: number) => `${Math.round(value / 1000)} kB`;
  const description = `Bytes of each WebAssembly module and of its JavaScript: ${groups.map(({ label: name, bars }) => `${name} ${bars.map(({ kind, value }) => `${kb(value)} ${kind}`).join(', ')}`).join('; ')}. The limit is ${kb(HARD_LIMIT)} raw for each module.`;
  return {
    name: `${bench}-sizes`,
    alt: description,
    bench,
    section: section.id,
    svg: barChart({
      title: 'What a user downloads: one module of each kind that is used',
      description,
      x: 'bytes',
      limit: { value: HARD_LIMIT, text: `limit ${kb(HARD_LIMIT)} raw` },
      groups,
      format: kb,
    }),
  };
}
