// Products and attention against ONNX Runtime and TensorFlow.js, each on WebAssembly with one thread.
//
//   sh bench/peers/neural.sh && npm run bench -- neural [--smoke] [--only TEXT]
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createEngine } from 'sublinear';
import { random } from './support/generators.js';
import { type Contestant, openBench } from './support/harness.js';
import { FLOAT, INT8, INT32, model, type Node, UINT8, type Value } from './support/onnx.js';

const MISSING = 'not installed: sh bench/peers/neural.sh installs it';
const folder = new URL('../build/neural-peers/', import.meta.url);
const require = createRequire(folder);
// Not dependencies of the package: only this folder has them.
const [ORT, TF, TF_WASM] = [
  'onnxruntime-web',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-wasm',
];
const there = (name: string) => existsSync(new URL(`node_modules/${name}/package.json`, folder));

const bench = openBench('neural', 'Products and attention');
const engine = await createEngine();
const { DenseMatrix, matmul } = await engine.use('gemm');
const { attention } = await engine.use('attention');

// biome-ignore lint/suspicious/noExplicitAny: peers that may not be there have no types
const ort: any = there(ORT) ? require(ORT) : undefined;
if (ort) {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
}
// biome-ignore lint/suspicious/noExplicitAny: see above
const tf: any = await tensorflow();

async function tensorflow() {
  if (!there(TF_WASM)) return undefined;
  const core = require(TF);
  require(TF_WASM);
  await core.setBackend('wasm');
  await core.ready();
  return core;
}

const next = random(7);
const floats = (length: number) => Float32Array.from({ length }, () => 2 * next() - 1);

for (const n of [256, 512, 1024].slice(0, bench.size(3, 1))) {
  await product(n);
  await integers(n);
  await attend(n);
}
bench.close();

/** A session of a graph with one input and one output, as a contestant; its weights are constants. */
async function onnx(
  name: string,
  nodes: Node[],
  inputs: (Value & { data: ArrayBufferView })[],
  output: Value,
  constants: (Value & { data: ArrayBufferView })[],
  accuracy: (result: ArrayLike<number>) => number,
): Promise<Contestant> {
  if (!ort) return { name, run: () => [], skip: MISSING };
  const session = await ort.InferenceSession.create(model(nodes, inputs, output, constants), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const words: Record<number, string> = { [FLOAT]: 'float32', [UINT8]: 'uint8', [INT8]: 'int8' };
  const feeds = Object.fromEntries(
    inputs.map(({ name: key, type, dims, data }) => [key, new ort.Tensor(words[type], data, dims)]),
  );
  return { name, run: async () => (await session.run(feeds))[output.name].data, accuracy };
}

/** Largest error over some rows, in units of the largest magnitude there. */
function errorOf(n: number, left: ArrayLike<number>, right: ArrayLike<number>) {
  return (result: ArrayLike<number>) => {
    let [worst, most] = [0, 0];
    for (let i = 0; i < n; i += Math.max(1, n >> 3))
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < n; p++) sum += left[i * n + p]! * right[p * n + j]!;
        most = Math.max(most, Math.abs(sum));
        worst = Math.max(worst, Math.abs(result[i * n + j]! - sum));
      }
    return worst / most;
  };
}

async function product(n: number) {
  const id = `gemm-float32-${n}`;
  if (!bench.wants(id)) return;
  const [a, b] = [floats(n * n), floats(n * n)];
  using weights = DenseMatrix.from(b, { rows: n, columns: n, packed: true });
  const left = { data: a, rows: n, columns: n };
  const into = new Float32Array(n * n);
  const accuracy = errorOf(n, a, b);
  const square = (name: string): Value => ({ name, type: FLOAT, dims: [n, n] });
  const [x, w] = tf ? [tf.tensor2d(a, [n, n]), tf.tensor2d(b, [n, n])] : [];
  await bench.compare({
    id,
    title: `Product of float32 matrices, n = ${n}`,
    note: 'The right operand is a weight: packed before. The left one and the result cross between JavaScript and the module, but of TensorFlow.js only the result does.',
    accuracy: 'largest error / largest element',
    contestants: [
      { name: 'sublinear', run: () => matmul(left, weights, { into }), accuracy },
      await onnx(
        'onnxruntime-web',
        [{ op: 'MatMul', inputs: ['x', 'w'], output: 'y' }],
        [{ ...square('x'), data: a }],
        square('y'),
        [{ ...square('w'), data: b }],
        accuracy,
      ),
      tf
        ? {
            name: 'tfjs-backend-wasm',
            run: () => {
              const y = tf.matMul(x, w);
              const data = y.dataSync();
              y.dispose();
              return data;
            },
            accuracy,
          }
        : { name: 'tfjs-backend-wasm', run: () => [], skip: MISSING },
    ],
  });
  x?.dispose();
  w?.dispose();
}

async function integers(n: number) {
  const id = `gemm-int8-${n}`;
  if (!bench.wants(id)) return;
  const a = Int8Array.from({ length: n * n }, () => Math.floor(128 * next()));
  const b = Int8Array.from({ length: n * n }, () => Math.floor(255 * next()) - 127);
  using weights = DenseMatrix.from(b, { rows: n, columns: n });
  const left = { data: a, rows: n, columns: n };
  const into = new Int32Array(n * n);
  const accuracy = errorOf(n, a, b);
  const dims = [n, n];
  await bench.compare({
    id,
    title: `Product of int8 matrices with int32 sums, n = ${n}`,
    note: 'Left elements are 0 .. 127, which ONNX Runtime gets as uint8, its faster kind.',
    accuracy: 'largest error / largest element',
    contestants: [
      { name: 'sublinear', run: () => matmul(left, weights, { into }), accuracy },
      await onnx(
        'onnxruntime-web',
        [{ op: 'MatMulInteger', inputs: ['x', 'w'], output: 'y' }],
        [{ name: 'x', type: UINT8, dims, data: Uint8Array.from(a) }],
        { name: 'y', type: INT32, dims },
        [{ name: 'w', type: INT8, dims, data: b }],
        accuracy,
      ),
    ],
  });
}

async function attend(n: number) {
  const id = `attention-${n}`;
  if (!bench.wants(id)) return;
  const size = 64;
  const [q, k, v] = [floats(n * size), floats(n * size), floats(n * size)];
  const turned = new Float32Array(n * size);
  for (let j = 0; j < n; j++) for (let e = 0; e < size; e++) turned[e * n + j] = k[j * size + e]!;
  const into = new Float32Array(n * size);
  const accuracy = (result: ArrayLike<number>) => {
    let worst = 0;
    for (let i = 0; i < n; i += Math.max(1, n >> 4)) {
      const scores = Array.from({ length: n }, (_, j) => {
        let sum = 0;
        for (let e = 0; e < size; e++) sum += q[i * size + e]! * k[j * size + e]!;
        return Math.exp(sum / 8);
      });
      const total = scores.reduce((sum, score) => sum + score, 0);
      for (let e = 0; e < size; e++) {
        const sum = scores.reduce((so, score, j) => so + score * v[j * size + e]!, 0) / total;
        worst = Math.max(worst, Math.abs(result[i * size + e]! - sum));
      }
    }
    return worst;
  };
  const scaled = q.map((value) => value / 8);
  const value = (name: string, ...dims: number[]): Value => ({ name, type: FLOAT, dims });
  await bench.compare({
    id,
    title: `Attention, one head of 64 elements, ${n} tokens`,
    note: 'ONNX Runtime runs MatMul, Softmax, MatMul, and gets keys transposed and queries scaled.',
    accuracy: 'largest error',
    contestants: [
      {
        name: 'sublinear',
        run: () => attention(q, k, v, { heads: 1, size, into }),
        accuracy,
      },
      await onnx(
        'onnxruntime-web',
        [
          { op: 'MatMul', inputs: ['q', 'k'], output: 's' },
          { op: 'Softmax', inputs: ['s'], output: 'p' },
          { op: 'MatMul', inputs: ['p', 'v'], output: 'y' },
        ],
        [
          { ...value('q', n, size), data: scaled },
          { ...value('k', size, n), data: turned },
          { ...value('v', n, size), data: v },
        ],
        value('y', n, size),
        [],
        accuracy,
      ),
    ],
  });
}
