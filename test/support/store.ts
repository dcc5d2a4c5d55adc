// What every adapter of a store must do, as plain functions: they run in Node, in browsers and inside workerd.
import type { Store } from 'sublinear/store';

function same(found: unknown, wanted: unknown, what = ''): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: found ${a?.slice(0, 400)}, wanted ${b?.slice(0, 400)}`);
}

/** Bytes that say where they stand. */
export function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 255;
  return bytes;
}

async function* piecewise(bytes: Uint8Array<ArrayBuffer>, size: number) {
  for (let at = 0; at < bytes.length; at += size) {
    await null;
    yield bytes.subarray(at, at + size);
  }
}

export async function read(store: Store, key: string): Promise<Uint8Array | undefined> {
  const stream = await store.get(key);
  return stream && new Uint8Array(await new Response(stream).arrayBuffer());
}

async function holds(store: Store, key: string, wanted: Uint8Array | undefined): Promise<void> {
  const found = await read(store, key);
  same(found?.length, wanted?.length, `length of ${key}`);
  const at = found?.findIndex((byte, i) => byte !== wanted?.[i]);
  if (at !== undefined && at >= 0) throw new Error(`${key} differs at ${at}`);
}

/**
 * When to end a program that saves again and again: at random, but so that about as many ends come before its first save as
 * after it. It learns how long a save takes here and now, so that what is tested does not depend on the machine's speed.
 */
export class Pace {
  #most = 30;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds until the end. */
  next(): number {
    return this.#random() * this.#most;
  }

  /** How many saves were finished before it. */
  learn(saves: number): void {
    if (saves === 0) this.#most = Math.min(5000, this.#most * 1.3);
    if (saves > 1) this.#most = Math.max(5, this.#most / 1.3);
  }
}

async function refused(call: Promise<unknown>, code: string): Promise<void> {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  same((error as { code?: string } | undefined)?.code, code, `refused, ${error}`);
}

export const promises: Record<string, (store: Store) => Promise<void>> = {
  async 'stores, replaces, lists and deletes'(store) {
    same(await store.list(), []);
    same(await store.get('a'), undefined);
    same(await store.delete('a'), false);
    await store.put('a', pattern(1000, 1));
    await store.put('b', pattern(0, 0));
    await holds(store, 'a', pattern(1000, 1));
    await holds(store, 'b', pattern(0, 0));
    await store.put('a', pattern(3, 2));
    await holds(store, 'a', pattern(3, 2));
    same(await store.list(), [
      { key: 'a', size: 3 },
      { key: 'b', size: 0 },
    ]);
    same([await store.delete('a'), await store.delete('a')], [true, false]);
    same(await store.get('a'), undefined);
    same(await store.list(), [{ key: 'b', size: 0 }]);
  },

  async 'reads parts of files'(store) {
    if (store.openFile === undefined) return; // KV cannot
    same(await store.openFile('a'), undefined);
    const bytes = pattern(2_500_000, 5);
    await store.put('a', bytes);
    await store.put('none', pattern(0, 1));
    const file = await store.openFile('a');
    const parts = [
      [0, 10],
      [1_048_570, 20],
      [1_000_000, 1_200_000],
      [2_499_999, 5],
      [2_500_000, 5],
      [9_000_000, 5],
      [7, 0],
      [0, 3_000_000],
    ] as const;
    same(file?.size, bytes.length);
    for (const [offset, length] of parts) {
      const part = await file?.read(offset, length);
      const wanted = bytes.subarray(offset, offset + length);
      same(part?.length, wanted.length, `part at ${offset}`);
      if (part?.some((byte, i) => byte !== wanted[i])) throw new Error(`differs at ${offset}`);
    }
    // Many at once, and what is read is the caller's own.
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, i) => file?.read(60_000 * i, 60_000)),
    );
    for (const [i, part] of all.entries()) same(part?.[9], bytes[60_000 * i + 9], `part ${i}`);
    all[0]?.fill(0);
    same((await file?.read(5, 1))?.[0], bytes[5]);
    // The one that was opened, or an error: never another file.
    await store.put('a', pattern(2_500_000, 6));
    const later = await file?.read(1_500_000, 1).catch((error) => error?.code);
    if (later !== 'CHANGED') same(later?.[0], bytes[1_500_000], 'after a put');
    await file?.close();
    const empty = await store.openFile('none');
    same([empty?.size, (await empty?.read(0, 5))?.length], [0, 0]);
    await empty?.close();
  },

  async 'takes arrays, pieces, iterables and streams'(store) {
    const bytes = pattern(2_500_000, 3);
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1)];
    const sources = [bytes, pieces, piecewise(bytes, 70_001), new Blob([bytes]).stream()];
    for (const [i, source] of sources.entries()) {
      await store.put(`source-${i}`, source);
      await holds(store, `source-${i}`, bytes);
    }
    // A view, not the memory behind it; and not what becomes of it later.
    const behind = pattern(100, 4);
    await store.put('view', behind.subarray(10, 20));
    behind.fill(0);
    await holds(store, 'view', pattern(100, 4).slice(10, 20));
  },

  async 'keeps keys apart'(store) {
    const keys = [
      'A',
      '../a',
      '..',
      '.',
      '/',
      'a',
      'a b',
      'a.put',
      'a/b',
      'a\\b',
      'a%2fb',
      'con',
      '\u0000',
      'ä',
      'a\u0308',
      '\u{1F600}',
      'x'.repeat(200),
    ];
    for (const [i, key] of keys.entries()) await store.put(key, pattern(10, i));
    for (const [i, key] of keys.entries()) await holds(store, key, pattern(10, i));
    const wanted = keys.map((key) => ({ key, points: [...key].map((c) => c.codePointAt(0)!) }));
    const order = (a: number[], b: number[]): number => {
      for (let i = 0; i < Math.min(a.length, b.length); i++)
        if (a[i] !== b[i]) return a[i]! - b[i]!;
      return a.length - b.length;
    };
    wanted.sort((a, b) => order(a.points, b.points));
    same(
      (await store.list()).map(({ key }) => key),
      wanted.map(({ key }) => key),
    );
    same(
      (await store.list('a/')).map(({ key }) => key),
      ['a/b'],
    );
    for (const wrong of ['', 'x'.repeat(201), 'ä'.repeat(34), '\ud800'])
      for (const call of [store.put(wrong, pattern(1, 1)), store.get(wrong), store.delete(wrong)])
        await refused(call, 'RANGE');
    await refused(store.put(7 as never, pattern(1, 1)), 'TYPE');
  },

  async 'refuses options that it does not know'(store) {
    const bytes = pattern(1, 1);
    await refused(store.put('a', bytes, { signal: 7 } as never), 'TYPE');
    await refused(store.put('a', bytes, { sgnal: 7 } as never), 'TYPE');
    await refused(store.put('a', bytes, null as never), 'TYPE');
    same(await store.list(), []);
  },

  async 'leaves the old file when a put fails'(store) {
    const old = pattern(1_200_000, 5);
    await store.put('kept', old);
    async function* breaking() {
      yield* piecewise(pattern(3_000_000, 6), 500_000);
      throw new Error('the source broke');
    }
    const broke = await store.put('kept', breaking()).catch((e) => e);
    same((broke as Error).message, 'the source broke');
    await holds(store, 'kept', old);
    const controller = new AbortController();
    async function* endless() {
      yield pattern(1_500_000, 7);
      controller.abort(new Error('enough'));
      await new Promise(() => {});
    }
    const why = await store.put('kept', endless(), { signal: controller.signal }).catch((e) => e);
    same((why as Error).message, 'enough');
    await refused(store.put('kept', 'text' as never), 'TYPE');
    await refused(store.put('kept', [pattern(9, 9), 7] as never), 'TYPE');
    await store.put('new', breaking()).catch(() => {});
    await holds(store, 'kept', old);
    await holds(store, 'new', undefined);
    same(await store.list(), [{ key: 'kept', size: old.length }]);
    same(await store.clean(), 0); // the failed ones have left nothing
  },

  async 'gives whole files while others are put'(store) {
    const versions = [8, 9, 10].map((seed) => pattern(2_200_000 + seed, seed));
    await store.put('busy', versions[0]!);
    for (const next of versions.slice(1)) {
      const stream = await store.get('busy');
      const reader = stream!.getReader();
      const first = await reader.read();
      await store.put('busy', next);
      // What was begun goes on with the old file, or says that it cannot.
      const pieces = [first.value!];
      const rest = (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          pieces.push(value);
        }
      })();
      const error = await rest.then(
        () => undefined,
        (thrown) => thrown,
      );
      if (error) same((error as { code?: string }).code, 'CHANGED', String(error));
      else {
        const all = new Uint8Array(await new Blob(pieces).arrayBuffer());
        const before = versions[versions.indexOf(next) - 1]!;
        same(
          all.every((byte, i) => byte === before[i]) && all.length === before.length,
          true,
          'old',
        );
      }
      await holds(store, 'busy', next);
    }
    await Promise.all(versions.map((bytes) => store.put('busy', bytes)));
    const last = await read(store, 'busy');
    same(
      versions.some(
        (bytes) => bytes.length === last?.length && bytes.every((b, i) => b === last[i]),
      ),
      true,
      'last',
    );
  },
};
