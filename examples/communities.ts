// A school of 600 pupils in 20 classes who mostly like their own class: the classes come out of the friendships alone, and
// two methods are compared with the truth.
//
//   npx tsx examples/communities.ts
import { load } from 'sublinear/communities';

const { Graph, leiden, louvain, labelPropagation, modularity, compareLabels } = await load();

// Nine friends each: seven of ten in the own class, and some in the class next door.
const pupils = 600;
const classes = Uint32Array.from({ length: pupils }, (_, pupil) => Math.floor(pupil / 30));
const [from, to]: [number[], number[]] = [[], []];
let state = 1;
const draw = (below: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
for (let pupil = 0; pupil < pupils; pupil++) {
  for (let friend = 0; friend < 9; friend++) {
    const where = draw(10);
    const group = where < 7 ? classes[pupil]! : where < 9 ? (classes[pupil]! + 1) % 20 : draw(20);
    from.push(pupil);
    to.push(30 * group + draw(30));
  }
}
using school = Graph.fromEdges({ from, to, directed: false, parallel: 'once' });

console.log(`the classes themselves: modularity ${modularity(school, classes).toFixed(3)}`);
for (const [name, find] of Object.entries({ leiden, louvain, labelPropagation })) {
  const { labels, count } = find(school, { seed: 1 });
  const { nmi, adjustedRand } = compareLabels(labels, classes);
  console.log(
    `${name}: ${count} communities, modularity ${modularity(school, labels).toFixed(3)}, like the classes: NMI ${nmi.toFixed(3)}, adjusted Rand ${adjustedRand.toFixed(3)}`,
  );
}

// Smaller and smaller groups: the constant Potts model by density.
for (const resolution of [0.02, 0.1, 0.4]) {
  const { count } = leiden(school, { objective: 'cpm', resolution });
  console.log(`groups denser than ${resolution}: ${count}`);
}
