// A compiled chooser asks nothing of WebAssembly: it can be shipped as JSON and followed anywhere.
import { SublinearTypeError } from '../../runtime/errors.js';
import type { CompiledChooser, CompiledNode, Features } from './types.js';

/** What {@link decide} gives. */
export interface Decision {
  method: string;
  /** Geometric means of the predicted costs in this leaf, in the order of `compiled.methods`. */
  costs: number[];
}

function bad(expected: string): SublinearTypeError {
  const message = `"compiled" expected ${expected}`;
  return new SublinearTypeError('decide', message, { argument: 'compiled' });
}

/**
 * The method that a compiled chooser names for a task. Needs no engine. O(depth).
 *
 * @throws TypeError for data that no {@link Chooser.compile} has given
 *
 * @example
 * ```ts
 * import { decide, load } from 'sublinear/chooser';
 *
 * const { Chooser } = await load();
 * using chooser = Chooser.create({ methods: ['scan', 'index'], features: ['rows'], timeout: 1000 });
 * for (let rows = 1; rows <= 100; rows++) {
 *   chooser.report([rows], 'scan', { cost: rows });
 *   chooser.report([rows], 'index', { cost: 30 });
 * }
 * const rules = JSON.parse(JSON.stringify(chooser.compile({ depth: 1 })));
 * console.log(decide(rules, { rows: 3 }).method, decide(rules, [90]).method); // scan index
 * ```
 */
export function decide(compiled: CompiledChooser, features: Features): Decision {
  if (compiled?.format !== 'sublinear-chooser-1' || !Array.isArray(compiled.nodes))
    throw bad('what Chooser.compile gives');
  const { nodes, features: names } = compiled;
  let at = 0;
  // A way down visits each node once.
  for (let left = nodes.length; left > 0; left--) {
    const node = nodes[at] as CompiledNode | undefined;
    if (node === undefined) break;
    if ('method' in node) return { method: node.method, costs: [...node.costs] };
    const value = featureOf(features, names, node.feature);
    const goesLeft = Number.isNaN(value) ? node.missing === 'left' : value <= node.atMost;
    at = goesLeft ? node.left : node.right;
  }
  throw bad('nodes that lead to a method');
}

function featureOf(features: Features, names: number | string[], i: number): number {
  if (Array.isArray(features) || ArrayBuffer.isView(features))
    return clamp(Number((features as readonly number[])[i] ?? Number.NaN));
  const name = Array.isArray(names) ? (names[i] as string) : String(i);
  const value = Object.hasOwn(features, name)
    ? (features as Readonly<Record<string, number | boolean | undefined>>)[name]
    : undefined;
  return clamp(value === undefined ? Number.NaN : Number(value));
}

/** As the chooser does: the largest features stand for infinite ones. */
const clamp = (x: number) => (Number.isNaN(x) ? x : Math.min(Math.max(x, -1e308), 1e308));
