// A file that is written at its end, and the lock file that keeps a second writer away.
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { busy, changed, guarded, type Store, type StoreLog } from './common.js';

/** Who holds a lock, as its file says. */
interface Holder {
  pid: number;
  host: string;
  /** When the process and the system began, where the system says so: another process may have its number today. */
  began?: string | undefined;
}

/** The log of a key at a path, for this program alone. */
export async function openFileLog(store: Store, key: string, path: string): Promise<StoreLog> {
  const lock = `${path}.lock`;
  await takeLock(lock, key);
  let file: FileHandle | undefined;
  let size = 0;
  const reopen = async () => {
    const before = file;
    file = undefined;
    await before?.close();
    file = await orNothing(open(path, constants.O_RDWR));
    size = (await file?.stat())?.size ?? 0;
  };
  try {
    await reopen();
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
  return {
    get size() {
      return size;
    },
    append(bytes) {
      const operation = 'StoreLog.append';
      const write = async () => {
        if (file === undefined) throw changed(operation);
        // At a place of ours: what a write that failed has left is written over.
        await writeAll(file, bytes, size);
        size += bytes.length;
      };
      return guarded(operation, write, codeOf);
    },
    sync: () => guarded('StoreLog.sync', async () => file?.sync(), codeOf),
    async replace(bytes) {
      // Also after an error, which may have come after the file was renamed.
      try {
        await store.put(key, bytes);
      } finally {
        await guarded('StoreLog.replace', reopen, codeOf);
      }
    },
    async close() {
      await file?.close();
      file = undefined;
      await rm(lock, { force: true });
    },
  };
}

/** Writes the lock file, which must not be there. One whose process has ended is taken over. */
async function takeLock(lock: string, key: string): Promise<void> {
  const operation = 'Store.openLog';
  const began = await beginningOf(pid);
  const own = JSON.stringify({ pid, host: hostname(), began } satisfies Holder);
  if (await created(lock, own)) return;
  const holder = await holderOf(lock);
  if (holder !== 'gone' && !(await hasEnded(holder)))
    throw busy(operation, key, saying(holder, lock));
  // One at a time: of two that see a dead holder the second must not remove the lock of the first.
  const taking = `${lock}.take`;
  if (!(await created(taking, own)))
    throw busy(
      operation,
      key,
      `by a process that has ended, and another one is taking it over (where there is none, delete ${taking})`,
    );
  try {
    const now = await holderOf(lock);
    if (now !== 'gone' && !(await hasEnded(now))) throw busy(operation, key, saying(now, lock));
    await rm(lock, { force: true });
    if (!(await created(lock, own))) throw busy(operation, key, 'since just now');
  } finally {
    await rm(taking, { force: true });
  }
}

function saying(holder: Holder | undefined, lock: string): string {
  const who = holder === undefined ? 'by somebody' : `by process ${holder.pid} on ${holder.host}`;
  return `${who} (where nobody has it, delete ${lock})`;
}

async function created(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** undefined: it does not say who. */
async function holderOf(lock: string): Promise<Holder | undefined | 'gone'> {
  const text = await orNothing(readFile(lock, 'utf8'));
  if (text === undefined) return 'gone';
  try {
    const { pid, host, began } = JSON.parse(text) as Holder;
    if (Number.isInteger(pid) && typeof host === 'string') return { pid, host, began };
  } catch {
    // as below
  }
  return undefined;
}

/** Only what is certain: not of other machines, nor of locks that say nothing. */
async function hasEnded(holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined || holder.host !== hostname()) return false;
  if (!isAlive(holder.pid)) return true;
  if (holder.began === undefined) return false;
  const began = await beginningOf(holder.pid);
  return began !== undefined && began !== holder.began;
}

/** On Linux, when a process began; undefined elsewhere. */
async function beginningOf(process: number): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${process}/stat`, 'utf8');
    // Behind the name of the program, which may have blanks and brackets in it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[19] === undefined ? undefined : `${boot.trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

export async function writeAll(file: FileHandle, bytes: Uint8Array, from?: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const place = from === undefined ? null : from + at;
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, place);
    at += bytesWritten;
  }
}

/** A read may give less than was asked for. How many bytes there were. */
export async function readInto(file: FileHandle, bytes: Uint8Array, from: number) {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) return at;
    at += bytesRead;
  }
  return bytes.length;
}

export function isAlive(writer: number): boolean {
  try {
    process.kill(writer, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export async function orNothing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function codeOf(error: unknown): 'QUOTA' | undefined {
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code) ? 'QUOTA' : undefined;
}
