// Options that verbs of the command line have in common.
import { type Command, Option } from 'commander';
import { bundles } from '../generated/bundles.js';
import type { CommonOptions } from './engine.js';
import { memory, outputFormats } from './options.js';
import type { Progress } from './terminal.js';

/** What verbs have in common whose answer is a table. */
export function answering(command: Command): Command {
  return command.addOption(
    new Option('--format <name>', 'of the answer (default: "table")').choices(outputFormats),
  );
}

export function common(progress: Progress, command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .hook('preAction', (verb) => {
      progress.quiet = Boolean(verb.opts<CommonOptions>().quiet);
    })
    .option('--json', 'print the result as one JSON object')
    .option('--quiet', 'print nothing but the answer and errors')
    .option('--memory <bytes>', 'most memory that WebAssembly may take, as in 500MB', memory)
    .addOption(
      new Option(
        '--variant <name>',
        'which build to run; by default, or where a module has none of this name, the best that runs here',
      ).choices([...new Set(Object.values(bundles).flatMap(({ variants }) => [...variants]))]),
    );
}
