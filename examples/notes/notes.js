// The page: notes and their vectors are kept in this browser, and nothing is sent anywhere.
import { load as loadVectors } from './hnsw.js';
import { load as loadInference } from './inference.js';

const of = (id) => document.getElementById(id);
const [form, note, query, status, found] = ['add', 'note', 'query', 'status', 'found'].map(of);

await navigator.serviceWorker.register('service-worker.js');
await navigator.serviceWorker.ready;

const [{ Collection }, inference] = await Promise.all([loadVectors(), loadInference()]);
const model = await (await fetch('model.slv')).blob();
// A sentence encoder, or a table of words: the file says which.
const embedder = await inference.TextEmbedder.loadAsync(model).catch(() =>
  inference.StaticEmbedder.loadAsync(model),
);

// Saved collections lie in a cache of their own, which the service worker leaves alone.
const store = await caches.open('notes');
const saved = await store.match('collection');
const { TextCollection } = inference;
let notes;
try {
  notes = saved && TextCollection.load(await saved.arrayBuffer(), { embedder, Collection });
} catch {
  // Of another model: its vectors say nothing here. The texts are kept beside them.
}
notes ??= TextCollection.create({ embedder, Collection });
const texts = (await (await store.match('texts'))?.json()) ?? [];
if (notes.size < texts.length)
  for (const [key, text] of texts.entries()) {
    try {
      notes.add({ key, text, metadata: { text } });
    } catch {
      // A text of which this model knows no word stays among the texts, and is not found.
    }
  }

const show = () => {
  const matches = query.value.trim() ? notes.search(query.value, { k: 5 }) : [];
  found.replaceChildren(
    ...matches.map(({ metadata }) => {
      const item = document.createElement('li');
      item.textContent = metadata.text;
      return item;
    }),
  );
  status.textContent = `${notes.size} notes`;
};

form.onsubmit = async (event) => {
  event.preventDefault();
  const text = note.value.trim();
  try {
    notes.add({ key: texts.length, text, metadata: { text } });
  } catch (error) {
    // A text of which the model knows no word has no place among the others.
    status.textContent = error.message;
    return;
  }
  texts.push(text);
  note.value = '';
  show();
  await store.put('texts', new Response(JSON.stringify(texts)));
  await store.put('collection', new Response(notes.save()));
  status.dataset.saved = String(texts.length);
};
query.oninput = show;
query.disabled = false;
show();
