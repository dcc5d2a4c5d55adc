// Files of the visitor's, since the package has no weights: the browser keeps them for the next visit.
import { opfsStore } from 'sublinear/store';

export interface OwnFile {
  /** Keeps it, unless this browser cannot: what was opened works until the page is closed then. Resolves to whether it is kept. */
  keep(bytes: Uint8Array<ArrayBuffer>): Promise<boolean>;
  /** What was kept at an earlier visit. */
  kept(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  forget(): Promise<void>;
}

export function ownFile(name: string): OwnFile {
  const store = opfsStore('playground');
  return {
    keep: (bytes) =>
      store.put(name, bytes).then(
        () => true,
        () => false,
      ),
    async kept() {
      const stream = await store.get(name).catch(() => undefined);
      return stream && new Uint8Array(await new Response(stream).arrayBuffer());
    },
    async forget() {
      await store.delete(name);
    },
  };
}

/** Whether it begins as what `sublinear model` writes. */
export const isSaved = (bytes: Uint8Array): boolean =>
  String.fromCharCode(...bytes.subarray(1, 4)) === 'slf';
