// Nodes and relationships of a result, drawn.
import type { GraphNode, GraphRelationship, GraphValue } from 'sublinear/property';
import { forceAtlas2Places } from './places.js';

const MOST_DRAWN = 60;
const [WIDTH, HEIGHT, MARGIN] = [640, 400, 40] as const;

const isNode = (value: object): value is GraphNode => 'labels' in value && 'properties' in value;
const isRelationship = (value: object): value is GraphRelationship =>
  'from' in value && 'to' in value && 'type' in value && 'properties' in value;

/** Everything in the rows that can be drawn, within lists and paths too. */
export function drawable(rows: readonly Record<string, GraphValue>[]) {
  const nodes = new Map<number, GraphNode>();
  const relationships = new Map<number, GraphRelationship>();
  const waiting: unknown[] = rows.flatMap((row) => Object.values(row));
  for (
    let value = waiting.shift();
    waiting.length > 0 || value !== undefined;
    value = waiting.shift()
  ) {
    if (typeof value !== 'object' || value === null) continue;
    if (isNode(value)) nodes.set(value.id, value);
    else if (isRelationship(value)) relationships.set(value.id, value);
    else waiting.push(...Object.values(value));
  }
  return { nodes, relationships };
}

const svg = (tag: string, attributes: Record<string, string | number>, text?: string) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
};

const titleOf = ({ properties, id }: GraphNode) =>
  String(properties.name ?? properties.title ?? Object.values(properties)[0] ?? id);

/** Undefined: there is nothing to draw. */
export function picture(rows: readonly Record<string, GraphValue>[]): SVGElement | undefined {
  const { nodes, relationships } = drawable(rows);
  if (nodes.size === 0) return undefined;
  const shown = [...nodes.values()].slice(0, MOST_DRAWN);
  const places = forceAtlas2Places(shown, relationships.values(), WIDTH, HEIGHT, MARGIN);
  const labels = [...new Set(shown.map(({ labels: [first = ''] }) => first))];
  const drawn = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    class: 'found',
    'aria-label': `${nodes.size} nodes and ${relationships.size} relationships`,
  });
  for (const { from, to, type } of relationships.values()) {
    const [a, b] = [places.get(from), places.get(to)];
    if (a === undefined || b === undefined) continue;
    drawn.append(
      svg('line', { x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: 'relationship' }),
      svg('text', { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 - 3, class: 'type' }, type),
    );
  }
  for (const node of shown) {
    const { x, y } = places.get(node.id)!;
    const kind = labels.indexOf(node.labels[0] ?? '') % 3;
    drawn.append(
      svg('circle', { cx: x, cy: y, r: 9, class: `node kind-${kind}` }),
      svg('text', { x, y: y + 22, class: 'title' }, titleOf(node)),
    );
  }
  return drawn;
}
