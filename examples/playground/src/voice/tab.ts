// Where somebody speaks, in what the microphone hears or in a recording. The network is a file of the visitor's, since the package
// has no weights; the browser keeps it for the next visit.
import { Chart } from '../chart.js';
import { engine } from '../engine.js';
import { isSaved, ownFile } from '../own-file.js';
import { code, dropZone, h, milliseconds, status } from '../ui.js';
import recorder from './recorder.js?url&no-inline';

const RATE = 16_000;
const SHOWN = 10; // seconds
const OPTIONS = { samples: true, minSilenceMs: 400 } as const;
const PROGRAM = `
import { load } from 'sublinear/inference';

const { VoiceDetector } = await load();
const voice = await VoiceDetector.loadAsync(fetch('voice.slv'), { samples: true, minSilenceMs: 400 });
// for each block of a stream of 16,000 samples a second:
const { probabilities, events } = voice.process(block);
// a recording as a whole:
const { segments } = await voice.detectAsync(samples);`;

/** Of what `sublinear model` wrote, or of the file of ONNX that it reads. */
async function detector(bytes: Uint8Array<ArrayBuffer>) {
  const { VoiceDetector } = await (await engine()).use('inference');
  return isSaved(bytes)
    ? VoiceDetector.load(bytes, OPTIONS)
    : VoiceDetector.fromOnnx(bytes, OPTIONS);
}
type Voice = Awaited<ReturnType<typeof detector>>;

/** What was said, with a button that plays it. */
function played(start: number, samples: Float32Array<ArrayBuffer>): HTMLElement {
  const end = start + samples.length;
  const button = h('button', {
    type: 'button',
    onclick: () => {
      const context = new AudioContext({ sampleRate: RATE });
      const buffer = context.createBuffer(1, samples.length, RATE);
      buffer.copyToChannel(samples, 0);
      const player = new AudioBufferSourceNode(context, { buffer });
      player.connect(context.destination);
      player.onended = () => context.close();
      player.start();
    },
  });
  button.textContent = `${(start / RATE).toFixed(1)} to ${(end / RATE).toFixed(1)} s`;
  return h('li', {}, button);
}

export async function show(panel: HTMLElement): Promise<void> {
  const { line, say, fail } = status();
  const network = ownFile('voice');
  const chart = new Chart({ x: 'seconds', y: 'probability of speech' });
  chart.element.ariaLabel = 'Nothing was heard yet.';
  const speech = h('ol');
  const program = code();
  program.show(PROGRAM);
  let voice: Voice | undefined;
  let stop: (() => void) | undefined;

  const listen = h('button', { type: 'button', disabled: true }, 'Listen');
  const tried = (task: () => Promise<void>) => () => task().catch(fail);

  async function open(bytes: Uint8Array<ArrayBuffer>) {
    const opened = await detector(bytes);
    stop?.();
    await voice?.dispose();
    voice = opened;
    listen.disabled = false;
    say('The network is loaded. Listen, or open a recording.');
  }

  /** The end of a stream as a line; what was before it is no longer shown. */
  function draw(probabilities: readonly number[], chunks: number) {
    const from = chunks - probabilities.length;
    const x = Float64Array.from(probabilities, (_, i) => ((from + i + 1) * 512) / RATE);
    const now = probabilities.at(-1) ?? 0;
    chart.draw(
      [{ name: 'speech', x, y: Float64Array.from(probabilities) }],
      `Probability of speech over the last ${SHOWN} seconds, now ${now.toFixed(2)}.`,
    );
  }

  async function hear(mine: Voice) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    // The browser brings the microphone to this rate.
    const context = new AudioContext({ sampleRate: RATE });
    await context.audioWorklet.addModule(recorder);
    const node = new AudioWorkletNode(context, 'recorder', { numberOfOutputs: 0 });
    context.createMediaStreamSource(stream).connect(node);
    await mine.reset();
    speech.replaceChildren();
    const recent: number[] = [];
    let [chunks, spent] = [0, 0];
    stop = () => {
      stop = undefined;
      for (const track of stream.getTracks()) track.stop();
      void context.close();
      listen.textContent = 'Listen';
    };
    listen.textContent = 'Stop';
    node.port.onmessage = async ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) => {
      if (stop === undefined) return;
      try {
        const start = performance.now();
        const { probabilities, events } = await mine.process(data);
        spent += performance.now() - start;
        chunks += probabilities.length;
        recent.push(...probabilities);
        recent.splice(0, recent.length - (SHOWN * RATE) / 512);
        if (chunks % 4 === 0) draw(recent, chunks);
        for (const event of events)
          if (event.kind === 'speechEnd' && event.samples)
            speech.append(played(event.start, event.samples));
        say(
          `${milliseconds(spent / chunks)} for each 32 ms of sound, with the way to the worker and back.`,
        );
      } catch (error) {
        stop?.();
        fail(error);
      }
    };
  }
  listen.addEventListener(
    'click',
    tried(async () => {
      if (stop) stop();
      else if (voice) await hear(voice);
    }),
  );

  async function recording(file: File) {
    if (voice === undefined) throw new RangeError('Open a network first: it is missing.');
    stop?.();
    const decoder = new OfflineAudioContext(1, 1, RATE);
    const sound = await decoder.decodeAudioData(await file.arrayBuffer());
    const samples = sound.getChannelData(0);
    const start = performance.now();
    const { probabilities, segments } = await voice.detectAsync(samples);
    const ms = performance.now() - start;
    draw([...probabilities], probabilities.length);
    speech.replaceChildren(
      ...segments.map((part) => played(part.start, samples.slice(part.start, part.end))),
    );
    say(`${sound.duration.toFixed(1)} s of sound in ${milliseconds(ms)}.`);
  }

  async function taken(file: File) {
    if (!/\.(onnx|slv)$/i.test(file.name)) return recording(file);
    const bytes = new Uint8Array(await file.arrayBuffer());
    await open(bytes);
    if (!(await network.keep(bytes)))
      say('The network is loaded; this browser cannot keep it for the next visit.');
  }
  const zone = dropZone(
    'Open a network (.onnx, .slv) or a recording, or drop it here',
    '.onnx,.slv,audio/*',
    (file) => void taken(file).catch(fail),
  );

  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Where somebody speaks, by Silero VAD, in this page: no sound leaves it. The network is the file ',
      h('code', {}, 'silero_vad_v5.onnx'),
      ' of the npm package ',
      h('code', {}, '@ricky0123/vad-web'),
      ' (MIT), of which 1.3 MB are used. This browser keeps it.',
    ),
    h(
      'div',
      { className: 'side' },
      h('div', { className: 'card side' }, zone, h('div', { className: 'control' }, listen), line),
    ),
    h(
      'div',
      { className: 'stage' },
      h('div', { className: 'card' }, chart.element, speech, program.element),
    ),
  );
  say('No network is loaded.');
  const kept = await network.kept();
  if (kept) await open(kept).catch(fail);
}
