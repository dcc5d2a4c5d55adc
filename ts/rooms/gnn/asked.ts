// A question to a graph network, in two parts: whose features are wanted, and, with them, the answer.
import type { GnnAnswer as RawAnswer, Gnn as RawGnn } from '../../generated/raw/learning.js';
import { rawOf, type WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { indexArray, type RealArray, realArray } from '../../runtime/scratch.js';
import type { Begun, Call, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { mostProbable } from './smoothing.js';
import type { AskOptions, NetworkAnswer } from './types.js';

/** @internal */
export class Asked {
  readonly #network: WasmObject<RawGnn> & { readonly inputs: number };
  readonly #runtime: Runtime;
  readonly #operation: string;
  readonly #graph: Graph;
  readonly #features: Float64Array | Float32Array;
  readonly #nodes: Uint32Array;
  readonly #weighted: boolean;
  #raw: RawAnswer | undefined;

  constructor(
    runtime: Runtime,
    network: WasmObject<RawGnn> & { readonly inputs: number },
    operation: string,
    graph: Graph,
    features: RealArray,
    { nodes, weighted = true }: AskOptions,
  ) {
    this.#network = network;
    this.#runtime = runtime;
    this.#operation = operation;
    this.#graph = graph;
    rawOf(runtime, operation, 'graph', graph, Graph);
    this.#weighted = check.boolean(operation, 'weighted', weighted);
    this.#features = realArray(operation, 'features', features);
    const { nodeCount } = graph;
    this.#nodes =
      nodes === undefined
        ? Uint32Array.from({ length: nodeCount }, (_, node) => node)
        : indexArray(operation, 'nodes', graph.numbersOf(operation, 'nodes', nodes)).slice();
    const wanted = nodeCount * network.inputs;
    if (this.#features.length !== wanted)
      throw check.shapeError(operation, 'features', wanted, this.#features.length);
  }

  search({ scratch }: Call<object>): Begun<WorkProgress, void> {
    const operation = this.#operation;
    const nodes = scratch.indices('nodes', this.#nodes);
    const made = this.#runtime.raw.GnnAnswer.create(
      this.#network.use(operation),
      rawOf(this.#runtime, operation, 'graph', this.#graph, Graph),
      nodes.address,
      nodes.length,
      Number(this.#weighted),
    );
    const raw = this.#runtime.made(operation, made);
    this.#raw = raw;
    return { raw, holds: [this.#network, this.#graph], result: () => {} };
  }

  answer({ scratch }: Call<object>): Begun<WorkProgress, NetworkAnswer> {
    const raw = this.#raw as RawAnswer;
    const runtime = this.#runtime;
    const operation = this.#operation;
    const at = scratch.f64(8);
    const [outcome, , wanted, address] = this.#read(at) as [number, number, number, number];
    // Time may have run out while the surroundings were searched: then there is nothing to begin.
    if (runtime.outcome(outcome) === 'converged') {
      const { inputs } = this.#network;
      const rows = scratch.bytes(4 * wanted * inputs);
      const nodes = runtime.copyU32(address, wanted);
      for (const [i, node] of nodes.entries())
        runtime.f32.set(
          this.#features.subarray(node * inputs, (node + 1) * inputs),
          rows / 4 + i * inputs,
        );
      runtime.check(operation, raw.begin(rows, wanted * inputs));
    }
    const result = (): NetworkAnswer => {
      const [how, edgeOperations, readNodes, , columns, outputs, readEdges] = this.#read(at) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const given = outputs === 0 ? 0 : this.#nodes.length * columns;
      const values = runtime.copyF32(outputs, given);
      return {
        nodes: this.#nodes,
        outputs: values,
        columns,
        labels: mostProbable(values, columns),
        readNodes,
        readEdges,
        outcome: runtime.outcome(how),
        work: { edgeOperations },
      };
    };
    return { raw, holds: [this.#network, this.#graph], result };
  }

  #read(at: number): number[] {
    this.#runtime.check(this.#operation, (this.#raw as RawAnswer).read(at));
    return Array.from(this.#runtime.copyF64(at, 7));
  }

  free(): void {
    if (this.#runtime.alive) this.#raw?.delete();
  }
}
