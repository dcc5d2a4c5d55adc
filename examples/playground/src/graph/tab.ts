// What is near to a node, how sure that is, and how much of the graph had to be read for it.
import { groupColour, rankColour } from '../colours.js';
import { engine } from '../engine.js';
import { initial, remember } from '../state.js';
import {
  choice,
  code,
  dropZone,
  h,
  latest,
  milliseconds,
  slider,
  small,
  status,
  whole,
} from '../ui.js';
import { flights, fromFile, type GraphData, wordNet } from './data.js';
import { Drawing, type Picture } from './drawing.js';
import { type Structure, structureOf, type View, views } from './structure.js';

const DRAWN = 150;
const LISTED = 20;

const datasets = { wordnet: 'WordNet: meanings of words', flights: 'Flights in the United States' };

export async function show(panel: HTMLElement): Promise<void> {
  const told = status();
  const { line, say, fail } = told;
  const drawing = new Drawing((node) => ask([node]));
  let data: GraphData | undefined;
  let source: number[] = [];
  let target: number | undefined;
  let shown = 'wordnet';

  const damping = slider({
    label: 'Damping',
    min: 0.5,
    max: 0.99,
    step: 0.01,
    at: 0.85,
    text: (x) => x.toFixed(2),
    onchange: () => ask(),
    state: ['graph', 'damping'],
  });
  const tolerance = slider({
    label: 'Error allowed',
    min: -6,
    max: -0.3,
    step: 0.1,
    at: -0.7,
    value: (x) => 10 ** x,
    text: small,
    onchange: () => ask(),
    state: ['graph', 'error'],
  });
  const oneWay = h('input', { type: 'checkbox', id: 'one-way' });
  oneWay.checked = initial('graph', 'directed') === '1';
  oneWay.addEventListener('change', () => {
    remember('graph', 'directed', oneWay.checked ? '1' : undefined);
    if (file && dataset.select.value === 'file') openFile(file);
  });
  const program = code();
  let file: File | undefined;
  const dataset = choice('Graph', { ...datasets, file: 'Your file' }, (name) => {
    if (name === 'wordnet') use(wordNet);
    else if (name === 'flights') use(flights);
    else openFile(file!);
  });
  const own = dataset.select.options[2]!;
  own.disabled = true;
  const zone = dropZone(
    'Drop an edge list here, or choose one',
    '.txt,.csv,.tsv,.edges',
    (chosen) => openFile(chosen),
  );
  async function openFile(chosen: File): Promise<void> {
    const opened = await use((signal) => fromFile(chosen, oneWay.checked, signal));
    if (!opened) return;
    file = chosen;
    own.disabled = false;
    own.textContent = chosen.name;
    dataset.select.value = shown = 'file';
  }

  const colour = choice<View>('Colour', views, (view) => {
    remember('graph', 'colour', view === 'score' ? undefined : view);
    ask();
  });
  const wanted = initial('graph', 'colour');
  if (wanted !== undefined && wanted in views) colour.select.value = wanted;
  const to = h('input', { type: 'search', id: 'graph-to', list: 'graph-options' });
  const goal = h(
    'form',
    { className: 'control' },
    h('label', { for: 'graph-to' }, 'To'),
    h('button', { type: 'submit' }, 'Go'),
    to,
  );
  goal.addEventListener('submit', async (event) => {
    event.preventDefault();
    const found = (await data?.find(to.value)) ?? [];
    if (found.length === 0) return fail(`There is no "${to.value}" in this graph.`);
    target = found[0];
    if (colour.select.value !== 'cut') colour.select.value = 'path';
    ask();
  });
  const structureLine = h('p', { className: 'structure', role: 'status' });

  const options = h('datalist', { id: 'graph-options' });
  const search = h('input', { type: 'search', id: 'graph-search', list: 'graph-options' });
  const suggest = latest(told);
  for (const field of [search, to])
    field.addEventListener('input', () => {
      if (field.value.length < 2) return;
      suggest(async (signal) => {
        const found = (await data?.suggest(field.value)) ?? [];
        if (!signal.aborted)
          options.replaceChildren(...found.map((value) => h('option', { value })));
      });
    });
  const form = h(
    'form',
    { className: 'control' },
    h('label', { for: 'graph-search' }, 'From'),
    h('button', { type: 'submit' }, 'Show'),
    search,
    options,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const found = (await data?.find(search.value)) ?? [];
    if (found.length > 0) {
      remember('graph', 'from', search.value);
      ask(found);
    } else fail(`There is no "${search.value}" in this graph.`);
  });

  const fact = (name: string) => {
    const value = h('dd', {}, '–');
    return { value, row: [h('dt', {}, name), value] };
  };
  const touched = fact('nodes read');
  const all = fact('of all');
  const bound = fact('error at most');
  const time = fact('time');
  const outcome = fact('ended');
  const proof = fact('places proved');
  const emptyMeter = () =>
    h('div', { className: 'meter', role: 'img', 'aria-label': 'Nothing is measured yet.' });
  const [touchedMeter, massMeter] = [emptyMeter(), emptyMeter()];
  const list = h('tbody');
  const newest = latest(told);

  // What the address says is about the first graph only.
  let begun = false;
  const begin = (key: string) => (begun ? undefined : initial('graph', key));

  /** Shows another graph; when it cannot be had the one of before stays. Resolves to whether it is there. */
  async function use(open: (signal: AbortSignal) => Promise<GraphData>): Promise<boolean> {
    const wanted = dataset.select.value;
    const opened = await newest(async (signal) => {
      say('Reading the graph…');
      const next = await open(signal);
      try {
        const asked = begin('from') ?? next.first;
        const found = await next.find(asked);
        const first = found.length > 0 ? found : await next.find(next.first);
        signal.throwIfAborted();
        data?.dispose();
        [data, source, target] = [next, first, undefined];
        search.value = found.length > 0 ? asked : next.first;
      } catch (error) {
        next.dispose();
        throw error;
      }
      drawing.clear();
      say(`${whole(next.nodeCount)} nodes, ${whole(next.edgeCount)} edges.`);
    });
    if (opened) {
      if (begun) remember('graph', 'from', undefined);
      begun = true;
      shown = wanted;
      // A file cannot be part of an address.
      remember('graph', 'graph', wanted === 'flights' ? wanted : undefined);
      ask();
    } else if (dataset.select.value === wanted) dataset.select.value = shown;
    return opened;
  }

  /** Ranks around these nodes, or around the last ones with what the sliders say now. */
  async function ask(nodes = source): Promise<void> {
    const current = data;
    if (!current || nodes.length === 0) return;
    source = nodes;
    await newest(async (signal) => {
      const { personalizedPageRankAsync } = await (await engine()).use('diffusion');
      const start = performance.now();
      const answer = await personalizedPageRankAsync(current.graph, {
        source: { nodes },
        damping: damping.value,
        topK: Math.min(DRAWN, current.nodeCount),
        tolerance: tolerance.value,
        signal,
      });
      const took = performance.now() - start;
      signal.throwIfAborted();
      const top = answer.nodes!;
      const [labels, edges] = await Promise.all([current.labels(top), among(current.graph, top)]);
      signal.throwIfAborted();

      const share = answer.work.touchedNodes / current.nodeCount;
      touched.value.textContent = whole(answer.work.touchedNodes);
      all.value.textContent = `${whole(current.nodeCount)} (${small(100 * share)} %)`;
      bound.value.textContent = small(answer.errorBound);
      time.value.textContent = milliseconds(took);
      outcome.value.textContent = `${answer.outcome}, ${answer.method}`;
      meter(touchedMeter, share, 0, `${small(100 * share)} % of the nodes were read`);
      const known = Math.max(0, 1 - answer.errorBound);
      meter(
        massMeter,
        known,
        1 - known,
        `At least ${small(100 * known)} % of all the score is where it is shown; ${small(100 - 100 * known)} % may lie elsewhere`,
      );
      program.show(`
import { load } from 'sublinear/diffusion';

const { Graph, personalizedPageRank } = await load();
const graph = await Graph.readAsync(file${current.directed ? '' : ', { directed: false }'});
const near = personalizedPageRank(graph, {
  source: ${nodes.length === 1 ? nodes[0] : `{ nodes: [${nodes.join(', ')}] }`},
  damping: ${damping.value},
  tolerance: ${small(tolerance.value)},
  topK: ${Math.min(DRAWN, current.nodeCount)},
});
for (const { node, score } of near) console.log(node, score);
console.log(near.errorBound, near.provedPlaces);`);
      const largest = answer.scores[0] ?? 1;
      list.replaceChildren(
        ...Array.from(top.slice(0, LISTED), (node, i) => {
          const choose = h('button', { className: 'link', type: 'button' }, labels[i]!);
          choose.addEventListener('click', () => ask([node]));
          const score = answer.scores[i]!;
          const bar = h('span', { className: 'bar' });
          bar.style.width = `${(100 * score) / largest}%`;
          return h(
            'tr',
            {},
            h('td', {}, choose),
            h('td', { className: 'number' }, small(score)),
            h('td', {}, bar),
            h('td', { className: 'place' }),
          );
        }),
      );
      placesProved(top, answer.provedPlaces ?? 0);
      proof.value.textContent = '…';
      drawing.element.ariaLabel = `The ${top.length} nodes nearest to ${labels[0]}, and the edges between them. The list below the picture has the first ${LISTED}.`;
      const picture = { nodes: top, labels, scores: answer.scores, edges, map: current.map };
      drawing.show(picture);
      const view = colour.select.value as View;
      const structure = await structureOf(view, current, top, nodes[0]!, target, signal);
      signal.throwIfAborted();
      structureLine.textContent = structure?.text ?? '';
      if (structure) {
        if (structure.code !== '') program.show(`${program.text}\n\n${structure.code}`);
        drawing.show(await withStructure(current, picture, structure));
        signal.throwIfAborted();
      }
      await prove(current, nodes, top, answer.provedPlaces ?? 0, signal);
    });
  }

  /** What the list says of each place: that it is right, or which one is. */
  function placesProved(sure: Uint32Array, count: number, top = sure): void {
    for (const [i, cell] of list.querySelectorAll('.place').entries()) {
      const place = sure.subarray(0, count).indexOf(top[i]!);
      cell.textContent = place === i ? 'yes' : place >= 0 ? `no, ${place + 1}` : '';
    }
  }

  /** Proves the places of the list, where the answer has not: that takes more of the graph, and comes after the picture. */
  async function prove(
    { graph, nodeCount }: GraphData,
    nodes: number[],
    top: Uint32Array,
    proved: number,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = Math.min(LISTED, nodeCount);
    if (proved >= wanted) {
      proof.value.textContent = `${wanted}, by the answer itself`;
      return;
    }
    const { personalizedPageRankAsync } = await (await engine()).use('diffusion');
    const start = performance.now();
    const answer = await personalizedPageRankAsync(graph, {
      source: { nodes },
      damping: damping.value,
      topK: wanted,
      tolerance: tolerance.value,
      proveRanking: true,
      signal,
    });
    const took = performance.now() - start;
    signal.throwIfAborted();
    const places = answer.provedPlaces ?? 0;
    placesProved(answer.nodes!, places, top);
    proof.value.textContent = `${places} of ${wanted}; ${whole(answer.work.touchedNodes)} nodes, ${milliseconds(took)}`;
  }

  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Personalised PageRank: how much of a random walker’s time is spent where, if he returns to the start now and then. Click a node to start from it.',
    ),
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        dataset.row,
        form,
        colour.row,
        goal,
        structureLine,
        damping.row,
        tolerance.row,
        h(
          'div',
          { className: 'control' },
          h('label', { for: 'one-way' }, 'Edges of files lead one way'),
          oneWay,
        ),
        zone,
        line,
      ),
      h(
        'div',
        { className: 'card' },
        h('h2', {}, 'What it took, and how sure it is'),
        touchedMeter,
        h('dl', { className: 'facts' }, ...touched.row, ...all.row, ...time.row, ...outcome.row),
        h('br'),
        massMeter,
        h('dl', { className: 'facts' }, ...bound.row, ...proof.row),
        program.element,
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      drawing.element,
      h(
        'div',
        { className: 'card scroll', tabIndex: 0, role: 'region', 'aria-label': 'Nearest nodes' },
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...['node', 'score', 'share', 'place proved'].map((text) =>
                h('th', { className: text === 'score' ? 'number' : '' }, text),
              ),
            ),
          ),
          list,
        ),
      ),
    ),
  );
  if (initial('graph', 'graph') === 'flights') {
    dataset.select.value = 'flights';
    await use(flights);
  } else await use(wordNet);
}

function meter(element: HTMLElement, known: number, unsure: number, text: string): void {
  const part = (className: string, share: number) => {
    const span = h('span', { className });
    span.style.width = `${100 * share}%`;
    return span;
  };
  element.replaceChildren(part('known', known), part('unsure', unsure));
  element.ariaLabel = text;
  element.title = text;
}

/** The picture in the colours of an answer, with the nodes and edges that it is about. */
async function withStructure(
  data: GraphData,
  picture: Picture,
  { nodes: about, groups, shares, edges: marked }: Structure,
): Promise<Picture> {
  const shown = new Set(Array.from(picture.nodes));
  const more = [...new Set(about)].filter((node) => !shown.has(node));
  const nodes = Uint32Array.of(...Array.from(picture.nodes), ...more);
  const positions = new Map(Array.from(nodes, (node, i) => [node, i]));
  // The groups of the picture by how many of its nodes they have.
  const sizes = new Map<number, number>();
  for (const group of groups?.values() ?? []) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const places = new Map([...sizes].sort((a, b) => b[1] - a[1]).map(([group], i) => [group, i]));
  const grey = groupColour(Number.POSITIVE_INFINITY);
  return {
    ...picture,
    nodes,
    labels: [...picture.labels, ...(await data.labels(more))],
    scores: [...Array.from(picture.scores).slice(0, shown.size), ...more.map(() => 0)],
    edges: more.length > 0 ? await among(data.graph, nodes) : picture.edges,
    colours: Array.from(nodes, (node) => {
      const group = groups?.get(node);
      if (group !== undefined) return groupColour(places.get(group)!);
      const share = shares?.get(node);
      return share === undefined ? grey : rankColour(share);
    }),
    marked: marked.flatMap(([a, b]): [number, number][] => {
      const [i, j] = [positions.get(a), positions.get(b)];
      return i === undefined || j === undefined ? [] : [[i, j]];
    }),
  };
}

/** The edges between some nodes, as pairs of positions in the list. */
async function among(graph: GraphData['graph'], nodes: Uint32Array): Promise<[number, number][]> {
  const positions = new Map(Array.from(nodes, (node, i) => [node, i]));
  const neighbors = await Promise.all(Array.from(nodes, (node) => graph.neighbors(node)));
  return neighbors.flatMap((list, i) =>
    Array.from(list).flatMap((node): [number, number][] => {
      const j = positions.get(node);
      return j !== undefined && j !== i ? [[i, j]] : [];
    }),
  );
}
