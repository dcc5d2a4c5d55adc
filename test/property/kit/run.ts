// The kit against the native driver: what fails, and a table by folder.
//
//   npx tsx test/property/kit/run.ts <driver> [part of the names of cases]
//
// SUBLINEAR_DATA names the folder that has opencypher-tck/.
import { join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { type Case, readCases } from './cases.js';
import { countByFolder, runCase } from './judge.js';
import { NativeDriver } from './native.js';

const [, , program = '', part = ''] = argv;
const folder = join(env.SUBLINEAR_DATA ?? '', 'opencypher-tck');
const cases = readCases(join(folder, 'features')).filter((one) => one.name.includes(part));
let driver = new NativeDriver(program);

async function why(one: Case): Promise<string | null> {
  try {
    return await runCase(driver, one, join(folder, 'graphs'));
  } catch (error) {
    driver = new NativeDriver(program);
    return (error as Error).message;
  }
}

const failed = new Set<string>();
for (const one of cases) {
  const reason = await why(one);
  if (reason === null) continue;
  failed.add(one.name);
  console.log(`---- ${one.name}\n${one.query}\n${reason}`);
}
for (const [name, [passed, all]] of countByFolder(cases, failed))
  console.log(`${name.padEnd(40)} ${passed} of ${all}`);
console.log(`${cases.length - failed.size} of ${cases.length}`);
driver.end();
exit(failed.size > 0 ? 1 : 0);
