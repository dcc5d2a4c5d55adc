// Attention in hyperbolic space, and masks of directed graphs.
import { dagOptions, hyperbolicOptions } from '../../generated/fields/attention.js';
import { asTyped } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import { give } from '../../runtime/fields.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type Begun, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { headsOf, tokensOf } from './ask.js';
import type {
  AttentionForms,
  DagEdges,
  DagMask,
  DagMaskOptions,
  DirectedGraph,
  HyperbolicAttentionOptions,
} from './forms-types.js';
import { shapeOf } from './kv-cache.js';

const models = { poincare: 0, lorentz: 1 } as const;
const sights = { ancestors: 0, topological: 1, criticalPath: 2, cutGated: 3 } as const;

type Arrays = readonly [RealArray, RealArray, RealArray];

function beginHyperbolic(
  { runtime, operation, options, scratch }: Call<HyperbolicAttentionOptions>,
  [queries, keys, values]: Arrays,
): Begun<WorkProgress, Float32Array> {
  const { causal = false, beta = 1, curvature = 1, mask } = options;
  const heads = headsOf(operation, options.heads);
  check.boolean(operation, 'causal', causal);
  check.number(operation, 'beta', beta);
  check.number(operation, 'curvature', curvature);
  const model = check.choice(operation, 'model', options.model ?? 'poincare', models);
  const { batch, kvHeads, size } = shapeOf(operation, options, heads);
  const [q, k] = [scratch.floats('queries', queries), scratch.floats('keys', keys)];
  const v = scratch.floats('values', values);
  if (v.length !== k.length) throw check.shapeError(operation, 'values', k.length, v.length);
  const seen = mask === undefined ? undefined : asTyped(operation, 'mask', mask, 'Uint8Array');
  const masked = seen === undefined ? 0 : scratch.bytes(seen.length);
  if (seen !== undefined) runtime.u8.set(seen, masked);
  const out = scratch.bytes(4 * q.length);
  const asked = {
    ...{ batch, heads, kvHeads, size, causal, model, beta, curvature, out },
    tokens: tokensOf(operation, 'queries', q.length, batch * heads * size),
    keyTokens: tokensOf(operation, 'keys', k.length, batch * kvHeads * size),
    ...{ queries: q.address, queryCount: q.length },
    ...{ keys: k.address, values: v.address, keyCount: k.length },
    ...{ mask: masked, maskCount: seen?.length ?? 0 },
  };
  const raw = scratch.own(runtime.made(operation, runtime.raw.HyperbolicAttention.create()));
  runtime.check(operation, raw.begin(give(runtime, hyperbolicOptions, asked)));
  return { raw, holds: [], result: () => runtime.copyF32(out, q.length) };
}

/** The edges of a graph of whichever engine, by what it tells of itself. */
function edgesOf(operation: string, graph: DagEdges | DirectedGraph): DagEdges {
  if (typeof graph !== 'object' || graph === null)
    throw check.typeError(operation, 'graph', 'edges or a directed graph', graph);
  if (!('neighbors' in graph))
    return check.options<DagEdges>(operation, graph, ['nodeCount', 'from', 'to', 'weights']);
  if (graph.directed !== true) {
    const message = '"graph" expected a directed graph';
    throw new SublinearError('UNSUPPORTED', operation, message, { argument: 'graph' });
  }
  const [from, to]: [number[], number[]] = [[], []];
  for (let node = 0; node < graph.nodeCount; node++)
    for (const target of graph.neighbors(node)) {
      from.push(node);
      to.push(target);
    }
  return { nodeCount: graph.nodeCount, from, to };
}

function dagMask(
  runtime: Runtime,
  graph: DagEdges | DirectedGraph,
  options: DagMaskOptions,
): DagMask {
  const operation = 'dagMask';
  const { sees, side } = check.options(operation, options, ['sees', 'side']);
  const sight = check.choice(operation, 'sees', sees, sights);
  if (sees === 'cutGated' && side === undefined)
    throw check.typeError(operation, 'side', 'the nodes on one side of a cut', side);
  const edges = edgesOf(operation, graph);
  const nodes = check.integer(operation, 'nodeCount', edges.nodeCount, 1);
  runtime.assertAlive(operation);
  return runtime.scratch(operation, (scratch) => {
    const from = scratch.indices('from', edges.from);
    const to = scratch.indices('to', edges.to);
    const gates = side && scratch.indices('side', side);
    const weights = edges.weights && scratch.doubles('weights', edges.weights);
    for (const [name, length] of [
      ['to', to.length],
      ['weights', weights?.length ?? from.length],
    ] as const)
      if (length !== from.length) throw check.shapeError(operation, name, from.length, length);
    // The core refuses more nodes; memory for them would not be there either.
    const mask = scratch.bytes(nodes > 2 ** 15 ? 0 : nodes * nodes);
    const [order, longest, cycle] = [scratch.u32(nodes), scratch.f64(nodes), scratch.u32(1)];
    const asked = {
      ...{ nodeCount: nodes, from: from.address, to: to.address, edges: from.length },
      ...{ weights: weights?.address ?? 0, sight, mask, order, longest },
      ...{ side: gates?.address ?? 0, sideCount: gates?.length ?? 0 },
    };
    runtime.u32[cycle / 4] = 0;
    const status = runtime.raw.dagMask(give(runtime, dagOptions, asked), cycle);
    const count = runtime.u32[cycle / 4] as number;
    if (count > 0) {
      const found = Array.from(runtime.copyU32(order, count));
      // A long one is told by its first nodes.
      const named = found.length > 20 ? [...found.slice(0, 20), '...'] : [...found, found[0]];
      const message = `"graph" expected no cycle, got ${named.join(' -> ')}`;
      throw new SublinearError('UNSUPPORTED', operation, message, { argument: 'graph' });
    }
    runtime.check(operation, status);
    return {
      mask: runtime.u8.slice(mask, mask + nodes * nodes),
      order: runtime.copyU32(order, nodes),
      longest: runtime.copyF64(longest, nodes),
    };
  });
}

/** The functions of the room that are other forms of attention. */
export function createForms(runtime: Runtime): AttentionForms {
  type Options = HyperbolicAttentionOptions & { maxTimeMs?: never };
  const hyperbolic = task<Arrays, Options, WorkProgress, Float32Array>(
    runtime,
    ['heads', 'kvHeads', 'size', 'batch', 'causal', 'mask', 'model', 'beta', 'curvature'],
    beginHyperbolic,
  );
  return {
    hyperbolicAttention: (q, k, v, options) =>
      hyperbolic.now('hyperbolicAttention', [q, k, v], options),
    hyperbolicAttentionAsync: (q, k, v, options) =>
      hyperbolic.later('hyperbolicAttentionAsync', [q, k, v], options),
    dagMask: (graph, options) => dagMask(runtime, graph, options),
  };
}
