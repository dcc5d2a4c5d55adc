// SparseMatrix through both doors. Reference values come from scipy (test/vectors/sparse/generate.py).
import type { DType, MatrixProperties, SparseMatrix, ValueType } from 'sublinear/sparse';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import { bytesOf, piecesOf, readRaw } from '../support/text.js';
import algebra from '../vectors/sparse/algebra.json' with { type: 'json' };
import vectors from '../vectors/sparse/matrices.json' with { type: 'json' };

export interface Arrays {
  rows: number;
  cols: number;
  rowPointers: Uint32Array;
  columns: Uint32Array;
  values: Float64Array | Float32Array | undefined;
  bytes: number;
}

/** What both doors can do, with matrices as opaque tokens. */
export interface SparseDoor {
  fromCoo: (
    rows: number,
    cols: number,
    i: number[],
    j: number[],
    values?: number[],
    dtype?: DType,
  ) => unknown;
  fromCsr: (
    rows: number,
    cols: number,
    pointers: number[],
    j: number[],
    values?: number[],
  ) => unknown;
  read: (text: string, piece?: number, dtype?: DType) => unknown;
  arrays: (matrix: unknown) => Arrays;
  transpose: (matrix: unknown) => unknown;
  add: (alpha: number, a: unknown, beta: number, b: unknown) => unknown;
  scale: (a: unknown, factor: number) => unknown;
  product: (a: unknown, b: unknown) => unknown;
  submatrix: (a: unknown, rows: number[], columns: number[]) => unknown;
  apply: (matrix: unknown, transposed: boolean, x: number[]) => Float64Array;
  get: (matrix: unknown, row: number, column: number) => number;
  diagonal: (matrix: unknown) => Float64Array;
  facts: (matrix: unknown) => MatrixProperties;
  estimate: (rows: number, nnz: number, dtype: ValueType) => number;
  free: (matrix: unknown) => void;
}

export const doors: RoomDoors<'sparse', SparseDoor> = {
  room: 'sparse',
  bundle: 'solver',
  embind: ({ SparseMatrix }) => {
    const m = (token: unknown) => token as SparseMatrix;
    return {
      fromCoo: (rows, cols, rowIndices, columnIndices, values, dtype) =>
        SparseMatrix.fromCoo({
          rows,
          cols,
          rowIndices,
          columnIndices,
          ...(values && { values }),
          ...(dtype && { dtype }),
        }),
      fromCsr: (rows, cols, rowPointers, columns, values) =>
        SparseMatrix.fromCsr({ rows, cols, rowPointers, columns, ...(values && { values }) }),
      read: (text, piece = 1 << 20, dtype = 'float64') =>
        SparseMatrix.fromMatrixMarket(piecesOf(bytesOf(text), piece), { dtype }),
      arrays: (x) => {
        const { rows, cols, rowPointers, columns, values } = m(x).toCsr();
        return { rows, cols, rowPointers, columns, values, bytes: m(x).bytesUsed };
      },
      transpose: (x) => m(x).transpose(),
      add: (alpha, a, beta, b) => m(a).add(m(b), { alpha, beta }),
      scale: (a, factor) => m(a).scale(factor),
      product: (a, b) => m(a).multiply(m(b)),
      submatrix: (a, rows, columns) => m(a).submatrix({ rows, columns }),
      apply: (x, transposed, vector) =>
        transposed ? m(x).multiplyTranspose(vector) : m(x).multiply(vector),
      get: (x, row, column) => m(x).get(row, column),
      diagonal: (x) => m(x).diagonal(),
      facts: (x) => m(x).classify(),
      estimate: (rows, nnz, dtype) => SparseMatrix.estimateBytes({ rows, nnz, dtype }),
      free: (x) => m(x).dispose(),
    };
  },
  raw: rawSparse,
};

const types = { pattern: 0, float32: 1, float64: 2 } as const;

function rawSparse(module: RawModule): SparseDoor {
  const { call } = module;
  const h = (token: unknown) => token as number;
  const info = (x: unknown) =>
    module.with([new Uint32Array(8)], (at) => {
      module.check(call.sl_abi_matrix_info!(h(x), at));
      const [rows, cols, nnz, type, pointers, columns, values, bytes] = module.u32(at, 8);
      return { rows, cols, nnz, type, pointers, columns, values, bytes } as Record<string, number>;
    });
  const reals = (values: number[] | undefined, dtype: DType) =>
    dtype === 'float32' ? Float32Array.from(values ?? []) : Float64Array.from(values ?? []);
  return {
    fromCoo: (rows, cols, i, j, values, dtype = 'float64') =>
      module.with([Uint32Array.from(i), Uint32Array.from(j), reals(values, dtype)], (a, b, c) =>
        module.made(
          call.sl_abi_matrix_from_coo!(
            rows,
            cols,
            i.length,
            a,
            b,
            values ? c : 0,
            values ? types[dtype] : 0,
          ),
        ),
      ),
    fromCsr: (rows, cols, pointers, j, values) =>
      module.with(
        [Uint32Array.from(pointers), Uint32Array.from(j), reals(values, 'float64')],
        (a, b, c) =>
          module.made(
            call.sl_abi_matrix_from_csr!(
              rows,
              cols,
              a,
              pointers.length,
              b,
              j.length,
              values ? c : 0,
              values?.length ?? 0,
              values ? 2 : 0,
            ),
          ),
      ),
    read: (text, piece = 1 << 20, dtype = 'float64') =>
      readRaw(
        module,
        'matrix_market',
        [types[dtype]],
        piecesOf(bytesOf(text), piece),
        (matrix) => matrix,
      ),
    arrays(x) {
      const { rows, cols, nnz, type, pointers, columns, values, bytes } = info(x);
      return {
        rows: rows!,
        cols: cols!,
        rowPointers: module.u32(pointers!, rows! + 1),
        columns: module.u32(columns!, nnz!),
        values:
          type === 2
            ? module.f64(values!, nnz!)
            : type === 1
              ? module.f32(values!, nnz!)
              : undefined,
        bytes: bytes!,
      };
    },
    add: (alpha, a, beta, b) => module.made(call.sl_abi_matrix_add!(alpha, h(a), beta, h(b))),
    scale: (a, factor) => module.made(call.sl_abi_matrix_scale!(h(a), factor)),
    product: (a, b) => module.made(call.sl_abi_matrix_product!(h(a), h(b))),
    submatrix: (a, rows, columns) =>
      module.with([Uint32Array.from(rows), Uint32Array.from(columns)], (i, j) =>
        module.made(call.sl_abi_matrix_submatrix!(h(a), i, rows.length, j, columns.length)),
      ),
    transpose: (x) => module.made(call.sl_abi_matrix_transpose!(h(x))),
    apply(x, transposed, vector) {
      const { rows, cols } = info(x);
      const length = (transposed ? cols : rows) as number;
      return module.with([Float64Array.from(vector), new Float64Array(length)], (a, y) => {
        module.check(
          call.sl_abi_matrix_apply!(h(x), Number(transposed), a, vector.length, y, length),
        );
        return module.f64(y, length);
      });
    },
    get: (x, row, column) =>
      module.with([new Float64Array(1)], (at) => {
        module.check(call.sl_abi_matrix_get!(h(x), row, column, at));
        return module.f64(at, 1)[0]!;
      }),
    diagonal(x) {
      const { rows, cols } = info(x);
      const length = Math.min(rows!, cols!);
      return module.with([new Float64Array(length)], (at) => {
        module.check(call.sl_abi_matrix_diagonal!(h(x), at));
        return module.f64(at, length);
      });
    },
    facts: (x) =>
      module.with([new Float64Array(14)], (at) => {
        module.check(call.sl_abi_matrix_facts!(h(x), at));
        const f = Array.from(module.f64(at, 14));
        return {
          square: f[0] === 1,
          symmetric: f[1] === 1,
          positiveDiagonal: f[2] === 1,
          ...(f[3]! >= 0 && { zeroDiagonalRow: f[3]! }),
          nonpositiveOffDiagonal: f[4] === 1,
          laplacian: f[5] === 1,
          mMatrix: f[6] === 1,
          minRowSlack: f[7]!,
          minColumnSlack: f[8]!,
          minRelativeRowSlack: f[9]!,
          minRelativeColumnSlack: f[10]!,
          normInfinity: f[11]!,
          norm1: f[12]!,
          maxRowEntries: f[13]!,
        };
      }),
    estimate: (rows, nnz, dtype) => call.sl_abi_matrix_estimate_bytes!(rows, nnz, types[dtype]),
    free: (x) => module.check(call.sl_abi_matrix_destroy!(h(x))),
  };
}

/** Runs with a matrix and frees it. */
function using<T>(door: SparseDoor, matrix: unknown, run: (matrix: unknown) => T): T {
  try {
    return run(matrix);
  } finally {
    door.free(matrix);
  }
}

const dense = ({ rows, cols, rowPointers, columns, values }: Arrays) => {
  const all = new Array<number>(rows * cols).fill(0);
  for (let i = 0; i < rows; i++) {
    for (let k = rowPointers[i]!; k < rowPointers[i + 1]!; k++)
      all[i * cols + columns[k]!] = values ? values[k]! : 1;
  }
  return all;
};

const banner = '%%MatrixMarket matrix coordinate real general\n';

/** What is refused, with what was blamed and where. */
const bad: [string, (door: SparseDoor) => unknown, object][] = [
  ['no rows', (d) => d.fromCoo(0, 1, [], []), { refused: 'EMPTY', argument: 'rows', at: -1 }],
  ['no columns', (d) => d.fromCoo(1, 0, [], []), { refused: 'EMPTY', argument: 'cols', at: -1 }],
  [
    'too many rows',
    (d) => d.fromCoo(2 ** 32 - 1, 1, [], []),
    { refused: 'OVERFLOW', argument: 'rows', at: -1 },
  ],
  [
    'row out of range',
    (d) => d.fromCoo(2, 2, [0, 2], [0, 0], [1, 1]),
    { refused: 'INDEX', argument: 'rowIndices', at: 1 },
  ],
  [
    'column out of range',
    (d) => d.fromCoo(2, 2, [0, 1], [2, 0], [1, 1]),
    { refused: 'INDEX', argument: 'columnIndices', at: 0 },
  ],
  [
    'NaN',
    (d) => d.fromCoo(1, 1, [0, 0], [0, 0], [1, Number.NaN]),
    { refused: 'NOT_FINITE', argument: 'values', at: 1 },
  ],
  [
    'infinity in float32',
    (d) => d.fromCoo(1, 1, [0], [0], [1e39], 'float32'),
    { refused: 'NOT_FINITE', argument: 'values', at: 0 },
  ],
  [
    'a sum that overflows',
    (d) => d.fromCoo(1, 1, [0, 0], [0, 0], [1.7e308, 1.7e308]),
    { refused: 'NOT_FINITE', argument: 'values', at: -1 },
  ],
  [
    'row pointers too short',
    (d) => d.fromCsr(2, 2, [0, 1], [0], [1]),
    { refused: 'SHAPE', argument: 'rowPointers', at: -1 },
  ],
  [
    'row pointers that do not start at 0',
    (d) => d.fromCsr(2, 2, [1, 1, 1], [0], [1]),
    { refused: 'SHAPE', argument: 'rowPointers', at: 0 },
  ],
  [
    'row pointers that decrease',
    (d) => d.fromCsr(2, 2, [0, 2, 1], [0], [1]),
    { refused: 'ARGUMENT', argument: 'rowPointers', at: 2 },
  ],
  [
    'row pointers with a wrong end',
    (d) => d.fromCsr(2, 2, [0, 1, 2], [0], [1]),
    { refused: 'SHAPE', argument: 'rowPointers', at: 2 },
  ],
  [
    'fewer values than columns',
    (d) => d.fromCsr(2, 2, [0, 1, 2], [0, 1], [1]),
    { refused: 'SHAPE', argument: 'values', at: -1 },
  ],
  [
    'CSR column out of range',
    (d) => d.fromCsr(1, 2, [0, 2], [0, 2], [1, 1]),
    { refused: 'INDEX', argument: 'columns', at: 1 },
  ],
  [
    'CSR infinity',
    (d) => d.fromCsr(1, 2, [0, 1], [1], [-Number.POSITIVE_INFINITY]),
    { refused: 'NOT_FINITE', argument: 'values', at: 0 },
  ],
  ['empty text', (d) => d.read(''), { refused: 'TRUNCATED', argument: 'text', at: 1 }],
  ['another kind of text', (d) => d.read('hello\n'), { refused: 'PARSE', argument: 'text', at: 1 }],
  [
    'complex',
    (d) => d.read('%%MatrixMarket matrix coordinate complex general\n'),
    { refused: 'FORMAT', argument: 'field', at: 1 },
  ],
  [
    'hermitian',
    (d) => d.read('%%MatrixMarket matrix coordinate real hermitian\n'),
    { refused: 'FORMAT', argument: 'symmetry', at: 1 },
  ],
  [
    '2^32 rows declared',
    (d) => d.read(`${banner}4294967296 1 1\n1 1 1\n`),
    { refused: 'PARSE', argument: 'rows', at: 2 },
  ],
  [
    '2^32 - 2 rows and entries declared, none there',
    (d) => d.read(`${banner}4294967294 4294967294 4294967295\n`),
    { refused: 'TRUNCATED', argument: 'text', at: 3 },
  ],
  [
    'cut in the middle of a line',
    (d) => d.read(`${banner}2 2 2\n1 1 1\n2 2`),
    { refused: 'TRUNCATED', argument: 'text', at: 4 },
  ],
  [
    'a value that is no number',
    (d) => d.read(`${banner}2 2 1\n\n1 1 one\n`),
    { refused: 'PARSE', argument: 'value', at: 4 },
  ],
  [
    'nan as text',
    (d) => d.read(`${banner}2 2 1\n1 1 nan\n`),
    { refused: 'PARSE', argument: 'value', at: 3 },
  ],
  [
    'a negative index',
    (d) => d.read(`${banner}2 2 1\n-1 1 2\n`),
    { refused: 'PARSE', argument: 'row', at: 3 },
  ],
  [
    'more entries than declared',
    (d) => d.read(`${banner}2 2 1\n1 1 2\n1 2 2\n`),
    { refused: 'PARSE', argument: 'text', at: 4 },
  ],
  [
    'a lone carriage return',
    (d) => d.read(`${banner}2 2 1\r1 1 1\n`),
    { refused: 'PARSE', argument: 'text', at: 2 },
  ],
];

export const cases: Case<SparseDoor>[] = [
  ...algebra.map(
    (v, k): Case<SparseDoor> => ({
      name: `sum, product and part as scipy: ${k}`,
      run(door) {
        const made: unknown[] = [];
        const keep = (matrix: unknown) => {
          made.push(matrix);
          return matrix;
        };
        try {
          const [a, b, c] = [v.a, v.b, v.c].map((x) =>
            keep(door.fromCsr(x.rows, x.cols, x.rowPointers, x.columns, x.values)),
          );
          return [
            door.add(2, a, -0.5, b),
            door.scale(a, -1.5),
            door.product(a, c),
            door.submatrix(a, v.take, v.keep),
          ].map((x) => door.arrays(keep(x)));
        } finally {
          for (const matrix of made) door.free(matrix);
        }
      },
      check(all: Arrays[]) {
        // scipy has no negative zeros where nothing is stored; x + 0 makes them alike.
        const filled = ({ rows, cols, rowPointers, columns, values }: Arrays) => {
          const dense = new Array<number>(rows * cols).fill(0);
          for (let i = 0; i < rows; i++)
            for (let k = rowPointers[i]!; k < rowPointers[i + 1]!; k++)
              dense[i * cols + columns[k]!] = values![k]! + 0;
          return dense;
        };
        const wanted = [v.sum, v.scaled, v.product, v.part].map((x) => x.map((y) => y + 0));
        expect(all.map(filled)).toEqual(wanted);
      },
    }),
  ),
  {
    name: 'rejects what cannot be added, multiplied or cut, and lives on',
    run(door) {
      const a = door.fromCoo(2, 3, [0, 1], [0, 1], [1, Number.MAX_VALUE]);
      const b = door.transpose(a);
      try {
        return [
          attempt(() => door.add(1, a, 1, b)),
          attempt(() => door.add(Number.NaN, a, 1, a)),
          attempt(() => door.add(1, a, Number.POSITIVE_INFINITY, a)),
          attempt(() => door.add(1, a, 1, a)),
          attempt(() => door.scale(a, 2)),
          attempt(() => door.scale(a, Number.NaN)),
          attempt(() => door.product(a, a)),
          attempt(() => door.product(a, b)),
          attempt(() => door.submatrix(a, [0, 2], [0])),
          attempt(() => door.submatrix(a, [0], [0, 3])),
          attempt(() => door.submatrix(a, [0], [1, 1])),
          attempt(() => door.submatrix(a, [], [1])),
          door.get(a, 0, 0),
        ];
      } finally {
        door.free(a);
        door.free(b);
      }
    },
    check: (found: unknown[]) =>
      expect(found).toEqual([
        { refused: 'SHAPE', argument: 'other', at: -1 },
        { refused: 'NOT_FINITE', argument: 'alpha', at: -1 },
        { refused: 'NOT_FINITE', argument: 'beta', at: -1 },
        { refused: 'NOT_FINITE', argument: 'values', at: 1 },
        { refused: 'NOT_FINITE', argument: 'values', at: 1 },
        { refused: 'NOT_FINITE', argument: 'factor', at: -1 },
        { refused: 'SHAPE', argument: 'other', at: -1 },
        { refused: 'NOT_FINITE', argument: 'values', at: 1 },
        { refused: 'INDEX', argument: 'rows', at: 1 },
        { refused: 'INDEX', argument: 'columns', at: 1 },
        { refused: 'ARGUMENT', argument: 'columns', at: 1 },
        { refused: 'EMPTY', argument: 'rows', at: -1 },
        1,
      ]),
  },
  ...vectors.matrices.map((v): Case<SparseDoor> => {
    const dtype = v.dtype as DType;
    return {
      name: `as scipy: ${v.name}`,
      run(door) {
        const made = door.fromCoo(v.rows, v.cols, v.rowIndices, v.columnIndices, v.values, dtype);
        return using(door, made, (m) => {
          const arrays = door.arrays(m);
          const transposed = using(door, door.transpose(m), (t) => door.arrays(t));
          const again = using(
            door,
            door.fromCsr(
              v.rows,
              v.cols,
              [...arrays.rowPointers],
              [...arrays.columns],
              [...(arrays.values ?? [])],
            ),
            (c) => [...(door.arrays(c).values ?? [])],
          );
          const read = using(door, door.read(v.text, 7, dtype), (r) => door.arrays(r));
          return {
            arrays,
            transposed,
            again,
            read,
            product: door.apply(m, false, v.x),
            productTranspose: door.apply(m, true, v.y),
            diagonal: door.diagonal(m),
            facts: door.facts(m),
            entry: door.get(m, v.rows - 1, v.cols - 1),
            estimate: door.estimate(v.rows, v.nnz, dtype),
          };
        });
      },
      check(r: {
        arrays: Arrays;
        transposed: Arrays;
        read: Arrays;
        again: number[];
        product: Float64Array;
        productTranspose: Float64Array;
        diagonal: Float64Array;
        facts: MatrixProperties;
        entry: number;
        estimate: number;
      }) {
        for (const [found, wanted] of [
          [r.arrays, v.csr],
          [r.transposed, v.transposed],
        ] as const) {
          expect([...found.rowPointers]).toEqual(wanted.rowPointers);
          expect([...found.columns]).toEqual(wanted.columns);
          expect([...found.values!]).toEqual(wanted.values);
        }
        expect(r.arrays.values).toBeInstanceOf(dtype === 'float32' ? Float32Array : Float64Array);
        expect(r.again).toEqual(v.csr.values);
        expect(dense(r.read)).toEqual(dense(r.arrays));
        expect([...r.product].map((x) => x + 0)).toEqual(v.product.map((x) => x + 0));
        expect([...r.productTranspose].map((x) => x + 0)).toEqual(
          v.productTranspose.map((x) => x + 0),
        );
        expect([...r.diagonal]).toEqual(v.diagonal);
        expect(r.entry).toBe(dense(r.arrays).at(-1));
        expect(r.facts.symmetric).toBe(v.symmetric);
        expect(r.facts.square).toBe(v.rows === v.cols);
        // Rounded up: at least the true norm, and hardly more.
        for (const [found, wanted] of [
          [r.facts.normInfinity, v.normInfinity],
          [r.facts.norm1, v.norm1],
        ] as const) {
          expect(found).toBeGreaterThanOrEqual(wanted);
          expect(found).toBeLessThanOrEqual(wanted * (1 + 1e-13));
        }
        expect(r.estimate).toBe(r.arrays.bytes);
      },
    };
  }),
  ...vectors.texts.map(
    ({ text, rows, cols, dense: wanted }): Case<SparseDoor> => ({
      name: `reads what scipy writes: ${text.slice(2, text.indexOf('\n'))}`,
      run: (door) =>
        [1, 3, 1000].map((piece) => using(door, door.read(text, piece), (m) => door.arrays(m))),
      check(all: Arrays[]) {
        for (const found of all) {
          expect([found.rows, found.cols]).toEqual([rows, cols]);
          expect(dense(found).map((x) => x + 0)).toEqual(wanted.map((x) => x + 0));
        }
      },
    }),
  ),
  {
    name: 'reads hard decimals to the bit',
    run: (door) => using(door, door.read(vectors.hardText), (m) => door.arrays(m).values),
    check: (values: Float64Array) => expect([...values]).toEqual(vectors.hardValues),
  },
  {
    name: 'CRLF, tabs, a byte order mark and no final line feed change nothing',
    run: (door) =>
      using(
        door,
        door.read(`\xef\xbb\xbf${banner.replace('\n', '\r\n')}% c\r\n2\t2  1\r\n\r\n 1 2 5`),
        (m) => dense(door.arrays(m)),
      ),
    check: (values: number[]) => expect(values).toEqual([0, 5, 0, 0]),
  },
  {
    name: 'float32 values are rounded, patterns have none',
    run: (door) => [
      using(
        door,
        door.read(`${banner}1 1 1\n1 1 0.1\n`, 4, 'float32'),
        (m) => door.arrays(m).values,
      ),
      using(door, door.fromCoo(1, 1, [0, 0], [0, 0]), (m) => [
        door.arrays(m).columns,
        door.get(m, 0, 0),
      ]),
    ],
    check: ([narrow, pattern]: [Float32Array, [Uint32Array, number]]) => {
      expect(narrow).toEqual(new Float32Array([0.1]));
      expect(pattern).toEqual([new Uint32Array([0]), 1]);
    },
  },
  {
    name: 'products of a random matrix have the same bits everywhere',
    run(door) {
      const next = random(3);
      const n = 3000;
      const [i, j, v]: number[][] = [[], [], []];
      for (let k = 0; k < 8 * n; k++) {
        i!.push(Math.floor(next() * n));
        j!.push(Math.floor(next() * n));
        v!.push((next() - 0.5) * 10 ** Math.floor(next() * 8));
      }
      const x = Array.from({ length: n }, () => next() - 0.5);
      return using(door, door.fromCoo(n, n, i!, j!, v), (m) => ({
        y: door.apply(m, false, x),
        z: door.apply(m, true, x),
        facts: door.facts(m),
      }));
    },
  },
  ...bad.map(
    ([name, call, refused]): Case<SparseDoor> => ({
      name: `rejects ${name}`,
      run: (door) => attempt(() => call(door)),
      check: (found: object) => expect(found).toEqual(refused),
    }),
  ),
  {
    name: 'rejects wrong shapes and places, and lives on',
    run: (door) =>
      using(door, door.fromCoo(2, 3, [0, 1], [2, 0], [5, 7]), (m) => [
        attempt(() => door.apply(m, false, [1, 2])),
        attempt(() => door.apply(m, true, [1, 2, 3])),
        attempt(() => door.get(m, 2, 0)),
        attempt(() => door.get(m, 0, 3)),
        [...door.apply(m, false, [1, 1, 1])],
      ]),
    check: (result: unknown[]) =>
      expect(result).toEqual([
        { refused: 'SHAPE', argument: 'x', at: -1 },
        { refused: 'SHAPE', argument: 'x', at: -1 },
        { refused: 'INDEX', argument: 'row', at: 2 },
        { refused: 'INDEX', argument: 'column', at: 3 },
        [5, 7],
      ]),
  },
];
