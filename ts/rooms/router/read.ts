// Routes and their examples, read once.
import type { RealArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { finite, namesOf } from './choice.js';
import type { Embed } from './learned.js';
import type { Route } from './types.js';

/** @internal */
export interface ReadRoutes {
  routes: string[];
  costs: number[];
  examples: (RealArray | { text: string })[];
  labels: Uint32Array;
}

/** @internal The examples of all routes, one after another. */
export function readRoutes(operation: string, given: readonly Route[]): ReadRoutes {
  const routes = namesOf(operation, 'routes', given);
  const examples: (RealArray | { text: string })[] = [];
  const labels: number[] = [];
  const costs = Array.from(given, (route, k) => {
    const { vectors, texts, cost } = check.options<Route>(operation, route, [
      'name',
      'vectors',
      'texts',
      'cost',
    ]);
    if (vectors !== undefined && !Array.isArray(vectors))
      throw check.typeError(operation, `routes[${k}].vectors`, 'array of vectors', vectors);
    if (texts !== undefined && !Array.isArray(texts))
      throw check.typeError(operation, `routes[${k}].texts`, 'array of strings', texts);
    for (const [i, vector] of (vectors ?? []).entries()) {
      if (typeof vector !== 'object' || vector === null)
        throw check.typeError(operation, `routes[${k}].vectors[${i}]`, 'vector', vector);
      examples.push(vector);
    }
    for (const [i, text] of (texts ?? []).entries())
      examples.push({ text: check.string(operation, `routes[${k}].texts[${i}]`, text) });
    while (labels.length < examples.length) labels.push(k);
    return cost === undefined ? 0 : finite(operation, `routes[${k}].cost`, cost);
  });
  return { routes, costs, examples, labels: Uint32Array.from(labels) };
}

/** @internal */
export function vectorOf(
  operation: string,
  example: RealArray | { text: string },
  embed: Embed | undefined,
): RealArray | PromiseLike<RealArray> {
  if (!(typeof example === 'object' && example !== null && 'text' in example)) return example;
  if (typeof embed !== 'function')
    throw check.typeError(operation, 'embed', 'function, because there are texts', embed);
  return embed(example.text);
}
