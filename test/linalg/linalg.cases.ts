// Dense systems through both doors. What must come out was computed with fractions, or by LAPACK.
import type { LinalgRoom, LinearSolveOptions } from 'sublinear/linalg';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import fixtures from '../vectors/linalg/lapack.json' with { type: 'json' };

export interface Square {
  n: number;
  matrix: ArrayLike<number>;
}

/** What either door says of a decomposition. */
export interface Decomposed {
  pivot: number;
  sign: number;
  logarithm: number;
  determinant: number;
  lower: Float64Array;
  upper: Float64Array;
  permutation: number[];
  condition: number;
}
export interface Solved {
  x: Float64Array;
  /** Backward error, corrections and norm of the residual of each column. */
  facts: number[][];
}

type Kind = 'lu' | 'cholesky';

export interface LinalgDoor {
  decompose: (kind: Kind, given: Square) => Decomposed;
  solve: (
    kind: Kind,
    given: Square,
    b: ArrayLike<number>,
    columns: number,
    asked?: LinearSolveOptions,
  ) => Solved;
  inverse: (kind: Kind, given: Square) => Float64Array;
  estimate: (n: number) => number;
}

export const linalgDoors: RoomDoors<'linalg', LinalgDoor> = {
  room: 'linalg',
  bundle: 'linalg',
  embind: embindLinalg,
  raw: rawLinalg,
};

const values = ({ n, matrix }: Square) => ({
  data: Float64Array.from(matrix),
  rows: n,
  columns: n,
});

function embindLinalg(room: LinalgRoom): LinalgDoor {
  return {
    decompose(kind, given) {
      using made = room[kind](values(given));
      const { sign, logarithm } = made.logDeterminant();
      const lower = made.lower().data;
      const lu = 'upper' in made;
      return {
        pivot: Number(made.singular),
        sign,
        logarithm,
        determinant: made.determinant(),
        lower,
        upper: lu ? made.upper().data : new Float64Array(0),
        permutation: lu ? Array.from(made.permutation()) : [],
        condition: made.conditionEstimate(),
      };
    },
    solve(kind, given, b, columns, asked) {
      using made = room[kind](values(given));
      const side = { data: Float64Array.from(b), rows: given.n, columns };
      const { solution, columns: all } = made.solve(side, asked);
      return {
        x: solution,
        facts: all.map((c) => [c.backwardError, c.refinements, c.residualNorm]),
      };
    },
    inverse(kind, given) {
      using made = room[kind](values(given));
      return made.inverse().data;
    },
    estimate: (size) => room.estimateBytes({ size }),
  };
}

function rawLinalg(module: RawModule): LinalgDoor {
  const { call } = module;
  const steps = (handle: number) =>
    module.with([new Float64Array(1)], (out) => {
      // Slices of another size than the other door's.
      do module.check(call.sl_abi_job_step!(handle, 777, out!));
      while (module.u32(out!, 1)[0] === 9);
    });
  function made<T>(kind: Kind, { n, matrix }: Square, body: (handle: number) => T): T {
    const handle = module.with([Float64Array.from(matrix)], (at) =>
      module.made(call.sl_abi_decomposition_create!(at!, n, n, kind === 'lu' ? 0 : 1)),
    );
    try {
      steps(handle);
      return body(handle);
    } finally {
      module.check(call.sl_abi_decomposition_destroy!(handle));
    }
  }
  const written = (count: number, write: (out: number) => number) =>
    module.with([new Float64Array(count)], (out) => {
      module.check(write(out!));
      return module.f64(out!, count);
    });
  return {
    decompose: (kind, given) =>
      made(kind, given, (handle) => {
        const { n } = given;
        const part = (number: number, count: number) =>
          written(count, (out) => call.sl_abi_decomposition_read!(handle, number, out, count));
        const facts = written(8, (out) => call.sl_abi_decomposition_facts!(handle, out));
        const lu = kind === 'lu';
        const lower = part(0, n * n);
        const upper = lu ? part(1, n * n) : new Float64Array(0);
        const permutation = lu ? Array.from(part(2, n)) : [];
        module.check(call.sl_abi_decomposition_begin_condition!(handle));
        steps(handle);
        const [condition] = written(1, (out) =>
          call.sl_abi_decomposition_read_condition!(handle, out),
        );
        return {
          pivot: Number(facts[3]! >= 0),
          sign: facts[4]!,
          logarithm: facts[5]!,
          determinant: facts[6]!,
          lower,
          upper,
          permutation,
          condition: condition!,
        };
      }),
    solve: (kind, given, b, columns, asked = {}) =>
      made(kind, given, (handle) => {
        const { transposed = false, refinements = 10, tolerance = 2 ** -52 } = asked;
        const begin = call.sl_abi_decomposition_begin_solve!;
        module.with([Float64Array.from(b)], (at) =>
          module.check(
            begin(handle, at!, b.length, columns, Number(transposed), refinements, tolerance),
          ),
        );
        steps(handle);
        const count = given.n * columns;
        return module.with([new Float64Array(count), new Float64Array(3 * columns)], (x, facts) => {
          module.check(call.sl_abi_decomposition_read_solve!(handle, x!, count, facts!));
          return {
            x: module.f64(x!, count),
            facts: Array.from({ length: columns }, (_, j) =>
              Array.from(module.f64(facts! + 24 * j, 3)),
            ),
          };
        });
      }),
    inverse: (kind, given) =>
      made(kind, given, (handle) => {
        module.check(call.sl_abi_decomposition_begin_inverse!(handle));
        steps(handle);
        const count = given.n ** 2;
        return written(count, (out) => call.sl_abi_decomposition_read_inverse!(handle, out, count));
      }),
    estimate: (n) => call.sl_abi_decomposition_estimate!(n, n, 0),
  };
}

/** Entries within `slack` of those wanted, the largest being 1. */
function near(found: ArrayLike<number>, wanted: ArrayLike<number>, slack: number): void {
  expect(found.length).toBe(wanted.length);
  let scale = 0;
  for (let i = 0; i < wanted.length; i++) scale = Math.max(scale, Math.abs(wanted[i]!));
  for (let i = 0; i < wanted.length; i++)
    expect(Math.abs(found[i]! - wanted[i]!)).toBeLessThanOrEqual(slack * scale);
}

/** A matrix of numbers in -1 .. 1; definite: symmetric with a large diagonal. */
export function drawn(n: number, definite = false, seed = 3): Square {
  const draw = random(seed);
  const matrix = Float64Array.from({ length: n * n }, () => 2 * draw() - 1);
  for (let i = 0; definite && i < n; i++) {
    for (let j = 0; j < i; j++) matrix[i * n + j] = matrix[j * n + i]!;
    matrix[i * n + i] = matrix[i * n + i]! + n;
  }
  return { n, matrix };
}

const EPSILON = 2 ** -52;

export const linalgCases: Case<LinalgDoor>[] = [
  ...fixtures.flatMap((fixture): Case<LinalgDoor>[] => {
    const kinds: Kind[] = fixture.cholesky === null ? ['lu'] : ['lu', 'cholesky'];
    const { n, condition, name } = fixture;
    return kinds.flatMap((kind): Case<LinalgDoor>[] => [
      {
        name: `${kind} as LAPACK and fractions: ${name}`,
        run: ({ decompose }) => decompose(kind, fixture),
        check(found: Decomposed) {
          const { sign, logarithm, determinant } = fixture;
          expect(found.sign).toBe(sign);
          const slack = 8 * n * EPSILON * condition;
          expect(Math.abs(found.logarithm - logarithm)).toBeLessThanOrEqual(slack + EPSILON * 100);
          near([found.determinant], [determinant], slack + 100 * EPSILON);
          if (kind === 'lu') {
            expect(found.permutation).toEqual(fixture.permutation);
            near(found.lower, fixture.lower, slack);
            near(found.upper, fixture.upper, slack);
          } else near(found.lower, fixture.cholesky!, slack);
          // An estimate from below, which is the number itself for most matrices.
          expect(found.condition).toBeLessThanOrEqual(condition * (1 + slack));
          expect(found.condition).toBeGreaterThan(condition / 3);
        },
      },
      {
        name: `${kind} solves: ${name}`,
        run: ({ solve, inverse }) => ({
          solved: solve(kind, fixture, fixture.b, 2, { tolerance: 0 }),
          inverse: inverse(kind, fixture),
        }),
        check({ solved, inverse }: { solved: Solved; inverse: Float64Array }) {
          // Corrected with residuals in twice the precision, x is exact but for its own rounding.
          near(solved.x, fixture.solution, 4 * EPSILON);
          for (const [backwardError] of solved.facts) expect(backwardError).toBeLessThan(EPSILON);
          near(inverse, fixture.inverse, 8 * n * EPSILON * condition);
        },
      },
    ]);
  }),
  {
    name: 'systems of several panels, transposed or not',
    run: ({ solve }) =>
      (['lu', 'cholesky'] as const).flatMap((kind) =>
        [false, true].map((transposed) => {
          const given = drawn(150, kind === 'cholesky');
          const b = drawn(150, false, 7).matrix;
          return solve(kind, given, Array.from(b).slice(0, 300), 2, { transposed });
        }),
      ),
    check(found: Solved[]) {
      found.forEach(({ x, facts }, at) => {
        for (const [backwardError, refinements] of facts) {
          expect(backwardError).toBeLessThan(EPSILON);
          expect(refinements).toBeLessThanOrEqual(2);
        }
        const { matrix } = drawn(150, at > 1);
        const b = drawn(150, false, 7).matrix;
        for (let i = 0; i < 150; i++) {
          let sum = 0;
          let size = Math.abs(b[2 * i]!);
          for (let j = 0; j < 150; j++) {
            const part = matrix[at % 2 === 1 ? j * 150 + i : i * 150 + j]! * x[2 * j]!;
            sum += part;
            size += Math.abs(part);
          }
          expect(Math.abs(sum - b[2 * i]!)).toBeLessThan(150 * EPSILON * size);
        }
      });
    },
  },
  {
    name: 'without corrections, and until the tolerance',
    run: ({ solve }) => {
      const given = drawn(60);
      // No sine: engines round it differently.
      const b = Array.from({ length: 60 }, (_, i) => ((37 * i) % 19) / 19 - 0.5);
      return [
        solve('lu', given, b, 1, { refinements: 0 }),
        solve('lu', given, b, 1, { tolerance: 1e-3 }),
        solve('lu', given, b, 1),
      ];
    },
    check([plain, loose, usual]: [Solved, Solved, Solved]) {
      expect([plain.facts[0]![1], loose.facts[0]![1]]).toEqual([0, 0]);
      expect(plain.x).toEqual(loose.x);
      expect(usual.facts[0]![1]).toBeGreaterThan(0);
      expect(usual.facts[0]![0]!).toBeLessThan(plain.facts[0]![0]!);
    },
  },
  {
    name: 'entries of any size',
    run: ({ solve, decompose }) => {
      const far = { n: 2, matrix: [1e300, 0, 0, 1e-300] };
      return {
        far: solve('lu', far, [2e300, 3e-300], 1).x,
        definite: solve('cholesky', far, [2e300, 3e-300], 1).x,
        large: solve('lu', { n: 2, matrix: [1e308, 1e308, -1e308, 1e308] }, [1e308, 1e308], 1).x,
        small: solve('lu', { n: 1, matrix: [3e-320] }, [6e-320], 1).x,
        lower: decompose('cholesky', far).lower,
      };
    },
    check(found: Record<'far' | 'definite' | 'large' | 'small' | 'lower', Float64Array>) {
      near(found.far, [2, 3], EPSILON);
      near(found.definite, [2, 3], EPSILON);
      near(found.large, [0, 1], EPSILON);
      near(found.small, [2], 1e-3);
      near([found.lower[0]! / 1e150, found.lower[3]! / 1e-150], [1, 1], 4 * EPSILON);
    },
  },
  {
    name: 'matrices without rows, and singular ones',
    run: ({ decompose, solve, inverse }) => [
      decompose('lu', { n: 0, matrix: [] }),
      decompose('lu', { n: 2, matrix: [1, 2, 2, 4] }),
      solve('lu', { n: 0, matrix: [] }, [], 1),
      solve('lu', { n: 1, matrix: [2] }, [], 0),
      inverse('cholesky', { n: 0, matrix: [] }),
    ],
    check([none, flat]: [Decomposed, Decomposed]) {
      expect([none.determinant, none.sign, none.logarithm, none.condition]).toEqual([1, 1, 0, 0]);
      expect([flat.determinant, flat.sign, flat.pivot]).toEqual([0, 0, 1]);
      expect([flat.logarithm, flat.condition]).toEqual([-Infinity, Infinity]);
    },
  },
  {
    name: 'what a decomposition will take',
    run: ({ estimate }) => [estimate(0), estimate(100), estimate(5000)],
    check([, small, large]: [number, number, number]) {
      expect(small).toBeGreaterThan(160_000);
      expect(large / 16 / 5000 ** 2).toBeGreaterThan(1);
      expect(large / 16 / 5000 ** 2).toBeLessThan(1.01);
    },
  },
  {
    name: 'refuses what does not fit',
    run: ({ solve, inverse }) => {
      const two = { n: 2, matrix: [2, 1, 1, 2] };
      return [
        attempt(() => solve('lu', { n: 2, matrix: [1, 2, Number.NaN, 4] }, [1, 2], 1)),
        attempt(() => solve('cholesky', { n: 2, matrix: [1, 2, 3, 4] }, [1, 2], 1)),
        attempt(() => solve('cholesky', { n: 2, matrix: [1, 2, 2, 1] }, [1, 2], 1)),
        attempt(() => solve('lu', two, [1, Number.POSITIVE_INFINITY], 1)),
        attempt(() => solve('lu', { n: 2, matrix: [1, 2, 2, 4] }, [1, 2], 1)),
        attempt(() => inverse('lu', { n: 2, matrix: [0, 0, 0, 0] })),
        attempt(() => solve('lu', two, [1, 2], 1, { refinements: 101 })),
        attempt(() => solve('lu', two, [1, 2], 1, { tolerance: 2 })),
        attempt(() => solve('lu', two, [1, 2], 1, { tolerance: Number.NaN })),
      ];
    },
    check(refused: unknown[]) {
      const wanted: [string, string, number?][] = [
        ['NOT_FINITE', 'matrix', 2],
        ['NOT_SYMMETRIC', 'matrix', 1],
        ['NOT_DEFINITE', 'matrix', 1],
        ['NOT_FINITE', 'b', 1],
        ['SINGULAR', 'matrix', 1],
        ['SINGULAR', 'matrix', 0],
        ['OPTION', 'refinements'],
        ['OPTION', 'tolerance'],
        ['OPTION', 'tolerance'],
      ];
      expect(refused).toEqual(
        wanted.map(([code, argument, at = -1]) => ({ refused: code, argument, at })),
      );
    },
  },
];
