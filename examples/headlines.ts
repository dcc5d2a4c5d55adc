// Which of three headlines to show to whom: a bandit learns on the device, and its log says what showing one headline to all
// would have earned, without showing it.
//
//   npx tsx examples/headlines.ts
import { load } from 'sublinear/bandit';

const { epsilonGreedy, evaluate } = await load();
const headlines = ['plain', 'funny', 'technical'];

// Readers: some have much time, some come for the technology. How likely they click is not known to the bandit.
let seed = 7;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const likes = (headline: string, [, time, expert]: number[]) =>
  ({ plain: 0.2, funny: 0.1 + 0.4 * time!, technical: 0.05 + 0.6 * expert! })[headline] as number;

using bandit = epsilonGreedy({ arms: headlines, dimension: 3, epsilon: 0.3 });
const log = [];
let clicks = 0;
const waiting: { id: number; click: number }[] = [];
for (let visit = 0; visit < 4000; visit++) {
  const reader = [1, random(), random() < 0.3 ? 1 : 0];
  const { id, arm, propensity } = bandit.choose(reader);
  const click = random() < likes(arm as string, reader) ? 1 : 0;
  clicks += click;
  log.push({ action: arm, reward: click, propensity, context: reader });
  // Clicks come some visits later.
  waiting.push({ id, click });
  const late = waiting.length > 20 ? waiting.shift() : undefined;
  if (late) bandit.reward(late.id, late.click);
}
console.log(`clicks of the bandit: ${((100 * clicks) / log.length).toFixed(1)} %`);
console.log(`an expert in a hurry gets: ${bandit.choose([1, 0, 1]).arm}`);

// What one headline for all would have earned, from the log alone; the truth is known here.
for (const headline of headlines) {
  const { estimates } = evaluate(log, () => headline, { methods: ['dr'], arms: headlines });
  const [{ value, interval, ess, refused }] = estimates as [(typeof estimates)[number]];
  const truth =
    log.map(({ context }) => likes(headline, context)).reduce((a, b) => a + b) / log.length;
  const percent = (x: number) => (100 * x).toFixed(1);
  console.log(
    refused
      ? `${headline} for all: refused, worth ${ess.toFixed(0)} choices`
      : `${headline} for all: ${percent(value!)} %, ${percent(interval![0])} to ${percent(interval![1])}, truth ${percent(truth)}`,
  );
}
