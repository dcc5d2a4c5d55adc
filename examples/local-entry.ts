// One number out of a million: a single entry of the solution of a system with 10^6 unknowns, with a proved error bound,
// while all but a few hundred rows of the matrix are never read.
import { getEngine } from 'sublinear';

const side = 1000;
const n = side * side;

const engine = await getEngine();
const { SparseMatrix } = await engine.use('sparse');
const { solve, solveEntries } = await engine.use('solver');

// A grid in which every cell is tied to its neighbours and, by 0.4, to the ground.
const rowPointers = new Uint32Array(n + 1);
const columns = new Uint32Array(5 * n);
const values = new Float64Array(5 * n);
let k = 0;
for (let i = 0; i < n; i++) {
  const x = i % side;
  const neighbours = [i - side, x > 0 ? i - 1 : -1, x < side - 1 ? i + 1 : -1, i + side].filter(
    (j) => j >= 0 && j < n,
  );
  for (const j of neighbours) {
    columns[k] = j;
    values[k++] = -1;
  }
  columns[k] = i;
  values[k++] = neighbours.length + 0.4;
  rowPointers[i + 1] = k;
}
using matrix = SparseMatrix.fromCsr({
  rows: n,
  cols: n,
  rowPointers,
  columns: columns.subarray(0, k),
  values: values.subarray(0, k),
});

// A unit is put in at three cells; how much is there at the cell in the middle?
const middle = (side >> 1) * side + (side >> 1);
const b = { indices: [middle - 2, middle, middle + side], values: [1, 1, 1] };
const local = solveEntries(matrix, { b, indices: [middle], absoluteError: 1e-4 });
console.log(
  `entry ${middle}: ${local.values[0]!.toFixed(5)}, at most ${local.errorBound.toExponential(1)} off (proved)`,
);
console.log(`${local.outcome} by ${local.method}; rows read: ${local.work.touchedRows} of ${n}`);

// The same entry from a full solve.
const dense = new Float64Array(n);
for (const [i, index] of b.indices.entries()) dense[index] = b.values[i]!;
const full = solve(matrix, dense, { tolerance: 1e-8 });
const difference = Math.abs(full.solution[middle]! - local.values[0]!);
console.log(
  `the full solve reads all rows and agrees: ${difference <= local.errorBound + (full.errorBound ?? 0)}`,
);
