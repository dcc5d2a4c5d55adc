// One word names a capability in every folder. This test reads the room list of CMakeLists.txt, the folders, package.json
// and the includes, and fails where they disagree.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const list = (folder: string) =>
  existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
const stems = (folder: string, suffix: string) =>
  list(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length));

interface Room {
  name: string;
  internal: boolean;
  depends: string[];
}

const cmake = read('CMakeLists.txt');
const rooms: Room[] = [...cmake.matchAll(/^sl_room\((\w+)([^)]*)\)/gm)].map(([, name, rest]) => ({
  name: name!,
  internal: /\bINTERNAL\b/.test(rest!),
  depends: (/DEPENDS\s+([\w\s]+)/.exec(rest!)?.[1] ?? '')
    .split(/\s+/)
    .filter((word) => word !== ''),
}));
const names = rooms.map((room) => room.name);
const open = rooms.filter((room) => !room.internal).map((room) => room.name);
/** Entries for what comes from other libraries. */
const doors = ['import', 'langchain'];
const exported = Object.keys(JSON.parse(read('package.json')).exports);

/** What a room may include from: itself and all that it depends on, directly or not. */
function below(name: string): Set<string> {
  const seen = new Set([name]);
  for (const room of seen)
    for (const next of rooms.find((r) => r.name === room)?.depends ?? []) seen.add(next);
  return seen;
}

const includes = (path: string) =>
  [...read(path).matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)].map((match) => match[1]!);

test('the room list has been found', () => {
  expect(names).toContain('base');
  expect(open.length).toBeGreaterThan(0);
});

test('the C library has the version of the package', () => {
  const header = read('csrc/base/version.h');
  const [, text] = /#define SL_VERSION "(.*)"/.exec(header)!;
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define SL_VERSION_${part} (\\d+)`).exec(header)![1],
  );
  expect([text, parts.join('.')]).toEqual(Array(2).fill(JSON.parse(read('package.json')).version));
});

describe('folders', () => {
  test('csrc/ has exactly the rooms of CMakeLists.txt', () => {
    expect(list('csrc')).toEqual([...names].sort());
  });

  test.each(names)('csrc/%s has sources and a header, and no folders of its own', (name) => {
    const files = list(`csrc/${name}`);
    expect(files.some((file) => file.endsWith('.c'))).toBe(true);
    expect(files.some((file) => file.endsWith('.h'))).toBe(true);
    expect(files.filter((file) => !/\.[ch]$/.test(file))).toEqual([]);
  });

  test.each(open)('%s has both doors, a TypeScript module and tests', (name) => {
    const wanted = [
      `bindings/${name}.cpp`,
      `csrc/${name}/abi.c`,
      `ts/${name}.ts`,
      `test/${name}/${name}.test.ts`,
    ];
    expect(wanted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(
      list('test/native').some(
        (file) => file.startsWith(`${name}_`) || file.startsWith(`${name}.`),
      ),
    ).toBe(true);
  });

  test('bindings/ registers rooms and nothing else', () => {
    // A large room may have several: <room>_<topic>.cpp.
    const rooms = stems('bindings', '.cpp').map((name) => name.split('_')[0]!);
    expect(rooms.filter((name) => !names.includes(name))).toEqual([]);
    expect(
      list('bindings').filter((file) => !file.endsWith('.cpp') && file !== 'README.md'),
    ).toEqual(['common.hpp']);
  });

  test('ts/ has one module a room, the engine, the worker, the inline entry, the stores and the doors from other tools', () => {
    expect(stems('ts', '.ts')).toEqual(
      [...open, ...doors, 'index', 'inline', 'npy', 'store', 'worker'].sort(),
    );
  });

  test('test/ has one folder a room, one a part that is no room, and no file of its own', () => {
    const parts = [...doors, 'cli', 'engine', 'package', 'playground', 'store', 'worker'];
    const shared = ['fuzz', 'matrix', 'native', 'slow', 'speed', 'support', 'vectors'];
    expect(list('test')).toEqual([...open, ...parts, ...shared].sort());
  });

  test('benchmarks and native tests carry the name of a room', () => {
    const native = stems('test/native', '.c').map((name) => /^[a-z0-9]+/.exec(name)![0]);
    expect(native.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('package.json', () => {
  test('exports one subpath a room', () => {
    const stores = ['./store', './store/node', './store/indexeddb'];
    const tables = ['./import/arrow', './import/parquet'];
    const others = [
      '.',
      ...doors.map((name) => `./${name}`),
      ...tables,
      './worker',
      './inline',
      './npy',
      ...stores,
      './bundle/*.js',
      './raw/*',
      './*.wasm',
      './package.json',
    ];
    expect(exported.filter((path) => !others.includes(path))).toEqual(
      open.map((name) => `./${name}`),
    );
    expect(exported).toEqual(expect.arrayContaining(others));
  });

  test('the generated bundle table holds every open room once', async () => {
    const { bundles, bundleOfRoom } = await import('../../ts/generated/bundles.js');
    const bundled = Object.values(bundles).flatMap((bundle) => [...bundle.rooms] as string[]);
    expect(bundled.sort()).toEqual([...open].sort());
    expect(Object.keys(bundleOfRoom).sort()).toEqual([...open].sort());
  });
});

describe('imports of ts/', () => {
  const files = readdirSync(join(root, 'ts'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.includes('generated/raw'),
  );
  test('files are read in one sitting', () => {
    const long = files
      .filter((file) => !file.startsWith('generated/'))
      .map((file) => [file, read(`ts/${file}`).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > 500);
    expect(long).toEqual([]);
  });

  /** What each file imports, types included; generated files count, what the build adds beside the code does not. */
  const imports = new Map(
    files.map((file) => [
      file,
      [...read(`ts/${file}`).matchAll(/(?:from|import)\s*\(?\s*'([.#][^']+)\.?[jt]?s?'/g)]
        .map(([, path]) =>
          path === '#bundles'
            ? 'generated/bundle/all.ts'
            : /^#(?:bundle|later)\//.test(path!)
              ? `generated/bundle/${path!.replace(/^#\w+\//, '')}.ts`
              : path!.startsWith('#room/')
                ? `generated/room/${path!.slice('#room/'.length)}.ts`
                : /^#(?:readers|makers)\//.test(path!)
                  ? path!.replace(/^#(\w+)\/(\w+)$/, 'rooms/$2/$1.now.ts')
                  : join(dirname(file), path!.replace(/\.js$/, '.ts')),
        )
        .filter((path) => files.includes(path)),
    ]),
  );

  test('have no circle', () => {
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
    expect(imports.get('index.ts')?.length).toBeGreaterThan(3);
  });

  // Each layer may import from itself and from those that stand after it.
  const layers = [
    ['cli/'],
    ['worker/'],
    ['langchain.ts'],
    ['import/'],
    ['engine/'],
    ['generated/entry/'],
    ['generated/rooms.ts', 'generated/room/', 'generated/bundle/'],
    ['benchmarks/'],
    ['rooms/'],
    ['store/'],
    ['runtime/'],
    ['generated/'],
  ];
  const layerOf = (file: string) =>
    layers.findIndex((l) => l.some((part) => file.startsWith(part)));

  test('point from entries to the engine, the generated table, the rooms and the runtime', () => {
    const wrong = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => layerOf(file) >= 0 && layerOf(target) >= 0)
        .filter((target) => layerOf(target) < layerOf(file))
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('a room names no other entry, and only the entry of all rooms names all modules', () => {
    const naming = [...imports].filter(([, targets]) => targets.includes('generated/rooms.ts'));
    const values = naming.filter(([file]) =>
      /import \{[^}]*\brooms\b[^}]*\}/.test(read(`ts/${file}`)),
    );
    expect(values.map(([file]) => file).sort()).toEqual([
      'cli/bench.ts',
      'engine/all.ts',
      'worker/connection.ts',
    ]);
  });
});

describe('includes point down', () => {
  test.each(names)('csrc/%s', (name) => {
    const allowed = below(name);
    const wrong = list(`csrc/${name}`)
      .flatMap((file) => includes(`csrc/${name}/${file}`).map((include) => ({ file, include })))
      .filter(({ include }) => !include.includes('/') || !allowed.has(include.split('/')[0]!));
    expect(wrong).toEqual([]);
  });

  test.each(stems('bindings', '.cpp'))('bindings/%s.cpp', (name) => {
    const allowed = below(name.split('_')[0]!);
    const wrong = includes(`bindings/${name}.cpp`).filter(
      (include) => include !== 'common.hpp' && !allowed.has(include.split('/')[0]!),
    );
    expect(wrong).toEqual([]);
  });

  // x.c and x.h are one unit: what either of them includes, the unit depends on.
  test('no unit of csrc/ includes itself by a detour', () => {
    const depends = new Map<string, Set<string>>();
    const unit = (path: string) => path.replace(/\.[ch]$/, '');
    for (const room of names) {
      for (const file of list(`csrc/${room}`)) {
        const from = unit(`${room}/${file}`);
        const known = depends.get(from) ?? new Set();
        for (const include of includes(`csrc/${room}/${file}`)) known.add(unit(include));
        known.delete(from);
        depends.set(from, known);
      }
    }
    expect(depends.size).toBeGreaterThan(60);
    // Takes away what depends on nothing that is left, and what nothing depends on: circles stay.
    for (let before = -1; before !== depends.size; ) {
      before = depends.size;
      for (const [from, known] of depends) {
        const below = [...known].some((each) => depends.has(each));
        const above = [...depends.values()].some((other) => other.has(from));
        if (!below || !above) depends.delete(from);
      }
    }
    expect([...depends.keys()]).toEqual([]);
  });

  test('no room depends on itself by a detour', () => {
    for (const room of rooms)
      for (const next of room.depends) expect(below(next).has(room.name)).toBe(false);
  });
});
