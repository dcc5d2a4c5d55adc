// Calls on their way to a worker: one message each, or several together.

import { yieldToOthers } from '../runtime/steps.js';

/** Arrays of so many bytes wait for no other calls. */
export const MESSAGE_BYTES = 1 << 20;

interface Packet {
  readonly moved: readonly ArrayBuffer[];
}

export class Outbox<P extends Packet> {
  /** Bytes of arrays that have gone so far. */
  bytes = 0;
  /** What goes into one message; undefined when each packet has its own. */
  #gathered: P[] | undefined;
  #waiting = 0;
  readonly #post: (packets: P[]) => void;

  /** `post` sends packets in one message: at least one. */
  constructor(post: (packets: P[]) => void) {
    this.#post = post;
  }

  /** What is put here before other tasks run goes in one message. */
  gather(): void {
    if (this.#gathered !== undefined) return;
    this.#gathered = [];
    void yieldToOthers().then(() => {
      this.#flush();
      this.#gathered = undefined;
    });
  }

  /** `now`: it has to be gone when this returns. */
  put(packet: P, now: boolean): void {
    const bytes = packet.moved.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.bytes += bytes;
    this.#waiting += bytes;
    if (this.#gathered === undefined) {
      this.#waiting = 0;
      this.#post([packet]);
      return;
    }
    this.#gathered.push(packet);
    if (now || this.#waiting >= MESSAGE_BYTES) this.#flush();
  }

  #flush(): void {
    const packets = this.#gathered?.splice(0) ?? [];
    this.#waiting = 0;
    if (packets.length > 0) this.#post(packets);
  }
}
