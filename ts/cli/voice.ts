// sublinear model silero_vad_v6.onnx -o voice.slv: a file for VoiceDetector.load from a network that the user has.
// sublinear voice voice.slv recording.wav: where there is speech in recordings.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { VoiceDetector, VoiceOptions } from '../rooms/inference/inference.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, writeFile } from './files.js';
import { bytes, CliError, duration, facts, interrupt, type Progress, say } from './terminal.js';
import { readWave } from './wave.js';

export interface SpeechOptions extends CommonOptions {
  threshold?: number;
  minSpeech?: number;
  minSilence?: number;
  padding?: number;
  probabilities?: boolean;
}

const RATE = 16_000;
const known = ['silero_vad_v6.onnx', 'silero_vad_v5.onnx'];

/** The file of ONNX that is meant: itself, or one in the folder of @ricky0123/vad-web. */
export async function onnxIn(path: string): Promise<string | undefined> {
  const about = await stat(path).catch(() => undefined);
  if (about?.isFile()) return path.endsWith('.onnx') ? path : undefined;
  for (const place of [path, join(path, 'dist')]) {
    const names = await readdir(place).catch(() => [] as string[]);
    const found = known.find((name) => names.includes(name));
    if (found !== undefined) return join(place, found);
  }
  return undefined;
}

const read = (path: string) =>
  readFile(path).catch((error: Error) => {
    throw new CliError(`${nameOf(path)}: ${error.message}`);
  });

export async function convertVoice(
  file: string,
  options: CommonOptions & { output: string },
): Promise<void> {
  const { output } = options;
  await assertApart([file], { '--output': output });
  const started = performance.now();
  const { inference } = await engineFor(['inference'], options);
  try {
    const detector = inference.VoiceDetector.fromOnnx(await read(file));
    const saved = detector.save();
    await writeFile(output, [saved]);
    const about = {
      ...{ model: file, output, modelId: detector.modelId },
      ...{ bytesWritten: saved.length, ms: performance.now() - started },
    };
    if (options.json) say(JSON.stringify(about), output === '-' ? process.stderr : process.stdout);
    else if (!options.quiet)
      say(
        facts([
          ['model', `${file}: speech in sound of 16,000 samples a second`],
          ['id', about.modelId],
          ['time', duration(about.ms)],
          ['written', `${output}: ${bytes(saved.length)}`],
          ['use', `sublinear voice ${output} recording.wav`],
        ]),
        process.stderr,
      );
  } catch (error) {
    throw explain(error, { bytes: file });
  }
}

/** Where there is speech in one recording: a line a segment, in seconds. */
async function speechIn(
  detector: VoiceDetector,
  file: string,
  options: SpeechOptions,
  progress: Progress,
): Promise<object> {
  const { rate, samples } = readWave(file, await read(file));
  if (rate !== RATE)
    throw new CliError(
      `${file}: expected 16000 samples a second, it has ${rate}: ffmpeg -i ${file} -ar 16000 -ac 1 out.wav`,
    );
  progress.start(`listening to ${file}`);
  const { probabilities, segments } = await detector.detectAsync(samples, {
    signal: interrupt.signal,
  });
  progress.stop();
  const seconds = segments.map(({ start, end }) => ({ start: start / RATE, end: end / RATE }));
  if (!options.json) {
    if (options.probabilities)
      for (const [i, p] of probabilities.entries())
        say(`${((i * 512) / RATE).toFixed(3)}  ${p.toFixed(4)}  ${file}`);
    else
      for (const { start, end } of seconds) say(`${start.toFixed(3)}  ${end.toFixed(3)}  ${file}`);
  }
  return {
    ...{ file, seconds: samples.length / RATE, segments: seconds },
    ...(options.probabilities && { probabilities: Array.from(probabilities) }),
  };
}

export async function findSpeech(
  model: string,
  files: readonly string[],
  options: SpeechOptions,
  progress: Progress,
): Promise<void> {
  const { threshold, minSpeech, minSilence, padding } = options;
  const { inference } = await engineFor(['inference'], options);
  try {
    const file = await read(model);
    const given: VoiceOptions = {
      ...(threshold !== undefined && { threshold }),
      ...(minSpeech !== undefined && { minSpeechMs: minSpeech }),
      ...(minSilence !== undefined && { minSilenceMs: minSilence }),
      ...(padding !== undefined && { paddingMs: padding }),
    };
    const { VoiceDetector } = inference;
    const detector = model.endsWith('.onnx')
      ? VoiceDetector.fromOnnx(file, given)
      : VoiceDetector.load(file, given);
    const found: object[] = [];
    for (const each of files) found.push(await speechIn(detector, each, options, progress));
    if (options.json) say(JSON.stringify({ modelId: detector.modelId, files: found }));
  } catch (error) {
    throw explain(error, {}, model);
  }
}
