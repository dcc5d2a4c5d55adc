// The Technology Compatibility Kit of openCypher, when SUBLINEAR_DATA names a folder with opencypher-tck/. It is not part of
// the project. What fails is listed in test/vectors/property/kit.json: the list may only become shorter.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { distFile } from '../support/door.js';
import { RawModule } from '../support/raw.js';
import { readCases } from './kit/cases.js';
import { countByFolder, runCase } from './kit/judge.js';
import { RawDriver } from './kit/raw.js';

const folder = join(process.env.SUBLINEAR_DATA ?? '', 'opencypher-tck');
const isThere = process.env.SUBLINEAR_DATA !== undefined && existsSync(folder);
if (!isThere) console.log('the openCypher kit: skipped, SUBLINEAR_DATA has no opencypher-tck/');

const known = JSON.parse(
  readFileSync(new URL('../vectors/property/kit.json', import.meta.url), 'utf8'),
) as { cases: number; failing: string[] };

for (const variant of ['simd', 'scalar'])
  test.skipIf(!isThere)(`the openCypher kit, ${variant}`, async () => {
    const driver = new RawDriver(
      await RawModule.open(await distFile(`raw/property.${variant}.wasm`)),
    );
    const cases = readCases(join(folder, 'features'));
    const failed = new Map<string, string>();
    for (const one of cases) {
      const why = await runCase(driver, one, join(folder, 'graphs'));
      if (why !== null) failed.set(one.name, why);
    }
    const names = new Set(failed.keys());
    for (const [name, [passed, all]] of countByFolder(cases, names))
      if (variant === 'simd') console.log(`${name.padEnd(40)} ${passed} of ${all}`);
    const listed = new Set(known.failing);
    expect([...failed].filter(([name]) => !listed.has(name))).toEqual([]);
    // What passes now is to be taken off the list.
    expect(known.failing.filter((name) => !names.has(name))).toEqual([]);
    expect(cases.length).toBe(known.cases);
  });
