// Factorisations through both doors. What must come out is known in closed form, or computed here without the library.
import type {
  DirectRoom,
  Factorization as Factor,
  FactorMethod,
  FactorOrdering,
} from 'sublinear/direct';
import { expect } from 'vitest';
import { type Coo, grid } from '../solver/solver.cases.js';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { RawModule } from '../support/raw.js';

/** A factorisation and what was asked of it, as plain data. */
export interface Factored {
  method: string;
  fill: number;
  flops: number;
  replaced: number;
  positive: number;
  negative: number;
  sign: number;
  logAbs: number;
  condition: number;
  solution: Float64Array;
  transposed: Float64Array;
  outcome: string;
  backwardError: number;
  backwardErrors: Float64Array;
  errorBound: number;
  refinements: number;
}

export interface DirectDoor {
  /** Factorises; then, where there are some, other values; then solves, both ways. */
  factorize: (matrix: Coo, b: number[], method?: FactorMethod, values?: number[]) => Factored;
  /** In this order; and the order that was taken. */
  ordered: (matrix: Coo, b: number[], ordering: FactorOrdering) => Factored & { ordering: string };
  /** The same after a file was written and read. */
  saved: (matrix: Coo, b: number[]) => Factored;
  estimate: (matrix: Coo) => {
    method: string;
    ordering: string;
    fill: number;
    flops: number;
    bytes: number;
  };
  /** Factorises one pattern after another. */
  repattern: (first: Coo, second: Coo) => void;
  /** Loads these bytes, xor 1 at a place. */
  damaged: (matrix: Coo, place: number) => void;
}

const methods = ['auto', 'cholesky', 'ldlt', 'lu'] as const;
const orderings = ['amd', 'natural', 'auto', 'columns', 'nested'] as const;

export const directDoors: RoomDoors<'direct', DirectDoor> = {
  room: 'direct',
  bundle: 'direct',
  besides: ['solver'],
  embind: embindDirect,
  raw: rawDirect,
};

function embindDirect({
  SparseMatrix,
  Factorization,
  factorize,
  estimateFactor,
}: DirectRoom): DirectDoor {
  const made = ({ n, rows, columns, values }: Coo) =>
    SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      ...(values && { values: new Float64Array(values) }),
    });
  const read = (factor: Factor, b: number[]): Factored => {
    const { solution, errorBound, errorBoundNorm: _, ...rest } = factor.solve(b);
    const { method, fill, flops, replacedPivots, inertia } = factor;
    return {
      method,
      fill,
      flops,
      replaced: replacedPivots.count,
      positive: inertia?.positive ?? -1,
      negative: inertia?.negative ?? -1,
      ...factor.logDeterminant(),
      condition: factor.conditionEstimate(),
      ...rest,
      solution,
      errorBound: errorBound ?? Number.POSITIVE_INFINITY,
      transposed: factor.solveTranspose(b).solution,
    };
  };
  return {
    factorize(coo, b, method = 'auto', values) {
      using matrix = made(coo);
      using factor = factorize(matrix, { method });
      if (values) factor.refactorize(values);
      return read(factor, b);
    },
    ordered(coo, b, ordering) {
      using matrix = made(coo);
      using factor = factorize(matrix, { ordering });
      return { ...read(factor, b), ordering: factor.ordering };
    },
    saved(coo, b) {
      using matrix = made(coo);
      using factor = factorize(matrix);
      using again = Factorization.load(factor.save());
      return read(again, b);
    },
    estimate(coo) {
      using matrix = made(coo);
      return estimateFactor(matrix);
    },
    repattern(first, second) {
      using one = made(first);
      using other = made(second);
      using factor = factorize(one);
      factor.refactorize(other);
    },
    damaged(coo, place) {
      using matrix = made(coo);
      using factor = factorize(matrix);
      const bytes = factor.save();
      bytes[place]! ^= 1;
      Factorization.load(bytes).dispose();
    },
  };
}

function rawDirect(module: RawModule, solver: RawModule): DirectDoor {
  const { call } = module;
  // Matrices are made in the module that has them, and copied.
  const made = ({ n, rows, columns, values }: Coo) => {
    const arrays = [
      new Uint32Array(rows),
      new Uint32Array(columns),
      new Float64Array(values ?? []),
    ];
    const matrix = solver.with(arrays, (i, j, v) =>
      solver.made(solver.call.sl_abi_matrix_from_coo!(n, n, rows.length, i!, j!, v!, 2)),
    );
    try {
      return RawModule.copy('matrix', solver, matrix, module);
    } finally {
      solver.check(solver.call.sl_abi_matrix_destroy!(matrix));
    }
  };
  const run = (factor: number) =>
    module.with([new Float64Array(1)], (out) => {
      // Slices of another size than the other door's.
      do module.check(call.sl_abi_job_step!(factor, 777, out!));
      while (module.u32(out!, 1)[0] === 9);
    });
  const facts = (factor: number) =>
    module.with([new Float64Array(17)], (out) => {
      module.check(call.sl_abi_factor_facts!(factor, out!));
      return Array.from(module.f64(out!, 17));
    });
  const solve = (factor: number, b: number[], transpose: boolean) => {
    const n = facts(factor)[0]!;
    const columns = Math.floor(b.length / n);
    const arrays = [new Float64Array(b), new Float64Array(b), new Float64Array(columns + 4)];
    return module.with(arrays, (from, to, out) => {
      module.check(
        call.sl_abi_factor_begin_solve!(factor, from!, columns, transpose ? 1 : 0, 10, 1e-14),
      );
      run(factor);
      module.check(call.sl_abi_factor_read_solve!(factor, to!, out!, out! + 32));
      return {
        solution: module.f64(to!, b.length),
        numbers: Array.from(module.f64(out!, 4)),
        errors: module.f64(out! + 32, columns),
      };
    });
  };
  const read = (factor: number, b: number[]): Factored => {
    const { solution, numbers, errors } = solve(factor, b, false);
    const found = facts(factor);
    module.check(call.sl_abi_factor_begin_condition!(factor));
    run(factor);
    const condition = module.with([new Float64Array(1)], (out) => {
      module.check(call.sl_abi_factor_read_condition!(factor, out!));
      return module.f64(out!, 1)[0]!;
    });
    return {
      method: methods[found[2]!]!,
      fill: found[4]!,
      flops: found[5]!,
      replaced: found[9]!,
      positive: found[11]!,
      negative: found[12]!,
      sign: found[13]!,
      logAbs: found[14]!,
      condition,
      outcome: module.text(call.sl_abi_outcome_name!(numbers[0]!)),
      backwardError: numbers[1]!,
      backwardErrors: errors,
      refinements: numbers[3]!,
      solution,
      errorBound: numbers[2]!,
      transposed: solve(factor, b, true).solution,
    };
  };
  function withFactor<T>(
    coo: Coo,
    method: number,
    estimate: number,
    use: (factor: number) => T,
    ordering: FactorOrdering = 'auto',
  ): T {
    const matrix = made(coo);
    try {
      const factor = module.made(
        call.sl_abi_factor_create!(matrix, method, orderings.indexOf(ordering), estimate),
      );
      try {
        run(factor);
        return use(factor);
      } finally {
        module.check(call.sl_abi_factor_destroy!(factor));
      }
    } finally {
      module.check(call.sl_abi_matrix_destroy!(matrix));
    }
  }
  function bytesOf(factor: number): Uint8Array {
    const writer = module.made(call.sl_abi_factor_save!(factor));
    try {
      return module.with([new Float64Array(1)], (out) => {
        module.check(call.sl_abi_writer_size!(writer, out!));
        const size = module.f64(out!, 1)[0]!;
        return module.with([new Uint8Array(size)], (at) => {
          module.check(call.sl_abi_writer_next!(writer, at!, size, out!));
          return new Uint8Array(module.view().buffer.slice(at!, at! + size));
        });
      });
    } finally {
      module.check(call.sl_abi_writer_destroy!(writer));
    }
  }
  function loaded<T>(bytes: Uint8Array, use: (factor: number) => T): T {
    const kind = [...'FACT'].reduce((sum, letter, i) => sum + letter.charCodeAt(0) * 256 ** i, 0);
    const reader = module.made(call.sl_abi_reader_create!(kind, 0));
    try {
      module.with([bytes], (at) =>
        module.check(call.sl_abi_reader_feed!(reader, at!, bytes.length)),
      );
      const factor = module.made(call.sl_abi_factor_load!(reader));
      try {
        run(factor);
        return use(factor);
      } finally {
        module.check(call.sl_abi_factor_destroy!(factor));
      }
    } finally {
      module.check(call.sl_abi_reader_destroy!(reader));
    }
  }
  return {
    factorize: (coo, b, method = 'auto', values) =>
      withFactor(coo, methods.indexOf(method), 0, (factor) => {
        if (values) {
          module.with([new Float64Array(values)], (at) =>
            module.check(call.sl_abi_factor_begin_values!(factor, at!, values.length)),
          );
          run(factor);
        }
        return read(factor, b);
      }),
    ordered: (coo, b, ordering) =>
      withFactor(
        coo,
        0,
        0,
        (factor) => ({ ...read(factor, b), ordering: orderings[facts(factor)[3]!]! }),
        ordering,
      ),
    saved: (coo, b) =>
      withFactor(coo, 0, 0, (factor) => loaded(bytesOf(factor), (again) => read(again, b))),
    estimate: (coo) =>
      withFactor(coo, 0, 1, (factor) => {
        const found = facts(factor);
        return {
          method: methods[found[2]!]!,
          ordering: orderings[found[3]!]!,
          fill: found[4]!,
          flops: found[5]!,
          bytes: found[7]!,
        };
      }),
    repattern: (first, second) =>
      withFactor(first, 0, 0, (factor) => {
        const other = made(second);
        try {
          module.check(call.sl_abi_factor_begin_matrix!(factor, other));
        } finally {
          module.check(call.sl_abi_matrix_destroy!(other));
        }
      }),
    damaged: (coo, place) =>
      withFactor(coo, 0, 0, (factor) => {
        const bytes = bytesOf(factor);
        bytes[place]! ^= 1;
        loaded(bytes, () => undefined);
      }),
  };
}

// ---- matrices ---------------------------------------------------------------------------------------------------------

/** The 2-D second difference with its boundary held, minus shift: eigenvalues 4 - 2 cos - 2 cos - shift. */
export function held(x: number, y: number, shift: number): Coo {
  const coo: Coo & { values: number[] } = { n: x * y, rows: [], columns: [], values: [] };
  const put = (i: number, j: number, value: number) => {
    coo.rows.push(i);
    coo.columns.push(j);
    coo.values.push(value);
  };
  for (let i = 0; i < x * y; i++) {
    if (i >= x) put(i, i - x, -1);
    if (i % x > 0) put(i, i - 1, -1);
    put(i, i, 4 - shift);
    if (i % x < x - 1) put(i, i + 1, -1);
    if (i + x < x * y) put(i, i + x, -1);
  }
  return coo;
}

function eigenvalues(x: number, y: number, shift: number): number[] {
  const all: number[] = [];
  for (let i = 1; i <= x; i++) {
    for (let j = 1; j <= y; j++) {
      const one = 2 * Math.cos((Math.PI * i) / (x + 1));
      all.push(4 - one - 2 * Math.cos((Math.PI * j) / (y + 1)) - shift);
    }
  }
  return all;
}

/** Convection from the left: not symmetric. */
export function convection(side: number, flow: number): Coo {
  const coo = held(side, side, 0);
  const values = (coo.values as number[]).map((value, k) => {
    const [i, j] = [coo.rows[k]!, coo.columns[k]!];
    return i === j ? value + flow : j === i - 1 ? value - flow : value;
  });
  return { ...coo, values };
}

/** The Laplacian of a cube, its boundary held. */
export function cubeOf(side: number): Coo {
  const all: Coo & { values: number[] } = { n: side ** 3, rows: [], columns: [], values: [] };
  const put = (i: number, j: number, value: number) => {
    all.rows.push(i);
    all.columns.push(j);
    all.values.push(value);
  };
  for (let i = 0; i < all.n; i++) {
    put(i, i, 6);
    for (const step of [1, side, side * side]) {
      if (Math.floor(i / step) % side === 0) continue;
      put(i, i - step, -1);
      put(i - step, i, -1);
    }
  }
  return all;
}

/** A mesh whose rows stand far from their columns: no pattern is less symmetric. */
export function shiftedMesh(n: number): Coo {
  const all: Coo & { values: number[] } = { n, rows: [], columns: [], values: [] };
  const line = Math.floor(Math.sqrt(n));
  for (let i = 0; i < n; i++) {
    [0, 1, line, line + 1].forEach((step, k) => {
      all.rows.push(i);
      all.columns.push((i + 37 + step) % n);
      all.values.push(0.1 + ((i * (31 + 12 * k) + 7 * k) % 97) / 97);
    });
  }
  return all;
}

export const side = (n: number, seed: number): number[] => {
  const next = random(seed);
  return Array.from({ length: n }, () => 2 * next() - 1);
};

/** The componentwise backward error in ordinary doubles: right to a few units of its last place. */
function backwardError({ rows, columns, values }: Coo, b: number[], x: Float64Array): number {
  const r = Float64Array.from(b);
  const size = r.map(Math.abs);
  rows.forEach((i, k) => {
    const term = (values as number[])[k]! * x[columns[k]!]!;
    r[i]! -= term;
    size[i]! += Math.abs(term);
  });
  return Math.max(...r.map((value, i) => Math.abs(value) / size[i]!));
}

const transpose = ({ rows, columns, ...rest }: Coo): Coo => ({
  ...rest,
  rows: columns,
  columns: rows,
});

const dense = (n: number, values: number[]): Coo => ({
  n,
  rows: values.map((_, k) => Math.floor(k / n)),
  columns: values.map((_, k) => k % n),
  values,
});

function solvesWell(coo: Coo, b: number[], found: Factored): void {
  expect(found.outcome).toBe('converged');
  expect(found.backwardError).toBeLessThan(2.3e-16);
  expect(backwardError(coo, b, found.solution)).toBeLessThan(2e-15);
  expect(backwardError(transpose(coo), b, found.transposed)).toBeLessThan(2e-15);
}

const shifts: [number, string][] = [
  [0, 'cholesky'],
  [0.77, 'ldlt'],
  [4.123, 'ldlt'],
];

interface OrderedCases {
  cube: (Factored & { ordering: string })[];
  mesh: (Factored & { ordering: string })[];
  refused: { refused: string; argument: string }[];
}

export const directCases: Case<DirectDoor>[] = [
  ...shifts.map(
    ([shift, method]): Case<DirectDoor> => ({
      name: `grid with shift ${shift}: inertia and determinant of known eigenvalues`,
      run: ({ factorize }) => factorize(held(23, 19, shift), side(437, 1)),
      check(found: Factored) {
        const values = eigenvalues(23, 19, shift);
        const negative = values.filter((value) => value < 0).length;
        expect(found.method).toBe(method);
        expect([found.positive, found.negative]).toEqual([437 - negative, negative]);
        expect(found.sign).toBe(negative % 2 === 0 ? 1 : -1);
        const log = values.reduce((sum, value) => sum + Math.log(Math.abs(value)), 0);
        expect(found.logAbs).toBeCloseTo(log, 8);
        solvesWell(held(23, 19, shift), side(437, 1), found);
      },
    }),
  ),
  {
    name: 'a grid large enough for panels',
    run: ({ factorize }) => factorize(held(90, 80, 0), side(7200, 2)),
    check: (found: Factored) => solvesWell(held(90, 80, 0), side(7200, 2), found),
  },
  {
    name: 'dominant: the error bound holds for an answer that is known',
    run: ({ factorize }) => {
      const coo = held(20, 20, -0.5);
      const b = new Array<number>(400).fill(0);
      coo.rows.forEach((i, k) => {
        b[i]! += coo.values![k]! * (coo.columns[k]! % 13);
      });
      return factorize(coo, b);
    },
    check({ solution, errorBound }: Factored) {
      expect(errorBound).toBeLessThan(1e-13);
      for (const [i, x] of solution.entries())
        expect(Math.abs(x - (i % 13))).toBeLessThanOrEqual(errorBound);
    },
  },
  {
    name: 'several columns',
    run: ({ factorize }) => factorize(dense(2, [4, 1, 1, 3]), [5, 4, 1, 3, 0, 0]),
    check({ solution, backwardErrors }: Factored) {
      expect(Array.from(solution)).toEqual([1, 1, 0, 1, 0, 0]);
      expect(backwardErrors.length).toBe(3);
    },
  },
  {
    name: 'not symmetric, both ways',
    run: ({ factorize }) => factorize(convection(25, 3), side(625, 3)),
    check(found: Factored) {
      expect(found.method).toBe('lu');
      expect(found.positive).toBe(-1);
      solvesWell(convection(25, 3), side(625, 3), found);
    },
  },
  {
    name: 'second difference: condition number in closed form',
    run: ({ factorize }) => factorize(held(99, 1, 2), side(99, 4)),
    check({ condition, logAbs }: Factored) {
      expect(condition).toBeCloseTo((4 * 100 * 100) / 8, 6);
      expect(logAbs).toBeCloseTo(Math.log(100), 10);
    },
  },
  {
    name: 'zeros on the diagonal',
    run: ({ factorize }) => factorize(dense(3, [0, 1, 2, 1, 0, 3, 2, 3, 0]), [3, 4, 5]),
    check({ solution, sign, logAbs }: Factored) {
      for (const x of solution) expect(x).toBeCloseTo(1, 14);
      expect(sign * Math.exp(logAbs)).toBeCloseTo(12, 10);
    },
  },
  {
    name: 'the whole range of exponents',
    run: ({ factorize }) => factorize(dense(2, [1e300, 1, 1, 1e-290]), [1e300, 1]),
    check: ({ backwardError: error }: Factored) => expect(error).toBeLessThan(2.3e-16),
  },
  ...[
    [4, 0.5],
    [-4, -0.5],
  ].map(
    ([a, x]): Case<DirectDoor> => ({
      name: `one row, ${a}`,
      run: ({ factorize }) => factorize(dense(1, [a!]), [2]),
      check: ({ solution }: Factored) => expect(solution[0]).toBe(x),
    }),
  ),
  {
    name: 'other values on the same pattern',
    run({ factorize }) {
      const other = held(12, 11, 0.9).values as number[];
      return [
        factorize(held(12, 11, 0), side(132, 5), 'auto', other),
        factorize(convection(12, 1), side(144, 5), 'auto', convection(12, 700).values as number[]),
      ];
    },
    check([first, second]: [Factored, Factored]) {
      expect(first.method).toBe('ldlt');
      solvesWell(held(12, 11, 0.9), side(132, 5), first);
      solvesWell(convection(12, 700), side(144, 5), second);
    },
  },
  {
    name: 'the same after a file',
    run: ({ saved, factorize }) =>
      [held(30, 20, 0), held(16, 15, 1.1), convection(15, 2)].map((coo) => [
        saved(coo, side(coo.n, 6)),
        factorize(coo, side(coo.n, 6)),
      ]),
    check(pairs: [Factored, Factored][]) {
      for (const [again, first] of pairs) expect(again).toEqual(first);
    },
  },
  {
    name: 'every order of elimination, and those that a method does not take',
    run: ({ ordered }) => ({
      cube: (['amd', 'natural', 'auto', 'nested'] as const).map((ordering) =>
        ordered(cubeOf(9), side(729, 3), ordering),
      ),
      mesh: (['amd', 'natural', 'auto', 'columns'] as const).map((ordering) =>
        ordered(shiftedMesh(700), side(700, 3), ordering),
      ),
      refused: [
        attempt(() => ordered(cubeOf(3), side(27, 1), 'columns')),
        attempt(() => ordered(shiftedMesh(50), side(50, 1), 'nested')),
      ],
    }),
    check({ cube, mesh, refused }: OrderedCases) {
      const orders = (found: { ordering: string }[]) => found.map(({ ordering }) => ordering);
      expect(orders(cube)).toEqual(['amd', 'natural', 'amd', 'nested']);
      expect(orders(mesh)).toEqual(['amd', 'natural', 'columns', 'columns']);
      for (const { outcome, backwardError } of [...cube, ...mesh])
        expect([outcome, backwardError < 1e-14]).toEqual(['converged', true]);
      const [amd, natural] = cube;
      expect(natural!.fill).toBeGreaterThan(2 * amd!.fill);
      for (const { refused: code, argument } of refused)
        expect([code, argument]).toEqual(['OPTION', 'ordering']);
    },
  },
  {
    name: 'estimates',
    // Bytes depend on how objects are laid out: they are no part of the recorded bits.
    run: ({ estimate }) =>
      [held(50, 50, 0), held(20, 20, 5), convection(20, 1)].map((coo) => {
        const { bytes, ...rest } = estimate(coo);
        return { ...rest, forAll: bytes > 8 * rest.fill };
      }),
    check(found: { method: string; forAll: boolean }[]) {
      expect(found.map(({ method }) => method)).toEqual(['cholesky', 'ldlt', 'lu']);
      expect(found.every(({ forAll }) => forAll)).toBe(true);
    },
  },
  {
    name: 'refused',
    run({ factorize, repattern, damaged }) {
      const indefinite = held(10, 10, 0);
      (indefinite.values as number[])[
        indefinite.rows.findIndex((i, k) => i === 42 && indefinite.columns[k] === 42)
      ] = -1;
      const dependent = dense(3, [1, 2, 0, 2, 4, 0, 0, 1, 1]);
      return {
        pivot: attempt(() => factorize(indefinite, side(100, 1), 'cholesky')),
        unsymmetric: attempt(() => factorize(convection(3, 1), side(9, 1), 'ldlt')),
        emptyRow: attempt(() =>
          factorize({ n: 3, rows: [0, 2], columns: [0, 2], values: [1, 1] }, [1, 1, 1]),
        ),
        structure: attempt(() =>
          factorize(
            { n: 3, rows: [0, 1, 2, 2], columns: [0, 0, 1, 2], values: [1, 1, 1, 1] },
            [1, 1, 1],
          ),
        ),
        values: attempt(() => factorize(dependent, [1, 1, 1])),
        notFinite: attempt(() => factorize(held(2, 2, 0), [1, 2, Number.NaN, 4])),
        count: attempt(() => factorize(held(2, 2, 0), [1, 2, 3, 4], 'auto', [1, 2])),
        infinite: attempt(() =>
          factorize(dense(2, [2, 1, 1, 2]), [1, 2], 'auto', [2, 1, Number.POSITIVE_INFINITY, 2]),
        ),
        skew: attempt(() => factorize(dense(2, [2, 1, 1, 2]), [1, 2], 'auto', [2, 1, 3, 2])),
        pattern: attempt(() => repattern(held(4, 3, 0), held(3, 4, 0))),
        size: attempt(() => repattern(held(4, 3, 0), held(4, 4, 0))),
        file: attempt(() => damaged(held(4, 3, 0), 0)),
        sum: attempt(() => damaged(grid(4, 0.1), 400)),
      };
    },
    check(found: Record<string, { refused: string; argument: string; at: number }>) {
      expect(found).toMatchObject({
        pivot: { refused: 'NOT_DEFINITE', argument: 'matrix', at: 42 },
        unsymmetric: { refused: 'NOT_SYMMETRIC', argument: 'matrix' },
        emptyRow: { refused: 'SINGULAR', argument: 'matrix', at: 1 },
        structure: { refused: 'SINGULAR', argument: 'matrix' },
        values: { refused: 'SINGULAR', argument: 'matrix' },
        notFinite: { refused: 'NOT_FINITE', argument: 'b', at: 2 },
        count: { refused: 'SHAPE', argument: 'values' },
        infinite: { refused: 'NOT_FINITE', argument: 'values', at: 2 },
        skew: { refused: 'NOT_SYMMETRIC' },
        pattern: { refused: 'ARGUMENT', argument: 'matrix', at: 0 },
        size: { refused: 'SHAPE', argument: 'matrix' },
        file: { refused: 'FORMAT', argument: 'bytes' },
        sum: { refused: 'CHECKSUM', argument: 'bytes' },
      });
    },
  },
];
