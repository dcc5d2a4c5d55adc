// Eigenpairs through both doors. What must come out is known in closed form.
import type { EigenPairs, EigenRoom } from 'sublinear/eigen';
import { expect } from 'vitest';
import { held } from '../direct/direct.cases.js';
import type { Coo } from '../solver/solver.cases.js';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import { RawModule } from '../support/raw.js';

/** What is asked; the rest is as by default. */
export interface Asked {
  k: number;
  which?: 'smallest' | 'largest' | 'nearest';
  method?: 'auto' | 'shiftInvert' | 'lanczos' | 'lobpcg';
  sigma?: number;
  mass?: Coo;
  initial?: number[];
  skipNull?: boolean;
  maxIterations?: number;
}

/** Edges of an undirected graph. */
export interface Edges {
  n: number;
  from: number[];
  to: number[];
}

/** The result of either door, numbers in the order of sl_eigen_read. */
export interface Found {
  outcome: string;
  facts: number[];
  values: Float64Array;
  vectors: Float64Array;
  residuals: Float64Array;
  bounds: Float64Array;
  angles: Float64Array;
}

export interface EigenDoor {
  pairs: (matrix: Coo, asked: Asked) => Found;
  /** Values and bounds of a dense matrix, row after row. */
  singular: (rows: number, cols: number, values: number[], k: number) => Found;
  fiedler: (graph: Edges) => { value: number; vector: Float64Array; components: number };
}

const which = ['smallest', 'largest', 'nearest'];
const methods = ['auto', 'shiftInvert', 'lanczos', 'lobpcg'];

export const eigenDoors: RoomDoors<'eigen', EigenDoor> = {
  room: 'eigen',
  bundle: 'direct',
  besides: ['solver', 'network'],
  embind: embindEigen,
  raw: rawEigen,
};

function embindEigen({ SparseMatrix, Graph, eigenpairs, fiedler, ...more }: EigenRoom): EigenDoor {
  const made = ({ n, rows, columns, values }: Coo) =>
    SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      ...(values && { values: new Float64Array(values) }),
    });
  const found = (pairs: EigenPairs): Found => ({
    outcome: pairs.outcome,
    facts: [
      methods.indexOf(pairs.method),
      pairs.iterations,
      pairs.countBelow ?? -1,
      pairs.certified ?? -1,
      pairs.components ?? 0,
      pairs.factorizations,
      pairs.fill,
      pairs.converged,
    ],
    values: pairs.values,
    vectors: pairs.vectors,
    residuals: pairs.residuals,
    bounds: pairs.errorBounds,
    angles: pairs.angleBounds,
  });
  return {
    pairs(coo, { mass, ...asked }) {
      using matrix = made(coo);
      using heavy = mass && made(mass);
      return found(eigenpairs(matrix, { ...asked, ...(heavy && { mass: heavy }) }));
    },
    singular(rows, cols, values, k) {
      using matrix = SparseMatrix.fromDense({ rows, cols, values });
      const found = more.singularTriplets(matrix, { k });
      const { outcome, left, right } = found;
      const vectors = new Float64Array((rows + cols) * k);
      for (let j = 0; j < k; j++) {
        vectors.set(left.subarray(j * rows, (j + 1) * rows), j * (rows + cols));
        vectors.set(right.subarray(j * cols, (j + 1) * cols), j * (rows + cols) + rows);
      }
      return {
        outcome,
        facts: [found.iterations, found.certified ?? -1, found.converged],
        values: found.values,
        vectors,
        residuals: found.residuals,
        bounds: found.errorBounds,
        angles: new Float64Array(0),
      };
    },
    fiedler({ n, from, to }) {
      using graph = Graph.fromEdges({ nodeCount: n, from, to, directed: false });
      const { value, vector, components } = fiedler(graph);
      return { value, vector, components };
    },
  };
}

function rawEigen(module: RawModule, solver: RawModule, network: RawModule): EigenDoor {
  const { call } = module;
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
  const problem = (asked: Asked) =>
    new Float64Array([
      asked.k,
      which.indexOf(asked.which ?? 'smallest'),
      methods.indexOf(asked.method ?? 'auto'),
      asked.sigma ?? 0,
      1e-12,
      asked.maxIterations ?? 10_000,
      0,
      asked.skipNull ? 1 : 0,
      1,
    ]);
  const run = (eigen: number): Found => {
    try {
      return module.with([new Float64Array(12)], (out) => {
        // Slices of another size than the other door's.
        do module.check(call.sl_abi_job_step!(eigen, 777, out!));
        while (module.u32(out!, 1)[0] === 9);
        module.check(call.sl_abi_eigen_shape!(eigen, out!));
        const [n, k] = module.f64(out!, 2) as unknown as [number, number];
        return module.with([new Float64Array((n + 4) * k)], (at) => {
          const vectors = at! + 32 * k;
          const [values, residuals, bounds, angles] = [0, 1, 2, 3].map((i) => at! + 8 * k * i);
          module.check(
            call.sl_abi_eigen_read!(eigen, out!, values!, vectors, residuals!, bounds!, angles!),
          );
          const facts = Array.from(module.f64(out!, 12));
          const p = facts[1]!;
          return {
            outcome: module.text(call.sl_abi_outcome_name!(facts[0]!)),
            facts: [2, 3, 5, 6, 7, 8, 9, 11].map((i) => facts[i]!),
            values: module.f64(values!, p),
            vectors: module.f64(vectors, n * p),
            residuals: module.f64(residuals!, p),
            bounds: module.f64(bounds!, p),
            angles: module.f64(angles!, p),
          };
        });
      });
    } finally {
      module.check(call.sl_abi_eigen_destroy!(eigen));
    }
  };
  return {
    pairs(coo, asked) {
      const handles = [made(coo)];
      const initial = new Float64Array(asked.initial ?? []);
      const count = initial.length;
      try {
        if (asked.mass) handles.push(made(asked.mass));
        const eigen = module.with([problem(asked), initial], (at, from) => {
          const given = [at!, count > 0 ? from! : 0, count] as const;
          const [matrix, mass] = handles as [number, number | undefined];
          return module.made(
            mass === undefined
              ? call.sl_abi_eigen_create!(matrix, ...given)
              : call.sl_abi_eigen_create_with_mass!(matrix, mass, ...given),
          );
        });
        return run(eigen);
      } finally {
        for (const handle of handles) module.check(call.sl_abi_matrix_destroy!(handle));
      }
    },
    singular(rows, cols, values, k) {
      const at = values.map((_, i) => i).filter((i) => values[i] !== 0);
      const arrays = [
        Uint32Array.from(at, (i) => Math.floor(i / cols)),
        Uint32Array.from(at, (i) => i % cols),
        Float64Array.from(at, (i) => values[i]!),
      ];
      const there = solver.with(arrays, (i, j, v) =>
        solver.made(solver.call.sl_abi_matrix_from_coo!(rows, cols, at.length, i!, j!, v!, 2)),
      );
      const matrix = RawModule.copy('matrix', solver, there, module);
      try {
        const found = module.with([problem({ k, which: 'largest' })], (given) =>
          run(module.made(call.sl_abi_eigen_create_singular!(matrix, given!))),
        );
        return {
          ...found,
          facts: [found.facts[1]!, found.facts[3]!, found.facts[7]!],
          values: found.values.map(Math.abs),
          vectors: found.vectors.map((x) => x * Math.SQRT2),
          angles: new Float64Array(0),
        };
      } finally {
        module.check(call.sl_abi_matrix_destroy!(matrix));
        solver.check(solver.call.sl_abi_matrix_destroy!(there));
      }
    },
    fiedler({ n, from, to }) {
      const there = network.with([new Uint32Array(from), new Uint32Array(to)], (f, t) =>
        network.made(network.call.sl_abi_graph_from_edges!(n, from.length, f!, t!, 0, 0, 0)),
      );
      const graph = RawModule.copy('graph', network, there, module);
      try {
        const found = module.with([problem({ k: 2 })], (at) =>
          run(module.made(call.sl_abi_eigen_create_graph!(graph, 0, at!))),
        );
        return {
          value: found.values[1]!,
          vector: found.vectors.slice(n),
          components: found.facts[4]!,
        };
      } finally {
        module.check(call.sl_abi_graph_destroy!(graph));
        network.check(network.call.sl_abi_graph_destroy!(there));
      }
    },
  };
}

// ---- matrices ---------------------------------------------------------------------------------------------------------

export function gridValues(x: number, y: number): number[] {
  const all: number[] = [];
  for (let i = 1; i <= x; i++) {
    for (let j = 1; j <= y; j++)
      all.push(4 - 2 * Math.cos((Math.PI * i) / (x + 1)) - 2 * Math.cos((Math.PI * j) / (y + 1)));
  }
  return all.sort((a, b) => a - b);
}

const diagonal = (values: number[]): Coo => ({
  n: values.length,
  rows: values.map((_, i) => i),
  columns: values.map((_, i) => i),
  values,
});

/** [-1 2 -1] / h and h [1 4 1] / 6. */
function elements(n: number): { stiff: Coo; heavy: Coo; values: number[] } {
  const h = 1 / (n + 1);
  const line = held(n, 1, 2);
  const map = (own: number, next: number): Coo => ({
    ...line,
    values: line.rows.map((i, k) => (i === line.columns[k] ? own : next)),
  });
  const values = Array.from({ length: n }, (_, i) => {
    const c = Math.cos(Math.PI * (i + 1) * h);
    return ((6 / (h * h)) * (1 - c)) / (2 + c);
  });
  return { stiff: map(2 / h, -1 / h), heavy: map((4 * h) / 6, h / 6), values };
}

/** The m x n matrix with these singular values and reflections on both sides, row after row. */
function reflected(m: number, n: number, values: number[]): number[] {
  // No sine: engines round those differently.
  const entry = (size: number, i: number, j: number) => (i === j ? 1 : 0) - 2 / size;
  return Array.from({ length: m * n }, (_, at) =>
    values.reduce(
      (sum, s, k) => sum + s * entry(m, Math.floor(at / n), k) * entry(n, at % n, k),
      0,
    ),
  );
}

export function ring(n: number): Edges {
  const from = Array.from({ length: n }, (_, i) => i);
  return { n, from, to: from.map((i) => (i + 1) % n) };
}

/** Values in order, each within its bound of a true one. */
function agrees(found: Found, wanted: number[], slack = 1e-13): void {
  expect(found.outcome).toBe('converged');
  expect(found.values.length).toBe(wanted.length);
  found.values.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThan(1000 * slack);
    const near = Math.min(...wanted.map((each) => Math.abs(each - value)));
    expect(near).toBeLessThanOrEqual(found.bounds[i]! + slack);
  });
}

const near = (values: number[], sigma: number, k: number) =>
  [...values].sort((a, b) => Math.abs(a - sigma) - Math.abs(b - sigma)).slice(0, k);

export const eigenCases: Case<EigenDoor>[] = [
  {
    name: 'the smallest of a grid, with those that occur twice',
    run: ({ pairs }) => pairs(held(31, 31, 0), { k: 10 }),
    check(found: Found) {
      agrees(found, gridValues(31, 31).slice(0, 10));
      expect(found.facts[3]).toBe(10);
      expect(found.angles[0]).toBeLessThan(1e-7);
      expect(found.angles[1]).toBe(1);
    },
  },
  ...(['auto', 'shiftInvert', 'lanczos', 'lobpcg'] as const).map(
    (method): Case<EigenDoor> => ({
      name: `the largest of a grid: ${method}`,
      run: ({ pairs }) => pairs(held(17, 13, 0), { k: 5, which: 'largest', method }),
      check: (found: Found) => agrees(found, gridValues(17, 13).reverse().slice(0, 5)),
    }),
  ),
  {
    name: 'the smallest of a grid without a factor, checked by one',
    run: ({ pairs }) => pairs(held(31, 31, 0), { k: 10, method: 'lobpcg' }),
    check(found: Found) {
      agrees(found, gridValues(31, 31).slice(0, 10));
      expect(found.facts[0]).toBe(methods.indexOf('lobpcg'));
      expect(found.facts[3]).toBe(10);
    },
  },
  {
    name: 'with a mass matrix, by LOBPCG',
    run: ({ pairs }) => {
      const { stiff, heavy } = elements(120);
      return pairs(stiff, { k: 5, mass: heavy, method: 'lobpcg' });
    },
    check(found: Found) {
      agrees(found, elements(120).values.slice(0, 5), 1e-9);
      expect(found.bounds.every((bound) => bound < 1e-2)).toBe(true);
    },
  },
  {
    name: 'the nearest, on both sides',
    run: ({ pairs }) => pairs(held(19, 17, 0), { k: 8, which: 'nearest', sigma: 3.3 }),
    check(found: Found) {
      const all = gridValues(19, 17);
      agrees(found, near(all, 3.3, 8));
      expect(found.facts[2]).toBe(all.filter((value) => value < 3.3).length);
      expect(found.facts[3]).toBe(8);
    },
  },
  {
    name: 'sigma is an eigenvalue',
    run: ({ pairs }) => pairs(diagonal([1, 2, 2, 2, 3, 4]), { k: 4, which: 'nearest', sigma: 2 }),
    check: (found: Found) =>
      expect(Array.from(found.values, (value) => Math.abs(value - 2).toFixed(9))).toEqual(
        [0, 0, 0, 1].map((value) => value.toFixed(9)),
      ),
  },
  {
    name: 'with a mass matrix',
    run: ({ pairs }) => {
      const { stiff, heavy } = elements(120);
      return pairs(stiff, { k: 5, mass: heavy });
    },
    check(found: Found) {
      agrees(found, elements(120).values.slice(0, 5), 1e-9);
      expect(found.bounds.every((bound) => bound < 1e-5)).toBe(true);
    },
  },
  {
    name: 'the largest with a mass matrix',
    run: ({ pairs }) => {
      const { stiff, heavy } = elements(60);
      return pairs(stiff, { k: 3, mass: heavy, which: 'largest' });
    },
    check: (found: Found) => agrees(found, elements(60).values.reverse().slice(0, 3), 1e-9),
  },
  {
    name: 'one row, and all of two',
    run: ({ pairs }) => [pairs(diagonal([-7]), { k: 1 }), pairs(diagonal([0, 0]), { k: 2 })],
    check([one, two]: Found[]) {
      agrees(one!, [-7]);
      agrees(two!, [0, 0]);
    },
  },
  {
    name: 'from a vector that is given',
    run: ({ pairs }) =>
      pairs(held(12, 10, 0), { k: 2, initial: Array.from({ length: 120 }, (_, i) => i + 1) }),
    check: (found: Found) => agrees(found, gridValues(12, 10).slice(0, 2)),
  },
  {
    name: 'too few iterations',
    run: ({ pairs }) =>
      pairs(held(20, 20, 0), { k: 4, which: 'largest', method: 'lanczos', maxIterations: 12 }),
    check(found: Found) {
      expect(found.outcome).toBe('iterationLimit');
      expect(found.values.length).toBe(4);
      const all = gridValues(20, 20);
      found.values.forEach((value, i) => {
        const distance = Math.min(...all.map((each) => Math.abs(each - value)));
        expect(distance).toBeLessThanOrEqual(found.bounds[i]! + 1e-13);
      });
    },
  },
  {
    name: 'the Fiedler vector of a ring',
    run: ({ fiedler }) => fiedler(ring(40)),
    check({ value, components }: ReturnType<EigenDoor['fiedler']>) {
      expect(value).toBeCloseTo(2 - 2 * Math.cos((2 * Math.PI) / 40), 12);
      expect(components).toBe(1);
    },
  },
  {
    name: 'the Fiedler vector of two edges',
    run: ({ fiedler }) => fiedler({ n: 4, from: [0, 2], to: [1, 3] }),
    check({ value, vector, components }: ReturnType<EigenDoor['fiedler']>) {
      expect([value, components]).toEqual([0, 2]);
      expect(Array.from(vector, (x) => x.toFixed(6))).toEqual(
        [0, 0, 0.5 ** 0.5, 0.5 ** 0.5].map((x) => x.toFixed(6)),
      );
    },
  },
  {
    // A = sum of s u v^T for columns u, v of two reflections: singular values 5, 5, 3, 1.
    name: 'singular values of a product that is known',
    run: ({ singular }) => singular(7, 5, reflected(7, 5, [5, 5, 3, 1]), 4),
    check(found: Found) {
      agrees(found, [5, 5, 3, 1]);
      for (let j = 0; j < 4; j++) {
        const left = found.vectors.subarray(12 * j, 12 * j + 7);
        expect(Math.hypot(...left)).toBeCloseTo(1, 10);
      }
    },
  },
  {
    name: 'all singular values of a wide matrix without full rank; too many are refused',
    run: ({ singular }) => [
      singular(3, 9, reflected(3, 9, [2, 1]), 3),
      attempt(() => singular(3, 9, reflected(3, 9, [2, 1]), 4)),
    ],
    check([found, refusal]: [Found, { argument: string }]) {
      agrees(found, [2, 1, 0]);
      expect(refusal.argument).toBe('k');
    },
  },
  {
    name: 'refused: k, symmetry, mass, null vectors',
    run: ({ pairs, fiedler }) => [
      attempt(() => pairs(held(3, 3, 0), { k: 10 })),
      attempt(() => pairs(held(3, 3, 0), { k: 0 })),
      attempt(() => pairs({ n: 2, rows: [0], columns: [1], values: [1] }, { k: 1 })),
      attempt(() => pairs(held(3, 3, 0), { k: 1, mass: held(2, 2, 0) })),
      attempt(() => pairs(held(3, 3, 0), { k: 1, mass: held(3, 3, 9) })),
      attempt(() => pairs(held(3, 3, 0), { k: 1, mass: held(3, 3, 2) })),
      attempt(() => pairs(held(3, 3, 0), { k: 1, skipNull: true })),
      attempt(() => pairs(held(3, 3, 0), { k: 1, initial: [1, 2] })),
      attempt(() => pairs(held(3, 3, 0), { k: 1, which: 'nearest', method: 'lanczos' })),
      attempt(() => pairs(held(3, 3, 0), { k: 1, which: 'nearest', method: 'lobpcg' })),
      attempt(() => fiedler({ n: 1, from: [], to: [] })),
    ],
    check: (refusals: { refused: string; argument: string }[]) =>
      expect(refusals.map(({ refused, argument }) => `${refused} ${argument}`)).toEqual([
        'OPTION k',
        'OPTION k',
        'NOT_SYMMETRIC matrix',
        'SHAPE mass',
        'NOT_DEFINITE mass',
        'NOT_DEFINITE mass',
        'OPTION skipNull',
        'SHAPE initial',
        'OPTION method',
        'OPTION method',
        'OPTION k',
      ]),
  },
];
