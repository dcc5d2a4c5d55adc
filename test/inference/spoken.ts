// Sound that is taken for speech: pulses through the resonances of vowels, in phrases of syllables with pauses between them.

const RATE = 16_000;
const vowels = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
  [570, 840, 2410],
] as const;
const widths = [80, 100, 140] as const;

/** So many chunks of 512 samples. Every engine's sines give the same to some digits, not to the bit. */
export function spoken(chunks: number): Float32Array<ArrayBuffer> {
  let seed = 7;
  const noise = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  const out = new Float32Array(512 * chunks);
  const state = new Float64Array(6);
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / RATE;
    const phrase = Math.floor(t / 2.2);
    const within = (t % 0.19) / 0.19;
    const loud = t % 2.2 < 1.4 && phrase !== 3 ? Math.sin(Math.PI * within) ** 0.6 : 0;
    phase += (120 + 25 * Math.sin(1.4 * Math.PI * t) - 20 * (t % 2.2) + 4 * noise()) / RATE;
    let s = (phase >= 1 ? loud : 0) + 0.02 * loud * noise();
    phase %= 1;
    const syllable = Math.floor(t / 0.19);
    const [from, to] = [vowels[(syllable * 7) % 5]!, vowels[((syllable + 1) * 7) % 5]!];
    for (let k = 0; k < 3; k++) {
      const frequency = from[k]! + (to[k]! - from[k]!) * within * within;
      const r = Math.exp((-Math.PI * widths[k]!) / RATE);
      const [last, before] = [state[2 * k]!, state[2 * k + 1]!];
      const y = s + 2 * r * Math.cos((2 * Math.PI * frequency) / RATE) * last - r * r * before;
      state[2 * k + 1] = last;
      state[2 * k] = y;
      s = y * (1 - r) * 1.6;
    }
    out[i] = 3 * s + 0.003 * noise() + (phrase === 3 ? 0.2 * noise() : 0);
  }
  const most = out.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
  return out.map((x) => (x / most) * 0.5);
}
