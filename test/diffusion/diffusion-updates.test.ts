// Rankings that follow their graph, and power iteration from push's state, against networkx and a dense solve
// (test/vectors/diffusion/generate.py): on every graph of the table, after edges have come and gone.
import { createEngine, type Engine } from 'sublinear';
import type { DiffusionRoom, PageRankTracker } from 'sublinear/diffusion';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import vectors from '../vectors/diffusion/pagerank.json' with { type: 'json' };

type Reference = (typeof vectors.cases)[number];

let engine: Engine;
let room: DiffusionRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('diffusion');
});
afterAll(() => {
  expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
  engine.dispose();
});

const graphOf = ({ nodeCount, from, to, weights, directed }: Reference) =>
  room.Graph.fromEdges({ nodeCount, from, to, directed, ...(weights && { weights }) });

function sourceOf({ source }: Reference) {
  const pairs = source as [number, number][] | null;
  return pairs && { nodes: pairs.map(([u]) => u), weights: pairs.map(([, w]) => w) };
}

/** Scores of all nodes from a result of either kind. */
function dense({ nodes, scores }: { nodes?: Uint32Array; scores: ArrayLike<number> }, n: number) {
  const all = new Float64Array(n);
  for (let i = 0; i < scores.length; i++) all[nodes ? nodes[i]! : i] = scores[i]!;
  return all;
}

function agrees(result: PageRankTracker['result'], { scores, nodeCount }: Reference) {
  const found = dense(result as Parameters<typeof dense>[0], nodeCount);
  const off = found.reduce((sum, score, i) => sum + Math.abs(score - scores[i]!), 0);
  // The reference itself is a float64 solve.
  expect(off).toBeLessThanOrEqual(result.errorBound + 1e-14);
  expect(result.errorBound).toBeLessThanOrEqual(1e-8);
}

/** All stored copies of the pair that the last edge joins, in either direction when that is the same. */
function lastPair({ from, to, weights, directed }: Reference) {
  const [u, v] = [from.at(-1)!, to.at(-1)!];
  const copies = from.flatMap((a, k) =>
    (a === u && to[k] === v) || (!directed && a === v && to[k] === u) ? [k] : [],
  );
  return { u, v, copies, weights: copies.map((k) => weights?.[k] ?? 1) };
}

/** A pair of nodes that nothing joins. */
function freePair({ nodeCount, from, to }: Reference): [number, number] | undefined {
  const joined = new Set(from.flatMap((u, k) => [`${u} ${to[k]}`, `${to[k]} ${u}`]));
  for (let u = 0; u < nodeCount; u++)
    for (let v = 0; v < nodeCount; v++) if (!joined.has(`${u} ${v}`)) return [u, v];
  return undefined;
}

const track = (graph: ReturnType<typeof graphOf>, reference: Reference) => {
  const source = sourceOf(reference);
  const { damping } = reference;
  return room.trackPageRank(graph, { damping, tolerance: 1e-8, ...(source && { source }) });
};

const withEdges = vectors.cases.filter(({ from }) => from.length > 0);
const withRoom = vectors.cases.filter((reference) => freePair(reference) !== undefined);

test('there are at least 40 of each', () => {
  expect(Math.min(withEdges.length, withRoom.length)).toBeGreaterThanOrEqual(40);
  console.log(
    `updates: ${withEdges.length} graphs lose a pair and get it back, ${withRoom.length} the other way`,
  );
});

describe('an edge goes and comes back', () => {
  test.each(withEdges)('$name', (reference) => {
    using whole = graphOf(reference);
    const { u, v, copies, weights } = lastPair(reference);
    using without = whole.edited({ remove: { from: [u], to: [v] } });
    using tracker = track(without, reference);
    using again = without.edited({
      add: {
        from: copies.map(() => u),
        to: copies.map(() => v),
        ...(reference.weights && { weights }),
      },
    });
    agrees(tracker.update(again), reference);
  });
});

describe('an edge comes and goes', () => {
  test.each(withRoom)('$name', (reference) => {
    using plain = graphOf(reference);
    const [u, v] = freePair(reference)!;
    const weights = reference.weights && { weights: [2] };
    using more = plain.edited({ add: { from: [u], to: [v], ...weights } });
    using tracker = track(more, reference);
    using back = more.edited({ remove: { from: [u], to: [v] } });
    agrees(tracker.update(back), reference);
  });
});

describe('power iteration from where push stopped', () => {
  test.each(vectors.cases.filter(({ source }) => source !== null))('$name', (reference) => {
    using graph = graphOf(reference);
    const { damping } = reference;
    const result = room.personalizedPageRank(graph, {
      damping,
      source: sourceOf(reference)!,
      tolerance: 1e-8,
      method: 'pushPower',
    });
    agrees(result, reference);
    expect(result.scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 7);
  });
});

describe('a batch', () => {
  test.each(vectors.cases.filter(({ source }) => source !== null))('$name', (reference) => {
    using graph = graphOf(reference);
    const source = sourceOf(reference)!;
    const { damping } = reference;
    const { rows } = room.personalizedPageRankBatch(graph, {
      damping,
      sources: [source, 0],
      tolerance: 1e-8,
    });
    expect(rows.length).toBe(2);
    agrees(rows[0]!, reference);
  });
});

// (Power iteration's bound is another one than push's: where 'pushPower' goes over, it grows once.)
test('a larger work limit never loosens a certificate', () => {
  let steps = 0;
  for (const reference of vectors.cases) {
    const source = sourceOf(reference);
    if (source === null) continue;
    using graph = graphOf(reference);
    for (const method of ['push', 'auto'] as const) {
      let last = Number.POSITIVE_INFINITY;
      for (let maxWork = 1; maxWork < 1e5; maxWork = Math.ceil(1.5 * maxWork)) {
        const { damping } = reference;
        const question = { damping, source, tolerance: 1e-10, method, maxWork };
        const { errorBound, work } = room.personalizedPageRank(graph, question);
        // Each push adds its own rounding to the bound; below what was asked for, that decides.
        const allowed = Math.max(last * (1 + 1e-12), question.tolerance);
        expect(errorBound, `${reference.name}, ${method}, ${maxWork}`).toBeLessThanOrEqual(allowed);
        expect(work.edgeOperations).toBeGreaterThanOrEqual(0);
        last = errorBound;
        steps++;
      }
    }
  }
  expect(steps).toBeGreaterThan(1000);
});
