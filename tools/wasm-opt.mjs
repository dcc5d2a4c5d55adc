// Optimises one linked module with Binaryen and says what it gained.
//
//   node tools/wasm-opt.mjs <wasm-opt program> <input.wasm> <output.wasm> <flags...> [-Oz]
//
// emcc has run wasm-opt once at this point (it must: that run also lowers its own helpers). A second -O3 still gains a
// little; -O4, --converge, -Oz, --gufa and --flatten were tried on the solver bundle and gained less or nothing. The
// features are given exactly, so that a scalar module with a SIMD instruction in it is refused.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { argv, exit } from 'node:process';
import { brotliCompressSync, constants } from 'node:zlib';

const [program, input, output, ...flags] = argv.slice(2);
// Of an option that is given twice the last one counts: wasm-opt itself would refuse it.
const options = flags.filter((flag) => !flag.startsWith('-O'));
const features = [...new Map(options.map((flag) => [flag.split('=')[0], flag])).values()];
const level = flags.find((flag) => flag.startsWith('-O')) ?? '-O3';

const version = Number(
  /version (\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1],
);
if (!(version >= 120)) throw new Error(`wasm-opt ${version} is too old: 120 or newer is needed`);

const passes = [level, '--strip-debug', '--strip-producers', '--strip-target-features'];
mkdirSync(dirname(output), { recursive: true });
const done = spawnSync(program, [input, ...features, ...passes, '-o', `${output}.part`], {
  encoding: 'utf8',
});
if (done.status !== 0) {
  const reasons = done.stderr.split('\n').filter((line) => /error|Fatal/.test(line));
  console.error(
    `wasm-opt refuses ${input} with ${features.join(' ')}:\n${reasons.slice(0, 10).join('\n')}`,
  );
  exit(1);
}
renameSync(`${output}.part`, output);

const brotli = (file) =>
  brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
    .length;
const size = (file) => `${statSync(file).size} bytes (${brotli(file)} brotli)`;
console.log(
  `wasm-opt ${basename(dirname(output))}/${basename(output)}: ${size(input)} -> ${size(output)}`,
);
