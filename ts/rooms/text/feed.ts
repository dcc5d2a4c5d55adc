// Texts on their way into the module's memory: many at a time, encoded by one call.

import type { Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length++;
    if (unit < 0x800) continue;
    // The two units of a pair are four bytes, a lone one becomes U+FFFD.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
    length++;
  }
  return length;
}

/** Texts one behind the other. */
export class Texts {
  readonly #texts: string[] = [];
  /** UTF-16 units so far. */
  units = 0;
  /** The last unit is the first half of a pair, whose second half is not there. */
  #open = false;

  add(text: string): void {
    // Encoded together, halves of two texts would become one character: the second one is U+FFFD at once, as each is alone.
    const joins = this.#open && (text.charCodeAt(0) & 0xfc00) === 0xdc00;
    const own = joins ? `\ufffd${text.slice(1)}` : text;
    this.#texts.push(own);
    this.units += own.length;
    if (own !== '') this.#open = (own.charCodeAt(own.length - 1) & 0xfc00) === 0xd800;
  }

  get count(): number {
    return this.#texts.length;
  }

  /** Writes them to scratch memory. `lengths`: of each in bytes. */
  write(runtime: Runtime, scratch: Scratch): { address: number; bytes: number; lengths: number[] } {
    const all = this.#texts.join('');
    const room = 3 * all.length;
    const address = scratch.bytes(room);
    const { written } = encoder.encodeInto(all, runtime.u8.subarray(address, address + room));
    const lengths =
      written === all.length
        ? this.#texts.map((text) => text.length)
        : this.#texts.map((text) => utf8Length(text));
    return { address, bytes: written, lengths };
  }
}

/** One text. */
export function writeText(
  runtime: Runtime,
  scratch: Scratch,
  text: string,
): { address: number; bytes: number } {
  const room = 3 * text.length;
  const address = scratch.bytes(room);
  const { written } = encoder.encodeInto(text, runtime.u8.subarray(address, address + room));
  return { address, bytes: written };
}
