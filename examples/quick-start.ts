// The program of the README, whole: who is close to whom in a small group of friends, and one system of equations.
import { getEngine } from 'sublinear';

const engine = await getEngine();
const { Graph } = await engine.use('graph');
const { personalizedPageRank } = await engine.use('diffusion');
const { solve } = await engine.use('solver');

const people = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eva', 'Finn'];
using graph = Graph.fromEdges({
  from: [0, 0, 1, 2, 3, 4],
  to: [1, 2, 2, 3, 4, 5],
  directed: false,
});

// Who is nearest to Ada?
const ranking = personalizedPageRank(graph, { source: 0, damping: 0.85, topK: 3 });
for (const [i, node] of ranking.nodes.entries()) {
  console.log(people[node], ranking.scores[i]?.toFixed(4));
}
console.log('all scores together are off by at most', ranking.errorBound);

// (L + I) x = b: a value that each person holds, smoothed over friendships.
using matrix = graph.laplacian({ shift: 1 });
const { solution, outcome, relativeResidual } = solve(matrix, [6, 0, 0, 0, 0, 0]);
console.log(outcome, Array.from(solution, (x) => x.toFixed(3)).join(' '));
console.log(
  'residual computed from the solution:',
  relativeResidual <= 1e-8 ? 'at most 1e-8' : relativeResidual,
);
