// The package as npm packs it, unpacked beside links to its dependencies, in a folder of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Packed {
  /** The folder of a program that has installed the package. Whoever asked for it removes it. */
  place: string;
  tarball: string;
  installed: string;
}

/** npm would ask a registry for the dependencies; unpacking and linking them is what it does, offline. */
export function pack(): Packed {
  const place = mkdtempSync(join(tmpdir(), 'sublinear-package-'));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const flags = ['pack', '--json', '--ignore-scripts', '--pack-destination', place];
  const packed = execFileSync('npm', flags, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const tarball = join(place, JSON.parse(packed)[0].filename);
  const installed = join(place, 'node_modules/sublinear');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
    const link = join(place, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  writeFileSync(
    join(place, 'package.json'),
    '{ "name": "user", "type": "module", "private": true }\n',
  );
  return { place, tarball, installed };
}
