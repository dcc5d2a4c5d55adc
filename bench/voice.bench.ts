// Speech in sound against ONNX Runtime, which runs the same network on WebAssembly with one thread.
//
//   sh bench/peers/neural.sh && npm run bench -- voice [--smoke] [--only TEXT]
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createEngine } from 'sublinear';
import { random } from './support/generators.js';
import { openBench } from './support/harness.js';

const MISSING = 'not installed: sh bench/peers/neural.sh installs it';
const folder = new URL('../build/neural-peers/', import.meta.url);
const require = createRequire(folder);
// Not dependencies of the package: only this folder has them.
const [ORT, VAD] = ['onnxruntime-web', '@ricky0123/vad-web'];
const there = (name: string) => existsSync(new URL(`node_modules/${name}/package.json`, folder));

const bench = openBench('voice', 'Speech in sound');
if (there(VAD)) for (const version of ['v5', 'v6']) await chunk(version);
else console.log(`voice: the network is ${MISSING}`);
bench.close();

async function chunk(version: string) {
  const id = `voice-${version}`;
  if (!bench.wants(id)) return;
  const file = readFileSync(new URL(`node_modules/${VAD}/dist/silero_vad_${version}.onnx`, folder));
  const engine = await createEngine();
  const { VoiceDetector } = await engine.use('inference');
  using voice = VoiceDetector.fromOnnx(file);
  const chunks = bench.size(31, 4);
  const next = random(3);
  const samples = Float32Array.from(
    { length: 512 * chunks },
    (_, i) => 0.3 * Math.sin(i * (0.03 + 0.02 * Math.sin(i / 4000))) + 0.1 * (next() - 0.5),
  );
  const listen = there(ORT) ? await runtime(file, samples, chunks) : undefined;
  const wanted = await listen?.();
  const accuracy = (found: ArrayLike<number>) =>
    wanted === undefined
      ? 0
      : wanted.reduce((worst, p, i) => Math.max(worst, Math.abs(p - found[i]!)), 0);
  await bench.compare({
    id,
    title: `A second of sound by Silero VAD ${version}, a call for each chunk of 32 ms`,
    note: 'Each chunk is heard as it comes, with what the network knows of those before.',
    accuracy: 'largest difference of a probability',
    contestants: [
      {
        name: 'sublinear',
        run() {
          voice.reset();
          const found = new Float32Array(chunks);
          for (let i = 0; i < chunks; i++) {
            const heard = voice.process(samples.subarray(512 * i, 512 * i + 512));
            found[i] = heard.probabilities[0]!;
          }
          return found;
        },
        accuracy,
      },
      listen
        ? { name: 'onnxruntime-web', run: listen, accuracy }
        : { name: 'onnxruntime-web', run: () => [], skip: MISSING },
    ],
  });
}

/** ONNX Runtime, given each chunk with the 64 samples before it. */
async function runtime(file: Uint8Array, samples: Float32Array, chunks: number) {
  const ort = require(ORT);
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(file, { executionProviders: ['wasm'] });
  const sr = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);
  return async () => {
    const input = new Float32Array(576);
    let state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
    const found = new Float32Array(chunks);
    for (let i = 0; i < chunks; i++) {
      input.copyWithin(0, 512);
      input.set(samples.subarray(512 * i, 512 * i + 512), 64);
      const one = new ort.Tensor('float32', input, [1, 576]);
      const { output, stateN } = await session.run({ input: one, state, sr });
      state = stateN;
      found[i] = output.data[0];
    }
    return found;
  };
}
