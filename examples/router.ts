// Where should a message go? Routes from a few example sentences, with vectors of words; a threshold measured on held-out
// examples; a model router with costs; a circuit breaker.
//
//   npm run demo:router -- "my invoice is wrong"
import { argv } from 'node:process';
import { CircuitBreaker, load } from 'sublinear/router';
import { readGlove } from './support/glove.js';

const { words, dimension, vectors } = readGlove(20_000);
const places = new Map(words.map((word, i) => [word, i]));

/** The mean vector of the words, the most frequent words counting least. */
function embed(text: string): Float32Array {
  const out = new Float32Array(dimension);
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    const at = places.get(word);
    if (at === undefined) continue;
    const weight = at / (at + 200);
    for (let j = 0; j < dimension; j++)
      out[j] = (out[j] as number) + weight * (vectors[at * dimension + j] as number);
  }
  if (out.every((x) => x === 0)) out[0] = 1e-6;
  return out;
}

const examples = {
  billing:
    'refund my payment|the invoice is wrong|charged twice this month|change my credit card|price of the plan|tax on the bill|cancel and refund|money back please|payment was declined|receipt for my purchase|discount for students|upgrade costs how much',
  technical:
    'the app crashes on start|error when I open the file|cannot connect to the server|screen stays black|installation fails|slow loading pages|password reset email does not work|bug in the new version|the printer is not found|sync stops working|memory leak on windows|login page is broken',
  travel:
    'book a flight to paris|hotel near the beach|train tickets for tomorrow|visa for japan|cheap airline seats|rent a car in rome|airport transfer|trip to the mountains|passport rules|cruise in the mediterranean|delayed flight|museum opening hours',
};

const { SemanticRouter, ModelRouter } = await load();
using router = SemanticRouter.fit(
  Object.entries(examples).map(([name, texts]) => ({ name, texts: texts.split('|') })),
  { embed, neighbours: 3, holdout: 0.34 },
);
const found = router.threshold({ accuracy: 0.9 });
router.minConfidence = found.threshold;
const percent = (x: number) => `${(100 * x).toFixed(0)} %`;
console.log(
  `${router.trained} examples, ${router.held} held out; calibration: ${router.calibration}`,
);
console.log(
  `at p >= ${found.threshold.toFixed(2)}: ${percent(found.coverage.value)} routed, of these ${percent(found.accuracy.value)} right ` +
    `(${found.accuracy.interval.map(percent).join(' to ')})`,
);

const asked = argv.slice(2);
const questions =
  asked.length > 0
    ? asked
    : ['my card was charged two times', 'the program shows an error', 'a flight to london in may'];
for (const question of questions) {
  const { route, p, reason, set } = router.route(question);
  console.log(`${question} -> ${route ?? reason} (p ${p.toFixed(2)}; likely: ${set.join(', ')})`);
}

// A small model is right where a question is easy; a large one costs 0.2 more.
let state = 7;
const draw = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const difficulty = Array.from({ length: 800 }, () => [draw()]);
using models = ModelRouter.fit(difficulty, [
  { name: 'small', values: difficulty.map(([x]) => Number(draw() > (x as number))) },
  { name: 'large', values: difficulty.map(() => Number(draw() < 0.9)), cost: 0.2 },
]);
const share = models.threshold({ strongShare: 0.3 });
console.log(
  `30 % of the calls to the large model: ${percent(share.quality.value)} right ` +
    `(${share.quality.interval.map(percent).join(' to ')})`,
);

// The large model fails three times: it is left out until a minute has passed. Time is what the caller says.
const breaker = new CircuitBreaker({ failures: 3, cooldownMs: 60_000 });
for (const now of [0, 1000, 2000]) breaker.report(false, now);
for (const now of [3000, 62_000]) {
  const unavailable = breaker.allows(now) ? [] : ['large'];
  const { route, insteadOf } = models.route([0.95], { unavailable });
  console.log(
    `after ${now / 1000} s: ${route}${insteadOf === null ? '' : ` instead of ${insteadOf}`}`,
  );
}
