// Joins the modules of dist/ that programs always carry together. A bundler that splits a program makes a file for each set of
// modules that the same parts of it need: of many small modules it makes many small files, each a request, and each compressed
// for itself. So the engine and what most rooms need are one file, and so is the class of a room that other rooms give or take:
//
//   dist/core/engine.js     the engine with all that it imports, and modules of runtime/ that two thirds of the rooms import
//   dist/core/base.js       what of these is imported by entries that have no engine: of a joined file a bundler drops less
//   dist/core/<room>.js     modules of rooms/<room>/ that are imported by all rooms that import any of them, two at least; and
//                           what else only those rooms import that import them
//   dist/core/*.base.js     what of these others import as well that they import: they stay apart, as no two files may import
//                           each other
//
// Of small modules, which are not worth a request, a third of those rooms is enough.
//
// Whoever imported one of these modules imports from the joined file instead. The module itself stays, as a list of what it
// exports, for tests and for readers.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import {
  AS_MODULE,
  closureIn,
  exportsIn,
  FROM,
  importsIn,
  modulesOf,
  named,
  pairs,
  pathTo,
  targetOf,
} from './modules.mjs';

/** Bytes of a small module, comments included. */
const SMALL = 1500;

export async function joinCores(dist) {
  const texts = modulesOf(dist);
  const files = [...texts.keys()];
  const importsOf = (name, platform) => importsIn(texts, name, platform);
  const closure = closureIn(texts);
  const rooms = readdirSync(join(dist, 'rooms')).sort();
  const needs = rooms.map((room) => [room, closure(`rooms/${room}/${room}.js`)]);
  /** The rooms, but `home`, that import a module. */
  const needing = (name, home) =>
    needs.filter(([room, all]) => room !== home && all.has(name)).map(([room]) => room);

  const cores = new Map();
  /** What may be joined with a core where it is small and brings nothing else with it. */
  const small = [];
  const add = (core, name) => cores.set(core, [...(cores.get(core) ?? []), name]);
  for (const room of rooms) {
    // Its own file is what `import()` asks for, and what its readers are depends on the platform.
    const own = files.filter(
      (name) =>
        name.startsWith(`rooms/${room}/`) &&
        !/\/((readers|makers)(\.\w+)?|(\w+)\/\4)\.js$/.test(name),
    );
    const counts = own.map((name) => needing(name, room).length);
    const most = Math.max(2, ...counts);
    for (const [i, name] of own.entries()) {
      if (counts[i] === most) add(`core/${room}.js`, name);
      else if (counts[i] > most / 3) small.push([`core/${room}.js`, name]);
    }
  }
  const engine = closure('engine/engine.js');
  for (const name of files.filter((each) => /^(engine|runtime|generated)\//.test(each))) {
    const users = needing(name);
    const [core] =
      [...cores].find(
        ([, [first]]) =>
          closure(first).has(name) && users.every((room) => needing(first).includes(room)),
      ) ?? [];
    if (engine.has(name) || users.length > (2 / 3) * rooms.length) add('core/engine.js', name);
    else if (users.length > rooms.length / 3) small.push(['core/engine.js', name]);
    else if (core !== undefined) add(core, name);
  }
  // What a bundler takes for a side effect, as static blocks, it keeps of every file that it keeps anything of.
  const withoutEngine = files
    .filter((name) => /^(\w+|store\/\w+|import\/\w+)\.js$/.test(name))
    .map((name) => closure(name))
    .filter((all) => !all.has('engine/engine.js'));
  const isBase = (name) => withoutEngine.some((all) => all.has(name));
  // Which is all that some entry imports.
  const isAlone = (name) => withoutEngine.some((all) => all.has(name) && all.size === 2);
  const joined = cores.get('core/engine.js').filter((name) => !isAlone(name));
  cores.set('core/base.js', joined.filter(isBase));
  cores.set(
    'core/engine.js',
    joined.filter((name) => !isBase(name)),
  );
  for (const [core, name] of small) {
    const others = new Set([...cores.values()].flat());
    const brings = [...closure(name)].some((other) => other !== name && !others.has(other));
    if (texts.get(name).length < SMALL && !brings && cores.has(core)) add(core, name);
  }
  // What a core imports by a detour over modules that are not of it is a core of its own.
  for (const [core, names] of [...cores]) {
    const outside = names
      .flatMap((name) => ['later', 'now'].flatMap((platform) => importsOf(name, platform)))
      .filter((name) => !names.includes(name));
    const behind = new Set(outside.flatMap((name) => [...closure(name, 'now')]));
    const parts = [
      names.filter((name) => !behind.has(name)),
      names.filter((name) => behind.has(name)),
    ];
    cores.delete(core);
    for (const [i, part] of parts.entries())
      if (part.length > 1) cores.set(i === 0 ? core : core.replace('.js', '.base.js'), part);
  }
  const coreOf = new Map([...cores].flatMap(([core, names]) => names.map((name) => [name, core])));

  // The names under which a core gives what its modules export: their own, unless two modules have the same.
  const given = new Map();
  for (const [core, names] of cores) {
    const taken = new Set();
    // A module that is imported as a whole keeps its names.
    const isWhole = (name) =>
      files.some((other) =>
        [...texts.get(other).matchAll(FROM)].some(
          ([, , whole, , , path]) => whole && targetOf(other, path) === name,
        ),
      );
    for (const name of [...names].sort((a, b) => Number(isWhole(b)) - Number(isWhole(a)))) {
      const table = new Map();
      for (const word of exportsIn(texts, name)) {
        let as = word;
        while (taken.has(as)) as += '$';
        if (as !== word && isWhole(name)) throw new Error(`${core}: ${word} of ${name} is taken`);
        taken.add(as);
        table.set(word, as);
      }
      given.set(name, table);
    }
  }

  mkdirSync(join(dist, 'core'), { recursive: true });
  for (const [core, names] of cores) await put(core, names);
  for (const name of files) {
    const core = coreOf.get(name);
    if (core === undefined) {
      const text = redirected(name);
      if (text !== texts.get(name)) writeFileSync(join(dist, name), text);
    } else if (given.get(name).size > 0) {
      const list = [...given.get(name)].map(([word, as]) =>
        as === word ? word : `${as} as ${word}`,
      );
      const [map] = /^\/\/# sourceMappingURL=.*$/m.exec(texts.get(name)) ?? [''];
      writeFileSync(
        join(dist, name),
        `export { ${list.join(', ')} } from '${pathTo(name, core)}';\n${map}\n`,
      );
      blank(join(dist, `${name}.map`));
    }
  }

  assertNoCircle();

  /** Modules that import each other run in an order that depends on which of them is asked for first. */
  function assertNoCircle() {
    for (const name of [...files, ...cores.keys()])
      texts.set(name, readFileSync(join(dist, name), 'utf8'));
    for (const platform of ['now', 'later']) {
      const state = new Map();
      const visit = (name, path) => {
        if (state.get(name) === 'done') return;
        if (state.has(name)) throw new Error(`circle: ${[...path, name].join(' -> ')}`);
        state.set(name, 'open');
        for (const next of importsOf(name, platform)) visit(next, [...path, name]);
        state.set(name, 'done');
      };
      for (const name of texts.keys()) visit(name, []);
    }
  }

  async function put(core, names) {
    const lists = names
      .filter((name) => given.get(name).size > 0)
      .map((name) => {
        const words = [...given.get(name)].map(([word, as]) => `${word} as ${as}`);
        return `export { ${words.join(', ')} } from './${name}';`;
      });
    const { outputFiles } = await build({
      stdin: { contents: lists.join('\n'), resolveDir: dist, sourcefile: 'core' },
      outfile: join(dist, core),
      ...AS_MODULE,
      plugins: [
        {
          name: 'core',
          setup({ onLoad, onResolve }) {
            onResolve({ filter: /./ }, ({ path, resolveDir }) => {
              if (!path.startsWith('.')) return { path, external: true };
              const name = relative(dist, join(resolveDir, path)).replaceAll('\\', '/');
              if (coreOf.get(name) === core) return { path: join(dist, name) };
              return { path: pathTo(core, name), external: true };
            });
            onLoad({ filter: /\.js$/ }, ({ path }) => ({
              contents: redirected(relative(dist, path).replaceAll('\\', '/'), core),
              loader: 'js',
              resolveDir: dirname(path),
            }));
          },
        },
      ],
    });
    for (const { path, text } of outputFiles)
      writeFileSync(path, path.endsWith('.map') ? text : named(text));
  }

  /** A module whose imports from cores (but `within`, which it is part of) are from the joined files. */
  function redirected(name, within) {
    return texts.get(name).replace(FROM, (line, verb, whole, all, list, path) => {
      const target = path.startsWith('#') ? undefined : targetOf(name, path);
      const core = target && coreOf.get(target);
      if (core === undefined || core === within) return line;
      const table = given.get(target);
      const from = `from '${pathTo(name, core)}';`;
      if (whole !== undefined) return `${verb} * as ${whole} ${from}`;
      if (all !== undefined)
        return `${verb} { ${[...table].map(([word, as]) => (as === word ? word : `${as} as ${word}`)).join(', ')} } ${from}`;
      const words = pairs(list ?? '').map(([word, as]) =>
        table.get(word) === as ? as : `${table.get(word)} as ${as}`,
      );
      return words.length > 0 ? `${verb} { ${words.join(', ')} } ${from}` : line;
    });
  }
}

/** The map of a module that has no code of its own any more still names its source. */
function blank(file) {
  if (!existsSync(file)) return;
  const map = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...map, names: [], mappings: '' }));
}
