// The same program under restrictions, and through the other module system.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cell, report } from '../support/cell.js';
import { pageFinding } from '../support/page.js';

const node = process.execPath;
const by = `Node ${process.versions.node}`;

export const cells: Cell[] = [
  {
    name: 'require',
    title: '`require()`',
    group: 'Policies and module systems',
    remark: 'From Node 20.19: the package is ESM, and `require` loads it.',
    run: async ({ scratch }) => ({
      by,
      report: await report(await scratch('require'), node, ['--no-warnings', 'main.cjs']),
    }),
  },
  {
    name: 'no-eval',
    title: '`node --disallow-code-generation-from-strings`',
    group: 'Policies and module systems',
    run: async ({ scratch }) => ({
      by,
      report: await report(await scratch('no-eval'), node, [
        '--disallow-code-generation-from-strings',
        'main.mjs',
      ]),
    }),
  },
  {
    name: 'ssr',
    title: 'Import on a server, without `window`',
    group: 'Policies and module systems',
    remark: 'Importing does nothing: no fetch, no compilation, no global.',
    async run({ scratch }) {
      const folder = await scratch('ssr');
      // Whatever an import might do is noticed: reading the window, fetching, compiling, writing to the console, globals.
      await writeFile(
        join(folder, 'ssr.mjs'),
        `const did = [];
        for (const name of ['window', 'document', 'self'])
          Object.defineProperty(globalThis, name, { configurable: true, get: () => void did.push(name) });
        const { fetch } = globalThis, { compile, instantiate } = WebAssembly, { log } = console;
        globalThis.fetch = () => did.push('fetch');
        WebAssembly.compile = WebAssembly.instantiate = () => did.push('WebAssembly');
        for (const name of Object.keys(console)) console[name] = () => did.push('console.' + name);
        const before = Object.getOwnPropertyNames(globalThis).length;
        const { exports } = (await import('sublinear/package.json', { with: { type: 'json' } })).default;
        // Not those that import libraries of others, which do what they do.
        const entries = Object.keys(exports).filter((path) => !/[*]|json$|^\\.\\/(import\\/|langchain)/.test(path));
        for (const path of entries) await import('sublinear' + path.slice(1));
        did.push(...Object.getOwnPropertyNames(globalThis).slice(before));
        Object.assign(console, { log });
        Object.assign(globalThis, { fetch });
        Object.assign(WebAssembly, { compile, instantiate });
        if (did.length > 0) throw new Error('importing was not free of effects: ' + did.join());
        for (const name of ['window', 'document', 'self']) delete globalThis[name];
        await import('./main.mjs');`,
      );
      return { by, report: await report(folder, node, ['--no-warnings', 'ssr.mjs']) };
    },
  },
  {
    name: 'csp',
    title: "Page with `script-src 'self' 'wasm-unsafe-eval'`",
    group: 'Policies and module systems',
    run: (context) =>
      pageFinding(context, 'csp', {
        'Content-Security-Policy':
          "default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'",
      }),
  },
  {
    name: 'csp-strict',
    title: "Page with `script-src 'self'` alone",
    group: 'Policies and module systems',
    refusal: /script-src 'wasm-unsafe-eval'/,
    remark: "WebAssembly is off: `LOAD_FAILED` says that `'wasm-unsafe-eval'` is missing.",
    run: (context) =>
      pageFinding(context, 'csp-strict', {
        'Content-Security-Policy': "default-src 'self'; img-src data:; script-src 'self'",
      }),
  },
];
