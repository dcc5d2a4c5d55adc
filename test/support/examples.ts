// Running the programs of examples/.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

export function run(file: string, args: string[] = []) {
  const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...loader, folder + file, ...args],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}
