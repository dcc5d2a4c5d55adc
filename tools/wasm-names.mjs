// Checks the names that WebAssembly modules import and export. Used by the build.
//
//   node tools/wasm-names.mjs same a.wasm b.wasm ...   fails unless all have the same names
//   node tools/wasm-names.mjs no-imports a.wasm ...    fails if one imports anything
//   node tools/wasm-names.mjs list a.wasm              prints them
//
// The sections are read here and not by WebAssembly.Module, because Node 20 refuses modules with relaxed SIMD.
import { readFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const IMPORT = 2;
const EXPORT = 7;
const kinds = ['function', 'table', 'memory', 'global', 'tag'];

/** The imports and exports of a module's bytes, as sorted lines: 'import env.f function', 'export memory memory'. */
export function wasmNames(bytes) {
  let at = 0;
  const u8 = () => bytes[at++];
  const u32 = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const name = () => {
    const length = u32();
    at += length;
    return new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  const limits = () => {
    const flags = u8();
    u32();
    if (flags & 1) u32();
  };
  // What follows an import's kind has to be read to find the next import.
  const skipType = (kind) => {
    if (kind === 1 || kind === 3 || kind === 4) u8();
    if (kind === 0 || kind === 4) u32();
    if (kind === 1 || kind === 2) limits();
    if (kind === 3) u8();
  };
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== 0x61)
    throw new Error('not a WebAssembly module');
  const lines = [];
  for (at = 8; at < bytes.length; ) {
    const section = u8();
    const size = u32();
    const end = at + size;
    if (section === IMPORT) {
      for (let left = u32(); left > 0; left--) {
        const from = `${name()}.${name()}`;
        const kind = u8();
        lines.push(`import ${from} ${kinds[kind]}`);
        skipType(kind);
      }
    } else if (section === EXPORT) {
      for (let left = u32(); left > 0; left--) {
        const exported = name();
        lines.push(`export ${exported} ${kinds[u8()]}`);
        u32();
      }
    }
    at = end;
  }
  return lines.sort();
}

function main([command, ...files]) {
  const modules = files.map((file) => ({ file, names: wasmNames(readFileSync(file)) }));
  const problems = [];
  if (command === 'same') {
    const [first, ...others] = modules;
    for (const { file, names } of others) {
      for (const line of first.names)
        if (!names.includes(line)) problems.push(`${file} lacks: ${line}`);
      for (const line of names)
        if (!first.names.includes(line)) problems.push(`${first.file} lacks: ${line}`);
    }
  } else if (command === 'no-imports') {
    for (const { file, names } of modules) {
      for (const line of names)
        if (line.startsWith('import ')) problems.push(`${file} has: ${line}`);
    }
  } else if (command === 'list') {
    for (const { names } of modules) console.log(names.join('\n'));
  } else {
    problems.push(`unknown command ${command}`);
  }
  for (const problem of problems) console.error(`wasm-names: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

if (argv[1] === fileURLToPath(import.meta.url)) exit(main(argv.slice(2)));
