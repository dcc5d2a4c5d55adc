// One table of cases for products and layers through both doors: against plain loops in float64, and against numpy.
import type { Activation, ElementType, GemmRoom } from 'sublinear/gemm';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import numpy from '../vectors/gemm/numpy.json' with { type: 'json' };

type Numbers = Float32Array | Float64Array | Int8Array;

/** A product of whole arrays, row by row. */
interface Asked {
  left: Numbers;
  right: Numbers;
  rows: number;
  depth: number;
  columns: number;
  batch?: number;
  transposed?: [boolean, boolean];
  /** The right operand as a matrix that keeps its elements so. */
  type?: ElementType;
  packed?: boolean;
  alpha?: number;
  before?: { beta: number; values: Float32Array | Float64Array };
  bias?: Float32Array | Float64Array;
  activation?: Activation;
  quantize?: boolean;
}

interface GemmDoor {
  product: (asked: Asked) => number[];
  kept: (values: Numbers, rows: number, columns: number, type: ElementType) => number[];
  gather: (values: Float32Array, columns: number, indices: number[]) => number[];
  activate: (x: Float32Array, activation: Activation) => number[];
  softmax: (x: Float32Array, columns: number) => number[];
  layerNorm: (x: Float32Array, gain: Float32Array, bias: Float32Array, epsilon: number) => number[];
  rmsNorm: (x: Float32Array, gain: Float32Array, epsilon: number) => number[];
  rotate: (
    x: Float32Array,
    shape: [number, number, number, number],
    base: number,
    position: number,
    interleaved: boolean,
  ) => number[];
  swiglu: (gate: Float32Array, up: Float32Array) => number[];
}

const types = { float32: 1, float64: 2, int8: 3, int4: 4 };
const activations: Activation[] = ['none', 'relu', 'gelu', 'geluTanh', 'silu', 'tanh', 'sigmoid'];
const typeOf = (values: Numbers) =>
  values instanceof Float32Array ? 1 : values instanceof Float64Array ? 2 : 3;

export const doors: RoomDoors<'gemm', GemmDoor> = {
  room: 'gemm',
  bundle: 'neural',
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: GemmRoom): GemmDoor {
  const { DenseMatrix } = room;
  return {
    product(asked) {
      const { left, right, rows, depth, columns, transposed = [false, false], type } = asked;
      const { batch = 1, packed = false, before, bias, alpha = 1, activation = 'none' } = asked;
      const a = { data: left, rows, columns: depth, transposed: transposed[0] };
      const b = { data: right, rows: depth, columns, transposed: transposed[1] };
      using matrix =
        type === undefined
          ? undefined
          : DenseMatrix.from(right, {
              rows: depth,
              columns,
              transposed: transposed[1],
              type,
              packed,
            });
      const result = room.matmul(a, matrix ?? b, {
        batch,
        alpha,
        activation,
        quantize: asked.quantize ?? false,
        ...(bias && { bias }),
        ...(before && { beta: before.beta, into: before.values.slice() }),
      });
      return Array.from(result as Float32Array);
    },
    kept(values, rows, columns, type) {
      using matrix = DenseMatrix.from(values, { rows, columns, type });
      return Array.from(matrix.toArray());
    },
    gather(values, columns, indices) {
      using matrix = DenseMatrix.from(values, { rows: values.length / columns, columns });
      return Array.from(matrix.gather(indices));
    },
    activate: (x, activation) => Array.from(room.activate(x, activation)),
    softmax: (x, columns) => Array.from(room.softmax(x, { columns })),
    layerNorm: (x, gain, bias, epsilon) =>
      Array.from(room.layerNorm(x, { columns: gain.length, gain, bias, epsilon })),
    rmsNorm: (x, gain, epsilon) =>
      Array.from(room.rmsNorm(x, { columns: gain.length, gain, epsilon })),
    rotate: (x, [, heads, size, rotated], base, position, interleaved) => {
      const pairs = interleaved ? 'interleaved' : 'neox';
      return Array.from(room.rotaryEmbedding(x, { heads, size, rotated, base, position, pairs }));
    },
    swiglu: (gate, up) => Array.from(room.swiglu(gate, up)),
  };
}

const bytes = (values: Numbers) =>
  values instanceof Int8Array ? new Uint8Array(values.buffer) : values;

function rawDoor(module: RawModule): GemmDoor {
  const { call } = module;
  const changed = (x: Float32Array, run: (at: number) => number) =>
    module.with([x], (at) => {
      module.check(run(at!));
      return Array.from(module.f32(at!, x.length));
    });
  const matrixOf = (
    values: Numbers,
    rows: number,
    columns: number,
    turned: boolean,
    type: number,
    packed: boolean,
  ) =>
    module.with(
      [bytes(values), Uint32Array.of(rows, columns, Number(turned), Number(packed))],
      (at, shape) =>
        module.made(call.sl_abi_dense_matrix_from!(at!, typeOf(values), shape!, type, 0, 0)),
    );
  const read = (matrix: number, count: number, wide: boolean, run: (out: number) => number) => {
    try {
      return module.with([new Float64Array(count)], (out) => {
        module.check(run(out!));
        return Array.from(wide ? module.f64(out!, count) : module.f32(out!, count));
      });
    } finally {
      call.sl_abi_dense_matrix_destroy!(matrix);
    }
  };
  return {
    product(asked) {
      const { left, right, rows, depth, columns, transposed = [false, false], type } = asked;
      const { batch = 1, packed = false, before, bias, alpha = 1, activation = 'none' } = asked;
      const kind = typeOf(left);
      const strides = (turned: boolean, m: number, n: number) =>
        turned ? [1, m, m * n] : [n, 1, m * n];
      const product = module.made(call.sl_abi_product_create!());
      const matrix =
        type === undefined
          ? 0
          : matrixOf(right, depth, columns, transposed[1], types[type], packed);
      const length = batch * rows * columns;
      const out =
        before?.values ?? (kind === 2 ? new Float64Array(length) : new Float32Array(length));
      const operands = Float64Array.of(
        ...[kind, batch, rows, depth, columns],
        ...[left.length, ...strides(transposed[0], rows, depth)],
        ...[right.length, ...strides(transposed[1], depth, columns)],
        ...[length, columns, rows * columns, alpha, before?.beta ?? 0],
        ...[bias?.length ?? 0, activations.indexOf(activation), Number(asked.quantize ?? false)],
      );
      try {
        return module.with(
          [
            operands,
            bytes(left),
            bytes(right),
            bias ?? new Float32Array(0),
            out,
            new Uint32Array(1),
          ],
          (at, a, b, added, to, outcome) => {
            module.check(call.sl_abi_product_begin!(product, matrix, at!, a!, b!, added!, to!));
            do module.check(call.sl_abi_job_step!(product, 1000, outcome!));
            while (module.u32(outcome!, 1)[0] === 9);
            if (kind === 3) return Array.from(new Int32Array(module.u32(to!, length).buffer));
            return Array.from(kind === 2 ? module.f64(to!, length) : module.f32(to!, length));
          },
        );
      } finally {
        if (matrix !== 0) call.sl_abi_dense_matrix_destroy!(matrix);
        call.sl_abi_product_destroy!(product);
      }
    },
    kept(values, rows, columns, type) {
      const matrix = matrixOf(values, rows, columns, false, types[type], false);
      return read(matrix, rows * columns, type === 'float64', (out) =>
        call.sl_abi_dense_matrix_read!(matrix, 0, rows, out),
      );
    },
    gather(values, columns, indices) {
      const matrix = matrixOf(values, values.length / columns, columns, false, 1, false);
      return read(matrix, indices.length * columns, false, (out) =>
        module.with([Uint32Array.from(indices)], (at) =>
          call.sl_abi_dense_matrix_gather!(matrix, at!, indices.length, out),
        ),
      );
    },
    activate: (x, activation) =>
      changed(x, (at) => call.sl_abi_activate!(at, x.length, activations.indexOf(activation))),
    softmax: (x, columns) =>
      changed(x, (at) => call.sl_abi_softmax!(at, x.length / columns, columns)),
    layerNorm: (x, gain, bias, epsilon) =>
      module.with([gain, bias], (g, b) =>
        changed(x, (at) =>
          call.sl_abi_layer_norm!(at, x.length / gain.length, gain.length, g!, b!, epsilon),
        ),
      ),
    rmsNorm: (x, gain, epsilon) =>
      module.with([gain], (g) =>
        changed(x, (at) =>
          call.sl_abi_rms_norm!(at, x.length / gain.length, gain.length, g!, epsilon),
        ),
      ),
    rotate: (x, shape, base, position, interleaved) =>
      module.with([Uint32Array.of(...shape, Number(interleaved))], (s) =>
        changed(x, (at) => call.sl_abi_rotate_positions!(at, s!, base, position)),
      ),
    swiglu: (gate, up) =>
      module.with([gate, up, new Float32Array(gate.length)], (a, b, out) => {
        module.check(call.sl_abi_swiglu!(a!, b!, out!, gate.length));
        return Array.from(module.f32(out!, gate.length));
      }),
  };
}

// --- what is asked --------------------------------------------------------------------------------------------------

function numbers(seed: number, length: number): Float64Array {
  const next = random(seed);
  return Float64Array.from({ length }, () => 2 * next() - 1);
}
const floats = (seed: number, length: number) => Float32Array.from(numbers(seed, length));
const codes = (seed: number, length: number) =>
  Int8Array.from(numbers(seed, length), (x) => Math.round(128 * x - 0.5));

/** By the definition, and what the sum of magnitudes is. */
function defined({
  left,
  right,
  rows,
  depth,
  columns,
  batch = 1,
  transposed = [false, false],
}: Asked) {
  const [sums, sizes]: [number[], number[]] = [[], []];
  for (let t = 0; t < batch; t++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let [sum, size] = [0, 0];
        for (let p = 0; p < depth; p++) {
          const a = left[t * rows * depth + (transposed[0] ? p * rows + i : i * depth + p)]!;
          const b = right[t * depth * columns + (transposed[1] ? j * depth + p : p * columns + j)]!;
          sum += a * b;
          size += Math.abs(a * b);
        }
        sums.push(sum);
        sizes.push(size);
      }
  return { sums, sizes };
}

const shapes = [
  [1, 1, 1],
  [3, 5, 7],
  [65, 300, 33],
  [4, 513, 8],
  [2, 0, 3],
  [0, 4, 3],
  [9, 40, 1030],
] as const;

function exactly(
  name: string,
  make: (seed: number, length: number) => Numbers,
  unit: number,
): Case<GemmDoor>[] {
  return shapes.flatMap(([rows, depth, columns], k) =>
    [0, 3].map((turns): Case<GemmDoor> => {
      const batch = turns === 0 ? 1 : 2;
      const asked: Asked = {
        left: make(k + 1, batch * rows * depth),
        right: make(k + 50, batch * depth * columns),
        ...{ rows, depth, columns, batch },
        transposed: [turns > 0, turns > 0],
      };
      return {
        name: `${name}: ${rows} x ${depth} x ${columns}${turns ? ', both transposed, twice' : ''}`,
        run: (door) => door.product(asked),
        check(result: number[]) {
          const { sums, sizes } = defined(asked);
          expect(result.length).toBe(batch * rows * columns);
          const wrong = sums.filter(
            (sum, i) => !(Math.abs(result[i]! - sum) <= 270 * unit * sizes[i]!),
          );
          expect(wrong).toEqual([]);
        },
      };
    }),
  );
}

const close = (result: ArrayLike<number>, expected: ArrayLike<number>, error: number) => {
  expect(result.length).toBe(expected.length);
  const wrong = Array.from(expected).filter(
    (value, i) => !(Math.abs(result[i]! - value) < error * (1 + Math.abs(value))),
  );
  expect(wrong).toEqual([]);
};
const f32 = (values: number[]) => Float32Array.from(values);
const layer = (
  name: string,
  expected: number[],
  run: (door: GemmDoor) => number[],
): Case<GemmDoor> => ({
  name: `${name} as numpy has it`,
  run,
  check: (result: number[]) => close(result, expected, 1e-6),
});

export const cases: Case<GemmDoor>[] = [
  ...exactly('float32', floats, 2 ** -24),
  ...exactly('float64', numbers, 2 ** -53),
  ...exactly('int8', codes, 0),
  ...(['float32', 'int8', 'int4'] as const).map(
    (type): Case<GemmDoor> => ({
      name: `a matrix of ${type}: its product is that of the elements that it gives back`,
      run: (door) => {
        const [left, right] = [floats(1, 70 * 300), floats(2, 300 * 21)];
        const asked = { left, right, rows: 70, depth: 300, columns: 21, type, packed: true };
        return {
          product: door.product(asked),
          quantized: type === 'int8' ? door.product({ ...asked, quantize: true }) : [],
          elements: door.kept(right, 300, 21, type),
        };
      },
      check({ product, quantized, elements }: Record<string, number[]>) {
        const left = floats(1, 70 * 300);
        const right = Float64Array.from(elements!);
        const { sums, sizes } = defined({ left, right, rows: 70, depth: 300, columns: 21 });
        const most = { float32: 0, int8: 1 / 250, int4: 1 / 7.9 }[type];
        const given = floats(2, 300 * 21);
        const off = (error: number, limit: number) => !(error <= limit);
        expect(elements!.filter((value, i) => off(Math.abs(value - given[i]!), most))).toEqual([]);
        expect(
          sums.filter((sum, i) => off(Math.abs(product![i]! - sum), 3e-5 * sizes[i]!)),
        ).toEqual([]);
        // Half a step of a row is 1/254, and errors are of both signs.
        if (type === 'int8')
          expect(sums.filter((sum, i) => off(Math.abs(quantized![i]! - sum), 0.3))).toEqual([]);
      },
    }),
  ),
  {
    name: 'alpha, beta, bias and relu as numpy has them',
    run: (door) =>
      [Float32Array, Float64Array].map((Type) =>
        door.product({
          left: Type.from(numpy.a),
          right: Type.from(numpy.b),
          ...{ rows: 7, depth: 33, columns: 9, alpha: 0.5, activation: 'relu' },
          before: { beta: -2, values: Type.from(numpy.c) },
          bias: Type.from(numpy.added),
        }),
      ),
    check: ([narrow, wide]: number[][]) => {
      close(narrow!, numpy.product, 2e-6);
      close(wide!, numpy.product, 1e-10);
    },
  },
  layer('softmax', numpy.softmax, (door) => door.softmax(f32(numpy.x), 12)),
  layer('layerNorm', numpy.layerNorm, (door) =>
    door.layerNorm(f32(numpy.x), f32(numpy.gain), f32(numpy.bias), 1e-5),
  ),
  layer('rmsNorm', numpy.rmsNorm, (door) => door.rmsNorm(f32(numpy.x), f32(numpy.gain), 1e-6)),
  ...(['gelu', 'geluTanh', 'silu'] as const).map((name) =>
    layer(name, numpy[name], (door) => door.activate(f32(numpy.x), name)),
  ),
  layer('swiglu', numpy.swiglu, (door) => door.swiglu(f32(numpy.x), f32(numpy.up))),
  layer('rotary positions, neox', numpy.neox, (door) =>
    door.rotate(f32(numpy.tokens), [4, 3, 8, 8], 10_000, 5, false),
  ),
  layer('rotary positions, interleaved', numpy.interleaved, (door) =>
    door.rotate(f32(numpy.tokens), [4, 3, 8, 6], 500, 0, true),
  ),
  {
    name: 'activations over all sizes of numbers',
    run: (door) => {
      const x = Float32Array.from({ length: 301 }, (_, i) => (i % 2 ? 1 : -1) * 2 ** (i / 2 - 75));
      return activations.map((activation) => door.activate(x, activation));
    },
    check: (result: number[][]) => {
      expect(result.flat().some(Number.isNaN)).toBe(false);
    },
  },
  {
    name: 'NaN and infinities go through products as IEEE 754 says',
    run: (door) =>
      ['float32', undefined].map((type) =>
        door.product({
          left: Float32Array.of(Number.NaN, 1, Infinity, 1, 0, 1),
          right: Float32Array.of(0, 2, 3, 4),
          ...{ rows: 3, depth: 2, columns: 2, ...(type === 'float32' && { type, packed: true }) },
        }),
      ),
    check: (result: number[][]) =>
      expect(result).toEqual([
        [Number.NaN, Number.NaN, Number.NaN, Infinity, 3, 4],
        [Number.NaN, Number.NaN, Number.NaN, Infinity, 3, 4],
      ]),
  },
  {
    name: 'rows of a table, and what is no row',
    run: (door) => [
      door.gather(Float32Array.of(0, 1, 2, 3, 4, 5), 2, [2, 0, 2]),
      door.gather(Float32Array.of(0, 1), 2, []),
      attempt(() => door.gather(Float32Array.of(0, 1), 2, [0, 1])),
      attempt(() => door.kept(Float32Array.of(1, Number.NaN), 2, 1, 'int8')),
      attempt(() => door.kept(Float32Array.of(1, Infinity), 2, 1, 'int4')),
    ],
    check: (result: unknown[]) =>
      expect(result).toEqual([
        [4, 5, 0, 1, 4, 5],
        [],
        { refused: 'INDEX', argument: 'indices', at: 1 },
        { refused: 'NOT_FINITE', argument: 'values', at: 1 },
        { refused: 'NOT_FINITE', argument: 'values', at: 1 },
      ]),
  },
  {
    name: 'refuses what is no activation of float64, an epsilon below 0, an odd number of rotated elements',
    run: (door) => {
      const one = { left: numbers(1, 1), right: numbers(1, 1), rows: 1, depth: 1, columns: 1 };
      return [
        attempt(() => door.product({ ...one, activation: 'gelu' })),
        attempt(() => door.layerNorm(f32([1]), f32([1]), f32([1]), -1)),
        attempt(() => door.rmsNorm(f32([1]), f32([1]), Number.NaN)),
        attempt(() => door.rotate(f32([1, 2, 3]), [1, 1, 3, 3], 10, 0, false)),
        attempt(() => door.rotate(f32([1, 2]), [1, 1, 2, 2], 0, 0, false)),
      ];
    },
    check: (result: { argument: string }[]) =>
      expect(result.map(({ argument }) => argument)).toEqual([
        'activation',
        'epsilon',
        'epsilon',
        'rotated',
        'base',
      ]),
  },
];
