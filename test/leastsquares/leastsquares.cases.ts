// Least squares through both doors. What must come out is known in closed form, or by LAPACK and scipy.
import type { LeastSquaresOptions, LeastsquaresRoom } from 'sublinear/leastsquares';
import { expect } from 'vitest';
import { held } from '../direct/direct.cases.js';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import { RawModule } from '../support/raw.js';
import fixtures from '../vectors/leastsquares/scipy.json' with { type: 'json' };

export interface Shaped {
  rows: number;
  cols: number;
  rowIndices: number[];
  columnIndices: number[];
  values: number[];
}

/** The result of either door: numbers in the order of sl_least_squares_read, the outcome by its name. */
export interface Found {
  outcomes: string[];
  facts: number[][];
  x: Float64Array;
}

export interface LeastSquaresDoor {
  solve: (matrix: Shaped, b: number[], asked?: LeastSquaresOptions) => Found;
  /** The second of two right-hand sides; the raw one keeps what the first has made. */
  solveAgain: (matrix: Shaped, bs: [number[], number[]], asked: LeastSquaresOptions) => Found;
}

const methods = ['lsmr', 'lsqr', 'minres', 'cgIct', 'gmresIlut', 'qr'];
const FACTS = 9;

export const leastSquaresDoors: RoomDoors<'leastsquares', LeastSquaresDoor> = {
  room: 'leastsquares',
  bundle: 'direct',
  besides: ['solver'],
  embind: embindLeastSquares,
  raw: rawLeastSquares,
};

function embindLeastSquares({
  SparseMatrix,
  solveLeastSquares,
}: LeastsquaresRoom): LeastSquaresDoor {
  const door: LeastSquaresDoor = {
    solveAgain: (matrix, [, b], asked) => door.solve(matrix, b, asked),
    solve({ rows, cols, rowIndices, columnIndices, values }, b, asked) {
      using matrix = SparseMatrix.fromCoo({
        rows,
        cols,
        rowIndices,
        columnIndices,
        values: new Float64Array(values),
      });
      const { solution, columns } = solveLeastSquares(matrix, b, asked);
      return {
        outcomes: columns.map(({ outcome }) => outcome),
        facts: columns.map((column) => [
          column.iterations,
          column.restarts,
          column.residualNorm,
          column.normalResidualNorm,
          column.backwardError,
          Number(column.consistent),
          column.conditionEstimate,
          column.solutionNorm,
        ]),
        x: solution,
      };
    },
  };
  return door;
}

interface RawDoor extends LeastSquaresDoor {
  solve: (matrix: Shaped, b: number[], asked?: LeastSquaresOptions, again?: number[]) => Found;
}

function rawLeastSquares(module: RawModule, solver: RawModule): RawDoor {
  const { call } = module;
  const run = (least: number, again?: number[], most = 0): Found => {
    try {
      return module.with([new Float64Array(2), new Float64Array(again ?? [])], (out, b) => {
        // Slices of another size than the other door's.
        const toTheEnd = () => {
          do module.check(call.sl_abi_job_step!(least, 777, out!));
          while (module.u32(out!, 1)[0] === 9);
        };
        toTheEnd();
        if (again !== undefined) {
          const work = call.sl_abi_least_squares_setup_work!(least);
          expect(work).toBeGreaterThan(0);
          expect(call.sl_abi_least_squares_begin!(least, b!, 0, 0)).not.toBe(0);
          module.check(call.sl_abi_least_squares_begin!(least, b!, most, 0));
          toTheEnd();
          expect(call.sl_abi_least_squares_setup_work!(least)).toBe(work);
        }
        module.check(call.sl_abi_least_squares_shape!(least, out!));
        const [n, count] = module.f64(out!, 2) as unknown as [number, number];
        const room = [new Float64Array(n * count), new Float64Array(FACTS * count)];
        return module.with(room, (x, numbers) => {
          module.check(call.sl_abi_least_squares_read!(least, x!, numbers!));
          const all = Array.from({ length: count }, (_, c) =>
            Array.from(module.f64(numbers! + 8 * FACTS * c, FACTS)),
          );
          return {
            outcomes: all.map((facts) => module.text(call.sl_abi_outcome_name!(facts[0]!))),
            facts: all.map((facts) => facts.slice(1)),
            x: module.f64(x!, n * count),
          };
        });
      });
    } finally {
      module.check(call.sl_abi_least_squares_destroy!(least));
    }
  };
  const door: RawDoor = {
    solveAgain: (matrix, [first, second], asked) => door.solve(matrix, first, asked, second),
    solve({ rows, cols, rowIndices, columnIndices, values }, b, asked = {}, again?: number[]) {
      const arrays = [
        new Uint32Array(rowIndices),
        new Uint32Array(columnIndices),
        new Float64Array(values),
      ];
      const there = solver.with(arrays, (i, j, v) =>
        solver.made(solver.call.sl_abi_matrix_from_coo!(rows, cols, values.length, i!, j!, v!, 2)),
      );
      const matrix = RawModule.copy('matrix', solver, there, module);
      try {
        return module.with([new Float64Array(b)], (at) =>
          run(
            module.made(
              call.sl_abi_least_squares_create!(
                matrix,
                at!,
                b.length,
                methods.indexOf(asked.method ?? 'lsmr'),
                asked.damping ?? 0,
                asked.tolerance ?? 1e-10,
                asked.maxIterations ?? 100 + 10 * Math.min(rows, cols),
                asked.conditionLimit ?? 0,
                asked.columnScaling ? 1 : 0,
                asked.dropTolerance ?? 1e-3,
                asked.fill ?? 10,
              ),
            ),
            again,
            asked.maxIterations ?? 100 + 10 * Math.min(rows, cols),
          ),
        );
      } finally {
        module.check(call.sl_abi_matrix_destroy!(matrix));
        solver.check(solver.call.sl_abi_matrix_destroy!(there));
      }
    },
  };
  return door;
}

/** Slopes of a line, one for each unknown: bidiagonal, and as many rows more as are wanted. */
export function ladder(n: number, more: number): Shaped {
  const made: Shaped = { rows: n + more, cols: n, rowIndices: [], columnIndices: [], values: [] };
  for (let i = 0; i < n + more; i++) {
    for (const [j, value] of [
      [i % n, 2 + (i % 3)],
      [(i + 1) % n, -1],
    ] as const) {
      made.rowIndices.push(i);
      made.columnIndices.push(j);
      made.values.push(value);
    }
  }
  return made;
}

const dense = (rows: number, cols: number, values: number[]): Shaped => ({
  rows,
  cols,
  rowIndices: values.map((_, at) => Math.floor(at / cols)),
  columnIndices: values.map((_, at) => at % cols),
  values,
});

/** The Laplacian of a square grid, its boundary held. */
const plane = (side: number): Shaped => {
  const { rows, columns, values } = held(side, side, 0);
  const n = side * side;
  return { rows: n, cols: n, rowIndices: rows, columnIndices: columns, values: values! };
};

const numbers = (count: number) => Array.from({ length: count }, (_, i) => ((i * 7) % 11) - 4);

/** Entries within `slack` of those wanted, the largest being 1. */
function near(x: Float64Array, wanted: number[], slack = 1e-7): void {
  const scale = Math.max(...wanted.map(Math.abs));
  x.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(slack * scale);
  });
}

export const leastSquaresCases: Case<LeastSquaresDoor>[] = [
  ...fixtures.flatMap((fixture) =>
    [
      ...(['lsmr', 'lsqr'] as const),
      ...(fixture.symmetric ? (['minres'] as const) : []),
      ...(fixture.rows === fixture.cols && fixture.rank === fixture.cols
        ? (['gmresIlut'] as const)
        : []),
      ...(fixture.rank === fixture.cols ? (['qr'] as const) : []),
    ].map(
      (method): Case<LeastSquaresDoor> => ({
        name: `agrees with LAPACK and scipy: ${fixture.name}, ${method}`,
        run: ({ solve }) =>
          solve(fixture, fixture.b, { method, damping: fixture.damping, tolerance: 1e-13 }),
        check({ outcomes, facts, x }: Found) {
          near(x, fixture.wanted);
          for (const outcome of outcomes) expect(outcome).toBe('converged');
          facts.forEach(([, , residual, , backwardError], c) => {
            expect(Math.abs(residual! - fixture.residuals[c]!)).toBeLessThan(1e-9);
            expect(backwardError!).toBeLessThanOrEqual(1e-13);
          });
        },
      }),
    ),
  ),
  {
    name: 'takes fewer iterations with scaled columns',
    run: ({ solve }) => {
      const plain = ladder(40, 20);
      const uneven = plain.values.map((value, k) => value * 2 ** (plain.columnIndices[k]! % 12));
      const asked = { tolerance: 1e-12, maxIterations: 2000 } as const;
      return [false, true].map((columnScaling) =>
        solve({ ...plain, values: uneven }, numbers(60), { ...asked, columnScaling }),
      );
    },
    check([without, scaled]: [Found, Found]) {
      expect(scaled.outcomes).toEqual(['converged']);
      expect(scaled.facts[0]![0]!).toBeLessThan(without.facts[0]![0]! / 2);
    },
  },
  {
    name: 'a factor that was made serves another right-hand side',
    run: ({ solveAgain }) =>
      (['cgIct', 'gmresIlut', 'qr'] as const).map((method) =>
        solveAgain(plane(20), [numbers(400), numbers(400).reverse()], { method }),
      ),
    check(found: Found[]) {
      for (const { outcomes, facts } of found) {
        expect(outcomes).toEqual(['converged']);
        expect(facts[0]![4]!).toBeLessThanOrEqual(1e-10);
      }
    },
  },
  {
    name: 'incomplete factors: fewer iterations with more entries',
    run: ({ solve }) =>
      (['cgIct', 'gmresIlut'] as const).map((method) =>
        [1, 1e-2, 0].map((dropTolerance) =>
          solve(plane(20), numbers(400), {
            method,
            dropTolerance,
            fill: dropTolerance === 0 ? 1000 : 10,
            tolerance: 1e-12,
          }),
        ),
      ),
    check(found: Found[][]) {
      for (const [none, some, all] of found) {
        for (const each of [none!, some!, all!]) {
          expect(each.outcomes).toEqual(['converged']);
          expect(each.facts[0]![4]!).toBeLessThanOrEqual(1e-12);
        }
        const iterations = [none!, some!, all!].map(({ facts }) => facts[0]![0]!);
        expect(iterations[1]!).toBeLessThan(iterations[0]! / 2);
        expect(iterations[2]!).toBeLessThanOrEqual(3);
      }
    },
  },
  {
    name: 'QR: two right-hand sides, damping, and a column that depends on others',
    run: ({ solve }) => [
      solve(ladder(50, 30), [...numbers(80), ...numbers(80).reverse()], {
        method: 'qr',
        tolerance: 1e-14,
      }),
      solve(ladder(50, 30), numbers(80), { method: 'lsmr', tolerance: 1e-13 }),
      solve(dense(2, 3, [1, 2, 3, 4, 5, 6]), [1, 2], { method: 'qr', damping: 0.5 }),
      solve(dense(2, 3, [1, 2, 3, 4, 5, 6]), [1, 2], { damping: 0.5, tolerance: 1e-14 }),
      attempt(() => solve(dense(3, 2, [1, 2, 2, 4, 3, 6]), [1, 2, 4], { method: 'qr' })),
    ],
    check([qr, lsmr, damped, same, dependent]: [Found, Found, Found, Found, object]) {
      expect(qr.outcomes).toEqual(['converged', 'converged']);
      expect(qr.facts.every(([iterations]) => iterations! <= 3)).toBe(true);
      near(qr.x.subarray(0, 50), Array.from(lsmr.x));
      near(damped.x, Array.from(same.x), 1e-12);
      expect(dependent).toMatchObject({ refused: 'SINGULAR', argument: 'matrix' });
    },
  },
  {
    name: 'ends where the condition number passes its limit, and at the limit of iterations',
    run: ({ solve }) => [
      solve(ladder(30, 10), numbers(40), { conditionLimit: 1.5 }),
      solve(ladder(30, 10), numbers(40), { maxIterations: 3, method: 'lsqr' }),
    ],
    check([limited, few]: [Found, Found]) {
      expect(limited.outcomes).toEqual(['singular']);
      expect(limited.facts[0]![6]!).toBeGreaterThan(1.5);
      expect(few.outcomes).toEqual(['iterationLimit']);
      expect(few.facts[0]![0]).toBe(3);
    },
  },
  {
    name: 'gives 0 where the right-hand side is 0 or orthogonal to all columns',
    run: ({ solve }) => [
      solve(dense(3, 1, [1, 1, 0]), [0, 0, 0]),
      solve(dense(3, 1, [1, 1, 0]), [1, -1, 5]),
    ],
    check([nothing, orthogonal]: [Found, Found]) {
      expect([nothing.x[0], nothing.facts[0]![2], nothing.facts[0]![5]]).toEqual([0, 0, 1]);
      expect([orthogonal.x[0], orthogonal.facts[0]![5]]).toEqual([0, 0]);
      expect(orthogonal.facts[0]![2]!).toBeCloseTo(Math.sqrt(27), 12);
    },
  },
  {
    name: 'refuses what does not fit',
    run: ({ solve }) => {
      const tall = ladder(4, 2);
      const b = numbers(6);
      const skew = dense(2, 2, [1, 2, 3, 4]);
      return [
        attempt(() => solve(tall, [])),
        attempt(() => solve(tall, numbers(7))),
        attempt(() => solve(tall, [1, 2, 3, Number.NaN, 5, 6])),
        attempt(() => solve(tall, b, { method: 'minres' })),
        attempt(() => solve(skew, [1, 2], { method: 'minres' })),
        attempt(() => solve(tall, b, { damping: -1 })),
        attempt(() => solve(tall, b, { tolerance: 2 })),
        attempt(() => solve(tall, b, { maxIterations: 0 })),
        attempt(() => solve(tall, b, { conditionLimit: 0.5 })),
        attempt(() => solve(dense(1, 1, [1]), [1], { method: 'minres', damping: 1 })),
        attempt(() => solve(dense(1, 1, [1]), [1], { method: 'minres', columnScaling: true })),
        attempt(() => solve(dense(1, 2, [1, 2]), [1], { method: 'qr' })),
        attempt(() => solve(skew, [1, 2], { method: 'cgIct' })),
        attempt(() => solve(tall, b, { method: 'gmresIlut' })),
        attempt(() => solve(skew, [1, 2], { method: 'gmresIlut', dropTolerance: 2 })),
        attempt(() => solve(skew, [1, 2], { method: 'gmresIlut', fill: -1 })),
      ];
    },
    check(refused: unknown[]) {
      const wanted: [string, string, number?][] = [
        ['SHAPE', 'b'],
        ['SHAPE', 'b'],
        ['NOT_FINITE', 'b', 3],
        ['NOT_SQUARE', 'matrix'],
        ['NOT_SYMMETRIC', 'matrix'],
        ['OPTION', 'damping'],
        ['OPTION', 'tolerance'],
        ['OPTION', 'maxIterations'],
        ['OPTION', 'conditionLimit'],
        ['OPTION', 'damping'],
        ['OPTION', 'columnScaling'],
        ['OPTION', 'method'],
        ['NOT_SYMMETRIC', 'matrix'],
        ['NOT_SQUARE', 'matrix'],
        ['OPTION', 'dropTolerance'],
        ['OPTION', 'fill'],
      ];
      expect(refused).toEqual(
        wanted.map(([code, argument, at = -1]) => ({ refused: code, argument, at })),
      );
    },
  },
];
