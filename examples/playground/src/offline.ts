// The service worker. The files of the page are kept when it is first visited; the WebAssembly when the page has said
// which variant this browser runs. Bundled by vite.config.ts, which puts the list in.
import { type PrecacheEntry, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;
declare const PRECACHE: PrecacheEntry[];

addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
// The page has said what it needs: the WebAssembly of earlier versions goes. Workbox does the keeping.
self.addEventListener('message', ({ data }) => {
  if (data?.type !== 'CACHE_URLS') return;
  const needed = new Set<string>(data.payload.urlsToCache);
  caches.open('webassembly').then(async (cache) => {
    for (const { url } of await cache.keys()) if (!needed.has(url)) await cache.delete(url);
  });
});
precacheAndRoute(PRECACHE, { directoryIndex: 'index.html' });

// Names of WebAssembly files contain a hash of what is in them: what is kept is never out of date.
registerRoute(
  ({ url }) => url.origin === location.origin && url.pathname.endsWith('.wasm'),
  async ({ request }) => {
    const cache = await caches.open('webassembly');
    const kept = await cache.match(request.url);
    if (kept) return kept;
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(request.url, fresh.clone());
    return fresh;
  },
);
