// Definitions of words found by their words, by what they mean, or by both, with a slider between the two.
import { engine } from '../engine.js';
import { fetchedBytes } from '../fetched.js';
import { initial, remember } from '../state.js';
import { code, field, h, latest, milliseconds, slider, status, whole } from '../ui.js';

const SHOWN = 12;
const FIRST = 'a place where ships are safe';

/** The collection, and what makes a vector of a question: the mean of its words' vectors. */
async function open() {
  const own = await engine();
  const [{ Collection }, { StaticEmbedder }] = await Promise.all([
    own.use('hnsw'),
    own.use('inference'),
  ]);
  const [file, table] = await Promise.all([
    fetchedBytes('glosses.slv'),
    fetchedBytes('glosses.enc'),
  ]);
  const [collection, embedder] = await Promise.all([
    Collection.loadAsync(file),
    StaticEmbedder.load(table),
  ]);
  return { collection, embedder };
}

export async function show(panel: HTMLElement): Promise<void> {
  const progress = status();
  const { line, say } = progress;
  say('Loading definitions…');
  const newest = latest(progress);
  let ask = () => {};

  const question = h('input', { type: 'search', id: 'question', autocomplete: 'off' });
  question.value = initial('search', 'question') ?? FIRST;
  const balance = slider({
    label: 'Words or meaning',
    min: 0,
    max: 10,
    step: 1,
    at: 5,
    text: (x) => (x === 0 ? 'words alone' : x === 10 ? 'meaning alone' : `${10 - x} to ${x}`),
    state: ['search', 'meaning'],
    onchange: () => ask(),
  });
  const kind = h(
    'select',
    { id: 'kind' },
    ...['any', 'noun', 'verb', 'adjective', 'adverb'].map((value) => h('option', { value }, value)),
  );
  kind.value = initial('search', 'kind') ?? 'any';
  question.addEventListener('input', () => {
    remember('search', 'question', question.value === FIRST ? undefined : question.value);
    ask();
  });
  kind.addEventListener('change', () => {
    remember('search', 'kind', kind.value === 'any' ? undefined : kind.value);
    ask();
  });
  const rows = h('tbody');
  const facts = h('p', { className: 'status' });
  const program = code();
  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Definitions of WordNet, as one collection of texts and vectors. Describe what you look for; ',
      'a search by words needs the words, a search by meaning finds what says it in others.',
    ),
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        field('Description', question),
        balance.row,
        field('Only kinds of words', kind),
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
              h('th', {}, 'definition'),
              h('th', { className: 'number' }, 'words'),
              h('th', { className: 'number' }, 'meaning'),
            ),
          ),
          rows,
        ),
        program.element,
      ),
    ),
  );
  const { collection, embedder } = await open();
  const size = await collection.size;
  say(`${whole(size)} definitions.`);

  /** The parts of the question that count: a weight of 0 leaves a part out. */
  async function parts(text: string) {
    const meaning = balance.value / 10;
    const vector = meaning > 0 ? await embedder.embed(text) : undefined;
    // A text of unknown words has no direction.
    const known = vector?.some((x) => x !== 0) === true;
    if (meaning === 1 && !known) throw new RangeError('None of these words has a known meaning.');
    return {
      ...(meaning < 1 && { text, words: { syntax: false } }),
      ...(known && vector && { vector }),
      weights: { text: 1 - meaning, vector: meaning },
    };
  }

  ask = () =>
    void newest(async (signal) => {
      const text = question.value.trim();
      if (text === '') throw new RangeError('Describe something.');
      const asked = await parts(text);
      const where = kind.value === 'any' ? undefined : { kind: kind.value };
      const start = performance.now();
      const found = await collection.search({
        ...asked,
        k: SHOWN,
        ...(where && { where }),
      });
      const ms = performance.now() - start;
      signal.throwIfAborted();
      facts.textContent = `${whole(found.length)} shown, ${milliseconds(ms)} with the way to the worker and back. Beside each its place by words and by meaning.`;
      say(`${whole(size)} definitions.`);
      const place = (part?: { rank: number }) => (part === undefined ? '–' : String(part.rank + 1));
      rows.replaceChildren(
        ...found.map(({ text: shown, parts }) =>
          h(
            'tr',
            {},
            h(
              'td',
              {},
              h('strong', {}, String(shown?.words ?? '')),
              `: ${String(shown?.gloss ?? '')}`,
            ),
            h('td', { className: 'number' }, place(parts.text)),
            h('td', { className: 'number' }, place(parts.vector)),
          ),
        ),
      );
      const said = [
        'text' in asked ? `text: ${JSON.stringify(text)}` : '',
        'vector' in asked ? 'vector: embedder.embed(text)' : '',
        `weights: { text: ${asked.weights.text.toFixed(1)}, vector: ${asked.weights.vector.toFixed(1)} }`,
        where ? `where: { kind: '${where.kind}' }` : '',
        `k: ${SHOWN}`,
      ].filter(Boolean);
      program.show(`
import { load } from 'sublinear/hnsw';

const { Collection } = await load();
const glosses = await Collection.loadAsync(fetch('glosses.slv'));
const found = glosses.search({
  ${said.join(',\n  ')},
});`);
    });
  ask();
}
