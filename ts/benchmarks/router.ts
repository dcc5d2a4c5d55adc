// Benchmark cases of router.

import type { RouterRoom, Scorer, SemanticRouter } from '../rooms/router/router.js';
import type { Case, PreparedCase } from './case.js';

/** A router with a thousand examples of twenty routes, and vectors to route. */
export interface PreparedRouter extends PreparedCase {
  router: SemanticRouter;
  queries: Float32Array[];
  /** The examples, route after route. */
  examples: Float32Array[][];
}

const ROUTES = 20;
const EACH = 50;
const DIMENSION = 64;

/** Numbers in [-1, 1), always the same. */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** So many vectors, routed one by one. */
const routing = (scorer: Scorer): Case<RouterRoom, PreparedRouter> => ({
  defaultSize: 1000,
  prepare({ SemanticRouter }, size) {
    const next = numbers();
    const vector = () => Float32Array.from({ length: DIMENSION }, next);
    const centres = Array.from({ length: ROUTES }, vector);
    const near = (centre: Float32Array) => centre.map((x) => x + 0.7 * next());
    const examples = centres.map((centre) => Array.from({ length: EACH }, () => near(centre)));
    const queries = Array.from({ length: 256 }, (_, i) =>
      near(centres[i % ROUTES] as Float32Array),
    );
    const router = SemanticRouter.fit(
      examples.map((vectors, k) => ({ name: `route ${k}`, vectors })),
      { scorer, holdout: 0, calibrate: 'none' },
    );
    return {
      run(rounds = size) {
        let right = 0;
        for (let i = 0; i < rounds; i++) {
          const { route } = router.route(queries[i & 255] as Float32Array);
          right += Number(route === `route ${(i & 255) % ROUTES}`);
        }
        return right / rounds;
      },
      operations: 2 * size * DIMENSION * (scorer === 'similarity' ? ROUTES * EACH : ROUTES),
      bytes: 0,
      dispose: () => router.dispose(),
      router,
      queries,
      examples,
    };
  },
});

export const benchmarks: Record<'similarity' | 'ridge', Case<RouterRoom, PreparedRouter>> = {
  similarity: routing('similarity'),
  ridge: routing('ridge'),
};
