// The canvas: the potential as colours, walls, sources, the rows that an answer has read, and the cell under the keyboard.
import { fieldColour } from '../colours.js';
import { h } from '../ui.js';
import { type Grid, HEIGHT, WIDTH } from './grid.js';

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
  /** Cells that an answer has read, and the one that it was asked for. */
  lit: { cells: Set<number>; asked: number } | undefined;

  constructor(readonly grid: Grid) {}

  /** Draws the potential of each row, or only the painting when there is none yet. */
  draw(potential?: Float64Array | Float32Array): void {
    const { grid } = this;
    const data = this.#image.data;
    let largest = 0;
    for (const value of potential ?? []) largest = Math.max(largest, Math.abs(value));
    for (let cell = 0; cell < grid.rows.length; cell++) {
      const row = grid.rows[cell]!;
      // The root stretches what is far from sources, where potentials are small.
      const value = row >= 0 && potential && largest > 0 ? potential[row]! / largest : 0;
      let [r, g, b] =
        row < 0 ? [70, 70, 74] : fieldColour(Math.sign(value) * Math.sqrt(Math.abs(value)));
      const source = grid.sources[cell]!;
      if (source > 0) [r, g, b] = [140, 0, 20];
      else if (source < 0) [r, g, b] = [0, 25, 90];
      if (this.lit) {
        if (this.lit.asked === cell) [r, g, b] = [0, 0, 0];
        else if (this.lit.cells.has(cell)) [r, g, b] = [255, 225, 60];
        else [r, g, b] = [r * 0.55 + 90, g * 0.55 + 90, b * 0.55 + 90];
      }
      if (this.cursor && cell === this.cursor.y * WIDTH + this.cursor.x) [r, g, b] = [0, 200, 0];
      data.set([r, g, b, 255], 4 * cell);
    }
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
