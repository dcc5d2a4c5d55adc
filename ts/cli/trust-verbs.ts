// Verbs of hashes and signatures: their arguments, options and examples.
import { type Command, Option } from 'commander';
import { counter, natural } from './options.js';
import { common } from './shared.js';
import type { Progress } from './terminal.js';

export function addTrustVerbs(program: Command, progress: Progress): void {
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
    .action(async (files: string[], options) =>
      (await import('./hash.js')).hash(files, options, progress),
    );

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
    .action(async (file: string, options) =>
      (await import('./verify.js')).verify(file, options, progress),
    );
}
