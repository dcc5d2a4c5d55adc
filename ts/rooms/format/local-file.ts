// Files of this machine that are read by ranges: open files of Node, handles of a browser's file system, keys of a store.
import * as check from '../../runtime/validate.js';
import type { Store, StoreFile } from '../../store/common.js';

/** An open file of Node, Deno or Bun, as `open()` of `node:fs/promises` gives it. Close it after what was opened on it. */
export interface NodeFile {
  readonly fd: number;
  readonly read: (
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ bytesRead: number }>;
}

/** A file of a browser's file system: of the private one (OPFS), or one that the user has picked. */
export interface BrowserFile {
  readonly kind: 'file';
  readonly getFile: () => Promise<Blob>;
}

/** The same in a worker, opened by `createSyncAccessHandle()`: the fastest. Close it after what was opened on it. */
export interface SyncAccessFile {
  readonly getSize: () => number;
  readonly read: (buffer: Uint8Array, options: { at: number }) => number;
}

/** A file of a store (`sublinear/store`) that reads parts of files: all but KV. */
export interface StoredFile {
  readonly store: Store;
  readonly key: string;
}

/** A file of this machine. */
export type LocalFile = NodeFile | BrowserFile | SyncAccessFile | StoredFile;

/** A local file as a reader of ranges, which opens it when it is first read. */
export interface OpenedFile {
  readonly name: string;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Closes what was opened here; the next read opens the file that is there then. */
  leave(): void;
}

const has = (given: object, name: string) =>
  typeof (given as Record<string, unknown>)[name] === 'function';

/** undefined for what is none. */
export function localFile(operation: string, given: unknown): OpenedFile | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (has(given, 'read') && typeof (given as NodeFile).fd === 'number')
    return ofNode(given as NodeFile);
  if (has(given, 'read') && has(given, 'getSize')) return ofAccess(given as SyncAccessFile);
  if (has(given, 'getFile')) return ofBrowser(given as BrowserFile);
  if ('store' in given && 'key' in given) return ofStore(operation, given as StoredFile);
  return undefined;
}

function ofNode(file: NodeFile): OpenedFile {
  return {
    name: 'the file',
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let at = 0;
      while (at < length) {
        const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return bytes.subarray(0, at);
    },
    leave() {},
  };
}

function ofAccess(file: SyncAccessFile): OpenedFile {
  return {
    name: 'the file',
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, file.getSize() - offset)));
      return bytes.subarray(0, file.read(bytes, { at: offset }));
    },
    leave() {},
  };
}

function ofBrowser(handle: BrowserFile): OpenedFile {
  let file: Promise<Blob> | undefined;
  return {
    name: 'the file',
    async read(offset, length) {
      file ??= handle.getFile();
      const blob = await file;
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
    leave() {
      file = undefined;
    },
  };
}

function ofStore(operation: string, { store, key }: StoredFile): OpenedFile {
  check.string(operation, 'source.key', key);
  const { openFile } = store ?? {};
  if (typeof openFile !== 'function')
    throw check.typeError(
      operation,
      'source.store',
      'a store that reads parts of files (openFile)',
      store,
    );
  let file: Promise<StoreFile> | undefined;
  const open = async () => {
    const found = await openFile.call(store, key);
    if (found === undefined) throw new Error('there is no such file');
    return found;
  };
  return {
    name: `${check.show(key)} of the store`,
    async read(offset, length) {
      file ??= open();
      // Not for ever: it may be there the next time.
      file.catch(() => {
        file = undefined;
      });
      return (await file).read(offset, length);
    },
    leave() {
      void file?.then((opened) => opened.close()).catch(() => {});
      file = undefined;
    },
  };
}
