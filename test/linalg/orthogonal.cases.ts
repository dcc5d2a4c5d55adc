// Orthogonal decompositions through both doors, against LAPACK and by what they promise.
import type { LinalgRoom } from 'sublinear/linalg';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import fixtures from '../vectors/linalg/orthogonal.json' with { type: 'json' };

export interface Shaped {
  rows: number;
  columns: number;
  matrix: ArrayLike<number>;
}

export interface Factored {
  q: Float64Array;
  full: Float64Array;
  r: Float64Array;
  permutation: number[];
  rank: number;
}
export interface Pairs {
  values: Float64Array;
  vectors: Float64Array;
  residuals: Float64Array;
}
export interface Triplets {
  values: Float64Array;
  rank: number;
  left: Float64Array;
  right: Float64Array;
}
export interface Fitted {
  x: Float64Array;
  rank: number;
  norms: number[];
}

export interface OrthogonalDoor {
  qr: (given: Shaped, pivoted: boolean) => Factored;
  least: (given: Shaped, b: ArrayLike<number>, columns: number, tolerance?: number) => Fitted;
  /** Without vectors those are empty. */
  eigen: (given: Shaped, vectors: boolean) => Pairs;
  svd: (given: Shaped, vectors: boolean) => Triplets;
  estimate: (method: 'qr' | 'eigen' | 'svd', rows: number, vectors: boolean) => number;
}

export const orthogonalDoors: RoomDoors<'linalg', OrthogonalDoor> = {
  room: 'linalg',
  bundle: 'linalg',
  table: 'linalg-orthogonal',
  embind: embindOrthogonal,
  raw: rawOrthogonal,
};

const none = () => new Float64Array(0);
const values = ({ rows, columns, matrix }: Shaped) => ({
  data: Float64Array.from(matrix),
  rows,
  columns,
});

function embindOrthogonal(room: LinalgRoom): OrthogonalDoor {
  return {
    qr(given, pivoted) {
      using made = room.qr(values(given), { pivoted });
      return {
        q: made.q().data,
        full: made.q({ full: true }).data,
        r: made.r().data,
        permutation: Array.from(made.permutation()),
        rank: made.rank(),
      };
    },
    least(given, b, columns, tolerance) {
      const side = { data: Float64Array.from(b), rows: given.rows, columns };
      const asked = tolerance === undefined ? {} : { tolerance };
      const { solution, rank, residualNorms } = room.leastSquares(values(given), side, asked);
      return { x: solution, rank, norms: Array.from(residualNorms) };
    },
    eigen(given, wanted) {
      const found = room.eigenSymmetric(values(given), { vectors: wanted });
      return {
        values: found.values,
        vectors: found.vectors?.data ?? none(),
        residuals: found.residuals ?? none(),
      };
    },
    svd(given, wanted) {
      const found = room.svd(values(given), { vectors: wanted });
      return {
        values: found.values,
        rank: found.rank,
        left: found.left?.data ?? none(),
        right: found.right?.data ?? none(),
      };
    },
    estimate: (method, size, vectors) =>
      room.estimateBytes({ size, method, ...(method !== 'qr' && { vectors }) }),
  };
}

function rawOrthogonal(module: RawModule): OrthogonalDoor {
  const { call } = module;
  const steps = (handle: number) =>
    module.with([new Float64Array(1)], (out) => {
      // Slices of another size than the other door's.
      do module.check(call.sl_abi_job_step!(handle, 777, out!));
      while (module.u32(out!, 1)[0] === 9);
    });
  function made<T>(given: Shaped, kind: number, option: boolean, body: (handle: number) => T): T {
    const { rows, columns, matrix } = given;
    const handle = module.with([Float64Array.from(matrix)], (at) =>
      module.made(call.sl_abi_orthogonal_create!(at!, rows, columns, kind, Number(option))),
    );
    try {
      steps(handle);
      return body(handle);
    } finally {
      module.check(call.sl_abi_orthogonal_destroy!(handle));
    }
  }
  const part = (handle: number, number: number, count: number) =>
    module.with([new Float64Array(count)], (out) => {
      module.check(call.sl_abi_orthogonal_read!(handle, number, out!, count));
      return module.f64(out!, count);
    });
  const rankOf = (handle: number) =>
    module.with([new Float64Array(1)], (out) => {
      module.check(call.sl_abi_orthogonal_rank!(handle, -1, out!));
      return module.u32(out!, 1)[0]!;
    });
  return {
    qr: (given, pivoted) =>
      made(given, 0, pivoted, (handle) => {
        const { rows, columns } = given;
        const k = Math.min(rows, columns);
        const q = (width: number) => {
          module.check(call.sl_abi_orthogonal_begin_q!(handle, width));
          steps(handle);
          return part(handle, 1, rows * width);
        };
        return {
          q: q(k),
          full: q(rows),
          r: part(handle, 2, k * columns),
          permutation: Array.from(part(handle, 3, columns)),
          rank: rankOf(handle),
        };
      }),
    least: (given, b, columns, tolerance = -1) =>
      made(given, 0, true, (handle) => {
        module.with([Float64Array.from(b)], (at) =>
          module.check(
            call.sl_abi_orthogonal_begin_solve!(handle, at!, b.length, columns, tolerance),
          ),
        );
        steps(handle);
        const count = given.columns * columns;
        return module.with([new Float64Array(count), new Float64Array(1 + columns)], (x, facts) => {
          module.check(call.sl_abi_orthogonal_read_solve!(handle, x!, count, facts!));
          const [rank, ...norms] = module.f64(facts!, 1 + columns);
          return { x: module.f64(x!, count), rank: rank!, norms };
        });
      }),
    eigen: (given, vectors) =>
      made(given, 1, vectors, (handle) => {
        const n = given.rows;
        return {
          values: part(handle, 0, n),
          vectors: vectors ? part(handle, 1, n * n) : none(),
          residuals: vectors ? part(handle, 4, n) : none(),
        };
      }),
    svd: (given, vectors) =>
      made(given, 2, vectors, (handle) => {
        const { rows, columns } = given;
        const k = Math.min(rows, columns);
        return {
          values: part(handle, 0, k),
          rank: rankOf(handle),
          left: vectors ? part(handle, 1, rows * k) : none(),
          right: vectors ? part(handle, 2, columns * k) : none(),
        };
      }),
    estimate: (method, n, vectors) =>
      call.sl_abi_orthogonal_estimate!(
        n,
        n,
        ['qr', 'eigen', 'svd'].indexOf(method),
        Number(vectors),
      ),
  };
}

const EPSILON = 2 ** -52;

/** Entries within `slack` of those wanted. */
function near(found: ArrayLike<number>, wanted: ArrayLike<number>, slack: number): void {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++)
    expect(Math.abs(found[i]! - wanted[i]!)).toBeLessThanOrEqual(slack);
}

/** left diag(values) right^T, row by row. */
function product(
  left: Float64Array,
  scale: ArrayLike<number>,
  right: Float64Array,
  rows: number,
  columns: number,
): Float64Array {
  const k = scale.length;
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let p = 0; p < k; p++)
        out[i * columns + j]! += left[i * k + p]! * scale[p]! * right[j * k + p]!;
  return out;
}

/** Columns of length 1, orthogonal. */
function orthogonal(q: Float64Array, rows: number, columns: number): void {
  for (let i = 0; i < columns; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? -1 : 0;
      for (let r = 0; r < rows; r++) sum += q[r * columns + i]! * q[r * columns + j]!;
      expect(Math.abs(sum)).toBeLessThan(20 * (rows + 9) * EPSILON);
    }
}

const drawn = (rows: number, columns: number, symmetric = false): Shaped => {
  const draw = random(rows + 31 * columns);
  const matrix = Float64Array.from({ length: rows * columns }, () => 2 * draw() - 1);
  for (let i = 0; symmetric && i < rows; i++)
    for (let j = 0; j < i; j++) matrix[i * rows + j] = matrix[j * rows + i]!;
  return { rows, columns, matrix };
};

export const orthogonalCases: Case<OrthogonalDoor>[] = [
  ...fixtures.flatMap((fixture): Case<OrthogonalDoor>[] => {
    const { rows, columns, name, matrix, singular, rank } = fixture;
    const k = Math.min(rows, columns);
    const size = singular[0] ?? 0;
    const slack = 20 * (rows + columns) * EPSILON * size;
    const condition = rank > 0 ? size / singular[rank - 1]! : 1;
    return [
      {
        name: `singular values as LAPACK: ${name}`,
        run: ({ svd }) => [svd(fixture, true), svd(fixture, false)],
        check([found, alone]: [Triplets, Triplets]) {
          near(found.values, singular, slack);
          expect([found.rank, alone.rank]).toEqual([rank, rank]);
          expect(alone.values).toEqual(found.values);
          orthogonal(found.left, rows, k);
          orthogonal(found.right, columns, k);
          near(product(found.left, found.values, found.right, rows, columns), matrix, slack);
        },
      },
      {
        name: `least squares as LAPACK: ${name}`,
        run: ({ least }) => least(fixture, fixture.b, 2),
        check({ x, rank: found, norms }: Fitted) {
          expect(found).toBe(rank);
          let length = 1;
          for (const wanted of fixture.solution) length = Math.max(length, Math.abs(wanted));
          near(x, fixture.solution, 200 * EPSILON * condition * condition * length);
          near(norms, fixture.residuals, 200 * EPSILON * condition * length * (1 + size));
        },
      },
      {
        name: `QR as LAPACK: ${name}`,
        run: ({ qr }) => [qr(fixture, false), qr(fixture, true)],
        check([plain, pivoted]: [Factored, Factored]) {
          // Below the rank rounding decides.
          if (rank === k) near(plain.r.map(Math.abs), fixture.r, slack * condition);
          expect(plain.permutation).toEqual(Array.from({ length: columns }, (_, j) => j));
          expect(pivoted.rank).toBe(rank);
          for (const { q, full, r, permutation } of [plain, pivoted]) {
            orthogonal(q, rows, k);
            orthogonal(full, rows, rows);
            const turned = Float64Array.from(
              { length: columns * k },
              (_, at) => r[(at % k) * columns + Math.floor(at / k)]!,
            );
            const ones = Array.from({ length: k }, () => 1);
            const exchanged = Float64Array.from(
              { length: rows * columns },
              (_, at) => matrix[at - (at % columns) + permutation[at % columns]!]!,
            );
            near(product(q, ones, turned, rows, columns), exchanged, slack);
          }
          for (let i = 1; i < k; i++) {
            const at = (j: number) => Math.abs(pivoted.r[j * columns + j]!);
            expect(at(i)).toBeLessThanOrEqual(at(i - 1) + slack);
          }
        },
      },
      ...(fixture.eigenvalues === null
        ? []
        : [
            {
              name: `eigenvalues as LAPACK: ${name}`,
              run: ({ eigen }: OrthogonalDoor) => [eigen(fixture, true), eigen(fixture, false)],
              check([found, alone]: [Pairs, Pairs]) {
                near(found.values, fixture.eigenvalues!, slack);
                expect(alone.values).toEqual(found.values);
                orthogonal(found.vectors, rows, rows);
                const { vectors } = found;
                near(product(vectors, found.values, vectors, rows, rows), matrix, slack);
                for (const bound of found.residuals) {
                  expect(bound).toBeGreaterThan(0);
                  expect(bound).toBeLessThan(1e-12 * size);
                }
              },
            },
          ]),
    ];
  }),
  {
    name: 'several panels',
    run: ({ qr, svd, eigen, least }) => ({
      qr: qr(drawn(110, 70), false),
      svd: svd(drawn(40, 75), true),
      eigen: eigen(drawn(83, 83, true), true),
      least: least(drawn(100, 60), drawn(100, 3).matrix, 3),
    }),
    check({ qr, svd, eigen }: { qr: Factored; svd: Triplets; eigen: Pairs }) {
      orthogonal(qr.full, 110, 110);
      orthogonal(svd.left, 40, 40);
      orthogonal(svd.right, 75, 40);
      near(product(svd.left, svd.values, svd.right, 40, 75), drawn(40, 75).matrix, 1e-13);
      const { vectors, values: own } = eigen;
      near(product(vectors, own, vectors, 83, 83), drawn(83, 83, true).matrix, 1e-13);
    },
  },
  {
    name: 'matrices without rows or columns, and of any size',
    run: ({ qr, svd, eigen, least }) => [
      svd({ rows: 0, columns: 3, matrix: [] }, true),
      eigen({ rows: 0, columns: 0, matrix: [] }, true),
      qr({ rows: 2, columns: 0, matrix: [] }, true),
      least({ rows: 0, columns: 2, matrix: [] }, [], 1),
      svd({ rows: 1, columns: 2, matrix: [3e300, 4e300] }, true),
      eigen({ rows: 2, columns: 2, matrix: [0, 1e-310, 1e-310, 0] }, false),
    ],
    check(found: [Triplets, Pairs, Factored, Fitted, Triplets, Pairs]) {
      expect(Array.from(found[2].full)).toEqual([1, 0, 0, 1]);
      expect(Array.from(found[3].x)).toEqual([0, 0]);
      near([found[4].values[0]! / 5e300], [1], 4 * EPSILON);
      near(
        found[5].values.map((x) => x / 1e-310),
        [-1, 1],
        1e-12,
      );
    },
  },
  {
    name: 'what a decomposition will take',
    run: ({ estimate }) =>
      (['qr', 'eigen', 'svd'] as const).flatMap((method) =>
        [false, true].map((vectors) => estimate(method, 1000, vectors)),
      ),
    check(found: number[]) {
      // Of n x n numbers each: the matrix, its copy, vectors, rotations.
      const [qr, , values, pairs, singular, triplets] = found.map((bytes) => bytes / 8e6);
      for (const one of [qr, values]) expect(one).toBeCloseTo(1, 0);
      expect([pairs, singular, triplets].map((x) => Math.floor(x!))).toEqual([3, 2, 4]);
    },
  },
  {
    name: 'a tolerance of the rank',
    run: ({ least }) => {
      const given = { rows: 2, columns: 2, matrix: [1, 0, 0, 1e-3] };
      return [least(given, [1, 1], 1), least(given, [1, 1], 1, 1e-2)];
    },
    check([all, one]: [Fitted, Fitted]) {
      expect([all.rank, one.rank]).toEqual([2, 1]);
      near(all.x, [1, 1000], 1e-9);
      near(one.x, [1, 0], 1e-12);
      near(one.norms, [1], 1e-12);
    },
  },
  {
    name: 'refuses what does not fit',
    run: ({ eigen, svd, least }) => [
      attempt(() => svd({ rows: 1, columns: 2, matrix: [1, Number.NaN] }, false)),
      attempt(() => eigen({ rows: 1, columns: 2, matrix: [1, 2] }, false)),
      attempt(() => eigen({ rows: 2, columns: 2, matrix: [1, 2, 3, 4] }, true)),
      attempt(() => least({ rows: 1, columns: 1, matrix: [1] }, [Number.NaN], 1)),
      attempt(() => least({ rows: 1, columns: 1, matrix: [1] }, [1], 1, 2)),
    ],
    check(refused: unknown[]) {
      const wanted: [string, string, number?][] = [
        ['NOT_FINITE', 'matrix', 1],
        ['NOT_SQUARE', 'matrix'],
        ['NOT_SYMMETRIC', 'matrix', 1],
        ['NOT_FINITE', 'b', 0],
        ['OPTION', 'tolerance'],
      ];
      expect(refused).toEqual(
        wanted.map(([code, argument, at = -1]) => ({ refused: code, argument, at })),
      );
    },
  },
];
