// A graph drawn with sigma, over a map if it has one.
import { UndirectedGraph } from 'graphology';
import forceAtlas2 from 'graphology-layout-forceatlas2';
import Sigma from 'sigma';
import { drawDiscNodeLabel } from 'sigma/rendering';
import { rankColour } from '../colours.js';
import { frame, h, themed } from '../ui.js';

export interface Picture {
  nodes: ArrayLike<number>;
  labels: string[];
  /** The first node is the one that was asked about. */
  scores: ArrayLike<number>;
  /** Pairs of positions in `nodes`. */
  edges: [number, number][];
  /** Of each node; by its score when absent. */
  colours?: string[] | undefined;
  /** Edges that stand out, as pairs of positions too. */
  marked?: [number, number][] | undefined;
  map?: { places: Float64Array; lines: number[][] } | undefined;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const overlap = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const LAYOUT_STEPS = 60;

/** Keeps its size while its tab is hidden: resizing waits for all that the graphics card has still to do, there and back. */
class Sketch extends Sigma {
  override resize(force?: boolean): this {
    return this.getContainer().checkVisibility() ? super.resize(force) : this;
  }
}

export class Drawing {
  readonly element: HTMLElement;
  readonly #map = h('canvas', { className: 'map' });
  readonly #graph = new UndirectedGraph();
  readonly #places = new Map<number, { x: number; y: number }>();
  #sigma: Sigma | undefined;
  #lines: number[][] = [];
  #drawn = 0;
  /** Where the labels of this frame are. */
  #labels: Box[] = [];

  constructor(onchoose: (node: number) => void) {
    const stage = h('div', { className: 'sigma' });
    this.element = h(
      'div',
      { className: 'card drawing', role: 'img', 'aria-label': 'Nothing is drawn yet.' },
      this.#map,
      stage,
    );
    // Sigma measures its element, which has to be on the page by then.
    this.#start = () => {
      const sigma = new Sketch(this.#graph, stage, {
        allowInvalidContainer: true,
        labelRenderedSizeThreshold: 4,
        // At most one label a cell of the grid, and of those none that would lie on another.
        labelDensity: 1,
        defaultDrawNodeLabel: (context, node, settings) => {
          if (!node.label) return;
          context.font = `${settings.labelWeight} ${settings.labelSize}px ${settings.labelFont}`;
          const { width } = context.measureText(node.label);
          const half = settings.labelSize / 2 + 1;
          const box = {
            left: node.x + node.size,
            right: node.x + node.size + width + 6,
            top: node.y - half,
            bottom: node.y + half,
          };
          if (this.#labels.some((other) => overlap(other, box))) return;
          this.#labels.push(box);
          drawDiscNodeLabel(context, node, settings);
        },
        labelGridCellSize: 140,
        defaultEdgeColor: themed('line'),
        labelColor: { color: themed('text') },
        zIndex: true,
      });
      sigma.on('clickNode', ({ node }) => onchoose(Number(node)));
      sigma.on('enterNode', () => stage.style.setProperty('cursor', 'pointer'));
      sigma.on('leaveNode', () => stage.style.removeProperty('cursor'));
      sigma.on('beforeRender', () => {
        this.#labels = [];
      });
      sigma.on('afterRender', () => this.#drawMap(sigma));
      addEventListener('themechange', () => {
        sigma.setSetting('defaultEdgeColor', themed('line'));
        sigma.setSetting('labelColor', { color: themed('text') });
      });
      return sigma;
    };
  }

  readonly #start: () => Sigma;

  /** Forgets where nodes were: for another graph. */
  clear(): void {
    this.#places.clear();
    this.#graph.clear();
  }

  /** Draws, and lays out in small steps; resolves when the layout has come to rest or a newer picture is drawn. */
  async show({ nodes, labels, scores, edges, colours, marked = [], map }: Picture): Promise<void> {
    const mine = ++this.#drawn;
    if (!this.#sigma) {
      await frame(); // making a WebGL context is the longest thing that the page does: by itself
      if (mine !== this.#drawn) return;
      this.#sigma = this.#start();
      await frame();
      if (mine !== this.#drawn) return;
    }
    this.#lines = map?.lines ?? [];
    const graph = this.#graph;
    const largest = Math.log(scores[0] ?? 1);
    const least = Math.log(Math.min(...Array.from(scores).filter((score) => score > 0), 1));
    this.#remember();
    graph.clear();
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      const share =
        scores[i]! > 0 ? (Math.log(scores[i]!) - least) / Math.max(largest - least, 1e-9) : 0;
      graph.addNode(node, {
        ...this.#placeOf(node, i, map?.places),
        label: short(labels[i]!),
        size: i === 0 ? 14 : 3 + 9 * share,
        color: colours?.[i] ?? rankColour(share),
        zIndex: nodes.length - i,
        forceLabel: i === 0,
      });
    }
    for (const [a, b] of edges) graph.mergeEdge(nodes[a]!, nodes[b]!, { size: map ? 0.4 : 1 });
    for (const [a, b] of marked)
      graph.mergeEdge(nodes[a]!, nodes[b]!, { size: 4, color: '#d62728', zIndex: 1 });
    if (map) return;
    const settings = { ...forceAtlas2.inferSettings(Math.max(graph.order, 2)), gravity: 1.2 };
    for (let step = 0; step < LAYOUT_STEPS; step += 2) {
      await frame();
      if (mine !== this.#drawn) return;
      forceAtlas2.assign(graph, { iterations: 2, settings });
    }
  }

  #remember(): void {
    this.#graph.forEachNode((node, { x, y }) => this.#places.set(Number(node), { x, y }));
  }

  // A node that was there stays where it was; a new one begins on a spiral, near ones inside.
  #placeOf(node: number, i: number, places?: Float64Array): { x: number; y: number } {
    if (places) return { x: places[2 * node]!, y: places[2 * node + 1]! };
    const angle = 2.4 * i;
    const radius = 4 * Math.sqrt(i);
    return this.#places.get(node) ?? { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
  }

  #drawMap(sigma: Sigma): void {
    const canvas = this.#map;
    const { width, height } = sigma.getDimensions();
    const ratio = devicePixelRatio;
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    const context = canvas.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (this.#lines.length === 0 || this.#graph.order === 0) return;
    // The way from the map's plane to the screen is affine: three points give it.
    const o = sigma.graphToViewport({ x: 0, y: 0 });
    const px = sigma.graphToViewport({ x: 1, y: 0 });
    const py = sigma.graphToViewport({ x: 0, y: 1 });
    const [xx, xy, yx, yy] = [px.x - o.x, px.y - o.y, py.x - o.x, py.y - o.y];
    context.strokeStyle = themed('line');
    context.lineWidth = 1;
    context.beginPath();
    for (const line of this.#lines)
      for (let k = 0; k < line.length; k += 2) {
        const x = o.x + line[k]! * xx + line[k + 1]! * yx;
        const y = o.y + line[k]! * xy + line[k + 1]! * yy;
        if (k === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
    context.stroke();
  }
}

/** The first two names: the list beside the picture has them all. */
const short = (label: string) => label.split(' · ')[0]!.split(', ').slice(0, 2).join(', ');
