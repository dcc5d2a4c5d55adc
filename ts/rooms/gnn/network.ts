// Graph networks: layers that were trained somewhere, or here; answers for a few nodes from their surroundings.

import type { OutcomeName } from '../../generated/codes.js';
import type { Gnn as RawGnn } from '../../generated/raw/learning.js';
import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { Asked } from './asked.js';
import { type GraphLayer, layersOf, parametersOf } from './layers.js';
import {
  beginTraining,
  type Epoch,
  historyOf,
  type TrainingOptions,
  trainingKeys,
} from './training.js';
import type { AskOptions, NetworkAnswer } from './types.js';

const askKeys = ['nodes', 'weighted', 'maxTimeMs'] as const;

/**
 * A graph network: layers that each make numbers of a node from its own and those of its neighbours. From layers that were
 * trained elsewhere (`GraphNetwork.fromLayers`), trained here (`GraphNetwork.train`), or loaded.
 *
 * A node hears from the sources of its incoming edges; an undirected edge leads both ways.
 */
export class GraphNetwork extends WasmObject<RawGnn> {
  /**
   * A network from the parameters of its layers, as PyTorch Geometric and other libraries have them.
   *
   * Kipf, Welling 2017 (arXiv:1609.02907); Hamilton, Ying, Leskovec 2017 (arXiv:1706.02216); Velickovic et al. 2018
   * (arXiv:1710.10903).
   *
   * @param layers - 1 to 16; each has as many inputs as the one before gives
   * @throws RangeError `OPTION` (layers), `SHAPE` or `NOT_FINITE` (parameters; 10^18 is the limit); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, GraphNetwork } = await load();
   * using network = GraphNetwork.fromLayers([{ type: 'gcn', inputs: 1, outputs: 1, weights: [2], bias: [1] }]);
   * using pair = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log(network.predict(pair, [3, 5]).outputs); // Float32Array(2) [ 9, 9 ]
   * ```
   */
  static fromLayers(layers: readonly GraphLayer[]): GraphNetwork {
    const operation = 'GraphNetwork.fromLayers';
    const runtime = runtimeOf(this, operation);
    const { shapes, parameters } = parametersOf(operation, layers);
    return runtime.scratch(operation, (scratch) => {
      const shape = scratch.indices('layers', shapes);
      const numbers = scratch.floats('parameters', parameters);
      const made = runtime.raw.Gnn.create(
        layers.length,
        shape.address,
        numbers.address,
        numbers.length,
      );
      return adopt(runtime, operation, GraphNetwork, made);
    });
  }

  /**
   * Trains a graph convolution of two layers to classify nodes: Adam on the mean cross entropy of the training nodes, with
   * dropout, until the loss of the validation nodes has stopped falling; the parameters with the smallest are kept. The same
   * arguments give the same bits. Only nodes within two steps of those that are given are read.
   *
   * Kipf, Welling 2017 (arXiv:1609.02907). Divide the rows of counts by their sums first, as the paper does.
   *
   * @param features - as many numbers for each node, node after node; most may be 0
   * @throws RangeError `OPTION`, `SHAPE` or `NOT_FINITE` (features), `EMPTY` (nodes), `INDEX` (nodes, labels), `ARGUMENT` (a
   *   node twice); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, GraphNetwork } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2, 3, 4], to: [1, 2, 3, 4, 5], directed: false });
   * const features = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
   * using network = GraphNetwork.train(path, features, { training: { nodes: [0, 5], labels: [0, 1] }, seed: 1 });
   * console.log(network.predict(path, features).labels.join('')); // 000111
   * ```
   */
  static train(graph: Graph, features: RealArray, options: TrainingOptions): GraphNetwork {
    const operation = 'GraphNetwork.train';
    const runtime = runtimeOf(this, operation);
    const given = check.options<TrainingOptions>(operation, options, trainingKeys);
    const { maxTimeMs } = given;
    const made = beginTraining(runtime, operation, graph, features, given, wrapped);
    return runMade(made, () =>
      runNow(runtime, operation, maxTimeMs === undefined ? {} : { maxTimeMs }, () =>
        begunMaking(made, operation),
      ),
    );
  }

  /**
   * `GraphNetwork.train` in slices of about 8 ms that let other tasks run. The graph is free meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, GraphNetwork } = await load();
   * using pair = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * const training = { nodes: [0, 1], labels: [0, 1] };
   * using network = await GraphNetwork.trainAsync(pair, [1, 0], { training, epochs: 3 });
   * console.log(network.history.length, network.outcome); // 3 iterationLimit
   * ```
   */
  static async trainAsync(
    graph: Graph,
    features: RealArray,
    options: TrainingOptions & AsyncOptions<WorkProgress>,
  ): Promise<GraphNetwork> {
    const operation = 'GraphNetwork.trainAsync';
    const runtime = runtimeOf(this, operation);
    const keys = [...trainingKeys, ...asyncKeys];
    const given = check.options<TrainingOptions & AsyncOptions<WorkProgress>>(
      operation,
      options,
      keys,
    );
    const { maxTimeMs, signal, onProgress } = given;
    const control = {
      ...(maxTimeMs !== undefined && { maxTimeMs }),
      ...(signal !== undefined && { signal }),
      ...(onProgress !== undefined && { onProgress }),
    };
    const made = beginTraining(runtime, operation, graph, features, given, wrapped);
    return runMadeAsync(made, () =>
      runLater(runtime, operation, control, () => begunMaking(made, operation)),
    );
  }

  /** Numbers of a node that the first layer takes. */
  get inputs(): number {
    return this.#shapes('inputs')[1] as number;
  }

  /** Numbers of a node that the last layer gives. */
  get outputs(): number {
    const shapes = this.#shapes('outputs').slice(-6);
    const [, , outputs, heads, average] = shapes as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    return average === 1 ? outputs : outputs * heads;
  }

  /** How the training ended: `'converged'`, `'iterationLimit'`, `'timeLimit'` or `'breakdown'`; `'converged'` for others. */
  get outcome(): OutcomeName {
    return this.runtime.outcome(this.#numbers('GraphNetwork.outcome')[0] as number);
  }

  /** The epoch whose parameters were kept, from 0. */
  get bestEpoch(): number {
    return this.#numbers('GraphNetwork.bestEpoch')[7] as number;
  }

  /** The course of the training; empty for networks that were not trained here. */
  get history(): Epoch[] {
    const operation = 'GraphNetwork.history';
    return historyOf(this.runtime, operation, this.use(operation));
  }

  /**
   * The layers with their parameters, copied: `GraphNetwork.fromLayers` takes them.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { GraphNetwork } = await load();
   * using network = GraphNetwork.fromLayers([{ type: 'gcn', inputs: 1, outputs: 1, weights: [2] }]);
   * console.log(network.layers()[0]!.weights, network.layers()[0]!.bias); // Float32Array(1) [ 2 ] Float32Array(1) [ 0 ]
   * ```
   */
  layers(): GraphLayer[] {
    const operation = 'GraphNetwork.layers';
    const [, , , , address, count] = this.#numbers(operation) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return layersOf(this.#shapes('layers'), this.runtime.copyF32(address, count));
  }

  /**
   * What the network says of nodes. Only those within as many steps as there are layers are read: their edges, and their
   * rows of the features. O(edges of the surroundings * numbers of a layer + nodes * parameters).
   *
   * @param features - as many numbers for each node of the graph as the network has inputs
   * @throws RangeError `SHAPE` or `NOT_FINITE` (features; 10^18 is the limit), `INDEX` or `EMPTY` (nodes), `ARGUMENT` (a node
   *   twice), `RANGE` (products overflow); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, GraphNetwork } = await load();
   * using network = GraphNetwork.fromLayers([
   *   { type: 'sage', inputs: 1, outputs: 2, weights: [1, 0], selfWeights: [0, 1] },
   * ]);
   * using path = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 4], directed: false });
   * const { outputs, readNodes } = network.predict(path, [1, 2, 3, 4, 5], { nodes: [0] });
   * console.log(outputs, readNodes); // Float32Array(2) [ 2, 1 ] 2
   * ```
   */
  predict(graph: Graph, features: RealArray, options?: AskOptions): NetworkAnswer {
    const operation = 'GraphNetwork.predict';
    const { runtime } = this;
    const given = check.options<AskOptions>(operation, options, askKeys);
    const asked = new Asked(runtime, this, operation, graph, features, given);
    try {
      runNow(runtime, operation, given, (call) => asked.search(call));
      return runNow(runtime, operation, given, (call) => asked.answer(call));
    } finally {
      asked.free();
    }
  }

  /**
   * `GraphNetwork.predict` in slices of about 8 ms that let other tasks run. The features are read in between.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { Graph, GraphNetwork } = await load();
   * using network = GraphNetwork.fromLayers([{ type: 'gcn', inputs: 1, outputs: 1, weights: [1] }]);
   * using pair = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await network.predictAsync(pair, [1, 3])).outputs); // Float32Array(2) [ 2, 2 ]
   * ```
   */
  async predictAsync(
    graph: Graph,
    features: RealArray,
    options?: AskOptions & AsyncOptions<WorkProgress>,
  ): Promise<NetworkAnswer> {
    const operation = 'GraphNetwork.predictAsync';
    const { runtime } = this;
    const keys = [...askKeys, ...asyncKeys];
    const given = check.options<AskOptions & AsyncOptions<WorkProgress>>(operation, options, keys);
    const asked = new Asked(runtime, this, operation, graph, features, given);
    try {
      await runLater(runtime, operation, given, (call) => asked.search(call));
      return await runLater(runtime, operation, given, (call) => asked.answer(call));
    } finally {
      asked.free();
    }
  }

  /**
   * The network as bytes: `GraphNetwork.load` takes them, in every engine and on every machine.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { GraphNetwork } = await load();
   * using model = GraphNetwork.fromLayers([{ type: 'gcn', inputs: 3, outputs: 1, weights: [1, 2, 3] }]);
   * using again = GraphNetwork.load(model.save());
   * console.log(again.inputs); // 3
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'GraphNetwork.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.Gnn.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB, so that the whole file is never in memory.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { GraphNetwork } = await load();
   * using model = GraphNetwork.fromLayers([{ type: 'gcn', inputs: 3, outputs: 1, weights: [1, 2, 3] }]);
   * let bytes = 0;
   * for (const piece of model.saveInPieces()) bytes += piece.length;
   * console.log(bytes === model.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'GraphNetwork.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.Gnn.save(use()), use);
  }

  /**
   * A network from the bytes that `GraphNetwork.save` gave. Untrusted bytes are safe: what is wrong is an error.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { GraphNetwork } = await load();
   * using model = GraphNetwork.fromLayers([{ type: 'gcn', inputs: 3, outputs: 1, weights: [1, 2, 3] }]);
   * using again = GraphNetwork.load(model.saveInPieces());
   * console.log(again.inputs); // 3
   * ```
   */
  static load(bytes: BytesSource): GraphNetwork {
    const operation = 'GraphNetwork.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, modelFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/gnn';
   *
   * const { GraphNetwork } = await load();
   * using model = GraphNetwork.fromLayers([{ type: 'gcn', inputs: 3, outputs: 1, weights: [1, 2, 3] }]);
   * using again = await GraphNetwork.loadAsync(new Blob([model.save()]).stream());
   * console.log(again.inputs); // 3
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<GraphNetwork> {
    const operation = 'GraphNetwork.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, modelFile(runtime, operation), given);
  }

  /** @internal */
  protected override facts() {
    const { inputs, outputs } = this;
    return { inputs, outputs };
  }

  #numbers(operation: string): number[] {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(8);
      runtime.check(operation, this.use(operation).read(at));
      return Array.from(runtime.copyF64(at, 8));
    });
  }

  #shapes(name: string): Uint32Array<ArrayBuffer> {
    const [, , layers, address] = this.#numbers(`GraphNetwork.${name}`) as [
      number,
      number,
      number,
      number,
    ];
    return this.runtime.copyU32(address, 6 * layers);
  }
}

const wrapped = (runtime: Runtime, operation: string, raw: RawGnn | null) =>
  adopt(runtime, operation, GraphNetwork, raw);

function modelFile(runtime: Runtime, operation: string): Loading<RawGnn, GraphNetwork> {
  return {
    kind: 'GNNW',
    build: (reader) => runtime.raw.Gnn.load(reader),
    wrap: (raw) => adopt(runtime, operation, GraphNetwork, raw),
  };
}
