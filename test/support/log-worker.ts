// Runs the promises of logs in a worker of a browser, and collections until it is ended: collection-log.browser.test.ts.
import { load } from 'sublinear/hnsw';
import { opfsStore } from 'sublinear/store';
import { indexedDBStore } from 'sublinear/store/indexeddb';
import { logPromises } from './store-log.js';

const post = globalThis.postMessage as (message: number | string) => void;

globalThis.onmessage = async ({ data }: MessageEvent<[string, string, string?]>) => {
  const [kind, name, promise] = data;
  const make = kind === 'opfs' ? opfsStore : indexedDBStore;
  try {
    if (promise !== undefined) {
      await logPromises[promise]?.(make(name));
      post(1);
      return;
    }
    const { CollectionLog } = await load();
    const options = { metric: 'euclidean', dimension: 2, compactMinBytes: 5000 } as const;
    const log = await CollectionLog.open(make(name), 'items', options);
    for (let i = log.collection.size; ; i++) {
      log.collection.add({ key: i, vector: [i, 0], metadata: { i } });
      await log.flush();
      post(i + 1);
    }
  } catch (error) {
    post(String(error));
  }
};
