// Checks the JavaScript that Emscripten wrote for a bundle and puts it, with its types, into a folder.
//
//   node tools/glue.mjs <bundle.js> <bundle.d.ts> <folder>
//
// The glue must run in every browser, bundler and worker as it is; what would break one of them is found here.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { argv } from 'node:process';

const [script, types, folder] = argv.slice(2);

const forbidden = [
  [/import\.meta/, 'bundlers follow the URL of import.meta'],
  [/\bimport\s*\(/, 'a dynamic import fails in bundlers'],
  [/\brequire\s*\(/, 'it is an ES module'],
  [/['"]node:/, 'Node modules fail in webpack, esbuild and Next'],
  [/\beval\s*\(|new Function\b/, 'a strict content security policy refuses it'],
];
const source = readFileSync(script, 'utf8');
for (const [pattern, reason] of forbidden) {
  if (pattern.test(source)) throw new Error(`${basename(script)} contains ${pattern}: ${reason}`);
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
// Where the script lies is never used: the loader brings the bytes. To ask for it would make the import an act, and servers
// that render pages have no document.
const asks = "typeof document != 'undefined' ? document.currentScript?.src : undefined";
if (!source.includes(asks))
  throw new Error(`${basename(script)}: the search for its own address has moved`);
writeFileSync(join(folder, basename(script)), source.replace(asks, 'undefined'));
writeFileSync(join(folder, basename(types)), typed);
