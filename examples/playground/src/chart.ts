// Line charts with uPlot, in the colours of the theme, told to those who cannot see them in a sentence.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { h, themed } from './ui.js';

export interface Line {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  points?: boolean;
}

const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4]];
const hues = ['accent', 'warm', 'bar', 'bound', 'fail', 'quiet'];

// One line for each power of ten, or for each second or third of them when there are many.
const powers = {
  splits: (_: uPlot, __: number, least: number, most: number) => {
    const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
    const step = Math.ceil((to - from) / 7);
    return Array.from(
      { length: Math.floor((to - from) / step) + 1 },
      (_, i) => 10 ** (from + i * step),
    );
  },
  filter: (_: uPlot, ticks: number[]) => ticks,
  values: (_: uPlot, ticks: number[]) => ticks.map((tick) => tick.toExponential(0)),
};

export class Chart {
  readonly element = h('div', {
    className: 'chart',
    role: 'img',
    'aria-label': 'Nothing is drawn yet.',
  });
  #plot: uPlot | undefined;
  #again: (() => void) | undefined;

  constructor(readonly options: { x: string; y: string; log?: boolean; height?: number }) {
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.element);
    addEventListener('themechange', () => this.#again?.());
  }

  #size() {
    return { width: Math.max(200, this.element.clientWidth), height: this.options.height ?? 240 };
  }

  /** Dims what is drawn: it is about something that is no longer there. */
  outdate(): void {
    this.element.classList.add('outdated');
  }

  /** Draws lines, each over its own x; `told` says what is to be seen. */
  draw(lines: Line[], told: string): void {
    this.element.classList.remove('outdated');
    this.element.ariaLabel = told;
    this.#again = () => this.#draw(lines);
    this.#draw(lines);
  }

  #draw(lines: Line[]): void {
    const all = [...new Set(lines.flatMap(({ x }) => Array.from(x)))].sort((a, b) => a - b);
    const columns = lines.map(({ x, y }) => {
      const known = new Map(Array.from(x, (value, i) => [value, y[i]!]));
      return all.map((value) => known.get(value) ?? null);
    });
    const axis = (label: string) => ({
      label,
      stroke: themed('text'),
      grid: { stroke: themed('line'), width: 1 },
      ticks: { stroke: themed('line') },
      labelSize: 18,
    });
    this.#plot?.destroy();
    this.#plot = new uPlot(
      {
        ...this.#size(),
        scales: { x: { time: false }, y: this.options.log ? { distr: 3 } : {} },
        axes: [
          axis(this.options.x),
          { ...axis(this.options.y), size: 64, ...(this.options.log && powers) },
        ],
        series: [
          { label: this.options.x },
          ...lines.map(({ name, points }, i) => ({
            label: name,
            stroke: themed(hues[i % hues.length]!),
            dash: dashes[i % dashes.length]!,
            width: 2,
            spanGaps: true,
            points: { show: points ?? false },
          })),
        ],
        cursor: { show: false },
        legend: { live: false }, // without a cursor it has no values to show
      },
      [all, ...columns] as uPlot.AlignedData,
      this.element,
    );
  }
}
