// Files of graphs and matrices through both doors: the same bytes, back to the same object, and every damage found. What
// the bytes mean is checked against docs/format.md here, by reading them with a DataView.
import type { Graph } from 'sublinear/graph';
import type { SparseMatrix } from 'sublinear/sparse';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { damage, headBytes, loadRaw, writeRaw } from '../support/files.js';
import type { RawModule } from '../support/raw.js';
import { piecesOf } from '../support/text.js';

/** A graph as its constructors take it. */
interface Edges {
  nodeCount: number;
  from: number[];
  to: number[];
  weights?: number[] | undefined;
  directed: boolean;
  narrow?: boolean;
}

export interface FileDoor {
  /** The file of this graph, or of its adjacency matrix. */
  save: (edges: Edges, matrix: boolean) => Uint8Array;
  /** Loads a file in pieces of `step` bytes and saves what came. */
  again: (bytes: Uint8Array, matrix: boolean, step?: number) => Uint8Array;
  /** Only loads it: throws, or frees it. */
  load: (bytes: Uint8Array, matrix: boolean) => void;
}

const whole = 1 << 20;

export const doors: RoomDoors<'graph', FileDoor> = {
  room: 'graph',
  bundle: 'network',
  loaded: ['sparse'],
  table: 'files',
  embind: ({ Graph }) => {
    // The matrix class of this engine, from a matrix of it.
    const one = Graph.fromEdges({ from: [0], to: [0] });
    const two = one.adjacency();
    const Matrix = two.constructor as typeof SparseMatrix;
    one.dispose();
    two.dispose();
    const source = (bytes: Uint8Array, step: number) =>
      step === whole ? bytes : piecesOf(bytes, step);
    const load = (bytes: Uint8Array, matrix: boolean, step = whole): Graph | SparseMatrix =>
      matrix ? Matrix.load(source(bytes, step)) : Graph.load(source(bytes, step));
    return {
      save({ weights, narrow, ...edges }, matrix) {
        // The raw ABI leaves it at once.
        const graph = Graph.fromEdges({
          parallel: 'once',
          ...edges,
          ...(weights && { weights, dtype: narrow ? ('float32' as const) : ('float64' as const) }),
        });
        const saved = matrix ? graph.adjacency() : graph;
        try {
          const pieces = [...saved.saveInPieces()];
          const bytes = saved.save();
          expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(bytes.length);
          return bytes;
        } finally {
          graph.dispose();
          saved.dispose();
        }
      },
      again(bytes, matrix, step) {
        const loaded = load(bytes, matrix, step);
        try {
          return loaded.save();
        } finally {
          loaded.dispose();
        }
      },
      load: (bytes, matrix) => load(bytes, matrix).dispose(),
    };
  },
  raw: rawFiles,
};

function rawFiles(module: RawModule): FileDoor {
  const { call } = module;
  const saveGraph = (graph: number) => writeRaw(module, call.sl_abi_graph_save!(graph, 0, 0, 0));
  const saveMatrix = (matrix: number) => writeRaw(module, call.sl_abi_matrix_save!(matrix), 777);
  const load = (bytes: Uint8Array, matrix: boolean, step = whole) =>
    loadRaw(module, matrix ? 'MTRX' : 'GRPH', bytes, step === whole, step, (reader) =>
      module.made(matrix ? call.sl_abi_matrix_load!(reader) : call.sl_abi_graph_load!(reader)),
    );
  const free = (handle: number, matrix: boolean) =>
    module.check(matrix ? call.sl_abi_matrix_destroy!(handle) : call.sl_abi_graph_destroy!(handle));
  return {
    save({ nodeCount, from, to, weights, directed, narrow }, matrix) {
      const values = narrow ? Float32Array.from(weights ?? []) : Float64Array.from(weights ?? []);
      const graph = module.with([Uint32Array.from(from), Uint32Array.from(to), values], (a, b, c) =>
        module.made(
          call.sl_abi_graph_from_edges!(
            nodeCount,
            from.length,
            a,
            b,
            weights ? c : 0,
            weights ? (narrow ? 1 : 2) : 0,
            Number(directed),
          ),
        ),
      );
      try {
        if (!matrix) return saveGraph(graph);
        const made = module.made(call.sl_abi_graph_adjacency!(graph));
        try {
          return saveMatrix(made);
        } finally {
          free(made, true);
        }
      } finally {
        free(graph, false);
      }
    },
    again(bytes, matrix, step) {
      const loaded = load(bytes, matrix, step);
      try {
        return matrix ? saveMatrix(loaded) : saveGraph(loaded);
      } finally {
        free(loaded, matrix);
      }
    },
    load: (bytes, matrix) => free(load(bytes, matrix), matrix),
  };
}

/** Seeded edges, with loops and parallel ones. */
function edges(nodeCount: number, count: number, rest: Partial<Edges> = {}): Edges {
  const next = random(nodeCount + count);
  const node = () => Math.floor(next() * nodeCount);
  const from = Array.from({ length: count }, node);
  const to = Array.from({ length: count }, node);
  return { nodeCount, from, to, directed: true, ...rest };
}
const weighted = (graph: Edges) => ({ ...graph, weights: graph.from.map((_, k) => 1 / (k + 3)) });

const graphs: [string, Edges][] = [
  ['directed, no weights', edges(30, 90)],
  ['undirected, no weights', edges(30, 90, { directed: false })],
  ['directed, float64 weights', weighted(edges(30, 90))],
  [
    'undirected, float32 weights',
    { ...weighted(edges(30, 90, { directed: false })), narrow: true },
  ],
  ['one node', { nodeCount: 1, from: [], to: [], directed: true }],
  ['one node with a loop', { nodeCount: 1, from: [0], to: [0], weights: [2], directed: false }],
  ['nodes without edges', { nodeCount: 1000, from: [], to: [], directed: false }],
];

const array = (bytes: Uint8Array) => new Uint32Array(bytes.slice().buffer);

export const cases: Case<FileDoor>[] = [
  ...graphs.flatMap(([name, given]) =>
    [false, true].map(
      (matrix): Case<FileDoor> => ({
        name: `${matrix ? 'matrix' : 'graph'}: ${name}, there and back`,
        run(door) {
          const bytes = door.save(given, matrix);
          for (const step of [whole, 1000, 1])
            expect(door.again(bytes, matrix, step)).toEqual(bytes);
          return array(bytes);
        },
      }),
    ),
  ),
  {
    name: 'a file is what docs/format.md says',
    run: (door) =>
      array(
        door.save(
          { nodeCount: 3, from: [0, 1], to: [1, 2], weights: [0.5, 2], directed: true },
          false,
        ),
      ),
    check(words: Uint32Array) {
      const view = new DataView(words.buffer);
      const text = (at: number) => String.fromCharCode(...new Uint8Array(words.buffer, at, 4));
      expect([...new Uint8Array(words.buffer, 0, 8)]).toEqual([
        0x89, 0x73, 0x6c, 0x66, 13, 10, 26, 10,
      ]);
      expect([view.getUint32(8, true), text(12), view.getUint32(16, true)]).toEqual([1, 'GRPH', 5]);
      expect(Number(view.getBigUint64(24, true))).toBe(words.byteLength);
      let at = headBytes(new Uint8Array(words.buffer));
      const sections = Array.from({ length: 5 }, (_, i) => {
        const bytes = Number(view.getBigUint64(32 + 16 * i + 8, true));
        const section = { tag: text(32 + 16 * i), data: words.slice(at / 4, (at + bytes) / 4) };
        at += Math.ceil((bytes + 4) / 16) * 16;
        return section;
      });
      expect(at).toBe(words.byteLength);
      expect(sections).toEqual([
        { tag: 'META', data: Uint32Array.of(1, 0, 0, 0) },
        { tag: 'CSR ', data: Uint32Array.of(3, 3, 2, 2) },
        { tag: 'ROWP', data: Uint32Array.of(0, 1, 2, 2) },
        { tag: 'COLS', data: Uint32Array.of(1, 2) },
        { tag: 'VALS', data: new Uint32Array(Float64Array.of(0.5, 2).buffer) },
      ]);
    },
  },
  ...[false, true].map(
    (matrix): Case<FileDoor> => ({
      name: `${matrix ? 'matrix' : 'graph'}: finds every damage`,
      run(door) {
        const bytes = door.save(weighted(edges(40, 200)), matrix);
        return damage(bytes, 2_000, (changed) => door.load(changed, matrix));
      },
      check(found: Record<string, number>) {
        expect(Object.keys(found).filter((key) => key.endsWith('nothing'))).toEqual([]);
        expect(Object.keys(found).filter((key) => key.startsWith('cut'))).toEqual([
          'cut: TRUNCATED',
        ]);
        const flips = Object.entries(found).filter(([key]) => key.startsWith('body'));
        expect(flips.reduce((sum, [, count]) => sum + count, 0)).toBe(2_000);
      },
    }),
  ),
  {
    name: 'names what is wrong',
    run(door) {
      const graph = door.save(edges(5, 9), false);
      const matrix = door.save(edges(5, 9), true);
      const newer = graph.slice();
      newer[8] = 2;
      return [
        attempt(() => door.load(matrix, false)),
        attempt(() => door.load(graph, true)),
        attempt(() => door.load(newer, false)),
        attempt(() => door.load(new TextEncoder().encode('0 1\n1 2\n'), false)),
        attempt(() => door.load(new Uint8Array(), false)),
      ];
    },
    check(found: unknown[]) {
      expect(found).toEqual([
        { refused: 'FORMAT', argument: 'bytes', at: 12 },
        { refused: 'FORMAT', argument: 'bytes', at: 12 },
        { refused: 'FORMAT', argument: 'bytes', at: 8 },
        { refused: 'FORMAT', argument: 'bytes', at: 0 },
        { refused: 'TRUNCATED', argument: 'bytes', at: -1 },
      ]);
    },
  },
];
