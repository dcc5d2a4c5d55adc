// Files with something wrong in them.
import type { Files } from './collection-log.js';

/** One of the files with some bytes changed, cut, repeated, moved or put in. */
export function mutate(files: Files, next: () => number): Files {
  const pick = (most: number) => Math.floor(next() * most);
  const keys = Object.keys(files);
  // Mostly the log: what the snapshot's reader does is tested elsewhere.
  const key = next() < 0.9 ? 'c.log' : (keys[pick(keys.length)] as string);
  let bytes = (files[key] as Uint8Array<ArrayBuffer>).slice();
  for (let times = 1 + pick(3); times > 0 && bytes.length > 0; times--) {
    const at = pick(bytes.length);
    const part = bytes.subarray(at, at + 1 + pick(60));
    const kind = pick(7);
    if (kind === 0) bytes[at] = pick(256);
    else if (kind === 1) bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
    else if (kind === 2) bytes = bytes.slice(0, at);
    else if (kind === 3) bytes = new Uint8Array([...bytes, ...part]);
    else if (kind === 4)
      bytes = new Uint8Array([...bytes.subarray(0, at), ...part, ...bytes.subarray(at)]);
    else if (kind === 5)
      bytes = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + part.length)]);
    else part.fill(next() < 0.5 ? 0 : 255);
  }
  return { ...files, [key]: bytes };
}
