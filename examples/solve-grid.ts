// Heat in a square plate: 250,000 unknowns. The left edge is held at 100 degrees, the right edge at 0, and heat leaks out
// everywhere a little. Shows assembling a matrix, solving with progress and a time limit, and reading the outcome.
import { getEngine } from 'sublinear';

const side = 500;
const leak = 1e-4;
const n = side * side;

const engine = await getEngine();
const { SparseMatrix } = await engine.use('sparse');
const { solveAsync } = await engine.use('solver');

// Row i says: what flows to the four neighbours and leaks out is what comes from the edges.
const rowIndices: number[] = [];
const columnIndices: number[] = [];
const values: number[] = [];
const b = new Float64Array(n);
const put = (i: number, j: number, value: number) => {
  rowIndices.push(i);
  columnIndices.push(j);
  values.push(value);
};
for (let y = 0; y < side; y++) {
  for (let x = 0; x < side; x++) {
    const i = y * side + x;
    let diagonal = leak;
    for (const [dx, dy] of [
      [-1, 0],
      [1, 0],
      [0, -1],
      [0, 1],
    ] as const) {
      if (y + dy < 0 || y + dy >= side) continue; // nothing flows through the top and the bottom
      diagonal += 1;
      if (x + dx < 0) b[i]! += 100;
      else if (x + dx < side) put(i, i + dy * side + dx, -1);
    }
    put(i, i, diagonal);
  }
}
using matrix = SparseMatrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });

let reports = 0;
const result = await solveAsync(matrix, b, {
  tolerance: 1e-8,
  maxTimeMs: 60_000,
  onProgress: () => {
    reports++;
  },
});

const at = (x: number, y: number) => result.solution[y * side + x]!;
console.log(
  `${result.outcome} with ${result.method}, ${result.iterations} iterations, ${reports} progress reports`,
);
console.log(
  `relative residual ${result.relativeResidual.toExponential(1)}, no temperature is off by more than ${result.errorBound?.toExponential(1)} degrees`,
);
for (const x of [0, 125, 250, 375, 499])
  console.log(`column ${x}: ${at(x, 250).toFixed(2)} degrees`);
