// Checks that a module imports what ts/runtime/embind.ts has, and puts its types into a folder.
//
//   node tools/raw-types.mjs <bundle.wasm> <bundle.d.ts> <folder>
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { wasmNames } from './wasm-names.mjs';

const [module, types, folder] = argv.slice(2);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const embind = readFileSync(join(root, 'ts/runtime/embind.ts'), 'utf8');
for (const line of wasmNames(readFileSync(module))) {
  const [, name] = /^import (?:env|wasi_snapshot_preview1)\.(\w+) function$/.exec(line) ?? [];
  if (!line.startsWith('import ') || (name && new RegExp(`^    ${name}[(:]`, 'm').test(embind)))
    continue;
  throw new Error(`${basename(module)}: ts/runtime/embind.ts has no "${line}"`);
}

// emcc writes `any` for the views, and lists some that were not asked for.
const views = {
  HEAPU8: 'Uint8Array',
  HEAPU32: 'Uint32Array',
  HEAP32: 'Int32Array',
  HEAPF32: 'Float32Array',
  HEAPF64: 'Float64Array',
};
const runtime = /declare namespace RuntimeExports \{[^}]*\}/;
const declared = readFileSync(types, 'utf8');
if (!runtime.test(declared)) throw new Error(`${basename(types)}: the runtime exports have moved`);
const members = Object.entries(views).map(([name, type]) => `    let ${name}: ${type};`);
const typed = declared.replace(
  runtime,
  `// The views are replaced when the memory grows: read them from the module each time.\ndeclare namespace RuntimeExports {\n${members.join('\n')}\n}`,
);

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, basename(types)), typed);
