// The verbs of the command line that learn from tables: their arguments, options and examples.
import { Argument, type Command } from 'commander';
import type { LinalgAction } from './linalg.js';
import { counter, finite, linalgActions, natural, positive, share } from './options.js';
import { answering, common } from './shared.js';
import type { Progress } from './terminal.js';

export function addLearningVerbs(program: Command, progress: Progress): void {
  answering(common(progress, program.command('evaluate')))
    .description(
      'what another policy would have earned, from a log of choices with their probabilities',
    )
    .argument('<log.csv>', 'a table with a header, a line for each choice; - is standard input')
    .option('--action <column>', 'the arm that was chosen', 'action')
    .option('--reward <column>', 'what it earned', 'reward')
    .option('--propensity <column>', 'the probability with which it was chosen', 'propensity')
    .option('--context <columns>', 'numbers that were known, with commas between names of columns')
    .option(
      '--target <policy>',
      'uniform, an arm, or columns with the probability of each arm in the order of their names',
      'uniform',
    )
    .option('--methods <names>', 'of ips, snips, clipped, dm, dr; all by default')
    .option('--clip <number>', 'largest weight of clipped; sqrt(lines) by default', positive)
    .option('--folds <count>', 'parts of the log for the models of dm and dr', counter, 5)
    .option('--resamples <count>', 'of the bootstrap', natural, 1000)
    .option('--confidence <share>', 'of the intervals', share, 0.95)
    .option('--seed <number>', 'of folds and bootstrap', natural, 1)
    .addHelpText(
      'after',
      `
A log that is worth fewer than 30 choices of the policy is refused: exit code 1.

Examples:
  sublinear evaluate log.csv --action item_id --reward click --propensity propensity_score
  sublinear evaluate log.csv --context age,hour --target B --json`,
    )
    .action(async (file: string, options) =>
      (await import('./evaluate.js')).evaluate(file, options, progress),
    );

  answering(common(progress, program.command('route')))
    .description('which route a vector belongs to, or which model should answer it, from examples')
    .argument(
      '<examples.csv>',
      'a table with a header, a line for each example; - is standard input',
    )
    .requiredOption('--features <columns>', 'the numbers of the vectors, with commas between names')
    .option('--route <column>', 'the route that each example belongs to')
    .option('--models <columns>', 'what each model was worth for each example, the cheapest first')
    .option('--queries <table>', 'a table with the same features: vectors to route')
    .option(
      '--scorer <name>',
      'similarity, ridge, logistic or fastgrnn; with --models ridge or fastgrnn',
    )
    .option('--holdout <share>', 'of the examples, for calibration and thresholds', share, 0.25)
    .option(
      '--accuracy <share>',
      'with --route: abstain so that so many of the rest are right',
      share,
    )
    .option(
      '--share <share>',
      'the share to route, or with --models the share of the second model',
      share,
    )
    .option('--quality <number>', 'with --models: the mean value to reach', finite)
    .option(
      '--alpha <share>',
      'sets of routes hold the right one with probability 1 - alpha',
      share,
      0.1,
    )
    .option('--seed <number>', 'of what is held out', natural, 1)
    .addHelpText(
      'after',
      `
Without --queries it says what the threshold does on held-out examples. A threshold that cannot reach what was asked for: exit
code 1.

Examples:
  sublinear route examples.csv --features x,y --route label --queries new.csv --accuracy 0.95
  sublinear route answers.csv --features x,y --models small,large --share 0.3 --json`,
    )
    .action(async (file: string, options) =>
      (await import('./route.js')).route(file, options, progress),
    );

  answering(common(progress, program.command('adapt')))
    .description('an adapter that moves queries towards the documents that were clicked')
    .argument(
      '<clicks.csv>',
      'a table with the columns query and document: numbers of vectors, from 0',
    )
    .requiredOption('--queries <file>', 'vectors of queries: .npy, or plain float32')
    .requiredOption('--documents <file>', 'vectors of documents')
    .requiredOption('-o, --output <file>', 'where to write the adapter; - is standard output')
    .option('--dimension <count>', 'numbers of a vector, for plain float32', counter)
    .option('--rank <count>', 'of the correction; 8 by default', counter)
    .option('--both', 'documents go through the adapter as well')
    .option('--epochs <count>', 'passes over the clicks', counter, 10)
    .option('--batch <count>', 'clicks a step, 2 at least', counter, 32)
    .option('--rate <number>', 'of AdamW', positive, 0.001)
    .option('--temperature <number>', 'cosines are divided by it', positive, 0.05)
    .option('--seed <number>', 'of the first numbers and of the order', natural, 1)
    .addHelpText(
      'after',
      `
Exit code 1, and no file, where learning breaks down: take a smaller --rate.

Examples:
  sublinear adapt clicks.csv --queries queries.npy --documents documents.npy -o adapter.slv
  sublinear adapt clicks.csv --queries q.npy --documents d.npy --epochs 50 --json -o adapter.slv`,
    )
    .action(async (file: string, options) =>
      (await import('./adapt.js')).adapt(file, options, progress),
    );

  answering(common(progress, program.command('linalg')))
    .description(
      'dense systems, least squares, determinants, eigenvalues and singular values of NumPy arrays',
    )
    .addArgument(new Argument('<action>', 'what is asked').choices(linalgActions))
    .argument('<A.npy>', 'a matrix; - is standard input')
    .argument('[b.npy]', 'with solve and least-squares: a right-hand side, or a matrix of several')
    .option('--definite', 'by Cholesky: the matrix is symmetric positive definite')
    .addHelpText(
      'after',
      `
Exit code 1 with condition where the matrix is singular but for rounding.

Examples:
  sublinear linalg solve A.npy b.npy --format csv
  sublinear linalg determinant A.npy --json
  sublinear linalg eigen A.npy`,
    )
    .action(async (action: LinalgAction, file: string, b: string | undefined, options) =>
      (await import('./linalg.js')).linalg(action, file, b, options, progress),
    );
}
