// Learners that go on: what is left of earlier classes, and the time of an update against plain JavaScript.
//
//   sh bench/peers/vector.sh && npm run bench -- continual [--smoke] [--only TEXT]
import { createEngine } from 'sublinear';
import { CartPoles, measure, train } from '../examples/support/cartpole.js';
import { benchmarks } from '../ts/benchmarks/continual.js';
import type { ContinualRoom, LearnerOptions } from '../ts/rooms/continual/continual.js';
import { splitDigits } from './support/digits.js';
import { random } from './support/generators.js';
import { openBench } from './support/harness.js';

const bench = openBench('continual', 'Continual learning');
const engine = await createEngine();
// The table of cases is written for the classes of ts/, of which the package has the built ones.
const room = (await engine.use('continual')) as unknown as ContinualRoom;

// Split-MNIST, class-incremental: digits come in pairs, one epoch each; then all ten are to be told apart. Options are
// chosen on validation examples with one seed, and measured on the test set with five others.
const digits = bench.wants('split-mnist') ? splitDigits(bench.size(50_000, 500)) : undefined;
if (digits !== undefined) {
  const seeds = bench.size([1, 2, 3, 4, 5], [1]);
  const rates = [0.001, 0.0003, 0.0001];
  const replay = { perClass: 20 };
  const methods: [id: string, name: string, candidates: Partial<LearnerOptions>[]][] = [
    [
      'nothing',
      'nothing against forgetting',
      rates.map((learningRate) => ({ learningRate, balanced: false })),
    ],
    [
      'ewc',
      'elastic weight consolidation alone',
      [10, 100, 1000, 10_000].map((ewc) => ({ ewc, balanced: false })),
    ],
    [
      'replay',
      'replay of 20 examples a class',
      rates.map((learningRate) => ({ learningRate, replay, balanced: false })),
    ],
    [
      'balanced',
      'the same with the balanced loss',
      rates.map((learningRate) => ({ learningRate, replay })),
    ],
    [
      'distilled',
      'the same with the balanced loss and distillation',
      [1, 4].flatMap((distillation) =>
        rates.map((learningRate) => ({ learningRate, replay, distillation })),
      ),
    ],
  ];
  const accuracy = (options: Partial<LearnerOptions>, seed: number, held: typeof digits.test) => {
    const learner = room.ContinualLearner.create({
      inputs: 784,
      outputs: 10,
      hidden: [256],
      checkpoints: 0,
      ...options,
      seed,
    });
    for (const { vectors, labels } of digits.tasks) {
      learner.learn(vectors, labels);
      if (options.ewc || options.distillation) learner.consolidate(vectors.subarray(0, 784 * 2000));
    }
    const { accuracy: share } = learner.evaluate(held.vectors, held.labels);
    learner.dispose();
    return share;
  };
  const rows: (string | number)[][] = [];
  for (const [id, name, candidates] of methods) {
    bench.phase(name);
    const tried = candidates.map((options) => accuracy(options, 100, digits.validation));
    const chosen = candidates[tried.indexOf(Math.max(...tried))] as Partial<LearnerOptions>;
    const found = seeds.map((seed) => accuracy(chosen, seed, digits.test));
    const mean = found.reduce((sum, share) => sum + share, 0) / found.length;
    const { replay: _, balanced: __, ...shown } = chosen;
    rows.push([
      name,
      JSON.stringify(shown).replace(/[{}"]/g, ''),
      Math.max(...tried),
      mean,
      Math.min(...found),
      Math.max(...found),
    ]);
    if (bench.smoke || (id !== 'replay' && id !== 'distilled')) continue;
    bench.claim({
      id: `split-mnist-${id}`,
      text: `of the test digits are told apart after five tasks: ${name}, mean of five seeds`,
      value: 100 * mean,
      limit: 78,
      goal: 85,
      relation: '>=',
      unit: '%',
    });
  }
  bench.table({
    id: 'split-mnist',
    title: 'Split-MNIST, class-incremental: accuracy over all ten digits after five tasks of two',
    note: 'A network 784-256-10, Adam, one epoch of 50,000 digits in all, batches of 32. Options were chosen on 10,000 validation digits with another seed.',
    columns: ['method', 'chosen', 'validation', 'test, mean', 'smallest', 'largest'],
    rows,
  });
}

// The pole on the cart: five seeds; then a hundred episodes in which the most probable action is taken.
if (bench.wants('cartpole')) {
  const rows: (string | number)[][] = [];
  for (const method of ['ppo', 'reinforce'] as const) {
    bench.phase(`the pole on the cart: ${method}`);
    const updates = bench.size(method === 'ppo' ? 100 : 200, 2);
    const [lengths, seconds]: [number[], number[]] = [[], []];
    for (const seed of bench.size([1, 2, 3, 4, 5], [1])) {
      const policy = room.PolicyLearner.create({
        inputs: 4,
        actions: 2,
        seed,
        ...(method === 'reinforce' && { method, learningRate: 0.01 }),
      });
      const poles = new CartPoles(policy.environments, random(seed));
      const before = process.cpuUsage();
      for (const _ of train(policy, poles, updates));
      const { user, system } = process.cpuUsage(before);
      seconds.push((user + system) / 1e6);
      lengths.push(measure(policy, new CartPoles(bench.size(100, 5), random(1000 + seed))));
      policy.dispose();
    }
    rows.push([
      method,
      updates * 1024,
      Math.min(...lengths),
      Math.max(...lengths),
      Math.max(...seconds),
    ]);
    if (bench.smoke || method !== 'ppo') continue;
    bench.claim({
      id: 'cartpole',
      text: 'steps of 500 that PPO keeps the pole up after 102,400 steps, the smallest mean of five seeds',
      value: Math.min(...lengths),
      limit: 475,
      relation: '>=',
    });
    bench.claim({
      id: 'cartpole-seconds',
      text: 'seconds of processor time that it takes to learn, the largest of five',
      value: Math.max(...seconds),
      limit: 60,
      relation: '<=',
      unit: 's',
    });
  }
  bench.table({
    id: 'cartpole',
    title: 'The pole on the cart (CartPole-v1): mean length of 100 episodes, at most 500',
    note: 'Two networks 4-64-64, 8 environments, updates of 128 steps each; five seeds. The environments are TypeScript and are counted in the time.',
    columns: ['method', 'steps', 'smallest mean', 'largest', 'processor seconds, largest'],
    rows,
  });
}

// An epoch of 256 examples against the same in plain JavaScript.
{
  const width = bench.size(256, 16);
  const mine = benchmarks.learn.prepare(room, width);
  await bench.compare({
    id: 'learn',
    title: `An epoch of 256 examples, network 64-${width}-10`,
    note: 'Eight updates of 32 examples by Adam; A and B go on from run to run. Plain JavaScript has typed arrays and the same order of loops.',
    accuracy: 'loss after the run',
    contestants: [
      { name: 'sublinear', run: () => mine.run(), accuracy: (loss: unknown) => loss as number },
      {
        name: 'plain JavaScript',
        run: plain(mine.vectors, mine.labels, width),
        accuracy: (loss: number) => loss,
      },
    ],
    maxSeconds: 20,
  });
  mine.dispose();
}
engine.dispose();
bench.close();

/** A network with one layer between, and Adam, over typed arrays. */
function plain(x: Float32Array, labels: Uint32Array, width: number): () => number {
  const [inputs, classes, batch] = [64, 10, 32];
  const count = (inputs + 1) * width + (width + 1) * classes;
  const p = Float32Array.from({ length: count }, (_, i) => Math.sin(i * i) / 8);
  const [g, m, s] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  const second = (inputs + 1) * width;
  const [h, y, by] = [new Float32Array(width), new Float32Array(classes), new Float32Array(width)];
  let step = 0;
  const example = (row: number): number => {
    for (let j = 0; j < width; j++) h[j] = p[inputs * width + j] as number;
    for (let i = 0; i < inputs; i++) {
      const xi = x[row * inputs + i] as number;
      for (let j = 0; j < width; j++) (h[j] as number) += xi * (p[i * width + j] as number);
    }
    for (let k = 0; k < classes; k++) y[k] = p[second + width * classes + k] as number;
    for (let j = 0; j < width; j++) {
      if ((h[j] as number) < 0) h[j] = 0;
      for (let k = 0; k < classes; k++)
        (y[k] as number) += (h[j] as number) * (p[second + j * classes + k] as number);
    }
    const most = Math.max(...y);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp((y[k] as number) - most);
    const loss = Math.log(sum) + most - (y[labels[row] as number] as number);
    for (let k = 0; k < classes; k++)
      y[k] = (Math.exp((y[k] as number) - most) / sum - Number(k === labels[row])) / batch;
    for (let j = 0; j < width; j++) {
      let d = 0;
      for (let k = 0; k < classes; k++) {
        const at = second + j * classes + k;
        (g[at] as number) += (h[j] as number) * (y[k] as number);
        d += (p[at] as number) * (y[k] as number);
      }
      by[j] = (h[j] as number) > 0 ? d : 0;
      (g[inputs * width + j] as number) += by[j] as number;
    }
    for (let k = 0; k < classes; k++) (g[second + width * classes + k] as number) += y[k] as number;
    for (let i = 0; i < inputs; i++) {
      const xi = x[row * inputs + i] as number;
      for (let j = 0; j < width; j++) (g[i * width + j] as number) += xi * (by[j] as number);
    }
    return loss;
  };
  return () => {
    let loss = 0;
    for (let first = 0; first < labels.length; first += batch) {
      g.fill(0);
      for (let row = first; row < first + batch; row++) loss += example(row);
      step++;
      const rate = (0.001 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
      for (let i = 0; i < count; i++) {
        m[i] = 0.9 * (m[i] as number) + 0.1 * (g[i] as number);
        s[i] = 0.999 * (s[i] as number) + 0.001 * (g[i] as number) ** 2;
        (p[i] as number) -= (rate * (m[i] as number)) / (Math.sqrt(s[i] as number) + 1e-8);
      }
    }
    return loss / labels.length;
  };
}
