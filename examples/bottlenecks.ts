// A town of 22,500 crossings on both sides of a river: what limits the traffic across it, which streets everything depends
// on, and where a cable network costs least.
//
//   npx tsx examples/bottlenecks.ts
import { load } from 'sublinear/cuts';

const { Graph, maxFlow, minimumCut, biconnectedComponents, spanningForest, coreNumbers } =
  await load();

// Streets in a grid that carry 10 to 69 cars a minute. A river: it is crossed by three bridges.
const side = 150;
const river = 75;
const bridges = [20, 75, 135];
const [from, to, cars]: [number[], number[], number[]] = [[], [], []];
for (let row = 0; row < side; row++) {
  for (let column = 0; column < side; column++) {
    const here = row * side + column;
    const capacity = 10 + ((row * 7919 + column * 104729) % 60);
    if (column + 1 < side) {
      from.push(here);
      to.push(here + 1);
      cars.push(capacity);
    }
    if (row + 1 < side && (row !== river || bridges.includes(column))) {
      from.push(here);
      to.push(here + side);
      cars.push(capacity);
    }
  }
}
// A village at the end of a single road.
from.push(0);
to.push(side * side);
cars.push(40);
const town = Graph.fromEdges({ from, to, weights: cars, directed: false });

// The market on one bank and the station on the other have many streets: the bridges are the bottleneck.
const { value, errorBound, cut } = maxFlow(town, {
  source: 40 * side + 70,
  target: 110 * side + 80,
});
console.log(`${value} cars a minute, off by at most ${errorBound}`);
console.log(`limited by ${cut.from.length} streets: ${cut.weights.join(' + ')}`);

const weakest = minimumCut(town);
console.log(`the weakest spot carries ${weakest.value}: ${weakest.cut.from.length} streets`);
const { articulationPoints, bridges: dependent } = biconnectedComponents(town);
console.log(
  `without any of ${articulationPoints.length} crossings, or ${dependent.from.length} street, somebody is cut off`,
);

const cable = spanningForest(town);
console.log(`a network along ${cable.from.length} streets costs ${cable.total}`);
console.log(`the innermost part of the town is a ${coreNumbers(town).degeneracy}-core`);
town.dispose();
