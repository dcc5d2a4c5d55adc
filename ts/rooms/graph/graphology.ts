// Reading graphs of the graphology library through its public methods, without depending on it.
import { SublinearTypeError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { options as checkOptions, show, string, typeError } from '../../runtime/validate.js';
import type { EdgesInput, GraphologyOptions } from './types.js';

/** What is needed of a graphology graph; every one has it, whatever the types of its attributes. */
export interface GraphologyLike {
  readonly order: number;
  readonly size: number;
  readonly undirectedSize: number;
  forEachNode(visit: (key: string) => void): void;
  forEachEdge(
    visit: (
      key: string,
      // biome-ignore lint/suspicious/noExplicitAny: attributes are whatever the user keeps there
      attributes: any,
      source: string,
      target: string,
      // biome-ignore lint/suspicious/noExplicitAny: see above
      sourceAttributes: any,
      // biome-ignore lint/suspicious/noExplicitAny: see above
      targetAttributes: any,
      undirected: boolean,
    ) => void,
  ): void;
}

export function edgesOfGraphology(
  runtime: Runtime,
  operation: string,
  graph: GraphologyLike,
  options: GraphologyOptions | undefined,
): EdgesInput {
  // `weight` is the name of an attribute, or null for an unweighted graph.
  const { weight = 'weight', ...how } = checkOptions(operation, options, [
    'weight',
    'parallel',
    'dtype',
  ]);
  if (weight !== null) string(operation, 'weight', weight);
  if (typeof graph?.forEachNode !== 'function' || typeof graph.forEachEdge !== 'function')
    throw typeError(operation, 'graph', 'a graphology graph', graph);
  const keys: string[] = [];
  const nodes = new Map<string, number>();
  graph.forEachNode((key) => {
    nodes.set(key, keys.length);
    keys.push(key);
  });
  // One directed edge makes the whole graph directed; the undirected ones then lead both ways.
  const directed = graph.undirectedSize < graph.size;
  const count = graph.size + (directed ? graph.undirectedSize : 0);
  const from = runtime.array(operation, Uint32Array, count);
  const to = runtime.array(operation, Uint32Array, count);
  const weights = runtime.array(operation, Float64Array, weight === null ? 0 : count);
  let at = 0;
  let weighted = 0;
  let missing: string | undefined;
  graph.forEachEdge((key, attributes, source, target, _source, _target, undirected) => {
    let value = 1;
    if (weight !== null) {
      const given: unknown = attributes[weight];
      if (given === undefined) missing ??= key;
      else if (typeof given !== 'number') throw weightError(operation, weight, key, given);
      else {
        value = given;
        weighted++;
      }
    }
    // An undirected loop in a directed graph is one edge, like a directed one.
    const sides = directed && undirected && source !== target ? 2 : 1;
    for (let side = 0; side < sides; side++, at++) {
      from[at] = nodes.get(side === 0 ? source : target) as number;
      to[at] = nodes.get(side === 0 ? target : source) as number;
      if (weight !== null) weights[at] = value;
    }
  });
  if (weight !== null && weighted > 0 && missing !== undefined)
    throw weightError(operation, weight, missing, undefined);
  return {
    ...how,
    labels: keys,
    from: from.slice(0, at),
    to: to.slice(0, at),
    directed,
    ...(weighted > 0 && { weights: weights.slice(0, at) }),
  };
}

function weightError(operation: string, weight: string, key: string, value: unknown) {
  const message = `"${weight}" of edge ${show(key)} expected number, got ${show(value)}`;
  return new SublinearTypeError(operation, message, { argument: weight });
}
