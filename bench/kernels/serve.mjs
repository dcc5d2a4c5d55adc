// A variant of kernels.c behind the commands of ../peers/protocol.h: node serve.mjs kernels.simd.wasm
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

const { instance } = await WebAssembly.instantiate(readFileSync(argv[2]), {});
const { kernels_fill, kernels_run } = instance.exports;
kernels_fill();

let result = Number.NaN;
function answer(line) {
  const [, kernel, n, count] = /^run (\d+):(\d+) (\d+)$/.exec(line) ?? [];
  if (count !== undefined) {
    const calls = Number(count);
    kernels_run(Number(kernel), Number(n), Math.floor(calls / 10) + 1);
    const start = performance.now();
    result = kernels_run(Number(kernel), Number(n), calls);
    return `ok ${(performance.now() - start).toFixed(6)} ${calls}`;
  }
  const path = /^write (.*)$/.exec(line)?.[1];
  if (path === undefined) return 'error unknown command';
  writeFileSync(path, Float64Array.of(result));
  return 'ok ';
}

for await (const line of createInterface({ input: stdin })) stdout.write(`${answer(line)}\n`);
