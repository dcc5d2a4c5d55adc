// Learning on graphs through both doors. Reference values come from NumPy and SciPy (test/vectors/gnn/generate.py).
import type { GnnRoom, GraphLayer } from 'sublinear/gnn';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { type EdgeArrays, graphOf, rawGraphCopy } from '../support/graphs.js';
import type { RawModule } from '../support/raw.js';
import vectors from '../vectors/gnn/gnn.json' with { type: 'json' };

interface Smoothing {
  alpha: number;
  steps: number;
  normalization?: 'symmetric' | 'row';
  selfLoops?: boolean;
}

interface Known {
  classes: number;
  nodes: number[];
  labels: number[];
}

interface Fit {
  features: number[];
  labels: number[];
  classes: number;
  l2: number;
  classWeights: number[];
}

interface Training extends Known {
  trained: number;
  hidden: number;
  dropout: number;
  epochs: number;
  patience: number;
  seed: number;
}

interface Smoothed {
  values: Float32Array;
  errorBound: number;
}

interface Trained {
  parameters: Float32Array;
  history: number[];
  outputs: Float32Array;
}

export interface GnnDoor {
  smooth: (graph: EdgeArrays, features: number[], how: Smoothing) => Smoothed;
  spread: (graph: EdgeArrays, known: Known, alpha: number, scores?: number[]) => Smoothed;
  regress: (
    given: Fit,
    tolerance: number,
  ) => { parameters: Float64Array; loss: number; gradient: number; probabilities: Float64Array };
  ask: (
    graph: EdgeArrays,
    layers: GraphLayer[],
    features: number[],
    nodes: number[],
  ) => { outputs: Float32Array; readNodes: number };
  train: (graph: EdgeArrays, features: number[], training: Training) => Trained;
}

export const doors: RoomDoors<'gnn', GnnDoor> = {
  room: 'gnn',
  bundle: 'learning',
  besides: ['network'],
  embind: embindDoor,
  raw: rawDoor,
};

function embindDoor(room: GnnRoom): GnnDoor {
  return {
    smooth(edges, features, how) {
      using graph = graphOf(room.Graph, edges);
      const { features: values, errorBound } = room.smoothFeatures(graph, features, how);
      return { values, errorBound };
    },
    spread(edges, known, alpha, given) {
      using graph = graphOf(room.Graph, edges);
      const { scores: values, errorBound } =
        given === undefined
          ? room.labelSpread(graph, { ...known, alpha })
          : room.correctAndSmooth(graph, given, {
              ...known,
              correctAlpha: alpha,
              smoothAlpha: alpha / 2,
            });
      return { values, errorBound };
    },
    regress({ features, labels, classes, l2, classWeights }, tolerance) {
      const options = { classes, l2, classWeights, tolerance };
      using model = room.LogisticRegression.fit(features, labels, options);
      using again = room.LogisticRegression.load(model.save());
      const { loss, gradient } = model;
      const { probabilities } = again.predict(features);
      return { parameters: model.parameters(), loss, gradient, probabilities };
    },
    ask(edges, layers, features, nodes) {
      using graph = graphOf(room.Graph, edges);
      using made = room.GraphNetwork.fromLayers(layers);
      using network = room.GraphNetwork.load(made.save());
      const { outputs, readNodes } = network.predict(graph, features, { nodes });
      return { outputs, readNodes };
    },
    train(edges, features, { nodes, labels, trained, ...rest }) {
      using graph = graphOf(room.Graph, edges);
      const part = (from: number, to?: number) => ({
        nodes: nodes.slice(from, to),
        labels: labels.slice(from, to),
      });
      const sets = { training: part(0, trained), validation: part(trained) };
      using network = room.GraphNetwork.train(graph, features, { ...sets, ...rest });
      const parameters = network
        .layers()
        .flatMap(({ weights, bias }) => [...(weights as Float32Array), ...(bias as Float32Array)]);
      const history = network.history.flatMap((epoch) => Object.values(epoch) as number[]);
      const { outputs } = network.predict(graph, features);
      return { parameters: Float32Array.from(parameters), history, outputs };
    },
  };
}

const kinds = { gcn: 0, sage: 1, gat: 2 };
const activations = { none: 0, relu: 1, elu: 2 };

function numbersOf(layers: GraphLayer[]): { shapes: Uint32Array; parameters: Float32Array } {
  const shapes: number[] = [];
  const parameters: number[] = [];
  for (const layer of layers) {
    const { heads = 1, average = false } = layer.type === 'gat' ? layer : {};
    const { inputs, outputs, activation = 'none' } = layer;
    shapes.push(
      kinds[layer.type],
      inputs,
      outputs,
      heads,
      Number(average),
      activations[activation],
    );
    parameters.push(...(layer.weights as number[]));
    if (layer.type === 'gat')
      parameters.push(
        ...(layer.sourceAttention as number[]),
        ...(layer.targetAttention as number[]),
      );
    parameters.push(...(layer.bias as number[]));
    if (layer.type === 'sage') parameters.push(...(layer.selfWeights as number[]));
  }
  return { shapes: Uint32Array.from(shapes), parameters: Float32Array.from(parameters) };
}

/** Graphs are made in the other module, and come across as a host copies them. */
function rawDoor(module: RawModule, network?: RawModule): GnnDoor {
  const { call } = module;

  const numbers = <T>(read: (at: number) => T): T => {
    const at = module.alloc(64);
    try {
      return read(at);
    } finally {
      call.sl_abi_free!(at);
    }
  };

  /** Steps of another size than the other door's: the result must be the same. */
  const run = (handle: number) =>
    numbers((at) => {
      do module.check(call.sl_abi_job_step!(handle, 777, at));
      while (module.u32(at, 1)[0] === 9);
    });

  const read = (name: string, handle: number) =>
    numbers((at) => {
      module.check(call[`sl_abi_${name}_read`]!(handle, at));
      return Array.from(module.f64(at, 8));
    });

  const withGraph = <T>(edges: EdgeArrays, body: (graph: number) => T): T => {
    const graph = rawGraphCopy(network as RawModule, edges, module);
    try {
      return body(graph);
    } finally {
      module.check(call.sl_abi_graph_destroy!(graph));
    }
  };

  const made = <T>(name: string, handle: number, body: () => T): T => {
    try {
      return body();
    } finally {
      module.check(call[`sl_abi_${name}_destroy`]!(handle));
    }
  };

  const smooth = (edges: EdgeArrays, settings: number[], values: number[], known?: Known) =>
    withGraph(edges, (graph) => {
      const arrays = [
        new Float64Array(settings),
        new Float32Array(values),
        new Uint32Array(known?.nodes ?? []),
        new Uint32Array(known?.labels ?? []),
      ];
      const count = known?.nodes.length ?? 0;
      const handle = module.with(arrays, (set, given, nodes, labels) =>
        module.made(
          call.sl_abi_smoothing_create!(graph, set!, given!, values.length, nodes!, labels!, count),
        ),
      );
      return made('smoothing', handle, () => {
        run(handle);
        const [, , address, length, errorBound] = read('smoothing', handle);
        return { values: module.f32(address!, length!), errorBound: errorBound! };
      });
    });

  /** Asks a network that is there. */
  const ask = (graph: number, gnn: number, inputs: number, features: number[], nodes: number[]) => {
    const handle = module.with([new Uint32Array(nodes)], (at) =>
      module.made(call.sl_abi_gnn_answer_create!(graph, gnn, at!, nodes.length, 1)),
    );
    return made('gnn_answer', handle, () => {
      run(handle);
      const [, , readNodes, address] = read('gnn_answer', handle);
      const wanted = module.u32(address!, readNodes!);
      const rows = Array.from(wanted, (node) => features.slice(node * inputs, (node + 1) * inputs));
      module.with([new Float32Array(rows.flat())], (at) =>
        module.check(call.sl_abi_gnn_answer_begin!(handle, at!, readNodes! * inputs)),
      );
      run(handle);
      const [, , , , columns, outputs] = read('gnn_answer', handle);
      return { outputs: module.f32(outputs!, columns! * nodes.length), readNodes: readNodes! };
    });
  };

  return {
    smooth: (edges, features, { alpha, steps, normalization, selfLoops = true }) =>
      smooth(
        edges,
        [0, alpha, steps, Number(normalization !== 'row'), Number(selfLoops), 1, 0, 0],
        features,
      ),
    spread: (edges, known, alpha, scores) =>
      smooth(
        edges,
        [scores === undefined ? 1 : 2, alpha, 20, 1, 0, 1, known.classes, alpha / 2],
        scores ?? [],
        known,
      ),
    regress({ features, labels, classes, l2, classWeights }, tolerance) {
      const columns = features.length / labels.length;
      const settings = new Float64Array([l2, 500, tolerance, 1, 0, 0, 0, 0]);
      const arrays = [
        new Float32Array(features),
        new Uint32Array(labels),
        new Float64Array(classWeights),
        settings,
      ];
      const handle = module.with(arrays, (x, y, weights, set) =>
        module.made(
          call.sl_abi_logistic_create!(labels.length, columns, classes, x!, y!, weights!, set!),
        ),
      );
      return made('logistic', handle, () => {
        run(handle);
        const [, , address, loss, gradient] = read('logistic', handle);
        const parameters = module.f64(address!, classes * (columns + 1));
        const count = labels.length * classes;
        const probabilities = module.with(
          [new Float32Array(features), new Float64Array(count)],
          (x, at) => {
            module.check(call.sl_abi_logistic_predict!(handle, labels.length, x!, at!));
            return module.f64(at!, count);
          },
        );
        return { parameters, loss: loss!, gradient: gradient!, probabilities };
      });
    },
    ask: (edges, layers, features, nodes) =>
      withGraph(edges, (graph) => {
        const { shapes, parameters } = numbersOf(layers);
        const gnn = module.with([shapes, parameters], (shape, at) =>
          module.made(call.sl_abi_gnn_create!(layers.length, shape!, at!, parameters.length)),
        );
        return made('gnn', gnn, () => ask(graph, gnn, layers[0]!.inputs, features, nodes));
      }),
    train: (
      edges,
      features,
      { classes, nodes, labels, trained, hidden, dropout, epochs, patience, seed },
    ) =>
      withGraph(edges, (graph) => {
        const settings = new Float64Array(16);
        settings.set([classes, hidden, 0.01, 0.0005, dropout, epochs, patience, seed, 1]);
        const arrays = [
          settings,
          new Float32Array(features),
          new Uint32Array(nodes),
          new Uint32Array(labels),
        ];
        const gnn = module.with(arrays, (set, x, list, of) =>
          module.made(
            call.sl_abi_gnn_train!(
              graph,
              set!,
              x!,
              features.length,
              list!,
              of!,
              nodes.length,
              trained,
            ),
          ),
        );
        return made('gnn', gnn, () => {
          run(gnn);
          const [, , , , address, count] = read('gnn', gnn);
          const parameters = module.f32(address!, count!);
          const history = numbers((at) => {
            module.check(call.sl_abi_gnn_history!(gnn, at, at + 4));
            const [start, length] = module.u32(at, 2);
            return Array.from(module.f64(start!, length!));
          });
          const all = Array.from({ length: edges.nodeCount }, (_, node) => node);
          const inputs = features.length / edges.nodeCount;
          return { parameters, history, outputs: ask(graph, gnn, inputs, features, all).outputs };
        });
      }),
  };
}

const near = (found: ArrayLike<number>, expected: number[], within: number) => {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i]! - value), `[${i}]`).toBeLessThanOrEqual(within);
};

/** Two rings with one edge between them. */
const rings: EdgeArrays = { nodeCount: 40, from: [0], to: [20], directed: false };
for (let i = 0; i < 40; i++)
  for (const far of [1, 2]) {
    rings.from.push(i);
    rings.to.push(i - (i % 20) + ((i + far) % 20));
  }
const draw = random(5);
const ringFeatures = Array.from({ length: 80 }, (_, i) =>
  i % 2 ? Math.fround(draw()) : i % 10 ? 0 : i < 40 ? 1 : -1,
);
const shuffled = Array.from({ length: 40 }, (_, i) => (i * 7) % 40);

export const cases: Case<GnnDoor>[] = [
  ...vectors.smoothing.map(
    ({ graph, features, limit, ...how }, i): Case<GnnDoor> => ({
      name: `smoothing comes as near to NumPy's solution as its bound says, ${i}`,
      run: ({ smooth }) =>
        [3, 60].map((steps) =>
          smooth(graph as EdgeArrays, features, { steps, ...how } as Smoothing),
        ),
      check(results: Smoothed[]) {
        for (const { values, errorBound } of results) near(values, limit, errorBound);
        expect(results[1]!.errorBound).toBeLessThan(1e-4);
      },
    }),
  ),
  {
    name: 'known classes spread, and scores are corrected by them',
    run: ({ spread }) => {
      const known = { classes: 2, nodes: [0, 20], labels: [0, 1] };
      const unsure = new Array(80).fill(0.5);
      return [spread(rings, known, 0.1), spread(rings, known, 0.2, unsure)];
    },
    check(results: Smoothed[]) {
      for (const { values } of results)
        for (let node = 0; node < 40; node++) {
          const own = node < 20 ? 0 : 1;
          expect(values[2 * node + own]!).toBeGreaterThan(values[2 * node + 1 - own]!);
        }
    },
  },
  ...vectors.logistic.map(
    (given, i): Case<GnnDoor> => ({
      name: `logistic regression finds SciPy's minimum, ${i}`,
      run: ({ regress }) => regress(given, 1e-9),
      check({ parameters, loss, gradient, probabilities }: ReturnType<GnnDoor['regress']>) {
        expect(gradient).toBeLessThanOrEqual(1e-9);
        expect(Math.abs(loss - given.loss)).toBeLessThan(1e-12);
        near(
          parameters.filter((_, at) => at % 5 < 4),
          given.weights,
          1e-6,
        );
        near(probabilities, given.probabilities, 1e-6);
      },
    }),
  ),
  ...vectors.networks.map(
    ({ graph, layers, features, outputs }, i): Case<GnnDoor> => ({
      name: `networks of ${layers.map(({ type }) => type).join(', ')} are NumPy's, ${i}`,
      run: ({ ask }) => [
        ask(
          graph as EdgeArrays,
          layers as GraphLayer[],
          features,
          Array.from({ length: 24 }, (_, n) => n),
        ),
        ask(graph as EdgeArrays, layers as GraphLayer[], features, [17, 3]),
      ],
      check([all, two]: { outputs: Float32Array; readNodes: number }[]) {
        near(all!.outputs, outputs, 1e-5);
        const columns = outputs.length / 24;
        const rows = [17, 3].flatMap((n) => outputs.slice(n * columns, (n + 1) * columns));
        near(two!.outputs, rows, 1e-5);
        expect(two!.readNodes).toBeLessThanOrEqual(all!.readNodes);
      },
    }),
  ),
  {
    name: 'a graph convolution learns two rings from six nodes of each',
    run: ({ train }) =>
      train(rings, ringFeatures, {
        classes: 2,
        nodes: shuffled,
        labels: shuffled.map((node) => Number(node >= 20)),
        trained: 12,
        hidden: 8,
        dropout: 0.2,
        epochs: 300,
        patience: 60,
        seed: 3,
      }),
    check({ history, outputs }: Trained) {
      expect(history.length % 3).toBe(0);
      const right = Array.from(
        { length: 40 },
        (_, node) => outputs[2 * node + 1]! > outputs[2 * node]!,
      );
      expect(right.filter((second, node) => second === node >= 20).length).toBeGreaterThan(37);
    },
  },
  {
    name: 'what is wrong is refused by name',
    run: (door) => {
      const graph = { nodeCount: 2, from: [0], to: [1] };
      const layer: GraphLayer = { type: 'gcn', inputs: 1, outputs: 1, weights: [1], bias: [0] };
      return [
        attempt(() => door.smooth(graph, [1, Number.NaN], { alpha: 0.5, steps: 1 })),
        attempt(() => door.ask(graph, [layer], [1, 2], [])),
        attempt(() => door.ask(graph, [layer], [1, 2], [1, 1])),
        attempt(() => door.ask(graph, [layer], [1, 2], [2])),
        attempt(() => door.ask(graph, [layer], [1, Number.POSITIVE_INFINITY], [1])),
      ];
    },
    check(results: { refused: string; argument: string }[]) {
      expect(results.map(({ refused }) => refused)).toEqual([
        'NOT_FINITE',
        'EMPTY',
        'ARGUMENT',
        'INDEX',
        'NOT_FINITE',
      ]);
    },
  },
];
