// Names of nodes. The C core knows nodes as 0 .. n - 1 only; what users call them stays on this side.

/** What a node can be called. */
export type NodeLabel = string | number | bigint;

/** The label of each node, and the way back. */
export interface NodeLabels {
  of: (node: number) => NodeLabel;
  /** The node with this label, or undefined. */
  find: (label: NodeLabel) => number | undefined;
  /** Number of nodes. */
  readonly length: number;
}

/** Whole numbers in ascending order, found again by bisection: no map is needed. */
export function idLabels(ids: BigUint64Array): NodeLabels {
  return {
    length: ids.length,
    of(node) {
      const id = ids[node] as bigint;
      return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
    },
    find(label) {
      if (typeof label === 'string') return undefined;
      let low = 0;
      let high = ids.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((ids[middle] as bigint) < label) low = middle + 1;
        else high = middle;
      }
      // Loosely on purpose: 7 and 7n are the same id.
      // biome-ignore lint/suspicious/noDoubleEquals: see above
      return low < ids.length && ids[low] == label ? low : undefined;
    },
  };
}

/** Any labels, in node order. The last of equal ones is found. */
export function listedLabels(labels: readonly NodeLabel[]): NodeLabels {
  const nodes = new Map<NodeLabel, number>();
  for (let node = 0; node < labels.length; node++) nodes.set(labels[node] as NodeLabel, node);
  return {
    length: labels.length,
    of: (node) => labels[node] as NodeLabel,
    find: (label) => nodes.get(label),
  };
}
