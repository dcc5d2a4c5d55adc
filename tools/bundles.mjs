// The package for pages without a bundler: ES modules that a page imports from a folder or a CDN. package.json's "imports"
// and the names of dependencies mean nothing there, so these files import by relative addresses alone.
//
//   dist/bundle/<module>.js   one module with its WebAssembly (simd) as text: one request and nothing else
//   dist/bundle/index.js      the engine with the code of all modules; the WebAssembly is fetched from dist/wasm/ when asked for
//
// Engines without SIMD are rare: they alone import dist/inline/<bundle>.scalar.js besides.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

export async function bundleModules(dist, { bundles }) {
  const folder = join(dist, 'bundle');
  mkdirSync(folder, { recursive: true });

  /** `relaxed` stays out: it would be preferred, and fetched, where it runs. */
  const held = (name) => {
    const text = readFileSync(join(dist, 'wasm', `${name}.simd.wasm`)).toString('base64');
    return {
      simd: `{ twin: async () => ({ default: '${text}' }) }`,
      scalar: `{ twin: () => import('../inline/${name}.scalar.js') }`,
    };
  };
  const outside = (name, variant) =>
    `{ file: () => new URL('../wasm/${name}.${variant}.wasm', import.meta.url), twin: () => import('../inline/${name}.${variant}.js') }`;
  const beside = (name) =>
    Object.fromEntries(bundles[name].variants.map((variant) => [variant, outside(name, variant)]));

  for (const room of Object.values(bundles).flatMap(({ rooms }) => rooms)) await put(room, held);
  await put('index', beside);

  async function put(name, modulesOf) {
    writeFileSync(join(folder, `${name}.js`), await bundle(name, modulesOf));
    writeFileSync(join(folder, `${name}.d.ts`), `export * from '../${name}.js';\n`);
  }

  async function bundle(entry, modulesOf) {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(dist, `${entry}.js`)],
      outdir: folder,
      bundle: true,
      write: false,
      metafile: true,
      minify: true,
      // Errors tell the names of classes.
      keepNames: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['browser'],
      legalComments: 'inline',
      logLevel: 'error',
      plugins: [
        {
          name: 'no-imports-of-package-json',
          setup({ onLoad, onResolve }) {
            // Said here: package.json's "imports" name the dist/ of the last build.
            onResolve({ filter: /^#wasm-source$/ }, () => ({
              path: join(dist, 'engine/wasm-source.browser.js'),
            }));
            // Carried by nobody: they import nothing and are fetched from beside.
            onResolve({ filter: /\/benchmarks\/\w+\.js$/ }, ({ path, kind }) =>
              kind === 'dynamic-import'
                ? { path: `../${path.replace(/^(\.\.\/)+/, '')}`, external: true }
                : undefined,
            );
            onResolve({ filter: /^#(readers|makers)\// }, ({ path }) => ({
              path: join(dist, path.replace(/^#(\w+)\/(\w+)$/, 'rooms/$2/$1.now.js')),
            }));
            onResolve({ filter: /^#bundles$/ }, () => ({ path: 'all', namespace: 'bundles' }));
            onLoad({ filter: /./, namespace: 'bundles' }, () => ({
              contents: Object.keys(bundles)
                .map((name) => `export { bundle as ${name} } from '#bundle/${name}';`)
                .join('\n'),
              resolveDir: dist,
            }));
            onResolve({ filter: /^#bundle\// }, ({ path }) => ({
              path: path.slice('#bundle/'.length),
              namespace: 'bundle',
            }));
            // What a room may load later is in the file of all modules; the file of one module stays one request.
            onResolve({ filter: /^#later\// }, ({ path }) =>
              entry === 'index'
                ? { path: path.slice('#later/'.length), namespace: 'bundle' }
                : { path: join(dist, 'generated/bundle/none.js') },
            );
            onResolve({ filter: /^#room\// }, ({ path }) => ({
              path: join(
                dist,
                'generated',
                entry === 'index' ? `room/${path.slice('#room/'.length)}.js` : 'bundle/none.js',
              ),
            }));
            onLoad({ filter: /./, namespace: 'bundle' }, ({ path }) => ({
              contents: source(
                path,
                bundles[path].rooms,
                modulesOf(path),
                bundles[path].shared && outside(path, 'shared'),
              ),
              resolveDir: dist,
            }));
            onResolve({ filter: /^\.\.\/inline\//, namespace: 'bundle' }, ({ path }) => ({
              path,
              external: true,
            }));
          },
        },
      ],
    });
    const [{ imports }] = Object.values(metafile.outputs);
    for (const { path } of imports)
      if (!/^\.\.\/(inline|benchmarks)\//.test(path))
        throw new Error(`bundle/${entry}.js imports ${path}`);
    return outputFiles[0].text;
  }
}

const source = (
  name,
  rooms,
  modules,
  shared,
) => `export const bundle = { name: '${name}', rooms: ${JSON.stringify(rooms)}, modules: {
${Object.entries(modules)
  .map(([variant, text]) => `  ${variant}: ${text},`)
  .join('\n')}
}${shared ? `, shared: ${shared}` : ''} };
`;
