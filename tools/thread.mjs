// The program of a worker in browsers, as scripts that import nothing, so that bundlers and content security policies have
// nothing to stumble over:
//
//   dist/worker/thread.js                the program: the engine without its rooms
//   dist/worker/scripts/<name>.js        the code of a room, the benchmark cases of all; fetched when they are asked for
//   dist/inline/worker.js, <name>.script.js   the same as texts
//
// The WebAssembly comes from the thread that starts the worker, so what finds files is left out.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const REGISTRY = "globalThis[Symbol.for('sublinear.scripts')]";
const TYPES = 'declare const program: string;\nexport default program;\n';

export async function bundleThread(dist, { bundles, takes, mayLoad, mayUse }) {
  const named = (file) => relative(dist, file).replaceAll('\\', '/');
  const shared = [
    ...scripts(join(dist, 'runtime')),
    ...['bundles', 'codes'].map((name) => join(dist, `generated/${name}.js`)),
  ];

  // What a room's script does not hold itself: modules that the program has, and modules of other rooms.
  const needs = new Map();
  const rooms = readdirSync(join(dist, 'rooms')).sort();
  for (const room of rooms) {
    const others = new Set();
    const own = scripts(join(dist, 'rooms', room));
    const text = await bundle(registering(own), dist, [
      {
        name: 'shared',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^(\.|#(readers|makers)\/)/ }, ({ path, resolveDir }) => {
            const file = join(...(readersOf(path, dist) || [resolveDir, path]));
            const name = named(file);
            // Of the lists of fields each room takes its own.
            if (name.startsWith(`rooms/${room}/`) || name.startsWith('generated/fields/'))
              return { path: file };
            const other = /^rooms\/(\w+)\//.exec(name)?.[1];
            if (other !== undefined) others.add(other);
            else if (!shared.includes(file))
              return { errors: [{ text: `${name} is not in the program of the worker` }] };
            return { path: name, namespace: 'shared' };
          });
          onLoad({ filter: /./, namespace: 'shared' }, ({ path }) => ({
            contents: `module.exports = ${REGISTRY}.get('${path}');`,
          }));
        },
      },
    ]);
    needs.set(room, [...others].sort());
    put(dist, `room.${room}`, text);
  }
  const measured = scripts(join(dist, 'benchmarks')).filter((file) =>
    existsSync(join(dist, 'rooms', basename(file, '.js'))),
  );
  put(dist, 'benchmarks', await bundle(registering(measured), dist, []));

  const program = await bundle(
    `import ${JSON.stringify(join(dist, 'worker/thread.js'))};\n${registering(shared)}`,
    dist,
    [
      {
        name: 'no-rooms',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /generated\/rooms\.js$/ }, () => ({
            path: 'rooms',
            namespace: 'rooms',
          }));
          onLoad({ filter: /./, namespace: 'rooms' }, () => ({
            contents: table(
              bundles,
              takes,
              mayLoad,
              mayUse,
              needs,
              rooms.filter((room) => existsSync(join(dist, 'rooms', room, 'whole.js'))),
              join(dist, 'worker/scripts.js'),
              measured.map(named),
            ),
            resolveDir: dist,
          }));
          onResolve({ filter: /^#wasm-source$/ }, () => ({ path: 'none', namespace: 'no-files' }));
          onLoad({ filter: /./, namespace: 'no-files' }, () => ({
            contents:
              'export { none as read, none as fetched }; function none() {}\nexport const compile = (bytes) => WebAssembly.compile(bytes);',
          }));
        },
      },
    ],
  );
  put(dist, undefined, program);

  /** Code that makes modules known under their names. */
  function registering(files) {
    const lines = files.map((file, i) => `import * as m${i} from ${JSON.stringify(file)};`);
    const entries = files.map((file, i) => `['${named(file)}', m${i}]`);
    return `${lines.join('\n')}\nfor (const [name, module] of [${entries.join(', ')}]) ${REGISTRY}.set(name, module);\n`;
  }
}

/** The rooms as the engine knows them: their code is scripts. */
function table(bundles, takes, mayLoad, mayUse, needs, whole, scripts, measured) {
  const rooms = Object.entries(bundles).flatMap(([bundle, { rooms }]) =>
    rooms.map((room) => [room, bundle]),
  );
  // As in tools/generate.mjs: the bundles at home with what a room takes from others.
  const homeOf = Object.fromEntries(rooms);
  const besidesOf = (room, bundle) =>
    [...new Set((takes[room] ?? []).map((taken) => homeOf[taken]))]
      .filter((home) => home !== bundle)
      .sort()
      .map((home) => `bundles.${home}`);
  const later = (room) =>
    (mayLoad[room] ?? []).map((name) => `${name}: async () => ({ bundle: bundles.${name} })`);
  const used = (room) =>
    (mayUse[room] ?? []).map((name) => `${name}: async () => ({ ${name}: rooms.${name} })`);
  return `import { brought, script } from ${JSON.stringify(scripts)};
const needs = ${JSON.stringify(Object.fromEntries(needs))};
const whole = ${JSON.stringify(whole)};
const bundle = (name, rooms, variants, shared) => ({
  name,
  rooms,
  modules: Object.fromEntries(variants.map((variant) => [variant, {}])),
  ...(shared && { shared: {} }),
});
const bundles = {
${Object.entries(bundles)
  .map(
    ([name, { rooms, variants, shared = false }]) =>
      `  ${name}: bundle('${name}', ${JSON.stringify(rooms)}, ${JSON.stringify(variants)}, ${shared}),`,
  )
  .join('\n')}
};
// One after the other: a script takes what it needs when it runs.
const code = async (name) => {
  for (const other of needs[name]) await code(other);
  await script('room.' + name);
  return brought('rooms/' + name + '/' + (whole.includes(name) ? 'whole' : name) + '.js');
};
const benchmarks = async (name) => {
  await script('benchmarks');
  return brought('benchmarks/' + name + '.js');
};
const measured = ${JSON.stringify(measured)};
const room = (name, bundle, besides, mayLoad, mayUse) => ({
  name,
  bundle,
  besides,
  mayLoad,
  mayUse,
  code: () => code(name),
  ...(measured.includes('benchmarks/' + name + '.js') && { benchmarks: () => benchmarks(name) }),
});
export const rooms = {
${rooms.map(([name, bundle]) => `  ${name}: room('${name}', bundles.${bundle}, [${besidesOf(name, bundle).join(', ')}], { ${later(name).join(', ')} }, { ${used(name).join(', ')} }),`).join('\n')}
};
`;
}

/** A worker imports nothing later: a room's script holds all its parts. */
const readersOf = (path, dist) =>
  path.startsWith('#') && [dist, path.replace(/^#(\w+)\/(\w+)$/, 'rooms/$2/$1.now.js')];

const scripts = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.js') && !/(^split|\.later)\.js$/.test(name))
    .sort()
    .map((name) => join(folder, name));

async function bundle(contents, dist, plugins) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dist, loader: 'js' },
    bundle: true,
    write: false,
    minify: true,
    // Errors tell the names of classes.
    keepNames: true,
    format: 'iife',
    target: 'es2022',
    conditions: ['browser'],
    // package.json says that no file has side effects: that of these files is what they are for.
    ignoreAnnotations: true,
    legalComments: 'inline',
    logLevel: 'error',
    plugins,
  });
  // The one import that there may be is that of a script: notes keep bundlers away from it, which minifying has dropped.
  const program = outputFiles[0].text.replace(
    /\bimport\((\w+)\)/,
    'import(/* @vite-ignore */ /* webpackIgnore: true */ $1)',
  );
  if (/\bimport\b *([{]|\((?!\/\* @vite))|\bimport\.meta\b/.test(program))
    throw new Error('a script of the worker imports something');
  return program;
}

/** Puts a script into dist/ as a file and as a text. */
function put(dist, name, program) {
  const file = join(dist, name === undefined ? 'worker/thread.js' : `worker/scripts/${name}.js`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, program);
  const twin = join(dist, 'inline', name === undefined ? 'worker' : `${name}.script`);
  writeFileSync(`${twin}.js`, `export default ${JSON.stringify(program)};\n`);
  if (!existsSync(`${twin}.d.ts`)) writeFileSync(`${twin}.d.ts`, TYPES);
}
