// A network that goes on learning. Two kinds of words come first, two others later; without replay the first ones are
// forgotten, with a few remembered examples they stay. A day of wrong labels is taken back. Vectors of words from GloVe.
//
//   npx tsx examples/continual.ts
import { getEngine } from 'sublinear';
import type { LearnerOptions } from 'sublinear/continual';
import { readGlove } from './support/glove.js';

const { words, dimension, vectors } = readGlove(60_000);
const places = new Map(words.map((word, i) => [word, i]));
const kinds: [name: string, words: string][] = [
  [
    'animals',
    'dog cat horse cow sheep lion tiger mouse snake bird eagle fish shark whale frog bee spider wolf bear fox goat pig duck hen',
  ],
  [
    'colours',
    'red green blue yellow purple orange pink brown black white grey violet crimson scarlet turquoise beige teal maroon indigo',
  ],
  [
    'countries',
    'france germany spain italy poland sweden norway finland greece turkey egypt kenya india china japan brazil peru chile mexico canada',
  ],
  [
    'instruments',
    'piano guitar violin cello flute trumpet drums saxophone clarinet harp organ trombone banjo accordion oboe bassoon mandolin viola',
  ],
];

/** Every third word is kept back, to measure by. */
function examples(chosen: number[], heldOut: boolean) {
  const rows: number[] = [];
  const labels: number[] = [];
  for (const kind of chosen)
    for (const [i, word] of (kinds[kind]?.[1] ?? '').split(' ').entries()) {
      const place = places.get(word);
      if (place === undefined || (i % 3 === 0) !== heldOut) continue;
      rows.push(...vectors.subarray(place * dimension, (place + 1) * dimension));
      labels.push(kind);
    }
  return { x: Float32Array.from(rows), labels };
}

const engine = await getEngine();
const { ContinualLearner } = await engine.use('continual');
const options: LearnerOptions = {
  inputs: dimension,
  outputs: kinds.length,
  hidden: [32],
  learningRate: 0.01,
};
const tasks = [examples([0, 1], false), examples([2, 3], false)];
const held = examples([0, 1, 2, 3], true);
const old = examples([0, 1], true);

for (const [name, more] of [
  ['without replay', { balanced: false }],
  ['with 5 remembered examples of each kind', { replay: { perClass: 5 } }],
] as const) {
  using learner = ContinualLearner.create({ ...options, ...more });
  for (const { x, labels } of tasks) learner.learn(x, labels, { epochs: 20, batch: 8 });
  const [first, all] = [old, held].map(({ x, labels }) => learner.evaluate(x, labels).accuracy);
  console.log(`${name}: ${percent(first)} of the earlier kinds, ${percent(all)} of all four`);
}

using learner = ContinualLearner.create({ ...options, replay: { perClass: 5 } });
for (const { x, labels } of tasks) learner.learn(x, labels, { epochs: 20, batch: 8 });
const before = learner.review(held.x, held.labels);
const wrong = tasks[1] as (typeof tasks)[number];
learner.learn(
  wrong.x,
  wrong.labels.map((label) => 5 - label),
  { epochs: 20, batch: 8 },
);
const after = learner.review(held.x, held.labels);
console.log(
  `${percent(before.accuracy)}, ${percent(after.accuracy)} after a day of wrong labels; ${after.rolledBack ? 'taken back' : 'kept'}: ${percent(learner.evaluate(held.x, held.labels).accuracy)}`,
);

function percent(share = Number.NaN): string {
  return `${Math.round(100 * share)} %`;
}
