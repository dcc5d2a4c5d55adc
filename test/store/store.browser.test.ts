// Stores in a browser: the promises, workers that are ended in the middle of a save, and a quota that is met.
import { load } from 'sublinear/graph';
import { opfsStore, type Store } from 'sublinear/store';
import { indexedDBStore } from 'sublinear/store/indexeddb';
import { describe, expect, test, vi } from 'vitest';
import { random } from '../support/door.js';
import { Pace, pattern, promises, read } from '../support/store.js';

let count = 0;
const places: Record<string, (name: string) => Store> = {
  indexedDB: indexedDBStore,
  opfs: opfsStore,
};

/** Bytes that the database cannot make smaller. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** A worker that saves versions 1, 2, ... as `snapshot`; ended after `ms` from its first save on. */
function saveUntilEnded(kind: string, name: string, from: number, ms: number): Promise<number> {
  const worker = new Worker(new URL('../support/store-worker.ts', import.meta.url), {
    type: 'module',
  });
  let finished = from - 1;
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<number | string>) => {
      if (typeof data === 'string') return reject(new Error(data));
      finished = data;
      if (data === from - 1)
        setTimeout(() => {
          worker.terminate();
          // What it had said before it was ended may still be under way.
          setTimeout(() => resolve(finished), 30);
        }, ms);
    };
    worker.postMessage([kind, name, from]);
  });
}

test('a database of somebody else is left alone', async () => {
  await new Promise((resolve) => {
    const request = indexedDB.open('of-the-page', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('theirs');
    request.onsuccess = () => resolve(request.result.close());
  });
  const error = await indexedDBStore('of-the-page')
    .list()
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'STORE', message: expect.stringMatching(/another name/) });
});

for (const [kind, make] of Object.entries(places)) {
  describe(kind, () => {
    for (const [promise, run] of Object.entries(promises))
      test(promise, () => run(make(`promises-${kind}-${count++}`)));

    test('keeps a graph', async () => {
      const { Graph } = await load();
      const store = make(`graph-${kind}`);
      const to = Uint32Array.from({ length: 200_000 }, (_, i) => (i * 7 + 1) % 50_000);
      using graph = Graph.fromEdges({ from: to.map((_, i) => i % 50_000), to });
      await store.put('graph', graph.saveInPieces());
      using again = await Graph.loadAsync((await store.get('graph'))!);
      expect(again.save()).toEqual(graph.save());
    });

    test('loses nothing when a worker is ended during a save', async () => {
      const name = `ended-${kind}`;
      const pace = new Pace(random(5));
      let version = 1;
      // As often as it takes until enough saves have succeeded, and others have been cut off.
      for (let trial = 0; trial < 10 || version <= 5; trial++) {
        expect(trial, `only ${version - 1} saves`).toBeLessThan(500);
        const finished = await saveUntilEnded(kind, name, version, pace.next());
        const store = make(name);
        const bytes = await read(store, 'snapshot');
        const found = bytes === undefined ? 0 : new DataView(bytes.buffer).getUint32(0, true);
        if (bytes !== undefined) {
          const wanted = pattern(3_000_000, found);
          new DataView(wanted.buffer).setUint32(0, found, true);
          expect(bytes.length).toBe(wanted.length);
          expect(bytes.every((byte, i) => byte === wanted[i])).toBe(true);
        }
        // Later than what was reported is right as well: the report may have ended with its worker.
        expect(found).toBeGreaterThanOrEqual(finished);
        await store.clean();
        pace.learn(found + 1 - version);
        version = found + 1;
      }
    });
  });
}

// iOS closes the connections of a tab that sleeps and sends no event.
test('a connection that has died without a word is replaced, also in the middle of a put', async () => {
  const { prototype } = IDBDatabase;
  const { transaction } = prototype;
  const open = new Set<IDBDatabase>();
  prototype.transaction = function (...args: Parameters<typeof transaction>) {
    open.add(this);
    return transaction.apply(this, args);
  };
  const kill = () => {
    for (const db of open) db.close();
    open.clear();
  };
  try {
    const store = indexedDBStore('dies');
    await store.put('a', new Uint8Array([1]));
    kill();
    expect(await store.list()).toEqual([{ key: 'a', size: 1 }]);
    kill();
    expect(await new Response(await store.get('a')).text()).toBe('\x01');
    // The stream was begun on the connection before.
    const stream = await store.get('a');
    kill();
    expect(await new Response(stream).text()).toBe('\x01');
    async function* pieces() {
      for (let i = 0; i < 3; i++) {
        yield new Uint8Array(1 << 20).fill(i);
        kill();
      }
    }
    await store.put('b', pieces());
    expect((await store.list()).map(({ key, size }) => [key, size])).toEqual([
      ['a', 1],
      ['b', 3 << 20],
    ]);
    const bytes = new Uint8Array(await new Response(await store.get('b')).arrayBuffer());
    expect([bytes[0], bytes[1 << 20], bytes[2 << 20]]).toEqual([0, 1, 2]);
    kill();
    expect(await store.delete('a')).toBe(true);
    kill();
    expect(await store.clean()).toBe(0);
  } finally {
    prototype.transaction = transaction;
  }
});

/** Storage buckets (https://wicg.github.io/storage-buckets/), which TypeScript does not know yet. */
interface StorageBucket {
  readonly indexedDB: IDBFactory;
  getDirectory(): Promise<FileSystemDirectoryHandle>;
}
const { storageBuckets } = navigator as unknown as {
  storageBuckets: {
    open(name: string, options: { quota: number }): Promise<StorageBucket>;
    delete(name: string): Promise<void>;
  };
};

// A bucket has a quota of its own: what others store in this origin meanwhile changes nothing, and they keep their room.
describe('a full place', () => {
  for (const [kind, make] of Object.entries(places)) {
    test(`${kind}: says QUOTA, and keeps the old file`, async () => {
      const name = `full-${kind.toLowerCase()}`;
      const bucket = await storageBuckets.open(name, { quota: 8_000_000 });
      try {
        vi.stubGlobal('indexedDB', bucket.indexedDB);
        vi.spyOn(navigator.storage, 'getDirectory').mockImplementation(() => bucket.getDirectory());
        const store = make('quota');
        await store.put('file', pattern(1_000_000, 1));
        async function* much() {
          for (let i = 0; i < 64; i++) yield noise(1_000_000);
        }
        await expect(store.put('file', much())).rejects.toMatchObject({ code: 'QUOTA' });
        expect(await read(store, 'file')).toEqual(pattern(1_000_000, 1));
        await store.put('file', pattern(2_000_000, 2));
        expect(await read(store, 'file')).toEqual(pattern(2_000_000, 2));
      } finally {
        vi.unstubAllGlobals();
        vi.restoreAllMocks();
        await storageBuckets.delete(name);
      }
    });
  }
});
