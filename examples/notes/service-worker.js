// Keeps everything that the page needs: the modules, which carry their WebAssembly, and the model. Another version of any of
// them goes with another name of the cache.
const CACHE = 'notes-program-1';
const FILES = [
  ...['./', 'index.html', 'notes.js', 'manifest.webmanifest'],
  ...['inference.js', 'hnsw.js', 'model.slv'],
];

self.addEventListener('install', (event) => {
  // All of them or none: a page that has half of its program does not work offline.
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('notes-program-') && name !== CACHE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const kept = async () => (await caches.match(event.request)) ?? fetch(event.request);
  event.respondWith(kept());
});
