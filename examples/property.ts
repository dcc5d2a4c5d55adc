// Films and who plays in them: a graph from arrays, asked in openCypher.
//
//   npm run build && node --import tsx examples/property.ts
import { load } from 'sublinear/property';

const { PropertyGraph } = await load();
using graph = PropertyGraph.create();

const actors = ['Ann', 'Bea', 'Cid', 'Dov'];
const films = ['Dunes', 'Echo', 'Fog'];
const first = graph.addNodes({ label: 'Actor', count: actors.length, columns: { name: actors } });
const film = graph.addNodes({ label: 'Film', count: films.length, columns: { title: films } });
const cast: [actor: number, film: number][] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [2, 1],
  [3, 2],
];
graph.addEdges({
  type: 'PLAYS_IN',
  from: cast.map(([actor]) => first + actor),
  to: cast.map(([, number]) => film + number),
});

const together = graph.prepare(`
  MATCH (a:Actor {name: $name})-[:PLAYS_IN]->(f:Film)<-[:PLAYS_IN]-(b:Actor)
  RETURN b.name AS name, f.title AS title ORDER BY name`);
for (const { name, title } of together.run({ name: 'Bea' }).rows)
  console.log(`Bea plays with ${String(name)} in ${String(title)}`);

const { rows } = graph.query(`
  MATCH (a:Actor {name: 'Ann'}), (b:Actor {name: 'Cid'})
  MATCH p = shortestPath((a)-[:PLAYS_IN*]-(b))
  RETURN length(p) / 2 AS films`);
console.log(`from Ann to Cid: ${String(rows[0]?.films)} films`);

const { changes } = graph.query(`
  MATCH (f:Film) WHERE COUNT { (f)<--(:Actor) } = 1
  SET f:Solo`);
console.log(`played by one alone: ${changes.labelsAdded}`);

// Both statements or none of them; the snapshot keeps the graph of before.
using before = graph.snapshot();
graph.transaction((transaction) => {
  transaction.query("MATCH (a:Actor {name: 'Dov'}) DETACH DELETE a");
  transaction.query('MATCH (f:Film) WHERE NOT (f)<--() DELETE f');
});
console.log(
  `films: ${before.nodeCount - actors.length} before, ${graph.query('MATCH (f:Film) RETURN count(*) AS n').rows[0]?.n} now`,
);
