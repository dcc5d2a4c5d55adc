// The last samples of a stream, as far back as speech may begin that is not told of yet.

export class RecentSamples {
  readonly #least: number;
  #blocks: Float32Array[] = [];
  /** The sample that the first block begins with, and the one after the last block. */
  #from = 0;
  #to = 0;
  /** Where speech that lasts began: everything from there on is kept. */
  #open: number | undefined;

  /** `least`: samples that are kept where no speech lasts. */
  constructor(least: number) {
    this.#least = least;
  }

  add(block: Float32Array): void {
    this.#blocks.push(block);
    this.#to += block.length;
  }

  /** Samples `start` to before `end`, which are still there. */
  between(start: number, end: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(end - start);
    let at = this.#from;
    for (const block of this.#blocks) {
      const first = Math.max(start, at);
      const last = Math.min(end, at + block.length);
      if (first < last) out.set(block.subarray(first - at, last - at), first - start);
      at += block.length;
    }
    return out;
  }

  /** `open`: where speech that lasts began; `changed`: that is new. What is not needed any more is let go. */
  forget(open: number | undefined, changed: boolean): void {
    if (changed) this.#open = open;
    const until = Math.min(this.#open ?? this.#to, this.#to - this.#least);
    let gone = 0;
    for (const block of this.#blocks) {
      if (this.#from + block.length > until) break;
      this.#from += block.length;
      gone++;
    }
    this.#blocks.splice(0, gone);
  }

  clear(): void {
    this.#blocks = [];
    this.#from = this.#to = 0;
    this.#open = undefined;
  }
}
