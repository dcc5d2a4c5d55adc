// sublinear pack: its arguments, options and examples.
import { Argument, type Command, Option } from 'commander';
import { counter, list, natural, packActions, positive } from './options.js';
import type { PackOptions } from './pack.js';
import { common } from './shared.js';
import type { Progress } from './terminal.js';

export function addPackVerb(program: Command, progress: Progress): void {
  common(progress, program.command('pack'))
    .description('build, sign, verify and run packs of kernels: WebAssembly that cannot escape')
    .addArgument(new Argument('<action>', 'what to do').choices(packActions))
    .argument('<file>', 'build: a module; else a pack; - is standard input')
    .argument('[kernel]', 'run: which one')
    .option('-o, --output <file>', 'build, sign: write the pack there; - is standard output')
    .option('--manifest <file>', 'build: JSON with name, version and kernels')
    .option('--segment <name=file>', 'build: data of the pack, .npy or any bytes', list)
    .option('--key <file>', 'sign: the private key, Ed25519 in PEM (PKCS 8)')
    .option('--signer <hex or file>', 'verify, run: a public key that is trusted', list)
    .option('--hash <hex>', 'verify, run: a pack that is trusted', list)
    .option('--versions <file>', 'verify, run: JSON of the newest versions seen, which is updated')
    .option(
      '--input <name=value>',
      'run: numbers with commas, a .npy file, or segment:name of the pack',
      list,
    )
    .option('--size <name=count>', 'run: a size that the inputs do not say', list)
    .option('--number <name=value>', 'run: a number', list)
    .addOption(
      new Option('--fuel <count>', 'run: instructions that it may execute').argParser(natural),
    )
    .option('--time <seconds>', 'run: in a thread of its own, ended after so many', positive)
    .option('--top <count>', 'run: how many numbers of each output to print', counter, 20)
    .addHelpText(
      'after',
      `
Exit code 1: nobody who is trusted has signed the pack, or the kernel did not end.

Examples:
  sublinear pack build kernels.wasm --manifest kernels.json -o kernels.slk
  openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out public.pem
  sublinear pack sign kernels.slk --key key.pem -o signed.slk
  sublinear pack verify signed.slk --signer public.pem
  sublinear pack run signed.slk rmsnorm --signer public.pem --input x=1,2,3 --input weight=1,1,1`,
    )
    .action(
      async (action: PackOptions['action'], file: string, kernel: string | undefined, options) =>
        (await import('./pack.js')).pack(file, kernel, { ...options, action }, progress),
    );
}
