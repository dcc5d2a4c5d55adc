// Routers: the time for one vector against plain JavaScript, and what routing between two models is worth on real answers.
//
//   npm run bench -- router [--smoke] [--only TEXT]
import { createEngine } from 'sublinear';
import { benchmarks } from '../ts/benchmarks/router.js';
import type { RouterRoom } from '../ts/rooms/router/router.js';
import { openBench } from './support/harness.js';
import { readAnswers, vectorsOf } from './support/routing.js';

const bench = openBench('router', 'Routers');
const engine = await createEngine();
// The table of cases is written for the classes of ts/, of which the package has the built ones.
const room = (await engine.use('router')) as unknown as RouterRoom;

// One vector: similarity with a thousand examples, exact; ridge on the same.
{
  const rounds = bench.smoke ? 20 : 1000;
  const similarity = benchmarks.similarity.prepare(room, rounds);
  const ridge = benchmarks.ridge.prepare(room, rounds);
  const plain = plainRouter(similarity.examples);
  const result = await bench.compare({
    id: 'route',
    title: `${rounds} vectors of 64 numbers, 1,000 examples of 20 routes`,
    note: 'All examples are scanned: the mean cosine of the five most similar ones of each route. Plain JavaScript does the same with typed arrays of unit vectors. Ridge asks its weights, not the examples. The decision counts: probabilities, runner-up, set.',
    accuracy: 'share of wrong routes',
    contestants: [
      {
        name: 'sublinear, similarity',
        run: () => similarity.run(),
        accuracy: (right: unknown) => 1 - (right as number),
      },
      {
        name: 'sublinear, ridge',
        run: () => ridge.run(),
        accuracy: (right: unknown) => 1 - (right as number),
      },
      {
        name: 'plain JavaScript, similarity',
        run() {
          let right = 0;
          for (let i = 0; i < rounds; i++)
            right += Number(plain(similarity.queries[i & 255] as Float32Array) === (i & 255) % 20);
          return right / rounds;
        },
        accuracy: (right: number) => 1 - right,
      },
    ],
    maxSeconds: 20,
  });
  if (!bench.smoke)
    for (const [k, name] of ['similarity', 'ridge'].entries()) {
      const row = result?.rows[k];
      if (row?.medianMs === undefined) continue;
      bench.claim({
        id: `route-${name}`,
        text: `microseconds to route a vector by ${name}, 1,000 examples of 64 numbers`,
        value: (row.medianMs / rounds) * 1000,
        limit: 5,
        goal: 2,
        relation: '<=',
        unit: 'us',
      });
    }
  similarity.dispose();
  ridge.dispose();
}

// Two models on MMLU: five folds. In-domain, one pair of models.
const answers = bench.smoke ? undefined : readAnswers();
if (!bench.smoke && answers === undefined) {
  bench.table({
    id: 'mmlu',
    title: 'Routing between Mixtral 8x7B and GPT-4 on MMLU',
    columns: ['result'],
    rows: [["RouteLLM's answers are not here; SUBLINEAR_DATA names the folder"]],
  });
} else if (answers !== undefined) {
  const { weak, strong } = answers;
  const vectors = vectorsOf(answers.prompts);
  const order = shuffled(vectors.length);
  const FOLDS = 5;
  const curves: number[][] = [];
  const rows: { said: number; is: number }[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const own = order.filter((_, i) => i % FOLDS === fold);
    const others = order.filter((_, i) => i % FOLDS !== fold);
    using router = room.ModelRouter.fit(
      others.map((i) => vectors[i] as Float32Array),
      [
        { name: 'Mixtral 8x7B', values: others.map((i) => weak[i] as number) },
        { name: 'GPT-4', values: others.map((i) => strong[i] as number) },
      ],
      { l2: 0.01, holdout: 0.1 },
    );
    const scored = own.map((i) => {
      const { gains, scores } = router.route(vectors[i] as Float32Array);
      const is = (strong[i] as number) - (weak[i] as number);
      rows.push({ said: gains[1] as number, is });
      return { score: (scores[1] as number) - (scores[0] as number), is };
    });
    scored.sort((a, b) => b.score - a.score);
    const all = scored.reduce((sum, { is }) => sum + is, 0);
    let sum = 0;
    curves.push(
      scored.map(({ is }) => {
        sum += is;
        return sum / all;
      }),
    );
  }
  const area = (curve: number[]) =>
    curve.reduce((sum, recovered, i) => sum + (recovered + (curve[i - 1] ?? 0)) / 2, 0) /
    curve.length;
  const apgr = mean(curves.map(area));
  const shareFor = (recovered: number) =>
    mean(
      curves.map((curve) => (curve.findIndex((value) => value >= recovered) + 1) / curve.length),
    );
  rows.sort((a, b) => a.said - b.said);
  const error = mean(
    Array.from({ length: 10 }, (_, bin) => {
      const part = rows.slice(
        Math.floor((rows.length * bin) / 10),
        Math.floor((rows.length * (bin + 1)) / 10),
      );
      return Math.abs(mean(part.map(({ said, is }) => said - is)));
    }),
  );
  bench.table({
    id: 'mmlu',
    title: 'Routing between Mixtral 8x7B and GPT-4 on MMLU',
    note: `${vectors.length} questions in five folds, RouteLLM's table of answers. APGR is the mean share of the gap between the models that is recovered over all shares of strong calls: 0.5 for random routing. Vectors: GloVe means with smooth inverse frequency, a hashed bag of words. In-domain, one pair of models.`,
    columns: ['measure', 'value'],
    rows: [
      ['right, Mixtral 8x7B', mean([...weak])],
      ['right, GPT-4', mean([...strong])],
      ['APGR', apgr],
      ['share of strong calls for half of the gap', shareFor(0.5)],
      ['share of strong calls for 80 % of the gap', shareFor(0.8)],
      ['calibration error of the gain, ten equal bins', error],
    ],
  });
  bench.claim({
    id: 'mmlu-apgr',
    text: 'APGR on MMLU, five folds',
    value: apgr,
    limit: 0.65,
    goal: 0.67,
    relation: '>=',
    unit: '',
  });
  bench.claim({
    id: 'mmlu-calibration',
    text: 'calibration error of the expected gain on MMLU',
    value: error,
    limit: 0.02,
    relation: '<=',
    unit: '',
  });
}

await engine.dispose();
bench.close();

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function shuffled(count: number): number[] {
  let state = 1;
  const draw = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count; i > 1; i--) {
    const j = Math.floor(draw() * i);
    [order[i - 1], order[j]] = [order[j] as number, order[i - 1] as number];
  }
  return order;
}

/** The same as one would write it: unit vectors in typed arrays, the five best of each route. */
function plainRouter(examples: Float32Array[][]) {
  const unit = (x: Float32Array) => {
    const length = Math.hypot(...x);
    return x.map((value) => value / length);
  };
  const known = examples.map((list) => list.map(unit));
  return (query: Float32Array): number => {
    const q = unit(query);
    let chosen = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (const [k, list] of known.entries()) {
      const top = [-2, -2, -2, -2, -2];
      for (const row of list) {
        let cosine = 0;
        for (let j = 0; j < row.length; j++) cosine += (row[j] as number) * (q[j] as number);
        for (let i = 0; i < 5; i++) {
          const here = top[i] as number;
          if (cosine > here) {
            top[i] = cosine;
            cosine = here;
          }
        }
      }
      const score = mean(top);
      if (score > best) {
        best = score;
        chosen = k;
      }
    }
    return chosen;
  };
}
