// Ranks the whole of WordNet 3.1 around one word, in the time that a key press takes, and then treats the same graph as an
// electric network.
//
//   npm run demo                  around "bank"
//   npm run demo -- piano         around another word
//   npm run demo -- piano forest  and the resistance between the two
import { getEngine } from 'sublinear';
import { readWordNet, type Synset, suggest, type WordNet } from './support/wordnet.js';

const [word = 'bank', other = 'river'] = process.argv.slice(2).filter((text) => text !== '');
const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 2 : 1)} %`;
const whole = (count: number) => count.toLocaleString('en-US');

const wordNet = readWordNet();
const meanings = known(wordNet, word);
const otherMeanings = known(wordNet, other);

const engine = await getEngine();
const { Graph } = await engine.use('graph');
const { personalizedPageRank } = await engine.use('diffusion');
const { solve } = await engine.use('solver');

const nodeCount = wordNet.synsets.length;
// WordNet lists a relation from both of its ends.
const { from, to } = wordNet;
using graph = Graph.fromEdges({ nodeCount, from, to, directed: false, parallel: 'once' });

console.log(`
WordNet 3.1 is a dictionary in which the meanings of words are joined: "a piano is a kind of keyboard instrument", "a
keyboard is a part of a piano", "loud is the opposite of soft". Here it is as a graph: ${whole(graph.nodeCount)} meanings and
${whole(graph.edgeCount)} connections between them.
`);

nearest();
resistance();

/** The ten meanings nearest to the word, and what it takes to find them. */
function nearest(): void {
  const damping = 0.85;
  const topK = meanings.length + 10;
  const question = { source: { nodes: meanings }, damping, topK };
  const coarse = { ...question, tolerance: 0.2 };
  const push = () => personalizedPageRank(graph, coarse);
  const power = () => personalizedPageRank(graph, { ...coarse, method: 'power' });
  const answer = push();
  const near = tenBest(answer);

  console.log(`WHAT IS NEAR TO "${word}"?

Imagine somebody who starts at a meaning of "${word}" (it has ${meanings.length}) and wanders along random connections; before every
step there is a chance of ${percent(1 - damping)} that he goes back to the start. The share of his time that he spends at a meaning
says how near it is. (This is known as personalised PageRank.) Most time, not counting "${word}" itself, goes to:
`);
  for (const [i, { node, score }] of near.entries()) {
    const place = `${i + 1}.`.padStart(3);
    console.log(`  ${place} ${percent(score).padStart(7)}  ${describe(wordNet.synsets[node]!)}`);
  }

  const { touchedNodes } = answer.work;
  const exact = personalizedPageRank(graph, { ...question, tolerance: 1e-9 });
  const truth = new Map(Array.from(exact, ({ node, score }) => [node, score]));
  const last = Math.min(...tenBest(exact).map(({ score }) => score));
  const right = near.filter(({ node }) => (truth.get(node) ?? 0) >= last);
  const off = Math.max(...right.map(({ node, score }) => Math.abs(score - truth.get(node)!)));
  const { ratio, fast, slow } = race(push, power);
  console.log(`
  looked at   ${whole(touchedNodes)} of the ${whole(nodeCount)} meanings (${percent(touchedNodes / nodeCount)}). The rest of the graph was not read: the work
              depends on the question, not on the size of the graph. Hence the name of the package.
  error       at most ${percent(answer.errorBound)}: so much are the shares of all ${whole(nodeCount)} meanings together off. The computation
              itself proves it. Most of it lies far away; a computation to nine digits says that of the ten
              above ${right.length === 10 ? 'all are' : `${right.length} are`} really among the first ten, and that their shares are off by at most ${percent(off)}.
  time        ${milliseconds(fast)}. The textbook method (power iteration: through the whole graph again and again)
              takes ${milliseconds(slow)} for the same error: ${ratio.toFixed(0)} times as long, in the middle of alternating runs.
`);
}

// The best of an answer without the word itself.
function tenBest(answer: Iterable<{ node: number; score: number }>) {
  return [...answer].filter(({ node }) => !meanings.includes(node)).slice(0, 10);
}

/** The graph as an electric network: one large system of equations. */
function resistance(): void {
  const [from] = meanings as [number];
  const [to] = otherMeanings as [number];
  using laplacian = graph.laplacian();
  const b = new Float64Array(nodeCount);
  b[from] = 1;
  b[to] = -1;
  const start = performance.now();
  const { solution, outcome, relativeResidual, iterations, method } = solve(laplacian, b, {
    tolerance: 1e-10,
  });
  const ms = performance.now() - start;

  console.log(`HOW WELL ARE "${word}" AND "${other}" CONNECTED?

Now let every connection be a wire of 1 ohm, and send a current of 1 ampere in at "${word}" and out at "${other}". The voltage
between them is their resistance: low when many short paths join them, and never more than the number of steps on the
shortest path. To know it, the voltages of all ${whole(nodeCount)} meanings are computed at once, from as many equations.
`);
  if (from === to) {
    console.log(`  resistance  0 ohm: the two words share their main meaning.\n`);
    return;
  }
  if (outcome === 'inconsistent') {
    console.log(`  resistance  infinite: no path leads from one to the other.\n`);
    return;
  }
  const ohm = solution[from]! - solution[to]!;
  console.log(`  from        ${describe(wordNet.synsets[from]!)}
  to          ${describe(wordNet.synsets[to]!)}
  resistance  ${ohm.toFixed(4)} ohm
  residual    ${relativeResidual.toExponential(1)}: put back into the equations, the voltages miss the currents by this share. It is
              computed anew from the result, so it says how good the answer is, whatever the method did.
  time        ${milliseconds(ms)} for ${whole(iterations)} steps of the method that was chosen automatically (${method}); outcome: ${outcome}
`);
}

/** Meanings of a word; ends the program with a hint when it has none. */
function known(dictionary: WordNet, wanted: string): number[] {
  const found = dictionary.meanings(wanted);
  if (found.length > 0) return found;
  const similar = suggest(dictionary, wanted).map((text) => `"${text}"`);
  const hint =
    similar.length > 0
      ? `Did you mean ${similar.join(', ')}?`
      : 'Try an English noun, verb, adjective or adverb in its basic form.';
  console.error(`WordNet has no word "${wanted}". ${hint}`);
  process.exit(2);
}

function describe({ words, kind, gloss }: Synset): string {
  const text = `${words.slice(0, 3).join(', ')} (${kind}): ${gloss}`;
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

/** Times two programs in turns, after a few runs of each that do not count. */
function race(quick: () => unknown, thorough: () => unknown) {
  const clock = (work: () => unknown, times: number) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) work();
    return (performance.now() - start) / times;
  };
  clock(quick, 20);
  clock(thorough, 2);
  const turns = Array.from({ length: 7 }, () => ({
    fast: clock(quick, 5),
    slow: clock(thorough, 1),
  }));
  const middle = (values: number[]) => values.sort((x, y) => x - y)[values.length >> 1]!;
  return {
    fast: middle(turns.map(({ fast }) => fast)),
    slow: middle(turns.map(({ slow }) => slow)),
    ratio: middle(turns.map(({ fast, slow }) => slow / fast)),
  };
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
