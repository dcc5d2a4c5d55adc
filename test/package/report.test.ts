// The page and the pictures in docs/ are what bench/results gives, and can be read by everybody: on light and dark pages,
// without colours, with a screen reader.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { blocks, fill, places, quoting } from '../../bench/support/blocks.js';
import { dotChart, lineChart, palette, power } from '../../bench/support/chart.js';
import { readResults, report } from '../../bench/support/report.js';
import { metrics } from '../../bench/support/summary.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const made = report(`${root}bench/results`)!;
const results = readResults(`${root}bench/results`);
const textOf = (path: string) => readFileSync(root + path, 'utf8');

describe('what is committed is what the results give (npm run bench:report)', () => {
  test('the page', () => expect(textOf('docs/benchmarks.md')).toBe(made.page));

  test('the pictures: the same files, no more and no fewer', () => {
    const names = made.pictures.map(({ name }) => `${name}.svg`).sort();
    expect(readdirSync(`${root}docs/charts`).sort()).toEqual(names);
    expect(names.length).toBeGreaterThan(2);
  });

  test.each(made.pictures.map(({ name, svg }) => [name, svg]))('%s', (name, svg) => {
    expect(textOf(`docs/charts/${name}.svg`)).toBe(svg);
  });

  test('each of the eight metrics stands in the one table, those of kernels by kernel', () => {
    expect(metrics).toHaveLength(8);
    for (const metric of metrics) {
      const rows = made.summary.filter(([name]) => name!.startsWith(metric));
      expect(rows.length, metric).toBeGreaterThan(0);
      for (const [, value] of rows) expect(value, metric).toMatch(/\d/);
    }
    const kernels = (name: string) =>
      made.summary.flatMap(([metric, , where]) => (metric === name ? [where] : []));
    expect(kernels('SIMD speed-up')).toEqual(
      expect.arrayContaining(['dense.dot', 'sparse.multiply', 'hnsw.flat', 'quant.int8']),
    );
    const native = kernels('speed of WebAssembly / native C').join('\n');
    expect(native).toMatch(/dot, four rows a call, d = 768/);
    expect(native).toMatch(/L2 squared, one row a call, d = 128/);
    expect(made.page).toContain('## In one table');
  });

  test.each(quoting)('what %s quotes', (page) => {
    const text = textOf(page);
    expect(places(text).length).toBeGreaterThan(0);
    // A mark that is misspelt would leave its text to drift.
    expect(text.match(/<!-- bench/g)).toHaveLength(2 * places(text).length);
    expect(fill(text, results)).toBe(text);
  });

  test('every quotation has a place, and results', () => {
    const made = blocks(results);
    expect(quoting.flatMap((page) => places(textOf(page))).sort()).toEqual(
      Object.keys(made).sort(),
    );
    for (const [name, make] of Object.entries(made)) expect(make(), name).toMatch(/\d/);
  });

  test('a quotation whose results are absent stays, a name that nothing makes is refused', () => {
    const page = (name: string) => `<!-- bench: ${name} -->\nold\n<!-- bench end -->\n`;
    expect(fill(page('local-n'), [])).toBe(page('local-n'));
    expect(fill(page('local-n'), results)).toContain('| rows read, slack 0.4 |');
    expect(() => fill(page('nothing'), results)).toThrow('"nothing"');
  });

  test('every picture stands in the page with a text of its own', () => {
    for (const { name, alt } of made.pictures) {
      expect(made.page).toContain(`](charts/${name}.svg)`);
      expect(alt.length).toBeGreaterThan(40);
    }
  });
});

const folders = ['docs/charts/', 'docs/images/'];
const files = folders
  .filter((folder) => existsSync(root + folder))
  .flatMap((folder) =>
    readdirSync(root + folder)
      .filter((file) => file.endsWith('.svg'))
      .map((file) => folder + file),
  );

describe.each(files)('%s', (file) => {
  const svg = textOf(file);

  test('is well formed, has a title and a description, and follows the colour scheme', () => {
    const { document } = parseHTML(svg);
    const picture = document.querySelector('svg')!;
    expect(picture.getAttribute('role')).toBe('img');
    const [title, description] = picture
      .getAttribute('aria-labelledby')!
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '');
    expect(title!.length).toBeGreaterThan(10);
    expect(description!.length).toBeGreaterThan(40);
    expect(svg).toContain('@media(prefers-color-scheme:dark)');
    expect(balanced(svg)).toEqual([]);
  });

  test('is small, and asks for nothing from elsewhere', () => {
    expect(svg.length).toBeLessThan(60_000);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /https?:|<script|<foreignObject|@import|url\((?!#)/,
    );
  });

  test('has numbers in all its coordinates', () => {
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

/** Tags that were not closed, or closed without having been opened. */
function balanced(svg: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, end, name, empty] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
    if (empty) continue;
    if (!end) open.push(name!);
    else if (open.pop() !== name) wrong.push(name!);
  }
  return [...wrong, ...open];
}

describe('colours', () => {
  // WCAG 2.2: relative luminance and contrast ratio.
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: string, b: string) => {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };

  test.each(['light', 'dark'])('contrast is 4.5 and more: %s', (name) => {
    const scheme = name === 'light' ? 0 : 1;
    expect(contrast('#ffffff', '#000000')).toBeCloseTo(21, 9);
    for (const [use, colors] of Object.entries(palette)) {
      if (use === 'surface' || use === 'frame') continue;
      expect(contrast(colors[scheme], palette.surface[scheme]), use).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe('the generator', () => {
  const line = (points: [number, number][]) =>
    lineChart({
      title: 'A < B & C',
      description: 'x',
      x: { label: 'x', scale: 'log' },
      y: { label: 'y', scale: 'log' },
      panels: [{ lines: [{ name: 'one', points }] }],
    });

  test('escapes what it is given', () => {
    const drawn = line([
      [1, 1],
      [10, 10],
    ]);
    expect(drawn).toContain('A &lt; B &amp; C</title>');
  });

  test('puts a larger value higher and further to the right', () => {
    const drawn = line([
      [1, 1],
      [100, 100],
    ]);
    const path = /class="s0"[^>]*><path d="M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)"/.exec(drawn);
    const [x1, y1, x2, y2] = path!.slice(1).map(Number);
    expect(x2).toBeGreaterThan(x1!);
    expect(y2).toBeLessThan(y1!);
  });

  test('marks what missed its floor by shape and by text', () => {
    const rows = [
      { label: 'good', value: 3, floor: 2 },
      { label: 'bad', value: 1, floor: 2 },
      { label: 'less is better', value: 1, floor: 2, most: true },
    ];
    const chart = dotChart({
      title: 't',
      description: 'd',
      x: 'x',
      groups: [{ title: 'g', rows }],
    });
    expect(chart.match(/ x !</g)).toHaveLength(1);
    expect(chart).toContain('>1 x !<');
    expect(chart).toContain('missed (!)');
  });

  test('tells ten series apart, without their colours as well', () => {
    const lines = Array.from({ length: 10 }, (_, i) => ({
      name: `index ${i}`,
      points: [[0.9, 100 + i] as const, [0.99, 10 + i] as const],
    }));
    const chart = lineChart({
      title: 'Recall',
      description: 'd',
      x: { label: 'recall' },
      y: { label: 'queries a second', scale: 'log' },
      panels: [{ lines }],
    });
    const samples = [
      ...chart.matchAll(/<path d="M0 0h26"[^>]*stroke-dasharray="([^"]*)"\/><path d="([^"]*)"/g),
    ];
    expect(new Set(samples.map(([, dash, symbol]) => `${dash} ${symbol}`)).size).toBe(10);
  });

  test('writes powers of ten', () => {
    expect([1e-8, 0.1, 1, 100, 1e6, 20].map(power)).toEqual(['10⁻⁸', '0.1', '1', '100', '10⁶', '']);
  });
});
