// Words that are near to a word, an exact answer beside the approximate one, and what the width of the search does.
import { Chart } from '../chart.js';
import { engine } from '../engine.js';
import { fetched, fetchedBytes } from '../fetched.js';
import { initial, remember } from '../state.js';
import { code, field, frame, h, latest, milliseconds, slider, status, whole } from '../ui.js';

const SHOWN = 12;
const WIDTHS = [10, 14, 20, 28, 40, 56, 80, 112, 160, 240];
const SAMPLES = 200;
const ROUNDS = 8;
const REPEATS = 20;

/** The same vector `times` times, one after another. */
function repeated(vector: Float32Array, times: number): Float32Array {
  const all = new Float32Array(times * vector.length);
  for (let i = 0; i < times; i++) all.set(vector, i * vector.length);
  return all;
}

const DIMENSION = 100;

async function open() {
  const own = await engine();
  const [{ Filter, Flat, Hnsw }, { fromFloat16 }] = await Promise.all([
    own.use('hnsw'),
    own.use('quant'),
  ]);
  const [text, graph, bits] = await Promise.all([
    fetched('words.txt').then((response) => response.text()),
    fetchedBytes('words.hnsw'),
    fetched('words.f16').then((response) => response.arrayBuffer()),
  ]);
  const words = text.split('\n');
  const index = await Hnsw.load(graph);
  // The exact scan has the same numbers, as 32-bit ones.
  const exact = await Flat.create({
    metric: 'cosine',
    dimension: DIMENSION,
    capacity: words.length,
  });
  const ids = Uint32Array.from(words, (_, i) => i);
  await exact.addBatch({ ids, vectors: await fromFloat16(new Uint16Array(bits)) });
  return {
    words,
    numbers: new Map(words.map((word, i) => [word, i])),
    index,
    exact,
    filterOf: (ids: Uint32Array) => Filter.from(ids),
  };
}

export async function show(panel: HTMLElement): Promise<void> {
  const progress = status();
  const { line, say } = progress;
  say('Loading 30,000 words…');
  const newest = latest(progress);

  const width = slider({
    label: 'Candidates kept (ef)',
    min: 0,
    max: WIDTHS.length - 1,
    step: 1,
    at: 5,
    value: (i) => WIDTHS[i]!,
    state: ['vectors', 'ef'],
    onchange: () => {
      draw();
      ask();
    },
  });
  const longest = slider({
    label: 'Letters, at most',
    min: 3,
    max: 20,
    step: 1,
    at: 20,
    text: (x) => (x === 20 ? 'any' : String(x)),
    state: ['vectors', 'letters'],
    onchange: () => ask(),
  });
  const begins = h('input', { type: 'search', id: 'begins', maxLength: 6 });
  const search = h('input', { type: 'search', id: 'word', value: 'coffee', autocomplete: 'off' });
  search.value = initial('vectors', 'word') ?? 'coffee';
  begins.value = initial('vectors', 'begins') ?? '';
  const program = code();
  const kept = () => {
    remember('vectors', 'word', search.value === 'coffee' ? undefined : search.value);
    remember('vectors', 'begins', begins.value || undefined);
  };
  for (const input of [begins, search])
    input.addEventListener('input', () => {
      kept();
      ask();
    });
  const rows = h('tbody');
  const facts = h('p', { className: 'status', role: 'status' });
  const chart = new Chart({ x: 'microseconds a query', y: 'recall of the ten nearest' });
  const told = h('p', { className: 'status' });

  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Words as points in a space of 100 dimensions (GloVe, the 30,000 most frequent). Type a word, or a sum such as ',
      h('em', {}, 'king - man + woman'),
      '.',
    ),
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        field('Word or sum of words', search),
        width.row,
        h('h2', {}, 'Only words …'),
        longest.row,
        field('that begin with', begins),
        line,
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      h(
        'div',
        { className: 'card' },
        facts,
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              h('th', {}, 'word'),
              h('th', { className: 'number' }, 'cosine'),
              h('th', {}, 'share'),
              h('th', {}, 'among the exact twelve'),
            ),
          ),
          rows,
        ),
        program.element,
      ),
      h(
        'div',
        { className: 'card' },
        h('h2', {}, 'How wide a search has to be'),
        chart.element,
        told,
      ),
    ),
  );
  const { words, numbers, index, exact, filterOf } = await open();
  say(`${whole(words.length)} words, ${whole(Math.round((await index.bytesUsed) / 1024))} KB.`);

  /** The vector of "a - b + c", and its words. */
  async function vectorOf(text: string): Promise<{ vector: Float32Array; used: number[] }> {
    const terms = [...text.toLowerCase().matchAll(/([+-]?)\s*([a-z]+)/g)];
    if (terms.length === 0) throw new RangeError('Type a word.');
    const vector = new Float32Array(DIMENSION);
    const used: number[] = [];
    for (const [, sign, word] of terms) {
      const number = numbers.get(word!);
      if (number === undefined) throw new RangeError(`"${word}" is not among these words.`);
      used.push(number);
      const part = await index.get(number);
      for (let j = 0; j < DIMENSION; j++) vector[j]! += (sign === '-' ? -1 : 1) * part[j]!;
    }
    return { vector, used };
  }

  async function ask(): Promise<void> {
    await newest(async (signal) => {
      const { vector, used } = await vectorOf(search.value);
      const letters = longest.value;
      const start = begins.value.trim().toLowerCase();
      const narrowed = letters < 20 || start !== '';
      const allowed = narrowed
        ? words.flatMap((word, i) => (word.length <= letters && word.startsWith(start) ? [i] : []))
        : [];
      if (narrowed && allowed.length === 0)
        throw new RangeError('No word is allowed by this filter.');
      const filter = narrowed ? await filterOf(Uint32Array.from(allowed)) : undefined;
      try {
        const k = SHOWN + used.length;
        const options = { k, ...(filter && { filter }) };
        // The question many times in one call: the way to the worker and back takes longer than one search.
        const same = repeated(vector, REPEATS);
        const [found, time] = await timed(() =>
          index.searchBatch(same, { ...options, ef: Math.max(width.value, k) }),
        );
        const [truth, exactTime] = await timed(() => exact.searchBatch(same, options));
        signal.throwIfAborted();
        // The words of the question are the nearest to it: nobody asks for them.
        const first = (ids: Uint32Array, count: number) =>
          Array.from(ids.subarray(0, count), (id, i) => ({ id, i }))
            .filter(({ id }) => !used.includes(id))
            .slice(0, SHOWN);
        const sure = new Set(first(truth.ids, truth.found[0]!).map(({ id }) => id));
        const others = first(found.ids, found.found[0]!).map(({ id, i }) => ({
          id,
          near: 1 - found.distances[i]!,
        }));
        facts.textContent = `${milliseconds(time / REPEATS)} in the graph, ${milliseconds(exactTime / REPEATS)} by exact scan${narrowed ? `; ${whole(allowed.length)} words allowed` : ''}. Each asked ${REPEATS} times in one call.`;
        say('');
        program.show(`
import { load } from 'sublinear/hnsw';

const { Hnsw${narrowed ? ', Filter' : ''} } = await load();
const index = await Hnsw.loadAsync(fetch('words.hnsw'));
${
  narrowed
    ? `const filter = Filter.from(allowed); // ${whole(allowed.length)} ids
`
    : ''
}const { ids, distances } = index.search(vector, { k: ${k}, ef: ${Math.max(width.value, k)}${narrowed ? ', filter' : ''} });`);
        rows.replaceChildren(
          ...others.map(({ id, near }) => {
            const word = h('button', { className: 'link', type: 'button' }, words[id]!);
            word.addEventListener('click', () => {
              search.value = words[id]!;
              kept();
              ask();
            });
            const bar = h('span', { className: 'bar' });
            bar.style.width = `${100 * Math.max(0, near)}%`;
            return h(
              'tr',
              {},
              h('td', {}, word),
              h('td', { className: 'number' }, near.toFixed(3)),
              h('td', {}, bar),
              h('td', {}, sure.has(id) ? 'yes' : 'no'),
            );
          }),
        );
      } finally {
        await filter?.dispose();
      }
    });
  }

  // Recall and time of each width over the same words; the exact scan says what is right.
  const curve: { recall: number; time: number }[] = [];
  function draw(): void {
    if (curve.length === 0) return;
    const here = curve[WIDTHS.indexOf(width.value)];
    const x = curve.map(({ time }) => 1000 * time);
    const lines = [{ name: 'ef 10 to 240', x, y: curve.map(({ recall }) => recall), points: true }];
    const now =
      here &&
      `At ef = ${width.value}: ${(100 * here.recall).toFixed(1)} % of the ten nearest are found, ${milliseconds(here.time)} a query in batches of ${SAMPLES}.`;
    told.textContent = now ?? '';
    chart.draw(
      here
        ? [...lines, { name: 'chosen', x: [1000 * here.time], y: [here.recall], points: true }]
        : lines,
      now ?? 'Recall against time',
    );
  }
  async function measure(): Promise<void> {
    const queries = new Float32Array(SAMPLES * DIMENSION);
    for (let q = 0; q < SAMPLES; q++) {
      // Halfway between two words: a place where no word stands.
      const [a, b] = await Promise.all([index.get(37 * q), index.get(53 * q + 11)]);
      for (let j = 0; j < DIMENSION; j++) queries[q * DIMENSION + j] = a[j]! + b[j]!;
    }
    const truth = await exact.searchBatch(queries, { k: 10 });
    const times = WIDTHS.map(() => [] as number[]);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, ef] of WIDTHS.entries()) {
        const [found, time] = await timed(() => index.searchBatch(queries, { k: 10, ef }));
        if (round > 0) times[i]!.push(time / SAMPLES); // the first round warms up
        await frame();
        if (round < ROUNDS - 1) continue;
        let right = 0;
        for (let q = 0; q < SAMPLES; q++) {
          const sure = new Set(truth.ids.slice(10 * q, 10 * q + 10));
          for (let k = 0; k < 10; k++) if (sure.has(found.ids[10 * q + k]!)) right++;
        }
        const median = times[i]!.sort((x, y) => x - y)[times[i]!.length >> 1]!;
        curve.push({ recall: right / (10 * SAMPLES), time: median });
      }
    draw();
  }
  await ask();
  await measure();
}

async function timed<T>(work: () => T | Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}
