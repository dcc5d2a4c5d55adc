// Collections whose changes last: what comes back after any end, damage, two writers, compaction, full stores.
import type { Collection } from 'sublinear/hnsw';
import { memoryStore, type Store } from 'sublinear/store';
import { describe, expect, test } from 'vitest';
import {
  bordersOf,
  Changes,
  filesOf,
  type Model,
  opening,
  recorded,
  type Schema,
  schemas,
  stateOf,
  storeOf,
} from '../support/collection-log.js';
import { random } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { mutate } from '../support/mutate.js';
import { read } from '../support/store.js';

const held = inRoom('hnsw', { memory: 64 << 20 });
const open = (store: Store, options: object = {}) =>
  held.room.CollectionLog.open(store, 'c', options as never);
const kinds = Object.keys(schemas) as Schema[];

describe('what comes back', () => {
  for (const schema of kinds)
    test(`${schema}: the same items, searches and bytes, from log and snapshot`, async () => {
      const store = memoryStore();
      const options = { ...schemas[schema], compactRatio: Number.POSITIVE_INFINITY };
      const first = await open(store, options);
      const changes = new Changes(schema, random(7));
      const model: Model = new Map();
      for (let i = 0; i < 300; i++) changes.make(first.collection, model);
      await first.compact();
      for (let i = 0; i < 300; i++) changes.make(first.collection, model);
      expect(first.collection.keys).toEqual([...model.keys()]);
      const state = stateOf(first.collection, schema, new Changes(schema, random(9)));
      const bytes = first.collection.save();
      await first.close();
      const again = await open(store, options);
      expect(again.opened.records).toBeGreaterThan(200);
      expect(again.opened.droppedBytes).toBe(0);
      expect(stateOf(again.collection, schema, new Changes(schema, random(9)))).toEqual(state);
      expect(again.collection.save()).toEqual(bytes);
      // And it goes on as the other one would have.
      for (let i = 0; i < 100; i++) changes.make(again.collection, model);
      expect(again.collection.keys).toEqual([...model.keys()]);
      await again.close();
    });

  test('10,000 random changes and openings, beside a plain model', async () => {
    for (const schema of ['vectors', 'texts'] as const) {
      const store = memoryStore();
      const next = random(11);
      const changes = new Changes(schema, next);
      const model: Model = new Map();
      let log = await open(store, { ...schemas[schema], compactMinBytes: 40_000 });
      let [openings, replayed, generations] = [0, 0, 0];
      for (let i = 0; i < 5000; i++) {
        changes.make(log.collection, model);
        if (next() < 0.1) await log.flush();
        if (next() < 0.002) await log.compact();
        if (next() > 0.01) continue;
        const state = stateOf(log.collection, schema, new Changes(schema, random(i)));
        generations = log.generation;
        await log.close();
        log = await open(store, { compactMinBytes: 40_000 });
        openings++;
        replayed += log.opened.records;
        expect([...log.collection.keys]).toEqual([...model.keys()]);
        expect(stateOf(log.collection, schema, new Changes(schema, random(i)))).toEqual(state);
      }
      for (const [key, { metadata }] of model)
        expect(log.collection.get(key)?.metadata).toEqual(metadata);
      await log.close();
      expect(openings).toBeGreaterThan(20);
      expect(replayed).toBeGreaterThan(1000);
      // Longer logs than allowed have been compacted by themselves.
      expect(generations).toBeGreaterThan(10);
    }
  });

  test('what was flushed is in the store at that moment, what was refused is not', async () => {
    const store = memoryStore();
    const log = await open(store, schemas.texts);
    log.collection.add({ key: 'a', vector: [1, 0, 0, 0], metadata: { n: 1 } });
    expect(() => log.collection.add({ key: 'b', vector: [1, 0] })).toThrow(RangeError);
    expect(() => log.collection.update('b', { metadata: {} })).toThrow(RangeError);
    expect(log.collection.remove('b')).toBe(false);
    expect(log.collection.removeWhere({ n: 2 })).toBe(0);
    await log.flush();
    const bytes = await filesOf(store);
    await log.close();
    const again = await open(await storeOf(bytes));
    expect(again.opened).toEqual({
      records: again.collection.size + 1,
      bytes: bytes['c.log']?.length,
      droppedBytes: 0,
    });
    expect(again.collection.keys).toEqual(['a']);
    await again.close();
  });

  test('changes that are refused leave the same bytes as none', async () => {
    const { createEngine } = await import('sublinear');
    const small = await createEngine({ memory: 4 << 20 });
    const { CollectionLog } = await small.use('hnsw');
    const store = memoryStore();
    const never = { compactRatio: Number.POSITIVE_INFINITY };
    const log = await CollectionLog.open(store, 'c', { ...schemas.texts, ...never } as never);
    const { collection } = log;
    const words = Array.from({ length: 400_000 }, (_, i) => `w${i}`).join(' ');
    const codes = new Set<string>();
    const refused = (item: object) => {
      try {
        collection.add(item as never);
      } catch (error) {
        codes.add((error as { code: string }).code);
      }
    };
    for (let i = 0; i < 60; i++) {
      collection.add({ key: i, vector: [i, 1, 1, 1], text: { title: `sea ${i}` } });
      refused({ key: 'a', vector: [Number.NaN, 1, 1, 1] });
      refused({ key: 'a', vector: [0, 0, 0, 0] });
      refused({ key: 'a', vector: [1, 1] });
      refused({ key: 'a', text: { none: 'x' } });
      // Its vector is in already when its words do not fit.
      if (i % 20 === 7) refused({ key: i, vector: [1, 2, 3, 4], text: { body: words } });
    }
    expect([...codes].sort()).toEqual(['MEMORY', 'NOT_FINITE', 'RANGE', 'SHAPE']);
    expect(collection.size).toBe(60);
    await log.flush();
    const bytes = collection.save();
    await log.close();
    small.dispose();
    const again = await open(store);
    expect(again.collection.save()).toEqual(bytes);
    await again.close();
  });

  test('many items at once, and none', async () => {
    const store = memoryStore();
    const log = await open(store, schemas.vectors);
    const items = Array.from({ length: 3000 }, (_, i) => ({ key: i, vector: [i, 1, 2, 3] }));
    await log.collection.addAllAsync(items.slice(0, 1500));
    log.collection.addAll(items.slice(1500));
    await log.close();
    const again = await open(store);
    expect(again.collection.size).toBe(3000);
    expect(again.collection.search([7, 1, 2, 3], { k: 1 })[0]?.key).toBe(7);
    again.collection.removeWhere({ not: { year: 1 } } as never);
    await again.close();
    const empty = await open(store);
    expect(empty.collection.size).toBe(0);
    await empty.close();
  });
});

describe('damage', () => {
  test('a log that ends at any byte has the changes up to there', async () => {
    for (const schema of ['vectors', 'texts'] as const) {
      const { files, states } = await recorded(held.room, schema, 5, random(3));
      const whole = files['c.log'] as Uint8Array<ArrayBuffer>;
      const borders = bordersOf(whole);
      expect(borders.length).toBe(6);
      for (let end = 0; end <= whole.length; end++) {
        const found = await opening(held.room, { ...files, 'c.log': whole.slice(0, end) }, states);
        if (end < 48) expect([end, found]).toEqual([end, 'TRUNCATED']);
        else {
          const records = borders.filter((border) => border <= end).length - 1;
          const dropped = end - (borders[records] as number);
          expect([end, found]).toEqual([end, { records, dropped }]);
        }
      }
    }
  });

  test('a flipped bit drops the last record, and is an error before it', async () => {
    const { files, states } = await recorded(held.room, 'texts', 3, random(5));
    const whole = files['c.log'] as Uint8Array<ArrayBuffer>;
    const last = bordersOf(whole).at(-2) as number;
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const bytes = whole.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const found = await opening(held.room, { ...files, 'c.log': bytes }, states);
      if (bit >> 3 >= last)
        expect([bit, found]).toEqual([bit, { records: 2, dropped: whole.length - last }]);
      else expect([bit, ['FORMAT', 'CHECKSUM'].includes(found as string)]).toEqual([bit, true]);
    }
  });

  test('what was dropped is gone, and the next record follows the last whole one', async () => {
    const { files, states } = await recorded(held.room, 'vectors', 5, random(6));
    const whole = files['c.log'] as Uint8Array<ArrayBuffer>;
    const cut = { ...files, 'c.log': whole.slice(0, -3) };
    const store = await storeOf(cut);
    const log = await open(store);
    expect(log.opened.records).toBe(4);
    expect(log.opened.droppedBytes).toBeGreaterThan(0);
    log.collection.add({ key: 'later', vector: [1, 1, 1, 1] });
    await log.close();
    const again = await open(store);
    expect(again.opened).toMatchObject({ records: 5, droppedBytes: 0 });
    expect(again.collection.has('later')).toBe(true);
    await again.close();
    // Zeros, as some file systems leave them, and bytes of anything.
    for (const tail of [new Uint8Array(5000), Uint8Array.from({ length: 999 }, (_, i) => i)]) {
      const longer = new Uint8Array([...whole, ...tail]);
      const found = await opening(held.room, { ...files, 'c.log': longer }, states);
      expect(found).toEqual({ records: 5, dropped: tail.length });
    }
  });

  test('damage before the end names its place, and salvage opens what is before it', async () => {
    const { files, states } = await recorded(held.room, 'vectors', 6, random(8));
    const bytes = (files['c.log'] as Uint8Array<ArrayBuffer>).slice();
    const borders = bordersOf(bytes);
    const third = borders[2] as number;
    bytes.fill(0xee, third + 1, third + 20);
    const damaged = { ...files, 'c.log': bytes };
    await expect(open(await storeOf(damaged))).rejects.toMatchObject({
      code: 'CHECKSUM',
      position: third,
      message: expect.stringContaining('salvage: true'),
    });
    expect(await opening(held.room, damaged, states, true)).toEqual({
      records: 2,
      dropped: bytes.length - third,
    });
  });

  test('a snapshot that is missing, of another time or damaged is an error, and so is one without its log', async () => {
    const { files, states } = await recorded(held.room, 'vectors', 3, random(12));
    const { 'c.1': snapshot, 'c.log': log } = files as { 'c.1': never; 'c.log': never };
    expect(await opening(held.room, { 'c.log': log }, states)).toBe('FORMAT');
    expect(await opening(held.room, { 'c.1': snapshot }, states)).toBe('STATE');
    const other = await recorded(held.room, 'flat', 3, random(12));
    const mixed = { 'c.1': other.files['c.1'] as never, 'c.log': log };
    expect(await opening(held.room, mixed, states)).toBe('CHECKSUM');
    const short = { 'c.1': (snapshot as Uint8Array<ArrayBuffer>).slice(0, -9), 'c.log': log };
    expect(await opening(held.room, short, states)).toBe('TRUNCATED');
    // The store is free again after each of them.
    const store = await storeOf({ 'c.1': snapshot });
    await expect(open(store)).rejects.toMatchObject({ code: 'STATE' });
    await store.put('c.log', log);
    await (await open(store)).close();
  });

  test('records that fit no collection are errors, and take no memory for their ids', async () => {
    const store = memoryStore();
    const log = await open(store, schemas.vectors);
    log.collection.add({ key: 'a', vector: [1, 0, 0, 0] });
    await log.close();
    const files = await filesOf(store);
    const bytes = files['c.log'] as Uint8Array<ArrayBuffer>;
    const { crc32c } = await held.engine.use('crypto');
    const patched = (at: number, value: number) => {
      const copy = bytes.slice();
      const view = new DataView(copy.buffer);
      view.setUint32(at, value, true);
      view.setUint32(48, crc32c(copy.subarray(52)), true);
      return { ...files, 'c.log': copy };
    };
    const content = 48 + 16;
    const codes = await Promise.all(
      [
        patched(content + 4, 4_000_000_000), // an id that nothing leads up to
        patched(content, 9), // a kind that there is not
        patched(content + 8, 5), // other lengths
        patched(content + 12, 3),
        patched(content, 2), // an update of what is not there
      ].map((files) => opening(held.room, files, [])),
    );
    expect(codes).toEqual(Array(5).fill('FORMAT'));
  });

  // 100,000 of them in test/slow.
  test('what is damaged at random is an error or the state after some record', async () => {
    const { files, states } = await recorded(held.room, 'texts', 6, random(21));
    const next = random(22);
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const found = await opening(held.room, mutate(files, next), states, next() < 0.3);
      seen.add(typeof found === 'string' ? found : 'opened');
    }
    expect(seen.size).toBeGreaterThan(3);
  });
});

describe('compaction', () => {
  test('happens by itself when the log is longer than its share of the snapshot', async () => {
    const store = memoryStore();
    const log = await open(store, { ...schemas.vectors, compactMinBytes: 1000, compactRatio: 1 });
    expect(log.generation).toBe(1);
    for (let i = 0; i < 400; i++) {
      log.collection.add({ key: i % 20, vector: [i, 1, 1, 1] });
      if (i % 10 === 0) await log.flush();
    }
    await log.flush();
    await log.flush();
    expect(log.generation).toBeGreaterThan(3);
    const snapshot = (await store.list()).find(({ key }) => key === `c.${log.generation}`);
    expect(log.logBytes).toBeLessThan(1000 + (snapshot?.size ?? 0) + 1200);
    expect(await store.list()).toHaveLength(2);
    await log.close();
    const never = await open(store, { compactMinBytes: 0, compactRatio: Number.POSITIVE_INFINITY });
    const { generation } = never;
    for (let i = 0; i < 400; i++) never.collection.add({ key: i % 20, vector: [i, 1, 1, 1] });
    await never.flush();
    await never.flush();
    expect(never.generation).toBe(generation);
    await never.close();
  });

  test('changes that are made meanwhile are not lost', async () => {
    const store = memoryStore();
    const log = await open(store, schemas.texts);
    for (let i = 0; i < 200; i++) log.collection.add({ key: i, vector: [i, 1, 1, 1] });
    const done = log.compact();
    let stop = false;
    void done.then(() => {
      stop = true;
    });
    let added = 200;
    while (!stop) {
      log.collection.add({ key: added++, text: { title: 'sea' } });
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await done;
    await log.close();
    const again = await open(store);
    expect(again.collection.size).toBe(added);
    expect(again.opened.records).toBeLessThan(added - 199);
    await again.close();
  });

  test('one that fails or is cut off at any step leaves everything as it was', async () => {
    const steps = ['put', 'replace', 'delete'] as const;
    for (const step of steps)
      for (const before of [true, false]) {
        const store = memoryStore();
        let broken = false;
        const log = await open(
          failing(store, step, before, () => broken),
          schemas.vectors,
        );
        log.collection.add({ key: 'a', vector: [1, 0, 0, 0] });
        await log.flush();
        log.collection.add({ key: 'b', vector: [0, 1, 0, 0] });
        broken = true;
        await log.compact().catch(() => {});
        // As the program's end would leave it.
        const files = await filesOf(store);
        const found = await open(await storeOf(files));
        expect([step, before, found.collection.keys]).toEqual([step, before, ['a', 'b']]);
        const left = await filesOf(store);
        await found.close();
        expect(Object.keys(left).length).toBeLessThanOrEqual(3);
        broken = false;
        await log.flush();
        expect(log.collection.keys).toEqual(['a', 'b']);
        await log.close();
        const again = await open(store);
        expect(again.collection.keys).toEqual(['a', 'b']);
        expect(await store.list()).toHaveLength(2);
        await again.close();
      }
  });

  test('a full store refuses changes until there is room, and loses none', async () => {
    const store = memoryStore({ maxBytes: 25_000 });
    const log = await open(store, { ...schemas.vectors, compactRatio: Number.POSITIVE_INFINITY });
    await store.put('other', new Uint8Array(24_000));
    let made = 0;
    const add = () => log.collection.add({ key: made, vector: [made, 1, 1, 1] });
    for (; made < 200; made++) add();
    await expect(log.flush()).rejects.toMatchObject({ code: 'QUOTA' });
    expect(add).toThrow(expect.objectContaining({ code: 'QUOTA', operation: 'Collection.add' }));
    expect(log.collection.size).toBe(200);
    await expect(log.flush()).rejects.toMatchObject({ code: 'QUOTA' });
    await expect(log.compact()).rejects.toMatchObject({ code: 'QUOTA' });
    await store.delete('other');
    await log.flush();
    add();
    await log.close();
    const again = await open(store);
    expect(again.collection.keys).toEqual(Array.from({ length: 201 }, (_, i) => i));
    await again.close();
  });
});

describe('openings', () => {
  test('a second writer is refused, until the first has closed', async () => {
    const store = memoryStore();
    const log = await open(store, schemas.vectors);
    await expect(open(store)).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining('one writer'),
    });
    await log.close();
    await log.close();
    expect(log.closed).toBe(true);
    expect(() => log.collection.add({ key: 1, vector: [1, 0, 0, 0] })).toThrow(/disposed/);
    await expect(log.flush()).rejects.toMatchObject({ code: 'DISPOSED' });
    await (await open(store)).close();
  });

  test('options must be those of what is there', async () => {
    const store = memoryStore();
    await (await open(store, schemas.texts)).close();
    const wrong = [
      { metric: 'dot' },
      { dimension: 5 },
      { index: 'flat' },
      { text: ['title'] },
      { sparse: true },
      { compactRatio: 0 },
      { compactRatio: Number.NaN },
      { compactMinBytes: -1 },
    ];
    for (const options of wrong)
      await expect(open(store, options)).rejects.toMatchObject({
        argument: Object.keys(options)[0],
      });
    await (await open(store, schemas.texts)).close();
    await expect(open(store, { salvage: 1 })).rejects.toThrow(TypeError);
    const { openLog: _, ...without } = store;
    await expect(open(without)).rejects.toMatchObject({ argument: 'store', code: 'TYPE' });
    // A new one needs a schema, and the store is free after the refusal.
    await expect(open(memoryStore())).rejects.toThrow(/^"/);
    expect(() => new (held.room.CollectionLog as never as new () => Collection)()).toThrow(
      /CollectionLog/,
    );
  });

  test('the snapshot is a file of Collection.save()', async () => {
    const store = memoryStore();
    const log = await open(store, schemas.vectors);
    log.collection.add({ key: 'a', vector: [1, 0, 0, 0] });
    await log.compact();
    const bytes = (await read(store, 'c.2')) as Uint8Array;
    using plain = held.room.Collection.load(bytes);
    expect(plain.keys).toEqual(['a']);
    expect(bytes).toEqual(log.collection.save());
    await log.close();
  });
});

/** A store where one kind of call fails, before or after it was done. */
function failing(
  store: Store,
  step: 'put' | 'replace' | 'delete',
  before: boolean,
  broken: () => boolean,
): Store {
  const failure = new Error('the plug was pulled');
  const after = async <T>(call: () => Promise<T>): Promise<T> => {
    if (broken() && before) throw failure;
    const result = await call();
    if (broken()) throw failure;
    return result;
  };
  const own: Store = {
    ...store,
    put: (...given) => (step === 'put' ? after(() => store.put(...given)) : store.put(...given)),
    // The plug stays pulled: what would clean up does not run either.
    delete: (key) => (broken() ? Promise.reject(failure) : store.delete(key)),
    async openLog(key) {
      const log = await (store.openLog as NonNullable<Store['openLog']>)(key);
      return {
        get size() {
          return log.size;
        },
        append: (bytes) => log.append(bytes),
        sync: () => log.sync(),
        close: () => log.close(),
        replace: (bytes) =>
          step === 'replace' ? after(() => log.replace(bytes)) : log.replace(bytes),
      };
    },
  };
  return own;
}
