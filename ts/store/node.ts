// A store in a folder of the file system, for Node, Deno and Bun.
import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { isURL } from '../runtime/brand.js';
import { options as checkOptions, integer, rangeError, typeError } from '../runtime/validate.js';
import {
  chunksOf,
  guarded,
  keyOf,
  nameOf,
  type Store,
  type StoreEntry,
  type StoreFile,
  signalOf,
  sorted,
  streamOf,
} from './common.js';
import { codeOf, isAlive, openFileLog, orNothing, readInto, writeAll } from './node-log.js';

export * from '../runtime/errors.js';
export type { AsyncBytesSource } from '../runtime/file.js';
export type { Store, StoreEntry, StoreFile, StoreLog, StorePutOptions } from './common.js';

export interface FileStoreOptions {
  /**
   * A file that a put has left unfinished is removed when its process is gone and nobody has written to it for so many
   * milliseconds; one minute by default. More than one where several machines write to one folder, whose processes are
   * not seen from each other.
   */
  staleAfterMs?: number;
}

const PIECE = 1 << 20;
const SUFFIX = '.put';
/** A file that is being written: the name it will have, who writes it, and something random. */
const unfinished = /^.*\.(\d+)\.[0-9a-f]+\.put$/;

/**
 * A store in a folder, which is made when it is not there: one file for each key. `put` writes a new file beside the old one,
 * asks the disk to have it, and renames it: a process that is killed, and a machine that loses power, leaves the old file
 * or the new one.
 *
 * @throws SublinearError `QUOTA` (disk full, quota or size limit), `STORE`
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { dirname, join, resolve } from 'node:path';
 * import { load } from 'sublinear/graph';
 * import { fileStore } from 'sublinear/store/node';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'graphs-'));
 * const store = fileStore(folder);
 * const { Graph } = await load();
 * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2] });
 * await store.put('friends/2026', graph.saveInPieces());
 * using again = await Graph.loadAsync((await store.get('friends/2026'))!);
 * console.log(again.edgeCount, await store.delete('friends/2026'), await store.list()); // 2 true []
 * await rm(folder, { recursive: true });
 * ```
 */
export function fileStore(folder: string | URL, options?: FileStoreOptions): Store {
  return storeIn(pathOf(folder), options);
}

function storeIn(folder: string, options?: FileStoreOptions): Store {
  const { staleAfterMs = 60_000 } = checkOptions('fileStore', options, ['staleAfterMs']);
  integer('fileStore', 'staleAfterMs', staleAfterMs);
  const path = (name: string) => join(folder, name);
  let ready: Promise<unknown> | undefined;
  const prepare = () => {
    ready ??= mkdir(folder, { recursive: true }).then(async (first) => {
      // The folders that were made must last like the files in them.
      for (let made = folder; first !== undefined; made = dirname(made)) {
        await syncFolder(dirname(made));
        if (resolve(made) === resolve(first) || dirname(made) === made) break;
      }
      await cleanFolder(folder, staleAfterMs);
    });
    // Not for ever: the folder may be there the next time.
    ready.catch(() => {
      ready = undefined;
    });
    return ready;
  };

  const store: Store = {
    async put(key, bytes, options) {
      const operation = 'Store.put';
      const signal = signalOf(operation, options);
      const run = async () => {
        const name = nameOf(operation, key);
        await prepare();
        const random = crypto.randomUUID().replaceAll('-', '').slice(0, 16);
        const temporary = path(`${name}.${pid}.${random}${SUFFIX}`);
        const file = await open(temporary, 'wx');
        try {
          try {
            for await (const piece of chunksOf(operation, bytes, PIECE, signal))
              await writeAll(file, piece);
            await file.sync();
          } finally {
            await file.close();
          }
          signal?.throwIfAborted();
          await rename(temporary, path(name));
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
        await syncFolder(folder);
      };
      return guarded(operation, run, codeOf, signal);
    },

    get(key) {
      const operation = 'Store.get';
      return guarded(
        operation,
        async () => {
          const file = await orNothing(open(path(nameOf(operation, key)), READ));
          // An open file stays what it is when another one takes its name.
          if (file === undefined) return undefined;
          if (!(await file.stat()).isFile()) {
            await file.close();
            return undefined; // as `list` has it
          }
          let at = 0;
          const stream = streamOf(
            () =>
              guarded(operation, async () => {
                const piece = new Uint8Array(PIECE);
                const { bytesRead } = await file.read(piece, 0, PIECE, at);
                at += bytesRead;
                return bytesRead > 0 ? piece.subarray(0, bytesRead) : undefined;
              }),
            () => {
              unread.unregister(file);
              return file.close();
            },
          );
          unread.register(stream, file, file);
          return stream;
        },
        codeOf,
      );
    },

    delete(key) {
      const operation = 'Store.delete';
      return guarded(operation, async () => {
        const there = await orNothing(rm(path(nameOf(operation, key))).then(() => true));
        if (there) await syncFolder(folder);
        return there === true;
      });
    },

    list(prefix = '') {
      const operation = 'Store.list';
      return guarded(operation, async () => {
        const entries: StoreEntry[] = [];
        for (const name of (await orNothing(readdir(folder))) ?? []) {
          const key = keyOf(name);
          const found: Stats | undefined =
            key === undefined ? undefined : await orNothing(stat(path(name)));
          if (key !== undefined && found?.isFile()) entries.push({ key, size: found.size });
        }
        return sorted(operation, prefix, entries);
      });
    },

    clean: () => guarded('Store.clean', () => cleanFolder(folder, staleAfterMs)),

    openFile(key) {
      const operation = 'Store.openFile';
      const open = () => openPart(operation, path(nameOf(operation, key)));
      return guarded(operation, open, codeOf);
    },

    openLog(key) {
      const operation = 'Store.openLog';
      const open = async () => {
        const name = nameOf(operation, key);
        await prepare();
        return openFileLog(store, key, path(name));
      };
      return guarded(operation, open, codeOf);
    },
  };
  return store;
}

/** Not blocking: to open a pipe that somebody has put into the folder would wait for its writer for ever. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A folder's path, or the path of its file: URL. As a path, the text of a URL would be a folder called "file:". */
function pathOf(folder: string | URL): string {
  const isText = typeof folder === 'string';
  if (!isText && !isURL(folder))
    throw typeError('fileStore', 'folder', 'path or file: URL', folder);
  if (isText && !/^(?:file:|[a-z][a-z\d+.-]+:\/\/)/i.test(folder)) return folder;
  try {
    return fileURLToPath(isText ? folder : folder.href);
  } catch {
    throw rangeError('fileStore', 'folder', 'path or file: URL of this machine', String(folder));
  }
}

/** A file for reading parts of it: what it is stays when another one takes its name. */
async function openPart(operation: string, path: string): Promise<StoreFile | undefined> {
  const file = await orNothing(open(path, READ));
  if (file === undefined) return undefined;
  const found = await file.stat();
  if (!found.isFile()) {
    await file.close();
    return undefined;
  }
  const part: StoreFile = {
    size: found.size,
    read: (offset, length) =>
      guarded(operation, async () => {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, found.size - offset)));
        return bytes.subarray(0, await readInto(file, bytes, offset));
      }),
    close() {
      unread.unregister(part);
      return file.close();
    },
  };
  unread.register(part, file, part);
  return part;
}

/** Who asks only whether a file is there leaves a stream behind. Node complains about files that nobody closed. */
const unread = new FinalizationRegistry<FileHandle>((file) => {
  file.close().catch(() => {});
});

/** Makes a rename last. Windows has no such call for folders, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, constants.O_RDONLY);
    await handle.sync();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes(code)) throw error;
  } finally {
    await handle?.close();
  }
}

async function cleanFolder(folder: string, staleAfterMs: number): Promise<number> {
  let removed = 0;
  for (const name of (await orNothing(readdir(folder))) ?? []) {
    const writer = unfinished.exec(name)?.[1];
    if (writer === undefined || isAlive(Number(writer))) continue;
    const found = await orNothing(stat(join(folder, name)));
    if (found === undefined || Date.now() - found.mtimeMs < staleAfterMs) continue;
    await rm(join(folder, name), { force: true });
    removed += found.size;
  }
  return removed;
}
