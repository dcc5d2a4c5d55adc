// Adapters: steps of learning against TensorFlow.js with its WebAssembly back end, and what is left of a loss.
//
//   sh bench/peers/neural.sh && npm run bench -- lora [--smoke] [--only TEXT]
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createEngine } from 'sublinear';
import { benchmarks } from '../ts/benchmarks/lora.js';
import type { LoraRoom } from '../ts/rooms/lora/lora.js';
import { openBench } from './support/harness.js';

const folder = new URL('../build/neural-peers/', import.meta.url);
const require = createRequire(folder);
const [TF, TF_WASM] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
const there = (name: string) => existsSync(new URL(`node_modules/${name}/package.json`, folder));

const bench = openBench('lora', 'Adapters');
const engine = await createEngine();
// The table of cases is written for the classes of ts/, of which the package has the built ones.
const room = (await engine.use('lora')) as unknown as LoraRoom;

const STEPS = 16;
const RANK = 8;

// biome-ignore lint/suspicious/noExplicitAny: a peer that may not be there has no types
const tf: any = there(TF) && there(TF_WASM) ? require(TF) : undefined;
if (tf) {
  require(TF_WASM);
  await tf.setBackend('wasm');
  await tf.ready();
}

for (const d of bench.smoke ? [16] : [128, 512]) {
  const mine = benchmarks.train.prepare(room, d);
  const result = await bench.compare({
    id: `step-${d}`,
    title: `${STEPS} steps of learning: 64 vectors of ${d} numbers, rank ${RANK}`,
    note: 'Mean squared error to targets that differ by a matrix of rank one, a new gradient and a step of Adam each; A and B go on from run to run.',
    accuracy: 'mean squared error after the run',
    contestants: [
      { name: 'sublinear', run: () => mine.run(), accuracy: (loss: unknown) => loss as number },
      tf
        ? theirs(mine.vectors, mine.targets, d)
        : { name: 'tfjs-backend-wasm', run: () => 0, skip: 'sh bench/peers/neural.sh' },
    ],
    maxSeconds: 20,
  });
  const [own, other] = result?.rows ?? [];
  if (!bench.smoke && d === 512 && own?.medianMs !== undefined && other?.medianMs !== undefined)
    bench.claim({
      id: 'step',
      text: 'times as fast as tfjs-backend-wasm in a step of learning, 64 vectors of 512 numbers at rank 8',
      value: other.medianMs / own.medianMs,
      limit: 10,
      goal: 20,
      relation: '>=',
      unit: 'x',
    });
  mine.dispose();
}
engine.dispose();
bench.close();

/** The same in TensorFlow.js: the gradients written out, as its package has no tape for Node, and its Adam. */
function theirs(vectors: Float32Array, targets: Float32Array, d: number) {
  const x = tf.tensor2d(vectors, [64, d]);
  const t = tf.tensor2d(targets, [64, d]);
  const a = tf.variable(tf.randomNormal([d, RANK], 0, 1 / Math.sqrt(d)));
  const b = tf.variable(tf.zeros([RANK, d]));
  const optimizer = tf.train.adam(0.001);
  const step = () => {
    const h = tf.matMul(x, a);
    const error = tf.sub(tf.add(x, tf.mul(tf.matMul(h, b), 2)), t);
    const slopes = tf.mul(error, 4 / (64 * d)); // of the mean of squares, times alpha / rank
    optimizer.applyGradients({
      [a.name]: tf.matMul(x, tf.matMul(slopes, b, false, true), true),
      [b.name]: tf.matMul(h, slopes, true),
    });
    return tf.mean(tf.square(error));
  };
  return {
    name: 'tfjs-backend-wasm',
    run() {
      let last = 0;
      for (let i = 0; i < STEPS; i++) {
        const value = tf.tidy(step);
        if (i === STEPS - 1) last = value.dataSync()[0];
        value.dispose();
      }
      return last;
    },
    accuracy: (value: number) => value,
  };
}
