// Which sort is fastest for which list? A chooser finds out by counting comparisons and moves, and gives a rule.
//
//   npm run build && node --import tsx examples/chooser.ts
import { decide, load } from 'sublinear/chooser';

/** Sorts a copy, and counts what it does. */
const sorts: Record<string, (list: number[]) => number> = {
  insertion(list) {
    let work = 0;
    for (let i = 1; i < list.length; i++) {
      const x = list[i] as number;
      let k = i;
      for (; k > 0 && (list[k - 1] as number) > x; k--, work++) list[k] = list[k - 1] as number;
      list[k] = x;
      work++;
    }
    return work;
  },
  merge(list) {
    let work = 0;
    for (let width = 1; width < list.length; width *= 2) {
      const from = list.slice();
      for (let at = 0; at < list.length; at += 2 * width) {
        const [middle, end] = [
          Math.min(at + width, list.length),
          Math.min(at + 2 * width, list.length),
        ];
        let [i, j] = [at, middle];
        for (let k = at; k < end; k++, work += 2) {
          const takesLeft = j >= end || (i < middle && (from[i] as number) <= (from[j] as number));
          list[k] = from[takesLeft ? i++ : j++] as number;
        }
      }
    }
    return work;
  },
};

let state = 7;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

/** A list that is sorted but for a share of its places. */
function listOf(length: number, disorder: number): number[] {
  return Array.from({ length }, (_, i) => (random() < disorder ? random() * length : i));
}

const { Chooser } = await load();
using chooser = Chooser.create({
  methods: Object.keys(sorts),
  features: ['length', 'disorder'],
  timeout: 1e7,
  cost: 'work',
  policy: 'forest',
  seed: 3,
});
let [paid, best] = [0, 0];
for (let task = 0; task < 600; task++) {
  const features = { length: Math.round(2 ** (2 + 8 * random())), disorder: random() ** 3 };
  const list = listOf(features.length, features.disorder);
  const { id, method } = chooser.choose(features, { explore: task < 300 });
  const cost = sorts[method]?.(list.slice()) ?? 0;
  chooser.report(id, method, { cost });
  if (task < 300) continue;
  paid += cost;
  best += Math.min(...Object.values(sorts).map((sort) => sort(list.slice())));
}
console.log(`over the best choice: ${(100 * (paid / best - 1)).toFixed(0)} %`);

const rule = chooser.compile({ depth: 3, minTasks: 20 });
console.log(`a rule of ${rule.nodes.length} nodes`);
console.log(`1000 numbers in order: ${decide(rule, { length: 1000, disorder: 0 }).method}`);
console.log(`1000 numbers in disorder: ${decide(rule, { length: 1000, disorder: 1 }).method}`);
