// What is wrong, and what is at the edge, through the raw functions of the modules that answer questions about graphs: paths,
// cuts, communities and gnn. A host may pass anything but wild pointers; each call must be refused by name or answered, and
// nothing may be lost.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distFile } from '../support/door.js';
import { RawFailure, RawModule } from '../support/raw.js';

const RUNNING = 9;
const TIME_LIMIT = 3;

interface Shape {
  nodeCount: number;
  from: ArrayLike<number>;
  to: ArrayLike<number>;
  weights?: ArrayLike<number>;
  directed?: boolean;
}

let network: RawModule;
beforeAll(async () => {
  network = await RawModule.open(await distFile('raw/network.simd.wasm'));
});

/** Makes a graph where graphs are made. */
function made({ nodeCount, from, to, weights, directed = false }: Shape): number {
  const arrays = [Uint32Array.from(from), Uint32Array.from(to), Float64Array.from(weights ?? [])];
  return network.with(arrays, (fromAt, toAt, weightsAt) =>
    network.made(
      network.call.sl_abi_graph_from_edges!(
        nodeCount,
        from.length,
        fromAt!,
        toAt!,
        weights ? weightsAt! : 0,
        weights ? 2 : 0,
        Number(directed),
      ),
    ),
  );
}

/** The failure of a call, as code, argument and position. */
function failed(call: () => unknown): [string, string, number | undefined] {
  try {
    call();
  } catch (error) {
    if (!(error instanceof RawFailure)) throw error;
    return [error.code, error.argument, error.position];
  }
  throw new Error('nothing was refused');
}

test('weights and ends that no graph has are refused with the edge', () => {
  const shape = { nodeCount: 3, from: [0, 1, 2], to: [1, 2, 0] };
  for (const [wrong, code] of [
    [-1, 'NOT_POSITIVE'],
    [0, 'NOT_POSITIVE'],
    [-0, 'NOT_POSITIVE'],
    [Number.NaN, 'NOT_FINITE'],
    [Infinity, 'NOT_FINITE'],
  ] as const)
    expect(failed(() => made({ ...shape, weights: [1, 2, wrong] }))).toEqual([code, 'weights', 2]);
  expect(failed(() => made({ ...shape, from: [0, 3, 2] }))).toEqual(['INDEX', 'from', 1]);
  expect(failed(() => made({ ...shape, to: [0, 1, 2 ** 32 - 1] }))).toEqual(['INDEX', 'to', 2]);
  expect(failed(() => made({ ...shape, nodeCount: 0 }))[0]).toBe('EMPTY');
  expect(network.call.sl_abi_handle_count!()).toBe(0);
  expect(network.call.sl_abi_bytes_in_use!()).toBe(0);
});

/** A room with one object for all questions of a graph. */
interface Room {
  name: 'paths' | 'cuts' | 'communities';
  numbers: number;
  questions: number;
  /** A question that every graph with two nodes can be asked. */
  usual: { question: number; options: number[]; nodes: number[] };
}

const rooms: Room[] = [
  {
    name: 'paths',
    numbers: 16,
    questions: 12,
    usual: { question: 0, options: [1, 0, Infinity, 1], nodes: [0] },
  },
  { name: 'cuts', numbers: 16, questions: 14, usual: { question: 0, options: [], nodes: [] } },
  {
    name: 'communities',
    numbers: 8,
    questions: 5,
    usual: { question: 0, options: [1, 0, 1, 2, 0.01, 1], nodes: [] },
  },
];

describe.each(rooms)('$name', ({ name, numbers, questions, usual }) => {
  let module: RawModule;
  beforeAll(async () => {
    module = await RawModule.open(await distFile(`raw/${name}.simd.wasm`));
  });
  afterAll(() => {
    expect(module.call.sl_abi_handle_count!()).toBe(0);
    expect(module.call.sl_abi_bytes_in_use!()).toBe(0);
  });

  const call = (what: string, ...given: number[]) =>
    module.call[`sl_abi_${name}_${what}`]!(...given);

  /** Runs `body` with a graph in this module and an object for it. */
  function using(shape: Shape, body: (object: number, graph: number) => void): void {
    const home = made(shape);
    const graph = RawModule.copy('graph', network, home, module);
    network.check(network.call.sl_abi_graph_destroy!(home));
    try {
      const object = module.made(call('create', graph));
      try {
        body(object, graph);
      } finally {
        module.check(call('destroy', object));
      }
    } finally {
      module.check(module.call.sl_abi_graph_destroy!(graph));
    }
  }

  const begin = (object: number, question: number, options: number[], nodes: number[]) => {
    const given = new Float64Array(16);
    given.set(options);
    module.with([given, Uint32Array.from(nodes)], (optionsAt, nodesAt) =>
      module.check(call('begin', object, question, optionsAt!, nodesAt!, nodes.length)),
    );
  };
  const out = <T>(body: (at: number) => T): T => {
    const at = module.alloc(8 * numbers);
    try {
      return body(at);
    } finally {
      module.call.sl_abi_free!(at);
    }
  };
  const step = (object: number, work: number) =>
    out((at) => {
      module.check(module.call.sl_abi_job_step!(object, work, at));
      return module.u32(at, 1)[0];
    });
  const read = (object: number) =>
    out((at) => {
      module.check(call('read', object, at));
      return module.f64(at, numbers);
    });
  const answer = (object: number, question: number, options: number[], nodes: number[] = []) => {
    begin(object, question, options, nodes);
    while (step(object, 1 << 20) === RUNNING);
    return read(object);
  };

  const triangle: Shape = { nodeCount: 3, from: [0, 1, 2], to: [1, 2, 0], weights: [1, 2, 3] };

  test('handles that are none, of something else, or gone', () => {
    let gone = 0;
    let graphGone = 0;
    using(triangle, (object, graph) => {
      [gone, graphGone] = [object, graph];
      expect(failed(() => module.made(call('create', object)))[0]).toBe('HANDLE');
      out((at) => expect(failed(() => module.check(call('read', graph, at)))[0]).toBe('HANDLE'));
      expect(failed(() => module.check(call('destroy', graph)))[0]).toBe('HANDLE');
      expect(failed(() => begin(graph, 0, [], []))[0]).toBe('HANDLE');
    });
    for (const handle of [0, 1, 12_345, 0xffff_ffff, gone, graphGone]) {
      expect(failed(() => module.made(call('create', handle)))[0]).toBe('HANDLE');
      expect(failed(() => begin(handle, 0, [], []))[0]).toBe('HANDLE');
      expect(failed(() => module.check(call('clear', handle)))[0]).toBe('HANDLE');
      expect(failed(() => module.check(call('destroy', handle)))[0]).toBe('HANDLE');
      expect(failed(() => step(handle, 1))[0]).toBe('HANDLE');
    }
  });

  test('questions that are none, and answers before there are any', () => {
    using(triangle, (object) => {
      for (const question of [questions, questions + 1, 0xffff_ffff])
        expect(failed(() => begin(object, question, usual.options, usual.nodes))).toEqual([
          'OPTION',
          'question',
          undefined,
        ]);
      expect(failed(() => read(object))[0]).toBe('STATE');
      begin(object, usual.question, usual.options, usual.nodes);
      expect(failed(() => read(object))[0]).toBe('STATE');
      // Another one drops it, and refused ones do not bring it back.
      begin(object, usual.question, usual.options, usual.nodes);
      expect(failed(() => begin(object, questions, [], []))[0]).toBe('OPTION');
      while (step(object, 1) === RUNNING);
      read(object);
      read(object);
      module.check(call('clear', object));
      expect(failed(() => read(object))[0]).toBe('STATE');
    });
  });

  test('options that are no numbers are refused or have no meaning', () => {
    using(triangle, (object) => {
      for (let question = 0; question < questions; question++)
        for (const value of [Number.NaN, -1, -Infinity, 1e300])
          for (const nodes of [[], [0], [0, 2], [2, 2], [3], [0xffff_ffff, 0], [0, 1, 2, 0]]) {
            // Addresses among the options stay 0: what they hold is a promise of the host.
            const options =
              name === 'paths' && question === 5 ? [value, 0, 1] : Array(8).fill(value);
            try {
              begin(object, question, options, nodes);
            } catch (error) {
              expect(error).toBeInstanceOf(RawFailure);
              expect((error as RawFailure).code).toMatch(
                /^(OPTION|SHAPE|INDEX|EMPTY|UNSUPPORTED|RANGE|MEMORY)$/,
              );
              continue;
            }
            for (let steps = 0; steps < 50 && step(object, 100) === RUNNING; steps++);
            module.check(call('clear', object));
          }
      answer(object, usual.question, usual.options, usual.nodes);
    });
  });

  test('a question that is stopped says so, and the next one is whole', () => {
    const n = 400;
    const ring = Array.from({ length: n }, (_, u) => u);
    using({ nodeCount: n, from: ring, to: ring.map((u) => (u + 1) % n) }, (object) => {
      const whole = answer(object, usual.question, usual.options, usual.nodes);
      for (const pieces of [0, 1, 3]) {
        begin(object, usual.question, usual.options, usual.nodes);
        let outcome: number | undefined = RUNNING;
        for (let i = 0; i < pieces; i++) outcome = step(object, 1);
        module.check(module.call.sl_abi_job_stop!(object, TIME_LIMIT));
        // A question may be answered in one piece.
        expect(read(object)[0]).toBe(outcome === RUNNING ? TIME_LIMIT : outcome);
      }
      const again = answer(object, usual.question, usual.options, usual.nodes);
      expect([again[0], again[2]]).toEqual([whole[0], whole[2]]);
    });
  });

  test('memory that runs out at any place is an error, and loses nothing', () => {
    using(triangle, (object) => {
      const { sl_abi_set_memory_limit: limit, sl_abi_bytes_in_use: bytes } = module.call;
      answer(object, usual.question, usual.options, usual.nodes);
      const before = bytes!();
      module.check(call('clear', object));
      let failures = 0;
      for (let more = 0; ; more += 16) {
        // The arrays of the host come first.
        const options = module.alloc(128);
        const nodes = module.alloc(16);
        const at = module.alloc(8 * numbers);
        const given = new Float64Array(16);
        given.set(usual.options);
        for (const [i, value] of given.entries())
          module.view().setFloat64(options + 8 * i, value, true);
        for (const [i, node] of usual.nodes.entries())
          module.view().setUint32(nodes + 4 * i, node, true);
        limit!(bytes!() + more);
        let status = call('begin', object, usual.question, options, nodes, usual.nodes.length);
        while (status === 0) {
          status = module.call.sl_abi_job_step!(object, 1, at);
          if (status !== 0 || module.u32(at, 1)[0] !== RUNNING) break;
        }
        if (status === 0) status = call('read', object, at);
        limit!(0xffff_ffff);
        for (const block of [options, nodes, at]) module.call.sl_abi_free!(block);
        if (status === 0) break;
        expect(module.failure().code).toBe('MEMORY');
        failures++;
        expect(failures).toBeLessThan(10_000);
      }
      expect(failures).toBeGreaterThan(0);
      expect(bytes!()).toBeLessThanOrEqual(before);
    });
  });

  test('parts, loops and parallel edges', () => {
    // 0-1-2 with a loop and an edge that is there twice, 3-4 apart, 5 alone.
    const shape: Shape = {
      nodeCount: 6,
      from: [0, 1, 1, 2, 3],
      to: [1, 2, 2, 2, 4],
      weights: [4, 1, 2, 9, 1],
    };
    using(shape, (object) => {
      const f64 = (at: number | undefined, length: number) => Array.from(module.f64(at!, length));
      const u32 = (at: number | undefined, length: number) => Array.from(module.u32(at!, length));
      if (name === 'paths') {
        const tree = answer(object, 0, [1, 0, Infinity, 1], [0]);
        expect(f64(tree[3], 6)).toEqual([0, 4, 7, Infinity, Infinity, Infinity]);
        const route = answer(object, 1, [1], [0, 5]);
        expect([route[2], route[3]]).toEqual([Infinity, 0]);
        const alone = answer(object, 0, [1, 0, Infinity, 1, 1], [0]);
        expect([alone[4], alone[5]]).toEqual([0, 0]);
        expect(f64(alone[3], 6)).toEqual([0, 4, 7, Infinity, Infinity, Infinity]);
      } else if (name === 'cuts') {
        const parts = answer(object, 0, []);
        expect(u32(parts[3], 6)).toEqual([0, 0, 0, 1, 1, 2]);
        expect(answer(object, 9, [])[2]).toBe(0);
        const flow = answer(object, 8, [], [0, 2]);
        expect([flow[2], flow[3]]).toEqual([3, 0]);
        expect(answer(object, 8, [], [0, 5])[2]).toBe(0);
        expect(failed(() => begin(object, 8, [], [2, 2]))[1]).toBe('target');
        expect(failed(() => begin(object, 6, [], []))).toEqual(['UNSUPPORTED', 'graph', 2]);
      } else {
        const found = answer(object, 0, usual.options);
        const labels = u32(found[4], 6);
        expect(labels[5]).not.toBe(labels[4]);
        expect(labels[3]).toBe(labels[4]);
        expect(labels[3]).not.toBe(labels[0]);
      }
    });
  });

  test.each(['path', 'star'])(
    'a %s of a million edges needs no stack',
    (kind) => {
      const many = 1_000_000;
      const to = Uint32Array.from({ length: many }, (_, i) => i + 1);
      const from = kind === 'path' ? to.map((v) => v - 1) : new Uint32Array(many);
      using({ nodeCount: many + 1, from, to }, (object) => {
        const linear: Record<Room['name'], [number, number[], number[]][]> = {
          paths: [
            [0, [0, 0, Infinity, 0], [0]],
            [1, [0], [many, 0]],
          ],
          cuts: [0, 1, 2, 3, 4, 5, 6, 7, 12].map((question) => [question, [], []]),
          communities: [
            [0, [1, 0, 1, 1, 0.01, 1], []],
            [2, [1, 1, 1, 5], []],
          ],
        };
        for (const [question, options, nodes] of linear[name]) {
          const found = answer(object, question, options, nodes);
          if (name === 'paths' && question === 0) expect(found[2]).toBe(many + 1);
          if (name === 'paths' && question === 1) expect(found[2]).toBe(kind === 'path' ? many : 1);
          if (name === 'cuts' && question === 2) expect([found[2], found[7]]).toEqual([many, many]);
          if (name === 'cuts' && question === 4) expect(found[2]).toBe(1);
        }
      });
    },
    240_000,
  );
});

describe('gnn', () => {
  let module: RawModule;
  beforeAll(async () => {
    module = await RawModule.open(await distFile('raw/learning.simd.wasm'));
  });
  afterAll(() => {
    expect(module.call.sl_abi_handle_count!()).toBe(0);
    expect(module.call.sl_abi_bytes_in_use!()).toBe(0);
  });

  /** Smoothing of one column over 0-1-2, a loop at 2, 3 alone. */
  function smoothing(
    graph: number,
    settings: number[],
    values: ArrayLike<number> = [1, 0, 0, 5],
    known: { nodes: number[]; labels: number[] } = { nodes: [], labels: [] },
  ): number {
    const given = new Float64Array(8);
    given.set(settings);
    const arrays = [
      given,
      Float32Array.from(values),
      Uint32Array.from(known.nodes),
      Uint32Array.from(known.labels),
    ];
    return module.with(arrays, (settingsAt, valuesAt, nodesAt, labelsAt) =>
      module.made(
        module.call.sl_abi_smoothing_create!(
          graph,
          settingsAt!,
          valuesAt!,
          values.length,
          nodesAt!,
          labelsAt!,
          known.nodes.length,
        ),
      ),
    );
  }

  function using(shape: Shape, body: (graph: number) => void): void {
    const home = made(shape);
    const graph = RawModule.copy('graph', network, home, module);
    network.check(network.call.sl_abi_graph_destroy!(home));
    try {
      body(graph);
    } finally {
      module.check(module.call.sl_abi_graph_destroy!(graph));
    }
  }
  const shape: Shape = { nodeCount: 4, from: [0, 1, 2], to: [1, 2, 2], weights: [1, 2, 3] };

  test('what is wrong is refused by name, with the place', () => {
    using(shape, (graph) => {
      const cases: [() => unknown, [string, string, number | undefined]][] = [
        [() => smoothing(graph, [7, 0.1, 10]), ['OPTION', 'kind', undefined]],
        [() => smoothing(graph, [0, -0.1, 10]), ['OPTION', 'alpha', undefined]],
        [() => smoothing(graph, [0, Number.NaN, 10]), ['OPTION', 'alpha', undefined]],
        [() => smoothing(graph, [0, 0.1, 0]), ['OPTION', 'steps', undefined]],
        [() => smoothing(graph, [0, 0.1, 10], [1, 2, 3]), ['SHAPE', 'values', undefined]],
        [() => smoothing(graph, [0, 0.1, 10], [1, Number.NaN, 3, 4]), ['NOT_FINITE', 'values', 1]],
        [
          () => smoothing(graph, [1, 0.1, 10, 1, 0, 1, 2], [], { nodes: [0, 4], labels: [0, 1] }),
          ['INDEX', 'nodes', 1],
        ],
        [
          () => smoothing(graph, [1, 0.1, 10, 1, 0, 1, 2], [], { nodes: [0, 1], labels: [0, 2] }),
          ['INDEX', 'labels', 1],
        ],
      ];
      for (const [run, wanted] of cases) expect(failed(run)).toEqual(wanted);
    });
    for (const handle of [0, 99, 0xffff_ffff])
      expect(failed(() => smoothing(handle, [0, 0.1, 10]))[0]).toBe('HANDLE');
  });

  test('a node alone keeps its value, also after a million steps and when it is stopped', () => {
    using(shape, (graph) => {
      for (const stopped of [false, true]) {
        const object = smoothing(graph, [0, 0.1, stopped ? 1_000_000 : 50, 1, 1, 1]);
        const at = module.alloc(64);
        if (stopped) {
          module.check(module.call.sl_abi_job_step!(object, 1, at));
          module.check(module.call.sl_abi_job_stop!(object, TIME_LIMIT));
        } else {
          do module.check(module.call.sl_abi_job_step!(object, 10, at));
          while (module.u32(at, 1)[0] === RUNNING);
        }
        module.check(module.call.sl_abi_smoothing_read!(object, at));
        const numbers = module.f64(at, 8);
        expect(numbers[3]).toBe(4);
        const values = module.f32(numbers[2]!, 4);
        if (stopped) expect(numbers[0]).toBe(TIME_LIMIT);
        expect(values[3]).toBeCloseTo(5, 5);
        module.call.sl_abi_free!(at);
        module.check(module.call.sl_abi_smoothing_destroy!(object));
        expect(failed(() => module.check(module.call.sl_abi_smoothing_destroy!(object)))[0]).toBe(
          'HANDLE',
        );
      }
    });
  });

  test('memory that runs out is an error, and loses nothing', () => {
    using(shape, (graph) => {
      const { sl_abi_set_memory_limit: limit, sl_abi_bytes_in_use: bytes } = module.call;
      const before = bytes!();
      let failures = 0;
      for (let more = 0; ; more += 16) {
        limit!(before + 256 + more);
        let object = 0;
        try {
          object = smoothing(graph, [0, 0.1, 3, 1, 1, 1]);
        } catch (error) {
          expect((error as RawFailure).code).toBe('MEMORY');
          failures++;
        }
        limit!(0xffff_ffff);
        if (object !== 0) {
          module.check(module.call.sl_abi_smoothing_destroy!(object));
          break;
        }
        expect(bytes!()).toBe(before);
      }
      expect(failures).toBeGreaterThan(0);
    });
  });
});
