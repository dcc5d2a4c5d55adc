// The lowest tones of a drum: the smallest eigenvalues of the Laplacian on an L-shaped membrane, each with a proved bound.
import { createEngine } from 'sublinear';

const engine = await createEngine();
const { eigenpairs, SparseMatrix } = await engine.use('eigen');

const side = 80;
const h = 1 / side;
const number = new Map<number, number>();
for (let y = 1; y < 2 * side; y++) {
  for (let x = 1; x < 2 * side; x++) {
    if (x < side || y < side) number.set(2 * side * y + x, number.size);
  }
}
const rowIndices: number[] = [];
const columnIndices: number[] = [];
const values: number[] = [];
for (const [place, row] of number) {
  for (const step of [-2 * side, -1, 0, 1, 2 * side]) {
    const column = number.get(place + step);
    if (column === undefined) continue;
    rowIndices.push(row);
    columnIndices.push(column);
    values.push((step === 0 ? 4 : -1) / (h * h));
  }
}
const n = number.size;
using matrix = SparseMatrix.fromCoo({ rows: n, cols: n, rowIndices, columnIndices, values });
const tones = eigenpairs(matrix, { k: 6 });
console.log(
  `${n} unknowns, ${tones.iterations} solves, no eigenvalue missed among ${tones.certified}`,
);
for (const [i, value] of tones.values.entries()) {
  console.log(
    `tone ${i + 1}: ${value.toFixed(6)}, within ${tones.errorBounds[i]?.toExponential(1)}`,
  );
}
engine.dispose();
