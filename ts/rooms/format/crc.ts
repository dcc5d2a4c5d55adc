// CRC-32C (Castagnoli, RFC 3720), four bytes at a time.

const tables = Array.from({ length: 4 }, () => new Uint32Array(256));

function fill(): void {
  const [first, ...others] = tables as [Uint32Array, ...Uint32Array[]];
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    first[i] = crc;
  }
  let before = first;
  for (const table of others) {
    for (let i = 0; i < 256; i++) {
      const crc = before[i] as number;
      table[i] = (crc >>> 8) ^ (first[crc & 255] as number);
    }
    before = table;
  }
}

/** The checksum of bytes, as a u32; `before` is that of what stands in front of them. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  if (t0[1] === 0) fill();
  let crc = ~before;
  let i = 0;
  const at = (j: number) => bytes[j] as number;
  for (; i + 4 <= bytes.length; i += 4) {
    const word = crc ^ (at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24));
    crc =
      (t3[word & 255] as number) ^
      (t2[(word >>> 8) & 255] as number) ^
      (t1[(word >>> 16) & 255] as number) ^
      (t0[word >>> 24] as number);
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ (t0[(crc ^ at(i)) & 255] as number);
  return ~crc >>> 0;
}
