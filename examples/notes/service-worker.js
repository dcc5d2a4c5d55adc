// Keeps what the page is made of, so that it opens without a network. With one, the network's files are shown and kept: no visitor
// stays with an old version.
const NAME = 'notes';

addEventListener('install', () => void skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

// The first visit fetched its files before this worker was there: the page says which they were.
addEventListener('message', (event) => {
  const { data, ports } = event;
  const all = Promise.all(data.map((url) => fetch(url).then((response) => keep(url, response))));
  event.waitUntil(
    all.then(
      () => ports[0].postMessage({}),
      (error) => ports[0].postMessage({ error: String(error) }),
    ),
  );
});

/** What a site does not have (a table of meanings) is not kept. */
async function keep(request, response) {
  if (response.ok) await (await caches.open(NAME)).put(request, response.clone());
  return response;
}

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(
    fetch(request).then(
      (response) => keep(request, response),
      async (error) => {
        const kept = await caches.match(request, { ignoreVary: true });
        if (kept === undefined) throw error;
        return kept;
      },
    ),
  );
});
