// A network of 2,500 switches whose links fail and are mended: after each event, how many links are still between the
// network and falling apart. Then switches are paired for an exchange of traffic, each with one neighbour, over the fastest links.
//
//   npx tsx examples/outages.ts
import { load } from 'sublinear/cuts';

const { Graph, dynamicMinimumCut, weightedMatching } = await load();

// Every switch is linked to four others: around the ring, and 50 further on. Speeds are whole gigabits.
const count = 2500;
const [from, to, speeds]: [number[], number[], number[]] = [[], [], []];
for (let here = 0; here < count; here++)
  for (const step of [1, 50]) {
    from.push(here);
    to.push((here + step) % count);
    speeds.push(10 + ((here * 7919 + step) % 31));
  }

// Of links, not of gigabits: the graph without weights.
const links = Graph.fromEdges({ from, to, directed: false });
const kept = dynamicMinimumCut(links);
links.dispose();
console.log(`${kept.value} links must fail before the network falls apart`);

// A machine hall loses power, link by link.
for (const step of [1, 50]) kept.remove(1000, 1000 + step);
console.log(`after two failures at one switch: ${kept.value}`);
kept.remove(999, 1000);
const { side, cut } = kept.cut();
console.log(`after three: ${kept.value}, between switch ${cut.from[0]} and ${cut.to[0]}`);
console.log(`cut off is a part of ${Math.min(side.length, count - side.length)} switch`);
console.log(
  `mended: ${[kept.insert(999, 1000), kept.insert(1000, 1001), kept.insert(1000, 1050)]}`,
);

// A year of random events: a link fails, and is mended before the next one does.
const events = { from: [] as number[], to: [] as number[], changes: [] as number[] };
for (let day = 0; day < 5000; day++) {
  const link = (day * 104729) % from.length;
  for (const change of [-1, 1]) {
    events.from.push(from[link] ?? 0);
    events.to.push(to[link] ?? 0);
    events.changes.push(change);
  }
}
const { values } = kept.apply(events);
console.log(`${values.length} events: at worst ${Math.min(...values)} links`);
console.log(`the whole network was searched ${kept.searches} times`);
kept.dispose();

const network = Graph.fromEdges({ from, to, weights: speeds, directed: false });
const { size, weight, errorBound, prices } = weightedMatching(network);
console.log(`${size} pairs exchange ${weight} gigabits, off by at most ${errorBound}`);
const bound = prices.nodes.reduce((sum, price) => sum + price, 0);
console.log(`the prices of all switches add up to ${bound}: no pairing exchanges more`);
network.dispose();
