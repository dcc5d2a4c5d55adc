// What was read lately, up to a number of bytes.

export class Cache {
  readonly #most: number;
  readonly #held = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Uint8Array | undefined {
    const found = this.#held.get(key);
    if (found === undefined) return undefined;
    this.#held.delete(key);
    this.#held.set(key, found); // the last one asked for stands last
    return found;
  }

  set(key: string, bytes: Uint8Array): void {
    this.#bytes -= this.#held.get(key)?.byteLength ?? 0;
    this.#held.delete(key);
    if (bytes.byteLength > this.#most) return;
    this.#held.set(key, bytes);
    this.#bytes += bytes.byteLength;
    for (const [oldest, { byteLength }] of this.#held) {
      if (this.#bytes <= this.#most) break;
      this.#held.delete(oldest);
      this.#bytes -= byteLength;
    }
  }

  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
  }
}
