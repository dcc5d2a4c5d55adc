// What voice detectors take and give.

/** When speech begins and ends. */
export interface VoiceOptions {
  /** Speech begins with a chunk that is at least as likely to be speech, 0 to 1. 0.5 by default. */
  threshold?: number;
  /** It may end with one that is less likely than this, 0 to `threshold`. 0.15 less than `threshold` by default. */
  release?: number;
  /** What is not longer is no speech, and the start of speech is told when it has lasted longer. 250 ms by default. */
  minSpeechMs?: number;
  /** Speech ends after so much silence: shorter pauses are part of it. 100 ms by default. */
  minSilenceMs?: number;
  /** Added to speech where it begins and ends, as far as no other speech is there. 30 ms by default. */
  paddingMs?: number;
  /** `true`: the end of speech comes with its samples. `false` by default. */
  samples?: boolean;
}

/** Speech has begun, and has lasted longer than `minSpeechMs`. Places are samples from the beginning of the stream. */
export interface SpeechStart {
  kind: 'speechStart';
  start: number;
  /** The sample after the chunk at which it was told. */
  at: number;
}

/** Speech has ended: it was from `start` to before `end`. */
export interface SpeechEnd {
  kind: 'speechEnd';
  start: number;
  end: number;
  /** Its samples, when `samples` is set. */
  samples?: Float32Array<ArrayBuffer>;
}

export type VoiceEvent = SpeechStart | SpeechEnd;

/** What was heard. */
export interface Heard {
  /** How likely each chunk of 512 samples is to be speech, those of this call in their order. */
  probabilities: Float32Array<ArrayBuffer>;
  /** Starts and ends, which alternate. */
  events: VoiceEvent[];
}

/** The speech of a whole recording. */
export interface Speech {
  probabilities: Float32Array<ArrayBuffer>;
  /** Where there is speech, in samples. */
  segments: { start: number; end: number }[];
}
