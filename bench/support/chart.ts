// Pictures for the documentation: SVG that reads well on a light and on a dark page, without scripts, fonts or colours of
// the page around it. Observable Plot does scales, ticks and marks on a DOM that exists only here; this file adds the
// frame: title and description for screen readers, a background of its own, colours for both schemes, a legend.
//
// Nothing is said by colour alone: series differ in symbol and dash as well, bars and dots carry their number as text.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<html></html>');

/** Width of every picture in CSS pixels: what a README column shows without scaling. */
const WIDTH = 800;
const PADDING = 20;
const LEGEND_LINE = 20;
const TEXT = 12;
/** Room for the labels of a vertical axis. */
const LEFT = 54;

/** Text and series, as [on light, on dark]; test/package/report.test.ts computes their contrast. */
export const palette = {
  surface: ['#ffffff', '#0d1117'],
  frame: ['#d0d7de', '#30363d'],
  text: ['#1f2328', '#e6edf3'],
  soft: ['#57606a', '#9ea7b3'],
  s0: ['#0a5cc2', '#58a6ff'],
  s1: ['#b04a00', '#ffa657'],
  s2: ['#0f7a55', '#4fd1a5'],
  s3: ['#8250df', '#d2a8ff'],
  s4: ['#b3215f', '#ff8fb8'],
  s5: ['#57606a', '#9ea7b3'],
  s6: ['#806600', '#e3c34d'],
} as const;

const SLOTS = 7;
const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye', 'cross'] as const;
const dashes = ['', '7 3', '2 3', '10 3 2 3', '5 2 1 2', '1 2', '12 3'] as const;
/** Colour and dash repeat after SLOTS series; their symbol is then the next one. */
const symbolOf = (slot: number) =>
  symbols[(slot + Math.floor(slot / SLOTS)) % SLOTS] as (typeof symbols)[number];

interface ChartAxis {
  label: string;
  scale?: 'linear' | 'log';
  /** Largest value at the left. */
  reverse?: boolean;
}

interface Line {
  name: string;
  points: readonly (readonly [number, number])[];
  /** A thin grey line without symbols: something to compare with. */
  reference?: boolean;
}

interface Panel {
  title?: string;
  lines: readonly Line[];
  /** Places to draw a ring around. */
  marks?: readonly { x: number; y: number }[];
}

/** What every picture says in words. */
interface Words {
  title: string;
  /** What can be seen, for those who do not see it. */
  description: string;
}

export interface LineChart extends Words {
  x: ChartAxis;
  y: ChartAxis;
  panels: readonly Panel[];
}

interface DotRow {
  label: string;
  value: number;
  low?: number;
  high?: number;
  /** The least (or, with `most`, the largest) value that was asked for. */
  floor?: number;
  most?: boolean;
  goal?: number;
}

export interface DotChart extends Words {
  x: string;
  groups: readonly { title: string; rows: readonly DotRow[] }[];
}

export interface BarChart extends Words {
  x: string;
  /** In units of the axis. */
  limit: { value: number; text: string };
  groups: readonly { label: string; bars: readonly { kind: string; value: number }[] }[];
  format: (value: number) => string;
}

/** Curves, in panels side by side with common scales. */
export function lineChart(chart: LineChart): string {
  const names = [
    ...new Set(
      chart.panels.flatMap(({ lines }) => lines.filter((l) => !l.reference).map((l) => l.name)),
    ),
  ];
  const references = [
    ...new Set(
      chart.panels.flatMap(({ lines }) => lines.filter((l) => l.reference).map((l) => l.name)),
    ),
  ];
  const slotOf = (name: string) => names.indexOf(name);
  const all = chart.panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
  const perRow = Math.min(3, chart.panels.length);
  const x = scale(
    chart.x,
    all.map((point) => point[0]),
    [12, 8, 5][perRow - 1] as number,
  );
  const y = scale(
    chart.y,
    all.map((point) => point[1]),
    8,
  );
  const rows = Math.ceil(chart.panels.length / perRow);
  const width = (WIDTH - 2 * PADDING) / perRow;
  const height = perRow === 1 ? 380 : 290;
  const body = chart.panels.map((panel, i) => {
    const lines = panel.lines.map(({ name, points, reference }) => {
      const data = points.map(([px, py]) => ({ x: px, y: py }));
      const slot = slotOf(name);
      const stroke = { x: 'x', y: 'y', stroke: 'currentColor' } as const;
      if (reference)
        return [
          Plot.line(data, {
            ...stroke,
            className: 'soft',
            strokeDasharray: dashes[(2 + references.indexOf(name)) % SLOTS] as string,
          }),
        ];
      return [
        Plot.line(data, {
          ...stroke,
          className: `s${slot % SLOTS}`,
          strokeWidth: 2,
          strokeDasharray: dashes[slot % SLOTS] as string,
        }),
        Plot.dot(
          data.filter((_, k) => k % Math.ceil(data.length / 10) === 0 || k === data.length - 1),
          {
            x: 'x',
            y: 'y',
            className: `s${slot % SLOTS}`,
            fill: 'currentColor',
            symbol: symbolOf(slot),
            r: 4,
          },
        ),
      ];
    });
    const marks = Plot.dot(panel.marks ?? [], {
      x: 'x',
      y: 'y',
      r: 9,
      className: 'text',
      stroke: 'currentColor',
    });
    const above = (text: string | undefined, dy: number, className: string) =>
      Plot.text(text === undefined ? [] : [text], {
        frameAnchor: 'top-left',
        dx: -LEFT + 4,
        dy,
        className,
        fill: 'currentColor',
        text: (line: string) => line,
      });
    return placed(
      Plot.plot({
        document,
        width,
        height,
        marginLeft: LEFT,
        marginRight: 14,
        marginTop: 44,
        marginBottom: 42,
        x: { ...x, label: chart.x.label, labelAnchor: 'center' },
        y: { ...y, label: null, grid: true },
        marks: [
          Plot.frame({ className: 'frame', stroke: 'currentColor' }),
          ...lines.flat(),
          marks,
          above(panel.title, -40, 'text strong'),
          above(i % perRow === 0 ? chart.y.label : undefined, -20, 'soft'),
        ],
      }),
      PADDING + (i % perRow) * width,
      Math.floor(i / perRow) * height,
    );
  });
  const marked = chart.panels.some(({ marks }) => (marks ?? []).length > 0);
  const legend = [
    ...names.map((name) => ({ name, sample: lineSample(slotOf(name)) })),
    ...references.map((name, k) => ({ name, sample: referenceSample((2 + k) % SLOTS) })),
    ...(marked
      ? [{ name: 'crossing', sample: sample('text', '<circle cx="13" r="8" fill="none"/>') }]
      : []),
  ];
  return framed(chart, legend, body.join(''), rows * height);
}

/** A line a number, on a logarithmic axis with 1 marked: ratios with their quartiles, floors and goals. */
export function dotChart(chart: DotChart): string {
  interface Row extends DotRow {
    key: string;
  }
  const rows: Row[] = [];
  const domain: string[] = [];
  const headings: { key: string; title: string }[] = [];
  const labels = new Map<string, string>();
  for (const [g, { title, rows: some }] of chart.groups.entries()) {
    if (title !== '') {
      headings.push({ key: `${g}`, title });
      labels.set(`${g}`, '');
      domain.push(`${g}`);
    }
    for (const [r, row] of some.entries()) {
      const key = `${g}.${r}`;
      rows.push({ ...row, key });
      labels.set(key, row.label);
      domain.push(key);
    }
  }
  const holds = ({ value, floor, most }: DotRow) =>
    floor === undefined || (most ? value <= floor : value >= floor);
  const values = rows.flatMap(({ value, low, high, floor, goal }) =>
    [value, low, high, floor, goal, 1].filter((v) => v !== undefined),
  );
  const left = 14 + 6.8 * Math.max(...rows.map(({ label }) => label.length));
  const height = 23 * domain.length + 60;
  const picture = Plot.plot({
    document,
    width: WIDTH - 2 * PADDING,
    height,
    marginLeft: left,
    marginRight: 74,
    marginTop: 10,
    marginBottom: 42,
    x: {
      // A linear axis of logarithms: a logarithmic one drops labels that its own rule finds too many.
      transform: Math.log10,
      domain: [Math.min(...values) / 1.15, Math.max(...values) * 1.15].map(Math.log10),
      label: chart.x,
      labelAnchor: 'center',
      grid: true,
      ticks: ticksBetween(Math.min(...values), Math.max(...values)).map(Math.log10),
      tickFormat: (v: number) => Number((10 ** v).toPrecision(3)).toLocaleString('en-US'),
    },
    y: { type: 'band', domain, label: null, tickSize: 0, tickFormat: (k: string) => labels.get(k) },
    marks: [
      Plot.ruleX([1], { className: 'soft', stroke: 'currentColor' }),
      Plot.link(
        rows.filter(({ low, high }) => low !== undefined && high !== undefined),
        {
          x1: 'low',
          x2: 'high',
          y: 'key',
          className: 's0',
          stroke: 'currentColor',
          strokeWidth: 3,
          strokeOpacity: 0.5,
        },
      ),
      Plot.tickX(
        rows.filter(({ floor }) => floor !== undefined),
        { x: 'floor', y: 'key', className: 's1', stroke: 'currentColor', strokeWidth: 3 },
      ),
      Plot.dot(
        rows.filter(({ goal }) => goal !== undefined),
        { x: 'goal', y: 'key', className: 's2', stroke: 'currentColor', symbol: 'diamond', r: 4 },
      ),
      Plot.dot(rows.filter(holds), {
        x: 'value',
        y: 'key',
        className: 's0',
        fill: 'currentColor',
        r: 4.5,
      }),
      Plot.dot(
        rows.filter((row) => !holds(row)),
        {
          x: 'value',
          y: 'key',
          className: 's4',
          stroke: 'currentColor',
          strokeWidth: 2.5,
          symbol: 'times',
          r: 6,
        },
      ),
      Plot.text(rows, {
        y: 'key',
        text: (row: DotRow) => `${number(row.value)} x${holds(row) ? '' : ' !'}`,
        frameAnchor: 'right',
        textAnchor: 'start',
        dx: 10,
        className: 'text',
        fill: 'currentColor',
      }),
      Plot.text(headings, {
        y: 'key',
        text: 'title',
        frameAnchor: 'left',
        textAnchor: 'start',
        dx: -left + 4,
        className: 'text strong halo',
        fill: 'currentColor',
      }),
    ],
  });
  const has = (test: (row: DotRow) => boolean) => rows.some(test);
  const legend = [
    {
      name: 'measured, quartiles',
      sample: sample('s0', '<path d="M0 0h26" stroke-width="3" stroke-opacity=".5"/>', 'circle'),
    },
    ...(has(({ floor }) => floor !== undefined)
      ? [
          { name: 'asked', sample: sample('s1', '<path d="M13-7v14" stroke-width="3"/>') },
          {
            name: 'goal',
            sample: sample(
              's2',
              `<path d="${outline('diamond')}" transform="translate(13)" fill="none"/>`,
            ),
          },
        ]
      : []),
    ...(has((row) => !holds(row))
      ? [
          {
            name: 'missed (!)',
            sample: sample('s4', '<path d="M8-5l10 10M18-5L8 5" stroke-width="2.5"/>'),
          },
        ]
      : []),
  ];
  return framed(chart, legend, placed(picture, PADDING, 0), height);
}

/** Groups of bars against a limit. */
export function barChart(chart: BarChart): string {
  const kinds = [...new Set(chart.groups.flatMap(({ bars }) => bars.map(({ kind }) => kind)))];
  const rows = chart.groups.flatMap(({ label, bars }) => bars.map((bar) => ({ label, ...bar })));
  const height = chart.groups.length * (18 * kinds.length + 12) + 66;
  const most = Math.max(chart.limit.value, ...rows.map(({ value }) => value));
  const picture = Plot.plot({
    document,
    width: WIDTH - 2 * PADDING,
    height,
    marginLeft: 12 + 6.8 * Math.max(...rows.map(({ label }) => label.length)),
    marginRight: 30,
    marginTop: 22,
    marginBottom: 42,
    x: {
      domain: [0, most * 1.08],
      label: chart.x,
      labelAnchor: 'center',
      tickFormat: chart.format,
      ticks: 5,
      grid: true,
    },
    y: { type: 'band', domain: kinds, axis: null, padding: 0.12 },
    fy: {
      domain: chart.groups.map(({ label }) => label),
      label: null,
      padding: 0.14,
      axis: 'left',
    },
    marks: [
      ...kinds.map((kind, slot) =>
        Plot.barX(
          rows.filter((row) => row.kind === kind),
          {
            x: 'value',
            y: 'kind',
            fy: 'label',
            className: `s${slot}`,
            fill: 'currentColor',
            fillOpacity: 0.8,
          },
        ),
      ),
      Plot.text(rows, {
        x: 'value',
        y: 'kind',
        fy: 'label',
        text: (row: { kind: string; value: number }) => `${chart.format(row.value)} ${row.kind}`,
        textAnchor: 'start',
        dx: 5,
        className: 'text halo',
        fill: 'currentColor',
      }),
      Plot.ruleX([chart.limit.value], {
        className: 's4',
        stroke: 'currentColor',
        strokeWidth: 2,
        strokeDasharray: '6 3',
      }),
      Plot.text([chart.limit], {
        x: 'value',
        text: 'text',
        fy: () => chart.groups[0]!.label,
        frameAnchor: 'top',
        dy: -14,
        className: 'text',
        fill: 'currentColor',
      }),
    ],
  });
  const legend = kinds.map((name, slot) => ({
    name,
    sample: sample(
      `s${slot}`,
      '<rect x="4" y="-6" width="18" height="12" fill="currentColor" stroke="none" fill-opacity=".8"/>',
    ),
  }));
  return framed(chart, legend, placed(picture, PADDING, 0), height);
}

/** 1000 as "10³", 0.0001 as "10⁻⁴"; nothing for what is no power of ten. */
export function power(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (Math.abs(value / 10 ** exponent - 1) > 1e-6) return '';
  if (exponent >= -2 && exponent <= 2) return `${Number(value.toPrecision(3))}`;
  return `10${[...`${exponent}`].map((c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)] ?? '⁻').join('')}`;
}

// `most`: labels that fit.
function scale(axis: ChartAxis, values: readonly number[], most: number) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const reverse = axis.reverse ?? false;
  if (axis.scale !== 'log') return { domain: [low, high], nice: true, reverse };
  const powers = Array.from({ length: 40 }, (_, k) => 10 ** (k - 20)).filter(
    (tick) => tick >= low / 1.3 && tick <= high * 1.3,
  );
  const every = Math.ceil(powers.length / most);
  return {
    type: 'log' as const,
    domain: [low / 1.3, high * 1.3],
    reverse,
    ticks: powers.filter((_, k) => k % every === 0),
    tickFormat: power,
  };
}

// 1, 2, 5, 10, 20, ..., or powers of ten alone where there are many.
function ticksBetween(low: number, high: number): number[] {
  const steps = high / low > 3000 ? [1] : [1, 2, 5];
  return Array.from({ length: 24 }, (_, k) => k - 12)
    .flatMap((k) => steps.map((step) => (k < 0 ? step / 10 ** -k : step * 10 ** k)))
    .filter((tick) => tick >= low / 1.15 && tick <= high * 1.15);
}

function number(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en-US')
    : `${Number(value.toPrecision(3))}`;
}

// A figure of Plot, at a place in the picture. Its own style and its labels for screen readers go: the frame has them.
function placed(figure: unknown, x: number, y: number): string {
  return String(figure)
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/ aria-[a-z]+="[^"]*"/g, '')
    .replace(/^<svg /, `<svg x="${short(x)}" y="${short(y)}" `)
    .replace(/ class="plot-[^"]*"| style="[^"]*"/g, '')
    .replace('font-size="10"', `font-size="${TEXT}"`)
    .replace(/<[^>]*>/g, (tag) =>
      tag.replace(/-?\d+\.\d{2,}(?:e-?\d+)?/g, (digits) => `${short(Number(digits))}`),
    );
}

function short(value: number): number {
  return Math.round(value * 10) / 10 + 0;
}

function outline(symbol: (typeof symbols)[number]): string {
  const shapes = {
    circle: 'M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z',
    square: 'M-3.5-3.5h7v7h-7Z',
    triangle: 'M0-4.5L4 3H-4Z',
    diamond: 'M0-5L3.5 0L0 5L-3.5 0Z',
    star: 'M0-5L1.2-1.6H4.8L2 .6L3 4L0 2L-3 4L-2 .6L-4.8-1.6H-1.2Z',
    cross: 'M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z',
    wye: 'M1.3 .8V4.5H-1.3V.8L-4.6-1.2L-3.2-3.4L0-1.5L3.2-3.4L4.6-1.2Z',
  };
  return shapes[symbol];
}

function sample(className: string, inside: string, symbol?: (typeof symbols)[number]): string {
  const dot = symbol
    ? `<path d="${outline(symbol)}" transform="translate(13)" fill="currentColor" stroke="none"/>`
    : '';
  return `<g class="${className}" stroke="currentColor">${inside}${dot}</g>`;
}

function lineSample(slot: number): string {
  return sample(
    `s${slot % SLOTS}`,
    `<path d="M0 0h26" stroke-width="2" stroke-dasharray="${dashes[slot % SLOTS]}"/>`,
    symbolOf(slot),
  );
}

function referenceSample(dash: number): string {
  return sample('soft', `<path d="M0 0h26" stroke-dasharray="${dashes[dash]}"/>`);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function style(): string {
  const rules = (scheme: 0 | 1) =>
    Object.entries(palette)
      .map(([name, colors]) => `.${name}{color:${colors[scheme]}}`)
      .join('');
  const [surface, text] = [palette.surface, palette.text];
  return `<style>svg{color:${text[0]};font-family:system-ui,sans-serif}.strong{font-weight:600}.halo{stroke:${surface[0]};stroke-width:3px;paint-order:stroke}${rules(0)}@media(prefers-color-scheme:dark){svg{color:${text[1]}}.halo{stroke:${surface[1]}}${rules(1)}}</style>`;
}

function framed(
  words: Words,
  legend: { name: string; sample: string }[],
  body: string,
  bodyHeight: number,
): string {
  const titleLines = wrapped(words.title, 96);
  let y = PADDING + 16 * titleLines.length;
  const title = titleLines
    .map(
      (line, i) =>
        `<text x="${PADDING}" y="${PADDING + 10 + 18 * i}" font-size="15" font-weight="600" fill="currentColor">${escaped(line)}</text>`,
    )
    .join('');
  let x = PADDING;
  y += 14;
  const entries = legend.map(({ name, sample: drawn }) => {
    const width = 34 + 6.6 * name.length + 18;
    if (x + width > WIDTH && x > PADDING) {
      x = PADDING;
      y += LEGEND_LINE;
    }
    const entry = `<g transform="translate(${short(x)} ${y})">${drawn}<text x="34" y="4" fill="currentColor">${escaped(name)}</text></g>`;
    x += width;
    return entry;
  });
  const top = y + (legend.length > 0 ? 14 : -10);
  const height = top + bodyHeight + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-size="${TEXT}" role="img" aria-labelledby="t d"><title id="t">${escaped(words.title)}</title><desc id="d">${escaped(words.description)}</desc>${style()}<rect class="surface" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="currentColor"/><rect class="frame" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="none" stroke="currentColor"/>${title}${entries.join('')}<g transform="translate(0 ${top})">${body}</g></svg>\n`;
}

function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= most)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
