// A pole on a cart, kept up by a policy that is learned on the device in seconds. The environment is plain TypeScript:
// examples/support/cartpole.ts.
//
//   npx tsx examples/cartpole.ts
import { getEngine } from 'sublinear';
import { CartPoles, measure, train } from './support/cartpole.js';

const engine = await getEngine();
const { PolicyLearner } = await engine.use('continual');
using policy = PolicyLearner.create({ inputs: 4, actions: 2 });

/** Seeded numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const poles = new CartPoles(policy.environments, random(1));
const steps = () => measure(policy, new CartPoles(50, random(2))).toFixed(0);
console.log(`before anything was learned: ${steps()} of 500 steps`);
const updates = 100;
let number = 0;
for (const { entropy, divergence } of train(policy, poles, updates))
  if (++number % 20 === 0)
    console.log(
      `update ${number} of ${updates}: ${poles.episodes.length} episodes, entropy ${entropy.toFixed(2)}, divergence ${divergence.toFixed(4)}`,
    );
console.log(`learned: ${steps()} of 500 steps`);
console.log(`the policy takes ${policy.parameters().byteLength} bytes`);
