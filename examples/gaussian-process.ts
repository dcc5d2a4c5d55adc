// A curve through noisy measurements with error bars: a Gaussian process, whose length scale is the one that makes the measurements
// most likely. One Cholesky decomposition for each candidate gives likelihood, curve and error bars.
import { createEngine } from 'sublinear';

const engine = await createEngine();
const { cholesky } = await engine.use('linalg');

const n = 120;
const truth = (t: number) => Math.sin(3 * t) + 0.5 * t;
let state = 1;
const noise = () => {
  let sum = 0;
  for (let i = 0; i < 12; i++) {
    state = (state * 48271) % 2147483647;
    sum += state / 2147483647 - 0.5;
  }
  return 0.1 * sum;
};
const t = Float64Array.from({ length: n }, (_, i) => (4 * i) / n);
const y = t.map((at) => truth(at) + noise());
const kernel = (a: number, b: number, scale: number) => 2 * Math.exp(-(((a - b) / scale) ** 2) / 2);

function fit(scale: number) {
  const data = new Float64Array(n * n);
  t.forEach((a, i) => {
    t.forEach((b, j) => {
      data[i * n + j] = kernel(a, b, scale) + (i === j ? 0.01 : 0);
    });
  });
  using decomposed = cholesky({ data, rows: n, columns: n });
  const { solution, backwardError } = decomposed.solve(y);
  const explained = y.reduce((sum, value, i) => sum + value * (solution[i] as number), 0);
  const likelihood =
    -(explained + decomposed.logDeterminant().logarithm + n * Math.log(2 * Math.PI)) / 2;
  const asked = Float64Array.from(t, (a) => kernel(1.99, a, scale));
  const weights = decomposed.solve(asked).solution;
  const mean = asked.reduce((sum, k, i) => sum + k * (solution[i] as number), 0);
  const variance = 2 - asked.reduce((sum, k, i) => sum + k * (weights[i] as number), 0);
  return { scale, likelihood, mean, error: Math.sqrt(variance), backwardError };
}

const fits = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6].map(fit);
const best = fits.reduce((a, b) => (b.likelihood > a.likelihood ? b : a));
console.log(`${n} measurements are most likely at length scale ${best.scale}`);
const off = Math.abs(best.mean - truth(1.99)) / best.error;
console.log(`the curve at 1.99: ${best.mean.toFixed(2)} +- ${best.error.toFixed(2)}`);
console.log(`the truth is ${off.toFixed(1)} standard errors away`);
console.log(`backward error ${best.backwardError < 2 ** -52 ? 'below' : 'above'} 2^-52`);
engine.dispose();
