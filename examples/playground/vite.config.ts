// The playground's build: static files for any host, with every path relative, so that it may live in a subfolder.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, defineConfig, type Plugin } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** What data.ts has made: graphs, words, a map. */
const data = at('../../build/playground-data');
const manifest = JSON.parse(readFileSync(at('../../package.json'), 'utf8'));

// A program that installs the package needs nothing of this: inside the package's own repository, its name has to be
// pointed at what was built.
const alias = Object.entries(manifest.exports as Record<string, string | { default: string }>).map(
  ([subpath, target]) => {
    const name = subpath.slice(1).replaceAll('.', '\\.').replace('*', '(.*)');
    const path = (typeof target === 'string' ? target : target.default).replace('*', '$1');
    // "?url" and the like stay where they are.
    const query = subpath.includes('*') ? '$2' : '$1';
    return {
      find: new RegExp(`^sublinear${name}(\\?\\w+)?$`),
      replacement: at(`../../${path}`) + query,
    };
  },
);

/** Chunks with WebAssembly in them as text, for servers that do not find the .wasm. Here they are found. */
const inlineTwin = /\b\w+\.(scalar|simd|relaxed)-[^/]*\.js$/;

/**
 * Bundles src/offline.ts into offline.js, with the list of what the page is made of. The WebAssembly is left out: a
 * browser needs one variant of each bundle, and the page says which (src/main.ts).
 */
function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler: async function (_, bundle) {
        const files: [string, string | Uint8Array][] = [
          ...Object.entries(bundle)
            .filter(([name]) => !name.endsWith('.wasm') && !inlineTwin.test(name))
            .map(([name, file]): [string, string | Uint8Array] => [
              name,
              file.type === 'chunk' ? file.code : file.source,
            ]),
          ...readdirSync(join(data, 'data')).map((name): [string, Uint8Array] => [
            `data/${name}`,
            readFileSync(join(data, 'data', name)),
          ]),
        ];
        const precache = files.map(([url, content]) => ({
          url,
          revision: createHash('sha256').update(content).digest('hex').slice(0, 16),
        }));
        const worker = await build({
          configFile: false,
          logLevel: 'warn',
          define: { PRECACHE: JSON.stringify(precache), 'process.env.NODE_ENV': '"production"' },
          build: {
            write: false,
            rolldownOptions: { input: at('src/offline.ts'), output: { format: 'iife' } },
          },
        });
        const output = Array.isArray(worker) ? worker[0] : worker;
        if (!output || !('output' in output)) throw new Error('offline.ts gave no output');
        this.emitFile({ type: 'asset', fileName: 'offline.js', source: output.output[0].code });
      },
    },
  };
}

/**
 * The picture that other sites show beside a link to this one. They want a whole address: PLAYGROUND_URL says where the site
 * will be; without it the picture is named from the page on.
 */
function card(): Plugin {
  return {
    name: 'card',
    transformIndexHtml: (html) =>
      html.replace('%SITE%', process.env.PLAYGROUND_URL?.replace(/\/*$/, '/') ?? ''),
    generateBundle() {
      const source = readFileSync(at('../../docs/images/playground-graph.jpg'));
      this.emitFile({ type: 'asset', fileName: 'card.jpg', source });
    },
  };
}

export default defineConfig({
  root: at('.'),
  base: './',
  publicDir: data,
  resolve: { alias },
  plugins: [card(), offline()],
  worker: { format: 'es' },
  server: { host: '127.0.0.1', fs: { allow: [at('../..')] } },
  preview: { host: '127.0.0.1' },
  build: {
    outDir: at('../../build/playground'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
  },
});
