// Graph through both doors. Reference values come from networkx (test/vectors/graph/generate.py).
import type { Graph } from 'sublinear/graph';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import { bytesOf, piecesOf, readRaw } from '../support/text.js';
import vectors from '../vectors/graph/graphs.json' with { type: 'json' };

export interface GraphInfo {
  nodeCount: number;
  edgeCount: number;
  directed: boolean;
  weighted: boolean;
  bytes: number;
}

interface ListOptions {
  csv?: boolean;
  directed?: boolean;
  compactIds?: boolean;
  ignoreWeights?: boolean;
  nodeCount?: number;
  piece?: number;
}

/** What both doors can do, with graphs as opaque tokens. Matrices come as row-by-row arrays. */
export interface GraphDoor {
  fromEdges: (
    nodeCount: number,
    from: number[],
    to: number[],
    weights: number[] | undefined,
    directed: boolean,
  ) => unknown;
  fromCsr: (
    pointers: number[],
    columns: number[],
    weights: number[] | undefined,
    directed: boolean,
  ) => unknown;
  fromMatrixOf: (graph: unknown, directed: boolean) => unknown;
  readList: (text: string, options?: ListOptions) => unknown;
  readMetis: (text: string, piece?: number) => unknown;
  /** Ids of all nodes of an edge list with compact ids, as text. */
  ids: (text: string) => string[];
  info: (graph: unknown) => GraphInfo;
  neighbors: (graph: unknown, node: number) => Uint32Array;
  weights: (graph: unknown, node: number) => Float64Array;
  degrees: (graph: unknown, node: number) => [number, number];
  /** Number of components, then the component of each node. */
  components: (graph: unknown) => [number, number[]];
  laplacian: (graph: unknown, shift: number) => number[];
  adjacency: (graph: unknown) => number[];
  estimate: (nodeCount: number, edgeCount: number, weighted: boolean, directed: boolean) => number;
  free: (graph: unknown) => void;
}

export const doors: RoomDoors<'graph', GraphDoor> = {
  room: 'graph',
  bundle: 'network',
  embind: ({ Graph }) => {
    const g = (token: unknown) => token as Graph;
    const options = ({ csv, ignoreWeights, piece, ...rest }: ListOptions) => ({
      ...rest,
      weights: ignoreWeights ? ('ignore' as const) : ('auto' as const),
    });
    const read = (text: string, given: ListOptions) => {
      const pieces = piecesOf(bytesOf(text), given.piece ?? 1 << 20);
      return given.csv
        ? Graph.fromCsv(pieces, options(given))
        : Graph.fromEdgeList(pieces, options(given));
    };
    return {
      fromEdges: (nodeCount, from, to, weights, directed) =>
        Graph.fromEdges({ nodeCount, from, to, directed, ...(weights && { weights }) }),
      fromCsr: (rowPointers, columns, weights, directed) =>
        Graph.fromCsr({ rowPointers, columns, directed, ...(weights && { weights }) }),
      fromMatrixOf: (graph, directed) => {
        const matrix = g(graph).adjacency();
        try {
          return Graph.fromMatrix(matrix, { directed });
        } finally {
          matrix.dispose();
        }
      },
      readList: (text, given = {}) => read(text, given),
      readMetis: (text, piece = 1 << 20) => Graph.fromMetis(piecesOf(bytesOf(text), piece)),
      ids: (text) => {
        const graph = read(text, { compactIds: true });
        const ids = Array.from({ length: graph.nodeCount }, (_, node) =>
          String(graph.labelOf(node)),
        );
        graph.dispose();
        return ids;
      },
      info: (graph) => {
        const { nodeCount, edgeCount, directed, weighted, bytesUsed: bytes } = g(graph);
        return { nodeCount, edgeCount, directed, weighted, bytes };
      },
      neighbors: (graph, node) => g(graph).neighbors(node),
      weights: (graph, node) => g(graph).neighborWeights(node),
      degrees: (graph, node) => [g(graph).outDegree(node), g(graph).inDegree(node)],
      components: (graph) => {
        const { count, labels } = g(graph).components();
        return [count, [...labels]];
      },
      laplacian: (graph, shift) => {
        const matrix = g(graph).laplacian({ shift });
        const arrays = matrix.toCsr();
        matrix.dispose();
        return dense(arrays);
      },
      adjacency: (graph) => {
        const matrix = g(graph).adjacency();
        const arrays = matrix.toCsr();
        matrix.dispose();
        return dense(arrays);
      },
      estimate: (nodeCount, edgeCount, weighted, directed) =>
        Graph.estimateBytes({
          nodeCount,
          edgeCount,
          directed,
          dtype: weighted ? 'float64' : 'pattern',
        }),
      free: (graph) => g(graph).dispose(),
    };
  },
  raw: rawGraph,
};

function rawGraph(module: RawModule): GraphDoor {
  const { call } = module;
  const h = (token: unknown) => token as number;
  const list = ({
    csv,
    directed = true,
    compactIds = false,
    ignoreWeights = false,
    nodeCount = 0,
  }: ListOptions) => [
    Number(directed),
    Number(compactIds),
    Number(ignoreWeights),
    nodeCount,
    csv ? 44 : 0,
    2,
  ];
  const matrix = (handle: number) => {
    const made = module.made(handle);
    try {
      return module.with([new Uint32Array(8)], (at) => {
        module.check(call.sl_abi_matrix_info!(made, at));
        const [rows, cols, nnz, type, pointers, columns, values] = [...module.u32(at, 8)] as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        return dense({
          rows,
          cols,
          rowPointers: module.u32(pointers, rows + 1),
          columns: module.u32(columns, nnz),
          values: type === 2 ? module.f64(values, nnz) : undefined,
        });
      });
    } finally {
      module.check(call.sl_abi_matrix_destroy!(made));
    }
  };
  const around = (graph: unknown, node: number) =>
    module.with([new Uint32Array(3)], (at) => {
      module.check(call.sl_abi_graph_neighbors!(h(graph), node, at, at + 4));
      module.check(call.sl_abi_graph_neighbor_weights!(h(graph), node, at + 8));
      return [...module.u32(at, 3)] as [number, number, number];
    });
  return {
    fromEdges: (nodeCount, from, to, weights, directed) =>
      module.with(
        [Uint32Array.from(from), Uint32Array.from(to), Float64Array.from(weights ?? [])],
        (a, b, c) =>
          module.made(
            call.sl_abi_graph_from_edges!(
              nodeCount,
              from.length,
              a,
              b,
              weights ? c : 0,
              weights ? 2 : 0,
              Number(directed),
            ),
          ),
      ),
    fromCsr: (pointers, columns, weights, directed) =>
      module.with(
        [Uint32Array.from(pointers), Uint32Array.from(columns), Float64Array.from(weights ?? [])],
        (a, b, c) =>
          module.made(
            call.sl_abi_graph_from_csr!(
              Math.max(0, pointers.length - 1),
              a,
              pointers.length,
              b,
              columns.length,
              weights ? c : 0,
              weights?.length ?? 0,
              weights ? 2 : 0,
              Number(directed),
            ),
          ),
      ),
    fromMatrixOf(graph, directed) {
      const made = module.made(call.sl_abi_graph_adjacency!(h(graph)));
      try {
        return module.made(call.sl_abi_graph_from_matrix!(made, Number(directed)));
      } finally {
        module.check(call.sl_abi_matrix_destroy!(made));
      }
    },
    readList: (text, given = {}) =>
      readRaw(
        module,
        'edge_list',
        list(given),
        piecesOf(bytesOf(text), given.piece ?? 1 << 20),
        (graph) => graph,
      ),
    readMetis: (text, piece = 1 << 20) =>
      readRaw(module, 'metis', [2], piecesOf(bytesOf(text), piece), (graph) => graph),
    ids: (text) =>
      readRaw(module, 'edge_list', list({ compactIds: true }), [bytesOf(text)], (graph, reader) => {
        const count = infoOf(graph).nodeCount;
        const at = call.sl_abi_edge_list_ids!(reader) >>> 0;
        const view = module.view();
        const ids = Array.from({ length: count }, (_, k) =>
          String(view.getBigUint64(at + 8 * k, true)),
        );
        module.check(call.sl_abi_graph_destroy!(graph));
        return ids;
      }),
    info: infoOf,
    neighbors(graph, node) {
      const [address, count] = around(graph, node);
      return module.u32(address, count);
    },
    weights(graph, node) {
      const [, count, address] = around(graph, node);
      return address === 0 ? new Float64Array(count).fill(1) : module.f64(address, count);
    },
    degrees: (graph, node) =>
      module.with([new Uint32Array(2)], (at) => {
        module.check(call.sl_abi_graph_out_degree!(h(graph), node, at));
        module.check(call.sl_abi_graph_in_degree!(h(graph), node, at + 4));
        return [...module.u32(at, 2)] as [number, number];
      }),
    components(graph) {
      const { nodeCount } = infoOf(graph);
      return module.with([new Uint32Array(nodeCount + 1)], (at) => {
        module.check(call.sl_abi_graph_components!(h(graph), at + 4, at));
        const [count, ...labels] = [...module.u32(at, nodeCount + 1)];
        return [count!, labels];
      });
    },
    laplacian: (graph, shift) => matrix(call.sl_abi_graph_laplacian!(h(graph), shift)),
    adjacency: (graph) => matrix(call.sl_abi_graph_adjacency!(h(graph))),
    estimate: (nodeCount, edgeCount, weighted, directed) =>
      call.sl_abi_graph_estimate_bytes!(nodeCount, edgeCount, weighted ? 2 : 0, Number(directed)),
    free: (graph) => module.check(call.sl_abi_graph_destroy!(h(graph))),
  };

  function infoOf(graph: unknown): GraphInfo {
    return module.with([new Uint32Array(5)], (at) => {
      module.check(call.sl_abi_graph_info!(h(graph), at));
      const [nodeCount, edgeCount, directed, type, bytes] = [...module.u32(at, 5)] as [
        number,
        number,
        number,
        number,
        number,
      ];
      return { nodeCount, edgeCount, directed: directed === 1, weighted: type !== 0, bytes };
    });
  }
}

interface Csr {
  rows: number;
  cols: number;
  rowPointers: Uint32Array;
  columns: Uint32Array;
  values?: Float64Array | Float32Array | undefined;
}

function dense({ rows, cols, rowPointers, columns, values }: Csr): number[] {
  const all = new Array<number>(rows * cols).fill(0);
  for (let i = 0; i < rows; i++) {
    for (let k = rowPointers[i]!; k < rowPointers[i + 1]!; k++)
      all[i * cols + columns[k]!] = values ? values[k]! : 1;
  }
  return all;
}

function using<T>(door: GraphDoor, graph: unknown, run: (graph: unknown) => T): T {
  try {
    return run(graph);
  } finally {
    door.free(graph);
  }
}

/** What is refused, with what was blamed and where. */
const bad: [string, (door: GraphDoor) => unknown, object][] = [
  [
    'no nodes',
    (d) => d.fromEdges(0, [], [], undefined, true),
    { refused: 'EMPTY', argument: 'nodeCount', at: -1 },
  ],
  [
    'too many nodes',
    (d) => d.fromEdges(2 ** 32 - 1, [], [], undefined, true),
    { refused: 'OVERFLOW', argument: 'nodeCount', at: -1 },
  ],
  [
    'a start that does not exist',
    (d) => d.fromEdges(2, [0, 2], [0, 0], undefined, true),
    { refused: 'INDEX', argument: 'from', at: 1 },
  ],
  [
    'an end that does not exist',
    (d) => d.fromEdges(2, [0, 1], [0, 5], undefined, false),
    { refused: 'INDEX', argument: 'to', at: 1 },
  ],
  [
    'a weight of 0',
    (d) => d.fromEdges(2, [0, 1], [1, 0], [1, 0], true),
    { refused: 'NOT_POSITIVE', argument: 'weights', at: 1 },
  ],
  [
    'a negative weight',
    (d) => d.fromEdges(2, [0], [1], [-1], true),
    { refused: 'NOT_POSITIVE', argument: 'weights', at: 0 },
  ],
  [
    'NaN as a weight',
    (d) => d.fromEdges(2, [0, 1], [1, 0], [1, Number.NaN], true),
    { refused: 'NOT_FINITE', argument: 'weights', at: 1 },
  ],
  [
    'an infinite weight',
    (d) => d.fromEdges(2, [0], [1], [Number.POSITIVE_INFINITY], true),
    { refused: 'NOT_FINITE', argument: 'weights', at: 0 },
  ],
  [
    'no row pointers',
    (d) => d.fromCsr([], [], undefined, true),
    { refused: 'EMPTY', argument: 'nodeCount', at: -1 },
  ],
  [
    'row pointers that decrease',
    (d) => d.fromCsr([0, 2, 1], [0, 1], undefined, true),
    { refused: 'ARGUMENT', argument: 'rowPointers', at: 2 },
  ],
  [
    'row pointers with a wrong end',
    (d) => d.fromCsr([0, 1, 1], [0, 1], undefined, true),
    { refused: 'SHAPE', argument: 'rowPointers', at: 2 },
  ],
  [
    'fewer weights than columns',
    (d) => d.fromCsr([0, 1, 2], [1, 0], [1], true),
    { refused: 'SHAPE', argument: 'weights', at: -1 },
  ],
  [
    'a column that does not exist',
    (d) => d.fromCsr([0, 1], [1], undefined, true),
    { refused: 'INDEX', argument: 'columns', at: 0 },
  ],
  [
    'an undirected edge in one list only',
    (d) => d.fromCsr([0, 1, 1], [1], undefined, false),
    { refused: 'NOT_SYMMETRIC', argument: 'matrix', at: -1 },
  ],
  [
    'an undirected edge with two weights',
    (d) => d.fromCsr([0, 1, 2], [1, 0], [1, 2], false),
    { refused: 'NOT_SYMMETRIC', argument: 'matrix', at: -1 },
  ],
  [
    'an empty edge list',
    (d) => d.readList('# nothing\n'),
    { refused: 'EMPTY', argument: 'text', at: 2 },
  ],
  [
    'a line cut short',
    (d) => d.readList('0 1\n2'),
    { refused: 'TRUNCATED', argument: 'text', at: 2 },
  ],
  [
    'an id that is no number',
    (d) => d.readList('0 1\r\n\r\n1 b\r\n'),
    { refused: 'PARSE', argument: 'to', at: 3 },
  ],
  ['a negative id', (d) => d.readList('-1 1\n'), { refused: 'PARSE', argument: 'from', at: 1 }],
  [
    'an id of 2^32',
    (d) => d.readList('0 4294967296\n'),
    { refused: 'PARSE', argument: 'to', at: 1 },
  ],
  [
    'an id of 2^64',
    (d) => d.readList('0 18446744073709551616\n', { compactIds: true }),
    { refused: 'PARSE', argument: 'to', at: 1 },
  ],
  [
    'an id beyond the number of nodes',
    (d) => d.readList('0 1\n0 2\n', { nodeCount: 2 }),
    { refused: 'PARSE', argument: 'to', at: 2 },
  ],
  [
    'a missing weight',
    (d) => d.readList('0 1 2\n1 2\n'),
    { refused: 'PARSE', argument: 'text', at: 2 },
  ],
  [
    'an extra weight',
    (d) => d.readList('0 1\n1 2 3\n'),
    { refused: 'PARSE', argument: 'text', at: 2 },
  ],
  [
    'a weight that is nan',
    (d) => d.readList('0 1 nan\n'),
    { refused: 'PARSE', argument: 'weight', at: 1 },
  ],
  [
    'compact ids together with a number of nodes',
    (d) => d.readList('0 1\n', { compactIds: true, nodeCount: 2 }),
    { refused: 'OPTION', argument: 'nodeCount', at: -1 },
  ],
  [
    'an empty CSV field',
    (d) => d.readList('0,,1\n', { csv: true }),
    { refused: 'PARSE', argument: 'text', at: 1 },
  ],
  [
    'a second CSV header',
    (d) => d.readList('a,b\nc,d\n', { csv: true }),
    { refused: 'PARSE', argument: 'from', at: 2 },
  ],
  [
    'blanks in CSV',
    (d) => d.readList('0 1\n', { csv: true }),
    { refused: 'PARSE', argument: 'text', at: 1 },
  ],
  [
    'an empty METIS file',
    (d) => d.readMetis('% c\n'),
    { refused: 'TRUNCATED', argument: 'text', at: 2 },
  ],
  [
    '2^32 METIS nodes',
    (d) => d.readMetis('4294967296 0\n'),
    { refused: 'PARSE', argument: 'nodes', at: 1 },
  ],
  [
    'METIS lines that are missing',
    (d) => d.readMetis('4294967294 1\n2\n1\n'),
    { refused: 'TRUNCATED', argument: 'text', at: 4 },
  ],
  [
    'a METIS format of its own',
    (d) => d.readMetis('2 1 7\n2\n1\n'),
    { refused: 'FORMAT', argument: 'format', at: 1 },
  ],
  [
    'a METIS edge at one node only',
    (d) => d.readMetis('3 1\n2\n3\n\n'),
    { refused: 'PARSE', argument: 'neighbor', at: 2 },
  ],
  [
    'a METIS neighbour twice',
    (d) => d.readMetis('2 2\n2 2\n1 1\n'),
    { refused: 'PARSE', argument: 'neighbor', at: 2 },
  ],
  [
    'a METIS loop',
    (d) => d.readMetis('2 1\n1\n2\n'),
    { refused: 'PARSE', argument: 'neighbor', at: 2 },
  ],
  [
    'more METIS edges than declared',
    (d) => d.readMetis('3 1\n2\n1 3\n2\n'),
    { refused: 'PARSE', argument: 'edges', at: 3 },
  ],
];

interface Described extends GraphInfo {
  neighbors: number[][];
  weights: number[][];
  degrees: [number, number][];
  adjacency: number[];
  components: [number, number[]];
}

function describeGraph(door: GraphDoor, graph: unknown): Described {
  const info = door.info(graph);
  const nodes = Array.from({ length: info.nodeCount }, (_, node) => node);
  return {
    ...info,
    neighbors: nodes.map((node) => [...door.neighbors(graph, node)]),
    weights: nodes.map((node) => [...door.weights(graph, node)]),
    degrees: nodes.map((node) => door.degrees(graph, node)),
    adjacency: door.adjacency(graph),
    components: door.components(graph),
  };
}

export const cases: Case<GraphDoor>[] = [
  ...vectors.graphs.map((v): Case<GraphDoor> => {
    const weights = v.weighted ? v.weights : undefined;
    return {
      name: `as networkx: ${v.name}`,
      run: (door) =>
        using(door, door.fromEdges(v.nodeCount, v.from, v.to, weights, v.directed), (graph) => ({
          estimate: door.estimate(v.nodeCount, v.edgeCount, v.weighted, v.directed),
          made: describeGraph(door, graph),
          copy: using(door, door.fromMatrixOf(graph, v.directed), (copy) => door.adjacency(copy)),
          // Isolated nodes at the end do not stand in an edge list.
          read: using(
            door,
            door.readList(v.edgeList, { directed: v.directed, nodeCount: v.nodeCount, piece: 5 }),
            (read) => door.adjacency(read),
          ),
          laplacian: v.directed
            ? attempt(() => door.laplacian(graph, 0))
            : door.laplacian(graph, 0),
          shifted: v.directed ? undefined : door.laplacian(graph, 0.5),
        })),
      check(r: {
        estimate: number;
        made: Described;
        copy: number[];
        read: number[];
        laplacian: unknown;
        shifted: number[] | undefined;
      }) {
        const { made } = r;
        expect([made.nodeCount, made.edgeCount, made.directed, made.weighted]).toEqual([
          v.nodeCount,
          v.edgeCount,
          v.directed,
          v.weighted,
        ]);
        expect(made.neighbors).toEqual(v.neighbors);
        expect(made.weights).toEqual(
          v.neighbors.map((row, u) => row.map((w) => v.adjacency[u]![w]!)),
        );
        expect(made.degrees).toEqual(v.outDegree.map((out, u) => [out, v.inDegree[u]]));
        expect(made.adjacency).toEqual(v.adjacency.flat());
        expect(made.components).toEqual([Math.max(...v.components) + 1, v.components]);
        expect(r.copy).toEqual(made.adjacency);
        expect(r.read).toEqual(made.adjacency);
        const wanted = v.laplacian?.flat();
        if (!wanted) {
          expect(r.laplacian).toEqual({ refused: 'UNSUPPORTED', argument: 'graph', at: -1 });
          return;
        }
        expect((r.laplacian as number[]).map((x) => x + 0)).toEqual(wanted.map((x) => x + 0));
        const n = v.nodeCount;
        expect(r.shifted).toEqual(wanted.map((x, k) => x + (k % (n + 1) === 0 ? 0.5 : 0)));
        // Every undirected edge twice, but a loop once: the estimate is for graphs without loops.
        if (!v.name.includes('loops') && !v.directed)
          expect(r.estimate).toBeLessThanOrEqual(made.bytes);
      },
    };
  }),
  {
    name: 'one graph in every format',
    run: (door) =>
      [
        door.fromCsr([0, 2, 4, 6, 6], [1, 2, 0, 2, 0, 1], [1.5, 2, 1.5, 4, 2, 4], false),
        door.readMetis('% c\n4 3 1\n2 1.5 3 2\n1 1.5 3 4\n1 2 2 4\n', 3),
        door.readMetis('4 3 111 2\r\n9 8 7 2 1.5 3 2\r\n9 8 7 1 1.5 3 4\r\n9 8 7 1 2 2 4\r\n9 8 7'),
        door.readList('# c\n\n0 1 1.5\n2 0 2\r\n1\t2\t4', {
          directed: false,
          nodeCount: 4,
          piece: 1,
        }),
        door.readList('from,to,weight\n0,1,1.5\n2,0,2\n1 , 2,4\n', {
          csv: true,
          directed: false,
          nodeCount: 4,
        }),
      ].map((graph) => using(door, graph, (it) => describeGraph(door, it))),
    check: (all: Described[]) => {
      for (const found of all) expect(found).toEqual(all[0]);
      expect(all[0]!.adjacency).toEqual([0, 1.5, 2, 0, 1.5, 0, 4, 0, 2, 4, 0, 0, 0, 0, 0, 0]);
    },
  },
  {
    name: 'quoted CSV',
    run: (door) =>
      using(door, door.readList('"a","b"\n"0","1"\n1,"2"\n', { csv: true }), (graph) =>
        describeGraph(door, graph),
      ),
    check: (found: Described) => expect(found.neighbors).toEqual([[1], [2], []]),
  },
  {
    name: 'weights can be left out',
    run: (door) =>
      using(door, door.readList('0,1,x,y\n1,0,,\n', { csv: true, ignoreWeights: true }), (graph) =>
        describeGraph(door, graph),
      ),
    check: (found: Described) => expect([found.weighted, found.edgeCount]).toEqual([false, 2]),
  },
  {
    name: 'compact ids ascend up to 2^64 - 1',
    run: (door) => door.ids('18446744073709551615 7\n9007199254740993 0\n7 12\n'),
    check: (ids: string[]) =>
      expect(ids).toEqual(['0', '7', '12', '9007199254740993', '18446744073709551615']),
  },
  ...bad.map(
    ([name, call, refused]): Case<GraphDoor> => ({
      name: `rejects ${name}`,
      run: (door) => attempt(() => call(door)),
      check: (found: object) => expect(found).toEqual(refused),
    }),
  ),
  {
    name: 'rejects nodes and shifts that are none, and lives on',
    run: (door) =>
      using(door, door.fromEdges(2, [0], [1], undefined, false), (graph) => [
        attempt(() => door.neighbors(graph, 2)),
        attempt(() => door.weights(graph, 2)),
        attempt(() => door.degrees(graph, 4294967295)),
        attempt(() => door.laplacian(graph, -1)),
        attempt(() => door.laplacian(graph, Number.NaN)),
        [...door.neighbors(graph, 1)],
      ]),
    check: (result: unknown[]) =>
      expect(result).toEqual([
        { refused: 'INDEX', argument: 'node', at: 2 },
        { refused: 'INDEX', argument: 'node', at: 2 },
        { refused: 'INDEX', argument: 'node', at: 4294967295 },
        { refused: 'OPTION', argument: 'shift', at: -1 },
        { refused: 'OPTION', argument: 'shift', at: -1 },
        [0],
      ]),
  },
];
