// What Node's util.inspect and console.log print for objects: what they are, not how they are made.

/** What Node's `util.inspect` and `console.log` call. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** The parts of what `util.inspect` hands to a custom function that are used. */
export type Inspect = (value: unknown, options: object) => string;

/** `Graph { nodes: 6, edges: 6 }`. Without an inspector, as in a browser, the facts are JSON. */
export function printed(name: string, facts: object, options: object, inspect?: Inspect): string {
  return `${name} ${(inspect ?? JSON.stringify)(facts, options as never)}`;
}
