// Single entries of a solution through both doors. Reference solutions come from scipy
// (test/vectors/solver/generate.py) and from closed forms.
import type {
  EstimateDotOptions,
  EstimateDotResult,
  SolveEntriesOptions,
  SolveEntriesResult,
  SolveSparseOptions,
  SolveSparseResult,
  SparseVector,
} from 'sublinear/solver';
import type { SparseMatrix } from 'sublinear/sparse';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import systems from '../vectors/solver/systems.json' with { type: 'json' };

/** A matrix in coordinates. */
export interface Coo {
  n: number;
  rows: number[];
  columns: number[];
  values: number[];
  type?: string;
}

type Vector = number[] | SparseVector;
type Options = Omit<SolveEntriesOptions, 'b' | 'indices'> & { b: Vector; indices: number[] };

type SparseOptions = Omit<SolveSparseOptions, 'b'> & { b: { indices: number[]; values: number[] } };
type DotOptions = Omit<EstimateDotOptions, 't' | 'b'> & { t: Vector; b: Vector };

/** What both doors can do. A matrix is made for each call and freed after it; `calls` run on the same workspace. */
export interface LocalDoor {
  solveEntries: (matrix: Coo, ...calls: Options[]) => Omit<SolveEntriesResult, 'outcome'>[];
  solveSparse: (matrix: Coo, ...calls: SparseOptions[]) => Omit<SolveSparseResult, 'outcome'>[];
  estimateDot: (matrix: Coo, ...calls: DotOptions[]) => Omit<EstimateDotResult, 'outcome'>[];
}

export const localDoors: RoomDoors<'solver', LocalDoor> = {
  room: 'solver',
  bundle: 'solver',
  table: 'solver-local',
  embind: ({ SparseMatrix, solveEntries, solveSparse, estimateDot }) => ({
    solveSparse: (coo, ...calls) =>
      withMatrix(SparseMatrix, coo, (matrix) =>
        calls.map((options) => solveSparse(matrix, options)),
      ),
    estimateDot: (coo, ...calls) =>
      withMatrix(SparseMatrix, coo, (matrix) =>
        calls.map((options) => estimateDot(matrix, options)),
      ),
    solveEntries: (coo, ...calls) =>
      withMatrix(SparseMatrix, coo, (matrix) =>
        calls.map((options) => solveEntries(matrix, options)),
      ),
  }),
  raw: rawLocal,
};

function withMatrix<T>(
  Class: typeof SparseMatrix,
  { n, rows, columns, values, type }: Coo,
  run: (matrix: SparseMatrix) => T,
): T {
  const matrix = Class.fromCoo({
    rows: n,
    cols: n,
    rowIndices: rows,
    columnIndices: columns,
    values: type === 'float32' ? new Float32Array(values) : new Float64Array(values),
  });
  try {
    return run(matrix);
  } finally {
    matrix.dispose();
  }
}

const outcomes = ['converged', 'iterationLimit', 'workLimit', 'timeLimit', 'stagnated'] as const;

function rawLocal(module: RawModule): LocalDoor {
  const { call } = module;

  function once(entries: number, options: Options) {
    const { b, indices, absoluteError, pushWork, maxWork, touched } = options;
    const dense = Array.isArray(b);
    const places = new Uint32Array(dense ? [] : (b.indices as number[]));
    const values = new Float64Array(dense ? b : (b.values as number[]));
    const arrays = [places, values, new Uint32Array(indices), new Float64Array(8)];
    return module.with(arrays, (at, valuesAt, indicesAt, out) => {
      if (dense)
        module.check(call.sl_abi_local_entries_set_dense!(entries, valuesAt!, values.length));
      else
        module.check(call.sl_abi_local_entries_set_sparse!(entries, at!, valuesAt!, values.length));
      const limits = [pushWork ?? 0, maxWork ?? 0] as const;
      module.check(call.sl_abi_local_entries_keep_touched!(entries, touched ? 1 : 0));
      module.check(
        call.sl_abi_local_entries_begin!(
          entries,
          absoluteError,
          ...limits,
          indicesAt!,
          indices.length,
        ),
      );
      // Slices of another size than the other door's: the result must be the same.
      do module.check(call.sl_abi_job_step!(entries, 777, out!));
      while (module.u32(out!, 1)[0] === 9);
      module.check(
        call.sl_abi_local_entries_finish!(entries, out!, out! + 16, out! + 40, out! + 44),
      );
      const [outcome, method, count, pushedEntries] = module.u32(out!, 4);
      const [errorBound, touchedRows, edgeOperations] = module.f64(out! + 16, 3);
      const [valuesOut, boundsOut] = module.u32(out! + 40, 2);
      return {
        values: module.f64(valuesOut!, count!) as Float64Array<ArrayBuffer>,
        errorBounds: module.f64(boundsOut!, count!) as Float64Array<ArrayBuffer>,
        errorBound: errorBound!,
        outcome: outcomes[outcome!]!,
        method: module.text(call.sl_abi_local_method_name!(method!)) as 'push',
        pushedEntries: pushedEntries!,
        ...(touched && { touched: listTouched(entries, out!) }),
        work: { touchedRows: touchedRows!, edgeOperations: edgeOperations! },
      };
    });
  }

  function listTouched(entries: number, out: number) {
    module.check(call.sl_abi_local_entries_touched!(entries, out, out + 4));
    const [address, count] = module.u32(out, 2);
    return module.u32(address!, count!) as Uint32Array<ArrayBuffer>;
  }

  function sparseOnce(sparse: number, options: SparseOptions) {
    const { b, absoluteError, norm, pushWork = 0, maxWork = 0 } = options;
    const arrays = [new Uint32Array(b.indices), new Float64Array(b.values), new Float64Array(8)];
    return module.with(arrays, (at, valuesAt, out) => {
      const limits = [norm === undefined ? 0 : norm === 1 ? 2 : 1, pushWork, maxWork] as const;
      module.check(
        call.sl_abi_local_sparse_begin!(
          sparse,
          absoluteError,
          ...limits,
          at!,
          valuesAt!,
          b.values.length,
        ),
      );
      do module.check(call.sl_abi_job_step!(sparse, 777, out!));
      while (module.u32(out!, 1)[0] === 9);
      module.check(call.sl_abi_local_sparse_finish!(sparse, out!, out! + 16, out! + 40, out! + 44));
      const [outcome, method, count, boundNorm] = module.u32(out!, 4);
      const [errorBound, touchedColumns, edgeOperations] = module.f64(out! + 16, 3);
      const [indicesOut, valuesOut] = module.u32(out! + 40, 2);
      return {
        indices: module.u32(indicesOut!, count!) as Uint32Array<ArrayBuffer>,
        values: module.f64(valuesOut!, count!) as Float64Array<ArrayBuffer>,
        errorBound: errorBound!,
        errorBoundNorm: boundNorm === 1 ? ('infinity' as const) : (1 as const),
        outcome: outcomes[outcome!]!,
        method: module.text(call.sl_abi_local_method_name!(method!)) as 'push',
        work: { touchedColumns: touchedColumns!, edgeOperations: edgeOperations! },
      };
    });
  }

  function dotOnce(dot: number, options: DotOptions) {
    const { t, b, absoluteError, confidence = 0, seed = 0, pushWork = 0, maxWork = 0 } = options;
    const numbers = new Float64Array([absoluteError, confidence, seed, pushWork, maxWork]);
    const parts = [t, b].map((vector) =>
      Array.isArray(vector)
        ? { places: new Uint32Array(0), values: new Float64Array(vector), dense: true }
        : {
            places: new Uint32Array(vector.indices as number[]),
            values: new Float64Array(vector.values as number[]),
            dense: false,
          },
    );
    const arrays = parts.flatMap(({ places, values }) => [places, values]);
    return module.with([numbers, new Float64Array(8), ...arrays], (at, out, ...ends) => {
      const [tp, tv, bp, bv] = ends as [number, number, number, number];
      const [first, second] = parts as [(typeof parts)[0], (typeof parts)[0]];
      module.check(
        call.sl_abi_local_dot_begin!(
          dot,
          at!,
          first.dense ? 0 : tp,
          tv,
          first.values.length,
          second.dense ? 0 : bp,
          bv,
          second.values.length,
        ),
      );
      do module.check(call.sl_abi_job_step!(dot, 777, out!));
      while (module.u32(out!, 1)[0] === 9);
      module.check(call.sl_abi_local_dot_finish!(dot, out!));
      const [outcome, method, value, errorBound, halfWidth, walks, touchedRows, edgeOperations] =
        module.f64(out!, 8) as unknown as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ];
      return {
        value,
        errorBound,
        ...(walks > 0 && { interval: { halfWidth, confidence, walks, seed } }),
        outcome: outcomes[outcome]!,
        method: module.text(call.sl_abi_local_method_name!(method)) as 'push',
        work: { touchedRows, edgeOperations },
      };
    });
  }

  /** Makes a matrix and the object `kind` for it, runs `body` for each call, and frees both. */
  function on<Options, Result>(
    kind: 'entries' | 'sparse' | 'dot',
    { n, rows, columns, values, type }: Coo,
    calls: Options[],
    body: (object: number, options: Options) => Result,
  ): Result[] {
    const float32 = type === 'float32';
    const stored = float32 ? new Float32Array(values) : new Float64Array(values);
    const arrays = [new Uint32Array(rows), new Uint32Array(columns), stored];
    const matrix = module.with(arrays, (i, j, v) =>
      module.made(call.sl_abi_matrix_from_coo!(n, n, rows.length, i!, j!, v!, float32 ? 1 : 2)),
    );
    try {
      const object = module.made(call[`sl_abi_local_${kind}_create`]!(matrix));
      try {
        return calls.map((options) => body(object, options));
      } finally {
        module.check(call[`sl_abi_local_${kind}_destroy`]!(object));
      }
    } finally {
      module.check(call.sl_abi_matrix_destroy!(matrix));
    }
  }

  return {
    solveEntries: (coo, ...calls) => on('entries', coo, calls, once),
    solveSparse: (coo, ...calls) => on('sparse', coo, calls, sparseOnce),
    estimateDot: (coo, ...calls) => on('dot', coo, calls, dotOnce),
  };
}

// ---- systems

/** m x m grid Laplacian + shift I. */
export function grid(m: number, shift: number): Coo {
  const [rows, columns, values]: [number[], number[], number[]] = [[], [], []];
  const at = (i: number, j: number) => (i >= 0 && i < m && j >= 0 && j < m ? i * m + j : -1);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++) {
      const near = [at(i - 1, j), at(i, j - 1), at(i, j + 1), at(i + 1, j)].filter((k) => k >= 0);
      for (const k of [...near, at(i, j)]) {
        rows.push(at(i, j));
        columns.push(k);
        values.push(k === at(i, j) ? near.length + shift : -1);
      }
    }
  return { n: m * m, rows, columns, values };
}

function path(n: number, diagonal: number): Coo {
  const coo: Coo = { n, rows: [], columns: [], values: [] };
  for (let i = 0; i < n; i++)
    for (const j of [i - 1, i, i + 1])
      if (j >= 0 && j < n) {
        coo.rows.push(i);
        coo.columns.push(j);
        coo.values.push(i === j ? diagonal : -1);
      }
  return coo;
}

const signs = (n: number, seed: number) => {
  const next = random(seed);
  return Array.from({ length: n }, () => 2 * next() - 1);
};

const all = (n: number) => Array.from({ length: n }, (_, i) => i);

/** At most a dozen indices, the first and the last among them. */
const some = (n: number) => all(n).filter((i) => i % Math.ceil(n / 11) === 0 || i === n - 1);

function nonzeros(b: number[]): SparseVector {
  const indices = all(b.length).filter((i) => b[i] !== 0);
  return { indices, values: indices.map((i) => b[i]!) };
}

interface Reference extends Coo {
  name: string;
  values: number[];
  b: number[];
  x: number[] | null;
}

const references = (
  systems as unknown as (Omit<Reference, 'values'> & { values: number[] | null })[]
).map((system): Reference => ({ ...system, values: system.values ?? system.rows.map(() => 1) }));

/** Strictly dominant in rows or in columns, by a margin that rounding cannot hide. */
function isDominant({ n, rows, columns, values }: Coo): boolean {
  const [row, column] = [new Float64Array(n), new Float64Array(n)];
  const diagonal = new Float64Array(n);
  for (const [k, value] of values.entries()) {
    if (rows[k] === columns[k]) diagonal[rows[k]!]! += value;
    else {
      row[rows[k]!]! += Math.abs(value);
      column[columns[k]!]! += Math.abs(value);
    }
  }
  const over = (sums: Float64Array) =>
    sums.every((sum, i) => Math.abs(diagonal[i]!) > sum * (1 + 1e-12));
  return over(row) || over(column);
}

const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
const sizeOf = (x: number[]) => Math.max(...x.map(Math.abs));

type Results = SolveEntriesResult[];

// ---- cases

const onReferences: Case<LocalDoor>[] = references.map((system) => ({
  name: `${system.name}: entries within their bounds, or refused`,
  run: ({ solveEntries }) => {
    const options = { b: system.b, indices: some(system.n), pushWork: 300_000 };
    return attempt(() =>
      solveEntries(
        system,
        { ...options, absoluteError: 1e-3 },
        { ...options, absoluteError: 1e-9 },
        { ...options, absoluteError: 1e-9, b: nonzeros(system.b) },
        { ...options, absoluteError: 1e-9, pushWork: 1 },
      ),
    );
  },
  check: (results: Results | { refused: string }) => {
    if (!isDominant(system)) {
      expect(results).toMatchObject({ refused: 'NOT_DOMINANT', argument: 'matrix' });
      return;
    }
    for (const [k, result] of (results as Results).entries()) {
      // Where x is as large as 1e8, rounding does not leave 1e-9.
      const size = Math.max(...system.x!.map(Math.abs));
      expect(result.outcome).toBe(
        result.errorBound <= (k === 0 ? 1e-3 : 1e-9) ? 'converged' : 'stagnated',
      );
      expect(result.errorBound).toBeLessThanOrEqual(Math.max(k === 0 ? 1e-3 : 1e-9, 1e-14 * size));
      expect(result.errorBound).toBe(Math.max(...result.errorBounds));
      for (const [k, i] of some(system.n).entries()) {
        const error = Math.abs(result.values[k]! - system.x![i]!);
        expect(error).toBeLessThanOrEqual(
          result.errorBounds[k]! + 1e-13 * Math.abs(system.x![i]!) + 1e-15,
        );
      }
    }
  },
}));

const sparseReferences: Case<LocalDoor>[] = references.map((system) => ({
  name: `${system.name}: sparse solution within its bound, or refused`,
  run: ({ solveSparse }) => {
    const b = { indices: all(system.n), values: system.b };
    return attempt(() =>
      solveSparse(
        system,
        { b, absoluteError: 1e-3, pushWork: 1_000_000 },
        { b, absoluteError: 1e-9, pushWork: 300_000 },
        { b, absoluteError: 1e-9, pushWork: 1 },
      ),
    );
  },
  check: (results: SolveSparseResult[] | { refused: string }) => {
    if (!isDominant(system)) {
      expect(results).toMatchObject({ refused: 'NOT_DOMINANT', argument: 'matrix' });
      return;
    }
    const size = system.x!.reduce((sum, value) => sum + Math.abs(value), 0);
    for (const { indices, values, errorBound, errorBoundNorm } of results as SolveSparseResult[]) {
      const x = new Float64Array(system.n);
      for (const [k, i] of indices.entries()) x[i] = values[k]!;
      const errors = system.x!.map((value, i) => Math.abs(value - x[i]!));
      const error = errorBoundNorm === 1 ? errors.reduce((a, e) => a + e, 0) : Math.max(...errors);
      expect(error).toBeLessThanOrEqual(errorBound + 1e-13 * size + 1e-15);
    }
  },
}));

// Not Math.cos: its last bit is another one in each engine.
const weightsOf = ({ n }: { n: number }) => all(n).map((i) => ((i * 37 + 11) % 101) / 50 - 1);

const dotReferences: Case<LocalDoor>[] = references.map((system) => ({
  name: `${system.name}: t^T x within its bound, or refused`,
  run: ({ estimateDot }) => {
    const t = weightsOf(system);
    const one = { indices: [system.n - 1], values: [2] };
    const { b } = system;
    return attempt(() =>
      estimateDot(
        system,
        { t, b, absoluteError: 1e-6, pushWork: 1_000_000 },
        { t: one, b, absoluteError: 1e-9, pushWork: 1_000_000 },
        { t: one, b: nonzeros(b), absoluteError: 1e-9, pushWork: 1_000_000 },
        { t: one, b, absoluteError: 1e-9, pushWork: 1 },
        {
          t: one,
          b,
          absoluteError: 1e-9,
          pushWork: 1,
          confidence: 0.999999,
          seed: 3,
          maxWork: 60_000,
        },
      ),
    );
  },
  check: (results: EstimateDotResult[] | { refused: string }) => {
    if (!isDominant(system)) {
      expect(results).toMatchObject({ refused: 'NOT_DOMINANT', argument: 'matrix' });
      return;
    }
    const x = system.x!;
    const t = weightsOf(system);
    const rounding = 1e-13 * system.n * sizeOf(x) + 1e-15;
    for (const [k, { value, errorBound, interval }] of (results as EstimateDotResult[]).entries()) {
      const error = Math.abs(value - (k === 0 ? dot(t, x) : 2 * x[system.n - 1]!));
      expect(error).toBeLessThanOrEqual(errorBound + rounding);
      if (k < 4) expect(interval).toBeUndefined();
      else if (interval) expect(error).toBeLessThanOrEqual(interval.halfWidth + rounding);
    }
  },
}));

const dotRefusals: [string, Partial<DotOptions>, object][] = [
  ['t too short', { t: [1, 2, 3] }, { refused: 'SHAPE', argument: 't' }],
  ['b too long', { b: [1, 2, 3, 4, 5] }, { refused: 'SHAPE', argument: 'b' }],
  ['NaN in t', { t: [1, Number.NaN, 3, 4] }, { refused: 'NOT_FINITE', argument: 't', at: 1 }],
  ['an infinite b', { b: [1, 2, Infinity, 4] }, { refused: 'NOT_FINITE', argument: 'b', at: 2 }],
  [
    'a place of t outside',
    { t: { indices: [4], values: [1] } },
    { refused: 'INDEX', argument: 't', at: 0 },
  ],
  [
    'a place of b twice',
    { b: { indices: [1, 1], values: [1, 1] } },
    { refused: 'ARGUMENT', argument: 'b', at: 1 },
  ],
  ['t near overflow', { t: [1e308, 1e308, 0, 0] }, { refused: 'RANGE', argument: 't' }],
  ['absoluteError 0', { absoluteError: 0 }, { refused: 'OPTION', argument: 'absoluteError' }],
  [
    'absoluteError NaN',
    { absoluteError: Number.NaN },
    { refused: 'OPTION', argument: 'absoluteError' },
  ],
  ['confidence 1', { confidence: 1 }, { refused: 'OPTION', argument: 'confidence' }],
  ['confidence -1', { confidence: -1 }, { refused: 'OPTION', argument: 'confidence' }],
  ['confidence NaN', { confidence: Number.NaN }, { refused: 'OPTION', argument: 'confidence' }],
];

const sparseRefusals: [string, Partial<SparseOptions>, object][] = [
  [
    'a place of b outside',
    { b: { indices: [9], values: [1] } },
    { refused: 'INDEX', argument: 'b', at: 0 },
  ],
  [
    'a place of b twice',
    { b: { indices: [0, 0], values: [1, 1] } },
    { refused: 'ARGUMENT', argument: 'b', at: 1 },
  ],
  [
    'NaN in b',
    { b: { indices: [0], values: [Number.NaN] } },
    { refused: 'NOT_FINITE', argument: 'b', at: 0 },
  ],
  ['absoluteError -1', { absoluteError: -1 }, { refused: 'OPTION', argument: 'absoluteError' }],
];

const nearlySingular = {
  n: 4,
  rows: [0, 0, 1, 2, 3],
  columns: [0, 1, 1, 2, 3],
  values: [9.286632919787377e-7, 9.286632919684052e-7, 0.83, 0.26, 0.34],
};

const refusals: [string, Partial<Options>, object][] = [
  ['b too short', { b: [1, 2, 3] }, { refused: 'SHAPE', argument: 'b' }],
  ['NaN in b', { b: [1, 2, Number.NaN, 4] }, { refused: 'NOT_FINITE', argument: 'b', at: 2 }],
  [
    'an infinite b',
    { b: [1, 2, 3, Number.NEGATIVE_INFINITY] },
    { refused: 'NOT_FINITE', argument: 'b', at: 3 },
  ],
  ['b near overflow', { b: [1e308, 0, 0, 0] }, { refused: 'RANGE', argument: 'b' }],
  [
    'a place of b outside',
    { b: { indices: [0, 4], values: [1, 1] } },
    { refused: 'INDEX', argument: 'b', at: 1 },
  ],
  [
    'a place of b twice',
    { b: { indices: [3, 3], values: [1, 1] } },
    { refused: 'ARGUMENT', argument: 'b', at: 1 },
  ],
  [
    'NaN in a sparse b',
    { b: { indices: [3], values: [Number.NaN] } },
    { refused: 'NOT_FINITE', argument: 'b', at: 0 },
  ],
  ['no index', { indices: [] }, { refused: 'EMPTY', argument: 'indices' }],
  ['an index outside', { indices: [0, 1, 4] }, { refused: 'INDEX', argument: 'indices', at: 2 }],
  ['absoluteError 0', { absoluteError: 0 }, { refused: 'OPTION', argument: 'absoluteError' }],
  ['absoluteError -1', { absoluteError: -1 }, { refused: 'OPTION', argument: 'absoluteError' }],
  [
    'absoluteError NaN',
    { absoluteError: Number.NaN },
    { refused: 'OPTION', argument: 'absoluteError' },
  ],
  [
    'absoluteError Infinity',
    { absoluteError: Number.POSITIVE_INFINITY },
    { refused: 'OPTION', argument: 'absoluteError' },
  ],
];

const good = { b: [1, -2, 3, 4], indices: [0, 3], absoluteError: 1e-10 };

export const localCases: Case<LocalDoor>[] = [
  ...onReferences,
  ...sparseReferences,
  ...dotReferences,
  ...dotRefusals.map(
    ([what, wrong, refusal]): Case<LocalDoor> => ({
      name: `estimateDot refuses ${what}`,
      run: ({ estimateDot }) =>
        attempt(() =>
          estimateDot(path(4, 3), { t: [1, 2, 3, 4], b: [1, 1, 1, 1], absoluteError: 1, ...wrong }),
        ),
      check: (result: object) => expect(result).toMatchObject(refusal),
    }),
  ),
  ...sparseRefusals.map(
    ([what, wrong, refusal]): Case<LocalDoor> => ({
      name: `solveSparse refuses ${what}`,
      run: ({ solveSparse }) =>
        attempt(() =>
          solveSparse(path(4, 3), { b: { indices: [1], values: [1] }, absoluteError: 1, ...wrong }),
        ),
      check: (result: object) => expect(result).toMatchObject(refusal),
    }),
  ),
  {
    name: 'the sum norm needs dominant columns',
    run: ({ solveSparse }) => {
      const matrix = { n: 2, rows: [0, 0, 1, 1], columns: [0, 1, 0, 1], values: [3, 2, 4, 5] };
      const b = { indices: [1], values: [1] };
      return [
        attempt(() => solveSparse(matrix, { b, absoluteError: 1e-9, norm: 1 })),
        attempt(() => solveSparse(matrix, { b, absoluteError: 1e-9, norm: 'infinity' })),
      ];
    },
    check: ([refused, [solved]]: [object, SolveSparseResult[]]) => {
      expect(refused).toMatchObject({ refused: 'NOT_DOMINANT', argument: 'norm' });
      expect(solved).toMatchObject({ outcome: 'converged', errorBoundNorm: 'infinity' });
    },
  },
  {
    name: 'a sparse solution and a pair of a grid do not depend on its size',
    run: ({ solveSparse, estimateDot }) =>
      [60, 90].map((m) => {
        const at = Math.floor(m / 2) * (m + 1);
        const b = { indices: [at, at + 2], values: [1, -1] };
        const t = { indices: [at + 1], values: [1] };
        const matrix = grid(m, 0.4);
        return {
          sparse: solveSparse(matrix, { b, absoluteError: 1e-3 })[0]!.work,
          pair: estimateDot(matrix, { t, b, absoluteError: 1e-5 })[0]!.work,
        };
      }),
    check: ([small, large]: object[]) => expect(large).toEqual(small),
  },
  {
    // Row 0 has nearly no slack, which makes the bound by rows useless for all the others, though their push has met it.
    name: 'ends where one of two criteria is met and proves nothing',
    run: ({ solveEntries, solveSparse }) => {
      const b = { indices: [0, 2], values: [-0.15, -0.4] };
      const ask = { b, absoluteError: 1e-3 };
      return {
        entries: solveEntries(nearlySingular, { ...ask, indices: [2, 1, 3] })[0]!,
        sparse: solveSparse(nearlySingular, ask)[0]!,
      };
    },
    check: ({ entries, sparse }: { entries: SolveEntriesResult; sparse: SolveSparseResult }) => {
      expect([entries.outcome, sparse.outcome]).toEqual(['converged', 'converged']);
      expect(Math.abs(entries.values[0]! + 0.4 / 0.26)).toBeLessThan(1e-3);
    },
  },
  {
    name: 'walks: the same seed gives the same bits, another seed others, and the interval holds',
    run: ({ estimateDot }) => {
      const options = {
        t: { indices: [210], values: [1] },
        b: all(400).map(() => 1),
        absoluteError: 0.5,
        confidence: 0.99,
        pushWork: 200,
      };
      return estimateDot(
        grid(20, 0.3),
        { ...options, seed: 5 },
        { ...options, seed: 5 },
        { ...options, seed: 6, b: signs(400, 1) },
        { ...options, seed: 7, b: signs(400, 1) },
      );
    },
    check: ([one, same, other, another]: EstimateDotResult[]) => {
      expect(same).toEqual(one);
      for (const { method, outcome, interval } of [one!, other!, another!]) {
        expect([method, outcome]).toEqual(['push+walks', 'converged']);
        expect(interval!.halfWidth).toBeLessThanOrEqual(0.5);
        expect(interval!.confidence).toBe(0.99);
      }
      expect(another!.value).not.toBe(other!.value);
      // b = 1 gives x = 1 / 0.3 everywhere.
      expect(Math.abs(one!.value - 1 / 0.3)).toBeLessThanOrEqual(one!.interval!.halfWidth);
    },
  },
  ...refusals.map(
    ([what, wrong, refusal]): Case<LocalDoor> => ({
      name: `refuses ${what}`,
      run: ({ solveEntries }) => attempt(() => solveEntries(path(4, 3), { ...good, ...wrong })),
      check: (result: object) => expect(result).toMatchObject(refusal),
    }),
  ),
  {
    name: 'refuses a matrix that is not square',
    run: ({ solveEntries }) =>
      attempt(() =>
        solveEntries(
          { n: 2, rows: [0, 0, 1], columns: [0, 1, 0], values: [1, 1, 1] },
          { ...good, b: [1, 1] },
        ),
      ),
    check: (result: object) =>
      expect(result).toMatchObject({ refused: 'NOT_DOMINANT', argument: 'matrix' }),
  },
  {
    name: "Green's function of a path, dense and sparse b",
    run: ({ solveEntries }) => {
      const b = all(300).map((i) => (i === 150 ? 1 : 0));
      const options = { indices: [150, 151, 149, 160, 0, 299], absoluteError: 1e-9, pushWork: 1e6 };
      return solveEntries(path(300, 2.5), { ...options, b }, { ...options, b: nonzeros(b) });
    },
    check: (results: Results) => {
      for (const { values, errorBounds } of results)
        for (const [k, i] of [150, 151, 149, 160, 0, 299].entries()) {
          // Free ends are far away: (2/3) 2^-|i - 150| but for 2^-150.
          const exact = (2 / 3) * 2 ** -Math.abs(i - 150);
          expect(Math.abs(values[k]! - exact)).toBeLessThanOrEqual(errorBounds[k]! + 1e-16);
        }
    },
  },
  {
    name: 'touched rows of a grid do not depend on its size, and stay below 689',
    run: ({ solveEntries }) =>
      [60, 90].map((m) => {
        const b = signs(m * m, 7);
        b[0] = 1;
        const options = {
          b,
          indices: [Math.floor(m / 2) * (m + 1)],
          absoluteError: 1e-2 / 0.4,
          pushWork: 1e6,
        };
        return solveEntries(grid(m, 0.4), options)[0];
      }),
    check: ([small, large]: Results) => {
      expect(small!.work.touchedRows).toBeLessThan(689);
      expect(large!.work).toEqual(small!.work);
    },
  },
  {
    name: 'lists the rows it touched, each once, whatever entry they were for',
    run: ({ solveEntries }) => {
      const m = 60;
      const middle = (m / 2) * (m + 1);
      const options = { b: signs(m * m, 7), absoluteError: 1e-2 / 0.4, pushWork: 1e6 };
      const [alone, both, unlisted] = solveEntries(
        grid(m, 0.4),
        { ...options, indices: [middle], touched: true },
        { ...options, indices: [middle, middle + 1, middle], touched: true },
        { ...options, indices: [middle] },
      );
      return { alone, both, unlisted, middle, m };
    },
    check: ({
      alone,
      both,
      unlisted,
      middle,
      m,
    }: Record<'alone' | 'both' | 'unlisted', SolveEntriesResult> &
      Record<'middle' | 'm', number>) => {
      const rows = new Set(alone.touched);
      expect(rows.size).toBe(alone.touched!.length);
      expect(rows.size).toBe(alone.work.touchedRows);
      // Pushing goes from neighbour to neighbour, so that the rows hang together and the entry is among them.
      const near = (i: number) => [i - 1, i + 1, i - m, i + m];
      const reached = new Set([middle]);
      for (const i of reached) for (const j of near(i)) if (rows.has(j)) reached.add(j);
      expect(reached).toEqual(rows);
      const union = new Set(both.touched);
      expect(union.size).toBe(both.touched!.length);
      expect(union.size).toBeLessThan(both.work.touchedRows);
      for (const i of rows) expect(union).toContain(i);
      expect(union).toContain(middle + 1);
      expect(unlisted).not.toHaveProperty('touched');
    },
  },
  {
    name: 'hands over to the full solve and says so',
    run: ({ solveEntries }) =>
      solveEntries(
        grid(40, 0.03),
        { b: signs(1600, 3), indices: [820, 0, 820, 41], absoluteError: 1e-7 },
        { b: signs(1600, 3), indices: [820, 0, 820, 41], absoluteError: 1e-7, pushWork: 1e8 },
      ),
    check: ([handed, pushed]: Results) => {
      expect(handed).toMatchObject({ outcome: 'converged', method: 'push+full' });
      expect(pushed).toMatchObject({ outcome: 'converged', method: 'push', pushedEntries: 4 });
      expect(handed!.work.edgeOperations).toBeLessThan(pushed!.work.edgeOperations);
      for (const k of all(4))
        expect(Math.abs(handed!.values[k]! - pushed!.values[k]!)).toBeLessThan(2e-7);
    },
  },
  {
    name: 'a work limit ends with the bounds that were reached',
    run: ({ solveEntries }) =>
      [1, 2000, 20000].map(
        (maxWork) =>
          solveEntries(grid(30, 0.05), {
            b: signs(900, 5),
            indices: [450, 3],
            absoluteError: 1e-9,
            pushWork: 1e8,
            maxWork,
          })[0],
      ),
    check: (results: Results) => {
      for (const { outcome, errorBound } of results) {
        expect(outcome).toBe('workLimit');
        expect(errorBound).toBeGreaterThan(1e-9);
        expect(errorBound).toBeLessThan(40);
      }
      expect(results[2]!.errorBounds[0]).toBeLessThan(results[0]!.errorBounds[0]!);
    },
  },
  {
    name: 'a tolerance below rounding stagnates with a tiny bound',
    run: ({ solveEntries }) =>
      solveEntries(grid(6, 0.4), {
        b: signs(36, 6),
        indices: [14],
        absoluteError: 1e-300,
        pushWork: 1e8,
      }),
    check: ([result]: Results) => {
      expect(result!.outcome).toBe('stagnated');
      expect(result!.errorBound).toBeLessThan(1e-12);
    },
  },
];
