// A club of 400 members in four teams. The team of five members of each is known, and what the others like says little: the
// friendships say the rest. A classifier that does not see them, three that do, and a network that is asked for one member.
//
//   npx tsx examples/classify.ts
import { load } from 'sublinear/gnn';

const { Graph, GraphNetwork, LogisticRegression, correctAndSmooth, labelSpread, smoothFeatures } =
  await load();

const members = 400;
const teams = Uint32Array.from({ length: members }, (_, member) => member % 4);
let state = 7;
const draw = (below: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
// Five friends each, four of five in the own team; twelve things that one may like, of which a team likes three a bit more.
const [from, to]: [number[], number[]] = [[], []];
const likes = new Float32Array(members * 12);
for (let member = 0; member < members; member++) {
  const team = teams[member]!;
  for (let friend = 0; friend < 5; friend++) {
    from.push(member);
    to.push(draw(5) < 4 ? 4 * draw(members / 4) + team : draw(members));
  }
  for (let thing = 0; thing < 12; thing++)
    likes[12 * member + thing] = draw(100) < (thing % 4 === team ? 45 : 25) ? 1 : 0;
}
using club = Graph.fromEdges({ from, to, directed: false, parallel: 'once' });

const nodes = Uint32Array.from({ length: 20 }, (_, member) => member);
const labels = nodes.map((member) => teams[member]!);
const known = { classes: 4, nodes, labels };
const share = (found: ArrayLike<number>) => {
  let right = 0;
  for (let member = 20; member < members; member++)
    right += Number(found[member] === teams[member]);
  return `${Math.round((100 * right) / (members - 20))} %`;
};

using alone = LogisticRegression.fit(likes.slice(0, 20 * 12), labels, { l2: 0.01 });
const unseen = alone.predict(likes);
console.log(`by what they like alone: ${share(unseen.labels)}`);
console.log(`by their friends alone: ${share(labelSpread(club, known).labels)}`);
const scores = Float32Array.from(unseen.probabilities);
console.log(`corrected by their friends: ${share(correctAndSmooth(club, scores, known).labels)}`);
const { features, errorBound } = smoothFeatures(club, likes, { alpha: 0.2, steps: 40 });
using smoothed = LogisticRegression.fit(features.slice(0, 20 * 12), labels, { l2: 1e-4 });
console.log(`by what their friends like: ${share(smoothed.predict(features).labels)}`);
console.log(`smoothed numbers are off by at most ${errorBound.toExponential(0)}`);

using network = GraphNetwork.train(club, likes, { training: { nodes, labels }, seed: 1 });
console.log(`graph convolution: ${share(network.predict(club, likes).labels)}`);
const one = network.predict(club, likes, { nodes: [399] });
console.log(`member 399: team ${one.labels[0]}, from ${one.readNodes} of ${members} members`);
