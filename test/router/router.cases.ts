// Routers through both doors: the same probabilities, thresholds and files' answers to the bit. Expected values are closed forms.
import type { ModelRouter, SemanticRouter } from 'sublinear/router';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

const SCORERS = ['similarity', 'ridge', 'logistic', 'fastgrnn'] as const;
const CALIBRATIONS = ['none', 'temperature', 'isotonic'] as const;
const NAMES = [
  ...['scorer', 'calibrate', 'holdout', 'neighbours', 'l2', 'iterations', 'hidden', 'rank'],
  ...['steps', 'learningRate', 'seed'],
];

interface Options {
  scorer?: (typeof SCORERS)[number];
  calibrate?: (typeof CALIBRATIONS)[number];
  holdout?: number;
  neighbours?: number;
  l2?: number;
  iterations?: number;
  hidden?: number;
  rank?: number;
  steps?: number;
  learningRate?: number;
  seed?: number;
}

/** Examples: vectors, and a label of each or what each route is worth for it. Sorted by label. */
interface Examples {
  vectors: number[][];
  routes: number;
  labels?: number[];
  values?: number[][];
}

interface RouterDoor {
  make: (examples: Examples, options: Options) => unknown;
  score: (router: unknown, x: number[]) => { probabilities: number[]; scores: number[] };
  threshold: (router: unknown, aim: 'share' | 'quality', target: number) => number[];
  nearest: (router: unknown, x: number[], route: number) => [number, number][];
  free: (router: unknown) => void;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const byLabel = ({ vectors, routes, labels = [] }: Examples) =>
  range(routes).map((k) => ({
    name: `r${k}`,
    vectors: vectors.filter((_, i) => labels[i] === k),
  }));

export const doors: RoomDoors<'router', RouterDoor> = {
  room: 'router',
  bundle: 'learning',
  embind: ({ SemanticRouter, ModelRouter }) => {
    const semantic = (token: unknown) => token as SemanticRouter;
    const model = (token: unknown) => token as ModelRouter;
    const isModel = (token: unknown): token is ModelRouter => token instanceof ModelRouter;
    return {
      make(examples, options) {
        if (examples.labels) return SemanticRouter.fit(byLabel(examples), options);
        const models = range(examples.routes).map((k) => ({
          name: `r${k}`,
          values: examples.values!.map((row) => row[k]!),
        }));
        return ModelRouter.fit(examples.vectors, models, options as never);
      },
      score(token, x) {
        if (isModel(token)) {
          const { gains, scores } = model(token).route(x);
          return { probabilities: [...gains], scores: [...scores] };
        }
        const { probabilities, scores } = semantic(token).route(x);
        return { probabilities: [...probabilities], scores: [...scores] };
      },
      threshold(token, aim, target) {
        if (isModel(token)) {
          const t = token.threshold(
            aim === 'share' ? { strongShare: target } : { quality: target },
          );
          const { strongShare: s, quality: q } = t;
          return [t.threshold, s.value, ...s.interval, q.value, ...q.interval, Number(t.reached)];
        }
        const t = semantic(token).threshold(
          aim === 'share' ? { coverage: target } : { accuracy: target },
        );
        const { coverage: s, accuracy: q } = t;
        return [t.threshold, s.value, ...s.interval, q.value, ...q.interval, Number(t.reached)];
      },
      nearest: (token, x, route) =>
        semantic(token)
          .nearest(x, `r${route}`)
          .map(({ example, similarity }) => [example, similarity]),
      free: (token) => semantic(token).dispose(),
    };
  },
  raw: (module) => new RawDoor(module),
};

class RawDoor implements RouterDoor {
  readonly #module: RawModule;
  readonly #routes = new Map<number, number>();
  constructor(module: RawModule) {
    this.#module = module;
  }

  #out(numbers: number, write: (at: number) => number): number[] {
    return this.#module.with([new Float64Array(numbers)], (at) => {
      this.#module.check(write(at!));
      return [...this.#module.f64(at!, numbers)];
    });
  }

  make({ vectors, routes, labels, values }: Examples, given: Options): number {
    const module = this.#module;
    const options = this.#out(11, (at) => module.call.sl_abi_router_options_default!(at));
    if (values) options[0] = 1;
    for (const [name, value] of Object.entries(given)) {
      const words: readonly unknown[] =
        name === 'scorer' ? SCORERS : name === 'calibrate' ? CALIBRATIONS : [];
      options[NAMES.indexOf(name)] = typeof value === 'number' ? value : words.indexOf(value);
    }
    const router = module.with(
      [
        new Float32Array(vectors.flat()),
        new Uint32Array(labels ?? []),
        new Float32Array(values?.flat() ?? []),
        new Float64Array(options),
      ],
      (x, classes, worth, settings) =>
        module.made(
          module.call.sl_abi_router_create!(
            vectors.length,
            vectors[0]?.length ?? 0,
            routes,
            x!,
            labels ? classes! : 0,
            values ? worth! : 0,
            settings!,
          ),
        ),
    );
    this.#routes.set(router, routes);
    module.with([new Uint32Array(1)], (outcome) => {
      try {
        do module.check(module.call.sl_abi_job_step!(router, 1000, outcome!));
        while (module.u32(outcome!, 1)[0] === 9);
      } catch (error) {
        this.free(router);
        throw error;
      }
    });
    return router;
  }
  score(token: unknown, x: number[]) {
    const module = this.#module;
    const routes = this.#routes.get(token as number)!;
    return module.with([new Float32Array(x)], (vector) => {
      const both = this.#out(2 * routes, (at) =>
        module.call.sl_abi_router_score!(token as number, vector!, at, at + 8 * routes),
      );
      return { probabilities: both.slice(0, routes), scores: both.slice(routes) };
    });
  }
  threshold(token: unknown, aim: 'share' | 'quality', target: number): number[] {
    return this.#out(8, (at) =>
      this.#module.call.sl_abi_router_threshold!(
        token as number,
        Number(aim === 'quality'),
        target,
        at,
      ),
    );
  }
  nearest(token: unknown, x: number[], route: number): [number, number][] {
    const module = this.#module;
    return module.with(
      [new Float32Array(x), new Uint32Array(65), new Float64Array(64)],
      (vector, ids, near) => {
        const count = ids! + 4 * 64;
        module.check(
          module.call.sl_abi_router_nearest!(token as number, vector!, route, ids!, near!, count),
        );
        const found = module.u32(count, 1)[0]!;
        const similarities = module.f64(near!, found);
        return [...module.u32(ids!, found)].map((id, i) => [id, similarities[i]!]);
      },
    );
  }
  free(token: unknown): void {
    this.#module.check(this.#module.call.sl_abi_router_destroy!(token as number));
  }
}

/** Clusters around the corners of a simplex, by label. */
function clusters(n: number, routes: number, dimension: number, spread: number): Examples {
  const draw = random(11);
  const labels = range(n).map((i) => Math.floor((i * routes) / n));
  const vectors = labels.map((label) =>
    range(dimension).map((j) => Math.fround(Number(j === label) + spread * (2 * draw() - 1))),
  );
  return { vectors, routes, labels };
}

function gains(n: number): Examples {
  const draw = random(5);
  const vectors = range(n).map(() => [draw(), draw(), draw()].map(Math.fround));
  const values = vectors.map(([x, y]) => [Number(draw() < 0.5), x! - y! + 0.3].map(Math.fround));
  return { vectors, routes: 2, values };
}

function ask(door: RouterDoor, examples: Examples, options: Options): unknown {
  const router = door.make(examples, options);
  const answers = examples.vectors.slice(0, 25).map((x) => door.score(router, x));
  const thresholds = (['share', 'quality'] as const).map((aim) =>
    attempt(() => door.threshold(router, aim, 0.7)),
  );
  const nearest = examples.labels && attempt(() => door.nearest(router, examples.vectors[3]!, 0));
  door.free(router);
  return { answers, thresholds, nearest };
}

export const cases: Case<RouterDoor>[] = [
  ...SCORERS.flatMap((scorer) =>
    CALIBRATIONS.map((calibrate) => ({
      name: `${scorer}, ${calibrate}`,
      run: (door: RouterDoor) =>
        ask(door, clusters(160, 3, 4, 0.8), { scorer, calibrate, iterations: 5, steps: 2 }),
      check: ({ answers }: { answers: { probabilities: number[]; scores: number[] }[] }) => {
        for (const { probabilities, scores } of answers) {
          const top = probabilities[scores.indexOf(Math.max(...scores))]!;
          for (const p of probabilities) expect(p >= 0 && p <= top).toBe(true);
          const sum = probabilities.reduce((a, b) => a + b);
          // Isotonic calibration may make the best one so improbable that others are capped there.
          const capped =
            calibrate === 'isotonic' && probabilities.filter((p) => p === top).length > 1;
          if (!capped || sum > 1) expect(sum).toBeCloseTo(1, 9);
        }
      },
    })),
  ),
  {
    name: 'values, ridge',
    run: (door) => ask(door, gains(200), { scorer: 'ridge' }),
    check({ answers }: { answers: { probabilities: number[] }[] }) {
      for (const { probabilities } of answers) expect(probabilities[0]).toBe(0);
    },
  },
  {
    name: 'values, fastgrnn of rank 1 in three steps',
    run: (door) =>
      ask(door, gains(120), { scorer: 'fastgrnn', rank: 1, steps: 3, iterations: 4, hidden: 3 }),
  },
  {
    name: 'cosines of two vectors',
    run(door) {
      const router = door.make(
        { vectors: [[3, 4], [1, 0]], routes: 2, labels: [0, 1] }, // biome-ignore format: as pairs
        {},
      );
      const { scores } = door.score(router, [2, 0]);
      door.free(router);
      return scores;
    },
    check(scores: number[]) {
      expect(scores[0]).toBeCloseTo(0.6, 6);
      expect(scores[1]).toBe(1);
    },
  },
  {
    name: 'refusals',
    run: (door) =>
      [
        [clusters(30, 3, 4, 0.5), { holdout: 1 }],
        [clusters(30, 3, 4, 0.5), { holdout: 0.1, calibrate: 'isotonic' }],
        [clusters(30, 3, 4, 0.5), { scorer: 'fastgrnn', steps: 3 }],
        [clusters(30, 3, 4, 0.5), { scorer: 'ridge', l2: 0 }],
        [clusters(30, 3, 4, 0.5), { neighbours: 65 }],
        [{ vectors: [[1], [Number.NaN]], routes: 2, labels: [0, 1] }, {}],
        [{ vectors: [[1], [0]], routes: 2, labels: [0, 1] }, {}],
        [{ vectors: [[1], [2]], routes: 1, labels: [0, 0] }, {}],
        [{ vectors: [[1], [2]], routes: 3, labels: [0, 1] }, {}],
      ].map(([examples, options]) =>
        attempt(() => door.free(door.make(examples as Examples, options as Options))),
      ),
    check(refusals: { refused: string; argument: string }[]) {
      expect(refusals.map(({ refused, argument }) => `${refused} ${argument}`)).toEqual([
        'OPTION holdout',
        'OPTION holdout',
        'OPTION steps',
        'OPTION l2',
        'OPTION neighbours',
        'NOT_FINITE vectors',
        'RANGE vectors',
        'OPTION routes',
        'EMPTY labels',
      ]);
    },
  },
];
