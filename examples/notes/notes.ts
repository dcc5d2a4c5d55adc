// Notes that are kept, and searched while one types, on the visitor's device: by words, and by meaning where the site has a file
// of meanings. No server sees a note, and the page works without a network. docs/offline.md tells how it is built.
import { type Collection, load } from 'sublinear/hnsw';
import { load as loadInference } from 'sublinear/inference';
import { opfsStore } from 'sublinear/store';

const element = <T extends Element>(selector: string) => document.querySelector<T>(selector) as T;
const form = element<HTMLFormElement>('form');
const search = element<HTMLInputElement>('input[type=search]');
const status = element('[role=status]');
const list = element('ul');

const room = await load();

// `npx sublinear model ... --distil -o meaning.enc` makes it; without it, words alone are searched.
const meaning = await fetch('meaning.enc').catch(() => undefined);
const embedder = meaning?.ok
  ? await (await loadInference()).StaticEmbedder.loadAsync(meaning)
  : undefined;

const store = opfsStore('notes');
type Facts = { time: number; model: string };
const model = embedder?.modelId ?? 'words alone';
const made = () =>
  room.Collection.createAsync<Facts>(
    embedder
      ? { text: ['note'], metric: 'cosine', dimension: embedder.dimensions }
      : { text: ['note'] },
  );

/** What a note is found by: its words, and its vector where some word of it is known (zeros have no direction). */
function parts(note: string) {
  const vector = embedder?.embed(note);
  return { text: { note }, ...(vector?.some((x) => x !== 0) && { vector }) };
}

const add = (to: Collection<Facts>, key: string, note: string, time: number) =>
  to.add({ key, metadata: { time, model }, ...parts(note) });

/** The notes that were kept. Vectors of another model mean nothing to this one: they are made anew of the texts. */
async function opened() {
  const kept = await store.get('notes');
  if (kept === undefined) return made();
  const old = await room.Collection.loadAsync<Facts>(kept);
  const all = old.keys.map((key) => ({ ...old.get(key), key: String(key) }));
  if (all.every(({ metadata }) => metadata?.model === model)) return old;
  const anew = await made();
  for (const { key, text, metadata } of all)
    add(anew, key, String(text?.note), metadata?.time ?? Date.now());
  old.dispose();
  return anew;
}
const notes = await opened();

// A save begins when the one before it has ended, so that the last one stands.
let saving = Promise.resolve();
function keep() {
  saving = saving
    .then(() => store.put('notes', notes.saveInPieces()))
    .then(() => {
      document.documentElement.dataset.kept = String(notes.size);
    })
    .catch((error: Error) => {
      status.textContent = `Not kept: ${error.message}`;
    });
}

function show() {
  const text = search.value.trim();
  // Quotes, brackets and stars are not read as a query; the last word may be unfinished, and a letter may be wrong.
  const words = { syntax: false, prefix: true, fuzzy: 'auto' } as const;
  const found = text
    ? notes.search({ ...parts(text), text, words, k: 20 })
    : notes.keys
        .slice(-20)
        .reverse()
        .map((key) => ({ key, text: notes.get(key)?.text }));
  status.textContent = text ? `${found.length} of ${notes.size} notes` : `${notes.size} notes`;
  list.replaceChildren(
    ...found.map(({ key, text: shown }) => {
      const item = document.createElement('li');
      const remove = document.createElement('button');
      remove.textContent = 'Remove';
      remove.addEventListener('click', () => {
        notes.remove(key);
        keep();
        show();
      });
      item.append(String(shown?.note ?? ''), remove);
      return item;
    }),
  );
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const note = String(new FormData(form).get('note')).trim();
  if (note === '') return;
  add(notes, crypto.randomUUID(), note, Date.now());
  form.reset();
  keep();
  show();
});
search.addEventListener('input', show);
show();

// Last: what was fetched until here is what the page needs.
if ('serviceWorker' in navigator) {
  await navigator.serviceWorker.register('service-worker.js');
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<{ error?: string }>((done) => {
    port1.onmessage = ({ data }) => done(data);
  });
  const files = performance.getEntriesByType('resource').map(({ name }) => name);
  active?.postMessage([location.href, ...new Set(files)], [port2]);
  const { error } = await answer;
  document.documentElement.dataset.offline = error ?? 'ready';
}
