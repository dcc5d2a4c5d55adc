// Saves versions of a file until it is ended: store.browser.test.ts. Each version says its number in its first bytes and
// in all others.
import { opfsStore } from 'sublinear/store';
import { indexedDBStore } from 'sublinear/store/indexeddb';
import { pattern } from './store.js';

const post = globalThis.postMessage as (message: number | string) => void;

globalThis.onmessage = async ({ data }: MessageEvent<[string, string, number]>) => {
  const [kind, name, from] = data;
  try {
    const store = kind === 'opfs' ? opfsStore(name) : indexedDBStore(name);
    await store.list(); // it is open
    post(from - 1);
    for (let version = from; ; version++) {
      const bytes = pattern(3_000_000, version);
      new DataView(bytes.buffer).setUint32(0, version, true);
      await store.put('snapshot', bytes);
      post(version);
    }
  } catch (error) {
    post(String(error));
  }
};
