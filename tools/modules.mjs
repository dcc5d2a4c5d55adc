// The modules of dist/ as tsc has written them, for the steps of the build that put them together (cores.mjs, later.mjs): what
// they import and export, and paths between them.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** How esbuild joins modules of dist/ to one that stands in it, too. */
export const AS_MODULE = {
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'error',
};

/** An import or export of a module, as tsc writes it: what is named, and from where. */
export const FROM =
  /^(import|export) (?:\* as (\w+) |(\*) |\{([^}]*)\} )?(?:from )?['"](\.[^'"]+|#(?:readers|makers)\/\w+)['"];$/gm;

/** The text of each module, by its path in dist/. */
export function modulesOf(dist) {
  const files = readdirSync(dist, { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .sort()
    .filter((name) => /^(?!bundle\/|inline\/|worker\/(scripts\/|thread)).*\.js$/.test(name));
  return new Map(files.map((name) => [name, readFileSync(join(dist, name), 'utf8')]));
}

/** What a module imports from `path`: where readers are fetched ('later') or there from the start ('now'). */
export const targetOf = (name, path, platform = 'later') =>
  path.startsWith('#')
    ? path.replace(/^#(\w+)\/(\w+)$/, `rooms/$2/$1.${platform}.js`)
    : join(dirname(name), path);

export const importsIn = (texts, name, platform) =>
  [...texts.get(name).matchAll(FROM)].map(([, , , , , path]) => targetOf(name, path, platform));

/** A function that gives all that a module imports, itself included. */
export function closureIn(texts) {
  const closure = (name, platform, seen = new Set()) => {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const next of importsIn(texts, name, platform)) closure(next, platform, seen);
    return seen;
  };
  return closure;
}

/** The names that a module exports. */
export function exportsIn(texts, name) {
  const text = texts.get(name);
  const own = [...text.matchAll(/^export (?:async )?(?:const|let|class|function\*?) (\w+)/gm)];
  const lists = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => pairs(list));
  const all = [...text.matchAll(/^export \* from '(\.[^']+)';$/gm)];
  if (
    own.length + (text.match(/^export (\{|\*)/gm)?.length ?? 0) <
    text.match(/^export /gm)?.length
  )
    throw new Error(`${name} exports in a way that is not known here`);
  return [
    ...own.map(([, word]) => word),
    ...lists.map(([, as]) => as),
    ...all.flatMap(([, path]) => exportsIn(texts, targetOf(name, path))),
  ];
}

/** The names of an import or export list, each with what it is called behind `as`. */
export const pairs = (list) =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [word, as = word] = part.split(/ as /);
      return [word, as];
    });

export function pathTo(from, to) {
  const path = relative(dirname(from), to).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** A class that names itself is `var A = class _A` in what esbuild joins: errors tell the names of classes. */
export function named(text) {
  const names = [...text.matchAll(/^var (\w+) = class (_\1)\b/gm)];
  return names.reduce(
    (all, [, name, own]) => all.replace(new RegExp(`\\b${own}\\b`, 'g'), name),
    text,
  );
}
