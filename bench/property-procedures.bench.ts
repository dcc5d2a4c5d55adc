// Meaning, pattern and nearness in one query over WordNet with its definitions, beside the same three calls put together by hand.
//
//   npm run bench -- property-procedures [--smoke]
import { createEngine } from 'sublinear';
import { readWordNet } from '../examples/support/wordnet.js';
import { openBench } from './support/harness.js';
import { centred, Embedder } from './support/wordnet.js';

const bench = openBench('property-procedures', 'Property graphs and other rooms in one query');

if (bench.wants('together')) {
  const engine = await createEngine();
  const { PropertyGraph } = await engine.use('property');
  const hnsw = await engine.use('hnsw');
  const diffusion = await engine.use('diffusion');

  const { synsets, from, to } = readWordNet();
  const count = bench.smoke ? 2000 : synsets.length;
  const known = synsets.slice(0, count);
  const embedder = new Embedder(
    bench.smoke ? 5000 : 60_000,
    known.map(({ gloss }) => gloss),
  );
  const ids: number[] = [];
  const plain: Float32Array[] = [];
  for (const [id, { gloss }] of known.entries()) {
    const vector = embedder.ofText(gloss);
    if (vector === undefined) continue;
    ids.push(id);
    plain.push(vector);
  }
  const vectors = centred(plain);
  using index = hnsw.Hnsw.create({ metric: 'cosine', dimension: 100, capacity: ids.length });
  index.addBatch({ ids, vectors: Float32Array.from(vectors.flatMap((vector) => [...vector])) });

  using graph = PropertyGraph.create();
  for (const kind of new Set(known.map((synset) => synset.kind))) {
    const these = known.filter((synset) => synset.kind === kind);
    graph.addNodes({
      label: ['Synset', kind],
      count: these.length,
      columns: { word: these.map(({ words }) => words[0]), gloss: these.map(({ gloss }) => gloss) },
    });
  }
  const edges = Array.from(from, (a, i) => [a, to[i] as number] as const).filter(
    ([a, b]) => a < count && b < count,
  );
  const [begin, end] = [edges.map(([a]) => a), edges.map(([, b]) => b)];
  graph.addEdges({ type: 'POINTS', from: begin, to: end });
  graph.useProcedures({ diffusion, indexes: { glosses: index } });
  using query = graph.prepare(`
    CALL sublinear.vectorSearch('glosses', $q, 10) YIELD node
    WITH collect(node) AS found
    CALL sublinear.personalized(found, {type: 'POINTS', topK: 20}) YIELD node, score, errorBound
    MATCH (node)-[:POINTS]->(other:noun)
    RETURN id(node) AS id, node.word AS word, score, errorBound, count(other) AS nouns ORDER BY score DESC, id`);

  using all = diffusion.Graph.fromEdges({ from: begin, to: end, nodeCount: count });
  const lists: number[][] = known.map(() => []);
  for (const [a, b] of edges) if (known[b]?.kind === 'noun') lists[a]?.push(b);
  const byHand = (q: Float32Array) => {
    const nodes = index.search(q, { k: 10 }).ids;
    const near = diffusion.personalizedPageRank(all, { source: { nodes }, topK: 20 });
    return [...near.nodes].filter((node) => (lists[node] as number[]).length > 0);
  };

  const turns = () => {
    let turn = 0;
    return () => vectors[(turn++ * 7919) % vectors.length] as Float32Array;
  };
  const [ours, theirs] = [turns(), turns()];
  type Answer = { q: Float32Array; found: number[] };
  const accuracy = ({ q, found }: Answer) => {
    const wanted = new Set(byHand(q));
    return found.filter((id) => !wanted.has(id)).length + Math.abs(wanted.size - found.length);
  };
  const calls = bench.smoke ? 2 : 10;
  await bench.compare({
    id: 'together',
    title: `The nearest definitions of ${ids.length}, what stands near them, and what that points at`,
    note: `WordNet 3.1: ${count} synsets, ${edges.length} relations, vectors of 100 numbers. A query: the ten nearest definitions (HNSW, ef 64), personalised PageRank from them (the best 20), and their noun neighbours by a pattern. The graph is projected before the first one.`,
    accuracy: 'nodes that differ from those of the calls by hand',
    slices: bench.smoke ? 3 : 11,
    contestants: [
      {
        name: 'one query',
        calls,
        run(): Answer {
          const q = ours();
          return { q, found: query.run({ q }).rows.map(({ id }) => Number(id)) };
        },
        accuracy,
      },
      {
        name: 'by hand',
        calls,
        run(): Answer {
          const q = theirs();
          return { q, found: byHand(q) };
        },
        accuracy,
      },
    ],
    maxSeconds: 60,
  });
  engine.dispose();
}

bench.close();
