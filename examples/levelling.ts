// Heights from a levelling survey: differences between neighbouring points, each measured twice and a little wrong, and the heights
// that agree with all of them best.
import { createEngine } from 'sublinear';

const engine = await createEngine();
const { solveLeastSquares, SparseMatrix } = await engine.use('leastsquares');

const side = 60;
const n = side * side;
const height = (i: number) => 400 + 30 * Math.sin(i / side / 9) + 20 * Math.cos((i % side) / 7);
// Errors of about a centimetre, the same in each run.
let state = 1;
const noise = () => {
  state = (state * 48271) % 2147483647;
  return (state / 2147483647 - 0.5) * 0.02;
};
const rowIndices: number[] = [];
const columnIndices: number[] = [];
const values: number[] = [];
const b: number[] = [];
const measure = (from: number, to: number) => {
  rowIndices.push(b.length, b.length);
  columnIndices.push(from, to);
  values.push(-1, 1);
  b.push(height(to) - height(from) + noise());
};
for (let i = 0; i < n; i++) {
  for (const next of [i % side < side - 1 ? i + 1 : n, i + side]) {
    if (next >= n) continue;
    measure(i, next);
    measure(next, i);
  }
}
// Differences leave all heights open by a constant: the shortest answer is the one whose mean is 0.
using matrix = SparseMatrix.fromCoo({
  rows: b.length,
  cols: n,
  rowIndices,
  columnIndices,
  values: new Float64Array(values),
});
const { solution, outcome, iterations, residualNorm, backwardError } = solveLeastSquares(matrix, b);
const true0 = height(0);
const worst = solution.reduce(
  (most, x, i) => Math.max(most, Math.abs(x - (solution[0] ?? 0) - (height(i) - true0))),
  0,
);
console.log(`${b.length} measurements of ${n} points: ${outcome} after ${iterations} iterations`);
console.log(
  `a measurement is off by ${((1000 * residualNorm) / Math.sqrt(b.length)).toFixed(1)} mm`,
);
console.log(`heights above the first are off by ${(1000 * worst).toFixed(0)} mm at most`);
console.log(`backward error at most ${backwardError.toExponential(0)}, proved`);
engine.dispose();
