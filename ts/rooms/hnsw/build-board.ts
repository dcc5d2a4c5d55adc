// How threads that build an index deal out its units of work (csrc/hnsw/build.h): a few words in the memory that they share,
// changed by atomic operations alone.

/** The unit that is taken next, and where the units of this phase begin and end: they count on, and wrap around. */
const NEXT = 0;
const BEGIN = 1;
const END = 2;
/** Units of the phase that have not ended. */
const LEFT = 3;
const STATE = 4;
/** Changes with each phase and at the end: what waits, waits for that. */
const BELL = 5;
/** Vectors that are done. */
const DONE = 6;

export type BuildState = 'going' | 'done' | 'stopped';
const states: readonly BuildState[] = ['going', 'done', 'stopped'];

/** Bytes that a board takes. */
export const BOARD_BYTES = 64;
/** The longest wait at once: so soon a worker hears of an abort. */
const WAIT_MS = 10;

/** The board of a build, seen from one thread. */
export class BuildBoard {
  readonly #words: Int32Array;

  constructor(memory: { readonly buffer: ArrayBufferLike }, address: number) {
    this.#words = new Int32Array(memory.buffer, address, BOARD_BYTES / 4);
  }

  get state(): BuildState {
    return states[this.#read(STATE)] as BuildState;
  }
  get done(): number {
    return this.#read(DONE) >>> 0;
  }
  /** To be read before what it is waited for is looked at. */
  get bell(): number {
    return this.#read(BELL);
  }

  /** Begins a phase: none of the one before is under way. */
  begin(units: number, done: number): void {
    const from = this.#read(END);
    this.#write(DONE, done);
    this.#write(BEGIN, from);
    this.#write(LEFT, units);
    // Last, since it lets threads take units.
    this.#write(END, (from + units) | 0);
    this.#ring();
  }

  /** A unit of the present phase for this thread alone; undefined when all are taken. */
  take(): number | undefined {
    for (;;) {
      // In this order: no unit is ever taken beyond the end, so they are equal when none is left.
      const next = this.#read(NEXT);
      if (next === this.#read(END)) return undefined;
      const got = Atomics.compareExchange(this.#words, NEXT, next, (next + 1) | 0);
      // The phase cannot end before this unit does.
      if (got === next) return (next - this.#read(BEGIN)) >>> 0;
    }
  }

  /** To be called after each unit. True: it was the last one of the phase, and this thread begins the next one. */
  ended(): boolean {
    return Atomics.sub(this.#words, LEFT, 1) === 1;
  }

  /** Ends the build for all threads, unless it has ended. */
  end(state: 'done' | 'stopped'): void {
    Atomics.compareExchange(this.#words, STATE, 0, states.indexOf(state));
    this.#ring();
  }

  /** Waits until the bell has changed, but not for long. Where a thread must not wait it returns at once. */
  wait(bell: number): void {
    try {
      Atomics.wait(this.#words, BELL, bell, WAIT_MS);
    } catch {
      // The main thread of a page.
    }
  }

  #ring(): void {
    Atomics.add(this.#words, BELL, 1);
    Atomics.notify(this.#words, BELL);
  }
  #read(word: number): number {
    return Atomics.load(this.#words, word);
  }
  #write(word: number, value: number): void {
    Atomics.store(this.#words, word, value);
  }
}
