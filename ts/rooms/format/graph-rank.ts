// Personalised PageRank in a remote graph: push to a threshold, a finer one where a tolerance asks for it, the certificate.
import type { NodeLabel } from '../../runtime/labels.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { RemoteRankOptions, RemoteRanks } from './graph-types.js';
import type { GraphQuestion } from './graph-walk.js';
import type { Traffic } from './traffic.js';

const EPSILON = 1e-5;
/** With a tolerance thresholds fall from the first to the last, so that what matters most is read first. */
const EPSILON_FIRST = 1e-3;
const EPSILON_LAST = 1e-16;
const EPSILON_FALLS = 8;

/** Answers it. `places` says where nodes are. */
export async function rankFrom(
  question: GraphQuestion,
  options: RemoteRankOptions,
  places: (labels: readonly NodeLabel[]) => Promise<number[]>,
): Promise<Omit<RemoteRanks, keyof Traffic>> {
  const { runtime, operation } = question.reader.asked;
  const { damping = 0.85, tolerance, topK } = options;
  check.number(operation, 'damping', damping);
  if (tolerance !== undefined) {
    check.number(operation, 'tolerance', tolerance);
    if (!(tolerance > 0)) throw check.rangeError(operation, 'tolerance', 'number > 0', tolerance);
  }
  const last = options.epsilon ?? (tolerance === undefined ? EPSILON : EPSILON_LAST);
  check.number(operation, 'epsilon', last);
  if (topK !== undefined) check.integer(operation, 'topK', topK, 1, 0xffffffff);
  const { nodes: labels, weights: given } = readSource(operation, options.source);
  const weights = given === undefined ? undefined : realArray(operation, 'source.weights', given);
  if (weights !== undefined && weights.length !== labels.length)
    throw check.shapeError(operation, 'source.weights', labels.length, weights.length);
  const from = await places(labels);
  let epsilon = tolerance === undefined ? last : Math.max(last, EPSILON_FIRST);
  question.begin((graph, at, count, scratch) => {
    const shares = weights === undefined ? 0 : scratch.doubles('source.weights', weights).address;
    return runtime.raw.GraphWalk.push(graph, at, shares, count, damping, epsilon);
  }, from);
  // Less than the tolerance, as the certificate is a little above what is left.
  const wanted = (tolerance ?? 0) * (1 - 1e-3);
  let settled = await question.settle();
  while (settled && tolerance !== undefined && epsilon > last) {
    if ((question.numbers()[3] as number) <= wanted) break;
    epsilon = Math.max(last, epsilon / EPSILON_FALLS);
    runtime.check(operation, question.raw.next(epsilon));
    settled = await question.settle();
  }
  runtime.check(operation, question.raw.check());
  // New are only rows of nodes that others call nodes without edges. What is not read of them counts with all that it may say.
  if (!(await question.settle())) {
    settled = false;
    runtime.check(operation, question.raw.check());
  }
  const numbers = question.numbers();
  const [, edgeOperations = 0] = numbers;
  const touchedNodes = numbers[4] as number;
  const errorBound = numbers[5] as number;
  const found = question.results(Math.min(topK ?? touchedNodes, touchedNodes));
  await question.readBlocks([...found.nodes]);
  const named = Array.from(found.nodes).flatMap((node, i) => {
    const label = question.label(node);
    return label === undefined ? [] : [{ i, label }];
  });
  const reached = tolerance === undefined || errorBound <= tolerance;
  return {
    nodes: named.map(({ label }) => label),
    scores: Float64Array.from(named, ({ i }) => found.values[i] as number),
    bounds: Float64Array.from(named, ({ i }) => found.bounds[i] as number),
    errorBound,
    outcome: !settled ? 'byteLimit' : reached ? 'converged' : 'stagnated',
    touchedNodes,
    edgeOperations,
    complete: question.reader.complete,
  };
}

function readSource(operation: string, source: RemoteRankOptions['source']) {
  if (typeof source !== 'object') return { nodes: [source], weights: undefined };
  const { nodes, weights } = check.options(operation, source, ['nodes', 'weights']);
  if (!Array.isArray(nodes)) throw check.typeError(operation, 'source.nodes', 'array', nodes);
  return { nodes: nodes as NodeLabel[], weights };
}
