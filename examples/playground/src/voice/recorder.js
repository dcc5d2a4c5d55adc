// Runs in the thread that plays and records sound, which must not wait: it only hands on what the microphone gives, a chunk at a
// time. An audio worklet's module: it is a file of its own, and no bundler may touch it.
class Recorder extends AudioWorkletProcessor {
  #chunk = new Float32Array(512);
  #filled = 0;

  process([[channel]]) {
    if (channel === undefined) return true;
    for (let from = 0; from < channel.length; ) {
      const part = channel.subarray(from, from + 512 - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled < 512) continue;
      this.port.postMessage(this.#chunk, [this.#chunk.buffer]);
      this.#chunk = new Float32Array(512);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor('recorder', Recorder);
