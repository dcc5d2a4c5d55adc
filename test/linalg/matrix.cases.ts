// Matrices element by element through both doors, against loops of numbers.
import type { LinalgRoom, MatrixNorm } from 'sublinear/linalg';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

type Numbers = Float32Array | Float64Array;

/** A Float32Array makes a float32 matrix. */
interface Given {
  data: Numbers;
  rows: number;
  columns: number;
}
type Name = 'add' | 'subtract' | 'multiply' | 'divide';

export interface MatrixDoor {
  /** With `into` the result goes into the left one. */
  combine: (name: Name, left: Given, right: Given, into?: boolean) => Numbers;
  transpose: (given: Given) => Numbers;
  convert: (given: Given, wide: boolean) => Numbers;
  norm: (given: Given, kind: MatrixNorm) => number;
}

export const matrixDoors: RoomDoors<'linalg', MatrixDoor> = {
  room: 'linalg',
  bundle: 'linalg',
  table: 'linalg-matrix',
  embind: embindMatrix,
  raw: rawMatrix,
};

const names: Name[] = ['add', 'subtract', 'multiply', 'divide'];
const kinds: MatrixNorm[] = ['frobenius', 1, 'infinity', 'max'];

function embindMatrix({ Matrix }: LinalgRoom): MatrixDoor {
  const from = ({ data, rows, columns }: Given) => Matrix.from(data, { rows, columns });
  return {
    combine(name, left, right, into = false) {
      using a = from(left);
      using b = from(right);
      if (into) return a[name](b, { into: a }).toArray();
      using made = a[name](b);
      return made.toArray();
    },
    transpose(given) {
      using a = from(given);
      using made = a.transpose();
      return made.toArray();
    },
    convert(given, wide) {
      using a = from(given);
      using made = a.as(wide ? 'float64' : 'float32');
      return made.toArray();
    },
    norm(given, kind) {
      using a = from(given);
      return a.norm(kind);
    },
  };
}

const isWide = ({ data }: Given) => data instanceof Float64Array;

function rawMatrix(module: RawModule): MatrixDoor {
  const { call } = module;
  function within<T>(given: Given[], body: (...handles: number[]) => T): T {
    const handles = given.map((each) => {
      const { data, rows, columns } = each;
      const type = isWide(each) ? 2 : 1;
      return module.with([data, Uint32Array.of(rows, columns, 0, 0)], (at, shape) =>
        module.made(call.sl_abi_dense_matrix_from!(at!, type, shape!, type, 0, 0)),
      );
    });
    try {
      return body(...handles);
    } finally {
      for (const handle of handles) module.check(call.sl_abi_dense_matrix_destroy!(handle));
    }
  }
  function result(
    rows: number,
    columns: number,
    wide: boolean,
    write: (out: number) => number,
  ): Numbers {
    const made = module.made(call.sl_abi_dense_matrix_create!(rows, columns, wide ? 2 : 1));
    try {
      module.check(write(made));
      return read(made, rows, columns, wide);
    } finally {
      module.check(call.sl_abi_dense_matrix_destroy!(made));
    }
  }
  const read = (handle: number, rows: number, columns: number, wide: boolean) =>
    module.with([new Float64Array(rows * columns)], (out) => {
      module.check(call.sl_abi_dense_matrix_read!(handle, 0, rows, out!));
      return wide ? module.f64(out!, rows * columns) : module.f32(out!, rows * columns);
    });
  return {
    combine: (name, left, right, into = false) =>
      within([left, right], (a, b) => {
        const rows = left.rows === 1 ? right.rows : left.rows;
        const columns = left.columns === 1 ? right.columns : left.columns;
        const wide = isWide(left) || isWide(right);
        const code = names.indexOf(name);
        if (!into)
          return result(rows, columns, wide, (out) =>
            call.sl_abi_dense_matrix_combine!(a!, b!, code, out),
          );
        module.check(call.sl_abi_dense_matrix_combine!(a!, b!, code, a!));
        return read(a!, rows, columns, wide);
      }),
    transpose: (given) =>
      within([given], (a) =>
        result(given.columns, given.rows, isWide(given), (out) =>
          call.sl_abi_dense_matrix_transpose!(a!, out),
        ),
      ),
    convert: (given, wide) =>
      within([given], (a) =>
        result(given.rows, given.columns, wide, (out) =>
          call.sl_abi_dense_matrix_convert!(a!, out),
        ),
      ),
    norm: (given, kind) =>
      within([given], (a) =>
        module.with([new Float64Array(1)], (out) => {
          module.check(call.sl_abi_dense_matrix_norm!(a!, kinds.indexOf(kind), out!));
          return module.f64(out!, 1)[0]!;
        }),
      ),
  };
}

/** Numbers in -1 .. 1. */
export function given(rows: number, columns: number, wide: boolean, seed = 1): Given {
  const draw = random(seed);
  const data = Float64Array.from({ length: rows * columns }, () => 2 * draw() - 1);
  return { data: wide ? data : Float32Array.from(data), rows, columns };
}

const once: Record<Name, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};

/** What NumPy's rules of broadcasting and of precision give. */
function expected(name: Name, left: Given, right: Given): Numbers {
  const rows = left.rows === 1 ? right.rows : left.rows;
  const columns = left.columns === 1 ? right.columns : left.columns;
  const at = ({ data, rows: m, columns: n }: Given, i: number, j: number) =>
    data[(m === 1 ? 0 : i) * n + (n === 1 ? 0 : j)]!;
  // f64 arithmetic rounded to f32 is f32 arithmetic: 53 bits are more than twice 24 and two.
  const wide = isWide(left) || isWide(right);
  const length = rows * columns;
  const out = wide ? new Float64Array(length) : new Float32Array(length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      out[i * columns + j] = once[name](at(left, i, j), at(right, i, j));
  return out;
}

const precisions = [
  [false, false],
  [true, true],
  [false, true],
  [true, false],
] as const;

/** Shapes of both sides. */
const shapes: [number, number, number, number][] = [
  [3, 5, 3, 5],
  [7, 300, 7, 300],
  [4, 6, 1, 6],
  [4, 6, 4, 1],
  [4, 6, 1, 1],
  [1, 6, 4, 1],
  [1, 1, 2, 3],
  [0, 3, 0, 3],
  [0, 3, 1, 3],
  [1, 1, 1, 1],
];

export const matrixCases: Case<MatrixDoor>[] = [
  ...names.flatMap((name): Case<MatrixDoor>[] =>
    precisions.map(([first, second]) => {
      const sides = shapes.map(
        ([a, b, c, d]) => [given(a, b, first), given(c, d, second, 2)] as const,
      );
      return {
        name: `${name}: ${first ? 'float64' : 'float32'} and ${second ? 'float64' : 'float32'}`,
        run: ({ combine }) => sides.map(([left, right]) => combine(name, left, right)),
        check(found: Numbers[]) {
          expect(found).toEqual(sides.map(([left, right]) => expected(name, left, right)));
        },
      };
    }),
  ),
  {
    name: 'into the left operand, which may be the right one as well',
    run: ({ combine }) =>
      names.map((name) => combine(name, given(5, 9, false), given(1, 9, false, 2), true)),
    check(found: Numbers[]) {
      found.forEach((values, i) => {
        expect(values).toEqual(expected(names[i]!, given(5, 9, false), given(1, 9, false, 2)));
      });
    },
  },
  {
    name: 'infinities, zeros and what is too large for float32',
    run: ({ combine, convert }) => {
      const one = (...data: number[]) => ({
        data: Float32Array.from(data),
        rows: 1,
        columns: data.length,
      });
      return [
        combine('divide', one(1, -1, 2), one(0, 0, Number.POSITIVE_INFINITY)),
        combine('multiply', one(3e38, 1e-30, -3e38), one(2, 1e-30, 2)),
        convert({ data: Float64Array.of(1e300, -1e300, 1e-300, 0.1), rows: 2, columns: 2 }, false),
      ];
    },
    check(found: Numbers[]) {
      const { POSITIVE_INFINITY: plus, NEGATIVE_INFINITY: minus } = Number;
      expect(found).toEqual([
        Float32Array.of(plus, minus, 0),
        Float32Array.of(plus, 0, minus),
        Float32Array.of(plus, minus, 0, 0.1),
      ]);
    },
  },
  {
    name: 'transposes and copies in another precision',
    run: ({ transpose, convert }) =>
      [false, true].flatMap((wide) => [
        transpose(given(37, 18, wide)),
        transpose(given(0, 4, wide)),
        convert(given(6, 7, wide), false),
        convert(given(6, 7, wide), true),
      ]),
    check(found: Numbers[]) {
      [false, true].forEach((wide, at) => {
        const [turned, none, narrow, double] = found.slice(4 * at);
        const { data } = given(37, 18, wide);
        expect(turned).toEqual(data.map((_, k) => data[(k % 37) * 18 + Math.floor(k / 37)]!));
        expect(none).toHaveLength(0);
        expect(narrow).toEqual(Float32Array.from(given(6, 7, wide).data));
        expect(double).toEqual(Float64Array.from(given(6, 7, wide).data));
      });
    },
  },
  {
    name: 'norms',
    run: ({ norm }) =>
      [Float32Array.of(1, -2, 0, 2, 4, 0), Float64Array.of(3e300, 0, 0, 0, -4e300, 0)].map((data) =>
        kinds.map((kind) => norm({ data, rows: 2, columns: 3 }, kind)),
      ),
    check([small, large]: [number[], number[]]) {
      expect(small).toEqual([5, 6, 6, 4]);
      expect(large.slice(1)).toEqual([4e300, 4e300, 4e300]);
      expect(Math.abs(large[0]! / 5e300 - 1)).toBeLessThan(1e-15);
    },
  },
  {
    name: 'refuses shapes that do not fit',
    run: ({ combine }) => [
      attempt(() => combine('add', given(2, 3, false), given(3, 2, false))),
      attempt(() => combine('divide', given(2, 3, true), given(2, 2, false))),
      attempt(() => combine('add', given(0, 3, true), given(2, 3, true))),
    ],
    check(refused: unknown[]) {
      expect(refused).toEqual(refused.map(() => ({ refused: 'SHAPE', argument: 'right', at: -1 })));
    },
  },
];
