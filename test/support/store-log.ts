// What every store that can append must do, as plain functions: they run in Node, in windows and in workers.
import type { Store, StoreLog } from 'sublinear/store';
import { pattern, read } from './store.js';

const open = (store: Store, key: string): Promise<StoreLog> =>
  (store.openLog as NonNullable<Store['openLog']>)(key);

async function holds(store: Store, key: string, parts: Uint8Array<ArrayBuffer>[]): Promise<void> {
  const wanted = new Uint8Array(await new Blob(parts).arrayBuffer());
  const found = await read(store, key);
  if (found?.length !== wanted.length)
    throw new Error(`${key}: ${found?.length} bytes, not ${wanted.length}`);
  const at = found.findIndex((byte, i) => byte !== wanted[i]);
  if (at >= 0) throw new Error(`${key} differs at ${at}`);
}

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error) => error?.code,
  );
}

function same(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`found ${a}, wanted ${b}`);
}

export const logPromises: Record<string, (store: Store) => Promise<void>> = {
  async 'appends to what is there, and reads it as any file'(store) {
    const log = await open(store, 'days.log');
    same(log.size, 0);
    same(await codeOf(log.append(pattern(3, 1))), 'CHANGED');
    await log.replace(pattern(48, 2));
    const parts = [pattern(48, 2)];
    for (const [i, length] of [1, 0, 5000, 1_500_000, 7].entries()) {
      const part = pattern(length, i);
      await log.append(part);
      // Not what becomes of it later.
      parts.push(part.slice());
      part.fill(0);
      same(
        log.size,
        parts.reduce((sum, { length }) => sum + length, 0),
      );
    }
    await log.sync();
    await log.close();
    await holds(store, 'days.log', parts);
    same(await store.list(), [{ key: 'days.log', size: 1_505_056 }]);
    const again = await open(store, 'days.log');
    same(again.size, 1_505_056);
    await again.append(pattern(10, 9));
    await again.sync();
    await again.close();
    await holds(store, 'days.log', [...parts, pattern(10, 9)]);
  },

  async 'puts another file in place, all or nothing'(store) {
    const log = await open(store, 'a');
    await log.replace([pattern(10, 1), pattern(20, 2)]);
    await log.append(pattern(30, 3));
    async function* broken() {
      yield pattern(2_000_000, 4);
      throw new RangeError('the source broke');
    }
    const thrown = await log.replace(broken()).catch((error) => error);
    if (!(thrown instanceof RangeError)) throw new Error(`threw ${thrown}`);
    same(log.size, 60);
    await log.append(pattern(5, 5));
    await log.replace(pattern(7, 6));
    same(log.size, 7);
    await log.append(pattern(8, 7));
    await log.sync();
    await log.close();
    await holds(store, 'a', [pattern(7, 6), pattern(8, 7)]);
    same(
      (await store.list()).map(({ key }) => key),
      ['a'],
    );
  },

  async 'has one writer for each key'(store) {
    const first = await open(store, 'a');
    same(await codeOf(open(store, 'a')), 'BUSY');
    const other = await open(store, 'b');
    await first.replace(pattern(1, 1));
    same(await codeOf(open(store, 'a')), 'BUSY');
    await first.close();
    const second = await open(store, 'a');
    same([second.size, await codeOf(open(store, 'b'))], [1, 'BUSY']);
    await second.close();
    await other.close();
    same(
      (await store.list()).map(({ key }) => key),
      ['a'],
    );
  },
};
