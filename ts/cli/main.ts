#!/usr/bin/env node
// The command line: a verb for each thing that a terminal can be used for. This file knows arguments and exit codes;
// each verb has a file of its own, which is
// loaded when it is asked for.
import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, Option } from 'commander';
import { completion, type Shell, shells } from './completion.js';
import { addGraphVerbs } from './graph-verbs.js';
import { addIndexVerbs } from './index-verbs.js';
import { addLearningVerbs } from './learning-verbs.js';
import { addModelVerbs } from './model-verbs.js';
import { counter, finite, natural, positive, share } from './options.js';
import { addPackVerb } from './pack-verb.js';
import { answering, common } from './shared.js';
import {
  CliError,
  complain,
  EXIT,
  installSignals,
  interrupt,
  Progress,
  sayInterrupted,
} from './terminal.js';
import { addTrustVerbs } from './trust-verbs.js';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
};
const progress = new Progress();

function build(): Command {
  const program = new Command('sublinear')
    .description(
      'Solves large sparse systems, ranks graphs and searches vectors, and says how far off an answer can be.',
    )
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeErr: () => {}, // said once, in one line, by the end of this file
      outputError: () => {},
    })
    .addHelpText(
      'after',
      `
Examples:
  sublinear solve A.mtx b.mtx -o x.mtx        solve A x = b, write x
  sublinear eigen A.mtx -k 10                 the ten smallest eigenvalues, with bounds
  sublinear rank edges.txt --source 42        the ten nodes nearest to node 42
  sublinear path roads.csv --from A --to B    the shortest way from A to B
  sublinear cut roads.csv --from A --to B     the most that flows from A to B, and what bounds it
  sublinear components edges.txt              what hangs together
  sublinear cluster edges.txt --source 42     the cluster that node 42 is in
  sublinear communities friends.csv           who belongs together
  sublinear classify friends.csv --labels known.csv
  sublinear resistance edges.txt --source 1 --target 2
  sublinear index vectors.npy -o words.slv    an index of nearest neighbours
  sublinear search words.slv --like 42        the ten vectors nearest to number 42
  sublinear publish words.slv -o words.slvr   a file for a web server, searched without downloading it
  sublinear query films.slv "MATCH (a:Actor) RETURN a.name LIMIT 5"
  sublinear dates "FREQ=YEARLY;BYDAY=-1FR" --from 2024 --to 2030
  sublinear evaluate log.csv                  what another policy would have earned on a log
  sublinear embed use.slv "a bank of a river" "the shore of a stream"
  sublinear route examples.csv --features x,y --route label --queries new.csv
  sublinear adapt clicks.csv --queries q.npy --documents d.npy -o adapter.slv
  sublinear linalg solve A.npy b.npy          a dense system, with its backward error
  sublinear hash *.tar.gz --algorithm sha3-256
  sublinear pack run kernels.slk rope --signer key.pem --input x=x.npy
  cat A.mtx | sublinear solve - --json        from standard input, result as JSON
  sublinear solve --help                      all options of a verb

Answers go to standard output, what is to be said about them to standard error (not with --quiet).

Exit codes:
  0  done
  1  not converged; the best answer so far is still written, with its residual; or what was to be verified is not right
  2  bad input or unknown option
  3  something else failed: no memory left, a file that cannot be written
  130  interrupted`,
    );

  answering(common(progress, program.command('solve')))
    .description(
      'solve A x = b, by least squares where A is not square; files in Matrix Market format, NumPy .npy or SciPy .npz, - is standard input',
    )
    .argument('<A.mtx>', 'matrix, or one that --save wrote')
    .argument('[b.mtx]', 'right-hand side, one column; all ones when absent')
    .option('-o, --output <file>', 'write x there as a Matrix Market array; - is standard output')
    .option(
      '--method <name>',
      'auto, or the name of a method; direct: a sparse factorisation with refinement; lsmr, lsqr, qr: least squares; minres, cgIct, gmresIlut: square, as those',
      'auto',
    )
    .option('--tolerance <number>', 'stop when ||b - A x|| <= tolerance ||b||', positive, 1e-8)
    .option('--max-iterations <count>', 'stop after so many iterations', counter)
    .option('--max-time <seconds>', 'stop after so many seconds', positive)
    .option(
      '--max-work <count>',
      'stop after so many edge operations (matrix entries multiplied)',
      counter,
    )
    .option(
      '--max-memory <bytes>',
      'pass over methods that would hold more beside the matrix',
      counter,
    )
    .option(
      '--damping <number>',
      'of least squares: make ||b - A x||^2 + damping^2 ||x||^2 smallest',
      positive,
    )
    .option('--column-scaling', 'of least squares: columns of norm 1 for the iteration')
    .option('--drop-tolerance <number>', 'of cgIct and gmresIlut (default: 1e-3)', share)
    .option('--fill <number>', 'of the same: entries of the factor over those of A', positive)
    .option('--save <file>', 'save A there in binary, which is read faster in place of A.mtx')
    .option('--history', 'add the residual after each iteration to the JSON result')
    .addHelpText(
      'after',
      `
Examples:
  sublinear solve A.mtx
  sublinear solve A.mtx b.mtx -o x.mtx --tolerance 1e-12
  sublinear solve A.mtx.gz --format csv --quiet > x.csv
  sublinear solve A.mtx --method cg --max-time 10 --json
  sublinear solve A.mtx b.mtx --method direct     exact to the backward error of a rounding
  sublinear solve A.mtx --method gmresIlut        iterations with an incomplete factorisation
  sublinear solve tall.mtx b.mtx --method qr      least squares`,
    )
    .action(async (a: string, b: string | undefined, options) =>
      (await import('./solve.js')).solve(a, b, options, progress),
    );

  answering(common(progress, program.command('eigen')))
    .description(
      'a few eigenvalues of a symmetric matrix with proved bounds; files as those of solve, - is standard input',
    )
    .argument('<A.mtx>', 'symmetric matrix, or one that --save of solve wrote')
    .option('-k, --k <count>', 'how many', counter, 6)
    .addOption(
      new Option(
        '--which <name>',
        'which ones (default: "smallest"; "nearest" with --sigma)',
      ).choices(['smallest', 'largest', 'nearest']),
    )
    .option('--sigma <number>', 'with nearest: to which number', finite)
    .option('--mass <B.mtx>', 'of A x = lambda B x: symmetric positive definite')
    .addOption(
      new Option('--method <name>', 'how they are found')
        .choices(['auto', 'shiftInvert', 'lanczos', 'lobpcg'])
        .default('auto'),
    )
    .option('--tolerance <number>', 'of the residual over the size of A', positive, 1e-12)
    .option('--max-iterations <count>', 'stop after so many', counter)
    .option('--max-time <seconds>', 'stop after so many seconds', positive)
    .option('--seed <number>', 'of the random vector to begin with', natural, 0)
    .option('--skip-null', 'of a Laplacian: without the eigenvalue 0')
    .option(
      '-o, --output <file>',
      'write the vectors there, a column each, as a Matrix Market array',
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear eigen A.mtx -k 10 --which smallest
  sublinear eigen A.mtx --sigma 1.5 --json
  sublinear eigen stiffness.mtx --mass mass.mtx -o modes.mtx`,
    )
    .action(async (file: string, options) =>
      (await import('./eigen.js')).eigen(file, options, progress),
    );

  addGraphVerbs(program, progress);

  addIndexVerbs(program, progress);
  answering(common(progress, program.command('dates')))
    .description('list what occurs by a recurrence rule (RFC 5545), and say the rule in English')
    .argument('<rule>', 'FREQ=...;..., or lines of iCalendar with \\n between them')
    .option('--from <day>', 'the first day to list, or a year')
    .option('--to <day>', 'the last day to list, or a year')
    .option(
      '--start <day>',
      'where the rule starts, as 2024-01-31 or 2024-01-31T09:00; --from if absent',
    )
    .option('--zone <name>', 'time zone of a start with a time, as Europe/Berlin')
    .option('--top <count>', 'at most so many', counter, 1000)
    .addHelpText(
      'after',
      `
Examples:
  sublinear dates "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13" --from 2000 --to 2030
  sublinear dates "FREQ=DAILY;BYHOUR=9" --start 2024-03-30T09:00 --zone Europe/Berlin --top 3
  sublinear dates "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH" --from 2024 --to 2024 --json`,
    )
    .action(async (rule: string, options) => (await import('./dates.js')).dates(rule, options));

  addLearningVerbs(program, progress);

  addTrustVerbs(program, progress);
  addModelVerbs(program, progress);
  addPackVerb(program, progress);

  common(progress, program.command('info'))
    .description('versions, WebAssembly variants, what this machine can run, memory')
    .action(async (options) => (await import('./info.js')).info(version, options));

  common(progress, program.command('bench'))
    .description('a short benchmark against plain JavaScript loops, a few seconds')
    .option(
      '--size <count>',
      'about how many unknowns, nodes and vectors whole answers have',
      counter,
    )
    .option('--turns <count>', 'how often both sides take turns: more is steadier', counter, 7)
    .action(async (options) => (await import('./bench.js')).bench(options, progress));

  program
    .command('completion')
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .description('print a script that lets a shell complete verbs, options and their values')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  eval "$(sublinear completion bash)"         in ~/.bashrc
  eval "$(sublinear completion zsh)"          in ~/.zshrc, after compinit
  sublinear completion fish | source          in ~/.config/fish/config.fish`,
    )
    .action((shell: Shell) => {
      process.stdout.write(completion(program, shell));
    });
  return program;
}

async function main(): Promise<number> {
  installSignals(progress);
  const program = build();
  if (process.argv.length <= 2) {
    program.outputHelp();
    return EXIT.done;
  }
  try {
    await program.parseAsync();
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    progress.stop();
    if (interrupt.signal.aborted) {
      sayInterrupted();
      return EXIT.interrupted;
    }
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done; // --help and --version have printed
      complain(
        `${error.message.replace(/^error: /, '')}${/--help/.test(error.message) ? '' : ' (see --help)'}`,
      );
      return EXIT.badInput;
    }
    const { explain } = await import('./engine.js');
    const known = explain(error, {});
    complain(known instanceof Error ? known.message : String(known));
    return known instanceof CliError ? known.exitCode : EXIT.failed;
  }
}

process.exitCode = await main();
// A paused standard input would keep the process alive.
if (!process.stdin.destroyed) process.stdin.unref?.();
