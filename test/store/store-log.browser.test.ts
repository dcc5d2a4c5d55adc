// Logs in a browser, in windows and in workers: the promises, two writers, workers that are ended while they write.
import { load } from 'sublinear/hnsw';
import { opfsStore, type Store } from 'sublinear/store';
import { indexedDBStore } from 'sublinear/store/indexeddb';
import { describe, expect, test } from 'vitest';
import { logPromises } from '../support/store-log.js';

const places: Record<string, (name: string) => Store> = {
  indexedDB: indexedDBStore,
  opfs: opfsStore,
};

/** A worker and what it says: numbers, or a text when it fails. */
function started(message: unknown[], heard: (said: number) => void): Promise<Worker> {
  const worker = new Worker(new URL('../support/log-worker.ts', import.meta.url), {
    type: 'module',
  });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<number | string>) => {
      if (typeof data === 'string') return reject(new Error(data));
      heard(data);
      resolve(worker);
    };
    worker.postMessage(message);
  });
}

let count = 0;
for (const [kind, make] of Object.entries(places)) {
  describe(kind, () => {
    for (const [promise, run] of Object.entries(logPromises)) {
      test(`in a window: ${promise}`, () => run(make(`log-${kind}-${count++}`)));
      test(`in a worker: ${promise}`, async () => {
        const worker = await started([kind, `log-worker-${count++}`, promise], () => {});
        worker.terminate();
      });
    }

    test('a worker is the one writer until it ends, and what it flushed is there', async () => {
      const name = `items-${kind}`;
      const { CollectionLog } = await load();
      let before = 0;
      for (let end = 0; end < 5; end++) {
        let flushed = 0;
        let enough = () => {};
        const some = new Promise<void>((resolve) => {
          enough = resolve;
        });
        const worker = await started([kind, name], (said) => {
          flushed = said;
          if (said >= before + 20) enough();
        });
        await some;
        await expect(CollectionLog.open(make(name), 'items')).rejects.toMatchObject({
          code: 'BUSY',
        });
        worker.terminate();
        // Its locks end a moment after it.
        await expect.poll(async () => (await navigator.locks.query()).held?.length ?? 0).toBe(0);
        const log = await CollectionLog.open(make(name), 'items');
        const { collection } = log;
        expect(collection.size).toBeGreaterThanOrEqual(flushed);
        expect(collection.keys).toEqual(Array.from({ length: collection.size }, (_, i) => i));
        expect(collection.search([7, 0], { k: 1 })[0]?.metadata).toEqual({ i: 7 });
        before = collection.size;
        await log.close();
      }
      // Compacted by themselves on the way.
      expect((await make(name).list()).map(({ key }) => key)).toHaveLength(2);
    });
  });
}
