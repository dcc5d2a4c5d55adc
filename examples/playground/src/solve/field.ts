// The canvas: the potential as colours, walls, sources, the rows that an answer has read, and the cell under the keyboard.
import { fieldColour, type Scheme } from '../colours.js';
import { h, scheme } from '../ui.js';
import { type Grid, HEIGHT, WIDTH } from './grid.js';

/** Colours from -1 to 1 in steps that nobody sees, so that drawing only looks them up. */
const SHADES = 256;
const paletteOf = (scheme: Scheme) =>
  Uint8Array.from({ length: 3 * (2 * SHADES + 1) }, (_, i) =>
    Math.round(fieldColour((Math.floor(i / 3) - SHADES) / SHADES, scheme)[i % 3]!),
  );
/** What stands out: walls from the ground, sources and sinks from the strongest potential, the cell under the keyboard. */
type Rgb = readonly [number, number, number];
interface Plate {
  palette: Uint8Array;
  wall: Rgb;
  source: Rgb;
  sink: Rgb;
  /** How much lighter what was not read becomes. */
  lift: number;
  asked: Rgb;
}
const plates: Record<Scheme, Plate> = {
  light: {
    palette: paletteOf('light'),
    wall: [70, 70, 74],
    source: [140, 0, 20],
    sink: [0, 25, 90],
    lift: 90,
    asked: [0, 0, 0],
  },
  dark: {
    palette: paletteOf('dark'),
    wall: [112, 116, 126],
    source: [255, 236, 220],
    sink: [220, 240, 255],
    lift: 20,
    asked: [255, 255, 255],
  },
};

export class Field {
  readonly canvas = h('canvas', {
    className: 'field',
    width: WIDTH,
    height: HEIGHT,
    tabIndex: 0,
    role: 'application',
  });
  readonly #context = this.canvas.getContext('2d')!;
  readonly #image = this.#context.createImageData(WIDTH, HEIGHT);
  /** Where the keyboard is. */
  cursor: { x: number; y: number } | undefined;
  /** The rows that an answer has read, 'all' of them perhaps, and the cell that it was asked for. */
  lit: { rows: ReadonlySet<number> | 'all'; asked: number } | undefined;

  #drawn: Float64Array | Float32Array | undefined;

  constructor(readonly grid: Grid) {
    addEventListener('themechange', () => this.draw(this.#drawn));
  }

  /** Draws the potential of each row, or only the painting when there is none yet. */
  draw(potential?: Float64Array | Float32Array): void {
    this.#drawn = potential;
    const { grid, lit } = this;
    const { data } = this.#image;
    const { palette, wall, source: from, sink: into, lift, asked } = plates[scheme()];
    const put = (cell: number, r: number, g: number, b: number) => {
      data[4 * cell] = r;
      data[4 * cell + 1] = g;
      data[4 * cell + 2] = b;
      data[4 * cell + 3] = 255;
    };
    let largest = 0;
    for (const value of potential ?? []) largest = Math.max(largest, Math.abs(value));
    const scale = potential && largest > 0 ? 1 / largest : 0;
    for (let cell = 0; cell < grid.rows.length; cell++) {
      const row = grid.rows[cell]!;
      const source = grid.sources[cell]!;
      if (row >= 0 && lit && (lit.rows === 'all' || lit.rows.has(row))) put(cell, 255, 225, 60);
      else if (row < 0) put(cell, ...wall);
      else if (source > 0) put(cell, ...from);
      else if (source < 0) put(cell, ...into);
      else {
        const value = scale === 0 ? 0 : potential![row]! * scale;
        // The root stretches what is far from sources, where potentials are small.
        const shade = Math.round(Math.sign(value) * Math.sqrt(Math.abs(value)) * SHADES);
        const at = 3 * (shade + SHADES);
        const dim = lit ? 0.55 : 1; // what was not read steps back
        const grey = lit ? lift : 0;
        const part = (k: number) => palette[at + k]! * dim + grey;
        put(cell, part(0), part(1), part(2));
      }
    }
    if (lit) put(lit.asked, ...asked);
    if (this.cursor) put(this.cursor.y * WIDTH + this.cursor.x, 0, 200, 0);
    this.#context.putImageData(this.#image, 0, 0);
  }

  /** The cell under a pointer. */
  at(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    const inside = (value: number, size: number) =>
      Math.min(size - 1, Math.max(0, Math.floor(value * size)));
    return {
      x: inside((event.clientX - box.left) / box.width, WIDTH),
      y: inside((event.clientY - box.top) / box.height, HEIGHT),
    };
  }
}
