// The painted grid: cells that conduct, walls, sources and sinks, and the system of equations that they stand for.

export const WIDTH = 120;
export const HEIGHT = 80;
/** Above, left, right, below. */
const [DX, DY] = [
  [0, -1, 1, 0],
  [-1, 0, 0, 1],
];

export type Tool = 'source' | 'sink' | 'wall' | 'erase' | 'ask';

export interface System {
  rows: number;
  rowIndices: Uint32Array;
  columnIndices: Uint32Array;
  values: Float64Array;
  b: Float64Array;
}

export class Grid {
  readonly walls = new Uint8Array(WIDTH * HEIGHT);
  readonly sources = new Float64Array(WIDTH * HEIGHT);
  /** Row of the system for each cell; -1 for a wall. */
  readonly rows = new Int32Array(WIDTH * HEIGHT);

  constructor() {
    this.#number();
  }

  /** A picture to begin with: a source and a sink with a wall between them that has one door. */
  example(): void {
    this.walls.fill(0);
    this.sources.fill(0);
    for (let y = 6; y < HEIGHT; y++) if (y < 52 || y > 56) this.walls[y * WIDTH + 58] = 1;
    for (let x = 76; x < 112; x++) this.walls[28 * WIDTH + x] = 1;
    this.paint('source', 24, 24, 2);
    this.paint('sink', 96, 52, 2);
    this.#number();
  }

  /** Paints a round spot. */
  paint(tool: Exclude<Tool, 'ask'>, x: number, y: number, radius: number): void {
    for (let v = Math.max(0, y - radius); v <= Math.min(HEIGHT - 1, y + radius); v++)
      for (let u = Math.max(0, x - radius); u <= Math.min(WIDTH - 1, x + radius); u++) {
        if ((u - x) ** 2 + (v - y) ** 2 > radius * radius + 0.5) continue;
        const cell = v * WIDTH + u;
        this.walls[cell] = tool === 'wall' ? 1 : 0;
        this.sources[cell] = tool === 'source' ? 1 : tool === 'sink' ? -1 : 0;
      }
    this.#number();
  }

  clear(): void {
    this.walls.fill(0);
    this.sources.fill(0);
    this.#number();
  }

  #number(): void {
    let next = 0;
    for (let cell = 0; cell < this.rows.length; cell++)
      this.rows[cell] = this.walls[cell] ? -1 : next++;
  }

  /** (Laplacian of the open cells + leak) x = sources. */
  system(leak: number): System {
    const { rows, sources } = this;
    const most = 5 * rows.length;
    const rowIndices = new Uint32Array(most);
    const columnIndices = new Uint32Array(most);
    const values = new Float64Array(most);
    const b: number[] = [];
    let count = 0;
    const put = (row: number, column: number, value: number) => {
      rowIndices[count] = row;
      columnIndices[count] = column;
      values[count++] = value;
    };
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const cell = y * WIDTH + x;
        const row = rows[cell]!;
        if (row < 0) continue;
        let degree = 0;
        for (let k = 0; k < 4; k++) {
          const u = x + DX[k]!;
          const v = y + DY[k]!;
          if (u < 0 || v < 0 || u >= WIDTH || v >= HEIGHT) continue;
          const other = rows[v * WIDTH + u]!;
          if (other < 0) continue;
          degree++;
          put(row, other, -1);
        }
        put(row, row, degree + leak);
        b.push(sources[cell]!);
      }
    return {
      rows: b.length,
      rowIndices: rowIndices.slice(0, count),
      columnIndices: columnIndices.slice(0, count),
      values: values.slice(0, count),
      b: Float64Array.from(b),
    };
  }
}
