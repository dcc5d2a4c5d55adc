// Files on another site in a browser: what it does not allow is said with the remedy.
import { load } from 'sublinear/format';
import { expect, test } from 'vitest';

const { Bundle, RemoteGraph, RemoteIndex, writeBundle, writeRemoteIndex } = await load();

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('nothing was refused');
    },
    (error: { code: string; message: string }) => error,
  );

test('a site that a page may not read: the error names the header that is missing', async () => {
  // Browsers tell a page no more about such an answer than about none at all.
  for (const Class of [RemoteIndex, RemoteGraph, Bundle]) {
    const error = await failure(Class.open('http://127.0.0.1:1/words.slvr'));
    expect(error.code).toBe('NETWORK');
    expect(error.message).toMatch(/another site.*"Access-Control-Allow-Origin".*"Range"/);
  }
});

test('the own site: no word of other sites', async () => {
  const fetch = async () => new Response('', { status: 404 });
  const error = await failure(RemoteIndex.open('/words.slvr', { fetch }));
  expect(error.message).toMatch(/404/);
  expect(error.message).not.toMatch(/Access-Control/);
});

test('Blobs, and readers as bindings of object storage are', async () => {
  const file = writeRemoteIndex([1, 0, 0, 1, 1, 1], { dimension: 2, keys: ['x', 'y', 'both'] });
  const bucket = new Map([['words.slvr', new Blob([file])]]);
  const get = async (key: string, { range }: { range: { offset: number; length: number } }) =>
    bucket.get(key)?.slice(range.offset, range.offset + range.length);
  const reader = {
    read: async (offset: number, length: number) =>
      (await get('words.slvr', { range: { offset, length } }))!.arrayBuffer(),
  };
  for (const source of [new Blob([file]), reader]) {
    using index = await RemoteIndex.open(source);
    expect((await index.search([1, 0.1], { k: 1 })).keys).toEqual(['x']);
  }
  const bundle = await Bundle.open(new Blob([writeBundle({ a: Uint8Array.of(7) })]));
  expect((await bundle.read('a')).data).toEqual(Uint8Array.of(7));
});
