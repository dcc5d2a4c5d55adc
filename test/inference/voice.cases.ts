// One table of cases for the voice detector and files of weights through both doors: a made-up network, against torch.
import type { InferenceRoom } from 'sublinear/inference';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/inference/voice.json' with { type: 'json' };
import { gguf } from './gguf.js';
import { silero, sound } from './silero.js';

interface Run {
  probabilities: number[];
  /** kind, start, end or place of each event. */
  events: number[];
  id: string;
}
interface VoiceDoor {
  /** Sound in calls of so many samples, the last one at its end. Speech is what is at least as likely as `threshold`. */
  run: (samples: Float32Array, step: number, threshold: number, from: 'onnx' | 'file') => Run;
  /** Elements of the tensors of a file, by name. */
  weights: (bytes: Uint8Array<ArrayBuffer>) => unknown;
  refused: (bytes: Uint8Array<ArrayBuffer>, as: 'onnx' | 'file') => unknown;
}

const options = { release: 0, minSpeechMs: 20, minSilenceMs: 0, paddingMs: 2 };
const { chunks } = torch;

export const doors: RoomDoors<'inference', VoiceDoor> = {
  room: 'inference',
  bundle: 'neural',
  table: 'inference-voice',
  embind: ({ VoiceDetector, WeightFile }: InferenceRoom) => ({
    run(samples, step, threshold, from) {
      const given = { ...options, threshold, release: threshold };
      using made = VoiceDetector.fromOnnx(silero(), given);
      using loaded = from === 'file' ? VoiceDetector.load(made.save(), given) : undefined;
      const detector = loaded ?? made;
      const found: Run = { probabilities: [], events: [], id: detector.modelId };
      for (let at = 0; at < samples.length; at += step) {
        const part = samples.subarray(at, at + step);
        const last = at + step >= samples.length;
        const heard = last ? detector.finish(part) : detector.process(part);
        found.probabilities.push(...heard.probabilities);
        for (const event of heard.events)
          found.events.push(
            ...(event.kind === 'speechStart'
              ? [1, event.start, event.at]
              : [2, event.start, event.end]),
          );
      }
      return found;
    },
    weights: (bytes) =>
      attempt(() => {
        using file = WeightFile.open(bytes);
        return file.names.map((name) => [name, Array.from(file.read(name))]);
      }),
    refused: (bytes, as) =>
      attempt(() => VoiceDetector[as === 'onnx' ? 'fromOnnx' : 'load'](bytes).dispose()),
  }),
  raw: rawDoor,
};

function rawDoor(module: RawModule): VoiceDoor {
  const { call } = module;
  const withFile = <T>(bytes: Uint8Array, body: (weights: number) => T): T =>
    module.with([bytes], (at) => {
      const weights = module.made(call.sl_abi_weights_open!(at!, bytes.length));
      try {
        return body(weights);
      } finally {
        module.check(call.sl_abi_weights_destroy!(weights));
      }
    });
  const create = (bytes: Uint8Array) =>
    withFile(bytes, (weights) => module.made(call.sl_abi_voice_create!(weights)));
  const load = (at: number, length: number) => {
    const reader = module.made(call.sl_abi_reader_create!(0x43494f56, length)); // VOIC
    try {
      module.check(call.sl_abi_reader_feed!(reader, at, length));
      return module.made(call.sl_abi_voice_load!(reader));
    } finally {
      call.sl_abi_reader_destroy!(reader);
    }
  };
  const throughFile = (voice: number) => {
    const writer = module.made(call.sl_abi_voice_save!(voice));
    const length = module.with([new Float64Array(2)], (at) => {
      module.check(call.sl_abi_writer_size!(writer, at!));
      return module.f64(at!, 1)[0]!;
    });
    return module.with([new Uint8Array(length), new Uint32Array(1)], (bytes, written) => {
      module.check(call.sl_abi_writer_next!(writer, bytes!, length, written!));
      module.check(call.sl_abi_writer_destroy!(writer));
      return load(bytes!, length);
    });
  };
  const hear = (voice: number, samples: Float32Array, last: boolean, found: Run) => {
    const waiting = module.with([new Float64Array(4)], (at) => {
      module.check(call.sl_abi_voice_info!(voice, at!));
      return module.f64(at!, 4)[1]!;
    });
    const all = waiting + samples.length;
    const room = last ? Math.ceil(all / 512) : Math.floor(all / 512);
    const arrays = [samples.slice(), new Float32Array(room), new Uint32Array(1)];
    module.with(arrays, (from, out, word) => {
      module.check(
        call.sl_abi_voice_begin!(voice, from!, samples.length, last ? 1 : 0, out!, room),
      );
      do module.check(call.sl_abi_job_step!(voice, 1, word!));
      while (module.u32(word!, 1)[0] === 9);
      found.probabilities.push(...module.f32(out!, room));
      module.with([new Float64Array(3 * room + 3)], (events) => {
        module.check(call.sl_abi_voice_events!(voice, events!, room + 1, word!));
        found.events.push(...module.f64(events!, 3 * module.u32(word!, 1)[0]!));
      });
    });
  };
  return {
    run(samples, step, threshold, from) {
      const made = create(silero());
      const voice = from === 'file' ? throughFile(made) : made;
      try {
        module.with([Uint32Array.of(320, 0, 32, 32)], (lengths) =>
          module.check(call.sl_abi_voice_set!(voice, threshold, threshold, lengths!)),
        );
        const id = module.with([new Uint32Array(8)], (at) => {
          module.check(call.sl_abi_voice_id!(voice, at!));
          return Array.from(new Uint8Array(module.u32(at!, 4).buffer), (byte) =>
            byte.toString(16).padStart(2, '0'),
          ).join('');
        });
        const found: Run = { probabilities: [], events: [], id };
        for (let at = 0; at < samples.length; at += step)
          hear(voice, samples.subarray(at, at + step), at + step >= samples.length, found);
        return found;
      } finally {
        call.sl_abi_voice_destroy!(made);
        if (voice !== made) call.sl_abi_voice_destroy!(voice);
      }
    },
    weights: (bytes) =>
      attempt(() =>
        withFile(bytes, (weights) => {
          const count = module.with([new Float64Array(4)], (at) => {
            module.check(call.sl_abi_weights_info!(weights, at!));
            return module.f64(at!, 2)[1]!;
          });
          return Array.from({ length: count }, (_, i) => {
            const facts = module.with([new Float64Array(11)], (at) => {
              module.check(call.sl_abi_weights_tensor!(weights, i, at!));
              return module.f64(at!, 11);
            });
            const [from, length] = facts as unknown as [number, number];
            const name = new TextDecoder().decode(bytes.slice(from, from + length));
            const elements = facts[8]!;
            const values = module.with([new Float32Array(elements)], (at) => {
              module.check(call.sl_abi_weights_read!(weights, i, at!));
              return Array.from(module.f32(at!, elements));
            });
            return [name, values];
          });
        }),
      ),
    refused: (bytes, as) =>
      attempt(() => {
        const voice =
          as === 'onnx' ? create(bytes) : module.with([bytes], (at) => load(at!, bytes.length));
        call.sl_abi_voice_destroy!(voice);
      }),
  };
}

/** So that some of the sound counts as speech. */
const middle = [...torch.probabilities].sort((a, b) => a - b)[chunks >> 1] as number;

const network = (from: 'onnx' | 'file', step: number): Case<VoiceDoor> => ({
  name: `the network of torch, from ${from}, ${step} samples a call`,
  run: (door) => door.run(sound(chunks), step, middle, from),
  check({ probabilities, events }: Run) {
    expect(probabilities.length).toBe(chunks);
    torch.probabilities.forEach((wanted, i) => {
      expect(Math.abs(probabilities[i]! - wanted)).toBeLessThan(1e-5);
    });
    expect(events.length % 6).toBe(0);
    expect(events.length).toBeGreaterThan(5);
  },
});

export const cases: Case<VoiceDoor>[] = [
  network('onnx', 1e9),
  network('file', 1e9),
  network('onnx', 700),
  network('onnx', 100),
  {
    name: 'silence, and an end that fills no chunk',
    run: (door) => door.run(new Float32Array(1300), 512, 1, 'onnx'),
    check({ probabilities, events }: Run) {
      expect(probabilities.length).toBe(3);
      expect(events).toEqual([]);
    },
  },
  {
    name: 'tensors of GGUF',
    run: (door) => door.weights(gguf()),
    check(found: [string, number[]][]) {
      expect(found).toEqual([
        ['brain', [3.140625]],
        ['half', [1, -2]],
        ['q4', [...Array.from({ length: 16 }, (_, i) => (i - 8) / 4), ...new Array(16).fill(0)]],
        ['q8', Array.from({ length: 32 }, (_, i) => i / 2)],
        ['whole', [1, -2, 0.5, 4, 5, -6]],
      ]);
    },
  },
  {
    name: 'files that are refused',
    run: (door) => [
      ...[0, 10, 40, 4000].flatMap((length) =>
        (['onnx', 'file'] as const).map((as) => door.refused(new Uint8Array(length).fill(7), as)),
      ),
      door.refused(gguf(), 'onnx'),
      door.refused(silero('Einsum'), 'onnx'),
      door.refused(silero().slice(0, -9), 'onnx'),
      door.weights(gguf().slice(0, -40)),
      door.weights(gguf().slice(0, 100)),
    ],
  },
];
