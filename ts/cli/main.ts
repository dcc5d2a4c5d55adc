#!/usr/bin/env node
// The command line: a verb for each thing that a terminal can be used for. This file knows arguments and exit codes;
// each verb has a file of its own.
import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, Option } from 'commander';
import { bench } from './bench.js';
import { buildIndex } from './build-index.js';
import { completion, type Shell, shells } from './completion.js';
import { dates } from './dates.js';
import { eigen } from './eigen.js';
import { explain } from './engine.js';
import { evaluate } from './evaluate.js';
import { addGraphVerbs } from './graph-verbs.js';
import { hash } from './hash.js';
import { info } from './info.js';
import { counter, finite, natural, positive, share, vector } from './options.js';
import { publish } from './publish.js';
import { search, searchWords } from './search.js';
import { isRemoteIndex, searchRemote } from './search-remote.js';
import { answering, common } from './shared.js';
import { solve } from './solve.js';
import { CliError, complain, EXIT, installSignals, interrupt, Progress } from './terminal.js';
import { buildTextIndex, fieldNames } from './texts.js';
import { verify } from './verify.js';

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
  sublinear dates "FREQ=YEARLY;BYDAY=-1FR" --from 2024 --to 2030
  sublinear evaluate log.csv                  what another policy would have earned on a log
  sublinear hash *.tar.gz --algorithm sha3-256
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
      'auto, or the name of a method; direct: a sparse factorisation with refinement; lsmr, lsqr, minres: least squares',
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
  sublinear solve tall.mtx b.mtx --damping 0.1    least squares`,
    )
    .action((a: string, b: string | undefined, options) => solve(a, b, options, progress));

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
        .choices(['auto', 'shiftInvert', 'lanczos'])
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
    .action((file: string, options) => eigen(file, options, progress));

  addGraphVerbs(program, progress);

  common(progress, program.command('index'))
    .description('build an index of vectors, or of texts with --text; - is standard input')
    .argument(
      '<file>',
      'NumPy .npy, a row a vector, or .npz of one array; or plain little-endian float32 with --dimension; with --text documents, a JSON object a line',
    )
    .requiredOption('-o, --output <file>', 'write the index there; - is standard output')
    .option('--labels <file>', 'a name for each vector, one a line; absent: numbers from 0 on')
    .addOption(
      new Option(
        '--text <fields>',
        'full-text search: the fields of documents, with commas',
      ).argParser(fieldNames),
    )
    .addOption(
      new Option(
        '--keyword <fields>',
        'with --text: fields with values, which count as a whole',
      ).argParser(fieldNames),
    )
    .option('--id <field>', 'with --text: the field with the id (default: "id", or the place)')
    .addOption(
      new Option('--language <name>', 'with --text: how words are stemmed')
        .choices(['english', 'none'])
        .default('english'),
    )
    .option('--dimension <count>', 'numbers in a vector of plain float32', counter)
    .addOption(
      new Option('--metric <name>', 'what near means; hamming takes packed bits (u1)')
        .choices(['cosine', 'dot', 'euclidean', 'manhattan', 'hamming', 'poincare'])
        .default('cosine'),
    )
    .addOption(
      new Option('--exact', 'no graph: every search compares with every vector').conflicts([
        'm',
        'efConstruction',
        'seed',
        'codes',
        'rerank',
      ]),
    )
    .option('--m <count>', 'links a vector; more: better recall, more memory', counter, 16)
    .option('--ef-construction <count>', 'candidates an insertion looks at', counter, 200)
    .option('--seed <number>', 'of the random levels', natural, 42)
    .addOption(
      new Option(
        '--codes <name>',
        'walk the graph with codes: int8, float16, rabitq or binary take less memory; sketch more, for the same answers sooner',
      )
        .choices(['none', 'int8', 'float16', 'rabitq', 'binary', 'sketch'])
        .default('none'),
    )
    .addOption(
      new Option(
        '--rerank <name>',
        'with int8 or binary: what the best are compared with again (default: "float16")',
      ).choices(['none', 'float16', 'float32']),
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear index vectors.npy -o words.slv --labels words.txt
  sublinear index vectors.f32 --dimension 384 -o small.slv --codes int8
  python3 embed.py | sublinear index - -o notes.slv --metric dot
  sublinear index documents.jsonl -o documents.slv --text title,body --keyword tags`,
    )
    .action((file: string, options) =>
      options.text === undefined
        ? buildIndex(file, options, progress)
        : buildTextIndex(file, options, progress),
    );

  common(progress, program.command('publish'))
    .description(
      'write vectors, or a graph, as a file that is searched on a web server, without downloading it',
    )
    .argument(
      '<file>',
      'an index or a graph that --save or save() wrote; NumPy .npy; plain little-endian float32 with --dimension; with --graph a graph of any format',
    )
    .requiredOption('-o, --output <file>', 'write it there; - is standard output')
    .option('--graph', 'it is a graph: an edge list, CSV, METIS, JSON, GraphML, ...')
    .option('--undirected', 'of a graph: an edge of a list or of CSV leads both ways')
    .option('--labels <file>', 'a name for each vector, one a line')
    .option('--dimension <count>', 'numbers in a vector of plain float32', counter)
    .addOption(
      new Option(
        '--metric <name>',
        'what near means (default: that of the index, or "cosine")',
      ).choices(['cosine', 'dot', 'euclidean']),
    )
    .option('--cells <count>', 'cells; more: a query reads less, opening more', counter)
    .addOption(
      new Option('--copies <count>', 'cells that each vector is in')
        .choices(['1', '2'])
        .default('2'),
    )
    .option('--seed <number>', 'of the cells', natural, 0)
    .addHelpText(
      'after',
      `
Examples:
  sublinear publish words.slv -o words.slvr
  sublinear publish vectors.npy --labels words.txt -o words.slvr
  sublinear search https://example.org/words.slvr --query "0.1, -0.3, 0.2"
  sublinear publish friends.csv --graph --undirected -o friends.slgr
  sublinear rank https://example.org/friends.slgr --source Ada`,
    )
    .action((file: string, options) => publish(file, options, progress));

  answering(common(progress, program.command('search')))
    .description(
      'find vectors or texts in an index that "sublinear index", "sublinear publish" or save() wrote',
    )
    .argument(
      '<index>',
      'file of an index, - is standard input; or the address of a published one: https://...',
    )
    .argument('[words]', 'of texts: words, "phrases", +must, -not, field:word, word*, word~1')
    .option('--query <numbers>', 'a vector: numbers with commas or spaces between them', vector)
    .option('--queries <file>', 'many: NumPy .npy or plain float32, a row a query')
    .option('--like <label>', 'a stored vector, by its label or number')
    .option('--top <count>', 'how many neighbours of each', counter, 10)
    .option('--ef <count>', 'candidates kept; more: better recall, slower', counter, 64)
    .option(
      '--probes <count>',
      'of a published index: cells that are read (default: by recall)',
      counter,
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear search words.slv --like coffee
  sublinear search words.slv --query "0.1, -0.3, 0.2" --top 5
  sublinear search words.slv --queries questions.npy --ef 200 --json
  sublinear search documents.slv "quiet hotel -station"`,
    )
    .action(async (file: string, words: string | undefined, options) => {
      if (words !== undefined) return searchWords(file, words, options, progress);
      const remote = await isRemoteIndex(file);
      return remote ? searchRemote(file, options, progress) : search(file, options, progress);
    });

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
    .action((rule: string, options) => dates(rule, options));

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
    .action((file: string, options) => evaluate(file, options, progress));
  common(progress, program.command('hash'))
    .description(
      'digests of files, as sha256sum prints them, or lists of such compared with the files',
    )
    .argument('<files...>', 'files; - is standard input')
    .addOption(
      new Option('--algorithm <name>', 'which hash')
        .choices(['sha256', 'sha512', 'sha3-256', 'sha3-512', 'shake128', 'shake256'])
        .default('sha256'),
    )
    .option('--length <bytes>', 'of the digest, with shake128 and shake256', counter)
    .option('-c, --check', 'the files are lists of digests and names: compare')
    .addHelpText(
      'after',
      `
Examples:
  sublinear hash *.wasm > SHA256SUMS
  sublinear hash -c SHA256SUMS
  curl -s https://example.org/file | sublinear hash - --algorithm shake256 --length 32`,
    )
    .action((files: string[], options) => hash(files, options, progress));

  common(progress, program.command('verify'))
    .description('verify a witness chain that save() wrote, or an Ed25519 signature of a file')
    .argument(
      '<file>',
      'a witness chain, or with --key and --signature any file; - is standard input',
    )
    .option('--head <hex>', 'of a chain: the head that was published')
    .option('--key <hex or file>', 'public key: 32 bytes, their digits, or PEM')
    .option(
      '--signature <hex or file>',
      'of the file, or of the statement of a chain: 64 bytes, or their digits',
    )
    .option(
      '--size <count>',
      'of a chain: how many entries the head or the signature is about',
      natural,
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear verify log.slv --head 5f1c...
  sublinear verify log.slv --key key.pem --signature log.sig
  sublinear verify release.tar.gz --key key.pem --signature release.sig`,
    )
    .action((file: string, options) => verify(file, options, progress));

  common(progress, program.command('info'))
    .description('versions, WebAssembly variants, what this machine can run, memory')
    .action((options) => info(version, options));

  common(progress, program.command('bench'))
    .description('a short benchmark against plain JavaScript loops, a few seconds')
    .option(
      '--size <count>',
      'about how many unknowns, nodes and vectors whole answers have',
      counter,
    )
    .option('--turns <count>', 'how often both sides take turns: more is steadier', counter, 7)
    .action((options) => bench(options, progress));

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
      complain('interrupted');
      return EXIT.interrupted;
    }
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done; // --help and --version have printed
      complain(
        `${error.message.replace(/^error: /, '')}${/--help/.test(error.message) ? '' : ' (see --help)'}`,
      );
      return EXIT.badInput;
    }
    const known = explain(error, {});
    complain(known instanceof Error ? known.message : String(known));
    return known instanceof CliError ? known.exitCode : EXIT.failed;
  }
}

process.exitCode = await main();
// A paused standard input would keep the process alive.
if (!process.stdin.destroyed) process.stdin.unref?.();
