// Makes what a page may fetch later stand alone. A bundler that splits a program makes a file of each import(), and one more of
// what that shares with the page: the page would carry two files, with lists of names in both, and each compressed for itself.
//
//   dist/rooms/<room>/reading.later.js   the readers of files of a room as a function of what they need and a page that can ask
//                                        for them has: they import nothing
//
// `readers.later.js` gives it these. Where readers are there from the start, they are the modules themselves.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { AS_MODULE, closureIn, exportsIn, modulesOf, named, pathTo, targetOf } from './modules.mjs';

/** Rooms whose class many others give, which fetch nothing else. */
const DETACHED = ['graph'];

export async function detachReaders(dist) {
  const texts = modulesOf(dist);
  const closure = closureIn(texts);
  const rooms = readdirSync(join(dist, 'rooms')).sort();
  for (const room of DETACHED) await detach(room);

  async function detach(room) {
    const asking = `rooms/${room}/readers.later.js`;
    // Whoever can ask for them has what all rooms import that can; but what asks is made after what it hands over.
    const has = rooms
      .map((each) => closure(`rooms/${each}/${each}.js`))
      .filter((all) => all.has(asking));
    const inPage = (name) => has.every((all) => all.has(name)) && !closure(name).has(asking);
    const words = new Map();
    const from = new Map();
    const wordsOf = (name) => {
      if (words.has(name)) return words.get(name);
      const table = new Map();
      for (const word of exportsIn(texts, name)) {
        let as = word;
        while (from.has(as)) as += '$';
        from.set(as, [name, word]);
        table.set(word, as);
      }
      words.set(name, table);
      return table;
    };

    const outfile = join(dist, `rooms/${room}/reading.later.js`);
    const { outputFiles } = await build({
      entryPoints: [join(dist, `rooms/${room}/reading.js`)],
      outfile,
      ...AS_MODULE,
      plugins: [
        {
          name: 'of-the-page',
          setup({ onLoad, onResolve }) {
            onResolve({ filter: /./ }, ({ path, importer, namespace, kind }) => {
              if (kind === 'entry-point' || namespace !== 'file') return undefined;
              const name = targetOf(relative(dist, importer).replaceAll('\\', '/'), path);
              if (inPage(name)) return { path: name, namespace: 'page', sideEffects: false };
              if (closure(name).has(asking)) throw new Error(`readers of ${room} need ${name}`);
              // A second copy would have a state of its own.
              if (
                /^(export )?let |^(export )?const \w+ = (new (Weak)?Map\(\)|\{\});/m.test(
                  texts.get(name),
                )
              )
                throw new Error(`readers of ${room} would hold the state of ${name} twice`);
              return { path: join(dist, name) };
            });
            onLoad({ filter: /./, namespace: 'page' }, ({ path }) => ({
              contents: [...wordsOf(path)]
                .map(([word, as]) => `export const ${word} = /* @__PURE__ */ (() => page.${as})();`)
                .join('\n'),
            }));
          },
        },
      ],
    });
    const used = new Set();
    for (const { path, text } of outputFiles) {
      if (path.endsWith('.map')) {
        writeFileSync(path, sourced(text, room));
        shift(path, 1);
        continue;
      }
      const body = named(text)
        .replace(/\/\* @__PURE__ \*\/ \(\(\) => page\.([\w$]+)\)\(\)/g, (_, as) => {
          used.add(as);
          return `page.${as}`;
        })
        .replace(/export \{\n {2}reading\n\};\n/, 'return reading;\n};\n');
      writeFileSync(path, `export const reading = (page) => {\n${body}`);
    }
    const imports = [...used].map((as) => {
      const [name, word] = from.get(as);
      return `import { ${word === as ? as : `${word} as ${as}`} } from '${pathTo(asking, name)}';\n`;
    });
    const text = texts
      .get(asking)
      .replace(
        "(await import('./reading.js')).reading",
        `(await import('./reading.later.js')).reading({ ${[...used].join(', ')} })`,
      );
    if (text === texts.get(asking)) throw new Error(`${asking} imports no readers`);
    writeFileSync(join(dist, asking), `${imports.join('')}${text}`);
    shift(join(dist, `${asking}.map`), imports.length);
  }
}

/** The map with the sources of what the page has, which esbuild knows by the names that are given to it here. */
function sourced(text, room) {
  const map = JSON.parse(text);
  const own = `rooms/${room}/reading.ts`;
  const ts = map.sources.find((source) => source.endsWith(own)).slice(0, -own.length);
  const sources = map.sources.map((source) =>
    source.replace(/^page:(.*)\.js$/, (_, name) => `${ts}${name}.ts`),
  );
  return JSON.stringify({ ...map, sources });
}

/** So many lines stand before what a map was made for. */
function shift(file, lines) {
  const map = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...map, mappings: ';'.repeat(lines) + map.mappings }));
}
