// Methods of computing scores: their names, and the numbers that C has for them.

// In the order of their numbers in csrc/diffusion/types.h, which a test compares.
const methodNames = ['auto', 'push', 'power', 'gaussSeidel', 'conjugateGradient'] as const;
export const ranMethods = [...methodNames, 'series'] as const;

export const methods = {
  ...Object.fromEntries(methodNames.map((name, number) => [name, number])),
  pushPower: 6,
};

/**
 * How scores are computed:
 *
 * - `'auto'` forward push while it stays cheap, then one of the last two from where push stopped (default)
 * - `'push'` forward push: touches only the nodes that matter at the tolerance
 * - `'power'` power iteration: the textbook method, for comparison
 * - `'gaussSeidel'` sweeps over all nodes that push what they find
 * - `'pushPower'` push, and when its predicted work is too much, power iteration from where push stopped
 * - `'conjugateGradient'` undirected graphs only, and the fastest there for a fine tolerance
 */
export type PageRankMethod = (typeof methodNames)[number] | 'pushPower';
