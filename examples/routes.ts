// A town of 90,000 crossings: the way across it, what lies within ten minutes, and the crossing that most ways lead through.
//
//   npx tsx examples/routes.ts
import { load } from 'sublinear/paths';

const { Graph, shortestPaths, pathTo, prepareRoutes, shortestPath, betweennessSampled } =
  await load();

// Streets in a grid, each 20 to 79 seconds long. A river: it is crossed by three bridges.
const side = 300;
const river = 150;
const bridges = [40, 150, 270];
const [from, to, seconds]: [number[], number[], number[]] = [[], [], []];
for (let row = 0; row < side; row++) {
  for (let column = 0; column < side; column++) {
    const here = row * side + column;
    const length = 20 + ((row * 7919 + column * 104729) % 60);
    if (column + 1 < side) {
      from.push(here);
      to.push(here + 1);
      seconds.push(length);
    }
    if (row + 1 < side && (row !== river || bridges.includes(column))) {
      from.push(here);
      to.push(here + side);
      seconds.push(length);
    }
  }
}
const town = Graph.fromEdges({ from, to, weights: seconds, directed: false });
const home = 20 * side + 20;
const work = 280 * side + 200;

const minutes = (time: number) => `${(time / 60).toFixed(1)} minutes`;
const near = shortestPaths(town, { source: home, maxDistance: 600 });
console.log(`within ten minutes of home: ${near.reached} crossings`);
const furthest = near.distances.reduce(
  (far, time, u) => (time < Infinity && time > near.distances[far]! ? u : far),
  home,
);
console.log(`the furthest of them is ${pathTo(town, near, furthest).length - 1} streets away`);

const plain = shortestPath(town, { source: home, target: work });
prepareRoutes(town);
const guided = shortestPath(town, { source: home, target: work });
console.log(`to work: ${minutes(guided.length)}, ${guided.nodes.length - 1} streets`);
console.log(`the same without landmarks: ${plain.length === guided.length}`);
console.log(`crossings looked at: ${plain.work.settledNodes}, then ${guided.work.settledNodes}`);

const { scores, halfWidth, confidence, samples } = betweennessSampled(town, {
  epsilon: 0.05,
  weighted: false,
});
const busiest = scores.indexOf(Math.max(...scores));
const at = `row ${Math.floor(busiest / side)}, column ${busiest % side}`;
console.log(
  `the busiest crossing is at ${at}: ${(100 * scores[busiest]!).toFixed(0)} % of the ways, give or take ${(100 * halfWidth).toFixed(1)} (probability ${confidence}, ${samples} samples)`,
);
town.dispose();
