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
  /** As a section of a saved graph: its tag and its bytes. */
  save: () => { tag: string; bytes: Uint8Array };
}

/** Whole numbers in ascending order, found again by bisection: no map is needed. */
export function idLabels(ids: BigUint64Array): NodeLabels {
  return {
    length: ids.length,
    save: () => ({
      tag: 'LIDS',
      bytes: new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength),
    }),
    of(node) {
      const id = ids[node] as bigint;
      return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
    },
    find(given) {
      const label = typeof given === 'string' ? numberIn(given) : given;
      if (typeof label !== 'number' && typeof label !== 'bigint') return undefined;
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

/** The whole number that a text says in the way numbers are written, or undefined. */
function numberIn(text: string): bigint | undefined {
  return /^(?:0|[1-9]\d{0,19})$/.test(text) ? BigInt(text) : undefined;
}

/** The same label of another type: 1 for '1', and '1' for 1 and 1n. */
export function otherForm(label: NodeLabel): NodeLabel | undefined {
  if (typeof label === 'number' || typeof label === 'bigint') return String(label);
  if (typeof label !== 'string') return undefined; // from JavaScript: whatever is no name
  const number = numberIn(label);
  if (number === undefined) return undefined;
  return number <= Number.MAX_SAFE_INTEGER ? Number(number) : number;
}

/** Any labels, in node order. The last of equal ones is found. */
export function listedLabels(labels: readonly NodeLabel[]): NodeLabels {
  // Made when the first one is looked for: many graphs are only asked what nodes are called.
  let nodes: Map<NodeLabel, number> | undefined;
  const all = () => {
    nodes ??= new Map(labels.map((label, node) => [label, node]));
    return nodes;
  };
  return {
    length: labels.length,
    save: () => ({
      tag: 'LTXT',
      bytes: new TextEncoder().encode(JSON.stringify(labels.map(writtenLabel))),
    }),
    of: (node) => labels[node] as NodeLabel,
    find(label) {
      const exact = all().get(label);
      if (exact !== undefined) return exact;
      const other = otherForm(label);
      return other === undefined ? undefined : all().get(other);
    },
  };
}

/** As JSON; what that has no word for goes as text in an array: its digits for a bigint, [text, 0] for a number. */
export function writtenLabel(label: NodeLabel): string | number | [string] | [string, 0] {
  if (typeof label === 'bigint') return [String(label)];
  if (typeof label === 'string' || (Number.isFinite(label) && !Object.is(label, -0))) return label;
  return [Object.is(label, -0) ? '-0' : String(label), 0];
}
