// A store in the browser's private file system.
import { SublinearError } from '../runtime/errors.js';
import { string } from '../runtime/validate.js';
import {
  ageOf,
  busy,
  changed,
  chunksOf,
  DAY,
  generation,
  guarded,
  holdLock,
  keyOf,
  nameOf,
  type Store,
  type StoreEntry,
  type StoreLog,
  signalOf,
  sorted,
  streamOf,
  whileLocked,
} from './common.js';

// What TypeScript's library does not know yet.
interface MovableFile extends FileSystemFileHandle {
  move?(name: string): Promise<void>;
  createSyncAccessHandle?(): Promise<SyncAccess>;
}
interface SyncAccess {
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  flush(): void;
  close(): void;
}
type Folder = FileSystemDirectoryHandle;

const PIECE = 1 << 20;
/** A file that is being written: `<name>.<generation>.put`, and what Chromium writes first in its place. */
const unfinished = /^.*\.([0-9a-z]{9}-[0-9a-f-]{18})\.put(\.crswap)?$/;

/**
 * A store in the origin private file system, in windows and workers: one file for each key, in a folder of its own. `put`
 * writes a new file and then gives it the name of the old one. What a tab that was closed has left unfinished is removed the
 * next time.
 *
 * @param folder - name of the folder, `'sublinear'` by default
 * @throws SublinearError `QUOTA`, `STORE`, `LOAD_FAILED` where there is no such file system, or none that can rename
 *
 * @example
 * ```ts
 * import { opfsStore } from 'sublinear/store';
 *
 * if (globalThis.navigator?.storage) {
 *   const store = opfsStore();
 *   await store.put('greeting', new TextEncoder().encode('hello'));
 *   console.log(await new Response(await store.get('greeting')).text());
 * }
 * ```
 */
export function opfsStore(folder = 'sublinear'): Store {
  string('opfsStore', 'folder', folder);
  const name = nameOf('opfsStore', folder);
  let opened: Promise<Folder> | undefined;
  const open = (operation: string): Promise<Folder> => {
    opened ??= openFolder(operation, name);
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };

  const store: Store = {
    async put(key, bytes, options) {
      const operation = 'Store.put';
      const signal = signalOf(operation, options);
      const run = async () => {
        const entryName = nameOf(operation, key);
        const place = await open(operation);
        const mine = generation();
        const temporary = `${entryName}.${mine}.put`;
        await whileLocked(lockName(name, mine), async () => {
          try {
            const file: MovableFile = await place.getFileHandle(temporary, { create: true });
            if (file.move === undefined) throw cannotRename(operation);
            await write(operation, file, chunksOf(operation, bytes, PIECE, signal));
            signal?.throwIfAborted();
            // One at a time: moving to a name that somebody else is moving to is refused.
            await whileLocked(lockName(name, `=${entryName}`), () => moveTo(file, entryName));
          } catch (error) {
            await removeFile(place, temporary);
            throw error;
          }
        });
      };
      return guarded(operation, run, undefined, signal);
    },

    get(key) {
      const operation = 'Store.get';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        const file = await orNothing((await open(operation)).getFileHandle(entryName));
        if (file === undefined) return undefined;
        const content = await file.getFile();
        let at = 0;
        return streamOf(() =>
          guarded(operation, async () => {
            if (at >= content.size) return undefined;
            const piece = new Uint8Array(await content.slice(at, at + PIECE).arrayBuffer());
            at += piece.length;
            return piece;
          }),
        );
      });
    },

    delete(key) {
      const operation = 'Store.delete';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        const removed = (await open(operation)).removeEntry(entryName).then(() => true);
        return (await orNothing(removed)) === true;
      });
    },

    list(prefix = '') {
      const operation = 'Store.list';
      return guarded(operation, async () => {
        const entries: StoreEntry[] = [];
        for await (const [each, handle] of (await open(operation)).entries()) {
          const key = keyOf(each);
          if (key === undefined || handle.kind !== 'file') continue;
          const file = await orNothing((handle as FileSystemFileHandle).getFile());
          if (file !== undefined) entries.push({ key, size: file.size });
        }
        return sorted(operation, prefix, entries);
      });
    },

    clean: () =>
      guarded('Store.clean', async () => removeAbandoned(await open('Store.clean'), name)),

    openFile(key) {
      const operation = 'Store.openFile';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        const handle = await orNothing((await open(operation)).getFileHandle(entryName));
        const file = await handle?.getFile();
        if (file === undefined) return undefined;
        return {
          size: file.size,
          read: (offset, length) =>
            guarded(operation, async () => {
              const part = file.slice(offset, offset + length);
              return new Uint8Array(await part.arrayBuffer());
            }),
          close: async () => {},
        };
      });
    },

    openLog(key) {
      const operation = 'Store.openLog';
      return guarded(operation, async () => {
        const entryName = nameOf(operation, key);
        const place = await open(operation);
        const release = await holdLock(operation, lockName(name, `+${entryName}`));
        if (release === undefined)
          throw busy(operation, key, 'in this page, a worker or another tab');
        try {
          return await openFileLog(store, key, place, entryName, release);
        } catch (error) {
          release();
          throw error;
        }
      });
    },
  };
  return store;
}

/** A file that is written at its end; `release` lets go of its lock. */
async function openFileLog(
  store: Store,
  key: string,
  place: Folder,
  name: string,
  release: () => void,
): Promise<StoreLog> {
  let file: MovableFile | undefined;
  let size = 0;
  /** In workers; it is open from the first write on. In windows each write makes a copy of the file. */
  let access: SyncAccess | undefined;
  const leave = () => {
    access?.close();
    access = undefined;
  };
  const reopen = async () => {
    file = await orNothing(place.getFileHandle(name));
    size = (await file?.getFile())?.size ?? 0;
  };
  await reopen();
  return {
    get size() {
      return size;
    },
    append(bytes) {
      const operation = 'StoreLog.append';
      return guarded(operation, async () => {
        if (file === undefined) throw changed(operation);
        if (file.createSyncAccessHandle === undefined) {
          const writable = await file.createWritable({ keepExistingData: true });
          try {
            await writable.write({ type: 'write', position: size, data: bytes });
          } catch (error) {
            await writable.abort().catch(() => {});
            throw error;
          }
          await writable.close();
        } else {
          access ??= await file.createSyncAccessHandle();
          writeAll(access, bytes, size);
        }
        size += bytes.length;
      });
    },
    sync: () => guarded('StoreLog.sync', async () => access?.flush()),
    async replace(bytes) {
      leave();
      // Also after an error, which may have come after the file was renamed.
      try {
        await store.put(key, bytes);
      } finally {
        await guarded('StoreLog.replace', reopen);
      }
    },
    async close() {
      leave();
      release();
    },
  };
}

/** It may take less than it was given. */
function writeAll(access: SyncAccess, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  for (let written = 0; written < bytes.length; ) {
    const took = access.write(bytes.subarray(written), { at: at + written });
    if (took === 0) throw new DOMException('nothing more was written', 'QuotaExceededError');
    written += took;
  }
}

async function openFolder(operation: string, name: string): Promise<Folder> {
  const storage = globalThis.navigator?.storage;
  if (storage?.getDirectory === undefined) {
    const message =
      'there is no origin private file system here (it needs a secure page); indexedDBStore() of sublinear/store/indexeddb may do';
    throw new SublinearError('LOAD_FAILED', operation, message);
  }
  const root = await storage.getDirectory();
  const folder = await root.getDirectoryHandle(name, { create: true });
  await removeAbandoned(folder, name);
  return folder;
}

async function write(
  operation: string,
  file: MovableFile,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  if (file.createWritable !== undefined) {
    const writable = await file.createWritable();
    try {
      for await (const chunk of chunks) await writable.write(chunk);
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
    return writable.close();
  }
  // Safari before 26: in workers only.
  const access = await file.createSyncAccessHandle?.();
  if (access === undefined) throw cannotRename(operation);
  try {
    let at = 0;
    for await (const chunk of chunks) {
      writeAll(access, chunk, at);
      at += chunk.length;
    }
    access.flush();
  } finally {
    access.close();
  }
}

const lockName = (folder: string, generation: string) =>
  `sublinear-store/opfs/${folder}/${generation}`;

async function removeAbandoned(folder: Folder, name: string): Promise<number> {
  // In this order: whoever made one of these files had his lock then, has it still, or has renamed it since.
  const found: [string, string][] = [];
  for await (const [each] of folder.entries()) {
    const generation = unfinished.exec(each)?.[1];
    if (generation !== undefined) found.push([each, generation]);
  }
  const locks = await navigator.locks?.query();
  const alive = new Set(locks?.held?.map((lock) => lock.name));
  let removed = 0;
  for (const [each, generation] of found) {
    if (alive.has(lockName(name, generation))) continue;
    if (locks === undefined && ageOf(generation) < DAY) continue;
    if (await removeFile(folder, each)) removed++;
  }
  return removed;
}

/** Tries again while the old file is locked: without locks another tab may be putting it, or be deleting it. */
async function moveTo(file: MovableFile, name: string): Promise<void> {
  for (let wait = 1; ; wait *= 3) {
    try {
      return await file.move?.(name);
    } catch (error) {
      const locked = (error as DOMException).name === 'NoModificationAllowedError';
      if (!locked || wait > 1000) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Browsers keep a file locked for a moment after its writer has gone. What stays goes the next time. */
async function removeFile(folder: Folder, name: string): Promise<boolean> {
  for (let wait = 1; wait < 100; wait *= 3) {
    try {
      await folder.removeEntry(name);
      return true;
    } catch (error) {
      if ((error as DOMException).name === 'NotFoundError') return false;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return false;
}

async function orNothing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return undefined;
    throw error;
  }
}

function cannotRename(operation: string): SublinearError {
  const message =
    'the file system of this browser cannot write here and rename; indexedDBStore() of sublinear/store/indexeddb works';
  return new SublinearError('LOAD_FAILED', operation, message);
}
