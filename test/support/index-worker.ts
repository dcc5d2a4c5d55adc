// Searches in a file of the private file system through an access handle, in a worker: local.browser.test.ts.
import { load } from 'sublinear/format';

interface Access {
  getSize(): number;
  read(buffer: Uint8Array, options: { at: number }): number;
  close(): void;
}

globalThis.onmessage = async ({ data }: MessageEvent<[string, number[]]>) => {
  const [name, query] = data;
  try {
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle(name);
    const access = await (
      handle as unknown as { createSyncAccessHandle(): Promise<Access> }
    ).createSyncAccessHandle();
    const { RemoteIndex } = await load();
    const index = await RemoteIndex.open(access);
    const { keys, bytes } = await index.search(query, { k: 3 });
    index.dispose();
    access.close();
    globalThis.postMessage({ keys, bytes });
  } catch (error) {
    globalThis.postMessage(String(error));
  }
};
