// Full solves through both doors. Reference solutions come from scipy and numpy (test/vectors/solver/generate.py).
import type {
  RowOrdering,
  SolveAttempt,
  SolveMethod,
  SolveOptions,
  SolverRoom,
} from 'sublinear/solver';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import systems from '../vectors/solver/systems.json' with { type: 'json' };

/** A square matrix in coordinates. */
export interface Coo {
  n: number;
  rows: number[];
  columns: number[];
  /** null: a pattern. */
  values: number[] | null;
  type?: string;
}

type Options = Omit<SolveOptions, 'initialGuess' | 'maxTimeMs' | 'output'> & {
  initialGuess?: number[];
};

/** A result as plain data. */
export interface Solved {
  solution: Float64Array;
  outcome: string;
  method: string;
  iterations: number;
  residual: number;
  relativeResidual: number;
  backwardError: number;
  errorBound: number;
  errorBoundNorm: string;
  edgeOperations: number;
  touchedRows: number;
  attempts: SolveAttempt[];
  history: Float64Array;
}

/** What both doors can do. The matrix is made for each call and freed after it; `bs` are solved with one solver. */
export interface SolverDoor {
  solve: (matrix: Coo, bs: number[][], options?: Options) => Solved[];
  /** The method's number in C, by its name. */
  names: () => string[];
}

export const solverDoors: RoomDoors<'solver', SolverDoor> = {
  room: 'solver',
  bundle: 'solver',
  embind: embindSolver,
  raw: rawSolver,
};

export const methods: SolveMethod[] = [
  'auto',
  'cg',
  'gaussSeidel',
  'bicgstab',
  'lu',
  'amg',
  'approximateCholesky',
  'gmres',
  'symmetricGaussSeidel',
  'incompleteCholesky',
  'cholesky',
  'bicgstabIlu',
];

const orderings = ['auto', 'natural', 'reverseCuthillMckee', 'topological'] as const;

function embindSolver({ SparseMatrix, prepare }: SolverRoom): SolverDoor {
  return {
    names: () => methods,
    solve({ n, rows, columns, values, type }, bs, options = {}) {
      const { initialGuess, ...fixed } = options;
      const dtype = type === 'float32' ? ('float32' as const) : ('float64' as const);
      using matrix = SparseMatrix.fromCoo({
        rows: n,
        cols: n,
        rowIndices: rows,
        columnIndices: columns,
        ...(values && { values, dtype }),
      });
      using prepared = prepare(matrix, fixed);
      return bs.map((b) => {
        const { solution, work, decision, errorBound, errorBoundNorm, history, ...rest } =
          prepared.solve(b, initialGuess ? { initialGuess } : {});
        return {
          ...rest,
          ...work,
          solution: solution as Float64Array,
          errorBound: errorBound ?? Number.POSITIVE_INFINITY,
          errorBoundNorm: String(errorBoundNorm ?? 'none'),
          attempts: decision.attempts,
          history: history ?? new Float64Array(0),
        };
      });
    },
  };
}

function rawSolver(module: RawModule): SolverDoor {
  const { call } = module;
  const outcome = (number: number) => module.text(call.sl_abi_outcome_name!(number));
  const method = (number: number) => module.text(call.sl_abi_solver_method_name!(number));
  const norms = ['none', 'infinity', '1'];

  function makeMatrix({ n, rows, columns, values, type }: Coo): number {
    const stored =
      type === 'float32' ? new Float32Array(values ?? []) : new Float64Array(values ?? []);
    const kind = values === null ? 0 : type === 'float32' ? 1 : 2;
    return module.with([new Uint32Array(rows), new Uint32Array(columns), stored], (i, j, v) =>
      module.made(
        call.sl_abi_matrix_from_coo!(n, n, rows.length, i!, j!, values === null ? 0 : v!, kind),
      ),
    );
  }

  function once(solver: number, b: number[], { initialGuess }: Options): Solved {
    const guess = initialGuess ? Float64Array.from(initialGuess) : new Float64Array(b.length);
    const arrays = [new Float64Array(b), guess, new Float64Array(b.length), new Float64Array(13)];
    return module.with(arrays, (atB, atGuess, atX, out) => {
      module.check(call.sl_abi_solver_begin!(solver, atB!, initialGuess ? atGuess! : 0));
      // Slices of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(solver, 555, out!));
      while (module.u32(out!, 1)[0] === 9);
      module.check(call.sl_abi_solver_finish!(solver, atX!, out!, out! + 96));
      const r = Array.from(module.f64(out!, 12));
      const [past] = module.u32(out! + 96, 1);
      const attempts = Array.from({ length: r[11]! }, (_, index) => {
        module.check(call.sl_abi_solver_attempt!(solver, index, out!));
        const a = Array.from(module.f64(out!, 9));
        return {
          method: method(a[0]!),
          reason: module.text(call.sl_abi_solver_reason_text!(a[1]!)),
          outcome: a[2] === 9 ? undefined : outcome(a[2]!),
          iterations: a[3]!,
          relativeResidual: a[4]!,
          setupWork: a[5]!,
          work: a[6]!,
          ...(a[8]! > 0 && { condition: a[7]!, predictedIterations: a[8]! }),
        } as SolveAttempt;
      });
      return {
        solution: module.f64(atX!, b.length),
        outcome: outcome(r[0]!),
        method: method(r[1]!),
        iterations: r[2]!,
        residual: r[3]!,
        relativeResidual: r[4]!,
        backwardError: r[5]!,
        errorBound: r[6]!,
        errorBoundNorm: norms[r[7]!]!,
        edgeOperations: r[8]!,
        touchedRows: r[9]!,
        attempts,
        history: module.f64(past!, r[10]!),
      };
    });
  }

  return {
    names() {
      const names: string[] = [];
      for (let k = 0; method(k) !== 'unknown'; k++) names.push(method(k));
      return names;
    },
    solve(coo, bs, options = {}) {
      const { tolerance = 1e-8, maxIterations = 0, maxWork = 0, maxBytes = 0 } = options;
      const { history = false } = options;
      const number = methods.indexOf(options.method ?? 'auto');
      const matrix = makeMatrix(coo);
      try {
        const solver = module.made(
          call.sl_abi_solver_create_ordered!(
            matrix,
            number,
            orderings.indexOf(options.ordering ?? 'auto'),
            tolerance,
            maxIterations,
            maxWork,
            history ? 1 : 0,
          ),
        );
        try {
          module.check(call.sl_abi_solver_set_max_bytes!(solver, maxBytes));
          return bs.map((b) => once(solver, b, options));
        } finally {
          module.check(call.sl_abi_solver_destroy!(solver));
        }
      } finally {
        module.check(call.sl_abi_matrix_destroy!(matrix));
      }
    },
  };
}

// ---- systems ----------------------------------------------------------------------------------------------------------

/** ||b - A x||, by coordinates: nothing in common with the library. */
export function residualOf(
  { n, rows, columns, values }: Coo,
  x: ArrayLike<number>,
  b: ArrayLike<number>,
) {
  const r = Float64Array.from({ length: n }, (_, i) => b[i] as number);
  for (let k = 0; k < rows.length; k++) {
    r[rows[k]!]! -= (values === null ? 1 : values[k]!) * x[columns[k]!]!;
  }
  return Math.hypot(...chunks(r));
}

export function norm(b: ArrayLike<number>): number {
  return Math.hypot(...chunks(Float64Array.from(b)));
}

// Math.hypot of a hundred thousand arguments would overflow the stack.
function chunks(v: Float64Array): number[] {
  const norms: number[] = [];
  for (let i = 0; i < v.length; i += 1000) norms.push(Math.hypot(...v.subarray(i, i + 1000)));
  return norms;
}

/** Laplacian of the side x side grid + shift I. */
export function grid(side: number, shift: number): Coo {
  const coo = {
    n: side * side,
    rows: [] as number[],
    columns: [] as number[],
    values: [] as number[],
  };
  const add = (i: number, j: number, value: number) => {
    coo.rows.push(i);
    coo.columns.push(j);
    coo.values.push(value);
  };
  for (let i = 0; i < side * side; i++) {
    const around = [
      i >= side ? i - side : -1,
      i % side > 0 ? i - 1 : -1,
      i % side < side - 1 ? i + 1 : -1,
      i < side * (side - 1) ? i + side : -1,
    ].filter((j) => j >= 0);
    for (const j of around) add(i, j, -1);
    add(i, i, around.length + shift);
  }
  return coo;
}

/** Asymmetric, 10 random entries a row, slack a tenth of the other entries' sum. */
export function rowDominant(n: number, seed: number): Coo {
  const next = random(seed);
  const coo = { n, rows: [] as number[], columns: [] as number[], values: [] as number[] };
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < 9; k++) {
      const j = Math.floor(next() * n);
      const value = 2 * next() - 1;
      if (j === i) continue;
      coo.rows.push(i);
      coo.columns.push(j);
      coo.values.push(value);
      sum += Math.abs(value);
    }
    coo.rows.push(i);
    coo.columns.push(i);
    coo.values.push(1.1 * sum + 0.01);
  }
  return coo;
}

const diagonal: Coo = { n: 3, rows: [0, 1, 2], columns: [0, 1, 2], values: [1, 2, 4] };
const asymmetric: Coo = { n: 2, rows: [0, 0, 1], columns: [0, 1, 1], values: [2, 1, 3] };
/** A diagonal of both signs, and symmetric: neither positive nor negative definite. */
const mixed: Coo = { n: 2, rows: [0, 0, 1, 1], columns: [0, 1, 0, 1], values: [3, 1, 1, -2] };
/** Couplings of 1e17 between rows 0 and 2, of 3 between the others. Diagonally dominant, and not near a singular one. */
const lopsided: Coo = {
  n: 4,
  rows: [0, 0, 0, 1, 1, 2, 2, 3, 3, 3],
  columns: [0, 2, 3, 1, 3, 0, 2, 0, 1, 3],
  values: [
    87067052396016370, 87067052396014340, -4.8975314339622855, 3.000000000000119, 3,
    87067052396014340, 87067052396095200, -4.8975314339622855, 3, 7.897531433969512,
  ],
};
const noDiagonal: Coo = { n: 2, rows: [0, 1], columns: [1, 0], values: [1, 1] };

// ---- cases ------------------------------------------------------------------------------------------------------------

interface System extends Coo {
  name: string;
  b: number[];
  x: number[] | null;
  outcome: string;
  condition: number | null;
  methods: string[];
}

function checkSolution(system: System, solved: Solved, tolerance: number): void {
  const { b, x, outcome, condition } = system;
  expect(solved.outcome).toBe(outcome);
  const size =
    Math.max(...solved.solution.map(Math.abs), 1) * norm((system.values ?? [1]).map(Math.abs));
  expect(Math.abs(residualOf(system, solved.solution, b) - solved.residual)).toBeLessThan(
    1e-14 * size + 1e-300,
  );
  if (outcome === 'converged') {
    expect(solved.relativeResidual).toBeLessThanOrEqual(tolerance);
    expect(solved.backwardError).toBeLessThanOrEqual(tolerance);
  }
  if (x === null) return;
  const largest = Math.max(...x.map(Math.abs));
  const error = x.map((exact, i) => Math.abs(exact - solved.solution[i]!));
  // The relative error is at most the condition number times the relative residual; singular systems have no condition
  // number here and are small graphs.
  const factor = condition ?? 1e4;
  expect(Math.max(...error)).toBeLessThanOrEqual(
    (factor * Math.sqrt(x.length) * tolerance + 1e-12) * largest + 1e-12 * norm(b),
  );
  const total = error.reduce((sum, each) => sum + each, 0);
  const rounding = 1e-15 * (condition ?? 1) * total;
  if (solved.errorBoundNorm === 'infinity')
    expect(Math.max(...error)).toBeLessThanOrEqual(solved.errorBound + rounding + 1e-13 * largest);
  if (solved.errorBoundNorm === '1')
    expect(total).toBeLessThanOrEqual(solved.errorBound + rounding + 1e-13 * largest * x.length);
}

const all = systems as System[];
const named = (name: string) => all.find((system) => system.name === name)!;

const automatic: Case<SolverDoor>[] = all.map((system) => ({
  name: `agrees with LAPACK: ${system.name}`,
  run: ({ solve }) => solve(system, [system.b], { tolerance: 1e-11 }),
  check: ([solved]: [Solved]) => checkSolution(system, solved, 1e-11),
}));

// Each method on every system that it is sure to solve, by what scipy says about the matrix (generate.py).
const promised: SolveMethod[] = [
  'cg',
  'gaussSeidel',
  'lu',
  'amg',
  'approximateCholesky',
  'symmetricGaussSeidel',
  'incompleteCholesky',
  'cholesky',
];
const byMethod: Case<SolverDoor>[] = promised.map((method) => {
  const suited = all.filter((system) => system.methods.includes(method));
  return {
    name: `${method} agrees with LAPACK on ${suited.length} systems`,
    run: ({ solve }) =>
      suited.map((system) => solve(system, [system.b], { method, tolerance: 1e-10 })[0]!),
    check: (solved: Solved[]) => {
      expect(suited.length).toBeGreaterThanOrEqual(40);
      solved.forEach((each, k) => {
        checkNamed(suited[k]!, () => checkSolution(suited[k]!, each, 1e-10));
        expect(each.method).toBe(method);
        expect(each.attempts.map(({ reason }) => reason)).toEqual(['asked for by name']);
      });
    },
  };
});

// Those that take any matrix without a promise: what they say is true, and mostly they solve it.
const tried: SolveMethod[] = ['gmres', 'bicgstab', 'bicgstabIlu'];
const byTrying: Case<SolverDoor>[] = tried.map((method) => ({
  name: `${method} agrees with LAPACK where it says that it has converged`,
  run: ({ solve }) =>
    all.map((system) => solve(system, [system.b], { method, tolerance: 1e-10 })[0]!),
  check: (solved: Solved[]) => {
    let agreed = 0;
    solved.forEach((each, k) => {
      const system = all[k]!;
      if (each.outcome === 'converged' || each.outcome === system.outcome) {
        checkNamed(system, () => checkSolution(system, each, 1e-10));
        agreed++;
      } else {
        expect(['stagnated', 'breakdown', 'singular', 'iterationLimit']).toContain(each.outcome);
      }
    });
    expect(agreed).toBeGreaterThanOrEqual(80);
  },
}));

function checkNamed(system: System, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(`${system.name}: ${(error as Error).message}`);
  }
}

const small = grid(12, 0.1);
const sides = [1, 2].map((seed) => {
  const next = random(seed);
  return Array.from({ length: small.n }, () => 2 * next() - 1);
});

const orders: [SolveMethod, RowOrdering][] = [
  ['incompleteCholesky', 'natural'],
  ['incompleteCholesky', 'reverseCuthillMckee'],
  ['amg', 'natural'],
  ['amg', 'reverseCuthillMckee'],
  ['symmetricGaussSeidel', 'natural'],
  ['symmetricGaussSeidel', 'reverseCuthillMckee'],
  ['gaussSeidel', 'natural'],
  ['gaussSeidel', 'topological'],
];

// A chain of long couplings, each row after the one it depends on but for a shuffle of all rows.
const triangle = shuffledTriangle(small.n);

function shuffledTriangle(n: number): Coo {
  const coo = {
    n,
    rows: [] as number[],
    columns: [] as number[],
    values: [] as number[],
  };
  // 55 is prime to 144: a permutation.
  const place = (i: number) => (i * 55 + 7) % n;
  for (let i = 0; i < n; i++) {
    for (const [j, value] of [
      [i - 1, -0.7],
      [i - 2, -0.25],
      [i, 1],
    ] as const) {
      if (j < 0) continue;
      coo.rows.push(place(i));
      coo.columns.push(place(j));
      coo.values.push(value);
    }
  }
  return coo;
}

// Exponents of two that the matrix and the right-hand side are multiplied by.
const units: [number, number][] = [
  [0, 0],
  [40, 0],
  [-140, 0],
  [900, 0],
  [-900, 0],
  [0, 900],
  [0, -900],
  [300, 900],
  [-600, 300],
];
const graded = grid(6, 1);
// Not of sines: those differ between engines in their last bits, and the bits are recorded.
const gradedSide = Array.from({ length: 36 }, (_, i) => 1 + ((i * 37) % 17) / 17);

const definiteMethods = [
  'cg',
  'cholesky',
  'amg',
  'symmetricGaussSeidel',
  'incompleteCholesky',
] as const;

const behaviour: Case<SolverDoor>[] = [
  {
    name: 'both doors know the same methods',
    run: ({ names }) => names(),
    check: (names: string[]) => expect(names).toEqual(methods),
  },
  {
    name: 'one solver for several right-hand sides',
    run: ({ solve }) =>
      methods.slice(1).map((method) => solve(small, [...sides, sides[0]!], { method })),
    check: (results: Solved[][]) => {
      for (const [first, , again] of results) {
        expect(again!.solution).toEqual(first!.solution);
        expect(again!.outcome).toBe('converged');
        expect(again!.attempts.map(({ setupWork }) => setupWork)).toEqual([0]);
      }
    },
  },
  {
    name: 'keeps the best iterate when a budget ends it',
    run: ({ solve }) => [
      ...solve(small, [sides[0]!], { method: 'cg', maxIterations: 3 }),
      ...solve(small, [sides[0]!], { method: 'cg', maxWork: 5000 }),
      ...solve(small, [sides[0]!], { method: 'amg', maxWork: 1 }),
    ],
    check: ([three, work, nothing]: Solved[]) => {
      expect([three!.outcome, three!.iterations]).toEqual(['iterationLimit', 3]);
      expect(work!.outcome).toBe('workLimit');
      expect(work!.edgeOperations).toBeGreaterThanOrEqual(5000);
      expect(nothing!.outcome).toBe('workLimit');
      for (const each of [three!, work!]) expect(each.relativeResidual).toBeLessThan(1);
    },
  },
  {
    // The vectors of conjugate gradients are 9 kB here, a hierarchy beside them 20 kB.
    name: 'passes over a method that would hold more than maxBytes',
    run: ({ solve }) =>
      (['amg', 'cg'] as const).flatMap((method) =>
        solve(small, [sides[0]!], { method, maxBytes: 15_000 }),
      ),
    check: ([amg, cg]: Solved[]) => {
      expect([amg!.outcome, amg!.attempts[0]!.outcome]).toEqual(['memoryLimit', 'memoryLimit']);
      expect(amg!.relativeResidual).toBe(1);
      expect(cg!.outcome).toBe('converged');
    },
  },
  {
    name: 'starts from a guess',
    run: ({ solve }) => {
      const [first] = solve(small, [sides[0]!], { tolerance: 1e-9 });
      return solve(small, [sides[0]!], { initialGuess: Array.from(first!.solution) });
    },
    check: ([again]: Solved[]) =>
      expect([again!.outcome, again!.iterations]).toEqual(['converged', 0]),
  },
  {
    name: 'records the history',
    run: ({ solve }) => solve(small, [sides[0]!], { method: 'cg', history: true }),
    check: ([solved]: Solved[]) => {
      expect(solved!.history.length).toBe(solved!.iterations);
      expect(solved!.history.at(-1)).toBeCloseTo(solved!.relativeResidual, 12);
    },
  },
  ...methods.map(
    (method): Case<SolverDoor> => ({
      name: `says when a tolerance is out of reach, and the level reached: ${method}`,
      run: ({ solve }) => solve(small, sides, { method, tolerance: 1e-20 }),
      check: (results: Solved[]) => {
        results.forEach((solved, k) => {
          expect(solved.outcome).toBe('stagnated');
          expect(solved.backwardError).toBeGreaterThan(0);
          expect(solved.backwardError).toBeLessThan(4 * Number.EPSILON);
          // The level is that of the solution which comes back, found again in another order of the sums.
          const found = residualOf(small, solved.solution, sides[k]!);
          const rounding = 1e-15 * (8.1 * norm(solved.solution) + norm(sides[k]!));
          expect(Math.abs(found - solved.residual)).toBeLessThan(rounding);
          expect(solved.relativeResidual).toBeCloseTo(solved.residual / norm(sides[k]!), 20);
        });
      },
    }),
  ),
  ...methods.map(
    (method): Case<SolverDoor> => ({
      name: `does not depend on the units of matrix and right-hand side: ${method}`,
      run: ({ solve }) =>
        units.flatMap(([a, b]) => {
          const values = graded.values!.map((value) => value * 2 ** a);
          const side = gradedSide.map((value) => value * 2 ** b);
          return solve({ ...graded, values }, [side], { method, tolerance: 1e-10 });
        }),
      check: (results: Solved[]) => {
        results.forEach((solved, k) => {
          const [a, b] = units[k]!;
          expect(solved.outcome).toBe('converged');
          expect(solved.solution.map((x) => x * 2 ** (a - b))).toEqual(results[0]!.solution);
          expect(solved.relativeResidual).toBe(results[0]!.relativeResidual);
        });
      },
    }),
  ),
  {
    name: 'never gives back what overflowed: a guess, a solution',
    run: ({ solve }) =>
      methods.flatMap((method) => [
        ...solve(diagonal, [[2, -1, 1]], { method, initialGuess: [1e308, -1e308, 1e308] }),
        ...solve({ ...diagonal, values: [1e-200, 1e-200, 1e-200] }, [[1e200, 1, 1]], { method }),
      ]),
    check: (results: Solved[]) => {
      for (const { solution, residual, outcome } of results) {
        expect(solution.every(Number.isFinite)).toBe(true);
        expect(residual).toBeLessThan(Number.POSITIVE_INFINITY);
        expect(['converged', 'stagnated', 'breakdown']).toContain(outcome);
      }
      expect(results.filter(({ outcome }) => outcome === 'converged')).toHaveLength(methods.length);
    },
  },
  {
    name: 'bounds stay above the error where numbers vanish',
    run: ({ solve }) =>
      methods.flatMap((method) =>
        solve({ ...diagonal, values: [1e200, 2e200, 3e200] }, [[1e-300, 0, 0]], { method }),
      ),
    check: (results: Solved[]) => {
      for (const { errorBound } of results) {
        expect(errorBound).toBeGreaterThan(0);
        expect(errorBound).toBeLessThan(1e-307);
      }
    },
  },
  {
    name: 'finds indefinite what has a diagonal of both signs',
    run: ({ solve }) => definiteMethods.flatMap((method) => solve(mixed, [[1, -1]], { method })),
    check: (solved: Solved[]) => {
      for (const { outcome } of solved) expect(outcome).toBe('indefinite');
    },
  },
  {
    name: 'a matrix beyond the range of a preconditioner is an outcome',
    run: ({ solve }) =>
      (
        ['amg', 'approximateCholesky', 'incompleteCholesky', 'symmetricGaussSeidel'] as const
      ).flatMap((method) => solve({ ...diagonal, values: [1, 1e-40, 1] }, [[1, 1, 1]], { method })),
    check: (solved: Solved[]) => {
      for (const { outcome } of solved) expect(outcome).toBe('breakdown');
    },
  },
  {
    // Row 0 and 2 are 1e17 times larger than the others: the first solution leaves as much of b as zero does.
    name: 'refines where rows differ in size, and does not call them singular',
    run: ({ solve }) =>
      (['lu', 'cholesky', 'auto'] as const).flatMap((method) =>
        solve(lopsided, [[1, 1, 1, 1]], { method, tolerance: 1e-4 }),
      ),
    check: (solved: Solved[]) =>
      expect(solved.map(({ outcome }) => outcome)).toEqual(Array(3).fill('converged')),
  },
  {
    name: 'finds indefinite what is indefinite',
    run: ({ solve }) =>
      (['cg', 'cholesky'] as const).flatMap((method) =>
        solve(named('indefinite, two by two'), [[1, -1]], { method }),
      ),
    check: (solved: Solved[]) =>
      expect(solved.map(({ outcome }) => outcome)).toEqual(['indefinite', 'indefinite']),
  },
  {
    name: 'takes the rows in the order that is asked for, with the same answer',
    run: ({ solve }) =>
      orders.map(([method, ordering]) =>
        solve(small, [sides[0]!], { method, ordering, tolerance: 1e-11 }),
      ),
    check: (results: Solved[][]) => {
      const [reference] = results[0]!;
      for (const [solved] of results) {
        expect(solved!.outcome).toBe('converged');
        solved!.solution.forEach((x, i) => {
          expect(Math.abs(x - reference!.solution[i]!)).toBeLessThan(1e-8);
        });
      }
    },
  },
  {
    name: 'sweeps a shuffled triangle in topological order',
    run: ({ solve }) =>
      (['topological', 'natural', 'auto'] as const).flatMap((ordering) =>
        solve(triangle, [sides[0]!], { method: 'gaussSeidel', ordering }),
      ),
    check: (solved: Solved[]) => {
      const [topological, natural, auto] = solved.map(({ iterations }) => iterations);
      expect(solved.map(({ outcome }) => outcome)).toEqual(Array(3).fill('converged'));
      expect(topological).toBeLessThanOrEqual(4);
      expect(natural).toBeGreaterThan(8 * topological!);
      expect(auto).toBeLessThanOrEqual(topological! + 13);
    },
  },
];

type Refusal = [name: string, wanted: object, call: (door: SolverDoor) => unknown];

const refused: Refusal[] = [
  [
    'NaN in b',
    { refused: 'NOT_FINITE', argument: 'b', at: 1 },
    ({ solve }) => solve(diagonal, [[1, Number.NaN, 1]]),
  ],
  [
    'infinity in b',
    { refused: 'NOT_FINITE', argument: 'b', at: 2 },
    ({ solve }) => solve(diagonal, [[1, 1, Number.NEGATIVE_INFINITY]]),
  ],
  [
    'b beyond float64',
    { refused: 'RANGE', argument: 'b', at: -1 },
    ({ solve }) => solve(diagonal, [[1.7e308, 1.7e308, 1.7e308]]),
  ],
  [
    'NaN in the guess',
    { refused: 'NOT_FINITE', argument: 'initialGuess', at: 0 },
    ({ solve }) => solve(diagonal, [[1, 1, 1]], { initialGuess: [Number.NaN, 0, 0] }),
  ],
  [
    'tolerance 0',
    { refused: 'OPTION', argument: 'tolerance', at: -1 },
    ({ solve }) => solve(diagonal, [[1, 1, 1]], { tolerance: 0 }),
  ],
  [
    'negative tolerance',
    { refused: 'OPTION', argument: 'tolerance', at: -1 },
    ({ solve }) => solve(diagonal, [[1, 1, 1]], { tolerance: -1e-8 }),
  ],
  [
    'tolerance 1',
    { refused: 'OPTION', argument: 'tolerance', at: -1 },
    ({ solve }) => solve(diagonal, [[1, 1, 1]], { tolerance: 1 }),
  ],
  [
    'NaN tolerance',
    { refused: 'OPTION', argument: 'tolerance', at: -1 },
    ({ solve }) => solve(diagonal, [[1, 1, 1]], { tolerance: Number.NaN }),
  ],
  [
    'asymmetric for CG',
    { refused: 'NOT_SYMMETRIC', argument: 'matrix', at: -1 },
    ({ solve }) => solve(asymmetric, [[1, 1]], { method: 'cg' }),
  ],
  [
    'asymmetric for AMG',
    { refused: 'NOT_SYMMETRIC', argument: 'matrix', at: -1 },
    ({ solve }) => solve(asymmetric, [[1, 1]], { method: 'amg' }),
  ],
  [
    'zero diagonal for CG',
    { refused: 'ZERO_DIAGONAL', argument: 'matrix', at: 0 },
    ({ solve }) => solve(noDiagonal, [[1, 1]], { method: 'cg' }),
  ],
  [
    'zero diagonal for Gauss-Seidel',
    { refused: 'ZERO_DIAGONAL', argument: 'matrix', at: 0 },
    ({ solve }) => solve(noDiagonal, [[1, 1]], { method: 'gaussSeidel' }),
  ],
  [
    'an ordering of another method',
    { refused: 'OPTION', argument: 'ordering', at: -1 },
    ({ solve }) => solve(diagonal, [[1, 1, 1]], { method: 'cg', ordering: 'natural' }),
  ],
  [
    'too many rows for dense Cholesky',
    { refused: 'UNSUPPORTED', argument: 'method', at: -1 },
    ({ solve }) => solve(grid(21, 1), [Array(441).fill(1)], { method: 'cholesky' }),
  ],
  [
    'too many rows for LU',
    { refused: 'UNSUPPORTED', argument: 'method', at: -1 },
    ({ solve }) => solve(grid(21, 1), [Array(441).fill(1)], { method: 'lu' }),
  ],
];

const refusals: Case<SolverDoor>[] = refused.map(([name, wanted, call]) => ({
  name: `refuses ${name}`,
  run: (door) => attempt(() => call(door)),
  check: (got) => expect(got).toEqual(wanted),
}));

export const solverCases: Case<SolverDoor>[] = [
  ...automatic,
  ...byMethod,
  ...byTrying,
  ...behaviour,
  ...refusals,
];
