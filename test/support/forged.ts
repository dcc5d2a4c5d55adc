// A file of segments that was changed by somebody who knows how to hash: everything matches, and what it says is not true.
import { createHash } from 'node:crypto';

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const leaf = (bytes: Uint8Array) =>
  bytes.length === 0 ? sha256() : sha256(Uint8Array.of(0), bytes);

/** `change` gets the bytes of segments by their names. For files whose segments have one block each. */
export function forged(
  file: Uint8Array,
  change: (segment: (name: string) => Uint8Array) => void,
): Uint8Array<ArrayBuffer> {
  const bytes = file.slice();
  const view = new DataView(bytes.buffer);
  const entries = Array.from({ length: view.getUint32(20, true) }, (_, i) => {
    const at = 64 + 128 * i;
    const [offset, length] = [72, 80].map((field) => Number(view.getBigUint64(at + field, true)));
    return {
      name: new TextDecoder().decode(bytes.subarray(at, at + 32)).replace(/\0+$/, ''),
      root: bytes.subarray(at + 96, at + 128),
      hashes: view.getUint16(at + 92, true),
      own: bytes.subarray(offset, (offset as number) + (length as number)),
    };
  });
  const segment = (name: string) => entries.find((entry) => entry.name === name)?.own as Uint8Array;
  change(segment);
  for (const { hashes, own } of entries) {
    if (hashes === 0) continue;
    const table = entries[hashes - 1]?.own as Uint8Array;
    if (table.length !== 32) throw new Error('a segment of several blocks');
    table.set(leaf(own));
  }
  // Of one block the hash is that of its page, too.
  segment('pages')?.set(segment('rows.hashes'));
  for (const { root, own } of entries) root.set(leaf(own));
  bytes.set(sha256(bytes.subarray(0, 32), bytes.subarray(64, 64 + 128 * entries.length)), 32);
  return bytes;
}
